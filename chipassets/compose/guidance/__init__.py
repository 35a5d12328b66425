"""Guidance: terms that lean the model's choice, each a small module of its own.

A term adds to the logits, in nats, before a class is drawn: +1 makes an event 2.7 times as likely
against the rest. Terms see the state of the batch and nothing else, so a term of weight 0 can be
left out and nothing changes: all weights at zero is the model alone, draw for draw.

A new bias is one module in `terms` that exports TERM, a `TermKind`; a new way of accompanying one
in `figures` that exports FIGURE, a `Figure`. The registry finds them, and the manifest's schema,
its validation, the sampler, `chipassets moods` and `--explain` read the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chipassets.compose.network import Floats
from chipassets.compose.state import State

if TYPE_CHECKING:
    from chipassets.compose.guidance.setting import Setting


class Term(Protocol):
    """One bias: `weight` scales it, and `bias` adds it to the logits [rows, 259] in place."""

    @property
    def name(self) -> str:
        """What the term is called where it is explained, and in a manifest's `guidance`."""

    @property
    def weight(self) -> float:
        """How strong the term is; 0 switches it off."""

    def bias(self, state: State, logits: Floats) -> None:
        """Add this term's share to the logits of the next event."""


@dataclass(frozen=True, slots=True)
class TermKind:
    """A term as it is written down: what it is called, what it does, and how it is made.

    name: the word in a manifest's `guidance`. weight: what a factor of 1 stands for. says: one line
    without a full stop. make: the term for a setting, at a weight; None where it has nothing to do.
    aim: for `--explain`, what it wants of a row at a step, at the track's own pitch. varies: the
    track's seed draws a factor on the weight, from 1 / varies to varies.
    """

    name: str
    weight: float
    says: str
    make: Callable[[Setting, float], Term | None]
    aim: Callable[[Setting, int, int], str] | None = None
    varies: float = 1.0
