"""The index of a corpus: a filter of its grams for each n, and its file format.

Grams are compared by hash, at the same speed and at half of it, because a corpus on the grid of
eighths is also trained on at double speed. The rate of false claims of each filter is part of the
index. A gram counts as shared only if every shorter gram within it is shared too, which makes a
false claim rarer with each n.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from chipassets.errors import ModelError
from chipassets.originality.bloom import MOST_PROBES, Filter, fill_filter
from chipassets.originality.grams import (
    GRAM_LENGTHS,
    Flags,
    Hashes,
    Line,
    countable,
    gram_hashes,
    hashes_by_length,
)
from chipassets.strictjson import loads

MAX_INDEX_BYTES = 2_950_000
NGRAMS_VERSION = 1

_SUFFIX = ".ngrams"

# Bits per gram before the index is scaled to MAX_INDEX_BYTES: most for the shortest grams, which
# no shorter ones confirm.
_WEIGHTS = {6: 10.0, 8: 7.0, 10: 7.0, 12: 6.0, 16: 6.0}


@dataclass(frozen=True)
class GramIndex:
    """The hashed grams of a corpus: `filters` by n, and the numbers of pieces and grams."""

    pieces: int
    grams: dict[int, int]
    filters: dict[int, Filter]

    def shared(self, line: Line) -> dict[int, Flags]:
        """Return by n, for each gram by its start, whether the corpus has it."""
        trivial = {n: ~countable(n, line) for n in self.filters}
        same = self._claimed(line, trivial)
        slow = self._claimed(line.slower, trivial)
        return {n: (same[n] | slow[n]) & ~trivial[n] for n in self.filters}

    def _claimed(self, line: Line, trivial: dict[int, Flags]) -> dict[int, Flags]:
        """Return by n which grams the filters claim together with all shorter ones within them.

        A trivial gram, which is not in any filter, counts as claimed: it means nothing.
        """
        claimed: dict[int, Flags] = {}
        shorter = 0
        for n, hashes in hashes_by_length(self.filters, line).items():
            found = self.filters[n].holds(hashes) | trivial[n]
            for start in range(n - shorter + 1 if shorter else 0):
                found &= claimed[shorter][start : start + len(found)]
            claimed[n], shorter = found, n
        return claimed

    @cached_property
    def sha256(self) -> str:
        """The hash of the index as a file."""
        return sha256(index_to_bytes(self)).hexdigest()

    @property
    def false_claim_rates(self) -> dict[int, float]:
        """Return by n the expected rate of claims of grams that are not in the corpus."""
        return {
            n: (1 - math.exp(-item.probes * self.grams[n] / item.places)) ** item.probes
            for n, item in self.filters.items()
        }


def make_index(melodies: Iterable[Line]) -> GramIndex:
    """Return the index of the melodies of a corpus, at most MAX_INDEX_BYTES long."""
    lines = list(melodies)
    hashes = {n: _distinct(n, lines) for n in GRAM_LENGTHS}
    wanted = {n: max(1.0, len(found)) * _WEIGHTS[n] for n, found in hashes.items()}
    scale = min(1.0, MAX_INDEX_BYTES * 8 / sum(wanted.values()))
    places = {n: max(8, int(bits * scale) // 8 * 8) for n, bits in wanted.items()}
    filters = {n: fill_filter(found, places[n]) for n, found in hashes.items()}
    return GramIndex(len(lines), {n: len(found) for n, found in hashes.items()}, filters)


def _distinct(n: int, lines: Sequence[Line]) -> Hashes:
    """Return the hashes of the countable n-grams of lines, each once, sorted."""
    parts = [gram_hashes(n, line)[countable(n, line)] for line in lines]
    return np.unique(np.concatenate([*parts, np.zeros(0, np.uint64)]))


def open_index(model: str) -> GramIndex | None:
    """Return the index beside a model, named or a file; None if there is none.

    ModelError if it is damaged.
    """
    shipped = resources.files("chipassets") / "models" / f"{Path(model).name}{_SUFFIX}"
    beside = Path(model).with_suffix(_SUFFIX)
    if Path(model).name == model and shipped.is_file():
        return parse_index(shipped.read_bytes(), f"the shipped index of {model!r}")
    if not beside.is_file():
        return None
    try:
        return parse_index(beside.read_bytes(), str(beside))
    except OSError as error:
        raise ModelError(f"{beside} cannot be read: {error.strerror or error}") from error


def index_to_bytes(index: GramIndex) -> bytes:
    """Return the index as a file: a line of JSON, then the filters in the order of that line."""
    header = {
        "chipassets_ngrams": NGRAMS_VERSION,
        "pieces": index.pieces,
        "filters": [
            {"n": n, "grams": index.grams[n], "places": item.places, "probes": item.probes}
            for n, item in index.filters.items()
        ],
    }
    parts = [item.bits.tobytes() for item in index.filters.values()]
    return b"".join([json.dumps(header).encode(), b"\n", *parts])


def parse_index(data: bytes, source: str) -> GramIndex:
    """Return the index of a file's bytes; ModelError naming `source` if it is damaged."""
    try:
        head, _, body = data.partition(b"\n")
        return _from_parts(loads(head), body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{source} is not a readable index of n-grams ({error}); make it again with "
            "`chipassets train ngrams`, or remove it to build without the check"
        ) from error


def _from_parts(header: dict[str, Any], body: bytes) -> GramIndex:
    """Return the index of a file's header and filters; ValueError if they do not match."""
    if header["chipassets_ngrams"] != NGRAMS_VERSION:
        raise ValueError("it was written by another version")
    grams, filters, at = {}, {}, 0
    for entry in header["filters"]:
        n, places, probes = int(entry["n"]), int(entry["places"]), int(entry["probes"])
        if n not in GRAM_LENGTHS or places < 8 or places % 8 or not 1 <= probes <= MOST_PROBES:
            raise ValueError(f"a filter of {places} places for {n}-grams is not possible")
        if places // 8 > len(body) - at:
            raise ValueError(f"it ends within the filter of {n}-grams")
        bits = np.frombuffer(body, np.uint8, places // 8, at)
        at += places // 8
        grams[n], filters[n] = int(entry["grams"]), Filter(places, probes, bits)
    if at != len(body):
        raise ValueError(f"it has {len(body)} bytes of filters instead of {at}")
    return GramIndex(int(header["pieces"]), grams, filters)
