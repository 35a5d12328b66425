"""Where a bundle may go: nothing of anybody else's is touched, wherever the path leads."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from chipassets.bundle import prepare_place, read_whole, try_place, write_bundle
from chipassets.errors import BundleError
from tests.bundle.tiny import contents, tiny_index, write_tiny

OLD = {"title": b"old title", "town": b"old town"}
NEW = {"title": b"new title", "cave": b"new cave"}
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="links, pipes and modes of Linux")


def sounds(folder: Path) -> dict[str, bytes]:
    index, faults = read_whole(folder)
    assert faults == []
    return {track.name: (folder / track.files["ogg"].path).read_bytes() for track in index.tracks}


def test_new_and_empty_folders_are_taken(tmp_path: Path) -> None:
    write_tiny(tmp_path / "deep/in/there", OLD)
    assert sounds(tmp_path / "deep/in/there") == OLD
    (tmp_path / "empty").mkdir(mode=0o700)
    (tmp_path / "empty/.gitkeep").touch()
    write_tiny(tmp_path / "empty", OLD)
    assert sounds(tmp_path / "empty") == OLD
    assert (tmp_path / "empty/.gitkeep").exists()
    assert stat.S_IMODE((tmp_path / "empty").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "index",
    [
        None,
        '{"name": "app", "files": ["music/a.ogg"]}',
        '{"format": 1, "game": "Tiny", "tracks": []}',
        "{}",
        "[]",
        "no JSON",
        "[" * 100_000,
        '{"generator": "chipassets 1", "game": "A", "provenance": {"path": "../x"}, "tracks": []}',
    ],
)
def test_a_folder_that_no_index_of_ours_describes_is_left_alone(
    tmp_path: Path, index: str | None
) -> None:
    folder = tmp_path / "app"
    (folder / "music/empty").mkdir(parents=True)
    (folder / "music/a.ogg").write_bytes(b"theirs")
    if index is not None:
        (folder / "bundle.json").write_text(index)
    before = contents(folder)
    for attempt in (lambda: prepare_place(folder, "Tiny"), lambda: write_tiny(folder, NEW)):
        with pytest.raises(BundleError, match="stays as it is"):
            attempt()
    assert contents(folder) == before
    assert (folder / "music/empty").is_dir()


def test_an_index_of_another_format_still_says_whose_the_files_are(tmp_path: Path) -> None:
    write_tiny(tmp_path / "b", OLD)
    index = json.loads((tmp_path / "b/bundle.json").read_text())
    index |= {"format": 99, "news": {}}
    (tmp_path / "b/bundle.json").write_text(json.dumps(index))
    write_tiny(tmp_path / "b", NEW)
    assert sounds(tmp_path / "b") == NEW
    assert not (tmp_path / "b/audio/town.ogg").exists()


def test_the_bundle_of_another_game_is_never_replaced(tmp_path: Path) -> None:
    write_tiny(tmp_path / "b", OLD, "勇者")
    for attempt in (
        lambda: prepare_place(tmp_path / "b", "魔王"),
        lambda: write_tiny(tmp_path / "b", NEW, "魔王"),
    ):
        with pytest.raises(BundleError, match="another game, '勇者'"):
            attempt()
    assert sounds(tmp_path / "b") == OLD


@linux_only
def test_what_no_index_lists_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    (folder / "audio/title.ogg.import").write_text("an engine's settings")
    (folder / "notes/empty").mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("nowhere")
    (folder / "audio").chmod(0o750)
    (folder / "audio/title.ogg").chmod(0o640)
    (folder / "notes").chmod(0o711)
    folder.chmod(0o751)
    before = (folder / "audio/title.ogg.import").stat()
    write_tiny(folder, NEW)
    assert sounds(folder) == NEW
    after = (folder / "audio/title.ogg.import").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (folder / "notes/empty").is_dir()
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert (folder / "link").readlink() == Path("nowhere")
    modes = [
        stat.S_IMODE((folder / name).stat().st_mode)
        for name in (".", "audio", "audio/title.ogg", "notes")
    ]
    assert modes == [0o751, 0o750, 0o640, 0o711]
    assert not (folder / "audio/town.ogg").exists()


def test_a_file_of_somebody_else_with_a_name_that_is_needed_is_not_overwritten(
    tmp_path: Path,
) -> None:
    write_tiny(tmp_path / "b", OLD)
    (tmp_path / "b/audio/cave.ogg").write_bytes(b"theirs")
    with pytest.raises(BundleError, match=r"cave\.ogg is not a file of the present bundle"):
        write_tiny(tmp_path / "b", NEW)
    assert (tmp_path / "b/audio/cave.ogg").read_bytes() == b"theirs"
    assert sounds(tmp_path / "b") == OLD


def test_a_link_of_somebody_else_that_leads_nowhere_is_not_replaced(tmp_path: Path) -> None:
    write_tiny(tmp_path / "b", OLD)
    (tmp_path / "b/audio/cave.ogg").symlink_to("nowhere.ogg")
    with pytest.raises(BundleError, match=r"cave\.ogg is not a file of the present bundle"):
        write_tiny(tmp_path / "b", NEW)
    assert (tmp_path / "b/audio/cave.ogg").is_symlink()


def test_a_folder_that_the_last_track_leaves_goes_with_it(tmp_path: Path) -> None:
    write_tiny(tmp_path / "b", OLD)
    index, files = tiny_index("Tiny", {})
    write_bundle(tmp_path / "b", index, files)
    assert contents(tmp_path / "b").keys() == {"bundle.json", "provenance.json"}
    assert not (tmp_path / "b/audio").exists()


@linux_only
def test_a_link_stays_a_link_to_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to("far/game")
    write_tiny(tmp_path / "near", OLD)
    write_tiny(tmp_path / "near", NEW)
    assert (tmp_path / "near").readlink() == Path("far/game")
    assert sounds(tmp_path / "far/game") == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far", "near"]
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["game"]


@linux_only
def test_circular_links_and_a_deleted_working_directory_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(BundleError, match="a cannot be resolved"):
        prepare_place(tmp_path / "a", "Tiny")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(BundleError, match="working directory that was deleted"):
        prepare_place(Path("build/tiny"), "Tiny")


@linux_only
def test_a_place_where_nothing_can_be_written_is_found_before_composing() -> None:
    with pytest.raises(BundleError, match="nothing can be written into /proc/game"):
        try_place(prepare_place(Path("/proc/game"), "Tiny"))


def test_the_working_directory_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that stands in the bundle would otherwise stand in a folder that is gone."""
    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    (folder / "notes").mkdir()
    before = folder.stat().st_ino
    monkeypatch.chdir(folder)
    write_tiny(Path(), NEW)
    assert folder.stat().st_ino == before
    assert sounds(folder) == NEW
    assert (folder / "notes").is_dir()
    assert contents(folder).keys() == {
        "bundle.json", "provenance.json", "audio/title.ogg", "audio/cave.ogg",
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_where_folders_cannot_be_renamed_their_contents_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at a mount point: the system says EBUSY."""

    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    folder = tmp_path / "b"
    write_tiny(folder, OLD)
    (folder / "theirs").write_text("x")
    monkeypatch.setattr("chipassets.bundle.store.replace_folder", refuse)
    write_tiny(folder, NEW)
    assert sounds(folder) == NEW
    assert sorted(path.name for path in folder.iterdir()) == [
        "audio", "bundle.json", "provenance.json", "theirs",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_bundle_in_conflict_is_told_from_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text('{\n<<<<<<< ours\n"seed": 1\n=======\n"seed": 2\n')
    with pytest.raises(BundleError, match=r"conflict markers in .*bundle\.json; .*build again"):
        prepare_place(tmp_path, "Game")
