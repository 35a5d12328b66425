"""Endings: how a piece that plays once ends."""

from __future__ import annotations

from collections.abc import Mapping

TONIC, FADE, RITARDANDO, LAST_CHORD = "tonic", "fade", "ritardando", "last_chord"
ENDINGS: Mapping[str, str] = {
    TONIC: "comes to rest on the tonic, held through the last bar",
    FADE: "fades out over its last bars",
    RITARDANDO: "slows its last two beats down, then plays the last chord",
    LAST_CHORD: "ends on one short chord of all voices",
}
"""A description of each ending, which completes "the piece ..."."""
