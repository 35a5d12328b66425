"""The NES as a board: the 2A03's two mixers, and the sound that a VRC6 adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chipassets.render import apu, vrc6
from chipassets.render.board import Board, Steps
from chipassets.render.mixer import Ints, mix, pulse_table, sampled_table, tnd_table
from chipassets.render.sequencer import TRIANGLE_REST
from chipassets.render.voices import Events

_MONO = (0,)
_APU_VOICES = 5


def _mix_apu(events: Sequence[Events]) -> list[Steps]:
    """Return the level steps of the APU's two mixers: pulses; triangle, noise and samples."""
    return [
        Steps(_MONO, *mix(events[:2], pulse_table())),
        Steps(_MONO, *_mix_tnd(*events[2:_APU_VOICES])),
    ]


def _mix_tnd(triangle: Events, noise: Events, sample: Events) -> tuple[Ints, Ints]:
    """Mix triangle, noise and sample; without a sample the table needs no dimension for it."""
    if not sample.initial and not len(sample.clocks):
        return mix((triangle, noise), tnd_table())
    return mix((triangle, noise, sample), sampled_table())


def _mix_both(events: Sequence[Events]) -> list[Steps]:
    """Mix both chips: the VRC6's converter is linear; the cartridge adds it to the console's."""
    added = [
        Steps(_MONO, item.clocks, (item.levels - item.previous) * vrc6.LEVEL)
        for item in events[_APU_VOICES:]
    ]
    return _mix_apu(events) + added


_REST = int(tnd_table()[TRIANGLE_REST, 0])

# All voices of the 2A03 at full level reach 0.63, so nothing clips; with a VRC6 1.15, which fits
# 16 bits because a high-pass centres it. With samples the 2A03 reaches 1.
NES_BOARD = Board(
    apu.SOUND_ADDRESSES,
    apu.Registers,
    _mix_apu,
    _REST,
    optional=apu.SAMPLE_ADDRESSES,
    optional_gain=32_768,
)
VRC6_BOARD = replace(
    NES_BOARD,
    addresses=apu.SOUND_ADDRESSES | vrc6.ADDRESSES,
    registers=vrc6.Registers,
    mix=_mix_both,
)
