"""The lock's file: one for each manifest, changed by several at once, told of conflicts."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chipassets.errors import BundleError, CheckError, UsageError
from chipassets.lock import Lock, change_lock, lock_path, read_lock
from chipassets.lock.conflict import conflict_sides, conflicted_text
from chipassets.lock.lock_text import lock_to_text
from chipassets.lock.resolving import find_conflicted, merge_files, resolve_lock
from tests.lock.material import DECIDED, OTHER, PLAIN, lock_of, write

OURS = replace(DECIDED, number=4)
THEIRS = replace(DECIDED, number=5, score=OTHER)


def test_two_manifests_in_one_folder_have_two_locks(tmp_path: Path) -> None:
    one, two = tmp_path / "game.yaml", tmp_path / "game.yml"
    one.touch()
    assert lock_path(one).name == "game.lock"
    change_lock(one, lambda lock: lock.with_take("a", PLAIN))
    two.touch()
    change_lock(two, lambda lock: lock.with_take("b", PLAIN))
    assert set(read_lock(one).takes) == {"a"}
    assert set(read_lock(two).takes) == {"b"}
    assert sorted(path.name for path in tmp_path.glob("*.lock")) == ["game.lock", "game.yml.lock"]


def test_a_manifest_has_one_lock_however_its_capitals_are_typed(tmp_path: Path) -> None:
    """Links stand for the names that a file has where capitals make no difference."""
    manifest, typed = tmp_path / "game.yaml", tmp_path / "Game.yaml"
    manifest.touch()
    change_lock(manifest, lambda lock: lock.with_take("a", PLAIN))
    if not typed.exists():
        typed.hardlink_to(manifest)
        (tmp_path / "Game.lock").symlink_to("game.lock")
    assert lock_path(typed).name == "Game.lock"
    change_lock(typed, lambda lock: lock.with_take("b", PLAIN))
    found = read_lock(manifest)
    assert (set(found.takes), found.manifest) == ({"a", "b"}, "game.yaml")


def test_manifests_that_differ_in_capitals_alone_have_two_locks(tmp_path: Path) -> None:
    one, two = tmp_path / "game.yaml", tmp_path / "Game.yaml"
    one.touch()
    if two.exists():
        pytest.skip("they are one file here")
    two.touch()
    for manifest, name in ((one, "a"), (two, "b")):
        change_lock(manifest, lambda lock, name=name: lock.with_take(name, PLAIN))  # type: ignore[misc]
    assert (set(read_lock(one).takes), set(read_lock(two).takes)) == ({"a"}, {"b"})


def test_a_manifest_alone_keeps_its_lock_when_another_comes(tmp_path: Path) -> None:
    one, two = tmp_path / "game.yaml", tmp_path / "game.yml"
    two.touch()
    assert lock_path(two).name == "game.lock"
    change_lock(two, lambda lock: lock.with_take("b", DECIDED))
    one.touch()
    assert lock_path(two).name == "game.lock"
    assert read_lock(one) == Lock()
    change_lock(one, lambda lock: lock.with_take("a", PLAIN))
    assert set(read_lock(two).takes) == {"b"}
    assert set(read_lock(one).takes) == {"a"}


def test_a_renamed_manifest_takes_the_lock_over(tmp_path: Path) -> None:
    (tmp_path / "game.yml").touch()
    change_lock(tmp_path / "game.yml", lambda lock: lock.with_take("b", DECIDED))
    (tmp_path / "game.yml").rename(tmp_path / "game.yaml")
    assert set(read_lock(tmp_path / "game.yaml").takes) == {"b"}


def test_a_renamed_manifest_whose_lock_was_not_renamed_is_refused(tmp_path: Path) -> None:
    game, music = tmp_path / "game.yaml", tmp_path / "music.yaml"
    game.touch()
    (tmp_path / "uv.lock").write_text("version = 1")
    change_lock(game, lambda lock: lock.with_take("b", DECIDED))
    music.touch()
    assert read_lock(music) == Lock(), "game.yaml is there: music.yaml is another game"
    game.unlink()
    with pytest.raises(CheckError, match=r"is gone; .* rename the lock to music\.lock"):
        read_lock(music)
    (tmp_path / "game.lock").rename(tmp_path / "music.lock")
    assert set(read_lock(music).takes) == {"b"}


def test_what_two_manifests_shared_before_is_the_start_of_both(tmp_path: Path) -> None:
    one, two = tmp_path / "game.yaml", tmp_path / "game.yml"
    one.touch()
    two.touch()
    write(tmp_path / "game.lock", lock_to_text(Lock({"a": PLAIN, "b": DECIDED})))
    assert set(read_lock(one).takes) == set(read_lock(two).takes) == {"a", "b"}
    change_lock(two, lambda lock: lock.without({"a"}))
    change_lock(one, lambda lock: lock.without({"b"}))
    assert set(read_lock(one).takes) == {"a"}
    assert set(read_lock(two).takes) == {"b"}


def test_changes_by_many_at_once_all_count(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    manifest.touch()

    def change(number: int) -> None:
        for name in (f"t{number}-{step}" for step in range(5)):
            change_lock(manifest, partial(Lock.with_take, name=name, take=PLAIN))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_lock(manifest).takes) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["game.lock", "game.yaml"]


def test_a_lock_that_does_not_change_is_not_written(tmp_path: Path) -> None:
    manifest = tmp_path / "game.yaml"
    change_lock(manifest, lambda lock: lock.with_take("a", PLAIN))
    before = (tmp_path / "game.lock").stat().st_mtime_ns
    change_lock(manifest, lambda lock: lock)
    assert (tmp_path / "game.lock").stat().st_mtime_ns == before


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_linked_lock_stays_a_link_and_a_circle_is_said(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "game.lock").symlink_to("far/game.lock")
    change_lock(tmp_path / "game.yaml", lambda lock: lock.with_take("a", PLAIN))
    assert (tmp_path / "game.lock").is_symlink()
    assert (tmp_path / "far/game.lock").is_file()
    assert set(read_lock(tmp_path / "game.yaml").takes) == {"a"}
    (tmp_path / "round.lock").symlink_to("round.lock")
    with pytest.raises((CheckError, BundleError), match=r"round\.lock"):
        change_lock(tmp_path / "round.yaml", lambda lock: lock.with_take("a", PLAIN))


def conflicted(folder: Path) -> Path:
    mine = lock_of(battle=OURS, forest=OURS, town=PLAIN)
    other = lock_of(battle=THEIRS, forest=THEIRS, town=PLAIN)
    return write(folder / "game.lock", conflicted_text(mine, other, ["battle", "forest"]))


def test_conflict_markers_are_said_with_the_tracks_that_conflict(tmp_path: Path) -> None:
    conflicted(tmp_path)
    with pytest.raises(CheckError) as told:
        read_lock(tmp_path / "game.yaml")
    message = str(told.value)
    assert "conflict markers here, in battle, forest" in message
    assert "chipassets lock resolve" in message
    line = int(message.split("game.lock:")[1].split(":")[0])
    lines = (tmp_path / "game.lock").read_text().splitlines()
    assert lines[line - 1] == "<<<<<<< ours"


def test_a_side_of_each_track_is_taken_until_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = conflicted(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert find_conflicted(["battle"]) == (Path("game.lock"), ["battle"])
    assert find_conflicted(["game.yaml", "battle"]) == (Path("game.lock"), ["battle"])
    with pytest.raises(UsageError, match="'town' is not in conflict"):
        resolve_lock(path, ["town"], ours=True)
    assert resolve_lock(path, ["battle"], ours=False) == (["battle"], ["forest"])
    with pytest.raises(CheckError, match="in forest;"):
        read_lock(tmp_path / "game.yaml")
    assert resolve_lock(path, [], ours=True) == (["forest"], [])
    assert read_lock(tmp_path / "game.yaml").takes == {
        "battle": THEIRS, "forest": OURS, "town": PLAIN,
    }  # fmt: skip
    with pytest.raises(CheckError, match="nothing to resolve"):
        resolve_lock(path, [], ours=True)
    with pytest.raises(UsageError, match="no lock has"):
        find_conflicted([])


def test_markers_with_the_common_ancestor_between_are_read(tmp_path: Path) -> None:
    text = "a\n<<<<<<< HEAD\nb\n||||||| base\nc\n=======\nd\n>>>>>>> side\ne\n=======\n"
    assert conflict_sides(text) == ("a\nb\ne\n=======\n", "a\nd\ne\n=======\n")


def test_merged_files_have_what_each_side_decided(tmp_path: Path) -> None:
    base = write(tmp_path / "base", lock_to_text(lock_of(a=PLAIN, b=PLAIN, c=PLAIN, d=PLAIN)))
    ours = write(tmp_path / "ours", lock_to_text(lock_of(a=OURS, b=PLAIN, c=OURS, e=PLAIN)))
    theirs = write(
        tmp_path / "theirs", lock_to_text(lock_of(a=PLAIN, b=THEIRS, c=THEIRS, d=PLAIN, f=PLAIN))
    )
    assert merge_files(base, ours, theirs) == ["c"]
    with pytest.raises(CheckError, match="in c;"):
        read_lock_of(ours)
    assert resolve_lock(ours, ["c"], ours=False) == (["c"], [])
    assert read_lock_of(ours).takes == {"a": OURS, "b": THEIRS, "c": THEIRS, "e": PLAIN, "f": PLAIN}


def read_lock_of(path: Path) -> Lock:
    from chipassets.lock.file import read_lock_file

    return read_lock_file(path)


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def commit(folder: Path, lock: Lock) -> None:
    write(folder / "game.lock", lock_to_text(lock))
    assert git(folder, "commit", "-aqm", "lock").returncode == 0


@pytest.mark.parametrize("with_driver", [True, False])
@pytest.mark.slow
def test_branches_are_merged_in_git(tmp_path: Path, with_driver: bool) -> None:
    """As docs/lock.md says: each branch accepts a track of its own, and both accept a third."""
    assert git(tmp_path, "init", "-q", "-b", "main").returncode == 0
    (tmp_path / "game.yaml").touch()
    if with_driver:
        write(tmp_path / ".gitattributes", "game.lock merge=chipassets\n")
        driver = f"{sys.executable} -m chipassets lock merge %O %A %B"
        git(tmp_path, "config", "merge.chipassets.name", "chipassets lock")
        git(tmp_path, "config", "merge.chipassets.driver", driver)
    base = lock_of(arena=PLAIN, battle=PLAIN, cave=PLAIN)
    write(tmp_path / "game.lock", lock_to_text(base))
    git(tmp_path, "add", "-A")
    commit(tmp_path, base)
    git(tmp_path, "commit", "-qm", "base", "--allow-empty")
    git(tmp_path, "checkout", "-qb", "side")
    commit(tmp_path, lock_of(arena=PLAIN, battle=THEIRS, cave=THEIRS, dune=PLAIN))
    git(tmp_path, "checkout", "-q", "main")
    commit(tmp_path, lock_of(arena=OURS, battle=PLAIN, cave=OURS))
    merged = git(tmp_path, "merge", "side")
    assert merged.returncode == 1, merged.stdout + merged.stderr
    with pytest.raises(CheckError, match="conflict markers"):
        read_lock(tmp_path / "game.yaml")
    command = [sys.executable, "-m", "chipassets", "lock", "resolve", "--theirs"]
    tracks = ["cave"] if with_driver else []
    done = subprocess.run([*command, *tracks], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lock = read_lock(tmp_path / "game.yaml")
    assert lock.takes["cave"] == THEIRS
    if with_driver:
        assert lock.takes["arena"] == OURS
        assert lock.takes["battle"] == THEIRS
        assert lock.takes["dune"] == PLAIN


def test_a_missing_side_of_a_merge_is_refused_and_nothing_written(tmp_path: Path) -> None:
    names = ("base", "ours", "theirs")
    for missing in names:
        for name in names:
            (tmp_path / name).unlink(missing_ok=True)
            if name != missing:
                (tmp_path / name).write_bytes(b"")
        with pytest.raises(BundleError, match=f"there is no file .*{missing}"):
            merge_files(*(tmp_path / name for name in names))
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted({*names} - {missing})
        assert all(not path.read_bytes() for path in tmp_path.iterdir())


def test_an_empty_lock_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "game.lock").write_bytes(b"\n")
    with pytest.raises(CheckError, match=r"game\.lock is not a readable lock \(it is empty\)"):
        read_lock(tmp_path / "game.yaml")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX'")
def test_a_lock_that_cannot_be_replaced_is_whole_after_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without write permission has no room for a temporary file beside the lock."""
    import resource

    manifest = tmp_path / "game.yaml"
    change_lock(manifest, lambda lock: lock.with_take("a", PLAIN).with_take("b", PLAIN))
    path = tmp_path / "game.lock"
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("chipassets.bundle.files.tempfile.mkstemp", refuse)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        # The first track's notes differ, so that writing from the start on would overwrite them.
        with pytest.raises(BundleError, match=r"game\.lock: .*; raise the limit of file sizes"):
            change_lock(manifest, lambda lock: lock.with_take("a", DECIDED).with_take("c", DECIDED))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    change_lock(manifest, lambda lock: lock.with_take("a", DECIDED).with_take("c", DECIDED))
    assert set(read_lock(manifest).takes) == {"a", "b", "c"}
    change_lock(manifest, lambda lock: lock.without({"b", "c"}))
    assert read_lock(manifest).takes == {"a": DECIDED}
