"""The rules of a battle: one foe, turn about, told as events that the screen plays one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from demo_game.adventure import Adventure

Action = Literal["attack", "heal", "flee"]


_FURY = 1
"""How much harder a boss strikes in its second phase, which half its hit points begin."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of monster."""

    name: str
    hp: int
    strength: int
    xp: int
    gold: int
    is_boss: bool = False


KINDS = {
    "slime": Kind("Dew Slime", 16, 4, 5, 4),
    "bat": Kind("Dusk Bat", 14, 6, 6, 5),
    "spore": Kind("Sporeling", 22, 5, 8, 7),
    "wisp": Kind("Cold Wisp", 20, 8, 11, 10),
    "wyrm": Kind("Gloom Wyrm", 90, 11, 60, 200, is_boss=True),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: what is said, and whom it hurts (or heals, below 0) by how much."""

    text: str
    target: Literal["hero", "foe", ""] = ""
    amount: int = 0


class Fight:
    """A battle under way; `outcome` is "" until it is won, lost or fled. A boss has two phases."""

    def __init__(self, adventure: Adventure, kind: str) -> None:
        self.hero = adventure
        self.kind_name = kind
        self.foe = KINDS[kind]
        self.foe_hp = self.foe.hp
        self.turn = 0
        self.phase = 1
        self.outcome: Literal["", "won", "lost", "fled"] = ""

    def act(self, action: Action) -> list[Event]:
        """Do the hero's action and the foe's answer; return what happened, in order."""
        self.turn += 1
        events = {"attack": self._attack, "heal": self._heal, "flee": self._flee}[action]()
        return events if self.outcome else events + self._answer()

    def _attack(self) -> list[Event]:
        dice, power = self.hero.dice, self.hero.strength
        hurt = dice.between(power - 2, power + 2)
        lucky = dice.roll(12) == 0
        hurt *= 2 if lucky else 1
        self.foe_hp = max(self.foe_hp - hurt, 0)
        events = [Event("A brilliant blow!" if lucky else "You strike!", "foe", hurt)]
        if self.phase == 1 and self.foe.is_boss and 0 < self.foe_hp <= self.foe.hp // 2:
            self.phase = 2
            events.append(Event(f"The {self.foe.name} blazes with fury!"))
        if self.foe_hp == 0:
            self.outcome = "won"
            events.append(Event(f"The {self.foe.name} is beaten!"))
        return events

    def _heal(self) -> list[Event]:
        if self.hero.potions == 0:
            return [Event("You have no potion left.")]
        return [Event("You drink a potion.", "hero", -self.hero.drink())]

    def _flee(self) -> list[Event]:
        if self.foe.is_boss:
            return [Event("There is no way past the wyrm!")]
        if self.hero.dice.roll(4) == 0:
            return [Event("It bars your way!")]
        self.outcome = "fled"
        return [Event("You slip away.")]

    def _answer(self) -> list[Event]:
        dice, power = self.hero.dice, self.foe.strength + (_FURY if self.phase == 2 else 0)
        breathes = self.foe.is_boss and self.turn % (4 - self.phase) == 0
        hurt = dice.between(power - 2, power + 2) + (6 if breathes else 0)
        self.hero.hp = max(self.hero.hp - hurt, 0)
        says = "breathes dark fire!" if breathes else "attacks!"
        events = [Event(f"The {self.foe.name} {says}", "hero", hurt)]
        if self.hero.hp == 0:
            self.outcome = "lost"
            events.append(Event("Your light goes out ..."))
        return events
