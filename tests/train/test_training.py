"""The trainer: it learns, it resumes bit for bit, and what it exports is what it measured."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from chipassets.compose.network import Network
from chipassets.compose.weights import Model, load_model
from chipassets.errors import UsageError
from chipassets.train.batches import TrainingStream, held_out_batches
from chipassets.train.building import build_dataset
from chipassets.train.checkpoint import read_checkpoint
from chipassets.train.control_inputs import GROUPS
from chipassets.train.dataset import Dataset
from chipassets.train.hparams import Hparams
from chipassets.train.samples import compare_samples
from tests.train.conftest import MakePiece, needs_tensorflow

if TYPE_CHECKING:
    from chipassets.train.training_loop import Progress

pytestmark = needs_tensorflow

SMALL = Hparams(
    layers=(12, 10),
    batch_size=4,
    chunk=32,
    steps=24,
    learning_rate=1e-2,
    warmup_steps=2,
    evaluate_every=8,
    evaluate_sequences=4,
)


def test_the_stream_hands_out_every_event_once_an_epoch(small_dataset: Dataset) -> None:
    stream = TrainingStream(small_dataset, 3, 32, (0, 1), 0.0, seed=1)
    trained = [k for k in range(len(small_dataset)) if not small_dataset.is_eval[k]]
    expected = sum(len(small_dataset.sequence(k)) - 1 for k in trained)
    handed = 0
    while stream.epoch < 3:
        batch = stream.next_batch()
        handed += int(batch.mask.sum())
        starts = batch.events[0, batch.keep_state[:, 0] == 0]
        assert (starts == 0).all(), "states are reset where a sequence starts, and only there"
        assert ((batch.events == 0).sum(axis=0) == (batch.keep_state[:, 0] == 0)).all()
    assert handed == pytest.approx(3 * expected, rel=0.15)


@pytest.mark.parametrize("streams", [1, 3, 50])
def test_epochs_count_what_was_handed_out(small_dataset: Dataset, streams: int) -> None:
    """Also of more streams than sequences, which at once begin several epochs."""
    stream = TrainingStream(small_dataset, streams, 32, (), 0.0, seed=1)
    trained = np.flatnonzero(~small_dataset.is_eval)
    share = {int(k): 1 / (len(small_dataset.sequence(int(k))) - 1) for k in trained}
    longest, shortest = (pick(share.values()) / len(trained) for pick in (max, min))
    handed, before = 0, 0.0
    assert stream.epochs_at(stream.state()) == pytest.approx(0)
    for _ in range(12):
        events = int(stream.next_batch().mask.sum())
        handed += events
        now = stream.epochs_at(stream.state())
        assert shortest * events <= (now - before) * 1.000001
        assert now - before <= longest * events * 1.000001
        before = now
    expected = sum(len(small_dataset.sequence(int(k))) - 1 for k in trained)
    assert before == pytest.approx(handed / expected, rel=0.4)


def test_the_epochs_of_a_run_are_those_of_its_updates(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    """The batch that is made ahead does not count, before a checkpoint or after it."""
    from chipassets.train.trainer import Trainer

    trainer, stream = (
        Trainer(small_dataset, SMALL),
        TrainingStream(small_dataset, SMALL.batch_size, SMALL.chunk, (), 0.0, SMALL.seed),
    )
    assert trainer.epochs_done == pytest.approx(0)
    for _ in range(3):
        trainer.train_step()
        stream.next_batch()
    assert trainer.epochs_done == stream.epochs_at(stream.state()) > 0
    trainer.save(tmp_path / "last.npz")
    resumed = Trainer(small_dataset, SMALL)
    resumed.restore(tmp_path / "last.npz")
    assert resumed.epochs_done == trainer.epochs_done
    assert read_checkpoint(tmp_path / "last.npz")["meta"]["epochs"] == trainer.epochs_done


def test_a_dataset_of_equal_sizes_is_another_when_its_notes_are(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    from chipassets.train.trainer import Trainer

    Trainer(small_dataset, SMALL).save(tmp_path / "last.npz")
    events = np.where(small_dataset.events == 63, np.int16(64), small_dataset.events)
    assert (events != small_dataset.events).any()
    with pytest.raises(UsageError, match="trained on another dataset"):
        Trainer(replace(small_dataset, events=events), SMALL).restore(tmp_path / "last.npz")


def test_a_run_that_diverges_says_so_and_keeps_its_last_sound_checkpoint(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    from chipassets.train.training_loop import fit

    wild = replace(SMALL, learning_rate=1e38, save_seconds=0, warmup_steps=0)
    with pytest.raises(UsageError, match=r"training has diverged.*smaller --learning-rate"):
        fit(small_dataset, tmp_path, wild, report_every=1)
    for path in tmp_path.glob("*.npz"):
        assert math.isfinite(read_checkpoint(path)["meta"]["best_loss"]) or path.stem == "last"


def test_a_huge_loss_is_reported_as_it_is() -> None:
    from chipassets.train.training_loop import Progress

    assert "perplexity inf" in str(Progress(1, 2, 0.5, 1e4, None, 10.0, 1.0))


def test_the_held_out_part_is_measured_once(small_dataset: Dataset) -> None:
    held = [k for k in range(len(small_dataset)) if small_dataset.is_eval[k]]
    expected = sum(len(small_dataset.sequence(k)) - 1 for k in held)
    for size in (1, 2, 64):
        batches = list(held_out_batches(small_dataset, size, 24, (0,)))
        assert sum(int(batch.mask.sum()) for batch in batches) == expected


def test_a_resumed_run_is_the_same_bit_for_bit(small_dataset: Dataset, tmp_path: Path) -> None:
    from chipassets.train.trainer import Trainer

    whole = Trainer(small_dataset, SMALL)
    for _ in range(8):
        whole.train_step()
    first = Trainer(small_dataset, SMALL)
    for _ in range(5):
        first.train_step()
    first.save(tmp_path / "last.npz")
    second = Trainer(small_dataset, SMALL)
    second.restore(tmp_path / "last.npz")
    for _ in range(3):
        second.train_step()
    for one, other in zip(whole.network.arrays(), second.network.arrays(), strict=True):
        assert np.array_equal(one, other)


def test_a_run_learns_reports_keeps_its_best_and_exports_it(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    from chipassets.train.evaluate import held_out_loss
    from chipassets.train.keras_network import from_model
    from chipassets.train.model_export import evaluated_model, unmeasured_model, write_model
    from chipassets.train.trainer import Trainer
    from chipassets.train.training_loop import fit

    before = Trainer(small_dataset, SMALL).held_out_loss().loss_per_event
    reports: list[Progress] = []
    fit(small_dataset, tmp_path / "run", SMALL, reports.append, report_every=6)
    assert reports[-1].step == SMALL.steps
    assert "events/s" in str(reports[-1])
    best = read_checkpoint(tmp_path / "run" / "best.npz")["meta"]["best_loss"]
    assert best == min(r.held_out_loss for r in reports if r.held_out_loss is not None)
    assert best < 0.8 * before

    model = evaluated_model(
        tmp_path / "run", "mine", small_dataset, "2026-01-31", ("Made at night.",)
    )
    bare = unmeasured_model(tmp_path / "run", "mine", small_dataset, "2026-01-31")
    assert "held_out" not in bare.training
    assert all((a == b).all() for a, b in zip(bare.kernels, model.kernels, strict=True))
    card = write_model(model, tmp_path / "mine.safetensors", {"Somebody": "All rights shared."})
    text = card.read_text()
    assert "All rights shared." in text
    assert "chipassets train fit" in text
    assert "No held-out slice" in text
    assert "Made at night." in text
    loaded = load_model(tmp_path / "mine.safetensors")
    scores = held_out_loss(from_model(loaded), small_dataset, tuple(range(5)))
    stored = loaded.training["held_out"]["told"]
    assert scores.loss_per_event == pytest.approx(stored["loss_per_event"], abs=2e-5)


def test_the_numpy_network_agrees_with_the_trained_one(small_dataset: Dataset) -> None:
    from chipassets.train.trainer import Trainer

    trainer = Trainer(small_dataset, SMALL)
    arrays = trainer.network.arrays()
    model = Model("raw", tuple(arrays[0:4:2]), tuple(arrays[1:4:2]), arrays[4], arrays[5], GROUPS)
    events, rows = small_dataset.sequence(0)[:40], small_dataset.input_rows(0)[:40]
    network = Network(model, 1)
    ours = [
        network.step(np.array([e]), r[None])[0].copy() for e, r in zip(events, rows, strict=True)
    ]
    theirs, _ = trainer.network(
        events[:, None].astype(np.int32),
        rows[:, None].astype(np.int32),
        trainer.network.zero_state(1),
    )
    np.testing.assert_allclose(ours, np.array(theirs)[:, 0], atol=1e-4)


def test_a_pure_model_has_no_controls(small_dataset: Dataset, tmp_path: Path) -> None:
    from chipassets.train.model_export import evaluated_model
    from chipassets.train.training_loop import fit

    fit(small_dataset, tmp_path, replace(SMALL, with_controls=False, steps=8))
    model = evaluated_model(tmp_path, "pure", small_dataset, "2026-01-31")
    assert model.controls == ()
    assert model.input_size == 259


def test_a_run_of_other_layers_or_a_broken_checkpoint_is_refused(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    from chipassets.train.trainer import Trainer

    trainer = Trainer(small_dataset, SMALL)
    path = tmp_path / "last.npz"
    trainer.save(path)
    with pytest.raises(UsageError, match="layers"):
        Trainer(small_dataset, replace(SMALL, layers=(8, 8))).restore(path)
    other = replace(small_dataset, is_eval=~small_dataset.is_eval)
    with pytest.raises(UsageError, match="another dataset"):
        Trainer(other, SMALL).restore(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(UsageError, match="not a whole checkpoint"):
        trainer.restore(path)


def test_training_stops_when_the_held_out_loss_no_longer_falls(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    from chipassets.train.training_loop import fit

    stuck = replace(SMALL, learning_rate=1e-7, final_learning_rate=1e-7, warmup_steps=1)
    stuck = replace(stuck, keep=1.0, evaluate_every=2, patience=2, steps=400)
    reports: list[Progress] = []
    fit(small_dataset, tmp_path, replace(stuck, learning_rate=5.0), reports.append)
    assert reports[-1].step < 400


def test_samples_are_measured_beside_the_music_they_should_resemble(
    make_piece: MakePiece,
) -> None:
    from chipassets.train.trainer import Trainer

    dataset = build_dataset([make_piece(seed=seed) for seed in range(6)], eval_ratio=0.5)
    network = Trainer(dataset, SMALL).network
    arrays = network.arrays()
    model = Model("raw", tuple(arrays[0:4:2]), tuple(arrays[1:4:2]), arrays[4], arrays[5], GROUPS)
    found = compare_samples(model, dataset, 4, seed=2)
    assert found == compare_samples(model, dataset, 4, seed=2)
    assert found["held_out"]["scale_consistency"] == 1
    assert found["samples"]["scale_consistency"] < 0.8, "an untrained network knows no scale"


def test_a_run_may_start_from_a_model_of_its_sizes(small_dataset: Dataset, tmp_path: Path) -> None:
    from chipassets.train.evaluate import held_out_loss
    from chipassets.train.keras_network import from_model
    from chipassets.train.model_export import evaluated_model
    from chipassets.train.trainer import Trainer
    from chipassets.train.training_loop import fit

    fit(small_dataset, tmp_path / "first", SMALL)
    model = evaluated_model(tmp_path / "first", "first", small_dataset, "2026-01-31")
    wanted = held_out_loss(from_model(model), small_dataset, tuple(range(5))).loss_per_event
    again = Trainer(small_dataset, SMALL)
    again.start_from(model)
    assert again.held_out_loss().loss_per_event == pytest.approx(wanted)
    with pytest.raises(UsageError, match="give the run the model's --layers"):
        Trainer(small_dataset, replace(SMALL, layers=(8, 8))).start_from(model)
    with pytest.raises(UsageError, match=r"and the run .* no controls"):
        Trainer(small_dataset, replace(SMALL, with_controls=False)).start_from(model)
