"""What a row of any tracker's pattern says, in common terms; a reader of each format makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Cell:
    """One channel's part of a row.

    pitch: the MIDI pitch of a new note; with `glides` a sounding note moves there without an
    attack. stroke: the General MIDI key of a drum, 0 for none. volume: 0..1, from this row on; None
    leaves it. nudge: how much it changes in the first tick; fade: in each tick after it.
    shift: semitones by which a sounding note moves. chord: intervals above the note that an
    arpeggio plays, None leaves it. delay, cut: the tick at which the note starts or ends.
    lasts_seconds: when the sound itself ends; None if it is held.
    """

    pitch: int | None = None
    stroke: int = 0
    is_off: bool = False
    glides: bool = False
    volume: float | None = None
    fade: float = 0.0
    nudge: float = 0.0
    shift: int = 0
    chord: tuple[int, ...] | None = None
    delay: float = 0
    cut: float | None = None
    lasts_seconds: float | None = None


EMPTY = Cell()


@dataclass(slots=True)
class Row:
    """A row of all channels and its commands; None and 0 are no command.

    speed: ticks of a row from here on. tempo: the format's own unit. jump: the place in the order
    that comes next. break_row: the row at which the next place begins. repeats: how many more times
    the row is held. loops: (channel, times) of loops inside a pattern; 0 times marks the start.
    """

    cells: list[Cell]
    speed: int = 0
    tempo: int = 0
    jump: int | None = None
    break_row: int | None = None
    repeats: int = 0
    halts: bool = False
    loops: list[tuple[int, int]] = field(default_factory=list)


class Module(Protocol):
    """A song in patterns. `row` is called in playing order: it may keep a channel's instrument."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels."""

    @property
    def speed(self) -> int:
        """The ticks of a row at the start."""

    @property
    def tempo(self) -> int:
        """The tempo at the start."""

    @property
    def places(self) -> int:
        """The length of the order."""

    @property
    def damaged(self) -> int:
        """The number of things in the file that could not be read."""

    @property
    def pattern_rows(self) -> int:
        """The rows of each pattern."""

    def row(self, place: int, row: int) -> Row:
        """Return a row of the pattern at a place of the order."""

    def tick_seconds(self, tempo: int) -> float:
        """Return the length of a tick in seconds."""
