"""The output filters of consoles: one-pole filters in integer arithmetic.

A step train through 1 / (1 - a z^-1) is the sum of the steps through a high-pass, so the filters
work on trains of steps. The recursion is unrolled by doubling, 1 / (1 - a z^-1) = (1 + a z^-1)(1 +
a^2 z^-2)(1 + a^4 z^-4) ..., and ends where a power is below 2**-20. Each factor is one vector
operation on integers, so every machine gives the same samples, and because the memory is finite,
every way to cut the train into chunks gives the same samples too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.errors import RenderError
from chipassets.nearest import did_you_mean
from chipassets.units import SAMPLE_RATE_HZ

_BITS = 24
_HALF = 1 << (_BITS - 1)
_SMALLEST = 1 << (_BITS - 20)


@dataclass(frozen=True, slots=True)
class FilterProfile:
    """Corner frequencies of first-order high-passes and low-passes, in Hz."""

    high_pass_hz: tuple[int, ...] = ()
    low_pass_hz: tuple[int, ...] = ()


# NESdev, APU mixer: a front-loading NES has two high-passes and a low-pass behind the DAC, the
# Famicom one high-pass at about 37 Hz. The NES's 440 Hz takes most of the bass away. Pan Docs: the
# Game Boy's capacitor keeps 0.999958 of its charge a clock, which is a high-pass at 28 Hz.
FILTERS: dict[str, FilterProfile] = {
    "none": FilterProfile(),
    "famicom": FilterProfile(high_pass_hz=(37,)),
    "nes": FilterProfile(high_pass_hz=(90, 440), low_pass_hz=(14_000,)),
    "gameboy": FilterProfile(high_pass_hz=(28,)),
    # Sounds like under water: two low-passes, 12 dB per octave.
    "muffled": FilterProfile(high_pass_hz=(37,), low_pass_hz=(700, 700)),
}


def find_filter(name: str) -> FilterProfile:
    """Return the profile of this name; RenderError, listing the known ones, if there is none."""
    if name not in FILTERS:
        fix = did_you_mean(name, FILTERS, "filter profiles")
        raise RenderError(f"there is no filter profile {name!r}; {fix}")
    return FILTERS[name]


def memory_samples(profile: FilterProfile) -> int:
    """Return the number of earlier samples on which the output depends."""
    corners = profile.high_pass_hz + profile.low_pass_hz
    return sum(1 << len(_powers(hz)) for hz in corners) + len(profile.high_pass_hz)


def filter_train(train: NDArray[np.int64], profile: FilterProfile) -> NDArray[np.int64]:
    """Return the filtered sum of the train, which starts from silence.

    The first high-pass includes the sum; without one the result is the plain sum.
    """
    if not profile.high_pass_hz:
        signal = np.cumsum(train)
    else:
        signal = _leaky_sum(train, profile.high_pass_hz[0])
    for hz in profile.high_pass_hz[1:]:
        signal = _leaky_sum(np.diff(signal, prepend=0), hz)
    for hz in profile.low_pass_hz:
        gain = (1 << _BITS) - _powers(hz)[0]
        signal = _leaky_sum((signal * gain + _HALF) >> _BITS, hz)
    return signal


def _leaky_sum(signal: NDArray[np.int64], corner_hz: int) -> NDArray[np.int64]:
    """Return the signal through 1 / (1 - a z^-1), by doubling; a is set by the corner frequency."""
    total = signal.copy()
    distance = 1
    for power in _powers(corner_hz):
        if distance >= len(total):
            break
        carried = total[:-distance] * power
        carried += _HALF
        carried >>= _BITS
        total[distance:] += carried
        distance *= 2
    return total


def _powers(corner_hz: int) -> list[int]:
    """Fixed-point a, a^2, a^4 ... down to 2**-20, with a = exp(-2 pi f / rate)."""
    power = round(math.exp(-2 * math.pi * corner_hz / SAMPLE_RATE_HZ) * (1 << _BITS))
    powers = []
    while power >= _SMALLEST:
        powers.append(power)
        power = (power * power + _HALF) >> _BITS
    return powers
