"""The sound of a preview: its waveform and its loudness over time, below the notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.render.loudness import momentary_loudness
from chipassets.render.preview.layout import LEFT, LOUDNESS_HEIGHT, WAVE_HEIGHT, Layout
from chipassets.render.preview.sheet import Sound
from chipassets.render.preview.svg import number, path, rect, text

_COLUMN = 1.0
_LOUDNESS_COLUMN = 4.0
_LOUDEST_LUFS, _SOFTEST_LUFS = -8.0, -38.0
_MARKS_LUFS = (-12, -18, -24, -30)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The measures of the whole sound, for every line: LUFS every 100 ms, and the peak."""

    loudness: NDArray[np.float64]
    peak: int


def measure_sound(sound: Sound) -> Measured:
    """Return the momentary loudness, limited to the picture's range, to 0.1 LU, and the peak."""
    loudness = sound.loudness.momentary
    if loudness is None:
        loudness = momentary_loudness(sound.pcm)
    found = np.clip(loudness, _SOFTEST_LUFS, _LOUDEST_LUFS)
    columns = sound.pcm.columns
    peak = max(int(columns.max(initial=1)), -int(columns.min(initial=0)))
    return Measured(np.round(found, 1), peak)


def draw_sound(layout: Layout, line: int, measured: Measured) -> Iterator[str]:
    """Yield the waveform and the loudness of a line."""
    sound = layout.sheet.sound
    if sound is None:
        return
    yield from _wave(layout, line, sound, measured.peak)
    yield from _loudness(layout, line, sound, measured.loudness)


def _wave(layout: Layout, line: int, sound: Sound, peak: int) -> Iterator[str]:
    """Draw the largest and the smallest sample of all sides in every column of pixels.

    The track's peak fills the lane.
    """
    first, last = layout.line_bars(line)
    top = layout.line_top(line) + layout.wave_top
    width = (last - first) * layout.bar_width
    yield rect(LEFT, top, width, WAVE_HEIGHT, 'class="paper"')
    yield path(f"M{LEFT} {number(top + WAVE_HEIGHT / 2)}h{number(width)}", "beat")
    yield text(LEFT - 5, top + 8, "waveform", "pitch")
    columns = int(width / _COLUMN)
    bars = first + np.arange(columns + 1) * (last - first) / columns
    bounds = np.rint(bars * sound.bar_samples).astype(np.int64)
    samples = sound.pcm.columns
    within = bounds[:-1] < len(samples)
    starts = bounds[:-1][within]
    if not len(starts):
        return
    used = samples[bounds[0] : bounds[-1]]
    highs: NDArray[np.int16] = np.maximum.reduceat(used.max(axis=1), starts - bounds[0])
    lows = np.minimum.reduceat(used.min(axis=1), starts - bounds[0])
    middle = top + WAVE_HEIGHT / 2
    scale = (WAVE_HEIGHT / 2 - 1) / peak
    yield path(_outline(middle - highs * scale, middle - lows * scale + 0.5), "wave")


def _outline(tops: NDArray[np.floating], bottoms: NDArray[np.floating]) -> str:
    """Return a closed path along the tops and back along the bottoms, one column each."""
    there = [f"{number(LEFT + n * _COLUMN)} {y:.1f}" for n, y in enumerate(tops)]
    back = [f"{number(LEFT + n * _COLUMN)} {y:.1f}" for n, y in enumerate(bottoms)]
    return f"M{'L'.join([*there, *reversed(back)])}z"


def _loudness(
    layout: Layout, line: int, sound: Sound, loudness: NDArray[np.float64]
) -> Iterator[str]:
    """Draw the momentary loudness of a line over its scale."""
    first, last = layout.line_bars(line)
    top = layout.line_top(line) + layout.loudness_top
    width = (last - first) * layout.bar_width
    yield rect(LEFT, top, width, LOUDNESS_HEIGHT, 'class="paper"')
    for mark in _MARKS_LUFS:
        yield path(f"M{LEFT} {number(top + _depth(mark))}h{number(width)}", "step")
        yield text(LEFT - 5, top + _depth(mark) + 3, f"{mark} LUFS", "pitch")
    # A block's loudness is drawn at its middle, 200 ms after its start.
    measured = (np.arange(len(loudness)) * 0.1 + 0.2) * sound.pcm.rate_hz / sound.bar_samples
    places = np.arange(0, width, _LOUDNESS_COLUMN)
    end = len(sound.pcm.samples) / sound.bar_samples
    bars = first + places / layout.bar_width
    levels = np.interp(bars[bars <= end], measured, loudness)
    if len(levels):
        points = [
            f"{number(LEFT + place)} {top + _depth(level):.1f}"
            for place, level in zip(places, levels, strict=False)
        ]
        floor, right = top + LOUDNESS_HEIGHT, number(LEFT + places[len(levels) - 1])
        yield path(f"M{LEFT} {floor}L{'L'.join(points)}L{right} {floor}z", "loudness")
    whole = sound.loudness.lufs
    if whole is not None and _SOFTEST_LUFS < whole < _LOUDEST_LUFS:
        yield path(f"M{LEFT} {number(top + _depth(whole))}h{number(width)}", "whole")


def _depth(lufs: float) -> float:
    """Return the distance of a loudness from the top of the lane."""
    return (_LOUDEST_LUFS - lufs) / (_LOUDEST_LUFS - _SOFTEST_LUFS) * LOUDNESS_HEIGHT
