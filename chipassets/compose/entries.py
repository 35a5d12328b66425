"""Entries: which parts of a piece are silent at first, and how a piece opens without its tune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose import ideas, piece
from chipassets.compose.avoiding import allowed_texture
from chipassets.compose.breaths import PHRASE_BARS
from chipassets.compose.ideas import Idea
from chipassets.compose.piece import SectionPlan
from chipassets.music.forms import INTRO
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.plan.trackplan import TrackPlan

_ENTRIES: tuple[dict[str, int], ...] = (
    {INNER: 4}, {INNER: 2}, {INNER: 4, piece.DRUMS: 4}, {BASS: 1}, {piece.DRUMS: 8},
    {INNER: 2, BASS: 1}, {INNER: 2, piece.DRUMS: 2},
    {LEAD: 4}, {LEAD: 4, piece.DRUMS: 4}, {LEAD: 2, piece.DRUMS: 2}, {LEAD: 2}, {LEAD: 2, BASS: 1},
    {piece.DRUMS: 4}, {piece.DRUMS: 2},
    {INNER: 2, piece.DRUMS: 4}, {BASS: 1, piece.DRUMS: 2},
)  # fmt: skip
_ENTRIES_SHARE = 0.4


def draw_entries(
    track: TrackPlan, idea: Idea, sections: Sequence[SectionPlan], rng: np.random.Generator
) -> Mapping[str, int]:
    """Return the parts that are silent at the start, and for how many bars.

    If the manifest gives the opening, all parts enter at once. A loop comes back to its first bar
    with all its parts, unless it is the piece's idea that they enter one by one: else they wait in
    an intro, or not at all.
    """
    draw, which = float(rng.random()), _ENTRIES[int(rng.integers(len(_ENTRIES)))]
    first = sections[0].section
    wish = track.wished(first.name)
    said = bool(track.motifs or track.melodies or track.primer is not None or wish.density)
    if said or track.bars < 2 * PHRASE_BARS:
        return {}
    waits: Mapping[str, int] = which if draw < _ENTRIES_SHARE else {}
    most = min(max(first.bars, PHRASE_BARS), track.bars // 4)
    if idea.entries:
        waits = idea.entries[int(draw * len(idea.entries))]
    elif track.loops:
        most = first.bars if first.name == INTRO else 0
    # What the manifest gives something to do does it from the first bar.
    busy = (INNER,) * bool(wish.texture) + (BASS,) * bool(wish.bass or wish.bass_line)
    waits = {part: bars for part, bars in waits.items() if bars <= most and part not in busy}
    if LEAD in waits and not _can_wait(sections, waits[LEAD]):
        return {}
    return waits


_LEAST_SAID = 8
"""Bars for which the first letter's tune must be heard if it waits at first."""


def _can_wait(sections: Sequence[SectionPlan], bars: int) -> bool:
    """Return whether the tune can enter after `bars` bars and lose neither its head nor its room.

    It enters with a copy of the piece's opening or with a gesture.
    """
    slots = [slot for section in sections for phrase in section.phrases for slot in phrase.slots]
    enters = slots[bars]
    begins = (enters.kind == piece.COPY and enters.source == 0) or enters.kind == piece.GESTURE
    own = sum(part.section.bars for part in sections if part.letter == sections[0].letter)
    return begins and own - bars >= _LEAST_SAID


_CARRIES = (ideas.OSTINATO, ideas.ARPEGGIO, ideas.RUNNING, ideas.DUET, ideas.OFFBEAT)
"""Roles of the second voice that can open a piece while the tune waits."""


def opened(
    track: TrackPlan, sections: Sequence[SectionPlan], waits: bool
) -> tuple[SectionPlan, ...]:
    """Return the sections; where the tune enters late, the second voice opens the first one."""
    first, *others = sections
    role = first.role(INNER)
    if waits and role not in _CARRIES and not track.wished(first.section.name).texture:
        opens = allowed_texture(track.avoid, ideas.OSTINATO)
        first = replace(first, roles={**first.roles, INNER: opens})
    return (first, *others)
