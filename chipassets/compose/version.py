"""The version of composing, which is part of every seed and cache key."""

from __future__ import annotations

COMPOSE_VERSION = 27
"""Raised whenever the same plan and model would give other notes."""
