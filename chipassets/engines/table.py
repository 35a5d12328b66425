"""The table of exporters, by the engine's name in manifests."""

from __future__ import annotations

from chipassets.engines.bevy import BEVY
from chipassets.engines.construct import CONSTRUCT
from chipassets.engines.defold import DEFOLD
from chipassets.engines.gamemaker import GAMEMAKER
from chipassets.engines.gbstudio import GBSTUDIO
from chipassets.engines.godot import GODOT, GODOT3
from chipassets.engines.kit import Exporter
from chipassets.engines.love import LOVE
from chipassets.engines.renpy import RENPY
from chipassets.engines.rpgmaker import RPGMAKER
from chipassets.engines.solarus import SOLARUS
from chipassets.engines.unity import UNITY
from chipassets.engines.unreal import UNREAL
from chipassets.engines.web import WEB

_ALL = (
    GODOT, GODOT3, WEB, RPGMAKER, LOVE, RENPY, GAMEMAKER, UNITY, DEFOLD, BEVY, CONSTRUCT, GBSTUDIO,
    SOLARUS, UNREAL,
)  # fmt: skip

EXPORTERS: dict[str, Exporter] = {exporter.name: exporter for exporter in _ALL}
