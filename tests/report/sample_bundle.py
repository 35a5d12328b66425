"""Small bundles with sound and MIDI that tests make themselves, without composing anything."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from chipassets.bundle import (
    FORMAT,
    FileEntry,
    Index,
    KeysEntry,
    LayerEntry,
    LoopEntry,
    ModelEntry,
    SectionEntry,
    TakeEntry,
    TrackEntry,
    file_entry,
    write_bundle,
)

RATE_HZ = 44_100
BEATS_PER_BAR = 4
TEMPO_BPM = 240.0
BAR_SAMPLES = 44_100
TICKS_PER_STEP = 120


@dataclass(frozen=True)
class Piece:
    """What a test wants of a track: a tone, its notes as (voice, step, pitch), its labels."""

    name: str
    scene: str = ""
    moods: tuple[str, ...] = ("calm",)
    hz: float = 440.0
    level: float = 0.4
    bars: int = 2
    intro_bars: int | None = 0
    notes: tuple[tuple[str, int, int], ...] = (("pulse1", 0, 72), ("noise", 4, 38))
    why: str = "the only one"
    key: str = "C major"
    layers_hz: tuple[float, ...] = ()
    metrics: dict[str, float] = field(default_factory=lambda: {"key_fit": 1.0, "polyphony": 1.5})


def write_sample(
    folder: Path,
    pieces: list[Piece],
    game: str = "Test Quest",
    plan: Any = None,
    takes: Any = None,
) -> Path:
    """Write the pieces as a bundle and return its folder."""
    contents: dict[str, bytes] = {}
    entries = []
    for piece in pieces:
        own = {
            "ogg": (
                f"audio/{piece.name}.ogg",
                _sound(piece.hz, piece.level, piece.bars, piece.intro_bars),
            ),
            "midi": (f"midi/{piece.name}.mid", encode_notes(piece)),
        }
        layers = {
            f"audio/{piece.name}.{n}.ogg": _sound(hz, piece.level, piece.bars, piece.intro_bars)
            for n, hz in enumerate(piece.layers_hz)
        }
        entry = _entry(piece, {kind: file_entry(*item) for kind, item in own.items()})
        listed = [
            LayerEntry(**file_entry(*item).model_dump(), name=f"layer {n}", voices=["pulse1"])
            for n, item in enumerate(layers.items())
        ]
        entries.append(entry.model_copy(update={"layers": listed}))
        contents |= dict(own.values()) | layers
    account = {"generator": "a test", "model": {"name": game}, "plan": plan or {}}
    account |= {"takes": takes} if takes else {}
    contents["provenance.json"] = json.dumps(account).encode()
    provenance = file_entry("provenance.json", contents["provenance.json"])
    write_bundle(folder, _index(game, provenance, entries), contents)
    return folder


def piece_wave(piece: Piece) -> NDArray[np.float64]:
    """The piece's samples: its tone, a fifth lower in the intro."""
    samples = np.arange(piece.bars * BAR_SAMPLES)
    intro = samples < (piece.intro_bars or 0) * BAR_SAMPLES
    hz = np.where(intro, piece.hz / 1.5, piece.hz)
    wave: NDArray[np.float64] = piece.level * np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)
    return wave


def encode_sound(wave: NDArray[np.float64]) -> bytes:
    """The samples as OGG Vorbis."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE_HZ, 1, "VORBIS", format="OGG") as file:
        for start in range(0, len(wave), 65_536):
            file.write(wave[start : start + 65_536])
    return buffer.getvalue()


@cache
def _sound(hz: float, level: float, bars: int, intro_bars: int | None) -> bytes:
    """The same bytes for the same tone: libsndfile gives every file a random serial number."""
    return encode_sound(piece_wave(Piece("", "", (), hz, level, bars, intro_bars)))


def encode_notes(piece: Piece) -> bytes:
    """The notes as MIDI, a track for each voice, each note two steps long."""
    file = mido.MidiFile(ticks_per_beat=4 * TICKS_PER_STEP)
    for voice in dict.fromkeys(voice for voice, _, _ in piece.notes):
        channel = 9 if voice == "noise" else 0
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=voice)])
        own = [(start, note) for name, start, note in piece.notes if name == voice]
        now = 0
        for step, kind, pitch in sorted(
            event
            for start, note in own
            for event in ((start, "note_on", note), (start + 2, "note_off", note))
        ):
            wait = (step - now) * TICKS_PER_STEP
            track.append(mido.Message(kind, note=pitch, velocity=90, channel=channel, time=wait))
            now = step
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _entry(piece: Piece, files: dict[str, FileEntry]) -> TrackEntry:
    samples = piece.bars * BAR_SAMPLES
    loop = None
    if piece.intro_bars is not None:
        start = piece.intro_bars * BAR_SAMPLES
        loop = LoopEntry(
            start_sample=start,
            length_samples=samples - start,
            start_bar=piece.intro_bars,
            bars=piece.bars - piece.intro_bars,
        )
    return TrackEntry(
        name=piece.name,
        scene=piece.scene or piece.name,
        moods=list(piece.moods),
        key=piece.key,
        tempo_bpm=TEMPO_BPM,
        beats_per_bar=BEATS_PER_BAR,
        bars=piece.bars,
        seconds=samples / RATE_HZ,
        sample_rate_hz=RATE_HZ,
        samples=samples,
        loop=loop,
        sections=[SectionEntry(name="A", start_bar=0, bars=piece.bars)],
        voices=["pulse1", "pulse2", "triangle", "noise"],
        files=files,
        take=TakeEntry(number=1, of=1, why=piece.why),
        seed=1,
        metrics=piece.metrics,
        dropped=[],
        keys=KeysEntry(notes=files["midi"].sha256, audio=files["ogg"].sha256),
    )


def _index(game: str, provenance: FileEntry, entries: list[TrackEntry]) -> Index:
    return Index(
        format=FORMAT,
        generator="chipassets 0 in a test",
        game=game,
        chip="nes",
        seed=1,
        model=ModelEntry(name="none", sha256="0" * 64),
        provenance=provenance,
        tracks=entries,
    )
