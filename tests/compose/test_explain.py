"""What pulled: the explained events are those of the take, and the pulls add up."""

from __future__ import annotations

import math

import numpy as np

from chipassets.compose.composer import ROWS, compose_takes, open_block, sample_block
from chipassets.compose.explain import CLOSES, STARTS, explain_take
from chipassets.compose.guidance.registry import TERMS
from chipassets.compose.network import Network
from chipassets.compose.sampler import sample
from chipassets.compose.script import free_script
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.forms import FormPart, lay_out
from chipassets.seeds import derive_rng
from tests.compose.conftest import MakeModel, MakePlan
from tests.compose.test_motif import HERO

UNLED = tuple((name, 0.0) for name in TERMS)


def test_the_events_are_those_of_the_take(make_model: MakeModel, make_plan: MakePlan) -> None:
    sections = lay_out([FormPart("A"), FormPart("B"), FormPart("A")], 6)
    plan = make_plan(bars=6, motifs=(HERO,), form=sections)
    model = make_model()
    take = compose_takes(plan, model, 17, 1)[0]
    found = explain_take(plan, model, 17)
    chosen = [(event.step, event.pitch) for event in found if event.what == STARTS]
    composed = [(note.start_step, note.pitch) for note in take.notes]
    # The last half bar leads back to the loop's start.
    returning = range(4 * 16, 6 * 16 - 8)
    said = take.statements[0]
    tune = {note.start_step + said.start_step for note in HERO.notes}
    # Of what sounds first, all was chosen but the motif; of what returns, nothing.
    assert set(chosen) <= set(composed)
    missing = [note for note in composed if note not in chosen]
    assert {step for step, _ in missing if step not in returning} == tune
    assert [step for step, _ in chosen if step in returning] == []


def test_pulls_account_for_what_guidance_changed(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    found = explain_take(make_plan(), make_model(), 0)
    assert {name for event in found for name in event.pulls} >= {"harmony", "metre", "density"}
    raised = 0
    for event in found:
        assert 0 < event.guided <= 1
        assert (event.pitch is None) == (event.what == CLOSES)
        # The pulls are against the mean of what might have been: Jensen's inequality.
        change = math.log(event.guided) - math.log(event.alone)
        assert change <= sum(event.pulls.values()) + 1e-3
        raised += change > 0
    assert raised > len(found) / 2


def test_without_weights_the_model_is_alone_draw_for_draw(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    plan, model = make_plan(guidance=UNLED, form=lay_out([FormPart("A")], 4)), make_model()
    block = open_block(plan, model, 0)
    assert {term.weight for term in block.terms} == {0.0}
    alone = sample(
        Network(model, ROWS),
        free_script(plan.total_steps),
        [derive_rng(plan.seed, "compose", COMPOSE_VERSION, take) for take in range(ROWS)],
        plan.temperature,
    )
    assert np.array_equal(sample_block(plan, block), alone)
    for event in explain_take(plan, model, 3):
        assert event.pulls == {}
        assert event.guided == event.alone
