"""Turn a primer into constraints.

Its two switches mean what they mean in Magenta's polyphony_rnn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chipassets.compose.codec import encode_notes
from chipassets.compose.constraints import Constraints, force, split_steps
from chipassets.errors import ComposeError

if TYPE_CHECKING:
    from chipassets.music.notes import Primer


def apply_primer(
    constraints: Constraints, primer: Primer, *, condition: bool, inject: bool
) -> Constraints:
    """Return the constraints with the primer in its first steps, and after it too when injected.

    condition: the model reads START and the primer, and goes on from there. Without it, the model
    reads START alone, after the primer, which is only put in front. inject: after the primer's end,
    the primer's events open each step once more and the model goes on inside those steps. Events
    beyond the last step are cut. ComposeError for a primer that leaves no step to compose, or with
    more notes at once than a step holds. Source: Magenta 2.1.4,
    `PolyphonyRnnSequenceGenerator._generate` and `_inject_melody`; but where Magenta rounds the
    primer's end up to one silent step more, music goes on at once here.
    """
    check_length(primer, constraints.steps)
    notes = [(note.start_step, note.duration_steps, note.pitch) for note in primer.notes]
    steps = split_steps(encode_notes(notes, primer.steps).tolist())
    constraints = replace(constraints, forced=constraints.forced.copy())
    try:
        force(constraints, 0, steps, closed=True)
        if inject:
            force(constraints, primer.steps, steps, closed=False)
    except ValueError as error:
        raise ComposeError(f"the primer cannot be used: {error}") from error
    return constraints if condition else replace(constraints, first_step=primer.steps)


def check_length(primer: Primer, steps: int) -> None:
    """Raise ComposeError if a primer fills all `steps`: nothing is left to compose."""
    if primer.steps >= steps:
        raise ComposeError(
            f"the primer lasts {primer.steps} steps and the track {steps}: nothing is left to "
            "compose; make the track longer or the primer shorter"
        )
