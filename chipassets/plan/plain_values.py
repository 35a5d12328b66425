"""Frozen dataclasses as dictionaries, faster than `dataclasses.asdict`, which copies every leaf."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_LEAVES = frozenset({str, int, float, bool, type(None)})


def plain_values(item: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass by name, nested dataclasses as dictionaries too.

    Bytes are told by their SHA-256. Otherwise equal to `dataclasses.asdict`, but leaves are shared
    with the item instead of copied: they must be immutable. All dictionaries and lists are new.
    """
    return {name: _plain(getattr(item, name)) for name in _field_names(type(item))}


def _plain(value: Any) -> Any:
    """Return the value as numbers, texts, lists and mappings; bytes as their hash."""
    kind: type = type(value)
    if kind in _LEAVES:
        return value
    if kind is tuple:
        return tuple([_plain(part) for part in value])
    if kind is bytes:
        return hashlib.sha256(value).hexdigest()
    names = _field_names(kind)
    if names:
        return {name: _plain(getattr(value, name)) for name in names}
    if kind is list:
        return [_plain(part) for part in value]
    if kind is dict:
        return {_plain(key): _plain(part) for key, part in value.items()}
    return value


@lru_cache(maxsize=256)
def _field_names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields; none of another class."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
