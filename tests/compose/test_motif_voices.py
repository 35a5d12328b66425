"""Motifs in the bass and in the second voice, by section; and a section in a key of its own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from chipassets.compose.composer import Sketch, sketch
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.motifs import BASS_HIGHEST, BASS_LOWEST
from chipassets.music.notes import BASS, INNER, LEAD, Motif, Note
from chipassets.plan.trackplan import TrackPlan, Wish
from chipassets.production.findings import find_statements
from tests.compose.conftest import MakePlan, material_in

FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)
C = Key(0, "major")
# C5 - E5 - . . G5 - - - D5 - . . . .: two rests inside, one at the end.
TUNE = (Note(0, 2, 72), Note(2, 2, 76), Note(6, 4, 79), Note(10, 2, 74))
HERO = Motif("hero", TUNE, 16, C)


def a_track(make_plan: MakePlan, *motifs: Motif, **changes: object) -> TrackPlan:
    return make_plan(bars=12, form=FORM, key=C, motifs=motifs, **changes)


@cache
def made(track: TrackPlan, take: int = 0) -> Sketch:
    return sketch(track, material_in("4/4"), take)


def heard(track: TrackPlan, part: str, bar: int, take: int = 0) -> list[tuple[int, int, int]]:
    return [(n.start_step - 16 * bar, n.duration_steps, n.pitch % 12)
            for n in made(track, take).score.part(part) if n.start_step // 16 == bar]  # fmt: skip


AS_WRITTEN = [(note.start_step, note.duration_steps, note.pitch % 12) for note in TUNE]


@pytest.mark.parametrize("part", [INNER, BASS])
@pytest.mark.parametrize("take", range(3))
def test_a_motif_in_another_voice_is_played_there_rests_too(
    make_plan: MakePlan, part: str, take: int
) -> None:
    track = a_track(make_plan, replace(HERO, part=part))
    for bar in (0, 8):
        assert heard(track, part, bar, take) == AS_WRITTEN
    assert heard(track, LEAD, 0, take) != AS_WRITTEN
    score = made(track, take).score
    if part == BASS:
        low = [n.pitch for n in score.part(BASS) if n.start_step // 16 == 0]
        assert BASS_LOWEST <= min(low) <= max(low) <= BASS_HIGHEST
    found = find_statements(score, track.motifs)
    assert [(one.start_bar, one.whole) for one in found] == [(0, True), (8, True)]


def test_the_chords_carry_a_motif_in_the_bass(make_plan: MakePlan) -> None:
    fits = []
    for take in range(6):
        harmony = made(a_track(make_plan, replace(HERO, part=BASS)), take).harmony
        tones = harmony.table.tones
        fits += [bool(tones[int(harmony.at[n.start_step]), n.pitch % 12]) for n in TUNE]
    assert sum(fits) / len(fits) > 0.6


def test_a_section_names_its_motif_whatever_the_turn(make_plan: MakePlan) -> None:
    track = a_track(make_plan, replace(HERO, section="B"))
    assert heard(track, LEAD, 4) == AS_WRITTEN
    assert heard(track, LEAD, 0) != AS_WRITTEN
    both = a_track(make_plan, HERO, replace(HERO, section="A'", part=BASS))
    assert heard(both, LEAD, 0) == heard(both, LEAD, 8) == heard(both, BASS, 8) == AS_WRITTEN
    assert heard(both, BASS, 0) != AS_WRITTEN
    found = find_statements(made(both).score, both.motifs)
    assert [one.whole for one in found] == [True, True, True]


def test_a_section_stands_in_the_key_that_it_says(make_plan: MakePlan) -> None:
    track = a_track(make_plan, wishes=(Wish("B", key=Key(8, "major")),), chromatic_share=0.0)
    outside = []
    for take in range(4):
        found = made(track, take)
        assert found.plan.sections[1].key == Key(8, "major")
        inside = [n for n in found.score.notes if n.start_step // 16 in range(4, 8)]
        outside += [n.pitch % 12 not in Key(8, "major").pitch_classes for n in inside]
        home = [n for n in found.score.notes if n.start_step // 16 < 4]
        assert sum(n.pitch % 12 in C.pitch_classes for n in home) / len(home) > 0.8
    assert sum(outside) / len(outside) < 0.1
