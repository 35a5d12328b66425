"""SPC: the registers come back, from our reader, from a processor, and as sound from libgme."""

from __future__ import annotations

import ctypes.util
import math
import re
import struct
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import decode_spc, encode_spc
from chipassets.chips.registers import RegisterLog, Write
from chipassets.chips.soundbank import sources
from chipassets.errors import RenderError
from chipassets.render import render_log
from tests.chip_music import plan, song
from tests.chipfiles.material import refuses_damage
from tests.chipfiles.spc700 import Spc700
from tests.render.test_spc import played_by_libgme

_EMULATOR_GAIN = 1.398
"""By which libgme is louder, as in the test of a single voice."""


@cache
def log_of(bars: int = 4, loop_start_bar: int | None = 0) -> RegisterLog:
    return write_registers(arrange(song(bars, loop_start_bar=loop_start_bar), plan(), "snes"))


def alike(log: RegisterLog) -> RegisterLog:
    """The log with the first of the bank's equal sources in each one's place."""
    first: dict[bytes, int] = {}
    numbers = [first.setdefault(source.packed, n) for n, source in enumerate(sources())]

    def moved(write: Write) -> Write:
        return replace(write, value=numbers[write.value]) if write.address & 15 == 4 else write

    return replace(log, frames=tuple(tuple(map(moved, writes)) for writes in log.frames))


LOGS = [(4, 0), (6, 2), (4, None), (24, 0)]
"""Bars and the bar at which the loop starts: the logs are made where they are read."""


@pytest.mark.parametrize(("bars", "loop_start_bar"), LOGS)
def test_logs_come_back(bars: int, loop_start_bar: int | None) -> None:
    log = log_of(bars, loop_start_bar)
    file = encode_spc(log, title="Überfahrt", game="Demo", author="Me")
    found = decode_spc(file.data)
    assert (found.title, found.game, found.author) == ("Uberfahrt", "Demo", "Me")
    assert found.log == alike(log)
    assert len(file.dropped) == 1
    assert len(file.data) == 0x10200


@pytest.mark.parametrize(("bars", "loop_start_bar"), LOGS)
def test_a_processor_writes_every_register_at_its_frame(
    bars: int, loop_start_bar: int | None
) -> None:
    log = log_of(bars, loop_start_bar)
    processor = Spc700(encode_spc(log, title="x").data)
    memory = bytes(processor.memory)
    start = log.loop_start_frame
    frames = list(log.frames)
    if start is None:
        frames.append((Write(0x5C, 0xFF),))
    else:
        frames += [*log.frames[start:], *log.frames[start : start + 40]]
    heard = processor.frames(len(frames))
    # Sources have other numbers in the file; their blocks are those of the bank.
    for wanted, got in zip(frames, heard, strict=True):
        assert [w for w in got if w.address & 15 != 4] == [w for w in wanted if w.address & 15 != 4]
        for mine, theirs in zip(wanted, got, strict=True):
            if mine.address & 15 == 4:
                (at,) = struct.unpack_from("<H", memory, 0x300 + 4 * theirs.value)
                assert memory.startswith(sources()[mine.value].packed, at)
    assert processor.most_clocks < 17_024


def test_the_tags_hold_length_and_fade() -> None:
    loops, ends = (encode_spc(log, title="x").data for log in (log_of(*LOGS[1]), log_of(*LOGS[2])))
    frames = len(log_of(*LOGS[1]).frames)
    seconds = math.ceil((frames + frames - 192) / 60.0988)
    assert loops[0xA9:0xB1] == f"{seconds:03d}08000".encode()
    assert int(ends[0xA9:0xAC]) == -(-len(log_of(*LOGS[2]).frames) * 10_000 // 600_988)
    assert ends[0xAC:0xB1] == b"00000"
    assert loops[0x23] == 0x1A


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
def test_libgme_hears_what_we_render() -> None:
    log = log_of(4, None)
    theirs = played_by_libgme(encode_spc(log, title="x").data, 32_000 * 6) / _EMULATOR_GAIN
    ours = render_log(log).samples[:, 0].astype(np.float64)
    # Its timer is 0.09 % faster than the picture; loudness by the eighth of a second agrees.
    count = min(len(theirs) // 4_000, len(ours) * 320 // 441 // 4_000) - 1
    levels = np.array([
        [np.sqrt((theirs[n * 4_000 : (n + 1) * 4_000] ** 2).mean()),
         np.sqrt((ours[n * 4_000 * 441 // 320 : (n + 1) * 4_000 * 441 // 320] ** 2).mean())]
        for n in range(count)
    ])  # fmt: skip
    loud = levels[:, 1] > 300
    off = 20 * np.log10(levels[loud, 0] / levels[loud, 1])
    assert abs(np.median(off)) < 0.3
    assert np.abs(off).max() < 4
    assert np.corrcoef(levels[:, 0], levels[:, 1])[0, 1] > 0.9


def test_what_does_not_fit_is_counted() -> None:
    log = log_of(4)
    long = RegisterLog("snes", log.frames * 50, None)
    with pytest.raises(RenderError, match=r"samples.*registers of 19200 frames.*echo") as told:
        encode_spc(long, title="x")
    (share,) = re.findall(r"; (\d+) % of the track fits", str(told.value))
    frames = len(long.frames) * int(share) // 100
    assert encode_spc(replace(long, frames=long.frames[:frames]), title="x").data
    more = len(long.frames) * (int(share) + 3) // 100
    with pytest.raises(RenderError, match="too small"):
        encode_spc(replace(long, frames=long.frames[:more]), title="x")


def test_other_chips_are_refused() -> None:
    with pytest.raises(RenderError, match="nes"):
        encode_spc(RegisterLog("nes", ((),), None), title="x")


def test_damage_is_refused() -> None:
    refuses_damage(encode_spc(log_of(*LOGS[0]), title="Song").data, decode_spc)
