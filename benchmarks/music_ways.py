"""The same tracks four ways, each track's measures kept in a folder so that a run can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.music_magenta import magenta_scores, score_of_midi
from chipassets.casting import originality_of
from chipassets.compose.composer import compose_takes
from chipassets.compose.lead_in import lead_ins
from chipassets.compose.weights import Model
from chipassets.freshness import notes_key
from chipassets.generate import Request, generate
from chipassets.moods import unmet
from chipassets.originality import GramIndex
from chipassets.score import Score
from chipassets.shape import shape
from chipassets.takes import Rating, choose_rated, rate
from chipassets.trackplan import TrackPlan

TAKES = 16
INSIDE_POINTS = 0.75
"""What a feature gains at the ends of its range: more is inside."""

MAGENTA, UNGUIDED, GUIDED, BEST = "Magenta", "unguided", "guided", f"best of {TAKES}"


@dataclass(frozen=True, slots=True)
class Row:
    """What one track measures: its features' values, and whether each lies in its range."""

    features: dict[str, tuple[float, bool]]
    total: float
    refused: bool
    tags_kept: bool
    longest_run: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compose: its name, and the row of each track."""

    name: str
    rows: list[Row]

    def values(self, feature: str) -> list[tuple[float, bool]]:
        """Return a feature's value and whether it lies in its range, of each track that has it."""
        return [row.features[feature] for row in self.rows if feature in row.features]


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
        row = json.loads(path.read_text(encoding="utf-8"))
        row["features"] = {name: tuple(pair) for name, pair in row["features"].items()}
        return Row(**row)

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
    rows: dict[str, list[Row]] = {UNGUIDED: [], GUIDED: [], BEST: []}
    for track in plans:
        report(track.name)
        alone = shelf.take(UNGUIDED, track)
        rows[UNGUIDED].append(alone or shelf.put(UNGUIDED, track, _unguided(track, model, grams)))
        first, best = shelf.take(GUIDED, track), shelf.take(BEST, track)
        if first is None or best is None:
            first, best = _guided(track, model, grams)
            shelf.put(GUIDED, track, first)
            shelf.put(BEST, track, best)
        rows[GUIDED].append(first)
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
        shelf.put(MAGENTA, track, _row(_rated(track, [score], model, grams)[0], track, each))
        for track, score in zip(plans, scores, strict=True)
    ]


def _unguided(track: TrackPlan, model: Model, grams: GramIndex | None) -> Row:
    """What the model alone writes."""
    start = time.process_time()
    request = Request(num_outputs=1, num_steps=track.total_steps, seed=track.seed)
    score = score_of_midi(generate(request, model)[0], track)
    seconds = time.process_time() - start
    return _row(_rated(track, [score], model, grams)[0], track, seconds)


def _guided(track: TrackPlan, model: Model, grams: GramIndex | None) -> tuple[Row, Row]:
    """The first of the takes, and the best; both cost the block of all of them."""
    start = time.process_time()
    takes = [shape(score, track) for score in compose_takes(track, model, count=TAKES)]
    seconds = time.process_time() - start
    ratings = _rated(track, takes, model, grams)
    kept = [not unmet(rating.metrics, track) for rating in ratings]
    best = ratings[choose_rated(ratings, kept).index]
    return _row(ratings[0], track, seconds), _row(best, track, seconds)


def _rated(
    track: TrackPlan, scores: Sequence[Score], model: Model, grams: GramIndex | None
) -> list[Rating]:
    leads = lead_ins(track, model, scores)
    return [
        rate(score, track, originality_of(score, track, grams), lead)
        for score, lead in zip(scores, leads, strict=True)
    ]


def _row(rating: Rating, track: TrackPlan, seconds: float) -> Row:
    own = rating.originality
    return Row(
        {f.name: (float(f.value), f.points >= INSIDE_POINTS) for f in rating.features},
        float(rating.total),
        rating.refused is not None,
        not unmet(rating.metrics, track),
        own.longest_run if own else 0,
        round(seconds, 3),
    )
