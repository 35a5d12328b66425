"""Takes: chooses one of several composed candidates from measured features, and says why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from chipassets.errors import ComposeError
from chipassets.music.likeness import distances, likeness_of
from chipassets.music.metrics import Metrics, measure, onsets_per_beat
from chipassets.music.notes import LEAD, WIDEST_STEP
from chipassets.music.score import Score
from chipassets.originality import Originality
from chipassets.plan.trackplan import Range, TrackPlan
from chipassets.selection.craft import Craft, measure_craft
from chipassets.selection.preference import preference
from chipassets.units import amount_of

# Roughly the middle half of 436 excerpts of 16 bars of free game music, widened towards the
# medians of 5,278 transcribed pieces for the same chip where the two differ.
_KEY_FIT = Range(0.9, 1.0)
_GROOVE = Range(0.72, 1.0)
_ON_BEAT = Range(0.26, 0.69)
_REPETITION = Range(0.0, 0.56)
_LEAD_STEP = Range(1.2, 6.5)
_LEAP_RATE = Range(0.0, 0.3)
_REPEATED_NOTES = Range(0.0, 0.5)
_LEAD_RANGE = Range(9, 40)
_IDLE_BARS = Range(0.0, 0.2)
_EMPTY_BEATS = Range(0.0, 0.1)
_MOST_EMPTY = 0.4
_SEAM_INTERVAL = Range(0, 4)

_CLASH = Range(0.0, 0.04)
_WIDE_LEAPS = Range(0.0, 0.06)
_FOREIGN = Range(0.1, 0.35)
_BASS_SAME = Range(0.1, 0.6)
_SAME_BARS = Range(2, 5)
_HOLES = Range(0.0, 0.25)
_OFF_BEAT = Range(0.4, 0.7)
_PEAK_BARS = Range(0.06, 0.3)
_SEARCH_COST = Range(0.3, 1.8)

_NOTICED = 0.05
"""The least difference of totals for which one take is preferred; chosen by reading takes."""

_CRITIC = Range(-2.0, 8.0)
"""Log-odds against a human author: the value with full points, and the usual value of takes."""

_PREFERENCE = Range(-2.0, 2.5)
"""Marks above a usual take's that have no points, and full points."""
_PREFERENCE_WEIGHT = 40.0
"""More than all other features of composed music together: they say little about the marks."""

_SHARED_GRAMS = Range(0.0, 0.05)
"""Allowed share of 10-grams found in the corpus: up to the mean share between human composers."""

_MOST_SHARED_GRAMS = 0.2
_LONGEST_SHARED_RUN = 15

_SHORT_BARS = 4
"""Up to this many bars a piece is too short to measure repetition, entropy and groove."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One measured value, its points (0..1) and its weight."""

    name: str
    value: float
    points: float
    weight: float


@dataclass(frozen=True, slots=True)
class Rating:
    """A take's features and its total, 0..1; `refused` is the reason if the take is disqualified.

    originality is None if there is no corpus to compare with.
    """

    features: tuple[Feature, ...]
    total: float
    refused: str | None
    metrics: Metrics
    originality: Originality | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen take, the reason in one phrase, and every take's rating."""

    index: int
    why: str
    ratings: tuple[Rating, ...]


def choose(scores: Sequence[Score], track: TrackPlan) -> Choice:
    """Return the best of the scores: one that is not refused, then one with the highest total.

    The first of equals is taken. ComposeError without scores.
    """
    return choose_rated([rate(score, track) for score in scores])


def choose_rated(ratings: Sequence[Rating], keeps_tags: Sequence[bool] = ()) -> Choice:
    """Return the best of rated takes: not refused, then fitting its tags, then the highest total.

    The first of equals is taken, and totals within `_NOTICED` count as equal: always taking the
    last hundredth would make all tracks alike. ComposeError without takes.
    """
    if not ratings:
        raise ComposeError("there are no takes to choose from; set takes to 1 or more")
    ranks = _ranks(ratings, keeps_tags)
    best = ranks.index(max(ranks))
    return Choice(best, explain(ratings, best, keeps_tags), tuple(ratings))


def _ranks(ratings: Sequence[Rating], keeps_tags: Sequence[bool]) -> list[tuple[bool, bool, int]]:
    """Return for each take what it is chosen by; the greater is the better."""
    keeps = keeps_tags or [True] * len(ratings)
    return [
        (rating.refused is None, kept, round(rating.total / _NOTICED))
        for rating, kept in zip(ratings, keeps, strict=True)
    ]


def rate(
    score: Score,
    track: TrackPlan,
    originality: Originality | None = None,
    search_cost: float | None = None,
    critic: float | None = None,
) -> Rating:
    """Return the rating of a take against the ranges of the track's character.

    search_cost: cost of the tune in the search, in points per bar, None without a search. critic:
    the mean log-odds that a person wrote the take's phrases, None without the learned critic.
    """
    metrics = measure(score, track.pulse_steps)
    craft = measure_craft(score, track.pulse_steps)
    features = _features(metrics, score, track) + _craft_features(craft, score)
    features += _own_features(originality)
    features += _likeness(score, track) + _avoided_leaps(score, track)
    if search_cost is not None:
        cost = _at_most(search_cost, _SEARCH_COST)
        features += (Feature("search", round(search_cost, 3), cost, 1.5),)
    if score.is_voiced:
        features += (_preferred(score, track),)
    if critic is not None:
        features += (Feature("critic", round(critic, 3), _at_most(-critic, _CRITIC), 4.0),)
    weight = math.fsum(feature.weight for feature in features)
    total = math.fsum(feature.points * feature.weight for feature in features) / weight
    written = _written_bars(score, track)
    held = _bars_that_may_hold(score, track)
    refused = _refusal(metrics, score, len(held), is_written=bool(written))
    refused = refused or _marked(craft, written | held)
    refused = refused or _copied(originality)
    return Rating(features, total, refused, metrics, originality)


def _preferred(score: Score, track: TrackPlan) -> Feature:
    """Return how many marks better than a usual take's readers would rate the opening."""
    found = preference(score, track.pulse_steps)
    return Feature("preference", round(found, 3), _between(found, _PREFERENCE), _PREFERENCE_WEIGHT)


def _anywhere(value: float, wanted: Range) -> float:
    """Return 1 in the range, whose middle is no better; outside it what `Range.points` gives."""
    return wanted.points(value) if wanted.distance(value) else 1.0


def _between(value: float, wanted: Range) -> float:
    """Return 0 at the low end and below, rising evenly to 1 at the high end."""
    return min(1.0, max(0.0, (value - wanted.low) / (wanted.high - wanted.low)))


def _at_most(value: float, wanted: Range) -> float:
    """Return 1 from the low end down to 0.75 at the high end, falling to 0 one width beyond."""
    return Range(2 * wanted.low - wanted.high, wanted.high).points(value)


def _features(metrics: Metrics, score: Score, track: TrackPlan) -> tuple[Feature, ...]:
    """Return the features that the tags set ranges for, and those of the loop."""
    m, character = metrics, track.character
    rows = [
        _density(m, score, track),
        ("voices", m.polyphony, _anywhere(m.polyphony, character.polyphony), 1.0),
        ("register", m.lead_pitch, _anywhere(m.lead_pitch, character.lead_pitch), 1.5),
        ("rests", m.empty_beat_rate, _at_most(m.empty_beat_rate, _EMPTY_BEATS), 1.0),
    ]
    if not score.is_voiced:
        rows += _merged_rows(m, score)
    if score.loop_start_bar is not None and not score.is_voiced:
        rows.append(("seam", m.seam_interval, _at_most(m.seam_interval, _SEAM_INTERVAL), 1.0))
    return tuple(Feature(*row) for row in rows)


_Row = tuple[str, float, float, float]


def _density(m: Metrics, score: Score, track: TrackPlan) -> _Row:
    """Return the density feature: of the whole take, or by section if the manifest sets it so."""
    asked = asked_densities(score, track)
    points = min(
        (_anywhere(found, wanted) for _, found, wanted in asked),
        default=_anywhere(m.onsets_per_beat, track.character.density),
    )
    return "density", m.onsets_per_beat, points, _ASKED_DENSITY_WEIGHT if asked else 2.0


def missed_densities(score: Score, track: TrackPlan) -> tuple[str, ...]:
    """Return a line for each section whose density is outside the range that the manifest sets."""
    return tuple(
        f"section {name} has {found:.2f} notes a beat, and density: asks for "
        f"{wanted.low:g} to {wanted.high:g}"
        for name, found, wanted in asked_densities(score, track)
        if max(wanted.low - found, found - wanted.high) > _DENSITY_TOLERANCE
    )


_DENSITY_TOLERANCE = 0.1
"""The difference from a wanted density, in notes per beat, that is not heard."""
_ASKED_DENSITY_WEIGHT = 28.0
"""What the manifest says of the density counts as much as a file that the track is to be like."""


def asked_densities(score: Score, track: TrackPlan) -> list[tuple[str, float, Range]]:
    """Return name, density and wanted range of each section whose density the manifest sets."""
    return [
        (
            section.name,
            onsets_per_beat(score, range(section.start_bar, section.start_bar + section.bars)),
            wanted,
        )
        for section in score.sections
        if (wanted := track.wished(section.name).density) is not None
    ]


def _merged_rows(m: Metrics, score: Score) -> list[_Row]:
    """Return the features of merged music, whose voices are not known."""
    rows: list[_Row] = [
        ("scale", m.key_fit, _KEY_FIT.points(m.key_fit), 2.0),
        ("on beat", m.on_beat_rate, _anywhere(m.on_beat_rate, _ON_BEAT), 1.0),
        ("steps", m.lead_step, _anywhere(m.lead_step, _LEAD_STEP), 1.0),
        ("leaps", m.leap_rate, _anywhere(m.leap_rate, _LEAP_RATE), 1.5),
        ("unisons", m.repeated_note_rate, _anywhere(m.repeated_note_rate, _REPEATED_NOTES), 1.0),
        ("idle bars", m.lead_idle_rate, _at_most(m.lead_idle_rate, _IDLE_BARS), 2.5),
    ]
    if score.bars > _SHORT_BARS:
        rows += [
            ("groove", m.groove_consistency, _anywhere(m.groove_consistency, _GROOVE), 1.5),
            ("repeats", m.repetition, _anywhere(m.repetition, _REPETITION), 1.0),
            ("range", m.lead_range, _anywhere(m.lead_range, _LEAD_RANGE), 1.0),
        ]
    return rows


def _craft_features(craft: Craft, score: Score) -> tuple[Feature, ...]:
    """Return the features of craft, for a score with known voices."""
    if not score.is_voiced:
        return ()
    rows: list[_Row] = [
        ("clashes", craft.clash, _at_most(craft.clash, _CLASH), 6.0),
        ("wide leaps", craft.wide_leaps, _at_most(craft.wide_leaps, _WIDE_LEAPS), 3.0),
        ("non-chord tones", 1 - craft.fit, _at_most(1 - craft.fit, _FOREIGN), 2.0),
        ("same bass", craft.bass_same, _at_most(craft.bass_same, _BASS_SAME), 1.0),
        ("holes", craft.holes, _at_most(craft.holes / max(1, score.bars), _HOLES), 2.0),
        ("off the beat", 1 - craft.on_pulse, _at_most(1 - craft.on_pulse, _OFF_BEAT), 1.5),
        ("same bar", craft.sameness, _at_most(craft.sameness, _SAME_BARS), 2.5),
    ]
    if score.loop_start_bar is not None:
        rows.append(("seam", craft.seam, _at_most(craft.seam, _SEAM_INTERVAL), 1.0))
    if score.bars > _SHORT_BARS:
        rows.append(("peak", craft.peak_bars, _at_most(craft.peak_bars, _PEAK_BARS), 1.5))
    return tuple(Feature(*row) for row in rows)


def _likeness(score: Score, track: TrackPlan) -> tuple[Feature, ...]:
    """Return how near a take is to the track's reference file in the measures that it aims at."""
    like = track.sounds_like
    if like is None:
        return ()
    try:
        own = likeness_of(score.notes, score.steps_per_bar, track.pulse_steps)
    except ValueError:
        return (Feature("likeness", 2.0, 0.0, _LIKENESS_WEIGHT),)
    away = [min(2.0, by) for name, by in distances(own, like.measures).items() if like.has(name)]
    found = sum(away) / len(away)
    return (Feature("likeness", round(found, 3), _at_most(found, _LIKE), _LIKENESS_WEIGHT),)


_LIKE = Range(0.2, 1.2)
_LIKENESS_WEIGHT = 28.0


def _avoided_leaps(score: Score, track: TrackPlan) -> tuple[Feature, ...]:
    """Return the share of leaps in the composed tune, if the manifest avoids them.

    Intervals between notes that the user wrote do not count.
    """
    if "leaps" not in track.avoid:
        return ()
    written = _written_bars(score, track)
    steps = score.steps_per_bar
    moves = [
        abs(after.pitch - before.pitch)
        for before, after in pairwise(score.part(LEAD))
        if not {before.start_step // steps, after.start_step // steps} <= written
    ]
    share = sum(move > WIDEST_STEP for move in moves) / max(1, len(moves))
    return (Feature("avoided leaps", round(share, 3), _at_most(share, _FEW_LEAPS), 14.0),)


_FEW_LEAPS = Range(0.0, 0.03)


def _own_features(originality: Originality | None) -> tuple[Feature, ...]:
    """Return the feature `own`: the share of sequences of ten notes that are in the corpus."""
    if originality is None:
        return ()
    share = originality.shares.get(10, 0.0)
    return (Feature("own", share, _at_most(share, _SHARED_GRAMS), 1.5),)


def _copied(originality: Originality | None) -> str | None:
    """Return why a take is too similar to a piece of the corpus; None if it is not."""
    if originality is None:
        return None
    if originality.longest_run > _LONGEST_SHARED_RUN:
        return f"{originality.notes} notes in a row are in the training corpus"
    share = originality.shares.get(10, 0.0)
    if share > _MOST_SHARED_GRAMS:
        return f"{share:.0%} of its 10-grams are in the training corpus"
    return None


def _written_bars(score: Score, track: TrackPlan) -> frozenset[int]:
    """Return the bars whose tune the user wrote, which count as intended."""
    names = {melody.tune.name for melody in track.melodies}
    return frozenset(
        bar
        for said in score.statements
        if said.motif in names
        for bar in range(
            said.start_step // score.steps_per_bar,
            -(-(said.start_step + said.steps) // score.steps_per_bar),
        )
    )


def _bars_that_may_hold(score: Score, track: TrackPlan) -> frozenset[int]:
    """Return the bars of sections in which the manifest wants too few notes for one that moves."""
    return frozenset(
        section.start_bar + bar
        for section in score.sections
        if track.may_hold(section.name)
        for bar in range(section.bars)
    )


def _marked(craft: Craft, exempt: frozenset[int]) -> str | None:
    """Return a musical mistake that disqualifies the take, or None.

    exempt: bars in which nothing has to happen.
    """
    dead = [bar for bar in craft.dead_bars if bar not in exempt]
    if dead:
        bars = ", ".join(str(bar + 1) for bar in dead)
        return (
            f"nothing happens in bar {bars}: the tune stays on one pitch or rests, and no other "
            "voice leads"
        )
    if craft.outside:
        lie = "note of the tune lies" if craft.outside == 1 else "notes of the tune lie"
        return f"{craft.outside} {lie} outside its range"
    if craft.bare_end:
        return "it ends on a bare octave"
    return None


def _refusal(metrics: Metrics, score: Score, held_bars: int, *, is_written: bool) -> str | None:
    """Return what makes a take unusable whatever its points, or None.

    That is silence, too few notes, a note that never ends, or a lead of one pitch. held_bars: the
    number of bars in which one note is enough.
    """
    bar = score.steps_per_bar
    if metrics.notes < max(3, 2 * score.bars - held_bars):
        return f"only {metrics.notes} notes in {score.bars} bars"
    if metrics.empty_beat_rate > _MOST_EMPTY:
        return f"silent in {metrics.empty_beat_rate:.0%} of its beats"
    if metrics.longest_rest_steps > bar:
        return f"silent for {metrics.longest_rest_steps} steps at a stretch"
    if metrics.longest_note_steps > 2 * bar and score.bars > 2:
        return f"a note stuck for {metrics.longest_note_steps} steps"
    if score.bars > 1 and metrics.pitches < 4:
        return f"stuck on {metrics.pitches} pitches"
    if score.bars > 1 and metrics.top_note_share > 0.6 and not is_written:
        return f"one pitch is {metrics.top_note_share:.0%} of its lead"
    return None


def explain(ratings: Sequence[Rating], best: int, keeps_tags: Sequence[bool] = ()) -> str:
    """Return one phrase that says why take number `best` was chosen among the rated takes.

    A take that only a person would choose, because another one is better, is not called the best.
    """
    winner = ratings[best]
    if winner.refused and any(rating.refused is None for rating in ratings):
        return f"a choice among takes would refuse it: {winner.refused}"
    if winner.refused:
        return f"no take was good; this one is the least bad: {winner.refused}"
    metrics = winner.metrics
    said = [f"scale {metrics.key_fit:.2f}"]
    said += [
        f"{feature.name} {feature.value:.2f}"
        for feature in winner.features
        if feature.name in ("clashes", "wide leaps", "groove", "likeness")
    ]
    if any(feature.name == "seam" for feature in winner.features):
        seam = int(next(f.value for f in winner.features if f.name == "seam"))
        said.append(f"seam {amount_of(seam, 'semitone')}")
    if winner.originality:
        said.append(f"own {1 - winner.originality.shares.get(10, 0.0):.2f}")
    middle = median(rating.total for rating in ratings)
    refused = sum(rating.refused is not None for rating in ratings)
    also = f", {refused} refused" if refused else ""
    ranks = _ranks(ratings, keeps_tags)
    word = "best" if ranks[best] == max(ranks) else "chosen by hand out"
    field = f"{word} of {len(ratings)} (median {middle:.2f}, this {winner.total:.2f}{also})"
    return f"{', '.join(said)}; {field}" if len(ratings) > 1 else ", ".join(said) + "; only take"
