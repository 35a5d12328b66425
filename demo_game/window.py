"""The game in a window: keys, steady steps, whole-number scaling."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pygame

from demo_game.art.foes import furious_monster, hurt_monster, monster
from demo_game.art.room import draw_room
from demo_game.art.vista import HEIGHT, WIDTH, battlefield, draw_isle
from demo_game.clock import Pace, read_ms
from demo_game.fight import KINDS
from demo_game.gamepad import Gamepads
from demo_game.reload import BundleWatch
from demo_game.scenes.walk import ground
from demo_game.stage import Stage
from demo_game.world import PLACES

KEYS = {
    pygame.K_UP: "up",
    pygame.K_w: "up",
    pygame.K_DOWN: "down",
    pygame.K_s: "down",
    pygame.K_LEFT: "left",
    pygame.K_a: "left",
    pygame.K_RIGHT: "right",
    pygame.K_d: "right",
    pygame.K_RETURN: "enter",
    pygame.K_KP_ENTER: "enter",
    pygame.K_SPACE: "enter",
    pygame.K_ESCAPE: "escape",
    pygame.K_TAB: "tab",
    pygame.K_p: "pause",
    pygame.K_PAUSE: "pause",
    pygame.K_t: "takes",
    pygame.K_PERIOD: "next",
    pygame.K_PAGEDOWN: "next",
    pygame.K_COMMA: "previous",
    pygame.K_PAGEUP: "previous",
    pygame.K_c: "compare",
    pygame.K_k: "keep",
    pygame.K_x: "reject",
    pygame.K_r: "roll",
    pygame.K_MINUS: "slower",
    pygame.K_KP_MINUS: "slower",
    pygame.K_PLUS: "faster",
    pygame.K_EQUALS: "faster",
    pygame.K_KP_PLUS: "faster",
    pygame.K_m: "mood",
    pygame.K_n: "toggle",
    pygame.K_u: "undo",
}


_WINDOW_SIZE = (WIDTH * 3, HEIGHT * 3)


def open_window() -> pygame.Surface:
    """Open the window, three times the size of the picture, and return its surface."""
    pygame.display.init()
    pygame.display.set_caption("Lantern Isle")
    return pygame.display.set_mode(_WINDOW_SIZE, pygame.RESIZABLE)


def run_window(stage: Stage, bundle: BundleWatch | None = None) -> None:
    """Play until the player quits, with the music of a new bundle as soon as there is one."""
    with suppress(RuntimeError):  # without threads each picture is drawn when it is shown
        threading.Thread(target=paint_ahead, name="painter", daemon=True).start()
    for _ in frames(stage, Pace().wait, bundle):
        pass


def frames(
    stage: Stage, steps_due: Callable[[], int], bundle: BundleWatch | None = None
) -> Iterator[None]:
    """Play until the player quits, and yield after each picture; `steps_due` may wait for steps."""
    window = pygame.display.get_surface() or open_window()
    held, taps, pads = set[str](), set[str](), Gamepads()
    while stage.scene is not None:
        newer = bundle.poll() if bundle is not None else None
        if newer is not None:
            stage.player.reload(newer, read_ms())
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                return
            pads.notice(event)
            if event.type == pygame.KEYDOWN and event.key == pygame.K_F11:
                window = _turn_full_screen(window)
            if event.type == pygame.KEYDOWN and event.key in KEYS:
                held.add(KEYS[event.key])
                taps.add(KEYS[event.key])
            if event.type == pygame.KEYUP and event.key in KEYS:
                held.discard(KEYS[event.key])
        for _ in range(steps_due()):
            # A tap counts for one step even if the key was up again before it.
            stage.step(frozenset(held | taps | pads.held()), read_ms())
            taps.clear()
        show(stage.picture(), window)
        yield


def _turn_full_screen(window: pygame.Surface) -> pygame.Surface:
    """Fill the screen, at its own resolution, or go back to a window; return the new surface."""
    if window.get_flags() & pygame.FULLSCREEN:
        return pygame.display.set_mode(_WINDOW_SIZE, pygame.RESIZABLE)
    return pygame.display.set_mode((0, 0), pygame.FULLSCREEN)


def paint_ahead() -> None:
    """Draw what later scenes show, so that none of them has to wait for its pictures."""
    canvas = pygame.Surface((WIDTH, HEIGHT))
    draw_isle(canvas, 0, lit=True)
    for name in PLACES:
        ground(name)
    for kind in KINDS:
        monster(kind)
        hurt_monster(kind)
        furious_monster(kind)
    for field in ("field", "cave", "lair"):
        battlefield(field)
    draw_room(canvas, 0)


def show(canvas: pygame.Surface, window: pygame.Surface) -> None:
    """Put the canvas in the middle of the window, enlarged by a whole number, or made to fit."""
    width, height = canvas.get_size()
    factor = min(window.get_width() / width, window.get_height() / height)
    if factor >= 1:
        big = pygame.transform.scale_by(canvas, int(factor))
    else:
        small = max(round(width * factor), 1), max(round(height * factor), 1)
        big = pygame.transform.smoothscale(canvas, small)
    window.fill((0, 0, 0))
    corner = (
        (window.get_width() - big.get_width()) // 2,
        (window.get_height() - big.get_height()) // 2,
    )
    window.blit(big, corner)
    pygame.display.flip()
