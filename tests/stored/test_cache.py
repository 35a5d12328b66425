"""The cache: found again whole or not at all, whoever else uses it; what is old goes."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.bundle import TrackEntry
from chipassets.errors import BundleError
from chipassets.lock import LockedTake
from chipassets.music.keys import Key
from chipassets.music.score import Note, Score
from chipassets.stored import cache as caching
from chipassets.stored.cache import Cache, open_cache
from chipassets.stored.cache_files import (
    LAYOUT,
    PARTIAL,
    cache_folder,
    unwritten_cache,
    write_entry,
)
from chipassets.stored.cache_keys import notes_id
from tests.bundle.tiny import tiny_index

SCORE = Score((Note(0, 4, 60), Note(4, 12, 67)), 1, 120_000, Key(0, "major"))
TAKE = LockedTake("key", 3, 16, "why", SCORE)
KEY, OTHER = "ab" * 32, "cd" * 32


def rendered(data: bytes = b"sound") -> tuple[TrackEntry, dict[str, bytes]]:
    index, _ = tiny_index("Tiny", {"town": data})
    return index.tracks[0], {"audio/town.ogg": data}


def test_a_stored_entry_is_found_only_by_its_key(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.find_notes(KEY) is None
    assert cache.find_track(KEY) is None
    cache.keep_notes(KEY, TAKE)
    entry, files = rendered()
    cache.keep_track(KEY, entry, files)
    again = Cache(tmp_path)
    assert again.find_notes(KEY) == TAKE
    assert again.find_track(KEY) == entry
    assert again.path_of(entry.files["ogg"]).read_bytes() == b"sound"
    assert again.find_notes(OTHER) is None
    assert again.find_track(OTHER) is None


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "gone", "folder"])
def test_a_damaged_entry_is_not_found_and_can_be_kept_anew(tmp_path: Path, damage: str) -> None:
    entry, files = rendered()
    for kind in ("notes", "tracks", "files"):
        cache = Cache(tmp_path / kind)
        cache.keep_notes(KEY, TAKE)
        cache.keep_track(KEY, entry, files)
        victim = next(path for path in (tmp_path / kind / "1" / kind).rglob("*") if path.is_file())
        data = victim.read_bytes()
        victim.unlink()
        if damage == "folder":
            continue
        if damage != "gone":
            victim.write_bytes(
                {"cut": data[:-1], "empty": b"", "bit": data[:-1] + bytes([data[-1] ^ 1])}[damage]
            )
        found = (cache.find_notes(KEY), cache.find_track(KEY))
        assert found == (None if kind == "notes" else TAKE, entry if kind == "notes" else None)
        cache.keep_notes(KEY, TAKE)
        cache.keep_track(KEY, entry, files)
        assert (cache.find_notes(KEY), cache.find_track(KEY)) == (TAKE, entry)


def test_old_entries_go_first_and_then_the_least_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, now = Cache(tmp_path), time.time()
    keys = [f"{number:064x}" for number in range(6)]
    for age_days, key in enumerate(keys):
        cache.keep_notes(key, TAKE)
        path = next(path for path in tmp_path.rglob(key[2:]) if path.parent.name == key[:2])
        os.utime(path, (now, now - age_days * 10 * 24 * 3600))
    size = path.stat().st_size
    cache.prune()
    assert [cache.find_notes(key) is not None for key in keys] == [True] * 3 + [False] * 3
    monkeypatch.setattr(caching, "_MAX_BYTES", 2 * size)
    os.utime(next(tmp_path.rglob(keys[0][2:])), (now, now - 9 * 24 * 3600))
    cache.prune()
    assert len([path for path in tmp_path.rglob("*") if len(path.name) == 62]) == 3, "once an hour"
    (tmp_path / "pruned").unlink()
    cache.prune()
    left = sorted(path.name for path in tmp_path.rglob("*") if len(path.name) == 62)
    assert left == [key[2:] for key in keys[1:3]]


@pytest.mark.parametrize(
    ("name", "limit_hours"), [("entry", 30 * 24), (f"entry{PARTIAL}", 24)], ids=["whole", "partial"]
)
@pytest.mark.parametrize("sign", [-1, 1], ids=["past", "future"])
def test_an_entry_stays_for_thirty_days_and_half_a_written_one_for_a_day(
    tmp_path: Path, name: str, limit_hours: int, sign: int
) -> None:
    now = time.time()
    for hours, stays in ((limit_hours - 1, True), (limit_hours + 1, False)):
        path = tmp_path / LAYOUT / "notes" / "ab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (now + sign * hours * 3600,) * 2)
        (tmp_path / "pruned").unlink(missing_ok=True)
        Cache(tmp_path).prune()
        assert path.exists() == stays


@pytest.mark.parametrize(
    ("minutes", "prunes"), [(59, False), (61, True), (-59, False), (-61, True)]
)
def test_a_cache_is_pruned_once_an_hour(tmp_path: Path, minutes: int, prunes: bool) -> None:
    cache, now = Cache(tmp_path), time.time()
    cache.keep_notes(KEY, TAKE)
    (path,) = tmp_path.rglob(KEY[2:])
    os.utime(path, (now - 40 * 24 * 3600,) * 2)
    (tmp_path / "pruned").touch()
    os.utime(tmp_path / "pruned", (now - 60 * minutes,) * 2)
    cache.prune()
    assert path.exists() != prunes


def test_times_of_a_clock_that_was_set_back_keep_nothing_for_years(tmp_path: Path) -> None:
    cache, now = Cache(tmp_path), time.time()
    years = (now + 10 * 365 * 24 * 3600,) * 2
    keys = [f"{number:064x}" for number in range(2)]
    for key in keys:
        cache.keep_notes(key, TAKE)
    (old,) = [path for path in tmp_path.rglob(keys[0][2:]) if path.parent.name == keys[0][:2]]
    partial = old.with_suffix(PARTIAL)
    partial.touch()
    for path in (old, partial):
        os.utime(path, years)
    (tmp_path / "pruned").touch()
    os.utime(tmp_path / "pruned", years)
    cache.prune()
    assert (old.exists(), partial.exists()) == (False, False)
    assert cache.find_notes(keys[1]) == TAKE


@pytest.mark.parametrize(
    ("system", "variables", "folder"),
    [
        ("linux", {"HOME": "/h"}, "/h/.cache/chipassets"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/chipassets"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "x"}, "/h/.cache/chipassets"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/chipassets"),
        ("win32", {"HOME": "/h", "LOCALAPPDATA": "/l"}, "/l/chipassets/Cache"),
        ("linux", {"HOME": "/h", "CHIPASSETS_CACHE": "/own"}, "/own"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths of Unix")
def test_the_folder_is_where_the_system_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch, system: str, variables: dict[str, str], folder: str
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "CHIPASSETS_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert cache_folder() == Path(folder)


def test_a_cache_that_nobody_wants_or_that_cannot_be_written_ends_with_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path / "file/below"))
    for is_wanted in (True, False):
        with open_cache(tmp_path / "build", is_wanted=is_wanted) as cache:
            cache.keep_notes(KEY, TAKE)
            assert cache.find_notes(KEY) == TAKE
            assert cache.root.parent == tmp_path / "build"
        assert list((tmp_path / "build").iterdir()) == []
    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path / "mine"))
    with open_cache(tmp_path / "build", is_wanted=True) as cache:
        cache.keep_notes(KEY, TAKE)
    assert Cache(tmp_path / "mine").find_notes(KEY) == TAKE


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_the_folder_of_a_killed_build_is_swept_and_that_of_a_running_one_is_not(
    tmp_path: Path,
) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from chipassets.stored.cache import open_cache\n"
        "with open_cache(Path(sys.argv[1]), is_wanted=False):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with open_cache(tmp_path, is_wanted=False) as one, open_cache(tmp_path, is_wanted=False) as two:
        assert sorted(tmp_path.iterdir()) == sorted((one.root, two.root))


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_no_half_written_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    expected = BundleError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_entry(tmp_path, tmp_path / "below" / "entry", b"data")
    assert list((tmp_path / "below").iterdir()) == []


def test_files_that_cannot_be_kept_are_an_error_and_notes_are_not(tmp_path: Path) -> None:
    (tmp_path / "1").touch()
    cache = Cache(tmp_path)
    cache.keep_notes(KEY, TAKE)
    with pytest.raises(BundleError, match="--no-cache"):
        cache.keep_track(KEY, *rendered())
    assert cache.find_notes(KEY) is None


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "No space left on device; free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EFBIG, r"raise the limit of file sizes \(ulimit -f\)"),
        (errno.EACCES, "change its permissions"),
    ],
)
def test_what_a_full_cache_does_not_take_this_build_keeps_itself(
    number: int, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write_entry

    def full(root: Path, path: Path, data: bytes) -> None:
        """Store an entry, but none in the user's cache."""
        if root == tmp_path / "mine":
            raise unwritten_cache(root, OSError(number, os.strerror(number)))
        real(root, path, data)

    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path / "mine"))
    for module in ("cache", "cache_files"):
        monkeypatch.setattr(f"chipassets.stored.{module}.write_entry", full)
    entry, files = rendered()
    with open_cache(tmp_path / "build", is_wanted=True) as cache:
        assert not cache.trouble
        cache.keep_notes(KEY, TAKE)
        cache.keep_track(KEY, entry, files)
        assert cache.find_notes(KEY) == TAKE
        assert cache.find_track(KEY) == entry
        for listed in entry.all_files():
            assert cache.path_of(listed).read_bytes() == files[listed.path]
        assert re.search(f"not kept for the next one.*{tmp_path / 'mine'}.*{advice}", cache.trouble)
    assert list((tmp_path / "build").iterdir()) == []


def test_a_build_without_any_place_for_its_files_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(root: Path, _path: Path, _data: bytes) -> None:
        """Store nothing anywhere."""
        raise unwritten_cache(root, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path / "mine"))
    monkeypatch.setattr("chipassets.stored.cache.write_entry", full)
    both = r"cache .*mine: No space.*beside the bundle either"
    with (
        open_cache(tmp_path / "build", is_wanted=True) as cache,
        pytest.raises(BundleError, match=both),
    ):
        cache.keep_track(KEY, *rendered())


def test_decisions_and_tempo_make_another_key() -> None:
    from chipassets.lock import Choices, Rejection
    from chipassets.manifest.loader import parse_manifest
    from chipassets.resolve.build_plan import resolve

    text = b"game: Tiny\nseed: 1\ntracks: {town: {length: 1 bar, tempo: 120}}\n"
    track = resolve(parse_manifest(text, Path("game.yaml"))).tracks[0]
    keys = {
        notes_id(track, Choices(), "m", "g"),
        notes_id(track, Choices(rolled=1), "m", "g"),
        notes_id(track, Choices((Rejection(1, "x"),)), "m", "g"),
        notes_id(replace(track, tempo_millibpm=121_000), Choices(), "m", "g"),
        notes_id(track, Choices(), "n", "g"),
        notes_id(track, Choices(), "m", "h"),
    }
    assert len(keys) == 6
