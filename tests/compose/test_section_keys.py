"""In which key a section of a take stands."""

from __future__ import annotations

from chipassets.compose.planning import plan_piece
from chipassets.music.keys import Key
from chipassets.music.motifs import IN_MODE, LITERAL
from chipassets.music.notes import Motif, Note
from chipassets.music.score import Section
from chipassets.plan.trackplan import Melody
from tests.compose.conftest import MakePlan

FORM = (Section("A", 0, 4), Section("B", 4, 4))


def test_a_section_stands_in_the_key_of_its_melody_where_that_is_played_as_written(
    make_plan: MakePlan,
) -> None:
    notes = tuple(Note(4 * n, 4, 64 + n) for n in range(4))
    for transform in (LITERAL, IN_MODE):
        tune = Motif("melody-B", notes, 16, Key(4, "minor"), transform)
        track = make_plan(bars=8, form=FORM, melodies=(Melody("B", tune),))
        keys = [section.key for section in plan_piece(track, 0).sections]
        assert keys == [track.key, tune.key if transform == LITERAL else track.key]


def test_what_contrasts_stands_at_times_in_the_parallel_mode_and_at_times_elsewhere(
    make_plan: MakePlan,
) -> None:
    track = make_plan(bars=8, form=FORM, key=Key(2, "minor"), chromatic_share=0.3)
    keys = {plan_piece(track, take).sections[1].key for take in range(60)}
    assert {Key(2, "minor"), Key(2, "major")} < keys
    assert any(key.tonic != 2 for key in keys)
    written = make_plan(bars=8, form=FORM, key=Key(2, "minor"), chromatic_share=0.0)
    assert {plan_piece(written, take).sections[1].key for take in range(60)} == {Key(2, "minor")}
