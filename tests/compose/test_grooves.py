"""The learned groove bank: what it holds, how it is chosen from, how metres are adapted."""

from __future__ import annotations

import numpy as np
import pytest

from chipassets.compose.grooves import (
    FILL_SIZES,
    METRES,
    STYLES,
    DrumBar,
    Groove,
    choose_groove,
    groove_named,
    grooves_of,
)
from chipassets.train.drumbars import KINDS

PLAYED = [style for style in STYLES if style != "none"]


def onsets(bar: DrumBar) -> set[int]:
    return {hit.step for hit in bar}


def bars_of(groove: Groove) -> list[DrumBar]:
    return [*groove.base, *groove.variants, *groove.fills.values()]


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("style", PLAYED)
def test_every_style_has_six_different_grooves_in_every_metre(style: str, metre: str) -> None:
    grooves = grooves_of(style, metre)
    shapes = {tuple((hit.step, hit.kind) for bar in g.base for hit in bar) for g in grooves}
    assert len(shapes) >= 6
    assert len({groove.name for groove in grooves}) == len(grooves)


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("style", PLAYED)
def test_bars_stand_on_the_grid_of_their_metre(style: str, metre: str) -> None:
    for groove in grooves_of(style, metre):
        assert groove.metre == metre
        assert 1 <= len(groove.base) <= 2
        assert set(groove.fills) == set(FILL_SIZES)
        assert 0 <= groove.energy <= 1
        for bar in bars_of(groove):
            assert all(0 <= hit.step < METRES[metre] for hit in bar)
            assert all(hit.kind in KINDS and 0 < hit.velocity <= 1 for hit in bar)
            assert list(bar) == sorted(bar, key=lambda hit: (hit.step, hit.kind))
        assert all(onsets(bar) for bar in groove.base)


def test_a_small_fill_leaves_the_base_alone_until_the_last_beat() -> None:
    for style in PLAYED:
        for groove in grooves_of(style, "4/4"):
            if "@" in groove.name:
                continue
            last = [(hit.step, hit.kind) for hit in groove.base[-1] if hit.step < 12]
            fill = [(hit.step, hit.kind) for hit in groove.fills["small"] if hit.step < 12]
            assert fill == last, groove.name


def test_the_energy_asked_for_decides() -> None:
    rng = np.random.default_rng(1)
    calm = [choose_groove(rng, 0.1, "rock").energy for _ in range(40)]
    wild = [choose_groove(rng, 0.9, "rock").energy for _ in range(40)]
    assert max(calm) < min(wild)


def test_the_same_random_numbers_choose_the_same_groove() -> None:
    names = [choose_groove(np.random.default_rng(5), 0.5, "drive").name for _ in range(2)]
    assert names[0] == names[1]
    others = {choose_groove(np.random.default_rng(n), 0.5, "drive").name for n in range(30)}
    assert len(others) > 3


def test_what_is_avoided_comes_only_when_nothing_else_is_left() -> None:
    rng = np.random.default_rng(2)
    taken: list[str] = []
    count = len(grooves_of("march", "4/4"))
    for _ in range(count):
        taken.append(choose_groove(rng, 0.4, "march", avoid=frozenset(taken)).name)
    assert len(set(taken)) == count
    assert choose_groove(rng, 0.4, "march", avoid=frozenset(taken)).name in taken


def test_an_adapted_groove_is_avoided_with_its_original() -> None:
    rng = np.random.default_rng(3)
    three = choose_groove(rng, 0.4, "rock", "3/4")
    stem = three.name.partition("@")[0]
    for _ in range(60):
        fresh = choose_groove(rng, 0.4, "rock", "3/4", frozenset({stem}))
        assert fresh.name.partition("@")[0] != stem


def test_a_name_finds_its_groove_again() -> None:
    for style in PLAYED:
        for metre in METRES:
            for groove in grooves_of(style, metre):
                assert groove_named(groove.name) == groove


def test_three_beats_keep_the_first_second_and_last() -> None:
    for groove in grooves_of("rock", "3/4"):
        original = groove_named(groove.name.partition("@")[0])
        for bar, source in zip(groove.base, original.base, strict=False):
            for beat, of in ((0, 0), (1, 1), (2, 3)):
                here = {hit.step - 4 * beat for hit in bar if hit.step // 4 == beat}
                there = {hit.step - 4 * of for hit in source if hit.step // 4 == of}
                assert here == there


def test_a_straight_groove_shuffles_by_moving_its_offbeats() -> None:
    adapted = [groove for groove in grooves_of("shuffle", "4/4") if "@" in groove.name]
    assert adapted
    for groove in adapted:
        assert all(step % 4 in (0, 3) for bar in groove.base for step in onsets(bar))


def test_silence_is_a_groove_too() -> None:
    none = choose_groove(np.random.default_rng(0), 0.7, "none", "3/4")
    assert none.base == ((),)
    assert none.metre == "3/4"


@pytest.mark.parametrize(
    ("style", "metre", "said"), [("polka", "4/4", "polka"), ("rock", "11/8", "11/8")]
)
def test_unknown_words_are_refused_by_name(style: str, metre: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        grooves_of(style, metre)


@pytest.mark.parametrize("name", ["rock", "rock-999", "rock-01@11/8", "@3/4", ""])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a groove"):
        groove_named(name)
