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
from demo_game.daytime import is_night, light_at
from demo_game.dice import scatter
from demo_game.font import LINE_HEIGHT, big_text, draw_centred, draw_text
from demo_game.palette import CREAM, FOAM, GOLD, INK, NIGHT, WHITE, Colour
from demo_game.scenes.battle import Battle
from demo_game.scenes.endings import Credits
from demo_game.scenes.scene import Scene
from demo_game.scenes.shop import Shop
from demo_game.world import PLACES, Place

STEP_FRAMES = 10
"""How long a step from tile to tile takes."""

Lamp = tuple[int, int, int, Colour]

_FULL_DAYLIGHT: Colour = (255, 255, 255)
_LAMPS_BELOW = 0.4
_FELT_TILES = 20
"""From so far on the wyrm is not felt."""
_BANNER_FRAMES = 180

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

    def __init__(self, adventure: Adventure, seed: int, banner: str = "") -> None:
        self.adventure = adventure
        self.music = adventure.place.music
        self._seed = seed
        self._frame = 0
        self._step = 0
        self._says: tuple[str, ...] = ()
        self._banner = banner

    @property
    def is_talking(self) -> bool:
        """Whether somebody says something, which waits for enter."""
        return bool(self._says)

    @property
    def is_stepping(self) -> bool:
        """Whether the hero is between two tiles."""
        return self._step > 0

    def update(self, controls: Controls) -> Scene | None:
        """Walk, talk, and go where doors and monsters lead."""
        self._frame += 1
        self.adventure.steps += 1
        if self._says:
            if controls.pressed & {"enter", "escape"}:
                self._says = ()
            return self
        if self._step:
            self._step -= 1
            if self._step == 0:
                return self._arrive()
            return self
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
        if hero.place.is_wild(*hero.spot) and hero.dice.roll(256) < self._danger():
            kind = hero.place.foes[hero.dice.roll(len(hero.place.foes))]
            return Battle(hero, kind, Walk(hero, self._seed))
        return self

    def _danger(self) -> int:
        """How likely a monster is, in 256: half as much again at night under the sky."""
        hero = self.adventure
        is_dark = hero.place.name == "overworld" and is_night(hero.steps)
        return hero.place.danger * 3 // 2 if is_dark else hero.place.danger

    def _enter_place(self, place: Place, letter: str, facing: str) -> Scene:
        hero = self.adventure
        hero.place, hero.facing = place, facing
        x, y = place.find(letter)
        hero.spot = (x, y + DIRECTIONS[facing][1])
        return Walk(hero, self._seed, place.title)

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
            hero.has_asked = True
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
        self._draw_light(canvas, (foot_x - left, foot_y - 8 - top), left, top)
        self._draw_status(canvas)
        if self._frame < _BANNER_FRAMES and not self._says:
            self._draw_banner(canvas)
        if self._says:
            self._draw_speech(canvas)

    def _facts(self) -> frozenset[str]:
        hero = self.adventure
        facts = {"chest"} if hero.place.name in hero.opened else set()
        if is_night(hero.steps):
            facts.add("night")
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

    def _draw_light(
        self, canvas: pygame.Surface, hero: tuple[int, int], left: int, top: int
    ) -> None:
        """Let everything be seen in the light that there is: the day's, or lamps in the dark."""
        ambient, lamps = self._lamps(hero, left, top)
        if ambient == _FULL_DAYLIGHT:
            return
        light = pygame.Surface(canvas.get_size())
        light.fill(ambient)
        for x, y, radius, colour in lamps:
            if -radius < x < canvas.get_width() + radius:
                shine = _light(radius, colour)
                light.blit(shine, (x - radius, y - radius), special_flags=pygame.BLEND_RGB_ADD)
        canvas.blit(light, (0, 0), special_flags=pygame.BLEND_RGB_MULT)
        if self.adventure.place.music != "cave":
            self._draw_fireflies(canvas, left, top)

    def _draw_fireflies(self, canvas: pygame.Surface, left: int, top: int) -> None:
        """Let a few lights drift over the meadows."""
        if not is_night(self.adventure.steps):
            return
        width, height = canvas.get_size()
        for i in range(26):
            x = (scatter(i, 91, width) + round(math.sin(self._frame / 47 + i) * 14) - left) % width
            y = (scatter(i, 92, height) + round(math.cos(self._frame / 61 + i) * 9) - top) % height
            glows = math.sin(self._frame / 23 + i * 2)
            if glows > 0.2:
                canvas.fill(GOLD if glows < 0.8 else CREAM, (x, y, 1, 1))

    def _lamps(self, hero: tuple[int, int], left: int, top: int) -> tuple[Colour, list[Lamp]]:
        """Return the light that is everywhere, and what shines: its middle, radius and colour."""
        place, flicker = self.adventure.place, int(math.sin(self._frame / 7) * 2)
        if place.music == "cave":
            # The dark closes in on the way to the wyrm.
            lamp = (*hero, round(118 - 40 * self.nearness) + flicker, _LAMPLIGHT)
            torches = ground("cave").torches()
            return NIGHT, [
                lamp,
                *((x - left, y - top, 68 - flicker, _FIRELIGHT) for x, y in torches),
            ]
        ambient, brightness = light_at(self.adventure.steps)
        if brightness >= _LAMPS_BELOW:
            return ambient, []
        share = 1 - brightness / _LAMPS_BELOW
        warm = (round(150 * share), round(120 * share), round(40 * share))
        homes = ground(place.name).windows()
        lamps = [(x - left, y - top, 34 + flicker // 2, warm) for x, y in homes]
        return ambient, [(*hero, 44 + flicker, warm), *lamps]

    @property
    def nearness(self) -> float:
        """How near the hero is to the wyrm's lair: 1 before it, 0 far away."""
        (x, y), (lair_x, lair_y) = self.adventure.spot, self.adventure.place.find("B")
        far = math.hypot(x - lair_x, y - lair_y) - 1
        return min(max(1 - far / _FELT_TILES, 0.0), 1.0)

    def _draw_banner(self, canvas: pygame.Surface) -> None:
        if not self._banner:
            return
        picture = _banner(self._banner)
        slide = (
            max(0, 16 - self._frame) ** 2 // 3 + max(0, self._frame - _BANNER_FRAMES + 16) ** 2 // 3
        )
        x = (canvas.get_width() - picture.get_width()) // 2
        canvas.blit(picture, (x - slide, HUD_HEIGHT + 14))
        if self.adventure.place.name == "overworld" and slide == 0:
            draw_centred(canvas, self.adventure.quest, HUD_HEIGHT + 36, CREAM)

    def _draw_status(self, canvas: pygame.Surface) -> None:
        hero, y = self.adventure, canvas.get_height() - 14
        draw_window(canvas, (4, y - 4, 128, 15))
        draw_text(canvas, f"Lv {hero.level}", 10, y, CREAM)
        draw_bar(canvas, (36, y + 2, 40, 4), hero.hp / hero.most_hp)
        draw_text(canvas, f"{hero.gold} g", 82, y, GOLD)
        draw_text(canvas, f"♥ {hero.potions}", 110, y, WHITE)
        if hero.place.music != "cave":
            _draw_hour(canvas, (140, y + 3), hero.steps)

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


def _draw_hour(canvas: pygame.Surface, middle: tuple[int, int], steps: int) -> None:
    """Draw the sun or the moon."""
    pygame.draw.circle(canvas, INK, middle, 6)
    if is_night(steps):
        pygame.draw.circle(canvas, FOAM, middle, 4)
        pygame.draw.circle(canvas, INK, (middle[0] + 2, middle[1] - 1), 3)
    else:
        pygame.draw.circle(canvas, GOLD, middle, 4)
        canvas.fill(CREAM, (middle[0] - 2, middle[1] - 2, 2, 2))


@cache
def _banner(text: str) -> pygame.Surface:
    return big_text(text, 2, (WHITE, CREAM, CREAM, GOLD))


@cache
def _small_wyrm() -> pygame.Surface:
    whole = monster("wyrm")
    return pygame.transform.scale(whole, (whole.get_width() // 2, whole.get_height() // 2))


@cache
def _light(radius: int, colour: Colour) -> pygame.Surface:
    return glow(radius, colour, 255)
