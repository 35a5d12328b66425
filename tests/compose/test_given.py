"""What is given: motifs and primers stand as they are written, rests and all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given as of
from hypothesis import strategies as st

from chipassets.compose.composer import sketch
from chipassets.compose.given import Given, given_in
from chipassets.compose.harmony import plan_harmony
from chipassets.compose.planning import plan_piece
from chipassets.music.keys import Key
from chipassets.music.metrics import lead_line
from chipassets.music.notes import BASS, INNER, LEAD, Note, Primer
from chipassets.music.score import Score
from chipassets.plan.trackplan import Motif, TrackPlan
from tests.compose.conftest import METRES, MakePlan, a_plan, harmony_in, material_in

C_MAJOR = Key(0, "major")
RESTING = Motif("call", (Note(2, 2, 72), Note(8, 3, 76), Note(14, 1, 74)), 16, C_MAJOR)


def given_to(track: TrackPlan) -> Given:
    steps = track.steps_per_bar
    return given_in(track, harmony_in([["C"]] * track.bars, track.key, steps))


def sung(take: Score, bars: range) -> list[tuple[int, int, int]]:
    steps = take.steps_per_bar
    return [
        (note.start_step - bars.start * steps, note.duration_steps, note.pitch)
        for note in take.part(LEAD)
        if note.start_step // steps in bars
    ]


def test_a_motif_with_rests_stays_as_it_is_written(make_plan: MakePlan) -> None:
    for take in range(6):
        track = make_plan(bars=8, key=C_MAJOR, motifs=(RESTING,))
        score = sketch(track, material_in("4/4"), take).score
        (said, *_) = score.statements
        shift = said.shift
        notes = sung(score, range(1))
        wanted = [(n.start_step, n.duration_steps, n.pitch + shift) for n in RESTING.notes]
        assert notes == wanted
        top = [(n.start_step, n.pitch) for n in lead_line(score.notes) if n.start_step < 16]
        assert {(start, pitch) for start, _, pitch in wanted} <= set(top)


def test_a_rest_at_the_end_of_a_motif_is_not_filled(make_plan: MakePlan) -> None:
    """One note, then silence to the end of the second bar; and a note held over the bar line."""
    short = Motif("short", (Note(0, 4, 72),), 32, C_MAJOR)
    held = Motif("held", (Note(0, 4, 72), Note(12, 12, 76)), 32, C_MAJOR)
    for take in range(6):
        for motif in (short, held):
            track = make_plan(bars=8, key=C_MAJOR, motifs=(motif,))
            score = sketch(track, material_in("4/4"), take).score
            shift = score.statements[0].shift
            wanted = [(n.start_step, n.duration_steps, n.pitch + shift) for n in motif.notes]
            assert sung(score, range(2)) == wanted
            assert sung(score, range(2, 4))


@pytest.mark.parametrize("metre", METRES)
def test_bars_of_a_motif_are_given_as_one_voice_of_scale_degrees(
    make_plan: MakePlan, metre: str
) -> None:
    beats, pulse = METRES[metre]
    track = make_plan(
        bars=8, key=C_MAJOR, motifs=(RESTING,), beats_per_bar=beats, pulse_steps=pulse
    )
    found = given_to(track)
    harmony = harmony_in([["C"]] * 8, C_MAJOR, beats * 4)
    pitches = [
        harmony.table.pitch(0, note.degree, note.alteration)
        for bar in sorted(found.bars)[:2]
        for note in found.bars[bar]
    ]
    shift = found.statements[0].shift
    assert pitches[:3] == [note.pitch + shift for note in RESTING.notes]
    for notes in found.bars.values():
        assert all(a.end <= b.step for a, b in pairwise(notes))
        assert notes[-1].end <= beats * 4
    assert set(found.cells) == {"A"}


@st.composite
def primers(draw: st.DrawFn) -> Primer:
    steps = draw(st.integers(1, 24))
    starts = draw(st.lists(st.integers(0, steps - 1), min_size=1, max_size=12))
    notes = {
        (start, draw(st.integers(30, 100))): draw(st.integers(1, steps - start)) for start in starts
    }
    return Primer(
        tuple(Note(start, length, pitch) for (start, pitch), length in sorted(notes.items())), steps
    )


@of(primers(), st.booleans())
def test_a_primer_of_many_voices_is_dealt_whole(primer: Primer, inject: bool) -> None:
    track = a_plan(bars=4, primer=primer, inject_primer=inject, key=C_MAJOR)
    found = given_to(track)
    harmony = harmony_in([["C"]] * 4, C_MAJOR)
    tune = [
        (16 * bar + note.step, harmony.table.pitch(0, note.degree, note.alteration))
        for bar, notes in found.bars.items()
        for note in notes
    ]
    heard = {(n.start_step, n.pitch) for n in found.extra} | set(tune)
    # Every onset of the primer has its highest note, and no note is invented.
    again = primer.steps if inject else 0
    written = {(n.start_step, n.pitch) for n in primer.notes}
    written |= {(start + again, pitch) for start, pitch in written}
    assert heard <= written
    for start in {n.start_step for n in primer.notes}:
        assert {pitch for at, pitch in heard if at == start}
    for notes in found.bars.values():
        assert all(a.end <= b.step for a, b in pairwise(notes))
    assert {note.part for note in found.extra} <= {INNER, BASS}
    assert all(note.end_step <= primer.steps for note in found.extra)


def test_a_primer_of_chords_sounds_whole_and_alone(make_plan: MakePlan) -> None:
    chord = tuple(Note(4 * beat, 4, pitch) for beat in range(4) for pitch in (72 + beat, 64, 48))
    track = make_plan(bars=4, key=C_MAJOR, primer=Primer(chord, 16))
    take = sketch(track, material_in("4/4"), 0).score
    inside = {(n.start_step, n.pitch) for n in take.notes if n.start_step < 16}
    assert inside == {(n.start_step, n.pitch) for n in chord}
    assert {n.part for n in take.notes if n.start_step < 16} == {LEAD, INNER, BASS}
    assert not [hit for hit in take.drums or () if hit.step < 16]
    assert not [note for note in take.further if note.start_step < 16]


def test_nothing_is_given_without_motif_and_primer(make_plan: MakePlan) -> None:
    found = given_to(make_plan(key=C_MAJOR))
    assert (found.bars, found.cells, found.statements, found.extra) == ({}, {}, (), ())
    assert found.muted == frozenset()


def test_a_motif_fits_the_chords_drawn_for_it(make_plan: MakePlan) -> None:
    """Whatever chord is drawn, the motif keeps its pitches: what is foreign is an alteration."""
    for seed in range(8):
        track = make_plan(bars=8, seed=seed, key=C_MAJOR, motifs=(RESTING,))
        harmony = plan_harmony(track, plan_piece(track, 0), np.random.default_rng(seed))
        found = given_in(track, harmony)
        pitches = [
            harmony.table.pitch(int(harmony.at[note.step]), note.degree, note.alteration)
            for note in found.bars[0]
        ]
        shift = found.statements[0].shift
        assert pitches == [note.pitch + shift for note in RESTING.notes]
