"""When and how the music changes between scenes: a table of rules; the first match is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from .values import Value

When = Literal["now", "beat", "bar", "section"]
"""When a change happens: at once, or at the next beat, bar line or section of what plays."""

How = Literal["crossfade", "fade", "cut"]
"""How tracks change: crossfade; fade out, then in; or cut, with the new track at full level."""

LEVELS: Mapping[str, int] = {"shop": 1, "battle": 2, "boss": 2, "victory": 2, "menu": 3}
"""The level of each scene; scenes that are not named have level 0."""


class Rule(Value):
    """How the music goes from one scene to another: `*` stands for any scene, or none.

    fade_ms: length of a crossfade, or of each of two fades; a cut ignores it. Raises ValueError for
    an unknown word.
    """

    from_scene: str
    to_scene: str
    when: When
    fade_ms: int
    how: How = "crossfade"

    def _check(self) -> None:
        """Raise ValueError for a time, manner or fade that does not exist."""
        check_when(self.when)
        if self.how not in get_args(How):
            raise ValueError(f"how is {self.how!r}; it may be {', '.join(get_args(How))}")
        if self.fade_ms < 0:
            raise ValueError(f"fade_ms is {self.fade_ms}; it may not be below 0")


def check_when(when: When) -> None:
    """Raise ValueError unless it is a valid `When`."""
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
"""Rules in order; the first that matches is used."""

_CUT = Rule("*", "*", "now", 0, "cut")


def find_rule(rules: Sequence[Rule], before: str, after: str) -> Rule:
    """Return the first rule for a change from one scene to another.

    An immediate cut if none matches.
    """
    fits = (r for r in rules if r.from_scene in ("*", before) and r.to_scene in ("*", after))
    return next(fits, _CUT)


class Manner(Value):
    """The values of a call that replace those of the rule; None keeps the rule's.

    A fade_ms without `how` turns a cut into a crossfade. Raises ValueError as Rule does.
    """

    when: When | None = None
    fade_ms: int | None = None
    how: How | None = None

    def _check(self) -> None:
        self.over(_CUT)

    def over(self, rule: Rule) -> Rule:
        """Return the rule with this manner's values."""
        how = self.how
        if how is None and self.fade_ms is not None and rule.how == "cut":
            how = "crossfade"
        asked = {"when": self.when, "fade_ms": self.fade_ms, "how": how}
        return rule.replace(**{name: value for name, value in asked.items() if value is not None})


AS_RULED = Manner()
