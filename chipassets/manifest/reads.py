"""Annotations through which pydantic reads a field with one function and one JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from chipassets.manifest.primer_midi import MidiPrimer
from chipassets.plan.presets import MOODS


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a value may need: the manifest's folder, its names, its chip.

    `midi` caches the primers by file, so that each file is read once.
    """

    folder: Path
    scenes: tuple[str, ...]
    midi: dict[str, MidiPrimer] = field(default_factory=dict)
    instruments: tuple[str, ...] = ()
    chip: str = "nes"
    moods: tuple[str, ...] = tuple(MOODS)


@dataclass(frozen=True, slots=True, eq=False)
class Reads:
    """Annotation: the field holds what `read` returns; `read` raises Refusal for an invalid value.

    `schema` is the JSON Schema of what `read` accepts. An empty value reaches `read` as None.
    """

    read: Callable[[Any, Context], object]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: Any, info: core_schema.ValidationInfo) -> object:
            return self.read(value, cast(Context, info.context))

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)


class OrNothing:
    """Annotation: an empty value counts as an empty mapping."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def fill(value: Any) -> Any:
            return {} if value is None else value

        return core_schema.no_info_before_validator_function(fill, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "null"}]}
