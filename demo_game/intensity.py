"""How much of the music should sound: danger, daylight, and how near the wyrm is."""

from __future__ import annotations

from demo_game.daytime import light_at
from demo_game.scenes.battle import Battle
from demo_game.scenes.scene import Scene
from demo_game.scenes.walk import Walk

_LEAST = 0.3
_CALM_BOSS = 0.4


def intensity(scene: Scene) -> float:
    """Return 0..1, which decides how many of a track's layers sound; 1 where nothing is at stake.

    In a battle it rises as either side nears its end, with the wyrm it leaps with its second
    phase. The overworld falls quiet at night, the cave fills up on the way to the wyrm.
    """
    if isinstance(scene, Battle):
        return _danger(scene)
    if isinstance(scene, Walk):
        hero = scene.adventure
        if hero.place.name == "overworld":
            return light_at(hero.steps)[1]
        if hero.place.name == "cave" and not hero.has_flame:
            return scene.nearness
    return 1.0


def _danger(battle: Battle) -> float:
    fight = battle.fight
    if fight.foe.is_boss:
        return 1.0 if fight.phase == 2 else _CALM_BOSS
    hero_share = fight.hero.hp / fight.hero.most_hp
    safety = min(max(min(hero_share, fight.foe_hp / fight.foe.hp), 0.0), 1.0)
    return _LEAST + (1 - _LEAST) * (1 - safety)
