"""A volume macro sounds on the SNES as it does on the other chips: what holds holds, and stops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import write_registers
from chipassets.arrange.bank import DRUM_SOUNDS, INSTRUMENTS
from chipassets.arrange.dspenvelope import MOST_OFF_DB, fit_adsr
from chipassets.arrange.parts import COLOURS
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.render import render_log

_FRAMES = 40
TONES = [item for item in (*INSTRUMENTS.values(), *COLOURS) if item.name not in DRUM_SOUNDS]


def levels_db(volume: Macro, frames: int = _FRAMES, chip: str = "snes") -> np.ndarray:
    """The level of each frame of one held note of the bass voice, which has no echo."""
    instrument = Instrument("plain", volume=volume)
    spec = CHIPS[chip].voice("bass")
    note = ChipNote(0, frames, 76, 15, "plain")
    voice = ChipVoice(spec.name, (note,))
    log = write_registers(ChipSong(chip, (voice,), (instrument,), frames + 20, 60, None))
    samples = render_log(log).samples.astype(np.float64).reshape(-1, 2)[:, 0]
    rate = float(CHIPS[chip].frame_rate_hz)
    found = []
    for frame in range(frames):
        # A frame's second half: what it begins with still belongs to the way there.
        start, stop = (int((frame + part) * 44_100 / rate) + 16 for part in (0.45, 0.95))
        found.append(10 * np.log10(max((samples[start:stop] ** 2).mean(), 1e-3)))
    return np.array(found)


def wanted_db(volume: Macro, frames: int = _FRAMES) -> np.ndarray:
    values = np.array([volume.at(frame) for frame in range(frames)], dtype=np.float64)
    return 20 * np.log10(np.maximum(values, 1e-3) / 15)


def off_db(volume: Macro) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is heard, what is wanted, and by how much these differ where the macro is heard."""
    heard, wanted = levels_db(volume) - FULL_DB, wanted_db(volume)
    return heard, wanted, np.abs(heard - wanted)[wanted > -14]


FULL_DB = float(levels_db(Macro((15,))).max())
"""What a macro that stays at 15 measures."""


@pytest.mark.parametrize("instrument", TONES, ids=lambda item: item.name)
def test_every_instrument_of_the_bank_is_as_loud_as_its_macro(instrument: Instrument) -> None:
    _, _, off = off_db(instrument.volume)
    assert off[2:].max(initial=0.0) < MOST_OFF_DB + 1.5


@pytest.mark.parametrize(
    "values",
    [
        (15,) * 9 + (0,),
        (15,) * 20 + (0,),
        (12, 12, 12, 12, 8, 4, 0),
        (15,) * 8 + (14, 12, 9, 6, 3, 1, 0),
        (4, 8, 12, 15, 15, 15, 15, 15, 6, 0),
        (15, 15, 15, 5, 5, 5, 15, 15, 15, 5, 5, 5, 0),
        (15,),
    ],
)
def test_held_macros_hold_and_ending_macros_end(values: tuple[int, ...]) -> None:
    heard, wanted, off = off_db(Macro(values))
    assert off[1:].max() < MOST_OFF_DB + 0.5
    silent = np.flatnonzero(wanted < -60)
    assert (heard[silent[1:]] < -30).all()


@given(st.lists(st.integers(3, 15), min_size=1, max_size=12), st.booleans())
def test_any_macro_is_followed(values: list[int], stops: bool) -> None:
    macro = Macro((*values, 0) if stops else tuple(values))
    _, _, off = off_db(macro)
    # The attack takes the chip a part of a frame.
    assert off[1:].max(initial=0.0) < MOST_OFF_DB + 0.5


def test_an_exponential_decay_uses_the_chips_envelope() -> None:
    assert fit_adsr(Macro((15, 13, 12, 11, 10, 10, 9, 9, 9, 9), loop=9)) is not None
    assert fit_adsr(Macro((15,) * 6 + (7,) * 6)) is None
