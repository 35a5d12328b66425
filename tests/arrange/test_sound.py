"""Voices left free, arpeggios of notes too many, and instruments of the game's own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.arpeggio import ARPEGGIO_FRAMES
from chipassets.chips.chipsong import ChipSong, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.errors import ArrangeError
from chipassets.music.score import Note
from chipassets.plan.trackplan import Sound, TrackPlan
from tests.arrange.test_arrange import in_chords
from tests.chip_music import plan, song

TONES = ("pulse1", "pulse2", "triangle")


def voices(chip_song: ChipSong) -> dict[str, list[int]]:
    return {voice.name: [note.pitch for note in voice.notes] for voice in chip_song.voices}


def leaving(*names: str, chip: str = "nes") -> ChipSong:
    return arrange(song(), plan(sound=Sound(leave=names)), chip)


def dropped(chip_song: ChipSong) -> int:
    return sum(item.count for item in chip_song.dropped)


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.default_cases(2)
def test_a_voice_left_free_is_never_touched(chip: str) -> None:
    for spec in CHIPS[chip].voices:
        chip_song = leaving(spec.name, chip=chip)
        played = voices(chip_song)
        assert list(played) == [item.name for item in CHIPS[chip].voices]
        assert played.pop(spec.name) == []
        assert any(played.values())
        log = write_registers(chip_song)
        assert len(log.frames) == chip_song.frames


def test_a_voice_left_free_stays_silent_in_the_registers() -> None:
    values = {
        write.value & 0x0F
        for writes in write_registers(leaving("pulse2")).frames
        for write in writes
        if write.address == 0x4004
    }
    assert values == {0}


def test_the_melody_takes_another_voice_when_its_own_is_left() -> None:
    whole, without = voices(leaving()), leaving("pulse1")
    assert voices(without)["pulse2"] == whole["pulse1"]
    assert voices(without)["triangle"] == whole["triangle"]
    assert [item.reason for item in without.dropped] == ["their voice is left free"]
    assert dropped(without) > 0


def test_the_bass_moves_up_to_a_pulse_when_the_triangle_is_left() -> None:
    whole, without = voices(leaving()), leaving("triangle")
    assert voices(without)["pulse1"] == whole["pulse1"]
    assert len(voices(without)["pulse2"]) == len(whole["triangle"])


def test_leaving_the_noise_costs_no_notes() -> None:
    assert dropped(leaving("noise")) == 0
    assert voices(leaving("noise"))["pulse1"] == voices(leaving())["pulse1"]


def test_every_note_is_played_or_counted_whatever_is_left() -> None:
    score = song()
    for count in (0, 1, 2):
        for names in combinations(TONES, count):
            # The echo would play notes twice.
            chip_song = arrange(score, plan(groove="none", sound=Sound(leave=names)), "nes")
            own = sum(
                not note.instrument.endswith("echo")
                for voice in chip_song.voices
                for note in voice.notes
            )
            assert own + dropped(chip_song) == len(score.notes)


def test_further_voices_step_in_before_the_inner_line_goes() -> None:
    whole, without = leaving(chip="nes-vrc6"), leaving("pulse1", chip="nes-vrc6")
    assert voices(without)["vrc6_saw"] == voices(whole)["pulse1"]
    assert dropped(without) == dropped(whole)


@pytest.mark.parametrize(
    ("names", "message"),
    [(TONES, "keep one"), ((*TONES, "noise"), "keep one"), (("dpcm",), "dpcm")],
)
def test_nothing_left_to_play_on_is_refused(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ArrangeError, match=message):
        leaving(*names)


CHORD = [Note(0, 8, pitch) for pitch in (48, 60, 64, 67, 72)]


def chord_song(**changes: object) -> ChipSong:
    track = plan(groove="none", sound=replace(Sound(), **changes))  # type: ignore[arg-type]
    return arrange(song(1).with_notes(CHORD), track, "nes")


def test_surplus_notes_become_an_arpeggio_of_the_inner_voice() -> None:
    chip_song = chord_song()
    assert chip_song.dropped == ()
    assert [(item.reason, item.count) for item in chip_song.adapted] == [
        ("play in fast arpeggios of the inner voice", 2)
    ]
    (note,) = (item for item in chip_song.voices[1].notes if "echo" not in item.instrument)
    macro = chip_song.instrument(note.instrument).arpeggio
    heard = {note.pitch + macro.at(frame) for frame in range(60)}
    assert {pitch % 12 for pitch in heard} == {0, 4, 7}
    assert macro.at(0) == macro.at(ARPEGGIO_FRAMES - 1) != macro.at(ARPEGGIO_FRAMES)


def test_without_arpeggios_surplus_notes_are_dropped_and_counted() -> None:
    chip_song = chord_song(arpeggio=False)
    assert [item.count for item in chip_song.dropped] == [2]
    assert chip_song.adapted == ()


@given(st.lists(st.integers(24, 100), min_size=1, max_size=12, unique=True), st.booleans())
def test_a_cluster_is_played_adapted_or_dropped(pitches: list[int], wanted: bool) -> None:
    cluster = [Note(0, 8, pitch) for pitch in pitches]
    track = plan(groove="none", sound=Sound(arpeggio=wanted))
    chip_song = arrange(song(1).with_notes(cluster), track, "nes")
    played = sum(
        not note.instrument.endswith("echo") for voice in chip_song.voices for note in voice.notes
    )
    adapted = sum(item.count for item in in_chords(chip_song))
    assert played + adapted + dropped(chip_song) == len(cluster)
    specs = {spec.name: spec for spec in CHIPS["nes"].voices}
    for voice in chip_song.voices:
        for note in voice.notes:
            offsets = chip_song.instrument(note.instrument).arpeggio.values
            if len(offsets) > 2:
                spec = specs[voice.name]
                assert spec.lowest_pitch <= note.pitch + min(offsets)
                assert note.pitch + max(offsets) <= spec.highest_pitch


def own(name: str, volume: int) -> TrackPlan:
    track = plan(sound=Sound(instruments=(Instrument(name, volume=Macro((volume,))),)))
    return replace(track, character=replace(track.character, lead=name))


def test_an_instrument_of_the_games_own_plays() -> None:
    chip_song = arrange(song(), own("buzz", 3), "nes")
    played = {note.instrument for note in chip_song.voices[0].notes}
    # Its other colour and its scoop are made of it.
    assert {name.split(" ")[0] for name in played} == {"buzz"}
    assert {chip_song.instrument(name).volume for name in played} == {Macro((3,))}
    assert chip_song.instrument("buzz").volume == Macro((3,))


def test_an_instrument_of_the_game_replaces_the_banks_of_its_name() -> None:
    for name in ("reed", "kick"):
        track = plan(sound=Sound(instruments=(Instrument(name, volume=Macro((1,))),)))
        chip_song = arrange(song(), track, "nes")
        assert chip_song.instrument(name).volume == Macro((1,))
