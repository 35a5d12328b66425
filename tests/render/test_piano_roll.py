"""The piano roll: well-formed, every note in its place, nothing that a name could inject."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from chipassets.arrange import arrange
from chipassets.chips import CHIPS
from chipassets.render.piano_roll import encode_piano_roll
from chipassets.score import Section
from tests.chip_music import plan, song

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("chip", sorted(CHIPS))
def test_every_note_has_its_bar(chip: str) -> None:
    music = arrange(song(bars=2), plan(bars=2), chip)
    root = ElementTree.fromstring(encode_piano_roll(music, "battle", [Section("A", 0, 2)]))
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill-opacity")]
    assert len(bars) == sum(len(voice.notes) for voice in music.voices)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for bar in bars:
        assert 0 <= float(bar.get("x", -1)) < width
        assert 0 <= float(bar.get("y", -1)) < height
        assert float(bar.get("width", 0)) > 0
        assert float(bar.get("height", 0)) > 0
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"battle", "A", "1", "2", "loop start", "loop end"} <= set(texts)


def test_names_are_text_and_nothing_else() -> None:
    music = arrange(song(bars=1), plan(bars=1), "nes")
    hostile = "</text><script>alert(1)</script>"
    root = ElementTree.fromstring(encode_piano_roll(music, hostile, [Section(hostile, 0, 1)]))
    assert not list(root.iter(f"{SVG}script"))
    assert hostile in [text.text for text in root.iter(f"{SVG}text")]
