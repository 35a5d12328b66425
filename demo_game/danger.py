"""How dangerous a moment is: what the intensity of its music follows."""

from __future__ import annotations

from demo_game.scenes.battle import Battle
from demo_game.scenes.scene import Scene

_LEAST = 0.3


def danger(scene: Scene) -> float:
    """Return 0..1: in a battle it rises as either side nears its end, elsewhere it is 1.

    1 is the whole of a track's layers, so that quiet places sound complete.
    """
    if not isinstance(scene, Battle):
        return 1.0
    fight = scene.fight
    hero_share = fight.hero.hp / fight.hero.most_hp
    foe_share = fight.foe_hp / fight.foe.hp
    safety = min(max(min(hero_share, foe_share), 0.0), 1.0)
    return _LEAST + (1 - _LEAST) * (1 - safety)
