"""The names of the engines with exporters, listed so that commands need not import exporters."""

from __future__ import annotations

ENGINES = (
    "godot", "godot3", "web", "rpgmaker", "love", "renpy", "gamemaker", "unity", "defold", "bevy",
    "construct", "gbstudio", "solarus", "unreal",
)  # fmt: skip
"""The engines with exporters: the keys of `chipassets.engines.EXPORTERS`."""
