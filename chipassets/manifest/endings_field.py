"""How a track begins and ends: pickup, ending, and the key of the last section."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.manifest.primer_field import NOTES_SCHEMA, primer_from_notes
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import refuse
from chipassets.manifest.tonality import KEY_SCHEMA, read_key
from chipassets.manifest.words import choose
from chipassets.music.keys import Key
from chipassets.music.notes import Primer
from chipassets.plan.endings import ENDINGS

_MOST_SEMITONES = 6


def _read_ending(value: Any, _: Context) -> str:
    return choose(value, tuple(ENDINGS), "ending")


def _read_pickup(value: Any, _: Context) -> Primer:
    if not isinstance(value, str):
        raise refuse("a pickup is a line of notes", 'write it like "G4 - A4 -"')
    return primer_from_notes(value)


def _read_final_key(value: Any, context: Context) -> Key | int:
    """Return a key, or a number of semitones from the track's key."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value and -_MOST_SEMITONES <= value <= _MOST_SEMITONES:
            return value
        why = f"semitones from the track's key are 1 to {_MOST_SEMITONES}, up or down"
        raise refuse(why, "write final_key: 2")
    return read_key(value, context)


Ending = Annotated[
    str,
    Reads(
        _read_ending,
        {
            "enum": list(ENDINGS),
            "description": "How a track that does not loop ends. "
            + "; ".join(f"{name}: it {says}" for name, says in ENDINGS.items())
            + ".",
        },
    ),
]
Pickup = Annotated[
    Primer,
    Reads(
        _read_pickup,
        {
            **NOTES_SCHEMA,
            "description": "Notes of the tune before its first bar, less than a bar long: they "
            "open the track alone, and lead back where it loops.",
        },
    ),
]
FinalKey = Annotated[
    Key | int,
    Reads(
        _read_final_key,
        {
            "anyOf": [
                {**KEY_SCHEMA, "description": "The key of the last section."},
                {
                    "type": "integer",
                    "minimum": -_MOST_SEMITONES,
                    "maximum": _MOST_SEMITONES,
                    "not": {"const": 0},
                    "description": "Semitones from the track's key.",
                },
            ],
            "description": "The key in which the last section is played, moved as a whole: a key, "
            "or semitones from the track's.",
        },
    ),
]
