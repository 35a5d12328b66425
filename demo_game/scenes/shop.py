"""The shop in the town."""

from __future__ import annotations

import pygame

from demo_game.adventure import Adventure
from demo_game.art.panel import HUD_HEIGHT, draw_cursor, draw_window
from demo_game.art.room import draw_room
from demo_game.controls import Controls
from demo_game.font import draw_text, measure_text
from demo_game.palette import CREAM, GOLD, PEARL, STONE, WHITE
from demo_game.scenes.scene import Scene

_GOODS = (("Potion", 8), ("Silver blade", 40), ("A night's rest", 4), ("Leave", 0))


class Shop:
    """Sells potions, a blade and a bed."""

    music = "shop"

    def __init__(self, adventure: Adventure, outside: Scene) -> None:
        self._hero = adventure
        self._outside = outside
        self._choice = 0
        self._frame = 0
        self._says = "Welcome, keeper of no light! What will it be?"

    def update(self, controls: Controls) -> Scene | None:
        """Choose with up and down, buy with enter; escape or Leave go outside."""
        self._frame += 1
        if "escape" in controls.pressed:
            return self._outside
        if "down" in controls.pressed:
            self._choice = (self._choice + 1) % len(_GOODS)
        if "up" in controls.pressed:
            self._choice = (self._choice - 1) % len(_GOODS)
        if "enter" in controls.pressed:
            name, price = _GOODS[self._choice]
            if name == "Leave":
                return self._outside
            self._says = self._sell(name, price)
        return self

    def _sell(self, name: str, price: int) -> str:
        hero = self._hero
        if name == "Silver blade" and hero.sword:
            return "You already carry my best piece."
        if hero.gold < price:
            return "Alas, your purse is too light for that."
        hero.gold -= price
        if name == "Potion":
            hero.potions += 1
            return "One potion. Mind the cork."
        if name == "Silver blade":
            hero.sword = 1
            return "It sings when the dark is near."
        hero.rest()
        return "Sleep well! You wake up as good as new."

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the room, the goods and what the keeper says."""
        draw_room(canvas, self._frame)
        draw_window(canvas, (176, HUD_HEIGHT + 8, 134, 68))
        for row, (name, price) in enumerate(_GOODS):
            y = HUD_HEIGHT + 16 + row * 14
            draw_text(canvas, name, 198, y, WHITE if row == self._choice else PEARL)
            if price:
                cost = f"{price} g"
                colour = GOLD if self._hero.gold >= price else STONE
                draw_text(canvas, cost, 302 - measure_text(cost), y, colour)
        draw_cursor(canvas, 186, HUD_HEIGHT + 16 + self._choice * 14, self._frame)
        draw_window(canvas, (10, 142, 300, 30))
        draw_text(canvas, self._says, 20, 148, CREAM)
        purse = f"{self._hero.gold} g   ♥ {self._hero.potions}"
        draw_text(canvas, purse, 300 - measure_text(purse), 159, GOLD)
