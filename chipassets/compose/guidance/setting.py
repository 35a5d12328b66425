"""The setting: what a term may know of the track that it is made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.form import Part
from chipassets.compose.state import LOW_BELOW_PITCH
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.keys import Key
from chipassets.seeds import derive_rng
from chipassets.trackplan import TrackPlan
from chipassets.units import STEPS_PER_BEAT

if TYPE_CHECKING:
    from chipassets.compose.texture import Aims


@dataclass(frozen=True, slots=True)
class Setting:
    """A track, its parts and the aims of its rows, for a model `shift` semitones below the track.

    The properties are at the model's pitch; aims and track are at the track's own.
    """

    track: TrackPlan
    parts: Sequence[Part]
    shift: int
    aims: Aims

    @property
    def bar_steps(self) -> int:
        """Length of a bar in steps."""
        return self.track.beats_per_bar * STEPS_PER_BEAT

    @property
    def key(self) -> Key:
        """The key in which the model writes."""
        return Key((self.track.key.tonic - self.shift) % 12, self.track.key.mode)

    @property
    def low_below(self) -> int:
        """The pitch below which the model's notes sound as the bass."""
        return LOW_BELOW_PITCH - self.shift

    @property
    def chord_tones(self) -> tuple[list[frozenset[int]], list[int]]:
        """The pitch classes of each chord, and the pitch class that its bass is to have."""
        chords = self.aims.harmony.chords
        tones = [frozenset((p - self.shift) % 12 for p in c.pitch_classes) for c in chords]
        return tones, [(chord.bass - self.shift) % 12 for chord in chords]

    def draw(self, name: str) -> np.random.Generator:
        """Return the generator from which a term of this name draws what is the track's own."""
        return derive_rng(self.track.seed, "compose", COMPOSE_VERSION, "term", name)

    def where(self, figure: str) -> NDArray[np.bool_] | None:
        """Return the steps on which a figure accompanies; None where the track has none of it."""
        return self.aims.plot.figures.get(figure)
