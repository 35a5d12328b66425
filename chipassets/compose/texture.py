"""Texture: what each take aims at, which terms lead it there, and how strongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part
from chipassets.compose.guidance import Term
from chipassets.compose.guidance.density import DensityTerm
from chipassets.compose.guidance.echo import EchoTerm
from chipassets.compose.guidance.harmony import HarmonyTerm
from chipassets.compose.guidance.hold import HoldTerm
from chipassets.compose.guidance.metre import MetreTerm
from chipassets.compose.guidance.register import RegisterTerm
from chipassets.compose.guidance.scale import ScaleTerm
from chipassets.compose.guidance.voices import VoicesTerm
from chipassets.compose.harmony import plan_degrees, triad
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.keys import Key
from chipassets.seeds import derive_rng
from chipassets.trackplan import Range, TrackPlan
from chipassets.units import STEPS_PER_BEAT

MOST_VOICES = 3
"""Two pulses and the triangle of the 2A03."""

LOWEST_PITCH = 36
_LEAD_MARGIN = 5
"""The lead's range is asked of its median; single notes may lie this much outside."""

_LONGEST_HOLD_STEPS = 16
SCALE_WEIGHT = 0.25

_NEXT_BAR_ECHO_SHARE = 0.5
"""Of the takes, how many echo the rhythm of the bar before; the others that of two bars before."""
_DEGREES = range(1, 8)


@dataclass(frozen=True, slots=True)
class Aims:
    """What each row of a block aims at: takes of one track are not to be alike.

    density, polyphony: [rows], within the character's ranges. degrees: [rows, bars], the chord of
    each bar as a degree 1..7 of the key. echo_bars: [rows], how many bars back the lead's rhythm
    looks.
    """

    density: NDArray[np.float32]
    polyphony: NDArray[np.float32]
    degrees: NDArray[np.int64]
    echo_bars: NDArray[np.int64]


def draw_aims(track: TrackPlan, parts: Sequence[Part], takes: range) -> Aims:
    """Return aims for these takes, each drawn from a generator of its own."""
    rngs = [derive_rng(track.seed, "compose", COMPOSE_VERSION, take, "aims") for take in takes]
    uniforms = np.array([rng.random(3) for rng in rngs])
    return Aims(
        _within(track.character.density, uniforms[:, 0]),
        _within(track.character.polyphony, uniforms[:, 1]),
        np.array([plan_degrees(track, parts, rng) for rng in rngs]),
        np.where(uniforms[:, 2] < _NEXT_BAR_ECHO_SHARE, 1, 2),
    )


def track_terms(track: TrackPlan, shift: int, aims: Aims) -> tuple[Term, ...]:
    """Return the terms of a track for a model whose pitches lie `shift` below the track's."""
    steps_per_bar = track.beats_per_bar * STEPS_PER_BEAT
    key = Key((track.key.tonic - shift) % 12, track.key.mode)
    low, high = (edge - shift for edge in _lead_limits(track))
    chords = [triad(key, degree) for degree in _DEGREES]
    return (
        ScaleTerm(
            key.pitch_classes, (key.tonic - 1) % 12 if key.is_minor else None, weight=SCALE_WEIGHT
        ),
        VoicesTerm(MOST_VOICES, aims.polyphony, weight=1.0),
        RegisterTerm(low, high, LOWEST_PITCH - shift, weight=2.0),
        DensityTerm(aims.density, weight=1.5),
        MetreTerm(steps_per_bar, weight=0.3),
        HoldTerm(_LONGEST_HOLD_STEPS, weight=1.0),
        EchoTerm(aims.echo_bars * steps_per_bar, steps_per_bar, weight=0.8),
        HarmonyTerm(
            np.repeat(aims.degrees - 1, steps_per_bar, axis=1),
            [chord.pitch_classes for chord in chords],
            [chord.root for chord in chords],
            steps_per_bar,
            weight=1.0,
        ),
    )


def _lead_limits(track: TrackPlan) -> tuple[float, float]:
    lead = track.character.lead_pitch
    return lead.low - _LEAD_MARGIN, lead.high + _LEAD_MARGIN


def _within(span: Range, uniforms: NDArray[np.float64]) -> NDArray[np.float32]:
    return (span.low + (span.high - span.low) * uniforms).astype(np.float32)
