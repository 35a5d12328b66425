"""The preview of a track: one picture of its notes, harmony, form, waveform and loudness."""

from __future__ import annotations

from chipassets.render.preview.raster import picture_to_png
from chipassets.render.preview.sheet import Sheet, SheetNote, Sound, song_notes
from chipassets.render.preview.sheet_page import draw_sheet

__all__ = ["Sheet", "SheetNote", "Sound", "draw_sheet", "picture_to_png", "song_notes"]
