"""Finds the key of a passage from the durations of its pitch classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import Note
from chipassets.units import OCTAVE

Notes = Sequence[Note] | NDArray[np.int64]

# Probe-tone profiles of Krumhansl & Kessler (1982), as printed in C. L. Krumhansl, "Cognitive
# Foundations of Musical Pitch" (1990), table 2.1: how well each pitch class fits C major, C minor.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

# The tonics of the keys that models are trained in: C major, A minor.
CANONICAL_TONIC = {"major": 0, "minor": 9}

# Pitch classes of C major and of A minor with its raised sixth and seventh.
_SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 4, 5, 6, 7, 8, 9, 11)}


def _standardised(profile: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the profile with mean 0 and standard deviation 1."""
    values = np.array(profile)
    standard: NDArray[np.float64] = (values - values.mean()) / values.std()
    return standard


# Rows 0..11: major on each tonic; 12..23: minor.
_PROFILES = np.stack(
    [np.roll(_standardised(p), tonic) for p in (_MAJOR, _MINOR) for tonic in range(OCTAVE)]
)


def pitch_class_durations(notes: Notes) -> NDArray[np.float64]:
    """Return how many steps each pitch class sounds, float64 [12]."""
    table = np.asarray(notes, np.int64).reshape(-1, 3)
    lengths = table[:, 1].astype(np.float64)
    durations: NDArray[np.float64] = np.zeros(OCTAVE)
    np.add.at(durations, table[:, 2] % OCTAVE, lengths)
    return durations


def find_key(notes: Notes) -> tuple[int, str]:
    """Return the tonic (0..11) and "major" or "minor" whose profile correlates best."""
    weights = pitch_class_durations(notes)
    best = int(np.argmax(_PROFILES @ (weights - weights.mean())))
    return best % OCTAVE, "major" if best < OCTAVE else "minor"


def canonical_shift(tonic: int, mode: str) -> int:
    """Return the semitones -6..+5 that move a key to C major or A minor."""
    return (CANONICAL_TONIC[mode] - tonic + 6) % OCTAVE - 6


def share_in_canonical_scale(notes: Notes, mode: str) -> float:
    """Return the share of sounding time within C major, or A minor with F# and G#."""
    weights = pitch_class_durations(notes)
    return float(weights[list(_SCALE[mode])].sum() / max(weights.sum(), 1e-9))
