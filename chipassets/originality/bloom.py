"""Bloom filters (Bloom 1970) of hashes: every stored hash is found, others rarely."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.originality.grams import Flags, Hashes

MOST_PROBES = 16


@dataclass(frozen=True, slots=True)
class Filter:
    """A Bloom filter: bit 7 - i % 8 of byte i // 8 is place i."""

    places: int
    probes: int
    bits: NDArray[np.uint8]

    def holds(self, hashes: Hashes) -> Flags:
        """Return for each hash whether the filter claims it."""
        found = np.ones(len(hashes), bool)
        for place in _probe_places(hashes, self.places, self.probes):
            found &= (self.bits[place >> 3] >> (7 - (place & 7)) & 1).astype(bool)
        return found


def fill_filter(hashes: Hashes, places: int) -> Filter:
    """Return a Bloom filter with `places` bits (a multiple of 8) that holds the hashes."""
    # The number of probes with the fewest false claims: ln 2 times the places per gram.
    probes = max(1, round(math.log(2) * places / max(1, len(hashes))))
    probes = min(probes, MOST_PROBES)
    flags = np.zeros(places, np.uint8)
    for place in _probe_places(hashes, places, probes):
        flags[place] = 1
    return Filter(places, probes, np.packbits(flags))


def _probe_places(hashes: Hashes, places: int, probes: int) -> Iterable[NDArray[np.int64]]:
    """Yield the places of each probe, derived from two halves of a hash.

    Source: Kirsch and Mitzenmacher 2006.
    """
    first, second = hashes >> np.uint64(32), (hashes & np.uint64(0xFFFFFFFF)) | np.uint64(1)
    for probe in range(probes):
        yield ((first + np.uint64(probe) * second) % np.uint64(places)).astype(np.int64)
