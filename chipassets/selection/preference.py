"""Preference: which of several takes people would rather leave in a game.

A linear model of measures of a score's opening, and of how many of them are unusual. Its weights
were fitted to marks that readers gave to takes without knowing where they came from
(`chipassets/models/preference.md`).
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

from chipassets.music.chords import Chord
from chipassets.music.concord import chord_spans
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Note, Score
from chipassets.units import OCTAVE, STEPS_PER_BEAT

_MODEL = Path(__file__).resolve().parents[1] / "models" / "preference.json"

OPENING_BARS = 16
"""The bars from the start that are measured: as many as the readers saw."""

_SILENT = -1
_LONG = STEPS_PER_BEAT
_LONGER = 6
_STEP, _TRITONE, _FIFTH = 2, 6, 7
_LOW_TUNE = 66.0
"""MIDI pitch under which the mean of a tune lies among its accompaniment."""
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
    def moves(self) -> _Ints:
        """Semitones from each note to the next, without direction."""
        return np.abs(np.diff(self.pitches))

    @property
    def rhythms(self) -> int:
        """How many rhythms its bars have, silent ones included."""
        return len({tuple(step for step, _ in bar) for bar in self.bars})


@dataclass(frozen=True, slots=True)
class _Opening:
    """The opening of a voiced score: its parts, and what several measures need.

    values: steps from each of the tune's notes to the next. moves: semitones from each to the next.
    strokes: the steps of the drums. chords: the chord of each step; empty without chords.
    """

    score: Score
    pulse_steps: int
    tune: _Line
    inner: _Line
    bass: _Line
    values: _Ints
    moves: _Ints
    strokes: _Ints
    chords: tuple[Chord, ...]

    @property
    def halves(self) -> tuple[Chord, ...]:
        """The chords of all half bars; empty without chords."""
        bar = self.score.steps_per_bar
        return self.chords and tuple(
            self.chords[half * bar // 2] for half in range(2 * len(self.tune.bars))
        )


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
        chords=_chords(score, steps),
    )


def _chords(score: Score, steps: int) -> tuple[Chord, ...]:
    """Return the chord of each of the first steps; empty for a score without chords."""
    spans = chord_spans(score)
    ends = [start for start, _ in spans[1:]] + [steps]
    chords = [
        chord
        for (start, chord), end in zip(spans, ends, strict=False)
        for _ in range(start, min(end, steps))
    ]
    return tuple(chords)


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
    """Return the share of steps with a semitone between two parts, of those at which both sound."""
    both = (upper.sounding != _SILENT) & (lower.sounding != _SILENT)
    return _share(np.isin((upper.sounding - lower.sounding)[both] % OCTAVE, _RUBS))


def _commonest(opening: _Opening) -> float:
    """Return the share of the tune's commonest note value."""
    counts = Counter(opening.values.tolist())
    return max(counts.values()) / len(opening.values) if counts else 1.0


def _grates(opening: _Opening) -> float:
    """Return the share of long notes over a bass that begin dissonant with it.

    A minor second, a tritone or a major seventh above it, in any octave.
    """
    bass = opening.bass.sounding
    found = [
        (note.pitch - bass[note.start_step]) % OCTAVE in _GRATES
        for note, value in zip(opening.tune.notes, opening.values.tolist(), strict=True)
        if value >= _LONG and bass[note.start_step] != _SILENT
    ]
    return _share(found)


def _comes_back(opening: _Opening) -> float:
    """Return the share of the four bars after the middle that also occur in the first half."""
    half = len(opening.tune.bars) // 2
    before = set(opening.tune.bars[:half])
    return _share([bar in before for bar in opening.tune.bars[half : half + _PHRASE] if bar])


def _long_fit(opening: _Opening) -> float:
    """Return the share of notes of a beat or more that begin as chord tones; 1 without any."""
    found = [
        note.pitch % OCTAVE in opening.chords[note.start_step].pitch_classes
        for note, value in zip(opening.tune.notes, opening.values.tolist(), strict=True)
        if value >= _LONG and opening.chords
    ]
    return _share(found) if found else 1.0


def _sequences(opening: _Opening) -> float:
    """Return the share of the tune's bars that repeat an earlier bar's contour at other pitches.

    That is its rhythm and the direction of each interval.
    """
    seen: dict[tuple[object, ...], set[_BarNotes]] = {}
    full = [bar for bar in opening.tune.bars if len(bar) > 1]
    found = []
    for bar in full:
        steps = tuple(step for step, _ in bar)
        ways = tuple(int(np.sign(after - before)) for (_, before), (_, after) in pairwise(bar))
        others = seen.setdefault((steps, ways), set())
        found.append(bool(others) and bar not in others)
        others.add(bar)
    return _share(found)


def _bars_of_their_own(opening: _Opening) -> float:
    """Return the number of distinct bars as a share of the tune's bars of two notes or more."""
    full = [bar for bar in opening.tune.bars if len(bar) > 1]
    return len(set(full)) / max(1, len(full))


def _turns(opening: _Opening) -> float:
    """Return the share of the tune's intervals that change direction after the one before."""
    return _share(opening.moves[1:] * opening.moves[:-1] < 0)


def _below(opening: _Opening) -> float:
    """Return by how many semitones the tune's mean pitch lies below _LOW_TUNE."""
    pitches = opening.tune.pitches
    return max(0.0, _LOW_TUNE - float(pitches.mean())) if pitches.size else 0.0


def _mud(opening: _Opening) -> float:
    """Return the share of steps with the second voice less than a fifth above the bass."""
    inner, bass = opening.inner.sounding, opening.bass.sounding
    both = (inner != _SILENT) & (bass != _SILENT)
    return _share((inner - bass)[both] < _FIFTH)


def _dominants(opening: _Opening) -> float:
    """Return the share of every fourth bar that ends on the dominant."""
    dominant = (opening.score.key.tonic + _FIFTH) % OCTAVE
    return _share(
        [chord.root == dominant for chord in opening.halves[2 * _PHRASE - 1 :: 2 * _PHRASE]]
    )


def _shared_onsets(opening: _Opening) -> float:
    """Return the share of the tune's onsets at which the second voice also begins a note."""
    tune, inner = set(opening.tune.starts.tolist()), set(opening.inner.starts.tolist())
    return len(tune & inner) / max(1, len(tune))


MEASURES: Mapping[str, Callable[[_Opening], float]] = {
    # The tune's rhythm: shares of its commonest note value and of long ones; of its bars, how many
    # are different, and sequences of others; of the four bars behind the middle, how many stand
    # before it too; of steps at which it is silent.
    "commonest value": _commonest,
    "long values": lambda o: _share(o.values >= _LONGER),
    "different bars": _bars_of_their_own,
    "sequences": _sequences,
    "second half comes back": _comes_back,
    "silent tune": lambda o: _share(o.tune.sounding == _SILENT),
    # Its line: shares of intervals and of turns; semitones below a register that is heard well.
    "tune by step": lambda o: _share((np.abs(o.moves) > 0) & (np.abs(o.moves) <= _STEP)),
    "same pitch again": lambda o: _share(o.moves == 0),
    "tritones": lambda o: _share(np.abs(o.moves) == _TRITONE),
    "turns": _turns,
    "low tune": _below,
    # The chords: shares of long notes, of half bars, of fourth bars.
    "long notes in their chord": _long_fit,
    "chord changes": lambda o: _share([a != b for a, b in pairwise(o.halves)]),
    "dominants at phrase ends": _dominants,
    # How the parts go together: shares of steps, of long notes, of onsets, of all notes.
    "rubs of tune and bass": lambda o: _rubs(o.tune, o.bass),
    "second voice near the bass": _mud,
    "long notes against bass": _grates,
    "onsets shared": _shared_onsets,
    "notes of the tune": lambda o: (
        len(o.tune.notes) / max(1, len(o.tune.notes) + len(o.inner.notes) + len(o.bass.notes))
    ),
    # The accompaniment: shares of silent bars; of the bass off the beat, by step and by octave;
    # rhythms of their bars; strokes of drums between two eighths.
    "bars without second voice": lambda o: _share([not bar for bar in o.inner.bars]),
    "bars without bass": lambda o: _share([not bar for bar in o.bass.bars]),
    "bass off the beat": lambda o: _share(o.bass.starts % o.pulse_steps != 0),
    "bass by step": lambda o: _share((o.bass.moves > 0) & (o.bass.moves <= _STEP)),
    "bass by octave": lambda o: _share(o.bass.moves == OCTAVE),
    "rhythms of second voice": lambda o: float(o.inner.rhythms),
    "rhythms of bass": lambda o: float(o.bass.rhythms),
    "16ths of drums": lambda o: _share(o.strokes % 2 == 1),
}
"""Every measure by name; each reads an opening."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted model, an array [measures] each, in the order of `MEASURES`.

    low, high: where values are cut off. mean, spread: what they are standardised by. weights: marks
    (of ten) for one spread more. unusual_mean: how many measures of a take are `unusual`;
    unusual_weight: marks for one more.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    unusual_mean: float
    unusual_weight: float

    def predict(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the marks above a usual take's for measures [..., measures]."""
        cut = np.clip(measures, self.low, self.high)
        found = ((cut - self.mean) / self.spread) @ self.weights
        more = unusual(measures, self.mean, self.spread) - self.unusual_mean
        return np.asarray(found + self.unusual_weight * more)


UNUSUAL = 1.75
"""How many spreads from the mean a measure is unusual. A take that is odd in one respect may be
good; of takes that are odd in many, most are broken. From 1.25 to 2 readers' marks agree alike."""


def unusual(
    measures: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how many measures [..., measures] lie more than `UNUSUAL` spreads from their mean."""
    return np.asarray((np.abs(measures - mean) > UNUSUAL * spread).sum(axis=-1), np.float64)


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
    model = json.loads(_MODEL.read_text(encoding="utf-8"))
    stored = model["measures"]
    rows = np.array(
        [
            [stored[name][field] for field in ("low", "high", "mean", "spread", "weight")]
            for name in MEASURES
        ]
    )
    low, high, mean, spread, weights = rows.T
    odd = model["unusual"]
    return Weights(low, high, mean, spread, weights, odd["mean"], odd["weight"])
