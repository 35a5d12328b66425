"""Which hand-made terms of the composer's search help: each is switched off in turn.

The same tracks are composed with all terms and without each of them: ten scenes, as many seeds as
the number of tracks asks for, the first takes of each, without a choice among takes. Each set of
takes is compared with people's pieces by the measures of `music_features`, which neither the search
nor the choice looks at: the share of features within half a standard deviation, the Fréchet
distance, and the median ratio of spreads. What a term does is the difference between the two sets;
its interval is that of a bootstrap over the tracks, the same tracks drawn for both sets, so that
what chance explains is not read as an effect.

Run: python -m benchmarks.ablation --keep FOLDER [--tracks 40] [--takes 2] [--first-seed 1]
[--seconds S] [--only WORDS]. What was measured stays in the folder, and a run that was stopped, or
that ended after S seconds, goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

# One thread, as a build's workers have: two would wait for each other on a busy machine.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

import numpy as np
from numpy.typing import NDArray

from benchmarks.ablation_terms import TERMS, Term, without
from benchmarks.music_features import features_of
from benchmarks.music_targets import Nearness, Targets, nearness, read_targets
from chipassets.compose.composer import sketch
from chipassets.compose.material import Material, propose
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.weights import Model, open_model
from chipassets.plan.presets import SCENES
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.shape import shape

Piece = dict[str, float]
Floats = NDArray[np.float64]
_DRAWS = 600
_INTERVAL = (1.0, 99.0)
"""Of sixty terms with three measures each, some four are outside by chance."""


@dataclass(frozen=True, slots=True)
class Made:
    """The takes of a track: the features of each, and a hash of all their notes."""

    pieces: list[Piece]
    notes: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What switching a term off does: the measure's change, and its interval by the bootstrap.

    least: the smallest change that counts.
    """

    change: float
    low: float
    high: float
    least: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether the change is large enough, and its interval lies on one side of 0."""
        return abs(self.change) > self.least and (self.low > 0 or self.high < 0)


MEASURES = ("within half an sd", "Fréchet distance", "ratio of spreads")
_BETTER = (1, -1, 1)
"""Whether more is better, by measure; a ratio of spreads counts up to 1."""
_LEAST = (0.03, 0.1, 0.01)
"""Smaller changes count as none: a feature of 47 that crosses the line is one of 0.02."""


def tracks(count: int, first_seed: int) -> list[TrackPlan]:
    """Return tracks of all scenes, all of a seed before those of the next."""
    from chipassets.manifest import parse_manifest

    body = "".join(f"  {scene}: {{scene: {scene}}}\n" for scene in SCENES)
    found: list[TrackPlan] = []
    seed = first_seed
    while len(found) < count:
        text = f"game: Ablation\nseed: {seed}\ntracks:\n{body}"
        found += resolve(parse_manifest(text.encode(), Path("ablation.yaml"))).tracks
        seed += 1
    return found[:count]


class Bench:
    """Composes with and without terms, and keeps what was measured in a folder."""

    def __init__(self, folder: Path, plans: Sequence[TrackPlan], takes: int, model: Model) -> None:
        self.folder = folder
        self.plans = plans
        self.takes = takes
        self.model = model
        self._materials: dict[int, Material] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def made(self, term: Term | None, place: int) -> Made:
        """Return the takes of a track, with all terms or without one."""
        path = self._path(term, place)
        if path.is_file():
            return Made(**json.loads(path.read_text(encoding="utf-8")))
        track = self.plans[place]
        if term is not None and term.weight:
            track = replace(track, guidance=((term.weight, 0.0),))
        if term is None or term.weight:
            made = self._composed(track, place)
        else:
            with without(term):
                made = self._composed(track, place)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps({"pieces": made.pieces, "notes": made.notes}))
        beside.replace(path)
        return made

    def _composed(self, track: TrackPlan, place: int) -> Made:
        if place not in self._materials:
            # No term is a part of what the network proposes, which takes most of the time.
            self._materials = {place: propose(self.plans[place], self.model)}
        pieces, notes = [], sha256()
        for take in range(self.takes):
            score = shape(sketch(track, self._materials[place], take).score, track)
            played = [(note.start_step, note.end_step, note.pitch) for note in score.notes]
            notes.update(repr((played, score.drums)).encode())
            pieces.append(features_of(played) or {})
        return Made(pieces, notes.hexdigest())

    def _path(self, term: Term | None, place: int) -> Path:
        track = self.plans[place]
        said = (term.name, term.weight, sorted(term.values)) if term else ()
        key = (COMPOSE_VERSION, self.model.sha256, repr(track), self.takes, said)
        return self.folder / f"{sha256(repr(key).encode()).hexdigest()[:24]}.json"


def measures(pieces: Sequence[Piece], targets: Targets) -> tuple[float, ...]:
    """Return the measures of a set of pieces; those that are too short to be measured are out."""
    found: Nearness = nearness([piece for piece in pieces if piece], targets)
    return found.within_half, found.frechet, found.median_spread


def effects(
    full: Sequence[Made], less: Sequence[Made], targets: Targets, seed: int = 1
) -> tuple[Effect, ...]:
    """Return how each measure changes from one set of tracks to the other, with its interval."""
    rng = np.random.default_rng(seed)

    def change(places: Sequence[int]) -> Floats:
        """Return the changes for tracks drawn with repetition."""
        sets = ([piece for n in places for piece in side[n].pieces] for side in (full, less))
        before, after = (measures(pieces, targets) for pieces in sets)
        return np.asarray(np.array(after) - np.array(before), np.float64)

    every = range(len(full))
    whole = change(every)
    drawn = np.array(
        [change(rng.integers(0, len(full), len(full)).tolist()) for _ in range(_DRAWS)]
    )
    # A distance of few pieces is too large, and more so of drawn ones: the draws tell the spread.
    spread = drawn - np.median(drawn, axis=0)
    low, high = np.percentile(spread, _INTERVAL, axis=0)
    return tuple(
        Effect(float(value), float(value + below), float(value + above), least)
        for value, below, above, least in zip(whole, low, high, _LEAST, strict=True)
    )


def verdict(found: Sequence[Effect], changed: int) -> str:
    """Return what the term does, judged by the measures whose interval excludes 0."""
    if not changed:
        return "never acts"
    signs = {
        better * np.sign(effect.change)
        for better, effect in zip(_BETTER, found, strict=True)
        if effect.is_clear
    }
    if not signs:
        return "no clear effect"
    if len(signs) == 2:
        return "mixed"
    return "helps" if signs == {-1.0} else "costs"


def main() -> None:
    """Compose what is missing, and print the table when all is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, help="a folder for what was measured")
    parser.add_argument("--tracks", type=int, default=40)
    parser.add_argument("--takes", type=int, default=2, help="takes of each track")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--only", help="only terms in whose names this text is")
    parser.add_argument("--targets", type=Path, help="a CSV of people's pieces, one a row")
    wanted = parser.parse_args()
    began = time.monotonic()
    terms = [term for term in TERMS if not wanted.only or wanted.only in term.name]
    plans = tracks(wanted.tracks, wanted.first_seed)
    bench = Bench(wanted.keep, plans, wanted.takes, open_model("default"))
    made: dict[str, list[Made]] = {name: [] for name in ("", *(term.name for term in terms))}
    for place in range(len(plans)):
        for term in (None, *terms):
            if time.monotonic() - began > wanted.seconds:
                print(f"stopped at track {place + 1} of {len(plans)}; run it again to go on")
                sys.exit(3)
            made[term.name if term else ""].append(bench.made(term, place))
    print(table(made, terms, read_targets(wanted.targets), wanted.takes))


def table(made: dict[str, list[Made]], terms: Sequence[Term], targets: Targets, takes: int) -> str:
    """Return the table of all terms, those that help first."""
    full = made[""]
    now = measures([piece for one in full for piece in one.pieces], targets)
    lines = [
        f"{len(full)} tracks, {takes} takes each; with all terms: "
        + ", ".join(f"{name} {value:.2f}" for name, value in zip(MEASURES, now, strict=True)),
        f"Without the term, each measure changes by (98 % interval, {_DRAWS} bootstrap draws of "
        f"the tracks); * where it excludes 0 and the change is over {_LEAST[0]}, {_LEAST[1]} and "
        f"{_LEAST[2]}",
        "",
        "| term | what it says | tracks that change | " + " | ".join(MEASURES) + " | the term |",
        "|---" * (len(MEASURES) + 4) + "|",
    ]
    rows = []
    for term in terms:
        less = made[term.name]
        changed = sum(a.notes != b.notes for a, b in zip(full, less, strict=True))
        found = effects(full, less, targets)
        cells = " | ".join(
            f"{e.change:+.2f} ({e.low:+.2f} to {e.high:+.2f}){'*' if e.is_clear else ''}"
            for e in found
        )
        said = verdict(found, changed)
        rows.append((said, f"| {term.name} | {term.says} | {changed} | {cells} | {said} |"))
    order = ("helps", "mixed", "no clear effect", "costs", "never acts")
    rows.sort(key=lambda row: order.index(row[0]))
    return "\n".join([*lines, *(row for _, row in rows)])


if __name__ == "__main__":
    main()
