"""What each feature of a take's rating counts, and in which unit, for those who read a table."""

from __future__ import annotations

SHARE = "share"

FEATURES: dict[str, tuple[str, str]] = {
    "density": ("notes a beat", "notes that begin, of all tonal voices together"),
    "voices": ("notes at once", "the mean over the time in which anything sounds"),
    "register": ("MIDI pitch", "the median of the top line; 60 is C4"),
    "rests": (SHARE, "beats in which nothing sounds"),
    "scale": (SHARE, "notes of the key"),
    "on beat": (SHARE, "notes that begin on a felt beat"),
    "steps": ("semitones", "the top line's mean interval"),
    "leaps": (SHARE, "intervals of the top line beyond a fifth"),
    "unisons": (SHARE, "intervals of the top line that repeat the note"),
    "idle bars": (SHARE, "bars in which the top line begins fewer than two notes"),
    "groove": ("0 to 1", "how alike the rhythms of neighbouring bars are"),
    "repeats": (SHARE, "bars that equal an earlier one"),
    "range": ("semitones", "from the lowest to the highest note of the top line"),
    "seam": (
        "semitones",
        "from the last note of the tune to its first one behind the loop",
    ),
    "clashes": (SHARE, "time in which two held notes lie a semitone apart"),
    "wide leaps": (SHARE, "intervals of the tune of eight semitones or more"),
    "chord tones": (SHARE, "notes of the tune on felt beats that are foreign to their chord"),
    "same bass": (SHARE, "intervals of the bass that repeat the note"),
    "holes": ("half bars", "in which no part begins a note"),
    "off the beat": (SHARE, "notes of the tune that begin between felt beats"),
    "same bar": ("times", "how often the tune's commonest bar comes"),
    "peak": (SHARE, "bars that hold the tune's highest pitch"),
    "nearness": ("spreads", "distance from where in the spread of people's music this take aims"),
    "likeness": ("spreads", "distance from what the track is to sound like"),
    "search": ("points a bar", "what the search for the tune was charged"),
    "critic": ("log-odds", "how far the learned critic takes the phrases for a person's"),
    "own": (SHARE, "runs of ten notes that stand in the corpus as well"),
}
"""Unit and meaning by the feature's name, in the order in which tables show them."""
