"""Windows, bars and the line that tells what plays."""

from __future__ import annotations

import pygame

from chipassets.runtime import NowPlaying
from demo_game.font import draw_text, measure_text
from demo_game.palette import (
    COAL,
    CORAL,
    CREAM,
    DUSK,
    GOLD,
    GRASS,
    INK,
    LIME,
    NIGHT,
    PEARL,
    RED,
    STONE,
    WHITE,
    Colour,
)  # fmt: skip

HUD_HEIGHT = 13


def draw_window(canvas: pygame.Surface, box: tuple[int, int, int, int]) -> None:
    """Draw an empty window: x, y, width, height."""
    x, y, width, height = box
    shade = pygame.Surface((width, height), pygame.SRCALPHA)
    shade.fill((*INK, 232))
    canvas.blit(shade, (x, y))
    pygame.draw.rect(canvas, CREAM, (x + 1, y + 1, width - 2, height - 2), 1, border_radius=2)
    pygame.draw.rect(canvas, DUSK, (x + 2, y + 2, width - 4, height - 4), 1, border_radius=2)


def draw_bar(
    canvas: pygame.Surface, box: tuple[int, int, int, int], share: float, colour: Colour = GRASS
) -> None:
    """Draw a bar that is filled to a share 0..1, red when little is left."""
    x, y, width, height = box
    pygame.draw.rect(canvas, INK, (x - 1, y - 1, width + 2, height + 2))
    pygame.draw.rect(canvas, COAL, (x, y, width, height))
    filled = min(width, max(round(width * share), 1 if share > 0 else 0))
    colour, shine = (RED, CORAL) if share < 0.3 else (colour, LIME if colour == GRASS else GOLD)
    pygame.draw.rect(canvas, colour, (x, y, filled, height))
    pygame.draw.rect(canvas, shine, (x, y, filled, 1))


def draw_cursor(canvas: pygame.Surface, x: int, y: int, frame: int) -> None:
    """Draw the hand that points at a choice."""
    draw_text(canvas, "▶", x + (frame // 12) % 2, y, GOLD)


def draw_hud(canvas: pygame.Surface, playing: NowPlaying | None, *, has_sound: bool) -> None:
    """Draw the line on top: the track that plays, its scene, moods and key, the bar and beat."""
    strip = pygame.Surface((canvas.get_width(), HUD_HEIGHT), pygame.SRCALPHA)
    strip.fill((*INK, 200))
    canvas.blit(strip, (0, 0))
    pygame.draw.line(canvas, NIGHT, (0, HUD_HEIGHT), (canvas.get_width(), HUD_HEIGHT))
    if playing is None:
        draw_text(canvas, "♪ silence", 4, 3, STONE)
        return
    track = playing.track
    x = draw_text(canvas, "♪ ", 4, 3, GOLD if playing.beat == 0 and has_sound else CORAL)
    x = draw_text(canvas, track.name, x, 3, WHITE)
    told = [(track.scene, PEARL)] if track.scene != track.name else []
    told += [(" ".join(track.moods), LIME), (track.key, STONE)]
    told += [(f"{track.tempo_bpm:.0f} bpm", STONE)]
    for text, colour in told:
        x = draw_text(canvas, " · ", x, 3, STONE)
        x = draw_text(canvas, text, x, 3, colour)
    bar = f"bar {playing.bar + 1}/{track.bars}"
    beats = int(track.beats_per_bar)
    right = canvas.get_width() - 4 - 6 * beats
    draw_text(canvas, bar, right - measure_text(bar) - 3, 3, CREAM)
    for beat in range(beats):
        sounding = beat == playing.beat
        draw_text(
            canvas, "●" if sounding else "○", right + 6 * beat, 3, GOLD if sounding else STONE
        )
