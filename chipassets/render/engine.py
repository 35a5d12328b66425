"""Renders a register log to samples.

A log is played as passages (an intro, the body of a loop). Every passage begins on a whole sample
with the oscillators at rest, so that each pass through the body has the same clocks and gives the
same steps, bit for bit. (A console cannot reset its triangle; a file can. Before the loop the
stopped triangle runs on to the start of its wave, at most a few milliseconds, so that there is no
jump.) The impulses and filters that still ring at the end of the body are added to its start: the
body is filtered circularly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.nearest import did_you_mean
from chipassets.render.board import Board, SampleBoard
from chipassets.render.filters import filter_train, find_filter, memory_samples
from chipassets.render.gameboy import GAMEBOY_BOARD
from chipassets.render.kernel import TAP_BITS
from chipassets.render.mixer import LEVEL_BITS
from chipassets.render.nes import NES_BOARD, VRC6_BOARD
from chipassets.render.passage import TAIL_SAMPLES, Player, play_passages
from chipassets.render.pcm import Pcm
from chipassets.render.snes import SNES_BOARD
from chipassets.render.steptrain import Train
from chipassets.units import SAMPLE_RATE_HZ

BOARDS: dict[str, Board | SampleBoard] = {
    "nes": NES_BOARD,
    "nes-vrc6": VRC6_BOARD,
    "gameboy": GAMEBOY_BOARD,
    "snes": SNES_BOARD,
}
"""The board of each chip in the chip table."""

GAIN = NES_BOARD.gain

SETTLE_FRAMES = 8
"""The number of frames that the filters' memory spans: after it, a second pass equals the first."""

CHUNK_FRAMES = 64
"""Frames computed at a time: about a second, so that the arrays fit the cache."""

_FRAME_SAMPLES = 735
"""The number of samples that are filtered at a time: about a frame."""


def render_log(
    log: RegisterLog,
    filter_name: str | None = None,
    frames_per_bar: int = 0,
    chunk_frames: int = CHUNK_FRAMES,
) -> Pcm:
    """Return the log as 44.1 kHz samples whose loop, if it has one, repeats bit for bit.

    Samples are [n], or [n, 2] for a stereo chip. Without a `filter_name` the chip's default filter
    is used. Without an intro the file is the loop. With an intro the file is the intro, the body,
    and as much of the body's start again as the intro rings on, in whole bars if `frames_per_bar`
    is given; the loop starts that much later. A log without a loop ends when its sound has decayed.
    The result is the same for every `chunk_frames`. RenderError for an unknown chip, register or
    filter.
    """
    player = _player(log, filter_name, chunk_frames)
    if log.loop_start_frame is None:
        heard, start = _once(log, player)
    elif log.loop_start_frame == 0:
        heard, start = _circle(log, player)
    else:
        heard, start = _intro(log, player, frames_per_bar)
    return Pcm(heard.samples, SAMPLE_RATE_HZ, start)


class _Heard:
    """The samples of a finished render, in one array: a list of pieces would double the memory.

    samples, sides: the expected number of samples and the number of sides; the array grows if
    needed.
    """

    def __init__(self, samples: int, sides: int) -> None:
        self._all = np.zeros((samples, sides), dtype=np.int16)
        self._end = 0

    def extend(self, pieces: Iterable[NDArray[np.int16]], start: int | None = None) -> None:
        """Append pieces, [n, sides] each, or write them from a sample on."""
        at = self._end if start is None else start
        for piece in pieces:
            if at + len(piece) > len(self._all):
                more = np.zeros((at + len(piece) - len(self._all), piece.shape[1]), dtype=np.int16)
                self._all = np.concatenate((self._all, more))
            self._all[at : at + len(piece)] = piece
            at += len(piece)
        self._end = max(self._end, at)

    @property
    def samples(self) -> NDArray[np.int16]:
        """Return everything, [n], or [n, 2] for two sides."""
        found = self._all[: self._end]
        return found[:, 0] if found.shape[1] == 1 else found


def _player(log: RegisterLog, filter_name: str | None, chunk_frames: int) -> Player:
    """Return a player of the log; RenderError for an unknown chip or filter, or no frames."""
    if log.chip not in BOARDS:
        fix = did_you_mean(log.chip, BOARDS, "chips")
        raise RenderError(f"there is no renderer for the chip {log.chip!r}; {fix}")
    board = _fitted(BOARDS[log.chip], log)
    profile = find_filter(filter_name or CHIPS[log.chip].filters[0])
    if not log.frames:
        raise RenderError("the register log has no frames, so there is nothing to render")
    _check_loop(log, board)
    return Player(CHIPS[log.chip], board, profile, chunk_frames, log.sources, log.samples)


def _fitted(board: Board | SampleBoard, log: RegisterLog) -> Board | SampleBoard:
    """Return the board; if the log uses any of the optional registers, they become required."""
    if not any(write.address in board.optional for writes in log.frames for write in writes):
        return board
    return replace(board, addresses=board.addresses | board.optional, gain=board.optional_gain)


def _check_loop(log: RegisterLog, board: Board | SampleBoard) -> None:
    """Raise RenderError for a loop outside the log, or one that does not set every register."""
    start = log.loop_start_frame
    if start is None:
        return
    if not 0 <= start < len(log.frames):
        raise RenderError(f"the loop starts at frame {start} of {len(log.frames)}")
    missing = board.addresses - {write.address for write in log.frames[start]}
    if missing:
        names = ", ".join(f"${address:04X}" for address in sorted(missing))
        raise RenderError(
            f"frame {start}, where the loop starts, does not write {names}; a loop is exact only "
            "if its first frame writes every register"
        )


class _Filter:
    """Filters consecutive step trains, and rounds them to samples.

    history: the steps before the first train, [sides, n], as many as the filters remember.
    """

    def __init__(self, player: Player, history: NDArray[np.int64]) -> None:
        self._player = player
        self.history = history

    def hear(self, train: NDArray[np.int64]) -> Iterator[NDArray[np.int16]]:
        """Yield the samples of the next train, [n, sides] each."""
        profile, gain = self._player.profile, self._player.board.gain
        memory = memory_samples(profile)
        chunk_samples = self._player.chunk_frames * _FRAME_SAMPLES
        for start in range(0, train.shape[1], chunk_samples):
            heard = np.concatenate((self.history, train[:, start : start + chunk_samples]), axis=1)
            before = self.history.shape[1]
            sides = [_quantise(filter_train(side, profile)[before:], gain) for side in heard]
            # The plain sum has infinite memory, but it is one number.
            self.history = (
                heard[:, -memory:].copy()
                if profile.high_pass_hz
                else heard.sum(axis=1, keepdims=True)
            )
            yield np.stack(sides, axis=1)


def _once(log: RegisterLog, player: Player) -> tuple[_Heard, None]:
    """Return the samples of a log that plays once, its decay included."""
    sides, memory = player.board.sides, memory_samples(player.profile)
    filtered = _Filter(player, _silence(player))
    heard = _Heard(player.samples(len(log.frames)) + TAIL_SAMPLES + memory, sides)
    for piece in next(play_passages([log.frames], player, loops=False)).pieces:
        heard.extend(filtered.hear(piece))
    ringing = np.zeros((sides, memory), dtype=np.int64)
    heard.extend(filtered.hear(ringing))
    return heard, None


def _circle(log: RegisterLog, player: Player) -> tuple[_Heard, int]:
    """Return the samples of a loop as they sound after many passes, and its start, 0.

    The sound that rings on after the end is added to the start. So the start, as long as that sound
    and the filters' memory, is filtered last.
    """
    length, memory = player.samples(len(log.frames)), memory_samples(player.profile)
    head = np.zeros((player.board.sides, 0), dtype=np.int64)
    tail = head
    filtered, done = _Filter(player, _silence(player)), 0
    heard = _Heard(length, player.board.sides)
    train = next(play_passages([log.frames], player, loops=True))
    for piece in train.pieces:
        if head.shape[1] < train.rings_on + memory:
            head = np.concatenate((head, piece), axis=1)
            done = head.shape[1]
            filtered.history = _after(head, player)
            continue
        inside = max(0, min(length - done, piece.shape[1]))
        heard.extend(filtered.hear(piece[:, :inside]), done)
        tail = np.concatenate((tail, piece[:, inside:]), axis=1)
        done += piece.shape[1]
    head, tail = head[:, :length], np.concatenate((head[:, length:], tail), axis=1)
    history = _silence(player)
    for start in range(0, tail.shape[1], length):
        # The ringing of the passes before this one.
        ringing = tail[:, start : start + length]
        head[:, : ringing.shape[1]] += ringing
        history[:, 0] -= tail[:, start:].sum(axis=1)
    if player.profile.high_pass_hz:
        is_whole = head.shape[1] == length
        before = np.arange(-memory, 0) % length
        history = head[:, before] if is_whole else filtered.history
    # The plain sum has infinite memory; it needs only its value after the passes before.
    heard.extend(_Filter(player, history).hear(head), 0)
    return heard, 0


def _after(train: NDArray[np.int64], player: Player) -> NDArray[np.int64]:
    """Return the filters' state after a train that starts from silence."""
    if player.profile.high_pass_hz:
        return train[:, -memory_samples(player.profile) :]
    level: NDArray[np.int64] = _silence(player) + train.sum(axis=1, keepdims=True)
    return level


def _intro(log: RegisterLog, player: Player, frames_per_bar: int) -> tuple[_Heard, int]:
    """Return the samples of intro and loop, and the sample at which the file loops.

    The file has as much of the loop's start again as the intro rings on.
    """
    start = log.loop_start_frame or 0
    loop_sample, length = player.samples(start), player.samples(len(log.frames) - start)
    passages = play_passages([log.frames[:start], log.frames[start:]], player, loops=True)
    bar = max(frames_per_bar, 1)
    again = player.samples(_again_frames(TAIL_SAMPLES, bar))
    filtered = _Filter(player, _silence(player))
    heard = _Heard(loop_sample + length + again, player.board.sides)

    def hear(train: Train, end: int, ringing: NDArray[np.int64], kept: int = 0) -> _Rest:
        """Hear a train up to a sample, with what rings on from before; return what is left."""
        done, first = 0, ringing[:, :0]
        tail = first
        for piece in train.pieces:
            if first.shape[1] < kept:
                first = np.concatenate((first, piece), axis=1)
            count = piece.shape[1]
            inside = max(0, min(end - done, count))
            own = piece[:, :inside].copy()
            over = ringing[:, done : done + inside]
            own[:, : over.shape[1]] += over
            heard.extend(filtered.hear(own))
            tail = np.concatenate((tail, piece[:, inside:]), axis=1)
            done += count
        return first, _added(tail, ringing[:, end:])

    silence = np.zeros((player.board.sides, 0), dtype=np.int64)
    _, ringing = hear(next(passages), loop_sample, silence)
    looped = next(passages)
    again = player.samples(_again_frames(max(ringing.shape[1], looped.rings_on), bar))
    body, tail = hear(looped, length, ringing, again)
    end = np.zeros((player.board.sides, again), dtype=np.int64)
    end[:, : tail.shape[1]] += tail[:, :again]
    for offset in range(0, again, length):
        end[:, offset : offset + body.shape[1]] += body[:, : again - offset]
    heard.extend(filtered.hear(end))
    return heard, loop_sample + again


_Rest = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The start of a train, and what still sounds after its end."""


def _added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of two trains that start together."""
    longer, shorter = (one, other) if one.shape[1] >= other.shape[1] else (other, one)
    total = longer.copy()
    total[:, : shorter.shape[1]] += shorter
    return total


def _again_frames(rings_on: int, frames_per_bar: int) -> int:
    """Return how many frames of the loop are played again before the file's loop start.

    They are whole bars if `frames_per_bar` is given, and enough for the intro's sound to decay.
    rings_on: the number of samples for which the intro's last notes ring, filters included.
    """
    settle_frames = SETTLE_FRAMES + (rings_on - TAIL_SAMPLES) // (_FRAME_SAMPLES - 5)
    return -(-settle_frames // frames_per_bar) * frames_per_bar


def _silence(player: Player) -> NDArray[np.int64]:
    """Return the history before the start: the level from which steps count, [sides, 1].

    A high-pass has settled long before.
    """
    level = 0 if player.profile.high_pass_hz else player.board.rest << TAP_BITS
    return np.full((player.board.sides, 1), level, dtype=np.int64)


def _quantise(signal: NDArray[np.int64], gain: int) -> NDArray[np.int16]:
    """Return samples of 16 bits: the signal times `gain`, rounded and clipped."""
    shift = LEVEL_BITS + TAP_BITS
    rounded = signal * gain
    rounded += 1 << (shift - 1)
    rounded >>= shift
    samples: NDArray[np.int16] = np.clip(rounded, -32_768, 32_767, out=rounded).astype(np.int16)
    return samples
