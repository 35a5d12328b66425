"""`lock: frozen`, and `was`: the name that a track had before."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.words import NAME_SCHEMA, choose, read_name

OPEN, FROZEN = "open", "frozen"


def _read_state(value: Any, _: Context) -> str:
    return choose(value, (FROZEN, OPEN), "lock state")


LockState = Annotated[
    str,
    Reads(
        _read_state,
        {
            "enum": [FROZEN, OPEN],
            "description": "frozen: the notes in the lock stay, even if the track's settings "
            "change. Default open.",
        },
    ),
]
Was = Annotated[
    str,
    Reads(
        read_name,
        NAME_SCHEMA
        | {
            "examples": ["desert"],
            "description": "The name that the track had before: it keeps the music, the random "
            "draws and the decisions.",
        },
    ),
]
