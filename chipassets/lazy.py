"""Packages that import what they offer when it is first asked for, so that a start stays short."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def offering(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package: each name is taken from its module in the package.

    homes: the module, below the package, of each name.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return find
