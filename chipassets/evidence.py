"""What the bundle says of a track's notes: metrics, evidence for its tags, and warnings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chipassets.bundle import MoodEvidence, SceneEvidence
from chipassets.casting import originality_of, warnings_about
from chipassets.lock import LockedTake
from chipassets.moods import Evidence, complaints, mood_evidence, scene_evidence
from chipassets.originality import GramIndex
from chipassets.score import Score
from chipassets.takes import rate
from chipassets.trackplan import TrackPlan


@dataclass(frozen=True, slots=True)
class Findings:
    """The measured part of a track's entry in the index."""

    metrics: dict[str, float]
    moods: list[MoodEvidence]
    scene: SceneEvidence
    warnings: list[str]


def find_evidence(
    score: Score, track: TrackPlan, take: LockedTake, grams: GramIndex | None
) -> Findings:
    """Return what is measured of a track's notes, which may be older than its plan's key."""
    track = replace(track, key=score.key)
    originality = originality_of(score, track, grams)
    rating = rate(score, track, originality)
    scene = scene_evidence(rating.metrics, track)
    moods = mood_evidence(rating.metrics, track)
    return Findings(
        metrics=rating.metrics.to_dict() | (originality.to_dict() if originality else {}),
        moods=[_mood_entry(item) for item in moods],
        scene=_scene_entry(scene),
        warnings=warnings_about(rating, complaints((scene, *moods)), track, accepted=take.accepted),
    )


def _mood_entry(found: Evidence) -> MoodEvidence:
    return MoodEvidence(
        mood=found.tag,
        measured=found.measured,
        wanted=_pairs(found),
        fits=found.fits,
        score=found.score,
    )


def _scene_entry(found: Evidence) -> SceneEvidence:
    return SceneEvidence(
        scene=found.tag,
        measured=found.measured,
        wanted=_pairs(found),
        fits=found.fits,
        score=found.score,
        resembles=found.resembles,
    )


def _pairs(found: Evidence) -> dict[str, list[float]]:
    return {name: [float(span.low), float(span.high)] for name, span in found.wanted.items()}
