"""The NES as a board: the 2A03's two mixers, and beside them what a VRC6 adds."""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.render import apu, vrc6
from chipassets.render.board import Board, Steps
from chipassets.render.mixer import mix_pair, pulse_table, tnd_table
from chipassets.render.sequencer import TRIANGLE_REST
from chipassets.render.voices import Events

_MONO = (0,)
_APU_VOICES = 4


def _mix_apu(events: Sequence[Events]) -> list[Steps]:
    return [
        Steps(_MONO, *mix_pair(events[0], events[1], pulse_table())),
        Steps(_MONO, *mix_pair(events[2], events[3], tnd_table())),
    ]


def _mix_both(events: Sequence[Events]) -> list[Steps]:
    """The VRC6 has a linear converter of its own, which the cartridge adds to the console's."""
    added = [
        Steps(_MONO, item.clocks, (item.levels - item.previous) * vrc6.LEVEL)
        for item in events[_APU_VOICES:]
    ]
    return _mix_apu(events) + added


_REST = int(tnd_table()[TRIANGLE_REST, 0])

# Everything of the 2A03 at its loudest swings 0.63, so nothing clips; with a VRC6 it is 1.15, which
# fits 16 bits where a high-pass centres it.
NES_BOARD = Board(apu.SOUND_ADDRESSES, apu.Registers, _mix_apu, _REST)
VRC6_BOARD = Board(apu.SOUND_ADDRESSES | vrc6.ADDRESSES, vrc6.Registers, _mix_both, _REST)
