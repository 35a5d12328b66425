from __future__ import annotations

import threading
from pathlib import Path

import pytest

from demo_game.reload import BundleWatch
from tests.runtime.tiny_bundle import Piece, write_bundle


def test_a_bundle_that_was_built_again_comes_and_a_broken_one_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo_game.reload._POLL_SECONDS", 3600.0)  # the test looks in its stead
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440)])
    watch = BundleWatch(bundle)
    assert watch.poll() is None
    (bundle / "new.json").write_text("{")
    (bundle / "new.json").replace(bundle / "bundle.json")
    watch.look()
    watch.look()
    assert caplog.text.count("the new bundle is not played") == 1
    assert watch.poll() is None
    bundle.rename(tmp_path / "old")
    write_bundle(bundle, [Piece("town", 440), Piece("cave", 550)])
    watch.look()
    found = watch.poll()
    assert found is not None
    assert [track.name for track in found.tracks] == ["town", "cave"]
    assert watch.poll() is None
    watch.close()


def test_a_thread_checks_for_a_new_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = threading.Event()
    monkeypatch.setattr("demo_game.reload._POLL_SECONDS", 0.0)
    monkeypatch.setattr(BundleWatch, "look", lambda _watch: looked.set())
    watch = BundleWatch(write_bundle(tmp_path / "bundle", [Piece("town", 440)]))
    assert looked.wait(300)
    watch.close()
