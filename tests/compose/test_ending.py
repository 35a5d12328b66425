"""Endings, pickups and a last section in another key, on takes that are composed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.compose.composer import sketch
from chipassets.manifest.settings import settings_of
from chipassets.music.chords import parse_chord
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD, Motif, Note
from chipassets.music.score import Score
from chipassets.music.score_text import score_from_lines, score_to_lines
from chipassets.plan.trackplan import Melody, TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.selection.craft import measure_craft
from chipassets.shape import shape
from tests.compose.conftest import METRES, MakePlan, material_in
from tests.manifest.conftest import Load, load  # noqa: F401 - a fixture

C_MAJOR = Key(0, "major")
FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)


def composed(track: TrackPlan, take: int = 0) -> Score:
    return composed_in(track, "4/4", take)


def composed_in(track: TrackPlan, metre: str, take: int) -> Score:
    score = sketch(track, material_in(metre), take).score
    assert score_from_lines(score_to_lines(score)) == score
    return score


@pytest.mark.parametrize("take", range(3))
def test_a_piece_ends_on_its_tonic(make_plan: MakePlan, take: int) -> None:
    track = make_plan(bars=12, form=FORM, key=C_MAJOR, loops=False, ending="tonic")
    score = composed(track, take)
    last = {note.part: note for note in score.notes if note.start_step >= 176}
    assert {part: note.pitch % 12 for part, note in last.items()} == {LEAD: 0, INNER: 4, BASS: 0}
    assert {(note.start_step, note.duration_steps) for note in last.values()} == {(176, 16)}
    assert score.chords[-1] == "C"
    plain = composed(replace(track, ending=""), take)
    assert [(n.start_step, n.pitch) for n in score.notes if n.start_step < 160] == [
        (n.start_step, n.pitch) for n in plain.notes if n.start_step < 160
    ]


def test_a_last_chord_is_struck_once(make_plan: MakePlan) -> None:
    score = composed(make_plan(bars=12, form=FORM, loops=False, ending="last_chord"))
    last = [note for note in score.notes if note.start_step >= 176]
    assert len(last) == 3
    assert {(note.start_step, note.duration_steps) for note in last} == {(176, 4)}
    assert {hit.kind for hit in score.drums or () if hit.step >= 176} <= {"kick", "crash"}


def test_a_melody_keeps_its_last_bar_under_an_ending(make_plan: MakePlan) -> None:
    tune = Motif(
        "melody-A", tuple(Note(8 * n, 8, 72 + n) for n in range(8)), 64, C_MAJOR, "literal"
    )
    form = lay_out([FormPart("A")], 4)
    track = make_plan(bars=4, form=form, key=C_MAJOR, loops=False, ending="tonic")
    score = composed(replace(track, melodies=(Melody("A", tune),)))
    assert [n.pitch for n in score.part(LEAD)] == [72 + n for n in range(8)]


def test_a_ritardando_makes_the_last_beats_longer(make_plan: MakePlan) -> None:
    track = make_plan(bars=12, form=FORM, key=C_MAJOR, loops=False)
    plain, slow = composed(track), composed(replace(track, ending="ritardando"))
    # Up to the two last beats of the last bar but one nothing changes.
    early = 176 - 8
    assert [n for n in slow.notes if n.end_step <= early] == [
        n for n in plain.notes if n.end_step <= early
    ]
    goal = 176 + 6
    final = [note for note in slow.notes if note.start_step >= goal]
    assert {note.start_step for note in final} == {goal}
    assert {note.end_step for note in final} == {192}
    assert {n.pitch % 12 for n in final if n.part in (INNER, BASS)} == {0, 4}
    assert {n.part for n in final} == {LEAD, INNER, BASS}
    assert slow.chords[-1].split()[-1] == "C"
    for note in slow.notes:
        assert note.duration_steps >= 1
    assert shape(slow, track) == slow


@pytest.mark.parametrize("metre", ["3/4", "4/4", "6/8"])
@pytest.mark.parametrize("take", range(3))
def test_a_ritardando_ends_on_the_tonic_chord(load: Load, metre: str, take: int) -> None:  # noqa: F811
    # Whatever chord begins the last bar: a cadence is often inside it.
    text = f"game: T\ntracks:\n  victory: {{key: C major, length: 4 bars, metre: {metre}, "
    (track,) = resolve(load(text + "ending: ritardando}\n")).tracks
    score = composed_in(track, metre, take)
    last = max(note.start_step for note in score.notes)
    closing = {note.part: note.pitch % 12 for note in score.notes if note.start_step == last}
    assert (closing[INNER], closing[BASS]) == (4, 0)
    assert closing[LEAD] in (0, 4, 7)


@pytest.mark.parametrize("key", [Key(2, "major"), Key(0, "minor"), Key(7, "major")])
def test_the_last_section_is_moved_as_a_whole(make_plan: MakePlan, key: Key) -> None:
    track = make_plan(bars=12, form=FORM, key=C_MAJOR)
    plain, lifted = composed(track), composed(replace(track, final_key=key))
    for part in (LEAD, INNER, BASS):
        old, new = plain.part(part), lifted.part(part)
        assert [(n.start_step, n.duration_steps) for n in old] == [
            (n.start_step, n.duration_steps) for n in new
        ]
        moved = {b.pitch - a.pitch for a, b in zip(old, new, strict=True) if a.start_step >= 128}
        if key.mode == "major":
            assert moved <= {(key.tonic + 5) % 12 - 5}
        assert all(a == b for a, b in zip(old, new, strict=True) if a.start_step < 128)
    assert lifted.chords[:8] == plain.chords[:8]
    assert lifted.chords[8:] != plain.chords[8:]


GAME = "game: T\ntracks:\n  overworld: {key: C major, length: 8 bars, pickup: G4 - A4 - B4 -}\n"


def test_a_pickup_has_a_bar_of_its_own_and_leads_back(load: Load) -> None:  # noqa: F811
    manifest = load(GAME)
    (track,) = resolve(manifest).tracks
    assert settings_of(manifest, "overworld").bars == 8
    assert track.bars == 9
    assert track.form[0].name == "intro"
    score = composed(track)
    assert score.loop_start_bar == 1
    opening = [note for note in score.notes if note.start_step < 16]
    assert [(n.start_step, n.duration_steps, n.pitch, n.part) for n in opening] == [
        (10, 2, 67, LEAD), (12, 2, 69, LEAD), (14, 2, 71, LEAD),
    ]  # fmt: skip
    assert not [hit for hit in score.drums or () if hit.step < 16]
    back = [n.pitch for n in score.part(LEAD) if n.start_step >= 9 * 16 - 6]
    assert back == [67, 69, 71]


def test_a_written_note_that_is_held_to_the_end_gives_way_to_the_pickup(load: Load) -> None:  # noqa: F811
    tune = "C5 - - - D5 - - - E5 - - - - - - -"
    text = f'game: T\ntracks:\n  town: {{form: "A:1 A:1", melody: {tune}, pickup: G4 - A4 -}}\n'
    (track,) = resolve(load(text)).tracks
    tune_at_end = [
        (n.start_step, n.duration_steps, n.pitch)
        for n in composed(track).part(LEAD)
        if n.start_step >= 40
    ]
    assert tune_at_end == [(40, 4, 76), (44, 2, 67), (46, 2, 69)]


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
@pytest.mark.default_cases(1)
def test_a_piece_that_plays_once_rings_out_on_its_last_chord(
    make_plan: MakePlan, metre: str
) -> None:
    beats, pulse = METRES[metre]
    bare = 0
    for take in range(8):
        track = make_plan(bars=8, loops=False, beats_per_bar=beats, pulse_steps=pulse)
        score = composed_in(track, metre, take)
        chord = parse_chord(score.chords[-1].split()[-1], score.key)
        last = {note.part: note for note in score.notes if note.end_step == score.total_steps}
        # The bass goes with the chords to the end, and so does the second voice.
        assert last[BASS].pitch % 12 == chord.bass, take
        assert last[INNER].pitch % 12 in chord.pitch_classes, take
        bare += measure_craft(score, pulse).bare_end
    assert bare <= 2
