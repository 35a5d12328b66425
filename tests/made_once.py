"""What one test has composed, sampled or rendered serves the others, in every worker.

Each of these is a pure function that costs a tenth of a second to a second; what the command line,
locks and decisions do with its results is tested hundreds of times. A test that is about composing
itself carries `@pytest.mark.composes_anew`.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from chipassets.bundle import TrackEntry
from chipassets.compose.composer import Composed, compose_with_costs
from chipassets.compose.constraints import Constraints
from chipassets.compose.feed import ControlFeed
from chipassets.compose.network import Network
from chipassets.compose.sampler import sample
from chipassets.compose.weights import Model
from chipassets.lock import LockedTake
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.produce import render_track
from chipassets.stored.cache_keys import keys_of

T = TypeVar("T")
Progress = Callable[[float], None]


def _once(folder: Path, asked: object, make: Callable[[], T]) -> tuple[T, bool]:
    """Return what the folder holds for the question, else what is made now; and which it was."""
    path = folder / hashlib.sha256(pickle.dumps(asked)).hexdigest()
    if path.exists():
        found: T = pickle.loads(path.read_bytes())
        return found, True
    made = make()
    partial = folder / uuid4().hex
    partial.write_bytes(pickle.dumps(made))
    partial.replace(path)
    return made, False


def composed_once(folder: Path) -> Callable[..., tuple[Composed, ...]]:
    """Return `compose_with_costs` with a memory, which is the folder."""

    def compose(
        track: TrackPlan,
        model: Model,
        first_take: int = 0,
        count: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[Composed, ...]:
        asked = ("compose", track, model.sha256, first_take, count)
        takes, is_old = _once(
            folder, asked, lambda: compose_with_costs(track, model, first_take, count, progress)
        )
        if is_old and progress is not None:
            progress(1.0)
        return takes

    return compose


def sampled_once(folder: Path) -> Callable[..., NDArray[np.int16]]:
    """Return `sample` as material is sampled, with a memory, which is the folder.

    A network is known by its first and its last weights, its controls by their tables.
    """

    def play(
        network: Network,
        constraints: Constraints,
        rngs: Sequence[np.random.Generator],
        temperature: float,
        controls: ControlFeed | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.int16]:
        weights = [vars(network)[name] for name in ("_table", "_head", "_head_bias")]
        chances = [rng.bit_generator.state for rng in rngs]
        tables = vars(controls) if controls else {}
        asked = ("sample", weights, constraints, chances, temperature, tables)
        events, is_old = _once(
            folder,
            asked,
            lambda: sample(
                network, constraints, rngs, temperature, controls=controls, progress=progress
            ),
        )
        if is_old and progress is not None:
            progress(1.0)
        return events

    return play


def rendered_once(folder: Path) -> Callable[..., tuple[TrackEntry, dict[str, bytes]]]:
    """Return `render_track` with a memory, which is the folder."""

    def render(
        plan: BuildPlan,
        track: TrackPlan,
        take: LockedTake,
        grams: GramIndex | None,
        report: Callable[[str], None],
    ) -> tuple[TrackEntry, dict[str, bytes]]:
        corpus = grams.sha256 if grams else None
        asked = ("render", plan, track, take, corpus, keys_of(plan, track, take))
        finished, is_old = _once(
            folder, asked, lambda: render_track(plan, track, take, grams, report)
        )
        if is_old:
            report("arrange")
            report("render")
        return finished

    return render
