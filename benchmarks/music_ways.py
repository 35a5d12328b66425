"""The same tracks four ways, each track's measures kept in a folder so that a run can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.music_features import features_of
from benchmarks.music_magenta import magenta_scores, score_of_midi
from chipassets.compose.composer import compose_with_costs
from chipassets.compose.weights import Model
from chipassets.music.score import Score
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import TrackPlan
from chipassets.production.generate import Request, generate
from chipassets.selection.judging import originality_of
from chipassets.selection.moods import unmet
from chipassets.selection.takes import choose_rated, rate
from chipassets.shape import shape
from chipassets.stored.cache_keys import notes_key

TAKES = 16
MAGENTA, UNGUIDED, ONE, BEST = "Magenta", "unguided", "one take", f"best of {TAKES}"


@dataclass(frozen=True, slots=True)
class Row:
    """What one track measures: its features by name, none where it is too short for them."""

    features: dict[str, float]
    refused: bool
    tags_kept: bool
    longest_run: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compose: its name, and the row of each track."""

    name: str
    rows: list[Row]

    @property
    def pieces(self) -> list[dict[str, float]]:
        """The features of each track that is long enough for them."""
        return [row.features for row in self.rows if row.features]


class Shelf:
    """Rows of former runs in a folder, one file each; without a folder nothing is kept.

    A row is found again while plan, model, index and the versions of composing are the same; a
    change of the measures alone asks for an empty folder.
    """

    def __init__(self, folder: Path | None, model: Model, grams: GramIndex | None) -> None:
        self._folder = folder
        self._hashes = model.sha256, grams.sha256 if grams else ""
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def take(self, way: str, track: TrackPlan) -> Row | None:
        """Return the row of a track, if it is there."""
        path = self._path(way, track)
        if path is None or not path.is_file():
            return None
        return Row(**json.loads(path.read_text(encoding="utf-8")))

    def put(self, way: str, track: TrackPlan, row: Row) -> Row:
        """Keep the row, whole or not at all, and return it."""
        path = self._path(way, track)
        if path is not None:
            beside = path.with_suffix(".part")
            beside.write_text(json.dumps(asdict(row)), encoding="utf-8")
            beside.replace(path)
        return row

    def _path(self, way: str, track: TrackPlan) -> Path | None:
        if self._folder is None:
            return None
        key = sha256(f"{way} {notes_key(track, *self._hashes)}".encode()).hexdigest()[:24]
        return self._folder / f"{key}.json"


def compare(
    plans: Sequence[TrackPlan],
    magenta_count: int,
    model: Model,
    grams: GramIndex | None,
    shelf: Shelf,
    report: Callable[[str], None],
) -> list[Way]:
    """Return all four ways, Magenta's on the first tracks alone."""
    chosen = plans[:magenta_count]
    ways = [Way(MAGENTA, _by_magenta(chosen, model, grams, shelf, report))] if chosen else []
    rows: dict[str, list[Row]] = {UNGUIDED: [], ONE: [], BEST: []}
    for track in plans:
        report(track.name)
        alone = shelf.take(UNGUIDED, track)
        rows[UNGUIDED].append(alone or shelf.put(UNGUIDED, track, _unguided(track, model, grams)))
        first, best = shelf.take(ONE, track), shelf.take(BEST, track)
        if first is None or best is None:
            first, best = _composed(track, model, grams)
            shelf.put(ONE, track, first)
            shelf.put(BEST, track, best)
        rows[ONE].append(first)
        rows[BEST].append(best)
    return [*ways, *(Way(name, found) for name, found in rows.items())]


def _by_magenta(
    plans: Sequence[TrackPlan],
    model: Model,
    grams: GramIndex | None,
    shelf: Shelf,
    report: Callable[[str], None],
) -> list[Row]:
    """Magenta's rows; those that are missing come from one run, as a seed stands for all of it."""
    known = [shelf.take(MAGENTA, track) for track in plans]
    if all(known):
        return [row for row in known if row]
    report(f"Magenta, {len(plans)} tracks")
    start = time.perf_counter()
    scores = magenta_scores(model, plans)
    each = (time.perf_counter() - start) / len(plans)
    return [
        shelf.put(MAGENTA, track, _row(score, track, grams, each))
        for track, score in zip(plans, scores, strict=True)
    ]


def _unguided(track: TrackPlan, model: Model, grams: GramIndex | None) -> Row:
    """What the model alone writes."""
    start = time.process_time()
    request = Request(num_outputs=1, num_steps=track.total_steps, seed=track.seed)
    score = score_of_midi(generate(request, model)[0], track)
    seconds = time.process_time() - start
    return _row(score, track, grams, seconds)


def _composed(track: TrackPlan, model: Model, grams: GramIndex | None) -> tuple[Row, Row]:
    """The first of the takes, and the one that is chosen; both cost what all of them cost."""
    start = time.process_time()
    takes = compose_with_costs(track, model, count=TAKES)
    scores = [shape(take.score, track) for take in takes]
    seconds = time.process_time() - start
    ratings = [
        rate(score, track, originality_of(score, track, grams), take.search_cost)
        for score, take in zip(scores, takes, strict=True)
    ]
    kept = [not unmet(rating.metrics, track) for rating in ratings]
    best = scores[choose_rated(ratings, kept).index]
    return _row(scores[0], track, grams, seconds), _row(best, track, grams, seconds)


def _row(score: Score, track: TrackPlan, grams: GramIndex | None, seconds: float) -> Row:
    rating = rate(score, track, originality_of(score, track, grams))
    own = rating.originality
    notes = [(note.start_step, note.end_step, note.pitch) for note in score.notes]
    return Row(
        features_of(notes) or {},
        rating.refused is not None,
        not unmet(rating.metrics, track),
        own.longest_run if own else 0,
        round(seconds, 3),
    )
