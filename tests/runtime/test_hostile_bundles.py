"""Bundles that are made to do harm: a LibraryError, at once, and nothing left behind."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipassets.bundle import find_faults, open_folder
from chipassets.bundle.index import FileEntry
from chipassets.errors import CheckError
from chipassets.runtime import Library, LibraryError, index
from tests.effort import calls_of
from tests.runtime.tiny_bundle import Piece, write_bundle, write_index

NAMES = ["x" * 300, "x/" * 600 + "a", "\ud800.ogg", "a\0b.ogg", "loop/a.ogg", "loop", "", ".",
         "pipe"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_bundle(tmp_path / "bundle", [Piece("title", 440)])
    (made / "loop").symlink_to(made / "loop")
    os.mkfifo(made / "pipe")
    return made


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def index_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "bundle.json").read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_leads_nowhere_is_refused(folder: Path, name: str) -> None:
    index = index_of(folder)
    index["tracks"][0]["files"]["ogg"]["path"] = name
    write_index(folder, index)
    with pytest.raises(LibraryError) as caught:
        Library.open(folder)
    str(caught.value).encode()
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize("name", ["x" * 300, "a\0b.ogg", "loop/a.ogg", "loop"])
def test_a_check_of_such_a_path_gives_a_line(folder: Path, name: str) -> None:
    entry = FileEntry.model_construct(path=name, sha256="0" * 64, bytes=3)
    (fault,) = find_faults(folder, [entry])
    assert fault.startswith(name[:20])


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "\ud800"},
        {"moods": ["\udfff"]},
        {"voices": ["a", "\ud83d"]},
        {"bars": 10**400},
        {"samples": 2**60},
        {"tempo_bpm": 10**400},
        {"sections": [{"name": "A", "start_bar": 10**30, "bars": 1}]},
        {"loudness_lufs": 1e308 * 10},
    ],
)
def test_values_without_bounds_are_refused(folder: Path, changes: dict[str, Any]) -> None:
    index = index_of(folder)
    index["tracks"][0] |= changes
    write_index(folder, index)
    with pytest.raises(LibraryError) as caught:
        Library.open(folder)
    str(caught.value).encode()


@pytest.mark.parametrize(
    "path", ["a\0b", "x" * 5000, "\ud800", "x" * 300 + "/bundle.json", "", "loop", "loop/inside"]
)
def test_a_path_that_is_none_is_refused(folder: Path, path: str, tmp_path: Path) -> None:
    with pytest.raises(LibraryError):
        Library.open(path if "loop" not in path else str(folder / path))


def test_an_index_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    os.mkfifo(tmp_path / "bundle/bundle.json")
    with pytest.raises(LibraryError, match="is not a file"):
        Library.open(tmp_path / "bundle")


def packed(*names: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, b"{}" * 100)
    return buffer.getvalue()


def renamed(new: bytes) -> bytes:
    """A zip whose one entry has another name than its writer would take, of seven bytes."""
    return packed("abcdefg").replace(b"abcdefg", new.ljust(7, b"x")[:7])


def without_name() -> bytes:
    """A zip whose directory has an entry without a name."""
    data = bytearray(packed("a"))
    at = data.rindex(b"PK\1\2")
    struct.pack_into("<H", data, at + 28, 0)
    del data[at + 46]
    end = data.rindex(b"PK\5\6")
    size = struct.unpack_from("<I", data, end + 12)[0]
    struct.pack_into("<I", data, end + 12, size - 1)
    return bytes(data)


def lzma(header: bytes) -> bytes:
    """A zip whose entry is packed by LZMA with other properties."""
    data = bytearray(packed("bundle.json", method=zipfile.ZIP_LZMA))
    at = 30 + len("bundle.json")
    data[at : at + len(header)] = header
    return bytes(data)


def marked(flag: int) -> bytes:
    data = bytearray(packed("bundle.json"))
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        struct.pack_into("<H", data, data.index(sign) + at, flag)
    return bytes(data)


ZIPS: dict[str, Callable[[], bytes]] = {
    "corrupt LZMA": lambda: lzma(b"\xff" * 12),
    "LZMA with 4 GB of dictionary": lambda: lzma(b"\x09\x04\x05\x00\x5d\xff\xff\xff\xff"),
    "bzip2": lambda: packed("bundle.json", method=zipfile.ZIP_BZIP2),
    "no name": without_name,
    "a NUL in a name": lambda: renamed(b"a\0bcdef"),
    "a line break in a name": lambda: renamed(b"a\nbcdef"),
    "a name that is no text": lambda: renamed(b"\x97\x8e\xd2"),
    "a dot": lambda: renamed(b"././././"),
    "a very long name": lambda: packed("x" * 300),
    "a very deep name": lambda: packed("x/" * 600 + "a"),
    "a file that is a folder too": lambda: packed("a", "a/b"),
    "a password": lambda: marked(1),
    "no index": lambda: packed("audio/a.ogg"),
    "an index that is none": lambda: packed("bundle.json"),
    "a wrapped index that is none": lambda: packed("game/bundle.json"),
    "cut off": lambda: packed("bundle.json")[:-30],
    "nothing": lambda: b"",
    "an empty zip": lambda: b"PK\5\6" + bytes(18),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_that_is_no_bundle_leaves_nothing(tmp_path: Path, temporary: Path, name: str) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(ZIPS[name]())

    def refuse() -> None:
        with pytest.raises(LibraryError):
            Library.open(path)

    assert calls_of(refuse) < 5_000
    assert list(temporary.iterdir()) == []


def test_an_interrupt_while_unpacking_leaves_nothing(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed("bundle.json"))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chipassets.runtime.archive._extract", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Library.open(path)
    assert list(temporary.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(LibraryError, match="no folder for temporary files"):
        Library.open(path)


def test_commands_refuse_hostile_bundles_too(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(ZIPS["no name"]())
    with pytest.raises(CheckError, match="is not a valid file name"):
        open_folder(path)
    assert list(temporary.iterdir()) == []


def test_names_that_occur_twice_are_found_without_comparing_all_with_all(tmp_path: Path) -> None:
    compared = 0

    class Counted(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    count = 400
    library = Library.open(write_bundle(tmp_path / "bundle", [Piece("title", 440)]))
    names = [Counted(f"t{number}") for number in range(count)] + [Counted("t7")]
    tracks = tuple(library.tracks[0].replace(name=name) for name in names)
    reader = index._Reader(tmp_path)
    index._check_names(tracks, reader)
    assert reader.problems == ["two tracks are named 't7'"]
    assert compared < 4 * count
