"""The codec, the network and the trainer against Magenta's own code with equal weights."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.codec import Note, decode_events, encode_notes
from chipassets.compose.network import Network
from chipassets.compose.weights import Model, shipped_model
from tests.compose.conftest import MakeModel
from tests.laws import share_of_examples

if importlib.util.find_spec("magenta") is None:
    pytest.skip("magenta is not installed", allow_module_level=True)

# TensorFlow takes longer to import, twice here, than the rest of the suite may take.
pytestmark = pytest.mark.slow

Judge = Callable[..., Any]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Ask Magenta's code in another process."""
    script = Path(__file__).with_name("magenta_judge.py")
    log = tmp_path_factory.mktemp("judge") / "stderr.txt"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):

        def ask(name: str, *arguments: object) -> Any:
            questions, answers = process.stdin, process.stdout
            if questions is None or answers is None or process.poll() is not None:
                pytest.fail(f"Magenta's side is not there: {log.read_text()[-2000:]}")
            questions.write(json.dumps([name, arguments]) + "\n")
            questions.flush()
            answer = answers.readline()
            if not answer:
                pytest.fail(f"Magenta's side ended: {log.read_text()[-2000:]}")
            return json.loads(answer)

        yield ask


STEPS = 24
notes_of_any_kind = st.lists(
    st.tuples(st.integers(0, STEPS + 2), st.integers(1, 12), st.integers(58, 66)), max_size=30
)


@share_of_examples(7)
@given(notes_of_any_kind, st.integers(0, STEPS))
def test_events_are_those_of_polyphonic_sequence(
    judge: Judge, notes: list[Note], total_steps: int
) -> None:
    ours = encode_notes(notes, total_steps).tolist()
    assert ours == judge("encode", notes, total_steps)
    decoded, steps = decode_events(ours)
    assert sorted(map(list, decoded)) == judge("decode", ours)
    assert steps == total_steps


def _tensors(model: Model, path: Path) -> Path:
    """Store the weights under the names of Magenta's variables."""
    arrays = {
        "fully_connected/weights": model.head_weights,
        "fully_connected/biases": model.head_bias,
    }
    for index, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
        scope = f"rnn/multi_rnn_cell/cell_{index}/basic_lstm_cell"
        arrays |= {f"{scope}/kernel": kernel, f"{scope}/bias": bias}
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def _music(seed: int, total_steps: int) -> list[int]:
    rng = np.random.default_rng(seed)
    notes = [
        (step, int(rng.integers(1, 5)), int(pitch))
        for step in range(0, total_steps, 2)
        for pitch in rng.choice(np.arange(45, 80), int(rng.integers(0, 4)), replace=False)
    ]
    return [int(event) for event in encode_notes(notes, total_steps)]


def _assert_equal_logits(judge: Judge, model: Model, folder: Path) -> None:
    length = 60
    batch = [_music(seed, 32)[:length] for seed in range(3)]
    path = _tensors(model, folder / "weights.npz")
    theirs = np.array(judge("logits", str(path), list(model.layers), batch))
    network = Network(model, len(batch))
    ours = [network.step(np.array(column)).copy() for column in np.array(batch).T]
    np.testing.assert_allclose(np.stack(ours, axis=1), theirs, atol=1e-4)


def test_logits_are_those_of_magentas_graph(
    judge: Judge, make_model: MakeModel, tmp_path: Path
) -> None:
    _assert_equal_logits(judge, make_model(layers=(32, 32, 32), seed=4), tmp_path)


def test_logits_of_the_shipped_model_are_those_of_magentas_graph(
    judge: Judge, tmp_path: Path
) -> None:
    _assert_equal_logits(judge, shipped_model("polyphony"), tmp_path)


def test_loss_is_that_of_magentas_graph(
    judge: Judge, make_model: MakeModel, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    from chipassets.train.dataset import Dataset
    from chipassets.train.evaluate import held_out_loss
    from chipassets.train.keras_network import from_model

    model = make_model(layers=(32, 24, 16), seed=5, spread=0.2)
    sequences = [_music(seed, 12 + 5 * seed) for seed in range(6)]
    lengths = [len(sequence) for sequence in sequences]
    dataset = Dataset(
        events=np.concatenate(sequences).astype(np.int16),
        offsets=np.cumsum([0, *lengths]),
        controls=np.full((6, 5), -1, np.int8),
        weights=np.ones(6, np.int8),
        is_eval=np.ones(6, np.bool_),
        meta={},
    )
    ours = held_out_loss(from_model(model), dataset, ())
    theirs = judge("loss", str(_tensors(model, tmp_path / "w.npz")), [32, 24, 16], sequences)
    assert ours.loss_per_event == pytest.approx(theirs["loss"], abs=1e-4)
    assert ours.loss_per_step == pytest.approx(theirs["loss_per_step"], abs=1e-4)
