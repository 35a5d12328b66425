"""A small assembler for the Game Boy's SM83, with a subset of rgbds's syntax.

It supports `SECTION`, `ds`, `db`, `dw`, `DEF name EQU sum`, `IF DEF(name)`, local labels, and
ignores `EXPORT`. Opcodes: Pan Docs, "CPU Instruction Set".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from chipassets.chipfiles.assembling import Line, Program, Syntax, Values, evaluate
from chipassets.chipfiles.assembling import assemble as assemble_with

_BYTES = ("b", "c", "d", "e", "h", "l", "[hl]", "a")
_WORDS = ("bc", "de", "hl", "sp")
_CONDITIONS = ("nz", "z", "nc", "c")
_SUMS = ("add", "adc", "sub", "sbc", "and", "xor", "or", "cp")
_SHIFTS = ("rlc", "rrc", "rl", "rr", "sla", "sra", "swap", "srl")
_REGISTERS = frozenset(
    (*_BYTES, *_WORDS, "nz", "z", "nc", "af", "[hl+]", "[hl-]", "[bc]", "[de]", "[c]")
)


def _instructions() -> dict[str, bytes]:
    """Return the opcodes by notation; n stands for a byte, w for a word, e for a distance."""
    found = {
        "nop": 0x00, "rlca": 0x07, "rrca": 0x0F, "rla": 0x17, "rra": 0x1F, "daa": 0x27,
        "cpl": 0x2F, "scf": 0x37, "ccf": 0x3F, "halt": 0x76, "ret": 0xC9, "reti": 0xD9,
        "di": 0xF3, "ei": 0xFB, "jr e": 0x18, "jp w": 0xC3, "jp hl": 0xE9, "call w": 0xCD,
        "ld [w],sp": 0x08, "ld [bc],a": 0x02, "ld [de],a": 0x12, "ld [hl+],a": 0x22,
        "ld [hl-],a": 0x32, "ld a,[bc]": 0x0A, "ld a,[de]": 0x1A, "ld a,[hl+]": 0x2A,
        "ld a,[hl-]": 0x3A, "ldh [n],a": 0xE0, "ldh a,[n]": 0xF0, "ldh [c],a": 0xE2,
        "ldh a,[c]": 0xF2, "ld [w],a": 0xEA, "ld a,[w]": 0xFA, "ld sp,hl": 0xF9, "add sp,n": 0xE8,
    }  # fmt: skip
    for number, name in enumerate(_BYTES):
        found |= {f"inc {name}": 0x04 + 8 * number, f"dec {name}": 0x05 + 8 * number}
        found[f"ld {name},n"] = 0x06 + 8 * number
        for other, source in enumerate(_BYTES):
            if (name, source) != ("[hl]", "[hl]"):
                found[f"ld {name},{source}"] = 0x40 + 8 * number + other
    for number, name in enumerate(_WORDS):
        found |= {f"ld {name},w": 0x01 + 16 * number, f"inc {name}": 0x03 + 16 * number}
        found |= {f"add hl,{name}": 0x09 + 16 * number, f"dec {name}": 0x0B + 16 * number}
    for number, name in enumerate(("bc", "de", "hl", "af")):
        found |= {f"pop {name}": 0xC1 + 16 * number, f"push {name}": 0xC5 + 16 * number}
    for number, name in enumerate(_CONDITIONS):
        found |= {f"jr {name},e": 0x20 + 8 * number, f"ret {name}": 0xC0 + 8 * number}
        found |= {f"jp {name},w": 0xC2 + 8 * number, f"call {name},w": 0xC4 + 8 * number}
    for number, name in enumerate(_SUMS):
        for other, source in enumerate((*_BYTES, "n")):
            code = 0xC6 + 8 * number if source == "n" else 0x80 + 8 * number + other
            found |= {f"{name} {source}": code, f"{name} a,{source}": code}
    single = {text: bytes((code,)) for text, code in found.items()}
    for number, name in enumerate(_SHIFTS):
        for other, source in enumerate(_BYTES):
            single[f"{name} {source}"] = bytes((0xCB, 8 * number + other))
    for number, name in enumerate(("bit", "res", "set"), start=1):
        for bit in range(8):
            for other, source in enumerate(_BYTES):
                single[f"{name} {bit},{source}"] = bytes((0xCB, 64 * number + 8 * bit + other))
    return single


OPCODES = _instructions()
_DIRECTIVES = {
    "ds": "reserve", "db": "bytes", "dw": "words", "else": "else", "endc": "end", "export": "pass",
}  # fmt: skip
_LABEL = re.compile(r"(\.?\w+)::?(?:\s+(.*))?")
_SECTION = re.compile(r'SECTION\s+"[^"]*"\s*,\s*(\w+(?:\[.*\])?)', re.IGNORECASE)
_EQU = re.compile(r"DEF\s+(\w+)\s+EQU\s+(.+)", re.IGNORECASE)
_IF = re.compile(r"IF\s+DEF\((\w+)\)", re.IGNORECASE)
_LOCAL = re.compile(r"(?<![\w.])\.\w+")
_PART = re.compile(r"(LOW|HIGH)\((.+)\)", re.IGNORECASE)


def assemble(source: str, origins: Mapping[str, int], constants: Values) -> Program:
    """Return the program with each kind of section at its origin: `ROM0`, `WRAM0`, `ROM0[$40]`.

    ValueError, with the line, if it is invalid.
    """
    return assemble_with(source, Syntax(_lines, _size, _put), origins, constants)


def _lines(source: str) -> Iterator[Line]:
    """Yield the lines of a source, local labels with their parent's name before them."""
    parent = ""
    for number, text in enumerate(source.splitlines(), start=1):
        rest = text.split(";")[0].strip()
        label = ""
        if match := _LABEL.fullmatch(rest):
            label, rest = match[1], match[2] or ""
            if label.startswith("."):
                label = parent + label
            else:
                parent = label
        rest = _LOCAL.sub(rf"{parent}\g<0>", rest.strip())
        if match := _SECTION.fullmatch(rest):
            yield Line(number, label, "segment", match[1].upper())
        elif match := _EQU.fullmatch(rest):
            yield Line(number, label, "set", f"{match[1]}={match[2]}")
        elif match := _IF.fullmatch(rest):
            yield Line(number, label, "if", match[1])
        else:
            word, _, operand = rest.partition(" ")
            yield Line(number, label, _DIRECTIVES.get(word.lower(), word.lower()), operand.strip())


def _size(word: str, operand: str, values: Values) -> int:
    """Return the bytes of an instruction; its operand's value does not matter."""
    del values
    text, hole, _ = _shape(word, operand)
    return len(OPCODES[text]) + {"n": 1, "e": 1, "w": 2, "": 0}[hole]


def _put(word: str, operand: str, values: Values, here: int) -> bytes:
    """Return the bytes of an instruction at address `here`."""
    text, hole, argument = _shape(word, operand)
    code = OPCODES[text]
    if not hole:
        return code
    value = _value(argument, values)
    if hole == "e":
        return code + (value - here - 2).to_bytes(1, "little", signed=True)
    if hole == "w":
        return code + value.to_bytes(2, "little")
    if word == "ldh":
        if value >> 8 != 0xFF:
            raise ValueError(f"${value:04X} is not within $FF00 to $FFFF")
        value &= 0xFF
    return code + value.to_bytes(1, "little", signed=value < 0)


def _value(text: str, values: Values) -> int:
    """Return the value of an expression, or of its LOW or HIGH byte."""
    if part := _PART.fullmatch(text):
        whole = evaluate(part[2], values)
        return whole & 0xFF if part[1].upper() == "LOW" else whole >> 8 & 0xFF
    return evaluate(text, values)


def _shape(word: str, operand: str) -> tuple[str, str, str]:
    """Return the instruction in the table's notation, the kind of its operand, and the operand.

    Both are "" if it has no operand.
    """
    parts = [part.strip() for part in operand.split(",")] if operand else []
    plain = f"{word} {','.join(part.lower() for part in parts)}".strip()
    if plain in OPCODES:
        return plain, "", ""
    for place, part in enumerate(parts):
        if part.lower() in _REGISTERS:
            continue
        inside = part.startswith("[")
        argument = part[1:-1].strip() if inside else part
        for hole in "nwe":
            shaped = [p.lower() for p in parts]
            shaped[place] = f"[{hole}]" if inside else hole
            text = f"{word} {','.join(shaped)}"
            if text in OPCODES:
                return text, hole, argument
    raise ValueError(f"{word} {operand} is not an instruction of the SM83")
