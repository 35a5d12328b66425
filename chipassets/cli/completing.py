"""What a shell offers behind Tab: tracks, models, keys of a track and their values.

Completion never says what is wrong: of files that cannot be read it offers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from chipassets.errors import ChipassetsError


def tracks_of_manifest(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the tracks of the manifest on the command line that start with the typed text."""
    return _beginning(incomplete, _values(_manifest(ctx)).get("tracks"))


def tracks_of_bundle(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the tracks of the bundle on the command line that start with the typed text."""
    from chipassets.bundle import read_index

    bundle = ctx.params.get("bundle")
    try:
        names = [track.name for track in read_index(Path(str(bundle))).tracks]
    except (ChipassetsError, OSError, ValueError):
        names = []
    return _beginning(incomplete, names)


def models(incomplete: str) -> list[str]:
    """Return the names of the shipped models that start with the typed text."""
    from chipassets.manifest import manifest_schema

    return _beginning(incomplete, _words(manifest_schema()["properties"]["model"]))


def parts_to_reroll(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what `--reroll` takes: parts, bars, and the letters of the track's form."""
    from chipassets.music.notes import BASS, INNER

    tracks = _values(_manifest(ctx)).get("tracks")
    named = (
        [tracks[word] for word in _typed(ctx) if word in tracks] if isinstance(tracks, dict) else []
    )
    form = next((track["form"] for track in named if "form" in (track or ())), "")
    letters = [word.split(":")[0] for word in form.split()] if isinstance(form, str) else []
    words = dict.fromkeys(("tune", INNER, BASS, "drums", "bars:", *letters))
    return _beginning(incomplete, words)


def settings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the keys of a track as `key=`, or the values of the key that the word names."""
    from chipassets.manifest import manifest_schema

    schema = manifest_schema()["$defs"]["Track"]["properties"]
    key, equals, _ = incomplete.partition("=")
    if not equals:
        return _beginning(incomplete, (f"{name}=" for name in schema))
    values = _values(_manifest(ctx))
    own = {"scene": values.get("scenes"), "mood": values.get("moods")}.get(key)
    words = [*_words(schema.get(key, {})), *(own if isinstance(own, dict) else ())]
    return _beginning(incomplete, (f"{key}={word}" for word in dict.fromkeys(words)))


def _typed(ctx: typer.Context) -> list[str]:
    """Return the arguments that were typed before the cursor.

    If the last word is an option without its value, typer has not assigned them to parameters.
    """
    return [*ctx.args, *(ctx.params.get("tracks") or ())]


def _manifest(ctx: typer.Context) -> object:
    """Return the manifest that is typed on the line so far, "" without one."""
    return ctx.params.get("manifest") or next(iter(ctx.args), "")


def _values(manifest: object) -> dict[str, Any]:
    """Return the values of a manifest, as far as they can be read."""
    from chipassets.manifest.yaml_reader import MAX_BYTES, read_document
    from chipassets.plainfile import read_plain

    name = str(manifest)
    try:
        return read_document(read_plain(Path(name), MAX_BYTES + 1), name)[0].values
    except (ChipassetsError, OSError, ValueError):
        return {}


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words that a schema allows."""
    yield from (str(word) for word in schema.get("enum", ()))
    for choice in schema.get("anyOf", ()):
        yield from _words(choice)


def _beginning(incomplete: str, words: object) -> list[str]:
    """Return the words that start with the typed text; none if `words` is no list."""
    names = words if isinstance(words, Iterable) and not isinstance(words, str) else ()
    return [str(name) for name in names if str(name).startswith(incomplete)]
