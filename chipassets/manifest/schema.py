"""The manifest's JSON Schema, which editors use to complete, explain and check."""

from __future__ import annotations

from typing import Any

from chipassets.manifest.models import Manifest
from chipassets.manifest.words import NAME_SCHEMA

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a manifest.

    It accepts every manifest that `load_manifest` accepts. Only `load_manifest` checks what a
    schema cannot: names that refer to each other, files, lengths against primers.
    """
    schema = Manifest.model_json_schema(mode="validation")
    for part in ("tracks", "scenes", "moods", "instruments", "motifs"):
        _name_keys(schema["properties"][part])
    _name_bank(schema["properties"]["instruments"])
    return {"$schema": DIALECT, **_plain(schema), "title": "chipassets manifest"}


def _name_keys(schema: dict[str, Any]) -> None:
    """Add the pattern of names to every mapping by name."""
    for choice in (schema, *schema.get("anyOf", ())):
        if choice.get("type") == "object":
            choice["propertyNames"] = {"pattern": NAME_SCHEMA["pattern"]}


def _name_bank(schema: dict[str, Any]) -> None:
    """Let `file` name a file of instruments, beside the mappings of macros by name."""
    for choice in (schema, *schema.get("anyOf", ())):
        if choice.get("type") == "object":
            path = {
                "type": "string",
                "pattern": "\\.[yY][aA]?[mM][lL]$",
                "description": "A YAML file of instruments by name, relative to this manifest.",
                "examples": ["sounds/bank.yaml"],
            }
            # Names are held to their pattern already, which `file` fits as well.
            (instrument,) = choice.pop("patternProperties").values()
            choice["additionalProperties"] = instrument
            choice["properties"] = {"file": {"anyOf": [path, instrument]}}


def _plain(schema: Any) -> Any:
    """Remove what pydantic adds and manifests lack: titles of fields, and None for unset ones."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "default" in schema and schema["default"] is None:
        return _plain(schema["anyOf"][0])
    return {
        key: _plain(part)
        for key, part in schema.items()
        if not (key == "title" and isinstance(part, str))
    }
