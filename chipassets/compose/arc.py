"""The arc: where the tune lies in each bar, and how high it may go."""

from __future__ import annotations

from itertools import pairwise

from chipassets.compose.piece import PiecePlan
from chipassets.units import OCTAVE

_LIFT_INSIDE = 4
"""Semitones by which a section may be raised under the ceiling of the whole piece."""

_INSIDE = 2
"""Semitones by which the mean of a bar lies inside what the arc allows."""


def register_arc(plan: PiecePlan, bars: int) -> list[tuple[float, float, float]]:
    """Return, for each bar, the mean pitch, the highest and the lowest that the arc allows.

    Phrases rise to their third bar and fall to the close; the whole rises to the peak.
    """
    shape = (-1.0, 0.0, 1.5, -1.0)
    arc: list[tuple[float, float, float]] = []
    cap: float
    floor: float
    for bar in range(bars):
        section, phrase = plan.section_at(bar), plan.phrase_at(bar)
        place = bar - phrase.start_bar
        wanted = plan.centre + section.lift + shape[place * 4 // max(1, phrase.bars)]
        toward = 1 - min(1.0, abs(bar - plan.peak_bar) / max(1, bars))
        wanted += 4.5 * toward**3
        # A section an octave up has its own ceiling.
        if section.lift >= OCTAVE or section.register is not None:
            peak = plan.peak + section.lift
        else:
            peak = plan.peak + max(0, section.lift - _LIFT_INSIDE)
        cap = peak if bar == plan.peak_bar else peak - 3
        if bar == plan.peak_bar:
            wanted = max(wanted, peak - 5)
        floor = plan.peak - plan.targets.span
        if section.register is not None:
            # What the manifest sets holds for the peak too.
            low, high = section.register
            cap, floor = min(cap, high), max(floor + section.lift, low)
            wanted = max(wanted, low + _INSIDE)
        arc.append((min(wanted, cap - _INSIDE), cap, floor))
    return _led_over(plan, arc)


_FAR = 5.0
"""Semitones between the registers of two sections that are led over."""


def _led_over(
    plan: PiecePlan, arc: list[tuple[float, float, float]]
) -> list[tuple[float, float, float]]:
    """Return the arc in which the last bar of a section goes halfway to the next one's register.

    Not out of a register that the manifest sets.
    """
    led = list(arc)
    for before, section in pairwise(plan.sections):
        first = section.section.start_bar
        (wanted, cap, floor), (goal, _, _) = arc[first - 1], arc[first]
        if abs(goal - wanted) > _FAR:
            middle = (wanted + goal) / 2
            if before.register is not None:
                middle = max(middle, floor + _INSIDE)
            led[first - 1] = (min(middle, cap - _INSIDE), cap, floor)
    return led
