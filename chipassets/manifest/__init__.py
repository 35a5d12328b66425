"""Reads YAML text into a validated Manifest, or reports every problem with its line and column."""

from __future__ import annotations

from chipassets.manifest.loader import load_manifest, parse_manifest
from chipassets.manifest.models import Manifest
from chipassets.manifest.schema import manifest_schema
from chipassets.manifest.settings import Settings, settings_of
from chipassets.manifest.starter import starter_manifest

__all__ = [
    "Manifest",
    "Settings",
    "load_manifest",
    "manifest_schema",
    "parse_manifest",
    "settings_of",
    "starter_manifest",
]
