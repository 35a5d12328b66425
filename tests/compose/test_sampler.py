"""Sampling: its laws, its rules and its order of chance."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE, STEP_END, decode_events
from chipassets.compose.guidance.terms.density import DensityTerm
from chipassets.compose.guidance.terms.echo import EchoTerm
from chipassets.compose.guidance.terms.harmony import HarmonyTerm
from chipassets.compose.guidance.terms.hold import HoldTerm
from chipassets.compose.guidance.terms.metre import MetreTerm
from chipassets.compose.guidance.terms.register import RegisterTerm
from chipassets.compose.guidance.terms.scale import ScaleTerm
from chipassets.compose.guidance.terms.voices import VoicesTerm
from chipassets.compose.network import Network
from chipassets.compose.sampler import draw, sample
from chipassets.compose.script import force, free_script
from chipassets.compose.state import State
from tests.compose.conftest import MakeModel

WHITE = frozenset({0, 2, 4, 5, 7, 9, 11})


def generators(rows: int, seed: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, row]) for row in range(rows)]


def test_rules_keep_to_the_order_that_magenta_writes(make_model: MakeModel) -> None:
    taken = sample(Network(make_model(), 8), free_script(80), generators(8), 1.5)
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
    taken = sample(Network(make_model(), 8), free_script(40), generators(8), 3.0, rules=False)
    events = taken[taken >= 0]
    assert {0, 1} <= set(events.tolist())


def test_all_weights_zero_equals_unguided_draw_for_draw(make_model: MakeModel) -> None:
    network = Network(make_model(), 4)
    aims = np.full(4, 2.0, np.float32)
    silent = (
        ScaleTerm(WHITE, 8, 0.0),
        VoicesTerm(3, aims, 0.0),
        RegisterTerm(60, 70, 40, 0.0),
        DensityTerm(aims, 0.0),
        MetreTerm(16, 0.0),
        HoldTerm(4, 0.0),
        EchoTerm(np.full(4, 8), 8, 0.0),
        HarmonyTerm(np.zeros(32, np.int64), (frozenset({0, 4, 7}),), (0,), 16, 0.0),
    )
    unguided = sample(network, free_script(32), generators(4), 1.0)
    assert np.array_equal(sample(network, free_script(32), generators(4), 1.0, silent), unguided)
    for term in silent:
        logits = np.random.default_rng(0).standard_normal((4, 259)).astype(np.float32)
        before = logits.copy()
        term.bias(State(free_script(32), 4), logits)
        assert np.array_equal(logits, before)


def test_every_term_pulls_where_it_says(make_model: MakeModel) -> None:
    network = Network(make_model(), 16)

    def notes(*terms: object) -> list[tuple[int, int, int]]:
        taken = sample(network, free_script(64), generators(16), 1.0, terms)  # type: ignore[arg-type]
        return [n for row in taken for n in decode_events(row[row >= 0])[0]]

    def foreign(found: list[tuple[int, int, int]]) -> float:
        return sum(pitch % 12 not in WHITE for _, _, pitch in found) / len(found)

    plain = notes()
    assert foreign(plain) > 0.3
    assert foreign(notes(ScaleTerm(WHITE, None, 4.0))) < 0.1
    few, many = (np.full(16, target, np.float32) for target in (1.0, 8.0))
    assert len(notes(DensityTerm(many, 2.0))) > 1.5 * len(notes(DensityTerm(few, 2.0)))
    off_beat = [sum(s % 2 for s, _, _ in n) / len(n) for n in (plain, notes(MetreTerm(16, 2.0)))]
    assert off_beat[1] < off_beat[0] / 2
    in_range = notes(RegisterTerm(60, 72, 48, 8.0))
    assert np.mean([44 <= pitch <= 76 for _, _, pitch in in_range]) > 0.95
    short = notes(HoldTerm(2, 20.0))
    assert max(duration for _, duration, _ in short) <= 4
    chord = notes(HarmonyTerm(np.zeros(64, np.int64), (frozenset({0, 4, 7}),), (0,), 16, 4.0))
    assert np.mean([p % 12 in {0, 4, 7} for _, _, p in chord]) > 2 * np.mean(
        [p % 12 in {0, 4, 7} for _, _, p in plain]
    )


def test_the_voice_cap_holds(make_model: MakeModel) -> None:
    term = VoicesTerm(2, np.full(8, 2.0, np.float32), 1.0)
    taken = sample(Network(make_model(), 8), free_script(64), generators(8), 2.0, (term,))
    assert ((taken >= NEW_NOTE).sum(axis=2) <= 2).all()


def test_a_row_is_the_same_whatever_stands_beside_it(make_model: MakeModel) -> None:
    network = Network(make_model(), 4)
    rngs = generators(4)
    first = sample(network, free_script(24), rngs, 1.0)
    others = [np.random.default_rng([9, row]) for row in range(4)]
    others[2] = np.random.default_rng([1, 2])
    assert np.array_equal(sample(network, free_script(24), others, 1.0)[2], first[2])


def test_settled_steps_are_written_and_open_ones_go_on(make_model: MakeModel) -> None:
    script = free_script(8)
    force(script, 2, [[NEW_NOTE + 60]], closed=True)
    force(script, 4, [[NEW_NOTE + 90]], closed=False)
    taken = sample(Network(make_model(), 6), script, generators(6), 1.0)
    assert (taken[:, 2, :3] == [NEW_NOTE + 60, STEP_END, -1]).all()
    assert (taken[:, 4, 0] == NEW_NOTE + 90).all()
    assert (taken[:, 4] >= NEW_NOTE).sum() > 6


def test_returning_steps_repeat_what_their_row_wrote(make_model: MakeModel) -> None:
    script = free_script(16)
    source = np.arange(16)
    source[8:12] = [4, 5, 6, 7]
    taken = sample(Network(make_model(), 6), replace(script, source=source), generators(6), 1.0)
    # The first step of a return may have to strike what was held into its source.
    assert np.array_equal(taken[:, 9:12], taken[:, 5:8])
    pitch = [
        (np.where(t >= NEW_NOTE, (t - NEW_NOTE) % 128, -1)) for t in (taken[:, 8], taken[:, 4])
    ]
    assert np.array_equal(pitch[0], pitch[1])


def test_progress_rises_to_one(make_model: MakeModel) -> None:
    seen: list[float] = []
    sample(Network(make_model(), 2), free_script(8), generators(2), 1.0, progress=seen.append)
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


def test_the_lead_echoes_its_rhythm(make_model: MakeModel) -> None:
    network = Network(make_model(), 8)

    def agreement(weight: float) -> float:
        term = EchoTerm(np.full(8, 8), 8, weight)
        first = sample(network, free_script(64), generators(8), 1.0, (term,))[:, :, 0]
        led = (first >= NEW_NOTE) & (first < CONTINUED_NOTE)
        return float((led[:, 8:] == led[:, :-8]).mean())

    assert agreement(0.0) < 0.75
    assert agreement(3.0) > 0.85
