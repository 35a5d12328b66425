"""Tracks that a build makes in the process of the test, one after the other.

A worker process takes half a second to start, and what it composes is lost to the other tests. What
processes do, and what becomes of them, is tested on command lines that run in a process of their
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest


def run_here(
    _jobs: int,
    task: Callable[..., Any],
    arguments: Mapping[str, tuple[Any, ...]],
    shared: tuple[Any, ...] = (),
) -> Iterator[tuple[str, str | None, Any]]:
    """Yield the events of `chipassets.production.workers.run_tasks`."""
    for name, values in arguments.items():
        stages: list[tuple[str, str]] = []
        with pytest.MonkeyPatch.context() as patch:
            report = SimpleNamespace(put=stages.append)
            patch.setattr("chipassets.production.workers._report", report)
            result = task(*shared, *values)
        for stage in stages:
            yield (*stage, None)
        yield name, None, result
