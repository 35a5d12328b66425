"""Scores that know their parts: each is played by its own voice, and nobody guesses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.arrange import arrange
from chipassets.chips.chipsong import ChipNote, ChipSong
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import FURTHER_PARTS, DrumStroke, Note, Score, ordered
from tests.chip_music import plan, song

HARMONY, FIGURE = FURTHER_PARTS
# The tune lies below the second voice: a dealer would take the higher one for the lead.
LOW_TUNE = [Note(4 * n, 4, 64 + n % 3, LEAD) for n in range(16)]
HIGH_INNER = [Note(8 * n, 8, 76 + n % 2, INNER) for n in range(8)]
LOW_BASS = [Note(16 * n, 16, 43 + n, BASS) for n in range(4)]


def voiced(*more: Note, further: tuple[Note, ...] = (), **changes: object) -> Score:
    notes = ordered([*LOW_TUNE, *HIGH_INNER, *LOW_BASS, *more])
    return replace(song(4), notes=notes, further=further, **changes)  # type: ignore[arg-type]


def played(chip_song: ChipSong, role: str) -> tuple[ChipNote, ...]:
    return next(voice.notes for voice in chip_song.voices if voice.name == role)


def pitches(notes: tuple[ChipNote, ...]) -> list[int]:
    return [note.pitch % 12 for note in notes]


def test_each_part_is_played_by_its_voice() -> None:
    chip_song = arrange(voiced(), plan(groove="none"), "nes")
    assert pitches(played(chip_song, "pulse1")) == [note.pitch % 12 for note in LOW_TUNE]
    assert pitches(played(chip_song, "pulse2")) == [note.pitch % 12 for note in HIGH_INNER]
    assert pitches(played(chip_song, "triangle")) == [note.pitch % 12 for note in LOW_BASS]
    assert (chip_song.dropped, chip_song.adapted) == ((), ())


def test_where_a_part_rests_no_other_takes_its_place() -> None:
    """Merged music fills the second voice with an echo of the lead; composed music is silent."""
    alone = replace(song(4), notes=ordered(LOW_TUNE))
    assert played(arrange(alone, plan(groove="none"), "nes"), "pulse2") == ()
    merged = alone.with_notes([replace(note, part="") for note in alone.notes])
    assert played(arrange(merged, plan(groove="none"), "nes"), "pulse2") != ()


def test_a_part_of_two_voices_keeps_its_line_and_counts_the_rest() -> None:
    chip_song = arrange(voiced(Note(0, 8, 71, INNER)), plan(groove="none"), "nes")
    first = pitches(played(chip_song, "pulse2"))
    assert first[0] == 76 % 12
    counted = sum(item.count for item in (*chip_song.dropped, *chip_song.adapted))
    assert counted == 1


def test_a_bass_is_doubled_only_below_the_tune() -> None:
    low, high = Note(0, 16, 45, BASS), Note(16, 16, 54, BASS)
    tune = [Note(4 * n, 4, 52, LEAD) for n in range(8)]
    doubled = arrange(replace(song(2), notes=ordered([*tune, low, high])), plan(), "snes")
    double = played(doubled, "voice8")
    # The bass sounds an octave lower than written, and is doubled where it is written.
    assert [note.pitch for note in double] == [45]


STROKES = (
    DrumStroke(0, "kick", 127), DrumStroke(8, "snare", 100), DrumStroke(20, "closed_hat", 60),
    DrumStroke(40, "crash", 110), DrumStroke(52, "tom", 90),
)  # fmt: skip


def test_the_drums_of_a_score_are_played_where_they_stand() -> None:
    chip_song = arrange(voiced(drums=STROKES), plan(groove="rock"), "nes")
    drums = played(chip_song, "noise")
    step = chip_song.frames_per_bar / 16
    assert [round(note.start_frame / step) for note in drums] == [0, 8, 20, 40, 52]
    assert [note.instrument for note in drums][:2] == ["kick", "snare"]
    assert drums[0].level > drums[2].level


def test_a_score_that_has_no_drums_is_silent_whatever_the_groove() -> None:
    assert played(arrange(voiced(drums=()), plan(groove="rock"), "nes"), "noise") == ()
    assert played(arrange(voiced(), plan(groove="rock"), "nes"), "noise") != ()


FURTHER = (
    *(Note(16 * n, 16, pitch, HARMONY) for n, pitch in enumerate((62, 65, 63, 68))),
    *(Note(4 * n, 2, 70 + n % 4, FIGURE) for n in range(16)),
)


@pytest.mark.parametrize("chip", ["nes-vrc6", "snes"])
def test_chips_with_more_voices_play_the_further_parts(chip: str) -> None:
    bare = arrange(voiced(), plan(groove="none"), chip)
    full = arrange(voiced(further=ordered(FURTHER)), plan(groove="none"), chip)
    every = [pitches(voice.notes) for voice in full.voices]
    for part in FURTHER_PARTS:
        wanted = [note.pitch % 12 for note in FURTHER if note.part == part]
        assert wanted in every, part
        assert wanted not in [pitches(voice.notes) for voice in bare.voices]


def test_a_chip_of_three_voices_leaves_them_out_and_drops_nothing() -> None:
    bare = arrange(voiced(), plan(groove="none"), "nes")
    assert arrange(voiced(further=ordered(FURTHER)), plan(groove="none"), "nes") == bare
