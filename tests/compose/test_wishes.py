"""What the manifest wants of drums, second voice and bass is what is composed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from chipassets.compose.composer import sketch
from chipassets.compose.grooves import groove_named
from chipassets.compose.ideas import BASS_ROLES, INNER_ROLES
from chipassets.manifest import load_manifest
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD
from chipassets.music.score import Score
from chipassets.plan.trackplan import Drums, Progression, Range, TrackPlan, Wish
from chipassets.resolve import resolve
from tests.compose.conftest import METRES, MakePlan, material_in

FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)
BAR = 16


def composed(track: TrackPlan, take: int = 0) -> Score:
    return sketch(track, material_in("4/4"), take).score


def strokes(score: Score, bars: range) -> set[tuple[int, str]]:
    return {
        (hit.step - BAR * bars.start, hit.kind)
        for hit in score.drums or ()
        if hit.step // BAR in bars
    }


def a_wish(make_plan: MakePlan, *wishes: Wish) -> TrackPlan:
    return make_plan(bars=12, form=FORM, wishes=wishes)


def test_no_drums_is_silence_and_elsewhere_they_play(make_plan: MakePlan) -> None:
    assert not composed(a_wish(make_plan, Wish("", Drums("none")))).drums
    some = composed(a_wish(make_plan, Wish("", Drums("rock")), Wish("B", Drums("none"))))
    assert not strokes(some, range(4, 8))
    assert strokes(some, range(4))
    assert strokes(some, range(8, 12))


def test_written_strokes_are_all_that_is_struck(make_plan: MakePlan) -> None:
    pattern = (("kick", "x...x..."), ("snare", "....X..o........"))
    wanted = {(step, "kick") for step in (0, 4, 8, 12)} | {(4, "snare"), (7, "snare")}
    score = composed(a_wish(make_plan, Wish("B", Drums("", pattern, fills=False))))
    for bar in range(4, 8):
        assert strokes(score, range(bar, bar + 1)) == wanted
    heard = {hit.velocity for hit in score.drums or () if 64 <= hit.step < 80}
    assert heard == {64, 100, 124}
    filled = composed(a_wish(make_plan, Wish("", Drums("", pattern, fills=True))))
    assert strokes(filled, range(1)) == wanted


def test_a_phrase_without_a_fill_keeps_the_written_strokes(make_plan: MakePlan) -> None:
    pattern = (("kick", "x...x..."), ("snare", "....X..o........"))
    wanted = {(step, "kick") for step in (0, 4, 8, 12)} | {(4, "snare"), (7, "snare")}
    rock = replace(make_plan().character, groove="rock")
    wish = Wish("", Drums("", pattern, fills=True))
    track = make_plan(bars=12, form=FORM, wishes=(wish,), character=rock)
    closing = []
    for take in range(6):
        made = sketch(track, material_in("4/4"), take)
        phrases = [phrase for section in made.plan.sections for phrase in section.phrases]
        ends = {phrase.start_bar + phrase.bars - 1 for phrase in phrases}
        bars = [strokes(made.score, range(bar, bar + 1)) for bar in range(12)]
        assert all(bars[bar] == wanted for bar in set(range(12)) - ends)
        closing += [bars[bar] == wanted for bar in ends]
    assert any(closing)
    assert not all(closing)


@pytest.mark.parametrize("name", ["rock-02", "march-01"])
@pytest.mark.default_cases(1)
def test_a_learned_groove_plays_as_it_is_stored(make_plan: MakePlan, name: str) -> None:
    """No kick joins the bass, no accent the tune, and no thin section plays its hats alone."""
    groove = groove_named(name)
    bars = [*groove.base, *groove.variants, *groove.fills.values()]
    stored = [{(hit.step, hit.kind) for hit in bar if hit.kind != "crash"} for bar in bars]
    for fills in (True, False):
        track = a_wish(make_plan, Wish("", Drums(name, fills=fills)))
        for take in range(4):
            made = sketch(track, material_in("4/4"), take)
            for bar in set(range(12)) - set(made.plan.tuttis if fills else ()):
                heard = strokes(made.score, range(bar, bar + 1))
                assert {hit for hit in heard if hit[1] != "crash"} in stored


def test_a_groove_is_played_by_name(make_plan: MakePlan) -> None:
    one = composed(a_wish(make_plan, Wish("", Drums("march"))))
    other = composed(a_wish(make_plan, Wish("", Drums("gallop"))))
    assert one.drums != other.drums
    assert one.drums


@pytest.mark.parametrize("texture", INNER_ROLES)
@pytest.mark.default_cases(5)
def test_the_second_voice_has_the_texture_in_every_bar(make_plan: MakePlan, texture: str) -> None:
    made = sketch(a_wish(make_plan, Wish("", None, texture)), material_in("4/4"), 1)
    assert {section.roles[INNER] for section in made.plan.sections} == {texture}
    if texture == "silent":
        assert not made.score.part(INNER)


@pytest.mark.parametrize("bass", BASS_ROLES)
def test_a_section_has_its_own_bass(make_plan: MakePlan, bass: str) -> None:
    made = sketch(a_wish(make_plan, Wish("B", None, "", bass)), material_in("4/4"), 1)
    assert made.plan.sections[1].roles[BASS] == bass
    if bass == "silent":
        assert not [n for n in made.score.part(BASS) if n.start_step // BAR in range(4, 8)]


WRITTEN = ((0, 4, 1), (4, 2, 5), (6, 2, 3), (8, 6, 8), (14, 2, 7), (16, 0, 0))
"""1 - - - 5 - 3 - 8 - - - - - 7 -"""


def test_a_written_bass_is_played_to_the_note(make_plan: MakePlan) -> None:
    chords = (("Bb",), ("F", "Gm"), ("C7/E",), ("Am",))
    track = replace(
        a_wish(make_plan, Wish(bass_line=WRITTEN)),
        key=Key(0, "major"),
        progressions=(Progression("", chords),),
    )
    roots = [(10, 10), (5, 7), (0, 0), (9, 9)]
    above = {1: 0, 3: 4, 5: 7, 7: 11, 8: 12}
    for take in range(3):
        bass = composed(track, take).part(BASS)
        for bar in range(12):
            inside = [note for note in bass if note.start_step // BAR == bar]
            assert [(n.start_step % BAR, n.duration_steps) for n in inside] == [
                (step, steps) for step, steps, _ in WRITTEN[:-1]
            ]
            for note, (step, _, degree) in zip(inside, WRITTEN, strict=False):
                root = roots[bar % 4][step >= 8]
                minor = chords[bar % 4][-1][:2] in ("Gm", "Am") and (step >= 8 or bar % 4 == 3)
                wanted = above[degree] - (degree == 3 and minor) - (degree == 7)
                # In C major F and Bb have a major seventh; the others here a minor one.
                wanted += degree == 7 and root in (5, 10)
                assert (note.pitch - root) % 12 == wanted % 12, (bar, step)
            assert inside[3].pitch in range(33, 58)
            if len(set(roots[bar % 4])) == 1:
                assert inside[3].pitch == inside[0].pitch + 12


def test_a_walking_bass_that_is_asked_for_has_a_note_on_every_beat(make_plan: MakePlan) -> None:
    score = composed(a_wish(make_plan, Wish("", None, "", "walking")), 1)
    starts = [n.start_step for n in score.part(BASS)]
    stops = sketch(a_wish(make_plan, Wish("", None, "", "walking")), material_in("4/4"), 1)
    silent = {bar * BAR + 12 for bar in stops.plan.stops}
    assert set(starts) >= set(range(0, 12 * BAR, 4)) - silent
    off = [step for step in starts if step % 4]
    assert len(off) <= 0.1 * len(starts)


def test_parts_set_by_the_manifest_enter_at_the_start(make_plan: MakePlan) -> None:
    track = a_wish(make_plan, Wish(texture="arpeggio", bass="octaves"))
    for take in range(6):
        score = composed(track, take)
        assert score.part(BASS)[0].start_step < 4
        assert score.part(INNER)[0].start_step < 8


def test_a_section_by_name_goes_before_its_letter_and_that_before_the_track() -> None:
    wishes = (Wish("", None, "held", "long"), Wish("A", None, "thirds"), Wish("A'", None, "echo"))
    track = TrackPlan.wished
    found = [track(_Plan(wishes), name) for name in ("A", "A'", "B")]  # type: ignore[arg-type]
    assert [wish.texture for wish in found] == ["thirds", "echo", "held"]
    assert {wish.bass for wish in found} == {"long"}


class _Plan:
    """As much of a plan as the look-up needs."""

    def __init__(self, wishes: tuple[Wish, ...]) -> None:
        self.wishes = wishes


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.default_cases(1)
def test_an_echo_that_is_asked_for_repeats_much_of_the_tune(
    make_plan: MakePlan, metre: str
) -> None:
    beats, pulse = METRES[metre]
    plan = make_plan(
        bars=12, beats_per_bar=beats, pulse_steps=pulse, wishes=(Wish(texture="echo"),)
    )
    for take in range(4):
        score = sketch(plan, material_in(metre), take).score
        tune, echo = score.part(LEAD), score.part(INNER)
        assert len(echo) >= 0.4 * len(tune)
        sung = {(note.start_step, note.pitch) for note in tune}
        later = [
            any((note.start_step - late, note.pitch) in sung for late in (2, 3, 4, 6, 8))
            for note in echo
        ]
        assert sum(later) >= 0.85 * len(later)


def test_a_register_for_the_whole_track_holds_in_every_section(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(
        'game: Low\nseed: 5150\ntracks:\n  dungeon: {register: 55-62, form: "A:4 B:4 A\':4"}\n'
    )
    (plan,) = resolve(load_manifest(tmp_path / "game.yaml")).tracks
    assert plan.wished("B").register == Range(55, 62)
    for take in range(8):
        score = sketch(plan, material_in("4/4"), take).score
        for section in score.sections:
            first, last = 16 * section.start_bar, 16 * (section.start_bar + section.bars)
            pitches = [n.pitch for n in score.part(LEAD) if first <= n.start_step < last]
            assert 53 <= median(pitches) <= 68


@pytest.mark.parametrize("register", [(55, 67), (67, 77), (72, 84)])
@pytest.mark.default_cases(1)
def test_every_note_of_a_section_lies_in_the_register_that_is_asked_for(
    make_plan: MakePlan, register: tuple[int, int]
) -> None:
    """But for pickups in its last bar, which lead to the next section's register."""
    track = a_wish(make_plan, Wish("B", register=Range(*register)))
    pitches = [
        note.pitch
        for take in range(12)
        for note in composed(track, take).part(LEAD)
        if note.start_step // BAR in range(4, 7)
    ]
    outside = [pitch for pitch in pitches if not register[0] <= pitch <= register[1]]
    assert len(pitches) > 60
    assert len(outside) <= 0.05 * len(pitches)
