"""The networks for single voices, run forward in NumPy: sample a voice, or rate one.

Rows are computed in blocks of ROWS, whether wanted or not: row i stands in row i % ROWS of its
block always, so that the rounding of its sums never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    CONTEXT_GROUPS,
    FIRST_NOTE,
    HIDDEN,
    HOLD,
    LOWEST,
    PITCHES,
    REST,
    ROLES,
    STEPS_A_BAR,
    VOCABULARY,
    Integers,
    PartContext,
    context_classes,
)
from chipassets.compose.part_history import COPIES, HISTORY_GROUPS, History
from chipassets.compose.parts_model import (
    GROUPS,
    HEAD_SIZES,
    WIDEST,
    PartsModel,
    PartWeights,
    parse_parts,
)
from chipassets.compose.sampler import draw

Floats = NDArray[np.float32]
_Number = TypeVar("_Number", bound=np.generic)

ROWS = 16

WARM_UP = 4 * STEPS_A_BAR
"""The recurrent state begins this many steps before the first free one, at a bar line. Training
began its windows so: with the zero state, and the voice's past told as classes."""

_SHIPPED = Path(__file__).parents[1] / "models" / "voices" / "parts.safetensors"
_HALF = np.float32(0.5)
_START = dict(zip(HEAD_SIZES, np.cumsum([0, *HEAD_SIZES.values()])[:-1].tolist(), strict=True))
_NOTHING = sum(HEAD_SIZES.values())
"""The head's place that is always 0, for what has no distance."""
_HISTORY_COLUMN = {name: place for place, name in enumerate(HISTORY_GROUPS)}
_CONTEXT_COLUMN = {name: place for place, name in enumerate(CONTEXT_GROUPS)}
_COPY_COLUMNS = [_HISTORY_COLUMN[name] for name in COPIES]


class PartNetworks:
    """The networks of all roles, ready to run; `model` says how they were made."""

    def __init__(self, model: PartsModel) -> None:
        self.model = model
        self._runners: Mapping[str, _Runner] = {
            role: _Runner(weights) for role, weights in model.weights.items()
        }

    @staticmethod
    def load() -> PartNetworks:
        """Return the shipped networks, read once a process; ModelError when the file is broken."""
        return _shipped()

    def runner(self, role: str) -> _Runner:
        """Return what runs a role's network; ValueError for an unknown role."""
        if role not in self._runners:
            raise ValueError(f"role {role!r} is none of {', '.join(ROLES)}")
        return self._runners[role]


@cache
def _shipped() -> PartNetworks:
    return PartNetworks(parse_parts(_SHIPPED.read_bytes(), f"the shipped {_SHIPPED.name}"))


def sample_part(
    network: PartNetworks,
    role: str,
    context: PartContext,
    rngs: Sequence[np.random.Generator],
    temperature: float,
    forced: Integers | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> NDArray[np.int16]:
    """Return tokens int16 [rows, steps] of a voice, a row for each generator.

    forced: tokens [steps] or [rows, steps], -1 where free; None leaves all free. allowed: bool
    [steps, VOCABULARY], which tokens a free step may take; a step that allows none raises
    ValueError. HOLD is drawn only while a note sounds. Each row takes one uniform number a step
    from its generator, forced or not: a row depends on its generator and the arguments alone.
    """
    steps = context.steps
    wanted = np.full((len(rngs), steps), HIDDEN, np.int64)
    if forced is not None:
        wanted[:] = _checked("forced", forced, (len(rngs), steps), least=HIDDEN)
    if temperature <= 0:
        raise ValueError(f"temperature {temperature} is not positive")
    barred = _barred(allowed, steps)
    told = _Told(network.runner(role), context)
    uniforms = np.array([rng.random(steps) for rng in rngs]).reshape(len(rngs), steps)
    tokens = np.empty((len(rngs), steps), np.int16)
    for first in range(0, len(rngs), ROWS):
        block = slice(first, min(first + ROWS, len(rngs)))
        rows = block.stop - block.start
        tokens[block] = _sample_block(
            told, _padded(wanted[block]), _padded(uniforms[block]), temperature, barred
        )[:rows]
    return tokens


def log_likelihood(
    network: PartNetworks, role: str, context: PartContext, tokens: Integers, first: int = 0
) -> NDArray[np.float64]:
    """Return the log-probability in nats float64 [rows, steps] of each token of voices.

    tokens: [rows, steps]. Steps before `first` are not rated and get 0.
    """
    voices = np.asarray(tokens, np.int64)
    voices = _checked("tokens", voices, (len(voices), context.steps), least=HOLD)
    told = _Told(network.runner(role), context)
    result = np.zeros(voices.shape)
    for start in range(0, len(voices), ROWS):
        block = voices[start : start + ROWS]
        rated = _rate_block(told, _padded(block), first)
        result[start : start + ROWS] = rated[: len(block)]
    return result


class _Runner:
    """A role's weights, folded for running: all inputs pick rows of one table.

    The table's columns are the four gates and then the hidden layer's share of the input. Gates
    stand in the order i, f, o, g; those of the sigmoids are halved, since sigmoid(x) is
    tanh(x / 2) / 2 + 1 / 2 and one tanh then serves all four; halving is exact in binary.
    """

    def __init__(self, weights: PartWeights) -> None:
        self.units = len(weights.hidden_bias)
        embedding = weights.embedding
        inputs = _gates_ready(embedding @ weights.lstm_input.T)
        straight = embedding @ weights.hidden[:, self.units :].T
        table = np.zeros((len(embedding) + 1, 5 * self.units), np.float32)
        table[:-1] = np.concatenate((inputs, straight), axis=1)
        self.table = table
        self.bias = np.concatenate((_gates_ready(weights.lstm_bias), weights.hidden_bias))
        self.recurrent = np.ascontiguousarray(_gates_ready(weights.lstm_recurrent.T))
        self.hidden = np.ascontiguousarray(weights.hidden[:, : self.units].T)
        # One column more that is always 0.
        self.head = np.zeros((self.units, _NOTHING + 1), np.float32)
        self.head[:, :-1] = weights.head.T
        self.head_bias = np.append(weights.head_bias, np.float32(0))
        sizes = list(GROUPS.values())
        self.offsets = np.cumsum([0, *sizes[:-1]])
        self.unknown = len(embedding)

    def places(self, classes: Integers, first_group: int) -> NDArray[np.int64]:
        """Return the table's rows for classes [..., groups] of the groups from the given one on."""
        offsets = self.offsets[first_group : first_group + classes.shape[-1]]
        return np.where(classes < 0, self.unknown, classes + offsets)


class _Told:
    """What a context tells a role's network at each step, computed once for all rows.

    inputs: float32 [steps, 5 * units], bias included. distances: the head's places [steps, 3,
    PITCHES] that are added to each pitch for root, tune and bass.
    """

    def __init__(self, runner: _Runner, context: PartContext) -> None:
        self.runner = runner
        self.lowest = LOWEST
        classes = context_classes(context).astype(np.int64)
        self.steps = len(classes)
        self.inputs = np.repeat(runner.bias[None, :], self.steps, axis=0)
        for place in runner.places(classes, 0).T:
            self.inputs += runner.table[place]
        root = classes[:, _CONTEXT_COLUMN["root"], None]
        by_root = _START["root"] + (np.arange(PITCHES) + LOWEST - root) % 12
        self.distances = np.stack(
            (
                np.where(root < 0, _NOTHING, by_root),
                _DISTANCES["lead"][classes[:, _CONTEXT_COLUMN["lead_pitch"]]],
                _DISTANCES["bass"][classes[:, _CONTEXT_COLUMN["bass_pitch"]]],
            ),
            axis=1,
        )


def _distance_places(head: str) -> NDArray[np.int64]:
    """Return the head's place for each pitch [PITCHES + 2, PITCHES], by where the other stands.

    The last two rows are for silence and for what is not told (class -1).
    """
    pitch = np.arange(PITCHES)
    apart = np.clip(pitch[None, :] - pitch[:, None], -WIDEST, WIDEST) + WIDEST
    places = np.full((PITCHES + 2, PITCHES), _NOTHING)
    places[:PITCHES] = _START[head] + apart
    return places


_DISTANCES = {head: _distance_places(head) for head in ("last", "lead", "bass")}


def _logits(out: Floats, past: Integers, distances: NDArray[np.int64]) -> Floats:
    """Return the logits [rows, VOCABULARY] of the head's output [rows, places].

    past: the classes [rows, HISTORY_GROUPS]; distances: [3, PITCHES], or [rows, 3, PITCHES].
    """
    rows = np.arange(len(out))
    logits = np.zeros((len(out), VOCABULARY + 1), np.float32)
    logits[:, :VOCABULARY] = out[:, :VOCABULARY]
    by_last = _DISTANCES["last"][past[:, _HISTORY_COLUMN["last_pitch"]]]
    notes = logits[:, FIRST_NOTE:VOCABULARY]
    notes += np.take_along_axis(out, by_last, axis=1)
    for other in range(3):
        place = distances[..., other, :]
        notes += out[:, place] if place.ndim == 1 else np.take_along_axis(out, place, axis=1)
    for gate, column in enumerate(_COPY_COLUMNS, start=_START["gates"]):
        # Without a candidate (-1) the place behind the vocabulary takes it.
        logits[rows, past[:, column]] += out[:, gate]
    return logits[:, :VOCABULARY]


class _State:
    """The recurrent state of a block of rows."""

    def __init__(self, runner: _Runner) -> None:
        self._runner = runner
        self.output = np.zeros((ROWS, runner.units), np.float32)
        self._cell = np.zeros((ROWS, runner.units), np.float32)

    def step(self, gates: Floats) -> None:
        """Advance by one input: its share [ROWS, 4 * units] of the gates, which is overwritten."""
        units = self._runner.units
        gates += self.output @ self._runner.recurrent
        np.tanh(gates, out=gates)
        sigmoids = gates[:, : 3 * units]
        sigmoids *= _HALF
        sigmoids += _HALF
        self._cell *= sigmoids[:, units : 2 * units]
        self._cell += sigmoids[:, :units] * gates[:, 3 * units :]
        self.output = np.tanh(self._cell) * sigmoids[:, 2 * units :]


def _sample_block(
    told: _Told,
    forced: NDArray[np.int64],
    uniforms: NDArray[np.float64],
    temperature: float,
    barred: Floats | None,
) -> NDArray[np.int64]:
    """Return the tokens [ROWS, steps] of one block."""
    runner = told.runner
    tokens = forced.copy()
    free = np.flatnonzero((forced < 0).any(axis=0))
    if not len(free):
        return tokens
    begin, end = _warm_start(int(free[0])), int(free[-1]) + 1
    history = History(ROWS, told.steps, told.lowest)
    for step in range(begin):
        history.write(tokens[:, step])
    state = _State(runner)
    sounds = _sounds_before(tokens, begin)
    gates_wide = 4 * runner.units
    for step in range(begin, end):
        past = history.classes()
        rows = runner.table.take(runner.places(past, len(CONTEXT_GROUPS)), axis=0)
        inputs = rows.sum(axis=1)
        inputs += told.inputs[step]
        state.step(inputs[:, :gates_wide])
        is_free = forced[:, step] < 0
        if is_free.any():
            hidden = inputs[:, gates_wide:]
            hidden += state.output @ runner.hidden
            out = np.maximum(hidden, 0) @ runner.head + runner.head_bias
            logits = _logits(out, past, told.distances[step])
            if temperature != 1:
                logits /= np.float32(temperature)
            if barred is not None:
                logits += barred[step]
            logits[~sounds, HOLD] = -np.inf
            # Where HOLD alone is allowed and nothing sounds, the silence goes on.
            stuck = np.isneginf(logits).all(axis=1)
            logits[stuck, REST] = 0
            drawn = draw(logits, uniforms[:, step])
            tokens[:, step] = np.where(is_free, drawn, forced[:, step])
        token = tokens[:, step]
        sounds = (token >= FIRST_NOTE) | ((token == HOLD) & sounds)
        history.write(token)
    return tokens


def _rate_block(told: _Told, tokens: NDArray[np.int64], first: int) -> NDArray[np.float64]:
    """Return the log-probabilities [ROWS, steps] of one block's tokens."""
    runner = told.runner
    begin, steps = _warm_start(first), told.steps
    length = steps - begin
    history = History(ROWS, steps, told.lowest)
    past = np.empty((length, ROWS, len(HISTORY_GROUPS)), np.int64)
    for step in range(steps):
        if step >= begin:
            past[step - begin] = history.classes()
        history.write(tokens[:, step])
    inputs = np.repeat(told.inputs[begin:, None, :], ROWS, axis=1)
    for places in np.moveaxis(runner.places(past, len(CONTEXT_GROUPS)), 2, 0):
        inputs += runner.table[places]
    state = _State(runner)
    outputs = np.empty((length, ROWS, runner.units), np.float32)
    for step in range(length):
        state.step(inputs[step, :, : 4 * runner.units])
        outputs[step] = state.output
    cells = (steps - first) * ROWS
    hidden = inputs[first - begin :, :, 4 * runner.units :].reshape(cells, -1)
    hidden = hidden + outputs[first - begin :].reshape(cells, -1) @ runner.hidden
    out = np.maximum(hidden, 0) @ runner.head + runner.head_bias
    distances = np.repeat(told.distances[first:], ROWS, axis=0)
    logits = _logits(out, past[first - begin :].reshape(cells, -1), distances).astype(np.float64)
    top = logits.max(axis=1)
    whole = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    chosen = logits[np.arange(cells), tokens[:, first:].T.reshape(cells)]
    rated = np.zeros((ROWS, steps))
    rated[:, first:] = (chosen - whole).reshape(-1, ROWS).T
    return rated


def _warm_start(first_free: int) -> int:
    """Return the step from which the state runs: a bar line, four bars before the free step's."""
    return max(0, first_free // STEPS_A_BAR * STEPS_A_BAR - WARM_UP)


def _sounds_before(tokens: NDArray[np.int64], step: int) -> NDArray[np.bool_]:
    """Return whether a note sounds in each row at the end of the step before."""
    sounds = np.zeros(len(tokens), bool)
    for token in tokens[:, :step].T:
        sounds = (token >= FIRST_NOTE) | ((token == HOLD) & sounds)
    return sounds


def _gates_ready(array: Floats) -> Floats:
    """Return the array with its last axis, PyTorch's gates i, f, g, o, as i/2, f/2, o/2, g."""
    i, f, g, o = np.split(array, 4, axis=-1)
    return np.concatenate((i * _HALF, f * _HALF, o * _HALF, g), axis=-1)


def _padded(block: NDArray[_Number]) -> NDArray[_Number]:
    """Return ROWS rows: the given ones, and copies of the first for those that nobody wants."""
    missing = ROWS - len(block)
    return np.concatenate((block, np.repeat(block[:1], missing, axis=0))) if missing else block


def _barred(allowed: NDArray[np.bool_] | None, steps: int) -> Floats | None:
    """Return what is added to the logits [steps, VOCABULARY]; ValueError for a step without any."""
    if allowed is None:
        return None
    if allowed.shape != (steps, VOCABULARY):
        raise ValueError(f"allowed is {list(allowed.shape)}, expected {[steps, VOCABULARY]}")
    empty = np.flatnonzero(~allowed.any(axis=1))
    if len(empty):
        raise ValueError(f"allowed has no token at step {empty[0]}")
    return np.where(allowed, np.float32(0), np.float32(-np.inf))


def _checked(name: str, tokens: Integers, shape: tuple[int, int], least: int) -> NDArray[np.int64]:
    """Return tokens as int64 of this shape; ValueError when they do not fit or are none."""
    values = np.asarray(tokens, np.int64)
    if values.shape not in (shape, shape[1:]):
        raise ValueError(f"{name} is {list(values.shape)}, expected {list(shape)}")
    if values.size and (values.min() < least or values.max() >= VOCABULARY):
        raise ValueError(f"{name} holds tokens outside {least} to {VOCABULARY - 1}")
    return np.broadcast_to(values, shape)
