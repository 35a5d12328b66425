"""The seam of a loop, measured in the finished samples: a click, or a sound that breaks off.

Chip music is full of steps and attacks, so the joint is judged by the track's own: it may hold
nothing that is larger than what the track does elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.errors import RenderError
from chipassets.render.pcm import Pcm

WORST_RATIO = 1.5
"""How much larger than the track's largest a step or a change at the joint may be."""

_WINDOW, _HOP = 1024, 256
_AROUND = 4 * _WINDOW
_BLOCK_WINDOWS = 2048
_SMALLEST_STEP = 64.0
"""Steps under 0.2 % of full scale are no clicks, however still the track is."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Step and spectral flux at the joint, as parts of the largest elsewhere in the track."""

    step_ratio: float
    flux_ratio: float


def measure_seam(pcm: Pcm) -> Seam | None:
    """Return what happens at the loop's joint against the rest; None for a track that plays once.

    The step is the difference of two neighbouring samples. The flux is what comes anew into the
    magnitudes of a 1,024-sample spectrum within 256 samples. The rest is the file heard once, from
    silence.
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
    """RenderError when the joint would be heard."""
    if seam is None:
        return
    for what, ratio in (("steps", seam.step_ratio), ("changes", seam.flux_ratio)):
        if ratio > WORST_RATIO:
            raise RenderError(
                f"the loop's end does not meet its start: the sound {what} there by {ratio:g} "
                "times the most that it does elsewhere; report the track's plan, and build "
                "it with another seed meanwhile"
            )


def _flux(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per hop the sum of what grew in the spectrum since the hop before."""
    if len(signal) < _WINDOW + _HOP:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(signal, _WINDOW)[::_HOP]
    shape = np.hanning(_WINDOW)
    parts = []
    for start in range(0, len(windows) - 1, _BLOCK_WINDOWS):
        spectra = np.abs(np.fft.rfft(windows[start : start + _BLOCK_WINDOWS + 1] * shape))
        parts.append(np.maximum(np.diff(spectra, axis=0), 0.0).sum(axis=1))
    return np.concatenate(parts)
