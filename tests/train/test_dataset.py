"""From pieces to sequences: keys, bars, controls, and a split that no piece straddles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.codec import END, START, STEP_END, decode_events
from chipassets.compose.controls import UNKNOWN
from chipassets.errors import UsageError
from chipassets.train import control_inputs as controls
from chipassets.train.building import build_dataset, is_held_out
from chipassets.train.dataset import load_dataset, save_dataset
from chipassets.train.keyfinding import canonical_shift, find_key
from chipassets.train.metre import family, spans
from chipassets.train.music import Metre
from chipassets.train.selection import Selection
from chipassets.train.slices import HIGHEST_PITCH, LOWEST_PITCH, SliceRules
from tests.train.conftest import MakePiece, tune


@given(st.integers(-20, 20), st.integers(0, 500))
def test_a_transposed_tune_has_the_transposed_key(shift: int, seed: int) -> None:
    notes = list(tune(8, 60, seed))
    tonic, mode = find_key(notes)
    moved = find_key([(s, d, p + shift) for s, d, p in notes])
    assert moved == ((tonic + shift) % 12, mode)


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ([(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)], (0, "major")),
        ([(57, 60, 64), (62, 65, 69), (64, 68, 71), (57, 60, 64)], (9, "minor")),
    ],
)
def test_a_cadence_has_the_key_it_closes(
    chords: list[tuple[int, ...]], key: tuple[int, str]
) -> None:
    notes = [(4 * k, 4, pitch) for k, chord in enumerate(chords) for pitch in chord]
    assert find_key(notes) == key


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_the_shift_leads_home_by_the_nearest_way(tonic: int, mode: str) -> None:
    shift = canonical_shift(tonic, mode)
    assert -6 <= shift <= 5
    assert (tonic + shift) % 12 == {"major": 0, "minor": 9}[mode]


@pytest.mark.parametrize(
    ("written", "metre"),
    [
        *(((n, d), "4/4") for n, d in ((4, 4), (2, 4), (2, 2), (4, 2))),
        *(((n, d), "3/4") for n, d in ((3, 4), (6, 4))),
        *(((n, d), "6/8") for n, d in ((3, 8), (6, 8), (12, 8))),
        *(((n, d), "") for n, d in ((5, 4), (7, 8), (9, 8), (1, 64))),
    ],
)
def test_metres_belong_to_families(written: tuple[int, int], metre: str) -> None:
    assert family(*written)[0] == metre


def test_a_pickup_that_was_not_padded_moves_the_bar_line() -> None:
    bar = [(0, 8, 36), (0, 8, 60), (8, 4, 43), (12, 2, 62), (14, 2, 64)]
    notes = [(16 * k + s + 4, d, p) for k in range(8) for s, d, p in bar]
    notes = [(0, 2, 65), (2, 2, 67), *notes]
    assert [span.start_step for span in spans(notes, (Metre(0, 4, 4),))] == [4]


def test_a_change_of_metre_starts_a_new_span() -> None:
    notes = [(4 * k, 4, 60) for k in range(40)]
    found = spans(notes, (Metre(0, 4, 4), Metre(64, 3, 4)))
    assert [(s.start_step, s.end_step, s.metre) for s in found] == [
        (0, 64, "4/4"),
        (64, 160, "3/4"),
    ]


def test_sequences_are_in_c_in_range_and_say_so(make_piece: MakePiece) -> None:
    pieces = [make_piece(seed=seed, tonic=40 + 7 * seed) for seed in range(8)]
    dataset = build_dataset(pieces)
    for index in range(len(dataset)):
        events = dataset.sequence(index)
        assert (events[0], events[-1]) == (START, END)
        notes, steps = decode_events(events)
        assert steps == 256
        assert all(LOWEST_PITCH <= pitch <= HIGHEST_PITCH for _, _, pitch in notes)
        assert {pitch % 12 for _, _, pitch in notes} <= {0, 2, 4, 5, 7, 9, 11}
        density = controls.DENSITY.bucket(controls.density(notes, steps))
        assert dataset.controls[index, 1] == density


def test_the_position_is_that_of_the_event_to_come(make_piece: MakePiece) -> None:
    dataset = build_dataset([make_piece(seed=seed, metre=(3, 4)) for seed in range(3)])
    events, rows = dataset.sequence(0), dataset.input_rows(0)
    step = 0
    for target, row in zip(events[1:], rows, strict=True):
        assert row[0] == controls.position_row("3/4", step)
        step += int(target == STEP_END)


def test_unknown_metres_have_no_position(make_piece: MakePiece) -> None:
    dataset = build_dataset([make_piece(seed=seed, metre=(5, 4)) for seed in range(3)])
    assert (dataset.input_rows(0)[:, 0] == UNKNOWN).all()


def test_pieces_on_an_8th_grid_also_come_in_double_time(make_piece: MakePiece) -> None:
    slow = make_piece(seed=1, bars=16)
    notes = tuple((2 * s, 2 * d, p) for s, d, p in slow.notes)
    stretched = type(slow)(*(slow.file, "s", "l", "st", slow.content_sha256, notes, slow.metres))
    with_copies = build_dataset([stretched, make_piece(seed=2)])
    without = build_dataset([stretched, make_piece(seed=2)], rules=SliceRules(double_time=False))
    assert len(with_copies) == len(without) + 1


def test_the_split_depends_on_nothing_but_the_piece(make_piece: MakePiece) -> None:
    few = build_dataset([make_piece(seed=s) for s in range(20)], eval_ratio=0.4)
    many = build_dataset([make_piece(seed=s) for s in range(40)], eval_ratio=0.4)
    assert np.array_equal(few.is_eval, many.is_eval[: len(few)])
    assert 0 < few.is_eval.sum() < len(few)


@given(st.floats(0, 1), st.integers(0, 2**40))
def test_a_larger_ratio_holds_out_no_less(ratio: float, number: int) -> None:
    digest = f"{number:064x}"
    assert not is_held_out(digest, ratio / 2) or is_held_out(digest, ratio)


@pytest.mark.parametrize("ratio", [0.0, 0.9])
def test_neither_part_is_ever_empty(make_piece: MakePiece, ratio: float) -> None:
    dataset = build_dataset([make_piece(seed=s) for s in range(2)], eval_ratio=ratio)
    assert 0 < dataset.is_eval.sum() < len(dataset)


def test_what_is_left_out_is_counted(make_piece: MakePiece) -> None:
    pieces = [make_piece(seed=s) for s in range(3)]
    pieces += [make_piece(seed=7, licence="CC-BY-4.0"), make_piece(seed=8, source="suspect")]
    dataset = build_dataset(pieces, selection=Selection(("CC-BY",), ("suspect",)))
    assert dataset.meta["skipped"] == {"pieces: licence CC-BY": 1, "pieces: source suspect": 1}
    assert dataset.meta["licences"] == {"CC0-1.0": 3}


def test_one_piece_is_not_enough(make_piece: MakePiece) -> None:
    with pytest.raises(UsageError, match="at least two"):
        build_dataset([make_piece()])


def test_a_dataset_file_gives_an_equal_dataset(make_piece: MakePiece, tmp_path: Path) -> None:
    dataset = build_dataset([make_piece(seed=s) for s in range(4)])
    save_dataset(dataset, tmp_path / "d.npz")
    loaded = load_dataset(tmp_path / "d.npz")
    assert loaded.meta == dataset.meta
    for name in ("events", "offsets", "controls", "weights", "is_eval"):
        assert np.array_equal(getattr(loaded, name), getattr(dataset, name))


def test_a_file_of_another_kind_or_vocabulary_is_refused(
    make_piece: MakePiece, tmp_path: Path
) -> None:
    path = tmp_path / "d.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match="chipassets train dataset"):
        load_dataset(path)
    dataset = build_dataset([make_piece(seed=s) for s in range(3)])
    dataset.meta["event_classes"] = 388
    save_dataset(dataset, path)
    with pytest.raises(UsageError, match="another vocabulary"):
        load_dataset(path)
