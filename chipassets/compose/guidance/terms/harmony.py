"""Harmony: notes lean to the chord of their bar, most on strong beats, low ones to its root."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.chords import replaced_tones
from chipassets.compose.codec import NEW_NOTE
from chipassets.compose.guidance import TermKind
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.network import Floats
from chipassets.compose.state import LOW_BELOW_PITCH, PITCHES, State
from chipassets.units import STEPS_PER_BEAT

_FIFTH = 7

# Shares of the weight.
_ON_BEAT, _ON_HALF_BEAT, _OFF = 1.0, 0.6, 0.3
_CHORD_TONE, _FOREIGN_TONE = 0.55, -0.5
_REPLACED_TONE = -1.2
"""Of the key's tone that a chord's tone from outside the key replaces: F in D minor's D major."""
_BASS_ROOT, _BASS_FIFTH, _BASS_OTHER = 2.4, 0.2, -1.6
_FOREIGN_HELD = -0.8
_BASS_HELD_ON = -3.0
"""Where the chord changes, of a low note that is held into it and is not its root."""


class HarmonyTerm:
    """Raises new notes of the chord, its root in the bass most, and lowers foreign ones.

    chord_of_step: int [steps] or [rows, steps], an index into `chords`, which are pitch classes;
    roots: the root of each chord. Pitches below `low_below` are the bass. `replaced`: for each
    chord the tones of the key that its own stand in for, which clash with it the most.
    """

    name = "harmony"

    def __init__(
        self,
        chord_of_step: NDArray[np.int64],
        chords: Sequence[frozenset[int]],
        roots: Sequence[int],
        steps_per_bar: int,
        weight: float,
        low_below: int = LOW_BELOW_PITCH,
        pulse_steps: int = STEPS_PER_BEAT,
        replaced: Sequence[frozenset[int]] = (),
    ) -> None:
        self.weight = weight
        table = np.atleast_2d(chord_of_step)
        # Rows that are finished idle in a step behind the last.
        table = np.concatenate((table, table[:, -1:]), axis=1)
        changes = np.zeros(table.shape, bool)
        changes[:, 1:] = table[:, 1:] != table[:, :-1]
        strengths = [_strength(step, pulse_steps) for step in range(steps_per_bar)]
        levels = sorted(set(strengths))
        level = np.array([levels.index(strength) for strength in strengths])
        level = level[np.arange(table.shape[1]) % steps_per_bar]
        # One line of the table for each chord, strength and whether the chord is new: the whole
        # term is then one look-up at each event.
        self._line_of = (changes * len(levels) + level) * len(roots) + table
        self._rows = np.arange(table.shape[0]) if table.shape[0] > 1 else 0
        known = zip(chords, roots, replaced or [frozenset[int]()] * len(chords), strict=True)
        new = np.array([_pull(*each, low_below) for each in known], np.float32)
        held = np.array([_push(chord) for chord in chords], np.float32)
        stale = np.array([_stale(root, low_below) for root in roots], np.float32)
        parts = [
            np.concatenate((strength * new, strength * held + changed * stale), axis=1)
            for changed in (0, 1)
            for strength in levels
        ]
        self._pulls = (weight * np.concatenate(parts)).astype(np.float32)

    def bias(self, state: State, logits: Floats) -> None:
        """Raise new notes of the chord, lower held ones that are foreign, or a bass left behind."""
        lines = self._line_of[self._rows, state.step]
        logits[:, NEW_NOTE:] += self._pulls.take(lines, axis=0)


def _pull(chord: frozenset[int], root: int, replaced: frozenset[int], low_below: int) -> Floats:
    pull = np.zeros(PITCHES, np.float32)
    for pitch in range(PITCHES):
        pull[pitch] = _CHORD_TONE if pitch % 12 in chord else _FOREIGN_TONE
        pull[pitch] += _REPLACED_TONE * (pitch % 12 in replaced)
        if pitch < low_below:
            degree = (pitch - root) % 12
            pull[pitch] += {0: _BASS_ROOT, _FIFTH: _BASS_FIFTH}.get(degree, _BASS_OTHER)
    return pull


def _push(chord: frozenset[int]) -> Floats:
    foreign = [_FOREIGN_HELD * (pitch % 12 not in chord) for pitch in range(PITCHES)]
    return np.array(foreign, np.float32)


def _stale(root: int, low_below: int) -> Floats:
    low = [_BASS_HELD_ON * (pitch < low_below and pitch % 12 != root) for pitch in range(PITCHES)]
    return np.array(low, np.float32)


def _strength(step: int, pulse_steps: int) -> float:
    if step % pulse_steps == 0:
        return _ON_BEAT
    return _ON_HALF_BEAT if step % 2 == 0 else _OFF


def _make(setting: Setting, weight: float) -> HarmonyTerm:
    tones, basses = setting.chord_tones
    replaced = [
        frozenset((tone - setting.shift) % 12 for tone in replaced_tones(chord, setting.track.key))
        for chord in setting.aims.harmony.chords
    ]
    return HarmonyTerm(
        setting.aims.harmony.of_step,
        tones,
        basses,
        setting.bar_steps,
        weight,
        setting.low_below,
        setting.track.pulse_steps,
        replaced,
    )


def _aim(setting: Setting, row: int, step: int) -> str:
    return setting.aims.harmony.names[row][step // setting.bar_steps]


TERM = TermKind(
    "harmony",
    1.25,
    "leans strong beats to the bar's chord, the bass to its root",
    _make,
    _aim,
    varies=1.25,
)
