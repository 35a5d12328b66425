"""The engines that there are exporters for, by the name that a manifest has for them."""

from __future__ import annotations

from chipassets.engines.godot import GODOT, GODOT3
from chipassets.engines.kit import Exporter
from chipassets.engines.love import LOVE
from chipassets.engines.web import WEB

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter for exporter in (GODOT, GODOT3, WEB, LOVE)
}
