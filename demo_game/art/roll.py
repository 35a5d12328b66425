"""The piano roll of the music view: a page of bars, the map of the whole track, lit notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pygame

from chipassets.runtime import Statement, Track
from demo_game.art.shade import blank
from demo_game.font import cut_text, draw_text, measure_text
from demo_game.palette import (
    AMBER,
    CORAL,
    CREAM,
    DUSK,
    GOLD,
    GRASS,
    INK,
    LIME,
    NIGHT,
    PEARL,
    PLUM,
    ROSE,
    SKY,
    SLATE,
    STONE,
    VIOLET,
    WHITE,
    Colour,
)  # fmt: skip
from demo_game.smf import Note, Part

WIDTH, HEIGHT = 472, 64
PAGE_BARS = 8
_MAP = pygame.Rect(0, 0, WIDTH, 9)
_ROLL = pygame.Rect(0, 11, WIDTH, 45)
_DRUMS = pygame.Rect(0, 57, WIDTH, 7)
_STEPS_PER_BEAT = 4
_MOTIF_DIM: Colour = (126, 104, 58)
_VOICE_COLOURS = (CORAL, GOLD, SKY, LIME, VIOLET, AMBER, GRASS, ROSE)


def voice_colour(parts: Sequence[Part], number: int) -> Colour:
    """Return the colour of a part: drums are grey, the others differ."""
    return STONE if parts[number].is_drums else _VOICE_COLOURS[number % len(_VOICE_COLOURS)]


def statement_beats(track: Track, statement: Statement) -> tuple[float, float]:
    """Return the beats from the start of the track at which a motif begins and ends."""
    start = statement.start_bar * track.beats_per_bar + statement.start_step / _STEPS_PER_BEAT
    return start, start + statement.steps / _STEPS_PER_BEAT


def statements_at(track: Track, beat: float) -> list[Statement]:
    """Return the statements of motifs that sound at a beat."""
    found = []
    for statement in track.statements:
        start, end = statement_beats(track, statement)
        if start <= beat < end:
            found.append(statement)
    return found


@dataclass(frozen=True, slots=True)
class Roll:
    """A track's notes laid out in pages of bars."""

    track: Track
    parts: tuple[Part, ...]

    @property
    def page_bars(self) -> int:
        """How many bars a page shows."""
        return min(PAGE_BARS, self.track.bars)

    def page_of(self, beat: float) -> int:
        """Return the page on which a beat lies."""
        last = (self.track.bars - 1) // self.page_bars
        return min(int(beat // (self.page_bars * self.track.beats_per_bar)), last)

    def first_bar(self, page: int) -> int:
        """Return the first bar of a page; the last page is full, so it may overlap another."""
        return min(page * self.page_bars, self.track.bars - self.page_bars)

    def x(self, beat: float, page: int) -> int:
        """Return where a beat lies on a page, in pixels; it may be outside."""
        beats = self.track.beats_per_bar
        into = beat - self.first_bar(page) * beats
        return round(into * WIDTH / (self.page_bars * beats))

    def map_x(self, bar: float) -> int:
        """Return where a bar lies on the map of the whole track."""
        return round(bar * WIDTH / self.track.bars)

    def pitches(self) -> tuple[int, int]:
        """Return the lowest and the highest pitch of the parts that are no drums."""
        found = [n.pitch for part in self.parts if not part.is_drums for n in part.notes]
        return (min(found), max(found)) if found else (60, 72)

    def boxes(self, page: int) -> Iterator[tuple[int, Note, pygame.Rect]]:
        """Yield each note on a page with the number of its part and where it is drawn."""
        low, high = self.pitches()
        rows = max(high - low, 12)
        first = self.first_bar(page) * self.track.beats_per_bar
        last = first + self.page_bars * self.track.beats_per_bar
        for number, part in enumerate(self.parts):
            lanes = sorted({note.pitch for note in part.notes}) if part.is_drums else []
            for note in part.notes:
                if note.end_beat <= first or note.start_beat >= last:
                    continue
                x = max(self.x(note.start_beat, page), 0)
                width = max(min(self.x(note.end_beat, page), WIDTH) - x - 1, 1)
                if part.is_drums:
                    y = _DRUMS.bottom - 2 - min(lanes.index(note.pitch), 2) * 2
                    yield number, note, pygame.Rect(x, y, min(width, 2), 2)
                else:
                    y = _ROLL.bottom - 3 - (note.pitch - low) * (_ROLL.height - 3) // rows
                    yield number, note, pygame.Rect(x, y, width, 2)


def draw_page(roll: Roll, page: int) -> pygame.Surface:
    """Return the still picture of a page: the map above, bars and notes in their voices' colours.

    Nothing on it moves, so that a frame has only to blit it.
    """
    picture = blank(WIDTH, HEIGHT)
    _draw_map(picture, roll, page)
    pygame.draw.rect(picture, (*INK, 150), _ROLL)
    pygame.draw.rect(picture, (*INK, 150), _DRUMS)
    first = roll.first_bar(page)
    for bar in range(first, first + roll.page_bars):
        x = roll.x(bar * roll.track.beats_per_bar, page)
        is_section = any(section.start_bar == bar for section in roll.track.sections)
        height = _DRUMS.bottom - _ROLL.top
        pygame.draw.rect(picture, SLATE if is_section else NIGHT, (x, _ROLL.top, 1, height))
    for statement in roll.track.statements:
        start, end = statement_beats(roll.track, statement)
        left, right = max(roll.x(start, page), 0), min(roll.x(end, page), WIDTH)
        if left < right:
            picture.fill(_MOTIF_DIM, (left, _ROLL.top - 1, right - left - 1, 2))
    for number, note, box in roll.boxes(page):
        colour = voice_colour(roll.parts, number)
        # Quiet notes are darker: an echo must not look like a second lead.
        share = 0.4 + 0.45 * note.velocity / 127
        picture.fill(_mix(NIGHT, colour, share), box)
    return picture


def draw_sounding(
    canvas: pygame.Surface, corner: tuple[int, int], roll: Roll, page: int, beat: float
) -> frozenset[tuple[int, int]]:
    """Light the notes that sound and draw the moving line; return them as part and pitch."""
    x, y = corner
    lit = set()
    for number, note, box in roll.boxes(page):
        if note.start_beat <= beat < note.end_beat:
            lit.add((number, note.pitch))
            place = box.move(x, y)
            canvas.fill(voice_colour(roll.parts, number), place.inflate(0, 2))
            canvas.fill(WHITE, place)
    for statement in statements_at(roll.track, beat):
        start, end = statement_beats(roll.track, statement)
        left, right = max(roll.x(start, page), 0), min(roll.x(end, page), WIDTH)
        canvas.fill(GOLD, (x + left, y + _ROLL.top - 1, right - left - 1, 2))
    line = min(max(roll.x(beat, page), 0), WIDTH - 1)
    canvas.fill(CREAM, (x + line, y + _ROLL.top, 1, _DRUMS.bottom - _ROLL.top))
    here = min(roll.map_x(beat / roll.track.beats_per_bar), WIDTH - 1)
    canvas.fill(WHITE, (x + here, y + _MAP.top, 1, _MAP.height))
    return frozenset(lit)


def _draw_map(picture: pygame.Surface, roll: Roll, page: int) -> None:
    track = roll.track
    pygame.draw.rect(picture, (*NIGHT, 220), _MAP)
    for number, section in enumerate(track.sections):
        left, right = roll.map_x(section.start_bar), roll.map_x(section.start_bar + section.bars)
        shade = (DUSK, PLUM)[number % 2]
        pygame.draw.rect(picture, shade, (left, _MAP.top, right - left - 1, _MAP.height))
        name = cut_text(section.name, right - left - 4)
        draw_text(picture, name, left + 3, _MAP.top + 1, PEARL)
    if track.loop_bar:
        x = roll.map_x(track.loop_bar)
        draw_text(picture, "▶", x - measure_text("▶"), _MAP.top + 1, GOLD)
    if track.bars > roll.page_bars:
        left = roll.map_x(roll.first_bar(page))
        right = roll.map_x(roll.first_bar(page) + roll.page_bars)
        pygame.draw.rect(picture, CREAM, (left, _MAP.bottom, right - left, 1))


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
