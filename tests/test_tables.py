"""The numbers that decide, as texts: a table that changes is seen in the change, and meant.

Sound, choice and the rules of a game's music hang on constants whose effect a test of behaviour
often does not reach: a level by a decibel, a weight by a tenth. Each module's are written down as
it states them. What composing decides is in the composed goldens, under its versions.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest

from tests.conftest import Golden

MODULES = (
    "arrange.articulation", "arrange.balance", "arrange.drum_table", "arrange.dynamics",
    "arrange.expression", "render.envelope", "render.filters", "render.loudness",
    "render.room", "render.sequencer", "runtime.balance", "runtime.director", "runtime.rules",
    "runtime.saved", "selection.craft", "selection.moods", "selection.takes",
)  # fmt: skip
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def lines_of(value: object, name: str) -> list[str]:
    """A constant as lines: one for each number or text in it, under the path that leads there."""
    if isinstance(value, dict | MappingProxyType):
        return [line for key, item in value.items() for line in lines_of(item, f"{name}[{key!r}]")]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [(field.name, getattr(value, field.name)) for field in fields(value)]
        return [line for key, item in parts for line in lines_of(item, f"{name}.{key}")]
    if isinstance(value, np.ndarray):
        return lines_of(value.tolist(), name)
    if isinstance(value, list | tuple):
        if all(isinstance(item, int | float | str | Fraction) for item in value):
            return [f"{name} = {' '.join(map(said, value))}"]
        return [line for n, item in enumerate(value) for line in lines_of(item, f"{name}[{n}]")]
    if isinstance(value, set | frozenset):
        return [f"{name} = {' '.join(sorted(map(said, value)))}"]
    return [f"{name} = {said(value)}"]


def said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.9g}"
    if value is None or isinstance(value, str | int | Fraction | Enum):
        return str(value)
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    return getattr(value, "__name__", type(value).__name__)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_states_is_what_it_stated(name: str, golden: Golden) -> None:
    module = vars(importlib.import_module(f"chipassets.{name}"))
    stated = {key: value for key, value in module.items() if CONSTANT.fullmatch(key)}
    lines = [line for key, value in sorted(stated.items()) for line in lines_of(value, key)]
    assert lines
    golden(f"tables/{name}.txt", "\n".join(lines) + "\n")
