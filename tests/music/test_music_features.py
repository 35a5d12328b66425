"""The benchmark's features on a piece of known value, and its distances between sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.music_features import features_of
from benchmarks.music_targets import TABLE, nearness, read_targets, write_table

# Four bars of quarters, C D E D, over C held in each bar.
PIECE = [(16 * bar + 4 * n, 16 * bar + 4 * n + 4, (72, 74, 76, 74)[n])
         for bar in range(4) for n in range(4)] + [
    (16 * bar + 8 * n, 16 * bar + 8 * n + 8, 48) for bar in range(4) for n in range(2)
]  # fmt: skip


def test_a_known_piece_measures_what_it_should() -> None:
    found = features_of(PIECE)
    assert found is not None
    wanted = {
        "notes_per_beat": 24 / 16, "pitch_classes": 3, "scale": 1, "range": 28, "distinct": 4,
        "voices": 2, "two_or_more": 1, "silence": 0, "top_median": 74, "low_median": 48,
        "spread": 26, "top_interval": 2, "top_steps": 1, "top_same": 0, "low_same": 1,
        "length_mean": 128 / 24, "gap_entropy": 0, "gap_mean": 4, "on_beat": 1,
        "on_downbeat": 8 / 24, "on_odd_step": 0, "groove": 1, "bars_repeated": 0.75,
        "like_1_bar_ago": 1, "like_2_bars_ago": 1, "chord_change": 0, "density_sd": 0,
        "tune_same_pitch": 0, "tune_semitones": 0, "tune_gap_mode": 1, "tune_gap_kinds": 1,
        "tune_shape_reused": 0.75, "tune_rhythm_reused": 0.75, "tune_phrase_end_length": 4,
        "tune_bars_of_two_pitches": 0, "low_classes_per_bar": 1, "echo_after_3_steps": 0,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    # What a piece is too short for, or does not have, is not measured.
    assert np.isnan(found["like_4_bars_ago"])
    assert np.isnan(found["tune_leaps_repaid"])
    assert set(found) == set(read_targets().names)


def test_where_a_piece_begins_does_not_matter() -> None:
    assert features_of([(s + 48, e + 48, p) for s, e, p in PIECE]) == pytest.approx(
        features_of(PIECE), nan_ok=True
    )
    assert features_of(PIECE[:23]) is None
    assert features_of([(s // 2, max(s // 2 + 1, e // 2), p) for s, e, p in PIECE]) is None


def pieces(count: int, shift: float = 0.0) -> list[dict[str, float]]:
    rng = np.random.default_rng(1)
    names = read_targets().names
    return [
        dict(zip(names, (rng.standard_normal(len(names)) + shift).tolist(), strict=True))
        for _ in range(count)
    ]


def test_a_set_is_at_no_distance_from_itself(tmp_path: Path) -> None:
    made = pieces(60)
    table = tmp_path / "own.csv"
    rows = [",".join(made[0]), *(",".join(map(str, piece.values())) for piece in made)]
    table.write_text("\n".join(rows) + "\n")
    own = read_targets(table)
    near = nearness(made, own)
    assert near.within_half == 1
    assert near.median_spread == pytest.approx(1)
    assert near.frechet == pytest.approx(0, abs=1e-3)
    far = nearness([{name: 2 + value for name, value in piece.items()} for piece in made], own)
    assert far.within_half == 0
    assert far.frechet > 47
    kept = tmp_path / "kept.csv"
    write_table(own, kept)
    assert kept.read_text().startswith("feature,mean,sd,notes_per_beat,")


def test_the_table_beside_the_benchmark_is_whole() -> None:
    targets = read_targets()
    assert len(targets.names) == 47
    assert targets.covariance.shape == (47, 47)
    assert np.allclose(targets.covariance, targets.covariance.T, atol=1e-3)
    assert (targets.sd > 0).all()
    assert TABLE.is_file()


def test_a_table_without_pieces_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("range,voices\n")
    with pytest.raises(ValueError, match="has no piece"):
        read_targets(empty)
