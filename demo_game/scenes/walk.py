"""Walking about: the overworld, the town and the cave are one scene in three places."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.adventure import Adventure
from demo_game.art.foes import monster
from demo_game.art.ground import Ground
from demo_game.art.panel import HUD_HEIGHT, draw_bar, draw_window
from demo_game.art.people import person
from demo_game.art.shade import glow
from demo_game.art.tiles import TILE
from demo_game.controls import DIRECTIONS, Controls
from demo_game.font import LINE_HEIGHT, draw_text
from demo_game.palette import CREAM, GOLD, NIGHT, WHITE, Colour
from demo_game.scenes.battle import Battle
from demo_game.scenes.endings import Credits
from demo_game.scenes.scene import Scene
from demo_game.scenes.shop import Shop
from demo_game.world import PLACES, Place

STEP_FRAMES = 10
"""How long a step from tile to tile takes."""

_LAMPLIGHT: Colour = (222, 214, 196)
_FIRELIGHT: Colour = (190, 120, 60)

_DOORS = {
    "C": ("cave", "X"),
    "H": ("town", "X"),
}
_SIGN = ("Quill's Shop", "Blades, potions, and good advice.")
_CHEST = ("A chest!", "Two potions lie in it.")
_DARK = ("The lamp is dark and cold.", "North, in the mountains, something stirs.")


@cache
def ground(name: str) -> Ground:
    """Return a place drawn, once."""
    return Ground(PLACES[name])


class Walk:
    """The hero on a map."""

    def __init__(self, adventure: Adventure, seed: int) -> None:
        self.adventure = adventure
        self.music = adventure.place.music
        self._seed = seed
        self._frame = 0
        self._step = 0
        self._says: tuple[str, ...] = ()

    @property
    def is_talking(self) -> bool:
        """Whether somebody says something, which waits for enter."""
        return bool(self._says)

    @property
    def is_stepping(self) -> bool:
        """Whether the hero is between two tiles."""
        return self._step > 0

    def update(self, controls: Controls) -> Scene | None:
        """Walk, talk, and go where doors, monsters and escape lead."""
        self._frame += 1
        if self._says:
            if controls.pressed & {"enter", "escape"}:
                self._says = ()
            return self
        if self._step:
            self._step -= 1
            if self._step == 0:
                return self._arrive()
            return self
        if "escape" in controls.pressed:
            from demo_game.scenes.title import Title

            return Title(self._seed)
        if "enter" in controls.pressed:
            return self._act()
        if controls.direction:
            return self._set_out(controls.direction)
        return self

    def _set_out(self, direction: str) -> Scene:
        hero = self.adventure
        hero.facing = direction
        x, y = self._ahead()
        if hero.place.is_free(x, y):
            hero.spot = (x, y)
            self._step = STEP_FRAMES
            return self
        if hero.place.letter(x, y) == "B" and not hero.has_flame:
            return Battle(hero, "wyrm", Walk(hero, self._seed))
        return self

    def _ahead(self) -> tuple[int, int]:
        dx, dy = DIRECTIONS[self.adventure.facing]
        return self.adventure.spot[0] + dx, self.adventure.spot[1] + dy

    def _arrive(self) -> Scene:
        hero = self.adventure
        letter = hero.place.letter(*hero.spot)
        if letter in _DOORS:
            name, entrance = _DOORS[letter]
            return self._enter_place(PLACES[name], entrance, "up")
        if letter == "X":
            return self._enter_place(PLACES["overworld"], _door_to(hero.place.name), "down")
        if letter == "S":
            return Shop(hero, self._leave_shop())
        if letter == "L":
            return self._reach_lighthouse()
        if hero.place.is_wild(*hero.spot) and hero.dice.roll(256) < hero.place.danger:
            kind = hero.place.foes[hero.dice.roll(len(hero.place.foes))]
            return Battle(hero, kind, Walk(hero, self._seed))
        return self

    def _enter_place(self, place: Place, letter: str, facing: str) -> Scene:
        hero = self.adventure
        hero.place, hero.facing = place, facing
        x, y = place.find(letter)
        hero.spot = (x, y + DIRECTIONS[facing][1])
        return Walk(hero, self._seed)

    def _leave_shop(self) -> Scene:
        hero = self.adventure
        hero.spot, hero.facing = (hero.spot[0], hero.spot[1] + 1), "down"
        if not hero.place.is_free(*hero.spot):
            hero.spot = (hero.spot[0] + 1, hero.spot[1])
        return Walk(hero, self._seed)

    def _reach_lighthouse(self) -> Scene:
        hero = self.adventure
        if hero.has_flame:
            return Credits(self._seed)
        hero.spot = (hero.spot[0], hero.spot[1] - 1)
        self._says = _DARK
        return self

    def _act(self) -> Scene:
        hero = self.adventure
        letter = hero.place.letter(*self._ahead())
        folk = dict(hero.place.folk)
        if letter in folk:
            self._says = folk[letter]
        elif letter == "!":
            self._says = _SIGN
        elif letter == "$" and hero.place.name not in hero.opened:
            hero.opened.add(hero.place.name)
            hero.potions += 2
            self._says = _CHEST
        return self

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the part of the map around the hero, in the dark where it is a cave."""
        hero = self.adventure
        foot_x, foot_y = self._hero_pixel()
        left = _scroll(foot_x - canvas.get_width() // 2, hero.place.width, canvas.get_width())
        top = _scroll(foot_y - canvas.get_height() // 2, hero.place.height, canvas.get_height())
        land = ground(hero.place.name)
        land.draw(canvas, left, top, self._frame)
        standing = land.standing(canvas, left, top, self._frame, self._facts())
        for _, picture, place in sorted(
            standing + self._people(foot_x, foot_y, left, top), key=lambda item: item[0]
        ):
            canvas.blit(picture, place)
        if hero.place.music == "cave":
            self._darken(canvas, (foot_x - left, foot_y - 8 - top), left, top)
        self._draw_status(canvas)
        if self._says:
            self._draw_speech(canvas)

    def _facts(self) -> frozenset[str]:
        hero = self.adventure
        facts = {"chest"} if hero.place.name in hero.opened else set()
        return frozenset(facts)

    def _hero_pixel(self) -> tuple[int, int]:
        """Where the middle of the hero's foot is, in pixels of the map."""
        (x, y), (dx, dy) = self.adventure.spot, DIRECTIONS[self.adventure.facing]
        back = self._step * TILE // STEP_FRAMES
        return x * TILE + 8 - dx * back, y * TILE + TILE - dy * back

    def _people(
        self, foot_x: int, foot_y: int, left: int, top: int
    ) -> list[tuple[int, pygame.Surface, tuple[int, int]]]:
        hero = self.adventure
        stride = (self._frame // 6) % 4 if self._step else 0
        shown = [(foot_y, person("hero", hero.facing, stride), foot_x, foot_y)]
        for who, _ in hero.place.folk:
            x, y = hero.place.find(who)
            looks = ("down", "left", "down", "right")[(self._frame // 90 + int(who)) % 4]
            shown.append((y * TILE + 16, person(who, looks, 0), x * TILE + 8, y * TILE + 16))
        people = [
            (depth, picture, (px - 7 - left, py - picture.get_height() - top))
            for depth, picture, px, py in shown
        ]
        if hero.place.name == "cave" and not hero.has_flame:
            people.append(self._wyrm(left, top))
        return people

    def _wyrm(self, left: int, top: int) -> tuple[int, pygame.Surface, tuple[int, int]]:
        x, y = self.adventure.place.find("B")
        picture = _small_wyrm()
        breath = int(math.sin(self._frame / 20) * 1.5)
        corner = (x * TILE + 8 - picture.get_width() // 2 - left, y * TILE + 16 - top)
        return y * TILE + 16, picture, (corner[0], corner[1] - picture.get_height() + breath)

    def _darken(self, canvas: pygame.Surface, lamp: tuple[int, int], left: int, top: int) -> None:
        light = pygame.Surface(canvas.get_size())
        light.fill(NIGHT)
        flicker = int(math.sin(self._frame / 7) * 2)
        spots = [(lamp[0], lamp[1], 88 + flicker, _LAMPLIGHT)]
        spots += [
            (x - left, y - top, 56 - flicker, _FIRELIGHT) for x, y in ground("cave").torches()
        ]
        for x, y, radius, colour in spots:
            if -radius < x < canvas.get_width() + radius:
                shine = _light(radius, colour)
                light.blit(shine, (x - radius, y - radius), special_flags=pygame.BLEND_RGB_ADD)
        canvas.blit(light, (0, 0), special_flags=pygame.BLEND_RGB_MULT)

    def _draw_status(self, canvas: pygame.Surface) -> None:
        hero, y = self.adventure, canvas.get_height() - 14
        draw_window(canvas, (4, y - 4, 128, 15))
        draw_text(canvas, f"Lv {hero.level}", 10, y, CREAM)
        draw_bar(canvas, (36, y + 2, 40, 4), hero.hp / hero.most_hp)
        draw_text(canvas, f"{hero.gold} g", 82, y, GOLD)
        draw_text(canvas, f"♥ {hero.potions}", 110, y, WHITE)

    def _draw_speech(self, canvas: pygame.Surface) -> None:
        draw_window(canvas, (36, HUD_HEIGHT + 4, 248, 34))
        for row, line in enumerate(self._says):
            draw_text(canvas, line, 46, HUD_HEIGHT + 11 + row * (LINE_HEIGHT + 1))
        if self._frame // 20 % 2:
            draw_text(canvas, "▶", 270, HUD_HEIGHT + 24, GOLD)


def _scroll(wanted: int, tiles: int, view: int) -> int:
    return min(max(wanted, 0), tiles * TILE - view)


def _door_to(name: str) -> str:
    return next(letter for letter, (place, _) in _DOORS.items() if place == name)


@cache
def _small_wyrm() -> pygame.Surface:
    whole = monster("wyrm")
    return pygame.transform.scale(whole, (whole.get_width() // 2, whole.get_height() // 2))


@cache
def _light(radius: int, colour: Colour) -> pygame.Surface:
    return glow(radius, colour, 255)
