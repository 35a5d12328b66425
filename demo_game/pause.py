"""The pause menu: lies over any scene, which stands still under it."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from demo_game.art.panel import draw_bar, draw_cursor, draw_window
from demo_game.controls import Controls
from demo_game.font import draw_centred, draw_text
from demo_game.palette import CREAM, GOLD, PEARL, WHITE

_STEP_PERCENT = 10
_GO_ON = "Go on"


@dataclass(slots=True)
class PauseMenu:
    """The menu while it is open; the music plays on, so that its volume can be judged.

    `leaving` is what its second choice says; `leaves` whether that was taken.
    """

    volume_percent: int
    quest: tuple[str, ...] = ()
    leaving: str = "To the title"
    leaves: bool = False
    _choice: int = 0
    _frame: int = 0

    def update(self, controls: Controls) -> bool:
        """Change the volume with left and right; return whether the menu stays open."""
        self._frame += 1
        change = ("right" in controls.pressed) - ("left" in controls.pressed)
        self.volume_percent = min(max(self.volume_percent + change * _STEP_PERCENT, 0), 100)
        if controls.pressed & {"up", "down"}:
            self._choice = 1 - self._choice
        self.leaves = "enter" in controls.pressed and self._choice == 1
        return not controls.pressed & {"pause", "enter", "escape"}

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the menu in the middle, and under it what is to be done in the game."""
        draw_window(canvas, (80, 40, 160, 76))
        draw_centred(canvas, "Paused", 48, GOLD)
        for row, text in enumerate((_GO_ON, self.leaving)):
            draw_text(canvas, text, 118, 62 + row * 12, WHITE if row == self._choice else PEARL)
        draw_cursor(canvas, 106, 62 + self._choice * 12, self._frame)
        draw_text(canvas, "Volume", 106, 90, CREAM)
        draw_bar(canvas, (150, 92, 70, 5), self.volume_percent / 100)
        draw_centred(canvas, "left, right: volume", 102, PEARL)
        if self.quest:
            draw_window(canvas, (24, 122, 272, 10 + 11 * len(self.quest)))
            for row, line in enumerate(self.quest):
                draw_centred(canvas, line, 128 + row * 11, CREAM if row == 0 else PEARL)
