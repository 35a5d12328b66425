"""A passage of a log, played once from resting oscillators: its steps as a train of impulses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.profiles import Chip
from chipassets.chips.registers import Write
from chipassets.chips.soundbank import Source
from chipassets.render.board import Board, RegisterReader, SampleBoard, Steps
from chipassets.render.filters import FilterProfile
from chipassets.render.kernel import MAX_PHASES, TAP_BITS, TAPS, add_impulses, impulse_table
from chipassets.render.steptrain import Train
from chipassets.render.voices import Stretch
from chipassets.units import SAMPLE_RATE_HZ, frame_clocks, frame_sample

TAIL_SAMPLES = TAPS + 2
"""Samples that the impulse of a step at the end of a passage needs after the end."""


@dataclass(frozen=True, slots=True)
class Player:
    """The values that are constant throughout a render.

    sources: the log's own, for a chip that plays samples. clips: the memory of the log's clips.
    """

    chip: Chip
    board: Board | SampleBoard
    profile: FilterProfile
    chunk_frames: int
    sources: tuple[Source, ...] = ()
    clips: bytes = b""

    @property
    def ratio(self) -> Fraction:
        """Return the samples per clock."""
        return SAMPLE_RATE_HZ / self.chip.clock_hz

    def samples(self, frames: int) -> int:
        """Return the length of `frames` in samples."""
        return frame_sample(frames, self.chip.frame_rate_hz)


def play_passages(
    passages: Sequence[Sequence[tuple[Write, ...]]], player: Player, loops: bool
) -> Iterator[Train]:
    """Yield every passage's train of steps; registers keep their values throughout.

    Each train must be read to its end before the next one.
    """
    chip, board = player.chip, player.board
    clocks = [frame_clocks(len(frames), chip.frame_rate_hz, chip.clock_hz) for frames in passages]
    if isinstance(board, SampleBoard):
        memory = board.registers(player.sources)
        # Every passage is followed by the start of the last one, the loop's, if there is a loop.
        following = passages[-1][0] if loops else ()
        for frames, own in zip(passages, clocks, strict=True):
            yield board.play(frames, own, memory, following, player.samples(len(frames)))
        return
    registers = board.registers(player.clips)
    for frames, own in zip(passages, clocks, strict=True):
        yield Train(_passage(frames, own, player, board, registers, loops), TAIL_SAMPLES)


def _passage(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    player: Player,
    board: Board,
    registers: RegisterReader,
    loops: bool,
) -> Iterator[NDArray[np.int64]]:
    """Yield the passage's train of steps: its samples, and TAIL_SAMPLES for the last ones.

    With `loops` it ends with the step back to the level at which every passage starts.
    """
    registers.start_pass()
    stretches = _stretches(frames, clocks, registers)
    oscillators = registers.oscillators()
    rests = [
        _rest_clock(own) if loops and voice.holds else None
        for voice, own in zip(oscillators, stretches, strict=True)
    ]
    end_sample = player.samples(len(frames))
    first = 0  # the sample at which the next piece starts
    tail = np.zeros((board.sides, TAIL_SAMPLES), dtype=np.int64)
    level = np.zeros(board.sides, dtype=np.int64)
    for start in range(0, len(frames), player.chunk_frames):
        stop = min(start + player.chunk_frames, len(frames))
        begin, end = clocks[start], clocks[stop]
        events = [
            voice.play(_window(own, begin, end), end, rest)
            for voice, own, rest in zip(oscillators, stretches, rests, strict=True)
        ]
        last = end_sample if stop == len(frames) else end * player.ratio // 1
        whole = np.zeros((board.sides, last - first + TAIL_SAMPLES), dtype=np.int64)
        whole[:, :TAIL_SAMPLES] += tail
        for steps in board.mix(events):
            _place([whole[side] for side in steps.sides], steps, player.ratio, first)
        piece, tail = np.split(whole, [last - first], axis=1)
        level += piece.sum(axis=1)
        first = last
        yield piece
    if loops:
        _close(tail, level + tail.sum(axis=1), player)
    yield tail


def _stretches(
    frames: Sequence[tuple[Write, ...]], clocks: Sequence[int], registers: RegisterReader
) -> list[list[Stretch]]:
    """Return the stretches of each oscillator in the passage.

    Frames are joined as they are read: most of their lists are empty, and those of minutes of sound
    would take as much memory as half of it.
    """
    found: list[list[Stretch]] = []
    for number, writes in enumerate(frames):
        read = registers.read_frame(writes, clocks[number], clocks[number + 1])
        found = found or [[] for _ in read]
        for voice, own in zip(found, read, strict=True):
            voice += own
    return found


def _close(tail: NDArray[np.int64], level: NDArray[np.int64], player: Player) -> None:
    """Add one step at the end of every side so that its steps, which reach `level`, add up to 0."""
    impulse = impulse_table(_phases(player.ratio))[0].astype(np.int64)
    for side, reached in zip(tail, level, strict=True):
        # The taps of every impulse add up to 1 << TAP_BITS, so this is a whole number of impulses.
        side[:TAPS] -= (int(reached) >> TAP_BITS) * impulse


def _rest_clock(triangle: list[Stretch]) -> int | None:
    """Return the clock at which the triangle stops for the last time.

    None if it sounds to the end.
    """
    clock = None
    for stretch in reversed(triangle):
        if stretch.steps:
            break
        clock = stretch.clock
    return clock


def _window(stretches: list[Stretch], start_clock: int, stop_clock: int) -> list[Stretch]:
    """Return the stretches between the clocks; the first one continues from before."""
    first = bisect_left(stretches, start_clock, key=lambda item: item.clock)
    last = bisect_left(stretches, stop_clock, key=lambda item: item.clock)
    inside = stretches[first:last]
    if inside and inside[0].clock == start_clock:
        return inside
    return [stretches[first - 1].resumed(start_clock), *inside]


def _phases(ratio: Fraction) -> int:
    return min(ratio.denominator, MAX_PHASES)


def _place(
    trains: Sequence[NDArray[np.int64]], steps: Steps, ratio: Fraction, first_sample: int
) -> None:
    """Add the steps to the trains, which start at a sample, at `ratio` samples per clock."""
    if not len(steps.clocks):
        return
    phases = _phases(ratio)
    places = steps.clocks * ratio.numerator
    positions = places // ratio.denominator
    places -= positions * ratio.denominator
    rows = places if phases == ratio.denominator else places * phases // ratio.denominator
    positions -= first_sample
    add_impulses(trains, positions, rows, steps.heights, impulse_table(phases))
