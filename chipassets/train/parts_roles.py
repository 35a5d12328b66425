"""Measures of single voices, by rule: their part, likeness, cadences and phrases, bar by bar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    BASS_PARTS,
    FIRST_NOTE,
    INNER_PARTS,
    LIKENESS_BARS_AGO,
    REST,
    STEPS_A_BAR,
    Integers,
    remaining,
    sounding,
)
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_WINDOW_BARS = 2
_BARS_A_PHRASE = 4
_ALIKE = 0.75
_GOAL_STEPS = 6
_SHORT_GOAL_STEPS, _GOAL_REST = 3, 4
_HELD_STEPS = 8


def bar_parts(role: str, tokens: Integers, lead: Integers | None) -> NDArray[np.int64]:
    """Return the part of each bar [bars] of a bass or inner voice, an index in PARTS[role].

    A bar's part is measured over itself and the next bar (the last one over itself).
    """
    bars = len(tokens) // STEPS_A_BAR
    name_of = _bass_part if role == "bass" else _inner_part
    names = BASS_PARTS if role == "bass" else INNER_PARTS
    parts = []
    for bar in range(bars):
        span = slice(bar * STEPS_A_BAR, min(bar + _WINDOW_BARS, bars) * STEPS_A_BAR)
        other = None if lead is None else np.asarray(lead)[span]
        parts.append(names.index(name_of(np.asarray(tokens)[span], other)))
    return np.array(parts, np.int64)


def bar_likeness(tokens: Integers) -> NDArray[np.int64]:
    """Return how each bar resembles an earlier one [bars], an index in LIKENESSES.

    Of several earlier bars the most similar one counts; of equally similar ones the nearest.
    """
    bars = np.asarray(tokens).reshape(-1, STEPS_A_BAR)
    levels = np.zeros(len(bars), np.int64)
    for bar in range(len(bars)):
        best = 0
        for place, ago in enumerate(LIKENESS_BARS_AGO):
            level = _likeness(bars[bar - ago], bars[bar]) if ago <= bar else 0
            if level > best:
                best, levels[bar] = level, 1 + 3 * place + level - 1
    return levels


def bar_density(tokens: Integers) -> NDArray[np.float64]:
    """Return the onsets per bar [bars], as a mean over each phrase of four bars."""
    onsets = (np.asarray(tokens).reshape(-1, STEPS_A_BAR) >= FIRST_NOTE).sum(axis=1)
    density = np.empty(len(onsets))
    for first in range(0, len(onsets), _BARS_A_PHRASE):
        density[first : first + _BARS_A_PHRASE] = onsets[first : first + _BARS_A_PHRASE].mean()
    return density


def bar_register(tokens: Integers) -> NDArray[np.float64]:
    """Return the median pitch above LOWEST [bars] of each phrase of four bars, -1 if silent."""
    pitches = sounding(tokens)
    register = np.full(len(tokens) // STEPS_A_BAR, -1.0)
    for first in range(0, len(register), _BARS_A_PHRASE):
        span = pitches[first * STEPS_A_BAR : (first + _BARS_A_PHRASE) * STEPS_A_BAR]
        if (span >= 0).any():
            register[first : first + _BARS_A_PHRASE] = np.median(span[span >= 0])
    return register


def bar_cadences(lead: Integers, tonic: int, lowest: int) -> NDArray[np.int64]:
    """Return the cadence of each bar [bars], an index in CADENCES.

    The tune comes to rest in a bar on a note of six steps or more, or of three before a rest of a
    beat; closed if the last such note is the tonic.
    """
    lead = np.asarray(lead)
    left = remaining(lead)
    cadences = np.zeros(len(lead) // STEPS_A_BAR, np.int64)
    for step in np.flatnonzero(lead >= FIRST_NOTE):
        end = step + left[step]
        rests = end + _GOAL_REST <= len(lead) and lead[end] == REST
        rests = rests and not (lead[end : end + _GOAL_REST] >= FIRST_NOTE).any()
        if left[step] >= _GOAL_STEPS or (left[step] >= _SHORT_GOAL_STEPS and rests):
            is_tonic = (lead[step] - FIRST_NOTE + lowest - tonic) % OCTAVE == 0
            cadences[step // STEPS_A_BAR] = 2 if is_tonic else 1
    return cadences


def phrase_bars(cadences: Integers) -> NDArray[np.int64]:
    """Return the index [bars] of each bar in its phrase of four.

    Phrases begin with the first bar, unless the tune rests much more often in the fourth bars of a
    grid that begins later.
    """
    bars = np.arange(len(cadences))
    rests = np.asarray(cadences) > 0

    def share(offset: int) -> float:
        fourths = rests[(bars - offset) % _BARS_A_PHRASE == _BARS_A_PHRASE - 1]
        return (float(fourths.mean()) if len(fourths) else 0.0) - (0.25 if offset else 0.0)

    offset = max(range(_BARS_A_PHRASE), key=share) if len(bars) >= 2 * _BARS_A_PHRASE else 0
    return (bars - offset) % _BARS_A_PHRASE


def _stillness(tokens: Integers, onsets: NDArray[np.int64]) -> str:
    """Return "silent" or "held" for a part that hardly moves, else ""."""
    if len(onsets) == 0:
        return "silent" if (sounding(tokens) < 0).all() else "held"
    return "held" if np.median(remaining(tokens)[onsets]) >= _HELD_STEPS else ""


def _bass_part(tokens: Integers, _lead: Integers | None) -> str:
    """Return the part of a bass in these tokens, a name of PARTS["bass"]."""
    onsets = np.flatnonzero(tokens >= FIRST_NOTE)
    if still := _stillness(tokens, onsets):
        return still
    bars = len(tokens) / STEPS_A_BAR
    if len(onsets) <= 3 * bars and (sounding(tokens) < 0).mean() > 0.25:
        return "sparse"
    intervals = np.abs(np.diff(tokens[onsets]))
    if len(intervals) and (intervals == OCTAVE).mean() >= 0.4:
        return "octaves"
    if len(onsets) >= 5 * bars and (intervals == 0).mean() >= 0.6:
        return "drive"
    return "ostinato" if _repeats_itself(tokens) else "walking"


def _inner_part(tokens: Integers, lead: Integers | None) -> str:
    """Return the part of an inner voice in these tokens, a name of PARTS["inner"]."""
    onsets = np.flatnonzero(tokens >= FIRST_NOTE)
    if still := _stillness(tokens, onsets):
        return still
    bars = len(tokens) / STEPS_A_BAR
    if lead is not None and _is_parallel(tokens, onsets, lead):
        return "parallel"
    moves = np.abs(np.diff(tokens[onsets]))
    even = len(onsets) >= 6 * bars and (np.diff(onsets) == np.median(np.diff(onsets))).mean() >= 0.8
    if even and len(set(tokens[onsets].tolist())) >= 3 and (moves >= 3).mean() >= 0.5:
        return "arpeggio"
    off_beat, steps_held = (onsets % STEPS_PER_BEAT != 0).mean(), remaining(tokens)[onsets].mean()
    if steps_held <= 2.5 and (sounding(tokens) < 0).mean() >= 0.3 and off_beat >= 0.5:
        return "stabs"
    return "ostinato" if _repeats_itself(tokens) else "counter-line"


def _is_parallel(tokens: Integers, onsets: Integers, lead: Integers) -> bool:
    """Return whether most onsets coincide with the tune's, consonant and in the same direction."""
    with_lead = onsets[lead[onsets] >= FIRST_NOTE]
    if len(with_lead) < max(2, 0.7 * len(onsets)):
        return False
    apart = np.abs(lead[with_lead] - tokens[with_lead]) % OCTAVE
    consonant = np.isin(apart, (0, 3, 4, 8, 9)).mean()
    own, other = np.sign(np.diff(tokens[with_lead])), np.sign(np.diff(lead[with_lead]))
    return bool(consonant >= 0.7 and (own == other).mean() >= 0.7)


def _repeats_itself(tokens: Integers) -> bool:
    """Return whether the second half of the tokens, or second quarter, repeats the first.

    Only the shape is compared.
    """
    half = len(tokens) // 2
    if _likeness(tokens[:half], tokens[half:]) >= 2:
        return True
    quarter = half // 2
    return (
        _likeness(tokens[:quarter], tokens[quarter:half]) >= 2
        and (tokens[:half] >= FIRST_NOTE).sum() >= 4
    )


def _likeness(first: Integers, second: Integers) -> int:
    """Return 0 (other), 1 (the same rhythm), 2 (and intervals, nearly) or 3 (nearly the notes)."""
    a, b = np.flatnonzero(first >= FIRST_NOTE), np.flatnonzero(second >= FIRST_NOTE)
    if len(a) == 0 or len(b) == 0:
        return 0
    common = np.intersect1d(a, b)
    union = len(a) + len(b) - len(common)
    if len(common) < _ALIKE * union:
        return 0
    same = (first[common] == second[common]).sum()
    if same >= _ALIKE * union:
        return 3
    own, other = np.diff(first[common]), np.diff(second[common])
    near = (np.abs(own - other) <= 1) & (np.sign(own) == np.sign(other))
    return 2 if len(own) >= 2 and near.mean() >= _ALIKE else 1
