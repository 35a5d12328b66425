"""Explaining: what each term of guidance did to every event that a take's model chose."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.composer import ROWS, Block, open_block, open_setting, sample_block
from chipassets.compose.guidance import Term
from chipassets.compose.guidance.registry import TERMS
from chipassets.compose.model import Model
from chipassets.compose.network import Floats
from chipassets.compose.sampler import Rules
from chipassets.compose.state import PITCHES, State
from chipassets.trackplan import TrackPlan

STARTS, HOLDS, CLOSES = "starts", "holds", "closes the step"


@dataclass(frozen=True, slots=True)
class Pulled:
    """An event that the model chose, and what led it there.

    step: 16ths from the start; what: STARTS or HOLDS a pitch (MIDI, of the track's own key), or
    CLOSES the step. alone, guided: its probability to the model at the track's temperature, and
    with all terms. pulls: by term, in nats, how much more it raised this event than the mean of
    what the model alone might have chosen; terms that pulled nothing are left out.
    """

    step: int
    what: str
    pitch: int | None
    alone: float
    guided: float
    pulls: dict[str, float]


def explain_take(track: TrackPlan, model: Model, take: int) -> tuple[Pulled, ...]:
    """Return every event of a raw take (from 0) that was chosen, in order.

    What a motif, a primer or a returning bar settles was not chosen. The notes are as composed,
    before shaping. ComposeError for a primer that cannot be used.
    """
    block = open_block(track, model, take // ROWS)
    row = take % ROWS
    witnesses = [_Witness(term, row) for term in block.terms if term.weight]
    listener = _Listener(row)
    history = sample_block(track, replace(block, terms=(listener, *witnesses)))[row]
    return tuple(_events(block, history, listener, witnesses))


def tell_aims(track: TrackPlan, model: Model, take: int, step: int) -> dict[str, str]:
    """Return what each term that can say it wants of a take (from 0) at a step, by its name."""
    setting = open_setting(track, model, take // ROWS)
    said = {name: kind.aim(setting, take % ROWS, step) for name, kind in TERMS.items() if kind.aim}
    return {name: text for name, text in said.items() if text}


class _Listener:
    """Hears the model itself: a term of weight 1 that changes nothing."""

    name = "model"
    weight = 1.0

    def __init__(self, row: int) -> None:
        self.row = row
        self.places: list[tuple[int, int]] = []
        self.logits: list[Floats] = []

    def bias(self, state: State, logits: Floats) -> None:
        """Remember the logits of what may come next, where it is free."""
        if not _is_free(state, self.row):
            return
        allowed = logits.copy()
        Rules(state.rows).forbid(state, allowed)
        self.places.append((int(state.step[self.row]), int(state.place[self.row])))
        self.logits.append(allowed[self.row])


class _Witness:
    """A term, and what it added to one row at each choice."""

    def __init__(self, term: Term, row: int) -> None:
        self._term = term
        self._row = row
        self.name = term.name
        self.weight = term.weight
        self.added: list[Floats] = []

    def bias(self, state: State, logits: Floats) -> None:
        """Let the term speak, and remember what it said."""
        before = logits[self._row].copy()
        self._term.bias(state, logits)
        if _is_free(state, self._row):
            self.added.append(logits[self._row] - before)


def _is_free(state: State, row: int) -> bool:
    return bool(state.settled()[row] < 0)


def _events(
    block: Block, history: NDArray[np.int16], listener: _Listener, witnesses: list[_Witness]
) -> list[Pulled]:
    found = []
    for index, (step, place) in enumerate(listener.places):
        event = int(history[step, place])
        alone = _softmax(listener.logits[index])
        added = {witness.name: witness.added[index] for witness in witnesses}
        guided = _softmax(listener.logits[index] + sum(added.values()))
        pulls = {name: float(pull[event] - alone @ pull) for name, pull in added.items()}
        found.append(
            Pulled(
                step,
                _what(event),
                None if event == STEP_END else (event - NEW_NOTE) % PITCHES + block.setting.shift,
                float(alone[event]),
                float(guided[event]),
                {name: pull for name, pull in pulls.items() if abs(pull) > _NOTHING},
            )
        )
    return found


_NOTHING = 1e-6


def _what(event: int) -> str:
    if event == STEP_END:
        return CLOSES
    return HOLDS if event >= CONTINUED_NOTE else STARTS


def _softmax(logits: Floats) -> NDArray[np.float64]:
    raised: NDArray[np.float64] = np.exp(logits.astype(np.float64) - logits.max())
    raised /= raised.sum()
    return raised
