"""The memory of the NES's clips in files that hold several songs: one image for all."""

from __future__ import annotations

from collections.abc import Iterable

from chipassets.errors import RenderError


def shared_samples(images: Iterable[bytes]) -> bytes:
    """Return the longest image, whose start every other one must be; empty if all are.

    RenderError for songs of different games, whose clips would lie at the same addresses.
    """
    found = sorted(images, key=len)
    whole = found[-1] if found else b""
    if not all(whole.startswith(image) for image in found):
        raise RenderError(
            "the songs play different samples at the same addresses; one file holds songs of one "
            "manifest's samples: write a file for each"
        )
    return whole
