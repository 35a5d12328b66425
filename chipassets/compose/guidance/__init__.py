"""Guidance: terms that lean the model's choice, each a small class in a file of its own.

A term adds to the logits, in nats, before a class is drawn: +1 makes an event 2.7 times as likely
against the rest. Terms see the state of the batch and nothing else, so a term of weight 0 can be
left out and nothing changes: all weights at zero is the model alone, draw for draw.
"""

from __future__ import annotations

from typing import Protocol

from chipassets.compose.network import Floats
from chipassets.compose.state import State


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
