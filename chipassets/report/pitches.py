"""The names of pitches, spelled as in the key of their track."""

from __future__ import annotations

from chipassets.music.keys import parse_key, pitch_name, spelled_pitch


def say_pitch(pitch: int, key: str) -> str:
    """Return the name of a MIDI pitch in a key in words: 61 is Db4 in Ab major.

    A key that a damaged index or another program's has, and that is none, gives sharps.
    """
    try:
        return spelled_pitch(pitch, parse_key(key))
    except ValueError:
        return pitch_name(pitch)
