"""What runs on a cluster's workers: one track from plan to files, and what decides its bytes.

It loads Dask only while a track is made, so that a worker of any version of it can tell what it is.
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
from chipassets.stored.cache import code_sha256, open_cache
from chipassets.versions import encoder_version

_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads. To compute a track on each would be no faster, because most
of it is Python, and the number of threads that NumPy may use belongs to the whole process."""


@dataclass(frozen=True, slots=True)
class Package:
    """What decides the bytes of a track, beside its plan: the same on all machines of a build."""

    version: str
    code_sha256: str
    numpy: str
    encoder: str


# When this is loaded, because who installs another version under a running worker does not change
# what the worker runs.
_HERE = Package(__version__, code_sha256(), np.__version__, encoder_version())


def package() -> Package:
    """Return what decides the bytes that this process makes."""
    return _HERE


def differences(ours: Package, theirs: Package) -> list[str]:
    """Return one phrase for everything in which another machine's package is not ours."""
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
    """A worker that would make other bytes: where it is, and in what its package differs."""

    worker: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maker:
    """What all tracks of a build need: the plan without tracks, the model, the corpus index.

    It travels once, and is then called for each track: a worker that lacks this package would be
    ended by a task that names a function of it, and so fails only at what it is given.
    """

    plan: BuildPlan
    model: Model
    grams: GramIndex | None
    package: Package

    def __call__(self, packed: bytes, topic: str) -> Made | Unlike:
        """Return a track and its files; the stages that it enters are told under a topic.

        packed: what `pack` made of it.
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
        # More threads of the BLAS may add in another order; a local build has one a worker, too.
        limited = threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        with _ONE_AT_A_TIME, limited, open_cache(near, is_wanted=False) as cache:
            inputs = BuildInputs(self.plan, self.model, self.grams, cache)
            produced = produce_track(inputs, track, locked, report)
            files = {
                file.path: cache.path_of(file).read_bytes() for file in produced.entry.all_files()
            }
        return Made(produced, files)


def pack(track: TrackPlan, locked: LockedTake | Choices) -> bytes:
    """Return a track's plan, and the take that the lock holds or what was decided about its takes.

    As bytes, because Dask looks through whatever else it is given for its own things.
    """
    return pickle.dumps((track, locked))


def _reporter(worker: Any, topic: str, track: TrackPlan) -> Callable[[str], None]:
    return lambda stage: worker.log_event(topic, [track.name, stage])
