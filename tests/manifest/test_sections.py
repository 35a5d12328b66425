"""What a section may say for itself, and how a track ends: read, planned, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipassets.errors import ManifestError
from chipassets.manifest import form_field, parse_manifest
from chipassets.music.keys import Key
from chipassets.plan.trackplan import Range
from chipassets.resolve.build_plan import resolve
from tests.manifest.conftest import Load, Refuse

HEAD = "game: Test\ntracks:\n  battle: {form: A B A, key: C minor, "


def test_a_section_says_all_that_it_can_have(load: Load) -> None:
    text = (
        HEAD + "density: 1-3, register: 60-70, dynamics: mf, bass: long, sections: {B: {density: "
        "4-6, register: 72-84, dynamics: p, instruments: {lead: bell, bass: triangle_short}, "
        'chords: "Ab Bb | Cm", bass: "1 - 5 -", drums: {groove: march, fills: off}}}}\n'
    )
    (track,) = resolve(load(text)).tracks
    assert track.character.density == Range(1, 3)
    assert track.character.lead_pitch == Range(60, 70)
    wish = track.wished("B")
    assert (wish.density, wish.register, wish.dynamics_db) == (Range(4, 6), Range(72, 84), -9.0)
    assert (wish.lead, wish.inner, wish.low) == ("bell", "", "triangle_short")
    assert wish.bass_line == ((0, 2, 1), (2, 2, 5), (4, 0, 0))
    assert wish.drums is not None
    assert (wish.drums.groove, wish.drums.fills) == ("march", False)
    assert track.wished("A").bass == "long"
    assert track.wished("A").bass_line == ()
    assert track.wished("A").dynamics_db == -4.0
    assert [(own.section, own.bars) for own in track.progressions] == [
        ("B", (("Ab", "Bb"), ("Cm",)))
    ]


REFUSED: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "a tempo": ("sections: {B: {tempo: 90}}", 16, ("all bars of a track are equally long",)),
    "dynamics of no mark": ("dynamics: fff", 11, ("did you mean 'ff'",)),
    "density of a word": ("sections: {B: {density: dense}}", 25, ("range of densities",)),
    "a kit by section": (
        "sections: {B: {instruments: {drums: noise}}}", 30, ("kit holds for the whole",),
    ),
    "an unknown instrument": ("sections: {B: {instruments: {lead: bel}}}", 36, ("'bell'",)),
    "a bass of nines": ('bass: "1 9 5"', 10, ("'9'", "1 to 8")),
    "a bass that holds nothing": ('bass: "- 1"', 8, ("no note to hold",)),
    "a bass of five steps": ('bass: "1 - 5 - 1"', 7, ("5 steps", "a bar 16")),
    "a groove and strokes": ("drums: {groove: rock, kick: x}", 8, ("keep one",)),
    "swing of drums alone": ("drums: {kick: x, swing: 60%}", 18, ("beside drums:",)),
    "shuffle of drums alone": ("drums: {kick: x, shuffle: 60%}", 18, ("beside drums:",)),
    "shuffle without percent": ("shuffle: 58", 10, ("50% to 75%", "58%")),
    "too much swing": ("swing: 80%", 8, ("50% to 75%",)),
    "swing in 6/8": ("metre: 6/8, swing: 60%", 20, ("three 8ths",)),
    "an ending of a loop": ("ending: fade", 9, ("the track loops", "loop: false")),
    "an unknown ending": ("loop: false, ending: fad", 22, ("'fade'",)),
    "a long pickup": (
        "pickup: C5 - - - - - - - - - - - - - - -", 9, ("16 steps", "shorter than a bar"),
    ),
    "a pickup and a primer": ("pickup: C5, primer: E5", 9, ("primer opens",)),
    "the same key at the end": ("final_key: Cm", 12, ("the track's key already",)),
    "a last key of no steps": ("final_key: 0", 12, ("1 to 6",)),
    "a metre of elevens": ("metre: 11/8", 8, ("12/8",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_impossible_values_of_a_section_are_refused_with_the_reason(
    refuse: Refuse, name: str
) -> None:
    options, column, parts = REFUSED[name]
    (problem,) = refuse(f"{HEAD}{options}}}\n")
    said = str(problem)
    for part in parts:
        assert part in said, said
    first = len("  battle: {form: A B A, key: C minor, ")
    assert problem.where == f"game.yaml:3:{first + column}", said


def test_the_last_key_is_a_key_or_semitones_away(load: Load) -> None:
    keys = [
        resolve(load(f"{HEAD}final_key: {said}}}\n")).tracks[0].final_key
        for said in ("Eb major", "2", "-1")
    ]
    assert keys == [Key(3, "major"), Key(2, "minor"), Key(11, "minor")]


def test_a_form_of_too_many_sections_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Read first, 30,000 sections took minutes: each is compared with all before it.
    def unread(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(form_field, "_part_fault", unread)
    text = f"game: A\ntracks: {{boss: {{form: {'A ' * (form_field.MAX_SECTIONS + 1)}}}}}"
    with pytest.raises(ManifestError, match=r"a form has at most 32 sections; make it shorter"):
        parse_manifest(text.encode(), Path("game.yaml"))


@pytest.mark.parametrize(
    ("chip", "said", "left"),
    [
        ("nes", "inner", ("pulse2",)),
        ("nes", "[arpeggio, drums]", ("pulse2", "noise")),
        ("nes", "[noise, lead]", ("pulse1", "noise")),
        ("gameboy", "bass", ("wave",)),
        ("snes", "inner", ("voice2",)),
    ],
)
def test_a_voice_is_left_free_by_its_name_or_by_what_it_plays(
    load: Load, chip: str, said: str, left: tuple[str, ...]
) -> None:
    text = f"game: G\nchip: {chip}\ntracks: {{battle: {{leave: {said}}}}}\n"
    assert resolve(load(text)).tracks[0].sound.leave == left
