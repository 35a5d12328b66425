"""Thin: a tune and one voice under it."""

from __future__ import annotations

from chipassets.compose.guidance.figure import Figure

FIGURE = Figure(
    "thin",
    "two voices and no more",
    suits={
        "town": 0.42,
        "dungeon": 0.75,
        "shop": 0.75,
        "game_over": 0.75,
        "sad": 0.75,
        "mysterious": 1,
    },
    voices=-0.6,
    onsets=0.85,
    most_voices=2,
)
