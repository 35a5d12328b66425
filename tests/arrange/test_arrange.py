"""Score to ChipSong: laws of every arrangement, and the phrasing of a known one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.drum_table import GROOVES
from chipassets.chips.chipsong import ChipSong, ChipVoice, Dropped
from chipassets.chips.profiles import CHIPS
from chipassets.errors import ArrangeError
from chipassets.music.score import Note, Score, ordered
from chipassets.plan.trackplan import Sound
from tests.chip_music import plan, song

SCORES = st.builds(
    lambda bars, tempo, beats, loops, notes: Score(
        notes=ordered(
            [n for n in notes if n.end_step <= bars * beats * 4 and n.start_step < bars * beats * 4]
        ),
        bars=bars,
        tempo_millibpm=tempo,
        key=song().key,
        beats_per_bar=beats,
        loop_start_bar=0 if loops else None,
    ),
    bars=st.integers(1, 5),
    tempo=st.integers(30_000, 1_500_000),
    beats=st.integers(3, 4),
    loops=st.booleans(),
    notes=st.lists(
        st.builds(Note, st.integers(0, 79), st.integers(1, 16), st.integers(0, 127)),
        max_size=30,
        unique_by=lambda note: (note.start_step, note.pitch),
    ),
)


def voice(chip_song: ChipSong, name: str) -> ChipVoice:
    return next(item for item in chip_song.voices if item.name == name)


def in_chords(chip_song: ChipSong) -> list[Dropped]:
    """The notes that have no place in a line; those that only changed their octave have one."""
    return [item for item in chip_song.adapted if "arpeggios" in item.reason]


@given(SCORES, st.sampled_from(sorted(GROOVES)))
def test_every_note_is_played_or_counted_and_no_voice_plays_two(score: Score, groove: str) -> None:
    chip_song = arrange(score, plan(groove=groove), "nes")
    played = 0
    for spec, own in zip(CHIPS["nes"].voices, chip_song.voices, strict=True):
        end = 0
        for note in own.notes:
            assert end <= note.start_frame < note.end_frame <= chip_song.frames
            assert spec.lowest_pitch <= note.pitch <= spec.highest_pitch
            assert 1 <= note.level <= 15
            assert chip_song.instrument(note.instrument)
            end = note.end_frame
            played += own.name != "noise" and not note.instrument.endswith(" echo")
    others = sum(item.count for item in (*chip_song.dropped, *in_chords(chip_song)))
    assert played + others == len(score.notes)


def test_bars_are_exact_numbers_of_frames() -> None:
    chip_song = arrange(song(4), plan(), "nes")
    assert chip_song.frames == 4 * chip_song.frames_per_bar == 4 * 96
    assert chip_song.loop_start_frame == 0


def test_repeated_pitch_gets_a_gap() -> None:
    chip_song = arrange(song(4), plan(), "gameboy")
    bass = voice(chip_song, "wave").notes
    for note, following in itertools.pairwise(bass):
        if note.pitch == following.pitch:
            assert 1 <= following.start_frame - note.end_frame <= 3


def test_bass_lies_where_the_triangle_is_heard() -> None:
    low = [Note(4 * n, 4, (24, 26, 28, 33)[n % 4]) for n in range(16)]
    high = [Note(step, 4, 72) for step in range(0, 64, 4)]
    chip_song = arrange(song(4).with_notes(low + high), plan(), "nes")
    pitches = [note.pitch for note in voice(chip_song, "triangle").notes]
    assert all(33 <= pitch <= 57 for pitch in pitches)
    assert [b - a for a, b in itertools.pairwise(pitches[:4])] == [2, 2, 5]


def test_nothing_sounds_right_before_the_seam() -> None:
    chip_song = arrange(song(4), plan(), "nes")
    for name in ("pulse1", "pulse2", "triangle"):
        assert voice(chip_song, name).notes[-1].end_frame <= chip_song.frames - 3


def test_free_inner_voice_echoes_the_lead_softly() -> None:
    melody = [note for note in song(4).notes if note.pitch > 64]
    chip_song = arrange(song(4).with_notes(melody), plan(), "nes")
    lead, inner = voice(chip_song, "pulse1").notes, voice(chip_song, "pulse2").notes
    assert len(inner) > len(lead) // 2
    assert {note.instrument for note in inner} == {"reed echo"}
    starts = {(note.start_frame, note.pitch) for note in lead}
    assert all((note.start_frame - 18, note.pitch) in starts for note in inner)
    assert max(note.level for note in inner) < min(note.level for note in lead) / 2


def test_drums_follow_the_groove_and_fill_at_section_ends() -> None:
    chip_song = arrange(song(4), plan(groove="rock"), "nes")
    bars: list[list[str]] = [[] for _ in range(4)]
    for note in voice(chip_song, "noise").notes:
        bars[note.start_frame // chip_song.frames_per_bar].append(note.instrument)
    assert bars[0][0] == "kick"
    assert bars[2][0] == "crash"
    assert bars[1].count("snare") + bars[1].count("tom") > 2
    assert bars[1] != bars[0]


def test_drums_end_with_the_piece() -> None:
    chip_song = arrange(song(4, loop_start_bar=None), plan(), "nes")
    bar = chip_song.frames_per_bar
    drums = voice(chip_song, "noise").notes
    assert [note.instrument for note in drums if note.start_frame >= 3 * bar] == ["crash"]
    fill = [note for note in drums if 2.5 * bar <= note.start_frame < 3 * bar]
    assert {note.instrument for note in fill} <= {"snare", "tom", "kick"}
    assert len(fill) >= 5


def test_seed_draws_the_fills() -> None:
    songs = {arrange(song(8), plan(groove="drive", seed=seed), "nes") for seed in range(8)}
    assert len(songs) > 1
    assert arrange(song(8), plan(seed=3), "nes") == arrange(song(8), plan(seed=3), "nes")


@pytest.mark.parametrize("groove", sorted(GROOVES))
@pytest.mark.parametrize("beats", [2, 3, 4, 5, 7])
def test_grooves_fit_every_bar(groove: str, beats: int) -> None:
    score = replace(song(4), beats_per_bar=beats, notes=(Note(0, 4, 60),), sections=())
    notes = voice(arrange(score, plan(groove=groove), "nes"), "noise").notes
    assert bool(notes) == (groove != "none")


def test_empty_score_keeps_its_drums_and_nothing_else() -> None:
    chip_song = arrange(song(2).with_notes([]), plan(), "nes")
    assert [bool(item.notes) for item in chip_song.voices] == [False, False, False, True]
    assert chip_song.dropped == ()


def test_one_bar_at_300_bpm() -> None:
    chip_song = arrange(song(1, tempo_millibpm=300_000), plan(), "nes")
    assert chip_song.frames == 48
    assert chip_song.dropped == ()


def test_notes_below_every_range_are_folded_up() -> None:
    notes = [Note(0, 4, 0), Note(4, 4, 5), Note(0, 4, 12)]
    chip_song = arrange(song(1).with_notes(notes), plan(groove="none"), "nes")
    assert sum(len(item.notes) for item in chip_song.voices) >= 3 - len(chip_song.dropped)


def test_more_notes_than_voices_are_counted() -> None:
    cluster = [Note(0, 8, pitch) for pitch in (48, 55, 60, 64, 67, 72)]
    track = plan(groove="none", sound=Sound(arpeggio=False))
    chip_song = arrange(song(1).with_notes(cluster), track, "nes")
    assert chip_song.adapted == ()
    assert [(item.reason, item.count) for item in chip_song.dropped] == [
        ("more notes at once than voices", 3)
    ]


@pytest.mark.parametrize(
    ("chip", "character", "named"),
    [
        ("sid", {}, "nes"),
        ("nes", {"lead": "kazoo"}, "reed"),
        ("nes", {"groove": "polka"}, "march"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(
    chip: str, character: dict[str, str], named: str
) -> None:
    track = plan()
    track = replace(track, character=replace(track.character, **character))  # type: ignore[arg-type]
    with pytest.raises(ArrangeError, match=named):
        arrange(song(), track, chip)


def test_bank_stays_within_the_registers() -> None:
    for instrument in INSTRUMENTS.values():
        assert all(0 <= value <= 15 for value in instrument.volume.values)
        assert all(0 <= value <= 3 for value in instrument.duty.values)


def test_notes_that_no_voice_reaches_are_moved_by_octaves_and_counted() -> None:
    melody = [Note(4 * n, 4, pitch) for n, pitch in enumerate((69, 72, 0, 127))]
    chip_song = arrange(song(1).with_notes(melody), plan(groove="none"), "nes")
    pitches = [note.pitch for note in voice(chip_song, "pulse1").notes]
    assert pitches[:2] == [69, 72]
    assert all(52 <= pitch <= 91 for pitch in pitches)
    assert [item.count for item in chip_song.adapted] == [2]
    inside = arrange(song(1).with_notes(melody[:2]), plan(groove="none"), "nes")
    assert inside.adapted == ()


def test_a_note_that_leaps_is_played_where_its_voice_would_be_idle() -> None:
    """An inner line that doubles the bass high up leaves no note out between lead and bass."""
    notes = [Note(step, 2, pitch) for step in range(0, 64, 2) for pitch in (72, 28)]
    notes += [Note(step, 2, 40) for step in range(0, 64, 2) if step % 16 != 6]
    notes += [Note(step, 2, 64) for step in range(6, 64, 16)]
    chip_song = arrange(song(4).with_notes(notes), plan(), "nes")
    assert not chip_song.dropped
    assert not in_chords(chip_song)
    assert [note.pitch % 12 for note in voice(chip_song, "pulse2").notes].count(4) == 32
