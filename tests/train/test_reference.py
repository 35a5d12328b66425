"""`build --composer magenta`: Magenta's own generator composes, and the lock knows it did."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chipassets.cli.app import app
from chipassets.compose.codec import EVENT_CLASSES, NEW_NOTE, STEP_END
from chipassets.compose.controls import ControlGroup
from chipassets.compose.weights import Model, save_model
from chipassets.errors import ComposeError, MissingExtraError, UsageError
from chipassets.music.score import Note
from chipassets.plan.trackplan import Primer, Reference
from chipassets.stored.cache_keys import notes_key
from chipassets.train import reference
from chipassets.train.magenta_install import need_magenta
from tests.chip_music import plan

needs_magenta = pytest.mark.skipif(
    importlib.util.find_spec("magenta") is None, reason="magenta is not installed"
)
MANIFEST = """\
game: Tiny
seed: 3
formats: [midi]
tracks:
  cave:
    scene: dungeon
    length: 4 bars
    takes: 2
    key: C major
    primer: "C5 - E5 - G5 - E5 -"
    condition_on_primer: true
"""


def model() -> Model:
    """A model that likes the notes around middle C, with a control, which Magenta has not."""
    rng = np.random.default_rng(5)
    bias = np.full(EVENT_CLASSES, -4, np.float32)
    bias[STEP_END], bias[NEW_NOTE + 55 : NEW_NOTE + 70] = 2, 0
    kernel = rng.normal(0, 0.3, (EVENT_CLASSES + 2 + 8, 32)).astype(np.float32)
    head = rng.normal(0, 0.3, (8, EVENT_CLASSES)).astype(np.float32)
    controls = (ControlGroup("mode", ("major", "minor")),)
    return Model("own", (kernel,), (np.zeros(32, np.float32),), head, bias, controls)


def test_the_composer_is_part_of_the_key() -> None:
    track = plan()
    keys = {
        notes_key(replace(track, reference=composer), "0")
        for composer in (None, Reference(), Reference(2, 1), Reference(1, 2))
    }
    assert len(keys) == 4


@needs_magenta
@pytest.mark.slow
def test_magenta_composes_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "game.yaml").write_text(MANIFEST)
    (tmp_path / "own.safetensors").write_bytes(save_model(model()))
    words = ["build", "game.yaml", "--model", "own.safetensors", "--json", "--jobs", "1"]
    words += ["--composer", "magenta", "--beam-size", "1", "--branch-factor", "2"]

    def build(*more: str) -> str:
        result = CliRunner().invoke(app, [*words, *more])
        assert result.exit_code == 0, result.output
        return str(json.loads(result.stdout)["tracks"][0]["done"])

    assert build() == "composed"
    assert build() == "kept"


@needs_magenta
@pytest.mark.slow
def test_a_seed_decides_a_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "derive_seed", lambda *words: 5 + words[-1] % 2)
    primer = Primer((Note(0, 2, 60), Note(2, 2, 64)), 4)
    track = replace(plan(bars=2), primer=primer, condition_on_primer=True, inject_primer=False)
    first, other, again = reference.compose_takes(track, model(), 0, 3)
    assert first == again
    assert first != other
    assert [note for note in first.notes if note.start_step < 4] == list(primer.notes)
    assert max(note.end_step for note in first.notes) <= track.total_steps


def test_a_primer_as_long_as_the_track_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "need_magenta", lambda what: None)
    track = replace(plan(bars=1), primer=Primer((Note(0, 16, 60),), 16))
    with pytest.raises(ComposeError, match="nothing is left to compose"):
        reference.compose_takes(track, model())


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"chipassets doctor --install magenta") as raised:
        need_magenta("--composer magenta")
    assert raised.value.exit_code == 4


def test_a_beam_size_needs_magentas_composer(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(MANIFEST)
    words = ["build", str(tmp_path / "game.yaml"), "--beam-size", "2"]
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, UsageError)
    assert "--composer magenta" in str(result.exception)
