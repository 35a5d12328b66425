"""Whole maps as pictures: the still ground once, and what moves on it frame by frame."""

from __future__ import annotations

import pygame

from demo_game.art import scenery, tiles
from demo_game.art.people import thing
from demo_game.art.tiles import TILE, Edge, Picture
from demo_game.dice import scatter
from demo_game.world import Place

_AROUND = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
_WATER = "~W"
_SANDY = "s"
_ROADS = "=@X!d"
_SHADOWS = {"T": (20, 6), "P": (20, 5), "L": (24, 6), "H": (34, 5), "d": (56, 6), "S": (56, 6)}
"""How wide a shadow things throw, and how far above the foot of their tile."""

_WINDOWS = {
    "H": ((3, 10), (20, 12)),
    "d": ((-6, 2), (22, 2)),
    "S": ((-6, 2), (22, 2)),
}
"""Where the windows of houses are, in pixels from the corner of their tile."""

_CORNERS = ((1, -1), (1, 1), (-1, 1), (-1, -1))


class Ground:
    """A place drawn; `draw` puts the part in view on the canvas, before and after the people."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._is_cave = place.music == "cave"
        still = self._draw_still()
        self._grounds = [self._draw_water(still, frame) for frame in range(tiles.WATER_FRAMES)]

    def draw(self, canvas: pygame.Surface, left: int, top: int, frame: int) -> None:
        """Draw what is flat, with the map's pixel left, top in the canvas's corner."""
        flat = self._grounds[frame // 16 % tiles.WATER_FRAMES]
        canvas.blit(flat, (0, 0), (left, top, *canvas.get_size()))
        for x, y in self._spots_in_view(canvas, left, top):
            letter, place = self.place.letter(x, y), (x * TILE - left, y * TILE - top)
            sway = (frame // 14 + scatter(x, y, 4)) % 4
            if letter == "'":
                canvas.blit(scenery.tuft(sway), place)
            elif letter == "*":
                canvas.blit(scenery.flower(scatter(x, y, 3), sway), place)
            elif letter in _SHADOWS:
                width, rise = _SHADOWS[letter]
                shade = scenery.shadow(width)
                canvas.blit(shade, (place[0] + 8 - width // 2, place[1] + TILE - rise))

    def standing(
        self, canvas: pygame.Surface, left: int, top: int, frame: int, facts: frozenset[str]
    ) -> list[tuple[int, pygame.Surface, tuple[int, int]]]:
        """Return what stands up in view: where its foot is, its picture, and where to draw it.

        facts: "lit" when the lighthouse burns, "chest" when the chest is open.
        """
        found = []
        for x, y in self._spots_in_view(canvas, left, top):
            picture = self._standing_picture(x, y, frame, facts)
            if picture is not None:
                foot = (y + 1) * TILE
                lean = scatter(y, x, 5) - 2 if self.place.letter(x, y) in "TP" else 0
                corner_x = x * TILE + TILE // 2 - picture.get_width() // 2 - left + lean
                found.append((foot, picture, (corner_x, foot - picture.get_height() + 1 - top)))
        return found

    def torches(self) -> list[tuple[int, int]]:
        """Return the middles of the torches, in pixels of the map."""
        return [
            (x * TILE + 8, y * TILE + 6)
            for y, row in enumerate(self.place.rows)
            for x, letter in enumerate(row)
            if letter == "t"
        ]

    def windows(self) -> list[tuple[int, int]]:
        """Return the middles of the windows that are lit at night, in pixels of the map."""
        found = []
        for y, row in enumerate(self.place.rows):
            for x, letter in enumerate(row):
                found += [(x * TILE + dx, y * TILE + dy) for dx, dy in _WINDOWS.get(letter, ())]
        return found

    def _standing_picture(
        self, x: int, y: int, frame: int, facts: frozenset[str]
    ) -> pygame.Surface | None:
        letter, variant = self.place.letter(x, y), scatter(x, y, 6)
        match letter:
            case "T":
                return scenery.tree(variant)
            case "P":
                return scenery.pine(variant)
            case "^":
                return scenery.mountain(variant)
            case "H":
                return scenery.village()
            case "C":
                return scenery.cave_mouth()
            case "L":
                return scenery.lighthouse("lit" in facts)
            case "!":
                return thing("sign")
            case "$":
                return thing("open" if "chest" in facts else "chest")
            case "t":
                return scenery.torch(frame // 8 + variant)
            case "d" | "S":
                return scenery.house(x // 9)
            case "W" if self.place.letter(x, y + 1) != "W" and self.place.letter(x - 1, y) == "W":
                is_middle = self.place.letter(x + 1, y) == "W"
                return scenery.fountain(frame // 6 % 8) if is_middle else None
        return None

    def _spots_in_view(self, canvas: pygame.Surface, left: int, top: int) -> list[tuple[int, int]]:
        # Two tiles more on each side: houses and mountains are larger than their spot.
        columns = range(left // TILE - 2, (left + canvas.get_width()) // TILE + 3)
        rows = range(top // TILE - 1, (top + canvas.get_height()) // TILE + 4)
        inside = self.place
        return [
            (x, y) for y in rows if 0 <= y < inside.height for x in columns if 0 <= x < inside.width
        ]

    def _draw_still(self) -> pygame.Surface:
        whole = pygame.Surface((self.place.width * TILE, self.place.height * TILE))
        draw = self._draw_cave_tile if self._is_cave else self._draw_tile
        for y, row in enumerate(self.place.rows):
            for x, letter in enumerate(row):
                if letter != "~":
                    whole.blit(draw(x, y, letter), (x * TILE, y * TILE))
        self._round_corners(whole, "s", "~b", Edge(3, tiles.BANK, tiles.sand))
        return whole

    def _draw_water(self, still: pygame.Surface, frame: int) -> pygame.Surface:
        whole = still.copy()
        draw = self._draw_pool if self._is_cave else self._draw_sea
        for y, row in enumerate(self.place.rows):
            for x, letter in enumerate(row):
                if letter == "~":
                    whole.blit(draw(x, y, frame), (x * TILE, y * TILE))
        if not self._is_cave:
            coast = Edge(2, tiles.SHORE, tiles.water(frame))
            self._round_corners(whole, "~", "b", coast)
        return whole

    def _round_corners(self, whole: pygame.Surface, low: str, skip: str, edge: Edge) -> None:
        """Round the corners of higher ground that stand out into the low."""
        for y, row in enumerate(self.place.rows):
            for x, letter in enumerate(row):
                if letter in low + skip:
                    continue
                for dx, dy in _CORNERS:
                    beside = ((x + dx, y), (x, y + dy), (x + dx, y + dy))
                    if all(self.place.letter(*spot) in low for spot in beside):
                        vertex = ((x + (dx > 0)) * TILE, (y + (dy > 0)) * TILE)
                        tiles.round_corner(whole, vertex, (dx, dy), edge)

    def _draw_sea(self, x: int, y: int, frame: int) -> pygame.Surface:
        tile = tiles.paint(tiles.water(frame), x, y)
        is_land = tuple(there not in "~b" for there in self._around(x, y))
        return tiles.blend(tile, self._shore(x, y), (x, y), is_land, 2, tiles.SHORE)

    def _draw_pool(self, x: int, y: int, frame: int) -> pygame.Surface:
        tile = tiles.paint(tiles.cave_water(frame), x, y)
        is_dry = tuple(there != "~" for there in self._around(x, y))
        return tiles.blend(tile, tiles.cave_floor, (x, y), is_dry, 2, tiles.POOL_RIM)

    def _draw_tile(self, x: int, y: int, letter: str) -> pygame.Surface:
        if letter == "b":
            return tiles.bridge()
        if letter in _SANDY:
            tile = tiles.paint(tiles.sand, x, y)
            is_green = tuple(there not in "s~b" for there in self._around(x, y))
            return tiles.blend(tile, tiles.grass, (x, y), is_green, 3, tiles.BANK)
        if letter in _ROADS:
            tile = tiles.paint(tiles.road, x, y)
            is_green = tuple(there not in _ROADS + "bHCLS" for there in self._around(x, y))
            return tiles.blend(tile, tiles.grass, (x, y), is_green, 2, tiles.BANK)
        return tiles.paint(tiles.grass, x, y)

    def _shore(self, x: int, y: int) -> Picture:
        """Sea meets sand at a beach, grass at a river."""
        return tiles.sand if "s" in self._around(x, y) else tiles.grass

    def _draw_cave_tile(self, x: int, y: int, letter: str) -> pygame.Surface:
        if letter in "#t":
            face = self.place.letter(x, y + 1) not in "#t"
            tile = tiles.cave_wall(face, scatter(x, y, 4)).copy()
            if not face:
                ends = tuple(there not in "#t" for there in self._around(x, y))
                tiles.cave_light_edge(tile, ends)
            return tile
        if letter in "_XB":
            tile = tiles.paint(tiles.worn_floor, x, y)
            is_rough = tuple(there in ",$" for there in self._around(x, y))
            return tiles.blend(tile, tiles.cave_floor, (x, y), is_rough, 2)
        return tiles.paint(tiles.cave_floor, x, y)

    def _around(self, x: int, y: int) -> str:
        return "".join(self.place.letter(x + dx, y + dy) for dx, dy in _AROUND)
