"""The tune comes home at the loop's end, the bass does not stay away, the model judges the seam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chipassets.compose.codec import CONTINUED_NOTE, NEW_NOTE
from chipassets.compose.composer import compose_takes
from chipassets.compose.guidance.terms.bass import BassTerm
from chipassets.compose.guidance.terms.homing import HomingTerm
from chipassets.compose.guidance.terms.metre import MetreTerm
from chipassets.compose.lead_in import lead_ins
from chipassets.compose.network import Network
from chipassets.compose.sampler import sample
from chipassets.compose.script import force, free_script
from chipassets.compose.state import LOW_BELOW_PITCH, State
from chipassets.score import Note
from tests.compose.conftest import MakeModel, MakePlan
from tests.compose.test_sampler import generators

STEPS, FIRST = 64, 72


def begun(taken: np.ndarray, row: int, step: int) -> list[int]:
    events = taken[row, step]
    return [int(e) - NEW_NOTE for e in events if NEW_NOTE <= e < CONTINUED_NOTE]


def test_the_last_notes_come_near_the_first(make_model: MakeModel) -> None:
    network = Network(make_model(), 16)
    script = free_script(STEPS)
    force(script, 0, [[NEW_NOTE + FIRST]], closed=True)

    def distances(weight: float) -> tuple[float, float]:
        term = HomingTerm(0, STEPS, 16, weight)
        taken = sample(network, script, generators(16), 1.0, (term,))
        tops = [
            [
                abs(begun(taken, row, step)[0] - FIRST)
                for step in steps
                if NEW_NOTE <= taken[row, step, 0] < CONTINUED_NOTE
            ]
            for steps in (range(16, 48), range(58, STEPS))
            for row in range(16)
        ]
        inside = [d for row in tops[:16] for d in row]
        last = [row[-1] for row in tops[16:] if row]
        return float(np.mean(inside)), float(np.mean(last))

    free, led = distances(0.0), distances(3.0)
    assert led[0] == free[0]
    assert free[1] > 8
    assert led[1] < 4


def test_the_bass_does_not_stay_away(make_model: MakeModel) -> None:
    network = Network(make_model(), 8)

    def longest(weight: float) -> int:
        taken = sample(
            network, free_script(128), generators(8), 1.0, (BassTerm(2, LOW_BELOW_PITCH, weight),)
        )
        gaps = []
        for row in range(8):
            low = [
                any(e >= NEW_NOTE and (e - NEW_NOTE) % 128 < LOW_BELOW_PITCH for e in taken[row, s])
                for s in range(128)
            ]
            gap = 0
            for sounds in low:
                gap = 0 if sounds else gap + 1
                gaps.append(gap)
        return max(gaps)

    assert longest(8.0) <= 8 < longest(0.0)


def test_a_syncopated_track_leaves_the_beat(make_model: MakeModel) -> None:
    network = Network(make_model(), 8)

    def on_beat(syncopation: float) -> float:
        term = MetreTerm(16, 1.0, syncopation)
        taken = sample(network, free_script(64), generators(8), 1.0, (term,))
        starts = [s for row in range(8) for s in range(64) for _ in begun(taken, row, s)]
        return sum(s % 4 == 0 for s in starts) / len(starts)

    assert on_beat(0.0) > 2 * on_beat(1.0)


def test_six_eight_has_two_beats_a_bar(make_model: MakeModel) -> None:
    network = Network(make_model(), 8)

    def starts(pulse_steps: int) -> list[int]:
        term = MetreTerm(12, 12.0, 0.0, pulse_steps)
        taken = sample(network, free_script(60), generators(8), 1.0, (term,))
        return [s % 12 for row in range(8) for s in range(60) for _ in begun(taken, row, s)]

    dotted, plain = starts(6), starts(4)
    assert dotted.count(6) > 1.2 * dotted.count(4)
    assert dotted.count(6) > 1.2 * dotted.count(8)
    assert plain.count(4) + plain.count(8) > 2 * 1.05 * plain.count(6)


def test_a_lead_in_depends_on_the_two_bars_alone(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    model, plan = make_model(spread=1.0), make_plan(bars=8)
    takes = compose_takes(plan, model, 14, 4)
    found = lead_ins(plan, model, takes, 14)
    assert len(set(found)) == 4
    # The row in which a take stands changes nothing, nor do its neighbours.
    assert lead_ins(plan, model, takes[2:3], 16) == found[2:3]
    middle = [note for note in takes[0].notes if not 32 <= note.start_step < 64]
    same = takes[0].with_notes([*middle, Note(33, 2, 70)])
    assert lead_ins(plan, model, [same], 14) == pytest.approx(found[:1])
    other = replace(takes[0], notes=(*takes[1].notes,))
    assert lead_ins(plan, model, [other], 14)[0] != found[0]
    assert lead_ins(replace(plan, loops=False), model, takes) == (0.0,) * 4


def test_a_tune_held_far_off_turns_before_the_end() -> None:
    term = HomingTerm(0, 32, 16, 1.0)
    script = free_script(32)
    held = [[CONTINUED_NOTE + FIRST - 12]] * 14
    force(script, 0, [[NEW_NOTE + FIRST], [NEW_NOTE + FIRST - 12], *held, *held], closed=True)
    state = State(script, 1)
    for step in range(30):
        logits = np.zeros((1, 259), np.float32)
        term.bias(state, logits)
        turned = logits[0, CONTINUED_NOTE + FIRST - 12] < 0 < logits[0, NEW_NOTE + FIRST + 2]
        assert turned == (step >= 24 and step % 2 == 0)
        assert (logits[0, NEW_NOTE + FIRST - 12] < 0) == (step >= 16)
        for event in script.forced[step, :2]:
            state.write(np.array([event]))
