"""The unit and the meaning of each feature of a take's rating, for readers of tables."""

from __future__ import annotations

SHARE = "share"

FEATURES: dict[str, tuple[str, str]] = {
    "density": ("notes a beat", "notes that begin, of all pitched voices together"),
    "voices": ("notes at once", "notes at once, averaged over the time in which anything sounds"),
    "register": ("MIDI pitch", "the median of the top line; 60 is C4"),
    "rests": (SHARE, "beats in which nothing sounds"),
    "scale": (SHARE, "notes of the key"),
    "on beat": (SHARE, "notes that begin on a felt beat"),
    "steps": ("semitones", "the top line's mean interval"),
    "leaps": (SHARE, "intervals of the top line beyond a fifth"),
    "unisons": (SHARE, "intervals of the top line that repeat the note"),
    "idle bars": (SHARE, "bars in which the top line begins fewer than two notes"),
    "groove": ("0 to 1", "similarity of the rhythms of neighbouring bars"),
    "repeats": (SHARE, "bars that equal an earlier one"),
    "range": ("semitones", "from the lowest to the highest note of the top line"),
    "seam": (
        "semitones",
        "from the last note of the tune to its first one behind the loop",
    ),
    "clashes": (SHARE, "time in which two held notes lie a semitone apart"),
    "wide leaps": (SHARE, "intervals of the tune of eight semitones or more"),
    "non-chord tones": (SHARE, "notes of the tune on felt beats that are not tones of their chord"),
    "same bass": (SHARE, "intervals of the bass that repeat the note"),
    "holes": ("half bars", "in which no part begins a note"),
    "off the beat": (SHARE, "notes of the tune that begin between felt beats"),
    "same bar": ("times", "how often the tune's commonest bar comes"),
    "peak": (SHARE, "bars that hold the tune's highest pitch"),
    "likeness": ("spreads", "distance from the file that the track should sound like"),
    "avoided leaps": (SHARE, "intervals of the composed tune that are wider than a fourth"),
    "search": ("points a bar", "cost of the tune in the search"),
    "critic": ("log-odds", "how likely the learned critic finds that a person wrote the phrases"),
    "preference": ("marks", "of ten above a usual take's that readers would give its first bars"),
    "own": (SHARE, "runs of ten notes that are in the corpus too"),
}
"""Unit and meaning by feature name, in the order of the tables."""
