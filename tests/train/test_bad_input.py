"""What a musician may do wrong on the way from a folder to a model, and what it says then."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chipassets.cli.train import app
from chipassets.errors import BundleError, UsageError
from chipassets.train.building import build_dataset
from chipassets.train.checkpoint import read_checkpoint, write_checkpoint
from chipassets.train.corpus import Piece, write_corpus
from chipassets.train.dataset import Dataset, load_dataset, save_dataset
from chipassets.train.whole import whole_file
from tests.train.conftest import MakePiece, WriteMidi, tune


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """A limit on the size of files stands in for a full disk: both make a write fail half way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def run(*words: object) -> None:
    """Run a command, in this process and with one job, raising what it raises."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output


def test_one_single_file_makes_a_corpus_but_no_dataset(
    write_midi: WriteMidi, tmp_path: Path
) -> None:
    write_midi("only.mid", tune(16, 60, 1))
    corpus = tmp_path / "my.corpus"
    run("corpus", tmp_path / "midi", "-o", corpus)
    with pytest.raises(UsageError, match="at least two are needed"):
        run("dataset", corpus, "-o", tmp_path / "my.dataset")
    assert not (tmp_path / "my.dataset").exists()


def test_a_folder_of_nothing_but_broken_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "midi").mkdir()
    (tmp_path / "midi" / "a.mid").write_bytes(b"MThd\0\0")
    with pytest.raises(UsageError, match=r"none of the 1 files .* says why"):
        run("corpus", tmp_path / "midi", "-o", tmp_path / "my.corpus")
    assert not (tmp_path / "my.corpus").exists()
    assert "not readable" in (tmp_path / "my.corpus.report.jsonl").read_text()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "midi").mkdir()
    with pytest.raises(UsageError, match=r"holds no \.mid file"):
        run("corpus", tmp_path / "midi", "-o", tmp_path / "c")


def test_two_pieces_are_one_to_train_on_and_one_held_out(make_piece: MakePiece) -> None:
    dataset = build_dataset([make_piece(seed=1), make_piece(seed=2)])
    assert dataset.meta["pieces_held_out"] == 1
    assert 0 < dataset.is_eval.sum() < len(dataset)


def test_the_split_of_a_piece_stays_when_others_are_added(make_piece: MakePiece) -> None:
    few = [make_piece(seed=seed, bars=16) for seed in range(40)]
    more = few + [make_piece(seed=seed, bars=16) for seed in range(40, 80)]

    def held(pieces: list[Piece]) -> list[bool]:
        """Of the first forty pieces, each of which gives one sequence."""
        return [bool(flag) for flag in build_dataset(pieces, eval_ratio=0.2).is_eval[:40]]

    assert len(build_dataset(few)) == len(few)
    assert held(few) == held(more)


def test_a_full_disk_leaves_no_half_corpus(write_midi: WriteMidi, tmp_path: Path) -> None:
    for seed in range(4):
        write_midi(f"{seed}.mid", tune(30, 60, seed))
    with full_disk(9000), pytest.raises(BundleError, match=r"cannot write .* free some space"):
        run("corpus", tmp_path / "midi", "-o", tmp_path / "my.corpus", "--jobs", "1")
    assert not (tmp_path / "my.corpus").exists()
    assert not list(tmp_path.glob("*.partial"))


def test_a_full_disk_leaves_no_half_dataset(
    make_piece: MakePiece, small_dataset: Dataset, tmp_path: Path
) -> None:
    save_dataset(small_dataset, tmp_path / "my.dataset")
    before = (tmp_path / "my.dataset").read_bytes()
    write_corpus([make_piece(seed=seed, bars=40) for seed in range(30)], tmp_path / "my.corpus")
    words = ("dataset", tmp_path / "my.corpus", "-o", tmp_path / "my.dataset")
    with full_disk(2000), pytest.raises(BundleError, match=r"cannot write .* free some space"):
        run(*words)
    assert (tmp_path / "my.dataset").read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def test_a_full_disk_while_training_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    write_checkpoint(path, {"weight_0": np.zeros(100)}, {"step": 2})
    with full_disk(20_000), pytest.raises(OSError, match="too large"):
        write_checkpoint(path, {"weight_0": np.zeros(100_000)}, {"step": 4})
    assert read_checkpoint(path)["meta"]["step"] == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.npz"]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(IsADirectoryError), whole_file(path) as partial:
        (partial.write_text("half"), tmp_path.write_text(""))
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_checkpoint_and_a_dataset_come_back_as_they_were(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    write_checkpoint(tmp_path / "a.npz", {"x": small_dataset.events}, {"step": 3})
    stored = read_checkpoint(tmp_path / "a.npz")
    assert stored["meta"] == {"step": 3}
    assert (stored["x"] == small_dataset.events).all()
    save_dataset(small_dataset, tmp_path / "b")
    assert (load_dataset(tmp_path / "b").events == small_dataset.events).all()
