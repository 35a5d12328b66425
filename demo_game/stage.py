"""The game apart from any window: one step at a time, with its scene, its music and its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pygame

from chipassets.runtime import Change, PygamePlayer, Track
from demo_game.art.panel import draw_hud
from demo_game.art.shade import dither
from demo_game.art.takes_panel import AUDITION_KEYS, draw_takes_panel
from demo_game.art.vista import HEIGHT, WIDTH
from demo_game.audition import Audition
from demo_game.controls import Controls
from demo_game.intensity import intensity
from demo_game.music_view import (
    REST_Y,
    WIDE_HEIGHT,
    WIDE_WIDTH,
    draw_keys,
    draw_layers,
    draw_music_view,
)  # fmt: skip
from demo_game.palette import INK, WHITE
from demo_game.pause import PauseMenu
from demo_game.scenes.route import open_next
from demo_game.scenes.scene import Scene
from demo_game.scenes.title import Title
from demo_game.scenes.walk import Walk

if TYPE_CHECKING:
    from demo_game.recorder import Recorder

_WIPE_STEPS = 18
_LEAP = 0.3
_SOFT_MS, _LEAP_MS = 600, 80

_VIEW_KEYS = "tab: music view   t: takes   p: pause"

Display = Literal["line", "view", "none"]
"""What is shown of the music: the line on top, the view around the scene, nothing."""

_NEXT_DISPLAY: dict[Display, Display] = {"line": "view", "view": "none", "none": "line"}


@dataclass(frozen=True, slots=True)
class Played:
    """A change of music: the step it took effect in, what plays from then on, and why."""

    step: int
    scene: str
    track: str
    fade_ms: int
    reason: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.track} for {self.scene}, {self.fade_ms} ms: {self.reason}"


class Stage:
    """The game as it is now. `step` moves it by a 60th of a second, `draw` shows it."""

    def __init__(
        self,
        player: PygamePlayer,
        seed: int,
        recorder: Recorder | None = None,
        audition: Audition | None = None,
    ) -> None:
        self.scene: Scene | None = Title(seed)
        self._seed = seed
        self.player = player
        self.log: list[Played] = []
        self.steps = 0
        self.audition = audition
        self._recorder = recorder
        self.pause_menu: PauseMenu | None = None
        self._controls = Controls()
        self._since_change = 0
        self.last_change: Change | None = None
        self._display: Display = "line"
        self._canvas = pygame.Surface((WIDTH, HEIGHT))
        self._ticks_ms = 0
        self._level = 1.0
        self._level_track: Track | None = None
        self._level_bar = 0

    @property
    def shown(self) -> str:
        """In a few words, what is on the screen."""
        scene = self.scene.music if self.scene is not None else "the end"
        said = [scene, *([self._display] if self._display == "view" else [])]
        said += ["takes"] if self.audition is not None and self.audition.is_open else []
        return ", ".join(said + (["wipe"] if self._since_change < _WIPE_STEPS else []))

    def step(self, held: frozenset[str], now_ms: int) -> None:
        """Let the scene take a step with those buttons held, and the music follow it."""
        self._controls = self._controls.next(held)
        self._ticks_ms = now_ms
        if "tab" in self._controls.pressed:
            self._display = _NEXT_DISPLAY[self._display]
        if self.pause_menu is not None:
            self._step_menu(self.pause_menu)
        elif self.scene is not None and self._asks_for_menu(self.scene):
            self.pause_menu = self._open_menu(self.scene)
        elif self.scene is not None:
            before, self.scene = self.scene, open_next(self.scene.update(self._controls))
            self._since_change = 0 if self.scene is not before else self._since_change + 1
        if self.scene is not None:
            self.player.enter(self.scene.music, now_ms)
            self._follow_intensity(self.scene, now_ms)
            if self.audition is not None:
                track = self._track_for(self.scene.music)
                self.audition.update(self._controls, track, self.player, now_ms)
        change = self.player.update(now_ms)
        if change is not None:
            self.last_change = change
            name = change.track.name if change.track else "silence"
            self.log.append(Played(self.steps, change.scene, name, change.fade_ms, change.reason))
        if self._recorder is not None:
            self._recorder.step(self.player.director, change, self.player.volume, now_ms)
        self.steps += 1

    def _track_for(self, scene: str) -> Track | None:
        return next((t for t in self.player.library.tracks if t.scene == scene), None)

    def _follow_intensity(self, scene: Scene, now_ms: int) -> None:
        """Ask for the layers that the moment wants, of a track that has some.

        What changes by little follows softly; a turn of events waits for the bar line; and while
        another track is to come, the one that plays stays as it is.
        """
        director = self.player.director
        track, playing = director.playing, self.player.now_playing(now_ms)
        coming = director.pending
        if coming is not None and coming.track is not None and not coming.track.layers:
            self._level = 1.0
            self.player.intensity(1.0, now_ms)
        if track is None or coming is not None:
            return
        level = intensity(scene) if track.layers else 1.0
        bar = playing.bar if playing is not None else 0
        if track is not self._level_track:
            fade_ms = _LEAP_MS
        elif abs(level - self._level) < _LEAP:
            fade_ms = _SOFT_MS
        elif bar == self._level_bar:
            return
        else:
            fade_ms = _LEAP_MS
        self._level, self._level_track, self._level_bar = level, track, bar
        self.player.intensity(level, now_ms, fade_ms)

    def _asks_for_menu(self, scene: Scene) -> bool:
        """Whether the menu is to open: on the way escape would lose the adventure otherwise."""
        is_walking = isinstance(scene, Walk) and not scene.is_talking
        wanted = {"pause", "escape"} if is_walking else {"pause"}
        return bool(self._controls.pressed & wanted)

    def _open_menu(self, scene: Scene) -> PauseMenu:
        menu = PauseMenu(round(self.player.volume * 100))
        if isinstance(scene, Title):
            menu.leaving = "Quit the game"
        if isinstance(scene, Walk):
            menu.quest = scene.adventure.quest, scene.adventure.standing
        return menu

    def _step_menu(self, menu: PauseMenu) -> None:
        if not menu.update(self._controls):
            self.pause_menu = None
        if menu.leaves:
            self.scene = None if isinstance(self.scene, Title) else Title(self._seed)
            self._since_change = 0
        self.player.volume = menu.volume_percent / 100

    @property
    def size(self) -> tuple[int, int]:
        """How large the picture is: the scene alone, or with the music view around it."""
        return (WIDE_WIDTH, WIDE_HEIGHT) if self._is_wide else (WIDTH, HEIGHT)

    def picture(self) -> pygame.Surface:
        """Return a picture of the game as it is now, of that size, valid until the next one."""
        if self._canvas.get_size() != self.size:
            self._canvas = pygame.Surface(self.size)
        self._draw_scene(self._canvas.subsurface((0, 0, WIDTH, HEIGHT)))
        if self._is_wide:
            self._draw_view(self._canvas)
        return self._canvas

    def _draw_scene(self, canvas: pygame.Surface) -> None:
        """Draw the scene, the wipe that opens it, and the line that tells what plays."""
        if self.scene is None:
            return
        self.scene.draw(canvas)
        if self._since_change < _WIPE_STEPS:
            is_fight = self.scene.music in ("battle", "boss") and self.steps > _WIPE_STEPS
            _draw_wipe(canvas, self._since_change / _WIPE_STEPS, flashes=is_fight)
        if self._display == "line" and not self._is_wide:
            playing = self.player.now_playing(self._ticks_ms)
            draw_hud(canvas, playing, has_sound=self.player.has_sound)
        if self.pause_menu is not None:
            self.pause_menu.draw(canvas)

    def _draw_view(self, canvas: pygame.Surface) -> None:
        """Draw the music view, with the takes of an audition if there is one."""
        draw_music_view(canvas, self.player, self.last_change, self._ticks_ms)
        if self.audition is not None and self.audition.is_open:
            draw_takes_panel(canvas, self.audition, REST_Y)
            draw_keys(canvas, AUDITION_KEYS)
        else:
            draw_layers(canvas, self.player, self._ticks_ms)
            draw_keys(canvas, _VIEW_KEYS)

    @property
    def _is_wide(self) -> bool:
        return self._display == "view" or (self.audition is not None and self.audition.is_open)


def _draw_wipe(canvas: pygame.Surface, done: float, *, flashes: bool) -> None:
    """Cover what is not yet open with blocks that vanish in a dithered order."""
    block = 10
    colour = WHITE if flashes and int(done * 12) % 3 == 0 else INK
    for y in range(0, HEIGHT, block):
        for x in range(0, WIDTH, block):
            lead = abs(x - WIDTH // 2) / WIDTH
            open_ = dither((INK, WHITE), done * 1.5 - lead, x // block, y // block)
            if open_ == INK:
                canvas.fill(colour, (x, y, block, block))
