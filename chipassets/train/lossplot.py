"""A picture of the losses of a run."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from chipassets.train.history import Point

WIDTH, HEIGHT = 960, 560
TRAINING, HELD_OUT = (44, 108, 176), (214, 112, 28)
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 28, 56, 56
_INK, _GRID, _PAPER = (40, 40, 46), (226, 226, 230), (255, 255, 255)
_TICKS = 6
_STEEP_SHARE = 0.03
"""The share of first updates that is cut off: their losses would hide everything else."""

_Dots = list[tuple[float, float]]


def draw_losses(points: Sequence[Point], title: str) -> bytes:
    """Return a PNG with training and held-out loss, in nats an event, over the updates."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    frame = _Frame(points)
    _draw_axes(draw, frame, title)
    training = [frame.place(p.step, p.loss) for p in points]
    held_out = [frame.place(p.step, p.held_out_loss) for p in points if p.held_out_loss is not None]
    for dots, colour in ((training, TRAINING), (held_out, HELD_OUT)):
        draw.line(dots, fill=colour, width=2, joint="curve")
        for x, y in dots if colour == HELD_OUT or len(dots) == 1 else []:
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


class _Frame:
    """The scale of the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.last = max((p.step for p in points), default=1) or 1
        settled = [p for p in points if p.step >= _STEEP_SHARE * self.last]
        told = [p.loss for p in settled]
        told += [p.held_out_loss for p in settled if p.held_out_loss is not None]
        self.low = min(told, default=0.0)
        self.high = max([*told, self.low + 0.01])
        margin = 0.05 * (self.high - self.low)
        self.low, self.high = self.low - margin, self.high + margin

    def place(self, step: float, loss: float) -> tuple[float, float]:
        """Return the pixel of a loss at a step; losses above the range are on the upper edge."""
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * step / self.last
        share = (self.high - min(loss, self.high)) / (self.high - self.low)
        return x, _TOP + (HEIGHT - _TOP - _BOTTOM) * share


def _draw_axes(draw: ImageDraw.ImageDraw, frame: _Frame, title: str) -> None:
    """Draw the title, the key to the colours, the grid with its numbers, and the two axes."""
    font, small = ImageFont.load_default(18), ImageFont.load_default(14)
    draw.text((_LEFT, 16), f"{title}: loss in nats an event", fill=_INK, font=font)
    for place, colour, name in ((-190, TRAINING, "training"), (-90, HELD_OUT, "held out")):
        draw.line((WIDTH + place - 24, 27, WIDTH + place - 6, 27), fill=colour, width=3)
        draw.text((WIDTH + place, 27), name, fill=_INK, font=small, anchor="lm")
    for loss in _round_numbers(frame.low, frame.high):
        _, y = frame.place(0, loss)
        draw.line((_LEFT, y, WIDTH - _RIGHT, y), fill=_GRID)
        draw.text((_LEFT - 8, y), f"{loss:g}", fill=_INK, font=small, anchor="rm")
    for step in _round_numbers(0, frame.last):
        x, y = frame.place(step, frame.low)
        draw.line((x, _TOP, x, y), fill=_GRID)
        draw.text((x, y + 8), f"{step:,.0f}", fill=_INK, font=small, anchor="mt")
    draw.line((_LEFT, _TOP, _LEFT, HEIGHT - _BOTTOM), fill=_INK)
    draw.line((_LEFT, HEIGHT - _BOTTOM, WIDTH - _RIGHT, HEIGHT - _BOTTOM), fill=_INK)
    draw.text((WIDTH - _RIGHT, HEIGHT - 22), "updates", fill=_INK, font=small, anchor="rt")


def _round_numbers(low: float, high: float) -> list[float]:
    """Return about six numbers between two, in steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / _TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= raw)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]
