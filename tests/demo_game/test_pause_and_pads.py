from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygame")

import pygame

from demo_game.adventure import Adventure
from demo_game.controls import Controls
from demo_game.dice import Dice
from demo_game.gamepad import name_buttons
from demo_game.pause import PauseMenu
from demo_game.window import show
from demo_game.world import PLACES
from tests.runtime.tiny_bundle import Piece, write_bundle


@pytest.mark.parametrize(
    ("axes", "hats", "down", "held"),
    [
        ([0.1, -0.3], [(0, 0)], [], set()),
        ([0.9, -0.3], [], [0], {"right", "enter"}),
        ([0.2, -0.8], [], [1, 7], {"up", "escape", "pause"}),
        ([0.2, 0.8], [(-1, 0)], [6, 99], {"down", "left", "tab"}),
        ([], [(0, 1)], [], {"up"}),
    ],
)
def test_a_pads_sticks_crosses_and_buttons_are_the_games(
    axes: list[float], hats: list[tuple[int, int]], down: list[int], held: set[str]
) -> None:
    assert name_buttons(axes, hats, down) == held


def test_the_menu_keeps_the_volume_within_its_bounds() -> None:
    menu = PauseMenu(80)
    controls = Controls()
    for _ in range(5):
        controls = controls.next(frozenset({"right"}))
        assert menu.update(controls)
        controls = controls.next(frozenset())
        assert menu.update(controls)
    assert menu.volume_percent == 100
    assert not menu.update(Controls().next(frozenset({"pause"})))


def test_the_menus_second_choice_leaves() -> None:
    menu = PauseMenu(80)
    assert not menu.update(Controls().next(frozenset({"enter"})))
    assert not menu.leaves
    assert menu.update(Controls().next(frozenset({"down"})))
    assert not menu.update(Controls().next(frozenset({"enter"})))
    assert menu.leaves


def test_whoever_loses_wakes_by_the_lighthouse_with_half_the_gold() -> None:
    hero = Adventure(Dice(1), hp=0, gold=41, level=3, place=PLACES["cave"], spot=(1, 1))
    hero.wake()
    assert (hero.hp, hero.gold, hero.level) == (hero.most_hp, 20, 3)
    assert hero.place.name == "overworld"
    assert hero.place.is_free(*hero.spot)


@pytest.mark.parametrize("size", [(960, 540), (1000, 700), (320, 180), (300, 100), (40, 20)])
@pytest.mark.parametrize("picture", [(320, 180), (480, 270)])
def test_a_window_of_any_size_shows_the_whole_picture(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], picture: tuple[int, int]
) -> None:
    monkeypatch.setattr(pygame.display, "flip", lambda: None)
    window, canvas = pygame.Surface(size), pygame.Surface(picture)
    canvas.fill((200, 100, 50))
    show(canvas, window)
    shown = pygame.mask.from_threshold(window, (200, 100, 50), (9, 9, 9)).get_bounding_rects()
    assert len(shown) == 1
    factor = min(size[0] / picture[0], size[1] / picture[1])
    factor = int(factor) if factor >= 1 else factor
    assert shown[0].width == max(round(picture[0] * factor), 1)
    assert shown[0].height == max(round(picture[1] * factor), 1)


@pytest.mark.slow
def test_under_the_menu_the_game_stands_still_and_the_music_goes_on(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", [Piece("title", 440), Piece("overworld", 550)])
    code = f"""
import pygame
pygame.display.init(); pygame.display.set_mode((1, 1))
from chipassets.runtime import Library, PygamePlayer
from demo_game.stage import Stage
stage = Stage(PygamePlayer(Library.open({str(bundle)!r}), at_once=True), 7)
def press(*keys):
    for key in keys:
        stage.step(frozenset([key]), stage.steps * 1000 // 60)
        stage.step(frozenset(), stage.steps * 1000 // 60)
press("enter", "pause")
scene, spot = stage.scene, stage.scene.adventure.spot
before = stage.player.now_playing(stage.steps * 1000 // 60 + 300)
press("up", "up", "left", "left", "down")
assert stage.scene is scene and scene.adventure.spot == spot and not scene.is_stepping
assert abs(stage.player.volume - 0.6) < 1e-9
with_menu = stage.picture().get_at((160, 95))
press("pause")
assert stage.pause_menu is None
assert stage.picture().get_at((160, 95)) != with_menu
press("pause", "tab")
assert stage.picture().get_size() == stage.size == (480, 270)
beside = stage.picture().subsurface((0, 0, 320, 180)).copy()
press("tab")
assert stage.picture().get_size() == (320, 180)
assert pygame.image.tobytes(stage.picture(), "RGB") == pygame.image.tobytes(beside, "RGB")
press("pause")
assert before is not None and stage.player.director.playing.name == "overworld"
press("up")
assert scene.is_stepping or scene.adventure.spot != spot or scene.adventure.facing == "up"
"""
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        check=True,
        timeout=300,
    )
