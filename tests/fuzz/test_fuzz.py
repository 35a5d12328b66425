"""Every reader takes or refuses what the fuzzer makes, within its time and memory.

`pytest -m fuzz` takes a minute in all; `--fuzz-seconds 3600` an hour, `--fuzz-seed N` other inputs.
A failure names the target and the number of the input, and keeps the input as a file: add it to the
target's `found`, which every test run tries.
"""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.targets import TARGETS, Target

_MOST_SECONDS = 5
_MOST_MEMORY_BYTES = 1 << 30
_MOST_ROUNDS = 3
"""How often an input is damaged, one damage upon the other."""


class TooSlowError(BaseException):
    """An input takes longer than any may."""


@contextmanager
def limits() -> Iterator[None]:
    """Let the block take so much time and memory, and no more."""
    resource = pytest.importorskip("resource")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)

    def ring(_signal: int, _frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + _MOST_MEMORY_BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def attempt(target: Target, data: bytes, folder: Path, rng: Random) -> None:
    """Give the reader an input in a new folder; anything but its refusals is a failure."""
    folder.mkdir()
    try:
        with limits():
            target.read(data, folder, rng)
    except target.refusals as error:
        str(error).encode("utf-8", "surrogatepass")
    finally:
        shutil.rmtree(folder)


def draw(target: Target, inputs: list[bytes], rng: Random) -> bytes:
    """Return a damaged seed; sometimes damaged again, and sometimes spliced with another."""
    data = rng.choice(inputs)
    for _ in range(rng.randint(1, _MOST_ROUNDS)):
        try:
            data = target.mutate(data, rng)
        except (ValueError, KeyError, TypeError, RecursionError, AttributeError, OverflowError):
            break  # too damaged for its structure to be damaged
    if rng.random() < 0.05:
        other = rng.choice(inputs)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return data


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    target = TARGETS[name]
    seconds = float(request.config.getoption("--fuzz-seconds")) / len(TARGETS)
    seed = request.config.getoption("--fuzz-seed")
    inputs = list(target.seeds())
    began, number = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        rng = Random(f"{seed} {name} {number}")
        data = draw(target, inputs, rng)
        try:
            attempt(target, data, tmp_path / "run", rng)
        except BaseException as error:
            kept = tmp_path / f"{name}-{seed}-{number}"
            kept.write_bytes(data)
            shown = data if len(data) < 400 else data[:400] + b"..."
            raise AssertionError(
                f"{name}, input {number} of seed {seed}, in {kept}: {shown!r}"
            ) from error
        number += 1
    request.node.user_properties.append(("inputs", number))


@pytest.mark.parametrize("name", TARGETS)
def test_undamaged_input_is_read(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    for number, data in enumerate(target.seeds()):
        if name in (
            "zip",
            "set",
            "command",
            "voice",
        ):  # files that are cut, and random settings and words
            attempt(target, data, tmp_path / str(number), Random(number))
        else:
            (tmp_path / str(number)).mkdir()
            with limits():
                target.read(data, tmp_path / str(number), Random(number))


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.found])
def test_input_that_once_failed_is_refused(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    for number, data in enumerate(target.found):
        attempt(target, data, tmp_path / str(number), Random(number))
