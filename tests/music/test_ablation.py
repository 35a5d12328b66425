"""The ablation of the search: each term is there, is switched off and comes back."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from benchmarks.ablation import Made, effects, tracks, verdict
from benchmarks.ablation_terms import TERMS, Term, without
from benchmarks.music_targets import read_targets
from chipassets.compose import tune
from chipassets.compose.composer import sketch
from chipassets.compose.fit import COSTS
from chipassets.compose.material import propose
from chipassets.compose.weights import shipped_model
from chipassets.plan.presets import SCENES
from tests.test_composed_goldens import tracks_of


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_a_term_is_switched_off_and_comes_back(term: Term) -> None:
    if term.weight:
        assert term.weight in COSTS or term.weight == "moves"
        return
    module = import_module(f"chipassets.compose.{term.module}")
    names = (*term.values, *term.rebuilt)
    before = {name: getattr(module, name) for name in names}
    with without(term):
        for name in names:
            # A value that the composer has already would measure nothing.
            assert not np.array_equal(getattr(module, name), before[name])
    assert all(getattr(module, name) is value for name, value in before.items())


def test_every_cost_of_the_search_is_a_term() -> None:
    assert set(COSTS) <= {term.weight for term in TERMS}
    assert len({term.name for term in TERMS}) == len(TERMS)


def test_a_constant_that_is_gone_is_an_error() -> None:
    with pytest.raises(AttributeError), without(Term("x", "x", "fit", {"_NO_SUCH": 0.0})):
        pass


def test_switching_off_changes_the_notes_and_leaves_nothing_behind() -> None:
    track = tracks_of("game: Off\nseed: 5\ntracks: {town: {length: 4 bars}}\n")["town"]
    material = propose(track, shipped_model())
    full = sketch(track, material, 0).score
    stress = next(term for term in TERMS if term.name == "fit: length stress")
    chance = next(term for term in TERMS if term.name == "tune: noise")
    with without(stress), without(chance):
        assert sketch(track, material, 0).score != full
    assert sketch(track, material, 0).score == full
    assert tune._NOISE > 0


def side(shift: float, spread: float, seed: int) -> list[Made]:
    """Twelve tracks of two pieces around people's means, moved by a part of their spread."""
    targets = read_targets()
    rng = np.random.default_rng(seed)
    pieces = [
        dict(
            zip(
                targets.names,
                (targets.mean + targets.sd * (shift + spread * rng.normal(size=47))).tolist(),
                strict=True,
            )
        )
        for _ in range(24)
    ]
    return [Made(pieces[n : n + 2], str(seed)) for n in range(0, 24, 2)]


def test_the_tracks_are_those_of_all_scenes_seed_by_seed() -> None:
    found = tracks(len(SCENES) + 1, 7)
    assert [track.scene for track in found] == [*SCENES, next(iter(SCENES))]
    assert found[0].seed != found[-1].seed


def test_an_effect_is_told_from_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.ablation._DRAWS", 60)
    targets = read_targets()
    near, far, like = side(0.0, 1.0, 1), side(0.9, 1.0, 1), side(0.0, 1.0, 5)
    worse = effects(near, far, targets)
    assert [effect.is_clear for effect in worse[:2]] == [True, True]
    assert worse[0].change < -0.5
    assert worse[1].change > 5
    assert verdict(worse, 12) == "helps"
    assert verdict(effects(far, near, targets), 12) == "costs"
    chance = effects(near, like, targets)
    assert not chance[0].is_clear
    assert verdict(effects(near, near, targets), 3) == "no clear effect"
    assert verdict(worse, 0) == "never acts"
