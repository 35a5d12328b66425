"""Reads a RegisterLog as the S-DSP does and plays its eight voices at 32 kHz (SNESdev, S-DSP).

Samples, their interpolation, envelopes and volumes are the chip's, bit for bit. A key-on acts at
once, where the chip waits for five samples. Noise and pitch modulation are refused; echo registers
must stay as the first frame sets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import Write
from chipassets.chips.soundbank import sources
from chipassets.errors import RenderError
from chipassets.render.envelope import Envelope
from chipassets.render.resample import BITS, resampled_blocks, resampled_length
from chipassets.render.room import Room, echo

VOICES = 8
_KEY_ON, _KEY_OFF = 0x4C, 0x5C
_MASTER, _ECHO_VOLUME = (0x0C, 0x1C), (0x2C, 0x3C)
_FEEDBACK, _SENDERS, _DELAY = 0x0D, 0x4D, 0x7D
_MUST_BE_ZERO = {0x6C: "noise, mute or reset", 0x2D: "pitch modulation", 0x3D: "noise"}
_TAPS = tuple(n << 4 | 0x0F for n in range(VOICES))
_ROOM = frozenset((*_ECHO_VOLUME, *_MASTER, _FEEDBACK, _SENDERS, _DELAY, *_TAPS))
ADDRESSES = frozenset(
    (
        *(n << 4 | register for n in range(VOICES) for register in range(8)),
        *(_KEY_ON, _KEY_OFF, *_MUST_BE_ZERO),
        *_ROOM,
    )
)
"""Every register that this chip is played by."""

_GAUSS_BITS = 11
_LONGEST_TABLE = 1_024
"""Of longer sources every place between two samples would fill more memory than it is worth."""

_SLOWEST_HIT = 0x0400
"""A drum that is played slower than at a quarter of its rate is not worth keeping."""


@lru_cache(maxsize=1)
def gauss_table() -> NDArray[np.int32]:
    """Return the chip's weights of four samples for 256 places between the middle two, [256, 4].

    They are a windowed sinc, of which each place's four weights add up to 2048 before rounding.
    """
    k = np.arange(512) + 0.5
    window = 0.42 + 0.5 * np.cos(2 * np.pi * k / 1023) + 0.08 * np.cos(4 * np.pi * k / 1023)
    bell = (np.sin(1.28 * np.pi * k / 1024) * window / k)[::-1]
    place = np.arange(256)
    columns = np.stack((255 - place, 511 - place, 256 + place, place), axis=1)
    weights = bell[columns] * ((1 << _GAUSS_BITS) / bell[columns].sum(axis=1, keepdims=True))
    table: NDArray[np.int32] = np.floor(weights + 0.5).astype(np.int32)
    return table


@dataclass(frozen=True, slots=True)
class _Moment:
    """A voice's registers from a sample on, and whether it is keyed there."""

    sample: int
    registers: tuple[int, ...]
    key_on: bool
    key_off: bool


class Registers:
    """The chip's registers while a log is read."""

    def __init__(self) -> None:
        self._bytes = dict.fromkeys(ADDRESSES, 0)

    def read(
        self, frames: Sequence[tuple[Write, ...]], clocks: Sequence[int]
    ) -> tuple[tuple[list[_Moment], ...], Room]:
        """Return the settings of each voice and of the echo."""
        moments: tuple[list[_Moment], ...] = tuple([] for _ in range(VOICES))
        for number, writes in enumerate(frames):
            keyed = {_KEY_ON: 0, _KEY_OFF: 0}
            for write in writes:
                self._write(write, fixed=number > 0)
                if write.address in keyed:
                    keyed[write.address] = write.value
            on, off = keyed[_KEY_ON], keyed[_KEY_OFF]
            touched = {write.address >> 4 for write in writes if write.address & 15 < 8}
            for voice, own in enumerate(moments):
                if voice in touched or (on | off) >> voice & 1 or not number:
                    state = tuple([self._bytes[voice << 4 | n] for n in range(8)])
                    keys = bool(on >> voice & 1), bool(off >> voice & 1)
                    own.append(_Moment(clocks[number], state, *keys))
        return moments, self._room()

    def _write(self, write: Write, fixed: bool) -> None:
        if write.address not in ADDRESSES:
            raise RenderError(
                f"the log writes ${write.address:02X}, which is no register of the S-DSP's voices"
            )
        if write.address in _MUST_BE_ZERO and write.value:
            unit = _MUST_BE_ZERO[write.address]
            raise RenderError(
                f"${write.address:02X} = ${write.value:02X} asks for {unit}, which is not played"
            )
        if fixed and write.address in _ROOM and write.value != self._bytes[write.address]:
            raise RenderError(f"the log changes the echo (${write.address:02X}) while it plays")
        self._bytes[write.address] = write.value

    def _room(self) -> Room:
        left, right = (_signed(self._bytes[address]) for address in _ECHO_VOLUME)
        taps = tuple(_signed(self._bytes[address]) for address in _TAPS)
        delay, feedback = self._bytes[_DELAY] & 15, _signed(self._bytes[_FEEDBACK])
        return Room(delay, feedback, taps, (left, right))

    @property
    def senders(self) -> int:
        """The voices that are heard in the echo, a bit each."""
        return self._bytes[_SENDERS]

    @property
    def master(self) -> NDArray[np.int32]:
        """The main volumes, [2, 1]; 128 is one."""
        return np.array([[_signed(self._bytes[address])] for address in _MASTER], dtype=np.int32)


def _signed(byte: int) -> int:
    return byte - 256 if byte >= 128 else byte


def play_passage(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    registers: Registers,
    length: int,
) -> NDArray[np.int64]:
    """Return the passage as steps at the file's rate, [2, `length` and the echo's tail].

    `clocks` are the samples at which the frames start, and the last one's end. Steps are in units
    of 2**-34 of full scale and add up to nothing: voices are silent after the last frame.
    """
    moments, room = registers.read(frames, clocks)
    end = clocks[-1]
    dry = np.zeros((2, end), dtype=np.int32)
    sent = np.zeros((2, end + room.tail_samples), dtype=np.int32)
    for voice, own in enumerate(moments):
        sends = bool(registers.senders >> voice & 1)
        for start, sound in _sounds(own, end):
            stop = start + sound.shape[1]
            dry[:, start:stop] += sound
            if sends:
                sent[:, start:stop] += sound
    heard = echo(sent, room)
    dry *= registers.master
    dry >>= 7
    heard[:, :end] += dry
    del dry, sent
    return _steps(heard, end, length)


def _steps(heard: NDArray[Any], samples_in: int, samples_out: int) -> NDArray[np.int64]:
    """The differences from silence to the first sample, from each to the next, and to silence."""
    count = resampled_length(heard.shape[1], samples_in, samples_out)
    steps = np.zeros((len(heard), count + 1), dtype=np.int64)
    for start, block in resampled_blocks(heard, samples_in, samples_out):
        block <<= 34 - 15 - BITS
        stop = start + block.shape[1]
        steps[:, start:stop] += block
        steps[:, start + 1 : stop + 1] -= block
    return steps


def _sounds(moments: Sequence[_Moment], end: int) -> list[tuple[int, NDArray[np.int32]]]:
    """Where the voice's notes start, and what is heard of them on both sides, [2, n]."""
    places = [n for n, moment in enumerate(moments) if moment.key_on]
    found = []
    for place, following in zip(places, [*places, len(moments)][1:], strict=True):
        stop = moments[following].sample if following < len(moments) else end
        found.append((moments[place].sample, _note(moments[place:following], stop)))
    return found


def _note(moments: Sequence[_Moment], stop: int) -> NDArray[np.int32]:
    """The sound of a voice from a key-on up to `stop` or to its silence."""
    bounds = [moment.sample for moment in moments] + [stop]
    counts = [until - start for start, until in pairwise(bounds)]
    level = _levels(moments, stop)
    length = len(level) - int((level[::-1] > 0).argmax()) if level.any() else 0
    steps, left, right = (
        _held(values, counts, length) for values in zip(*map(_numbers, moments), strict=True)
    )
    wave = _wave(moments[0].registers[4], steps, length)
    voice = (wave * level[:length] >> 11) & ~1
    return np.stack((voice * left >> 7, voice * right >> 7))


def _levels(moments: Sequence[_Moment], stop: int) -> NDArray[np.int32]:
    """The envelope from a key-on up to `stop`; what leaves it alone is passed over."""
    turns: list[_Moment] = []
    for moment in moments:
        shape = moment.registers[5:8]
        if moment.key_off or not turns or turns[-1].registers[5:8] != shape:
            turns.append(moment)
    envelope = Envelope()
    envelope.key_on()
    pieces = []
    for moment, until in zip(turns, [item.sample for item in turns[1:]] + [stop], strict=True):
        if moment.key_off:
            envelope.key_off()
        pieces.append(envelope.play(moment.sample, until, *moment.registers[5:8]))
    return np.concatenate(pieces)


def _held(values: Sequence[int], counts: Sequence[int], length: int) -> NDArray[np.int32]:
    """Return each value `counts` times, up to `length`; a single value if all are equal."""
    if len(set(values)) == 1:
        return np.array(values[:1], dtype=np.int32)
    return np.repeat(np.array(values, dtype=np.int32), counts)[:length]


def _wave(number: int, steps: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """What a voice hears of a source when it goes on by `steps`, in 4096ths of a sample."""
    if number >= len(sources()):
        raise RenderError(f"the log plays source {number}; there are {len(sources())}")
    loops = sources()[number].loop_start is not None
    if loops or len(steps) > 1 or steps[0] < _SLOWEST_HIT:
        return _interpolated(number, _positions(steps, length))
    hit = _hit(number, int(steps[0]))
    return np.pad(hit, (0, length - len(hit))) if length > len(hit) else hit[:length]


@lru_cache(maxsize=64)
def _hit(number: int, step: int) -> NDArray[np.int32]:
    """A source that ends, at one pitch from its start until it is silent: a drum."""
    length = (sources()[number].length << 12) // step + 1
    return _interpolated(number, _positions(np.array([step], dtype=np.int32), length))


def _positions(steps: NDArray[np.int32], length: int) -> NDArray[np.int64]:
    """Where in its source the voice is, in 4096ths of a sample, after steps of that size."""
    if len(steps) == 1:
        return np.arange(length, dtype=np.int64) * steps
    return np.cumsum(steps, dtype=np.int64) - steps


def _numbers(moment: _Moment) -> tuple[int, int, int]:
    """Pitch, and the volumes on the left and on the right."""
    left, right, low, high = moment.registers[:4]
    return low | (high & 0x3F) << 8, _signed(left), _signed(right)


def _interpolated(number: int, position: NDArray[np.int64]) -> NDArray[np.int32]:
    """The source at positions in 4096ths of a sample, which rise; the chip hears 256ths."""
    start, count = sources()[number].loop_start, sources()[number].length
    place = position >> 4
    if start is None:
        return _weighted(_neighbours(number), place >> 8, place & 0xFF)
    again = int(np.searchsorted(place, count << 8))
    after, period = place[again:], count - start << 8
    after -= (after - (start << 8)) // period * period
    if count > _LONGEST_TABLE:
        return _weighted(_neighbours(number), place >> 8, place & 0xFF)
    return _every_place(number).take(place)


@lru_cache(maxsize=64)
def _every_place(number: int) -> NDArray[np.int32]:
    """A source that repeats, at every 256th of a sample."""
    place = np.arange(sources()[number].length << 8)
    return _weighted(_neighbours(number), place >> 8, place & 0xFF)


def _weighted(
    table: NDArray[np.int32], whole: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Four neighbours at each place, weighted; behind the end the last ones."""
    parts = table.take(whole, axis=0, mode="clip")
    parts *= gauss_table().take(part, axis=0)
    parts >>= _GAUSS_BITS
    # The chip adds three of the four in 16 bits, where a sum can wrap around.
    three = (parts[:, 0] + parts[:, 1] + parts[:, 2]).astype(np.int16)
    wave: NDArray[np.int32] = np.clip(three + parts[:, 3], -32_768, 32_767) & ~1
    return wave


@lru_cache(maxsize=64)
def _neighbours(number: int) -> NDArray[np.int32]:
    """Every value of a source with the three after it, [n, 4]; one that ends, ends with zeros."""
    source = sources()[number]
    values = np.array(source.values, dtype=np.int32)
    start = source.loop_start
    after = np.zeros(4, dtype=np.int32) if start is None else values[start : start + 3]
    return np.lib.stride_tricks.sliding_window_view(np.concatenate((values, after)), 4)
