"""The chords of a take: every phrase that closes has the chord that leads to its goal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chipassets.compose.harmony import plan_harmony
from chipassets.compose.piece import CLOSED, Cycle, PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.music.chords import parse_chord
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import MakePlan

MINOR = Key(7, "minor")
# Semitones from the tonic to the roots that lead there: dominant, leading chord, the fourth and the
# lowered seventh.
LEADING = {7, 11, 5, 10}


def vamping(plan: PiecePlan, **changes: object) -> PiecePlan:
    """The plan of a piece that stays on its first two chords as long as it may."""
    targets = replace(plan.targets, vamp=0.8, literal=1.0)
    return replace(plan, targets=targets, **changes)  # type: ignore[arg-type]


def roots_before_goal(track: TrackPlan, plan: PiecePlan, seed: int) -> tuple[list[int], str]:
    """The roots of a piece's chords, counted from its tonic, and the chords of its last bar."""
    bars = plan_harmony(track, plan, np.random.default_rng(seed)).names
    names = [name for bar in bars for name in bar.split()]
    return [(parse_chord(n, track.key).root - track.key.tonic) % 12 for n in names], bars[-1]


def test_a_piece_that_vamps_still_ends_with_a_cadence_and_a_bar_of_its_tonic(
    make_plan: MakePlan,
) -> None:
    track = make_plan(scene="game_over", loops=False, key=MINOR)
    for seed in range(40):
        roots, last = roots_before_goal(track, vamping(plan_piece(track, seed)), seed)
        assert roots[-1] == 0
        assert next(root for root in reversed(roots) if root) in LEADING, (seed, roots)
        assert len(last.split()) == 1


def test_a_bar_of_its_own_that_closes_holds_the_whole_cadence(make_plan: MakePlan) -> None:
    form = lay_out([FormPart(name, 4) for name in ("A", "B", "A'", "B'")], 16)
    track = make_plan(scene="title", bars=16, form=form, key=Key(0, "major"))
    closed = 0
    for seed in range(60):
        plan = replace(plan_piece(track, seed), cycle=None)
        harmony = plan_harmony(track, plan, np.random.default_rng(seed))
        for phrase in plan.phrases:
            last = phrase.start_bar + phrase.bars - 1
            if phrase.cadence != CLOSED:
                continue
            names = [name for bar in harmony.names[last - 1 : last + 1] for name in bar.split()]
            roots = [parse_chord(name, track.key).root for name in names]
            closed += 1
            # The last bar stands at home, also where its section is in another key.
            assert roots[-1] == 0
            assert next((root for root in reversed(roots) if root), 0) in LEADING, (seed, names)
    assert closed > 30


def test_a_bar_of_a_cycle_comes_again_with_its_chords(make_plan: MakePlan) -> None:
    form = lay_out([FormPart("A", 8), FormPart("A'", 8)], 16)
    track = make_plan(scene="battle", bars=16, form=form, key=MINOR)
    for seed in range(20):
        plan = vamping(plan_piece(track, seed), cycle=Cycle(turns=True))
        names = plan_harmony(track, plan, np.random.default_rng(seed)).names
        assert names[4:7] == names[:3]
