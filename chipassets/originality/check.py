"""Compares a melody with a corpus: shares of grams, the longest run, the pieces by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chipassets.music.score import Note
from chipassets.originality.gram_index import GramIndex
from chipassets.originality.grams import (
    GRAM_LENGTHS,
    Flags,
    Line,
    countable,
    gram_hashes,
    melody,
)
from chipassets.units import OCTAVE

_GIVEN_RUN = 3
"""A run of at least this many elements that is in the user's notes counts as the user's."""

# Unison, seconds, thirds, fourths (with the tritone), fifth, sixths, sevenths.
_DEGREES = np.array([0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6])


@dataclass(frozen=True, slots=True)
class Originality:
    """What a melody shares with a corpus.

    shares: by n, the share of its n-grams that are in the corpus (0 if it has none). longest_run:
    elements of the longest run whose every gram is shared; 0 below the shortest n.
    """

    shares: dict[int, float]
    longest_run: int

    @property
    def notes(self) -> int:
        """The number of notes in the longest run, 0 if there is none."""
        return _notes_in(self.longest_run)

    def to_dict(self) -> dict[str, float]:
        """Return the values by name, as in a bundle's metrics, rounded to 4 places."""
        named = {f"shared_{n}_grams": round(share, 4) for n, share in self.shares.items()}
        return {**named, "longest_shared_run": self.longest_run}


@dataclass(frozen=True, slots=True)
class Likeness:
    """A piece that shares a melodic run with a take: its name, and the run's length in elements."""

    piece: str
    longest_run: int

    @property
    def notes(self) -> int:
        """The number of notes in the run."""
        return _notes_in(self.longest_run)


def _notes_in(elements: int) -> int:
    """Return the number of notes in a run: an element leads from a note to the next."""
    return elements + bool(elements)


def check_originality(
    notes: Sequence[Note], index: GramIndex, given: Sequence[Sequence[Note]] = ()
) -> Originality:
    """Return what the top line of the notes shares with the corpus of an index.

    `given` are the user's melodies: grams that contain a run of them, at any pitch, are not counted
    at all.
    """
    line = melody(notes)
    free = ~given_elements(line, given)
    shares, runs = {}, [0]
    for n, known in index.shared(line).items():
        mine = _windows_all(free, n)
        counted = countable(n, line) & mine
        found = known & mine
        shares[n] = float(found.sum() / max(1, counted.sum()))
        runs.append(_longest(found, n))
    return Originality(shares, max(runs))


def name_likenesses(
    notes: Sequence[Note], pieces: Mapping[str, Line], given: Sequence[Sequence[Note]] = ()
) -> tuple[Likeness, ...]:
    """Return the pieces that share a gram with the top line of the notes, the longest run first.

    The user's melodies, `given`, do not count. Compares the elements themselves, not hashes.
    """
    line = melody(notes)
    free = ~given_elements(line, given)
    found = [
        Likeness(name, max(_common_run(line, piece, free), _common_run(line.slower, piece, free)))
        for name, piece in pieces.items()
    ]
    shared = [item for item in found if item.longest_run]
    return tuple(sorted(shared, key=lambda item: (-item.longest_run, item.piece)))


def _common_run(line: Line, piece: Line, free: Flags) -> int:
    """Return the length of the longest run of free elements that a piece has too.

    0 if it is shorter than the shortest gram, or contains no gram that counts.
    """
    n = GRAM_LENGTHS[0]
    counted = countable(n, line) & _windows_all(free, n)
    mine = gram_hashes(n, line)
    theirs = gram_hashes(n, piece)
    longest = 0
    for start in np.flatnonzero(counted & np.isin(mine, theirs)):
        for place in np.flatnonzero(theirs == mine[start]):
            longest = max(longest, _agreeing(line, piece, free, int(start), int(place)))
    return longest if longest >= n else 0


def _agreeing(line: Line, piece: Line, free: Flags, start: int, place: int) -> int:
    """Return for how many elements the line and the piece agree from these indices on."""
    length = min(len(line) - start, len(piece) - place)
    mine, theirs = slice(start, start + length), slice(place, place + length)
    same = (
        (line.intervals[mine] == piece.intervals[theirs])
        & (line.gaps_steps[mine] == piece.gaps_steps[theirs])
        & free[mine]
    )
    return int(same.argmin()) if not same.all() else length


def given_elements(line: Line, given: Sequence[Sequence[Note]]) -> Flags:
    """Return for each element whether it belongs to a run of the user's melodies.

    A melody is recognised in another mode, and at half or double speed: intervals are compared as
    seconds, thirds and so on.
    """
    mine = np.zeros(len(line), bool)
    taken = _degrees(line)
    for notes in given:
        own = _degrees(melody(notes))
        n = min(_GIVEN_RUN, len(own))
        if n == 0:
            continue
        speeds = [own, own.slower, Line(own.intervals, own.gaps_steps // 2)]
        known = np.concatenate([gram_hashes(n, speed) for speed in speeds])
        for start in np.flatnonzero(np.isin(gram_hashes(n, taken), known)):
            mine[start : start + n] = True
    return mine


def _degrees(line: Line) -> Line:
    """Return the line with its intervals in scale steps, equal for minor and major."""
    octaves, rest = np.divmod(np.abs(line.intervals), OCTAVE)
    return Line(np.sign(line.intervals) * (7 * octaves + _DEGREES[rest]), line.gaps_steps)


def _windows_all(flags: Flags, n: int) -> Flags:
    """Return, for each window of n flags, whether all of them are set."""
    if len(flags) < n:
        return np.zeros(0, bool)
    windows: Flags = np.lib.stride_tricks.sliding_window_view(flags, n)
    return np.asarray(windows.all(axis=1))


def _longest(found: Flags, n: int) -> int:
    """Return the number of elements in the longest chain of overlapping shared grams.

    The chain is limited by the next longer grams: if none of those is shared, a long chain of short
    ones comes from several pieces.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], found, [False])).astype(np.int8)))
    if not edges.size:
        return 0
    span = n + int((edges[1::2] - edges[::2]).max()) - 1
    longer = [length for length in GRAM_LENGTHS if length > n]
    return min(span, longer[0] - 1) if longer else span
