"""Clashes: values that are valid by themselves but do not fit together."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.manifest.document import Steps
from chipassets.manifest.refusal import Fault


@dataclass(frozen=True, slots=True)
class Clash:
    """Values that do not fit together; `needs` are the options that this depends on."""

    steps: Steps
    fault: Fault
    needs: frozenset[str]
