"""A piano roll as SVG: every note of every voice on bars, with sections and loop marked."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from chipassets.chips import CHIPS
from chipassets.chipsong import ChipNote, ChipSong, ChipVoice
from chipassets.keys import pitch_name
from chipassets.score import Section

# Dark enough on white and light enough on black; told apart with the common colour deficiencies
# (Okabe and Ito, Color Universal Design, 2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#999999")
_BAR_WIDTH = 96
_ROW_HEIGHT = 6
_LEFT = 44
_TOP = 48
_DRUM_ROW_HEIGHT = 10
_BLACK_KEYS = frozenset({1, 3, 6, 8, 10})


def encode_piano_roll(song: ChipSong, title: str, sections: Sequence[Section]) -> bytes:
    """Return an SVG picture of the song: pitch upwards, bars to the right, one colour a voice.

    Drums have a lane for each instrument below the pitches.
    """
    tonal, drums = _split(song)
    pitches = [note.pitch for voice in tonal for note in voice.notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    lanes = sorted({note.instrument for voice in drums for note in voice.notes})
    roll_height = (high - low + 1) * _ROW_HEIGHT
    width = _LEFT + song.frames * _BAR_WIDTH // song.frames_per_bar + 12
    height = _TOP + roll_height + len(lanes) * _DRUM_ROW_HEIGHT + 16
    body = [
        *_grid(song, low, high, roll_height + len(lanes) * _DRUM_ROW_HEIGHT),
        *_sections(sections),
        *_loop(song, height),
        *_legend(title, song.voices),
    ]
    for voice in tonal:
        colour = _colour(song, voice)
        body += [
            _bar(song, note, _y(note.pitch, high), _ROW_HEIGHT, colour) for note in voice.notes
        ]
    for voice in drums:
        body += _drum_lanes(song, voice, lanes, _TOP + roll_height)
    return _document(width, height, body).encode()


def _split(song: ChipSong) -> tuple[list[ChipVoice], list[ChipVoice]]:
    lanes = {spec.name for spec in CHIPS[song.chip].voices if spec.role == "drums"}
    drums = [voice for voice in song.voices if voice.name in lanes]
    return [voice for voice in song.voices if voice.name not in lanes], drums


def _colour(song: ChipSong, voice: ChipVoice) -> str:
    return _COLOURS[song.voices.index(voice) % len(_COLOURS)]


def _x(song: ChipSong, frame: int) -> float:
    return round(_LEFT + frame * _BAR_WIDTH / song.frames_per_bar, 2)


def _y(pitch: int, high: int) -> int:
    return _TOP + (high - pitch) * _ROW_HEIGHT


def _bar(song: ChipSong, note: ChipNote, y: float, height: float, colour: str) -> str:
    x = _x(song, note.start_frame)
    width = round(max(_x(song, note.end_frame) - x - 0.5, 1.0), 2)
    opacity = round(0.45 + 0.55 * note.level / 15, 2)
    return _rect(x, y, width, height - 1, f'fill="{colour}" fill-opacity="{opacity}"')


def _rect(x: float, y: float, width: float, height: float, look: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" {look}/>'


def _text(x: float, y: float, text: str, look: str = "") -> str:
    return f'<text x="{x}" y="{y}"{" " + look if look else ""}>{escape(text)}</text>'


def _grid(song: ChipSong, low: int, high: int, height: int) -> list[str]:
    width = song.frames * _BAR_WIDTH / song.frames_per_bar
    parts = [_rect(_LEFT, _TOP, width, height, 'class="paper"')]
    for pitch in range(low, high + 1):
        if pitch % 12 in _BLACK_KEYS:
            parts.append(_rect(_LEFT, _y(pitch, high), width, _ROW_HEIGHT, 'class="black"'))
        if pitch % 12 == 0:
            parts.append(_text(4, _y(pitch, high) + _ROW_HEIGHT, pitch_name(pitch)))
    for bar in range(song.frames // song.frames_per_bar + 1):
        x = _LEFT + bar * _BAR_WIDTH
        parts.append(f'<path class="bar" d="M{x} {_TOP}v{height}"/>')
        parts.append(_text(x + 2, _TOP - 3, str(bar + 1)))
    return parts


def _sections(sections: Sequence[Section]) -> list[str]:
    parts = []
    for section in sections:
        x = _LEFT + section.start_bar * _BAR_WIDTH
        parts.append(_rect(x, _TOP - 26, section.bars * _BAR_WIDTH - 2, 12, 'class="section"'))
        parts.append(_text(x + 4, _TOP - 16.5, section.name, 'class="name"'))
    return parts


def _loop(song: ChipSong, height: int) -> list[str]:
    if song.loop_start_frame is None:
        return []
    start, end = _x(song, song.loop_start_frame), _x(song, song.frames)
    return [
        f'<path class="loop" d="M{start} {_TOP}V{height - 14}M{end} {_TOP}V{height - 14}"/>',
        _text(start + 2, height - 4, "loop start", 'class="mark"'),
        _text(end - 2, height - 4, "loop end", 'class="mark" text-anchor="end"'),
    ]


def _legend(title: str, voices: tuple[ChipVoice, ...]) -> list[str]:
    parts = [_text(_LEFT, 14, title, 'class="title"')]
    x = _LEFT + 12 + 8 * len(title)
    for number, voice in enumerate(voices):
        parts.append(_rect(x, 6, 10, 8, f'fill="{_COLOURS[number % len(_COLOURS)]}"'))
        parts.append(_text(x + 13, 14, voice.name))
        x += 28 + 6 * len(voice.name)
    return parts


def _drum_lanes(song: ChipSong, voice: ChipVoice, lanes: list[str], top: int) -> list[str]:
    colour = _colour(song, voice)
    parts = []
    for number, lane in enumerate(lanes):
        y = top + number * _DRUM_ROW_HEIGHT
        hits = [note for note in voice.notes if note.instrument == lane]
        parts.append(_text(4, y + 8, lane))
        parts += [_bar(song, note, y + 1, _DRUM_ROW_HEIGHT - 2, colour) for note in hits]
    return parts


_STYLE = (
    "text{font:9px sans-serif;fill:#555}.title{font:bold 12px sans-serif;"
    "fill:#222}.name{font:bold 9px sans-serif;fill:#222}.mark{fill:#b00}.paper{fill:#f7f7f5}"
    ".black{fill:#ecece8}.bar{stroke:#bbb;stroke-width:1}.loop{stroke:#b00;stroke-width:2}"
    ".section{fill:#dde6f0}"
)


def _document(width: float, height: float, body: list[str]) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>'
    paper = _rect(0, 0, width, height, 'fill="#fff"')
    return "\n".join([head, paper, *body, "</svg>"]) + "\n"
