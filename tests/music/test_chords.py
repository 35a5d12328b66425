"""Chords: names and numerals in every key."""

from __future__ import annotations

import pytest

from chipassets.music.chords import chord_name, degree_chord, parse_chord, replaced_tones, tone_name
from chipassets.music.keys import MODES, Key, parse_key, pitch_class_name

D_MINOR = Key(2, "minor")


@pytest.mark.parametrize(
    ("text", "root", "tones"),
    [
        ("Dm", 2, {2, 5, 9}),
        ("Bb", 10, {10, 2, 5}),
        ("F#maj7", 6, {6, 10, 1, 5}),
        ("Csus4", 0, {0, 5, 7}),
        ("E5", 4, {4, 11}),
        ("C/E", 0, {0, 4, 7}),
        ("Gm7b5", 7, {7, 10, 1, 5}),
        ("i", 2, {2, 5, 9}),
        ("VI", 10, {10, 2, 5}),
        ("bVI", 10, {10, 2, 5}),
        ("V7", 9, {9, 1, 4, 7}),
        ("V/V", 4, {4, 8, 11}),
        ("vii°", 1, {1, 4, 7}),
        ("iv7", 7, {7, 10, 2, 5}),
    ],
)
def test_a_chord_has_its_tones(text: str, root: int, tones: set[int]) -> None:
    chord = parse_chord(text, D_MINOR)
    assert (chord.root, set(chord.pitch_classes)) == (root, tones)


def test_the_bass_can_be_another_tone() -> None:
    assert parse_chord("C/E", D_MINOR).bass == 4
    assert parse_chord("C/D", D_MINOR).pitch_classes == {0, 2, 4, 7}


@pytest.mark.parametrize(
    ("text", "bass", "name"),
    [
        ("i/3", 5, "Dm/F"),
        ("i/5", 9, "Dm/A"),
        ("V7/3", 1, "A7/C#"),
        ("V7/7", 7, "A7/G"),
        ("vii°/3", 4, "C#dim/E"),
        ("V7/iv/3", 6, "D7/F#"),
        ("Vsus4/3", 2, "Asus4/D"),
        ("VI", 10, "Bb"),
    ],
)
def test_a_numeral_puts_one_of_its_tones_in_the_bass(text: str, bass: int, name: str) -> None:
    chord = parse_chord(text, D_MINOR)
    assert chord.bass == bass
    assert bass in chord.pitch_classes
    assert chord_name(text, D_MINOR) == name
    assert parse_chord(name, D_MINOR) == chord


def test_a_triad_has_no_seventh_for_its_bass() -> None:
    with pytest.raises(ValueError, match="no seventh"):
        parse_chord("i/7", D_MINOR)


@pytest.mark.parametrize("text", ["H", "", "Dmm", "VIII", "c", "iX", "C/", "I/", "V/V/V", "7"])
def test_what_is_no_chord_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no chord"):
        parse_chord(text, D_MINOR)


@pytest.mark.parametrize("mode", MODES)
def test_degrees_have_names_that_read_back(mode: str) -> None:
    for tonic in range(12):
        key = Key(tonic, mode)
        assert parse_key(str(key)) == key
        for degree in range(1, 8):
            chord = parse_chord(degree_chord(key, degree), key)
            assert chord.root == (tonic + key.harmony_scale[degree - 1]) % 12
            if len(MODES[mode]) == 7 and (mode, degree) != ("minor", 5):
                assert chord.pitch_classes <= key.pitch_classes
    assert degree_chord(Key(2, "minor"), 5) == "A"
    assert degree_chord(Key(2, "minor pentatonic"), 7) == "C5"


@pytest.mark.parametrize(
    ("numeral", "key", "name"),
    [
        ("i", "D minor", "Dm"),
        ("bVII", "G major", "F"),
        ("V7/ii", "C major", "A7"),
        ("vii\u00b0", "D minor", "C#dim"),
        ("ii7", "Bb major", "Cm7"),
        ("iv", "A minor", "Dm"),
        ("F#m/A", "E major", "F#m/A"),
    ],
)
def test_a_numeral_has_a_name_that_means_the_same(numeral: str, key: str, name: str) -> None:
    where = parse_key(key)
    assert chord_name(numeral, where) == name
    assert parse_chord(chord_name(numeral, where), where) == parse_chord(numeral, where)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("C", "C Db D Eb E F F# G Ab A Bb B"),
        ("D minor", "D Eb E F F# G G# A Bb B C C#"),
        ("E phrygian", "E F F# G G# A A# B C C# D D#"),
        ("B locrian", "B C C# D D# E F F# G G# A A#"),
        ("Eb", "Eb Fb F Gb G Ab A Bb Cb C Db D"),
    ],
)
def test_tones_are_spelled_as_music_in_the_key_does(key: str, names: str) -> None:
    parsed = parse_key(key)
    spelled = [pitch_class_name((parsed.tonic + step) % 12, parsed) for step in range(12)]
    assert spelled == names.split()


@pytest.mark.parametrize("mode", MODES)
def test_a_scale_of_seven_tones_has_seven_letters(mode: str) -> None:
    for tonic in range(12):
        key = Key(tonic, mode)
        names = [pitch_class_name(tone, key) for tone in key.pitch_classes]
        if len(names) == 7 and tonic in (0, 2, 4, 5, 7, 9, 11):
            assert len({name[0] for name in names}) == 7


@pytest.mark.parametrize(
    ("chord", "key", "replaced"),
    [
        ("D", "D minor", {5}),
        ("A7", "D minor", {0}),
        ("Dm", "D minor", set()),
        ("Bb", "C", {11}),
        ("A", "C", {0}),
        ("Fm", "C", {9}),
        ("C7", "C blues", set()),
    ],
)
def test_a_chord_from_outside_replaces_tones_of_the_key(
    chord: str, key: str, replaced: set[int]
) -> None:
    parsed = parse_key(key)
    assert replaced_tones(parse_chord(chord, parsed), parsed) == replaced


@pytest.mark.parametrize(
    ("chord", "key", "names"),
    [("A", "C", "C# E A"), ("vii\u00b0", "D minor", "C# E G"), ("Bb", "C", "D F Bb")],
)
def test_a_chord_spells_its_tones_from_its_root(chord: str, key: str, names: str) -> None:
    parsed = parse_key(key)
    found = parse_chord(chord, parsed)
    tones = sorted(found.pitch_classes)
    assert [tone_name(tone, found, parsed) for tone in tones] == names.split()
