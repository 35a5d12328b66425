"""The judgement of a take: its rating, the evidence for its tags, and warnings."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.music.score import Note, Score
from chipassets.originality import GramIndex, Originality, check_originality
from chipassets.plan.trackplan import TrackPlan
from chipassets.selection.moods import Evidence, complaints, mood_evidence, scene_evidence
from chipassets.selection.takes import Rating, missed_densities, rate

_COLD_TEMPERATURE = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """The measures of a take: its rating, and the evidence for its scene and its moods.

    missed: one line for each section whose density is not the one that the manifest asks for.
    """

    rating: Rating
    scene: Evidence
    moods: tuple[Evidence, ...]
    missed: tuple[str, ...] = ()

    @property
    def complaints(self) -> tuple[str, ...]:
        """Return one line for each tag that the notes do not fit."""
        return complaints((self.scene, *self.moods))

    def warnings(self, temperature: float) -> list[str]:
        """Return what is wrong with the chosen take, one line each."""
        refused = self.rating.refused
        found = [f"no better take was found: {refused}"] if refused else []
        if found and temperature < _COLD_TEMPERATURE:
            found.append(
                f"temperature {temperature:g} makes the model repeat itself; use 0.8 to 1.2"
            )
        return [*found, *self.missed, *self.complaints]


def judge(
    score: Score,
    track: TrackPlan,
    grams: GramIndex | None,
    search_cost: float | None = None,
    critic: float | None = None,
) -> Judgement:
    """Return the judgement of a finished score; `search_cost` and `critic` as in `rate`."""
    rating = rate(score, track, originality_of(score, track, grams), search_cost, critic)
    metrics = rating.metrics
    return Judgement(
        rating,
        scene_evidence(metrics, track),
        mood_evidence(metrics, track),
        missed_densities(score, track),
    )


def originality_of(score: Score, track: TrackPlan, grams: GramIndex | None) -> Originality | None:
    """Return what a take shares with the corpus, the user's own notes left out.

    None without index.
    """
    if grams is None:
        return None
    return check_originality(score.notes, grams, given_notes(track))


def given_notes(track: TrackPlan) -> tuple[tuple[Note, ...], ...]:
    """Return the melodies that the user wrote for a track: its primer, motifs and melodies."""
    primer = () if track.primer is None else (track.primer.notes,)
    tunes = (*track.motifs, *(melody.tune for melody in track.melodies))
    return (*primer, *(tune.notes for tune in tunes))
