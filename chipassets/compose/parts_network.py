"""Run the networks for single voices in NumPy: sample a voice, or rate one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    REST,
    ROLES,
    STEPS_A_BAR,
    VOCABULARY,
    Integers,
    PartContext,
)
from chipassets.compose.part_history import HISTORY_GROUPS, History
from chipassets.compose.parts_forward import (
    ROWS,
    Floats,
    Pass,
    Runner,
    State,
    StepInputs,
    logits_of,
)
from chipassets.compose.parts_model import PartsModel, parse_parts
from chipassets.compose.sampler import draw

_Number = TypeVar("_Number", bound=np.generic)

WARM_UP = 4 * STEPS_A_BAR
"""The recurrent state begins this many steps before the first free one, at a bar line. Training
began its windows so: with the zero state, and the voice's past told as classes."""

_SHIPPED = Path(__file__).parents[1] / "models" / "voices" / "parts.safetensors"


class PartNetworks:
    """The networks of all roles, ready to run; `model` holds their description."""

    def __init__(self, model: PartsModel) -> None:
        self.model = model
        self._runners: Mapping[str, Runner] = {
            role: Runner(weights) for role, weights in model.weights.items()
        }

    @staticmethod
    def load() -> PartNetworks:
        """Return the shipped networks, read once a process; ModelError when the file is broken."""
        return _shipped()

    def runner(self, role: str) -> Runner:
        """Return the runner of a role's network; ValueError for an unknown role."""
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
    chord_weight: float = 1.0,
    most_equal: int = 0,
) -> NDArray[np.int16]:
    """Return tokens int16 [rows, steps] of a voice, a row for each generator.

    forced: tokens [steps] or [rows, steps], -1 where free; None leaves all free. allowed: bool
    [steps, VOCABULARY], which tokens a free step may take; a step that allows none raises
    ValueError. chord_weight: how many times what the chords change in the logits counts; any but 1
    takes twice the time. most_equal: how many notes of one pitch may follow each other, forced ones
    counted; 0 sets no limit. HOLD is drawn only while a note sounds; where nothing is left to draw
    the voice falls silent. Each row takes one uniform number a step from its generator, forced or
    not: it depends on that and the arguments alone.

    Weighing what a condition changes is the classifier-free guidance of Ho & Salimans (2022).
    """
    steps = context.steps
    wanted = np.full((len(rngs), steps), HIDDEN, np.int64)
    if forced is not None:
        wanted[:] = _checked("forced", forced, (len(rngs), steps), least=HIDDEN)
    if temperature <= 0:
        raise ValueError(f"temperature {temperature} is not positive")
    barred = _barred(allowed, steps)
    told = [(StepInputs(network.runner(role), context), chord_weight)]
    if chord_weight != 1:
        told.append((StepInputs(network.runner(role), _without_chords(context)), 1 - chord_weight))
    uniforms = np.array([rng.random(steps) for rng in rngs]).reshape(len(rngs), steps)
    tokens = np.empty((len(rngs), steps), np.int16)
    for first in range(0, len(rngs), ROWS):
        block = slice(first, min(first + ROWS, len(rngs)))
        rows = block.stop - block.start
        tokens[block] = _sample_block(
            told, _padded(wanted[block]), _padded(uniforms[block]), temperature, barred, most_equal
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
    told = StepInputs(network.runner(role), context)
    result = np.zeros(voices.shape)
    for start in range(0, len(voices), ROWS):
        block = voices[start : start + ROWS]
        rated = _rate_block(told, _padded(block), first)
        result[start : start + ROWS] = rated[: len(block)]
    return result


def _sample_block(
    told: Sequence[tuple[StepInputs, float]],
    forced: NDArray[np.int64],
    uniforms: NDArray[np.float64],
    temperature: float,
    barred: Floats | None,
    most_equal: int,
) -> NDArray[np.int64]:
    """Return the tokens [ROWS, steps] of one block; logits are a weighted sum over `told`."""
    tokens = forced.copy()
    free = np.flatnonzero((forced < 0).any(axis=0))
    if not len(free):
        return tokens
    begin, end = _warm_start(int(free[0])), int(free[-1]) + 1
    history = History(ROWS, forced.shape[1], LOWEST)
    for step in range(begin):
        history.write(tokens[:, step])
    passes = [(Pass(context), weight) for context, weight in told]
    sounds = _sounds_before(tokens, begin)
    for step in range(begin, end):
        past = history.classes()
        is_free = forced[:, step] < 0
        wanted = bool(is_free.any())
        logits = np.zeros((ROWS, VOCABULARY), np.float32)
        for one, weight in passes:
            one.step(step, past)
            if wanted:
                logits += np.float32(weight) * one.logits(step, past)
        if wanted:
            logits /= np.float32(temperature)
            if barred is not None:
                logits += barred[step]
            logits[~sounds, HOLD] = -np.inf
            if most_equal:
                full = history.equal >= most_equal
                logits[full, FIRST_NOTE + history.last_pitch[full]] = -np.inf
            # Where nothing is left, or HOLD alone while nothing sounds, the voice falls silent.
            stuck = np.isneginf(logits).all(axis=1)
            logits[stuck, REST] = 0
            drawn = draw(logits, uniforms[:, step])
            tokens[:, step] = np.where(is_free, drawn, forced[:, step])
        token = tokens[:, step]
        sounds = (token >= FIRST_NOTE) | ((token == HOLD) & sounds)
        history.write(token)
    return tokens


def _without_chords(context: PartContext) -> PartContext:
    unknown = np.full(len(context.root), HIDDEN)
    return replace(context, root=unknown, quality=unknown, chord_bass=None)


def _rate_block(told: StepInputs, tokens: NDArray[np.int64], first: int) -> NDArray[np.float64]:
    """Return the log-probabilities [ROWS, steps] of one block's tokens."""
    runner = told.runner
    begin, steps = _warm_start(first), told.steps
    length = steps - begin
    history = History(ROWS, steps, LOWEST)
    past = np.empty((length, ROWS, len(HISTORY_GROUPS)), np.int64)
    for step in range(steps):
        if step >= begin:
            past[step - begin] = history.classes()
        history.write(tokens[:, step])
    inputs = np.repeat(told.inputs[begin:, None, :], ROWS, axis=1)
    for places in np.moveaxis(runner.places(past, len(CONTEXT_GROUPS)), 2, 0):
        inputs += runner.table[places]
    state = State(runner)
    outputs = np.empty((length, ROWS, runner.units), np.float32)
    for step in range(length):
        state.step(inputs[step, :, : 4 * runner.units])
        outputs[step] = state.output
    cells = (steps - first) * ROWS
    hidden = inputs[first - begin :, :, 4 * runner.units :].reshape(cells, -1)
    hidden = hidden + outputs[first - begin :].reshape(cells, -1) @ runner.hidden
    out = np.maximum(hidden, 0) @ runner.head + runner.head_bias
    distances = np.repeat(told.distances[first:], ROWS, axis=0)
    logits = logits_of(out, past[first - begin :].reshape(cells, -1), distances).astype(np.float64)
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


def _padded(block: NDArray[_Number]) -> NDArray[_Number]:
    """Return ROWS rows: the given ones, then copies of the first."""
    missing = ROWS - len(block)
    return np.concatenate((block, np.repeat(block[:1], missing, axis=0))) if missing else block


def _barred(allowed: NDArray[np.bool_] | None, steps: int) -> Floats | None:
    """Return the penalty added to the logits [steps, VOCABULARY].

    ValueError for a step without tokens.
    """
    if allowed is None:
        return None
    if allowed.shape != (steps, VOCABULARY):
        raise ValueError(f"allowed is {list(allowed.shape)}, expected {[steps, VOCABULARY]}")
    empty = np.flatnonzero(~allowed.any(axis=1))
    if len(empty):
        raise ValueError(f"allowed has no token at step {empty[0]}")
    return np.where(allowed, np.float32(0), np.float32(-np.inf))


def _checked(name: str, tokens: Integers, shape: tuple[int, int], least: int) -> NDArray[np.int64]:
    """Return tokens as int64 of this shape; ValueError when shape or values are invalid."""
    values = np.asarray(tokens, np.int64)
    if values.shape not in (shape, shape[1:]):
        raise ValueError(f"{name} is {list(values.shape)}, expected {list(shape)}")
    if values.size and (values.min() < least or values.max() >= VOCABULARY):
        raise ValueError(f"{name} holds tokens outside {least} to {VOCABULARY - 1}")
    return np.broadcast_to(values, shape)
