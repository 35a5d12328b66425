"""Reads ProTracker modules (`.mod`) of 31 samples and up to 32 channels."""

from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.chords import chord_of_effect
from chipassets.train.trackers.rows import EMPTY, Cell, Row
from chipassets.train.trackers.samples import MIDDLE_PERIOD, Sample, Voice, voice_of

_ROWS, _SAMPLES, _MOST_PLACES, _MOST_PATTERNS = 64, 31, 128, 256
_LOUDEST = 64
_HEADER_BYTES, _SAMPLE_BYTES, _MARK_AT = 20, 30, 1080
_MARKS = {
    **dict.fromkeys((b"M.K.", b"M!K!", b"M&K!", b"N.T.", b"FLT4", b"4CHN"), 4),
    **dict.fromkeys((b"OCTA", b"CD81"), 8),
}
_COUNTED_MARK = re.compile(rb"([1-9])CHN|([1-3]\d)CH")
_LEAST_TEMPO = 32
_TICKS_A_SECOND = 2.5
"""A tick lasts this number of seconds divided by the tempo."""

_ARPEGGIO, _GLIDE, _GLIDE_FADE, _VIBRATO_FADE, _FADE = 0x0, 0x3, 0x5, 0x6, 0xA
_JUMP, _VOLUME, _BREAK, _EXTRA, _SPEED = 0xB, 0xC, 0xD, 0xE, 0xF
_LOOP, _RISE, _FALL, _CUT, _DELAY, _HOLD = 0x6, 0xA, 0xB, 0xC, 0xD, 0xE


@dataclass
class ModModule:
    """A module whose patterns are read as they are played."""

    order: bytes
    patterns: bytes
    samples: tuple[Sample, ...]
    count: int
    damaged: int = 0
    pattern_rows: int = _ROWS
    speed: int = 6
    tempo: int = 125
    _playing: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._playing = [0] * self.count

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels by number."""
        return tuple(f"channel {number}" for number in range(1, self.count + 1))

    @property
    def places(self) -> int:
        """The length of the order."""
        return len(self.order)

    def tick_seconds(self, tempo: int) -> float:
        """Return the length of a tick."""
        return _TICKS_A_SECOND / tempo

    def row(self, place: int, row: int) -> Row:
        """Return a row; what the file no longer holds is empty."""
        size = 4 * self.count
        at = (self.order[place] * _ROWS + row) * size
        data = self.patterns[at : at + size].ljust(size, b"\0")
        line = Row([])
        for channel in range(self.count):
            line.cells.append(self._cell(channel, data[4 * channel : 4 * channel + 4], line))
        return line

    def _cell(self, channel: int, data: bytes, line: Row) -> Cell:
        """Return a cell, and add its commands to the row."""
        if data == b"\0\0\0\0":
            return EMPTY
        number, period = data[0] & 0xF0 | data[2] >> 4, (data[0] & 0x0F) << 8 | data[1]
        effect, value = data[2] & 0x0F, data[3]
        memory = self._playing[channel] = number or self._playing[channel]
        sample = self._sample(memory)
        volume = sample.volume if number and sample else None
        if effect == _VOLUME:
            volume = min(value, _LOUDEST) / _LOUDEST
        _command(effect, value, channel, line)
        minor, amount = value >> 4, value & 0x0F
        extra = minor if effect == _EXTRA else -1
        fades = effect in (_FADE, _GLIDE_FADE, _VIBRATO_FADE)
        chord = chord_of_effect(value) if effect == _ARPEGGIO and value else None
        said = Cell(
            volume=volume,
            fade=(minor or -amount) / _LOUDEST if fades else 0.0,
            nudge={_RISE: amount, _FALL: -amount}.get(extra, 0) / _LOUDEST,
            chord=chord,
            delay=amount if extra == _DELAY else 0,
            cut=amount if extra == _CUT else None,
        )
        if not period or not sample:
            return said
        voice = self.voices[memory - 1]
        if voice.stroke:
            return replace(said, stroke=voice.stroke)
        return replace(
            said,
            pitch=voice.pitch + _semitone(period),
            glides=effect in (_GLIDE, _GLIDE_FADE),
            chord=chord or (),
            lasts_seconds=sample.seconds(period),
        )

    def _sample(self, number: int) -> Sample | None:
        """Return a sample by its number; None for 0, one beyond the last, or one without data."""
        found = self.samples[number - 1] if 0 < number <= len(self.samples) else None
        return found if found and found.data else None

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        """What each sample plays."""
        uses = self._uses()
        return tuple(voice_of(one, uses[n]) for n, one in enumerate(self.samples, start=1))

    def _uses(self) -> dict[int, Counter[int]]:
        """Return by sample how often each semitone is written in the patterns."""
        uses = {number: Counter[int]() for number in range(1, _SAMPLES + 1)}
        whole = len(self.patterns) // 4 * 4
        cells = np.frombuffer(self.patterns[:whole], np.uint8).reshape(-1, 4).astype(np.int64)
        numbers = cells[:, 0] & 0xF0 | cells[:, 2] >> 4
        periods = (cells[:, 0] & 0x0F) << 8 | cells[:, 1]
        used = (numbers > 0) & (numbers <= _SAMPLES) & (periods > 0)
        pairs = np.column_stack((numbers, periods))[used]
        for (number, period), times in zip(
            *(values.tolist() for values in np.unique(pairs, axis=0, return_counts=True)),
            strict=True,
        ):
            uses[number][_semitone(period)] += times
        return uses


def read_mod(data: bytes) -> ModModule:
    """Return the module in a file; RefusedFileError if it is none.

    A file that breaks off is played with what it has, and `damaged` counts its missing patterns.
    """
    mark = data[_MARK_AT : _MARK_AT + 4]
    counted = _COUNTED_MARK.fullmatch(mark)
    channels = _MARKS.get(mark) or (counted and int(counted[1] or counted[2]))
    if len(mark) < 4:
        raise RefusedFileError(f"not readable as MOD (it ends at offset {len(data):#x})")
    if not channels:
        raise RefusedFileError(
            f"not readable as MOD (offset {_MARK_AT:#x}: {mark!r} is no mark of a module with 31 "
            "samples)"
        )
    at = _HEADER_BYTES + _SAMPLES * _SAMPLE_BYTES
    length = min(max(data[at], 1), _MOST_PLACES)
    order = data[at + 2 : at + 2 + _MOST_PLACES]
    begin = _MARK_AT + 4
    size = 4 * channels * _ROWS
    count = min(max(order) + 1, _MOST_PATTERNS)
    patterns = data[begin : begin + count * size]
    held = len(patterns) // size
    samples = _samples(data, begin + count * size)
    return ModModule(
        bytes(place for place in order[:length]),
        patterns,
        samples,
        channels,
        damaged=len({place for place in order[:length] if place >= held}),
    )


def _samples(data: bytes, at: int) -> tuple[Sample, ...]:
    """Return the samples, whose data begin at an offset."""
    found = []
    for number in range(_SAMPLES):
        head = data[_HEADER_BYTES + number * _SAMPLE_BYTES :][:_SAMPLE_BYTES]
        name = head[:22].split(b"\0")[0].decode("latin-1")
        words, tune, volume, loop_at, loop_words = struct.unpack(">HBBHH", head[22:])
        wave = data[at : at + 2 * words]
        at += 2 * words
        start, length = 2 * loop_at, min(2 * loop_words, max(0, len(wave) - 2 * loop_at))
        finetune = (tune & 0x0F) - (16 if tune & 0x08 else 0)
        loop = (start, length) if loop_words > 1 and length > 2 else None
        found.append(Sample(name, wave, min(volume, _LOUDEST) / _LOUDEST, finetune, loop))
    return tuple(found)


def _semitone(period: int) -> int:
    """Return the semitones of a period above C-2."""
    return round(12 * float(np.log2(MIDDLE_PERIOD / period)))


def _command(effect: int, value: int, channel: int, line: Row) -> None:
    """Add an effect of a whole row to it."""
    if effect == _SPEED and 0 < value < _LEAST_TEMPO:
        line.speed = value
    elif effect == _SPEED and value:
        line.tempo = value
    elif effect == _JUMP:
        line.jump = value
    elif effect == _BREAK:
        line.break_row = (value >> 4) * 10 + (value & 0x0F)  # written in decimal digits
    elif effect == _EXTRA and value >> 4 == _LOOP:
        line.loops.append((channel, value & 0x0F))
    elif effect == _EXTRA and value >> 4 == _HOLD:
        line.repeats = value & 0x0F
