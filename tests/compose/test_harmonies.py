"""Harmonies: scales that bend to their chords, and which chord holds where."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.compose.harmonies import DEGREES, ChordTable
from chipassets.music.chords import degree_chord, parse_chord
from chipassets.music.keys import MODES, Key
from tests.compose.conftest import harmony_in

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(MODES)))
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
BORROWED = (
    "bII", "bIII", "bVI", "bVII", "iv", "IV", "v", "V", "i", "I", "ii°", "vii°7", "V/V", "V7/ii",
    "V7/IV", "V/vi", "V7", "IVmaj7", "iim7", "Isus4", "Isus2", "V7/V", "iiø7", "vi", "iii",
)  # fmt: skip


def table(names: list[str], key: Key) -> ChordTable:
    return harmony_in([[name] for name in names], key).table


def assert_bent(chords: ChordTable) -> None:
    for row, chord in enumerate(chords.chords):
        pitches = [chords.pitch(row, degree) for degree in range(DEGREES + 1)]
        assert all(a < b for a, b in pairwise(pitches)), chords.names[row]
        assert pitches[DEGREES] == pitches[0] + 12
        assert chord.pitch_classes <= chords.scale(row), chords.names[row]
        assert len(chords.scale(row)) == DEGREES


@pytest.mark.parametrize("mode", sorted(MODES))
def test_the_scale_under_a_chord_has_all_its_tones(mode: str) -> None:
    """Triads of every degree, and chords from outside the key, in every mode and key."""
    for tonic in range(12):
        key = Key(tonic, mode)
        own = [degree_chord(key, degree) for degree in range(1, 8)]
        assert_bent(table([*own, *BORROWED], key))


@pytest.mark.parametrize("quality", ["7", "m7", "maj7", "m7b5", "dim7", "6", "add9", "m9", "aug"])
@given(key=KEYS)
def test_the_scale_of_a_chord_contains_its_tones_on_every_root(quality: str, key: Key) -> None:
    """However foreign: a manifest may write any chord in any key."""
    assert_bent(table([root + quality for root in ROOTS], key))


@given(KEYS)
def test_chords_of_the_key_leave_its_scale_as_it_is(key: Key) -> None:
    own = {(key.tonic + step) % 12 for step in key.harmony_scale}
    names = [degree_chord(key, degree) for degree in range(1, 8)]
    chords = table(names, key)
    for row, chord in enumerate(chords.chords):
        if chord.pitch_classes <= own:
            assert chords.scale(row) == own


@pytest.mark.parametrize(
    ("name", "key", "scale"),
    [
        ("Em", Key(2, "minor"), {2, 4, 5, 7, 9, 11, 0}),  # B for B flat, not for C
        ("F7", Key(0, "major"), {0, 2, 3, 5, 7, 9, 11}),  # E flat for E
        ("C7", Key(0, "major"), {0, 2, 4, 5, 7, 9, 10}),
        ("Fm7", Key(0, "major"), {0, 2, 3, 5, 7, 8, 11}),
        ("Bdim7", Key(0, "major"), {0, 2, 4, 5, 7, 8, 11}),  # A flat for A
        ("Caug", Key(0, "major"), {0, 2, 4, 5, 8, 9, 11}),  # G sharp for G
    ],
)
def test_a_foreign_tone_takes_the_place_of_its_letter(name: str, key: Key, scale: set[int]) -> None:
    assert table([name], key).scale(0) == scale


def test_a_chord_that_leads_raises_what_is_below() -> None:
    chords = table(["D", "Fm"], Key(0, "major"))
    assert chords.scale(0) == {0, 2, 4, 6, 7, 9, 11}  # the fourth becomes the leading tone of G
    assert chords.scale(1) == {0, 2, 4, 5, 7, 8, 11}
    assert [int(third) for third in chords.third] == [6, 8]


@given(KEYS, st.integers(-60, 80), st.sampled_from(BORROWED))
def test_degrees_and_pitches_are_each_others_inverse(key: Key, degree: int, name: str) -> None:
    chords = table([name], key)
    pitch = chords.pitch(0, degree)
    # However far a degree lies, its pitch is one of MIDI's.
    assert 0 <= pitch <= 127
    assert chords.pitches_of(np.array([0]), np.array([degree]))[0] == pitch
    if -28 <= degree <= 28:
        assert chords.nearest_degree(0, pitch) == degree
        assert chords.pitch(0, degree + 7) == pitch + 12


def test_chords_share_their_bar_evenly() -> None:
    harmony = harmony_in([["C", "F"], ["G"], ["C", "F", "G"]], Key(0, "major"), 16)
    assert harmony.names == ("C F", "G", "C F G")
    assert harmony.changes(0) == [0, 8]
    assert harmony.changes(1) == [0]
    # Sixteen steps over three chords: the first is the longer one.
    assert harmony.changes(2) == [0, 6, 11]
    assert harmony.at.shape == (48,)
    names = [harmony.table.names[row] for row in (harmony.opening(bar) for bar in range(3))]
    assert names == ["C", "G", "C"]


@given(
    st.lists(st.sampled_from(["C", "Am", "F", "G7"]), min_size=1, max_size=4),
    st.sampled_from([12, 16]),
)
def test_each_chord_of_a_bar_sounds_in_turn(names: list[str], steps: int) -> None:
    names = list(dict.fromkeys(names))
    harmony = harmony_in([names], Key(0, "major"), steps)
    starts = harmony.changes(0)
    assert [harmony.table.names[harmony.at[step]] for step in starts] == names
    lengths = [b - a for a, b in pairwise([*starts, steps])]
    assert max(lengths) - min(lengths) <= 1


def test_what_is_no_chord_is_refused() -> None:
    with pytest.raises(ValueError, match="is no chord"):
        table(["H"], Key(0, "major"))


def test_the_bass_is_the_chords_own() -> None:
    chords = table(["C/E", "Am", "Csus4"], Key(0, "major"))
    assert chords.bass.tolist() == [4, 9, 0]
    assert chords.root.tolist() == [0, 9, 0]
    assert parse_chord("C/E", Key(0, "major")).pitch_classes <= chords.scale(0)
    # A suspended chord has its fourth where others have a third.
    assert chords.third.tolist() == [4, 0, 5]
