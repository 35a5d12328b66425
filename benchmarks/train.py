"""The trainer's and the dataset's speed and size beside Magenta's, on the same files.

Run: python -m benchmarks.train [FILES] [BATCH]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mido
import numpy as np

LAYERS = "128,128,128"
BARS = (6, 32)
"""Tunes are of unequal lengths, as the files of a corpus are, within what Magenta keeps: it throws
away fewer than 80 steps and more than 512."""
_MAGENTA_STEPS = 8
_OUR_STEPS = 30
_TICKS = 120


def write_tune(path: Path, seed: int) -> None:
    """Write a tune of one program, which Magenta accepts: a bass note a beat below a melody."""
    rng = np.random.default_rng(seed)
    bars = int(rng.integers(BARS[0], BARS[1] + 1))
    scale = 55 + int(rng.integers(12)) + np.array([0, 2, 4, 5, 7, 9, 11, 12])
    events = []
    for step in range(0, bars * 16, 2):
        events += _note(step, 2, int(rng.choice(scale)))
        if step % 4 == 0:
            events += _note(step, 4, int(scale[0]) - 12)
    midi = mido.MidiFile(ticks_per_beat=4 * _TICKS)
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=4, denominator=4)])
    now = 0
    for tick, kind, pitch in sorted(events):
        track.append(mido.Message(kind, note=pitch, time=tick - now))
        now = tick
    midi.tracks.append(track)
    midi.save(path)


def _note(step: int, duration: int, pitch: int) -> list[tuple[int, str, int]]:
    return [
        (step * _TICKS, "note_on", pitch),
        ((step + duration) * _TICKS, "note_off", pitch),
    ]


def run(*words: object) -> tuple[float, str]:
    """Run a Python module to its end; return how long it took and what it printed."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # bytecode as it is on a user's machine
    if "magenta" in str(words[0]):
        environment["TF_USE_LEGACY_KERAS"] = "1"
    command = [sys.executable, "-m", *map(str, words)]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - began, done.stdout


def make_datasets(folder: Path) -> None:
    """Make the dataset of the same files with both, and print times and sizes."""
    midis = folder / "midis"
    corpus, dataset = folder / "my.corpus", folder / "my.dataset"
    ours = run("chipassets", "train", "corpus", midis, "-o", corpus)[0]
    ours += run("chipassets", "train", "dataset", corpus, "-o", dataset, "--all-keys")[0]
    sequences = folder / "notes.tfrecord"
    words = [f"--input_dir={midis}", f"--output_file={sequences}"]
    theirs = run("magenta.scripts.convert_dir_to_note_sequences", *words)[0]
    words = [f"--input={sequences}", f"--output_dir={folder / 'examples'}", "--eval_ratio=0.1"]
    theirs += run("magenta.models.polyphony_rnn.polyphony_rnn_create_dataset", *words)[0]
    size = sum(path.stat().st_size for path in (folder / "examples").iterdir())
    own = dataset.stat().st_size
    print(f"dataset      ours {ours:8.1f} s {own:13,} bytes")
    print(f"          Magenta {theirs:8.1f} s {size:13,} bytes (nine transpositions of each)")
    print(f"            ratio {theirs / ours:8.1f}   {size / own:11.0f}")


def train(folder: Path, batch: int) -> None:
    """Train both for some steps on those datasets, and print events a second."""
    examples = folder / "examples" / "training_poly_tracks.tfrecord"
    words = [examples, LAYERS, batch, _MAGENTA_STEPS]
    measured = json.loads(run("benchmarks.magenta_train_process", *words)[1])[1:]
    theirs = sum(events for events, _ in measured) / sum(seconds for _, seconds in measured)
    words = [folder / "my.dataset", LAYERS, batch, _OUR_STEPS]
    ours = float(run("benchmarks.train", "--ours", *words)[1])
    print(f"training     ours {ours:8,.0f} events/s")
    print(f"          Magenta {theirs:8,.0f} events/s")
    print(f"            ratio {ours / theirs:8.1f}")


def train_ours(dataset: str, layers: str, batch: str, steps: str) -> None:
    """Print events a second of our trainer on a dataset, its first steps not counted."""
    from chipassets.train.dataset import load_dataset
    from chipassets.train.hparams import Hparams
    from chipassets.train.trainer import Trainer

    units = tuple(int(word) for word in layers.split(","))
    hparams = Hparams(layers=units, batch_size=int(batch), keep=0.5, with_controls=False)
    trainer = Trainer(load_dataset(Path(dataset)), hparams)
    for _ in range(3):
        trainer.train_step()
    began = time.perf_counter()
    events = sum(trainer.train_step()[1] for _ in range(int(steps)))
    print(events / (time.perf_counter() - began))


def main() -> None:
    """Compare both on files that are made here."""
    if sys.argv[1:2] == ["--ours"]:
        train_ours(*sys.argv[2:])
        return
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    batch = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    print(f"{files} files of {BARS[0]} to {BARS[1]} bars, layers {LAYERS}, batch {batch}; "
          f"load of the machine {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "midis").mkdir()
        for seed in range(files):
            write_tune(folder / "midis" / f"{seed:04}.mid", seed)
        make_datasets(folder)
        train(folder, batch)


if __name__ == "__main__":
    main()
