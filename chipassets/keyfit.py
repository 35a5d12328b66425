"""Which key notes or numerals speak for: of a primer, of a tune by itself, of a progression."""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.chords import Chord, parse_chord
from chipassets.keys import MODES, Key
from chipassets.trackplan import Primer

# How well a pitch class of the primer speaks for a key: the tonic more than the rest of its triad,
# that more than the rest of the scale; the first note counts once more when it is the tonic.
_TONIC, _TRIAD, _SCALE, _FOREIGN, _FIRST = 2.0, 1.5, 1.0, -2.0, 0.5

_MOTIF_MODES = ("major", "minor", "mixolydian", "dorian")
_CHURCH_MODES = ("major", "minor", "mixolydian", "dorian", "phrygian", "lydian", "locrian")


def tune_key(tune: Primer) -> Key:
    """Return the key of a tune: on its last or first note if a common mode there holds all of it.

    Of these two the one that the notes speak for more, among equals that of the last, so that an
    upbeat on the fifth is heard as one; where neither holds the tune, the key that fits best.
    """
    tones = {note.pitch % 12 for note in tune.notes}
    holding = []
    for note in (tune.notes[-1], tune.notes[0]):
        keys = [Key(note.pitch % 12, mode) for mode in _MOTIF_MODES]
        holding += [key for key in keys if tones <= key.pitch_classes][:1]
    if holding:
        return max(holding, key=lambda key: _fit(tune, key))
    return fitting_key(tune, _MOTIF_MODES)


def fitting_key(primer: Primer, modes: Sequence[str]) -> Key:
    """Return the key, of the given modes, that the primer's notes speak for most.

    Each note counts by its length; among equals the earlier mode wins, then the lower tonic.
    """
    keys = [Key(tonic, mode) for mode in modes for tonic in range(12)]
    return max(keys, key=lambda key: _fit(primer, key))


def numeral_modes(numerals: Sequence[str], modes: Sequence[str]) -> tuple[str, ...]:
    """Return the modes in which chords by numeral have the fewest tones outside the scale.

    Of the given modes, in their order; but where the first chord on the tonic contradicts the
    third of each of them, as `i` does that of major, of all church modes. Without numerals the
    modes as they are. ValueError for what is no chord.
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
    return [parse_chord(numeral, Key(0, mode)) for numeral in numerals]


def _contradicted(chords: Sequence[Chord], mode: str) -> bool:
    """Whether the first chord on the tonic has the third that the mode, on C, lacks."""
    tonic = next((chord.pitch_classes for chord in chords if chord.root == 0), frozenset())
    return (4 if Key(0, mode).is_minor else 3) in tonic


def _fit(primer: Primer, key: Key) -> float:
    scale = key.harmony_scale
    weights = dict.fromkeys(MODES[key.mode], _SCALE) | {
        scale[2]: _TRIAD,
        scale[4]: _TRIAD,
        0: _TONIC,
    }
    first = primer.notes[0]
    total = sum(
        weights.get((note.pitch - key.tonic) % 12, _FOREIGN) * note.duration_steps
        for note in primer.notes
    )
    return total + (_FIRST * first.duration_steps if first.pitch % 12 == key.tonic else 0.0)
