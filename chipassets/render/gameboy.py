"""Reads a RegisterLog as the Game Boy does (Pan Docs, Audio): four voices, hard panning, stereo.

The envelopes' 64 Hz clock is emulated; sweeps and length counters are refused. A voice at volume 0
with its converter on is the rest level from which steps count: the offset of a converter that is
switched on is not music. The wave voice's first step after a trigger is the memory's first nibble;
the chip repeats the last nibble that it read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import Write
from chipassets.errors import RenderError
from chipassets.render.board import Board, Steps
from chipassets.render.cycle import Cycle
from chipassets.render.mixer import mix
from chipassets.render.sequencer import Sequencer
from chipassets.render.voices import Events, Oscillator, Stretch

_BASES = (0xFF10, 0xFF15, 0xFF1A, 0xFF1F)
_PULSES, _WAVE, _NOISE = (0, 1), 2, 3
_VOICES = 4
_SWEEP, _WAVE_POWER = 0xFF10, 0xFF1A
_MASTER, _PANNING, _POWER, _WAVE_MEMORY = 0xFF24, 0xFF25, 0xFF26, 0xFF30
ADDRESSES = frozenset(
    (
        *range(0xFF10, 0xFF15),
        *range(0xFF16, 0xFF1F),
        *range(0xFF20, 0xFF27),
        *range(_WAVE_MEMORY, _WAVE_MEMORY + 16),
    )
)
"""Every register of the chip, and the wave memory."""

ENVELOPE_CLOCKS = 65_536
"""2**22 Hz over 64 Hz."""

# Pan Docs: the duties in the order in which the pulses step through them.
DUTY_ROWS = (
    (0, 0, 0, 0, 0, 0, 0, 1),
    (1, 0, 0, 0, 0, 0, 0, 1),
    (1, 0, 0, 0, 0, 1, 1, 1),
    (0, 1, 1, 1, 1, 1, 1, 0),
)
_DUTIES = tuple(map(Cycle, DUTY_ROWS))
_ALWAYS = Cycle((1,))
# The right shift of the wave's nibbles for NR32's levels: none, 100, 50, 25 %.
_WAVE_SHIFTS = (4, 0, 1, 2)
_FOREVER = 1 << 50

LEVEL = 86
"""One step of a converter at one of the master's eight levels, in units of 2**-16: a full pulse is
then about as high as a 2A03's, and all four voices together swing 0.63."""


@lru_cache(maxsize=2)
def noise_cycle(tap: int, length: int) -> Cycle:
    """Return the noise register's output after a reset; it is the inverse of the input bit.

    The register's input, at bit `tap`, is the xnor of its two lowest bits; it repeats after
    `length`.
    """
    state, bits = 0, []
    for _ in range(length):
        bits.append(state & 1)
        state = state >> 1 | (~(state ^ state >> 1) & 1) << tap
    return Cycle(bits)


class Registers:
    """The chip's registers while a log is read."""

    def __init__(self) -> None:
        self._bytes = dict.fromkeys(ADDRESSES, 0)
        self._on = [False] * _VOICES
        self._volumes = [0] * _VOICES
        self._countdowns = [0] * _VOICES
        self._noise_mode = 0
        self._waves: list[tuple[int, ...]] = []
        self._wave_number: int | None = None
        self._last: list[Stretch | None] = []
        self._touched: set[int] = set()
        self.start_pass()

    def start_pass(self) -> None:
        """Forget what was written, so that the next frame returns a stretch for every voice."""
        self._last = [None] * (3 * _VOICES)
        self._touched = set(range(3 * _VOICES))
        self._countdowns = [0] * _VOICES

    def oscillators(self) -> list[Oscillator]:
        """Return an oscillator for each voice, then for each voice's weight on each side."""
        waves = [
            Cycle([nibble >> shift for nibble in wave])
            for wave in self._waves
            for shift in _WAVE_SHIFTS
        ]
        weights: list[Oscillator] = [Sequencer([_ALWAYS]) for _ in range(2 * _VOICES)]
        return [
            Sequencer(_DUTIES),
            Sequencer(_DUTIES),
            Sequencer(waves),
            Sequencer([noise_cycle(14, 32_767), noise_cycle(6, 127)]),
            *weights,
        ]

    def read_frame(
        self, writes: Sequence[Write], clock: int, end_clock: int
    ) -> tuple[list[Stretch], ...]:
        """Return the stretches of each voice, then of each weight, that begin in the frame."""
        found: tuple[list[Stretch], ...] = tuple([] for _ in self._last)
        triggered = [False] * _VOICES
        for write in writes:
            self._write(write, triggered)
        self._note_touched(found, clock, triggered)
        first_tick = -(-(clock + 1) // ENVELOPE_CLOCKS) * ENVELOPE_CLOCKS
        for tick in range(first_tick, end_clock, ENVELOPE_CLOCKS):
            self._step_envelopes()
            self._note_touched(found, tick, [False] * _VOICES)
        return found

    def _write(self, write: Write, triggered: list[bool]) -> None:
        """Store a register's value, and note the voices that it touches."""
        if write.address not in ADDRESSES:
            raise RenderError(
                f"the log writes ${write.address:04X}, which is no register of the Game Boy's sound"
            )
        _refuse_hardware_units(write)
        if write.address >= _WAVE_MEMORY and self._bytes[_WAVE_POWER] & 0x80:
            raise RenderError(
                "the wave memory is written while the wave voice is on; switch it off"
            )
        self._bytes[write.address] = write.value
        if write.address >= _WAVE_MEMORY:
            self._wave_number = None
            self._touched.add(_WAVE)
        elif write.address < _MASTER:
            self._write_voice(write, triggered)
        else:
            self._touched.update(range(3 * _VOICES))
            if write.address == _POWER and not write.value & 0x80:
                self._on = [False] * _VOICES

    def _write_voice(self, write: Write, triggered: list[bool]) -> None:
        """Apply a write to a voice: a trigger starts it, a converter that is off stops it."""
        index, register = divmod(write.address - _BASES[0], 5)
        self._touched.add(index)
        if register == 4 and write.value & 0x80:
            triggered[index] = True
            self._trigger(index, _BASES[index])
        elif register == (0 if index == _WAVE else 2) and not self._has_dac(index):
            self._on[index] = False

    def _has_dac(self, index: int) -> bool:
        """Return whether a voice's converter is on."""
        if index == _WAVE:
            return bool(self._bytes[_WAVE_POWER] & 0x80)
        return bool(self._bytes[_BASES[index] + 2] & 0xF8)

    def _trigger(self, index: int, base: int) -> None:
        """Start a voice: its volume and its envelope begin anew."""
        self._on[index] = self._has_dac(index) and bool(self._bytes[_POWER] & 0x80)
        envelope = self._bytes[base + 2]
        self._volumes[index] = envelope >> 4
        self._countdowns[index] = envelope & 7
        if index == _NOISE:
            self._noise_mode = self._bytes[base + 3] >> 3 & 1

    def _step_envelopes(self) -> None:
        """Advance the volume envelopes by one tick of their 64 Hz clock."""
        for index in (*_PULSES, _NOISE):
            envelope = self._bytes[_BASES[index] + 2]
            if not envelope & 7 or not self._countdowns[index]:
                continue
            self._countdowns[index] -= 1
            if self._countdowns[index] == 0:
                self._countdowns[index] = envelope & 7
                volume = self._volumes[index] + (1 if envelope & 8 else -1)
                self._volumes[index] = min(max(volume, 0), 15)
                self._touched.add(index)

    def _note_touched(
        self, found: tuple[list[Stretch], ...], clock: int, triggered: Sequence[bool]
    ) -> None:
        """Append the stretches of voices and weights that may have changed since the last time."""
        for index in self._touched:
            stretch = self._stretch(index, clock, triggered)
            last = self._last[index]
            if (
                last is None
                or stretch.reload
                or stretch.restart
                or _audible(last) != _audible(stretch)
            ):
                found[index].append(stretch)
                self._last[index] = stretch
        self._touched.clear()

    def _stretch(self, index: int, clock: int, triggered: Sequence[bool]) -> Stretch:
        """Return the stretch of a voice, or of a voice's weight, from a clock on."""
        if index in _PULSES:
            return self._pulse(index, clock, triggered[index])
        if index == _WAVE:
            return self._wave(clock, triggered[_WAVE])
        if index == _NOISE:
            return self._noise(clock, triggered[_NOISE])
        return Stretch(clock, _FOREVER, self._weight(index - _VOICES), steps=False)

    def _period(self, base: int) -> int:
        """Return the period, in ticks, of the channel whose registers begin at `base`."""
        return 2048 - (self._bytes[base + 3] | (self._bytes[base + 4] & 7) << 8)

    def _pulse(self, index: int, clock: int, triggered: bool) -> Stretch:
        """Return how a pulse voice sounds from a clock on."""
        base = _BASES[index]
        level = self._volumes[index] if self._on[index] else 0
        duty = self._bytes[base + 1] >> 6
        return Stretch(clock, 4 * self._period(base), level, duty, reload=triggered)

    def _wave(self, clock: int, triggered: bool) -> Stretch:
        """Return how the wave voice sounds from a clock on."""
        base = _BASES[_WAVE]
        if self._wave_number is None:
            self._wave_number = self._wave_held()
        row = len(_WAVE_SHIFTS) * self._wave_number + (self._bytes[base + 2] >> 5 & 3)
        on = self._on[_WAVE]
        return Stretch(clock, 2 * self._period(base), int(on), row, on, triggered, triggered)

    def _wave_held(self) -> int:
        """Return the index of the memory's wave among the waves met so far."""
        held = [self._bytes[_WAVE_MEMORY + n] for n in range(16)]
        wave = tuple(nibble for byte in held for nibble in (byte >> 4, byte & 15))
        if wave not in self._waves:
            self._waves.append(wave)
        return self._waves.index(wave)

    def _noise(self, clock: int, triggered: bool) -> Stretch:
        """Return how the noise voice sounds from a clock on."""
        control = self._bytes[_BASES[_NOISE] + 3]
        shift, divider, mode = control >> 4, control & 7, control >> 3 & 1
        if mode != self._noise_mode and self._on[_NOISE]:
            raise RenderError("the log changes the width of the noise without a trigger")
        level = self._volumes[_NOISE] if self._on[_NOISE] else 0
        period = (16 * divider or 8) << shift
        return Stretch(clock, period, level, mode, shift < 14, triggered, triggered)

    def _weight(self, number: int) -> int:
        """Return a voice's weight on the left, or from number 4 on on the right: 0, or 1..8."""
        side, index = divmod(number, _VOICES)
        shift = 0 if side else 4
        volume = (self._bytes[_MASTER] >> shift & 7) + 1
        return volume * (self._bytes[_PANNING] >> (shift + index) & 1)


def _audible(stretch: Stretch) -> tuple[int, int, int, bool]:
    """Return what is heard of a stretch; successive ones that are equal in it are joined."""
    return stretch.period_clocks, stretch.level, stretch.table, stretch.steps


def _refuse_hardware_units(write: Write) -> None:
    """Raise RenderError for a sweep or length counter that would run by itself."""
    if write.address == _SWEEP and write.value & 0x70 and write.value & 7:
        unit = "sweep"
    elif write.address in {base + 4 for base in _BASES} and write.value & 0x40:
        unit = "length counter"
    else:
        return
    raise RenderError(
        f"${write.address:04X} = ${write.value:02X} starts the chip's {unit}, which is not "
        "supported; change the register frame by frame"
    )


@lru_cache(maxsize=1)
def _converter() -> NDArray[np.int64]:
    """Return the output for a level 0..15 and a weight 0..8; the converter inverts the level."""
    return -LEVEL * np.arange(16)[:, None] * np.arange(9)[None, :]


def _mix(events: Sequence[Events]) -> list[Steps]:
    """Add the voices; one that is equal on both sides is computed once."""
    steps = []
    for index in range(_VOICES):
        voice = events[index]
        left, right = events[_VOICES + index], events[2 * _VOICES + index]
        if _same(left, right):
            steps.append(Steps((0, 1), *mix((voice, left), _converter())))
            continue
        for side, weight in ((0, left), (1, right)):
            if not weight.initial and not len(weight.clocks):
                continue  # Voices of the other side only.
            steps.append(Steps((side,), *mix((voice, weight), _converter())))
    return steps


def _same(a: Events, b: Events) -> bool:
    """Return whether two stretches sound alike: the same levels at the same clocks."""
    same = a.initial == b.initial and np.array_equal(a.clocks, b.clocks)
    return same and np.array_equal(a.levels, b.levels)


GAMEBOY_BOARD = Board(ADDRESSES, lambda _: Registers(), _mix, rest=0, sides=2)
