"""Buttons: what the player holds and what went down in this step, apart from any keyboard."""

from __future__ import annotations

from dataclasses import dataclass

AUDITION_BUTTONS = (
    "takes", "next", "previous", "compare", "keep", "reject", "roll", "slower", "faster", "mood",
    "toggle", "undo",
)  # fmt: skip
"""What is pressed to choose music while the game goes on."""

BUTTONS = ("up", "down", "left", "right", "enter", "escape", "tab", "pause", *AUDITION_BUTTONS)

DIRECTIONS: dict[str, tuple[int, int]] = {
    "up": (0, -1),
    "down": (0, 1),
    "left": (-1, 0),
    "right": (1, 0),
}


@dataclass(frozen=True, slots=True)
class Controls:
    """The buttons of one step of the game."""

    held: frozenset[str] = frozenset()
    pressed: frozenset[str] = frozenset()

    def next(self, held: frozenset[str]) -> Controls:
        """Return the controls of the following step, in which those buttons are down."""
        return Controls(held, held - self.held)

    @property
    def direction(self) -> str:
        """The direction that is held, "" for none."""
        return next((name for name in DIRECTIONS if name in self.held), "")
