"""Putting files into a folder that others write to as well."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from chipassets.bundle import files, write_file
from chipassets.engines import EXPORTERS, Item, Placed, export, place
from chipassets.errors import BundleError
from tests.engines.game import write_game


def put(folder: Path, *items: tuple[str, bytes] | Item, dry: bool = False) -> Placed:
    made = [item if isinstance(item, Item) else Item(*item) for item in items]
    return place("godot", folder, made, dry=dry)


def test_only_what_changed_is_written_and_what_is_not_wanted_goes(tmp_path: Path) -> None:
    put(tmp_path, ("music/a.ogg", b"1"), ("music/b.ogg", b"2"), ("old/c.ogg", b"3"))
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.ogg")}
    placed = put(tmp_path, ("music/a.ogg", b"1"), ("music/b.ogg", b"two"))
    assert placed == Placed(["music/b.ogg"], ["old/c.ogg"], [])
    assert (tmp_path / "music/b.ogg").read_bytes() == b"two"
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "music/a.ogg").stat().st_mtime_ns == stamps[tmp_path / "music/a.ogg"]
    assert put(tmp_path, ("music/a.ogg", b"1"), ("music/b.ogg", b"two")) == Placed()


def test_a_file_of_the_games_own_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "title.ogg").write_bytes(b"the composer's")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    placed = put(tmp_path, ("title.ogg", b"ours"), ("b.ogg", b"2"))
    assert placed == Placed(["b.ogg"], [], ["title.ogg"])
    assert put(tmp_path, ("b.ogg", b"2")) == Placed()
    assert (tmp_path / "title.ogg").read_bytes() == b"the composer's"
    assert (tmp_path / "notes.txt").read_bytes() == b"mine"


def test_a_file_that_somebody_edited_stays_when_it_changes_and_when_it_goes(tmp_path: Path) -> None:
    put(tmp_path, ("music.gd", b"1"), ("gone.gd", b"1"))
    (tmp_path / "music.gd").write_bytes(b"1 and mine")
    (tmp_path / "gone.gd").write_bytes(b"1 and mine")
    assert put(tmp_path, ("music.gd", b"2")) == Placed([], [], ["music.gd"], ["gone.gd"])
    assert (tmp_path / "music.gd").read_bytes() == b"1 and mine"
    assert (tmp_path / "gone.gd").read_bytes() == b"1 and mine"


def test_what_the_engine_rewrites_is_renewed_only_when_the_music_changes(tmp_path: Path) -> None:
    put(tmp_path, Item("a.ogg.import", b"loop=1", is_engines=True))
    (tmp_path / "a.ogg.import").write_bytes(b"loop=1 uid=7")
    assert put(tmp_path, Item("a.ogg.import", b"loop=1", is_engines=True)) == Placed()
    placed = put(tmp_path, Item("a.ogg.import", b"loop=2", is_engines=True))
    assert placed.written == ["a.ogg.import"]
    (tmp_path / "foreign.import").write_bytes(b"theirs")
    placed = put(tmp_path, Item("foreign.import", b"loop=1", is_engines=True))
    assert placed.left == ["foreign.import"]


def test_what_the_engine_wrote_beside_a_file_goes_with_it(tmp_path: Path) -> None:
    files = [
        Item(f"{name}.ogg{end}", b"1", is_engines=bool(end))
        for name in ("a", "b", "c")
        for end in ("", ".import")
    ]
    put(tmp_path, *files)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.ogg.import").write_bytes(b"loop=1 uid=7")
    (tmp_path / "d.ogg.import").write_bytes(b"somebody else's")
    assert put(tmp_path, *files[2:]).removed == ["a.ogg", "a.ogg.import"]
    # Where only the settings are not wanted any more, they may hold what a person has set.
    assert put(tmp_path, files[2], *files[4:]).kept == ["b.ogg.import"]
    assert {path.name for path in tmp_path.glob("*.ogg*")} == {
        "b.ogg", "b.ogg.import", "c.ogg", "c.ogg.import", "d.ogg.import"
    }  # fmt: skip


@pytest.mark.slow
def test_an_example_is_the_games_once_it_is_written(tmp_path: Path) -> None:
    bundle, game = write_game(tmp_path / "bundle"), tmp_path / "game"
    for engine in EXPORTERS:
        if engine == "gbstudio":
            continue  # asks for songs
        export(engine, bundle, game / engine, example=True)
        before = {path: path.read_bytes() for path in (game / engine).rglob("*") if path.is_file()}
        done = export(engine, bundle, game / engine)
        assert not done.placed.is_change, engine
        assert not done.warnings()
        again = export(engine, bundle, game / engine, example=True)
        assert not again.placed.is_change
        after = {path: path.read_bytes() for path in (game / engine).rglob("*") if path.is_file()}
        assert {path for path in before if ".chipassets-" not in path.name} == {
            path for path in after if ".chipassets-" not in path.name
        }


def test_links_in_a_circle_and_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BundleError):
        put(tmp_path / "loop", ("a.ogg", b"1"))
    folder, other = tmp_path / "game", tmp_path / "other"
    put(folder, ("music/a.ogg", b"1"), ("b.ogg", b"2"))
    (folder / "music").rename(other)
    (folder / "music").symlink_to(other)
    with pytest.raises(BundleError, match=r"a\.ogg leads out of"):
        put(folder, ("music/a.ogg", b"1"), ("b.ogg", b"2"))
    assert put(folder, ("b.ogg", b"2")).kept == ["music/a.ogg"], "known, and elsewhere"
    assert (other / "a.ogg").read_bytes() == b"1"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert put(tmp_path, ("a.ogg", b"1"), dry=True).written == ["a.ogg"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", range(4))
def test_a_stop_at_any_moment_leaves_files_that_are_known_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    from chipassets.engines import placing

    put(tmp_path, ("a.ogg", b"1"), ("b.ogg", b"1"))
    real, calls = write_file, iter(range(9))

    def stopping(path: Path, data: bytes) -> None:
        if next(calls) == stop:
            raise KeyboardInterrupt
        real(path, data)

    monkeypatch.setattr(placing, "write_file", stopping)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, ("a.ogg", b"2"), ("b.ogg", b"2"))
    monkeypatch.undo()
    placed = put(tmp_path, ("a.ogg", b"3"), ("b.ogg", b"3"))
    assert placed == Placed(["a.ogg", "b.ogg"], [], [])


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"[]",
        b'{"format": 1}',
        b'{"format": 1, "files": 7}',
        b'{"format": 1, "files": {"../x": {}}}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_a_damaged_record_makes_no_file_ours(tmp_path: Path, record: bytes) -> None:
    put(tmp_path, ("a.ogg", b"1"))
    (tmp_path / ".chipassets-godot.json").write_bytes(record)
    assert put(tmp_path, ("a.ogg", b"2")).left == ["a.ogg"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "game").mkdir()
    (tmp_path / "game/music").symlink_to(tmp_path)
    with pytest.raises(BundleError, match="leads out of"):
        put(tmp_path / "game", ("music/a.ogg", b"1"))
    assert not (tmp_path / "a.ogg").exists()


def test_two_engines_share_a_folder(tmp_path: Path) -> None:
    place("godot", tmp_path, [Item("a.ogg", b"1")])
    place("love", tmp_path, [Item("a.lua", b"1")])
    assert place("godot", tmp_path, [Item("a.ogg", b"1")]) == Placed()
    assert (tmp_path / "a.lua").exists()


def test_an_export_that_a_full_disk_stops_says_how_far_it_came_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        if path.name == "b.ogg":
            raise BundleError(f"cannot write {path}: No space left on device")
        write_file(path, data)

    files = ("a.ogg", b"1"), ("b.ogg", b"2"), ("c.ogg", b"3")
    with monkeypatch.context() as patch:
        patch.setattr("chipassets.engines.placing.write_file", full)
        with pytest.raises(BundleError, match=r"b\.ogg: No space.*; 1 of 3 files are written"):
            put(tmp_path, *files)
    assert put(tmp_path, *files) == Placed(["b.ogg", "c.ogg"], [], [])
    assert put(tmp_path, *files) == Placed()


def test_an_export_without_room_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(target: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(files, "replace_file", full)
    for folder in (tmp_path / "game" / "music", tmp_path / "mine" / "music"):
        with pytest.raises(BundleError, match="No space left on device; free some space"):
            put(folder, ("a.ogg", b"1"))
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]
