"""The numbers that decide, as texts: a table that changes is seen in the change, and meant.

Sound, choice and the rules of a game's music hang on constants whose effect a test of behaviour
often does not reach: a level by a decibel, a weight by a tenth. Each module's are written down as
it states them. Most of what composing decides is in the composed goldens, under its versions; a
table of which a take draws one row is here, for no few takes draw them all.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest

from tests.conftest import Golden

MODULES = (
    "arrange.arpeggio", "arrange.articulation", "arrange.balance", "arrange.bank",
    "arrange.drum_table", "arrange.drum_voice", "arrange.dspenvelope", "arrange.dynamics",
    "arrange.expression", "arrange.gameboy_registers", "arrange.lines", "arrange.nes_registers",
    "arrange.note_loudness", "arrange.parts", "arrange.snes_registers", "arrange.steady_bass",
    "chips.dmcbank", "chips.places", "chips.profiles", "compose.patterns", "originality.check",
    "plan.presets", "render.envelope", "render.filters",
    "render.loudness", "render.room", "render.sequencer", "runtime.balance", "runtime.director",
    "runtime.rules", "runtime.saved", "selection.craft", "selection.moods", "selection.takes",
    "units",
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
def test_constants_are_those_of_the_golden(name: str, golden: Golden) -> None:
    module = importlib.import_module(f"chipassets.{name}")
    own = {
        target.id
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for place in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for target in ast.walk(place)
        if isinstance(target, ast.Name) and CONSTANT.fullmatch(target.id)
    }
    stated = {key: getattr(module, key) for key in own}
    lines = [line for key, value in sorted(stated.items()) for line in lines_of(value, key)]
    assert lines
    golden(f"tables/{name}.txt", "\n".join(lines) + "\n")
