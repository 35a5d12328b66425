"""The code that runs on a cluster's workers: makes one track from its plan.

Imports Dask only while a track is made, so that a worker with any version of Dask can report its
package.
"""

from __future__ import annotations

import importlib
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chipassets import __version__
from chipassets.compose.weights import Model
from chipassets.lock import LockedTake
from chipassets.lock.entries import Choices
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.produce import BuildInputs, Produced, produce_track
from chipassets.stored.cache import open_cache
from chipassets.stored.cache_keys import code_sha256
from chipassets.versions import encoder_version

BEGUN = "begun"
"""What a worker reports of a track before its first stage."""

_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads. Making a track on each would not be faster, because most of
the work is Python, and NumPy's number of threads is a setting of the whole process."""


@dataclass(frozen=True, slots=True)
class Package:
    """The versions and files that determine the bytes of a track, besides its plan.

    They must be equal on all machines of a build.
    """

    version: str
    code_sha256: str
    numpy: str
    encoder: str


# Read at import, because installing another version does not change what a running worker runs.
_HERE = Package(__version__, code_sha256(), np.__version__, encoder_version())


def package() -> Package:
    """Return what determines the bytes that this process makes."""
    return _HERE


def differences(ours: Package, theirs: Package) -> list[str]:
    """Return one phrase for each difference between another machine's package and ours."""
    found = [
        f"{name} {other} instead of {own}"
        for name, own, other in (
            ("chipassets", ours.version, theirs.version),
            ("NumPy", ours.numpy, theirs.numpy),
            ("the encoder", ours.encoder, theirs.encoder),
        )
        if own != other
    ]
    if not found and ours.code_sha256 != theirs.code_sha256:
        found = [f"other files of chipassets {theirs.version}"]
    return found


@dataclass(frozen=True, slots=True)
class Made:
    """A finished track and its files by path."""

    produced: Produced
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Unlike:
    """A worker that would make other bytes: its address, and how its package differs."""

    worker: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maker:
    """What all tracks of a build need: the plan without tracks, the model, the corpus index.

    It is sent once, and then called for each track. A task that names a function of this package
    would crash a worker that lacks the package; this way only the task fails.
    """

    plan: BuildPlan
    model: Model
    grams: GramIndex | None
    package: Package

    def __call__(self, packed: bytes, topic: str) -> Made | Unlike:
        """Return a track and its files; its stages are reported under a topic.

        packed: the result of `pack`.
        """
        distributed = importlib.import_module("distributed")
        threadpoolctl = importlib.import_module("threadpoolctl")
        worker = distributed.get_worker()
        found = differences(self.package, package())
        if found:
            return Unlike(worker.address, tuple(found))
        track, locked = pickle.loads(packed)  # noqa: S301 - a cluster runs what its clients send
        near = Path(worker.local_directory)
        report = _reporter(worker, topic, track)
        # A BLAS with several threads may add in another order; a local build has one per worker
        # too.
        limited = threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        with _ONE_AT_A_TIME, limited, open_cache(near, is_wanted=False) as cache:
            report(BEGUN)
            inputs = BuildInputs(self.plan, self.model, self.grams, cache)
            produced = produce_track(inputs, track, locked, report)
            files = {
                file.path: cache.path_of(file).read_bytes() for file in produced.entry.all_files()
            }
        return Made(produced, files)


def pack(track: TrackPlan, locked: LockedTake | Choices) -> bytes:
    """Return a track's plan, and its locked take or the decisions about its takes, as bytes.

    As bytes, because Dask searches any other value for its own objects.
    """
    return pickle.dumps((track, locked))


def _reporter(worker: Any, topic: str, track: TrackPlan) -> Callable[[str], None]:
    """Return a function that tells the builder which stage a track enters."""
    return lambda stage: worker.log_event(topic, [track.name, stage])
