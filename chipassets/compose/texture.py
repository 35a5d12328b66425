"""Which terms guide a track, and how strongly: the one place where weights are set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.guidance import Term
from chipassets.compose.guidance.density import DensityTerm
from chipassets.compose.guidance.hold import HoldTerm
from chipassets.compose.guidance.metre import MetreTerm
from chipassets.compose.guidance.register import RegisterTerm
from chipassets.compose.guidance.scale import ScaleTerm
from chipassets.compose.guidance.voices import VoicesTerm
from chipassets.trackplan import TrackPlan

MOST_VOICES = 3
"""Two pulses and the triangle of the 2A03."""

LOWEST_PITCH = 36
_LEAD_MARGIN = 7
"""The lead's range is asked of its median; single notes may lie this much outside."""

_LONGEST_HOLD_STEPS = 16


def track_terms(
    track: TrackPlan, shift: int, density: NDArray[np.float32], polyphony: NDArray[np.float32]
) -> tuple[Term, ...]:
    """Return the terms of a track for a model whose pitches lie `shift` below the track's.

    density, polyphony [rows]: what each take aims at.
    """
    key = track.key
    lead = track.character.lead_pitch
    return (
        ScaleTerm(
            frozenset((pitch_class - shift) % 12 for pitch_class in key.pitch_classes),
            (key.tonic - 1 - shift) % 12 if key.is_minor else None,
            weight=3.0,
        ),
        VoicesTerm(MOST_VOICES, polyphony, weight=1.0),
        RegisterTerm(
            lead.low - _LEAD_MARGIN - shift,
            lead.high + _LEAD_MARGIN - shift,
            LOWEST_PITCH - shift,
            weight=2.0,
        ),
        DensityTerm(density, weight=1.0),
        MetreTerm(track.beats_per_bar * 4, weight=0.5),
        HoldTerm(_LONGEST_HOLD_STEPS, weight=1.0),
    )
