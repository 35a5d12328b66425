"""Cells: what is kept of a bar that the model proposed, and what makes one worth keeping."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.cells import Cell, CellNote, cell_of, is_bass, is_tune, traits_of
from chipassets.compose.harmonies import diatonic
from chipassets.music.keys import MODES, Key

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(MODES)))


@st.composite
def lines(draw: st.DrawFn, bar_steps: int = 16) -> list[tuple[int, int, int]]:
    """A bar of one voice: (step, steps, pitch), in order, none overlapping."""
    starts = sorted(draw(st.sets(st.integers(0, bar_steps - 1), min_size=1, max_size=10)))
    return [
        (start, draw(st.integers(1, end - start)), draw(st.integers(40, 90)))
        for start, end in zip(starts, [*starts[1:], bar_steps], strict=True)
    ]


def cell(*notes: tuple[int, ...], bar_steps: int = 16) -> Cell:
    return Cell(tuple(CellNote(*note) for note in notes), bar_steps)


@given(st.integers(0, 127), KEYS)
def test_degree_and_alteration_give_the_pitch_again(pitch: int, key: Key) -> None:
    degree, alteration = diatonic(pitch, key)
    assert alteration in (-1, 0, 1)
    octave, step = divmod(degree, 7)
    tonic = 60 + (key.tonic + 6) % 12 - 6
    assert tonic + 12 * octave + key.harmony_scale[step] + alteration == pitch
    assert (alteration == 0) == ((pitch - key.tonic) % 12 in key.harmony_scale)


@given(lines(), KEYS)
def test_a_cell_keeps_the_rhythm_and_begins_at_degree_0(
    line: list[tuple[int, int, int]], key: Key
) -> None:
    made = cell_of(line, key, 16)
    assert made is not None
    assert made.rhythm == tuple(step for step, *_ in line)
    assert made.notes[0].degree == 0
    assert made.notes[-1].end <= 16
    assert all(a.end <= b.step for a, b in pairwise(made.notes))
    for note, (_, steps, _) in zip(made.notes, line, strict=True):
        # A gap of one step is closed, every other stays.
        assert note.steps - steps in (0, 1)
    assert sum(made.gaps) == 16 - made.rhythm[0]


@given(lines(), KEYS, st.sampled_from([-12, 12]))
def test_a_cell_is_the_same_in_every_octave(
    line: list[tuple[int, int, int]], key: Key, octave: int
) -> None:
    moved = [(step, steps, pitch + octave) for step, steps, pitch in line]
    assert cell_of(moved, key, 16) == cell_of(line, key, 16)


def test_an_alteration_stays_where_it_resolves() -> None:
    major = Key(0, "major")
    passing = cell_of([(0, 4, 60), (4, 4, 61), (8, 8, 62)], major, 16)
    leaping = cell_of([(0, 4, 60), (4, 4, 61), (8, 8, 67)], major, 16)
    assert passing is not None
    assert leaping is not None
    assert [note.alteration for note in passing.notes] == [0, 1, 0]
    assert [note.alteration for note in leaping.notes] == [0, 0, 0]
    assert cell_of([], major, 16) is None


def test_a_cell_measures_its_onsets_range_and_leaps() -> None:
    found = traits_of(cell((0, 4, 0), (4, 2, 1), (6, 4, 3), (10, 1, 3), (11, 5, -3)), 4)
    assert found.onsets == 5
    assert found.values == 4
    assert found.longest == 5
    # The note at 6 sounds over the beat at 8, that at 11 over the one at 12; at 10 it does not.
    assert found.syncopation == 2
    assert found.odd == 1
    assert (found.steps, found.skips, found.leaps, found.same) == (1, 1, 1, 1)
    assert found.turns == 0
    assert found.commonest == pytest.approx(2 / 5)
    assert found.entropy == pytest.approx(1.9219, abs=1e-4)


def test_the_felt_beat_decides_what_is_syncopated() -> None:
    lilt = cell((0, 4, 0), (4, 2, 1), (6, 4, 2), (10, 2, 1), bar_steps=12)
    assert traits_of(lilt, 6).syncopation == 0
    assert traits_of(lilt, 4).syncopation == 1


@pytest.mark.parametrize(
    ("made", "tune", "bass"),
    [
        (cell((0, 4, 0), (4, 2, 1), (6, 2, 2), (8, 8, 1)), True, True),
        (cell((0, 8, 0), (8, 8, 0)), False, True),  # two notes are no motif
        (cell(*((2 * n, 2, 0) for n in range(8))), False, False),  # a drill on one tone
        (cell((8, 4, 0), (12, 2, 1), (14, 2, 2)), False, False),  # begins too late
        (cell((0, 4, 0), (4, 4, 12), (8, 8, 1)), False, False),  # wider than a voice sings
        (cell((1, 6, 0), (7, 2, 1), (9, 7, 2)), False, False),  # hangs in the air
    ],
)
def test_cells_fit_a_tune_or_a_bass_by_rhythm_and_range(made: Cell, tune: bool, bass: bool) -> None:
    traits = traits_of(made, 4)
    assert is_tune(made, traits) == tune
    assert is_bass(made, traits) == bass


def test_a_cell_reads_as_text() -> None:
    assert cell((0, 4, 0), (6, 2, -1)).text() == "x---..x-........ 0 -1"
