"""What each step of composing buys: the same tracks four ways, measured feature by feature.

Magenta's own generator, our sampler unguided, guided, and guided with the best of 16 takes; ten
scenes with six seeds each. Magenta runs on the shipped model's weights, its controls left open.

Run: python -m benchmarks.music [--tracks N] [--magenta N] [--keep FOLDER] [-o music.svg]
60 tracks take some minutes; --skip 20 --tracks 10 is a part of them. With --keep a run that was
stopped goes on where it was. Magenta needs the train extra and is skipped without. --cost measures
instead what guidance costs, in one process.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# One thread, as a build's workers have: two would wait for each other on a busy machine.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")

from benchmarks.music_magenta import has_magenta
from benchmarks.music_table import plot, table
from benchmarks.music_ways import Shelf, compare
from chipassets.compose.composer import open_block, sample_block
from chipassets.compose.weights import open_model
from chipassets.originality import open_index
from chipassets.plan import resolve
from chipassets.presets import SCENES
from chipassets.trackplan import TrackPlan

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


def print_cost(plans: Sequence[TrackPlan]) -> None:
    """Print what a guided event costs in CPU time, against an unguided one, for each track.

    Both ways run in turns in this process; an unguided row writes another number of events, so the
    cost is taken by event.
    """
    model = open_model("default")
    sums = {"alone": 0.0, "guided": 0.0}
    for track in plans:
        guided = open_block(track, model, 0)
        alone = replace(guided, terms=())
        spent = dict.fromkeys(sums, 0.0)
        for name, block in (("alone", alone), ("guided", guided)) * 2:
            start = time.process_time()
            events = int((sample_block(track, block) >= 0).sum())
            spent[name] += (time.process_time() - start) / events
        for name, seconds in spent.items():
            sums[name] += seconds
        print(f"{track.name:12} guided / unguided: {spent['guided'] / spent['alone']:.2f}")
    print(f"{'all':12} guided / unguided: {sums['guided'] / sums['alone']:.2f}")


def main() -> None:
    """Measure, print the table, and write the plot where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SEEDS * len(SCENES))
    parser.add_argument("--skip", type=int, default=0, help="tracks to leave out before them")
    parser.add_argument("--cost", action="store_true", help="measure what guidance costs")
    parser.add_argument("--magenta", type=int, help="tracks that Magenta makes, 0 for none")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was measured")
    parser.add_argument("-o", "--out", type=Path, help="an SVG file for the plot")
    wanted = parser.parse_args()
    plans = tracks(wanted.tracks, wanted.skip)
    if wanted.cost:
        print_cost(plans)
        return
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
    print(table(ways))
    if wanted.out:
        wanted.out.write_text(plot(ways), encoding="utf-8")
        print(f"\nwrote {wanted.out}")


if __name__ == "__main__":
    main()
