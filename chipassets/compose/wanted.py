"""What the manifest wants of single sections, brought into the piece plan: density and register."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chipassets.compose import ideas
from chipassets.compose.piece import SectionPlan
from chipassets.compose.targets import onsets_for
from chipassets.music.notes import BASS, INNER
from chipassets.plan.trackplan import Range, TrackPlan, Wish

_SPARSE, _DENSE = 0.7, 6.0
"""Notes a beat at which the accompaniment is as still, and as busy, as it gets."""
_STILL = 0.25
"""Up to this place between the two the bass holds its notes."""


def onsets_of(track: TrackPlan, sections: Sequence[SectionPlan]) -> Mapping[str, float]:
    """Return the tune's notes a bar in letters whose density the manifest says."""
    found: dict[str, float] = {}
    for section in sections:
        wanted = track.wished(section.section.name).density
        if wanted is not None:
            found.setdefault(section.letter, onsets_for(_middle(wanted), track.beats_per_bar))
    return found


def roles_of(wish: Wish, roles: Mapping[str, str]) -> dict[str, str]:
    """Return the roles of second voice and bass as busy as a density asks, unless they are said."""
    if wish.density is None:
        return {}
    busy = math.log(_middle(wish.density) / _SPARSE) / math.log(_DENSE / _SPARSE)
    found: dict[str, str] = {}
    if not wish.texture:
        own = roles[INNER]
        choice = [role for role in ideas.INNER_ROLES if role not in (ideas.UNISON, ideas.ECHO)]
        found[INNER] = min(choice, key=lambda role: (abs(ideas.BUSY[role] - busy), role != own))
    if not wish.bass and busy < _STILL:
        found[BASS] = ideas.LONG
    return found


def in_registers(
    track: TrackPlan, sections: Sequence[SectionPlan], centre: float
) -> tuple[SectionPlan, ...]:
    """Return the sections, those whose register the manifest says lifted or lowered into it."""
    found = []
    for section in sections:
        wanted = track.wished(section.section.name).register
        if wanted is not None:
            lift = round(_middle(wanted) - centre)
            section = replace(section, lift=lift, is_register_asked=True)
        found.append(section)
    return tuple(found)


def _middle(wanted: Range) -> float:
    return (wanted.low + wanted.high) / 2
