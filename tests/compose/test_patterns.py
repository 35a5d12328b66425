"""Broken chords: the order in which they take the tones of a chord, and what they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose import ideas, patterns
from chipassets.compose.context import Context
from chipassets.compose.patterns import broken
from chipassets.music.keys import Key
from chipassets.music.notes import INNER
from tests.compose.conftest import MakePlan, harmony_in
from tests.compose.test_inner import context_of

ORDERS: tuple[tuple[int, ...], ...] = vars(patterns)["_ORDERS"]
HOLES: tuple[tuple[int, ...], ...] = vars(patterns)["_HOLES"]


def drawn(context: Context, unit: int, order: int, holes: int = 0, breathes: float = 0.99) -> None:
    """Settle what chance would draw for the whole take."""
    for bar in range(context.bars):
        letter = context.plan.section_at(bar).like(INNER)
        context.memory["order", letter, unit] = (order + 0.5) / len(ORDERS)
        context.memory["holes", letter, unit] = (holes + 0.5) / len(HOLES)
        context.memory["breathes", bar] = breathes


def of_one_chord(context: Context) -> list[int]:
    """The bars over which one chord sounds."""
    steps, at = context.bar_steps, context.harmony.at
    return [bar for bar in range(context.bars) if len(set(at[bar * steps :][:steps])) == 1]


def ranks(values: Sequence[int]) -> list[int]:
    """The place of each among those that differ, from the lowest."""
    return [sorted(set(values)).index(value) for value in values]


def test_an_order_skips_no_tone_and_no_two_are_the_same() -> None:
    """The fourth of three tones is the first an octave up, so that four are the most."""
    assert len(set(ORDERS)) == len(ORDERS)
    for order in ORDERS:
        assert set(order) == set(range(min(order), max(order) + 1))
        assert max(order) <= 3
        assert min(order) <= 1


def test_an_order_strikes_no_tone_twice_in_a_row_but_its_first() -> None:
    for order in ORDERS:
        struck = [place for place, (a, b) in enumerate(pairwise(order)) if a == b]
        assert struck in ([], [0])
        assert order[-1] != order[0]


@pytest.mark.parametrize("unit", [1, 2])
def test_a_broken_chord_takes_the_tones_in_its_order(make_plan: MakePlan, unit: int) -> None:
    """From the first bar of a section on and across its bar lines; on a beat it may give way."""
    heard = 0
    for number, order in enumerate(ORDERS):
        context = context_of(make_plan, ideas.ARPEGGIO)
        drawn(context, unit, number)
        for bar in of_one_chord(context):
            first = (bar - context.plan.section_at(bar).section.start_bar) * context.bar_steps
            off = [note for note in broken(context, bar, unit) if note[0] % context.pulse_steps]
            turns = [order[(first + step) // unit % len(order)] for step, _, _ in off]
            assert ranks([pitch for _, _, pitch in off]) == ranks(turns), (order, bar)
            assert all(length == unit for _, length, _ in off)
            heard += 1
    assert heard > 2 * len(ORDERS)


@pytest.mark.parametrize("tones", [[50, 54, 57], [50, 54, 57, 60]])
def test_the_fourth_of_three_tones_is_the_lowest_an_octave_up(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch, tones: list[int]
) -> None:
    monkeypatch.setattr(patterns, "smooth_voicing", lambda *_: tones)
    for number, order in enumerate(ORDERS):
        context = context_of(make_plan, ideas.ARPEGGIO)
        drawn(context, 1, number)
        of_order = [*tones, 62][: max(order) + 1]
        bars = [broken(context, bar, 1) for bar in range(context.bars)]
        heard = {pitch for bar in bars for _, _, pitch in bar}
        assert heard <= {*of_order, *tones}  # a beat may give way to another tone of the chord
        assert of_order[-1] in heard
        off = {pitch for bar in bars for step, _, pitch in bar if step % context.pulse_steps}
        assert off <= set(of_order)


def test_what_takes_the_place_of_a_rubbing_tone_is_not_struck_twice(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "smooth_voicing", lambda *_: [50, 54, 57, 60])
    monkeypatch.setattr(patterns, "rubs", lambda *_: True)
    for number, order in enumerate(ORDERS):
        if any(a == b for a, b in pairwise(order)):
            continue
        context = context_of(make_plan, ideas.ARPEGGIO)
        drawn(context, 1, number)
        heard = [pitch for _, _, pitch in broken(context, 1, 1)]
        again = [at for at, (a, b) in enumerate(pairwise(heard), 1) if a == b]
        assert not again, (order, heard)


def test_a_chord_that_comes_in_is_not_begun_on_the_pitch_just_struck(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was the third tone of one chord may be the second of the next, or the fourth."""
    lies = {0: [50, 54, 57, 60], 1: [54, 57, 60, 64], 2: [47, 50, 54, 57], 3: [57, 60, 64, 67]}
    monkeypatch.setattr(patterns, "smooth_voicing", lambda _, chord, *__: lies[chord % 4])
    chords = [["Dm", "F"], ["Am", "F"], ["Bb", "Dm"], ["Gm", "Bb"]] * 2
    monkeypatch.setattr(patterns, "rubs", lambda *_: False)
    for number, order in enumerate(ORDERS):
        if any(a == b for a, b in pairwise(order)):
            continue
        context = context_of(make_plan, ideas.ARPEGGIO)
        context = replace(context, harmony=harmony_in(chords, Key(2, "minor")))
        drawn(context, 2, number)
        for bar in range(len(chords)):
            heard = [pitch for _, _, pitch in broken(context, bar, 2)]
            assert all(a != b for a, b in pairwise(heard)), (order, bar, heard)


def test_a_hole_is_a_place_in_every_eight_notes(make_plan: MakePlan) -> None:
    """Of 16ths none that begins an eighth is left out."""
    for number, holes in enumerate(HOLES):
        for unit in (1, 2):
            context = context_of(make_plan, ideas.ARPEGGIO)
            drawn(context, unit, 0, holes=number)
            places = range(context.bar_steps // unit)
            wanted = [p for p in places if p % 8 not in holes or (unit == 1 and p % 2 == 0)]
            assert [step // unit for step, _, _ in broken(context, 1, unit)] == wanted


def test_a_broken_chord_that_breathes_holds_the_nearest_tone_from_the_middle(
    make_plan: MakePlan,
) -> None:
    context = context_of(make_plan, ideas.ARPEGGIO)
    closing = next(bar for bar in of_one_chord(context) if context.closes_phrase(bar))
    drawn(context, 2, 0)
    whole = broken(context, closing, 2)
    drawn(context, 2, 0, breathes=0.0)
    *moving, (step, length, pitch) = broken(context, closing, 2)
    assert moving == [note for note in whole if note[0] < context.bar_steps // 2]
    assert (step, length) == (context.bar_steps // 2, context.bar_steps // 2)
    tones = {tone for _, _, tone in whole}
    last = moving[-1][2]
    assert abs(pitch - last) == min(abs(tone - last) for tone in tones)


def test_only_the_close_of_a_phrase_breathes(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.ARPEGGIO)
    drawn(context, 2, 0, breathes=0.0)
    for bar in range(context.bars):
        held = [length for _, length, _ in broken(context, bar, 2) if length > 2]
        assert bool(held) == context.closes_phrase(bar)
