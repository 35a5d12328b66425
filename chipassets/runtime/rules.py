"""When and how the music goes from scene to scene: a table, of which the first match holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from .values import Value

When = Literal["now", "beat", "bar", "section"]
"""At once, or at the next beat, bar line or start of a section of what plays."""

How = Literal["crossfade", "fade", "cut"]
"""Both at once; the old one out and then the new one in; or neither: the new one at full level."""

LEVELS: Mapping[str, int] = {"shop": 1, "battle": 2, "boss": 2, "victory": 2, "menu": 3}
"""How high a scene lies; those not named are on the ground, 0."""


class Rule(Value):
    """How the music goes from one scene to another: `*` stands for any, also for none at all.

    fade_ms: how long a crossfade lasts, or a fade each way; a cut takes no account of it.
    Raises ValueError for a word that there is not.
    """

    from_scene: str
    to_scene: str
    when: When
    fade_ms: int
    how: How = "crossfade"

    def _check(self) -> None:
        check_when(self.when)
        if self.how not in get_args(How):
            raise ValueError(f"how is {self.how!r}; it may be {', '.join(get_args(How))}")
        if self.fade_ms < 0:
            raise ValueError(f"fade_ms is {self.fade_ms}; it may not be below 0")


def check_when(when: When) -> None:
    """Raise ValueError unless it is one of the words."""
    if when not in get_args(When):
        raise ValueError(f"when is {when!r}; it may be {', '.join(get_args(When))}")


DEFAULT_RULES = (
    Rule("*", "battle", "now", 120),
    Rule("*", "boss", "now", 120),
    Rule("*", "victory", "now", 60),
    Rule("*", "game_over", "now", 400),
    Rule("town", "shop", "bar", 400),
    Rule("shop", "town", "bar", 400),
    Rule("*", "*", "now", 800),
)
"""The first rule that fits decides."""

_CUT = Rule("*", "*", "now", 0, "cut")


def find_rule(rules: Sequence[Rule], before: str, after: str) -> Rule:
    """Return the first rule for a change from one scene to another, a cut at once without any."""
    fits = (r for r in rules if r.from_scene in ("*", before) and r.to_scene in ("*", after))
    return next(fits, _CUT)


class Manner(Value):
    """What a call asks of a change in place of its rule; None leaves it to the rule.

    A fade_ms without `how` makes a crossfade of a cut. Raises ValueError as a rule does.
    """

    when: When | None = None
    fade_ms: int | None = None
    how: How | None = None

    def _check(self) -> None:
        self.over(_CUT)

    def over(self, rule: Rule) -> Rule:
        """Return the rule with what is asked in its place."""
        how = self.how
        if how is None and self.fade_ms is not None and rule.how == "cut":
            how = "crossfade"
        asked = {"when": self.when, "fade_ms": self.fade_ms, "how": how}
        return rule.replace(**{name: value for name, value in asked.items() if value is not None})


AS_RULED = Manner()
