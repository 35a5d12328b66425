"""What each step of composing buys: the same tracks four ways, measured feature by feature.

Magenta's own generator, our sampler unguided, one take of our composer, and the best of 16; ten
scenes with six seeds each. Magenta runs on the shipped model's weights, its controls left open.
The features are those of `music_features`, which no choice among takes looks at, beside what
people's pieces measure: `music_targets.csv`, or a table of your own with --targets.

Run: python -m benchmarks.music [--tracks N] [--magenta N] [--targets CSV] [--keep FOLDER]
[-o music.svg]. 60 tracks take some minutes; --skip 20 --tracks 10 is a part of them. With --keep a
run that was stopped goes on where it was. Magenta needs the train extra and is skipped without.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

# One thread, as a build's workers have: two would wait for each other on a busy machine.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

from benchmarks.music_magenta import has_magenta
from benchmarks.music_table import plot, table
from benchmarks.music_targets import read_targets
from benchmarks.music_ways import Shelf, compare
from chipassets.compose.weights import open_model
from chipassets.originality import open_index
from chipassets.plan.presets import SCENES
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve

SEEDS = 6


def tracks(count: int, skip: int = 0) -> list[TrackPlan]:
    """Return tracks of ten scenes times six seeds, all scenes before the next seed."""
    from chipassets.manifest import load_manifest

    body = "".join(f"  {scene}: {{scene: {scene}}}\n" for scene in SCENES)
    found: list[TrackPlan] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark.yaml"
        for seed in range(1, SEEDS + 1):
            path.write_text(f"game: Benchmark\nseed: {seed}\ntracks:\n{body}", encoding="utf-8")
            found += resolve(load_manifest(path)).tracks
    return found[skip : skip + count]


def main() -> None:
    """Measure, print the table, and write the plot where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SEEDS * len(SCENES))
    parser.add_argument("--skip", type=int, default=0, help="tracks to leave out before them")
    parser.add_argument("--targets", type=Path, help="a CSV of people's pieces, one a row")
    parser.add_argument("--magenta", type=int, help="tracks that Magenta makes, 0 for none")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was measured")
    parser.add_argument("-o", "--out", type=Path, help="an SVG file for the plot")
    wanted = parser.parse_args()
    plans = tracks(wanted.tracks, wanted.skip)
    targets = read_targets(wanted.targets)
    count = len(plans) if wanted.magenta is None else min(wanted.magenta, len(plans))
    if count and not has_magenta():
        print("without Magenta: the train extra is not installed\n")
        count = 0
    whole = SEEDS * len(SCENES)
    if len(plans) < whole or count < len(plans):
        print(f"reduced: {len(plans)} of {whole} tracks, {count} by Magenta\n")
    model, grams = open_model("default"), open_index("default")
    shelf = Shelf(wanted.keep, model, grams)
    ways = compare(plans, count, model, grams, shelf, lambda said: print(said, file=sys.stderr))
    print(table(ways, targets))
    if wanted.out:
        wanted.out.write_text(plot(ways, targets), encoding="utf-8")
        print(f"\nwrote {wanted.out}")


if __name__ == "__main__":
    main()
