"""The arc: where the tune lies in each bar, and how high it may go."""

from __future__ import annotations

from chipassets.compose.piece import PiecePlan
from chipassets.units import OCTAVE

_LIFT_INSIDE = 4
"""Semitones by which a section may be raised under the ceiling of the whole piece."""


def register_arc(plan: PiecePlan, bars: int) -> list[tuple[float, float, float]]:
    """Return, for each bar, the mean pitch, the highest and the lowest that the arc allows.

    Phrases rise to their third bar and fall to the close; the whole rises to the peak.
    """
    shape = (-1.0, 0.0, 1.5, -1.0)
    arc: list[tuple[float, float, float]] = []
    for bar in range(bars):
        section, phrase = plan.section_at(bar), plan.phrase_at(bar)
        place = bar - phrase.start_bar
        wanted = plan.centre + section.lift + shape[place * 4 // max(1, phrase.bars)]
        toward = 1 - min(1.0, abs(bar - plan.peak_bar) / max(1, bars))
        wanted += 4.5 * toward**3
        # A section an octave up has its own ceiling.
        if section.lift >= OCTAVE or section.is_register_asked:
            peak = plan.peak + section.lift
        else:
            peak = plan.peak + max(0, section.lift - _LIFT_INSIDE)
        cap = peak if bar == plan.peak_bar else peak - 3
        if bar == plan.peak_bar:
            wanted = max(wanted, peak - 5)
        floor = plan.peak - plan.targets.span
        if section.is_register_asked:
            floor += section.lift
        arc.append((min(wanted, cap - 2), cap, floor))
    return _led_over(plan, arc)


_FAR = 5.0
"""Semitones between the registers of two sections that are led over."""


def _led_over(
    plan: PiecePlan, arc: list[tuple[float, float, float]]
) -> list[tuple[float, float, float]]:
    """Return the arc in which the last bar of a section goes halfway to the next one's register."""
    led = list(arc)
    for section in plan.sections[1:]:
        first = section.section.start_bar
        (wanted, cap, floor), (goal, _, _) = arc[first - 1], arc[first]
        if abs(goal - wanted) > _FAR:
            led[first - 1] = (min((wanted + goal) / 2, cap - 2), cap, floor)
    return led
