"""The preview: well-formed, every note in its place, wrong ones marked, nothing injected."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from chipassets.arrange import arrange
from chipassets.chips.profiles import CHIPS
from chipassets.music.score import Section
from chipassets.music.uses import PhraseUse, SectionUse
from chipassets.render.loudness import Loudness, measure_loudness
from chipassets.render.pcm import Pcm
from chipassets.render.preview import Sheet, SheetNote, Sound, draw_sheet, song_notes
from tests.chip_music import plan, song

SVG = "{http://www.w3.org/2000/svg}"
BAR_SAMPLES = 44_100
HEADER = {"title": 12.0, "detail": 6.2, "legend": 6.2}
"""Pixels for a letter of each line: sans-serif letters are 0.55 em wide, and bold ones wider."""


def sheet(chip: str = "nes", bars: int = 10, **changes: object) -> Sheet:
    score = song(bars=bars)
    music = arrange(score, plan(bars=bars), chip)
    whole = Sheet(
        title="battle",
        game="Test Quest",
        chip=chip,
        key=score.key,
        tempo_millibpm=150_000,
        bars=bars,
        beats_per_bar=4,
        voices=tuple(voice.name for voice in music.voices),
        notes=song_notes(music),
        sections=score.sections,
        chords=("Am", "F C") * (bars // 2),
        loop=(0, bars),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def boxes(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill-opacity")]


def titles(root: ElementTree.Element) -> list[str]:
    return [title.text or "" for title in root.iter(f"{SVG}title")]


def half_loud(bars: int) -> Sound:
    """A tone whose second half is ten times louder."""
    tone = 1_500 * np.sin(np.arange(bars * BAR_SAMPLES) / 10)
    tone[len(tone) // 2 :] *= 10
    pcm = Pcm(tone.astype(np.int16), 44_100, 0)
    return Sound(pcm, float(BAR_SAMPLES), measure_loudness(pcm))


@pytest.mark.parametrize("chip", sorted(CHIPS))
def test_every_note_has_its_box_and_says_what_it_is(chip: str) -> None:
    wanted = sheet(chip, bars=8)
    root = ElementTree.fromstring(draw_sheet(wanted))
    found = boxes(root)
    assert len(found) == len(titles(root)) == len(wanted.notes)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for box in found:
        x, y = float(box.get("x", -1)), float(box.get("y", -1))
        assert 0 <= x < x + float(box.get("width", 0)) < width
        assert 0 <= y < y + float(box.get("height", 0)) < height
    assert any(said.startswith("A4, bar 1 beat 1, ") for said in titles(root))
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"battle", "A", "B", "1", "8", "Am", "C", "A C E", "C4"} <= texts
    assert {"loop start", "loop end, back to bar 1"} <= texts


def test_six_eight_is_named_and_ruled_in_dotted_quarters() -> None:
    def ruled(pulse_steps: int) -> tuple[str, int, list[str]]:
        notes = tuple(SheetNote(0, n / 2, n / 2 + 0.2, 69, 12) for n in range(4))
        picture = sheet(bars=2, notes=notes, chords=(), beats_per_bar=3, pulse_steps=pulse_steps)
        root = ElementTree.fromstring(draw_sheet(picture))
        drawn = {path.get("class"): path.get("d", "") for path in root.iter(f"{SVG}path")}
        details = next(
            text.text or "" for text in root.iter(f"{SVG}text") if text.get("class") == "detail"
        )
        places = [said.split(", ")[1] for said in titles(root)]
        return details.split(" · ")[4], drawn["beat"].count("M"), places

    assert ruled(6) == (
        "6/8", 2, ["bar 1 beat 1", "bar 1 beat 2", "bar 2 beat 1", "bar 2 beat 2"],
    )  # fmt: skip
    assert ruled(4) == (
        "3/4", 4, ["bar 1 beat 1", "bar 1 beat 2.5", "bar 2 beat 1", "bar 2 beat 2.5"],
    )  # fmt: skip


def test_a_note_outside_key_and_chord_has_a_rim() -> None:
    notes = tuple(
        SheetNote(0, 1 + n / 8, 1.1 + n / 8, pitch, 12) for n, pitch in enumerate((69, 73, 70))
    )
    chords = ("Am", "A", "Am")
    root = ElementTree.fromstring(draw_sheet(sheet(bars=3, notes=notes, chords=chords)))
    marked = ["foreign" in (box.get("class") or "") for box in boxes(root)]
    assert marked == [False, False, True]


def test_a_part_shows_its_bars_larger_and_nothing_else() -> None:
    whole = sheet()
    part = ElementTree.fromstring(draw_sheet(replace(whole, first_bar=4, bars=2)))
    inside = [note for note in whole.notes if note.end > 4 and note.start < 6]
    assert len(titles(part)) == len(inside)
    assert all(said.split(", ")[1][4:5] in "56" for said in titles(part) if "bar 5" in said)
    full = ElementTree.fromstring(draw_sheet(whole))

    def widest(root: ElementTree.Element) -> float:
        return max(float(box.get("width", 0)) for box in boxes(root))

    assert widest(part) > 1.3 * widest(full)


def test_waveform_and_loudness_stand_under_their_bars() -> None:
    root = ElementTree.fromstring(draw_sheet(sheet(bars=4, sound=half_loud(4))))
    drawn = {path.get("class"): path.get("d", "") for path in root.iter(f"{SVG}path")}
    for kind, least in (("wave", 15), ("loudness", 20)):
        points = [tuple(map(float, part.split())) for part in drawn[kind][1:-1].split("L")]
        middle = (points[0][0] + max(x for x, _ in points)) / 2
        left = [y for x, y in points if x < middle - 100]
        right = [y for x, y in points if x > middle + 100]
        assert min(left) - min(right) > least


def test_a_sheet_is_the_same_picture_each_time_and_one_bar_is_enough() -> None:
    assert draw_sheet(sheet(sound=half_loud(10))) == draw_sheet(sheet(sound=half_loud(10)))
    silent = Sound(Pcm(np.zeros(0, np.int16), 44_100, None), 1.0, Loudness(None, None))
    tiny = Sheet("a", "b", "nes", song().key, 300_000, 1, 4, (), (), sound=silent)
    assert ElementTree.fromstring(draw_sheet(tiny)) is not None


@pytest.mark.parametrize("chip", sorted(CHIPS))
def test_a_picture_of_few_bars_is_as_wide_as_its_header(chip: str) -> None:
    root = ElementTree.fromstring(draw_sheet(sheet(chip, bars=2, sound=half_loud(2))))
    header = [word for word in root.iter(f"{SVG}text") if word.get("class") in HEADER]
    assert {word.get("class") for word in header} == set(HEADER)
    for word in header:
        letter = HEADER[word.get("class") or ""]
        end = float(word.get("x") or 0) + letter * len(word.text or "")
        assert end <= float(root.get("width") or 0), word.text


def test_names_are_text_and_nothing_else() -> None:
    hostile = "</text><script>alert(1)</script>\x07"
    named = sheet(
        title=hostile, game=hostile, sections=(Section(hostile, 0, 4),), chords=(hostile,)
    )
    notes = tuple(replace(note, sound=hostile) for note in named.notes)
    root = ElementTree.fromstring(draw_sheet(replace(named, notes=notes)))
    assert not list(root.iter(f"{SVG}script"))
    assert hostile.replace("\x07", " ") in [text.text for text in root.iter(f"{SVG}text")]


def test_phrases_and_parts_stand_above_the_notes_they_are_about() -> None:
    use = SectionUse(
        Section("A", 0, 10),
        (PhraseUse(0, 4, "half"), PhraseUse(4, 6, "closed")),
        (("lead", "tune"), ("inner", "thirds"), ("bass", "walking")),
    )
    plain, told = (ElementTree.fromstring(draw_sheet(sheet(uses=uses))) for uses in ((), (use,)))

    def words(root: ElementTree.Element, kind: str) -> list[str]:
        found = root.iter(f"{SVG}text")
        return [text.text or "" for text in found if text.get("class") == kind]

    assert words(plain, "cadence") == words(plain, "uses") == []
    # Two lines of five bars: the parts are said on both, a cadence where its phrase ends.
    assert words(told, "uses") == ["second voice: thirds · bass: walking"] * 2
    assert words(told, "cadence") == ["half", "closed"]
    assert "phrase, and how it closes" in words(told, "legend")
    brackets = [path for path in told.iter(f"{SVG}path") if path.get("class") == "phrase"]
    assert len(brackets) == 3  # the second phrase goes over both lines
    cadences = [text for text in told.iter(f"{SVG}text") if text.get("class") == "cadence"]
    edge = float(told.get("width", 0))
    assert all(0 < float(text.get("x", 0)) < edge for text in cadences)
    notes = [float(box.get("y", 0)) for box in boxes(told)]
    assert min(notes) > float(cadences[0].get("y", 0))
    assert float(told.get("height", 0)) > float(plain.get("height", 0))
