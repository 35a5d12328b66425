from __future__ import annotations

import time
from pathlib import Path

import pytest

from chipassets.runtime import Library
from demo_game.reload import BundleWatch
from tests.runtime.tiny_bundle import Piece, write_bundle


def wait_for(watch: BundleWatch) -> Library:
    for _ in range(6000):
        found = watch.poll()
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("no new library came")


def test_a_bundle_that_was_built_again_comes_and_a_broken_one_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440)])
    watch = BundleWatch(bundle)
    assert watch.poll() is None
    (bundle / "new.json").write_text("{")
    (bundle / "new.json").replace(bundle / "bundle.json")
    for _ in range(6000):
        if caplog.records:
            break
        time.sleep(0.05)
    assert "the new bundle is not played" in caplog.text
    assert watch.poll() is None
    bundle.rename(tmp_path / "old")
    write_bundle(bundle, [Piece("town", 440), Piece("cave", 550)])
    assert [track.name for track in wait_for(watch).tracks] == ["town", "cave"]
    watch.close()
