"""Opens the scene that another one leads to without knowing it."""

from __future__ import annotations

from demo_game.scenes.scene import Next, Scene, ToMap, ToTitle
from demo_game.scenes.title import Title
from demo_game.scenes.walk import Walk


def open_next(following: Scene | Next | None) -> Scene | None:
    """Return the scene that follows, made where only its place was named; None to quit."""
    match following:
        case ToTitle(seed=seed):
            return Title(seed)
        case ToMap(adventure=adventure, seed=seed, banner=banner):
            return Walk(adventure, seed, banner)
    return following
