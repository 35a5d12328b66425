"""Compose a take again until its sections have the density that the manifest asks for.

The table of `wanted` only estimates how many notes a role has: cadences, tuttis, stops and entries
change that. So a take whose sections have a density of their own is measured, and composed again
with other roles and another pace of the tune until the density is reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chipassets.compose.piece import PiecePlan, SectionPlan
from chipassets.compose.targets import FEWEST_ASKED
from chipassets.compose.wanted import estimated_pairs, led_by_tune, stilled
from chipassets.music.metrics import onsets_per_beat
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Score
from chipassets.plan.trackplan import Range, TrackPlan

MOST_ATTEMPTS = 12
"""How often a take is composed until it is as dense as it is to be."""
_SLOWEST_CELL = 2.0
"""Notes in a bar of the slowest cells: a tune that has to be slower holds notes."""
_LEAST_FACTOR, _MOST_FACTOR = 0.4, 2.5
"""Between these a correction moves the tune's notes a bar in all."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Changes to a plan: roles by section, and factors on the tune's notes by letter.

    still: letters with as few notes as can be, as no cell is slow enough.
    measured: notes a beat that a part had in a section with a role, from the takes before.
    """

    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    still: frozenset[str] = frozenset()
    measured: Mapping[tuple[str, str, str], float] = field(default_factory=dict)


def corrected(track: TrackPlan, plan: PiecePlan, correction: Correction) -> PiecePlan:
    """Return the plan with a correction's roles and paces."""
    sections = []
    for section in plan.sections:
        roles = section.roles | dict(correction.roles.get(section.section.name, {}))
        section = replace(section, roles=roles)
        if section.letter in correction.still:
            section = stilled(track, section)
        sections.append(led_by_tune(track, section))
    onsets = {
        letter: max(FEWEST_ASKED, wanted * correction.factors.get(letter, 1.0))
        for letter, wanted in plan.onsets.items()
    }
    return replace(plan, sections=tuple(sections), onsets=onsets)


def is_spent(before: Correction, after: Correction) -> bool:
    """Return whether a correction changes nothing any more, so that no take would differ."""
    return (before.roles, before.factors, before.still) == (after.roles, after.factors, after.still)


def misses(track: TrackPlan, score: Score) -> float:
    """Return the largest distance of a section from its density range, in widths of that range."""
    away = (
        wanted.distance(onsets_per_beat(score, bars))
        for bars, wanted in _asked(track, score).values()
    )
    return max(away, default=0.0)


def next_correction(
    track: TrackPlan, plan: PiecePlan, score: Score, before: Correction
) -> Correction:
    """Return a correction that brings sections closer to the density asked for.

    plan: the plan that the score was composed by, with the correction `before` applied.
    """
    roles = {name: dict(own) for name, own in before.roles.items()}
    factors, still = dict(before.factors), set(before.still)
    measured = dict(before.measured)
    sections = {section.section.name: section for section in reversed(plan.sections)}
    for name, (bars, wanted) in _asked(track, score).items():
        section = sections[name]
        found = {part: onsets_per_beat(score, bars, part) for part in (LEAD, INNER, BASS)}
        for part in (INNER, BASS):
            measured[name, part, section.role(part)] = found[part]
        if not wanted.distance(sum(found.values())):
            continue
        pair = _nearest_pair(track, section, found[LEAD], wanted.middle, measured)
        roles[name] = dict(pair.roles)
        if wanted.distance(found[LEAD] + pair.onsets) and found[LEAD]:
            ratio = max(0.0, wanted.middle - pair.onsets) / found[LEAD]
            factor = factors.get(section.letter, 1.0) * ratio
            if ratio < 1 and plan.onsets[section.letter] <= _SLOWEST_CELL:
                if section.letter not in before.still:
                    # What was measured of a section that was not still holds no more.
                    measured = {key: own for key, own in measured.items() if key[0] != name}
                    pair = _nearest_pair(track, section, found[LEAD], wanted.middle, measured)
                    roles[name] = dict(pair.roles)
                still.add(section.letter)
            factors[section.letter] = min(max(factor, _LEAST_FACTOR), _MOST_FACTOR)
    return Correction(roles, factors, frozenset(still), measured)


@dataclass(frozen=True, slots=True)
class _Pair:
    roles: Mapping[str, str]
    onsets: float


def _nearest_pair(
    track: TrackPlan,
    section: SectionPlan,
    tune: float,
    wanted: float,
    measured: Mapping[tuple[str, str, str], float],
) -> _Pair:
    """Return the roles whose density, with the tune's, is nearest; the present roles if equal."""
    name = section.section.name
    pairs = []
    for inner, low in estimated_pairs(track.wished(name), section.roles, track.avoid, tune):
        onsets = sum(
            measured.get((name, part, role), estimate)
            for part, (role, estimate) in ((INNER, inner), (BASS, low))
        )
        pairs.append(_Pair({INNER: inner[0], BASS: low[0]}, onsets))

    def away(pair: _Pair) -> tuple[float, int]:
        changed = sum(section.role(part) != role for part, role in pair.roles.items())
        return round(abs(tune + pair.onsets - wanted), 2), changed

    return min(pairs, key=away)


def _asked(track: TrackPlan, score: Score) -> dict[str, tuple[Sequence[int], Range]]:
    """Return, by name, the bars and the density of the sections whose density the manifest sets."""
    found: dict[str, tuple[list[int], Range]] = {}
    for section in score.sections:
        wanted = track.wished(section.name).density
        if wanted is not None:
            bars = found.setdefault(section.name, ([], wanted))[0]
            bars += range(section.start_bar, section.start_bar + section.bars)
    return dict(found)
