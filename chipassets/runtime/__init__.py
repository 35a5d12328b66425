"""Plays a bundle in a game: opens it, chooses by scene or mood, follows the scenes.

This folder needs the standard library, and pygame-ce for sound; a game may copy it as it is.

    music = PygamePlayer(Library.open("build/my-game"))
    music.preload()             # decode in the background
    music.enter("overworld")    # whenever the game's scene changes
    music.update()              # once a frame
    music.intensity(0.4)        # fewer layers, where a track has them
    music.sting("victory")      # once over the music, which gets softer
    music.state()               # for a save game; music.restore(state) continues from it
    music.now_playing()         # track, scene, bar, beat, section: for a display
"""

from __future__ import annotations

from .balance import Sting
from .director import Director
from .library import Library, Match
from .playback import Change
from .pygame_player import NowPlaying, PygamePlayer
from .rules import DEFAULT_RULES, LEVELS, Rule
from .tracks import (
    BundleFile,
    Layer,
    LibraryError,
    Loop,
    Section,
    Statement,
    Track,
    TrackNotFoundError,
)

__all__ = [
    "DEFAULT_RULES",
    "LEVELS",
    "BundleFile",
    "Change",
    "Director",
    "Layer",
    "Library",
    "LibraryError",
    "Loop",
    "Match",
    "NowPlaying",
    "PygamePlayer",
    "Rule",
    "Section",
    "Statement",
    "Sting",
    "Track",
    "TrackNotFoundError",
]
