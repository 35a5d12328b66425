"""The arranger's version, by itself so that its modules can draw from seeds that name it."""

from __future__ import annotations

ARRANGE_VERSION = 3
"""Counts changes of what this stage gives for the same input; part of cache keys."""
