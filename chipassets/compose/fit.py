"""The costs of a bar of the tune at its place, for many candidates at once.

A table of costs, in points; the search adds them up. Less is better; 0 means nothing is wrong.
Numbers are chosen by ear unless a source stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.cells import Notes
from chipassets.compose.harmonies import ABOVE, NINTH, SEVENTH, THIRD, TONE, Harmony
from chipassets.units import OCTAVE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Small = NDArray[np.int16]

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
_LONG_FROM, _TWO_LONG_FOREIGN = 4, 2.0
"""From how many steps on a note is long, and what two such notes in a row pay that are both outside
their chords: of one a listener waits for the resolution."""
_SIXTH, _TRITONE, _SEVENTH, _OCTAVE, _WIDE, _WIDER = 0.45, 0.6, 0.9, 0.8, 3.0, 4.0
_BEYOND_OCTAVE = 0.5
"""What a leap pays for each semitone by which it is wider than an octave."""
_UNPAID, _SECOND_LEAP, _SECOND_OCTAVE = 0.5, 0.8, 1.5
_THIRDS = 0.32
_AUGMENTED = 0.6
"""What an augmented second pays: it sounds like a third and reads like a mistake."""
_ALIKE, _THREE_ALIKE, _TWO_PITCHES, _DRONE = 0.25, 1.1, 2.5, 1.0
_NO_THIRD = 0.3
_HELD_ALTERED = 1.0
"""What a note of three steps or more pays that is altered and no tone of its chord."""
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
        return Candidates(
            self.steps.take(rows, axis=0),
            self.lengths.take(rows, axis=0),
            self.degrees.take(rows, axis=0),
            self.alterations.take(rows, axis=0),
            self.counts.take(rows),
            self.base.take(rows),
            self.labels.take(rows),
            self.shifts.take(rows),
            self.names,
        )


Proposal = tuple[str, str, float, Notes]
"""The cell's name, the operator's, what it pays, and its notes."""


def candidates_of(proposals: Sequence[Proposal], shifts: Sequence[int]) -> Candidates:
    """Return every proposal at every transposition in `shifts`, in degrees."""
    sizes = [len(notes) for *_, notes in proposals]
    counts = np.array(sizes, np.int64)
    most = max(sizes)
    table = np.zeros((len(proposals), most, 4), np.int64)
    # One flat list: an array of each proposal's notes takes four times as long.
    flat = [value for *_, notes in proposals for note in notes for value in note]
    table[np.arange(most) < counts[:, None]] = np.array(flat, np.int64).reshape(-1, 4)
    names = tuple(dict.fromkeys((cell, operator) for cell, operator, *_ in proposals))
    labels = np.array([names.index((cell, op)) for cell, op, *_ in proposals], np.int64)
    base = np.array([cost for _, _, cost, _ in proposals], np.float64)
    times = len(shifts)
    moves = np.tile(np.array(shifts, np.int64), len(proposals))
    steps, lengths, degrees, alterations = (
        np.ascontiguousarray(table[:, :, value]).repeat(times, axis=0) for value in range(4)
    )
    degrees += moves[:, None]
    return Candidates(
        steps,
        lengths,
        degrees,
        alterations,
        counts.repeat(times),
        base.repeat(times),
        labels.repeat(times),
        moves,
        names,
    )


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return the candidates of all parts in one table."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    width = max(part.steps.shape[1] for part in parts)

    def table(field: str) -> Integers:
        """Return one array of every part's rows, padded with zeros to the common width."""
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
    tones = harmony.table.tones
    is_on_pulse = np.arange(bars.steps.max() + 1) % pulse_steps == 0
    strong = (is_on_pulse.take(bars.steps) & (bars.lengths >= 2)) | (bars.lengths >= 4)

    def fits(chords: Integers, degrees: Integers) -> NDArray[np.bool_]:
        """Return which degrees are tones of these chords."""
        pitches = harmony.table.pitches_of(chords, degrees)
        return np.asarray(tones[chords, pitches % OCTAVE])

    # Few notes are wrong, so only their neighbours are looked up.
    places = np.flatnonzero(strong & bars.mask)
    chords = _chords(bars, harmony, bar, count).ravel()[places]
    degrees = bars.degrees.ravel()[places]
    wrong = ~fits(chords, degrees)
    places, chords, degrees = places[wrong], chords[wrong], degrees[wrong]
    moves = np.where(fits(chords, degrees - 1), -1, fits(chords, degrees + 1))
    places, moves = places[moves != 0], moves[moves != 0]
    of, notes = np.divmod(places, bars.steps.shape[1])
    changes = np.zeros(bars.rows, bool)
    changes[of] = True
    kept = bars.take(np.flatnonzero(changes))
    rows = (np.cumsum(changes) - 1)[of]
    kept.degrees[rows, notes] += moves
    kept.alterations[rows, notes] = 0
    # What led into a note that has moved leads nowhere.
    kept.alterations[rows, np.maximum(notes - 1, 0)] = 0
    return replace(kept, base=kept.base + 0.4)


def costs_of(
    bars: Candidates,
    pitches: Integers,
    harmony: Harmony,
    bar: int,
    pulse_steps: int,
    count: int = 1,
) -> dict[str, Floats]:
    """Return the costs [rows] of candidates by name, without those that depend on other bars.

    count: how many bars a candidate has.
    """
    # Notes first, [notes, rows]: what is summed or compared along the notes of each candidate then
    # takes all candidates at once, in a quarter of the time.
    notes = _columns_of(bars, pitches)
    inside = harmony.bar(bar, count)
    chords = inside.take(np.minimum(notes.steps, inside.size - 1))
    marks = harmony.table.marks.take(chords * OCTAVE + _CLASSES.take(notes.pitches))
    pairs = notes.mask[1:]
    moves = np.where(pairs, notes.pitches[1:] - notes.pitches[:-1], np.int16(0))
    return {
        "chord": _chord_cost(notes, marks, moves, harmony, bar, pulse_steps, count),
        "third": _NO_THIRD * ~((marks & THIRD != 0) & notes.mask).any(axis=0),
        "leaps": _leap_cost(moves, pairs, count) + _augmented_cost(notes, moves, pairs),
        "repeats": _repeat_cost(notes, moves, pairs),
        "development": bars.base,
    }


class _Columns(NamedTuple):
    """Notes of candidates, [notes, rows], with whole numbers in few bytes.

    mask: which places hold a note. counts: notes of each candidate [rows].
    """

    steps: Small
    lengths: Small
    degrees: Small
    alterations: Small
    pitches: Small
    mask: NDArray[np.bool_]
    counts: Integers


def _columns_of(bars: Candidates, pitches: Integers) -> _Columns:
    """Return candidates and their pitches [rows, notes] as columns."""
    steps, lengths, degrees, alterations, heard = (
        np.ascontiguousarray(values.astype(np.int16).T)
        for values in (bars.steps, bars.lengths, bars.degrees, bars.alterations, pitches)
    )
    mask = np.arange(len(steps))[:, None] < bars.counts
    return _Columns(steps, lengths, degrees, alterations, heard, mask, bars.counts)


_CLASSES = np.arange(11 * OCTAVE, dtype=np.int64) % OCTAVE
"""Pitch classes by pitch, because dividing takes longer; the last is that of -1."""


def counted(mask: NDArray[np.bool_]) -> Integers:
    """Return how many values of each row are true, at most 255: four times as fast as `sum`."""
    return np.asarray(np.einsum("ij->i", mask.view(np.uint8)), np.int64)


def _counted(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return how many values of each column are true, at most 255."""
    return np.asarray(np.add.reduce(mask.view(np.uint8), axis=0, dtype=np.uint8))


def _chord_cost(
    bars: _Columns,
    marks: NDArray[np.uint8],
    moves: Small,
    harmony: Harmony,
    bar: int,
    pulse_steps: int,
    count: int,
) -> Floats:
    """Return the cost [rows] of notes outside their chord, by stress, length and resolution.

    marks: the bits of each note's pitch class over its chord. moves: semitones to the next note.
    """
    lengths, mask = bars.lengths, bars.mask
    on_beat, base = _stress(harmony.steps_per_bar, pulse_steps, count)
    steps = np.minimum(bars.steps, base.size - 1)
    on_beat = on_beat.take(steps)
    stress = base.take(steps) + _LENGTH_STRESS.take(np.minimum(lengths, _LENGTH_STRESS.size - 1))
    stress -= 0.3
    sizes = np.abs(moves)
    by_step = (sizes > 0) & (sizes <= 2)
    left, came = np.zeros(mask.shape, bool), np.zeros(mask.shape, bool)
    left[:-1], came[1:] = by_step, by_step
    fits = marks & TONE != 0
    is_held = lengths >= 3
    near_bass = marks & (NINTH | SEVENTH) != 0
    kinds = (left * _LEFT) | (came * _CAME) | (on_beat * _ON_BEAT)
    kinds |= ((lengths >= 5) * _LONG) | ((is_held & (marks & ABOVE != 0)) * _ABOVE)
    # A long note a semitone from the bass grates, unless it goes on by step.
    kinds |= (near_bass & is_held & ~left & ~fits) * _GRATING
    foreign = mask & ~fits
    cost = (stress * _FACTORS.take(kinds) * foreign).sum(axis=0)
    # A tone that neither key nor chord has leads on; held it is a wrong note.
    cost += _HELD_ALTERED * _counted(foreign & is_held & (bars.alterations != 0))
    held = foreign & (lengths >= _LONG_FROM)
    cost += _TWO_LONG_FOREIGN * _counted(held[1:] & held[:-1])
    # On the beat it is heard as a wrong note even where the chord has it.
    wrong = mask & on_beat & (lengths >= 2)
    cost += (wrong * _BESIDE_BASS.take(marks & (NINTH | SEVENTH))).sum(axis=0)
    changes = harmony.changes(bar, count)[1:]
    if changes:
        # A note that rings into a chord to which it does not belong: a suspension, if it falls.
        rings_on = np.full(mask.shape, _RINGS)
        rings_on[:-1][(moves < 0) & (moves >= -2)] = _SUSPENDED
        classes = _CLASSES.take(bars.pitches)
        ends = bars.steps + lengths
    for change in changes:
        later = harmony.table.tones[harmony.bar(bar, count)[change]]
        rings = mask & (bars.steps < change) & (ends > change + 1)
        cost += (rings_on * (rings & ~later.take(classes))).sum(axis=0)
    return np.asarray(cost, np.float64)


@lru_cache(maxsize=32)
def _stress(
    bar_steps: int, pulse_steps: int, count: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return, by step of `count` bars, whether it lies on a beat, and the stress of a note there.

    A table reaches two bars further, for notes that begin behind the last bar.
    """
    places = np.arange((count + 2) * bar_steps) % bar_steps
    on_beat = places % pulse_steps == 0
    stress = np.where(on_beat, 1.2, 0.35)
    stress = np.where(places == bar_steps // 2, 1.8, stress)
    return on_beat, np.where(places == 0, 2.2, stress)


_LENGTH_STRESS = 0.28 * np.arange(9)
"""What a note's length adds to its stress, up to 8 steps."""

_LEFT, _CAME, _ON_BEAT, _LONG, _ABOVE, _GRATING = (np.uint8(1 << bit) for bit in range(6))
"""What may be true of a note that is no tone of its chord, as bits."""


def _factors() -> Floats:
    """Return the weight of a note outside its chord, by the sum of its property bits."""
    found = np.empty(64)
    for kinds in range(64):
        factor = _FOREIGN
        if kinds & _LEFT:
            factor = _RESOLVED_STRONG if kinds & _ON_BEAT else _RESOLVED_WEAK
            if kinds & _CAME and not kinds & _ON_BEAT:
                factor = _PASSING
        factor *= _LONG_FOREIGN if kinds & _LONG else 1.0
        factor *= _SEMITONE_ABOVE if kinds & _ABOVE else 1.0
        found[kinds] = factor + (_GRATES if kinds & _GRATING else 0.0)
    return found


_FACTORS = _factors()
_BESIDE_BASS = np.zeros(int(NINTH | SEVENTH) + 1)
_BESIDE_BASS[[NINTH, SEVENTH]] = _MINOR_NINTH, _MAJOR_SEVENTH


def _leaps_paid() -> Floats:
    """Return the cost of a leap by its size in semitones."""
    size = np.arange(256)
    cost = (
        _SIXTH * ((size == 8) | (size == 9))
        + _TRITONE * (size == 6)
        + _SEVENTH * ((size == 10) | (size == 11))
    )
    cost = cost + _OCTAVE * (size == OCTAVE) + _WIDE * ((size > 9) & (size != OCTAVE))
    cost = cost + _WIDER * (size > OCTAVE) + _BEYOND_OCTAVE * np.maximum(0, size - OCTAVE)
    return np.asarray(cost, np.float64)


_LEAPS = _leaps_paid()


def _leap_cost(moves: Small, pairs: NDArray[np.bool_], count: int) -> Floats:
    """Return the cost [rows] of leaps: their size, those not followed by a turn back, many of them.

    pairs: where both notes of a move exist. count: bars per candidate.
    """
    size = np.abs(moves)
    cost = _LEAPS.take(size)
    if len(moves) > 1:
        back = moves[1:]
        repaid = (back * moves[:-1] < 0) & (size[1:] <= 4)
        cost[:-1] += _UNPAID * ((size[:-1] >= 7) & pairs[1:] & ~repaid)
    # Thirds are what chords are made of: a tune that has little else spells them.
    thirds = _counted(((size == 3) | (size == 4)) & pairs)
    # One leap in a bar is an event; a second one is restless.
    many = _counted((size >= 5) & pairs)
    crowded = _SECOND_LEAP * _above(many, count) + _THIRDS * _above(thirds, count)
    crowded += _SECOND_OCTAVE * _above(_counted((size >= OCTAVE) & pairs), 1)
    return np.asarray((cost * pairs).sum(axis=0) + crowded, np.float64)


def _above(counts: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Return by how much each count is more than `most`, which is below 256."""
    return np.asarray(np.maximum(counts, np.uint8(most)) - np.uint8(most))


def _augmented_cost(bars: _Columns, moves: Small, pairs: NDArray[np.bool_]) -> Floats:
    """Return the cost [rows] of augmented seconds: three semitones between neighbouring degrees."""
    near = np.abs(bars.degrees[1:] - bars.degrees[:-1]) == 1
    return np.asarray(_AUGMENTED * _counted(near & (np.abs(moves) == 3) & pairs), np.float64)


def _repeat_cost(bars: _Columns, moves: Small, pairs: NDArray[np.bool_]) -> Floats:
    """Return the cost [rows] of repeated notes, and of bars with few different pitches."""
    same = (moves == 0) & pairs
    cost = _THREE_ALIKE * _counted(same[1:] & same[:-1])
    cost += _ALIKE * _counted(same)
    many = bars.counts >= 3
    # A pitch comes for the n-th time where n - 1 notes before it have it.
    earlier = np.zeros(bars.mask.shape, np.uint8)
    for apart in range(1, len(bars.mask)):
        earlier[apart:] += bars.pitches[apart:] == bars.pitches[:-apart]
    earlier *= bars.mask
    distinct = bars.counts - _counted(earlier > 0)
    most = np.maximum.reduce(earlier, axis=0) + np.minimum(bars.counts, 1)
    cost += _TWO_PITCHES * (many & (distinct <= 2))
    return np.asarray(cost + _DRONE * (many & (most > 0.6 * bars.counts)), np.float64)
