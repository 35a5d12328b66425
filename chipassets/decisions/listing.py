"""The state of a track's takes: chosen, accepted, rejected, refused, or none of these."""

from __future__ import annotations

from chipassets.decisions.auditions import Audition
from chipassets.lock import Version
from chipassets.production.casting import Candidate


def take_state(audition: Audition, item: Candidate, chosen: int | None) -> str:
    """Return the state of a composed take as a word, "" for none; `chosen`: the number in use."""
    if item.number == chosen:
        return "accepted" if audition.current and audition.is_held else "chosen"
    return _unchosen_state(item)


def version_state(audition: Audition, item: Candidate) -> str:
    """Return the state of a version, which is rated as `item`, as a word, "" for none."""
    current = audition.current
    if current is not None and current.score == item.score:
        return "accepted" if audition.is_held else "chosen"
    return _unchosen_state(item)


def _unchosen_state(item: Candidate) -> str:
    """Return why a candidate cannot be chosen; empty if it can."""
    if item.is_rejected:
        return "rejected"
    return "refused" if item.rating.refused else ""


def is_listed(version: Version, candidates: tuple[Candidate, ...]) -> bool:
    """Return whether a version differs from every composed take in the list."""
    return bool(version.version) or all(version.score != one.score for one in candidates)
