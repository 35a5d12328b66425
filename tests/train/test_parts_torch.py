"""The networks for single voices on PyTorch: equal numbers, training, the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chipassets.cli.train import app
from chipassets.compose.critic import parse_critic
from chipassets.compose.part_context import ROLES, PartContext, context_classes
from chipassets.compose.parts_model import PartsModel, parse_parts
from chipassets.compose.parts_network import PartNetworks, log_likelihood
from chipassets.train.parts_data import own_past
from tests.train.test_parts import _midi, _song

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("role", ROLES)
def test_numpy_agrees_with_torch(role: str) -> None:
    import torch

    from chipassets.train.parts_export import weights_of
    from chipassets.train.parts_fit import PartNet

    torch.manual_seed(3)
    net = PartNet(24)
    net.eval()
    weights = weights_of(net.state_dict())
    rng = np.random.default_rng(1)
    voices = rng.integers(0, 74, (5, 96)) * (rng.random((5, 96)) < 0.6)
    given = {"lead": voices[3], "bass": voices[4]}
    context = PartContext(
        mode="minor",
        root=rng.integers(-1, 12, 12),
        quality=rng.integers(-1, 6, 12),
        phrase_bar=np.arange(6) % 4,
        density=rng.uniform(0, 9, 6),
        given={"lead": {}, "bass": {"lead": given["lead"]}, "inner": given}[role],
    )
    told = context_classes(context)
    past = own_past([voice.astype(np.int16) for voice in voices[:3]])
    classes = np.stack([np.concatenate((told, behind), axis=1) for behind in past])
    with torch.no_grad():
        rates = torch.log_softmax(net(torch.from_numpy(classes).long()), dim=2).numpy()
    expected = np.take_along_axis(rates, voices[:3, :, None], axis=2)[:, :, 0]
    rated = log_likelihood(PartNetworks(PartsModel({role: weights})), role, context, voices[:3])
    np.testing.assert_allclose(rated, expected, atol=1e-4)


def test_a_transposed_window_is_what_a_transposed_piece_gives(tmp_path: Path) -> None:
    from chipassets.compose.part_context import FIRST_NOTE
    from chipassets.train.parts_data import examples
    from chipassets.train.parts_fit import COLUMN, transposed, window
    from chipassets.train.parts_reading import read_piece

    (example,) = examples([read_piece(_midi(tmp_path / "a.mid", _song()), {})], "inner")
    classes, tokens = window(example, 0, 0)
    moved = transposed(classes, tokens, 3, example.register, 0)
    assert moved is not None
    np.testing.assert_array_equal(
        moved[1][:80], np.where(tokens >= FIRST_NOTE, tokens + 3, tokens)[:80]
    )
    (behind,) = own_past([moved[1][:80].astype(np.int16)])
    diatonic = [n for name, n in COLUMN.items() if name.startswith("diatonic")]
    own = [n for n in range(COLUMN["last_token"], classes.shape[1]) if n not in diatonic]
    first = COLUMN["last_token"]
    np.testing.assert_array_equal(moved[0][:80][:, own], behind[:, [n - first for n in own]])
    assert (moved[0][:80, COLUMN["key"]] == 3).all()
    assert moved[0][0, COLUMN["root"]] == 3
    assert (moved[1][80:] == tokens[80:]).all()
    assert transposed(classes, tokens, 60, example.register, 0) is None


def test_the_command_trains_resumes_and_writes(tmp_path: Path) -> None:
    for number in range(12):
        song = {v: [(s, n, p + number % 3) for s, n, p in line] for v, line in _song().items()}
        song["pulse 1"][0] = (0, 4, 74 + number)
        _midi(tmp_path / "music" / f"{number}.mid", song)
    out = tmp_path / "parts.safetensors"
    words = ["parts", str(tmp_path / "music"), "-o", str(out), "--units", "12", "--batch-size", "2"]
    first = CliRunner().invoke(app, [*words, "--steps", "2", "--role", "lead"])
    assert first.exit_code == 0, first.output
    assert "lacks bass, inner" in first.output.replace("\n", " ")
    second = CliRunner().invoke(app, [*words, "--steps", "3"])
    assert second.exit_code == 0, second.output
    model = parse_parts(out.read_bytes(), "it")
    assert model.training["roles"]["lead"]["hparams"]["units"] == 12
    assert "everything told" in out.with_suffix(".md").read_text()
    assert "lead 3/3" in second.output


def test_a_critic_is_trained_and_tells_hammering_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    for number in range(14):
        song = _song()
        tune = 72 + steps[np.clip(np.cumsum(rng.integers(-1, 2, 64)) % 8, 0, 7)]
        song["pulse 1"] = [(2 * n, 2, int(pitch)) for n, pitch in enumerate(tune)]
        song["triangle"] = [(4 * n, 4, int(48 + steps[rng.integers(0, 5)])) for n in range(32)]
        _midi(tmp_path / "music" / f"{number}.mid", song)
        flat = {"a": [(2 * n, 2, 72) for n in range(64)], "b": [(4 * n, 4, 40) for n in range(32)]}
        _midi(tmp_path / "ours" / f"{number + 20}.mid", flat | {"c": [(0, 9, 60 + number)] * 6})
    out = tmp_path / "critic.safetensors"
    words = ["critic", str(tmp_path / "music"), "-o", str(out), "--steps", "300"]
    done = CliRunner().invoke(app, [*words, "--composed", str(tmp_path / "ours")])
    assert done.exit_code == 0, done.output
    scores = parse_critic(out.read_bytes(), "it").training["auc"]
    assert scores["composed"]["all"] > 0.95
    assert "--composed" in out.with_suffix(".md").read_text()
