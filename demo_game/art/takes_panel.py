"""The panel of an audition: the takes in a row, the one that is heard, what is being done."""

from __future__ import annotations

import pygame

from demo_game.audition import Audition
from demo_game.bench import TakeFacts
from demo_game.font import cut_text, draw_text, measure_text
from demo_game.palette import (
    COAL,
    CORAL,
    CREAM,
    GOLD,
    GRASS,
    INK,
    LIME,
    NIGHT,
    PEARL,
    PINE,
    RED,
    SLATE,
    STONE,
    WHITE,
    Colour,
)  # fmt: skip

PANEL_HEIGHT = 46
_CELL = 8
_CELLS_IN_VIEW = 26
_KEYS = ", . take   c compare   k keep   x reject   r roll   - + tempo   m mood"


def draw_takes_panel(canvas: pygame.Surface, audition: Audition, top: int) -> None:
    """Draw the panel across the canvas, from row `top` on."""
    width = canvas.get_width()
    board = pygame.Surface((width, PANEL_HEIGHT), pygame.SRCALPHA)
    board.fill((*INK, 224))
    canvas.blit(board, (0, top))
    canvas.fill(NIGHT, (0, top, width, 1))
    canvas.fill(NIGHT, (0, top + PANEL_HEIGHT - 1, width, 1))
    end = draw_text(canvas, f"takes of {audition.track or 'nothing'}", 4, top + 4, GOLD)
    _draw_cells(canvas, audition, max(end + 8, width - _CELLS_IN_VIEW * _CELL - 4), top + 4)
    _draw_facts(canvas, audition, top + 15)
    _draw_work(canvas, audition, top + 25)
    draw_text(canvas, _KEYS, 4, top + 36, STONE)


def _draw_cells(canvas: pygame.Surface, audition: Audition, left: int, y: int) -> None:
    room = (canvas.get_width() - left - 4) // _CELL
    first = min(max(audition.take - room // 2, 1), max(len(audition.takes) - room + 1, 1))
    for place, number in enumerate(range(first, min(first + room, len(audition.takes) + 1))):
        x, facts = left + place * _CELL, audition.takes[number - 1]
        if number == audition.take:
            canvas.fill(WHITE, (x - 1, y - 1, _CELL, 9))
        elif number == audition.other:
            canvas.fill(SLATE, (x - 1, y - 1, _CELL, 9))
        height = 2 + round(5 * facts.score)
        canvas.fill(COAL, (x, y, _CELL - 2, 7))
        canvas.fill(_colour(facts), (x, y + 7 - height, _CELL - 2, height))
        if audition.is_ready(number):
            canvas.fill(CREAM, (x + 2, y + 8, 2, 1))


def _colour(facts: TakeFacts) -> Colour:
    return {
        "accepted": GOLD,
        "chosen": LIME,
        "rejected": RED,
        "refused": SLATE,
        "": GRASS if not facts.complaint else PINE,
    }[facts.state]


def _draw_facts(canvas: pygame.Surface, audition: Audition, y: int) -> None:
    right = f"{' '.join(audition.moods)} · {audition.tempo_bpm:.0f}" if audition.takes else ""
    edge = canvas.get_width() - 4 - measure_text(right)
    draw_text(canvas, right, edge, y, PEARL)
    if not audition.takes:
        return
    facts = audition.takes[audition.take - 1]
    said = [f"take {audition.take}/{len(audition.takes)}", f"{facts.score:.2f}"]
    said += [facts.state] if facts.state else []
    said += [f"against {audition.other}"] if audition.other else []
    said += [facts.complaint] if facts.complaint else []
    draw_text(canvas, cut_text(" · ".join(said), edge - 12), 4, y, CREAM)


def _draw_work(canvas: pygame.Surface, audition: Audition, y: int) -> None:
    text = cut_text(audition.says, canvas.get_width() - 90)
    end = draw_text(canvas, text, 4, y, PEARL)
    if audition.share is not None:
        canvas.fill(COAL, (end + 6, y + 2, 60, 4))
        canvas.fill(CORAL, (end + 6, y + 2, round(60 * audition.share), 4))
