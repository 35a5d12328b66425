"""Plays the game by a text, without a window and as fast as it goes.

One command to a line; `#` begins a comment. A step is a 60th of a second.

    press KEY [STEPS]         hold a key for STEPS steps (1), then release it
    STEP KEY                  wait until that step, then press the key once
    wait STEPS                let time pass
    go SPOT [STEPS]           walk to a landmark of this place (town, cave, lighthouse, shop, chest,
                              boss, exit) by the shortest way, fighting whatever bars it; a
                              person or thing that is not free is walked up to
    approach SPOT [STEPS]     the same, but stop one step before it
    talk [STEPS]              walk up to the first person of this place and speak to them
    fury [STEPS]              fight until a boss enters its second phase
    meet [STEPS]              walk about where monsters roam until one comes
    fight [STEPS]             fight until the battle is over and its end is read
    mash KEY until SCENE [STEPS]
                              press a key again and again until that scene plays
    expect scene NAME         stop with an error unless the game is in that scene
    expect track NAME         the same for the track that plays
    screenshot NAME           write NAME.png into the folder for screenshots

KEY is up, down, left, right, enter, escape, tab or pause; or, to choose music as the game goes on,
takes, next, previous, compare, keep, reject, roll, slower, faster, mood, toggle or undo.
What takes a time of its own fails after 6000 steps, or as many as are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygame

from demo_game.art.vista import WIDTH
from demo_game.clock import STEPS_PER_SECOND
from demo_game.controls import BUTTONS
from demo_game.scenes.battle import Battle
from demo_game.scenes.endings import Victory
from demo_game.scenes.scene import Scene
from demo_game.scenes.walk import Walk
from demo_game.stage import Stage
from demo_game.world import LANDMARKS

_PATIENCE_STEPS = 6000
_SCREENSHOT_WIDTH = 3 * WIDTH
_LOW_HP = 14


class ScriptError(Exception):
    """A script that cannot be read, or that expected something else than what happened."""


@dataclass(frozen=True, slots=True)
class Line:
    """One command of a script: its number in the text and its words."""

    number: int
    words: tuple[str, ...]


def parse_script(text: str) -> tuple[Line, ...]:
    """Return the commands of a script; raises ScriptError with every line that is not one."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        words = tuple(raw.partition("#")[0].split())
        if words:
            lines.append(Line(number, words))
    wrong = [line for line in lines if not _is_command(line.words)]
    if wrong:
        found = "; ".join(f"line {line.number}: {' '.join(line.words)!r}" for line in wrong)
        raise ScriptError(f"not a command of a script: {found}")
    return tuple(lines)


def _is_command(words: tuple[str, ...]) -> bool:
    match words:
        case ("press", key) | ("press", key, _):
            return key in BUTTONS and all(word.isdecimal() for word in words[2:])
        case ("wait", _) | ("meet",) | ("meet", _) | ("fight",) | ("fight", _):
            return all(word.isdecimal() for word in words[1:])
        case ("talk" | "fury",) | ("talk" | "fury", _):
            return all(word.isdecimal() for word in words[1:])
        case ("go" | "approach", spot) | ("go" | "approach", spot, _):
            known = spot in LANDMARKS or spot == "exit"
            return known and all(word.isdecimal() for word in words[2:])
        case ("mash", key, "until", _) | ("mash", key, "until", _, _):
            return key in BUTTONS and all(word.isdecimal() for word in words[4:])
        case ("expect", "scene" | "track", _) | ("screenshot", _):
            return True
        case (step, key):
            return step.isdecimal() and key in BUTTONS
    return False


class ScriptedRun:
    """Carries out a script on a stage, with a clock that only steps move."""

    def __init__(self, stage: Stage, screenshot_dir: Path) -> None:
        self.stage = stage
        self._screenshot_dir = screenshot_dir

    def run(self, lines: tuple[Line, ...]) -> None:
        """Carry out every line; raises ScriptError where the game does not do as expected."""
        for line in lines:
            try:
                self._do(line.words)
            except ScriptError as error:
                raise ScriptError(f"line {line.number}: {error}") from error

    def _do(self, words: tuple[str, ...]) -> None:
        match words:
            case ("press", key, *steps):
                self._press(key, int(steps[0]) if steps else 1)
            case ("wait", steps):
                self._wait(int(steps))
            case ("go", spot, *steps):
                self._go(spot, int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("approach", spot, *steps):
                self._go(spot, int(steps[0]) if steps else _PATIENCE_STEPS, stops_before=True)
            case ("talk", *steps):
                self._talk(int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("fury", *steps):
                self._rouse(int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("meet", *steps):
                self._meet(int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("fight", *steps):
                self._fight(int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("mash", key, "until", scene, *steps):
                self._mash(key, scene, int(steps[0]) if steps else _PATIENCE_STEPS)
            case ("expect", what, name):
                self._expect(what, name)
            case ("screenshot", name):
                self._screenshot(name)
            case (step, key):
                self._wait(int(step) - self.stage.steps)
                self._press(key, 1)

    def _step(self, *held: str) -> None:
        if self.stage.scene is None:
            raise ScriptError("the game has ended")
        self.stage.step(frozenset(held), self.stage.steps * 1000 // STEPS_PER_SECOND)

    def _press(self, key: str, steps: int) -> None:
        for _ in range(steps):
            self._step(key)
        if self.stage.scene is not None:
            self._step()

    def _wait(self, steps: int) -> None:
        for _ in range(steps):
            self._step()

    def _mash(self, key: str, scene: str, most_steps: int) -> None:
        for _ in self._until(most_steps, f"scene {scene} did not come"):
            if self._scene_name() == scene:
                return
            self._press(key, 1)
            self._wait(3)

    def _go(self, spot: str, most_steps: int, *, stops_before: bool = False) -> None:
        wanted, letter = LANDMARKS.get(spot, ("", "X"))
        start = self._walker().adventure.place.name
        if wanted and wanted != start:
            raise ScriptError(f"{spot} is in the {wanted}, and the hero is in the {start}")
        for _ in self._until(most_steps, f"did not get to {spot}"):
            scene = self.stage.scene
            if not isinstance(scene, Walk):
                if not self._get_over(scene):
                    return
            elif self._is_free_to_walk(scene) and (
                scene.adventure.place.name != start
                or (stops_before and len(_way(scene, letter)) <= 1)
                or not self._walk_on(scene, letter)
            ):
                return

    def _talk(self, most_steps: int) -> None:
        folk = self._walker().adventure.place.folk
        if not folk:
            raise ScriptError("nobody is here to talk to")
        for _ in self._until(most_steps, "did not get to anybody"):
            scene = self._walker()
            if scene.is_talking:
                return
            if self._is_free_to_walk(scene) and not self._walk_on(scene, folk[0][0]):
                self._press("enter", 1)

    def _rouse(self, most_steps: int) -> None:
        for _ in self._until(most_steps, "no boss was roused"):
            scene = self.stage.scene
            if not isinstance(scene, Battle) or scene.fight.phase == 2:
                return
            self._fight_on(scene)

    def _meet(self, most_steps: int) -> None:
        self._walker()
        for _ in self._until(most_steps, "met no monster"):
            scene = self.stage.scene
            if not isinstance(scene, Walk):
                return
            if self._is_free_to_walk(scene):
                way = scene.adventure.place.path_to_wild(scene.adventure.spot)
                if not way:
                    raise ScriptError("no monsters roam here")
                self._step(way[0])

    def _fight(self, most_steps: int) -> None:
        for _ in self._until(most_steps, "the battle did not end"):
            scene = self.stage.scene
            if isinstance(scene, Walk) or not self._get_over(scene):
                return

    def _get_over(self, scene: Scene | None) -> bool:
        """Do what a battle or its victory asks for; return False in any other scene."""
        if isinstance(scene, Battle):
            self._fight_on(scene)
        elif isinstance(scene, Victory):
            self._press("enter", 1)
        else:
            return False
        return True

    def _is_free_to_walk(self, scene: Walk) -> bool:
        """Whether the hero stands and listens to nobody; if not, let time pass."""
        if scene.is_talking:
            self._press("enter", 1)
        elif scene.is_stepping:
            self._step()
        else:
            return True
        return False

    def _walk_on(self, scene: Walk, letter: str) -> bool:
        """Take a step towards the letter; return whether there was one to take."""
        hero, way = scene.adventure, _way(scene, letter)
        goal = hero.place.find(letter)
        if not way:
            return False
        self._step(way[0])
        has_arrived = len(way) == 1 and not hero.place.is_free(*goal)
        return not (has_arrived and self.stage.scene is scene)

    def _fight_on(self, scene: Battle) -> None:
        """Attack, or drink a potion when little is left."""
        hero = scene.fight.hero
        wanted = 1 if hero.hp <= _LOW_HP and hero.potions else 0
        if scene.is_choosing and scene.choice != wanted:
            self._press("right" if scene.choice < wanted else "left", 1)
        else:
            self._press("enter", 1)

    def _until(self, most_steps: int, failure: str) -> Iterator[None]:
        end = self.stage.steps + most_steps
        while self.stage.steps < end:
            yield
        raise ScriptError(f"{failure} in {most_steps} steps; scene is {self._scene_name()}")

    def _walker(self) -> Walk:
        if not isinstance(self.stage.scene, Walk):
            raise ScriptError(f"cannot walk in scene {self._scene_name()}")
        return self.stage.scene

    def _scene_name(self) -> str:
        return self.stage.scene.music if self.stage.scene is not None else "nothing"

    def _expect(self, what: str, name: str) -> None:
        playing = self.stage.player.director.playing
        found = self._scene_name() if what == "scene" else playing.name if playing else "silence"
        if found != name:
            raise ScriptError(f"expected {what} {name}, found {found}")

    def _screenshot(self, name: str) -> None:
        picture = self.stage.picture()
        factor = _SCREENSHOT_WIDTH // picture.get_width()
        path = self._screenshot_dir / f"{name}.png"
        try:
            self._screenshot_dir.mkdir(parents=True, exist_ok=True)
            pygame.image.save(pygame.transform.scale_by(picture, factor), path)
        except (OSError, pygame.error) as error:
            raise ScriptError(f"{path} cannot be written: {error}") from error


def _way(scene: Walk, letter: str) -> list[str]:
    """Return the directions of a shortest way from the hero to the first such letter."""
    hero = scene.adventure
    return hero.place.path(hero.spot, hero.place.find(letter))
