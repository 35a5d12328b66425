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
_BLOCK_WINDOWS = 2048
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
    signal = pcm.columns.astype(np.float64).mean(axis=1)
    loop = signal[pcm.loop_start_sample :]
    step = abs(loop[0] - loop[-1])
    largest = max(float(np.abs(np.diff(signal)).max(initial=0.0)), _SMALLEST_STEP)
    around = _AROUND + (-_AROUND % _HOP)
    joint = np.concatenate((np.resize(loop[::-1], around)[::-1], np.resize(loop, around)))
    silence = np.zeros(_WINDOW)
    usual = float(_flux(np.concatenate((silence, signal))).max(initial=0.0))
    first = (around - _WINDOW) // _HOP
    there = float(_flux(joint)[first : around // _HOP].max(initial=0.0))
    return Seam(round(float(step) / largest, 3), round(there / max(usual, _SMALLEST_STEP), 3))


def check_seam(seam: Seam | None) -> None:
    """Raise RenderError if the seam would be audible."""
    if seam is None:
        return
    for what, ratio in (("steps", seam.step_ratio), ("changes", seam.flux_ratio)):
        if ratio > WORST_RATIO:
            raise RenderError(
                f"the loop's end does not meet its start: the sound {what} there by {ratio:g} "
                "times its maximum elsewhere; report the track's plan, and use another seed until "
                "it is fixed"
            )


def _flux(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, per hop, the sum of increases in the spectrum since the hop before."""
    if len(signal) < _WINDOW + _HOP:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::_HOP]
    shape = np.hanning(_WINDOW)
    parts = []
    for start in range(0, len(windows) - 1, _BLOCK_WINDOWS):
        spectra = np.abs(np.fft.rfft(windows[start : start + _BLOCK_WINDOWS + 1] * shape))
        parts.append(np.maximum(np.diff(spectra, axis=0), 0.0).sum(axis=1))
    return np.concatenate(parts)
