"""The panel of an audition: the takes in a row, the one that is heard, what is being done."""

from __future__ import annotations

import pygame

from demo_game.audition import Audition
from demo_game.font import cut_text, draw_text, wrap_text
from demo_game.orders import TakeFacts
from demo_game.palette import (
    COAL,
    CORAL,
    CREAM,
    GOLD,
    GRASS,
    LIME,
    PEARL,
    PINE,
    RED,
    SLATE,
    WHITE,
    Colour,
)  # fmt: skip

AUDITION_KEYS = (
    ", . take  c compare  k keep  x reject  r roll  - + tempo  m n mood  u undo  t close"
)
_WIDTH = 152
_CELL, _ROW_HEIGHT = 8, 11
_CELLS_IN_ROW, _ROWS = _WIDTH // _CELL, 2


def draw_takes_panel(canvas: pygame.Surface, audition: Audition, top: int) -> None:
    """Draw the panel at the right edge of the canvas, from row `top` on."""
    left = canvas.get_width() - _WIDTH - 4
    title = f"takes of {audition.track or 'nothing'}"
    draw_text(canvas, cut_text(title, _WIDTH), left, top, GOLD)
    _draw_cells(canvas, audition, left, top + 11)
    _draw_facts(canvas, audition, left, top + 34)
    _draw_work(canvas, audition, left, top + 64)


def _draw_cells(canvas: pygame.Surface, audition: Audition, left: int, top: int) -> None:
    row = max((audition.take - 1) // _CELLS_IN_ROW - _ROWS + 1, 0)
    first = row * _CELLS_IN_ROW
    for place, facts in enumerate(audition.takes[first : first + _CELLS_IN_ROW * _ROWS]):
        number = first + place + 1
        x = left + place % _CELLS_IN_ROW * _CELL
        y = top + place // _CELLS_IN_ROW * _ROW_HEIGHT
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


def _draw_facts(canvas: pygame.Surface, audition: Audition, left: int, y: int) -> None:
    if not audition.takes:
        return
    facts = audition.takes[audition.take - 1]
    said = [f"take {audition.take}/{len(audition.takes)}", f"{facts.score:.2f}"]
    said += [facts.state] if facts.state else []
    said += [f"against {audition.other}"] if audition.other else []
    said += [facts.complaint] if facts.complaint else []
    for row, line in enumerate(wrap_text(" · ".join(said), _WIDTH, 2)):
        draw_text(canvas, line, left, y + row * 10, CREAM)
    sign = "-" if audition.mood in audition.moods else "+"
    plan = f"{' '.join(audition.moods)} · {audition.tempo_bpm:.0f} bpm · n: {sign}{audition.mood}"
    draw_text(canvas, cut_text(plan, _WIDTH), left, y + 20, PEARL)


def _draw_work(canvas: pygame.Surface, audition: Audition, left: int, y: int) -> None:
    kept = f" · {audition.kept_keys} keys kept" if audition.kept_keys else ""
    draw_text(canvas, cut_text(audition.says + kept, _WIDTH), left, y, PEARL)
    if audition.share is not None:
        canvas.fill(COAL, (left, y + 9, _WIDTH, 2))
        canvas.fill(CORAL, (left, y + 9, round(_WIDTH * audition.share), 2))
