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
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import decode_spc, encode_spc
from chipassets.chipfiles.spc_stream import WRITABLE, pack_music, unpack_music
from chipassets.chipfiles.stream import Dialect
from chipassets.chips.registers import RegisterLog, Write
from chipassets.chips.soundbank import sources
from chipassets.errors import FullError, RenderError
from chipassets.render import render_log
from tests.chip_music import plan, song
from tests.chipfiles.material import refuses_damage
from tests.chipfiles.spc700 import Spc700
from tests.laws import share_of_examples
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
@pytest.mark.default_cases(2)
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
    with pytest.raises(FullError, match=r"samples.*registers of 19200 frames.*echo") as told:
        encode_spc(long, title="x")
    (share,) = re.findall(r"; (\d+) % of the track fits", str(told.value))
    frames = len(long.frames) * int(share) // 100
    assert encode_spc(replace(long, frames=long.frames[:frames]), title="x").data
    more = len(long.frames) * (int(share) + 3) // 100
    with pytest.raises(RenderError, match="too small"):
        encode_spc(replace(long, frames=long.frames[:more]), title="x")


_FEW = st.sampled_from([Write(a, v) for a in (0x00, 0x02, 0x7F) for v in range(3)])
_MANY = st.builds(Write, st.sampled_from(WRITABLE), st.integers(0, 255))


@st.composite
def logs(draw: st.DrawFn) -> RegisterLog:
    """Few and many kinds of writes, repeated passages, long pauses, and loops anywhere."""
    kinds = draw(st.sampled_from([_FEW, _MANY]))
    part = st.lists(st.lists(kinds, max_size=5).map(tuple), min_size=1, max_size=12)
    frames: list[tuple[Write, ...]] = []
    for _ in range(draw(st.integers(1, 4))):
        frames += draw(part) * draw(st.sampled_from([1, 2, 30]))
        frames += [()] * draw(st.sampled_from([0, 15, 16, 17, 100]))
    loop = draw(st.none() | st.integers(0, len(frames) - 1))
    return RegisterLog("snes", tuple(frames), loop)


@given(logs())
@share_of_examples(0.5)
def test_any_log_comes_back_and_a_processor_plays_it(log: RegisterLog) -> None:
    dialect = Dialect("snes", {n: n for n in WRITABLE}, (Write(0x5C, 0xFF),), 150)
    music = pack_music(log, dialect, 0x500)
    memory = bytearray(0x10000)
    memory[0x500 : 0x500 + len(music.data)] = music.data
    loop = 0x500 + music.loop_offset
    assert unpack_music(bytes(memory), 0x500, loop, music.frequent, dialect) == log
    frames, sizes = zip(*music.frame_ends, strict=True)
    assert frames[-1] == len(log.frames)
    assert music.frames_in(sizes[-1]) == len(log.frames)
    assert music.frames_in(sizes[-1] - 1) < len(log.frames)
    plain = [write for writes in log.frames for write in writes]
    if not any(write.address & 15 == 4 for write in plain):
        after = log.frames[log.loop_start_frame :] if log.loop_start_frame is not None else ()
        wanted = [list(writes) for writes in (*log.frames, *after)]
        heard = Spc700(encode_spc(log, title="x").data).frames(len(wanted))
        assert heard == wanted


def test_what_was_played_before_is_copied() -> None:
    """A passage that is heard again costs little; so does a note that is struck again."""
    once = log_of(8)
    room = len(packed(once))
    twice = replace(once, frames=2 * once.frames)
    assert len(packed(twice)) < 1.65 * room
    plain = sum(2 * len(writes) + 1 for writes in once.frames if writes)
    assert room < 0.5 * plain


def packed(log: RegisterLog) -> bytes:
    dialect = Dialect("snes", {n: n for n in WRITABLE}, (Write(0x5C, 0xFF),), 150)
    return pack_music(replace(log, loop_start_frame=None), dialect, 0).data


def test_registers_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(RenderError, match=r"writes 1 to \$0008"):
        encode_spc(RegisterLog("snes", ((Write(0x08, 1),),), None), title="x")


def test_other_chips_are_refused() -> None:
    with pytest.raises(RenderError, match="nes"):
        encode_spc(RegisterLog("nes", ((),), None), title="x")


def test_damage_is_refused() -> None:
    refuses_damage(encode_spc(log_of(*LOGS[0]), title="Song").data, decode_spc)
