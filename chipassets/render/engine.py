"""Renders a register log to samples.

A log is played as passages (an intro, the body of a loop). Every passage begins on a whole sample
with the oscillators at rest, so that each pass through the body has the same clocks and gives the
same steps, bit for bit. (A console cannot reset its triangle; a file can. Before the loop the
stopped triangle runs on to the start of its wave, at most a few milliseconds, so that there is no
jump.) The impulses and filters that still ring at the end of the body are added to its start: the
body is filtered circularly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.render.board import Board, SampleBoard
from chipassets.render.filters import filter_train, find_filter, memory_samples
from chipassets.render.gameboy import GAMEBOY_BOARD
from chipassets.render.kernel import TAP_BITS
from chipassets.render.mixer import LEVEL_BITS
from chipassets.render.nes import NES_BOARD, VRC6_BOARD
from chipassets.render.passage import TAIL_SAMPLES, Player, play_passages
from chipassets.render.pcm import Pcm
from chipassets.render.snes import SNES_BOARD
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
        train, history, start = _once(log, player)
    elif log.loop_start_frame == 0:
        train, history, start = _circle(log, player)
    else:
        train, history, start = _intro(log, player, frames_per_bar)
    sides = [_to_samples(*side, player) for side in zip(history, train, strict=True)]
    samples = sides[0] if len(sides) == 1 else np.stack(sides, axis=1)
    return Pcm(samples, SAMPLE_RATE_HZ, start)


_Plan = tuple[NDArray[np.int64], NDArray[np.int64], int | None]
"""The train of steps and its history, both [sides, n], and the loop's first sample."""


def _player(log: RegisterLog, filter_name: str | None, chunk_frames: int) -> Player:
    if log.chip not in BOARDS:
        raise RenderError(f"no renderer for the chip {log.chip!r}; there are {', '.join(BOARDS)}")
    board = _fitted(BOARDS[log.chip], log)
    profile = find_filter(filter_name or CHIPS[log.chip].filters[0])
    if not log.frames:
        raise RenderError("the register log has no frames, so there is nothing to render")
    _check_loop(log, board)
    return Player(CHIPS[log.chip], board, profile, chunk_frames)


def _fitted(board: Board | SampleBoard, log: RegisterLog) -> Board | SampleBoard:
    """Return the board, with the optional registers if the log uses any of them."""
    if not any(write.address in board.optional for writes in log.frames for write in writes):
        return board
    return replace(board, addresses=board.addresses | board.optional, gain=board.optional_gain)


def _check_loop(log: RegisterLog, board: Board | SampleBoard) -> None:
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


def _once(log: RegisterLog, player: Player) -> _Plan:
    (train,) = play_passages([log.frames], player, loops=False)
    ringing = np.zeros((len(train), memory_samples(player.profile)), dtype=np.int64)
    return np.concatenate((train, ringing), axis=1), _silence(player), None


def _circle(log: RegisterLog, player: Player) -> _Plan:
    (body,) = play_passages([log.frames], player, loops=True)
    length = player.samples(len(log.frames))
    train = body[
        :, :length
    ]  # In place: the sound that rings on after the end is added to the start.
    history = _silence(player)
    for start in range(length, body.shape[1], length):
        # The ringing of the passes before this one.
        ringing = body[:, start : start + length]
        train[:, : ringing.shape[1]] += ringing
        history[:, 0] -= body[:, start:].sum(axis=1)
    if player.profile.high_pass_hz:
        before = np.arange(-memory_samples(player.profile), 0) % length
        return train, train[:, before], 0
    # The plain sum has infinite memory; it needs only its value after the passes before.
    return train, history, 0


def _intro(log: RegisterLog, player: Player, frames_per_bar: int) -> _Plan:
    start = log.loop_start_frame or 0
    intro, body = play_passages([log.frames[:start], log.frames[start:]], player, loops=True)
    loop_sample = player.samples(start)
    length = player.samples(len(log.frames) - start)
    ringing = max(intro.shape[1] - loop_sample, body.shape[1] - length)
    settle_frames = SETTLE_FRAMES + (ringing - TAIL_SAMPLES) // (_FRAME_SAMPLES - 5)
    again_frames = -(-settle_frames // max(frames_per_bar, 1)) * max(frames_per_bar, 1)
    again = player.samples(again_frames)
    total = loop_sample + length + max(again, length) + ringing
    train = np.zeros((len(body), total), dtype=np.int64)
    train[:, : intro.shape[1]] += intro
    for offset in range(loop_sample, loop_sample + max(again, length) + 1, length):
        train[:, offset : offset + body.shape[1]] += body[:, : total - offset]
    train = train[:, : loop_sample + length + again]
    return train, _silence(player), loop_sample + again


def _silence(player: Player) -> NDArray[np.int64]:
    """Return the history before the start: the level from which steps count, [sides, 1].

    A high-pass has settled long before.
    """
    level = 0 if player.profile.high_pass_hz else player.board.rest << TAP_BITS
    return np.full((player.board.sides, 1), level, dtype=np.int64)


def _to_samples(
    history: NDArray[np.int64], train: NDArray[np.int64], player: Player
) -> NDArray[np.int16]:
    """Filter one side's train, which follows `history`, in chunks and round it to int16."""
    profile = player.profile
    memory = memory_samples(profile)
    chunk_samples = player.chunk_frames * _FRAME_SAMPLES
    pieces = []
    for start in range(0, len(train), chunk_samples):
        heard = np.concatenate((history, train[start : start + chunk_samples]))
        filtered = filter_train(heard, profile)[len(history) :]
        pieces.append(_quantise(filtered, player.board.gain))
        # The plain sum has infinite memory, but it is one number.
        history = heard[-memory:] if profile.high_pass_hz else heard.sum(keepdims=True)
    return np.concatenate(pieces)


def _quantise(signal: NDArray[np.int64], gain: int) -> NDArray[np.int16]:
    shift = LEVEL_BITS + TAP_BITS
    rounded = (signal * gain + (1 << (shift - 1))) >> shift
    samples: NDArray[np.int16] = np.clip(rounded, -32_768, 32_767).astype(np.int16)
    return samples
