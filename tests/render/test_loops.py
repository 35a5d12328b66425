"""Laws of the renderer: loops repeat bit for bit, chunks do not show, machines agree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.render import render_log
from chipassets.units import frame_sample
from tests.chip_music import plan, song, tone_log
from tests.laws import share_of_examples

FRAME_RATE_HZ = CHIPS["nes"].frame_rate_hz
EACH = [(chip.name, filter_name) for chip in CHIPS.values() for filter_name in chip.filters]


@cache
def log_of(loop_start_bar: int | None = 0, bars: int = 4, chip: str = "nes") -> RegisterLog:
    score = song(bars=bars, loop_start_bar=loop_start_bar)
    return write_registers(arrange(score, plan(), chip))


@pytest.mark.parametrize(("chip", "filter_name"), EACH)
@pytest.mark.default_cases(6)
def test_second_pass_of_a_longer_render_is_the_loop(chip: str, filter_name: str) -> None:
    """An intro that is the body itself: what follows it must be the file of the bare loop."""
    body = log_of(bars=2, chip=chip)
    twice = RegisterLog(chip, body.frames * 2, len(body.frames))
    loop = render_log(body, filter_name).samples
    long = render_log(twice, filter_name, frames_per_bar=96)
    assert long.loop_start_sample is not None
    again = long.samples[long.loop_start_sample :]
    assert again.shape == loop.shape
    assert (np.roll(again, long.loop_start_sample - len(loop), axis=0) == loop).all()


@pytest.mark.parametrize("frames", [1, 2, 5, 20])
@pytest.mark.parametrize(("chip", "filter_name"), EACH)
def test_a_loop_shorter_than_what_rings_on_is_whole(
    chip: str, filter_name: str, frames: int
) -> None:
    """Behind an intro of the same notes: the file's loop is the bare loop, turned."""
    body = log_of(bars=1, chip=chip).frames[:frames]
    loop = render_log(RegisterLog(chip, body, 0), filter_name).samples
    long = render_log(RegisterLog(chip, body * 2, frames), filter_name)
    assert long.loop_start_sample is not None
    again = long.samples[long.loop_start_sample :]
    assert (np.roll(again, long.loop_start_sample - len(loop), axis=0) == loop).all()


@pytest.mark.parametrize(("chip", "filter_name"), EACH)
@pytest.mark.default_cases(5)
def test_every_pass_after_the_first_is_the_same(chip: str, filter_name: str) -> None:
    body = log_of(bars=1, chip=chip)
    passes = [
        render_log(RegisterLog(chip, body.frames * n, len(body.frames) * (n - 1)), filter_name)
        for n in (2, 3)
    ]
    length = frame_sample(96, CHIPS[chip].frame_rate_hz)
    ends = [pcm.samples[-length:] for pcm in passes]
    assert (ends[0] == ends[1]).all()


def test_loop_has_the_length_of_its_frames() -> None:
    pcm = render_log(log_of())
    assert pcm.loop_start_sample == 0
    assert len(pcm.samples) == frame_sample(4 * 96, FRAME_RATE_HZ)


def test_seam_steps_no_further_than_the_music_does() -> None:
    samples = render_log(log_of()).samples.astype(np.int64)
    steps = np.abs(np.diff(samples))
    around = np.abs(np.diff(np.concatenate((samples[-100:], samples[:1]))))
    assert around.max() < np.percentile(steps, 99)


def test_intro_is_followed_by_a_loop_on_a_bar_line() -> None:
    pcm = render_log(log_of(loop_start_bar=1), frames_per_bar=96)
    intro, body, bar = (frame_sample(n * 96, FRAME_RATE_HZ) for n in (1, 3, 1))
    assert pcm.loop_start_sample == intro + bar
    assert len(pcm.samples) == intro + body + bar


def test_track_that_plays_once_rings_out() -> None:
    pcm = render_log(log_of(None))
    assert pcm.loop_start_sample is None
    assert np.abs(pcm.samples[-100:]).max() <= 1
    assert np.abs(pcm.samples[:1000].astype(int)).max() > 1000


@share_of_examples(0.8)
@given(st.integers(1, 300), st.sampled_from(EACH))
def test_chunks_do_not_show(chunk_frames: int, each: tuple[str, str]) -> None:
    chip, filter_name = each
    log = log_of(1, 2, chip)
    chunked = render_log(log, filter_name, chunk_frames=chunk_frames).samples
    assert (chunked == whole_of(chip, filter_name)).all()


@cache
def whole_of(chip: str, filter_name: str) -> NDArray[np.int16]:
    return render_log(log_of(1, 2, chip), filter_name, chunk_frames=10_000).samples


def test_loop_frame_without_every_register_is_refused() -> None:
    log = tone_log("pulse1", 253, 0xBF, frames=20)
    with pytest.raises(RenderError, match=r"\$400A"):
        render_log(RegisterLog("nes", log.frames, 0))


def test_loop_start_outside_the_log_is_refused() -> None:
    with pytest.raises(RenderError, match="frame 20"):
        render_log(RegisterLog("nes", tone_log("pulse1", 253, 0xBF, frames=20).frames, 20))


def test_samples_are_the_same_on_every_machine(golden: Callable[[str, str], None]) -> None:
    lines = []
    for chip, filter_name in EACH:
        samples = render_log(log_of(1, 4, chip), filter_name, frames_per_bar=96).samples
        digest = hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()
        lines.append(f"{chip} {filter_name} {samples.shape} {digest}")
    golden("pcm_small_song.txt", "\n".join(lines) + "\n")


def test_one_bar_at_300_bpm_loops() -> None:
    score = song(1, tempo_millibpm=300_000)
    pcm = render_log(write_registers(arrange(score, plan(), "nes")))
    assert len(pcm.samples) == frame_sample(48, FRAME_RATE_HZ)
