"""Reads a RegisterLog as the S-DSP does and plays its eight voices at 32 kHz (SNESdev, S-DSP).

Samples, their interpolation, envelopes and volumes equal the chip's, bit for bit. A key-on acts at
once; the chip waits for five samples. Noise and pitch modulation are refused. The set of voices in
the echo and the echo's volumes may change; its delay, feedback and taps, and the main volumes, must
keep the values of a passage's first frame.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import Write
from chipassets.chips.soundbank import Source, sources
from chipassets.errors import RenderError
from chipassets.render.envelope import RELEASE_SAMPLES, Envelope
from chipassets.render.interpolation import played, sounding_samples
from chipassets.render.resample import BITS, BLOCK_SAMPLES, resampled_blocks, resampled_length
from chipassets.render.room import DelayLine, Room
from chipassets.render.steptrain import Train

VOICES = 8
_KEY_ON, _KEY_OFF = 0x4C, 0x5C
_MASTER, _ECHO_VOLUME = (0x0C, 0x1C), (0x2C, 0x3C)
_FEEDBACK, _SENDERS, _DELAY = 0x0D, 0x4D, 0x7D
_MUST_BE_ZERO = {0x6C: "noise, mute or reset", 0x2D: "pitch modulation", 0x3D: "noise"}
_TAPS = tuple(n << 4 | 0x0F for n in range(VOICES))
_ROOM = frozenset((*_MASTER, _FEEDBACK, _DELAY, *_TAPS))
"""The registers that must keep the values of a passage's first frame."""
_OF_VOICES = frozenset(n << 4 | register for n in range(VOICES) for register in range(8))
ADDRESSES = frozenset(
    (*_OF_VOICES, _KEY_ON, _KEY_OFF, *_MUST_BE_ZERO, *_ROOM, *_ECHO_VOLUME, _SENDERS)
)
"""All registers that are used to play this chip."""

_BLOCK = 2 * BLOCK_SAMPLES
"""The number of samples at 32 kHz computed at a time: about a second."""

_Value = TypeVar("_Value")
_Side = NDArray[np.int32]


class _Moment(NamedTuple):
    """A voice's registers from a sample on, and whether the voice is keyed on or off there."""

    sample: int
    registers: bytes
    key_on: bool
    key_off: bool

    @property
    def pitch(self) -> int:
        """Return the 4096ths of a sample of the source for each sample at 32 kHz."""
        return self.registers[2] | (self.registers[3] & 0x3F) << 8


class _Score(NamedTuple):
    """The content of a passage's registers: each voice's settings, the echo, and its changes.

    senders, volumes: the mask of voices in the echo, and its volumes on the left and on the right,
    each up to the sample before it.
    """

    moments: tuple[list[_Moment], ...]
    room: Room
    senders: list[tuple[int, int]]
    volumes: list[tuple[int, tuple[int, int]]]


class Registers:
    """The chip's registers while a log is read.

    own: the log's sources besides those of the bank.
    """

    def __init__(self, own: Sequence[Source] = ()) -> None:
        self._bytes = bytearray(0x80)
        self.sources = (*sources(), *own)

    def read(self, frames: Sequence[tuple[Write, ...]], clocks: Sequence[int]) -> _Score:
        """Return the settings of the voices and of the echo in a passage."""
        moments: tuple[list[_Moment], ...] = tuple([] for _ in range(VOICES))
        senders: list[tuple[int, int]] = []
        volumes: list[tuple[int, tuple[int, int]]] = []
        held = self._bytes
        for number, writes in enumerate(frames):
            if not writes and number:
                continue
            on = off = touched = 0
            for write in writes:
                address = write.address
                if address in _OF_VOICES:
                    held[address] = write.value
                    touched |= 1 << (address >> 4)
                elif address == _KEY_ON:
                    on = write.value
                elif address == _KEY_OFF:
                    off = write.value
                else:
                    self._write(write, fixed=number > 0)
            touched |= on | off if number else 0xFF
            for voice, own in enumerate(moments):
                if touched >> voice & 1:
                    state = bytes(held[voice << 4 : (voice << 4) + 8])
                    keys = bool(on >> voice & 1), bool(off >> voice & 1)
                    own.append(_Moment(clocks[number], state, *keys))
            _note_change(senders, clocks[number], held[_SENDERS])
            _note_change(volumes, clocks[number], self._echo_volumes())
        return _Score(
            moments, self._room(), _until(senders, clocks[-1]), _until(volumes, clocks[-1])
        )

    def _write(self, write: Write, fixed: bool) -> None:
        """Write a register that is no voice's; RenderError for what is not played."""
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
        """Return the echo that the registers set."""
        taps = tuple(_signed(self._bytes[address]) for address in _TAPS)
        delay, feedback = self._bytes[_DELAY] & 15, _signed(self._bytes[_FEEDBACK])
        return Room(delay, feedback, taps)

    @property
    def master(self) -> NDArray[np.int32]:
        """Return the main volumes, [2, 1]; 128 is one."""
        return np.array([[_signed(self._bytes[address])] for address in _MASTER], dtype=np.int32)


def _note_change(changes: list[tuple[int, _Value]], sample: int, value: _Value) -> None:
    """Append the value from a sample on, unless it equals the last value."""
    if not changes or changes[-1][1] != value:
        changes.append((sample, value))


def _until(changes: Sequence[tuple[int, _Value]], end: int) -> list[tuple[int, _Value]]:
    """Return the values, each with the sample before which it ends; the last one ends at `end`."""
    stops = [sample for sample, _ in changes[1:]] + [end]
    return [(stop, value) for stop, (_, value) in zip(stops, changes, strict=True)]


def _between(
    changes: Sequence[tuple[int, _Value]], begin: int, end: int
) -> list[tuple[int, _Value]]:
    """Return the values that hold between two samples, each with the sample before which it ends.

    Samples count from `begin`.
    """
    found = []
    for stop, value in changes:
        if stop > begin:
            found.append((min(stop, end) - begin, value))
            if stop >= end:
                break
    return found


def _signed(byte: int) -> int:
    """Return a byte as two's complement."""
    return byte - 256 if byte >= 128 else byte


def play_passage(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    registers: Registers,
    following: Sequence[Write],
    samples: int,
) -> Train:
    """Return the passage, `samples` long, as steps at the file's rate, and the echo's tail.

    `clocks` are the samples at 32 kHz at which the frames start, and the end of the last one;
    `following` are the writes of the frame after the last one, while the echo rings on. Steps are
    in units of 2**-34 of full scale and add up to 0: voices are silent after the last frame.
    """
    score = registers.read(frames, clocks)
    length = clocks[-1] + score.room.tail_samples
    heard = _play(score, clocks[-1], registers, following)
    return Train(_steps(heard, length), resampled_length(length) + 1 - samples)


def play_voices(
    frames: Sequence[tuple[Write, ...]],
    clocks: Sequence[int],
    registers: Registers,
    following: Sequence[Write] = (),
) -> Iterator[NDArray[np.float64]]:
    """Yield the chip's output at 32 kHz during a passage, and the echo's tail, in blocks, [2, n].

    Samples have integer values.
    """
    score = registers.read(frames, clocks)
    yield from _play(score, clocks[-1], registers, following)


def _play(
    score: _Score, end: int, registers: Registers, following: Sequence[Write]
) -> Iterator[NDArray[np.float64]]:
    """Yield the output of a passage that ends at a sample, and the echo's tail, in blocks."""
    length = end + score.room.tail_samples
    volumes = [*score.volumes, (length, _volumes_in(following, score))]
    senders = [*score.senders, (length, 0)]
    voices = [
        _Voice(number, _notes(own, end, registers.sources))
        for number, own in enumerate(score.moments)
    ]
    line = DelayLine(score.room)
    for begin in range(0, length, _BLOCK):
        stop = min(begin + _BLOCK, length)
        dry, sent = np.zeros((2, 2, stop - begin), dtype=np.int32)
        masks = _between(senders, begin, stop)
        for voice in voices:
            voice.add_to(dry, sent, masks, begin)
        dry += sent
        dry *= registers.master
        dry >>= 7
        yield dry + line.hear(sent, _between(volumes, begin, stop))


def _volumes_in(writes: Sequence[Write], score: _Score) -> tuple[int, int]:
    """Return the echo's volumes after these writes at the passage's end."""
    found = dict(zip(_ECHO_VOLUME, score.volumes[-1][1], strict=True))
    found |= {item.address: _signed(item.value) for item in writes if item.address in found}
    return found[_ECHO_VOLUME[0]], found[_ECHO_VOLUME[1]]


def _steps(heard: Iterator[NDArray[np.float64]], length: int) -> Iterator[NDArray[np.int64]]:
    """Yield the differences between neighbouring samples, from silence and to silence included."""
    last: NDArray[np.float64] = np.zeros((2, 1))
    for block in resampled_blocks(heard, length):
        block *= 1 << 34 - 15 - BITS
        steps = np.empty(block.shape, dtype=np.int64)
        np.subtract(block[:, :1], last, out=steps[:, :1], casting="unsafe")
        np.subtract(block[:, 1:], block[:, :-1], out=steps[:, 1:], casting="unsafe")
        last = block[:, -1:]
        yield steps
    yield -last.astype(np.int64)


class _Note(NamedTuple):
    """A note of a voice: its settings from the key-on, the start of the next note, its source."""

    moments: Sequence[_Moment]
    stop: int
    source: Source


class _Sound(NamedTuple):
    """A note as it sounds: its first sample, its values, and its volumes on both sides.

    Values are half of the chip's, whose lowest bit is always 0. Volumes are one number for all
    values, or one a value.
    """

    start: int
    values: NDArray[np.int32]
    volumes: tuple[_Side, _Side]

    @property
    def end(self) -> int:
        """Return the sample after the last one."""
        return self.start + len(self.values)

    def add_to(self, bus: NDArray[np.int32], begin: int, stop: int, block: int) -> None:
        """Add the samples between two of the passage to a bus, [2, n], that starts at `block`."""
        own = slice(begin - self.start, stop - self.start)
        values = self.values[own]
        heard = np.empty_like(values)
        for side, volume in zip(bus, self.volumes, strict=True):
            np.multiply(values, volume if len(volume) == 1 else volume[own], out=heard)
            heard >>= 6
            side[begin - block : stop - block] += heard


class _Voice:
    """One of the chip's eight voices, played block by block.

    number: its index, 0 to 7.
    """

    def __init__(self, number: int, notes: Iterator[_Note]) -> None:
        self._number = number
        self._notes = notes
        self._next = next(notes, None)
        self._sound: _Sound | None = None

    def add_to(
        self,
        dry: NDArray[np.int32],
        sent: NDArray[np.int32],
        senders: Sequence[tuple[int, int]],
        begin: int,
    ) -> None:
        """Add the voice's samples of the next block to the dry bus, or to the echo's.

        dry, sent: the two buses [2, n]. senders: masks of the voices in the echo, each with the
        sample before which it ends. begin: the first sample of the block.
        """
        stop = begin + dry.shape[1]
        while True:
            if self._sound is not None:
                at = begin
                for until, mask in senders:
                    bus = sent if mask >> self._number & 1 else dry
                    first, last = max(at, self._sound.start), min(begin + until, self._sound.end)
                    if first < last:
                        self._sound.add_to(bus, first, last, begin)
                    at = begin + until
                if self._sound.end > stop:
                    return
                self._sound = None
            if self._next is None or self._next.moments[0].sample >= stop:
                return
            self._sound = _sound(self._next)
            self._next = next(self._notes, None)


def _notes(moments: Sequence[_Moment], end: int, bank: Sequence[Source]) -> Iterator[_Note]:
    """Yield each note of the voice; RenderError for a source that is not in the bank."""
    places = [n for n, moment in enumerate(moments) if moment.key_on]
    for place, following in pairwise([*places, len(moments)]):
        stop = moments[following].sample if following < len(moments) else end
        number = moments[place].registers[4]
        if number >= len(bank):
            raise RenderError(f"the log plays source {number}; there are {len(bank)}")
        yield _Note(moments[place:following], stop, bank[number])


def _sound(note: _Note) -> _Sound | None:
    """Return the sound of a note until it is silent or the next one begins; None for silence."""
    moments, stop, source = note
    start = moments[0].sample
    pitches = [moment.pitch for moment in moments]
    if pitches.count(pitches[0]) == len(pitches):
        sounding = sounding_samples(source, pitches[0])
        stop = stop if sounding is None else min(stop, start + sounding)
    levels = _levels(moments, stop)
    length = _sounding(levels)
    if not length:
        return None
    values = levels[:length]
    begins = [moment.sample - start for moment in moments]
    inside = bisect_left(begins, length)
    begins, moments = begins[:inside], moments[:inside]
    values *= played(source, pitches[:inside], begins, length)
    values >>= 12
    left, right = (
        _held([_signed(moment.registers[side]) for moment in moments], begins, length)
        for side in range(2)
    )
    return _Sound(start, values, (left, right))


def _levels(moments: Sequence[_Moment], stop: int) -> NDArray[np.int32]:
    """Return the envelope from a key-on to `stop` or to the end of its release.

    Changes that do not affect it are skipped.
    """
    turns: list[_Moment] = []
    for moment in moments:
        if moment.sample >= stop:
            break
        shape = moment.registers[5:8]
        if moment.key_off or not turns or turns[-1].registers[5:8] != shape:
            turns.append(moment)
        if moment.key_off:
            stop = min(stop, moment.sample + RELEASE_SAMPLES)
            break
    envelope = Envelope()
    envelope.key_on()
    origin = moments[0].sample
    levels = np.empty(stop - origin, dtype=np.int32)
    for moment, until in zip(turns, [item.sample for item in turns[1:]] + [stop], strict=True):
        if moment.key_off:
            envelope.key_off()
        own = levels[moment.sample - origin : until - origin]
        envelope.play_into(own, moment.sample, *moment.registers[5:8])
    return levels


def _sounding(levels: NDArray[np.int32]) -> int:
    """Return the number of levels up to the last one that is not 0."""
    for tail in (levels[-RELEASE_SAMPLES:], levels):
        heard = tail[::-1] > 0
        silent = int(heard.argmax())
        if heard[silent]:
            return len(levels) - silent
    return 0


def _held(values: Sequence[int], begins: Sequence[int], length: int) -> NDArray[np.int32]:
    """Return each value from its place on, `length` in all; a single value if all are equal."""
    if values.count(values[0]) == len(values):
        return np.array(values[:1], dtype=np.int32)
    return np.repeat(np.array(values, dtype=np.int32), np.diff(begins, append=length))
