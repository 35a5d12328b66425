"""What aims come to in takes, and what `sounds_like` changes: `python -m benchmarks.likeness`.

`aims` prints the means of `compose/aims.py`: what takes measure that are planned with an aim at
five places. `effect` composes tracks with and without `sounds_like`, over several seeds, and
prints how far they lie from the reference before and after.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from unittest import mock

from chipassets.compose import planning
from chipassets.compose.composer import sketch
from chipassets.compose.material import Material, propose
from chipassets.compose.piece import Targets
from chipassets.compose.targets import draw_targets
from chipassets.compose.weights import shipped_model
from chipassets.manifest import parse_manifest
from chipassets.music.likeness import KINDS, Likeness, distance, distances, likeness_of
from chipassets.plan.trackplan import TrackPlan
from chipassets.resolve.build_plan import resolve

AIMS = {
    "syncopation": "syncopation",
    "sixteenths": "sixteenths",
    "leaps": "leaps",
    "changes": "changes",
    "chromatic": "outside",
}
"""Aims of `Targets`, and the measure in which each shows."""
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
SCENES = ("overworld", "town", "battle")


def track_of(scene: str, seed: int, said: str = "", folder: Path = Path()) -> TrackPlan:
    """Return the plan of a track of 16 bars."""
    text = f"game: L\nseed: {seed}\ntracks:\n  t: {{scene: {scene}, length: 16 bars{said}}}\n"
    return resolve(parse_manifest(text.encode(), folder / "game.yaml")).tracks[0]


def measured(track: TrackPlan, material: Material, take: int) -> Likeness:
    """Return what a take measures."""
    score = sketch(track, material, take).score
    return likeness_of(score.notes, score.steps_per_bar, track.pulse_steps)


def print_aims(takes: int) -> None:
    """Print what takes measure by aim and place."""
    model = shipped_model()
    tracks = [track_of(scene, seed) for seed, scene in enumerate(SCENES)]
    materials = [propose(track, model) for track in tracks]
    for aim, measure in AIMS.items():
        row = []
        for place in PLACES:

            def drawn(*args: object, aim: str = aim, place: float = place) -> Targets:
                return replace(draw_targets(*args), **{aim: place})  # type: ignore[arg-type]

            with mock.patch.object(planning, "draw_targets", drawn):
                row.append(
                    mean(
                        getattr(measured(track, material, take), measure)
                        for track, material in zip(tracks, materials, strict=True)
                        for take in range(takes)
                    )
                )
        print(f"{aim:12s} {measure:12s}", " ".join(f"{value:.3f}" for value in row), flush=True)


def print_effect(references: Sequence[Path], seeds: int, takes: int) -> None:
    """Print the distance to each reference with and without it, over scenes, seeds and takes."""
    model = shipped_model()
    for path in references:
        found: dict[bool, list[Likeness]] = {False: [], True: []}
        wanted: Likeness | None = None
        for seed in range(seeds):
            for like in (False, True):
                said = f", sounds_like: {path.name}" if like else ""
                track = track_of(SCENES[seed % len(SCENES)], seed, said, path.parent)
                wanted = track.sounds_like.measures if track.sounds_like else wanted
                material = propose(track, model)
                found[like] += [measured(track, material, take) for take in range(takes)]
        if wanted is None:
            continue
        print(path.name)
        for like, all_of_them in found.items():
            away = [distance(one, wanted) for one in all_of_them]
            kinds = {
                kind: mean(mean(distances(one, wanted)[name] for name in names)
                           for one in all_of_them)
                for kind, names in KINDS.items()
            }  # fmt: skip
            parts = ", ".join(f"{kind} {value:.2f}" for kind, value in kinds.items())
            print(f"  {'with' if like else 'without':8s} {mean(away):.2f}; {parts}", flush=True)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("aims", "effect"))
    parser.add_argument("references", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--takes", type=int, default=4)
    said = parser.parse_args()
    if said.what == "aims":
        print_aims(said.takes)
    else:
        print_effect(said.references, said.seeds, said.takes)


if __name__ == "__main__":
    main()
