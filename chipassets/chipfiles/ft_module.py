"""A FamiTracker module as a value, and its text.

The text is the format that FamiTracker exports and imports (version 0.4.2 of the text format);
other trackers of that family read it too.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = {0: 5, 1: 8}
"""The number of channels by expansion: without one 5, with the VRC6 8."""

NOTE_NAMES = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
"""The notes of an octave in FamiTracker's spelling."""

HEADER = "# FamiTracker text export 0.4.2"
FOOTER = "# End of export"
_SAMPLE_ROW = 32


@dataclass(frozen=True, slots=True)
class FtMacro:
    """A macro: kind 0 volume, 1 arpeggio, 2 pitch, 3 coarse pitch, 4 duty; -1 is none."""

    kind: int
    index: int
    loop: int
    release: int
    setting: int
    values: tuple[int, ...]
    chip: str = "2A03"


@dataclass(frozen=True, slots=True)
class FtInstrument:
    """An instrument: its number, the index of its macro of each kind or -1, and its name."""

    index: int
    macros: tuple[int, int, int, int, int]
    name: str
    chip: str = "2A03"


@dataclass(frozen=True, slots=True)
class FtSample:
    """A sample: its number, its name and its bits, eight a byte."""

    index: int
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FtKey:
    """The sample that an instrument plays for a note (0 C to 11 B), and its rate 0..15; no loop."""

    instrument: int
    octave: int
    note: int
    sample: int
    rate: int


@dataclass(frozen=True, slots=True)
class FtCell:
    """A row of one channel; notes in FamiTracker's spelling, `---` cut, `===` release."""

    note: str = "..."
    instrument: int | None = None
    volume: int | None = None
    effects: tuple[str, ...] = ()


EMPTY = FtCell()


@dataclass(frozen=True, slots=True)
class FtModule:
    """A module with one track; `patterns[n][row]` are the cells of pattern n of every channel.

    Expansion 1 is the VRC6; its macros and instruments are of chip "VRC6".
    """

    title: str
    author: str
    copyright: str
    comment: str
    macros: tuple[FtMacro, ...]
    instruments: tuple[FtInstrument, ...]
    rows: int
    speed: int
    tempo: int
    name: str
    columns: tuple[int, ...]
    order: tuple[tuple[int, ...], ...]
    patterns: tuple[tuple[tuple[FtCell, ...], ...], ...]
    expansion: int = 0
    samples: tuple[FtSample, ...] = ()
    keys: tuple[FtKey, ...] = ()


def module_text(module: FtModule) -> str:
    """Return the module as FamiTracker's text."""
    lines = [
        HEADER,
        "",
        "# Song information",
        f"TITLE           {_quoted(module.title)}",
        f"AUTHOR          {_quoted(module.author)}",
        f"COPYRIGHT       {_quoted(module.copyright)}",
        "",
        "# Song comment",
        f"COMMENT {_quoted(module.comment)}",
        "",
        "# Global settings",
        "MACHINE         0",
        "FRAMERATE       0",
        f"EXPANSION       {module.expansion}",
        "VIBRATO         1",
        "SPLIT           32",
        "",
        "# Macros",
        *(_macro(macro) for macro in module.macros),
        "",
        "# DPCM samples",
        *(line for sample in module.samples for line in _sample(sample)),
        "",
        "# Instruments",
        *(_instrument(instrument) for instrument in module.instruments),
        *(_key(key) for key in module.keys),
        "",
        "# Tracks",
        "",
        f"TRACK {module.rows:3d} {module.speed:3d} {module.tempo:3d} {_quoted(module.name)}",
        f"COLUMNS : {' '.join(map(str, module.columns))}",
        "",
        *(_order(place, row) for place, row in enumerate(module.order)),
        "",
    ]
    for number, rows in enumerate(module.patterns):
        lines.append(f"PATTERN {number:02X}")
        lines += [_row(index, cells, module.columns) for index, cells in enumerate(rows)]
        lines.append("")
    return "\n".join([*lines, FOOTER, ""])


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _macro(macro: FtMacro) -> str:
    """Return the line of a macro."""
    head = f"{macro.kind:3d} {macro.index:3d} {macro.loop:3d} {macro.release:3d} {macro.setting:3d}"
    keyword = "MACRO" if macro.chip == "2A03" else "MACROVRC6"
    return f"{keyword:9s} {head} : {' '.join(map(str, macro.values))}"


def _instrument(instrument: FtInstrument) -> str:
    macros = " ".join(f"{index:3d}" for index in instrument.macros)
    return f"INST{instrument.chip} {instrument.index:3d}   {macros} {_quoted(instrument.name)}"


def _sample(sample: FtSample) -> list[str]:
    """Return the lines of a sample: its definition, then its bytes in rows."""
    rows = range(0, len(sample.data), _SAMPLE_ROW)
    return [
        f"DPCMDEF {sample.index:3d} {len(sample.data):5d} {_quoted(sample.name)}",
        *(f"DPCM : {sample.data[at : at + _SAMPLE_ROW].hex(' ').upper()}" for at in rows),
    ]


def _key(key: FtKey) -> str:
    """Return the line of a key. Its last three numbers: no loop, loop at 0, level unchanged."""
    head = f"KEYDPCM {key.instrument:3d} {key.octave:3d} {key.note:3d}"
    return f"{head}   {key.sample:3d} {key.rate:3d}   {0:3d} {0:5d} {-1:3d}"


def _order(place: int, row: tuple[int, ...]) -> str:
    return f"ORDER {place:02X} : {' '.join(f'{number:02X}' for number in row)}"


def _row(index: int, cells: tuple[FtCell, ...], columns: tuple[int, ...]) -> str:
    pairs = zip(cells, columns, strict=True)
    return " : ".join([f"ROW {index:02X}", *(_cell(cell, count) for cell, count in pairs)])


def _cell(cell: FtCell, columns: int) -> str:
    """Return a cell's text, with `...` for effects that it does not have."""
    instrument = ".." if cell.instrument is None else f"{cell.instrument:02X}"
    volume = "." if cell.volume is None else f"{cell.volume:X}"
    effects = [*cell.effects, *["..."] * (columns - len(cell.effects))]
    return " ".join([cell.note, instrument, volume, *effects])
