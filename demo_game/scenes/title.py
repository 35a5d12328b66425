"""The title screen."""

from __future__ import annotations

from functools import cache

import pygame

from demo_game.adventure import Adventure
from demo_game.art.vista import WIDTH, draw_isle
from demo_game.controls import Controls
from demo_game.dice import Dice
from demo_game.font import big_text, draw_centred
from demo_game.palette import AMBER, CORAL, CREAM, GOLD, INK, PEARL, WHITE
from demo_game.scenes.scene import Scene
from demo_game.scenes.walk import Walk
from demo_game.world import PLACES


@cache
def _logo() -> pygame.Surface:
    return big_text("LANTERN ISLE", 4, (WHITE, CREAM, CREAM, GOLD, GOLD, AMBER, CORAL))


_KEYS = "arrows: walk   enter: act   tab: music   p: pause   esc: quit"


@cache
def _veil() -> pygame.Surface:
    """The darker strip in which the keys are easy to read."""
    veil = pygame.Surface((WIDTH, 22), pygame.SRCALPHA)
    veil.fill((*INK, 150))
    return veil


class Title:
    """Waits for enter to begin, and quits with escape."""

    music = "title"

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._frame = 0

    def update(self, controls: Controls) -> Scene | None:
        """Begin an adventure on enter, quit on escape."""
        self._frame += 1
        if "escape" in controls.pressed:
            return None
        if "enter" in controls.pressed:
            return Walk(Adventure(Dice(self._seed)), self._seed, PLACES["overworld"].title)
        return self

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the isle without its light, the game's name and what to press."""
        draw_isle(canvas, self._frame, lit=False)
        logo = _logo()
        rise = max(0, 30 - self._frame)
        canvas.blit(logo, ((canvas.get_width() - logo.get_width()) // 2, 22 - rise * rise // 30))
        draw_centred(canvas, "a small adventure, scored by chipassets", 62, CREAM)
        canvas.blit(_veil(), (0, canvas.get_height() - _veil().get_height()))
        if self._frame // 32 % 2 == 0:
            draw_centred(canvas, "press enter", 146, WHITE)
        draw_centred(canvas, _KEYS, 165, PEARL)
