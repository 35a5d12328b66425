"""Chords by name: "Dm", "F#maj7", "IV", "V7/ii" become a root and pitch classes in a key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from chipassets.music.keys import Key, pitch_class_name
from chipassets.units import OCTAVE

# Semitones above the root. In a numeral, the letters' case says whether the third is minor.
_QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "mmaj7": (0, 3, 7, 11),
    "9": (0, 4, 7, 10, 2),
    "m9": (0, 3, 7, 10, 2),
    "add9": (0, 4, 7, 2),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug": (0, 4, 8),
}
_SPELLINGS = {"min": "m", "min7": "m7", "M7": "maj7", "o": "dim", "°": "dim", "o7": "dim7",
              "°7": "dim7", "ø": "m7b5", "ø7": "m7b5", "+": "aug", "sus": "sus4",
              "maj": ""}  # fmt: skip
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_ACCIDENTALS = {"": 0, "b": -1, "#": 1}
_NAME = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?")
_NUMERAL = re.compile(
    r"([#b]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/IViv]*)"
    r"(?:/([#b]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i))?(?:/([357]))?"
)
# The figures of inversions and the chord tone each puts in the bass; in a suspension the fourth or
# second takes the place of the third.
_BASS_PLACES = {"3": (3, 4, 5, 2), "5": (7, 6, 8), "7": (10, 11, 9)}
_PLACE_NAMES = {"3": "third", "5": "fifth", "7": "seventh"}

_DOMINANT = 5
_LEADING_TONE = 11

EXAMPLES = "Dm, Bb, F#7, Csus4, or numerals like i, VI, V7, V/V"


@dataclass(frozen=True, slots=True)
class Chord:
    """A root, the pitch classes that sound with it, and the pitch class asked of the bass."""

    root: int
    pitch_classes: frozenset[int]
    bass: int


@lru_cache(maxsize=4096)
def parse_chord(text: str, key: Key) -> Chord:
    """Return the chord of a name or of a Roman numeral in the key; ValueError for other text.

    A numeral without accidental counts the degrees of the key's own scale, one with # or b those of
    major: in D minor VI and bVI are both Bb, and vii° is C#dim. `V/V` is the dominant of the
    dominant; `C/E` has E in the bass; after a numeral `/3`, `/5` and `/7` put its third, fifth or
    seventh there: `V7/3`, `V7/ii/3`.
    """
    if match := _NUMERAL.fullmatch(text):
        return _from_numeral(text, match, key)
    match = _NAME.fullmatch(text)
    if match is None:
        raise _unknown(text)
    letter, accidental, quality, bass, bass_accidental = match.groups()
    root = (_LETTERS[letter] + _ACCIDENTALS[accidental]) % OCTAVE
    low = root if bass is None else (_LETTERS[bass] + _ACCIDENTALS[bass_accidental]) % OCTAVE
    return _chord(root, _intervals(quality, text), low)


def chord_name(text: str, key: Key) -> str:
    """Return the name of a Roman numeral's chord in the key; a name is returned as it is.

    ValueError for other text.
    """
    match = _NUMERAL.fullmatch(text)
    if match is None:
        parse_chord(text, key)
        return text
    root, quality = _numeral_root(match, key)
    name = pitch_class_name(root, key) + _SPELLINGS.get(quality, quality)
    chord = _from_numeral(text, match, key)
    return name if chord.bass == root else f"{name}/{tone_name(chord.bass, chord, key)}"


def _from_numeral(text: str, match: re.Match[str], key: Key) -> Chord:
    """Return the chord of a matched numeral; ValueError if it lacks the tone for its bass."""
    root, quality = _numeral_root(match, key)
    intervals = _intervals(quality, text)
    place = match.group(6)
    if place is None:
        return _chord(root, intervals, root)
    low = next((step for step in _BASS_PLACES[place] if step in intervals), None)
    if low is None:
        raise ValueError(f"{text!r} has no {_PLACE_NAMES[place]} for its bass")
    return _chord(root, intervals, (root + low) % OCTAVE)


def _numeral_root(match: re.Match[str], key: Key) -> tuple[int, str]:
    """Return a numeral's root as a pitch class, and its quality in the form of names."""
    accidental, numeral, quality, of_accidental, of, _ = match.groups()
    if of is None:
        root = key.tonic + _degree(accidental, numeral, key)
        if numeral == "vii" and key.is_minor and _SPELLINGS.get(quality, "").startswith("dim"):
            root = key.tonic + _LEADING_TONE
    else:
        # Within a secondary key, degrees are those of major.
        root = key.tonic + _degree(of_accidental, of, key) + _MAJOR[_place(numeral)]
        root += _ACCIDENTALS[accidental]
    if numeral.islower() and _SPELLINGS.get(quality, quality) in ("", "6", "7", "9", "maj7"):
        quality = "m" + _SPELLINGS.get(quality, quality)
    return root % OCTAVE, quality


def _place(numeral: str) -> int:
    """Return the degree of a Roman numeral, from 0."""
    return _NUMERALS.index(numeral.lower())


def _degree(accidental: str, numeral: str, key: Key) -> int:
    """Return the semitones of a numeral's root above the tonic."""
    place = _place(numeral)
    if not accidental:
        return key.harmony_scale[place]
    return _MAJOR[place] + _ACCIDENTALS[accidental]


def _intervals(quality: str, text: str) -> tuple[int, ...]:
    """Return the semitones of a chord's tones above its root; ValueError for an unknown quality."""
    try:
        return _QUALITIES[_SPELLINGS.get(quality, quality)]
    except KeyError:
        raise _unknown(text) from None


def _chord(root: int, intervals: tuple[int, ...], bass: int) -> Chord:
    tones = frozenset((root + interval) % OCTAVE for interval in intervals)
    return Chord(root, tones | {bass}, bass)


def _unknown(text: str) -> ValueError:
    return ValueError(f"{text!r} is no chord; write {EXAMPLES}")


def degree_chord(key: Key, degree: int) -> str:
    """Return the name of the triad on a degree 1..7 of the key, built from the key's tones.

    In scales with fewer tones a chord without a third is root and fifth. In minor the fifth degree
    has the leading tone.
    """
    steps = key.harmony_scale
    root = steps[degree - 1]
    third, fifth = ((steps[(degree + step) % 7] - root) % OCTAVE for step in (1, 3))
    if key.mode == "minor" and degree == _DOMINANT:
        third = 4
    quality = {(3, 7): "m", (4, 7): "", (3, 6): "dim", (4, 8): "aug"}.get((third, fifth), "5")
    if len(key.pitch_classes) < len(steps) and (key.tonic + root + third) % OCTAVE not in (
        key.pitch_classes
    ):
        quality = "5"
    return pitch_class_name(key.tonic + root, key) + quality


def moved_chord(name: str, source: Key, target: Key) -> str:
    """Return the name of a chord on the same degrees of another key.

    A chord with tones outside its key, like a secondary dominant, keeps its kind. If the tones form
    no chord with a name, it is the triad on its root's degree.
    """
    chord = parse_chord(name, source)
    if source == target:
        return name
    own_scale = {(source.tonic + step) % OCTAVE for step in source.harmony_scale}
    if not chord.pitch_classes <= own_scale:
        return _transposed(name, _moved_tone(chord.root, source, target), source, target)
    moved = {tone: _moved_tone(tone, source, target) for tone in chord.pitch_classes}
    root, low = moved.get(chord.root, chord.root), moved[chord.bass]
    tones = frozenset(moved[tone] for tone in chord.pitch_classes)
    spelt = pitch_class_name(root, target)
    for quality, steps in _QUALITIES.items():
        own = frozenset((root + step) % OCTAVE for step in steps)
        if own == tones or (own | {low}) == tones:
            return _over(spelt + quality, low, root, target)
    scale = [(target.tonic + step) % OCTAVE for step in target.harmony_scale]
    if root in scale:
        triad = degree_chord(target, scale.index(root) + 1)
        known = parse_chord(triad, target)
        return _over(triad, low, root, target) if low in known.pitch_classes else triad
    return spelt + ("m" if (root + 3) % OCTAVE in tones else "")


def _transposed(name: str, root: int, source: Key, target: Key) -> str:
    """Return a chord of the same kind on another root."""
    match = _NAME.fullmatch(chord_name(name, source))
    if match is None:
        raise _unknown(name)
    quality, old = match.group(3), parse_chord(name, source)
    spelt = pitch_class_name(root, target) + quality
    return _over(spelt, (old.bass - old.root + root) % OCTAVE, root, target)


def _over(name: str, low: int, root: int, key: Key) -> str:
    """Return a chord's name, with its bass after a slash if that is not the root."""
    return name if low == root else f"{name}/{pitch_class_name(low, key)}"


def _moved_tone(tone: int, source: Key, target: Key) -> int:
    """Return the tone on the same degree of the other key; an altered one keeps its alteration."""
    above = (tone - source.tonic) % OCTAVE
    scale = source.harmony_scale
    degree = max(index for index, step in enumerate(scale) if step <= above)
    altered = above - scale[degree]
    if altered and above in target.harmony_scale:
        return (target.tonic + above) % OCTAVE
    return (target.tonic + target.harmony_scale[degree] + altered) % OCTAVE


def replaced_tones(chord: Chord, key: Key) -> frozenset[int]:
    """Return the tones of the key that chord tones replace because they share their letter.

    In D minor the chord A, with its C#, replaces C. In the blues both are used, so it has none.
    """
    if key.mode == "blues":
        return frozenset()
    outside = chord.pitch_classes - key.pitch_classes
    letters = {tone_name(tone, chord, key)[0] for tone in outside}
    own = key.pitch_classes - chord.pitch_classes
    return frozenset(tone for tone in own if pitch_class_name(tone, key)[0] in letters)


def tone_name(tone: int, chord: Chord, key: Key) -> str:
    """Return the name of a chord's tone as the chord is spelled in the key: A has a C# in C major.

    Its tones are spelled from its root, which is spelled as in the key.
    """
    root = pitch_class_name(chord.root, key)
    for mode in ("major", "minor"):
        own = Key(chord.root, mode)
        if pitch_class_name(chord.root, own) == root:
            return pitch_class_name(tone, own)
    return pitch_class_name(tone, key)
