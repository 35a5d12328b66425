"""The costs of a bar of the tune at its place, for many candidates at once.

A table of costs, in points; the search adds them up. Less is better; 0 means nothing is wrong.
Numbers are chosen by ear unless a source stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.cells import Notes
from chipassets.compose.harmonies import Harmony
from chipassets.units import OCTAVE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COSTS: Mapping[str, str] = {
    "chord": "notes outside their chord, more for long notes and strong beats",
    "third": "bars in which the third of the chord is missing",
    "leaps": "leaps that are wide, of an awkward size, or not followed by a step back",
    "repeats": "repeated pitches, and bars with few pitches",
    "register": "bars far from the register that the plan of the piece has for them",
    "development": "the changes that an operator makes in a cell",
    "cadence": "last notes of a phrase that do not suit its cadence",
    "join": "awkward intervals over a bar line",
    "return": "bars that return too often, or in the wrong place",
}
"""Every cost by name, and what is charged."""

# Of a note that is no tone of its chord, how much counts: resolved by step on a strong beat, or on
# a weak one; come to and left by step on a weak one.
_FOREIGN, _RESOLVED_STRONG, _RESOLVED_WEAK, _PASSING = 0.95, 0.25, 0.1, 0.02
_SEMITONE_ABOVE = 1.3
_GRATES = 0.6
_MINOR_NINTH, _MAJOR_SEVENTH = 1.1, 0.7
"""What a note of the tune pays that lies so above the bass on a beat."""
_LONG_FOREIGN = 1.4
_SIXTH, _TRITONE, _SEVENTH, _OCTAVE, _WIDE, _WIDER = 0.45, 0.6, 0.9, 0.8, 3.0, 4.0
_UNPAID = 0.7
_THIRDS = 0.32
_THREE_ALIKE, _TWO_PITCHES, _DRONE = 1.1, 2.5, 1.0
_NO_THIRD = 0.3
_RINGS, _SUSPENDED = 1.4, 0.1


@dataclass(frozen=True, slots=True)
class Candidates:
    """Many bars as arrays: rows are candidates, columns notes, rows padded behind `counts` notes.

    steps, lengths, degrees, alterations: int [rows, notes]. counts: int [rows]. base: what each
    pays for its operator. labels: index into `names` of cell and operator; shifts: degrees by
    which the cell is transposed.
    """

    steps: Integers
    lengths: Integers
    degrees: Integers
    alterations: Integers
    counts: Integers
    base: Floats
    labels: Integers
    shifts: Integers
    names: tuple[tuple[str, str], ...]

    @property
    def rows(self) -> int:
        """How many candidates there are."""
        return int(self.counts.size)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which places hold a note, bool [rows, notes]."""
        return np.arange(self.steps.shape[1]) < self.counts[:, None]

    def take(self, rows: Integers) -> Candidates:
        """Return the candidates of these rows."""
        return replace(
            self,
            steps=self.steps[rows],
            lengths=self.lengths[rows],
            degrees=self.degrees[rows],
            alterations=self.alterations[rows],
            counts=self.counts[rows],
            base=self.base[rows],
            labels=self.labels[rows],
            shifts=self.shifts[rows],
        )


Proposal = tuple[str, str, float, Notes]
"""The cell's name, the operator's, what it pays, and its notes."""


def candidates_of(proposals: Sequence[Proposal], shifts: Sequence[int]) -> Candidates:
    """Return every proposal at every transposition in `shifts`, in degrees."""
    most = max(len(notes) for *_, notes in proposals)
    table = np.zeros((len(proposals), most, 4), np.int64)
    for row, (*_, notes) in enumerate(proposals):
        table[row, : len(notes)] = notes
    counts = np.array([len(notes) for *_, notes in proposals], np.int64)
    names = tuple(dict.fromkeys((cell, operator) for cell, operator, *_ in proposals))
    labels = np.array([names.index((cell, op)) for cell, op, *_ in proposals], np.int64)
    base = np.array([cost for _, _, cost, _ in proposals], np.float64)
    moves = np.tile(np.array(shifts, np.int64), len(proposals))
    rows = np.repeat(np.arange(len(proposals)), len(shifts))
    return Candidates(
        table[rows, :, 0],
        table[rows, :, 1],
        table[rows, :, 2] + moves[:, None],
        table[rows, :, 3],
        counts[rows],
        base[rows],
        labels[rows],
        moves,
        names,
    )


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return the candidates of all parts in one table."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    width = max(part.steps.shape[1] for part in parts)

    def table(field: str) -> Integers:
        # What np.pad would give, in a tenth of its time.
        whole = np.zeros((sum(part.rows for part in parts), width), np.int64)
        first = 0
        for part in parts:
            array: Integers = getattr(part, field)
            whole[first : first + len(array), : array.shape[1]] = array
            first += len(array)
        return whole

    relabelled = [
        np.array([names.index(name) for name in part.names], np.int64)[part.labels]
        for part in parts
    ]
    return Candidates(
        table("steps"),
        table("lengths"),
        table("degrees"),
        table("alterations"),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.base for part in parts]),
        np.concatenate(relabelled),
        np.concatenate([part.shifts for part in parts]),
        names,
    )


def _chords(bars: Candidates, harmony: Harmony, bar: int, count: int) -> Integers:
    """Return the chords int [rows, notes] over which the notes of candidates begin."""
    inside = harmony.bar(bar, count)
    return inside[np.minimum(bars.steps, inside.size - 1)]


def pitches_of(bars: Candidates, harmony: Harmony, bar: int, count: int = 1) -> Integers:
    """Return the MIDI pitches int [rows, notes] of candidates for `count` bars from a bar on.

    0 where no note is.
    """
    chords = _chords(bars, harmony, bar, count)
    found = harmony.table.pitches_of(chords, bars.degrees) + bars.alterations
    return np.where(bars.mask, found, 0)


def snapped(
    bars: Candidates, harmony: Harmony, bar: int, pulse_steps: int, count: int = 1
) -> Candidates:
    """Return the candidates with strong and long notes moved to a tone of their chord beside them.

    count: how many bars a candidate has. Rows that change pay a little; those that do not are left
    out.
    """
    chords = _chords(bars, harmony, bar, count)
    tones = harmony.table.tones
    strong = ((bars.steps % pulse_steps == 0) & (bars.lengths >= 2)) | (bars.lengths >= 4)

    def fits(degrees: Integers) -> NDArray[np.bool_]:
        pitches = harmony.table.pitches_of(chords, degrees)
        return np.asarray(tones[chords, pitches % 12])

    wrong = strong & bars.mask & ~fits(bars.degrees)
    down, up = fits(bars.degrees - 1), fits(bars.degrees + 1)
    moved = np.where(wrong & down, -1, np.where(wrong & up, 1, 0))
    rows = np.flatnonzero((moved != 0).any(axis=1))
    kept = bars.take(rows)
    return Candidates(
        kept.steps,
        kept.lengths,
        kept.degrees + moved[rows],
        np.where(moved[rows] != 0, 0, kept.alterations),
        kept.counts,
        kept.base + 0.4,
        kept.labels,
        kept.shifts,
        kept.names,
    )


def costs_of(
    bars: Candidates,
    pitches: Integers,
    harmony: Harmony,
    bar: int,
    pulse_steps: int,
    count: int = 1,
) -> dict[str, Floats]:
    """Return the costs [rows] of candidates by name, as far as their own bars decide them.

    count: how many bars a candidate has.
    """
    mask = bars.mask
    chords = _chords(bars, harmony, bar, count)
    table = harmony.table
    fits = table.tones[chords, pitches % 12] & mask
    pairs = mask[:, 1:]
    moves = np.where(pairs, pitches[:, 1:] - pitches[:, :-1], 0)
    return {
        "chord": _chord_cost(bars, pitches, fits, moves, chords, harmony, bar, pulse_steps, count),
        "third": _NO_THIRD * ~((pitches % 12 == table.third[chords]) & mask).any(axis=1),
        "leaps": _leap_cost(moves, pairs, count),
        "repeats": _repeat_cost(bars, pitches, moves, pairs),
        "development": bars.base,
    }


def _chord_cost(
    bars: Candidates,
    pitches: Integers,
    fits: NDArray[np.bool_],
    moves: Integers,
    chords: Integers,
    harmony: Harmony,
    bar: int,
    pulse_steps: int,
    count: int,
) -> Floats:
    mask, bar_steps = bars.mask, harmony.steps_per_bar
    half = bar_steps // 2
    places = bars.steps % bar_steps
    on_beat = places % pulse_steps == 0
    stress = np.where(on_beat, 1.2, 0.35)
    stress = np.where(places == half, 1.8, stress)
    stress = np.where(places == 0, 2.2, stress)
    stress = stress + 0.28 * np.minimum(bars.lengths, 8) - 0.3
    small = (np.abs(moves) > 0) & (np.abs(moves) <= 2)
    none = np.zeros((bars.rows, 1), bool)
    left = np.concatenate((small, none), axis=1)
    came = np.concatenate((none, small), axis=1)
    factor = np.full(pitches.shape, _FOREIGN)
    factor = np.where(left, np.where(on_beat, _RESOLVED_STRONG, _RESOLVED_WEAK), factor)
    factor = np.where(left & came & ~on_beat, _PASSING, factor)
    factor = np.where(bars.lengths >= 5, factor * _LONG_FOREIGN, factor)
    above = harmony.table.tones[chords, (pitches - 1) % 12] & (bars.lengths >= 3)
    factor = np.where(above, factor * _SEMITONE_ABOVE, factor)
    # A long note a semitone from the bass grates, unless it goes on by step.
    apart = (pitches - harmony.table.bass[chords]) % OCTAVE
    grates = ((apart == 1) | (apart == OCTAVE - 1)) & (bars.lengths >= 3) & ~left & ~fits
    factor = np.where(grates, factor + _GRATES, factor)
    cost = (stress * factor * (mask & ~fits)).sum(axis=1)
    # On the beat it is heard as a wrong note even where the chord has it.
    wrong = mask & on_beat & (bars.lengths >= 2)
    cost = cost + (wrong * (_MINOR_NINTH * (apart == 1) + _MAJOR_SEVENTH * (apart == 11))).sum(
        axis=1
    )
    # A note that rings into a chord to which it does not belong: a suspension, if it then falls.
    falls = np.concatenate(((moves < 0) & (moves >= -2), none), axis=1)
    rings_on = np.where(falls, _SUSPENDED, _RINGS)
    for change in harmony.changes(bar, count)[1:]:
        rings = mask & (bars.steps < change) & (bars.steps + bars.lengths > change + 1)
        later = harmony.bar(bar, count)[change]
        wrong = rings & ~harmony.table.tones[later, pitches % 12]
        cost = cost + (rings_on * wrong).sum(axis=1)
    return np.asarray(cost, np.float64)


def _leap_cost(moves: Integers, pairs: NDArray[np.bool_], count: int) -> Floats:
    size = np.abs(moves)
    cost = (
        _SIXTH * ((size == 8) | (size == 9))
        + _TRITONE * (size == 6)
        + _SEVENTH * ((size == 10) | (size == 11))
    )
    cost = cost + _OCTAVE * (size == 12) + _WIDE * ((size > 9) & (size != 12))
    cost = cost + _WIDER * (size > 12)
    if moves.shape[1] > 1:
        back = moves[:, 1:]
        repaid = (back * moves[:, :-1] < 0) & (np.abs(back) <= 4)
        cost[:, :-1] += _UNPAID * ((size[:, :-1] >= 7) & pairs[:, 1:] & ~repaid)
    # Thirds are what chords are made of: a tune that has little else spells them.
    thirds = (((size == 3) | (size == 4)) & pairs).sum(axis=1)
    # One leap in a bar is an event; a second one is restless.
    many = ((size >= 5) & pairs).sum(axis=1)
    crowded = 0.5 * np.maximum(0, many - count) + _THIRDS * np.maximum(0, thirds - count)
    return np.asarray((cost * pairs).sum(axis=1) + crowded, np.float64)


def _repeat_cost(
    bars: Candidates, pitches: Integers, moves: Integers, pairs: NDArray[np.bool_]
) -> Floats:
    same = (moves == 0) & pairs
    cost = _THREE_ALIKE * (same[:, 1:] & same[:, :-1]).sum(axis=1).astype(np.float64)
    ordered = np.sort(np.where(bars.mask, pitches, -1), axis=1)
    new = np.diff(ordered, axis=1, prepend=-2) != 0
    distinct = (new & (ordered >= 0)).sum(axis=1)
    many = bars.counts >= 3
    cost += _TWO_PITCHES * (many & (distinct <= 2))
    alike = (pitches[:, :, None] == pitches[:, None, :]) & bars.mask[:, None, :]
    most = (alike.sum(axis=2) * bars.mask).max(axis=1)
    return np.asarray(cost + _DRONE * (many & (most > 0.6 * bars.counts)), np.float64)
