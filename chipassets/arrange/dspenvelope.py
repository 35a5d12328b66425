"""A volume macro as the S-DSP's envelope: two ADSR bytes if they fit it, else None.

The chip's envelope rises once, decays to a level and then falls at another rate. The macro up to
its release is compared with that, frame by frame, for every pair of rates. A macro that holds and
then fades, or swells again, is played with direct gain instead, one value per frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.chipsong import Macro

ADSR_ON = 0x80
FRAME_MS = 1000 / 60
FRAME_SAMPLES = 532
# SNESdev, S-DSP envelopes: milliseconds from nothing to full by attack rate; samples between two
# steps by decay, sustain and gain rate.
_ATTACK_MS = (4100, 2600, 1500, 1000, 640, 380, 260, 160, 96, 64, 40, 24, 16, 10, 6, 0)
PERIODS = (
    *(1 << 30, 2048, 1536, 1280, 1024, 768, 640, 512, 384, 320, 256, 192, 160, 128, 96, 80),
    *(64, 48, 40, 32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1),
)
_DECAY_RATES = tuple(range(16, 31, 2))
_STEP = 1 / 256
"""The share of the level that one step of an exponential decrease removes."""

MOST_OFF_DB = 2.5
"""The largest allowed error of the chip's envelope in an audible frame, in dB."""

_FAINT = 2
"""Levels up to this, of 15, are too soft for an error to be audible."""

_MOMENTS = (0.2, 0.95)
"""The points of a frame at which values are compared: the envelope moves during a frame."""

_FOLLOWED_FRAMES = 90
FULL_GAIN = 127


@dataclass(frozen=True, slots=True)
class Adsr:
    """The bytes of ADSR1 and ADSR2, and the macro's value, of 15, at the chip's full level.

    An attack always rises to the full level, so a softer macro needs a lower voice volume.
    """

    first: int
    second: int
    full: int = 15


@lru_cache(maxsize=512)
def fit_adsr(volume: Macro) -> Adsr | None:
    """Return the bytes whose envelope is nearest to the macro's held part; None if none is near.

    Near means within `MOST_OFF_DB` in every frame. Silence at the end of the macro is left to the
    release.
    """
    wanted = _heard(volume)
    top = int(np.argmax(wanted))
    full = max(1, int(wanted[top]))
    attack = _attack(top)
    fall = 20 * np.log10(wanted[top:] / wanted[top])
    counted = wanted[top:] > min(_FAINT, wanted[top] - 1)
    best, least = None, math.inf
    for sustain in range(8):
        level_db = 20 * math.log10((sustain + 1) / 8)
        for decay, first_rate in enumerate(_DECAY_RATES):
            curves = _falls(first_rate, level_db, len(fall))
            off = np.abs(curves - fall[:, None]).max(axis=2) * counted
            worst = off.max(axis=1)
            totals = worst + off.mean(axis=1)
            rate = int(totals.argmin())
            if totals[rate] < least and worst[rate] <= MOST_OFF_DB:
                least = float(totals[rate])
                best = Adsr(ADSR_ON | decay << 4 | attack, sustain << 5 | rate, full)
    return best if _rises(wanted[: top + 1]) else None


def _heard(volume: Macro) -> NDArray[np.float64]:
    """Return the macro's held values, without the silence at their end; at least one."""
    values = [volume.at(frame) for frame in range(_FOLLOWED_FRAMES)]
    while len(values) > 1 and not values[-1]:
        values.pop()
    return np.maximum(np.array(values, dtype=np.float64), 0.25)


def _rises(values: NDArray[np.float64]) -> bool:
    """Return whether a straight attack can replace the rise to the peak."""
    return bool((np.diff(values) >= 0).all())


def _attack(frames: int) -> int:
    """Return the attack rate nearest to `frames`; a macro's first value sounds at once."""
    wanted = (frames + 1) * FRAME_MS / 2 if frames else 0
    return min(range(16), key=lambda rate: abs(_ATTACK_MS[rate] - wanted))


@lru_cache(maxsize=128)
def _falls(decay_rate: int, level_db: float, frames: int) -> NDArray[np.float64]:
    """Return the levels below the top in dB, [32, frames, 2], for every rate after the decay."""
    per_frame = np.array([_db_a_frame(period) for period in PERIODS])
    first = _db_a_frame(PERIODS[decay_rate])
    place = np.arange(frames)[:, None] + np.array(_MOMENTS)
    turn = level_db / first if level_db else 0.0
    falling = first * np.minimum(place, turn)
    after = np.maximum(place - turn, 0.0)
    curves: NDArray[np.float64] = np.maximum(falling + per_frame[:, None, None] * after, -66)
    return curves


def _db_a_frame(period: int) -> float:
    return FRAME_SAMPLES / period * 20 * math.log10(1 - _STEP)


@lru_cache(maxsize=512)
def release_rate(volume: Macro) -> int:
    """Return the gain rate that reaches a tenth of the level at the end of the macro's release."""
    frames = 1 if volume.release is None else max(1, len(volume.values) - volume.release)
    return nearest(PERIODS, frames * FRAME_SAMPLES / (256 * math.log(10)))


def direct_gain(volume: int) -> int:
    """Return the GAIN byte that holds a macro's value, 0..15."""
    return volume * FULL_GAIN // 15


def nearest(table: Sequence[int], value: float) -> int:
    """Return the index of the nearest value in the table."""
    return min(range(len(table)), key=lambda place: abs(table[place] - value))
