"""What the hero has and has done: everything that lasts from one scene to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo_game.dice import Dice
from demo_game.world import PLACES, Place, Spot

POTION_HEALS = 24
_FIRST_LEVEL_XP = 12
_START = PLACES["overworld"].find("@")


@dataclass(slots=True)
class Adventure:
    """One game from the lighthouse to the flame."""

    dice: Dice
    level: int = 1
    hp: int = 36
    xp: int = 0
    gold: int = 20
    potions: int = 2
    sword: int = 0
    has_flame: bool = False
    opened: set[str] = field(default_factory=set)
    place: Place = PLACES["overworld"]
    spot: Spot = _START
    facing: str = "down"
    steps: int = 0
    has_asked: bool = False

    @property
    def quest(self) -> str:
        """What is to be done next."""
        if self.has_flame:
            return "Carry the Flame to the lighthouse in the south."
        if self.has_asked:
            return "Find the wyrm in the northern cave."
        return "The light is out. Ask in the town, in the east."

    @property
    def standing(self) -> str:
        """How strong the hero is, and how far from growing."""
        blade = "Silver blade" if self.sword else "Old blade"
        return f"Level {self.level}, {self.next_level_xp - self.xp} to the next. {blade}."

    @property
    def most_hp(self) -> int:
        """Hit points when rested."""
        return 28 + 8 * self.level

    @property
    def strength(self) -> int:
        """What a blow does on average."""
        return 5 + 2 * self.level + 4 * self.sword

    @property
    def next_level_xp(self) -> int:
        """The experience that the next level takes."""
        return _FIRST_LEVEL_XP * self.level * (self.level + 1) // 2

    def gain(self, xp: int, gold: int) -> bool:
        """Take what a victory brings; a new level heals. Return whether there was one."""
        self.xp += xp
        self.gold += gold
        before = self.level
        while self.xp >= self.next_level_xp:
            self.level += 1
        if self.level > before:
            self.hp = self.most_hp
        return self.level > before

    def drink(self) -> int:
        """Use a potion; return the hit points it gave."""
        healed = min(POTION_HEALS, self.most_hp - self.hp)
        self.potions -= 1
        self.hp += healed
        return healed

    def wake(self) -> None:
        """Come to by the lighthouse after a defeat, rested, with half of the gold."""
        self.rest()
        self.gold //= 2
        self.place, self.spot, self.facing = PLACES["overworld"], _START, "down"

    def rest(self) -> None:
        """Be as good as new."""
        self.hp = self.most_hp
