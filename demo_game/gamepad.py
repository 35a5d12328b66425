"""Gamepads: what is held on any of them, as the game's buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pygame

_DEAD_ZONE = 0.5
"""A stick counts as pushed from half its way on: walking goes in four directions only."""

PAD_BUTTONS = {
    0: "enter", 1: "escape", 2: "compare", 3: "takes", 4: "previous", 5: "next", 6: "tab",
    7: "pause",
}  # fmt: skip
"""By number, as SDL counts the buttons of the common pads: A, B, X, Y, shoulders, back, start."""


class Gamepads:
    """The pads that are plugged in; ones that come later are taken up with their event."""

    def __init__(self) -> None:
        pygame.joystick.init()
        self._pads: dict[int, pygame.joystick.JoystickType] = {}

    def notice(self, event: pygame.event.Event) -> None:
        """Take up a pad that was plugged in, and let one go that was pulled out."""
        if event.type == pygame.JOYDEVICEADDED:
            pad = pygame.joystick.Joystick(event.device_index)
            self._pads[pad.get_instance_id()] = pad
        elif event.type == pygame.JOYDEVICEREMOVED:
            self._pads.pop(event.instance_id, None)

    def held(self) -> frozenset[str]:
        """Return the buttons that are held on any pad."""
        return frozenset(name for pad in self._pads.values() for name in _read_pad(pad))


def _read_pad(pad: pygame.joystick.JoystickType) -> frozenset[str]:
    axes = [pad.get_axis(number) for number in range(min(pad.get_numaxes(), 2))]
    hats = [pad.get_hat(number) for number in range(pad.get_numhats())]
    down = [number for number in range(pad.get_numbuttons()) if pad.get_button(number)]
    return name_buttons(axes, hats, down)


def name_buttons(
    axes: list[float], hats: Sequence[tuple[float, float]], down: Iterable[int]
) -> frozenset[str]:
    """Return the game's buttons for a stick (right and down are above 0), crosses and buttons."""
    held = {PAD_BUTTONS[number] for number in down if number in PAD_BUTTONS}
    x, y = axes if len(axes) == 2 else (0.0, 0.0)
    pushes = [(x, -y) if max(abs(x), abs(y)) >= _DEAD_ZONE else (0.0, 0.0), *hats]
    for right, up in pushes:
        if abs(right) > abs(up):
            held.add("right" if right > 0 else "left")
        elif up:
            held.add("up" if up > 0 else "down")
    return frozenset(held)
