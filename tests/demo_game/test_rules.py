from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_game.adventure import Adventure
from demo_game.clock import Pace
from demo_game.controls import BUTTONS, DIRECTIONS, Controls
from demo_game.dice import Dice, scatter
from demo_game.fight import KINDS, Action, Fight
from demo_game.world import LANDMARKS, PLACES, Place


@given(st.integers(0, 2**40), st.integers(1, 300))
def test_dice_stay_in_range_and_repeat(seed: int, sides: int) -> None:
    rolls = [Dice(seed).roll(sides) for _ in range(2)]
    assert rolls[0] == rolls[1]
    assert 0 <= rolls[0] < sides


def test_dice_are_fair() -> None:
    dice = Dice(1)
    counts = [0] * 6
    for _ in range(6000):
        counts[dice.roll(6)] += 1
    assert max(abs(count - 1000) for count in counts) < 150


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 99))
def test_scatter_stays_in_range(x: int, y: int, sides: int) -> None:
    assert 0 <= scatter(x, y, sides) < sides


@pytest.mark.parametrize("place", PLACES.values(), ids=lambda place: place.name)
def test_maps_are_rectangles_and_everything_can_be_reached(place: Place) -> None:
    assert {len(row) for row in place.rows} == {place.width}
    start = place.find("@") if place.name == "overworld" else place.find("X")
    goals = [letter for name, letter in LANDMARKS.values() if name == place.name]
    for letter in [*goals, *(who for who, _ in place.folk)]:
        assert place.path(start, place.find(letter)), letter


def test_a_path_leads_there_over_free_spots() -> None:
    place = PLACES["overworld"]
    x, y = place.find("@")
    way = place.path((x, y), place.find("H"))
    for direction in way:
        x, y = x + DIRECTIONS[direction][0], y + DIRECTIONS[direction][1]
        assert place.is_free(x, y)
    assert (x, y) == place.find("H")


def test_the_roads_are_safe() -> None:
    place = PLACES["overworld"]
    assert not any(
        place.is_wild(x, y)
        for y in range(place.height)
        for x in range(place.width)
        if place.letter(x, y) in "=b@"
    )


@given(st.integers(0, 1000), st.sampled_from(sorted(KINDS)), st.data())
def test_every_fight_keeps_its_numbers_in_range(seed: int, kind: str, data: st.DataObject) -> None:
    hero = Adventure(Dice(seed))
    fight = Fight(hero, kind)
    actions: tuple[Action, ...] = ("attack", "heal", "flee")
    for _ in range(200):
        if fight.outcome:
            break
        fight.act(data.draw(st.sampled_from(actions)))
        assert 0 <= hero.hp <= hero.most_hp
        assert 0 <= fight.foe_hp <= fight.foe.hp
        assert hero.potions >= 0
    assert (fight.outcome == "lost") == (hero.hp == 0)
    assert (fight.outcome == "won") == (fight.foe_hp == 0)


def test_the_boss_lets_nobody_go() -> None:
    fight = Fight(Adventure(Dice(3)), "wyrm")
    for _ in range(3):
        fight.act("flee")
    assert fight.outcome != "fled"


def test_experience_makes_levels() -> None:
    hero = Adventure(Dice(1))
    hero.hp = 5
    assert hero.gain(100, 10)
    assert hero.level > 2
    assert hero.hp == hero.most_hp
    assert hero.gold == 30


@given(st.frozensets(st.sampled_from(BUTTONS)), st.frozensets(st.sampled_from(BUTTONS)))
def test_a_button_is_pressed_once(first: frozenset[str], second: frozenset[str]) -> None:
    controls = Controls().next(first).next(second)
    assert controls.held == second
    assert controls.pressed == second - first


@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=60))
def test_game_steps_follow_the_clock_and_a_stall_is_not_caught_up(busy: list[float]) -> None:
    now, steps = 0.0, 0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = Pace(lambda: now, sleep)
    for seconds in busy:
        now += seconds
        found = pace.wait()
        assert 1 <= found <= 6
        steps += found
    assert steps <= now * 60 + 1
    if max(busy) < 0.1:
        assert steps == pytest.approx(now * 60, abs=1.01)
