"""A queue of jobs, run one after another, so that decisions keep their order."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from chipassets.errors import ChipassetsError
from chipassets.studio.news import News

Progress = Callable[[float], None]
"""Called with the share, from 0 to 1, that is done."""

_LEAST_STEP = 0.02
"""The least progress that is reported."""


class _Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside a job that was cancelled."""


@dataclass(eq=False, slots=True)
class Job:
    """A job; run returns the message to show, "" for none."""

    number: int
    what: str
    track: str
    run: Callable[[Progress], str]
    is_decision: bool
    share: float | None = None
    is_cancelled: bool = False
    is_running: bool = field(default=False)


class Worker:
    """A thread that runs jobs in the order in which they were added."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._jobs: list[Job] = []
        self._ready = threading.Condition()
        self._numbers = itertools.count(1)
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="studio work")
        self._thread.start()

    def ask(
        self, what: str, track: str, run: Callable[[Progress], str], *, is_decision: bool = True
    ) -> Job:
        """Append a job; one that is not a decision and already waits is not added again."""
        with self._ready:
            for job in self._jobs:
                is_same = (job.what, job.track) == (what, track)
                if is_same and not is_decision and not job.is_cancelled:
                    return job
            job = Job(next(self._numbers), what, track, run, is_decision)
            self._jobs.append(job)
            self._ready.notify_all()
        self._news.changed(only_progress=True)
        return job

    def cancel(self, number: int) -> bool:
        """Cancel a job, also a running one; return whether it was found."""
        with self._ready:
            found = next((job for job in self._jobs if job.number == number), None)
            if found is None:
                return False
            found.is_cancelled = True
            if not found.is_running:
                self._jobs.remove(found)
                self._ready.notify_all()
        self._news.changed()
        return True

    @property
    def jobs(self) -> list[Job]:
        """Return the running and waiting jobs, in order."""
        with self._ready:
            return list(self._jobs)

    @property
    def decides(self) -> bool:
        """Return whether a decision runs or waits."""
        return any(job.is_decision for job in self.jobs)

    def wait(self, number: int) -> None:
        """Return when a job is done or cancelled."""
        with self._ready:
            self._ready.wait_for(lambda: all(job.number != number for job in self._jobs))

    def rest(self) -> None:
        """Return when there are no jobs."""
        with self._ready:
            self._ready.wait_for(lambda: not self._jobs)

    def close(self) -> None:
        """Cancel waiting jobs, stop what can be stopped, and return when nothing runs."""
        with self._ready:
            self._is_closed = True
            for job in self._jobs:
                job.is_cancelled = True
            self._jobs = [job for job in self._jobs if job.is_running]
            self._ready.notify_all()
        self._thread.join()

    def _work(self) -> None:
        """Run jobs in order until the worker is closed."""
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._jobs or self._is_closed)
                if self._is_closed:
                    return
                job = self._jobs[0]
                job.is_running = True
            self._news.changed(only_progress=True)
            self._do(job)
            with self._ready:
                self._jobs.remove(job)
                self._ready.notify_all()
            self._news.changed()

    def _do(self, job: Job) -> None:
        """Run a job, and tell its result or error."""

        def progress(share: float) -> None:
            """Store the share of the job that is done; stop it if it was cancelled."""
            if job.is_cancelled:
                raise _Cancelled
            if job.share is None or share - job.share >= _LEAST_STEP or share >= 1 > job.share:
                job.share = share
                self._news.changed(only_progress=True)

        try:
            said = job.run(progress)
        except _Cancelled:
            self._news.tell(f"stopped: {job.what}", job.track)
        except ChipassetsError as error:
            self._news.tell(str(error), job.track, "error")
        except Exception as error:  # noqa: BLE001 - the thread must live on; the page says what broke
            said = f"{job.what}: {type(error).__name__}: {error} (a fault of chipassets)"
            self._news.tell(said, job.track, "error")
        else:
            if said:
                self._news.tell(said, job.track)
