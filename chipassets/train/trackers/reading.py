"""Reads a tracker's file of any kind into the content of a MIDI file, one for each song in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chipassets.midi.reader import MidiContent
from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.beats import to_content
from chipassets.train.trackers.famitracker import HEADING as FAMITRACKER_HEADING
from chipassets.train.trackers.famitracker import read_famitracker
from chipassets.train.trackers.mod import read_mod
from chipassets.train.trackers.pico8 import read_pico8
from chipassets.train.trackers.playing import Played, play
from chipassets.train.trackers.uge import read_uge

TRACKER_SUFFIXES = frozenset({".mod", ".uge", ".txt", ".p8"})
_MOST_BYTES = 8 * 1024 * 1024
_HEAD_BYTES = 1024


def is_tracker_music(path: Path) -> bool:
    """Return whether a file with such a suffix may be music.

    Most `.txt` files are prose, and `.mod` is also a suffix of plain texts: they are not music that
    cannot be read, and are passed over.
    """
    suffix = path.suffix.lower()
    if suffix not in (".txt", ".mod"):
        return suffix in TRACKER_SUFFIXES
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return suffix == ".mod"  # the reader says why
    if suffix == ".txt":
        return FAMITRACKER_HEADING.match(head) is not None
    return not head or b"\0" in head


def songs_of_tracker(path: Path) -> list[tuple[MidiContent, dict[str, int]]]:
    """Return the content of each song in a file, and what was repaired in it.

    RefusedFileError if it cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RefusedFileError(f"larger than {_MOST_BYTES >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"not readable ({error.strerror or error})") from error
    return [to_content(played) for played in _played(path.suffix.lower(), data)]


def _played(suffix: str, data: bytes) -> Iterable[Played]:
    """Return the songs of a file's bytes."""
    if suffix == ".mod":
        return [play(read_mod(data))]
    if suffix == ".uge":
        return [play(read_uge(data))]
    if suffix == ".p8":
        return read_pico8(data)
    return [play(song) for song in read_famitracker(data)]
