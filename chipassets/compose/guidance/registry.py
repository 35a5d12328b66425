"""The registry: every term and every figure, found by the modules that export them."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from chipassets.compose.guidance import TermKind, figures, terms
from chipassets.compose.guidance.figure import Figure


def _exports(package: ModuleType, name: str) -> list[Any]:
    """Return what each module of a package exports under the name, modules in alphabetical order.

    The order is part of what a seed means: it decides in which order biases are summed.
    """
    found = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [getattr(importlib.import_module(f"{package.__name__}.{each}"), name) for each in found]


FIGURES: dict[str, Figure] = {figure.name: figure for figure in _exports(figures, "FIGURE")}
"""Every way of accompanying by name."""

TERMS: dict[str, TermKind] = {
    kind.name: kind
    for kind in (*_exports(terms, "TERM"), *(figure.term for figure in FIGURES.values()))
    if kind is not None
}
"""Every term by name; those of figures, where a figure has one, behind the others."""
