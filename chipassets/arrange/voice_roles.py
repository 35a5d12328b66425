"""Which voice plays which role, when some are left free for the game's sound effects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.errors import ArrangeError
from chipassets.nearest import did_you_mean

# The roles whose voice each role may take, the most important role first.
_LENDERS = (("lead", ("lead", "inner", "bass")), ("bass", ("bass", "inner")), ("inner", ("inner",)))


def find_chip(name: str) -> Chip:
    """Return the chip of this name; ArrangeError, with the nearest names, if there is none."""
    if name not in CHIPS:
        raise ArrangeError(f"there is no chip {name!r}; {did_you_mean(name, CHIPS, 'chips')}")
    return CHIPS[name]


def assign_roles(chip: Chip, leave: Collection[str]) -> Chip:
    """Return the chip with only the voices not left free, in the roles that they now play.

    Voices beyond lead, inner line, bass and drums take a role whose own voice is missing before the
    inner line gives its voice up. ArrangeError if no pitched voice remains, or for a voice that the
    chip does not have.
    """
    names = [spec.name for spec in chip.voices]
    unknown = [name for name in leave if name not in names]
    if unknown:
        raise ArrangeError(
            f"the chip {chip.name} has no voice {unknown[0]!r} to leave; "
            f"{did_you_mean(unknown[0], names, 'voices')}"
        )
    free = {spec.role: spec for spec in chip.voices if spec.name not in leave}
    if not free.keys() - {"drums"}:
        raise ArrangeError("every voice that plays tones is left free; keep one for the music")
    further = [role for role in free if role not in ("lead", "inner", "bass", "drums")]
    roles: dict[str, str] = {}
    for role, own in _LENDERS:
        for lender in (own[0], *reversed(further), *own[1:]):
            if lender in free:
                roles[free.pop(lender).name] = role
                break
    return replace(chip, voices=tuple(_with_roles(chip, leave, roles)))


def _with_roles(chip: Chip, leave: Collection[str], roles: dict[str, str]) -> list[VoiceSpec]:
    """Return the chip's voices but those of `leave`, with the roles that `roles` gives."""
    return [
        replace(spec, role=roles.get(spec.name, spec.role))
        for spec in chip.voices
        if spec.name not in leave
    ]
