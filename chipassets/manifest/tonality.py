"""The key of a track: a tonic and a mode."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import refuse
from chipassets.music.keys import MODES, Key, parse_key
from chipassets.nearest import did_you_mean

_MODE_WORDS = "|".join(mode.replace(" ", r"\s+") for mode in MODES)


def read_key(value: Any, _: Context) -> Key:
    """Return the key of a text like "C", "Am", "Eb major" or "D dorian"; Refusal otherwise."""
    why = "a key is a tonic and a mode"
    if not isinstance(value, str):
        raise refuse(why, "write it like C major, Am or D dorian")
    try:
        return parse_key(value)
    except ValueError:
        tonic, *mode = value.split()[:3] or [""]
        if mode and _is_key(tonic):
            fix = did_you_mean(" ".join(mode), MODES, "modes")
            raise refuse("there is no mode of this name", fix) from None
        raise refuse(why, "write it like C major, F#m, Bb or D dorian") from None


def _is_key(text: str) -> bool:
    try:
        return bool(parse_key(text))
    except ValueError:
        return False


KEY_SCHEMA = {
    "type": "string",
    "pattern": rf"^\s*[A-Ga-g][#b♯♭]?(m|m\s+minor|\s+({_MODE_WORDS}))?\s*$",
    "examples": ["C major", "Am", "D dorian"],
    "description": f"A tonic, with # or b, ♯ or ♭, and a mode: {', '.join(MODES)}. "
    "Default: drawn by the seed.",
}

KeyField = Annotated[Key, Reads(read_key, KEY_SCHEMA)]
