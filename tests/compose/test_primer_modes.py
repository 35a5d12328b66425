"""The primer's two switches: what they do, and that Magenta's own generator does the same."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from chipassets.compose.codec import NEW_NOTE, START, STEP_END, decode_events
from chipassets.compose.constraints import FREE, unconstrained
from chipassets.compose.network import Network
from chipassets.compose.primer import apply_primer
from chipassets.compose.sampler import sample
from chipassets.compose.weights import Model
from chipassets.errors import ComposeError
from chipassets.music.score import Note
from chipassets.plan.trackplan import Primer
from tests.compose.conftest import MakeModel

PRIMER = Primer((Note(0, 3, 72), Note(0, 2, 60), Note(3, 2, 74), Note(4, 2, 65)), 6)
HEARD = replace(PRIMER, steps=7)
"""Magenta rounds the end of a primer up past the grid: one silent step follows, here asked for."""
STEPS = 32
PLACES = 400
MODES = list(product((True, False), (True, False)))


def without_ends(model: Model) -> Model:
    """START and END are never drawn: Magenta's decoder counts an END inside a piece as a step."""
    model.head_bias[:2] = -40
    return model


def our_events(model: Model, condition: bool, inject: bool) -> tuple[list[int], int]:
    """The events after the primer is pasted or heard, from START on, drawn as NumPy draws."""
    constraints = apply_primer(
        unconstrained(STEPS, PLACES), HEARD, condition=condition, inject=inject
    )
    draws = np.random.Generator(np.random.MT19937())
    draws.bit_generator.state = legacy_state(5)
    history = sample(Network(model, 1), constraints, [draws], 1.0, rules=False)[0]
    heard = history[constraints.first_step :]
    return [START, *heard[heard >= 0].tolist()], constraints.first_step


def legacy_state(seed: int) -> dict[str, object]:
    """The state of the generator behind numpy.random after seed(…), which Magenta draws from."""
    name, key, position, *_ = np.random.RandomState(seed).get_state()
    return {"bit_generator": name, "state": {"key": key, "pos": position}}


@pytest.mark.slow
def test_all_four_modes_write_what_magenta_writes(make_model: MakeModel, tmp_path: Path) -> None:
    """Same weights, same primer, same random numbers: the same events and the same notes."""
    if importlib.util.find_spec("magenta") is None:
        pytest.skip("magenta is not installed")
    model = without_ends(make_model(layers=(20, 16)))
    weights = {
        "fully_connected/weights": model.head_weights,
        "fully_connected/biases": model.head_bias,
    }
    for i, (kernel, bias) in enumerate(zip(model.kernels, model.biases, strict=True)):
        cell = f"rnn/multi_rnn_cell/cell_{i}/basic_lstm_cell"
        weights |= {f"{cell}/kernel": kernel, f"{cell}/bias": bias}
    np.savez(tmp_path / "weights.npz", **weights)  # type: ignore[arg-type]
    mode = {
        "notes": [[n.start_step, n.duration_steps, n.pitch] for n in PRIMER.notes],
        "primer_steps": PRIMER.steps,
        "total_steps": STEPS,
        "temperature": 1.0,
        "seed": 5,
    }
    modes = [{**mode, "condition": c, "inject": i} for c, i in MODES]
    job = {"layers": list(model.layers), "modes": modes}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    (tmp_path / "run").mkdir()
    names = [str(tmp_path / name) for name in ("weights.npz", "job.json", "out.json", "run")]
    script = Path(__file__).with_name("magenta_generate.py")
    subprocess.run([sys.executable, str(script), *names], check=True, capture_output=True)
    theirs = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    for (condition, inject), magenta in zip(MODES, theirs, strict=True):
        events, pasted = our_events(model, condition, inject)
        assert events == magenta["events"][: len(events)]
        notes = [
            (start + pasted, length, pitch) for start, length, pitch in decode_events(events)[0]
        ]
        if pasted:
            notes += [(n.start_step, n.duration_steps, n.pitch) for n in PRIMER.notes]
        assert sorted(notes) == sorted(map(tuple, magenta["notes"]))
        assert len(notes) > 15


@pytest.mark.parametrize(("condition", "inject"), MODES)
def test_the_primer_always_opens_the_track(
    make_model: MakeModel, condition: bool, inject: bool
) -> None:
    constraints = apply_primer(unconstrained(30), PRIMER, condition=condition, inject=inject)
    rngs = [np.random.default_rng(row) for row in range(4)]
    for row in sample(Network(make_model(), 4), constraints, rngs, 1.0):
        notes, steps = decode_events([START, *row[row >= 0].tolist()])
        assert steps == 30
        opening = [n for n in notes if n[0] < PRIMER.steps]
        cut = sorted((s, min(d, PRIMER.steps - s), p) for s, d, p in opening)
        assert cut == sorted((n.start_step, n.duration_steps, n.pitch) for n in PRIMER.notes)
        again = [(s - PRIMER.steps, p) for s, _, p in notes if 6 <= s < 12]
        if inject:
            assert {(n.start_step, n.pitch) for n in PRIMER.notes} <= set(again)


def test_injected_steps_stay_open_and_are_cut_at_the_end() -> None:
    constraints = apply_primer(unconstrained(8), PRIMER, condition=True, inject=True)
    assert constraints.forced[6, :3].tolist() == [NEW_NOTE + 72, NEW_NOTE + 60, FREE]
    assert constraints.forced[0, :3].tolist() == [NEW_NOTE + 72, NEW_NOTE + 60, STEP_END]
    assert constraints.steps == 8


@pytest.mark.parametrize("steps", [1, 6])
def test_a_primer_that_fills_the_track_is_refused(steps: int) -> None:
    with pytest.raises(ComposeError, match="nothing is left"):
        apply_primer(unconstrained(steps), PRIMER, condition=True, inject=False)


def test_a_step_with_more_notes_than_it_holds_is_refused() -> None:
    crowd = Primer(tuple(Note(0, 1, 40 + i) for i in range(20)), 1)
    with pytest.raises(ComposeError, match="20 notes"):
        apply_primer(unconstrained(8), crowd, condition=True, inject=False)
