"""Integrated loudness of one channel, after ITU-R BS.1770-4."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# BS.1770 gives its two filters as coefficients at 48 kHz. These are the analogue filters they
# come from, with which they hold at any rate: De Man, "Evaluation of Implementations of the
# EBU R128 Loudness Measurement" (2018).
_SHELF_HZ, _SHELF_Q, _SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
_SHELF_SLOPE = 0.4996667741545416
_HIGHPASS_HZ, _HIGHPASS_Q = 38.13547087602444, 0.5003270373238773
_BLOCK_SECONDS, _BLOCKS_OVERLAP = 0.4, 4
_OFFSET_LU, _ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -0.691, -70.0, -10.0


def integrated_loudness(samples: Floats, rate_hz: int) -> float | None:
    """Return the gated loudness in LUFS of a mono signal (±1 is full scale).

    None where nothing is louder than -70 LUFS or the signal is shorter than one block of 0.4 s.
    """
    hop = round(_BLOCK_SECONDS * rate_hz / _BLOCKS_OVERLAP)
    energy = np.concatenate(([0.0], np.cumsum(_weigh(samples, rate_hz) ** 2)))
    edges = energy[::hop]
    blocks = (edges[_BLOCKS_OVERLAP:] - edges[:-_BLOCKS_OVERLAP]) / (hop * _BLOCKS_OVERLAP)
    loud = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return None
    gate = _power(_level(float(loud.mean())) + _RELATIVE_GATE_LU)
    return _level(float(loud[loud > gate].mean()))


def _level(power: float) -> float:
    return _OFFSET_LU + 10 * math.log10(power)


def _power(level: float) -> float:
    return float(10 ** ((level - _OFFSET_LU) / 10))


def _weigh(samples: Floats, rate_hz: int) -> Floats:
    """The signal through both filters, as a product of spectra: their responses end in 0.5 s."""
    size = 1 << (len(samples) + rate_hz // 2).bit_length()
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(turn), complex)
    for zeros, poles in (_shelf(rate_hz), _highpass(rate_hz)):
        response *= np.polyval(zeros[::-1], turn) / np.polyval(poles[::-1], turn)
    weighed: Floats = np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]
    return weighed


def _shelf(rate_hz: int) -> tuple[list[float], list[float]]:
    turn = math.tan(math.pi * _SHELF_HZ / rate_hz)
    high = 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_SLOPE * turn / _SHELF_Q
    zeros = [high + band + turn**2, 2 * (turn**2 - high), high - band + turn**2]
    return zeros, _poles(turn, _SHELF_Q)


def _highpass(rate_hz: int) -> tuple[list[float], list[float]]:
    turn = math.tan(math.pi * _HIGHPASS_HZ / rate_hz)
    poles = _poles(turn, _HIGHPASS_Q)
    # BS.1770 leaves the zeros of this filter at 1, -2, 1 whatever its poles are scaled by.
    return [poles[0], -2 * poles[0], poles[0]], poles


def _poles(turn: float, q: float) -> list[float]:
    return [1 + turn / q + turn**2, 2 * (turn**2 - 1), 1 - turn / q + turn**2]
