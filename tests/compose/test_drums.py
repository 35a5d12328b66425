"""The drums of a take: strokes in the bars, of kinds that there are, with a fill at the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.compose.bass import compose_bass
from chipassets.compose.composer import sketch
from chipassets.compose.context import Context
from chipassets.compose.drums import compose_drums
from chipassets.compose.grooves import STYLES
from chipassets.music.notes import Note
from chipassets.music.score import DRUM_KINDS, DrumStroke
from chipassets.plan.presets import SCENES
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import METRES, MakePlan, context_in, material_in


def a_track(
    make_plan: MakePlan, style: str = "rock", metre: str = "4/4", **more: object
) -> TrackPlan:
    beats, pulse = METRES[metre]
    character = replace(make_plan().character, groove=style)
    plan = {"bars": 8, "beats_per_bar": beats, "pulse_steps": pulse, "character": character}
    return make_plan(**(plan | more))


def played(
    track: TrackPlan, seed: int = 0, muted: frozenset[int] = frozenset()
) -> tuple[tuple[DrumStroke, ...], Context]:
    context = context_in(track, seed=seed, muted=muted)
    return compose_drums(track, context, compose_bass(context)), context


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("style", [style for style in STYLES if style != "none"])
def test_strokes_are_in_order_in_the_bars_and_of_known_kinds(
    make_plan: MakePlan, style: str, metre: str
) -> None:
    for seed in range(3):
        track = a_track(make_plan, style, metre, seed=seed, loops=seed != 1)
        # One tune for all styles: it takes longer than the drums.
        context = context_in(replace(track, character=make_plan().character), seed=seed)
        strokes = compose_drums(track, context, compose_bass(context))
        assert strokes
        places = [(hit.step, DRUM_KINDS.index(hit.kind)) for hit in strokes]
        assert places == sorted(set(places))
        assert all(0 <= hit.step < track.total_steps for hit in strokes)
        assert all(1 <= hit.velocity <= 127 for hit in strokes)


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_has_its_drums(make_plan: MakePlan, scene: str) -> None:
    strokes, _ = played(a_track(make_plan, "march", scene=scene))
    assert len({hit.step // 16 for hit in strokes}) >= 5


def test_without_a_groove_there_are_none(make_plan: MakePlan) -> None:
    assert played(a_track(make_plan, "none"))[0] == ()
    assert sketch(a_track(make_plan, "none"), material_in("4/4"), 0).score.drums == ()


def bar_of(strokes: tuple[DrumStroke, ...], bar: int) -> set[tuple[int, str]]:
    return {(hit.step % 16, hit.kind) for hit in strokes if hit.step // 16 == bar}


def test_the_last_bar_fills(make_plan: MakePlan) -> None:
    """Nearly always it is another bar than those in the middle of phrases."""
    other = 0
    for seed in range(12):
        strokes, _ = played(a_track(make_plan, seed=seed), seed)
        other += bar_of(strokes, 7) not in [bar_of(strokes, bar) for bar in (1, 2, 5)]
    assert other >= 9


def test_a_piece_that_ends_strikes_its_last_bar_once(make_plan: MakePlan) -> None:
    strokes, _ = played(a_track(make_plan, loops=False))
    last = [hit for hit in strokes if hit.step >= 7 * 16]
    assert last
    assert {hit.step for hit in last} == {7 * 16}


def test_where_a_primer_plays_alone_there_are_no_drums(make_plan: MakePlan) -> None:
    strokes, _ = played(a_track(make_plan), muted=frozenset({0, 1}))
    assert min(hit.step for hit in strokes) >= 32


def test_kicks_join_the_bass_off_the_beat(make_plan: MakePlan) -> None:
    track = a_track(make_plan)
    bass = [Note(16 * bar + 6, 2, 40, "bass") for bar in range(8)]

    def kicks(line: list[Note], seed: int) -> int:
        strokes = compose_drums(track, context_in(track, seed=seed), line)
        return sum(hit.kind == "kick" and hit.step % 16 == 6 for hit in strokes)

    assert sum(kicks(bass, seed) for seed in range(10)) > sum(kicks([], seed) for seed in range(10))


def test_pieces_have_different_grooves(make_plan: MakePlan) -> None:
    found = {frozenset(bar_of(played(a_track(make_plan, seed=s), s)[0], 1)) for s in range(16)}
    assert len(found) >= 5
