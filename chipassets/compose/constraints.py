"""The constraints of a sampling: what the model must write where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import EVENT_CLASSES, STEP_END

FREE = -1
"""In constraints: the model chooses."""

MAX_EVENTS_PER_STEP = 16
"""15 notes and STEP_END, five times what a chip can sound; a step that is full is closed."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """Steps `first_step` to the end of a sampling, with what is already settled about each.

    forced: int16 [steps, places], the events that a step opens with, then FREE; a step whose
    events end in STEP_END is settled whole, in any other the model goes on inside the step.
    """

    forced: NDArray[np.int16]
    first_step: int = 0

    @property
    def steps(self) -> int:
        """Length of the sampling in steps."""
        return int(self.forced.shape[0])

    @property
    def places(self) -> int:
        """How many events fit into a step."""
        return int(self.forced.shape[1])


def unconstrained(steps: int, places: int = MAX_EVENTS_PER_STEP) -> Constraints:
    """Return constraints that leave every choice to the model."""
    forced = np.full((steps, places), FREE, np.int16)
    forced[:, -1] = STEP_END
    return Constraints(forced)


def split_steps(events: Iterable[int]) -> list[list[int]]:
    """Return the note events of each step that STEP_END closes, without START, END and STEP_END."""
    steps: list[list[int]] = []
    current: list[int] = []
    for event in events:
        if event == STEP_END:
            steps.append(current)
            current = []
        elif STEP_END < event < EVENT_CLASSES:
            current.append(event)
    return steps


def force(
    constraints: Constraints, first_step: int, steps: list[list[int]], *, closed: bool
) -> None:
    """Write the events of `steps` into the constraints from `first_step` on, up to their end.

    closed settles each step whole; open steps leave the model to go on. ValueError if a step has
    more notes than `constraints.places`.
    """
    for step, events in enumerate(steps[: constraints.steps - first_step], start=first_step):
        if len(events) >= constraints.places:
            raise ValueError(
                f"step {step} has {len(events)} notes; "
                f"a step holds at most {constraints.places - 1}"
            )
        constraints.forced[step, : len(events)] = events
        if closed:
            constraints.forced[step, len(events)] = STEP_END
