"""Keys and note names: a tonic and a mode, and the pitch classes of a key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chipassets.units import OCTAVE

# Semitones above the tonic.
MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}

# The seven-tone mode that supplies the chords for scales with fewer tones.
_HARMONY_MODE = {"major pentatonic": "major", "minor pentatonic": "minor", "blues": "minor"}

# Where the mode's tonic stands in C major, the key that models are trained in: moving a piece by
# (tonic - this) turns white keys into the mode, or the mode's nearest relative. Minor is trained as
# A minor.
_CANONICAL_TONIC = {
    "major": 0,
    "dorian": 2,
    "phrygian": 4,
    "lydian": 5,
    "mixolydian": 7,
    "minor": 9,
    "locrian": 11,
    "harmonic minor": 9,
    "melodic minor": 9,
    "major pentatonic": 0,
    "minor pentatonic": 9,
    "blues": 9,
}

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FIFTHS = "FCGDAEB"
_MOST_FIFTHS = 5
"""A tonic with more fifths above C than this is spelled with flats: Bb, not A#."""
_MOST_SHARPS = 7
UNICODE_ACCIDENTALS = str.maketrans("♯♭", "#b")
"""For `str.translate`: the signs that people paste from sheet music, as # and b."""
_KEY = re.compile(r"([A-Ga-g])([#b]?)(m)?(?:\s+([a-z]+(?:\s[a-z]+)*))?")
_NOTE = re.compile(r"([A-Ga-g])([#b]?)(-?\d)")


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (pitch class 0..11, C = 0) and the name of a mode in `MODES`."""

    tonic: int
    mode: str

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes of the scale."""
        return frozenset((self.tonic + step) % OCTAVE for step in MODES[self.mode])

    @property
    def canonical_shift(self) -> int:
        """Semitones from C major's white keys to this key, -5..+6, the nearest."""
        return (self.tonic - _CANONICAL_TONIC[self.mode] + 5) % OCTAVE - 5

    @property
    def harmony_scale(self) -> tuple[int, ...]:
        """Return the semitones above the tonic of the seven degrees that the key's chords use."""
        return MODES[_HARMONY_MODE.get(self.mode, self.mode)]

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in MODES[self.mode]

    @property
    def has_flats(self) -> bool:
        """Whether the key is usually written with flats."""
        return (self.tonic + (3 if self.is_minor else 0)) % OCTAVE in (1, 3, 5, 8, 10)

    @property
    def signature(self) -> int:
        """Return the sharps of the key signature, or flats as a negative number: 3 for B dorian.

        It follows the tonic's spelling: F# lydian has seven sharps, not five flats.
        """
        name = pitch_class_name(self.tonic, self)
        tonic = _FIFTHS.index(name[0]) - 1 + 7 * {"#": 1, "b": -1}.get(name[1:], 0)
        from_tonic = (7 * _CANONICAL_TONIC[self.mode] + 1) % OCTAVE - 1
        sharps = tonic - from_tonic
        return (
            sharps if abs(sharps) <= _MOST_SHARPS else sharps - OCTAVE * (1 if sharps > 0 else -1)
        )

    def __str__(self) -> str:
        return f"{pitch_class_name(self.tonic, self)} {self.mode}"


def parse_key(text: str) -> Key:
    """Return the key of a text like "C", "Am", "B♭ major" or "A harmonic minor".

    Else ValueError.
    """
    match = _KEY.fullmatch(" ".join(text.translate(UNICODE_ACCIDENTALS).split()))
    if not match:
        raise ValueError(f"{text!r} is not a key; write it like 'C major', 'Am' or 'D dorian'")
    letter, accidental, minor_sign, mode = match.groups()
    mode = mode or ("minor" if minor_sign else "major")
    if mode not in MODES or (minor_sign and match.group(4) not in (None, "minor")):
        raise ValueError(f"{mode!r} is not a mode; the modes are {', '.join(MODES)}")
    return Key((_LETTERS[letter.upper()] + {"": 0, "#": 1, "b": -1}[accidental]) % OCTAVE, mode)


def parse_pitch(text: str) -> int:
    """Return the MIDI pitch of a note name ("C4" = 60, "F#3", "Bb5"); ValueError otherwise.

    Accidentals may be the signs of Unicode.
    """
    match = _NOTE.fullmatch(text.translate(UNICODE_ACCIDENTALS))
    if not match:
        raise ValueError(f"{text!r} is not a note name; write it like C5, F#4 or Bb3")
    letter, accidental, octave = match.groups()
    pitch = (
        _LETTERS[letter.upper()] + {"": 0, "#": 1, "b": -1}[accidental] + OCTAVE * (int(octave) + 1)
    )
    if not 0 <= pitch <= 127:
        raise ValueError(f"{text!r} is MIDI pitch {pitch}; the range is C-1 (0) to G9 (127)")
    return pitch


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch, with sharps: 60 is C4."""
    return f"{_SHARPS[pitch % OCTAVE]}{pitch // OCTAVE - 1}"


def spelled_pitch(pitch: int, key: Key) -> str:
    """Return the name of a MIDI pitch as spelled in the key: 61 is Db4 in Ab major."""
    name = pitch_class_name(pitch, key)
    # The octave number follows the letter: B3 is Cb4.
    natural = pitch + name.count("b") - name.count("#")
    return f"{name}{natural // OCTAVE - 1}"


def pitch_class_name(pitch_class: int, key: Key) -> str:
    """Return the name of a pitch class as spelled in the key: Bb in C major, C# in D minor.

    On the line of fifths (F, C, G, D, A, E, B, F# ...) a key's tones and the usual chromatic ones
    lie from five fifths below its tonic, the lowered second, to six above, the raised fourth.
    """
    tonic = 7 * key.tonic % OCTAVE
    if key.has_flats and tonic > _MOST_FIFTHS:
        tonic -= OCTAVE
    lowest = tonic - (6 if key.mode == "locrian" else 5)
    place = lowest + (7 * pitch_class - lowest) % OCTAVE
    accidentals, letter = divmod(place + 1, 7)
    if not -1 <= accidentals <= 1:  # a double accidental: use the equal tone without one
        accidentals, letter = divmod(place + 1 - (OCTAVE if accidentals > 0 else -OCTAVE), 7)
    return _FIFTHS[letter] + {-1: "b", 0: "", 1: "#"}[accidentals]
