"""The SNES as a board: its chip mixes and resamples, so only filtering is left."""

from __future__ import annotations

from chipassets.render.board import SampleBoard
from chipassets.render.dsp import ADDRESSES, Registers, play_passage

SNES_BOARD = SampleBoard(ADDRESSES, Registers, play_passage)
