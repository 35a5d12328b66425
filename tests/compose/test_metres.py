"""Every metre that a track may have: bars are whole, grooves fit, and music is composed in it."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from chipassets.compose.composer import sketch
from chipassets.compose.grooves import METRES as GROOVE_METRES
from chipassets.compose.grooves import STYLES, choose_groove, groove_named, grooves_of
from chipassets.compose.ideas import BASS_ROLES, INNER_ROLES
from chipassets.music.notes import BASS, LEAD
from chipassets.music.score_text import score_from_lines, score_to_lines
from chipassets.plan.trackplan import Wish
from chipassets.units import METRES, PULSE_STEPS, metre_name, steps_per_bar
from tests.compose.conftest import MakePlan, material_of


@pytest.mark.parametrize("metre", METRES)
def test_a_metre_is_called_by_its_name(metre: str) -> None:
    assert metre_name(METRES[metre], PULSE_STEPS[metre]) == metre
    above, below = map(int, metre.split("/"))
    assert steps_per_bar(METRES[metre]) == 16 * above // below == GROOVE_METRES[metre]
    assert steps_per_bar(METRES[metre]) % PULSE_STEPS[metre] == 0


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_grooves_whose_strokes_lie_in_the_bar(metre: str, style: str) -> None:
    grooves = grooves_of(style, metre)
    assert grooves
    for groove in grooves:
        assert groove.steps == GROOVE_METRES[metre]
        bars = [*groove.base, *groove.variants, *groove.fills.values()]
        assert all(0 <= hit.step < groove.steps for bar in bars for hit in bar)
        assert groove_named(groove.name).base == groove.base
        if style != "none":
            assert any(groove.base)
    chosen = choose_groove(np.random.default_rng(0), 0.5, style, metre)
    assert chosen in grooves


@pytest.mark.parametrize("metre", METRES)
def test_music_is_composed_in_whole_bars_of_the_metre(make_plan: MakePlan, metre: str) -> None:
    beats, pulse = METRES[metre], PULSE_STEPS[metre]
    track = make_plan(bars=8, beats_per_bar=beats, pulse_steps=pulse)
    assert track.metre == metre
    score = sketch(track, material_of(beats, max(pulse, 4)), 0).score
    bar = steps_per_bar(beats)
    assert score.total_steps == 8 * bar
    for note in (*score.notes, *score.further):
        assert 0 <= note.start_step < note.end_step <= score.total_steps
    for part in (LEAD, BASS):
        sounding = {note.start_step // bar for note in score.part(part)}
        assert len(sounding) >= 6
    assert {stroke.step % bar for stroke in score.drums or ()} <= set(range(bar))
    assert score_from_lines(score_to_lines(score)) == score
    if bar in (14, 18, 20):
        assert all(" " not in names for names in score.chords), "such a bar has no half"


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize(
    ("texture", "bass"),
    list(zip(INNER_ROLES, cycle(BASS_ROLES), strict=False)),
)
@pytest.mark.default_cases(36)
def test_every_role_stays_in_the_bars_of_every_metre(
    make_plan: MakePlan, metre: str, texture: str, bass: str
) -> None:
    beats, pulse = METRES[metre], PULSE_STEPS[metre]
    wishes = (Wish(texture=texture, bass=bass),)
    track = make_plan(bars=4, beats_per_bar=beats, pulse_steps=pulse, wishes=wishes)
    score = sketch(track, material_of(beats, max(pulse, 4)), 0).score
    assert all(note.end_step <= score.total_steps for note in score.notes)
