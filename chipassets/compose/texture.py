"""Texture: what each take aims at, which terms lead it there, and how strongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part, loop_start_bar
from chipassets.compose.guidance import Term
from chipassets.compose.guidance.answer import AnswerTerm
from chipassets.compose.guidance.bass import BassTerm
from chipassets.compose.guidance.broken import BrokenTerm
from chipassets.compose.guidance.canon import CanonTerm
from chipassets.compose.guidance.ceiling import CeilingTerm
from chipassets.compose.guidance.cell import CellTerm
from chipassets.compose.guidance.density import DensityTerm
from chipassets.compose.guidance.echo import EchoTerm
from chipassets.compose.guidance.harmony import HarmonyTerm
from chipassets.compose.guidance.held import HeldTerm
from chipassets.compose.guidance.hold import HoldTerm
from chipassets.compose.guidance.homing import HomingTerm
from chipassets.compose.guidance.line import LineTerm
from chipassets.compose.guidance.metre import MetreTerm
from chipassets.compose.guidance.octaves import OctavesTerm
from chipassets.compose.guidance.ostinato import OstinatoTerm
from chipassets.compose.guidance.register import RegisterTerm
from chipassets.compose.guidance.scale import ScaleTerm
from chipassets.compose.guidance.voices import VoicesTerm
from chipassets.compose.guidance.walking import WalkingTerm
from chipassets.compose.harmony import Harmony, plan_harmony
from chipassets.compose.motif import ceilings, state_motifs
from chipassets.compose.plot import Plot, draw_plot
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.keys import Key
from chipassets.seeds import derive_rng
from chipassets.trackplan import Range, TrackPlan
from chipassets.units import STEPS_PER_BEAT

MOST_VOICES = 3
"""Two pulses and the triangle of the 2A03."""

_THIN_VOICES = 2
_LEAST_VOICES, _FULL_VOICES = 1.1, 2.9

LOWEST_PITCH = 36
_LEAD_MARGIN = 5
"""The lead's range is asked of its median; single notes may lie this much outside."""

_LONGEST_HOLD_STEPS = 16
_BASSLESS_STEPS = 8
_MOST_ONSETS_PER_BEAT = 8.0

_NEXT_BAR_ECHO_SHARE = 0.5
"""Of the takes, how many echo the rhythm of the bar before; the others that of two bars before."""

WEIGHTS: dict[str, float] = {
    "scale": 0.25,
    "voices": 1.0,
    "register": 2.0,
    "density": 2.5,
    "metre": 0.3,
    "hold": 1.0,
    "echo": 0.8,
    "harmony": 1.25,
    "ceiling": 1.0,
    "cell": 0.5,
    "line": 1.0,
    "bass": 1.0,
    "homing": 1.0,
    "octaves": 1.0,
    "ostinato": 1.0,
    "broken": 1.0,
    "walking": 1.0,
    "answer": 1.0,
    "held": 1.0,
    "canon": 1.0,
}
"""The weight of each term by name, before the manifest's factors."""


@dataclass(frozen=True, slots=True)
class Aims:
    """What each row of a block aims at: takes of one track are not to be alike.

    density, polyphony: [rows, steps], around the character's ranges. harmony: the chords of each
    row. echo_bars: [rows], how many bars back the lead's rhythm looks. plot: what all rows share.
    """

    density: NDArray[np.float32]
    polyphony: NDArray[np.float32]
    harmony: Harmony
    echo_bars: NDArray[np.int64]
    plot: Plot


def draw_aims(track: TrackPlan, parts: Sequence[Part], takes: range) -> Aims:
    """Return aims for these takes, each drawn from a generator of its own."""
    rngs = [derive_rng(track.seed, "compose", COMPOSE_VERSION, take, "aims") for take in takes]
    uniforms = np.array([rng.random(3) for rng in rngs])
    plot = draw_plot(track, parts)
    density = _within(track.character.density, uniforms[:, 0])[:, None] * plot.density
    polyphony = _within(track.character.polyphony, uniforms[:, 1])[:, None] + plot.voices
    return Aims(
        np.minimum(density, np.float32(_MOST_ONSETS_PER_BEAT)),
        np.clip(polyphony, np.float32(_LEAST_VOICES), np.float32(_FULL_VOICES)),
        plan_harmony(track, parts, rngs),
        np.where(uniforms[:, 2] < _NEXT_BAR_ECHO_SHARE, 1, 2),
        plot,
    )


def track_terms(
    track: TrackPlan, parts: Sequence[Part], shift: int, aims: Aims
) -> tuple[Term, ...]:
    """Return the terms of a track for a model whose pitches lie `shift` below the track's."""
    weights = weights_of(track)
    terms: tuple[Term, ...] = (
        *_general_terms(track, shift, aims, weights),
        *_figure_terms(track, shift, aims, weights),
    )
    start_bar = loop_start_bar(track, parts)
    if start_bar is not None:
        bar = track.beats_per_bar * STEPS_PER_BEAT
        terms += (HomingTerm(start_bar * bar, track.total_steps, bar, weights["homing"]),)
    stated = state_motifs(track, parts)
    if not stated:
        return terms
    limits = ceilings(stated, track.total_steps, -shift)
    return (*terms, CeilingTerm(limits, weights["ceiling"]))


def weights_of(track: TrackPlan) -> dict[str, float]:
    """Return the weight of each term with the track's factors."""
    factors = dict(track.guidance)
    return {name: weight * factors.get(name, 1.0) for name, weight in WEIGHTS.items()}


def _general_terms(
    track: TrackPlan, shift: int, aims: Aims, weights: dict[str, float]
) -> tuple[Term, ...]:
    bar = track.beats_per_bar * STEPS_PER_BEAT
    key = Key((track.key.tonic - shift) % 12, track.key.mode)
    low, high = (edge - shift for edge in _lead_limits(track))
    leading_tone = (key.tonic - 1) % 12 if key.is_minor else None
    harmony = aims.harmony
    tones = [frozenset((p - shift) % 12 for p in chord.pitch_classes) for chord in harmony.chords]
    basses = [(chord.bass - shift) % 12 for chord in harmony.chords]
    return (
        ScaleTerm(key.pitch_classes, leading_tone, weights["scale"]),
        VoicesTerm(_most_voices(track, aims.plot), aims.polyphony, weights["voices"]),
        RegisterTerm(low, high, LOWEST_PITCH - shift, weights["register"], aims.plot.lead_shifts),
        DensityTerm(aims.density, weights["density"]),
        MetreTerm(bar, weights["metre"], aims.plot.syncopation),
        HoldTerm(_LONGEST_HOLD_STEPS, weights["hold"]),
        EchoTerm(aims.echo_bars * bar, bar, weights["echo"]),
        HarmonyTerm(harmony.of_step, tones, basses, bar, weights["harmony"]),
        LineTerm(weights["line"]),
        BassTerm(_BASSLESS_STEPS, weights["bass"]),
        CellTerm(np.ones(track.total_steps, bool), aims.plot.cell, weights["cell"]),
    )


def _most_voices(track: TrackPlan, plot: Plot) -> NDArray[np.int64]:
    thin = plot.figures.get("thin", np.zeros(track.total_steps, bool))
    return np.where(thin, _THIN_VOICES, MOST_VOICES)


def _figure_terms(
    track: TrackPlan, shift: int, aims: Aims, weights: dict[str, float]
) -> tuple[Term, ...]:
    bar = track.beats_per_bar * STEPS_PER_BEAT
    highest = track.character.lead_pitch.low - shift
    make: dict[str, Callable[[NDArray[np.bool_], float], Term]] = {
        "octaves": OctavesTerm,
        "ostinato": lambda where, weight: OstinatoTerm(where, bar, weight),
        "broken": BrokenTerm,
        "walking": WalkingTerm,
        "answer": lambda where, weight: AnswerTerm(where, highest, bar, weight),
        "held": lambda where, weight: HeldTerm(where, bar, weight),
        "canon": lambda where, weight: CanonTerm(where, bar, weight),
    }
    return tuple(
        make[name](where, weights[name])
        for name, where in aims.plot.figures.items()
        if name in make
    )


def _lead_limits(track: TrackPlan) -> tuple[float, float]:
    lead = track.character.lead_pitch
    return lead.low - _LEAD_MARGIN, lead.high + _LEAD_MARGIN


def _within(span: Range, uniforms: NDArray[np.float64]) -> NDArray[np.float32]:
    return (span.low + (span.high - span.low) * uniforms).astype(np.float32)
