"""Tells of a bar of a take what its stored notes and facts say, where it cannot be composed again.

A take that another version of the composer made, or that follows another plan, is in the lock with
its notes, its chords and sections, and what it was composed from. Its plan, the development of its
tune and the costs of the search are not.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from chipassets.compose.explain import bar_notes
from chipassets.decisions.auditions import Audition
from chipassets.lock import LockedTake
from chipassets.music.notes import PARTS
from chipassets.music.score import Score
from chipassets.production.casting import as_candidate
from chipassets.stored.cache_keys import as_played
from chipassets.stored.facts import UNTOLD_FACTS, changes, notes_facts
from chipassets.units import amount_of

UNKNOWN = ("idea", "returns_from", "cadence", "cell", "tune", "costs", "roles")
"""What `BarExplained` tells, and what only the composer that made the take knew."""

_Row = tuple[tuple[int, int, int], ...]
"""The notes of a part in a bar: step in the bar, pitch, duration in steps."""


@dataclass(frozen=True, slots=True)
class BarStored:
    """What is stored of one bar of a take that cannot be composed again; take and bar from 1.

    relations: for each part the earlier bar that its notes in this bar follow, and how. plan: what
    the take was composed from, by name; hashed: the names of what the lock has only as a hash.
    changed: what differs now, in words. measures: of the take's notes, measured now. chosen: why
    the take was chosen. unknown: the names in `BarExplained` of what cannot be known any more.
    version and origin as in `BarExplained`.
    """

    take: int
    bar: int
    section: str
    chords: str
    motifs: tuple[str, ...]
    relations: dict[str, str]
    notes: dict[str, str]
    plan: dict[str, str]
    hashed: tuple[str, ...]
    changed: tuple[str, ...]
    measures: dict[str, float]
    chosen: str
    unknown: tuple[str, ...] = UNKNOWN
    version: str = ""
    origin: str = ""


def stored_bar(audition: Audition, take: LockedTake, bar: int) -> BarStored:
    """Return what the lock says of a bar (from 0) of a take, without composing anything."""
    score, track = take.score, audition.track
    facts = {name: text for name, text in take.facts if name not in UNTOLD_FACTS}
    now = notes_facts(
        track,
        audition.model.name,
        audition.model.sha256,
        audition.grams.sha256 if audition.grams else "",
    )
    first = bar * score.steps_per_bar
    rated = as_candidate(
        as_played(track, take), take.number, score, audition.grams, audition.choices
    )
    return BarStored(
        take=take.number + 1,
        bar=bar + 1,
        section=next(
            (one.name for one in score.sections if 0 <= bar - one.start_bar < one.bars), ""
        ),
        chords=score.chords[bar] if score.chords else "",
        motifs=tuple(
            said.motif
            for said in score.statements
            if said.start_step < first + score.steps_per_bar
            and first < said.start_step + said.steps
        ),
        relations={part: relation(score, part, bar) for part in PARTS},
        notes=bar_notes(score, bar),
        plan={name: text for name, text in facts.items() if not text.startswith("#")},
        hashed=tuple(name for name, text in facts.items() if text.startswith("#")),
        changed=tuple(changes(audition.plan, track, take.facts, now, "")) if take.facts else (),
        measures={item.name: round(item.value, 3) for item in rated.rating.features},
        chosen=take.why,
        version=take.name,
        origin=take.origin,
    )


def relation(score: Score, part: str, bar: int) -> str:
    """Return how a part's notes in a bar (from 0) follow those of an earlier bar, in words.

    The closest relation counts: the same notes, the same moved by an interval, the same rhythm and
    contour, the same rhythm. Of several bars the first one is named.
    """
    rows = [_row(score, part, one) for one in range(bar + 1)]
    here = rows[bar]
    if not here:
        first = bar * score.steps_per_bar
        holds = any(note.start_step < first < note.end_step for note in score.part(part))
        return "holds its last note" if holds else "rests"
    for one, row in enumerate(rows[:bar]):
        if row == here:
            return f"plays bar {one + 1} again"
    alike = [(one, row) for one, row in enumerate(rows[:bar]) if _rhythm(row) == _rhythm(here)]
    for one, row in alike:
        moves = {new[1] - old[1] for new, old in zip(here, row, strict=True)}
        if len(moves) == 1:
            by = moves.pop()
            semitones = amount_of(abs(by), "semitone")
            return f"plays bar {one + 1} {semitones} {'higher' if by > 0 else 'lower'}"
    for one, row in alike:
        if len(here) > 2 and _contour(row) == _contour(here):
            return f"has the rhythm and the contour of bar {one + 1}"
    if alike:
        return f"has the rhythm of bar {alike[0][0] + 1}"
    return "is like no earlier bar" if bar else "is the first bar"


def _row(score: Score, part: str, bar: int) -> _Row:
    """Return the notes of a part that begin in a bar."""
    first = bar * score.steps_per_bar
    steps = range(first, first + score.steps_per_bar)
    return tuple(
        (note.start_step - first, note.pitch, note.duration_steps)
        for note in score.part(part)
        if note.start_step in steps
    )


def _rhythm(row: _Row) -> tuple[tuple[int, int], ...]:
    """Return the steps and durations of notes."""
    return tuple((step, steps) for step, _, steps in row)


def _contour(row: _Row) -> tuple[int, ...]:
    """Return for each interval whether it rises, falls or stays."""
    pitches = [pitch for _, pitch, _ in row]
    return tuple((b > a) - (b < a) for a, b in itertools.pairwise(pitches))
