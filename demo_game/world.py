"""Places as grids of letters: where one can stand, what one meets there, and how to get there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from demo_game.controls import DIRECTIONS
from demo_game.maps import CAVE, OVERWORLD, TOWN

Spot = tuple[int, int]

_FREE = frozenset(".'s=b*@CHX,_SL")
"""Letters that one can step on; the others are water, walls, trees, people."""

_WILD = frozenset("',")
"""Letters where monsters meet one: tall grass and the floor of the cave."""


_LEADS_AWAY = frozenset("CHXSL")


@dataclass(frozen=True, slots=True)
class Place:
    """A map one walks in; `music` is its scene, `foes` what one meets and how often in 256."""

    name: str
    music: str
    rows: tuple[str, ...]
    foes: tuple[str, ...] = ()
    danger: int = 0
    title: str = ""
    folk: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def width(self) -> int:
        """The width in tiles."""
        return len(self.rows[0])

    @property
    def height(self) -> int:
        """The height in tiles."""
        return len(self.rows)

    def letter(self, x: int, y: int) -> str:
        """Return what is at a spot; beyond the border, what is at the nearest spot inside."""
        return self.rows[min(max(y, 0), self.height - 1)][min(max(x, 0), self.width - 1)]

    def is_free(self, x: int, y: int) -> bool:
        """Whether one can stand there."""
        inside = 0 <= x < self.width and 0 <= y < self.height
        return inside and self.rows[y][x] in _FREE

    def is_wild(self, x: int, y: int) -> bool:
        """Whether monsters roam there."""
        return self.letter(x, y) in _WILD

    def find(self, letter: str) -> Spot:
        """Return the first spot with that letter; raises LookupError where there is none."""
        for y, row in enumerate(self.rows):
            if letter in row:
                return row.index(letter), y
        raise LookupError(f"{self.name} has no {letter!r}")

    def path(self, start: Spot, goal: Spot) -> list[str]:
        """Return the directions of a shortest way, [] if there is none.

        It keeps off spots that lead elsewhere, and may end at a goal that is not free.
        """
        return self._search(start, lambda spot: spot == goal)

    def path_to_wild(self, start: Spot) -> list[str]:
        """Return the directions to the nearest spot, other than the start, where monsters roam."""
        return self._search(start, lambda spot: spot != start and self.is_wild(*spot))

    def _search(self, start: Spot, is_goal: Callable[[Spot], bool]) -> list[str]:
        came: dict[Spot, tuple[Spot, str]] = {}
        ahead = deque([start])
        while ahead:
            here = ahead.popleft()
            if is_goal(here):
                return _trace(came, start, here)
            for direction, (dx, dy) in DIRECTIONS.items():
                there = here[0] + dx, here[1] + dy
                passable = self.is_free(*there) and self.letter(*there) not in _LEADS_AWAY
                if (passable or is_goal(there)) and there not in came and there != start:
                    came[there] = here, direction
                    ahead.append(there)
        return []


def _trace(came: dict[Spot, tuple[Spot, str]], start: Spot, goal: Spot) -> list[str]:
    way: list[str] = []
    while goal != start:
        goal, direction = came[goal]
        way.append(direction)
    return way[::-1]


PLACES = {
    "overworld": Place(
        "overworld",
        "overworld",
        tuple(OVERWORLD.split()),
        foes=("slime", "slime", "bat", "spore"),
        danger=26,
        title="Lantern Isle",
    ),
    "town": Place(
        "town",
        "town",
        tuple(TOWN.split()),
        title="Harbour Town",
        folk=(
            ("1", ("Since the lighthouse went dark,", "no ship has found our harbour.")),
            ("2", ("The tall grass is full of slimes.", "At night, keep to the road!")),
            ("3", ("A wyrm sleeps in the northern cave.", "It has swallowed the Flame!")),
        ),
    ),
    "cave": Place(
        "cave",
        "cave",
        tuple(CAVE.split()),
        foes=("bat", "spore", "wisp", "wisp"),
        danger=16,
        title="The Deep",
    ),
}

LANDMARKS = {
    "cave": ("overworld", "C"),
    "town": ("overworld", "H"),
    "lighthouse": ("overworld", "L"),
    "shop": ("town", "S"),
    "chest": ("cave", "$"),
    "boss": ("cave", "B"),
}
"""Spots that have a name of their own; "exit" is the way out of wherever one is."""
