"""Motifs: mapped into key, tempo and register, stated where they should be, and on top."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.compose.composer import compose_takes
from chipassets.compose.form import track_parts
from chipassets.compose.motif import state_motifs
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.metrics import lead_line
from chipassets.music.motifs import map_pitch
from chipassets.music.score import Note, Score
from chipassets.music.score_text import score_from_lines, score_to_lines
from chipassets.plan.trackplan import Motif, Primer, Range, TrackPlan, Wish
from chipassets.shape import shape
from tests.compose.conftest import MakeModel, MakePlan

C_MAJOR = Key(0, "major")
TUNE = (Note(0, 2, 72), Note(4, 2, 76), Note(6, 2, 74), Note(8, 4, 79))
HERO = Motif("hero", TUNE, 16, C_MAJOR)


def stated_notes(score: Score, index: int = 0) -> list[tuple[int, int]]:
    """Step and pitch, from the statement's start, of what is on top while a motif stands."""
    said = score.statements[index]
    end = said.start_step + said.steps
    return [
        (note.start_step - said.start_step, note.pitch)
        for note in lead_line(score.notes)
        if said.start_step <= note.start_step < end
    ]


def degrees(pitches: list[int], key: Key) -> list[int]:
    scale = key.harmony_scale
    return [(p - key.tonic) // 12 * 7 + scale.index((p - key.tonic) % 12) for p in pitches]


def test_a_pitch_keeps_its_degree_in_another_key() -> None:
    d_minor = Key(2, "minor")
    assert [map_pitch(p, C_MAJOR, d_minor) for p in (60, 64, 67, 71)] == [62, 65, 69, 72]
    assert map_pitch(61, C_MAJOR, d_minor) == 63
    blues = Key(0, "minor pentatonic")
    assert all(map_pitch(p, C_MAJOR, blues) % 12 in blues.pitch_classes for p in (60, 62, 64, 65))
    a_minor = Key(9, "minor")
    assert map_pitch(68, a_minor, Key(9, "harmonic minor")) == 68
    assert map_pitch(68, a_minor, Key(9, "phrygian")) == 68
    assert map_pitch(68, a_minor, C_MAJOR) == 71
    for pitch in range(40, 90):
        assert map_pitch(pitch, C_MAJOR, C_MAJOR) == pitch


def test_a_motif_opens_the_track_and_a_later_section(
    make_model: MakeModel, make_plan: MakePlan
) -> None:
    sections = lay_out([FormPart(name) for name in ("intro", "A", "B", "A'", "A")], 18)
    track = make_plan(bars=18, motifs=(HERO,), form=sections)
    for raw in compose_takes(track, make_model()):
        take = shape(raw, track)
        assert [said.start_step for said in take.statements] == [32, 160, 224]
        for index in range(3):
            notes = stated_notes(take, index)
            onsets = [(step, pitch) for step, pitch in notes if step in (0, 4, 6, 8)]
            assert [step for step, _ in onsets] == [0, 4, 6, 8]
            found = degrees([pitch for _, pitch in onsets], track.key)
            wanted = degrees([note.pitch for note in TUNE], C_MAJOR)
            assert [d - found[0] for d in found] == [d - wanted[0] for d in wanted]
            assert notes == onsets or min(p for _, p in onsets) > max(
                p for step, p in notes if step not in (0, 4, 6, 8)
            )
        assert score_from_lines(score_to_lines(take)) == take


def test_the_model_composes_below_a_motif(make_model: MakeModel, make_plan: MakePlan) -> None:
    takes = compose_takes(make_plan(motifs=(HERO,)), make_model(), count=8)
    assert any(
        note.start_step < 16 and (note.start_step, note.pitch) not in stated_notes(take)
        for take in takes
        for note in take.notes
    )


def statement(plan: TrackPlan) -> tuple[int, int]:
    said = state_motifs(plan, track_parts(plan))[0].statement
    return said.stretch_halves, said.steps


def test_a_motif_is_stretched_to_keep_its_pace(make_plan: MakePlan) -> None:
    free = replace(HERO, stretch=True)
    assert statement(make_plan(bars=8, motifs=(free,))) == (2, 16)
    assert statement(make_plan(bars=8, motifs=(free,), tempo_millibpm=175_000)) == (4, 32)
    assert statement(make_plan(bars=8, motifs=(free,), tempo_millibpm=70_000)) == (1, 8)
    slow = replace(free, tempo_millibpm=70_000)
    assert statement(make_plan(bars=8, motifs=(slow,), tempo_millibpm=70_000)) == (2, 16)
    odd = Motif("odd", (Note(0, 1, 60), Note(1, 3, 62)), 16, C_MAJOR, stretch=True)
    assert statement(make_plan(bars=8, motifs=(odd,), tempo_millibpm=70_000)) == (2, 16)


@pytest.mark.parametrize("bpm", [40, 75, 170, 300])
def test_a_literal_motif_is_never_stretched(make_plan: MakePlan, bpm: int) -> None:
    assert statement(make_plan(bars=8, motifs=(HERO,), tempo_millibpm=1000 * bpm)) == (2, 16)


@pytest.mark.parametrize(
    ("transform", "steps", "pitches"),
    [
        ("in_mode", [0, 4, 6, 8], [0, 3, 2, 7]),
        ("transposed", [0, 4, 6, 8], [0, 4, 2, 7]),
        ("literal", [0, 4, 6, 8], [0, 4, 2, 7]),
        ("augmented", [0, 8, 12, 16], [0, 3, 2, 7]),
        ("diminished", [0, 2, 3, 4], [0, 3, 2, 7]),
    ],
)
def test_a_transform_does_what_it_says(
    make_plan: MakePlan, transform: str, steps: list[int], pitches: list[int]
) -> None:
    plan = make_plan(bars=8, key=Key(2, "minor"), motifs=(replace(HERO, transform=transform),))
    notes = state_motifs(plan, track_parts(plan))[0].notes
    assert [note.start_step for note in notes] == steps
    assert [note.pitch - notes[0].pitch for note in notes] == pitches
    assert notes[0].pitch % 12 == (0 if transform == "literal" else 2)


def test_a_motif_lies_in_the_register_of_the_lead(make_plan: MakePlan) -> None:
    deep = Motif("deep", tuple(Note(n.start_step, 1, n.pitch - 36) for n in TUNE), 16, C_MAJOR)
    plan = make_plan(motifs=(deep,))
    notes = state_motifs(plan, track_parts(plan))[0].notes
    assert 60 <= min(note.pitch for note in notes) <= max(note.pitch for note in notes) <= 82


def test_a_motif_lies_in_the_register_set_for_its_section(make_plan: MakePlan) -> None:
    form = lay_out([FormPart("A"), FormPart("B")], 8)
    wishes = (Wish("B", register=Range(72, 90)),)
    plan = make_plan(bars=8, form=form, motifs=(HERO, replace(HERO, section="B")), wishes=wishes)
    for low, high in ((72, 90), (54, 72)):
        plan = replace(plan, wishes=(Wish("B", register=Range(low, high)),))
        stated = {said.statement.start_step: said for said in state_motifs(plan, track_parts(plan))}
        pitches = [note.pitch for note in stated[64].notes]
        assert low <= min(pitches) <= max(pitches) <= high


def test_a_primer_comes_before_a_motif(make_plan: MakePlan) -> None:
    primer = Primer((Note(0, 4, 62),), 20)
    plan = make_plan(bars=16, motifs=(HERO,), primer=primer)
    starts = [said.statement.start_step for said in state_motifs(plan, track_parts(plan))]
    assert starts == [32, 64, 192]


def test_a_second_motif_has_the_second_letter(make_plan: MakePlan) -> None:
    other = Motif("other", TUNE, 16, C_MAJOR)
    plan = make_plan(bars=16, motifs=(HERO, other))
    stated = state_motifs(plan, track_parts(plan))
    assert [(s.statement.motif, s.statement.start_step) for s in stated] == [
        ("hero", 0), ("hero", 64), ("other", 128), ("hero", 192),
    ]  # fmt: skip
