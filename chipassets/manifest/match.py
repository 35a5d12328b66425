"""Tracks that match another: a sting in the key, the metre and the tempo of what it plays over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from chipassets.manifest.clash import Clash
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, did_you_mean, refuse

if TYPE_CHECKING:
    from chipassets.manifest.models import Manifest
    from chipassets.manifest.settings import Settings

TAKEN = ("key", "metre", "tempo")
"""What a track takes from the one that it matches."""


def _read_match(value: Any, _: Context) -> str:
    if not isinstance(value, str) or not value:
        raise refuse("another track is named", "write like match: overworld")
    return value


def check_match(manifest: Manifest, name: str, settings: Settings) -> Iterator[Clash]:
    """Yield what keeps a track from matching the one that it names."""
    track, steps = manifest.tracks[name], ("tracks", name)
    if track.match is None:
        return
    wrong = _unknown(manifest, name, track.match)
    if wrong is not None:
        yield Clash((*steps, "match"), Fault(*wrong), frozenset(("match",)))
        return
    for option in TAKEN:
        if getattr(track, option) is not None:
            fault = Fault(f"the track takes its {option} from '{track.match}', which it matches",
                          f"delete {option}:, or match:")  # fmt: skip
            yield Clash((*steps, option), fault, frozenset(("match", option)))
    if settings.length is not None and settings.length.unit == "seconds":
        fault = Fault(f"the track takes its tempo from '{track.match}', which it matches",
                      f"write its length in bars: {settings.bars} bars")  # fmt: skip
        yield Clash((*steps, "length"), fault, frozenset(("match", "length")))


def _unknown(manifest: Manifest, name: str, other: str) -> tuple[str, str] | None:
    """Why the track cannot match the other, and what to do; None if it can."""
    if other not in manifest.tracks or other == name:
        others = [one for one in manifest.tracks if one != name]
        fix = did_you_mean(other, others, "other tracks") if others else "delete the line"
        return f"there is no other track '{other[:60]}'", fix
    first = manifest.tracks[other].match
    if first is not None:
        return f"'{other}' matches another track itself", f"write match: {first[:60]}"
    return None


Match = Annotated[
    str,
    Reads(
        _read_match,
        {
            "type": "string",
            "minLength": 1,
            "description": "A track of this manifest whose key, metre and tempo this one takes: "
            "for stings that fit what they play over.",
        },
    ),
]
