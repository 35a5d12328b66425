"""Plain: the model accompanies as it likes."""

from __future__ import annotations

from chipassets.compose.guidance.figure import Figure

FIGURE = Figure(
    "plain",
    "the model's own way of filling in",
    suits={
        "title": 1,
        "overworld": 1,
        "town": 0.75,
        "dungeon": 0.32,
        "battle": 0.56,
        "boss": 0.42,
        "shop": 0.42,
        "victory": 0.75,
        "game_over": 0.56,
        "credits": 0.56,
    },
)
