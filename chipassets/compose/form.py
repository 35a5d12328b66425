"""Which bars of a track's sections repeat earlier bars.

The model composes; the form only says where earlier bars are repeated. A section that is
named again is repeated whole; one with a prime (A') begins like its letter and ends differently; a
new letter is new, and so are an intro and an outro. A loop that ends with a whole repeat would jolt
into its own start: its last half bar is composed again, to lead there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.music.forms import EDGES, INTRO, default_form
from chipassets.music.score import Section
from chipassets.plan.trackplan import TrackPlan

_NEW_SHARE = 4
"""Of a varied section, one bar in four is new, and at least one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section whose first `returning_bars` bars repeat those from `source_bar` on.

    lead_in_steps: how many of the last steps of these bars are composed again.
    """

    section: Section
    source_bar: int = 0
    returning_bars: int = 0
    lead_in_steps: int = 0

    @property
    def letter(self) -> str:
        """The section's name without primes."""
        return self.section.name.rstrip("'")

    @property
    def whole_bars(self) -> int:
        """The number of bars that are repeated in full."""
        return self.returning_bars - bool(self.lead_in_steps)

    @property
    def is_edge(self) -> bool:
        """Whether the section is an intro or an outro."""
        return self.section.name in EDGES


def track_parts(track: TrackPlan) -> tuple[Part, ...]:
    """Return the parts of a track: those of its form, or of the default one."""
    parts = parts_of(track.form or default_form(track.bars, loops=track.loops))
    last = parts[-1]
    if track.loops and last.returning_bars == last.section.bars:
        half_bar = track.steps_per_bar // 2
        parts = (*parts[:-1], replace(last, lead_in_steps=half_bar))
    return parts


def parts_of(sections: Sequence[Section]) -> tuple[Part, ...]:
    """Return the sections, each with the bars that it repeats."""
    parts: list[Part] = []
    stated: dict[str, Part] = {}
    for section in sections:
        part = Part(section)
        first = stated.setdefault(part.letter, part)
        if first is not part and not part.is_edge:
            shared = min(section.bars, first.section.bars)
            varied = section.name != first.section.name or section.bars != first.section.bars
            kept = min(shared, section.bars - max(1, section.bars // _NEW_SHARE))
            part = Part(section, first.section.start_bar, kept if varied else shared)
        parts.append(part)
    return tuple(parts)


def loop_start_bar(track: TrackPlan, parts: Sequence[Part]) -> int | None:
    """Return the first bar after the intro; None for a piece that plays once."""
    if not track.loops:
        return None
    return intro_bars([part.section for part in parts])


def intro_bars(sections: Sequence[Section]) -> int:
    """Return the bars of the intro, to which a loop does not return; 0 without one."""
    first = sections[0]
    return first.bars if first.name == INTRO and len(sections) > 1 else 0
