"""The battle screen: plays the events of a fight one by one."""

from __future__ import annotations

import math
from functools import cache

import pygame

from demo_game.adventure import Adventure
from demo_game.art.foes import furious_monster, hurt_monster, monster
from demo_game.art.panel import HUD_HEIGHT, draw_bar, draw_cursor, draw_window
from demo_game.art.vista import battlefield
from demo_game.controls import Controls
from demo_game.daytime import light_at
from demo_game.dice import scatter
from demo_game.fight import Action, Event, Fight
from demo_game.font import big_text, draw_text, measure_text
from demo_game.palette import (
    AMBER,
    CORAL,
    CREAM,
    GOLD,
    GRASS,
    INK,
    LIME,
    PEARL,
    RED,
    WHITE,
    Colour,
)  # fmt: skip
from demo_game.scenes.endings import GameOver, Victory
from demo_game.scenes.scene import Scene

_ACTIONS: tuple[tuple[str, Action], ...] = (
    ("Attack", "attack"),
    ("Heal", "heal"),
    ("Flee", "flee"),
)
_EVENT_FRAMES = 46
_FOOT = 128


class Battle:
    """A fight on the screen; `outside` is where a won or fled fight leads back to."""

    def __init__(self, adventure: Adventure, kind: str, outside: Scene) -> None:
        self.fight = Fight(adventure, kind)
        self.music = "boss" if self.fight.foe.is_boss else "battle"
        self._outside = outside
        self.choice = 0
        self._frame = 0
        self._events: list[Event] = [Event(f"A {self.fight.foe.name} draws near!")]
        self._left = _EVENT_FRAMES
        in_cave = adventure.place.name == "cave"
        self._field = "lair" if self.fight.foe.is_boss else "cave" if in_cave else "field"
        self._foe_share = self._hero_share = 1.0

    @property
    def is_choosing(self) -> bool:
        """Whether the fight waits for the hero's action."""
        return not self._events

    def update(self, controls: Controls) -> Scene | None:
        """Show what happens, then take the next action; enter hurries."""
        self._frame += 1
        self.fight.hero.steps += 1
        self._settle_bars()
        if self._events:
            self._left -= 1
            if self._left <= 0 or ("enter" in controls.pressed and self._left < 34):
                self._events.pop(0)
                self._left = _EVENT_FRAMES
            return self
        if self.fight.outcome:
            return self._end()
        if controls.pressed & {"down", "right"}:
            self.choice = (self.choice + 1) % len(_ACTIONS)
        if controls.pressed & {"up", "left"}:
            self.choice = (self.choice - 1) % len(_ACTIONS)
        if "enter" in controls.pressed:
            self._events = self.fight.act(_ACTIONS[self.choice][1])
            self._left = _EVENT_FRAMES
        return self

    def _settle_bars(self) -> None:
        hero = self.fight.hero
        self._foe_share += (self.fight.foe_hp / self.fight.foe.hp - self._foe_share) * 0.1
        self._hero_share += (hero.hp / hero.most_hp - self._hero_share) * 0.1

    def _end(self) -> Scene:
        hero, foe = self.fight.hero, self.fight.foe
        if self.fight.outcome == "fled":
            return self._outside
        if self.fight.outcome == "lost":
            return GameOver(hero)
        has_grown = hero.gain(foe.xp, foe.gold)
        hero.has_flame = hero.has_flame or foe.is_boss
        return Victory(hero, foe, has_grown, self._outside)

    def draw(self, canvas: pygame.Surface) -> None:
        """Draw the field, the foe, what happens, and the choice."""
        event = self._events[0] if self._events else None
        shake = self._shake(event, "hero")
        canvas.blit(battlefield(self._field), (0, shake))
        self._draw_air(canvas)
        self._draw_foe(canvas, event)
        if event is not None and event.amount:
            self._draw_number(canvas, event)
        self._draw_panel(canvas, event)
        self._draw_foe_bar(canvas)

    def _draw_air(self, canvas: pygame.Surface) -> None:
        """Draw what lies over the field: the light of the hour, or the heat of a furious foe."""
        if self._field == "field":
            ambient, _ = light_at(self.fight.hero.steps)
            canvas.fill(ambient, special_flags=pygame.BLEND_RGB_MULT)
        if self.fight.phase < 2:
            return
        heat = 40 + round(24 * math.sin(self._frame / 9))
        canvas.fill((heat, heat // 5, 0), special_flags=pygame.BLEND_RGB_ADD)
        for i in range(48):
            rise = (self._frame * (1 + i % 3) + scatter(i, 81, 180)) % 180
            x = scatter(i, 82, canvas.get_width()) + round(math.sin(rise / 11 + i) * 5)
            canvas.fill((GOLD, AMBER, CORAL)[min(rise // 60, 2)], (x, 176 - rise, 1 + i % 2, 2))

    def _shake(self, event: Event | None, target: str) -> int:
        since = _EVENT_FRAMES - self._left
        struck = event is not None and event.target == target and event.amount > 0 and since < 14
        return (since % 4 - 1) * 2 if struck else 0

    def _draw_foe(self, canvas: pygame.Surface, event: Event | None) -> None:
        kind = self.fight.kind_name
        picture = furious_monster(kind) if self.fight.phase == 2 else monster(kind)
        since = _EVENT_FRAMES - self._left
        is_struck = event is not None and event.target == "foe"
        if self.fight.outcome == "won" and not is_struck:
            if event is None or since > 30:
                return
            picture = picture.copy()
            picture.set_alpha(255 - since * 8)
        lunge = 0
        if event is not None and event.target == "hero" and event.amount > 0 and since < 12:
            lunge = 6 - abs(since - 6)
        hover = kind in ("bat", "wisp")
        breath = math.sin(self._frame / (9 if hover else 16)) * (4 if hover else 1.5)
        height = picture.get_height() + (0 if hover else round(breath))
        stretched = pygame.transform.scale(picture, (picture.get_width(), height))
        x = (canvas.get_width() - picture.get_width()) // 2 + self._shake(event, "foe")
        y = _FOOT - height + lunge - (10 + round(breath) if hover else 0)
        self._draw_shadow(canvas, picture.get_width())
        canvas.blit(stretched, (x, y))
        if is_struck and since < 16:
            if since % 6 < 3:
                canvas.blit(hurt_monster(kind), (x, y))
            _draw_slash(canvas, since)

    def _draw_shadow(self, canvas: pygame.Surface, width: int) -> None:
        shade = pygame.Surface((width, 12), pygame.SRCALPHA)
        pygame.draw.ellipse(shade, (*INK, 90), (0, 0, width, 10))
        canvas.blit(shade, ((canvas.get_width() - width) // 2, _FOOT - 6))

    def _draw_number(self, canvas: pygame.Surface, event: Event) -> None:
        since = _EVENT_FRAMES - self._left
        bounce = round(abs(math.sin(min(since, 24) / 24 * math.pi * 1.5)) * 14)
        if event.target == "foe":
            number, place = _number(str(event.amount), (WHITE, CREAM, GOLD)), (184, 66)
        elif event.amount > 0:
            number, place = _number(str(event.amount), (CREAM, CORAL, RED)), (258, 114)
        else:
            number, place = _number(f"+{-event.amount}", (WHITE, LIME, GRASS)), (252, 114)
        canvas.blit(number, (place[0], place[1] - bounce))

    def _draw_panel(self, canvas: pygame.Surface, event: Event | None) -> None:
        hero = self.fight.hero
        draw_window(canvas, (6, 136, 216, 40))
        draw_window(canvas, (224, 136, 90, 40))
        draw_text(canvas, f"Keeper  Lv {hero.level}", 232, 142, CREAM)
        draw_bar(canvas, (232, 154, 74, 5), self._hero_share)
        draw_text(canvas, f"{hero.hp}/{hero.most_hp}", 232, 162, WHITE)
        potions = f"♥ {hero.potions}"
        draw_text(canvas, potions, 306 - measure_text(potions), 162, CORAL)
        if event is not None:
            shown = (_EVENT_FRAMES - self._left) * 2
            draw_text(canvas, event.text[:shown], 18, 151)
            return
        if self.fight.outcome:
            return
        for number, (name, _) in enumerate(_ACTIONS):
            x = 28 + number * 66
            draw_text(canvas, name, x, 151, WHITE if number == self.choice else PEARL)
        draw_cursor(canvas, 18 + self.choice * 66, 151, self._frame)

    def _draw_foe_bar(self, canvas: pygame.Surface) -> None:
        draw_window(canvas, (6, HUD_HEIGHT + 4, 92, 27))
        draw_text(canvas, self.fight.foe.name, 14, HUD_HEIGHT + 9, CREAM)
        draw_bar(canvas, (14, HUD_HEIGHT + 21, 76, 4), self._foe_share, AMBER)


@cache
def _number(text: str, ramp: tuple[Colour, ...]) -> pygame.Surface:
    return big_text(text, 2, ramp)


def _draw_slash(canvas: pygame.Surface, since: int) -> None:
    x, y = canvas.get_width() // 2, 92
    start, end = max(0, since - 6) * 9, min(since, 8) * 9
    for offset, colour in ((0, WHITE), (2, GOLD), (-2, CREAM)):
        pygame.draw.line(
            canvas,
            colour,
            (x + 34 - start + offset, y - 34 + start),
            (x + 34 - end, y - 34 + end),
            2,
        )
