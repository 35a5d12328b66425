"""Preference: which of several takes people would rather leave in a game.

A linear model of seventeen measures of a score's opening. Its weights were fitted to marks that
readers gave to takes without knowing where they came from (`chipassets/models/preference.md`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Score
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_MODEL = Path(__file__).resolve().parents[1] / "models" / "preference.json"

OPENING_BARS = 16
"""The bars from the start that are measured: as many as the readers saw."""

_SILENT = -1
_LONG = STEPS_PER_BEAT
_STEP, _TRITONE = 2, 6
_RUBS = (1, OCTAVE - 1)
_GRATES = (1, _TRITONE, OCTAVE - 1)
_PHRASE = 4

_Ints = NDArray[np.int64]
_BarNotes = tuple[tuple[int, int], ...]
"""The notes of a bar: the step in the bar, and the pitch."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A part in the opening: its notes, by bar too, and the pitch that sounds at each step."""

    notes: tuple[Note, ...]
    bars: tuple[_BarNotes, ...]
    sounding: _Ints

    @property
    def pitches(self) -> _Ints:
        return np.array([note.pitch for note in self.notes], np.int64)

    @property
    def starts(self) -> _Ints:
        return np.array([note.start_step for note in self.notes], np.int64)

    @property
    def rhythms(self) -> int:
        """How many rhythms its bars have, silent ones included."""
        return len({tuple(step for step, _ in bar) for bar in self.bars})


@dataclass(frozen=True, slots=True)
class _Opening:
    """The opening of a voiced score: its parts, and what several measures need.

    values: steps from each of the tune's notes to the next. moves: semitones from each to the next.
    strokes: the steps of the drums.
    """

    score: Score
    pulse_steps: int
    tune: _Line
    inner: _Line
    bass: _Line
    values: _Ints
    moves: _Ints
    strokes: _Ints


def _opening(score: Score, pulse_steps: int) -> _Opening:
    """Return the opening of a voiced score, at most `OPENING_BARS` long."""
    bars = min(score.bars, OPENING_BARS)
    steps = bars * score.steps_per_bar
    tune, inner, bass = (_line(score, part, bars) for part in (LEAD, INNER, BASS))
    return _Opening(
        score,
        pulse_steps,
        tune,
        inner,
        bass,
        values=np.diff(np.append(tune.starts, steps)),
        moves=np.diff(tune.pitches),
        strokes=np.array([hit.step for hit in score.drums or () if hit.step < steps], np.int64),
    )


def _line(score: Score, part: str, bars: int) -> _Line:
    """Return a part in the first bars of a score."""
    bar = score.steps_per_bar
    notes = tuple(note for note in score.part(part) if note.start_step < bars * bar)
    by_bar: list[list[tuple[int, int]]] = [[] for _ in range(bars)]
    sounding = np.full(bars * bar, _SILENT, np.int64)
    for note in notes:
        by_bar[note.start_step // bar].append((note.start_step % bar, note.pitch))
        sounding[note.start_step : note.end_step] = note.pitch
    return _Line(notes, tuple(tuple(own) for own in by_bar), sounding)


def _share(found: Sequence[bool] | NDArray[np.bool_]) -> float:
    """Return the share of true values, 0 of none."""
    return float(np.mean(found)) if len(found) else 0.0


def _rubs(upper: _Line, lower: _Line) -> float:
    """Return how often two parts are a semitone apart: a share of the steps at which both sound."""
    both = (upper.sounding != _SILENT) & (lower.sounding != _SILENT)
    return _share(np.isin((upper.sounding - lower.sounding)[both] % OCTAVE, _RUBS))


def _commonest(opening: _Opening) -> float:
    """Return the share of the tune's commonest note value."""
    counts = Counter(opening.values.tolist())
    return max(counts.values()) / len(opening.values) if counts else 1.0


def _grates(opening: _Opening) -> float:
    """Return how many long notes begin a semitone, a tritone or a major seventh above the bass."""
    bass = opening.bass.sounding
    found = [
        (note.pitch - bass[note.start_step]) % OCTAVE in _GRATES
        for note, value in zip(opening.tune.notes, opening.values.tolist(), strict=True)
        if value >= _LONG and bass[note.start_step] != _SILENT
    ]
    return _share(found)


def _comes_back(opening: _Opening) -> float:
    """Return how many of the four bars after the middle also occur in the first half."""
    half = len(opening.tune.bars) // 2
    before = set(opening.tune.bars[:half])
    return _share([bar in before for bar in opening.tune.bars[half : half + _PHRASE] if bar])


def _peak(opening: _Opening) -> float:
    """Return the semitones from the tune's mean pitch to its highest."""
    pitches = opening.tune.pitches
    return float(pitches.max() - pitches.mean()) if pitches.size else 0.0


def _shared_onsets(opening: _Opening) -> float:
    """Return how many of the tune's onsets the second voice shares."""
    tune, inner = set(opening.tune.starts.tolist()), set(opening.inner.starts.tolist())
    return len(tune & inner) / max(1, len(tune))


MEASURES: Mapping[str, Callable[[_Opening], float]] = {
    # The tune's rhythm: share of its commonest note value; of pairs of bars that are alike; of the
    # four bars behind the middle, how many stand before it too; of steps at which it is silent.
    "commonest value": _commonest,
    "bar said twice in a row": lambda o: _share(
        [before == bar and bool(bar) for before, bar in pairwise(o.tune.bars)]
    ),
    "second half comes back": _comes_back,
    "silent tune": lambda o: _share(o.tune.sounding == _SILENT),
    # Its line: shares of intervals; semitones from the mean pitch to the top.
    "tune by step": lambda o: _share((np.abs(o.moves) > 0) & (np.abs(o.moves) <= _STEP)),
    "same pitch again": lambda o: _share(o.moves == 0),
    "tritones": lambda o: _share(np.abs(o.moves) == _TRITONE),
    "peak": _peak,
    # How the parts go together: shares of steps, of long notes, of the tune's onsets.
    "rubs of tune and bass": lambda o: _rubs(o.tune, o.bass),
    "rubs of tune and second voice": lambda o: _rubs(o.tune, o.inner),
    "long notes against bass": _grates,
    "onsets shared": _shared_onsets,
    # The accompaniment: shares of silent bars; of the bass off the beat; rhythms of the bass's
    # bars; strokes of drums between two eighths.
    "bars without second voice": lambda o: _share([not bar for bar in o.inner.bars]),
    "bars without bass": lambda o: _share([not bar for bar in o.bass.bars]),
    "bass off the beat": lambda o: _share(o.bass.starts % o.pulse_steps != 0),
    "rhythms of bass": lambda o: float(o.bass.rhythms),
    "16ths of drums": lambda o: _share(o.strokes % 2 == 1),
}
"""Every measure by name; each reads an opening."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted model, an array [measures] each, in the order of `MEASURES`.

    low, high: where values are cut off. mean, spread: what they are standardised by. weights: marks
    (of ten) for one spread more.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]

    def predict(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the marks above a usual take's for measures [..., measures]."""
        cut = np.clip(measures, self.low, self.high)
        return np.asarray(((cut - self.mean) / self.spread) @ self.weights)


def measures_of(score: Score, pulse_steps: int) -> NDArray[np.float64]:
    """Return the `MEASURES` of a voiced score's opening, float64 [measures]."""
    opening = _opening(score, pulse_steps)
    return np.array([measure(opening) for measure in MEASURES.values()])


def preference(score: Score, pulse_steps: int) -> float:
    """Return by how many marks of ten a score's opening would be preferred to a usual take's.

    pulse_steps: length of a felt beat in 16ths. 0 for merged music, whose voices are not known.
    """
    if not score.is_voiced:
        return 0.0
    # Sums may differ in the last bits from machine to machine: what decides is rounded.
    return round(float(_weights().predict(measures_of(score, pulse_steps))), 6)


@cache
def _weights() -> Weights:
    """Return the learned weights, in the order of MEASURES."""
    stored = json.loads(_MODEL.read_text(encoding="utf-8"))["measures"]
    rows = np.array(
        [
            [stored[name][field] for field in ("low", "high", "mean", "spread", "weight")]
            for name in MEASURES
        ]
    )
    return Weights(*rows.T)
