"""The NES's sample channel: its clips, its bits one by one, its place in the mix, and libgme."""

from __future__ import annotations

import ctypes.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_nsf
from chipassets.chips.dmcbank import (
    ALIGNMENT,
    MOST,
    ORIGIN,
    PERIODS,
    clips,
    encode_delta,
    memory,
)
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.plan.trackplan import Sound
from chipassets.render import render_log
from chipassets.render.dmc import ClipStretch, SampleChannel
from chipassets.render.engine import BOARDS
from chipassets.render.mixer import tnd_output
from chipassets.render.voices import Stretch
from tests.chip_music import plan, solo, song
from tests.laws import share_of_examples
from tests.render.nsf_probe import play

SAMPLED = Sound(drums="dmc")
IMAGE = memory(clips().values())
START = (
    Write(0x4015, 0x0F),
    Write(0x4017, 0x40),
    Write(0x4010, 0x0F),
    *(Write(address, 0) for address in (0x4011, 0x4012, 0x4013)),
)


def drums_log(bars: int = 4, groove: str = "rock", chip: str = "nes") -> RegisterLog:
    return write_registers(arrange(song(bars), plan(groove=groove, sound=SAMPLED), chip))


def struck(name: str) -> tuple[Write, ...]:
    address, length = clips()[name].registers
    return (Write(0x4012, address), Write(0x4013, length), Write(0x4015, 0x1F))


def levels_by_bit(data: bytes, level: int) -> list[int]:
    """The chip's rule, a bit at a time."""
    found = []
    for byte in data:
        for bit in range(8):
            step = 2 if byte >> bit & 1 else -2
            level += step if 0 <= level + step <= MOST else 0
            found.append(level)
    return found


def test_clips_are_where_registers_can_point_and_end_at_rest() -> None:
    for clip in clips().values():
        address, length = clip.registers
        assert ORIGIN + ALIGNMENT * address == clip.address
        assert 16 * length + 1 == len(clip.packed)
        assert IMAGE[clip.address - ORIGIN :].startswith(clip.packed)
        for level in (0, 1, 64, 127):
            levels = levels_by_bit(clip.packed, level)
            assert levels[-1] <= 1
            assert max(levels) > 40
        assert 8 * len(clip.packed) * PERIODS[clip.rate] < clip.frames * 29_780
    assert len(IMAGE) <= 0x1000


@given(st.lists(st.integers(0, 127), max_size=300), st.integers(0, 63).map(lambda n: 2 * n))
def test_what_is_encoded_is_followed_as_fast_as_a_bit_a_step_can(
    wanted: list[int], level: int
) -> None:
    heard = levels_by_bit(encode_delta(wanted, level), level)
    reachable = level
    for value, got in zip(wanted, heard, strict=False):
        step = min(max(value - reachable, -2), 2)
        assert abs(got - value) <= max(abs(reachable + step - value) + 2, 2)
        reachable = got
    assert len(encode_delta(wanted, level)) % 16 == 1


@given(
    st.binary(min_size=1, max_size=60),
    st.integers(0, 127),
    st.integers(0, 3_000),
    st.sampled_from([54, 72, 428]),
)
def test_the_channel_plays_the_bits_at_its_clock(
    clip: bytes, level: int, at: int, period: int
) -> None:
    clip += bytes(-(len(clip) - 1) % 16)
    first = ClipStretch(0, period, 0, load=level)
    begin = ClipStretch(at, period, 0, start=True, clip=clip)
    end = at + (8 * len(clip) + 20) * period
    events = SampleChannel().play([first, begin] if at else [begin], end, None)
    # The timer has ticked at every multiple of its period; the clip begins with a new cycle.
    ticks = -(-at // period)
    cycle = 8 * (ticks // 8 + 1) if at else 8
    wanted = levels_by_bit(clip, level if at else 0)
    for n in range(0, len(wanted), 7):
        clock = np.array([(cycle + n) * period])
        assert events.level_at(clock, before=False)[0] == wanted[n]


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=6), st.integers(1, 30_000))
@share_of_examples(0.25)
def test_a_passage_in_pieces_is_the_same(strokes: list[int], cut: int) -> None:
    names = list(clips())
    now, stretches = 0, [ClipStretch(0, 54, 0)]
    for number, pause in enumerate(strokes):
        now += pause
        packed = clips()[names[number % len(names)]].packed
        stretches.append(ClipStretch(now, 54, 0, stop=number % 2 == 0, start=True, clip=packed))
    end = now + 60_000
    whole = SampleChannel().play(list(stretches), end, None)
    channel, clocks = SampleChannel(), []
    for start in range(0, end, cut):
        stop = min(start + cut, end)
        last = [item for item in stretches if item.clock < start][-1:]
        inside: list[Stretch] = [item for item in stretches if start <= item.clock < stop]
        if not inside or inside[0].clock != start:
            inside = [item.resumed(start) for item in last] + inside
        clocks.append(channel.play(inside, stop, None).clocks)
    assert (np.concatenate(clocks) == whole.clocks).all()


def test_a_stopped_clip_plays_the_byte_that_waits_and_no_more() -> None:
    up = bytes([0xFF] * 33)
    begin = ClipStretch(0, 54, 0, start=True, clip=up)
    stop = ClipStretch(54 * 20, 54, 0, stop=True)
    events = SampleChannel().play([begin, stop], 54 * 400, None)
    # Silent to tick 8, the first byte to 16; at 20 the second is played and the third waits.
    assert events.clocks[0] == 8 * 54
    assert len(events.clocks) == 24
    assert events.levels[-1] == 48


def test_a_start_while_bytes_are_left_changes_nothing() -> None:
    up, down = bytes([0xFF] * 17), bytes([0xFF] * 33)
    begin = ClipStretch(0, 54, 0, start=True, clip=up)
    again = ClipStretch(54 * 30, 54, 0, start=True, clip=down)
    alone = SampleChannel().play([begin], 54 * 500, None)
    both = SampleChannel().play([begin, again], 54 * 500, None)
    assert (alone.clocks == both.clocks).all()


def test_the_mix_is_the_chips_formula() -> None:
    """Triangle at rest (15), noise off: a level written to the channel gives the formula's step."""
    level = (Write(0x4011, 100),)
    log = RegisterLog("nes", (START, *((),) * 9, level, *((),) * 9), None)
    samples = render_log(log, "none").samples.astype(np.float64)
    gain = BOARDS["nes"].optional_gain
    assert samples[2_000:7_000].mean() == pytest.approx(gain * tnd_output(15, 0, 0), abs=1)
    assert samples[9_000:14_000].mean() == pytest.approx(gain * tnd_output(15, 0, 100), abs=1)


def test_logs_without_samples_are_as_loud_as_ever_and_with_them_do_not_clip() -> None:
    log = drums_log(groove="gallop")
    samples = render_log(log, "none").samples
    assert np.abs(samples.astype(np.int64)).max() < 32_767
    assert BOARDS["nes"].gain == 49_152


@pytest.mark.parametrize("chip", ["nes", "nes-vrc6"])
@pytest.mark.default_cases(1)
def test_a_loop_with_samples_is_the_same_however_it_is_chunked(chip: str) -> None:
    log = drums_log(2, "gallop", chip)
    intro = replace(log, frames=log.frames * 2, loop_start_frame=len(log.frames))
    for one in (log, intro):
        whole = render_log(one)
        for chunk_frames in (3, 50):
            other = render_log(one, chunk_frames=chunk_frames)
            assert (other.samples == whole.samples).all()


def test_no_sample_is_cut_off_by_a_seam() -> None:
    log = drums_log(4, "drive")
    frames_of = {clip.registers[1]: clip.frames for clip in clips().values()}
    length, count = 0, 0
    for frame, writes in enumerate(log.frames):
        length = next((w.value for w in reversed(writes) if w.address == 0x4013), length)
        if Write(0x4015, 0x1F) in writes:
            count += 1
            assert frame + frames_of[length] <= len(log.frames)
    assert count > 20
    samples = render_log(log, "none").samples.astype(np.int64)
    assert abs(int(samples[-1]) - int(samples[0])) < 400


@pytest.mark.parametrize(
    ("writes", "named"),
    [
        ((Write(0x4010, 0x4F),), "loop"),
        ((Write(0x4012, 0xFF), Write(0x4015, 0x1F)), "there is no sample"),
        ((Write(0x4013, 0xFF), Write(0x4015, 0x1F)), "samples end at"),
    ],
)
def test_what_cannot_be_played_is_refused(writes: tuple[Write, ...], named: str) -> None:
    with pytest.raises(RenderError, match=named):
        render_log(RegisterLog("nes", (START, writes), None, samples=IMAGE))


def test_a_loop_must_write_the_samples_registers_too() -> None:
    frames = (START, (Write(0x4011, 4),), struck("kick"))
    with pytest.raises(RenderError, match=r"\$4000"):
        render_log(RegisterLog("nes", frames, 0))
    whole = drums_log(2)
    without = tuple(w for w in whole.frames[0] if w.address != 0x4011)
    with pytest.raises(RenderError, match=r"\$4011"):
        render_log(replace(whole, frames=(without, *whole.frames[1:])))


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
def test_libgme_hears_the_same_drums(tmp_path: Path) -> None:
    """Stroke by stroke its linear output follows the level that our non-linear one comes from."""
    log = drums_log(8)
    (tmp_path / "song.nsf").write_bytes(encode_nsf([(log, "song")], title="Song").data)
    theirs = play(tmp_path / "song.nsf", 11, 4)
    mixed = render_log(solo(log, "samples"), "none").samples.astype(np.float64)
    formula = [BOARDS["nes"].optional_gain * tnd_output(15, 0, n) for n in range(128)]
    ours = without_dc(np.interp(mixed, formula, np.arange(128)))
    found = [
        stroke(ours, theirs, round(frame * 733.79))
        for frame, writes in enumerate(log.frames[:600])
        if Write(0x4015, 0x1F) in writes
    ]
    alike, gains = np.array(found).T
    assert len(found) > 20
    assert np.median(alike) > 0.95
    assert alike.min() > 0.85
    assert np.abs(gains / np.median(gains) - 1).max() < 0.1


def without_dc(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signal through a high-pass of about 60 Hz, as libgme's buffer has one."""
    spectrum = np.fft.rfft(signal)
    hz = np.fft.rfftfreq(len(signal), 1 / 44_100)
    return np.fft.irfft(spectrum * (1j * hz / (60 + 1j * hz)), len(signal))


def stroke(ours: NDArray[np.float64], theirs: NDArray[np.float64], at: int) -> tuple[float, float]:
    """How alike a drum at the sample is, and how much louder theirs, where they match best."""
    own = ours[at : at + 3_500]
    near = theirs[at : at + 5_500]
    shift = int(np.argmax(np.correlate(near, own, "valid")))
    other = near[shift : shift + len(own)]
    return float(np.corrcoef(own, other)[0, 1]), float(other.std() / own.std())
