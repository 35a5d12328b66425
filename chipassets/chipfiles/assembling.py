"""Shared by the small assemblers: lines, segments, conditions, sums of labels, two passes.

Each supports a subset of the syntax of the assembler that homebrew developers use, so that the same
source works in a user's build: ca65's for the 6502, rgbds's for the SM83.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Values = Mapping[str, int]
"""Labels and constants by name."""


@dataclass(frozen=True, slots=True)
class Program:
    """Machine code by segment, and the value of every label and constant."""

    segments: Mapping[str, bytes]
    labels: Values

    @property
    def code(self) -> bytes:
        """The bytes of the only segment that has any."""
        (code,) = (data for data in self.segments.values() if data)
        return code


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source: a label, a word (an instruction or a directive) and its operand."""

    number: int
    label: str
    word: str
    operand: str


@dataclass(frozen=True, slots=True)
class Syntax:
    """An assembler's language.

    lines: the lines of a source, with directives called `segment`, `reserve`, `bytes`, `words`,
    `set`, `if`, `else`, `end` and `pass`. size: the size of an instruction, given the values known
    so far. put: an instruction's bytes, given all values and its address.
    """

    lines: Callable[[str], Iterable[Line]]
    size: Callable[[str, str, Values], int]
    put: Callable[[str, str, Values, int], bytes]


def assemble(source: str, syntax: Syntax, origins: Mapping[str, int], constants: Values) -> Program:
    """Return the program with each segment at its origin; ValueError, with the line, if invalid."""
    lines = list(_chosen(syntax.lines(source), constants))
    values = dict(constants)
    places = dict(origins)
    segment = next(iter(origins))
    for line in lines:
        try:
            if line.label:
                _define(line.label, places[segment], values)
            if line.word == "segment":
                segment = line.operand
                places.setdefault(segment, 0) if segment in origins else _unplaced(segment)
            elif line.word == "set":
                name, _, text = line.operand.partition("=")
                values[name.strip()] = evaluate(text, values)
            elif line.word:
                places[segment] += _size(line, syntax, values)
        except (ValueError, KeyError) as error:
            raise ValueError(f"line {line.number}: {error}") from error
    return Program(_put(lines, syntax, origins, values), values)


def _define(label: str, address: int, values: dict[str, int]) -> None:
    """Store the address of a label; ValueError if it has one."""
    if label in values:
        raise ValueError(f"{label} is defined twice")
    values[label] = address


def _unplaced(segment: str) -> None:
    """Raise ValueError for a segment without an address to begin at."""
    raise ValueError(f"the segment {segment} has no origin")


def _put(
    lines: Iterable[Line], syntax: Syntax, origins: Mapping[str, int], values: Values
) -> dict[str, bytes]:
    """Return the bytes of each segment, all values being known; ValueError, with the line."""
    data = {name: bytearray() for name in origins}
    segment = next(iter(origins))
    for line in lines:
        try:
            if line.word == "segment":
                segment = line.operand
            elif line.word not in ("", "set"):
                here = origins[segment] + len(data[segment])
                data[segment] += _bytes(line, syntax, values, here)
        except (ValueError, KeyError, OverflowError) as error:
            raise ValueError(f"line {line.number}: {line.word} {line.operand}: {error}") from error
    return {name: bytes(part) for name, part in data.items()}


def _chosen(lines: Iterable[Line], constants: Values) -> Iterable[Line]:
    """Return the lines whose conditions hold."""
    holds: list[bool] = []
    for line in lines:
        if line.word == "if":
            holds.append(line.operand in constants)
        elif line.word == "else":
            holds[-1] = not holds[-1]
        elif line.word == "end":
            holds.pop()
        elif line.word != "pass" and all(holds):
            yield line


def _size(line: Line, syntax: Syntax, values: Values) -> int:
    """Return the bytes of a line."""
    if line.word == "reserve":
        return evaluate(line.operand, values)
    if line.word in ("bytes", "words"):
        return (line.operand.count(",") + 1) * (1 if line.word == "bytes" else 2)
    return syntax.size(line.word, line.operand, values)


def _bytes(line: Line, syntax: Syntax, values: Values, here: int) -> bytes:
    """Return the machine code or the data of a line that begins at address `here`."""
    if line.word == "reserve":
        return bytes(evaluate(line.operand, values))
    if line.word in ("bytes", "words"):
        size = 1 if line.word == "bytes" else 2
        numbers = (evaluate(item, values) for item in line.operand.split(","))
        return b"".join(number.to_bytes(size, "little") for number in numbers)
    return syntax.put(line.word, line.operand, values, here)


_TERM = re.compile(r"\s*([+*-]?)\s*(\$[0-9A-Fa-f]+|%[01]+|\d+|[A-Za-z_.][\w.]*)")
_PART = re.compile(r"\s*([<>])(.*)")


def evaluate(text: str, values: Values) -> int:
    """Return a sum of products of numbers (`$` hexadecimal, `%` binary) and names, or its byte."""
    if part := _PART.fullmatch(text):
        whole = evaluate(part[2], values)
        return whole & 0xFF if part[1] == "<" else whole >> 8 & 0xFF
    terms: list[int] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None or (not match[1] if at else match[1] == "*"):
            raise ValueError(f"{text!r} is not a sum of numbers and names")
        value = _term(match[2], values)
        if match[1] == "*":
            terms[-1] *= value
        else:
            terms.append(-value if match[1] == "-" else value)
        at = match.end()
    return sum(terms)


def _term(term: str, values: Values) -> int:
    """Return the value of a number or of a name."""
    if term[0] == "$":
        return int(term[1:], 16)
    if term[0] == "%":
        return int(term[1:], 2)
    if term.isdigit():
        return int(term)
    if term not in values:
        raise ValueError(f"there is no {term}")
    return values[term]
