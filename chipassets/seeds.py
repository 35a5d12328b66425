"""Random numbers that depend on nothing but names: the only source of chance in a build."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(*parts: str | int) -> int:
    """Return the 128-bit seed that the parts, in this order, always give.

    Parts are joined by the unit separator, so ("a", "bc") and ("ab", "c") differ.
    """
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def derive_rng(*parts: str | int) -> np.random.Generator:
    """Return a generator that the parts determine: (manifest seed, track, stage, version, …).

    PCG64's stream is fixed by NumPy's compatibility policy for bit generators; draw from it with
    `random` and `integers`, whose streams a snapshot test guards.
    """
    return np.random.Generator(np.random.PCG64(derive_seed(*parts)))
