"""Material: cells of the model's own bars, that do not depend on what stands beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chipassets.compose import material as stage
from chipassets.compose.cells import is_bass, is_tune, traits_of
from chipassets.compose.codec import STEP_END
from chipassets.compose.composer import sketch
from chipassets.compose.material import Material, low_line, propose, top_line
from chipassets.compose.sampler import sample
from chipassets.compose.weights import Model, shipped_model
from chipassets.errors import ComposeError
from chipassets.music.keys import Key
from chipassets.music.notes import Note, Primer
from chipassets.plan.trackplan import TrackPlan
from chipassets.seeds import derive_rng
from tests.compose.conftest import METRES, MakeModel, MakePlan


@pytest.fixture(scope="module")
def shipped() -> Model:
    return shipped_model()


@pytest.mark.parametrize("metre", METRES)
def test_the_shipped_model_proposes_cells_that_can_be_sung(
    make_plan: MakePlan, shipped: Model, metre: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "ROWS", 16)
    beats, pulse = METRES[metre]
    found = propose(make_plan(beats_per_bar=beats, pulse_steps=pulse), shipped)
    assert found.bars == stage.ROWS * stage._BARS
    assert found.tune
    assert found.bass
    for ranked in found.tune:
        assert ranked.cell.bar_steps == 4 * beats
        assert is_tune(ranked.cell, traits_of(ranked.cell, pulse))
    for ranked in found.bass:
        assert is_bass(ranked.cell, traits_of(ranked.cell, pulse))
    worth = [ranked.worth for ranked in found.tune]
    assert worth == sorted(worth, reverse=True)
    rhythms = [ranked.cell.rhythm for ranked in found.tune]
    assert max(map(rhythms.count, rhythms)) <= stage._MOST_OF_A_RHYTHM
    assert len({ranked.cell for ranked in found.tune}) == len(found.tune)


@pytest.mark.composes_anew
def test_an_opening_does_not_depend_on_those_beside_it(
    make_plan: MakePlan, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    kept = (1, 5)  # the sixth row of the second block
    real_sample, real_rng = sample, derive_rng

    def listening(*args: object, **more: object) -> np.ndarray:
        seen.append(real_sample(*args, **more))  # type: ignore[arg-type]
        return seen[-1]

    def others(seed: int, *names: str | int) -> np.random.Generator:
        return real_rng(seed if names[-2:] == kept else seed + 1, *names)

    monkeypatch.setattr(stage, "sample", listening)
    propose(make_plan(), make_model())
    monkeypatch.setattr(stage, "derive_rng", others)
    propose(make_plan(), make_model())
    same = [np.array_equal(one, other) for one, other in zip(*seen, strict=True)]
    assert [row for row, is_same in enumerate(same) if is_same] == [21]


@pytest.mark.composes_anew
def test_material_is_the_tracks_own_and_the_same_again(
    make_plan: MakePlan, singing_model: Model
) -> None:
    model = singing_model
    track = make_plan()
    first = propose(track, model)
    assert len(first.tune) > 10
    assert propose(track, model) == first
    assert propose(make_plan(seed=12), model) != first
    # Neither takes nor length nor the name have a say in what the model proposes.
    assert propose(make_plan(takes=9, bars=16, name="other"), model) == first


def test_a_model_that_proposes_nothing_still_composes(
    make_plan: MakePlan, make_model: MakeModel
) -> None:
    model = make_model()
    model.head_bias[:] = -40
    model.head_bias[STEP_END] = 40
    track = make_plan(bars=8)
    found = propose(track, model)
    assert found == Material((), (), found.bars)
    take = sketch(track, found, 0).score
    assert {note.part for note in take.notes} >= {"lead", "bass"}
    assert {note.start_step // 16 for note in take.notes} == set(range(8))


def test_progress_rises_to_one(make_plan: MakePlan, make_model: MakeModel) -> None:
    seen: list[float] = []
    propose(make_plan(), make_model(), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_a_primer_is_heard_first_where_it_conditions(
    make_plan: MakePlan, singing_model: Model
) -> None:
    primer = Primer((Note(0, 4, 62), Note(4, 4, 65)), 8)
    model = singing_model
    heard = propose(make_plan(primer=primer), model)
    pasted = propose(make_plan(primer=primer, condition_on_primer=False), model)
    assert heard != pasted
    assert pasted == propose(make_plan(), model)


@pytest.mark.parametrize("condition", [True, False])
def test_a_primer_that_leaves_nothing_to_compose_is_refused(
    make_plan: MakePlan, make_model: MakeModel, condition: bool
) -> None:
    track = make_plan(primer=Primer((Note(0, 1, 60),), 64), condition_on_primer=condition)
    with pytest.raises(ComposeError, match="64 steps and the track 64: nothing is left"):
        propose(track, make_model())


def test_the_top_line_is_the_highest_that_begins_and_the_low_line_its_mirror() -> None:
    notes = [(0, 8, 72), (0, 4, 60), (0, 8, 48), (4, 4, 64), (8, 4, 74), (8, 4, 50)]
    assert top_line(notes) == [(0, 8, 72), (8, 4, 74)]
    assert low_line(notes) == [(0, 8, 48), (8, 4, 50)]
    mirrored = [(start, steps, 120 - pitch) for start, steps, pitch in notes]
    assert [(s, n, 120 - p) for s, n, p in top_line(mirrored)] == low_line(notes)
    assert top_line([]) == []


def test_a_model_in_one_key_proposes_the_same_cells_for_every_key(
    make_plan: MakePlan, singing_model: Model
) -> None:
    low, high = (propose(make_plan(key=Key(tonic, "minor")), singing_model) for tonic in (2, 9))
    assert low == high
    assert low.tune


@pytest.mark.composes_anew
def test_material_is_sampled_once_for_takes_rerolls_and_explanations(
    shipped: Model, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = []

    def counted(*args: Any, **options: Any) -> np.ndarray:
        sampled.append(args)
        return sample(*args, **options)

    monkeypatch.setattr(stage, "sample", counted)
    monkeypatch.setattr(stage, "_recent", {})
    track = make_plan(seed=4711)
    first = propose(track, shipped)
    heard: list[float] = []
    assert propose(make_plan(seed=4711), shipped, heard.append) is first
    assert heard == [1.0]
    assert len(sampled) == 1
    # Another model of the same plan, and another plan, are sampled.
    assert propose(track, replace(shipped, sha256="other")) == first
    assert propose(make_plan(seed=4712), shipped) != first
    assert len(sampled) == 3


def test_only_the_last_few_tracks_have_material_kept(
    shipped: Model, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[TrackPlan, str], Material] = {}
    monkeypatch.setattr(stage, "_recent", kept)
    monkeypatch.setattr(stage, "_proposed", lambda *_: Material((), (), 0))
    for seed in (1, 2, 3, 4, 1, 5, 6):
        propose(make_plan(seed=seed), shipped)
    assert [track.seed for track, _ in kept] == [4, 1, 5, 6]
