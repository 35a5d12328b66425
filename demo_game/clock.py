"""The game's own time."""

from __future__ import annotations

STEPS_PER_SECOND = 60
