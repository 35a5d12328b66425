"""Worker processes and what is left of them."""

from __future__ import annotations

import multiprocessing
import threading
import time

import pytest

from chipassets.production.workers import run_tasks


def test_an_interrupt_leaves_no_process_and_no_thread_of_the_pool_behind() -> None:
    """Python wakes a pool that still ends when it ends itself, and may print an error then."""
    before = set(threading.enumerate())
    for event in run_tasks(2, time.sleep, {"short": (0,), "long": (3600,)}):
        assert event == ("short", None, None)
        break  # ends the generator, as an exception does
    assert set(threading.enumerate()) <= before
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_every_worker_gets_what_all_tasks_share() -> None:
    """More than a pipe holds, and for fewer workers than there may be."""
    shared = ("x" * 1_000_000,)
    arguments = {str(number): (str(number),) for number in range(5)}
    for jobs in (1, 3, 5):
        found = {name: found for name, _, found in run_tasks(jobs, _lengths, arguments, shared)}
        assert found == {name: (1_000_000, name) for name in arguments}


def _lengths(shared: str, name: str) -> tuple[int, str]:
    return len(shared), name
