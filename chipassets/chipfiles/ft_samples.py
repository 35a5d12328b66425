"""The sample channel of a FamiTracker module: samples, the keys that play them, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chipassets.chipfiles.ft_module import EMPTY, FtCell, FtKey, FtSample
from chipassets.chipfiles.grid import Grid
from chipassets.chips.chipsong import ChipNote, ChipSong

INSTRUMENT = "samples"
_OCTAVE = 3
_NAMES = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
_TWICE = "FamiTracker: a second sample in one row"
_FULL = "FamiTracker: a sample beside 64 instruments"


def samples(song: ChipSong) -> tuple[FtSample, ...]:
    """Return all samples of the song's game, numbered in the order of memory."""
    return tuple(
        FtSample(number, clip.name, clip.packed)
        for number, clip in enumerate(song.samples.values())
    )


def keys(song: ChipSong, instrument: int) -> tuple[FtKey, ...]:
    """Return the keys of the instrument that plays the samples: one each, upwards from C-3."""
    return tuple(
        FtKey(instrument, _OCTAVE, number, number, clip.rate)
        for number, clip in enumerate(song.samples.values())
    )


def plays_samples(song: ChipSong) -> bool:
    """Return whether a note of the song is a drum with an audible sample."""
    return any(True for _ in sampled_drums(song))


def add_samples(
    flow: dict[int, FtCell], song: ChipSong, grid: Grid, instrument: int, lost: Counter[str]
) -> None:
    """Add the song's samples to the channel's cells, beside the effects that are there."""
    numbers = list(song.samples)
    taken: set[int] = set()
    for note, name in sampled_drums(song):
        row, delay = grid.place(note.start_frame)
        if row in taken:
            lost[_TWICE] += 1
            continue
        taken.add(row)
        cell = flow.get(row, EMPTY)
        effects = (f"G{delay:02X}", *cell.effects) if delay else cell.effects
        spelled = f"{_NAMES[numbers.index(name)]}{_OCTAVE}"
        flow[row] = replace(cell, note=spelled, instrument=instrument, effects=effects)


def count_unheard(song: ChipSong, lost: Counter[str]) -> None:
    """Count the samples of a module that has no room for another instrument."""
    lost[_FULL] += sum(1 for _ in sampled_drums(song))


def sampled_drums(song: ChipSong) -> Iterator[tuple[ChipNote, str]]:
    """Yield each drum note whose sample ends before the song does, with the sample's name."""
    notes: Sequence[ChipNote] = [note for voice in song.voices for note in voice.notes]
    for note in notes:
        name = song.instrument(note.instrument).sample
        if name and song.samples[name].frames <= song.left(note.start_frame):
            yield note, name
