"""A melody sounds to the note, and its harmony and voices are written to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chipassets.compose.composer import sketch
from chipassets.compose.harmonized import Wanted, harmonize
from chipassets.music.chords import parse_chord
from chipassets.music.forms import FormPart, lay_out
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, LEAD, Motif, Note
from chipassets.music.score import Score
from chipassets.plan.trackplan import Melody, TrackPlan
from chipassets.resolve.build_plan import resolve
from chipassets.selection.takes import rate
from tests.compose.conftest import METRES, MakePlan, material_in
from tests.manifest.conftest import Load, load  # noqa: F401 - a fixture

C_MAJOR = Key(0, "major")
FORM = lay_out([FormPart("A"), FormPart("B"), FormPart("A'")], 12)
STEPS = 16
# The opening of "Twinkle, twinkle", and a held note over the bar line before a rest.
TWINKLE = (
    *(Note(4 * at, 4, pitch) for at, pitch in enumerate((60, 60, 67, 67, 69, 69))),
    Note(24, 8, 67),
    *(Note(32 + 4 * at, 4, pitch) for at, pitch in enumerate((65, 65, 64, 64, 62, 62))),
    Note(56, 4, 60),
)
HELD = (Note(2, 20, 72), Note(24, 6, 71), Note(40, 12, 69))


def a_melody(section: str, notes: tuple[Note, ...], steps: int, key: Key = C_MAJOR) -> Melody:
    return Melody(section, Motif(f"melody-{section}", notes, steps, key, "literal"))


def sung(score: Score, bars: range) -> list[tuple[int, int, int]]:
    return [
        (note.start_step - bars.start * STEPS, note.duration_steps, note.pitch)
        for note in score.part(LEAD)
        if note.start_step // STEPS in bars
    ]


def as_written(notes: tuple[Note, ...], steps: int = 1 << 20) -> list[tuple[int, int, int]]:
    return [
        (n.start_step, min(n.duration_steps, steps - n.start_step), n.pitch)
        for n in notes
        if n.start_step < steps
    ]


@pytest.fixture
def track(make_plan: MakePlan) -> TrackPlan:
    melodies = (a_melody("A", TWINKLE, 64), a_melody("B", HELD, 64, Key(9, "minor")))
    return make_plan(bars=12, form=FORM, key=C_MAJOR, melodies=melodies)


@pytest.mark.parametrize("take", range(4))
def test_a_melody_sounds_to_the_note_wherever_its_section_stands(
    track: TrackPlan, take: int
) -> None:
    score = sketch(track, material_in("4/4"), take).score
    assert sung(score, range(4)) == as_written(TWINKLE)
    assert sung(score, range(4, 8)) == as_written(HELD)
    assert sung(score, range(8, 12)) == as_written(TWINKLE)
    for bars in (range(4), range(4, 8), range(8, 12)):
        for part in (INNER, BASS):
            assert [n for n in score.part(part) if n.start_step // STEPS in bars]
    assert [said.motif for said in score.statements] == ["melody-A", "melody-B", "melody-A"]


def test_a_section_that_is_shorter_has_as_much_of_it_as_it_holds(make_plan: MakePlan) -> None:
    form = lay_out([FormPart("A", 4), FormPart("B", 2), FormPart("A'", 2)], 8)
    track = make_plan(bars=8, form=form, key=C_MAJOR, melodies=(a_melody("A", TWINKLE, 64),))
    score = sketch(track, material_in("4/4"), 0).score
    assert sung(score, range(6, 8)) == as_written(TWINKLE, 32)
    assert sung(score, range(4, 6)), "what has no melody is composed"


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "lydian", "minor pentatonic"])
def test_chords_carry_the_tune_that_stands(metre: str, mode: str) -> None:
    """Of all steps of an arpeggiated tune, nine in ten lie in tones of the chord drawn for them."""
    beats, pulse = METRES[metre]
    bar = 4 * beats
    key = Key(2, mode)
    scale = key.harmony_scale
    degrees = (0, 3, 4, 0)
    notes = [
        Note(place * bar + 4 * beat, 4, 62 + scale[(degree + 2 * beat) % 7])
        for place, degree in enumerate(degrees)
        for beat in range(beats)
    ]
    good = total = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        bars = harmonize(rng, key, notes, 4, bar, Wanted(None, "closed", 0.3, 0.3, pulse))
        assert len(bars) == 4
        assert all(1 <= len(names) <= 2 for names in bars)
        for note in notes:
            place, step = divmod(note.start_step, bar)
            names = bars[place]
            chord = parse_chord(names[step * len(names) // bar], key)
            good += note.pitch % 12 in chord.pitch_classes
            total += 1
    assert good > 0.8 * total


def test_takes_differ_in_their_chords_and_not_in_the_tune(track: TrackPlan) -> None:
    scores = [sketch(track, material_in("4/4"), take).score for take in range(6)]
    assert len({score.chords for score in scores}) > 2
    assert len({score.part(LEAD) for score in scores}) == 1


def test_bars_that_somebody_wrote_are_not_sent_back(make_plan: MakePlan) -> None:
    """Four bars of one held note with a silent second voice: dead, were they composed."""
    still = tuple(Note(16 * bar, 16, (72, 74, 76, 77)[bar]) for bar in range(4))
    form = lay_out([FormPart("A")], 4)
    track = make_plan(bars=4, form=form, key=C_MAJOR, melodies=(a_melody("A", still, 64),))
    score = sketch(track, material_in("4/4"), 0).score
    bare = replace(
        score,
        notes=tuple(
            note
            for note in score.notes
            if note.part != INNER and (note.part != BASS or note.start_step % 8 == 0)
        ),
    )
    assert rate(bare, track).refused is None
    unsaid = replace(track, melodies=())
    assert "nothing happens" in str(rate(bare, unsaid).refused)


def test_a_melody_in_the_tracks_mode_stands_on_the_same_degrees(make_plan: MakePlan) -> None:
    tune = Motif("melody-A", TWINKLE, 64, C_MAJOR, "in_mode")
    form = lay_out([FormPart("A")], 4)
    track = make_plan(bars=4, form=form, key=Key(9, "minor"), melodies=(Melody("A", tune),))
    pitches = [pitch for *_, pitch in sung(sketch(track, material_in("4/4"), 0).score, range(4))]
    intervals = [pitch - pitches[0] for pitch in pitches]
    assert intervals == [0, 0, 7, 7, 8, 8, 7, 5, 5, 3, 3, 2, 2, 0]


def test_a_pickup_comes_before_every_return_and_leads_back(load: Load) -> None:  # noqa: F811
    abc = "M:4/4\\nL:1/4\\nK:C\\nG|c d e f|g f e d|c2 e2|c3"
    text = f'game: T\ntracks:\n  town:\n    form: A:4 B:4 A:4\n    melody: {{abc: "{abc}"}}\n'
    (track,) = resolve(load(text)).tracks
    assert (track.bars, track.form[0].name) == (13, "intro")
    score = sketch(track, material_in("4/4"), 0).score
    tune = [(n.start_step, n.duration_steps, n.pitch) for n in score.part(LEAD)]
    # Behind the bar of the pickup, before the second A, and at the end of the loop.
    for bar in (1, 9, 13):
        assert (16 * bar - 4, 4, 67) in tune
    for bar in (1, 9):
        assert [pitch for step, _, pitch in tune if 16 * bar <= step < 16 * bar + 32] == [
            72, 74, 76, 77, 79, 77, 76, 74,
        ]  # fmt: skip
    assert max(note.end_step for note in score.notes) == score.total_steps


def test_a_pickup_goes_with_its_section_into_another_key(load: Load) -> None:  # noqa: F811
    melody = '{B: {notes: "G4 - - - C5 - - - E5 - - -", key: C major, pickup: 4, '
    for more, pitch in (("transform: literal}}", 69), ("transform: transposed}}", 71)):
        text = (
            "game: T\ntracks:\n  town:\n    form: A:4 B:4\n    key: D major\n    final_key: 2\n"
            f"    melody: {melody}{more}\n"
        )
        (track,) = resolve(load(text)).tracks
        score = sketch(track, material_in("4/4"), 0).score
        before = [n for n in score.part(LEAD) if 60 <= n.start_step < 64]
        first = next(n for n in score.part(LEAD) if n.start_step == 64)
        assert [n.pitch % 12 for n in before] == [pitch % 12]
        assert first.pitch - before[0].pitch == 5
