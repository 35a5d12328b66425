"""The NES's triangle, a bass without volume, beside tunes that decay: measured, and by note."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.steady_bass import beside_steady_bass
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.plan.trackplan import Sound
from chipassets.render import render_log
from chipassets.render.loudness import measure_loudness
from tests.chip_music import plan, song

NES = CHIPS["nes"]
DECAYING = Instrument("harp", volume=Macro((15, 12, 9, 6, 4, 3, 2, 1)))
HELD = Instrument("organ", volume=Macro((15,)))
BANK = INSTRUMENTS | {item.name: item for item in (DECAYING, HELD)}


def tune(instrument: str, level: int = 15) -> tuple[ChipNote, ...]:
    return tuple(ChipNote(40 * n, 40, 72, level, instrument) for n in range(8))


def low(frames: int, pitch: int = 57) -> tuple[ChipNote, ...]:
    return tuple(ChipNote(80 * n, frames, pitch, 15, "triangle") for n in range(4))


def lufs(chip_song: ChipSong, name: str) -> float:
    """The loudness of one voice of the song."""
    alone = tuple(v if v.name == name else ChipVoice(v.name, ()) for v in chip_song.voices)
    found = measure_loudness(render_log(write_registers(replace(chip_song, voices=alone)))).lufs
    assert found is not None
    return found


@pytest.mark.parametrize("chip", ["nes", "nes-vrc6"])
@pytest.mark.parametrize(
    ("lead", "groove", "bass"),
    [
        ("bell", "pulse", "triangle"),
        ("echo", "ballad", "triangle"),
        ("pluck", "shuffle", "triangle_short"),
    ],
)
@pytest.mark.default_cases(3)
def test_the_bass_is_softer_than_a_tune_that_decays(
    chip: str, lead: str, groove: str, bass: str
) -> None:
    track = plan(groove=groove, lead=lead)
    track = replace(track, character=replace(track.character, bass=bass))
    chip_song = arrange(song(4), track, chip)
    # By volume alone it was 1.0, 0.0 and -0.7 dB.
    assert -2.5 < lufs(chip_song, "triangle") - lufs(chip_song, "pulse1") < -1.0


def test_a_tune_that_is_strong_enough_changes_nothing() -> None:
    voices = {"lead": tune("organ"), "bass": low(40, 33)}
    assert beside_steady_bass(voices, NES, BANK, ()) == (voices["bass"], ())


@pytest.mark.parametrize("chip", ["gameboy", "snes"])
def test_a_bass_with_volume_is_left_to_the_balance(chip: str) -> None:
    voices = {"lead": tune("harp"), "bass": low(40)}
    assert beside_steady_bass(voices, CHIPS[chip], BANK, ()) == (voices["bass"], ())


@pytest.mark.parametrize("voices", [{"lead": tune("harp")}, {"bass": low(40)}, {}])
def test_a_tune_or_a_bass_alone_is_not_changed(voices: dict[str, tuple[ChipNote, ...]]) -> None:
    assert beside_steady_bass(voices, NES, BANK, ()) == (voices.get("bass", ()), ())


def test_a_decaying_lead_is_raised_and_still_decays_to_its_end() -> None:
    _, (harp,) = beside_steady_bass({"lead": tune("harp"), "bass": low(40)}, NES, BANK, ())
    assert harp.name == "harp"
    assert harp.volume.values == (15, 13, 11, 9, 7, 6, 4, 3)
    silent = replace(DECAYING, volume=Macro((15, 4, 0), 1, 2))
    bank = BANK | {"harp": silent}
    _, (harp,) = beside_steady_bass({"lead": tune("harp"), "bass": low(40)}, NES, bank, ())
    assert harp.volume == Macro((15, 7, 0), 1, 2)


@pytest.mark.parametrize(
    ("frames", "kept"),
    [(60, 48), (30, 18), (20, 12), (9, 6), (6, 6), (2, 2)],
)
def test_notes_of_the_bass_end_sooner_by_a_bounded_gap(frames: int, kept: int) -> None:
    bass, _ = beside_steady_bass({"lead": tune("harp", 2), "bass": low(frames)}, NES, BANK, ())
    assert {note.duration_frames for note in bass} == {kept}
    assert [note.start_frame for note in bass] == [note.start_frame for note in low(frames)]


@pytest.mark.parametrize(
    ("values", "groove", "bass", "most"),
    [
        ((15, 12, 9, 6, 4, 3, 2, 1), "ballad", "triangle", 1.5),
        ((15, 12, 9, 6, 4, 3, 2, 1), "shuffle", "triangle_short", 1.0),
        ((15, 13, 11, 9, 7, 5, 4, 3, 2, 1), "rock", "triangle", 0.3),
    ],
)
def test_under_a_games_own_lead_that_decays_the_bass_is_plucked(
    values: tuple[int, ...], groove: str, bass: str, most: float
) -> None:
    """With notes a gap of 12 frames shorter it was 4.7, 2.3 and 3.4 dB above the tune."""
    harp = replace(DECAYING, volume=Macro(values))
    track = plan(groove=groove, lead="harp", sound=Sound(instruments=(harp,)))
    track = replace(track, character=replace(track.character, bass=bass))
    chip_song = arrange(song(4), track, "nes")
    assert chip_song.instrument("harp").volume == harp.volume
    assert lufs(chip_song, "triangle") - lufs(chip_song, "pulse1") < most


@pytest.mark.parametrize(("frames", "kept"), [(60, 15), (30, 8), (12, 4), (4, 4), (3, 3)])
def test_a_plucked_note_keeps_a_quarter_and_some_frames(frames: int, kept: int) -> None:
    voices = {"lead": tune("harp", 2), "bass": low(frames)}
    bass, _ = beside_steady_bass(voices, NES, BANK, ("harp",))
    assert {note.duration_frames for note in bass} == {kept}


def test_an_instrument_of_the_games_own_keeps_its_envelope() -> None:
    voices = {"lead": tune("harp"), "bass": low(40)}
    bass, lifted = beside_steady_bass(voices, NES, BANK, ("harp",))
    assert lifted == ()
    assert {note.duration_frames for note in bass} == {10}
    track = plan(lead="harp", sound=Sound(instruments=(DECAYING,)))
    assert arrange(song(4), track, "nes").instrument("harp").volume == DECAYING.volume
