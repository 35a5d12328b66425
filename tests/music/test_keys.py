"""Key signatures: those of the mode, spelled like the tonic."""

from __future__ import annotations

import pytest

from chipassets.music.keys import MODES, Key, parse_key, parse_pitch, pitch_class_name

NATURAL = (0, 2, 4, 5, 7, 9, 11)
SHARPENED = "FCGDAEB"
LETTERS = dict(zip("CDEFGAB", NATURAL, strict=True))


@pytest.mark.parametrize(
    ("name", "sharps"),
    [
        ("C major", 0), ("A minor", 0), ("F lydian", 0), ("G mixolydian", 0), ("D dorian", 0),
        ("E phrygian", 0), ("B locrian", 0), ("A harmonic minor", 0), ("E major pentatonic", 4),
        ("G lydian", 2), ("C mixolydian", -1), ("B dorian", 3), ("F# lydian", 7), ("D# minor", 6),
        ("C minor", -3), ("Bb major", -2), ("F# major", 6), ("D blues", -1),
    ],
)  # fmt: skip
def test_a_signature_is_the_modes(name: str, sharps: int) -> None:
    assert parse_key(name).signature == sharps


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tonic", range(12))
def test_a_signature_holds_the_modes_tones_and_the_tonic_as_it_is_spelled(
    tonic: int, mode: str
) -> None:
    key = Key(tonic, mode)
    sharps = key.signature
    assert -7 <= sharps <= 7
    marked = SHARPENED[:sharps] if sharps > 0 else SHARPENED[sharps:] if sharps else ""
    sign = 1 if sharps > 0 else -1
    tones = {letter: (pc + sign * (letter in marked)) % 12 for letter, pc in LETTERS.items()}
    white = {(tone + key.canonical_shift) % 12 for tone in NATURAL}
    assert set(tones.values()) == white
    spelled = pitch_class_name(tonic, key)
    assert tones[spelled[0]] == tonic


def test_accidentals_may_be_the_signs_of_sheet_music() -> None:
    assert parse_key("B♭ major") == parse_key("Bb major") == Key(10, "major")
    assert parse_key("f♯m") == Key(6, "minor")
    assert (parse_pitch("B♭3"), parse_pitch("F♯4")) == (58, 66)
