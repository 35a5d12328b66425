"""The composer: a plan and a model in, takes out."""

from __future__ import annotations

from chipassets.compose.composer import compose_takes
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.weights import Model, load_model, open_model, shipped_model, shipped_models

__all__ = [
    "COMPOSE_VERSION",
    "Model",
    "compose_takes",
    "load_model",
    "open_model",
    "shipped_model",
    "shipped_models",
]
