"""Composing whole takes: what they depend on, how they fit the plan, and their form."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose.composer import Sketch, compose_takes, sketch
from chipassets.compose.controls import ControlGroup, position_label
from chipassets.compose.material import Material
from chipassets.compose.piece import COPY
from chipassets.errors import ComposeError
from chipassets.music.forms import FORMS, FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.notes import LEAD, PARTS
from chipassets.music.score import FURTHER_PARTS, Note, Score
from chipassets.music.score_text import score_from_lines, score_to_lines
from chipassets.plan.presets import SCENES, character
from chipassets.plan.trackplan import Primer, TrackPlan
from chipassets.selection.takes import choose
from chipassets.shape import shape
from tests.compose.conftest import METRES, MakeModel, MakePlan, material_in

CONTROLS = (
    ControlGroup("position", tuple(position_label("4/4", step) for step in range(16))),
    ControlGroup("density", ("few", "many"), (2.5,)),
    ControlGroup("polyphony", ("thin", "full"), (2.0,)),
    ControlGroup("mode", ("major", "minor")),
    ControlGroup("style", ("game", "other")),
    ControlGroup("weather", ("rain", "sun")),
)
NOTHING = Material((), (), 0)


def assert_sound(take: Score) -> None:
    """Every note lies in the bars, names its part, and no part of one line plays two at once."""
    for note in (*take.notes, *take.further):
        assert 0 <= note.start_step < note.end_step <= take.total_steps
        assert 0 <= note.pitch <= 127
    assert {note.part for note in take.notes} <= set(PARTS)
    assert {note.part for note in take.further} <= set(FURTHER_PARTS)
    for part in (*PARTS, *FURTHER_PARTS):
        assert all(a.end_step <= b.start_step for a, b in pairwise(take.part(part))), part
    assert take.part(LEAD)


def test_takes_fit_the_plan(make_model: MakeModel, make_plan: MakePlan) -> None:
    track = make_plan(bars=8)
    takes = compose_takes(track, make_model(controls=CONTROLS))
    assert len(takes) == track.takes
    for take in takes:
        assert (take.bars, take.key, take.tempo_millibpm) == (8, track.key, 120_000)
        assert take.loop_start_bar == 0
        assert len(take.chords) == 8
        assert [section.name for section in take.sections] == ["A", "A'"]
        assert_sound(take)
    assert len({take.notes for take in takes}) == len(takes)
    assert compose_takes(make_plan(loops=False), make_model(), count=1)[0].loop_start_bar is None


@pytest.mark.composes_anew
def test_a_take_depends_on_its_number_alone(make_model: MakeModel, make_plan: MakePlan) -> None:
    track, model = make_plan(), make_model(controls=CONTROLS)
    eight = compose_takes(track, model, count=8)
    assert compose_takes(track, model, first_take=5, count=2) == eight[5:7]
    assert compose_takes(replace(track, seed=12), model, count=1) != eight[:1]
    assert compose_takes(track, model, count=0) == ()
    assert len({take.notes for take in eight}) == 8


def in_metre(make_plan: MakePlan, metre: str, **changes: object) -> TrackPlan:
    beats, pulse = METRES[metre]
    return make_plan(beats_per_bar=beats, pulse_steps=pulse, **changes)


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.default_cases(12)
def test_every_scene_composes_in_every_metre(make_plan: MakePlan, scene: str, metre: str) -> None:
    preset = character(scene, SCENES[scene].moods, metre)
    track = in_metre(
        make_plan,
        metre,
        scene=scene,
        moods=SCENES[scene].moods,
        character=preset.character,
        key=Key(7, preset.modes[0]),
        bars=8,
        loops=SCENES[scene].loops,
        seed=3 + len(scene),
    )
    for material in (material_in(metre), NOTHING):
        take = sketch(track, material, 1).score
        assert_sound(take)
        assert_sound(shape(take, track))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.default_cases(8)
def test_every_form_composes(make_plan: MakePlan, name: str) -> None:
    """At its shortest, a bar for each section, and with more bars than its sections ask for."""
    parts = [FormPart("intro"), *map(FormPart, FORMS[name].sections.split()), FormPart("outro")]
    for bars, loops in ((len(parts), True), (2 * len(parts) + 1, False)):
        track = make_plan(bars=bars, loops=loops, form=lay_out(parts, bars), seed=bars)
        assert_sound(sketch(track, material_in("4/4"), 0).score)


def test_an_untrained_model_gives_valid_takes(make_model: MakeModel, make_plan: MakePlan) -> None:
    for metre in METRES:
        for take in compose_takes(in_metre(make_plan, metre), make_model(seed=5), count=2):
            assert_sound(take)


def test_a_take_is_in_the_tracks_key(make_plan: MakePlan) -> None:
    for tonic in range(0, 12, 3):
        track = make_plan(key=Key(tonic, "minor"), bars=8, chromatic_share=0.0)
        take = sketch(track, material_in("4/4"), 0).score
        own = sum(note.pitch % 12 in track.key.pitch_classes for note in take.notes)
        assert own > 0.8 * len(take.notes)


def tune_of(made: Sketch, bar: int) -> tuple[object, object]:
    return made.tune[bar].key


def test_sections_return_with_another_end(make_plan: MakePlan) -> None:
    """A A' B A': what a prime keeps is the tune of its letter; its last bar is its own."""
    ends = 0
    for take in range(6):
        made = sketch(make_plan(bars=16), material_in("4/4"), take)
        first = made.plan.sections[0]
        slots = [slot for phrase in made.plan.phrases for slot in phrase.slots]
        for section in made.plan.sections[1:]:
            if section.letter != first.letter:
                continue
            assert 0 < section.returning_bars < section.section.bars
            for bar in range(section.returning_bars):
                here, there = section.section.start_bar + bar, first.section.start_bar + bar
                assert slots[here].source == there
                if slots[here].varies:
                    continue
                assert made.tune[here].source == there
                assert made.tune[here].notes == made.tune[there].notes or not made.tune[there].notes
            last = section.section.start_bar + section.section.bars - 1
            assert made.tune[last].source == -1
            ends += tune_of(made, last) != tune_of(made, first.section.bars - 1)
    assert ends > 6


def test_a_letter_named_again_returns_whole(make_plan: MakePlan) -> None:
    form = lay_out([FormPart(name) for name in "ABAC"], 16)
    made = sketch(make_plan(bars=16, form=form), material_in("4/4"), 0)
    slots = [slot for phrase in made.plan.phrases for slot in phrase.slots]
    for bar in range(8, 12):
        assert (slots[bar].kind, slots[bar].source, slots[bar].varies) == (COPY, bar - 8, False)
        assert made.tune[bar].source == bar - 8
    assert made.harmony.names[8:12] == made.harmony.names[:4]


@pytest.mark.parametrize("condition", [True, False])
@pytest.mark.parametrize("inject", [True, False])
def test_the_primer_stands_in_the_tracks_own_key(
    make_model: MakeModel, make_plan: MakePlan, condition: bool, inject: bool
) -> None:
    primer = Primer((Note(0, 4, 74), Note(4, 2, 77), Note(8, 8, 69)), 16)
    track = make_plan(primer=primer, condition_on_primer=condition, inject_primer=inject)
    wanted = [(n.start_step, n.pitch) for n in primer.notes]
    for take in compose_takes(track, make_model()):
        # It plays alone: nothing else sounds in its bar.
        assert [(n.start_step, n.pitch) for n in take.notes if n.start_step < 16] == wanted
        assert any(16 <= n.start_step < 32 for n in take.notes)
        if inject:
            again = [(n.start_step - 16, n.pitch) for n in take.part(LEAD) if n.start_step >= 16]
            assert set(wanted) <= set(again)


def test_a_returning_primer_is_accompanied(make_model: MakeModel, make_plan: MakePlan) -> None:
    primer = Primer(tuple(Note(4 * i, 4, 74 + i) for i in range(4)), 16)
    for take in compose_takes(make_plan(bars=8, primer=primer), make_model()):
        tune = [n for n in take.part(LEAD) if 64 <= n.start_step < 80]
        # A pickup may lead out of it.
        assert [n.start_step for n in tune][:4] == [64, 68, 72, 76]
        assert any(64 <= n.start_step < 80 for n in take.notes if n.part != LEAD)


def test_a_primer_as_long_as_the_track_is_refused(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    with pytest.raises(ComposeError, match="nothing is left"):
        compose_takes(make_plan(primer=Primer((Note(0, 1, 60),), 64)), make_model())


def test_progress_rises_to_one(make_model: MakeModel, make_plan: MakePlan) -> None:
    seen: list[float] = []
    compose_takes(make_plan(bars=1), make_model(), count=5, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)


@pytest.mark.composes_anew
def test_composing_twice_gives_the_same_text(make_model: MakeModel, make_plan: MakePlan) -> None:
    texts = ["\n".join(score_to_lines(compose_takes(make_plan(), make_model())[2])) for _ in "ab"]
    assert texts[0] == texts[1]
    assert texts[0].count(":") > 10


def test_a_take_survives_its_text(make_plan: MakePlan) -> None:
    track = make_plan(bars=8, character=replace(make_plan().character, groove="rock"))
    take = shape(sketch(track, material_in("4/4"), 0).score, track)
    assert take.drums
    assert take.further
    assert score_from_lines(score_to_lines(take)) == take


def test_no_sum_of_floats_decides_about_notes(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.12 adds floats more exactly than 3.11: what `sum` gives may differ in the last bit.

    `math.fsum` is exact in both.
    """
    inexact: list[float] = []

    def watched(values: Iterable[object], start: object = 0) -> object:
        found = list(values)
        inexact.extend(value for value in found if type(value) is float)
        return add(found, start)

    add: Callable[..., object] = builtins.sum
    monkeypatch.setattr(builtins, "sum", watched)
    for seed in range(3):
        track = make_plan(seed=seed, bars=16)
        scores = [shape(sketch(track, material_in("4/4"), take).score, track) for take in range(2)]
        choose(scores, track)
    assert not inexact
