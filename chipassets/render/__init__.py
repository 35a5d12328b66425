"""Rendering: a RegisterLog becomes samples; samples and songs become files in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipassets.lazy import offering

if TYPE_CHECKING:
    from chipassets.render.engine import render_log
    from chipassets.render.flac import encode_flac
    from chipassets.render.midi import encode_midi
    from chipassets.render.ogg import encode_ogg
    from chipassets.render.pcm import Pcm
    from chipassets.render.wav import encode_wav

__all__ = [
    "Pcm",
    "encode_flac",
    "encode_midi",
    "encode_ogg",
    "encode_wav",
    "render_log",
]

__getattr__ = offering(
    __name__,
    {
        "Pcm": "pcm",
        "encode_flac": "flac",
        "encode_midi": "midi",
        "encode_ogg": "ogg",
        "encode_wav": "wav",
        "render_log": "engine",
    },
)
