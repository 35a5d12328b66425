"""How the music goes from one scene of the game to another."""

from __future__ import annotations

from chipassets.runtime import Rule

RULES = (
    Rule("*", "battle", "beat", 90),
    Rule("*", "boss", "beat", 90),
    Rule("*", "victory", "now", 60),
    Rule("*", "game_over", "now", 400),
    Rule("town", "shop", "bar", 400),
    Rule("shop", "town", "bar", 400),
    Rule("title", "*", "beat", 600),
    Rule("*", "title", "now", 800),
    Rule("overworld", "cave", "bar", 900),
    Rule("cave", "overworld", "bar", 600),
    Rule("*", "*", "beat", 600),
)
"""The first that fits decides. Battles strike on the beat, places change on it, the cave swallows
the overworld's music at the bar line."""
