"""Sampling: its laws, its rules and its order of chance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END
from chipassets.compose.constraints import force, unconstrained
from chipassets.compose.network import Network
from chipassets.compose.sampler import draw, sample
from tests.compose.conftest import MakeModel


def generators(rows: int, seed: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, row]) for row in range(rows)]


def test_rules_keep_to_the_order_that_magenta_writes(make_model: MakeModel) -> None:
    taken = sample(Network(make_model(), 8), unconstrained(80), generators(8), 1.5)
    continued = 0
    for row in taken:
        sounding: set[int] = set()
        for step in row:
            events = step[step >= 0].tolist()
            assert events[-1] == STEP_END
            pitches = [(event - NEW_NOTE) % 128 for event in events[:-1]]
            assert all(a > b for a, b in pairwise(pitches))
            held = {event - CONTINUED_NOTE for event in events if event >= CONTINUED_NOTE}
            assert held <= sounding
            assert not {0, 1} & set(events)
            continued += len(held)
            sounding = set(pitches)
    assert continued > 50


def test_without_rules_the_model_is_sampled_as_it_is(make_model: MakeModel) -> None:
    taken = sample(Network(make_model(), 8), unconstrained(40), generators(8), 3.0, rules=False)
    events = taken[taken >= 0]
    assert {0, 1} <= set(events.tolist())


def test_a_row_is_the_same_whatever_stands_beside_it(make_model: MakeModel) -> None:
    network = Network(make_model(), 4)
    rngs = generators(4)
    first = sample(network, unconstrained(24), rngs, 1.0)
    others = [np.random.default_rng([9, row]) for row in range(4)]
    others[2] = np.random.default_rng([1, 2])
    assert np.array_equal(sample(network, unconstrained(24), others, 1.0)[2], first[2])


def test_closed_steps_end_after_their_events_and_open_ones_continue(make_model: MakeModel) -> None:
    constraints = unconstrained(8)
    force(constraints, 2, [[NEW_NOTE + 60]], closed=True)
    force(constraints, 4, [[NEW_NOTE + 90]], closed=False)
    taken = sample(Network(make_model(), 6), constraints, generators(6), 1.0)
    assert (taken[:, 2, :3] == [NEW_NOTE + 60, STEP_END, -1]).all()
    assert (taken[:, 4, 0] == NEW_NOTE + 90).all()
    assert (taken[:, 4] >= NEW_NOTE).sum() > 6


def test_progress_rises_to_one(make_model: MakeModel) -> None:
    seen: list[float] = []
    sample(Network(make_model(), 2), unconstrained(8), generators(2), 1.0, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@given(st.integers(0, 2**32 - 1))
def test_draw_never_takes_what_is_forbidden(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((5, 259)).astype(np.float32) * 10
    allowed = rng.random((5, 259)) < 0.05
    allowed[:, 100] = True
    logits[~allowed] = -np.inf
    uniforms = rng.choice([0.0, 0.5, np.nextafter(1.0, 0)], 5)
    drawn = draw(logits, uniforms)
    assert allowed[np.arange(5), drawn].all()


def test_draw_follows_the_softmax() -> None:
    logits = np.array([0.0, 1.0, 2.0, -np.inf], np.float32)
    uniforms = (np.arange(10_000) + 0.5) / 10_000
    drawn = draw(np.tile(logits, (10_000, 1)), uniforms)
    shares = np.bincount(drawn, minlength=4) / 10_000
    expected = np.exp(logits) / np.exp(logits).sum()
    assert shares == pytest.approx(expected, abs=2e-4)
