"""A small assembler for the 6502: the instructions that the player needs, and no more.

A line is `label:`, an instruction, or both; `;` starts a comment. `.byte` puts bytes and `.fill`
as many zeros. Operands are sums of numbers (`$` hexadecimal), constants and labels. Opcodes: MOS
MCS6500 programming manual, appendix A.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_OPCODES: dict[tuple[str, str], int] = {
    ("AND", "#"): 0x29,
    ("BCC", "branch"): 0x90, ("BCS", "branch"): 0xB0, ("BEQ", "branch"): 0xF0,
    ("BMI", "branch"): 0x30, ("BNE", "branch"): 0xD0, ("BPL", "branch"): 0x10,
    ("CMP", "#"): 0xC9, ("CPY", "#"): 0xC0,
    ("DEC", "zero"): 0xC6, ("DEX", ""): 0xCA, ("INC", "zero"): 0xE6,
    ("JMP", "word"): 0x4C, ("JSR", "word"): 0x20,
    ("LDA", "#"): 0xA9, ("LDA", "zero"): 0xA5, ("LDA", "word,X"): 0xBD, ("LDA", "(zero),Y"): 0xB1,
    ("LDX", "#"): 0xA2, ("LDY", "#"): 0xA0, ("LDY", "zero"): 0xA4,
    ("RTS", ""): 0x60,
    ("STA", "zero"): 0x85, ("STA", "word"): 0x8D, ("STA", "word,X"): 0x9D,
    ("STA", "(zero),Y"): 0x91, ("STY", "zero"): 0x84, ("STY", "word"): 0x8C,
    ("TAX", ""): 0xAA, ("TAY", ""): 0xA8,
}  # fmt: skip

_SHAPES = (
    (re.compile(r"#(.+)"), "#"),
    (re.compile(r"\((.+)\),Y"), "(zero),Y"),
    (re.compile(r"(.+),X"), "word,X"),
)
_LINE = re.compile(r"(?:(\w+):)?\s*(?:(\.?\w+)\s*(.*?))?\s*")
_SIZES = {"": 1, "#": 2, "zero": 2, "(zero),Y": 2, "branch": 2, "word": 3, "word,X": 3}


@dataclass(frozen=True, slots=True)
class Program:
    """Machine code for its origin, and the address of every label."""

    code: bytes
    labels: Mapping[str, int]


def assemble(source: str, origin: int, constants: Mapping[str, int]) -> Program:
    """Return the program; ValueError, naming the line, for one that this assembler cannot put."""
    lines = [_LINE.fullmatch(line.split(";")[0]) for line in source.splitlines()]
    labels: dict[str, int] = {}
    address = origin
    for match in lines:
        if match is None:
            raise ValueError("a line is not label, instruction and operand")
        if match[1]:
            labels[match[1]] = address
        if match[2]:
            address += _size(match[2], match[3], constants)
    names = {**constants, **labels}
    code = bytearray()
    for match in lines:
        if match is not None and match[2]:
            code += _put(match[2], match[3], names, constants, origin + len(code))
    return Program(bytes(code), labels)


def _size(word: str, operand: str, constants: Mapping[str, int]) -> int:
    if word == ".byte":
        return operand.count(",") + 1
    if word == ".fill":
        return _value(operand, constants)
    return _SIZES[_mode(word, operand, constants)[0]]


def _put(
    word: str, operand: str, names: Mapping[str, int], constants: Mapping[str, int], here: int
) -> bytes:
    if word == ".byte":
        return bytes(_value(item, names) for item in operand.split(","))
    if word == ".fill":
        return bytes(_value(operand, names))
    mode, argument = _mode(word, operand, constants)
    opcode = bytes((_OPCODES[word, mode],))
    if mode == "":
        return opcode
    value = _value(argument, names)
    if mode == "branch":
        return opcode + (value - here - 2).to_bytes(1, "little", signed=True)
    return opcode + value.to_bytes(_SIZES[mode] - 1, "little")


def _mode(word: str, operand: str, constants: Mapping[str, int]) -> tuple[str, str]:
    """The addressing mode and the operand without its punctuation; labels are always words."""
    for shape, mode in _SHAPES:
        if match := shape.fullmatch(operand):
            return mode, match[1]
    if not operand:
        return "", ""
    if (word, "branch") in _OPCODES:
        return "branch", operand
    first = operand.split("+")[0]
    zero = first in constants and constants[first] < 0x100
    return ("zero" if zero else "word"), operand


def _value(operand: str, names: Mapping[str, int]) -> int:
    total = 0
    for item in operand.split("+"):
        term = item.strip()
        total += names[term] if term in names else int(term.removeprefix("$"), _base(term))
    return total


def _base(term: str) -> int:
    return 16 if term.startswith("$") else 10
