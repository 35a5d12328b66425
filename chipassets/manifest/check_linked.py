"""Checks that tracks that follow another track can do so, and set no key that contradicts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chipassets.manifest.clash import Clash
from chipassets.manifest.duration import Length
from chipassets.manifest.models import Manifest, Track
from chipassets.manifest.refusal import Fault
from chipassets.nearest import did_you_mean

LINKS: Mapping[str, str] = {"like": "like", "family": "family", "from": "from_track", "to": "to"}
"""Keys of a track that name another track, and their names in the model."""

_FREE = frozenset((
    "mood", "scene", "instruments", "arpeggio", "leave", "layers", "lock", "was", "filter", "level",
))  # fmt: skip
"""Options that every track may set, even one that follows another track."""
_OWN: Mapping[str, frozenset[str]] = {
    "like": _FREE | {"variant", "tempo", "key", "texture", "drums"},
    "family": _FREE
    | {
        "tempo", "key", "texture", "drums", "bass", "sections", "guidance", "chromatic",
        "temperature", "takes", "seed", "loop", "ending", "avoid", "sounds_like", "final_key",
        "density", "register", "dynamics", "swing", "shuffle",
    },
    "from": _FREE
    | {
        "to", "length", "tempo", "texture", "drums", "bass", "guidance", "chromatic",
        "temperature", "takes", "seed", "avoid", "density", "register", "dynamics", "swing",
        "shuffle",
    },
}  # fmt: skip
_WHY = {
    "like": "the track is a variant of '{of}', whose notes it plays",
    "family": "the track takes its form, chords and theme from '{of}', its family",
    "from": "the track is a bridge from '{of}', and the two tracks determine it",
}
_MOST_BRIDGE_BARS = 2


def check_linked(manifest: Manifest, name: str) -> Iterator[Clash]:
    """Yield why a track cannot follow the tracks that it names."""
    track, steps = manifest.tracks[name], ("tracks", name)
    said = {key: value for key, field in LINKS.items() if (value := getattr(track, field))}
    if track.variant is not None and "like" not in said:
        fault = Fault("a variant is one of another track", "add like: and that track's name",
                      on_key=True)  # fmt: skip
        yield Clash((*steps, "variant"), fault, frozenset(("variant",)))
    for key, other in (("from", "to"), ("to", "from")):
        if key in said and other not in said:
            fault = Fault(f"a bridge says {other}: too", f"add {other}: and a track's name",
                          on_key=True)  # fmt: skip
            yield Clash((*steps, key), fault, frozenset((key,)))
    if "from" in said and said["from"] == said.get("to"):
        fault = Fault("a bridge leads from one track to another", "name another track")
        yield Clash((*steps, "to"), fault, frozenset(("from", "to")))
    kinds = [key for key in ("like", "family", "from") if key in said]
    for key in kinds[1:]:
        why = f"{kinds[0]}: already says which track this one follows"
        fault = Fault(why, "keep one of the two", on_key=True)
        yield Clash((*steps, key), fault, frozenset((key,)))
    for key, of in said.items():
        wrong = _unknown(manifest, name, key, of)
        if wrong is not None:
            yield Clash((*steps, key), Fault(*wrong), frozenset((key,)))
    if kinds:
        yield from _own_faults(track, steps, kinds[0], said[kinds[0]])


def _own_faults(track: Track, steps: tuple[str, ...], kind: str, of: str) -> Iterator[Clash]:
    """Yield a clash for each option that a track which follows another cannot set."""
    for field, info in type(track).model_fields.items():
        option = info.alias or field
        if getattr(track, field) is None or option in _OWN[kind] or option in LINKS:
            continue
        fault = Fault(_WHY[kind].format(of=of[:60]), f"delete {option}:, or {kind}:", on_key=True)
        yield Clash((*steps, option), fault, frozenset((kind, option)))
    if kind == "from" and track.length is not None and not _is_bridge(track.length):
        fault = Fault(
            "a bridge (from:, to:) has one or two bars", "write length: 1 bar or length: 2 bars"
        )
        yield Clash((*steps, "length"), fault, frozenset(("from", "length")))


def _is_bridge(length: Length) -> bool:
    return length.unit == "bars" and 1 <= length.amount <= _MOST_BRIDGE_BARS


def _unknown(manifest: Manifest, name: str, key: str, of: str) -> tuple[str, str] | None:
    """Return why the track cannot follow the other, and what to do; None if it can."""
    if of not in manifest.tracks or of == name:
        others = [one for one in manifest.tracks if one != name]
        fix = did_you_mean(of, others, "other tracks") if others else "delete the line"
        return f"there is no other track '{of[:60]}'", fix
    ways = [name]
    at = of
    while at in manifest.tracks and at not in ways:
        ways.append(at)
        at = followed(manifest.tracks[at])
    if at == name:
        circle = " follows ".join(f"'{one[:60]}'" for one in (*ways, at))
        return f"the tracks go in a circle: {circle}", "let one of them be composed by itself"
    further = followed(manifest.tracks[of])
    if further:
        return f"'{of[:60]}' follows '{further[:60]}' itself", f"write {key}: {further[:60]}"
    return None


def followed(track: Track) -> str:
    """Return the name of the track that a track follows; "" if it follows none."""
    return track.like or track.family or track.from_track or ""
