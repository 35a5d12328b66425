"""Originality: how much of a melody stands in the corpus that a model was trained on.

A melody is its top line as elements, one for each pair of neighbouring notes: the interval in
semitones and the time between the two onsets in 16ths. A gram is a run of n elements, n + 1 notes;
it counts when at least three of its intervals differ, so that scales and trills, which belong to
nobody, do not. Grams are compared by hash, at the same speed and at half of it, because a corpus
on the grid of eighths is also trained on at double speed.

An index holds one Bloom filter (Bloom 1970) for each n. A filter never misses a gram of the
corpus; how often it claims one that is not there is part of the index. A gram counts as shared
only when every shorter gram within it is shared too, which makes a false claim rarer with each n.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipassets.errors import ModelError
from chipassets.metrics import lead_line
from chipassets.score import Note

GRAM_LENGTHS = (6, 8, 10, 12, 16)
MAX_INDEX_BYTES = 2_950_000
NGRAMS_VERSION = 1

_SUFFIX = ".ngrams"
_LEAST_DISTINCT_INTERVALS = 3
_LONGEST_GAP_STEPS = 64
_MOST_SEMITONES = 64
_GIVEN_RUN = 3
"""A run of so many elements that also stands in the user's own notes is the user's."""

# Unison, seconds, thirds, fourths (with the tritone), fifth, sixths, sevenths.
_DEGREES = np.array([0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6])

# Bits for each gram before the whole is fitted into MAX_INDEX_BYTES: most for the shortest grams,
# which no shorter ones vouch for.
_WEIGHTS = {6: 10.0, 8: 7.0, 10: 7.0, 12: 6.0, 16: 6.0}

# An odd multiplier without structure (2**64 over the golden ratio), and the two constants of the
# finaliser of splitmix64 (Steele, Lea, Flood 2014).
_BASE = 0x9E3779B97F4A7C15
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """A melody as elements: semitones up or down, and 16ths, from each note to the next."""

    intervals: NDArray[np.int64]
    gaps_steps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.intervals)

    @property
    def slower(self) -> Line:
        """The same melody at half the speed."""
        return Line(self.intervals, self.gaps_steps * 2)


@dataclass(frozen=True, slots=True)
class Originality:
    """What a melody shares with a corpus.

    shares: by n, the share of its grams that stand in the corpus (0 when it has none).
    longest_run: elements of the longest stretch whose every gram is shared; 0 below the shortest n.
    """

    shares: dict[int, float]
    longest_run: int

    def to_dict(self) -> dict[str, float]:
        """Return the values by name, as the metrics of a bundle spell them, rounded to 4 places."""
        named = {f"shared_{n}_grams": round(share, 4) for n, share in self.shares.items()}
        return {**named, "longest_shared_run": self.longest_run}


@dataclass(frozen=True, slots=True)
class Likeness:
    """A piece that shares a melodic run with a take: its name, and how many elements in a row."""

    piece: str
    longest_run: int


@dataclass(frozen=True, slots=True)
class _Filter:
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


@dataclass(frozen=True)
class GramIndex:
    """The grams of a corpus, hashed: `filters` by n, and how many pieces and grams went in."""

    pieces: int
    grams: dict[int, int]
    filters: dict[int, _Filter]

    def shared(self, line: Line) -> dict[int, Flags]:
        """Return by n, for each gram by where it starts, whether the corpus has it."""
        trivial = {n: ~countable(n, line) for n in self.filters}
        same = self._claimed(line, trivial)
        slow = self._claimed(line.slower, trivial)
        return {n: (same[n] | slow[n]) & ~trivial[n] for n in self.filters}

    def _claimed(self, line: Line, trivial: dict[int, Flags]) -> dict[int, Flags]:
        """Return by n which grams the filters claim, all shorter ones within them claimed too.

        A trivial gram, which no filter was told, counts as claimed: it says nothing.
        """
        claimed: dict[int, Flags] = {}
        shorter = 0
        for n, hashes in _hashes_by_length(self.filters, line).items():
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
        """By n, how often a filter claims a gram that is not in the corpus, in expectation."""
        return {
            n: (1 - math.exp(-item.probes * self.grams[n] / item.places)) ** item.probes
            for n, item in self.filters.items()
        }


def melody(notes: Sequence[Note]) -> Line:
    """Return the top line of the notes."""
    lead = lead_line(tuple(notes))
    pitches = np.array([note.pitch for note in lead], np.int64)
    starts = np.array([note.start_step for note in lead], np.int64)
    return Line(np.diff(pitches), np.diff(starts))


def check_originality(
    notes: Sequence[Note], index: GramIndex, given: Sequence[Sequence[Note]] = ()
) -> Originality:
    """Return what the top line of the notes shares with the corpus of an index.

    `given` are melodies that the user put in: grams that hold a stretch of them, at any pitch, do
    not count, neither as shared nor as one's own.
    """
    line = melody(notes)
    free = ~given_elements(line, given)
    shares, runs = {}, [0]
    for n, known in index.shared(line).items():
        mine = _windows_all(free, n)
        counted = countable(n, line) & mine
        found = known & mine
        shares[n] = float(found.sum() / max(1, counted.sum()))
        runs.append(_longest(found, n))
    return Originality(shares, max(runs))


def name_likenesses(
    notes: Sequence[Note], pieces: Mapping[str, Line], given: Sequence[Sequence[Note]] = ()
) -> tuple[Likeness, ...]:
    """Return the pieces that share a gram with the top line of the notes, the longest run first.

    Melodies that the user put in, `given`, do not count. Compares the elements themselves: no
    hash decides.
    """
    line = melody(notes)
    free = ~given_elements(line, given)
    found = [
        Likeness(name, max(_common_run(line, piece, free), _common_run(line.slower, piece, free)))
        for name, piece in pieces.items()
    ]
    shared = [item for item in found if item.longest_run]
    return tuple(sorted(shared, key=lambda item: (-item.longest_run, item.piece)))


def _common_run(line: Line, piece: Line, free: Flags) -> int:
    """Return the most neighbouring free elements that a piece has too; 0 below the shortest gram.

    A run counts when it holds a gram that does.
    """
    n = GRAM_LENGTHS[0]
    counted = countable(n, line) & _windows_all(free, n)
    mine = gram_hashes(n, line)
    theirs = gram_hashes(n, piece)
    longest = 0
    for start in np.flatnonzero(counted & np.isin(mine, theirs)):
        for place in np.flatnonzero(theirs == mine[start]):
            longest = max(longest, _agreeing(line, piece, free, int(start), int(place)))
    return longest if longest >= n else 0


def _agreeing(line: Line, piece: Line, free: Flags, start: int, place: int) -> int:
    length = min(len(line) - start, len(piece) - place)
    mine, theirs = slice(start, start + length), slice(place, place + length)
    same = (
        (line.intervals[mine] == piece.intervals[theirs])
        & (line.gaps_steps[mine] == piece.gaps_steps[theirs])
        & free[mine]
    )
    return int(same.argmin()) if not same.all() else length


def given_elements(line: Line, given: Sequence[Sequence[Note]]) -> Flags:
    """Return for each element whether it belongs to a run that the user's melodies hold.

    A melody is known again in another mode, and at half or double speed: intervals are compared
    as seconds, thirds and so on.
    """
    mine = np.zeros(len(line), bool)
    taken = _degrees(line)
    for notes in given:
        own = _degrees(melody(notes))
        n = min(_GIVEN_RUN, len(own))
        if n == 0:
            continue
        speeds = [own, own.slower, Line(own.intervals, own.gaps_steps // 2)]
        known = np.concatenate([gram_hashes(n, speed) for speed in speeds])
        for start in np.flatnonzero(np.isin(gram_hashes(n, taken), known)):
            mine[start : start + n] = True
    return mine


def _degrees(line: Line) -> Line:
    """Return the line with its intervals in steps of a scale: minor and major are the same."""
    octaves, rest = np.divmod(np.abs(line.intervals), 12)
    return Line(np.sign(line.intervals) * (7 * octaves + _DEGREES[rest]), line.gaps_steps)


def countable(n: int, line: Line) -> Flags:
    """Return for each gram of n elements whether three of its intervals differ."""
    if len(line) < n:
        return np.zeros(0, bool)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(line.intervals, n), axis=1)
    distinct = 1 + (np.diff(windows, axis=1) != 0).sum(axis=1)
    return np.asarray(distinct >= _LEAST_DISTINCT_INTERVALS)


def gram_hashes(n: int, line: Line) -> Hashes:
    """Return uint64 [len(line) - n + 1]: one hash for each gram of n elements."""
    return _hashes_by_length((n,), line)[n]


def _hashes_by_length(lengths: Iterable[int], line: Line) -> dict[int, Hashes]:
    """Return the hashes of the grams of each length, rising: a longer gram goes on from a shorter.

    A hash says nothing of its length: hashes of one length are compared among themselves.
    """
    semitones = np.clip(line.intervals, -_MOST_SEMITONES, _MOST_SEMITONES) + _MOST_SEMITONES
    gaps_steps = np.clip(line.gaps_steps, 0, _LONGEST_GAP_STEPS)
    elements = (semitones * 256 + gaps_steps + 1).astype(np.uint64)
    hashes, found, done = np.zeros(len(line) + 1, np.uint64), {}, 0
    for n in lengths:
        count = max(0, len(line) - n + 1)
        for offset in range(done, n):
            hashes = _mixed(hashes[:count] * np.uint64(_BASE) + elements[offset : offset + count])
        found[n], done = hashes, n
    return found


def _mixed(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_MIX[0])
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_MIX[1])
    return values ^ (values >> np.uint64(31))


def _windows_all(flags: Flags, n: int) -> Flags:
    if len(flags) < n:
        return np.zeros(0, bool)
    windows: Flags = np.lib.stride_tricks.sliding_window_view(flags, n)
    return np.asarray(windows.all(axis=1))


def _longest(found: Flags, n: int) -> int:
    """Return how many elements the longest chain of neighbouring shared grams spans.

    A chain proves no more than the next longer gram allows: where none of those is shared, a long
    chain of short ones is a patchwork of several pieces.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], found, [False])).astype(np.int8)))
    if not edges.size:
        return 0
    span = n + int((edges[1::2] - edges[::2]).max()) - 1
    longer = [length for length in GRAM_LENGTHS if length > n]
    return min(span, longer[0] - 1) if longer else span


def make_index(melodies: Iterable[Line]) -> GramIndex:
    """Return the index of the melodies of a corpus, at most MAX_INDEX_BYTES long."""
    lines = list(melodies)
    hashes = {n: _distinct(n, lines) for n in GRAM_LENGTHS}
    wanted = {n: max(1.0, len(found)) * _WEIGHTS[n] for n, found in hashes.items()}
    scale = min(1.0, MAX_INDEX_BYTES * 8 / sum(wanted.values()))
    filters = {
        n: _fill(found, max(8, int(wanted[n] * scale) // 8 * 8)) for n, found in hashes.items()
    }
    return GramIndex(len(lines), {n: len(found) for n, found in hashes.items()}, filters)


def _distinct(n: int, lines: Sequence[Line]) -> Hashes:
    parts = [gram_hashes(n, line)[countable(n, line)] for line in lines]
    return np.unique(np.concatenate([*parts, np.zeros(0, np.uint64)]))


def _fill(hashes: Hashes, places: int) -> _Filter:
    # The number of probes at which a filter claims least: ln 2 times the places a gram.
    probes = max(1, round(math.log(2) * places / max(1, len(hashes))))
    probes = min(probes, 16)
    flags = np.zeros(places, np.uint8)
    for place in _probe_places(hashes, places, probes):
        flags[place] = 1
    return _Filter(places, probes, np.packbits(flags))


def _probe_places(hashes: Hashes, places: int, probes: int) -> Iterable[NDArray[np.int64]]:
    """Yield the places of each probe: two halves of a hash stand for any number of hashes
    (Kirsch and Mitzenmacher 2006).
    """
    first, second = hashes >> np.uint64(32), (hashes & np.uint64(0xFFFFFFFF)) | np.uint64(1)
    for probe in range(probes):
        yield ((first + np.uint64(probe) * second) % np.uint64(places)).astype(np.int64)


def open_index(model: str) -> GramIndex | None:
    """Return the index that lies beside a model, by its shipped name or its file; None without.

    ModelError when it is damaged.
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
    """Return the index as a file: a line of JSON, then the filters in the order it names them."""
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
    """Return the index in the bytes of a file; ModelError naming `source` when it is damaged."""
    try:
        head, _, body = data.partition(b"\n")
        return _from_parts(json.loads(head), body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{source} is not a readable index of n-grams ({error}); make it again with "
            "`chipassets train ngrams`, or remove it to build without the check"
        ) from error


def _from_parts(header: dict[str, Any], body: bytes) -> GramIndex:
    if header["chipassets_ngrams"] != NGRAMS_VERSION:
        raise ValueError("it was written by another version")
    grams, filters, at = {}, {}, 0
    for entry in header["filters"]:
        n, places, probes = int(entry["n"]), int(entry["places"]), int(entry["probes"])
        if n not in GRAM_LENGTHS or places < 8 or places % 8 or not 1 <= probes <= 16:
            raise ValueError(f"a filter of {places} places for {n}-grams is not possible")
        bits = np.frombuffer(body, np.uint8, places // 8, at)
        at += places // 8
        grams[n], filters[n] = int(entry["grams"]), _Filter(places, probes, bits)
    if at != len(body):
        raise ValueError(f"it has {len(body)} bytes of filters instead of {at}")
    return GramIndex(int(header["pieces"]), grams, filters)
