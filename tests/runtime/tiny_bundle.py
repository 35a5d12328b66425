"""Bundles of a second or two that tests make themselves: each track a tone of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE_HZ = 44_100
BAR_SAMPLES = 11_025  # a quarter of a second: 4 beats at 960 beats a minute
TEMPO_BPM = 960.0


@dataclass(frozen=True)
class Piece:
    """What a test wants of a track; intro_bars is None for one that plays once."""

    name: str
    hz: float
    bars: int = 4
    intro_bars: int | None = 0
    scene: str = ""
    moods: tuple[str, ...] = ("calm",)
    match: str | None = None


def write_bundle(folder: Path, pieces: list[Piece], suffix: str = "ogg") -> Path:
    """Write the pieces as a bundle of format 1 and return its folder."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    records = [write_piece(folder, piece, suffix) for piece in pieces]
    write_index(folder, index_of(records))
    return folder


def index_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": 1,
        "generator": "a test",
        "game": "Test Quest",
        "chip": "nes",
        "seed": 1,
        "model": {"name": "none", "sha256": "0" * 64},
        "tracks": records,
    }


def write_index(folder: Path, index: dict[str, Any]) -> None:
    (folder / "bundle.json").write_text(json.dumps(index))


def piece_wave(piece: Piece) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The piece's samples: a steady tone whose pitch rises by a semitone at the loop start."""
    samples = piece.bars * BAR_SAMPLES
    bend = (piece.intro_bars or 0) * BAR_SAMPLES
    hz = np.where(np.arange(samples) < bend, piece.hz, piece.hz * 2 ** (1 / 12 if bend else 0))
    wave: np.ndarray[Any, np.dtype[np.float64]] = 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)
    return wave


def write_piece(folder: Path, piece: Piece, suffix: str) -> dict[str, Any]:
    wave = piece_wave(piece)
    path = f"audio/{piece.name}.{suffix}"
    soundfile.write(folder / path, wave.astype(np.float32), RATE_HZ)
    raw = (folder / path).read_bytes()
    loop = None
    if piece.intro_bars is not None:
        start = piece.intro_bars * BAR_SAMPLES
        loop = {
            "start_sample": start,
            "length_samples": len(wave) - start,
            "start_bar": piece.intro_bars,
            "bars": piece.bars - piece.intro_bars,
        }
    file = {"path": path, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    return {
        "name": piece.name,
        "scene": piece.scene or piece.name,
        "moods": list(piece.moods),
        "key": "C major",
        "tempo_bpm": TEMPO_BPM,
        "beats_per_bar": 4,
        "match": piece.match,
        "bars": piece.bars,
        "seconds": len(wave) / RATE_HZ,
        "sample_rate_hz": RATE_HZ,
        "samples": len(wave),
        "loop": loop,
        "sections": [{"name": "A", "start_bar": 0, "bars": piece.bars}],
        "voices": ["pulse1"],
        "files": {suffix: file},
    }
