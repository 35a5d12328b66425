"""Reads FamiTracker's text: modules with one track for the 2A03, or with the VRC6.

Keywords, numbers and columns are checked as in FamiTracker's importer; spacing is free.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from chipassets.chipfiles.ft_module import (
    CHANNELS,
    EMPTY,
    FOOTER,
    FtCell,
    FtInstrument,
    FtKey,
    FtMacro,
    FtModule,
    FtSample,
)

_TOKEN = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s"]+))')
_NOTE = re.compile(r"\.\.\.|---|===|[A-G][-#][0-7]|[0-9A-F]-#")
_EFFECT = re.compile(r"\.\.\.|[0-9A-Z][0-9A-F]{2}")
_FIXED = {"MACHINE": 0, "FRAMERATE": 0, "VIBRATO": 1, "SPLIT": 32}
_MOST_ROWS = 256
_LONGEST_SAMPLE = 4081


@dataclass(slots=True)
class _Draft:
    texts: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    macros: list[FtMacro] = field(default_factory=list)
    instruments: list[FtInstrument] = field(default_factory=list)
    samples: list[FtSample] = field(default_factory=list)
    sample_sizes: list[int] = field(default_factory=list)
    keys: list[FtKey] = field(default_factory=list)
    track: tuple[int, int, int, str] | None = None
    expansion: int = 0
    columns: tuple[int, ...] = ()
    order: list[tuple[int, ...]] = field(default_factory=list)
    patterns: dict[int, dict[int, tuple[FtCell, ...]]] = field(default_factory=dict)
    pattern: int = 0


class _Line:
    """The words of a line after its keyword; reading a wrong one raises ValueError."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)

    def word(self) -> str:
        """Return the next word; ValueError if there is none."""
        if not self._words:
            raise ValueError("a value is missing at the end of the line")
        return self._words.pop(0)

    def number(self, low: int, high: int, base: int = 10) -> int:
        """Return the next word as a number from `low` to `high`."""
        text = self.word()
        pattern = r"-?[0-9]{1,4}" if base == 10 else r"[0-9A-Fa-f]{1,4}"
        if not re.fullmatch(pattern, text) or not low <= int(text, base) <= high:
            raise ValueError(f"{text!r} is not a number from {low} to {high}")
        return int(text, base)

    def colon(self) -> None:
        """Read a colon; ValueError if something else stands there."""
        found = self.word()
        if found != ":":
            raise ValueError(f"expected ':', found {found!r}")

    @property
    def done(self) -> bool:
        return not self._words

    def finish(self) -> None:
        """Raise ValueError if words are left on the line."""
        if self._words:
            raise ValueError(f"{self._words[0]!r} is too much")


def decode_famitracker(data: bytes) -> FtModule:
    """Return the module of a FamiTracker text.

    ValueError, with the line, for an invalid text, or one with another expansion chip than the
    VRC6, samples that loop, or more than one track.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise ValueError(f"offset {error.start:#x}: not ASCII") from error
    draft = _Draft()
    number = 0
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            _read_line(line, draft)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    if not text.endswith(("\n", "\r")) or text.rstrip().splitlines()[-1:] != [FOOTER]:
        raise ValueError(f"line {number}: the file does not end with {FOOTER!r}")
    try:
        return _finished(draft)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _read_line(line: str, draft: _Draft) -> None:
    """Add what a line of the text says to the draft; ValueError for an unknown keyword."""
    if not line.strip() or line.startswith("#"):
        return
    words = _words(line)
    keyword = words[0]
    rest = _Line(words[1:])
    if keyword in _FIXED:
        rest.number(_FIXED[keyword], _FIXED[keyword])
    elif keyword in ("TITLE", "AUTHOR", "COPYRIGHT"):
        draft.texts[keyword] = rest.word()
    elif keyword in _READERS:
        _READERS[keyword](rest, draft)
    else:
        raise ValueError(f"{keyword!r} is not a keyword that this reader knows")
    rest.finish()


def _words(line: str) -> list[str]:
    """Return a line's words; a word in quotes may contain spaces and doubled quotes."""
    words = []
    place = 0
    line = line.rstrip()
    while place < len(line):
        match = _TOKEN.match(line, place)
        if not match:
            raise ValueError("a quote without its end")
        words.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        place = match.end()
    return words


def _comment(line: _Line, draft: _Draft) -> None:
    draft.comments.append(line.word())


def _expansion(line: _Line, draft: _Draft) -> None:
    if draft.track:
        raise ValueError("the expansion is named after the track")
    draft.expansion = line.number(0, 1)


def _macro(line: _Line, draft: _Draft, chip: str = "2A03") -> None:
    """Add a macro to the draft."""
    kind, index = line.number(0, 4), line.number(0, 127)
    loop, release, setting = (line.number(low, 252) for low in (-1, -1, 0))
    line.colon()
    values = []
    while not line.done:
        values.append(line.number(-128, 127))
    if not 0 < len(values) <= 252 or max(loop, release) >= len(values):
        raise ValueError(f"a macro of {len(values)} values, loop {loop}, release {release}")
    draft.macros.append(FtMacro(kind, index, loop, release, setting, tuple(values), chip))


def _instrument(line: _Line, draft: _Draft, chip: str = "2A03") -> None:
    """Add an instrument to the draft."""
    index = line.number(0, 63)
    volume, arpeggio, pitch, coarse, duty = (line.number(-1, 127) for _ in range(5))
    macros = (volume, arpeggio, pitch, coarse, duty)
    draft.instruments.append(FtInstrument(index, macros, line.word(), chip))


def _sample(line: _Line, draft: _Draft) -> None:
    """Add a sample, still without its bytes, to the draft."""
    index, size = line.number(0, 63), line.number(1, _LONGEST_SAMPLE)
    if index != len(draft.samples):
        raise ValueError("the samples are not counted one by one")
    draft.sample_sizes.append(size)
    draft.samples.append(FtSample(index, line.word(), b""))


def _sample_bytes(line: _Line, draft: _Draft) -> None:
    """Add bytes in hexadecimal to the draft's last sample."""
    line.colon()
    if not draft.samples:
        raise ValueError("bytes before a sample")
    data = bytearray(draft.samples[-1].data)
    while not line.done:
        data.append(line.number(0, 0xFF, 16))
    if len(data) > draft.sample_sizes[-1]:
        raise ValueError(f"sample {draft.samples[-1].index} has more bytes than it says")
    draft.samples[-1] = replace(draft.samples[-1], data=bytes(data))


def _key(line: _Line, draft: _Draft) -> None:
    """Add to the draft which sample a key of an instrument plays."""
    instrument, octave, note = line.number(0, 63), line.number(0, 7), line.number(0, 11)
    sample, rate = line.number(0, 63), line.number(0, 15)
    for fixed in (0, 0, -1):  # No loop, its place, and the level left alone.
        line.number(fixed, fixed)
    draft.keys.append(FtKey(instrument, octave, note, sample, rate))


def _track(line: _Line, draft: _Draft) -> None:
    if draft.track:
        raise ValueError("a second track")
    rows, speed, tempo = line.number(1, _MOST_ROWS), line.number(1, 31), line.number(32, 255)
    draft.track = (rows, speed, tempo, line.word())


def _columns(line: _Line, draft: _Draft) -> None:
    line.colon()
    draft.columns = tuple(line.number(1, 4) for _ in range(CHANNELS[draft.expansion]))


def _order(line: _Line, draft: _Draft) -> None:
    """Add a row of the order, a pattern for each channel, to the draft."""
    if line.number(0, 127, 16) != len(draft.order):
        raise ValueError("the order is not counted one by one")
    line.colon()
    channels = range(CHANNELS[draft.expansion])
    draft.order.append(tuple(line.number(0, 127, 16) for _ in channels))


def _pattern(line: _Line, draft: _Draft) -> None:
    """Begin a pattern."""
    draft.pattern = line.number(0, 127, 16)
    if draft.pattern in draft.patterns:
        raise ValueError(f"pattern {draft.pattern:02X} a second time")
    draft.patterns[draft.pattern] = {}


def _row(line: _Line, draft: _Draft) -> None:
    """Add a row to the pattern that is being read."""
    if not draft.patterns or not draft.track or not draft.columns:
        raise ValueError("a row outside a pattern of a track")
    rows = draft.patterns[draft.pattern]
    index = line.number(0, draft.track[0] - 1, 16)
    if index in rows:
        raise ValueError(f"row {index:02X} a second time")
    cells = []
    for columns in draft.columns:
        line.colon()
        cells.append(_cell(line, columns))
    rows[index] = tuple(cells)


def _cell(line: _Line, columns: int) -> FtCell:
    """Return the next cell: note, instrument, volume and effects."""
    note, instrument, volume = line.word(), line.word(), line.word()
    effects = [line.word() for _ in range(columns)]
    if not _NOTE.fullmatch(note):
        raise ValueError(f"{note!r} is no note")
    if instrument != ".." and not re.fullmatch(r"[0-3][0-9A-F]", instrument):
        raise ValueError(f"{instrument!r} is no instrument")
    if not re.fullmatch(r"[.0-9A-F]", volume):
        raise ValueError(f"{volume!r} is no volume")
    for effect in effects:
        if not _EFFECT.fullmatch(effect):
            raise ValueError(f"{effect!r} is no effect")
    while effects and effects[-1] == "...":
        effects.pop()
    return FtCell(
        note,
        None if instrument == ".." else int(instrument, 16),
        None if volume == "." else int(volume, 16),
        tuple(effects),
    )


_READERS: dict[str, Callable[[_Line, _Draft], None]] = {
    "COMMENT": _comment,
    "EXPANSION": _expansion,
    "MACRO": _macro,
    "MACROVRC6": partial(_macro, chip="VRC6"),
    "INST2A03": _instrument,
    "INSTVRC6": partial(_instrument, chip="VRC6"),
    "DPCMDEF": _sample,
    "DPCM": _sample_bytes,
    "KEYDPCM": _key,
    "TRACK": _track,
    "COLUMNS": _columns,
    "ORDER": _order,
    "PATTERN": _pattern,
    "ROW": _row,
}


def _finished(draft: _Draft) -> FtModule:
    """Return the module, its numbers checked against each other.

    Missing patterns and rows are empty.
    """
    if not (draft.track and draft.columns and draft.order and draft.patterns):
        raise ValueError("the file ends without a track, its columns, an order or a pattern")
    rows, speed, tempo, name = draft.track
    known = {(macro.chip, macro.kind, macro.index) for macro in draft.macros}
    for instrument in draft.instruments:
        asked = {(instrument.chip, k, n) for k, n in enumerate(instrument.macros) if n >= 0}
        if not asked <= known:
            raise ValueError(f"instrument {instrument.index} asks for a macro that is missing")
    for sample, size in zip(draft.samples, draft.sample_sizes, strict=True):
        if len(sample.data) != size:
            raise ValueError(f"sample {sample.index} has fewer bytes than it says")
    numbers = {instrument.index for instrument in draft.instruments} | {None}
    if not all(key.instrument in numbers for key in draft.keys):
        raise ValueError("a key belongs to an instrument that is missing")
    if not all(key.sample < len(draft.samples) for key in draft.keys):
        raise ValueError("a key asks for a sample that is missing")
    filled = [row for pattern in draft.patterns.values() for row in pattern.values()]
    used = {cell.instrument for row in filled for cell in row}
    if not used <= numbers:
        raise ValueError("a note asks for an instrument that is missing")
    blank = (EMPTY,) * CHANNELS[draft.expansion]
    count = 1 + max(*draft.patterns, *(number for row in draft.order for number in row))
    patterns = tuple(
        tuple(draft.patterns.get(number, {}).get(index, blank) for index in range(rows))
        for number in range(count)
    )
    return FtModule(
        title=draft.texts.get("TITLE", ""),
        author=draft.texts.get("AUTHOR", ""),
        copyright=draft.texts.get("COPYRIGHT", ""),
        comment="\n".join(draft.comments),
        macros=tuple(draft.macros),
        instruments=tuple(draft.instruments),
        rows=rows,
        speed=speed,
        tempo=tempo,
        name=name,
        columns=draft.columns,
        order=tuple(draft.order),
        patterns=patterns,
        expansion=draft.expansion,
        samples=tuple(draft.samples),
        keys=tuple(draft.keys),
    )
