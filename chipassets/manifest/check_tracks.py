"""Checks across tracks: `match`, and `was`, the name that a track had before."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.manifest.clash import Clash
from chipassets.manifest.match import TAKEN
from chipassets.manifest.models import Manifest
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings
from chipassets.nearest import did_you_mean
from chipassets.units import amount_of


def check_match(manifest: Manifest, name: str, settings: Settings) -> Iterator[Clash]:
    """Yield why a track cannot match the one that it names."""
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
                      f"write its length in bars: {amount_of(settings.bars, 'bar')}")  # fmt: skip
        yield Clash((*steps, "length"), fault, frozenset(("match", "length")))


def _unknown(manifest: Manifest, name: str, other: str) -> tuple[str, str] | None:
    """Return why the track cannot match the other, and what to do; None if it can."""
    if other not in manifest.tracks or other == name:
        others = [one for one in manifest.tracks if one != name]
        fix = did_you_mean(other, others, "other tracks") if others else "delete the line"
        return f"there is no other track '{other[:60]}'", fix
    first = manifest.tracks[other].match
    if first is not None:
        return f"'{other}' matches another track itself", f"write match: {first[:60]}"
    return None


def check_was(manifest: Manifest, name: str) -> Iterator[Clash]:
    """Yield what is wrong with the value of `was`, the name that a track had before."""
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
            f"'{rivals[0]}' has the same was: already",
            "delete one of the two",
            found=f"was: {was[:60]}",
        )
        yield Clash(place, fault, frozenset(("was",)))
