from __future__ import annotations

import copy
import pickle

import pytest

from chipassets.runtime import Loop, Rule, Section, Statement


def test_values_with_equal_fields_are_equal() -> None:
    section = Section("A", 0, bars=4)
    assert section == Section(name="A", start_bar=0, bars=4)
    assert hash(section) == hash(Section("A", 0, 4))
    assert section != Section("A", 0, 5)
    assert Loop(0, 1, 2, 3) != Statement("hero", 0, 1, 2)
    assert repr(section) == "Section(name='A', start_bar=0, bars=4)"
    assert Statement("hero", 0, 1, 2).transposition == 0
    for same in (copy.copy(section), copy.deepcopy(section), pickle.loads(pickle.dumps(section))):
        assert same == section


def test_a_value_is_frozen_and_replaced() -> None:
    section = Section("A", 0, 4)
    with pytest.raises(AttributeError, match="frozen; 'bars' cannot be set"):
        section.bars = 5  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen; 'bars' cannot be deleted"):
        del section.bars
    assert section.replace(bars=5) == Section("A", 0, 5)
    assert section.bars == 4
    with pytest.raises(TypeError, match="Section takes name, start_bar, bars"):
        section.replace(beats=5)


@pytest.mark.parametrize(
    ("values", "named"),
    [(("A",), {}), (("A", 0, 4, 4), {}), (("A", 0, 4), {"bars": 4}), ((), {"beats": 4})],
)
def test_a_value_takes_each_of_its_fields_once(
    values: tuple[object, ...], named: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="Section takes name, start_bar, bars; given were"):
        Section(*values, **named)  # type: ignore[arg-type]


def test_a_rule_is_checked_when_it_is_replaced_too() -> None:
    rule = Rule("*", "*", "now", 100)
    with pytest.raises(ValueError, match="fade_ms is -1"):
        rule.replace(fade_ms=-1)
