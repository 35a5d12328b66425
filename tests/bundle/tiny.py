"""Bundles of a few bytes, so that a test of files takes no time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chipassets.bundle import (
    FORMAT,
    Index,
    KeysEntry,
    ModelEntry,
    TakeEntry,
    TrackEntry,
    file_entry,
    write_bundle,
)


def tiny_index(game: str, sounds: Mapping[str, bytes]) -> tuple[Index, dict[str, bytes | Path]]:
    """Return the index of tracks with these files, and its files by path."""
    files: dict[str, bytes | Path] = {"provenance.json": b"{}"}
    files.update({f"audio/{name}.ogg": data for name, data in sounds.items()})
    tracks = [
        TrackEntry(
            name=name,
            scene=name,
            moods=[],
            key="C major",
            tempo_bpm=120.0,
            beats_per_bar=4,
            bars=1,
            seconds=1.0,
            sample_rate_hz=44_100,
            samples=44_100,
            loop=None,
            sections=[],
            voices=["pulse1"],
            files={"ogg": file_entry(f"audio/{name}.ogg", data)},
            take=TakeEntry(number=1, of=1, why="the only one"),
            seed=1,
            metrics={},
            dropped=[],
            keys=KeysEntry(notes="0" * 64, audio="0" * 64),
        )
        for name, data in sounds.items()
    ]
    index = Index(
        format=FORMAT,
        generator="chipassets 0 in a test",
        game=game,
        chip="nes",
        seed=1,
        model=ModelEntry(name="none", sha256="0" * 64),
        provenance=file_entry("provenance.json", b"{}"),
        tracks=tracks,
    )
    return index, files


def write_tiny(folder: Path, sounds: Mapping[str, bytes], game: str = "Tiny") -> None:
    """Write a bundle with these files."""
    write_bundle(folder, *tiny_index(game, sounds))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
