"""Explain how a bar of a take came about, from its plan to the costs of its notes."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from chipassets.compose import bass, ideas, inner
from chipassets.compose.composer import Sketch, sketch
from chipassets.compose.material import propose
from chipassets.compose.piece import CADENCES
from chipassets.compose.tunebar import describe
from chipassets.compose.weights import Model
from chipassets.errors import ComposeError
from chipassets.music.keys import spelled_pitch
from chipassets.music.likeness import KINDS, likeness_of
from chipassets.music.notes import INNER, LEAD, PARTS
from chipassets.music.score import Score
from chipassets.plan.links import VARIANT
from chipassets.plan.trackplan import TrackPlan


@dataclass(frozen=True, slots=True)
class BarExplained:
    """How one bar of a take came about; take and bar are counted from 1.

    idea: the idea of the piece. cell: the rhythm and degrees of the cell that the tune's bar
    develops; tune: how it was developed. costs: what the search charged the bar for, in points.
    cadence: how the phrase ends, if it ends in the bar. returns_from: the bar that this one repeats
    whole, if any. roles: what each part does in the bar; notes: what it plays, by part. likeness:
    the measures of the take, and of the file that the track is to resemble; empty if there is none.
    version: the name of the version that was explained, and origin: how that was made; both "" for
    a take as composed.
    """

    take: int
    bar: int
    section: str
    idea: str
    chords: str
    returns_from: int | None
    motifs: tuple[str, ...]
    cadence: str
    cell: str
    tune: str
    costs: dict[str, float]
    roles: dict[str, str]
    notes: dict[str, str]
    likeness: dict[str, tuple[float, float]]
    version: str = ""
    origin: str = ""


def explain_take_bar(track: TrackPlan, model: Model, take: int, bar: int) -> BarExplained:
    """Return how a bar of a take came about; both are counted from 0 here.

    ComposeError for a primer that cannot be used.
    """
    if track.link is not None and track.link.kind == VARIANT:
        raise ComposeError(
            f"it is a variant of {track.link.of!r}, whose notes it plays; explain a bar of that one"
        )
    return explain_sketch(track, sketch(track, propose(track, model), take), take, bar)


def explain_sketch(track: TrackPlan, made: Sketch, take: int, bar: int) -> BarExplained:
    """Return how a bar of a composed or rerolled take came about; take and bar from 0."""
    section, phrase = made.plan.section_at(bar), made.plan.phrase_at(bar)
    tune = made.tune[bar]
    first = bar * made.score.steps_per_bar
    steps = range(first, first + made.score.steps_per_bar)
    into = bar - section.section.start_bar
    closes = bar == phrase.start_bar + phrase.bars - 1
    cell = made.cells.main.get(tune.cell)
    if tune.cell == "answer":
        cell = made.cells.answers[section.letter]
    return BarExplained(
        take=take + 1,
        bar=bar + 1,
        section=section.section.name,
        idea=made.plan.idea,
        chords=made.score.chords[bar],
        returns_from=section.source_bar + into + 1 if into < section.returning_bars else None,
        motifs=tuple(
            said.motif
            for said in made.score.statements
            if said.start_step < steps.stop and steps.start < said.start_step + said.steps
        ),
        cadence=CADENCES[phrase.cadence] if closes else "",
        cell=cell.text() if cell else "",
        tune=describe(tune),
        costs={name: round(value, 2) for name, value in tune.costs.items() if round(value, 2)},
        roles={part: _role_in(made, part, bar) for part in PARTS},
        notes=bar_notes(made.score, bar),
        likeness=_likeness(track, made.score),
    )


def bar_notes(score: Score, bar: int) -> dict[str, str]:
    """Return what each part plays in a bar (from 0), as step:pitch+steps, spelled in the key."""
    first = bar * score.steps_per_bar
    steps, key = range(first, first + score.steps_per_bar), score.key
    return {
        part: " ".join(
            f"{note.start_step - first}:{spelled_pitch(note.pitch, key)}+{note.duration_steps}"
            for note in score.part(part)
            if note.start_step in steps
        )
        for part in PARTS
    }


def _role_in(made: Sketch, part: str, bar: int) -> str:
    """Return what a part does in a bar; it may differ from what it does in the bar's section."""
    context = made.context
    if part == LEAD:
        return made.plan.section_at(bar).role(part)
    if bar in context.muted or made.plan.waits(part, bar):
        return ideas.SILENT
    if part == INNER:
        return inner.role_in(context, bar)
    return ideas.LONG if context.ends_piece(bar) else bass.role_in(context, bar)


def _likeness(track: TrackPlan, score: Score) -> dict[str, tuple[float, float]]:
    """Return each measure that the track aims at: of the take, and of the file."""
    like = track.sounds_like
    if like is None:
        return {}
    own = asdict(likeness_of(score.notes, score.steps_per_bar, track.pulse_steps))
    wanted = asdict(like.measures)
    names = [name for aim in like.aims for name in KINDS[aim]]
    return {name: (round(own[name], 3), round(wanted[name], 3)) for name in names}
