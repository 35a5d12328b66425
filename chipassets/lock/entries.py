"""The content of a lock: the chosen take of each track, and people's decisions about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chipassets.music.score import Score
from chipassets.music.score_text import score_to_lines

ACCEPTED = "accepted; "
"""Begins the reason of a take that a person accepted."""

_REPLACED = "as it was"


def notes_sha256(score: Score) -> str:
    """Return the hash of a take's bars and notes, which does not depend on its tempo."""
    bars = [line for line in score_to_lines(score) if "|" in line]
    return hashlib.sha256("\n".join(bars).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected take: its number at that time, and the hash of its notes."""

    number: int
    notes_sha256: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The decisions about a track's takes."""

    rejected: tuple[Rejection, ...] = ()
    rolled: int = 0


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A take that was a candidate.

    Its number, its points from 0 to 1, the reason if it was refused, and
    for each feature its name, measured value and points.
    """

    number: int
    total: float
    verdict: str
    features: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A take kept beside the composed ones: repaired, imported, or replaced.

    number: the composed take (from 0) that it is a version of. version: its number, 0 for the
    composed take as it was before it was replaced. origin: how it was made, in words; of a
    composed take also why it was chosen. The rest as in `LockedTake`; accepted and before are as
    they were when it was replaced.
    """

    number: int
    version: int
    origin: str
    score: Score
    notes_key: str
    plan_key: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    accepted: bool = False
    before: str = ""

    @property
    def name(self) -> str:
        """The name for people: take 5.2 is the second version of take 5."""
        return f"{self.number + 1}.{self.version}"

    @property
    def why(self) -> str:
        """The reason of the take when it plays again, without `ACCEPTED`.

        Locks of older versions do not say why a composed take was chosen.
        """
        if self.version and not self.origin.startswith(_REPLACED):
            return self.origin
        reason = self.origin.removeprefix(_REPLACED).removeprefix(": ")
        return reason or f"{_REPLACED} before it was replaced"


@dataclass(frozen=True, slots=True)
class LockedTake:
    """The chosen take of a track: its notes, what they were composed from, and why it was chosen.

    Numbers count from 0 here, from 1 in the file.

    accepted: someone chose it, so it stays when its plan changes. plan_key: the hash of the plan
    that it follows, without versions and model. rejected: takes that are never chosen. rolled: the
    number of takes beyond the plan's. table: all takes from which it was chosen. facts: what it was
    composed from, in words by name, so that a change can be named. Locks of older versions have
    neither table nor facts. versions: versions of this and of other takes, in order of time.
    before: the hash of the notes that this take replaced, "" if there were none or nobody had
    chosen them.
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
    versions: tuple[Version, ...] = ()
    before: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether a person made any decision about it."""
        return self.accepted or bool(self.rejected) or bool(self.rolled) or bool(self.versions)

    @property
    def as_version(self) -> Version | None:
        """The version that the take is, None if it is as composed."""
        if not self.versions:
            return None
        found = self.version_of(notes_sha256(self.score))
        return found if found is not None and found.version else None

    @property
    def name(self) -> str:
        """The name for people: its number from 1, and the version after a point."""
        version = self.as_version
        return version.name if version else str(self.number + 1)

    @property
    def origin(self) -> str:
        """How a version was made, in words; "" for a take as composed."""
        version = self.as_version
        return version.origin if version else ""

    def version_of(self, sha256: str) -> Version | None:
        """Return the version whose notes have this hash."""
        return next((v for v in self.versions if notes_sha256(v.score) == sha256), None)

    def with_version(self, version: Version) -> LockedTake:
        """Return the take with one more version; if its number is used, it gets the next one.

        Notes that are stored already are not stored twice.
        """
        if self.version_of(notes_sha256(version.score)):
            return self
        if any(version.name == known.name for known in self.versions):
            version = replace(version, version=self.next_version(version.number))
        return replace(self, versions=(*self.versions, version))

    def replacing(self, other: LockedTake) -> LockedTake:
        """Return the take as the replacement of another one of its track, which `undo` restores.

        What the other take had replaced stays in the history, each take once and as it was when it
        was replaced, so the history is finite.
        """
        own, old = notes_sha256(self.score), other.replaced()
        row = [sha for sha in (notes_sha256(old.score), *other.replaced_row()) if sha != own]
        behind = dict(zip(row, (*row[1:], ""), strict=True))
        versions = []
        for version in self.with_version(old).versions:
            sha = notes_sha256(version.score)
            if row and sha == row[0]:
                version = replace(old, version=version.version, origin=version.origin)
            versions.append(replace(version, before=behind.get(sha, version.before)))
        return replace(self, versions=tuple(versions), before=row[0] if row else "")

    def replaced_row(self) -> list[str]:
        """Return the hashes of the notes that repeated `undo` would restore, in order."""
        row: list[str] = []
        at = self.before
        while at and at not in row and (version := self.version_of(at)) is not None:
            row.append(at)
            at = version.before
        return row

    def goes_on_from(self, other: LockedTake) -> bool:
        """Whether the take was decided after the other one, and replaced its notes."""
        return notes_sha256(other.score) in self.replaced_row()

    def next_version(self, number: int) -> int:
        """Return the number, from 1, of the next version of a composed take (from 0)."""
        return 1 + max((v.version for v in self.versions if v.number == number), default=0)

    def replaced(self) -> Version:
        """Return the take as a version, to be kept when another take replaces it."""
        return Version(
            number=self.number,
            version=0,
            origin=f"{_REPLACED}: {self.why.removeprefix(ACCEPTED)}",
            score=self.score,
            notes_key=self.notes_key,
            plan_key=self.plan_key,
            facts=self.facts,
            accepted=self.accepted,
            before=self.before,
        )


@dataclass(frozen=True, slots=True)
class Lock:
    """The locked takes by track, including tracks that are no longer in the manifest.

    manifest: the name of the manifest's file. home: the key and tempo of the game, in words. Both
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
        """Return the lock with entries under new names; names: the old name, or None, by new name.

        If there is an entry under the new name, both stay, with two exceptions in which the old
        name's entry replaces it: it alone has decisions, or it was decided from the notes of the
        other one. So a branch that repaired a track and a branch that renamed it can be merged.
        """
        takes = dict(self.takes)
        for new, old in names.items():
            if old is None or old not in takes or old in names:
                continue
            if (
                new not in takes
                or (takes[old].is_decided and not takes[new].is_decided)
                or takes[old].goes_on_from(takes[new])
            ):
                takes[new] = takes.pop(old)
        return replace(self, takes=takes)

    def rivals(self, names: Mapping[str, str | None]) -> dict[str, str]:
        """Return the old name by new name, where both have decisions that conflict.

        They conflict unless one was decided from the other's notes. names: as in `renamed`.
        """
        return {
            new: old
            for new, old in names.items()
            if old is not None
            and old not in names
            and (first := self.takes.get(old))
            and (second := self.takes.get(new))
            and first.is_decided
            and second.is_decided
            and notes_sha256(first.score) != notes_sha256(second.score)
            and not first.goes_on_from(second)
            and not second.goes_on_from(first)
        }
