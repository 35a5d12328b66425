"""The whole preview: title, legend, lines of bars with sections, chords and loop, and styles."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.music.chords import tone_name
from chipassets.music.uses import say_parts
from chipassets.render.preview.curves import draw_sound, measure_sound
from chipassets.render.preview.layout import HEAD_HEIGHT, LEFT, USES_HEIGHT, Layout
from chipassets.render.preview.roll import bar_chords, draw_roll, known_chord
from chipassets.render.preview.sheet import Sheet
from chipassets.render.preview.svg import number, path, rect, text
from chipassets.units import OCTAVE, metre_name

# Dark enough on white, and distinguishable with common colour vision deficiencies (after Okabe and
# Ito, Color Universal Design, 2008; their yellow is too light for thin notes).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#8a5a9e", "#b8860b", "#56b4e9", "#cc79a7", "#6b6b6b")

_LETTER_WIDTH, _TITLE_LETTER_WIDTH = 6.6, 14.0
"""The assumed width of a letter in pixels, at 11 px and in the title's 20 px bold; generous."""

_STYLE = (
    "text{font:9px 'DejaVu Sans',Verdana,sans-serif;fill:#444}"
    ".title{font-size:20px;font-weight:bold;fill:#111}.detail{font-size:11px}"
    ".legend{font-size:11px;fill:#222}"
    ".pitch{font-size:7.5px;text-anchor:end;fill:#777}.octave-name{font-weight:bold;fill:#111}"
    ".note{font-size:6.4px;fill:#fff}.soft{fill:#222}"
    ".section{fill:#dfe7f1}.name{font-size:10px;font-weight:bold;fill:#1d3557}"
    ".uses{font-size:9px;fill:#333}.cadence{font-size:8.5px;text-anchor:end;fill:#1d3557}"
    ".phrase{fill:none;stroke:#1d3557}"
    ".chord{font-size:10.5px;font-weight:bold;fill:#333}.tones{font-size:7px;fill:#888}"
    ".number{font-size:8px;fill:#888}"
    ".paper{fill:#fafaf8}.black{fill:#eeeeea}.tone{fill:#f2c14e;fill-opacity:.22}"
    ".keys{fill:none;stroke:#ccc}.key{fill:#555}"
    "path.step,path.beat,path.bar,path.octave,path.whole,path.loop{fill:none}"
    ".octave{stroke:#c9c9c4}.step{stroke:#e6e6e2;stroke-width:.6}"
    ".beat{stroke:#d2d2cd;stroke-width:.8}.bar{stroke:#8d8d88}"
    ".wave{fill:#4b6a88}.loudness{fill:#9ab6cf}.whole{stroke:#b00020;stroke-dasharray:5 3}"
    ".loop{stroke:#b00020;stroke-width:2}.repeat{fill:#b00020}"
    ".mark{font-size:8.5px;font-weight:bold;fill:#b00020}.end{text-anchor:end}"
    ".foreign{stroke:#c1121f;stroke-width:1.6}"
)


def draw_sheet(sheet: Sheet) -> bytes:
    """Return the sheet as SVG: pitch upwards, time to the right, one colour per voice.

    Notes have a tooltip with their name; those outside key and chord have a red rim. The same sheet
    gives the same bytes.
    """
    layout = Layout(sheet)
    measured = None if sheet.sound is None else measure_sound(sheet.sound)
    body = [*_header(sheet)]
    for line in range(layout.lines):
        body += _line_head(layout, line)
        body += draw_roll(layout, line)
        if measured is not None:
            body += draw_sound(layout, line, measured)
        body += _loop(layout, line)
    width = max(layout.width, _header_width(sheet))
    size = f'width="{width}" height="{layout.height}"'
    box = f'viewBox="0 0 {width} {layout.height}"'
    colours = "".join(f".v{place}{{fill:{colour}}}" for place, colour in enumerate(COLOURS))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}><style>{_STYLE}{colours}</style>'
    paper = rect(0, 0, width, layout.height, 'fill="#fff"')
    return ("\n".join([head, paper, *filter(None, body), "</svg>"]) + "\n").encode()


def _header(sheet: Sheet) -> Iterator[str]:
    yield text(LEFT, 28, sheet.title, "title")
    yield text(LEFT, 46, " · ".join(_details(sheet)), "detail")
    x = float(LEFT)
    for look, words in _legend(sheet):
        yield rect(x, 56, 11, 9, look)
        yield text(x + 15, 64, words, "legend")
        x += _legend_width(words)


def _header_width(sheet: Sheet) -> int:
    """Return the width that the header needs: it can be wider than a track of one or two bars."""
    legend = sum(_legend_width(words) for _, words in _legend(sheet))
    details = _LETTER_WIDTH * len(" · ".join(_details(sheet)))
    title = _TITLE_LETTER_WIDTH * len(sheet.title)
    return round(LEFT + max(legend, details, title))


def _legend(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Return the look of each mark, as attributes of its box, and its meaning."""
    sounding = {note.voice for note in sheet.notes}
    for place, name in enumerate(sheet.voices):
        if place in sounding:
            yield f'class="v{place % len(COLOURS)}"', name
    if sheet.chords:
        yield 'class="tone"', "chord tone"
    if any(use.phrases for use in sheet.uses):
        yield 'class="phrase" fill="none"', "phrase, and how it closes"
    yield 'class="foreign" fill="#fff"', "outside key and chord"


def _legend_width(words: str) -> float:
    return 34 + _LETTER_WIDTH * len(words)


def _details(sheet: Sheet) -> Iterator[str]:
    yield from (sheet.game, sheet.chip, str(sheet.key))
    yield f"{sheet.tempo_millibpm / 1000:g} bpm"
    yield metre_name(sheet.beats_per_bar, sheet.pulse_steps)
    if sheet.loop is None:
        yield "plays once"
    if sheet.sound is None:
        return
    yield f"{len(sheet.sound.pcm.samples) / sheet.sound.pcm.rate_hz:.1f} s"
    loudness = sheet.sound.loudness
    if loudness.lufs is not None and loudness.true_peak_dbtp is not None:
        yield f"{loudness.lufs:.1f} LUFS"
        yield f"true peak {loudness.true_peak_dbtp:.1f} dBTP"


def _line_head(layout: Layout, line: int) -> Iterator[str]:
    """Yield sections, chords with their tones, and bar numbers."""
    sheet, top = layout.sheet, layout.line_top(line) - layout.head_height
    first, last = layout.line_bars(line)
    for section in sheet.sections:
        start, end = max(section.start_bar, first), min(section.start_bar + section.bars, last)
        if start < end:
            x = layout.x(start, line)
            yield rect(x, top, layout.x(end, line) - x - 1.5, 14, 'class="section"')
            name = section.name if start == section.start_bar else f"({section.name})"
            yield text(x + 4, top + 10.5, name, "name")
    if sheet.uses:
        yield from _uses(layout, line, top + 14)
        top += USES_HEIGHT
    for bar in range(first, last):
        names = bar_chords(sheet, bar)
        for place, name in enumerate(names):
            x = layout.x(bar + place / len(names), line)
            yield text(x + 2, top + 26, name, "chord")
            yield text(x + 2, top + 35, _spelt(name, sheet), "tones")
        yield text(layout.x(bar, line) + 11, top + HEAD_HEIGHT - 4, str(bar + 1), "number")


def _uses(layout: Layout, line: int, top: float) -> Iterator[str]:
    """Yield what the parts do in each section of a line, and its phrases with their cadences."""
    first, last = layout.line_bars(line)
    for use in layout.sheet.uses:
        start = max(use.section.start_bar, first)
        end = min(use.section.start_bar + use.section.bars, last)
        if start < end:
            room = layout.x(end, line) - layout.x(start, line) - 8
            said = _fitting(say_parts(use.parts), room)
            yield text(layout.x(start, line) + 4, top + 10, said, "uses")
        for phrase in use.phrases:
            begins, ends = max(phrase.start_bar, first), phrase.start_bar + phrase.bars
            x, right = layout.x(begins, line) + 2, layout.x(min(ends, last), line) - 3
            if begins >= min(ends, last):
                continue
            hooks = [f"M{number(x)} {number(top + 26)}"]
            hooks.append(f"V{number(top + 22)}" if begins == phrase.start_bar else "")
            closes = ends <= last
            label = phrase.cadence if closes else ""
            until = right - (_CADENCE_LETTER * len(label) + 4 if label else 0)
            hooks += [f"M{number(x)} {number(top + 22)}", f"H{number(max(x, until))}"]
            yield path("".join(filter(None, hooks)), "phrase")
            if label:
                yield text(right, top + 25, label, "cadence")


_CADENCE_LETTER = 5.4
"""The assumed width of a letter of a cadence's name; generous."""
_USES_LETTER = 5.6


def _fitting(said: list[str], room: float) -> str:
    """Return as many of the texts, joined, as fit into a width; all are in the report."""
    kept: list[str] = []
    for words in said:
        if _USES_LETTER * len(" · ".join([*kept, words])) > room:
            break
        kept.append(words)
    return " · ".join(kept)


def _spelt(name: str, sheet: Sheet) -> str:
    """Return the names of a chord's tones, upwards from its root."""
    chord = known_chord(name, sheet.key)
    if chord is None:
        return ""
    tones = sorted(chord.pitch_classes, key=lambda tone: (tone - chord.root) % OCTAVE)
    return " ".join(tone_name(tone, chord, sheet.key) for tone in tones)


def _loop(layout: Layout, line: int) -> Iterator[str]:
    """Yield repeat signs at the start and the end of the loop."""
    sheet = layout.sheet
    if sheet.loop is None:
        return
    start, end = sheet.loop
    first, last = layout.line_bars(line)
    top, height = layout.line_top(line), layout.staff_height
    if first <= start < last:
        x = layout.x(start, line)
        yield from _sign(x, top, height, 1)
        yield text(x + 30, top - 4, "loop start", "mark")
    if first < end <= last:
        x = layout.x(end, line)
        yield from _sign(x, top, height, -1)
        words = f"loop end, back to bar {start + 1}"
        yield text(x - 3, top + height + 12, words, "mark end")


def _sign(x: float, top: int, height: int, side: int) -> Iterator[str]:
    """Yield a repeat sign; `side` is 1 if its dots are on the right, else -1."""
    yield path(f"M{number(x)} {top - 14}V{top + height}", "loop")
    for y in (top - 11, top - 5):
        yield f'<circle class="repeat" cx="{number(x + side * 5)}" cy="{y}" r="1.8"/>'
