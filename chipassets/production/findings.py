"""The bundle's account of a track's notes: metrics, evidence for its tags, and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.bundle import MoodEvidence, SceneEvidence, StatementEntry
from chipassets.compose.form import Part, parts_of
from chipassets.lock import LockedTake
from chipassets.music.motifs import heard_in, meant_by, statement_notes
from chipassets.music.score import Score, Section, Statement
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import Motif, TrackPlan
from chipassets.selection.judging import judge
from chipassets.selection.moods import Evidence


@dataclass(frozen=True, slots=True)
class Findings:
    """The measured part of a track's entry in the index."""

    metrics: dict[str, float]
    moods: list[MoodEvidence]
    scene: SceneEvidence
    statements: list[StatementEntry]
    warnings: list[str]


def find_evidence(
    score: Score, track: TrackPlan, take: LockedTake, grams: GramIndex | None
) -> Findings:
    """Return the measured part of a track's index entry, in the key of the score."""
    track = replace(track, key=score.key)
    found = judge(score, track, grams)
    originality = found.rating.originality
    tunes = [*track.motifs, *(melody.tune for melody in track.melodies)]
    statements = find_statements(score, tunes)
    return Findings(
        metrics=found.rating.metrics.to_dict() | (originality.to_dict() if originality else {}),
        moods=[_mood_entry(item) for item in found.moods],
        scene=_scene_entry(found.scene),
        statements=statements,
        # A person accepted the take, or changed its notes: that is as they want it.
        warnings=([] if take.accepted else found.warnings(track.temperature))
        + [_broken(said, track) for said in statements if not said.whole and not take.origin],
    )


def find_statements(score: Score, motifs: Sequence[Motif]) -> list[StatementEntry]:
    """Return each statement of the motifs in a score, with whether its notes are heard.

    Motifs that were removed from the manifest after the take was accepted are left out.
    """
    return [
        _statement_entry(said, meant, score)
        for said in score.statements
        if (meant := meant_by(said, motifs, score)) is not None
    ]


def _statement_entry(said: Statement, motif: Motif, score: Score) -> StatementEntry:
    """Return the index entry of a motif's statement, and whether its notes are heard."""
    bar, step = divmod(said.start_step, score.steps_per_bar)
    parts = [part for part in parts_of(score.sections) if part.section.start_bar <= bar]
    part = parts[-1] if parts else Part(Section("", 0, score.bars))
    back = (part.section.start_bar - part.source_bar) * score.steps_per_bar
    returning_end = (part.section.start_bar + part.returning_bars) * score.steps_per_bar
    notes = statement_notes(motif, said, score.key)
    pitches = [note.pitch for note in notes]
    return StatementEntry(
        motif=said.motif,
        section=part.section.name,
        start_bar=bar,
        start_step=step,
        steps=said.steps,
        motif_key=str(motif.key),
        transposition=said.shift,
        stretch=said.stretch_halves / 2,
        lowest=min(pitches),
        highest=max(pitches),
        returned=said.start_step + said.steps <= returning_end
        and replace(said, start_step=said.start_step - back) in score.statements,
        whole=heard_in(motif.part, notes, score) == len(notes),
    )


def _broken(said: StatementEntry, track: TrackPlan) -> str:
    """Return the warning of a motif or melody of which notes are missing."""
    melodies = {one.tune.name: f"the melody of {one.section}" for one in track.melodies}
    tune = melodies.get(said.motif, f"the motif {said.motif!r}")
    return f"{tune} is not whole where it is stated, in bar {said.start_bar + 1}"


def _mood_entry(found: Evidence) -> MoodEvidence:
    """Return the evidence for a mood as the index has it."""
    return MoodEvidence(
        mood=found.tag,
        measured=found.measured,
        wanted=_pairs(found),
        fits=found.fits,
        score=found.score,
        given=list(found.given),
    )


def _scene_entry(found: Evidence) -> SceneEvidence:
    return SceneEvidence(
        scene=found.tag,
        measured=found.measured,
        wanted=_pairs(found),
        fits=found.fits,
        score=found.score,
        given=list(found.given),
        resembles=found.resembles,
    )


def _pairs(found: Evidence) -> dict[str, list[float]]:
    """Return the wanted ranges as pairs, as JSON has them."""
    return {name: [float(span.low), float(span.high)] for name, span in found.wanted.items()}
