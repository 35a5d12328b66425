"""Checks that a track's pickup, ending and final key fit its form and its other keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chipassets.manifest.melody_check import melody_of
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings
from chipassets.music.forms import EDGES, INTRO
from chipassets.music.keys import Key
from chipassets.music.score import Section
from chipassets.plan.endings import RITARDANDO
from chipassets.selection.craft import TUNE_HIGHEST, TUNE_LOWEST
from chipassets.units import steps_per_bar

_DOTTED_STEPS = 6


def ending_faults(
    settings: Settings, sections: Sequence[Section]
) -> Iterator[tuple[str, Fault, frozenset[str]]]:
    """Yield the key, what is wrong with its value, and the options that this depends on."""
    bar_steps = steps_per_bar(settings.beats_per_bar)
    if settings.ending and settings.loops:
        fault = Fault("the track loops, so it never ends", "add loop: false, or delete it")
        yield "ending", fault, frozenset(("ending", "loop"))
    if settings.ending == RITARDANDO:
        last = sections[-1]
        if settings.bars < 2:
            fault = Fault("it slows down over two bars, and the track has one",
                          "make the track longer, or choose another ending")  # fmt: skip
            yield "ending", fault, frozenset(("ending", "length"))
        elif any(
            own.section in (last.name, last.name.rstrip("'"))
            and own.tune.steps > (last.bars - 2) * bar_steps
            for own in settings.melodies
        ):
            fault = Fault(
                f"the melody of {last.name} covers the last two bars, which would be stretched",
                "write the melody shorter, or choose another ending",
            )
            yield "ending", fault, frozenset(("ending", "melody", "form", "length"))
    if settings.swing_percent and settings.pulse_steps == _DOTTED_STEPS:
        fault = Fault("beats of three 8ths have no second half that could be late",
                      "delete it, or choose a metre of quarters")  # fmt: skip
        yield "swing", fault, frozenset(("swing", "metre"))
    pickup = settings.pickup
    if pickup is not None:
        yield from _pickup_faults(settings, sections, bar_steps)
    letters = [section for section in sections if section.name not in EDGES]
    if settings.final_key is not None:
        if len(letters) < 2:
            fault = Fault("the form has one section, which is in the track's own key",
                          "add a section to the form, like A A'")  # fmt: skip
            yield "final_key", fault, frozenset(("final_key", "form", "length"))
        if isinstance(settings.final_key, Key) and settings.final_key == settings.key:
            fault = Fault("it is the track's key already", "delete it, or write another key")
            yield "final_key", fault, frozenset(("final_key", "key"))


def _pickup_faults(
    settings: Settings, sections: Sequence[Section], bar_steps: int
) -> Iterator[tuple[str, Fault, frozenset[str]]]:
    """Yield why a pickup cannot be played: key, fault, and the options it depends on."""
    pickup = settings.pickup
    if pickup is None:
        return
    if pickup.steps >= bar_steps:
        fault = Fault(
            f"it lasts {pickup.steps} steps, and a pickup is shorter than a bar of {bar_steps}",
            "shorten it, or write an intro into the form",
        )
        yield "pickup", fault, frozenset(("pickup", "metre"))
    if sections[0].name == INTRO:
        fault = Fault("the intro leads into the track already", "keep one of the two")
        yield "pickup", fault, frozenset(("pickup", "form"))
    if settings.primer is not None:
        fault = Fault("the primer opens the track already", "keep one of the two")
        yield "pickup", fault, frozenset(("pickup", "primer"))
    last = sections[-1]
    melody = melody_of(settings, last.name) if settings.loops else None
    if melody is not None and melody.begins_in_last(pickup.steps, last.bars * bar_steps):
        fault = Fault(
            f"it leads back at the end of {last.name}, where the melody of {melody.section} has "
            "notes of its own",
            f"end that melody {pickup.steps} steps before its last bar does, or give {last.name} "
            "a bar more",
        )
        yield "pickup", fault, frozenset(("pickup", "melody", "form", "length"))
    pitches = [note.pitch for note in pickup.notes]
    if min(pitches) < TUNE_LOWEST or max(pitches) > TUNE_HIGHEST:
        fault = Fault("it lies outside E3 to A6, the range of a lead voice", "move it by octaves")
        yield "pickup", fault, frozenset(("pickup",))
