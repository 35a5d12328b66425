"""Tunes that the tests of training make for themselves."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import mido
import numpy as np
import pytest

from chipassets.compose.codec import Note
from chipassets.train.building import build_dataset
from chipassets.train.corpus import Piece
from chipassets.train.dataset import Dataset
from chipassets.train.music import Metre

# To import TensorFlow takes eight seconds, to train with it more: the default suite does neither.
needs_tensorflow = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("tensorflow") is None, reason="tensorflow is not installed"),
]

MakePiece = Callable[..., Piece]
WriteMidi = Callable[..., Path]
TICKS_PER_STEP = 120


def tune(bars: int, tonic: int, seed: int, bar_steps: int = 16) -> tuple[Note, ...]:
    """A bass note a beat and a melody of 8ths and 16ths, in the major scale of the tonic."""
    rng = np.random.default_rng(seed)
    scale = [tonic + step for step in (0, 2, 4, 5, 7, 9, 11, 12)]
    notes: list[Note] = []
    for step in range(0, bars * bar_steps, 4):
        notes.append((step, 4, tonic - 12 + int(rng.choice([0, 0, 7, 5]))))
        position = step
        while position < step + 4:
            duration = int(rng.choice([1, 2]))
            duration = min(duration, step + 4 - position)
            notes.append((position, duration, int(rng.choice(scale))))
            position += duration
    return tuple(sorted(notes, key=lambda note: (note[0], -note[2])))


@pytest.fixture
def make_piece() -> MakePiece:
    """A piece in 4/4; keyword arguments change it."""

    def make(
        seed: int = 0,
        bars: int = 16,
        tonic: int = 60,
        metre: tuple[int, int] = (4, 4),
        style: str = "Classical",
        licence: str = "CC0-1.0",
        source: str = "own",
    ) -> Piece:
        steps = metre[0] * 16 // metre[1]
        notes = tune(bars, tonic, seed, steps)
        digest = f"{(seed * 2654435761) % 2**32:08x}".ljust(64, "5")
        name = f"tune{seed}.mid"
        return Piece(name, source, licence, style, digest, notes, (Metre(0, *metre),))

    return make


@pytest.fixture
def small_dataset(make_piece: MakePiece) -> Dataset:
    """Twelve tunes of eight bars, some held out."""
    pieces = [make_piece(seed=seed, bars=8, tonic=55 + seed) for seed in range(12)]
    return build_dataset(pieces, eval_ratio=0.3)


@pytest.fixture
def write_midi(tmp_path: Path) -> WriteMidi:
    """Write notes as a MIDI file; channel 9 holds drums."""

    def write(
        name: str,
        notes: tuple[Note, ...],
        drums: int = 0,
        programs: tuple[int, ...] = (0,),
        metre: tuple[int, int] = (4, 4),
    ) -> Path:
        midi = mido.MidiFile(ticks_per_beat=4 * TICKS_PER_STEP)
        head = mido.MidiTrack()
        head.append(
            mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1], time=0)
        )
        midi.tracks.append(head)
        for channel, program in enumerate(programs):
            own = notes[channel :: len(programs)]
            midi.tracks.append(_track(own, channel, program))
        midi.tracks.append(_track(tuple((4 * k, 1, 36) for k in range(drums)), 9, 0))
        path = tmp_path / "midi" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        midi.save(path)
        return path

    return write


def _track(notes: tuple[Note, ...], channel: int, program: int) -> mido.MidiTrack:
    events = [(s, 1, p) for s, _, p in notes] + [(s + d, 0, p) for s, d, p in notes]
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", channel=channel, program=program, time=0))
    now = 0
    for step, starts, pitch in sorted(events):
        kind = "note_on" if starts else "note_off"
        delta = (step - now) * TICKS_PER_STEP
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=80, time=delta))
        now = step
    return track
