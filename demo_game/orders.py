"""What an audition asks of its workbench, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from chipassets.runtime import Library, Track

State = Literal["", "chosen", "accepted", "rejected", "refused"]
Decision = Literal["accept", "reject", "roll"]


@dataclass(frozen=True, slots=True)
class Look:
    """List the takes of a track."""

    track: str


@dataclass(frozen=True, slots=True)
class Hear:
    """Render a take, numbered from 1."""

    track: str
    take: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Accept or reject a take, or compose `number` more takes; then build."""

    track: str
    what: Decision
    number: int


@dataclass(frozen=True, slots=True)
class Retune:
    """Set a key of the track in the manifest; then build."""

    track: str
    key: str
    value: object


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the last decision or setting of this bench, of whichever track; then build."""

    track: str


Order = Look | Hear | Decide | Retune | Undo


@dataclass(frozen=True, slots=True)
class TakeFacts:
    """What is known of a take: its score 0..1, what became of it, what speaks against it."""

    score: float
    state: State
    complaint: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The takes of a track, what its plan says of moods and tempo, and all moods there are."""

    track: str
    takes: tuple[TakeFacts, ...]
    moods: tuple[str, ...]
    tempo_bpm: float
    all_moods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A take lies in a folder as a bundle of its own; `heard` is its track once it is opened."""

    track: str
    take: int
    folder: Path
    heard: Track | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """What is being done, and how far it is, 0..1."""

    what: str
    share: float


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The game's bundle was built; `said` tells what came of it. `library` once it is opened."""

    said: str
    library: Library | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An order could not be carried out."""

    why: str


@dataclass(frozen=True, slots=True)
class Done:
    """An order is finished, well or badly."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The bench does nothing any more."""


Reply = Listed | Rendered | Working | Rebuilt | Failed | Done | Ended
Tell = Callable[[Reply], None]


class BenchLike(Protocol):
    """Where orders go and replies come from."""

    def order(self, order: Order) -> None:
        """Take an order; returns before it is carried out, if that takes long."""
        ...

    def poll(self) -> Reply | None:
        """Return the next reply, None while there is none; never waits."""
        ...

    def close(self) -> None:
        """End all work."""
        ...
