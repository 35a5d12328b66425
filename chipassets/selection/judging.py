"""One judgement of a take: its rating, what its tags promise and keep, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.music.score import Note, Score
from chipassets.originality import GramIndex, Originality, check_originality
from chipassets.plan.trackplan import TrackPlan
from chipassets.selection.moods import Evidence, complaints, mood_evidence, scene_evidence
from chipassets.selection.takes import Rating, rate

_COLD_TEMPERATURE = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is measured of a take: its rating, and the evidence for its scene and its moods."""

    rating: Rating
    scene: Evidence
    moods: tuple[Evidence, ...]

    @property
    def complaints(self) -> tuple[str, ...]:
        """One line for each tag that the notes do not keep."""
        return complaints((self.scene, *self.moods))

    def warnings(self, temperature: float) -> list[str]:
        """Return what is wrong with the take that was chosen, one line each."""
        refused = self.rating.refused
        found = [f"no better take was found: {refused}"] if refused else []
        if found and temperature < _COLD_TEMPERATURE:
            found.append(
                f"temperature {temperature:g} leaves the model no choice, so it repeats itself; "
                "0.8 to 1.2 works"
            )
        return found + list(self.complaints)


def judge(
    score: Score,
    track: TrackPlan,
    grams: GramIndex | None,
    search_cost: float | None = None,
    critic: float | None = None,
) -> Judgement:
    """Return the judgement of a finished score; `search_cost` and `critic` are those of `rate`."""
    rating = rate(score, track, originality_of(score, track, grams), search_cost, critic)
    metrics = rating.metrics
    return Judgement(rating, scene_evidence(metrics, track), mood_evidence(metrics, track))


def originality_of(score: Score, track: TrackPlan, grams: GramIndex | None) -> Originality | None:
    """Return what a take shares with the corpus beside what the user put in; None without index."""
    if grams is None:
        return None
    return check_originality(score.notes, grams, given_notes(track))


def given_notes(track: TrackPlan) -> tuple[tuple[Note, ...], ...]:
    """Return the melodies that the user put into a track: its primer, motifs and melodies."""
    primer = () if track.primer is None else (track.primer.notes,)
    tunes = (*track.motifs, *(melody.tune for melody in track.melodies))
    return (*primer, *(tune.notes for tune in tunes))
