"""Originality: copies are found at any pitch and speed, new tunes are not; files are checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chipassets.errors import ModelError
from chipassets.music.score import Note
from chipassets.originality import (
    GRAM_LENGTHS,
    GramIndex,
    check_originality,
    index_to_bytes,
    make_index,
    melody,
    name_likenesses,
    open_index,
    parse_index,
)
from chipassets.seeds import derive_rng


def a_tune(name: str, count: int = 60) -> list[Note]:
    """A wandering tune that no other name gives, in 8ths and quarters."""
    rng = derive_rng("tune", name)
    notes, step, pitch = [], 0, 67
    for _ in range(count):
        length = int(rng.choice([2, 2, 4, 6]))
        notes.append(Note(step, length, pitch))
        step += length
        pitch = int(np.clip(pitch + rng.integers(-5, 6), 55, 84))
    return notes


def moved(notes: list[Note], steps: int = 0, semitones: int = 0, slower: int = 1) -> list[Note]:
    return [
        Note((n.start_step * slower) + steps, n.duration_steps * slower, n.pitch + semitones)
        for n in notes
    ]


CORPUS = [a_tune(f"corpus {number}") for number in range(30)]


@pytest.fixture(scope="module")
def index() -> GramIndex:
    return make_index(melody(notes) for notes in CORPUS)


def test_a_piece_of_the_corpus_is_wholly_shared(index: GramIndex) -> None:
    found = check_originality(CORPUS[3], index)
    assert set(found.shares) == set(GRAM_LENGTHS)
    assert all(share == 1 for share in found.shares.values())
    assert found.longest_run == len(CORPUS[3]) - 1


@pytest.mark.parametrize("semitones", [-7, 5])
def test_a_copy_at_another_pitch_is_found(index: GramIndex, semitones: int) -> None:
    assert check_originality(moved(CORPUS[0], 32, semitones), index).shares[16] == 1


def test_a_copy_at_double_speed_is_found(index: GramIndex) -> None:
    fast = [Note(n.start_step // 2, n.duration_steps // 2, n.pitch) for n in CORPUS[5]]
    assert check_originality(fast, index).shares[10] == 1


def test_accompaniment_does_not_hide_a_copy(index: GramIndex) -> None:
    bass = [Note(step, 4, 36) for step in range(0, CORPUS[0][-1].end_step, 4)]
    assert check_originality([*CORPUS[0], *bass], index).shares[10] == 1


def test_a_new_tune_shares_next_to_nothing(index: GramIndex) -> None:
    for number in range(20):
        found = check_originality(a_tune(f"new {number}"), index)
        assert found.shares[10] == found.shares[16] == 0
        assert found.longest_run < 8


def test_a_quotation_is_measured(index: GramIndex) -> None:
    start = CORPUS[7][20].start_step
    quoted = moved(CORPUS[7][20:33], -start)
    own = moved(a_tune("own", 40), quoted[-1].end_step)
    found = check_originality([*quoted, *own], index)
    assert 11 <= found.longest_run <= 15
    assert 0 < found.shares[10] < 0.2


def test_what_the_user_gave_does_not_count(index: GramIndex) -> None:
    motif = CORPUS[7][20:33]
    quoted = moved(motif, -motif[0].start_step, 3)
    own = moved(a_tune("own", 40), quoted[-1].end_step)
    assert check_originality([*quoted, *own], index, given=[motif]).longest_run == 0


def test_scales_trills_and_short_scores_belong_to_nobody() -> None:
    scale = [Note(2 * i, 2, 60 + i % 2) for i in range(60)]
    index = make_index([melody(scale)])
    assert check_originality(scale, index).shares == dict.fromkeys(GRAM_LENGTHS, 0)
    for notes in ([], [Note(0, 4, 60)], scale[:5]):
        assert check_originality(notes, index).longest_run == 0


def test_an_index_survives_its_file_and_a_damaged_one_is_refused(index: GramIndex) -> None:
    data = index_to_bytes(index)
    again = parse_index(data, "it")
    assert index_to_bytes(again) == data
    assert check_originality(CORPUS[0], again) == check_originality(CORPUS[0], index)
    for damaged in (b"", b"{}\n", data[:-1], data + b"x", b"\x80" * 50, data[200:], b"[]\n"):
        with pytest.raises(ModelError, match="train ngrams"):
            parse_index(damaged, "it")


def test_an_index_lies_beside_its_model(index: GramIndex, tmp_path: Path) -> None:
    model = tmp_path / "mine.safetensors"
    assert open_index(str(model)) is None
    model.with_suffix(".ngrams").write_bytes(index_to_bytes(index))
    found = open_index(str(model))
    assert found is not None
    assert found.sha256 == index.sha256


def test_the_shipped_index_is_small_and_says_how_often_it_errs() -> None:
    index = open_index("default")
    assert index is not None
    assert len(index_to_bytes(index)) < 3_000_000
    assert max(index.false_claim_rates.values()) < 0.065
    shares = [check_originality(a_tune(f"new {i}"), index).shares for i in range(40)]
    assert max(share[10] for share in shares) == 0


def test_pieces_are_named_with_the_exact_run() -> None:
    pieces = {f"piece {number}": melody(notes) for number, notes in enumerate(CORPUS)}
    quoted = moved(CORPUS[4][10:25], -CORPUS[4][10].start_step, 2)
    found = name_likenesses(quoted, pieces)
    assert [(item.piece, item.longest_run) for item in found] == [("piece 4", 14)]
    assert name_likenesses(quoted, pieces, given=[CORPUS[4]]) == ()
