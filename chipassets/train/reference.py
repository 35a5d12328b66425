"""The reference composer: takes made by Magenta's own generator instead of our composer."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.material import model_shift
from chipassets.compose.weights import Model
from chipassets.errors import ComposeError
from chipassets.music.score import Note, Score, Section, ordered
from chipassets.plan.trackplan import Reference, TrackPlan
from chipassets.seeds import derive_seed
from chipassets.train.magenta_export import run_magenta
from chipassets.train.magenta_install import need_magenta

_SEEDS = 2**32
"""The number of seeds of the generator that Magenta draws from."""


def compose_takes(
    track: TrackPlan, model: Model, first_take: int = 0, count: int | None = None
) -> tuple[Score, ...]:
    """Return raw takes of a track from polyphony_rnn_generate, in the track's key.

    Take i depends only on the track's plan, the model and i. Form, motifs and guidance are not
    used; the controls of a model are hidden. ComposeError for a primer as long as the track.
    """
    need_magenta("--composer magenta")
    reference = track.reference or Reference()
    count = track.takes if count is None else count
    shift = model_shift(track, model)
    primer, steps = ((), 0) if track.primer is None else (track.primer.notes, track.primer.steps)
    if steps >= track.total_steps:
        raise ComposeError(
            f"the primer lasts {steps} steps and the track {track.total_steps}: nothing is left to "
            "compose; make the track longer or the primer shorter"
        )
    seeds = [
        derive_seed(track.seed, "compose", "magenta", take) % _SEEDS
        for take in range(first_take, first_take + count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "takes.json"
        job = {
            "out": str(out),
            "seeds": seeds,
            "primer": [(n.start_step, n.duration_steps, n.pitch - shift) for n in primer],
            "primer_steps": steps,
            "total_steps": track.total_steps,
            "temperature": track.temperature,
            "beam_size": reference.beam_size,
            "branch_factor": reference.branch_factor,
            "condition_on_primer": track.condition_on_primer,
            "inject_primer": track.inject_primer,
        }
        run_magenta("compose", without_controls(model), job)
        takes = json.loads(out.read_text(encoding="utf-8"))
    return tuple(_score(track, notes, shift) for notes in takes)


def without_controls(model: Model) -> Model:
    """Return the model without its controls, equal to the model with all of them hidden."""
    first = np.delete(model.kernels[0], slice(EVENT_CLASSES, model.input_size), axis=0)
    return replace(model, controls=(), kernels=(first, *model.kernels[1:]))


def _score(track: TrackPlan, takes: list[tuple[int, int, int]], shift: int) -> Score:
    """Return the score of notes (start, duration, pitch), transposed and cut at the track's end."""
    notes = [
        Note(start, min(duration, track.total_steps - start), pitch + shift)
        for start, duration, pitch in takes
        if start < track.total_steps and duration > 0 and 0 <= pitch + shift < 128
    ]
    return Score(
        notes=ordered(notes),
        bars=track.bars,
        tempo_millibpm=track.tempo_millibpm,
        key=track.key,
        beats_per_bar=track.beats_per_bar,
        sections=(Section("A", 0, track.bars),),
        loop_start_bar=0 if track.loops else None,
    )
