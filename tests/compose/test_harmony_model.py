"""Phrases of chords from the learned model: cadences, surprises, rhythm, and no bad habits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from chipassets.compose.harmony_model import CADENCES, Phrase, forget_phrases, sample_phrase
from chipassets.compose.harmony_rules import Slot, faults
from chipassets.music.chords import parse_chord
from chipassets.music.keys import MODES, Key

LEARNED = ("major", "minor", "dorian", "mixolydian", "phrygian")
MAJOR_SURPRISES = frozenset({"V/V", "V7/V", "V7/vi", "iv", "bVII"})


def draw(
    mode: str,
    cadence: str,
    seed: int,
    bars: int = 4,
    first: str | None = None,
    colour: float = 0.5,
    rhythm: float = 0.5,
) -> Phrase:
    return sample_phrase(np.random.default_rng(seed), mode, bars, first, cadence, colour, rhythm)


def changes(phrase: Phrase) -> list[str]:
    texts = [text for bar in phrase for text in bar]
    return [text for text, _ in itertools.groupby(texts)]


def root(text: str, mode: str) -> int:
    return parse_chord(text, Key(0, mode)).root


def slots_of(*bars: str) -> list[Slot]:
    slots = []
    for number, bar in enumerate(bars):
        slots += [Slot(2 * number + half, text) for half, text in enumerate(bar.split())]
    return slots


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cadence", CADENCES)
@pytest.mark.default_cases(36)
def test_a_phrase_has_one_or_two_chords_a_bar_that_can_be_read(mode: str, cadence: str) -> None:
    for seed, bars in enumerate((1, 2, 8)):
        phrase = draw(mode, cadence, seed, bars)
        assert len(phrase) == bars
        assert all(len(bar) in (1, 2) for bar in phrase)
        for text in changes(phrase):
            parse_chord(text, Key(0, mode))


@pytest.mark.parametrize(
    ("mode", "cadence", "before", "last"),
    [
        ("major", "half", None, {7}),
        ("minor", "half", None, {7}),
        ("phrygian", "half", None, {1, 10}),
        ("major", "closed", {7}, {0}),
        ("minor", "closed", {7}, {0}),
        ("dorian", "closed", {5, 7, 10}, {0}),
        ("mixolydian", "closed", {7, 10}, {0}),
        ("phrygian", "closed", {1, 10}, {0}),
        ("lydian", "closed", {7}, {0}),
        ("major", "deceptive", {7}, {9}),
        ("minor", "deceptive", {7}, {8}),
        ("major", "plagal", {5}, {0}),
        ("minor", "plagal", {5}, {0}),
        ("lydian", "plagal", {2}, {0}),
        ("major", "modal", {10}, {0}),
        ("phrygian", "modal", {1, 10}, {0}),
        ("major", "turn", None, {7}),
        ("minor", "turn", None, {7}),
        ("mixolydian", "turn", None, {7, 10}),
        ("major", "open", None, {2, 5, 9}),
    ],
)
def test_a_phrase_ends_with_the_cadence_asked_for(
    mode: str, cadence: str, before: set[int] | None, last: set[int]
) -> None:
    for seed in range(25):
        texts = changes(draw(mode, cadence, seed))
        assert root(texts[-1], mode) in last
        assert before is None or root(texts[-2], mode) in before


def test_the_dominant_of_minor_has_its_leading_tone() -> None:
    for seed in range(25):
        last = changes(draw("minor", "half", seed))[-1]
        assert 11 in parse_chord(last, Key(0, "minor")).pitch_classes


@pytest.mark.parametrize("mode", LEARNED)
def test_phrases_of_four_bars_have_no_faults(mode: str) -> None:
    home = "i" if Key(0, mode).is_minor else "I"
    for cadence in CADENCES:
        for seed in range(12):
            phrase = draw(mode, cadence, seed, first=home, colour=0.8)
            slots, before = [], ""
            for number, bar in enumerate(phrase):
                for half, text in enumerate(bar):
                    if text != before:
                        slots.append(Slot(2 * number + half, text))
                    before = text
            assert faults(slots, mode, 4, frozenset()) == 0, phrase


def test_a_phrase_begins_as_asked() -> None:
    for first in ("I", "IV", "vi", "ii7", "I/3", "bVI"):
        for seed in range(5):
            assert draw("major", "half", seed, first=first)[0][0] == first


def test_phrases_are_the_same_after_what_is_kept_was_given_up() -> None:
    before = [draw("minor", "half", seed) for seed in range(5)]
    forget_phrases()
    assert [draw("minor", "half", seed) for seed in range(5)] == before


def test_without_colour_every_chord_is_of_the_mode() -> None:
    scale = set(MODES["major"])
    for seed in range(40):
        for text in changes(draw("major", "half", seed, colour=0.0)):
            assert parse_chord(text, Key(0, "major")).pitch_classes <= scale


def surprises(phrase: Phrase) -> int:
    scale = set(MODES["major"])
    return sum(
        not parse_chord(text, Key(0, "major")).pitch_classes <= scale for text in changes(phrase)
    )


def test_more_colour_means_more_surprises_but_one_a_phrase_at_most() -> None:
    counts = {
        colour: [surprises(draw("major", "half", seed, colour=colour)) for seed in range(80)]
        for colour in (0.2, 0.9)
    }
    assert sum(counts[0.9]) > 2 * sum(counts[0.2]) > 0
    assert max(counts[0.9]) == 1


def test_more_rhythm_means_more_bars_of_two_chords() -> None:
    shares = [
        sum(len(set(bar)) == 2 for seed in range(60) for bar in draw("minor", "half", seed,
                                                                    rhythm=rhythm))
        for rhythm in (0.0, 0.3, 0.6, 1.0)
    ]  # fmt: skip
    assert shares == sorted(shares)
    assert shares[-1] > 5 * max(shares[0], 1)


def test_the_same_random_numbers_give_the_same_phrase_and_others_others() -> None:
    assert draw("major", "turn", 3) == draw("major", "turn", 3)
    assert len({draw("major", "turn", seed) for seed in range(40)}) > 25


@pytest.mark.parametrize(
    "bars",
    [
        ("I", "V", "IV", "V"),
        ("I", "I", "I V", "I"),
        ("I V", "I V", "I V", "I"),
        ("I", "V7/vi", "IV", "V"),
        ("I", "vii°", "IV", "V"),
        ("I", "IV/5", "V", "I"),
        ("I", "V7/7", "I", "V"),
        ("I", "vi", "V7/V/5 V7/ii", "V"),
        ("I", "Vsus4", "vi", "V"),
    ],
)
def test_what_no_musician_writes_is_a_fault(bars: tuple[str, ...]) -> None:
    assert faults(slots_of(*bars), "major", 4, MAJOR_SURPRISES) > 0


@pytest.mark.parametrize(
    "bars",
    [
        ("I", "vi", "IV", "V"),
        ("I", "V/3", "vi", "IV V"),
        ("I", "V7/vi", "vi", "V"),
        ("I", "IV", "I/5 V7", "I"),
        ("I", "V/5", "I/3", "IV"),
        ("I V7/7", "I/3", "IV", "V"),
        ("IV", "iv", "Vsus4 V", "I"),
    ],
)
def test_what_musicians_write_is_none(bars: tuple[str, ...]) -> None:
    assert faults(slots_of(*bars), "major", 4, MAJOR_SURPRISES) == 0


@pytest.mark.parametrize(
    ("mode", "bars", "first", "cadence", "said"),
    [
        ("major", 4, None, "abrupt", "abrupt"),
        ("major", 0, None, "half", "0"),
        ("ionian", 4, None, "half", "ionian"),
        ("major", 4, "X", "half", "X"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    mode: str, bars: int, first: str | None, cadence: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        sample_phrase(np.random.default_rng(0), mode, bars, first, cadence, 0.5, 0.5)
