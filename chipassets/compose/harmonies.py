"""The chords of a piece as the parts need them: scales and chord tones by step.

Lines are composed in degrees of the key, seven to the octave, counted from the tonic near C4. A
chord from outside the key bends the scale under the degrees: over D major in C, the fourth degree
is F sharp. So a cell keeps its shape over every chord, and only its pitches change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipassets.music.chords import Chord, parse_chord
from chipassets.music.keys import Key
from chipassets.units import OCTAVE

DEGREES = 7
_LOWEST_DEGREE, _HIGHEST_DEGREE = -42, 49
"""Degrees for which pitches are tabled: six octaves below the tonic to seven above."""

_MIDDLE_C = 60


@dataclass(frozen=True, slots=True)
class ChordTable:
    """The chords of a piece as arrays, one row for each different chord.

    names, chords: as they are written. tones: bool [chords, 12]. bass, root, third: pitch classes
    int [chords]; third is the tone above the root that tells major from minor, or a fourth in a
    suspended chord. pitches: int [chords, degrees], MIDI pitches of the bent scale, from
    `_LOWEST_DEGREE`. marks: bits of each pitch class over each chord, uint8 [chords * 12]. rows:
    `pitches` in tuples, from which single values are read in a third of the time. scales: the pitch
    classes of the scale under each chord.
    """

    names: tuple[str, ...]
    chords: tuple[Chord, ...]
    tones: NDArray[np.bool_]
    bass: NDArray[np.int64]
    root: NDArray[np.int64]
    third: NDArray[np.int64]
    pitches: NDArray[np.int64]
    marks: NDArray[np.uint8]
    rows: tuple[tuple[int, ...], ...]
    scales: tuple[frozenset[int], ...]

    def pitch(self, chord: int, degree: int, alteration: int = 0) -> int:
        """Return the MIDI pitch of a degree over a chord."""
        place = min(max(degree, _LOWEST_DEGREE), _HIGHEST_DEGREE - 1) - _LOWEST_DEGREE
        return min(max(self.rows[chord][place] + alteration, 0), 127)

    def tone_at(self, chord: int, degree: int, otherwise: int) -> int:
        """Return the pitch of the chord tone at a degree, or at a neighbouring degree.

        The degree below comes before the one above; `otherwise` if none of the three is a chord
        tone.
        """
        near = (self.pitch(chord, degree + move) for move in (0, -1, 1))
        tones = self.chords[chord].pitch_classes
        return next((pitch for pitch in near if pitch % OCTAVE in tones), otherwise)

    def pitches_of(
        self, chords: NDArray[np.int64], degrees: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the MIDI pitches of degrees over chords, arrays of one shape."""
        # np.clip takes twice the time of its two halves.
        places = np.minimum(np.maximum(degrees, _LOWEST_DEGREE), _HIGHEST_DEGREE - 1)
        places += chords * self.pitches.shape[1] - _LOWEST_DEGREE
        return self.pitches.take(places)

    def scale(self, chord: int) -> frozenset[int]:
        """Return the pitch classes of the scale under a chord."""
        return self.scales[chord]

    def nearest_degree(self, chord: int, pitch: int) -> int:
        """Return the degree whose pitch over the chord is nearest, the lower of two."""
        return int(np.abs(self.pitches[chord] - pitch).argmin()) + _LOWEST_DEGREE


def table_of(rows: Sequence[tuple[str, Key]], home: Key) -> ChordTable:
    """Return the table of chords, each given with its key.

    Degrees count from the tonic of `home`, which as degree 0 lies between F#3 and F4. ValueError
    for a name that is not a chord.
    """
    chords = tuple(parse_chord(name, key) for name, key in rows)
    tones = np.zeros((len(chords), OCTAVE), bool)
    for row, chord in enumerate(chords):
        tones[row, list(chord.pitch_classes)] = True
    scales = [_bent_scale(chord, key, home) for chord, (_, key) in zip(chords, rows, strict=True)]
    tonic = _MIDDLE_C + (home.tonic + 6) % OCTAVE - 6
    degrees = range(_LOWEST_DEGREE, _HIGHEST_DEGREE)
    pitches = tuple(
        tuple(_playable(tonic + OCTAVE * (d // DEGREES) + s[d % DEGREES]) for d in degrees)
        for s in scales
    )
    first = -_LOWEST_DEGREE
    return ChordTable(
        tuple(name for name, _ in rows),
        chords,
        tones,
        np.array([chord.bass for chord in chords], np.int64),
        np.array([chord.root for chord in chords], np.int64),
        np.array([_third(chord) for chord in chords], np.int64),
        np.array(pitches, np.int64),
        _marks(chords),
        pitches,
        tuple(frozenset(p % OCTAVE for p in row[first : first + DEGREES]) for row in pitches),
    )


TONE, ABOVE, THIRD, NINTH, SEVENTH = (np.uint8(1 << bit) for bit in range(5))
"""What a pitch class may be over a chord, as bits: a tone of it, a semitone above a tone, its
third, and a semitone above the bass or below it."""


def _marks(chords: Sequence[Chord]) -> NDArray[np.uint8]:
    """Return the bits of the twelve pitch classes over each chord, flat."""
    found = np.zeros((len(chords), OCTAVE), np.uint8)
    for row, chord in enumerate(chords):
        for tone in chord.pitch_classes:
            found[row, tone] |= TONE
            found[row, (tone + 1) % OCTAVE] |= ABOVE
        found[row, _third(chord)] |= THIRD
        found[row, (chord.bass + 1) % OCTAVE] |= NINTH
        found[row, (chord.bass - 1) % OCTAVE] |= SEVENTH
    return found.ravel()


def _playable(pitch: int) -> int:
    """Return the pitch, moved by octaves into MIDI's range."""
    return pitch % OCTAVE if pitch < 0 else 116 + (pitch - 116) % OCTAVE if pitch > 127 else pitch


def _third(chord: Chord) -> int:
    for above in (4, 3, 5, 2):
        if (chord.root + above) % OCTAVE in chord.pitch_classes:
            return (chord.root + above) % OCTAVE
    return chord.root


def _bent_scale(chord: Chord, key: Key, home: Key) -> list[int]:
    """Return seven steps above home's tonic: the key's scale, bent to hold the chord's tones.

    A chord tone outside the scale replaces the step of its letter, which is two steps above the
    root's for a third, four for a fifth, six for a seventh: over E minor in D minor B replaces B
    flat. If that step is a chord tone or more than a tone away, the nearest other step is replaced;
    of two equally near ones the lower if the chord has a major third, else the upper.
    """
    above = key.tonic - home.tonic
    scale = sorted((step + above) % OCTAVE for step in key.harmony_scale)
    leads = (chord.root + 4) % OCTAVE in chord.pitch_classes
    wanted = {(pitch - home.tonic) % OCTAVE for pitch in chord.pitch_classes}
    root = (chord.root - home.tonic) % OCTAVE
    for tone in sorted(wanted - set(scale), key=lambda tone: (tone != root, tone)):
        letter = None
        if root in scale:
            interval = (tone - root) % OCTAVE
            steps = 6 if interval == _DIMINISHED_SEVENTH and not leads else _STEPS_ABOVE[interval]
            letter = (scale.index(root) + steps) % DEGREES
        free = [i for i in range(DEGREES) if scale[i] not in wanted]
        free.sort(
            key=lambda i: (
                i != letter or abs(scale[i] - tone) > _A_TONE,
                abs(scale[i] - tone),
                (scale[i] < tone) != leads,
            )
        )
        scale[free[0]] = tone
    return sorted(scale)


_A_TONE, _DIMINISHED_SEVENTH = 2, 9
_STEPS_ABOVE = (0, 1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 6)
"""Of each interval above a chord's root, by how many letters its tone is higher."""


@dataclass(frozen=True, slots=True)
class Harmony:
    """A piece's chords: the table, and the row of the table at each step, int [steps].

    names: of each bar, its chords separated by blanks, as in a Score. tonics: of each bar, the
    degree 0..6 of home on which the tonic of its key lies. rows: `at` as a tuple, from which
    single values are read in a fifth of the time.
    """

    table: ChordTable
    at: NDArray[np.int64]
    names: tuple[str, ...]
    tonics: tuple[int, ...]
    steps_per_bar: int
    rows: tuple[int, ...]
    _changes: dict[tuple[int, int], list[int]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def bar(self, bar: int, bars: int = 1) -> NDArray[np.int64]:
        """Return the rows of the table at the steps of a bar, or of `bars` bars from it on."""
        start = bar * self.steps_per_bar
        return self.at[start : start + bars * self.steps_per_bar]

    def opening(self, bar: int) -> int:
        """Return the row of the chord with which a bar opens."""
        return self.rows[bar * self.steps_per_bar]

    def changes(self, bar: int, bars: int = 1) -> list[int]:
        """Return the steps within `bars` bars at which a chord begins, 0 among them."""
        found = self._changes.get((bar, bars))
        if found is None:
            rows = self.bar(bar, bars)
            found = [0, *(np.flatnonzero(rows[1:] != rows[:-1]) + 1).tolist()]
            self._changes[bar, bars] = found
        return list(found)


def harmony_of(
    bars: Sequence[Sequence[str]], keys: Sequence[Key], home: Key, steps_per_bar: int
) -> Harmony:
    """Return the harmony of bars, given the names of each bar's chords, which share the bar evenly.

    If a bar does not divide evenly, the first chords are longer. keys: the key of each bar.
    """
    placed = [[(name, key) for name in bar] for bar, key in zip(bars, keys, strict=True)]
    rows = list(dict.fromkeys(row for bar in placed for row in bar))
    at = [
        rows.index(bar[step * len(bar) // steps_per_bar])
        for bar in placed
        for step in range(steps_per_bar)
    ]
    tonics = [diatonic(_MIDDLE_C + key.tonic, home)[0] % DEGREES for key in keys]
    return Harmony(
        table_of(rows, home),
        np.array(at, np.int64),
        tuple(" ".join(bar) for bar in bars),
        tuple(tonics),
        steps_per_bar,
        tuple(at),
    )


def diatonic(pitch: int, key: Key) -> tuple[int, int]:
    """Return the degree of a pitch in a key, and its alteration in semitones, -1, 0 or 1."""
    tonic = _MIDDLE_C + (key.tonic + 6) % OCTAVE - 6
    octave, above = divmod(pitch - tonic, 12)
    scale = key.harmony_scale
    if above in scale:
        return DEGREES * octave + scale.index(above), 0
    below = max(index for index, step in enumerate(scale) if step < above)
    if above - scale[below] == 1:
        return DEGREES * octave + below, 1
    return DEGREES * octave + below + 1, -1
