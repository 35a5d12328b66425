"""What every scene is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pygame

from demo_game.adventure import Adventure
from demo_game.controls import Controls


@dataclass(frozen=True, slots=True)
class ToTitle:
    """The title screen is next; seed: of the next adventure."""

    seed: int


@dataclass(frozen=True, slots=True)
class ToMap:
    """The map is next, where the hero stands; banner: what is shown on arrival."""

    adventure: Adventure
    seed: int
    banner: str = ""


Next = ToTitle | ToMap
"""Where a scene leads that knows no other scene: `route.open_next` makes the scene."""


class Scene(Protocol):
    """One screen of the game. `music` is the scene that the bundle is asked for."""

    music: str

    def update(self, controls: Controls) -> Scene | Next | None:
        """Take one step (a 60th of a second); return what is next, None to quit."""
        ...

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the scene as it is; changes nothing that `update` depends on."""
        ...
