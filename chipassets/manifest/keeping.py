"""What keeps a track's music: a frozen lock, and the name that a track had before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from chipassets.manifest.clash import Clash
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault
from chipassets.manifest.words import NAME_SCHEMA, choose, read_name

if TYPE_CHECKING:
    from chipassets.manifest.models import Manifest

OPEN, FROZEN = "open", "frozen"


def _read_state(value: Any, _: Context) -> str:
    return choose(value, (FROZEN, OPEN), "state of a lock")


def check_was(manifest: Manifest, name: str) -> Iterator[Clash]:
    """Yield what is wrong with the name that a track had before."""
    was = manifest.tracks[name].was
    if was is None:
        return
    place = ("tracks", name, "was")
    if was in manifest.tracks:
        why = "it is the track's own name" if was == name else "there is a track of this name"
        fault = Fault(why, "delete was:, or the other track", found=f"was: {was[:60]}")
        yield Clash(place, fault, frozenset(("was",)))
    rivals = [other for other, track in manifest.tracks.items() if track.was == was]
    if rivals[0] != name:
        fault = Fault(
            f"'{rivals[0]}' was called so too", "delete one of the two", found=f"was: {was[:60]}"
        )
        yield Clash(place, fault, frozenset(("was",)))


LockState = Annotated[
    str,
    Reads(
        _read_state,
        {
            "enum": [FROZEN, OPEN],
            "description": "frozen: the notes in the lock stay, whatever the plan says by now. "
            "Default open.",
        },
    ),
]
Was = Annotated[
    str,
    Reads(
        read_name,
        NAME_SCHEMA
        | {
            "description": "The name that the track had before: it keeps the music, the draws and "
            "the decisions of that name."
        },
    ),
]
