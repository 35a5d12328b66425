"""Tracks that match another: a sting in the key, the metre and the tempo of what it plays over."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import refuse

TAKEN = ("key", "metre", "tempo")
"""What a track takes from the one that it matches."""


def _read_match(value: Any, _: Context) -> str:
    if not isinstance(value, str) or not value:
        raise refuse("another track is named", "write like match: overworld")
    return value


Match = Annotated[
    str,
    Reads(
        _read_match,
        {
            "type": "string",
            "minLength": 1,
            "examples": ["overworld"],
            "description": "A track of this manifest whose key, metre and tempo this one takes: "
            "for stings that fit what they play over.",
        },
    ),
]
