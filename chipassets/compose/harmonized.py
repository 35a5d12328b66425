"""Harmonize a given tune: draw chords from the learned chord changes that fit its notes.

A hidden Markov chain over half bars: its states are the chords of the mode, its transitions the
learned changes, and a chord is as likely as the notes over it are its tones. The chords are drawn
from the chain given the whole phrase and its cadence (filtered forwards, drawn backwards), so takes
differ and each of them fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.harmony_bank import Floats, ModeHarmony, harmony_of
from chipassets.compose.harmony_model import cadence_weights, first_weights, inverted
from chipassets.music.keys import Key
from chipassets.music.notes import Note
from chipassets.units import OCTAVE

_TONE, _THIRD, _FOREIGN, _ABOVE = 0.16, 0.05, -0.42, -0.25
"""Log-odds a step: of a tone of the chord, more for its third; of another; a semitone above one."""
_ON_PULSE, _LONG, _PASSING = 1.6, 1.25, 0.45
_LONG_STEPS = 4
_CADENCE_FLOOR, _FIRST_FLOOR = 0.03, 0.02
_PHRASE_BARS = 4
_SURPRISE = 0.6
"""At colour 1, how likely a borrowed chord is beside what is learned."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a phrase's harmony must do besides fitting its tune.

    first: the chord before the phrase, as a numeral, None at the start of a section. cadence:
    one of `harmony_model.CADENCES`. colour, rhythm: 0..1, how readily chords are borrowed, and how
    often a bar has two. pulse_steps: 16ths from one felt beat to the next.
    """

    first: str | None
    cadence: str
    colour: float
    rhythm: float
    pulse_steps: int


def harmonize(
    rng: np.random.Generator,
    key: Key,
    notes: Sequence[Note],
    bars: int,
    bar_steps: int,
    wanted: Wanted,
) -> list[tuple[str, ...]]:
    """Return the chords of each bar, one or two, as numerals in a key, that fit the notes.

    notes: their steps count from the beginning of the first bar.
    """
    model = harmony_of(key.mode)
    halves = [(bar * bar_steps, bar * bar_steps + _half(bar_steps, wanted.pulse_steps))
              for bar in range(bars)]  # fmt: skip
    begins = [step for pair in halves for step in pair]
    ends = [*begins[1:], bars * bar_steps]
    fit = np.stack(
        [
            _fit(notes, start, end, model, key, wanted.pulse_steps)
            for start, end in zip(begins, ends, strict=True)
        ]
    )
    chosen = _drawn(rng, model, fit, wanted)
    places = [0, *(i for i in range(1, len(chosen)) if chosen[i] != chosen[i - 1])]
    texts = dict(zip(places, inverted(rng, model, [chosen[i] for i in places]), strict=True))
    found: list[tuple[str, ...]] = []
    text = texts[0]
    for bar in range(bars):
        inside = []
        for place in (2 * bar, 2 * bar + 1):
            text = texts.get(place, text)
            inside.append(text)
        found.append(tuple(dict.fromkeys(inside)))
    return found


def _half(bar_steps: int, pulse_steps: int) -> int:
    """Return the step at which the second of two chords in a bar begins, as in `Harmony`."""
    del pulse_steps
    return -(-bar_steps // 2)


def _fit(
    notes: Sequence[Note], start: int, end: int, model: ModeHarmony, key: Key, pulse_steps: int
) -> Floats:
    """Return the log-odds [chords] of each chord given the notes between two steps."""
    tones = np.zeros((len(model.read), 12), bool)
    thirds = np.zeros((len(model.read), 12), bool)
    for row, chord in enumerate(model.read):
        tones[row, list(chord.pitch_classes)] = True
        thirds[row, [(chord.root + 3) % OCTAVE, (chord.root + 4) % OCTAVE]] = True
    odds = np.zeros(len(model.read))
    for note in notes:
        steps = min(note.end_step, end) - max(note.start_step, start)
        if steps <= 0:
            continue
        strong = note.start_step % pulse_steps == 0 or note.start_step < start
        weight = steps * (_ON_PULSE if strong else _PASSING if steps <= 2 else 1.0)
        weight *= _LONG if note.duration_steps >= _LONG_STEPS else 1.0
        pitch = (note.pitch - key.tonic) % OCTAVE
        fits = tones[:, pitch]
        odds += weight * np.where(fits, _TONE + _THIRD * thirds[:, pitch], _FOREIGN)
        odds += weight * _ABOVE * (~fits & tones[:, (pitch - 1) % OCTAVE])
    return odds


def _drawn(rng: np.random.Generator, model: ModeHarmony, fit: Floats, wanted: Wanted) -> list[int]:
    """Return a chord for each half bar, drawn from the chain given all notes and the cadence."""
    count = fit.shape[0]
    allowed = np.where(model.surprises, _SURPRISE * wanted.colour, 1.0) + 1e-9
    changes = model.changes.mean(axis=0) * allowed
    changes /= changes.sum(axis=1, keepdims=True) + 1e-12
    start = (model.starts + 1e-4) * allowed
    if wanted.first is not None:
        # What stands before the phrase changes into its first chord, or goes on.
        before = first_weights(model, wanted.first)
        start = before @ changes + 0.3 * before
    end = cadence_weights(model, wanted.cadence).max(axis=0) + _CADENCE_FLOOR
    forwards: list[Floats] = []
    now = (start / start.sum() + _FIRST_FLOOR / len(start)) * _likely(fit[0])
    forwards.append(now / now.sum())
    for half in range(1, count):
        stays = _stays(model, half, wanted.rhythm)
        last = forwards[-1]
        now = (stays * last + (1 - stays) * (last @ changes)) * _likely(fit[half])
        if half == count - 1:
            now = now * end
        forwards.append(now / now.sum())
    chosen = [_pick(rng, forwards[-1])]
    for half in range(count - 2, -1, -1):
        after = chosen[-1]
        stays = _stays(model, half + 1, wanted.rhythm)
        back = (1 - stays) * changes[:, after]
        back[after] += stays
        chosen.append(_pick(rng, forwards[half] * back))
    chosen.reverse()
    return chosen


def _stays(model: ModeHarmony, half: int, rhythm: float) -> float:
    """Return how likely a chord continues in a half bar; at rhythm 0.5 as learned."""
    bar, second = divmod(half, 2)
    place = bar % _PHRASE_BARS
    if second:
        return float(1 - model.split[place] * (0.4 + 1.2 * rhythm))
    return float(model.held[place] * 0.8)


def _likely(odds: Floats) -> Floats:
    """Return weights in proportion to the probabilities of these log odds; the greatest is 1."""
    return np.asarray(np.exp(odds - odds.max()), np.float64)


def _pick(rng: np.random.Generator, weights: NDArray[np.float64]) -> int:
    """Return an index drawn in proportion to the weights."""
    place = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
    return min(int(place), len(weights) - 1)
