"""The model file: what is saved is what is loaded, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from chipassets.compose.controls import UNKNOWN, ControlGroup
from chipassets.compose.weights import (
    Model,
    load_model,
    open_model,
    parse_model,
    save_model,
    shipped_model,
    shipped_models,
)
from chipassets.errors import ModelError
from tests.compose.conftest import MakeModel

CONTROLS = (ControlGroup("place", ("a", "b", "c")), ControlGroup("size", ("s", "l"), (2.5,)))


def _equal(one: Model, other: Model) -> bool:
    pairs = zip(
        (*one.kernels, *one.biases, one.head_weights, one.head_bias),
        (*other.kernels, *other.biases, other.head_weights, other.head_bias),
        strict=True,
    )
    return all(np.array_equal(a, b) for a, b in pairs) and one.controls == other.controls


def test_single_precision_survives_exactly(make_model: MakeModel, tmp_path: Path) -> None:
    model = make_model(layers=(8, 6, 4), controls=CONTROLS)
    path = tmp_path / "m.safetensors"
    path.write_bytes(save_model(model, half=False))
    loaded = load_model(path)
    assert _equal(loaded, model)
    assert loaded.layers == (8, 6, 4)
    assert loaded.control_offsets == (259, 262)
    assert all(kernel.dtype == np.float32 for kernel in loaded.kernels)
    assert open_model(str(path)).sha256 == loaded.sha256 != ""


def test_half_precision_is_half_the_size_and_settles(make_model: MakeModel) -> None:
    model = make_model()
    half, single = save_model(model), save_model(model, half=False)
    assert len(half) < 0.6 * len(single)
    once = parse_model(half, "once")
    assert save_model(once) == half
    np.testing.assert_allclose(once.kernels[0], model.kernels[0], rtol=1e-3, atol=1e-6)


def test_a_weight_too_large_for_half_precision_is_refused(make_model: MakeModel) -> None:
    model = make_model()
    model.head_bias[0] = 1e6
    with pytest.raises(ModelError, match="half=False"):
        save_model(model)


def test_a_missing_file_and_an_unknown_name_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="chipassets train export"):
        load_model(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="default"):
        open_model("defualt")
    with pytest.raises(ModelError, match="default"):
        shipped_model("defualt")


@given(data=st.data())
def test_a_truncated_file_is_refused(data: st.DataObject) -> None:
    whole = _small_file()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ModelError, match="short"):
        parse_model(whole[:cut], "short")


@given(data=st.data())
def test_a_file_with_a_damaged_header_never_gets_past_as_something_else(
    data: st.DataObject,
) -> None:
    whole = bytearray(_small_file())
    place = data.draw(st.integers(0, int.from_bytes(whole[:8], "little") + 7))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        model = parse_model(bytes(whole), "damaged")
    except ModelError:
        return
    assert model.layers == (3,)


def _small_model() -> Model:
    rng = np.random.default_rng(1)
    kernel = rng.standard_normal((262, 12)).astype(np.float32)
    head = rng.standard_normal((3, 259)).astype(np.float32)
    zeros = np.zeros(12, np.float32)
    return Model("small", (kernel,), (zeros,), head, np.zeros(259, np.float32))


def _small_file() -> bytes:
    return save_model(_small_model())


def test_random_bytes_and_foreign_tensors_are_refused() -> None:
    with pytest.raises(ModelError, match="noise"):
        parse_model(np.random.default_rng(0).bytes(4000), "noise")
    foreign = save({"weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(ModelError, match="some other model's file"):
        parse_model(foreign, "foreign")


def test_a_header_that_claims_a_huge_size_is_refused_at_once() -> None:
    with pytest.raises(ModelError, match="ends within its header"):
        parse_model((2**62).to_bytes(8, "little") + b"{}", "huge")


def _with_description(**changes: object) -> bytes:
    """The small model's tensors under a description that was tampered with."""
    whole = _small_file()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    description = json.loads(header["__metadata__"]["chipassets"]) | changes
    model = _small_model()
    tensors = {
        "cell_0/kernel": model.kernels[0],
        "cell_0/bias": model.biases[0],
        "head/weights": model.head_weights,
        "head/bias": model.head_bias,
    }
    return bytes(save(tensors, metadata={"chipassets": json.dumps(description)}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "another format"),
        ({"layers": [4]}, "3"),
        ({"layers": [3, 3]}, "cell_1"),
        ({"layers": "many"}, "not a chipassets model"),
        ({"forget_bias": 0.0}, "forget bias"),
        ({"controls": [{"name": "a", "labels": ["x"], "edges": []}]}, "cell_0/kernel"),
        ({"controls": [{"name": "a", "labels": [], "edges": []}]}, "labels"),
        ({"controls": 7}, "not a chipassets model"),
    ],
)
def test_a_description_that_does_not_fit_the_tensors_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        parse_model(_with_description(**changes), "tampered")


def test_weights_that_are_not_finite_or_not_floats_are_refused() -> None:
    model = _small_model()
    kernel = model.kernels[0].copy()
    kernel[5, 5] = np.nan
    with pytest.raises(ModelError, match="not finite"):
        Model("nan", (kernel,), model.biases, model.head_weights, model.head_bias)


def test_a_file_larger_than_any_model_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "vast.safetensors"
    with path.open("wb") as handle:
        handle.truncate(1 << 40)
    with pytest.raises(ModelError, match="larger than any model"):
        load_model(path)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_load_and_say_how_they_were_made(name: str) -> None:
    model = shipped_model(name)
    assert model.name == name
    assert model.canonical_key
    assert model.training["held_out"]["told"]["loss_per_event"] < 2
    assert not any("CC-BY" in licence for licence in model.training["dataset"]["licences"])


def test_the_shipped_models_are_small_and_the_pure_one_is_pure() -> None:
    models = [shipped_model(name) for name in shipped_models()]
    assert {"default", "polyphony"} <= {model.name for model in models}
    assert shipped_model("polyphony").controls == ()
    weights = sum(kernel.size for model in models for kernel in model.kernels)
    assert weights * 2 < 12_000_000


def test_buckets_are_closed_below_and_open_above() -> None:
    group = ControlGroup("density", ("low", "mid", "high"), (1.0, 2.0))
    values = (-1.0, 0.99, 1.0, 1.99, 2.0, 50.0)
    assert [group.bucket(value) for value in values] == [0, 0, 1, 1, 2, 2]
    assert group.row("mid") == 1
    assert group.row("other") == UNKNOWN


@pytest.mark.parametrize(
    ("labels", "edges"),
    [((), ()), (("a", "a"), ()), (("a", "b"), (1.0, 2.0)), (("a", "b", "c"), (2.0, 2.0))],
)
def test_a_control_group_that_makes_no_sense_is_refused(
    labels: tuple[str, ...], edges: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="control group"):
        ControlGroup("odd", labels, edges)
