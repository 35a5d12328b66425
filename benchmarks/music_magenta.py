"""What Magenta's own polyphony_rnn_generate writes with a model's weights: one process a length.

A process opens TensorFlow and the bundle once and writes all tracks of one length one after the
other, its chance seeded; nothing is generated beyond a track's end.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import mido
import numpy as np

from chipassets.compose.codec import EVENT_CLASSES
from chipassets.compose.weights import Model
from chipassets.music.score import Note, Score
from chipassets.plan.trackplan import TrackPlan

_GENERATE = "magenta.models.polyphony_rnn.polyphony_rnn_generate"
_SEEDED = (
    "import numpy, runpy, sys; numpy.random.seed(int(sys.argv.pop(1))); "
    f"runpy.run_module({_GENERATE!r}, run_name='__main__', alter_sys=True)"
)


def has_magenta() -> bool:
    """Return whether the train extra is installed."""
    return find_spec("magenta") is not None


def magenta_scores(model: Model, plans: Sequence[TrackPlan]) -> list[Score]:
    """Return a score for each track, as Magenta writes it with the model's weights."""
    by_steps: dict[int, list[int]] = defaultdict(list)
    for index, track in enumerate(plans):
        by_steps[track.total_steps].append(index)
    scores: dict[int, Score] = {}
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "model.mag"
        _write_bundle(model, bundle)
        for steps, places in by_steps.items():
            out = Path(folder) / str(steps)
            files = _generate(model, bundle, len(places), steps, out)
            for place, data in zip(places, files, strict=True):
                scores[place] = score_of_midi(data, plans[place])
    return [scores[index] for index in range(len(plans))]


def without_controls(model: Model) -> Model:
    """Return the network that the model is when it is told nothing: their inputs are all zero."""
    told = slice(EVENT_CLASSES, model.input_size)
    first = np.delete(model.kernels[0], np.arange(told.start, told.stop), axis=0)
    return replace(model, kernels=(first, *model.kernels[1:]), controls=())


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
    return replace(empty, loop_start_bar=0 if track.loops else None).with_notes(kept)


def _write_bundle(model: Model, path: Path) -> None:
    from chipassets.train.magenta_export import export_bundle

    export_bundle(without_controls(model), path, "benchmark")


def _generate(model: Model, bundle: Path, count: int, steps: int, out: Path) -> list[bytes]:
    layers = ",".join(map(str, model.layers))
    command = [
        sys.executable, "-c", _SEEDED, str(steps),
        f"--bundle_file={bundle}", f"--output_dir={out}", f"--num_outputs={count}",
        f"--num_steps={steps}", "--temperature=1.0",
        f"--hparams=batch_size=1,rnn_layer_sizes=[{layers}]",
    ]  # fmt: skip
    # Magenta builds its cells with the Keras that TensorFlow had in its time.
    environment = os.environ | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{_GENERATE} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return [path.read_bytes() for path in sorted(out.glob("*.mid"))]
