"""Gestures: two bars in one breath, in the plan, in the choice and in the tune."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from chipassets.compose import breaths, piece
from chipassets.compose.breaths import BREATHS, LONG, draw_breath, phrase_bars, words_of
from chipassets.compose.cells import Cell, CellNote, is_gesture, traits_of
from chipassets.compose.composer import sketch
from chipassets.compose.gestures import choose_gestures, head_of, paired
from chipassets.compose.material import Material
from chipassets.compose.planning import plan_piece
from chipassets.compose.tunebar import TuneBar, tune_notes
from tests.compose.conftest import METRES, MakePlan, material_in


def a_gesture(*notes: tuple[int, int, int]) -> Cell:
    return Cell(tuple(CellNote(*note) for note in notes), 32)


SUNG = ((2, 4, 0), (6, 2, 1), (8, 4, 2), (12, 8, 1), (20, 2, 0), (22, 10, -1))


@pytest.mark.parametrize(
    ("notes", "fits"),
    [
        (SUNG, True),
        (SUNG[:3], False),
        (((9, 3, 0), *SUNG[3:]), False),
        (((0, 2, 0), (2, 2, 1), (4, 2, 2), (6, 4, 1)), False),
        (((0, 2, 0), (2, 2, 0), (4, 4, 0), (8, 8, 0), (16, 16, 0)), False),
        (((0, 2, 0), (2, 2, 6), (4, 4, 11), (8, 8, 5), (16, 16, 3)), False),
        (((0, 2, 0), (2, 2, 1), (4, 4, 2), (8, 24, 1)), False),
    ],
    ids=["sung", "too few", "too late", "empty second bar", "one pitch", "too wide", "too long"],
)
def test_a_gesture_has_notes_in_both_bars_and_a_narrow_range(
    notes: tuple[tuple[int, int, int], ...], fits: bool
) -> None:
    cell = a_gesture(*notes)
    assert is_gesture(cell, traits_of(cell, 4)) == fits


@pytest.mark.parametrize("bars", range(1, 9))
def test_every_phrase_has_its_bars_and_closes(bars: int) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        words = words_of(bars, seed % 3 / 2, seed % 2 == 0, rng)
        assert len(words) == bars
        assert words[-1] == "C"
        for index, word in enumerate(words):
            assert (word == "-") == (index > 0 and words[index - 1] in "MN")
            if word.startswith("="):
                source = int(word[1:])
                # A gesture that comes again comes with both of its bars, or is cut off.
                assert source < index
                assert source == 0 or words[index - 1] == f"={source - 1}"


@pytest.mark.parametrize("breath", BREATHS)
def test_phrases_fill_every_section(breath: str) -> None:
    for bars in range(1, 65):
        left, found = bars, []
        while left:
            found.append(phrase_bars(left, breath))
            left -= found[-1]
        assert left == 0
        assert max(found) <= (8 if breath == LONG else 4)
        # No phrase of a single bar where the section has room for more.
        assert min(found) > 1 or bars == 1


def test_literal_pieces_repeat_bars_and_contrasting_sections_seldom_do() -> None:
    def shares(literal: float, contrasts: bool) -> float:
        found = [
            words_of(8, literal, contrasts, np.random.default_rng(seed)) for seed in range(400)
        ]
        return sum("=0" in words for words in found) / len(found)

    assert shares(1.0, False) == 1.0
    assert 0.4 < shares(0.0, False) < 0.6
    assert shares(0.0, True) < 0.2
    assert draw_breath((0.2, 0.5), 0.19) == breaths.CELLS
    assert draw_breath((0.2, 0.5), 0.2) == breaths.GESTURES
    assert draw_breath((0.2, 0.5), 0.5) == LONG


def test_the_head_of_a_gesture_is_its_first_bar() -> None:
    head = head_of(a_gesture(*SUNG), 4)
    assert head is not None
    assert [(note.step, note.steps) for note in head.notes] == [(2, 4), (6, 2), (8, 4), (12, 4)]
    assert head.bar_steps == 16
    assert head_of(a_gesture((0, 8, 0), (8, 8, 1), (16, 8, 2), (24, 8, 3)), 4) is None
    both = paired(head, head)
    assert both.bar_steps == 32
    assert [note.step for note in both.notes] == [2, 6, 8, 12, 18, 22, 24, 28]


@pytest.mark.parametrize("metre", METRES)
def test_gestures_come_from_the_material(make_plan: MakePlan, metre: str) -> None:
    beats, pulse = METRES[metre]
    used = 0
    for seed in range(60):
        track = make_plan(bars=16, seed=seed, beats_per_bar=beats, pulse_steps=pulse)
        plan = plan_piece(track, 0)
        kinds = {slot.kind for phrase in plan.phrases for slot in phrase.slots}
        rng = np.random.default_rng(seed)
        found, reply = choose_gestures(plan, material_in(metre), pulse, rng)
        if not kinds & {piece.GESTURE, piece.REPLY}:
            assert (found, reply) == ({}, None)
            continue
        used += 1
        assert set(found) == {section.letter for section in plan.sections}
        rhythms = {item.cell.rhythm for item in material_in(metre).gestures}
        assert reply is not None
        assert {cell.rhythm for cell in (*found.values(), reply)} <= rhythms
        nothing = Material((), (), 0)
        assert choose_gestures(plan, nothing, pulse, rng) == ({}, None)
    assert used >= 5


def test_a_note_that_sounds_over_the_bar_line_ends_where_the_next_begins() -> None:
    first = TuneBar((CellNote(0, 4, 0), CellNote(12, 12, 1)), (60, 62), "A", "plain", 0)
    second = TuneBar((CellNote(4, 4, 0),), (64,), "A", "plain", 0)
    empty = TuneBar((), (), "held", "plain", 0)
    notes = tune_notes((first, second), 16)
    assert [(n.start_step, n.duration_steps) for n in notes] == [(0, 4), (12, 8), (20, 4)]
    assert [n.duration_steps for n in tune_notes((first, empty), 16)] == [4, 12]
    assert [n.duration_steps for n in tune_notes((first,), 16)] == [4, 4]


def test_some_tunes_hold_notes_over_bar_lines_or_begin_after_the_downbeat(
    make_plan: MakePlan,
) -> None:
    over, late, bars = Counter[bool](), Counter[bool](), 0
    for seed in range(24):
        track = replace(make_plan(bars=16, seed=seed), avoid=())
        made = sketch(track, material_in("4/4"), 0)
        lead = [note for note in made.score.notes if note.part == "lead"]
        starts = {note.start_step for note in lead}
        for bar in range(1, 16):
            bars += 1
            late[bar * 16 not in starts] += 1
            over[any(n.start_step < bar * 16 < n.end_step for n in lead)] += 1
    assert over[True] > 0.02 * bars
    assert 0.08 * bars < late[True] < 0.6 * bars
