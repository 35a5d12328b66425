"""Loudness and true peak (ITU-R BS.1770-4, EBU R 128), and adjusting samples to a loudness.

Measuring is in floating point. Samples are changed by one integer factor, so that all files of a
track get the same factor, and the same measurement gives the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.render.pcm import Pcm

TRUE_PEAK_LIMIT_DBTP = -1.0
"""EBU R 128: the highest true peak of a finished programme."""

UNIT_GAIN = 4096
"""The factor that changes nothing."""

_FULL_SCALE = 32_768.0
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LUFS = -0.691
_STEPS_PER_BLOCK = 4
"""Gating blocks last 400 ms and start every 100 ms."""

_FFT_SAMPLES = 1 << 16
_RING_SAMPLES = 1 << 13
"""The slowest part of the weighting decays by e in 4.2 ms: after this many samples to 1e-19."""

_OVERSAMPLING = 4
_HALF_TAPS = 16
_KAISER_BETA = 8.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """The result of a measurement: integrated loudness and true peak; None for silence.

    momentary: what `momentary_loudness` returns, None if it was not measured.
    """

    lufs: float | None
    true_peak_dbtp: float | None
    momentary: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)


def measure_loudness(pcm: Pcm) -> Loudness:
    """Return integrated loudness and true peak of the samples, played once from the start.

    The true peak includes the seam of the loop. Sound that is shorter than a gating block, or below
    the absolute gate, counts as one block without gates.
    """
    peak = _true_peak(pcm.columns, pcm.loop_start_sample) / _FULL_SCALE
    blocks = _blocks(_powers(pcm))
    true_peak = 20 * math.log10(peak) if peak else None
    return Loudness(_gated(blocks), true_peak, _momentary(blocks))


def momentary_loudness(pcm: Pcm) -> NDArray[np.float64]:
    """Return the loudness in LUFS of the 400 ms that start at every 100 ms; silence is -70.

    Sound that is shorter than a block counts as one.
    """
    return _momentary(_blocks(_powers(pcm)))


def _momentary(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each block's loudness in LUFS, at least that of the absolute gate."""
    floor = _power(_ABSOLUTE_GATE_LUFS)
    loudness: NDArray[np.float64] = _OFFSET_LUFS + 10 * np.log10(np.maximum(blocks, floor))
    return loudness


def at_loudness(pcm: Pcm, target_lufs: float) -> tuple[Pcm, int, Loudness]:
    """Return a sound at the target loudness, its factor (see `gain_to`), and its loudness then.

    The samples of `pcm` are overwritten, so that minutes of sound are in memory once.
    """
    measured = measure_loudness(pcm)
    gain = gain_to(measured, target_lufs)
    return apply_gain(pcm, gain, in_place=True), gain, after_gain(measured, gain)


def gain_to(loudness: Loudness, target_lufs: float) -> int:
    """Return the factor, in units of 1 / UNIT_GAIN, that brings a sound to the target loudness.

    It is limited so that the true peak stays below the maximum; 1 for silence.
    """
    if loudness.lufs is None or loudness.true_peak_dbtp is None:
        return UNIT_GAIN
    wanted = _factor(target_lufs - loudness.lufs)
    allowed = _factor(TRUE_PEAK_LIMIT_DBTP - loudness.true_peak_dbtp)
    return max(1, min(round(wanted * UNIT_GAIN), math.floor(allowed * UNIT_GAIN)))


def apply_gain(pcm: Pcm, gain: int, *, in_place: bool = False) -> Pcm:
    """Return the samples times gain / UNIT_GAIN, halves rounded up, clipped to 16 bits.

    in_place: the given samples are overwritten, so that minutes of sound are in memory once.
    """
    samples = pcm.samples if in_place else np.empty_like(pcm.samples)
    for start in range(0, len(samples), _FFT_SAMPLES):
        own = slice(start, start + _FFT_SAMPLES)
        scaled = (pcm.samples[own].astype(np.int64) * gain + UNIT_GAIN // 2) // UNIT_GAIN
        samples[own] = np.clip(scaled, -32_768, 32_767)
    return replace(pcm, samples=samples)


def after_gain(loudness: Loudness, gain: int) -> Loudness:
    """Return the loudness of a sound after the factor, rounded to a hundredth.

    What is silent before is silent after.
    """
    change = 20 * math.log10(gain / UNIT_GAIN)
    lufs, peak, momentary = loudness.lufs, loudness.true_peak_dbtp, loudness.momentary
    if momentary is not None:
        heard = np.maximum(momentary + change, _ABSOLUTE_GATE_LUFS)
        momentary = np.where(momentary > _ABSOLUTE_GATE_LUFS, heard, momentary)
    return Loudness(
        None if lufs is None else round(lufs + change, 2),
        None if peak is None else round(peak + change, 2),
        momentary,
    )


def _factor(decibels: float) -> float:
    """Return decibels as a factor of amplitude."""
    return math.pow(10.0, decibels / 20)


def _powers(pcm: Pcm) -> NDArray[np.float64]:
    """Return the weighted powers of all channels together, in steps of 100 ms."""
    channels = [_step_powers(channel, pcm.rate_hz) for channel in pcm.columns.T]
    total: NDArray[np.float64] = np.sum(channels, axis=0)
    return total


def _blocks(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The powers of overlapping blocks of 100 ms steps, at least one."""
    count = max(len(powers) - _STEPS_PER_BLOCK + 1, 1)
    padded = np.pad(powers, (0, max(0, _STEPS_PER_BLOCK - len(powers))))
    starts = np.arange(count)[:, None] + np.arange(_STEPS_PER_BLOCK)
    blocks: NDArray[np.float64] = padded[starts].mean(axis=1)
    return blocks


def _gated(blocks: NDArray[np.float64]) -> float | None:
    """The loudness of the blocks that pass both gates."""
    audible = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(audible):
        return _lufs(float(blocks.max()))
    kept = audible[audible > audible.mean() * math.pow(10.0, _RELATIVE_GATE_LU / 10)]
    return _lufs(float(kept.mean()))


def _lufs(power: float) -> float | None:
    """Return a mean power as loudness in LUFS; None for silence."""
    return _OFFSET_LUFS + 10 * math.log10(power) if power > 0 else None


def _power(lufs: float) -> float:
    """Return the mean power of a loudness in LUFS."""
    return math.pow(10.0, (lufs - _OFFSET_LUFS) / 10)


def _step_powers(channel: NDArray[np.int16], rate_hz: int) -> NDArray[np.float64]:
    """Return mean squares of the weighted channel in steps of 100 ms.

    A last step that is not full counts only if there is no full block without it.
    """
    step = rate_hz // 10
    parts: list[NDArray[np.float64]] = []
    rest = np.zeros(0)
    for block in _weighted(channel, rate_hz):
        weighted = np.concatenate((rest, block))
        full = len(weighted) // step
        parts.append(_mean_squares(weighted[: full * step].reshape(full, step)))
        rest = weighted[full * step :]
    if len(rest) and sum(map(len, parts)) < _STEPS_PER_BLOCK:
        parts.append(_mean_squares(np.pad(rest, (0, step - len(rest)))[None]))
    return np.concatenate(parts) if parts else np.zeros(0)


def _mean_squares(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    powers: NDArray[np.float64] = np.einsum("ij,ij->i", steps, steps) / steps.shape[1]
    return powers


def _weighted(channel: NDArray[np.int16], rate_hz: int) -> Iterator[NDArray[np.float64]]:
    """Yield the channel through both filters of the K-weighting, by overlapping FFT blocks."""
    response = _k_response(rate_hz)
    hop = _FFT_SAMPLES - _RING_SAMPLES
    ringing = np.zeros(_RING_SAMPLES)
    for start in range(0, len(channel), hop):
        spectrum = np.fft.rfft(channel[start : start + hop] / _FULL_SCALE, _FFT_SAMPLES)
        block = np.fft.irfft(spectrum * response, _FFT_SAMPLES)
        block[:_RING_SAMPLES] += ringing
        ringing = block[hop:]
        yield block[: min(hop, len(channel) - start)]


@lru_cache(maxsize=4)
def _k_response(rate_hz: int) -> NDArray[np.complex128]:
    """The K-weighting's complex gain at the frequencies of an FFT block.

    BS.1770 gives coefficients at 48 kHz only. These are the analogue prototypes behind them (a
    shelf of 4 dB and a high-pass), as libebur128 publishes them, by the bilinear transform.
    """
    z = np.exp(-2j * np.pi * np.arange(_FFT_SAMPLES // 2 + 1) / _FFT_SAMPLES)
    k = math.tan(math.pi * 1681.974450955533 / rate_hz)
    q, high = 0.7071752369554196, math.pow(10.0, 3.999843853973347 / 20)
    middle = math.pow(high, 0.4996667741545416)
    shelf = (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k)
    first = _section(shelf, k, q, z)
    k, q = math.tan(math.pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    # The standard leaves the high-pass's numerator at 1, -2, 1, so it is not divided by a0.
    second = _section((1.0, -2.0, 1.0), k, q, z) * (1 + k / q + k * k)
    return first * second


def _section(
    numerator: tuple[float, float, float], k: float, q: float, z: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Return the response of a filter's second-order section at the frequencies `z`."""
    below = (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z * z
    return (numerator[0] + numerator[1] * z + numerator[2] * z * z) / below


def _true_peak(columns: NDArray[np.int16], loop_start_sample: int | None) -> float:
    """Return the largest magnitude at four times the sample rate, the loop's seam included."""
    taps = 2 * _HALF_TAPS
    after = np.zeros((taps, columns.shape[1]), np.int16)
    if loop_start_sample is not None:
        after = columns[loop_start_sample : loop_start_sample + taps]
    count, peak = len(columns), 0.0
    for start in range(0, count + len(after), _FFT_SAMPLES):
        # Each position is computed once, with all the samples before it that its taps reach.
        first, end = start - taps + 1, start + _FFT_SAMPLES
        before = np.zeros((max(0, -first), columns.shape[1]), np.int16)
        tail = after[max(0, first - count) : max(0, end - count)]
        block = np.concatenate((before, columns[max(0, first) : end], tail)).astype(np.float64)
        peak = max(peak, float(np.abs(block).max()), *map(_peak_between, block.T))
    return peak


def _peak_between(signal: NDArray[np.float64]) -> float:
    """Return the largest magnitude between the samples from the 32nd on.

    A few positions at once are a matrix product, which takes a fifth of the time of convolving.
    """
    reach, table = 2 * _HALF_TAPS - 1, _interpolators()
    missing = -(len(signal) - reach) % _POSITIONS
    padded = np.pad(signal, (0, missing))
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach + _POSITIONS)[::_POSITIONS]
    peak = 0.0
    for at in range(0, len(windows), _WINDOWS):
        values = windows[at : at + _WINDOWS] @ table
        if at + _WINDOWS >= len(windows) and missing:
            values.reshape(len(values), -1, _POSITIONS)[-1, :, -missing:] = 0
        peak = max(peak, float(values.max()), -float(values.min()))
    return peak


_POSITIONS = 32
_WINDOWS = 128
"""Windows that are multiplied at once: their products stay in the processor's cache."""


@lru_cache(maxsize=1)
def _interpolators() -> NDArray[np.float64]:
    """Windowed sincs that give the values a quarter, a half and three quarters between samples.

    float64 [samples of a window, 3 * _POSITIONS]: the values at its positions from its 32nd sample
    on, those a quarter between samples first.
    """
    taps = 2 * _HALF_TAPS
    window = np.kaiser(taps * _OVERSAMPLING + 1, _KAISER_BETA)
    places = np.arange(len(window)) - _HALF_TAPS * _OVERSAMPLING
    kernel = np.sinc(places / _OVERSAMPLING) * window
    table = np.zeros((taps - 1 + _POSITIONS, _OVERSAMPLING - 1, _POSITIONS))
    for phase in range(1, _OVERSAMPLING):
        own = kernel[phase::_OVERSAMPLING][::-1]
        for position in range(_POSITIONS):
            table[position : position + taps, phase - 1, position] = own
    return table.reshape(len(table), -1)
