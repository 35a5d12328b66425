"""The files that a manifest names, for programs that watch them for changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from chipassets.errors import ManifestError
from chipassets.manifest.abc_text import ABC_SUFFIX
from chipassets.manifest.bank_file import BANK_SUFFIXES
from chipassets.manifest.inside import as_spelled
from chipassets.manifest.recording import WAV_SUFFIX
from chipassets.manifest.words import MODEL_SUFFIX
from chipassets.manifest.yaml_reader import MAX_BYTES, read_document
from chipassets.midi.reader import MIDI_SUFFIXES
from chipassets.plainfile import read_plain

_READ = MIDI_SUFFIXES | {ABC_SUFFIX, WAV_SUFFIX} | set(BANK_SUFFIXES)
_BESIDE = {MODEL_SUFFIX: ".ngrams"}
"""Files that are read beside a file with this suffix: a model has an n-gram index of its corpus."""


def named_files(manifest: Path) -> tuple[Path, ...]:
    """Return the files of music, instruments, samples and models that the manifest names.

    Samples that a file of instruments names are among them; none needs to exist. Only YAML is read,
    so that this works for an invalid manifest too; nothing is returned if it is not YAML or cannot
    be read.
    """
    try:
        data = read_plain(manifest, MAX_BYTES + 1)
        if not _may_name_files(data):
            return ()
        document, _ = read_document(data, str(manifest))
    except (OSError, ManifestError):
        return ()
    found: dict[Path, None] = {}
    for text in (*_texts(document.values), *_samples(document.values, manifest.parent)):
        suffix = PurePosixPath(text).suffix.lower()
        if suffix in _READ or suffix in _BESIDE:
            # As written too: a file of that name, once there is one, goes before a like one.
            for path in (_path(manifest.parent, text), manifest.parent / text):
                found |= {path: None}
                if suffix in _BESIDE:
                    found |= {path.with_suffix(_BESIDE[suffix]): None}
    return tuple(found)


def _samples(values: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield the texts of the file of instruments, whose samples lie in the manifest's folder."""
    own = values.get("instruments")
    name = own.get("file") if isinstance(own, dict) else None
    if not isinstance(name, str) or not name.lower().endswith(BANK_SUFFIXES):
        return
    path = _path(folder, name)
    try:
        bank, _ = read_document(read_plain(path, MAX_BYTES + 1), str(path))
    except (OSError, ManifestError):
        return
    yield from _texts(bank.values)


def _may_name_files(data: bytes) -> bool:
    """Whether a text ends with one of the suffixes or contains a backslash, which may hide one."""
    small = data.lower()
    suffixes = (suffix.encode() for suffix in (*_READ, *_BESIDE))
    return b"\\" in data or any(suffix in small for suffix in suffixes)


def _path(folder: Path, text: str) -> Path:
    """Return the path with the spelling that the folder has; as written if that fails."""
    try:
        return as_spelled(folder, text)
    except (OSError, ValueError):
        return folder / text


def _texts(value: object) -> Iterator[str]:
    """Yield every text in nested values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
