"""Ostinato: under a free tune, the lower voices do again what they did a while before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import NEW_NOTE
from chipassets.compose.guidance.figure import Figure
from chipassets.compose.guidance.masks import NEW, Indices, began, below_the_top, padded
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import PITCHES, State

_AGAIN, _OTHERWISE = 3.0, -0.7
_MOST = 3
_OCTAVE = 12


class Follow:
    """Moves what began over one chord to where it belongs over another.

    chord_of_step: int [rows, steps], an index into `chords`, pitch classes, and into their `roots`.
    """

    def __init__(
        self,
        chord_of_step: NDArray[np.int64],
        chords: Sequence[frozenset[int]],
        roots: Sequence[int],
    ) -> None:
        self._chord_of_step = chord_of_step
        pairs = list(zip(chords, roots, strict=True))
        self._moved = np.array(
            [
                [[_moved(pitch, *before, *now) for pitch in range(PITCHES)] for now in pairs]
                for before in pairs
            ],
            np.int64,
        )

    def __call__(
        self, pitches: NDArray[np.int64], rows: Indices, before: Indices, now: Indices
    ) -> NDArray[np.int64]:
        """Return the pitches [rows, n], -1 for none, as they are over the chord of `now`."""
        first = self._chord_of_step[rows, before]
        second = self._chord_of_step[rows, now]
        moved = self._moved[first[:, None], second[:, None], np.maximum(pitches, 0)]
        return np.where(pitches >= 0, moved, -1)


def _moved(
    pitch: int, chord: frozenset[int], root: int, other: frozenset[int], other_root: int
) -> int:
    """The pitch moved as the root moves; a tone of the chord becomes one of the other."""
    shift = (other_root - root + _OCTAVE // 2) % _OCTAVE - _OCTAVE // 2
    moved = pitch + shift
    if pitch % _OCTAVE in chord and moved % _OCTAVE not in other:
        moved = next((m for m in (moved - 1, moved + 1) if m % _OCTAVE in other), moved)
    return min(max(moved, 0), PITCHES - 1)


class OstinatoTerm:
    """Raises the lower notes that began `lag_steps` before, and lowers all others that begin.

    Where the chord is another, the notes `follow` it. The first notes of a stretch, with nothing
    before them in it, are free.
    """

    name = "ostinato"

    def __init__(
        self,
        where: NDArray[np.bool_],
        lag_steps: int,
        weight: float,
        follow: Follow | None = None,
    ) -> None:
        self.weight = weight
        self._lag = lag_steps
        self._follow = follow
        before = np.concatenate((np.zeros(lag_steps, bool), where))[: where.size]
        self._where = padded(where & before)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise the notes of the step before by the lag."""
        rows = below_the_top(self._where, state)
        if not rows.size:
            return
        now = state.step[rows]
        pitches = began(state, rows, now - self._lag, 1, _MOST)
        if self._follow:
            pitches = self._follow(pitches, rows, now - self._lag, now)
        logits[rows, NEW] += np.float32(self.weight * _OTHERWISE)
        at, place = np.nonzero(pitches >= 0)
        lift = np.float32(self.weight * (_AGAIN - _OTHERWISE))
        logits[rows[at], NEW_NOTE + pitches[at, place]] += lift


def _make(setting: Setting, where: NDArray[np.bool_], weight: float) -> OstinatoTerm:
    harmony = setting.aims.harmony
    follow = Follow(harmony.of_step, *setting.chord_tones)
    return OstinatoTerm(where, setting.bar_steps, weight, follow)


FIGURE = Figure(
    "ostinato",
    "the lower voices do each bar what they did before, on its chord",
    suits={
        "dungeon": 1,
        "battle": 1,
        "boss": 1,
        "mysterious": 0.75,
        "frantic": 0.75,
    },
    voices=0.1,
    make=_make,
)
