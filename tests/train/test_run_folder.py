"""What a run leaves in its folder: a history, TensorBoard's events, a picture; and after a kill."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chipassets.cli.train import fit_command
from chipassets.errors import UsageError
from chipassets.train.building import build_dataset
from chipassets.train.checkpoint import read_checkpoint, remembered_dataset
from chipassets.train.dataset import Dataset, save_dataset
from chipassets.train.history import Point, open_history, read_history
from chipassets.train.lossplot import HELD_OUT, TRAINING, draw_losses
from chipassets.train.original_hparams import parse_hparams
from tests.train.conftest import MakePiece, needs_tensorflow

pytestmark = needs_tensorflow

POINTS = [Point(k, 3 / k, 2 / k if k % 5 == 0 else None, 900.0) for k in range(1, 41)]


def test_tensorboard_finds_what_was_reported(tmp_path: Path) -> None:
    import tensorflow as tf

    with open_history(tmp_path, 0) as history:
        for point in POINTS:
            history.add(point)
    (path,) = (tmp_path / "tensorboard").iterdir()
    assert "tfevents" in path.name
    told = {
        (event.step, value.tag): value.simple_value
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert told[10, "held_out/loss"] == pytest.approx(0.2)
    assert told[2, "training/perplexity"] == pytest.approx(np.exp(1.5))
    assert (2, "held_out/loss") not in told


def test_a_resumed_run_drops_records_after_its_checkpoint(tmp_path: Path) -> None:
    with open_history(tmp_path, 0) as history:
        for point in POINTS:
            history.add(point)
    with (tmp_path / "history.jsonl").open("a") as handle:
        handle.write('{"step": 41, "lo')
    assert read_history(tmp_path) == POINTS
    with open_history(tmp_path, 20) as history:
        assert history.points == POINTS[:20]
    assert read_history(tmp_path) == POINTS[:20]


@pytest.mark.parametrize("points", [POINTS, POINTS[:1], [Point(1, 2.5, 2.0, 1.0)], []])
def test_the_picture_shows_both_losses(points: list[Point]) -> None:
    image = Image.open(io.BytesIO(draw_losses(points, "mine"))).convert("RGB")
    below_the_legend = image.crop((0, 60, *image.size))
    colours = {colour for _, colour in below_the_legend.getcolors(1 << 20) or []}
    assert (TRAINING in colours) == bool(points)
    assert (HELD_OUT in colours) == any(point.held_out_loss for point in points)


def test_hparams_are_written_as_magenta_writes_them() -> None:
    text = (
        "batch_size=32,rnn_layer_sizes=[64,48], dropout_keep_prob=0.5,use_cudnn=False,clip_norm=3"
    )
    told = parse_hparams(text)
    assert told == {"batch_size": 32, "layers": (64, 48), "keep": 0.5, "clip_norm": 3.0}
    assert parse_hparams("") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("attn_length=40", "only 0 is trained here"),
        ("layers=[4]", "has no 'layers'; the names are batch_size"),
        ("batch_size", "not a list of names"),
        ("batch_size=1.5", "not a whole number"),
        ("rnn_layer_sizes=[0]", "write it like"),
        ("dropout_keep_prob=2", "at most 1"),
        ("dropout_keep_prob=0.000001", "from 0.05"),
        ("learning_rate=NaN", "not a number above 0"),
        ("batch_size=1000000000000", "at most 65536"),
        ("clip_norm=Infinity", "not a number above 0"),
        ("learning_rate=fast", "no number"),
    ],
)
def test_hparams_that_make_no_sense_are_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_hparams(text)


def test_a_run_refused_for_another_dataset_keeps_its_own(
    small_dataset: Dataset, make_piece: MakePiece, tmp_path: Path
) -> None:
    mine, other, run = tmp_path / "mine.dataset", tmp_path / "other.dataset", tmp_path / "run"
    save_dataset(small_dataset, mine)
    save_dataset(build_dataset([make_piece(seed=seed) for seed in (8, 9)]), other)
    fit_command(mine, run, layers="4", batch_size=2, steps=1)
    with pytest.raises(UsageError, match="trained on another dataset"):
        fit_command(other, run, layers="4", batch_size=2, steps=1)
    assert remembered_dataset(run) == mine


def test_a_run_beyond_the_memory_is_refused(
    small_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise MemoryError("Unable to allocate 14.6 TiB")

    monkeypatch.setattr("chipassets.train.trainer.differentiator", lambda _network: full)
    save_dataset(small_dataset, tmp_path / "d")
    with pytest.raises(UsageError, match=r"14\.6 TiB.*smaller --batch-size \(now 2\)"):
        fit_command(tmp_path / "d", tmp_path / "run", layers="4", batch_size=2)


_RUN = """
import sys
from pathlib import Path
from chipassets.train.dataset import load_dataset
from chipassets.train.training_loop import fit
from chipassets.train.hparams import Hparams
hparams = Hparams(layers=(12, 10), batch_size=4, chunk=32, steps=60, warmup_steps=2,
                  evaluate_every=20, evaluate_sequences=4, save_seconds=0)
fit(load_dataset(Path(sys.argv[1])), Path(sys.argv[2]), hparams, report_every=2)
"""


@pytest.mark.slow
def test_a_killed_run_ends_as_one_that_was_left_alone(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    save_dataset(small_dataset, tmp_path / "d")

    def command(run: str) -> list[str]:
        return [sys.executable, "-c", _RUN, str(tmp_path / "d"), str(tmp_path / run)]

    subprocess.run(command("whole"), check=True, capture_output=True)
    process = subprocess.Popen(
        command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while len(read_history(tmp_path / "killed")) < 5 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 8 <= read_checkpoint(tmp_path / "killed/last.npz")["meta"]["step"] < 60
    subprocess.run(command("killed"), check=True, capture_output=True)
    for name in ("last.npz", "best.npz"):
        whole, killed = (read_checkpoint(tmp_path / run / name) for run in ("whole", "killed"))
        assert whole.keys() == killed.keys()
        assert all(np.array_equal(whole[key], killed[key]) for key in whole)
    assert [p.step for p in read_history(tmp_path / "killed")][-1] == 60
    assert (tmp_path / "killed/loss.png").read_bytes().startswith(b"\x89PNG")
