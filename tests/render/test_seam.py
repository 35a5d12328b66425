"""The seam as a listener would judge it: our loops pass, a cut in the wrong place does not."""

from __future__ import annotations

import numpy as np
import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.errors import RenderError
from chipassets.render import Pcm, render_log
from chipassets.render.filters import FILTERS
from chipassets.render.seam import check_seam, measure_seam
from tests.chip_music import plan, song

RATE_HZ = 44_100


def tone(samples: int, hz: float = 441.0) -> Pcm:
    wave = 8_000 * np.sin(2 * np.pi * hz * np.arange(samples) / RATE_HZ)
    return Pcm(np.round(wave).astype(np.int16), RATE_HZ, 0)


@pytest.mark.parametrize("filter_name", sorted(FILTERS))
@pytest.mark.parametrize(("bars", "start"), [(1, 0), (4, 0), (4, 1)])
@pytest.mark.default_cases(6)
def test_rendered_loops_have_no_seam(filter_name: str, bars: int, start: int) -> None:
    log = write_registers(arrange(song(bars, loop_start_bar=start), plan(), "nes"))
    seam = check_seam(render_log(log, filter_name, frames_per_bar=96))
    assert seam is not None
    assert seam.step_ratio < 1
    assert seam.flux_ratio < 1.15


def test_a_tone_of_whole_cycles_is_seamless_and_one_cut_short_clicks() -> None:
    whole = check_seam(tone(RATE_HZ))
    assert whole is not None
    assert whole.step_ratio <= 1.01
    assert whole.flux_ratio < 0.1
    cut = measure_seam(tone(RATE_HZ + 27))
    assert cut is not None
    assert cut.step_ratio > 5
    with pytest.raises(RenderError, match="does not meet its start"):
        check_seam(tone(RATE_HZ + 27))


def test_a_held_sound_that_breaks_off_is_heard_though_nothing_clicks() -> None:
    """From one steady tone that swelled slowly to another: no step, and yet a new sound."""
    swell = np.minimum(np.arange(4 * RATE_HZ) / RATE_HZ, 1.0)
    low, high = tone(4 * RATE_HZ, 441.0).samples, tone(4 * RATE_HZ, 2_205.0).samples
    turn = np.clip(np.arange(4 * RATE_HZ) / RATE_HZ - 2.0, 0.0, 1.0)
    mixed = np.round(swell * (low * (1 - turn) + high * turn)).astype(np.int16)
    seam = measure_seam(Pcm(mixed, RATE_HZ, RATE_HZ))
    assert seam is not None
    assert seam.step_ratio < 1.25
    assert seam.flux_ratio > 3


def test_what_plays_once_has_no_seam_and_silence_a_perfect_one() -> None:
    assert check_seam(Pcm(tone(5_000).samples, RATE_HZ, None)) is None
    silent = check_seam(Pcm(np.zeros(10, np.int16), RATE_HZ, 0))
    assert silent is not None
    assert (silent.step_ratio, silent.flux_ratio) == (0, 0)
