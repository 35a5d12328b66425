"""The versions of the stages: parts of cache keys, raised when the same input gives other output.

They stand by themselves, so that a build with nothing to do imports none of the stages. The one of
composing is in `compose/version.py`, that of plans in `resolve/build_plan.py`.
"""

from __future__ import annotations

SHAPE_VERSION = 3
"""Raised whenever the same raw take would be shaped otherwise."""

TAKES_VERSION = 17
"""Raised whenever another of the same takes would be chosen."""

ARRANGE_VERSION = 21
"""Raised whenever a song's registers would be others."""

DRUMS_VERSION = 3
"""Part of the seed of the drums' fills, so that other changes to arranging leave them alone."""

RENDER_VERSION = 16
"""Raised whenever samples, pictures or MIDI files would be others."""

CHIPFILES_VERSION = 13
"""Raised whenever files for consoles and trackers would be others."""


def encoder_version() -> str:
    """Return the version of libsndfile, which encodes OGG and FLAC."""
    # Imported here, because a build for which nothing encodes needs none of it.
    import soundfile

    return str(soundfile.__libsndfile_version__)
