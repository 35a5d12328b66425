"""What each step of composing buys: the same tracks four ways, measured feature by feature.

Magenta's own generator, our sampler unguided, guided, and guided with the best of 16 takes; ten
scenes with six seeds each. Magenta runs on the shipped model's weights, its controls left open.

Run: python -m benchmarks.music [--skip N] [--tracks N] [--magenta N] [-o music.svg]
60 tracks take some minutes; --skip 20 --tracks 10 is a part of them. Magenta needs the train extra
and is skipped without. --cost measures instead what guidance costs, in one process.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from statistics import fmean, pstdev

import mido
import numpy as np

from benchmarks.real_music import REAL, overlap
from chipassets.casting import originality_of
from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.composer import compose_takes, open_block, sample_block
from chipassets.compose.lead_in import lead_ins
from chipassets.compose.weights import Model, open_model
from chipassets.generate import Request, generate
from chipassets.moods import unmet
from chipassets.originality import GramIndex, open_index
from chipassets.plan import resolve
from chipassets.presets import SCENES
from chipassets.score import Note, Score
from chipassets.shape import shape
from chipassets.takes import Rating, choose_rated, rate
from chipassets.trackplan import TrackPlan

SEEDS = 6
TAKES = 16
INSIDE_POINTS = 0.75
"""What a feature gains at the ends of its range: more is inside."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compose: its name, and the rating of each track."""

    name: str
    ratings: list[Rating]
    tags_kept: list[bool]
    seconds: float


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


def score_of_midi(data: bytes, track: TrackPlan) -> Score:
    """Return a MIDI file at 120 bpm as a score of the track's bars, moved into its key."""
    file = mido.MidiFile(file=io.BytesIO(data))
    step_ticks = file.ticks_per_beat / 4
    notes: list[Note] = []
    for events in file.tracks:
        now, open_notes = 0, {}
        for event in events:
            now += event.time
            step = round(now / step_ticks)
            if event.type == "note_on" and event.velocity:
                open_notes[event.note] = step
            elif event.type in ("note_on", "note_off") and event.note in open_notes:
                start = open_notes.pop(event.note)
                pitch = min(max(event.note + track.key.canonical_shift, 0), 127)
                notes.append(Note(start, max(1, step - start), pitch))
    end = track.total_steps
    kept = [
        Note(note.start_step, min(note.duration_steps, end - note.start_step), note.pitch)
        for note in notes
        if note.start_step < end
    ]
    empty = Score((), track.bars, track.tempo_millibpm, track.key, track.beats_per_bar)
    return empty.with_notes(kept)


def rated(
    name: str, pairs: Iterable[tuple[TrackPlan, Score]], model: Model, grams: GramIndex | None
) -> Way:
    """Return the way with the rating of every score that the pairs yield, timed."""
    start = time.process_time()
    ratings, kept = [], []
    for track, score in pairs:
        (lead_in,) = lead_ins(track, model, [score])
        rating = rate(score, track, originality_of(score, track, grams), lead_in)
        ratings.append(rating)
        kept.append(not unmet(rating.metrics, track))
    return Way(name, ratings, kept, time.process_time() - start)


def without_controls(model: Model) -> Model:
    """Return the network that the model is when it is told nothing: their inputs are all zero."""
    told = slice(EVENT_CLASSES, model.input_size)
    first = np.delete(model.kernels[0], np.arange(told.start, told.stop), axis=0)
    return replace(model, kernels=(first, *model.kernels[1:]), controls=())


def magenta_files(model: Model, count: int, num_steps: int, folder: Path) -> list[bytes]:
    """Return what Magenta's polyphony_rnn_generate writes with the model's weights."""
    from chipassets.train.magenta_export import export_bundle

    bundle = folder / "model.mag"
    export_bundle(without_controls(model), bundle, "benchmark")
    layers = ",".join(map(str, model.layers))
    command = [
        sys.executable, "-m", "magenta.models.polyphony_rnn.polyphony_rnn_generate",
        f"--bundle_file={bundle}", f"--output_dir={folder / 'out'}", f"--num_outputs={count}",
        f"--num_steps={num_steps}", "--temperature=1.0",
        f"--hparams=batch_size=1,rnn_layer_sizes=[{layers}]",
    ]  # fmt: skip
    # Magenta builds its cells with the Keras that TensorFlow had in its time.
    environment = os.environ | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return [path.read_bytes() for path in sorted((folder / "out").glob("*.mid"))]


def unguided(model: Model, plans: Sequence[TrackPlan]) -> Iterable[tuple[TrackPlan, Score]]:
    """Yield each track with what the model alone writes."""
    for track in plans:
        request = Request(num_outputs=1, num_steps=track.total_steps, seed=track.seed)
        yield track, score_of_midi(generate(request, model)[0], track)


def compare(plans: list[TrackPlan], magenta_count: int) -> list[Way]:
    """Return all four ways, Magenta's on the first tracks alone and only where it is installed."""
    model, grams = open_model("default"), open_index("default")
    ways: list[Way] = []
    if magenta_count:
        with tempfile.TemporaryDirectory() as folder:
            chosen = plans[:magenta_count]
            steps = max(track.total_steps for track in chosen)
            start = time.perf_counter()
            files = magenta_files(model, len(chosen), steps, Path(folder))
            taken = time.perf_counter() - start
        scores = [score_of_midi(data, track) for data, track in zip(files, chosen, strict=True)]
        way = rated("Magenta", zip(chosen, scores, strict=True), model, grams)
        ways.append(Way(way.name, way.ratings, way.tags_kept, taken))
    ways.append(rated("unguided", unguided(model, plans), model, grams))
    first, best = [], []
    start = time.process_time()
    for track in plans:
        takes = [shape(score, track) for score in compose_takes(track, model, count=TAKES)]
        ratings = [
            rate(take, track, originality_of(take, track, grams), lead_in)
            for take, lead_in in zip(takes, lead_ins(track, model, takes), strict=True)
        ]
        kept = [not unmet(rating.metrics, track) for rating in ratings]
        first.append((ratings[0], kept[0]))
        chosen_take = choose_rated(ratings, kept).index
        best.append((ratings[chosen_take], kept[chosen_take]))
    taken = time.process_time() - start
    for name, found in (("guided", first), (f"best of {TAKES}", best)):
        ways.append(Way(name, [item[0] for item in found], [item[1] for item in found], taken))
    return ways


def print_cost(plans: Sequence[TrackPlan]) -> None:
    """Print what a guided event costs in CPU time, against an unguided one, for each track.

    Both ways run in turns in this process; an unguided row writes another number of events, so the
    cost is taken by event.
    """
    model = open_model("default")
    ratios = []
    for track in plans:
        guided = open_block(track, model, 0)
        alone = replace(guided, terms=())
        spent = {"alone": 0.0, "guided": 0.0}
        for name, block in (("alone", alone), ("guided", guided)) * 2:
            start = time.process_time()
            events = int((sample_block(track, block) >= 0).sum())
            spent[name] += (time.process_time() - start) / events
        ratios.append(spent["guided"] / spent["alone"])
        print(f"{track.name:12} guided / unguided: {ratios[-1]:.2f}")
    print(f"{'mean':12} guided / unguided: {fmean(ratios):.2f}")


def values(way: Way, name: str) -> list[tuple[float, bool]]:
    """Return a feature's value and whether it lies in its range, of each track that has it."""
    return [
        (feature.value, feature.points >= INSIDE_POINTS)
        for rating in way.ratings
        for feature in rating.features
        if feature.name == name
    ]


def feature_names(ways: list[Way]) -> list[str]:
    """Return the features of any track, in their order."""
    ratings = [rating for way in ways for rating in way.ratings]
    return list(dict.fromkeys(item.name for rating in ratings for item in rating.features))


def print_table(ways: list[Way]) -> None:
    """Print mean, spread and the share inside the measured range, feature by feature."""
    print("mean ± spread (share of tracks inside the wanted range; overlap with real game music)\n")
    print(f"{'':12}{'real':>15}" + "".join(f"{way.name:>28}" for way in ways))
    for name in feature_names(ways):
        cells = [_cell(values(way, name), name) for way in ways]
        real = f"{REAL[name][0]:.2f} ± {REAL[name][1]:.2f}" if name in REAL else "-"
        print(f"{name:12}{real:>15}" + "".join(f"{cell:>28}" for cell in cells))
    for label, get in _WHOLE.items():
        print(f"{label:12}{'':15}" + "".join(f"{get(way):>28.3f}" for way in ways))


def _cell(found: list[tuple[float, bool]], name: str) -> str:
    if not found:
        return "-"
    numbers = [value for value, _ in found]
    inside = fmean(flag for _, flag in found)
    shared = overlap(numbers, name)
    said = f"{inside:.0%}" if shared is None else f"{inside:.0%}; {shared:.2f}"
    return f"{fmean(numbers):.2f} ± {pstdev(numbers):.2f} ({said})"


_WHOLE: dict[str, Callable[[Way], float]] = {
    "tracks": lambda way: float(len(way.ratings)),
    "score": lambda way: fmean(rating.total for rating in way.ratings),
    "refused": lambda way: fmean(rating.refused is not None for rating in way.ratings),
    "tags kept": lambda way: fmean(way.tags_kept),
    "longest run": lambda way: fmean(
        rating.originality.longest_run for rating in way.ratings if rating.originality
    ),
    "CPU s": lambda way: way.seconds,
}


def plot(ways: list[Way]) -> str:
    """Return an SVG: a row for each feature, a strip of dots for each way, green inside."""
    names = feature_names(ways)
    strip, left, width = 14, 150, 700
    row = strip * len(ways) + 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 30}" '
        f'height="{row * len(names) + 10}" font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, name in enumerate(names):
        top = 16 + place * row
        found = [values(way, name) for way in ways]
        every = [value for dots in found for value, _ in dots]
        low, high = min(every), max(every)
        parts.append(f'<text x="4" y="{top}" font-weight="bold">{escape(name)}</text>')
        parts.append(f'<text x="{left}" y="{top}" fill="#777">{low:.2f}</text>')
        parts.append(
            f'<text x="{left + width}" y="{top}" fill="#777" text-anchor="end">{high:.2f}</text>'
        )
        for line, (way, dots) in enumerate(zip(ways, found, strict=True)):
            y = top + 12 + line * strip
            parts.append(f'<text x="20" y="{y + 4}">{escape(way.name)}</text>')
            for value, inside in dots:
                x = left + (value - low) / max(high - low, 1e-9) * width
                colour = "#2a7" if inside else "#c55"
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y}" r="3.5" fill="{colour}" fill-opacity="0.5"/>'
                )
    return "\n".join([*parts, "</svg>"]) + "\n"


def has_magenta() -> bool:
    """Return whether the train extra is installed."""
    from importlib.util import find_spec

    return find_spec("magenta") is not None


def main() -> None:
    """Measure, print the table, and write the plot where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SEEDS * len(SCENES))
    parser.add_argument("--skip", type=int, default=0, help="tracks to leave out before them")
    parser.add_argument("--cost", action="store_true", help="measure what guidance costs")
    parser.add_argument("--magenta", type=int, help="tracks that Magenta makes, 0 for none")
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
    if len(plans) < SEEDS * len(SCENES) or count < len(plans):
        print(f"reduced: {len(plans)} of {SEEDS * len(SCENES)} tracks, {count} by Magenta\n")
    ways = compare(plans, count)
    print_table(ways)
    if wanted.out:
        wanted.out.write_text(plot(ways), encoding="utf-8")
        print(f"\nwrote {wanted.out}")


if __name__ == "__main__":
    main()
