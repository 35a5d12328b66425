"""Guesses the key of a primer, of a tune, or of a progression of numerals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chipassets.music.chords import Chord, parse_chord
from chipassets.music.keys import MODES, Key
from chipassets.music.notes import Primer
from chipassets.units import OCTAVE

# The weight of a primer's pitch class for a key: the tonic counts more than the rest of the triad,
# the triad more than the rest of the scale; a first note that is the tonic counts once more.
_TONIC, _TRIAD, _SCALE, _FOREIGN, _FIRST = 2.0, 1.5, 1.0, -2.0, 0.5

# What speaks for a major or minor key of a tune by itself, in log-odds: fitted by a softmax over
# the 24 keys to the tunes of known key in the tests and eight more (57 of 60 right; 51 when each
# fifth of them is read by what the others give). Tones count by their share of the tune's length.
_FIFTH, _LEADING = 7, 11
_TONE_1, _TONE_3, _TONE_5, _RAISED_7, _ALTERED, _OUTSIDE = 7.2, 12.0, 9.3, 0.4, -5.8, -10.9
_OPENS = (3.0, 1.8, 2.2)
"""Opening on 1, 3 and 5."""
_RESTS = (1.2, 0.5)
"""Ending on degrees 1 and 5; ending on 3 has no weight."""
_HALF_WAY = 1.3
"""Ending on degree 2 or 7, as before a second half."""
_UPBEAT = 4.2
"""Opening on the fifth, followed by the tonic."""
_MINOR = -0.7
_DOUBT = 1.1
"""Below these log-odds (3 to 1) the key of a tune is doubtful."""

_CHURCH_MODES = ("major", "minor", "mixolydian", "dorian", "phrygian", "lydian", "locrian")


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """The most likely key of a tune, and the second most likely one if the guess is doubtful."""

    key: Key
    rival: Key | None


def tune_key(tune: Primer) -> Key:
    """Return the key of a tune, major, minor, mixolydian or dorian."""
    return guess_key(tune).key


def guess_key(tune: Primer) -> KeyGuess:
    """Return the most likely key of a tune, from its tones, its first notes and its last ones.

    The tonic and its third are found first, then the mode: major with a minor seventh throughout,
    or minor with a major sixth. The second most likely key is the rival if its odds are at least a
    third of the best one's.
    """
    keys = [Key(tonic, mode) for mode in ("major", "minor") for tonic in range(OCTAVE)]
    odds = {key: _log_odds(tune, key) for key in keys}
    best, second = sorted(keys, key=lambda key: -odds[key])[:2]
    return KeyGuess(_coloured(tune, best), second if odds[best] - odds[second] < _DOUBT else None)


def _coloured(tune: Primer, key: Key) -> Key:
    """Return the key, or mixolydian or dorian on its tonic if the tune has only their tone."""
    steps = {(note.pitch - key.tonic) % OCTAVE for note in tune.notes}
    if not key.is_minor and 10 in steps and 11 not in steps:
        return Key(key.tonic, "mixolydian")
    if key.is_minor and 9 in steps and not steps & {8, 11}:
        return Key(key.tonic, "dorian")
    return key


def _log_odds(tune: Primer, key: Key) -> float:
    """Return the log-odds of a key for a tune; only differences are meaningful."""
    line = [((note.pitch - key.tonic) % OCTAVE, note.duration_steps) for note in tune.notes]
    total = sum(steps for _, steps in line)
    third = key.harmony_scale[2]
    tones = {0: _TONE_1, third: _TONE_3, _FIFTH: _TONE_5}
    tones |= {_LEADING: _RAISED_7, 9: _ALTERED} if key.is_minor else {10: _ALTERED}
    tones |= {step: 0.0 for step in key.harmony_scale if step not in tones}
    odds = sum(tones.get(step, _OUTSIDE) * steps for step, steps in line) / total
    first, last = line[0][0], line[-1][0]
    odds += {0: _OPENS[0], third: _OPENS[1], _FIFTH: _OPENS[2]}.get(first, 0.0)
    odds += {0: _RESTS[0], _FIFTH: _RESTS[1], 2: _HALF_WAY, _LEADING: _HALF_WAY}.get(last, 0.0)
    moved = next((step for step, _ in line if step != first), None)
    odds += _UPBEAT * (first == _FIFTH and moved == 0)
    return odds + _MINOR * key.is_minor


def fitting_key(primer: Primer, modes: Sequence[str]) -> Key:
    """Return the key, of the given modes, that fits the primer's notes best.

    Each note counts by its length; of equals the earlier mode wins, then the lower tonic.
    """
    keys = [Key(tonic, mode) for mode in modes for tonic in range(OCTAVE)]
    return max(keys, key=lambda key: _fit(primer, key))


def numeral_modes(numerals: Sequence[str], modes: Sequence[str]) -> tuple[str, ...]:
    """Return the modes in which chords by numeral have the fewest tones outside the scale.

    Of the given modes, in their order; but if the first chord on the tonic contradicts the third of
    each of them, as `i` contradicts major, of all church modes. Without numerals the modes are
    returned as they are. ValueError for text that is not a chord.
    """
    if not numerals:
        return tuple(modes)
    agreeing = tuple(mode for mode in modes if not _contradicted(_parsed(numerals, mode), mode))
    foreign = {
        mode: sum(
            len(chord.pitch_classes - Key(0, mode).pitch_classes)
            for chord in _parsed(numerals, mode)
        )
        for mode in agreeing or _CHURCH_MODES
    }
    fewest = min(foreign.values())
    return tuple(mode for mode, count in foreign.items() if count == fewest)


def _parsed(numerals: Sequence[str], mode: str) -> list[Chord]:
    """Return the chords that numerals name in a mode on C."""
    return [parse_chord(numeral, Key(0, mode)) for numeral in numerals]


def _contradicted(chords: Sequence[Chord], mode: str) -> bool:
    """Return whether the first chord on the tonic has another third than the mode."""
    tonic = next((chord.pitch_classes for chord in chords if chord.root == 0), frozenset())
    return (4 if Key(0, mode).is_minor else 3) in tonic


def _fit(primer: Primer, key: Key) -> float:
    """Return how well the notes fit a key, weighted by length; the first note counts extra."""
    scale = key.harmony_scale
    weights = dict.fromkeys(MODES[key.mode], _SCALE) | {
        scale[2]: _TRIAD,
        scale[4]: _TRIAD,
        0: _TONIC,
    }
    first = primer.notes[0]
    total = sum(
        weights.get((note.pitch - key.tonic) % OCTAVE, _FOREIGN) * note.duration_steps
        for note in primer.notes
    )
    return total + (_FIRST * first.duration_steps if first.pitch % OCTAVE == key.tonic else 0.0)
