"""The positions of a preview's elements, in pixels; bars are in lines as on a page of music."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chipassets.render.preview.sheet import Sheet
from chipassets.units import steps_per_bar

LEFT, RIGHT, TOP = 76, 40, 78
USES_HEIGHT = 26
"""The height above the chords for phrases and for what the parts do, if they are known."""
ROW_HEIGHT = 8
DRUM_HEIGHT = 11
HEAD_HEIGHT = 54
"""The height above the notes for sections, chords and bar numbers."""
WAVE_HEIGHT, LOUDNESS_HEIGHT = 52, 52
GAP, LINE_GAP = 8, 30
_MARGIN_PITCHES = 2
_WIDTH = 1408
_WIDEST_STEP = 24
_BARS_PER_LINE = 8
_FEWEST_PITCHES = 14


@dataclass(frozen=True)
class Layout:
    """The positions in one sheet."""

    sheet: Sheet

    @cached_property
    def bars_per_line(self) -> int:
        """Return the bars per line: at most eight, and lines as equal as possible."""
        return -(-self.sheet.bars // -(-self.sheet.bars // _BARS_PER_LINE))

    @cached_property
    def bar_width(self) -> float:
        """Pixels in a bar."""
        widest = _WIDEST_STEP * steps_per_bar(self.sheet.beats_per_bar)
        return min(_WIDTH / self.bars_per_line, widest)

    @cached_property
    def step_width(self) -> float:
        """Pixels in a 16th."""
        return self.bar_width / steps_per_bar(self.sheet.beats_per_bar)

    @cached_property
    def pitches(self) -> tuple[int, int]:
        """Return the lowest and the highest pitch with a row, the same in every line."""
        found = [note.pitch for note in self.sheet.notes if not note.drum] or [60]
        low, high = min(found) - _MARGIN_PITCHES, max(found) + _MARGIN_PITCHES
        spare = max(0, _FEWEST_PITCHES - (high - low))
        return low - spare // 2, high + (spare + 1) // 2

    @cached_property
    def drums(self) -> tuple[str, ...]:
        """Return the names of the drums with a lane."""
        return tuple(sorted({note.drum for note in self.sheet.notes if note.drum}))

    @property
    def roll_height(self) -> int:
        """Pixels of all pitches."""
        low, high = self.pitches
        return (high - low + 1) * ROW_HEIGHT

    @property
    def drums_top(self) -> int:
        """Where the drums begin, from the top of the roll."""
        return self.roll_height + GAP

    @property
    def wave_top(self) -> int:
        """Where the waveform begins, from the top of the roll."""
        drums = len(self.drums) * DRUM_HEIGHT
        return self.drums_top + (drums + GAP if drums else 0)

    @property
    def loudness_top(self) -> int:
        """Where the loudness begins, from the top of the roll."""
        return self.wave_top + WAVE_HEIGHT + GAP

    @property
    def staff_height(self) -> int:
        """Return the height from the top of the roll to the bottom of the rows below it."""
        if self.sheet.sound is None:
            return self.wave_top - GAP
        return self.loudness_top + LOUDNESS_HEIGHT

    @property
    def lines(self) -> int:
        """How many lines of bars there are."""
        return -(-self.sheet.bars // self.bars_per_line)

    @property
    def head_height(self) -> int:
        """Return the height above the notes of a line."""
        return HEAD_HEIGHT + (USES_HEIGHT if self.sheet.uses else 0)

    def line_top(self, line: int) -> int:
        """Return the top of a line's roll."""
        head = self.head_height
        return TOP + head + line * (head + self.staff_height + LINE_GAP)

    def line_bars(self, line: int) -> tuple[int, int]:
        """Return the first bar of a line and the one after its last."""
        first = self.sheet.first_bar + line * self.bars_per_line
        return first, min(first + self.bars_per_line, self.sheet.first_bar + self.sheet.bars)

    def x(self, bar: float, line: int) -> float:
        """Return the x of a moment, in bars, on a line."""
        return LEFT + (bar - self.line_bars(line)[0]) * self.bar_width

    def y(self, pitch: int) -> int:
        """Return the top of a pitch's row, from the top of the roll."""
        return (self.pitches[1] - pitch) * ROW_HEIGHT

    @property
    def width(self) -> int:
        """Return the width of the picture."""
        return round(LEFT + self.bars_per_line * self.bar_width + RIGHT)

    @property
    def height(self) -> int:
        """Return the height of the picture."""
        return self.line_top(self.lines) - self.head_height
