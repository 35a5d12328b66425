"""What every scene is."""

from __future__ import annotations

from typing import Protocol

import pygame

from demo_game.controls import Controls


class Scene(Protocol):
    """One screen of the game. `music` is the scene that the bundle is asked for."""

    music: str

    def update(self, controls: Controls) -> Scene | None:
        """Take one step (a 60th of a second); return the scene that is next, None to quit."""
        ...

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the scene as it is; changes nothing that `update` depends on."""
        ...
