"""Takes that one test has composed serve the others of the session, in every worker.

To compose is a pure function of a track's plan, a model and the numbers of the takes, and costs
half a second; what the command line, locks and decisions do with takes is tested hundreds of times.
A test that is about composing itself carries `@pytest.mark.composes_anew`.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from chipassets.compose.composer import Composed, compose_with_costs
from chipassets.compose.weights import Model
from chipassets.plan.trackplan import TrackPlan


def composed_once(
    folder: Path,
) -> Callable[..., tuple[Composed, ...]]:
    """Return `compose_with_costs` with a memory, which is the folder."""

    def compose(
        track: TrackPlan,
        model: Model,
        first_take: int = 0,
        count: int | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> tuple[Composed, ...]:
        asked = pickle.dumps((track, model.sha256, first_take, count))
        path = folder / hashlib.sha256(asked).hexdigest()
        if not path.exists():
            made = compose_with_costs(track, model, first_take, count, progress)
            partial = folder / uuid4().hex
            partial.write_bytes(pickle.dumps(made))
            partial.replace(path)
            return made
        if progress is not None:
            progress(1.0)
        found: tuple[Composed, ...] = pickle.loads(path.read_bytes())
        return found

    return compose
