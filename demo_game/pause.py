"""The pause menu: lies over any scene, which stands still under it, and sets the volume."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from demo_game.art.panel import draw_bar, draw_window
from demo_game.controls import Controls
from demo_game.font import draw_centred
from demo_game.palette import CREAM, GOLD, PEARL

_STEP_PERCENT = 10


@dataclass(slots=True)
class PauseMenu:
    """The menu while it is open; the music plays on, so that its volume can be judged."""

    volume_percent: int
    quest: str = ""

    def update(self, controls: Controls) -> bool:
        """Change the volume with left and right; return whether the menu stays open."""
        change = ("right" in controls.pressed) - ("left" in controls.pressed)
        self.volume_percent = min(max(self.volume_percent + change * _STEP_PERCENT, 0), 100)
        return not controls.pressed & {"pause", "enter", "escape"}

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the menu in the middle."""
        draw_window(canvas, (80, 58, 160, 62))
        if self.quest:
            draw_window(canvas, (24, 124, 272, 20))
            draw_centred(canvas, self.quest, 130, CREAM)
        draw_centred(canvas, "Paused", 66, GOLD)
        draw_centred(canvas, f"Volume {self.volume_percent}", 80, CREAM)
        draw_bar(canvas, (110, 93, 100, 5), self.volume_percent / 100)
        draw_centred(canvas, "left, right: volume   p: go on", 106, PEARL)
