"""AAC for RPG Maker MV on phones: its loop as MV reads it, exact wherever a decoder begins."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chipassets.cli.app import app
from chipassets.engines import Music
from chipassets.engines.m4a import SPARE_SAMPLES, m4a_items
from chipassets.errors import UsageError
from tests.engines.game import need, run, write_game

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on the path")


def read_as_mv(data: bytes) -> tuple[int, dict[str, int]]:
    """The sample rate and the loop that MV's player takes from a file, in samples.

    It goes through the atoms, into moov, takes the time scale of mvhd for the rate, and in udta
    and meta reads the text at every LOOP up to a zero, then the one 16 bytes behind it.
    """
    assert data[4:8] == b"ftyp"
    rate_hz, found, at = 0, {}, 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if name == b"moov":
            at += 8
            continue
        if name == b"mvhd":
            (rate_hz,) = struct.unpack_from(">I", data, at + 20)
        if name in (b"udta", b"meta"):
            place = at
            while (place := data.find(b"LOOP", place, at + size)) >= 0:
                end = data.index(b"\0", place)
                value = data[end + 16 :].split(b"\0")[0]
                found[data[place:end].decode()] = int(value)
                place = end
        at += size
    return rate_hz, found


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_game(tmp_path_factory.mktemp("m4a") / "bundle")


@pytest.mark.slow
def test_the_loop_is_read_by_mv_and_exact_wherever_it_lies(bundle: Path, tmp_path: Path) -> None:
    items = {item.path: item.data for item in m4a_items(Music.read(bundle))}
    assert sorted(items)[:4] == [
        "audio/bgm/battle-1.m4a", "audio/bgm/battle-2.m4a", "audio/bgm/battle.m4a",
        "audio/bgm/night.m4a",
    ]  # fmt: skip
    assert read_as_mv(items["audio/me/victory.m4a"]) == (44_100, {})
    rate_hz, loop = read_as_mv(items["audio/bgm/title.m4a"])
    start, length = loop["LOOPSTART"], loop["LOOPLENGTH"]
    assert (rate_hz, start, length) == (44_100, 44_100 + SPARE_SAMPLES, 3 * 44_100)
    (tmp_path / "title.m4a").write_bytes(items["audio/bgm/title.m4a"])
    words = (
        "-v",
        "error",
        "-i",
        "title.m4a",
        "-f",
        "s16le",
        "-ac",
        "1",
        "-ar",
        "44100",
        "title.raw",
    )
    run(need("ffmpeg", "ffmpeg"), *words, cwd=tmp_path)
    decoded = np.fromfile(tmp_path / "title.raw", "<i2").astype(float)
    for silence in (0, 1024, 2112):
        heard = np.concatenate((np.zeros(silence), decoded))
        # What is heard before the jump is what stands before the place that it jumps to.
        seam = [heard[end - 2000 : end] for end in (start, start + length)]
        assert np.abs(seam[0] - seam[1]).max() < 0.02 * np.abs(decoded).max()


@pytest.mark.slow
def test_the_command_writes_them_beside_the_rest(bundle: Path, tmp_path: Path) -> None:
    words = ["export", str(bundle), "rpgmaker", "-o", str(tmp_path / "game"), "--m4a"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "game/audio/bgm/title.m4a").is_file()
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 0
    # Without it they are somebody else's.
    assert CliRunner().invoke(app, words[:-1]).exit_code == 0
    assert (tmp_path / "game/audio/bgm/title.m4a").is_file()
    refused = CliRunner().invoke(app, ["export", str(bundle), "web", "-o", "x", "--m4a"])
    assert isinstance(refused.exception, UsageError)


def test_without_ffmpeg_it_is_said(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="needs the program ffmpeg"):
        next(m4a_items(Music.read(bundle)))
