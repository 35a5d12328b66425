"""Every error that chipassets raises on purpose, each with the exit code it ends the process with.

Exit codes: 0 fine; 1 a check found something (stale, invalid, changed); 2 bad usage or manifest;
3 a track could not be composed, arranged or rendered; 4 the environment lacks something (a model,
an extra, the cluster); 5 a file or the output could not be read or written; 70 a fault of
chipassets itself (sysexits.h calls it EX_SOFTWARE); 130 interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a user's file: where, what was found, why, and what to do."""

    where: str
    found: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.found}: {self.why}; {self.fix}"


class ChipassetsError(Exception):
    """Base of every expected failure; its message is for the user, without a traceback."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.trail: tuple[str, ...] = ()

    def within(self, place: str) -> ChipassetsError:
        """Put `place` (`track 'boss'`, `arrange`) in front of the trail and return the error."""
        self.trail = (place, *self.trail)
        return self

    def __str__(self) -> str:
        message = super().__str__()
        return f"In {' -> '.join(self.trail)}: {message}" if self.trail else message


class ManifestError(ChipassetsError):
    """The manifest is refused; `problems` lists everything that is wrong with it."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UsageError(ChipassetsError):
    """A command was asked for something that makes no sense."""

    exit_code = 2


class CheckError(ChipassetsError):
    """A check found something: a stale bundle, an altered file, an invalid index."""

    exit_code = 1


class ComposeError(ChipassetsError):
    """A track could not be composed."""


class ArrangeError(ChipassetsError):
    """A score could not be arranged for the chip."""


class RenderError(ChipassetsError):
    """A register log could not be rendered or encoded."""


class FullError(RenderError):
    """A track is too large for one of its files; the others can be made."""


class ModelError(ChipassetsError):
    """A model file is missing, damaged or not a polyphony_rnn."""

    exit_code = 4


class MissingExtraError(ChipassetsError):
    """An optional part of chipassets that must be installed is not."""

    exit_code = 4


class ClusterError(ChipassetsError):
    """The cluster is not there, went away, or has workers that would make other bytes."""

    exit_code = 4


class BundleError(ChipassetsError):
    """A bundle could not be read or written; the last good one is whole."""

    exit_code = 5


class InternalError(ChipassetsError):
    """Something happened that should not; the message names the log that tells of it."""

    exit_code = 70
