"""Measures the seam of a loop in the finished samples: a click, or a sound that is cut off.

Chip music is full of steps and attacks, so the seam is compared with the rest of the track: it may
hold nothing larger than occurs elsewhere in the track.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.errors import RenderError
from chipassets.render.pcm import Pcm

WORST_RATIO = 1.5
"""The largest allowed ratio of a step or change at the seam to the largest elsewhere."""

_WINDOW, _HOP = 1024, 256
_AROUND = 4 * _WINDOW
_BLOCK_WINDOWS = 128
_SMALLEST_STEP = 64.0
"""Steps below 0.2 % of full scale are not clicks, even in a quiet track."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Step and spectral flux at the seam, relative to the largest elsewhere in the track."""

    step_ratio: float
    flux_ratio: float


def measure_seam(pcm: Pcm) -> Seam | None:
    """Return the step and flux at the loop's seam; None for a track that plays once.

    The step is the difference of two neighbouring samples. The flux is the sum of increases in the
    magnitudes of a 1,024-sample spectrum within 256 samples. Both are relative to the largest value
    in the file, played once from silence.
    """
    if pcm.loop_start_sample is None:
        return None
    columns = pcm.columns
    loop = columns[pcm.loop_start_sample :]
    around = _AROUND + (-_AROUND % _HOP)
    end, start = _mono(loop[-around:]), _mono(loop[:around])
    step = abs(start[0] - end[-1])
    joint = np.concatenate((np.resize(end[::-1], around)[::-1], np.resize(start, around)))
    largest = max(_largest_step(columns), _SMALLEST_STEP)
    usual = _largest_flux(columns)
    first = (around - _WINDOW) // _HOP
    there = float(_flux(joint)[first : around // _HOP].max(initial=0.0))
    return Seam(round(float(step) / largest, 3), round(there / max(usual, _SMALLEST_STEP), 3))


def check_seam(pcm: Pcm) -> Seam | None:
    """Return the measured seam of a loop, None without one; RenderError if it would be audible."""
    seam = measure_seam(pcm)
    ratios = (("steps", seam.step_ratio), ("changes", seam.flux_ratio)) if seam else ()
    for what, ratio in ratios:
        if ratio > WORST_RATIO:
            raise RenderError(
                f"the loop's end does not meet its start: the sound {what} there by {ratio:g} "
                "times its maximum elsewhere; report the track's plan, and use another seed until "
                "it is fixed"
            )
    return seam


def _mono(columns: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the mean of the channels."""
    # Whole numbers: the sum is exact, and takes a tenth of the time of `mean` along short rows.
    total = columns[:, 0].astype(np.float64)
    for channel in columns.T[1:]:
        total += channel
    return np.asarray(total / columns.shape[1])


def _largest_step(columns: NDArray[np.int16]) -> float:
    """Return the greatest difference of two neighbouring samples, measured in blocks."""
    size = _BLOCK_WINDOWS * _HOP
    largest = 0.0
    for at in range(0, len(columns), size):
        block = _mono(columns[at : at + size + 1])
        steps = block[1:] - block[:-1]
        largest = max(largest, steps.max(initial=0.0), -steps.min(initial=0.0))
    return float(largest)


def _largest_flux(columns: NDArray[np.int16]) -> float:
    """Return the largest flux of the sound, played after silence; in blocks, as it may be long."""
    size, largest = _BLOCK_WINDOWS * _HOP, 0.0
    for at in range(0, len(columns), size):
        block = _mono(columns[max(0, at - _WINDOW) : at + size])
        if not at:
            block = np.concatenate((np.zeros(_WINDOW), block))
        largest = max(largest, float(_flux(block).max(initial=0.0)))
    return largest


def _flux(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, per hop, the sum of increases in the spectrum since the hop before."""
    if len(signal) < _WINDOW + _HOP:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::_HOP]
    spectra = np.fft.rfft(windows * _SHAPE)
    # A third of the time of np.abs, which also minds numbers that would overflow.
    sizes = np.sqrt(spectra.real**2 + spectra.imag**2)
    flux: NDArray[np.float64] = np.maximum(sizes[1:] - sizes[:-1], 0.0).sum(axis=1)
    return flux


_SHAPE = np.hanning(_WINDOW)
