"""GBS: the registers come back, from our reader and from gbsplay and libgme that play the file."""

from __future__ import annotations

import ctypes.util
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from chipassets.chipfiles import decode_gbs, encode_gbs
from chipassets.chipfiles.gbs_player import DIALECT
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from tests.chipfiles.material import DMG, busy_log, logs, refuses_damage, tune_log
from tests.render.nsf_probe import play
from tests.render.test_tones import cents, measured_hz

FRAME_CLOCKS = 70_224
CLOCK_HZ = 4_194_304


def one(log: RegisterLog) -> bytes:
    return encode_gbs([(log, "song")], title="Song").data


@given(logs("gameboy", DMG))
def test_logs_come_back(log: RegisterLog) -> None:
    assert decode_gbs(one(log)).logs == (log,)


def timed(path: Path, frames: int, song: int = 1) -> list[tuple[int, Write]]:
    """The writes to the sound's registers that gbsplay sees, and the clock of each."""
    seconds = str(frames * FRAME_CLOCKS // CLOCK_HZ + 2)
    command = ["gbsplay", "-o", "iodumper", "-t", seconds, "-T", "0", "-q", str(path)]
    text = subprocess.run(
        [*command, str(song), str(song)], check=True, capture_output=True, text=True
    ).stdout
    lines = [line.split() for line in text.split("subsong")[-1].splitlines()[1:]]
    now = 0
    found: list[tuple[int, Write]] = []
    for clocks, pair in (line for line in lines if len(line) == 2):
        now += int(clocks, 16)
        address, value = (int(part, 16) for part in pair.split("="))
        if 0xFF10 <= address < 0xFF40:
            found.append((now, Write(address, value)))
    return found


def dumped(path: Path, frames: int, song: int = 1) -> list[tuple[int, Write]]:
    """The writes that gbsplay sees within so many calls of play, each with the call's number."""
    (_, off), *found = timed(path, frames, song)
    assert off == Write(0xFF26, 0), "init switches the chip off"
    first = found[0][0] if found else 0
    numbered = [((now - first + 2_000) // FRAME_CLOCKS, write) for now, write in found]
    return [item for item in numbered if item[0] < frames]


@pytest.mark.skipif(not shutil.which("gbsplay"), reason="gbsplay is not installed")
@pytest.mark.parametrize(
    "made",
    [
        lambda: tune_log(4, 1, "gameboy"),
        lambda: tune_log(1, None, "gameboy"),
        lambda: busy_log("gameboy", 700, 333),
        lambda: busy_log("gameboy", 900, 0, 8),
    ],
)
@pytest.mark.default_cases(1)
def test_gbsplay_sees_every_frame_and_the_loop(
    tmp_path: Path, made: Callable[[], RegisterLog]
) -> None:
    log = made()
    # Writes that switch the chip off would make it deaf to those after, so they stay out.
    log = replace(log, frames=tuple(tuple(map(awake, writes)) for writes in log.frames))
    path = tmp_path / "song.gbs"
    path.write_bytes(one(log))
    count, start = len(log.frames), log.loop_start_frame
    frames = list(enumerate(log.frames))
    if start is None:
        frames.append((count, DIALECT.silence))
    else:
        frames += [(count + n, log.frames[start + n % (count - start)]) for n in range(count // 2)]
    shift = next(number for number, writes in frames if writes)
    wanted = [(number - shift, write) for number, writes in frames for write in writes]
    assert dumped(path, len(frames) - shift) == wanted


def awake(write: Write) -> Write:
    return replace(write, value=write.value | 0x80) if write.address == 0xFF26 else write


@pytest.mark.skipif(not shutil.which("gbsplay"), reason="gbsplay is not installed")
@pytest.mark.slow
def test_an_album_plays_each_song(tmp_path: Path) -> None:
    songs = [busy_log("gameboy", 40, 0, seed) for seed in range(5)]
    songs = [
        replace(log, frames=tuple(tuple(map(awake, writes)) for writes in log.frames))
        for log in songs
    ]
    path = tmp_path / "album.gbs"
    path.write_bytes(encode_gbs([(log, "x") for log in songs], title="Album").data)
    assert decode_gbs(path.read_bytes()).logs == tuple(songs)
    for number, log in enumerate(songs, start=1):
        heard = dumped(path, 10, number)
        wanted = [write for writes in log.frames[:10] for write in writes]
        assert [write for _, write in heard][:20] == wanted[:20]


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
def test_libgme_plays_the_pitch_of_the_song(tmp_path: Path) -> None:
    frequency = 1750
    writes = ((0xFF26, 0x80), (0xFF24, 0x77), (0xFF25, 0xFF), (0xFF11, 0x80), (0xFF12, 0xF8))
    tone = (*writes, (0xFF13, frequency & 0xFF), (0xFF14, 0x80 | frequency >> 8))
    log = RegisterLog("gameboy", (tuple(Write(a, v) for a, v in tone), *((),) * 119), 60)
    log = replace(log, loop_start_frame=None)
    path = tmp_path / "tone.gbs"
    path.write_bytes(one(log))
    expected = 131_072 / (2_048 - frequency)
    tuning = round(44_100 / CLOCK_HZ * 65_536) / (44_100 / CLOCK_HZ * 65_536)
    theirs = measured_hz(play(path, 1.9, None), expected)
    assert abs(cents(expected, theirs * tuning)) < 0.5


def test_the_header_holds_addresses_texts_and_rates() -> None:
    file = encode_gbs([(tune_log(1, 0, "gameboy"), "x")], title="Käse", author="A" * 40)
    assert file.data[:6] == b"GBS\x01\x01\x01"
    assert file.data[0x10:0x30] == b"Kase".ljust(32, b"\0")
    assert file.data[0x30:0x50] == b"A" * 31 + b"\0"
    assert len(file.dropped) == 2


@pytest.mark.parametrize(
    ("log", "named"),
    [
        (RegisterLog("gameboy", (), None), "0 frames"),
        (RegisterLog("gameboy", ((),), 1), "frame 1"),
        (RegisterLog("gameboy", ((Write(0xFF40, 1),),), None), r"\$FF40"),
        (RegisterLog("gameboy", ((Write(0xFF10, 1),) * 171,), None), "171 writes"),
        (RegisterLog("nes", ((),), None), "nes"),
    ],
)
def test_what_the_player_cannot_play_is_refused(log: RegisterLog, named: str) -> None:
    with pytest.raises(RenderError, match=named):
        one(log)


def test_too_much_and_too_many_are_refused() -> None:
    big = RegisterLog("gameboy", ((Write(0xFF10, 1),) * 160,) * 6_600, 0)
    with pytest.raises(RenderError, match="130 banks"):
        one(big)
    with pytest.raises(RenderError, match="0"):
        encode_gbs([], title="x")


def test_damage_is_refused() -> None:
    refuses_damage(one(tune_log(1, 0, "gameboy")), decode_gbs)
