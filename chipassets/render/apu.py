"""Reads a RegisterLog as the 2A03 does.

The registers of each voice and the clock from which they hold.

Our logs use constant volume and software envelopes, so that the sound does not depend on the frame
counter. A log that uses the hardware's envelopes, sweeps or running length counters is refused, as
it would be played wrongly. The only unit that the frame counter still clocks is the triangle's
linear counter: a gate takes effect at the next quarter frame.
"""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.chips.dmcbank import ALIGNMENT, ORIGIN
from chipassets.chips.dmcbank import PERIODS as SAMPLE_PERIODS
from chipassets.chips.profiles import NOISE_PERIODS
from chipassets.chips.registers import Write
from chipassets.errors import RenderError
from chipassets.render.dmc import ClipStretch, SampleChannel
from chipassets.render.noise import Noise
from chipassets.render.sequencer import DUTIES, Sequencer, Triangle
from chipassets.render.voices import Oscillator, Stretch

ADDRESSES = (*range(0x4000, 0x4004), *range(0x4004, 0x4008), 0x4008, 0x400A, 0x400B)
SOUND_ADDRESSES = frozenset((*ADDRESSES, 0x400C, 0x400E, 0x400F, 0x4015, 0x4017))
"""All registers of the four voices, which the first frame of a loop must write."""

SAMPLE_ADDRESSES = frozenset(range(0x4010, 0x4014))
"""The sample channel's registers, which this frame must also write if the log uses any."""

_DMC = 4
_DMC_BIT = 0x10

# NESdev, APU frame counter: clocks of the quarter frames after a write to $4017, and the length.
_FOUR_STEP = (7457, 14913, 22371, 29829, 29830)
_FIVE_STEP = (7457, 14913, 22371, 37281, 37282)
_LOWEST_PULSE_TIMER = 8
_LOWEST_TRIANGLE_TIMER = 2
_CONSTANT = 0x30


class Registers:
    """The chip's registers while a log is read; `samples` is the memory of clips, from $C000 on."""

    def __init__(self, samples: bytes = b"") -> None:
        self._samples = samples
        self._bytes = dict.fromkeys(SOUND_ADDRESSES | SAMPLE_ADDRESSES, 0)
        self._loaded = [False] * 4
        self._gate = False
        self._counter_start = 0
        self._last: list[Stretch | None] = [None] * 4
        self._sample_stated = False

    def start_pass(self) -> None:
        """Forget what was written, so that the next frame returns a stretch for every voice."""
        self._last = [None] * 4
        self._counter_start = 0
        self._gate = False
        self._sample_stated = False

    def read_frame(
        self, writes: Sequence[Write], clock: int, end_clock: int
    ) -> tuple[list[Stretch], ...]:
        """Return each voice's stretches that begin in the frame, from `clock` to `end_clock`.

        The triangle's gate may open slightly later, in the next frame.
        """
        del end_clock  # Nothing in this chip changes by itself between the writes of two frames.
        found: tuple[list[Stretch], ...] = ([], [], [], [], [])
        restarts = [False, False]
        for write in writes:
            self._write(write, clock, restarts)
        sample = self._sample(writes, clock)
        if sample:
            found[_DMC].append(sample)
        for index in self._touched(writes):
            if index < 2:
                self._note(found, index, self._pulse(index, clock, restarts[index]))
            elif index == 2:
                self._note(found, 2, self._triangle(clock))
            else:
                self._note(found, 3, self._noise(clock))
        if self._gate_wanted() != self._gate:
            self._gate = self._gate_wanted()
            self._note(found, 2, self._triangle(self._next_quarter(clock)))
        return found

    def oscillators(self) -> list[Oscillator]:
        """Return an oscillator at rest for every voice."""
        return [Sequencer(DUTIES), Sequencer(DUTIES), Triangle(), Noise(), SampleChannel()]

    def _touched(self, writes: Sequence[Write]) -> list[int]:
        """Return the voices that the writes may change.

        At the start of a pass and for $4015 all.
        """
        if None in self._last or any(write.address == 0x4015 for write in writes):
            return [0, 1, 2, 3]
        return sorted({(write.address - 0x4000) >> 2 for write in writes} & {0, 1, 2, 3})

    def _note(self, found: tuple[list[Stretch], ...], index: int, stretch: Stretch) -> None:
        """Add a stretch to a voice's if it sounds other than the last one."""
        last = self._last[index]
        if last is None or stretch.restart or _sound(last) != _sound(stretch):
            found[index].append(stretch)
            self._last[index] = stretch

    def _write(self, write: Write, clock: int, restarts: list[bool]) -> None:
        """Store a register's value, and note which waves restart.

        restarts: by pulse, set to true by a write of the high timer byte.
        """
        if write.address not in self._bytes:
            raise RenderError(
                f"the log writes ${write.address:04X}, which is no register of the five voices"
            )
        _refuse_hardware_units(write)
        self._bytes[write.address] = write.value
        if write.address in (0x4003, 0x4007, 0x400B, 0x400F):
            index = (write.address - 0x4000) // 4
            self._loaded[index] = self._loaded[index] or self._enabled(index)
            if index < 2:
                restarts[index] = True
        elif write.address == 0x4015:
            self._loaded = [on and self._enabled(i) for i, on in enumerate(self._loaded)]
        elif write.address == 0x4017:
            self._counter_start = clock

    def _enabled(self, index: int) -> bool:
        """Return whether the channel of an index is enabled in $4015."""
        return bool(self._bytes[0x4015] >> index & 1)

    def _timer(self, base: int) -> int:
        """Return the 11 bits of the timer whose registers begin at `base`."""
        return self._bytes[base + 2] | (self._bytes[base + 3] & 7) << 8

    def _pulse(self, index: int, clock: int, restart: bool) -> Stretch:
        """Return a pulse's stretch from a clock on."""
        base = 0x4000 + 4 * index
        timer = self._timer(base)
        # A timer whose sweep target is above 11 bits is muted even when the sweep is off, unless
        # the sweep is set to go down.
        overflows = not self._bytes[base + 1] & 8 and timer >= 0x400
        sounds = self._loaded[index] and timer >= _LOWEST_PULSE_TIMER and not overflows
        control = self._bytes[base]
        level = control & 15 if sounds else 0
        return Stretch(clock, 2 * (timer + 1), level, control >> 6, True, restart)

    def _gate_wanted(self) -> bool:
        return self._loaded[2] and bool(self._bytes[0x4008] & 0x7F)

    def _triangle(self, clock: int) -> Stretch:
        """Return how the triangle sounds from a clock on."""
        timer = self._timer(0x4008)
        runs = self._gate and self._loaded[2] and timer >= _LOWEST_TRIANGLE_TIMER
        return Stretch(clock, timer + 1, 15, steps=runs)

    def _noise(self, clock: int) -> Stretch:
        """Return how the noise sounds from a clock on."""
        level = self._bytes[0x400C] & 15 if self._loaded[3] else 0
        mode_and_period = self._bytes[0x400E]
        return Stretch(clock, NOISE_PERIODS[mode_and_period & 15], level, mode_and_period >> 7)

    def _sample(self, writes: Sequence[Write], clock: int) -> ClipStretch | None:
        """Return the stretch that the writes start on the sample channel; None if there is none."""
        own = [w for w in writes if w.address in SAMPLE_ADDRESSES or w.address == 0x4015]
        if not own and self._sample_stated:
            return None
        self._sample_stated = True
        stretch = ClipStretch(clock, SAMPLE_PERIODS[self._bytes[0x4010] & 15], 0)
        for write in own:
            if write.address == 0x4011:
                stretch.load = write.value & 0x7F
            elif write.address == 0x4015 and not write.value & _DMC_BIT:
                stretch.stop, stretch.start = True, False
            elif write.address == 0x4015:
                stretch.start, stretch.clip = True, self._clip()
        return stretch

    def _clip(self) -> bytes:
        """Return the bytes at the sample address and length of the registers."""
        start = self._bytes[0x4012] * ALIGNMENT
        size = 16 * self._bytes[0x4013] + 1
        if start + size > len(self._samples):
            raise RenderError(
                f"the log plays {size} bytes from ${ORIGIN + start:04X}, where there is no "
                f"sample; samples end at ${ORIGIN + len(self._samples):04X}"
            )
        return self._samples[start : start + size]

    def _next_quarter(self, clock: int) -> int:
        """Return the clock of the frame counter's next quarter frame, this clock included."""
        five_step = bool(self._bytes[0x4017] & 0x80)
        if five_step and clock == self._counter_start:
            return clock
        *quarters, length = _FIVE_STEP if five_step else _FOUR_STEP
        rounds, within = divmod(clock - self._counter_start, length)
        following = next((quarter for quarter in quarters if quarter >= within), None)
        if following is None:
            rounds, following = rounds + 1, quarters[0]
        return self._counter_start + rounds * length + following


def _sound(stretch: Stretch) -> tuple[int, int, int, bool]:
    return stretch.period_clocks, stretch.level, stretch.table, stretch.steps


def _refuse_hardware_units(write: Write) -> None:
    """Raise RenderError for a write that starts an envelope, a sweep or a length counter."""
    if write.address in (0x4000, 0x4004, 0x400C) and write.value & _CONSTANT != _CONSTANT:
        unit = "envelope or length counter"
    elif write.address in (0x4001, 0x4005) and write.value & 0x80:
        unit = "sweep"
    elif write.address == 0x4008 and not write.value & 0x80:
        unit = "linear counter"
    elif write.address == 0x4010 and write.value & 0xC0:
        unit = "sample loop or interrupt"
    else:
        return
    raise RenderError(
        f"${write.address:04X} = ${write.value:02X} starts the chip's {unit}, which is not "
        "supported; write constant volume and change it frame by frame"
    )
