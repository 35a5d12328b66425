"""What comes after a battle: victory, game over, and at last the credits."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.adventure import Adventure
from demo_game.art.panel import draw_window
from demo_game.art.people import person
from demo_game.art.shade import glow, gradient
from demo_game.art.vista import battlefield, draw_isle
from demo_game.controls import Controls
from demo_game.dice import scatter
from demo_game.fight import Kind
from demo_game.font import big_text, draw_centred, draw_text, measure_text
from demo_game.palette import (
    AMBER,
    CORAL,
    CREAM,
    DUSK,
    GOLD,
    INK,
    LIME,
    NIGHT,
    PEARL,
    PLUM,
    RED,
    ROSE,
    SKY,
    STONE,
    WHITE,
)  # fmt: skip
from demo_game.scenes.scene import Next, Scene, ToMap, ToTitle

_PATIENCE_FRAMES = 40
"""For so long enter is not heard, so that hurrying through a battle skips nothing."""


@cache
def _headline(text: str) -> pygame.Surface:
    ramp = (SKY, WHITE, PEARL, STONE) if text == "GAME OVER" else (WHITE, CREAM, GOLD, AMBER, CORAL)
    return big_text(text, 3, ramp)


def _draw_headline(canvas: pygame.Surface, text: str, y: int) -> None:
    picture = _headline(text)
    canvas.blit(picture, ((canvas.get_width() - picture.get_width()) // 2, y))


class Victory:
    """Tells what was won, then goes back outside; after the wyrm it tells where to go."""

    music = "victory"

    def __init__(self, hero: Adventure, foe: Kind, has_grown: bool, outside: Scene) -> None:
        self._hero, self._foe, self._has_grown, self._outside = hero, foe, has_grown, outside
        self._field = "field"
        if hero.place.name == "cave":
            self._field = "lair" if foe.is_boss else "cave"
        self._frame = 0

    def update(self, controls: Controls) -> Scene | None:
        """Go on with enter."""
        self._frame += 1
        if self._frame > _PATIENCE_FRAMES and "enter" in controls.pressed:
            return self._outside
        return self

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the hero cheering in a shower of confetti."""
        canvas.blit(battlefield(self._field), (0, 0))
        for i in range(60):
            x = (scatter(i, 61, 320) + int(math.sin(self._frame / 20 + i) * 6)) % 320
            y = (scatter(i, 62, 180) + self._frame * (1 + i % 2)) % 180
            canvas.fill((GOLD, CORAL, LIME, SKY, CREAM)[i % 5], (x, y, 2, 2 - i % 2))
        hop = abs(round(math.sin(self._frame / 8) * 8))
        hero = pygame.transform.scale_by(person("hero", "down", self._frame // 8 % 2), 2)
        canvas.blit(hero, (146, 84 - hop))
        _draw_headline(canvas, "VICTORY", 28)
        draw_window(canvas, (60, 126, 200, 44))
        draw_centred(canvas, f"{self._foe.xp} experience   {self._foe.gold} gold", 133, CREAM)
        if self._foe.is_boss:
            draw_centred(canvas, "You hold the Flame! Carry it", 145, GOLD)
            draw_centred(canvas, "to the lighthouse in the south.", 156, GOLD)
        elif self._has_grown:
            draw_centred(canvas, f"You reach level {self._hero.level}!", 148, GOLD)


class GameOver:
    """The light went out; enter leads back to the lighthouse, escape to the title."""

    music = "game_over"

    def __init__(self, hero: Adventure) -> None:
        self._hero = hero
        self._seed = hero.dice.roll(1 << 30)
        self._frame = 0

    def update(self, controls: Controls) -> Scene | Next | None:
        """Wake up with enter, give up with escape."""
        self._frame += 1
        if self._frame <= _PATIENCE_FRAMES:
            return self
        if "enter" in controls.pressed:
            self._hero.wake()
            return ToMap(self._hero, self._seed, self._hero.place.title)
        return ToTitle(self._seed) if "escape" in controls.pressed else self

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw a last ember in the dark."""
        canvas.blit(_gloom(), (0, 0))
        for i in range(16):
            rise = (self._frame // 2 + scatter(i, 71, 90)) % 90
            x = 160 + int(math.sin(rise / 9 + i) * (4 + rise // 8)) + scatter(i, 72, 9) - 4
            if rise < 60 + i:
                canvas.set_at((x, 118 - rise), (GOLD, AMBER, CORAL, RED)[min(rise // 22, 3)])
        size = 26 + round(math.sin(self._frame / 14) * 3)
        ember = glow(size, CORAL, 80)
        canvas.blit(ember, (160 - size, 120 - size), special_flags=pygame.BLEND_RGB_ADD)
        pygame.draw.ellipse(canvas, RED, (154, 117, 13, 5))
        pygame.draw.ellipse(canvas, AMBER, (157, 118, 6, 3))
        _draw_headline(canvas, "GAME OVER", 40)
        draw_centred(canvas, "The isle stays dark tonight.", 74, PEARL)
        if self._frame > _PATIENCE_FRAMES:
            colour = WHITE if self._frame // 30 % 2 else PEARL
            draw_centred(canvas, "enter: wake by the lighthouse, half your gold gone", 148, colour)
            draw_centred(canvas, "esc: to the title", 160, STONE)


@cache
def _gloom() -> pygame.Surface:
    picture = pygame.Surface((320, 180))
    gradient(picture, (INK, INK, NIGHT, DUSK, PLUM, ROSE), 0, 128)
    gradient(picture, (NIGHT, INK, INK), 128, 180)
    return picture


_CREDITS_LEFT, _CREDITS_WIDTH = 10, 210
_CREDITS = (
    ("", "The Flame burns again,"),
    ("", "and ships find the harbour by night."),
    ("", ""),
    ("Composed by", "a polyphony_rnn, from a manifest"),
    ("Played by", "the 2A03 of 1983, in software"),
    ("Shaped, arranged and rendered by", "chipassets"),
    ("Pictures", "drawn by code, pixel by pixel"),
    ("Starring", "the Keeper, Quill, and the Gloom Wyrm"),
    ("", ""),
    ("", "Thank you for playing!"),
)


class Credits:
    """The isle with its light, and the names; enter or escape lead to the title."""

    music = "credits"

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._frame = 0

    def update(self, controls: Controls) -> Scene | Next | None:
        """Go to the title when asked to."""
        self._frame += 1
        if self._frame > _PATIENCE_FRAMES and controls.pressed & {"enter", "escape"}:
            return ToTitle(self._seed)
        return self

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the lit isle and the names rolling by; the last line stays."""
        draw_isle(canvas, self._frame, lit=True)
        canvas.blit(_veil(), (_CREDITS_LEFT, 0))
        y = 190 - min(self._frame // 3, 190 + len(_CREDITS) * 26 - 100)
        for role, name in _CREDITS:
            for text, row, colour in ((role, y, GOLD), (name, y + 11, WHITE)):
                x = _CREDITS_LEFT + (_CREDITS_WIDTH - measure_text(text)) // 2
                draw_text(canvas, text, x, row, colour)
            y += 26


@cache
def _veil() -> pygame.Surface:
    """The darker column in which the names are easy to read."""
    veil = pygame.Surface((_CREDITS_WIDTH, 180), pygame.SRCALPHA)
    veil.fill((*INK, 120))
    return veil
