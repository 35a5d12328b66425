"""Registers in, samples out.

A log is played as passages (an intro, the body of a loop). Every passage begins with the
oscillators at rest on a whole sample, so that each pass through the body has the same clocks and
gives the same steps, bit for bit. (A console cannot put its triangle back; the file may. Before the
loop the stopped triangle runs on to the start of its wave, a few milliseconds at most, so nothing
jumps.) What still rings at the end of the body, in the impulses and the filters, rings into its
start: the body is filtered as a circle.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from chipassets.chips import CHIPS, Chip
from chipassets.errors import RenderError
from chipassets.registers import RegisterLog, Write
from chipassets.render import apu
from chipassets.render.filters import FilterProfile, filter_train, find_filter, memory_samples
from chipassets.render.kernel import MAX_PHASES, TAP_BITS, TAPS, add_impulses, impulse_table
from chipassets.render.mixer import LEVEL_BITS, mix_pair, pulse_table, tnd_table
from chipassets.render.pcm import Pcm
from chipassets.render.voices import TRIANGLE_REST, Oscillator, Stretch
from chipassets.units import SAMPLE_RATE_HZ, frame_clock, frame_sample

GAIN = 49_152
"""Sample value of the mixer's 1.0. Everything at its loudest swings 0.63, so nothing clips."""

SETTLE_FRAMES = 8
"""Longer than any filter remembers: after so many frames a second pass equals the first."""

CHUNK_FRAMES = 64
"""Frames computed at a time: about a second, which keeps the arrays in the cache."""

_TAIL = TAPS + 2
_FRAME_SAMPLES = 735
"""About a frame, to cut the filters' work into chunks."""


def render_log(
    log: RegisterLog,
    filter_name: str = "famicom",
    frames_per_bar: int = 0,
    chunk_frames: int = CHUNK_FRAMES,
) -> Pcm:
    """Return the log as 44.1 kHz samples whose loop, if it has one, repeats bit for bit.

    Without an intro the file is the loop. With one the file is the intro, the body and as much of
    the body's start again as the intro's ringing lasts, in whole bars if `frames_per_bar` is given;
    the loop starts that much later. A log without a loop ends when its sound has rung out. Every
    `chunk_frames` gives the same samples. RenderError for a chip, register or filter not known.
    """
    profile = find_filter(filter_name)
    chip = _chip(log)
    if log.loop_start_frame is None:
        train, history, start = _once(log, chip, profile, chunk_frames)
    elif log.loop_start_frame == 0:
        train, history, start = _circle(log, chip, profile, chunk_frames)
    else:
        train, history, start = _intro(log, chip, profile, frames_per_bar, chunk_frames)
    samples = _to_samples(history, train, profile, chunk_frames * _FRAME_SAMPLES)
    return Pcm(samples, SAMPLE_RATE_HZ, start)


_Plan = tuple[NDArray[np.int64], NDArray[np.int64], int | None]


def _chip(log: RegisterLog) -> Chip:
    if log.chip not in CHIPS:
        raise RenderError(f"no renderer for the chip {log.chip!r}; there are {', '.join(CHIPS)}")
    if not log.frames:
        raise RenderError("the register log has no frames, so there is nothing to render")
    start = log.loop_start_frame
    if start is None:
        return CHIPS[log.chip]
    if not 0 <= start < len(log.frames):
        raise RenderError(f"the loop starts at frame {start} of {len(log.frames)}")
    missing = apu.SOUND_ADDRESSES - {write.address for write in log.frames[start]}
    if missing:
        names = ", ".join(f"${address:04X}" for address in sorted(missing))
        raise RenderError(
            f"frame {start}, where the loop starts, does not write {names}; a loop is exact only "
            "if its first frame writes every register"
        )
    return CHIPS[log.chip]


def _once(log: RegisterLog, chip: Chip, profile: FilterProfile, chunk_frames: int) -> _Plan:
    train = _passage(log.frames, chip, apu.Registers(), chunk_frames, loops=False)
    ringing = np.zeros(memory_samples(profile), dtype=np.int64)
    return np.concatenate((train, ringing)), _silence(profile), None


def _circle(log: RegisterLog, chip: Chip, profile: FilterProfile, chunk_frames: int) -> _Plan:
    body = _passage(log.frames, chip, apu.Registers(), chunk_frames, loops=True)
    length = len(body) - _TAIL
    train = body[:length]
    train[:_TAIL] += body[length:]
    if profile.high_pass_hz:
        before = np.arange(-memory_samples(profile), 0) % length
        return train, train[before], 0
    # The plain sum remembers everything; all it needs is where the pass before left it.
    history = _silence(profile)
    history[0] -= body[length:].sum()
    return train, history, 0


def _intro(
    log: RegisterLog, chip: Chip, profile: FilterProfile, frames_per_bar: int, chunk_frames: int
) -> _Plan:
    start = log.loop_start_frame or 0
    registers = apu.Registers()
    intro = _passage(log.frames[:start], chip, registers, chunk_frames, loops=True)
    body = _passage(log.frames[start:], chip, registers, chunk_frames, loops=True)
    again_frames = -(-SETTLE_FRAMES // max(frames_per_bar, 1)) * max(frames_per_bar, 1)
    loop_sample = len(intro) - _TAIL
    length = len(body) - _TAIL
    again = frame_sample(again_frames, chip.frame_rate_hz)
    train = np.zeros(loop_sample + length + max(again, length) + _TAIL, dtype=np.int64)
    train[: len(intro)] += intro
    for offset in range(loop_sample, len(train) - len(body) + 1, length):
        train[offset : offset + len(body)] += body
    return train[: loop_sample + length + again], _silence(profile), loop_sample + again


def _silence(profile: FilterProfile) -> NDArray[np.int64]:
    """What comes before the start: the level from which the steps are counted.

    A high-pass has long forgotten it.
    """
    level = 0 if profile.high_pass_hz else int(tnd_table()[TRIANGLE_REST, 0]) << TAP_BITS
    return np.array([level], dtype=np.int64)


def _passage(
    frames: Sequence[tuple[Write, ...]],
    chip: Chip,
    registers: apu.Registers,
    chunk_frames: int,
    loops: bool,
) -> NDArray[np.int64]:
    """Return the passage's train of steps: its samples, and a tail for the last impulses.

    With `loops` it ends with the step back to the level at which every passage starts.
    """
    clocks = [frame_clock(n, chip.frame_rate_hz, chip.clock_hz) for n in range(len(frames) + 1)]
    registers.start_pass()
    read = [registers.read_frame(writes, clocks[n]) for n, writes in enumerate(frames)]
    length = frame_sample(len(frames), chip.frame_rate_hz)
    train = np.zeros(length + _TAIL, dtype=np.int64)
    stretches = [[item for frame in read for item in frame[voice]] for voice in range(4)]
    rest_clock = _rest_clock(stretches[2]) if loops else None
    oscillators = [Oscillator(kind) for kind in apu.KINDS]
    ratio = SAMPLE_RATE_HZ / chip.clock_hz
    for start in range(0, len(frames), chunk_frames):
        stop = min(start + chunk_frames, len(frames))
        events = [
            oscillator.play(_window(own, clocks[start], clocks[stop]), clocks[stop], rest_clock)
            for oscillator, own in zip(oscillators, stretches, strict=True)
        ]
        for first, second, table in ((0, 1, pulse_table()), (2, 3, tnd_table())):
            step_clocks, steps = mix_pair(events[first], events[second], table)
            _place(train, step_clocks, steps, ratio)
    if loops:
        levels = [oscillator.level for oscillator in oscillators]
        end = pulse_table()[levels[0], levels[1]] + tnd_table()[levels[2], levels[3]]
        back = tnd_table()[TRIANGLE_REST, 0] - end
        train[length : length + TAPS] += back * impulse_table(_phases(ratio))[0].astype(np.int64)
    return train


def _rest_clock(triangle: list[Stretch]) -> int | None:
    """When the triangle stops for the last time; None if it sounds to the end."""
    clock = None
    for stretch in reversed(triangle):
        if stretch.steps:
            break
        clock = stretch.clock
    return clock


def _window(stretches: list[Stretch], start_clock: int, stop_clock: int) -> list[Stretch]:
    """The stretches within the clocks, the one that goes on from before first."""
    first = bisect_left(stretches, start_clock, key=lambda item: item.clock)
    last = bisect_left(stretches, stop_clock, key=lambda item: item.clock)
    inside = stretches[first:last]
    if inside and inside[0].clock == start_clock:
        return inside
    return [replace(stretches[first - 1], clock=start_clock, restart=False), *inside]


def _phases(ratio: Fraction) -> int:
    return min(ratio.denominator, MAX_PHASES)


def _place(
    train: NDArray[np.int64],
    clocks: NDArray[np.int64],
    steps: NDArray[np.int64],
    ratio: Fraction,
) -> None:
    """Add the steps at their clocks, `ratio` samples each, to the train."""
    if not len(clocks):
        return
    phases = _phases(ratio)
    positions, remainders = np.divmod(clocks * ratio.numerator, ratio.denominator)
    rows = remainders * phases // ratio.denominator
    add_impulses(train, positions, rows, steps, impulse_table(phases))


def _to_samples(
    history: NDArray[np.int64],
    train: NDArray[np.int64],
    profile: FilterProfile,
    chunk_samples: int,
) -> NDArray[np.int16]:
    """Filter the train, which comes after `history`, in chunks and round it to int16."""
    memory = memory_samples(profile)
    pieces = []
    for start in range(0, len(train), chunk_samples):
        heard = np.concatenate((history, train[start : start + chunk_samples]))
        pieces.append(_quantise(filter_train(heard, profile)[len(history) :]))
        # The plain sum remembers everything, but as one number.
        history = heard[-memory:] if profile.high_pass_hz else heard.sum(keepdims=True)
    return np.concatenate(pieces)


def _quantise(signal: NDArray[np.int64]) -> NDArray[np.int16]:
    shift = LEVEL_BITS + TAP_BITS
    rounded = (signal * GAIN + (1 << (shift - 1))) >> shift
    samples: NDArray[np.int16] = np.clip(rounded, -32_768, 32_767).astype(np.int16)
    return samples
