"""The arranger's versions, by themselves so that its modules can draw from seeds that name them."""

from __future__ import annotations

ARRANGE_VERSION = 12
"""Counts changes of what this stage gives for the same input; part of cache keys."""

DRUMS_VERSION = 3
"""Part of the seed of the drums' fills, so that other changes to this stage leave them alone."""
