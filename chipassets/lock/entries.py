"""What a lock holds: the chosen take of each track, and what people decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chipassets.music.score import Score


@dataclass(frozen=True, slots=True)
class Rejection:
    """A take that someone does not want: its number then, and the hash of its notes."""

    number: int
    notes_sha256: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What someone decided about a track's takes."""

    rejected: tuple[Rejection, ...] = ()
    rolled: int = 0


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A take that was looked at when one was chosen: its number, its points from 0 to 1, what
    spoke against it, if anything, and of each feature name, measured value and points.
    """

    number: int
    total: float
    verdict: str
    features: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class LockedTake:
    """The chosen take of a track: its notes, what they were composed from, and why it won.

    Numbers count from 0 here, from 1 in the file. accepted: someone chose it, so it stays when its
    plan changes; plan_key: the hash of the plan it followed, without versions and model. rejected:
    takes that are never chosen again. rolled: how many takes were asked for beyond the plan's.
    table: all takes of which it was chosen. facts: what it was composed from, in words, by name,
    so that a change can be named. Locks of older versions have neither.
    """

    notes_key: str
    number: int
    of: int
    why: str
    score: Score
    accepted: bool = False
    plan_key: str = ""
    rejected: tuple[Rejection, ...] = ()
    rolled: int = 0
    table: tuple[TakeRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether a person had a say in it."""
        return self.accepted or bool(self.rejected) or bool(self.rolled)


@dataclass(frozen=True, slots=True)
class Lock:
    """The locked takes by track, those too of tracks that the manifest has no longer.

    manifest: the name of the manifest's file; home: the key and tempo of the game, in words. Both
    are "" in locks of older versions.
    """

    takes: dict[str, LockedTake] = field(default_factory=dict)
    manifest: str = ""
    home: str = ""

    def with_take(self, name: str, take: LockedTake) -> Lock:
        """Return the lock with another take of a track."""
        return replace(self, takes=self.takes | {name: take})

    def without(self, names: set[str]) -> Lock:
        """Return the lock without those tracks."""
        kept = {name: take for name, take in self.takes.items() if name not in names}
        return replace(self, takes=kept)

    def renamed(self, names: Mapping[str, str | None]) -> Lock:
        """Return the lock with entries under new names: by new name the old one, or None.

        An entry that has the new name already stays, and so does the old one then.
        """
        takes = dict(self.takes)
        for new, old in names.items():
            if old is not None and new not in takes and old in takes and old not in names:
                takes[new] = takes.pop(old)
        return replace(self, takes=takes)
