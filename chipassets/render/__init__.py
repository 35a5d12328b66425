"""Render: a RegisterLog becomes samples, and samples and songs become files in memory."""

from __future__ import annotations

from chipassets.render.engine import render_log
from chipassets.render.flac import encode_flac
from chipassets.render.midi import encode_midi
from chipassets.render.ogg import encode_ogg, encoder_version
from chipassets.render.pcm import Pcm
from chipassets.render.wav import encode_wav

RENDER_VERSION = 12
"""Counts changes of what this stage gives for the same input; part of cache keys."""

__all__ = [
    "RENDER_VERSION",
    "Pcm",
    "encode_flac",
    "encode_midi",
    "encode_ogg",
    "encode_wav",
    "encoder_version",
    "render_log",
]
