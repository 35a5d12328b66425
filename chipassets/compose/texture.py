"""Texture: what each take aims at, and the terms that lead it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part
from chipassets.compose.guidance import Term, TermKind
from chipassets.compose.guidance.registry import TERMS
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.harmony import Harmony, plan_harmony
from chipassets.compose.plot import Plot, draw_plot
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.seeds import derive_rng
from chipassets.trackplan import Range, TrackPlan

_LEAST_VOICES, _FULL_VOICES = 1.1, 2.9
_MOST_ONSETS_PER_BEAT = 9.0

_TAKES_SPREAD = 0.3
"""Of the ranges of density and voices, how much the takes of one track share out."""

_NEXT_BAR_ECHO_SHARE = 0.5
"""Of the takes, how many echo the rhythm of the bar before; the others that of two bars before."""


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
    own = np.clip(plot.places + _TAKES_SPREAD * (uniforms[:, :2] - 0.5), 0, 1)
    density = _within(track.character.density, own[:, 0])[:, None] * plot.density
    polyphony = _within(track.character.polyphony, own[:, 1])[:, None] + plot.voices
    return Aims(
        np.minimum(density, np.float32(_MOST_ONSETS_PER_BEAT)),
        np.clip(polyphony, np.float32(_LEAST_VOICES), np.float32(_FULL_VOICES)),
        plan_harmony(track, parts, rngs),
        np.where(uniforms[:, 2] < _NEXT_BAR_ECHO_SHARE, 1, 2),
        plot,
    )


def make_terms(setting: Setting, kinds: Mapping[str, TermKind] = TERMS) -> tuple[Term, ...]:
    """Return the terms that have something to do in a setting.

    Each weight is multiplied by the track's factor, and by what its seed draws of the variety that
    the term allows.
    """
    factors = dict(setting.track.guidance)
    made = [
        kind.make(setting, kind.weight * factors.get(kind.name, 1.0) * _own_factor(setting, kind))
        for kind in kinds.values()
    ]
    return tuple(term for term in made if term is not None)


def _own_factor(setting: Setting, kind: TermKind) -> float:
    return float(kind.varies ** (2 * setting.draw(f"weight of {kind.name}").random() - 1))


def _within(span: Range, uniforms: NDArray[np.float64]) -> NDArray[np.float32]:
    return (span.low + (span.high - span.low) * uniforms).astype(np.float32)
