"""Cycles: bars of an accompaniment that come again to the note, under a tune that goes on.

A riff is heard as one because it does not adapt. What stands in a bar is composed once, for all
the bars in which it is played.
"""

from __future__ import annotations

from collections.abc import Mapping

from chipassets.compose import ideas, piece
from chipassets.compose.harmonies import Harmony
from chipassets.compose.piece import CYCLE_BARS, PiecePlan
from chipassets.music.forms import EDGES
from chipassets.music.notes import BASS, INNER

INDEPENDENT: Mapping[str, frozenset[str]] = {
    BASS: frozenset({ideas.PATTERN, ideas.WALKING, ideas.BROKEN, ideas.LONG, ideas.PEDAL}),
    INNER: frozenset(
        {
            ideas.ARPEGGIO,
            ideas.RUNNING,
            ideas.OFFBEAT,
            ideas.STABS,
            ideas.OSTINATO,
            ideas.HELD,
        }
    ),
}
"""By part, the roles that do not follow the tune, so that a bar fits under another one's."""

Sources = Mapping[str, tuple[int, ...]]
"""By part, for each bar the first bar that it repeats, or itself."""


def sources_of(plan: PiecePlan, harmony: Harmony, bars: int) -> Sources:
    """Return which bars of the bass and of the second voice come again to the note, and where.

    A bar comes again a cycle later, and where its section comes back, if it has the same chords and
    leads to the same one.
    """
    found: dict[str, tuple[int, ...]] = {}
    for part in (BASS, INNER):
        own: list[int] = []
        for bar in range(bars):
            before = (
                own[earlier]
                for earlier in _earlier(plan, bar)
                if _is_alike(plan, harmony, bars, part, bar, earlier)
            )
            own.append(next(before, bar))
        found[part] = tuple(own)
    return found


def _earlier(plan: PiecePlan, bar: int) -> list[int]:
    """Return the bars before a bar that it may repeat."""
    section = plan.section_at(bar)
    place = bar - section.section.start_bar
    found = []
    before = cycle_before(plan, bar)
    if before is not None:
        found.append(before)
    if place < section.returning_bars:
        found.append(section.source_bar + place)
    return found


def cycle_before(plan: PiecePlan, bar: int) -> int | None:
    """Return the bar a cycle before a bar, None if none belongs to its cycle."""
    section = plan.section_at(bar)
    place = bar - section.section.start_bar
    if plan.cycle is None or section.section.name in EDGES:
        return None
    if place >= CYCLE_BARS:
        return bar - CYCLE_BARS
    first = next((own for own in plan.sections if own.section.name not in EDGES), section)
    if plan.cycle.is_one and section is not first and section.key == first.key:
        at = first.section.start_bar + place
        return at if at < min(bar, first.section.start_bar + first.section.bars) else None
    return None


def _is_alike(
    plan: PiecePlan, harmony: Harmony, bars: int, part: str, bar: int, earlier: int
) -> bool:
    here, there = plan.section_at(bar), plan.section_at(earlier)
    if here.bass_line or there.bass_line or {bar, earlier} & set(plan.tuttis):
        return False
    role = here.role(part)
    if role not in INDEPENDENT[part] or role != there.role(part):
        return False
    if here.like(part) != there.like(part) or plan.ends(bar) or plan.ends(earlier):
        return False
    if harmony.bar(bar).tolist() != harmony.bar(earlier).tolist():
        return False
    after, then = (harmony.opening((at + 1) % bars) for at in (bar, earlier))
    return part != BASS or after == then


def chords_from(plan: PiecePlan, bar: int) -> int | None:
    """Return the bar whose chords a bar has because it is in a cycle, None if it has its own.

    A piece that plays once still closes, and a section keeps its own cadence if the piece turns.
    """
    section, phrase = plan.section_at(bar), plan.phrase_at(bar)
    before = cycle_before(plan, bar)
    if plan.cycle is None or before is None:
        return None
    if phrase.cadence == piece.FINAL and phrase.start_bar + phrase.bars - bar <= 2:
        return None
    closes = bar == section.section.start_bar + section.section.bars - 1
    leaves = closes and (plan.cycle.turns or section.key != plan.sections[0].key)
    return None if leaves else before
