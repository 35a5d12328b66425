"""A variant plays its original's notes, bar for bar, in another mode, register or texture."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from chipassets.compose.composer import sketch
from chipassets.compose.variant import vary
from chipassets.errors import ComposeError
from chipassets.music.chords import moved_chord, parse_chord
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import MODES, Key
from chipassets.music.motifs import LITERAL, heard_in, meant_by, statement_notes
from chipassets.music.notes import BASS, INNER, LEAD, Motif, Note
from chipassets.music.score import Score, Section, Statement
from chipassets.music.score_text import score_to_lines
from chipassets.plan.links import VARIANT, VARIANTS, Link
from chipassets.plan.trackplan import Drums, TrackPlan, Wish
from tests.compose.conftest import METRES, MakePlan, material_in

C_MAJOR = Key(0, "major")


def an_original(make_plan: MakePlan, metre: str = "4/4") -> tuple[TrackPlan, Score]:
    beats, pulse = METRES[metre]
    track = make_plan(bars=8, key=C_MAJOR, beats_per_bar=beats, pulse_steps=pulse)
    return track, sketch(track, material_in(metre), 0).score


def a_variant(track: TrackPlan, score: Score, link: Link | None = None, **changes: object) -> Score:
    link = replace(link or Link(VARIANT, "cave"), source=tuple(score_to_lines(score)))
    return vary(replace(track, name="night", link=link, **changes))  # type: ignore[arg-type]


def test_a_variant_that_changes_nothing_is_the_original(make_plan: MakePlan) -> None:
    track, score = an_original(make_plan)
    same = a_variant(track, score, tempo_millibpm=90_000)
    assert same == replace(score, tempo_millibpm=90_000)


@pytest.mark.parametrize("mode", ["minor", "dorian", "lydian", "phrygian", "harmonic minor"])
def test_another_mode_keeps_every_step_and_length(make_plan: MakePlan, mode: str) -> None:
    track, score = an_original(make_plan)
    moved = a_variant(track, score, key=Key(0, mode))
    assert moved.key == Key(0, mode)
    for part in (LEAD, INNER, BASS):
        old, new = score.part(part), moved.part(part)
        assert [(n.start_step, n.duration_steps) for n in old] == [
            (n.start_step, n.duration_steps) for n in new
        ]
        assert max(abs(a.pitch - b.pitch) for a, b in zip(old, new, strict=True)) <= 2
    assert moved.drums == score.drums
    assert moved.sections == score.sections
    # Tones of their chords stay tones of their chords.
    for bar, (old_names, new_names) in enumerate(zip(score.chords, moved.chords, strict=True)):
        if len(old_names.split()) > 1:
            continue
        was = parse_chord(old_names, score.key).pitch_classes
        now = parse_chord(new_names, moved.key).pitch_classes
        for old_note, new_note in zip(score.notes, moved.notes, strict=True):
            if old_note.start_step // 16 == bar and old_note.pitch % 12 in was:
                assert new_note.pitch % 12 in now


def test_a_register_moves_the_upper_voices_and_leaves_the_bass(make_plan: MakePlan) -> None:
    track, score = an_original(make_plan)
    moved = a_variant(track, score, Link(VARIANT, "cave", register=1))
    assert [n.pitch for n in moved.part(BASS)] == [n.pitch for n in score.part(BASS)]
    assert [n.pitch for n in moved.part(LEAD)] == [n.pitch + 12 for n in score.part(LEAD)]


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_motif_in_the_bass_is_whole_where_the_upper_voices_rise(
    make_plan: MakePlan, mode: str
) -> None:
    notes = tuple(Note(4 * step, 4, pitch) for step, pitch in enumerate((64, 62, 60, 62)))
    low = Motif("low", notes, 16, C_MAJOR, part=BASS, section="B")
    high = replace(low, name="high", part=LEAD, section="A")
    form = lay_out([FormPart("A"), FormPart("B")], 8)
    track = make_plan(bars=8, key=C_MAJOR, motifs=(high, low), form=form)
    score = sketch(track, material_in("4/4"), 0).score
    link = Link(VARIANT, "cave", register=1)
    moved = a_variant(track, score, link, key=Key(0, mode))
    assert {said.motif for said in moved.statements} == {"low", "high"}
    for said in moved.statements:
        motif = low if said.motif == "low" else high
        stated = statement_notes(motif, said, moved.key)
        assert heard_in(motif.part, stated, moved) == len(stated)


def an_inner_motif(make_plan: MakePlan) -> tuple[TrackPlan, Score, Motif]:
    notes = tuple(Note(4 * step, 4, pitch) for step, pitch in enumerate((64, 62, 60, 62)))
    tune = Motif("low", notes, 16, C_MAJOR, part=INNER, section="B")
    form = lay_out([FormPart("A"), FormPart("B")], 8)
    track = make_plan(bars=8, key=C_MAJOR, motifs=(tune,), form=form)
    return track, sketch(track, material_in("4/4"), 0).score, tune


@pytest.mark.parametrize("texture", ["held", "offbeat", "arpeggio"])
def test_a_motif_in_the_second_voice_stays_where_the_texture_changes(
    make_plan: MakePlan, texture: str
) -> None:
    track, score, tune = an_inner_motif(make_plan)
    assert score.statements
    moved = a_variant(track, score, wishes=(Wish(texture=texture),))
    assert moved.statements == score.statements
    for said in moved.statements:
        stated = statement_notes(tune, said, moved.key)
        assert heard_in(INNER, stated, moved) == len(stated)
        inside = range(said.start_step, said.start_step + said.steps)
        heard = [note for note in moved.part(INNER) if note.start_step in inside]
        assert [note.pitch for note in heard] == [note.pitch for note in stated]
    assert all(a.end_step <= b.start_step for a, b in pairwise(moved.part(INNER)))
    assert moved.part(INNER) != score.part(INNER)


def test_a_silent_second_voice_states_no_motif(make_plan: MakePlan) -> None:
    track, score, _ = an_inner_motif(make_plan)
    moved = a_variant(track, score, wishes=(Wish(texture="silent"),))
    assert (moved.part(INNER), moved.statements) == ((), ())


def test_of_a_motif_quoted_in_two_ways_that_of_the_section_is_meant() -> None:
    notes = (Note(0, 4, 64, LEAD), Note(4, 4, 65, LEAD))
    tune = Motif("hero", notes, 8, C_MAJOR)
    literal = replace(tune, transform=LITERAL, section="B")
    form = (Section("A", 0, 1), Section("B'", 1, 1))
    lines = tuple(
        replace(note, start_step=note.start_step + at) for at in (0, 16) for note in notes
    )
    score = Score(lines, 2, 120_000, C_MAJOR, sections=form)
    for at, meant in ((0, tune), (16, literal)):
        assert meant_by(Statement("hero", at, 8, 2, 0), (tune, literal), score) == meant
    assert meant_by(Statement("other", 0, 8, 2, 0), (tune, literal), score) is None


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("texture", sorted({row.texture for row in VARIANTS.values()} - {""}))
def test_another_texture_is_written_to_the_tune_and_the_bass_that_stand(
    make_plan: MakePlan, metre: str, texture: str
) -> None:
    track, score = an_original(make_plan, metre)
    moved = a_variant(track, score, wishes=(Wish(texture=texture, drums=Drums("none")),))
    assert moved.part(LEAD) == score.part(LEAD)
    assert moved.part(BASS) == score.part(BASS)
    assert moved.part(INNER)
    assert moved.part(INNER) != score.part(INNER)
    assert moved.drums == ()
    assert a_variant(track, score, wishes=(Wish(texture=texture, drums=Drums("none")),)) == moved


def test_a_held_tone_is_struck_again_where_the_chord_stays(make_plan: MakePlan) -> None:
    track, score = an_original(make_plan)
    drone = replace(score, chords=("C",) * 8)
    held = a_variant(track, drone, wishes=(Wish(texture="held"),))
    lengths = [note.duration_steps for note in held.part(INNER)]
    assert lengths
    assert max(lengths) <= 32


def test_a_variant_without_its_original_says_what_to_do(make_plan: MakePlan) -> None:
    track, _ = an_original(make_plan)
    with pytest.raises(ComposeError, match=r"'cave'.*build that first"):
        vary(replace(track, link=Link(VARIANT, "cave")))


@pytest.mark.parametrize("mode", sorted(MODES))
def test_moved_chords_are_chords_of_the_same_degrees(mode: str) -> None:
    target = Key(9, mode)
    for name in ("C", "Dm", "F", "G7", "Am7/C", "Bdim", "D7", "Bb", "Csus4", "E7/G#", "Fmaj7"):
        moved = moved_chord(name, C_MAJOR, target)
        old, new = parse_chord(name, C_MAJOR), parse_chord(moved, target)
        assert len(new.pitch_classes) >= 3 or "5" in moved
        if name == "C":
            assert new.root == target.tonic
        del old


def test_in_minor_the_chords_of_major_are_those_of_minor() -> None:
    minor = Key(0, "minor")
    moved = [moved_chord(name, C_MAJOR, minor) for name in ("C", "Dm", "F", "G", "Am", "D7", "C/E")]
    assert moved == ["Cm", "Ddim", "Fm", "Gm", "Ab", "D7", "Cm/Eb"]
