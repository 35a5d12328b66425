from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from chipassets.runtime import Library, LibraryError, archive
from tests.runtime.tiny_bundle import Piece, write_bundle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle", [Piece("title", 440), Piece("town", 550)])


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where zips are unpacked, to see what is left there."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def pack(folder: Path, path: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, inside + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("inside", ["", "my-game/"])
def test_a_zip_is_a_bundle_too(folder: Path, tmp_path: Path, temporary: Path, inside: str) -> None:
    packed = Library.open(pack(folder, tmp_path / "bundle.zip", inside))
    plain = Library.open(folder)
    assert [track.name for track in packed.tracks] == ["title", "town"]
    for one, other in zip(packed.tracks, plain.tracks, strict=True):
        assert one.audio is not None
        assert other.audio is not None
        assert one.audio.path.read_bytes() == other.audio.path.read_bytes()
        assert one.audio.path.is_relative_to(temporary)
    packed.verify()


def refuse(path: Path, message: str, temporary: Path) -> None:
    with pytest.raises(LibraryError, match=message):
        Library.open(path)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "C:\\out.txt"])
def test_a_path_that_climbs_out_is_refused(tmp_path: Path, temporary: Path, name: str) -> None:
    path = tmp_path / "climb.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(name, "gotcha")
    refuse(path, "points outside the bundle", temporary)
    assert not list(tmp_path.rglob("out.txt"))


def test_a_zip_that_unpacks_to_far_more_is_refused(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bundle.json", b"\0" * (4 << 20))
    refuse(path, "does not compress so well", temporary)


def test_a_zip_of_too_many_bytes_is_refused(
    folder: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(folder, tmp_path / "bundle.zip")
    monkeypatch.setattr(archive, "MOST_BYTES", 5000)
    refuse(path, "unpacks to more than", temporary)
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    refuse(path, "at most 2", temporary)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("bundle.json", "{}")
        packed.writestr("Bundle.json", "{}")
    refuse(path, "two files of one name", temporary)


def test_what_is_damaged_or_no_zip_is_refused(
    folder: Path, tmp_path: Path, temporary: Path
) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(b"PK\3\4 and then nothing")
    refuse(path, "cannot be unpacked", temporary)
    raw = bytearray(pack(folder, path).read_bytes())
    raw[100:140] = bytes(40)
    path.write_bytes(raw)
    refuse(path, "cannot be unpacked", temporary)


def test_a_zip_of_a_newer_format_is_refused(folder: Path, tmp_path: Path) -> None:
    index = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(index | {"format": 2}))
    with pytest.raises(LibraryError, match="update the runtime"):
        Library.open(pack(folder, tmp_path / "bundle.zip"))


def test_an_altered_file_of_the_same_size_is_found(folder: Path) -> None:
    path = folder / "audio/town.ogg"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(LibraryError, match=r"altered since .*: town\.ogg; build it again"):
        Library.open(folder).verify()
