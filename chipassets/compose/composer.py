"""The composer: a track's plan and a model in, takes out.

Plan, material, tune, parts: in this order, each given what stands. The model is the source of the
notes: it proposes the cells, operators develop them, and rules restrict and reject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chipassets.compose.accompaniment import compose_parts
from chipassets.compose.choosing import choose_cells
from chipassets.compose.context import Context, context_of
from chipassets.compose.critic_score import judge
from chipassets.compose.density import (
    MOST_ATTEMPTS,
    Correction,
    corrected,
    is_spent,
    misses,
    next_correction,
)
from chipassets.compose.ending import ended
from chipassets.compose.given import given_in
from chipassets.compose.harmonies import Harmony
from chipassets.compose.harmony import plan_harmony
from chipassets.compose.material import Material, propose
from chipassets.compose.phrasing import entering, played_tune
from chipassets.compose.piece import PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import Cells, TuneTask, compose_tune
from chipassets.compose.tunebar import TuneBar
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.weights import Model
from chipassets.music.score import Score
from chipassets.plan.trackplan import TrackPlan, in_quarters
from chipassets.seeds import derive_rng


@dataclass(frozen=True, slots=True)
class Sketch:
    """A take with the values that led to it, for explaining it."""

    plan: PiecePlan
    harmony: Harmony
    cells: Cells
    tune: tuple[TuneBar, ...]
    score: Score
    search_cost: float
    context: Context


@dataclass(frozen=True, slots=True)
class Composed:
    """A take, and measures of it if it was composed by a plan.

    search_cost: the mean cost of the tune in points per bar. critic: the mean log-odds that
    a person wrote its phrases, if the critic can read it.
    """

    score: Score
    search_cost: float | None = None
    critic: float | None = None


def compose_takes(
    track: TrackPlan,
    model: Model,
    first_take: int = 0,
    count: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Score, ...]:
    """Return `count` takes (the plan's number by default) in the track's key, from a take on.

    Take i depends on the track's plan, the model and i alone. `progress` is called with the share
    that is done, rising to 1. ComposeError for a primer that cannot be used.
    """
    composed = compose_with_costs(track, model, first_take, count, progress)
    return tuple(take.score for take in composed)


def compose_with_costs(
    track: TrackPlan,
    model: Model,
    first_take: int = 0,
    count: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Composed, ...]:
    """Return the takes of `compose_takes` with the costs of their tunes."""
    count = track.takes if count is None else count
    if count < 1:
        return ()
    half = None if progress is None else lambda share: progress(share / 2)
    material = propose(track, model, half)
    takes = []
    for place in range(count):
        made = sketch(track, material, first_take + place)
        takes.append(
            Composed(made.score, made.search_cost, judge(made.score, made.harmony, track.key))
        )
        if progress:
            progress(0.5 + (place + 1) / count / 2)
    return tuple(takes)


def sketch(track: TrackPlan, material: Material, take: int) -> Sketch:
    """Return a take (from 0) of a track, made of the material.

    If the manifest sets a density, the take is composed until it has it; else the nearest is kept.
    """
    track = in_quarters(track)
    plan = plan_piece(track, take)
    correction = Correction()
    nearest = found = _sketched(track, corrected(track, plan, correction), material, take)
    for _ in range(MOST_ATTEMPTS - 1):
        if not misses(track, nearest.score):
            break
        before, correction = (
            correction,
            next_correction(track, found.plan, found.score, correction),
        )
        if is_spent(before, correction):
            break
        found = _sketched(track, corrected(track, plan, correction), material, take)
        nearest = min(nearest, found, key=lambda made: misses(track, made.score))
    return nearest


def _sketched(track: TrackPlan, plan: PiecePlan, material: Material, take: int) -> Sketch:
    """Return take number `take` of a track, composed by a piece plan."""
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "take", take)
    harmony = plan_harmony(track, plan, rng)
    given = given_in(track, harmony)
    cells = choose_cells(plan, material, track.pulse_steps, harmony.steps_per_bar, rng, given.cells)
    task = TuneTask(
        plan,
        harmony,
        cells,
        track.pulse_steps,
        track.bars,
        given.bars,
        dict(track.guidance),
        track.temperature,
        given.settled,
    )
    tune, cost = compose_tune(task, rng)
    tune = entering(plan, tune)
    notes = played_tune(plan, harmony, tune, given.stated, frozenset(given.bars), material, rng)
    context = context_of(
        plan,
        harmony,
        tune,
        notes,
        material,
        dict(cells.main),
        track.pulse_steps,
        rng,
        given.muted,
    )
    score = ended(track, compose_parts(track, context, given))
    return Sketch(plan, harmony, cells, tune, score, cost, context)
