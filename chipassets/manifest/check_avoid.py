"""Checks that a track does not ask for what its `avoid` excludes."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.compose.avoiding import (
    CHROMATIC,
    FILLS,
    avoided_basses,
    avoided_textures,
)
from chipassets.compose.ideas import ARPEGGIO
from chipassets.manifest.clash import Clash
from chipassets.manifest.document import Steps
from chipassets.manifest.models import Manifest
from chipassets.manifest.refusal import Fault
from chipassets.manifest.settings import Settings, option_of


def check_avoid(manifest: Manifest, name: str, settings: Settings) -> Iterator[Clash]:
    """Yield each key that asks for something that `avoid` excludes."""
    avoid = settings.avoid
    if not avoid:
        return
    steps: Steps = ("tracks", name)
    textures, basses = avoided_textures(avoid), avoided_basses(avoid)
    for wish in settings.wishes:
        for key, value, words in (
            ("texture", wish.texture, textures),
            ("bass", wish.bass, basses),
        ):
            if value in words:
                way = ("sections", wish.section, key) if wish.section else (key,)
                yield _clash(steps, way, words[value], key)
        if FILLS in avoid and wish.drums is not None and wish.drums.strokes and wish.drums.fills:
            way = ("sections", wish.section, "drums") if wish.section else ("drums",)
            yield _clash(steps, way, FILLS, "drums")
    if CHROMATIC in avoid and option_of(manifest, name, "chromatic"):
        yield _clash(steps, ("chromatic",), CHROMATIC, "chromatic")
    if ARPEGGIO in avoid and option_of(manifest, name, "arpeggio"):
        yield _clash(steps, ("arpeggio",), ARPEGGIO, "arpeggio")


def _clash(steps: Steps, way: tuple[str, ...], word: str, key: str) -> Clash:
    """Return the clash of an option with a word in `avoid:`."""
    fault = Fault(
        f"avoid: {word} excludes it",
        f"take {word} out of avoid:, or change {key}:",
    )
    return Clash((*steps, *way), fault, frozenset(("avoid", way[0])))
