"""Reads a RegisterLog as the S-DSP does and plays its eight voices at 32 kHz (SNESdev, S-DSP).

Samples, their interpolation, envelopes and volumes equal the chip's, bit for bit. A key-on acts at
once; the chip waits for five samples. Noise and pitch modulation are refused. The set of voices in
the echo and the echo's volumes may change; its delay, feedback and taps, and the main volumes, must
keep the values of a passage's first frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

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
_ROOM = frozenset((*_MASTER, _FEEDBACK, _DELAY, *_TAPS))
"""The registers that must keep the values of a passage's first frame."""
ADDRESSES = frozenset(
    (
        *(n << 4 | register for n in range(VOICES) for register in range(8)),
        *(_KEY_ON, _KEY_OFF, *_MUST_BE_ZERO),
        *_ROOM,
        *_ECHO_VOLUME,
        _SENDERS,
    )
)
"""All registers that are used to play this chip."""

_GAUSS_BITS = 11
_LONGEST_TABLE = 1_024
"""The longest loop, in samples, whose interpolated positions are cached."""

_Value = TypeVar("_Value")

_SHORTEST_KEPT = 8_192
"""The least cached length of a wave, a quarter of a second; longer ones are powers of two of it."""


@lru_cache(maxsize=1)
def gauss_table() -> NDArray[np.int32]:
    """Return the chip's weights of four samples for 256 positions between the middle two, [256, 4].

    They are a windowed sinc; the four weights of each position add up to 2048 before rounding.
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
    """A voice's registers from a sample on, and whether the voice is keyed on there."""

    sample: int
    registers: tuple[int, ...]
    key_on: bool
    key_off: bool


@dataclass(frozen=True, slots=True)
class _Score:
    """The content of a passage's registers: each voice's settings, the echo, and its changes.

    senders, volumes: the mask of voices in the echo, and its volumes on the left and on the right,
    each up to the sample before it.
    """

    moments: tuple[list[_Moment], ...]
    room: Room
    senders: list[tuple[int, int]]
    volumes: list[tuple[int, tuple[int, int]]]


class Registers:
    """The chip's registers while a log is read."""

    def __init__(self) -> None:
        self._bytes = dict.fromkeys(ADDRESSES, 0)

    def read(self, frames: Sequence[tuple[Write, ...]], clocks: Sequence[int]) -> _Score:
        """Return the settings of the voices and of the echo in a passage."""
        moments: tuple[list[_Moment], ...] = tuple([] for _ in range(VOICES))
        senders: list[tuple[int, int]] = []
        volumes: list[tuple[int, tuple[int, int]]] = []
        for number, writes in enumerate(frames):
            if not writes and number:
                continue
            keyed = {_KEY_ON: 0, _KEY_OFF: 0}
            touched = 0
            for write in writes:
                self._write(write, fixed=number > 0)
                if write.address in keyed:
                    keyed[write.address] = write.value
                elif write.address & 15 < 8:
                    touched |= 1 << (write.address >> 4)
            on, off = keyed[_KEY_ON], keyed[_KEY_OFF]
            touched |= on | off if number else 0xFF
            for voice, own in enumerate(moments):
                if touched >> voice & 1:
                    state = tuple([self._bytes[voice << 4 | n] for n in range(8)])
                    keys = bool(on >> voice & 1), bool(off >> voice & 1)
                    own.append(_Moment(clocks[number], state, *keys))
            _note_change(senders, clocks[number], self._bytes[_SENDERS])
            _note_change(volumes, clocks[number], self._echo_volumes())
        return _Score(
            moments, self._room(), _until(senders, clocks[-1]), _until(volumes, clocks[-1])
        )

    def _write(self, write: Write, fixed: bool) -> None:
        if write.address not in ADDRESSES:
            raise RenderError(
                f"the log writes ${write.address:02X}, which is no register of the S-DSP's voices"
            )
        if write.address in _MUST_BE_ZERO and write.value:
            unit = _MUST_BE_ZERO[write.address]
            raise RenderError(
                f"${write.address:02X} = ${write.value:02X} asks for {unit}, which is not supported"
            )
        if fixed and write.address in _ROOM and write.value != self._bytes[write.address]:
            raise RenderError(f"the log changes the echo (${write.address:02X}) while it plays")
        self._bytes[write.address] = write.value

    def _echo_volumes(self) -> tuple[int, int]:
        return _signed(self._bytes[_ECHO_VOLUME[0]]), _signed(self._bytes[_ECHO_VOLUME[1]])

    def _room(self) -> Room:
        taps = tuple(_signed(self._bytes[address]) for address in _TAPS)
        delay, feedback = self._bytes[_DELAY] & 15, _signed(self._bytes[_FEEDBACK])
        return Room(delay, feedback, taps)

    @property
    def master(self) -> NDArray[np.int32]:
        """Return the main volumes, [2, 1]; 128 is one."""
        return np.array([[_signed(self._bytes[address])] for address in _MASTER], dtype=np.int32)


def _note_change(changes: list[tuple[int, _Value]], sample: int, value: _Value) -> None:
    """Append the value from the sample on, unless it equals the one before."""
    if not changes or changes[-1][1] != value:
        changes.append((sample, value))


def _until(changes: Sequence[tuple[int, _Value]], end: int) -> list[tuple[int, _Value]]:
    """Return the values, each with the sample at which it ends instead of its first sample."""
    stops = [sample for sample, _ in changes[1:]] + [end]
    return [(stop, value) for stop, (_, value) in zip(stops, changes, strict=True)]


def _signed(byte: int) -> int:
    return byte - 256 if byte >= 128 else byte


def play_passage(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    registers: Registers,
    following: Sequence[Write],
) -> NDArray[np.int64]:
    """Return the passage as steps at the file's rate, [2, its samples and the echo's tail].

    `clocks` are the samples at which the frames start, and the end of the last one; `following` are
    the writes of the frame after the last one, while the echo rings on. Steps are in units of
    2**-34 of full scale and add up to 0: voices are silent after the last frame.
    """
    return _steps(play_voices(frames, clocks, registers, following))


def play_voices(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    registers: Registers,
    following: Sequence[Write] = (),
) -> NDArray[np.int32]:
    """Return the chip's output at 32 kHz during a passage, [2, n], and the echo's tail."""
    score = registers.read(frames, clocks)
    room, end = score.room, clocks[-1]
    dry = np.zeros((2, end), dtype=np.int32)
    sent = np.zeros((2, end + room.tail_samples), dtype=np.int32)
    for voice, own in enumerate(score.moments):
        buses = [(stop, sent if mask >> voice & 1 else dry) for stop, mask in score.senders]
        for start, notes, stop in _notes(own, end):
            _add_note(notes, start, stop, buses)
    dry += sent[:, :end]
    heard = echo(sent, room, [*score.volumes, (sent.shape[1], _volumes_in(following, score))])
    dry *= registers.master
    dry >>= 7
    heard[:, :end] += dry
    return heard


def _volumes_in(writes: Sequence[Write], score: _Score) -> tuple[int, int]:
    """Return the echo's volumes after these writes at the passage's end."""
    found = dict(zip(_ECHO_VOLUME, score.volumes[-1][1], strict=True))
    found |= {item.address: _signed(item.value) for item in writes if item.address in found}
    return found[_ECHO_VOLUME[0]], found[_ECHO_VOLUME[1]]


def _steps(heard: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the differences between neighbouring samples, from silence and to silence included."""
    count = resampled_length(heard.shape[1])
    steps = np.empty((len(heard), count + 1), dtype=np.int64)
    last = np.zeros((len(heard), 1))
    for start, block in resampled_blocks(heard):
        block *= 1 << 34 - 15 - BITS
        own = steps[:, start : start + block.shape[1]]
        np.subtract(block[:, :1], last, out=own[:, :1], casting="unsafe")
        np.subtract(block[:, 1:], block[:, :-1], out=own[:, 1:], casting="unsafe")
        last = block[:, -1:]
    steps[:, -1:] = -last
    return steps


def _notes(moments: Sequence[_Moment], end: int) -> Iterator[tuple[int, Sequence[_Moment], int]]:
    """Yield each note of the voice: its start, its settings, and the start of the next note."""
    places = [n for n, moment in enumerate(moments) if moment.key_on]
    for place, following in pairwise([*places, len(moments)]):
        stop = moments[following].sample if following < len(moments) else end
        yield moments[place].sample, moments[place:following], stop


def _add_note(
    moments: Sequence[_Moment],
    start: int,
    stop: int,
    buses: Sequence[tuple[int, NDArray[np.int32]]],
) -> None:
    """Add the sound of a voice, from a key-on to `stop` or to silence, to both sides.

    It is added to each bus up to the bus's sample.
    """
    voice = _levels(moments, stop)
    length = len(voice) - int((voice[::-1] > 0).argmax()) if voice[-1] == 0 else len(voice)
    if not length or not voice[0:length].any():
        return
    voice = voice[:length]
    counts = [until.sample - moment.sample for moment, until in pairwise(moments)]
    counts.append(stop - moments[-1].sample)
    steps, left, right = (
        _held(values, counts, length) for values in zip(*map(_numbers, moments), strict=True)
    )
    voice *= _wave(moments[0].registers[4], steps, length)
    voice >>= 11
    voice &= ~1
    begin = start
    for until, bus in buses:
        finish = min(until, start + length)
        if finish <= begin:
            continue
        for side, volume in zip(bus, (left, right), strict=True):
            own = slice(begin - start, finish - start)
            heard = voice[own] * (volume if len(volume) == 1 else volume[own])
            heard >>= 7
            side[begin:finish] += heard
        begin = finish


def _levels(moments: Sequence[_Moment], stop: int) -> NDArray[np.int32]:
    """Return the envelope from a key-on up to `stop`; changes that do not affect it are skipped."""
    turns: list[_Moment] = []
    for moment in moments:
        shape = moment.registers[5:8]
        if moment.key_off or not turns or turns[-1].registers[5:8] != shape:
            turns.append(moment)
    envelope = Envelope()
    envelope.key_on()
    levels = np.empty(stop - moments[0].sample, dtype=np.int32)
    origin = moments[0].sample
    for moment, until in zip(turns, [item.sample for item in turns[1:]] + [stop], strict=True):
        if moment.key_off:
            envelope.key_off()
        own = levels[moment.sample - origin : until - origin]
        envelope.play_into(own, moment.sample, *moment.registers[5:8])
    return levels


def _held(values: Sequence[int], counts: Sequence[int], length: int) -> NDArray[np.int32]:
    """Return each value `counts` times, up to `length`; a single value if all are equal."""
    if values.count(values[0]) == len(values):
        return np.array(values[:1], dtype=np.int32)
    return np.repeat(np.array(values, dtype=np.int32), counts)[:length]


def _wave(number: int, steps: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    """Return the values of a source at `steps`, in 4096ths of a sample per output sample."""
    if number >= len(sources()):
        raise RenderError(f"the log plays source {number}; there are {len(sources())}")
    if len(steps) > 1:
        return _interpolated(number, np.cumsum(steps, dtype=np.int64) - steps)
    # Cached, because pitches repeat: a wave is as long as the longest note so far.
    size = max(_SHORTEST_KEPT, 1 << (length - 1).bit_length())
    return _steady(number, int(steps[0]), size)[:length]


@lru_cache(maxsize=256)
def _steady(number: int, step: int, size: int) -> NDArray[np.int32]:
    """Return a source played at a constant pitch from its start."""
    return _interpolated(number, np.arange(size, dtype=np.int64) * step)


def _numbers(moment: _Moment) -> tuple[int, int, int]:
    """Return the pitch, and the volumes on the left and on the right."""
    left, right, low, high = moment.registers[:4]
    return low | (high & 0x3F) << 8, _signed(left), _signed(right)


def _interpolated(number: int, position: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the source at rising positions in 4096ths of a sample; the chip resolves 256ths."""
    start, count = sources()[number].loop_start, sources()[number].length
    place = position >> 4
    if start is None:
        return _weighted(_neighbours(number), place)
    again, period = int(np.searchsorted(place, count << 8)), count - start << 8
    after = place[again:]
    after -= start << 8
    # The loops of all sources of the bank are powers of two long, so no division is needed.
    after = after % period if period & (period - 1) else np.bitwise_and(after, period - 1, after)
    first = _weighted(_neighbours(number), place[:again])
    if count - start <= _LONGEST_TABLE:
        return np.concatenate((first, _loop(number).take(after)))
    after += start << 8
    return np.concatenate((first, _weighted(_neighbours(number), after)))


@lru_cache(maxsize=64)
def _loop(number: int) -> NDArray[np.int32]:
    """Return the loop of a source, at every 256th of a sample."""
    source = sources()[number]
    return _weighted(
        _neighbours(number), np.arange((source.loop_start or 0) << 8, source.length << 8)
    )


def _weighted(table: NDArray[np.int32], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the weighted sum of four neighbours at each position; after the end the last ones.

    Positions are in 256ths.
    """
    parts = table.take(place >> 8, axis=0, mode="clip")
    parts *= gauss_table().take(place & 0xFF, axis=0)
    parts >>= _GAUSS_BITS
    # The chip adds three of the four products in 16 bits, where the sum can overflow.
    three = (parts[:, 0] + parts[:, 1] + parts[:, 2]).astype(np.int16)
    wave: NDArray[np.int32] = np.clip(three + parts[:, 3], -32_768, 32_767) & ~1
    return wave


@lru_cache(maxsize=64)
def _neighbours(number: int) -> NDArray[np.int32]:
    """Return every value of a source with the three after it, [n, 4].

    After the end of a source without a loop there are zeros.
    """
    source = sources()[number]
    values = np.array(source.values, dtype=np.int32)
    start = source.loop_start
    after = np.zeros(4, dtype=np.int32) if start is None else values[start : start + 3]
    return np.lib.stride_tricks.sliding_window_view(np.concatenate((values, after)), 4)
