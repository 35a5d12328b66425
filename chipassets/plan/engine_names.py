"""The names of the engines that there are exporters for, which the command shows without them."""

from __future__ import annotations

ENGINES = (
    "godot", "godot3", "web", "rpgmaker", "love", "renpy", "gamemaker", "unity", "defold", "bevy",
    "construct", "gbstudio", "solarus", "unreal",
)  # fmt: skip
"""The engines that there are exporters for: the keys of `chipassets.engines.EXPORTERS`."""
