"""A small assembler for the 6502, with a subset of ca65's syntax.

It supports `.segment`, `.res`, `.byte`, `.word`, `name = sum`, `.ifdef`, and ignores `.export`,
`.import` and similar directives. Opcodes: MOS MCS6500 programming manual, appendix A.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from chipassets.chipfiles.assembling import Line, Program, Syntax, Values, evaluate
from chipassets.chipfiles.assembling import assemble as assemble_with

# By mnemonic: opcodes for immediate, zero page, zero page indexed by X or Y, absolute, absolute,X,
# absolute,Y, (zero page,X), (zero page),Y. Two dots where there is none.
_MODES = ("#", "z", "zi", "w", "w,x", "w,y", "(z,x)", "(z),y")
_TABLE = """
adc 69 65 75 6D 7D 79 61 71
and 29 25 35 2D 3D 39 21 31
asl .. 06 16 0E 1E .. .. ..
bit .. 24 .. 2C .. .. .. ..
cmp C9 C5 D5 CD DD D9 C1 D1
cpx E0 E4 .. EC .. .. .. ..
cpy C0 C4 .. CC .. .. .. ..
dec .. C6 D6 CE DE .. .. ..
eor 49 45 55 4D 5D 59 41 51
inc .. E6 F6 EE FE .. .. ..
jmp .. .. .. 4C .. .. .. ..
jsr .. .. .. 20 .. .. .. ..
lda A9 A5 B5 AD BD B9 A1 B1
ldx A2 A6 B6 AE .. BE .. ..
ldy A0 A4 B4 AC BC .. .. ..
lsr .. 46 56 4E 5E .. .. ..
ora 09 05 15 0D 1D 19 01 11
rol .. 26 36 2E 3E .. .. ..
ror .. 66 76 6E 7E .. .. ..
sbc E9 E5 F5 ED FD F9 E1 F1
sta .. 85 95 8D 9D 99 81 91
stx .. 86 96 8E .. .. .. ..
sty .. 84 94 8C .. .. .. ..
"""
OPCODES = {
    (row[0], mode): int(code, 16)
    for row in (line.split() for line in _TABLE.split("\n") if line)
    for mode, code in zip(_MODES, row[1:], strict=True)
    if code != ".."
}
SINGLE = {
    "brk": 0x00, "clc": 0x18, "cld": 0xD8, "cli": 0x58, "clv": 0xB8, "dex": 0xCA, "dey": 0x88,
    "inx": 0xE8, "iny": 0xC8, "nop": 0xEA, "pha": 0x48, "php": 0x08, "pla": 0x68, "plp": 0x28,
    "rti": 0x40, "rts": 0x60, "sec": 0x38, "sed": 0xF8, "sei": 0x78, "tax": 0xAA, "tay": 0xA8,
    "tsx": 0xBA, "txa": 0x8A, "txs": 0x9A, "tya": 0x98,
    "asl a": 0x0A, "lsr a": 0x4A, "rol a": 0x2A, "ror a": 0x6A,
}  # fmt: skip
BRANCHES = {
    "bcc": 0x90, "bcs": 0xB0, "beq": 0xF0, "bmi": 0x30, "bne": 0xD0, "bpl": 0x10, "bvc": 0x50,
    "bvs": 0x70,
}  # fmt: skip
_DIRECTIVES = {
    ".segment": "segment", ".res": "reserve", ".byte": "bytes", ".word": "words", ".ifdef": "if",
    ".else": "else", ".endif": "end", ".export": "pass", ".import": "pass",
    ".exportzp": "pass", ".importzp": "pass",
}  # fmt: skip
_SHAPES = (
    (re.compile(r"#(.+)"), "#"),
    (re.compile(r"\((.+),\s*x\)", re.IGNORECASE), "(z,x)"),
    (re.compile(r"\((.+)\),\s*y", re.IGNORECASE), "(z),y"),
    (re.compile(r"(.+),\s*x", re.IGNORECASE), "w,x"),
    (re.compile(r"(.+),\s*y", re.IGNORECASE), "w,y"),
)
_SIZES = {"#": 2, "z": 2, "zi": 2, "(z,x)": 2, "(z),y": 2, "w": 3, "w,x": 3, "w,y": 3}
_LINE = re.compile(r"(?:(\w+):)?\s*(?:(\.?\w+)(?:\s*(=.*)|\s+(.*))?)?")


def assemble(source: str, origins: Mapping[str, int], constants: Values) -> Program:
    """Return the program with each segment at its origin; ValueError, with the line, if invalid.

    A label below $100 is used as a zero-page address where an instruction has such a mode, so it
    must be defined before.
    """
    return assemble_with(source, Syntax(_lines, _size, _put), origins, constants)


def _lines(source: str) -> Iterator[Line]:
    """Yield the lines of a source; ValueError for text that is not label, instruction, operand."""
    for number, text in enumerate(source.splitlines(), start=1):
        match = _LINE.fullmatch(text.split(";")[0].rstrip())
        if match is None:
            raise ValueError(f"line {number}: {text!r} is not label, instruction and operand")
        label, word, sums, operand = (part or "" for part in match.groups())
        if sums:
            yield Line(number, label, "set", word + sums)
        elif word in _DIRECTIVES:
            yield Line(number, label, _DIRECTIVES[word], operand.strip('"'))
        else:
            yield Line(number, label, word.lower(), operand)


def _size(word: str, operand: str, values: Values) -> int:
    """Return the bytes of an instruction."""
    if f"{word} {operand}".strip().lower() in SINGLE:
        return 1
    return 2 if word in BRANCHES else _SIZES[_mode(word, operand, values)[0]]


def _put(word: str, operand: str, values: Values, here: int) -> bytes:
    """Return the bytes of an instruction at address `here`."""
    if (single := f"{word} {operand}".strip().lower()) in SINGLE:
        return bytes((SINGLE[single],))
    if word in BRANCHES:
        distance = evaluate(operand, values) - here - 2
        return bytes((BRANCHES[word],)) + distance.to_bytes(1, "little", signed=True)
    mode, argument = _mode(word, operand, values)
    value = evaluate(argument, values)
    return bytes((OPCODES[word, mode],)) + value.to_bytes(_SIZES[mode] - 1, "little")


def _mode(word: str, operand: str, values: Values) -> tuple[str, str]:
    """Return the addressing mode, and the operand without its notation."""
    mode, argument = next(
        ((mode, match[1]) for shape, mode in _SHAPES if (match := shape.fullmatch(operand))),
        ("w", operand),
    )
    short = {"w": "z", "w,x": "zi", "w,y": "zi" if word in ("ldx", "stx") else ""}.get(mode, "")
    if (word, short) in OPCODES and _is_short(argument, values):
        mode = short
    if (word, mode) not in OPCODES:
        raise ValueError(f"{word} {operand} is not an instruction of the 6502")
    return mode, argument


def _is_short(argument: str, values: Values) -> bool:
    """Return whether an argument is known and in the zero page."""
    try:
        return 0 <= evaluate(argument, values) < 0x100
    except ValueError:
        return False
