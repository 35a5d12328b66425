"""The chip tables under the name that the arranger knows them by; the renderer reads them too."""

from __future__ import annotations

from chipassets.chips import CHIPS, Chip, VoiceSpec

__all__ = ["CHIPS", "Chip", "VoiceSpec"]
