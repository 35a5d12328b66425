"""`match`: a track takes key, metre and tempo of another, as a sting does of what it plays over."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import refuse

TAKEN = ("key", "metre", "tempo")
"""The options that a track takes from the track that it matches."""


def _read_match(value: Any, _: Context) -> str:
    if not isinstance(value, str) or not value:
        raise refuse("the value is the name of another track", "write like match: overworld")
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
            "for stings that fit the music they play over.",
        },
    ),
]
