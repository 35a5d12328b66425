"""Explaining a bar: what is told is what the take has."""

from __future__ import annotations

from chipassets.compose.composer import compose_takes
from chipassets.compose.explain import explain_take_bar
from chipassets.compose.fit import COSTS
from chipassets.compose.ideas import (
    BASS_ROLES,
    DOUBLED,
    HELD,
    IDEAS,
    INNER_ROLES,
    LONG,
    SILENT,
    THIRDS,
)
from chipassets.compose.planning import plan_piece
from chipassets.compose.weights import Model
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import spelled_pitch
from chipassets.music.notes import BASS, INNER, LEAD, PARTS
from chipassets.music.score import Score
from tests.compose.conftest import MakePlan
from tests.compose.test_motif import HERO


def notes_of(take: Score, part: str, bar: int) -> str:
    return " ".join(
        f"{note.start_step % 16}:{spelled_pitch(note.pitch, take.key)}+{note.duration_steps}"
        for note in take.part(part)
        if note.start_step // 16 == bar
    )


def test_the_notes_and_chords_are_those_of_the_take(
    make_plan: MakePlan, singing_model: Model
) -> None:
    track = make_plan(bars=8)
    (take,) = compose_takes(track, singing_model, 2, 1)
    for bar in (0, 3, 6, 7):
        found = explain_take_bar(track, singing_model, 2, bar)
        assert (found.take, found.bar) == (3, bar + 1)
        assert found.idea in IDEAS
        assert found.chords == take.chords[bar]
        assert found.notes == {part: notes_of(take, part, bar) for part in PARTS}
        assert set(found.costs) <= set(COSTS)
        assert found.roles[INNER] in INNER_ROLES
        assert found.roles[BASS] in BASS_ROLES
        assert set(found.roles) == set(PARTS)
        # Phrases of four bars close in their last one.
        assert bool(found.cadence) == (bar in (3, 7))
        assert found.tune


def test_a_part_does_what_is_told_of_its_bar(make_plan: MakePlan, singing_model: Model) -> None:
    """A tutti and an entry leave what a part does in the rest of its section."""
    track = make_plan(bars=16)
    plans = [plan_piece(track, take) for take in range(32)]
    take, bar = next((take, min(plan.tuttis)) for take, plan in enumerate(plans) if plan.tuttis)
    together = explain_take_bar(track, singing_model, take, bar)
    assert (together.roles[INNER], together.roles[BASS]) == (THIRDS, DOUBLED)
    once = make_plan(bars=16, loops=False)
    take = next(take for take in range(32) if plan_piece(once, take).waits(INNER, 0))
    before = explain_take_bar(once, singing_model, take, 0)
    assert (before.roles[INNER], before.notes[INNER]) == (SILENT, "")
    at_once = make_plan(bars=4, loops=False)
    last = explain_take_bar(at_once, singing_model, 0, 3)
    assert (last.roles[INNER], last.roles[BASS]) == (HELD, LONG)


def test_what_returns_says_from_where(make_plan: MakePlan, singing_model: Model) -> None:
    form = lay_out([FormPart(name) for name in ("A", "B", "A'")], 12)
    track = make_plan(bars=12, form=form)
    told = [explain_take_bar(track, singing_model, 0, bar) for bar in (0, 4, 8, 9, 11)]
    assert [found.section for found in told] == ["A", "B", "A'", "A'", "A'"]
    assert [found.returns_from for found in told] == [None, None, 1, 2, None]


def test_a_motif_is_named_where_it_stands(make_plan: MakePlan, singing_model: Model) -> None:
    track = make_plan(bars=8, motifs=(HERO,))
    first, second = (explain_take_bar(track, singing_model, 0, bar) for bar in (0, 1))
    assert first.motifs == (HERO.name,)
    assert second.motifs == ()
    assert first.notes[LEAD].startswith("0:")
