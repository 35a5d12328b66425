"""A learned judge of phrases: how much more a phrase is like people's than like spoiled ones.

A phrase of four bars in three voices is measured (`phrase_features`), and a small network turns the
measures into log-odds: above 0 a person's phrase is likelier. It compares candidates of one place;
it is no measure of how good a piece is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from chipassets.compose.critic_features import FEATURES, PHRASE_STEPS, phrase_features
from chipassets.compose.part_context import STEPS_A_CHORD, Integers
from chipassets.errors import ModelError

_SHIPPED = Path(__file__).parents[1] / "models" / "voices" / "critic.safetensors"
_METADATA_KEY = "chipassets_critic"
_FARTHEST = 4.0
"""Standard deviations: what lies farther off counts as so far."""


@dataclass(frozen=True, slots=True)
class Critic:
    """One hidden layer of rectified units over standardised features; arrays float32.

    mean, deviation [features]; hidden [features, units], hidden_bias [units]; head [units],
    head_bias [1].
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    head: NDArray[np.float32]
    head_bias: NDArray[np.float32]
    training: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def load() -> Critic:
        """Return the shipped critic, read once a process; ModelError when its file is broken."""
        return _shipped()

    def score_features(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds [phrases] of measured phrases [phrases, FEATURES]."""
        standard = np.clip((features - self.mean) / self.deviation, -_FARTHEST, _FARTHEST)
        units = np.maximum(standard @ self.hidden + self.hidden_bias, 0)
        scores: NDArray[np.float64] = units @ self.head + self.head_bias[0]
        return scores

    def score_phrase(
        self, voices: Mapping[str, Integers], root: Integers, quality: Integers
    ) -> float:
        """Return the log-odds of four bars. voices: tokens [64] by role; chords [8 half bars]."""
        features = phrase_features(voices, root, quality)
        return float(self.score_features(features[None, :])[0])

    def score_piece(
        self, voices: Mapping[str, Integers], root: Integers, quality: Integers
    ) -> float:
        """Return the mean log-odds of a piece's phrases of four bars, from its first bar on.

        voices: tokens [steps] by role; root, quality: [half bars]. ValueError for a piece shorter
        than a phrase.
        """
        steps = min(len(tokens) for tokens in voices.values())
        chords = PHRASE_STEPS // STEPS_A_CHORD
        features = [
            phrase_features(
                {role: tokens[first : first + PHRASE_STEPS] for role, tokens in voices.items()},
                root[first // STEPS_A_CHORD :][:chords],
                quality[first // STEPS_A_CHORD :][:chords],
            )
            for first in range(0, steps - PHRASE_STEPS + 1, PHRASE_STEPS)
        ]
        if not features:
            raise ValueError(f"a piece of {steps} steps is shorter than a phrase of {PHRASE_STEPS}")
        return float(self.score_features(np.stack(features)).mean())


_TENSORS = ("mean", "deviation", "hidden", "hidden_bias", "head", "head_bias")


def save_critic(critic: Critic) -> bytes:
    """Return the bytes of a critic's file; the same critic gives the same bytes."""
    tensors = {name: np.ascontiguousarray(getattr(critic, name), np.float32) for name in _TENSORS}
    description = {"features": list(FEATURES), "training": dict(critic.training)}
    return bytes(save_tensors(tensors, metadata={_METADATA_KEY: json.dumps(description)}))


def parse_critic(data: bytes, source: str) -> Critic:
    """Return the critic in a file's bytes; `source` names it in a ModelError."""
    try:
        size = int.from_bytes(data[:8], "little")
        description = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_METADATA_KEY])
        tensors = {name: load_tensors(data)[name] for name in _TENSORS}
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{source} is not a critic's file ({type(error).__name__}: {error}); make one with "
            "`chipassets train critic`"
        ) from error
    if tuple(description["features"]) != FEATURES or tensors["mean"].shape != (len(FEATURES),):
        raise ModelError(
            f"{source} measures other features than this version; make it again with "
            "`chipassets train critic`"
        )
    return Critic(**tensors, training=description["training"])


@cache
def _shipped() -> Critic:
    return parse_critic(_SHIPPED.read_bytes(), f"the shipped {_SHIPPED.name}")
