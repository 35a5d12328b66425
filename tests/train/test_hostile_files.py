"""Training files that are damaged or made to do harm: refused by their place, at once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chipassets.compose.model import Model
from chipassets.compose.weights import parse_model, save_model
from chipassets.errors import ModelError, UsageError
from chipassets.strictjson import loads
from chipassets.train.checkpoint import read_checkpoint, write_checkpoint
from chipassets.train.corpus import load_corpus, write_corpus
from chipassets.train.dataset import Dataset, load_dataset, save_dataset
from tests.effort import calls_of
from tests.train.conftest import MakePiece


def entry_of(make_piece: MakePiece, folder: Path) -> dict[str, Any]:
    write_corpus([make_piece(seed=1)], folder / "one.corpus")
    line = (folder / "one.corpus").read_text().splitlines()[1]
    return dict(json.loads(line))


def refused_line(folder: Path, line: str) -> str:
    path = folder / "bad.corpus"
    path.write_text(f'{{"chipassets_corpus": 1, "pieces": 1}}\n{line}\n')
    with pytest.raises(UsageError) as caught:
        list(load_corpus(path))
    assert "line 2" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("5", "'5' instead of a piece"),
        ("[" * 100_000, "nested too deep"),
        ('{"a": 1e999}', "too large"),
        ('{"a": NaN}', "no number"),
        ("", "Expecting value"),
        ("{}", "no 'file'"),
    ],
)
def test_a_line_that_is_no_piece_is_refused(tmp_path: Path, line: str, why: str) -> None:
    assert why in refused_line(tmp_path, line)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"notes": []}, "whole numbers"),
        ({"notes": [[0, 1]]}, "whole numbers"),
        ({"notes": [[0, 1, 60.5]]}, "whole numbers"),
        ({"notes": [[0, 1, "C"]]}, "whole numbers"),
        ({"notes": [[10**30, 1, 60]]}, "whole numbers"),
        ({"notes": [[99_999_999_999, 1, 60]]}, "beyond the steps"),
        ({"notes": [[-1, 1, 60]]}, "beyond the steps"),
        ({"notes": [[0, 0, 60]]}, "beyond the steps"),
        ({"notes": [[0, 1, 128]]}, "a pitch beyond"),
        ({"notes": [[4, 1, 60], [0, 1, 60]]}, "not in order"),
        ({"notes": 5}, "whole numbers"),
        ({"metres": [{"start_step": 0, "numerator": 0, "denominator": 4}]}, "numerator is 0"),
        ({"metres": [{"start_step": 0, "numerator": 4, "denominator": 0}]}, "denominator is 0"),
        ({"metres": [{"start_step": 10**15, "numerator": 4, "denominator": 4}]}, "start_step is"),
        ({"metres": [5]}, "line 2"),
        ({"metres": 5}, "line 2"),
        ({"licence": 5}, "licence is not a text"),
        ({"file": None}, "file is not a text"),
        ({"content_sha256": "x"}, "no SHA-256"),
        ({"source": "\ud800"}, "half a character"),
    ],
)
def test_a_piece_without_bounds_is_refused(
    make_piece: MakePiece, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    line = json.dumps(entry_of(make_piece, tmp_path) | changes)
    found: list[str] = []
    assert calls_of(lambda: found.append(refused_line(tmp_path, line))) < 5_000
    assert why in found[0]


def npz(path: Path, arrays: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def columns(dataset: Dataset, folder: Path) -> dict[str, bytes]:
    save_dataset(dataset, folder / "good")
    with zipfile.ZipFile(folder / "good") as archive:
        return {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}


def header(shape: str, kind: str = "<i2") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


Change = Callable[[dict[str, bytes]], dict[str, bytes]]
HOSTILE: dict[str, Change] = {
    "18 TB": lambda found: found | {"events": header("(9000000000000,)") + b"\0\0"},
    "a negative length": lambda found: found | {"events": header("(-4,)") + b"\0\0"},
    "no offsets": lambda found: found | {"offsets": npy(np.zeros(0, np.int64))},
    "one offset": lambda found: found | {"offsets": npy(np.zeros(1, np.int64))},
    "offsets that fall": lambda found: found | {"offsets": found["offsets"][:-8] + b"\xff" * 8},
    "no events": lambda found: found | {"events": npy(np.zeros(0, np.int16))},
    "events of objects": lambda found: found | {"events": header("(1,)", "|O") + b"\0" * 8},
    "events in a square": lambda found: found | {"events": npy(np.zeros((2, 2), np.int16))},
    "events that are floats": lambda found: found | {"events": npy(np.zeros(4))},
    "an event below 0": lambda found: found | {"events": found["events"][:-2] + b"\xff\xff"},
    "a control without a label": lambda found: (
        found | {"controls": found["controls"][:-1] + b"\x7f"}
    ),
    "one flag for all": lambda found: found | {"is_eval": npy(np.ones(1, np.bool_))},
    "nothing held out": lambda found: found | {"is_eval": found["is_eval"].replace(b"\1", b"\0")},
    "no column": lambda found: {name: data for name, data in found.items() if name != "weights"},
    "a header without an end": lambda found: found | {"events": header("(((((")},
    "meta that is a list": lambda found: found | {"meta": npy(np.frombuffer(b"[]", np.uint8))},
    "meta that is a number": lambda found: found | {"meta": npy(np.frombuffer(b"1e999", np.uint8))},
    "meta in no encoding": lambda found: found | {"meta": npy(np.frombuffer(b"\xff", np.uint8))},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_dataset_without_bounds_is_refused(
    small_dataset: Dataset, tmp_path: Path, name: str
) -> None:
    path = npz(tmp_path / "bad", HOSTILE[name](columns(small_dataset, tmp_path)))
    with pytest.raises(UsageError, match="is not a polyphony dataset"):
        load_dataset(path)


def test_what_is_no_archive_is_refused_by_every_reader(tmp_path: Path) -> None:
    for data in (b"", b"PK\3\4", b"PK\5\6" + bytes(18), b"\x80\x04.", b"x" * 100):
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises(UsageError, match="is not a polyphony dataset"):
            load_dataset(tmp_path / "bad")
        with pytest.raises(UsageError, match="is not a whole checkpoint"):
            read_checkpoint(tmp_path / "bad")


def test_an_infinite_loss_in_a_checkpoint_of_ours_comes_back(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "last.npz", {"x": np.arange(3)}, {"best_loss": float("inf")})
    assert read_checkpoint(tmp_path / "last.npz")["meta"] == {"best_loss": float("inf")}
    npz(tmp_path / "last.npz", {"meta": npy(np.frombuffer(b"5", np.uint8))})
    with pytest.raises(UsageError, match="is not a whole checkpoint"):
        read_checkpoint(tmp_path / "last.npz")


def model_file(**changes: Any) -> bytes:
    """The bytes of a small model whose description says something else."""
    rng = np.random.default_rng(1)
    model = Model(
        "own",
        (rng.normal(0, 0.3, (259 + 8, 32)).astype(np.float32),),
        (np.zeros(32, np.float32),),
        rng.normal(0, 0.3, (8, 259)).astype(np.float32),
        np.zeros(259, np.float32),
        training={"held_out": 1.0},
    )
    data = save_model(model)
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    description = json.loads(head["__metadata__"]["chipassets"]) | changes
    head["__metadata__"]["chipassets"] = json.dumps(description)
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"loss": "\ud800"}},
        {"name": "\udfff"},
        {"training": {"loss": float("inf")}},
        {"training": [1]},
        {"layers": 5},
        {"layers": [float("nan")]},
        {"controls": [5]},
        {"controls": {"a": 1}},
        {"forget_bias": None},
        {"format": 2},
    ],
)
def test_a_model_file_without_bounds_is_refused(changes: dict[str, Any]) -> None:
    assert parse_model(model_file(), "mine").name == "own"
    with pytest.raises(ModelError, match=r"^mine"):
        parse_model(model_file(**changes), "mine")


def test_weights_beyond_half_precision_are_refused() -> None:
    model = parse_model(model_file(), "mine")
    model.head_bias[3] = 1e30
    with pytest.raises(ModelError, match="head/bias holds NaN or numbers beyond"):
        parse_model(save_model(model, half=False), "mine")


@pytest.mark.parametrize(
    "text",
    ["NaN", "1e999", "-Infinity", '"\\ud800"', "[" * 100_000, '{"a": ["\\uDC00"]}', "\udcff"],
)
def test_json_of_anybody_is_finite_and_whole(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        loads(text)
    assert loads('"\\ud83d\\ude80"') == "🚀"
    assert loads(b"\xef\xbb\xbf[1.5]") == [1.5]
