"""Reads a RegisterLog as a cartridge with a VRC6 does: two more pulses and a saw.

Registers and formulas: NESdev, VRC6 audio. The expansion's halt and octave bits ($9003) are refused
unless they are 0, as in usual music.
"""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.chips.registers import Write
from chipassets.errors import RenderError
from chipassets.render import apu
from chipassets.render.cycle import Cycle
from chipassets.render.sequencer import Saw, Sequencer
from chipassets.render.voices import Oscillator, Stretch

_BASES = (0x9000, 0xA000, 0xB000)
_CONTROL = 0x9003
ADDRESSES = frozenset((_CONTROL, *(base + n for base in _BASES for n in range(3))))

LEVEL = 561
"""One of the expansion's levels, in units of 2**-16: a half-duty pulse at volume 15 measures 0.86
of a 2A03 pulse at volume 15 in libgme; NSFPlay's factor is alike."""

_CONSTANT_ROW = 8
# A pulse is high for D + 1 of 16 steps; with the mode bit it is always high.
_ROWS = (*((1,) * (d + 1) + (0,) * (15 - d) for d in range(_CONSTANT_ROW)), (1,) * 16)
_CYCLES = tuple(map(Cycle, _ROWS))
_SAW = 2


class Registers(apu.Registers):
    """The registers of both chips while a log is read."""

    def __init__(self, samples: bytes = b"") -> None:
        super().__init__(samples)
        self._extra = dict.fromkeys(ADDRESSES, 0)
        self._sounding: list[Stretch | None] = [None] * 3

    def start_pass(self) -> None:
        """Forget what was written, so that the next frame returns a stretch for every voice."""
        super().start_pass()
        self._sounding = [None] * 3

    def read_frame(
        self, writes: Sequence[Write], clock: int, end_clock: int
    ) -> tuple[list[Stretch], ...]:
        """Return the stretches of each voice, 2A03 first, that begin in the frame."""
        console = [write for write in writes if write.address not in ADDRESSES]
        for write in writes:
            if write.address in ADDRESSES:
                self._set(write)
        found: tuple[list[Stretch], ...] = ([], [], [])
        for index in range(3):
            stretch = self._stretch(index, clock)
            last = self._sounding[index]
            if last is None or _sound(last) != _sound(stretch):
                found[index].append(stretch)
                self._sounding[index] = stretch
        return (*super().read_frame(console, clock, end_clock), *found)

    def oscillators(self) -> list[Oscillator]:
        """Return an oscillator at rest for every voice, 2A03 first."""
        return [*super().oscillators(), Sequencer(_CYCLES), Sequencer(_CYCLES), Saw()]

    def _set(self, write: Write) -> None:
        """Store a write; RenderError if it would halt the chip or move it by octaves."""
        if write.address == _CONTROL and write.value & 7:
            raise RenderError(
                f"$9003 = ${write.value:02X} halts the VRC6 or moves it by octaves, which is not "
                "supported; write 0 and change the periods"
            )
        self._extra[write.address] = write.value

    def _stretch(self, index: int, clock: int) -> Stretch:
        """Return the stretch of a VRC6 voice from a clock on."""
        base = _BASES[index]
        control, low, high = (self._extra[base + n] for n in range(3))
        period = (low | (high & 0x0F) << 8) + 1
        enabled = bool(high & 0x80)
        if index == _SAW:
            return Stretch(
                clock, 2 * period, control & 0x3F if enabled else 0, 0, enabled, not enabled
            )
        row = _CONSTANT_ROW if control & 0x80 else control >> 4
        level = control & 0x0F if enabled else 0
        return Stretch(clock, period, level, row, enabled, not enabled)


def _sound(stretch: Stretch) -> tuple[int, int, int, bool]:
    return stretch.period_clocks, stretch.level, stretch.table, stretch.steps
