"""The player inside a GBS: SM83 code that plays a stream, one frame per call.

It is below $4000 with the song table; the stream begins in bank 1, and the current bank is mapped
at $4000-$7FFF and selected by a write to $2000. Working memory is at $C000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from chipassets.chipfiles.stream import Dialect
from chipassets.chips.registers import Write

ORIGIN = 0x3800
WINDOW = 0x4000
BANK_SIZE = 0x4000
PLAYER_SIZE = WINDOW - ORIGIN
TABLE_ROW = 6
"""Bytes per song: bank, low and high byte of its start, and the same of its loop."""

# Each voice silent with its converter on, as the converters click. A frame has 70224 clocks; a
# write costs at most 200 of them, and half of the time is spare.
_SILENCE = (
    Write(0xFF12, 0x08), Write(0xFF14, 0x80), Write(0xFF17, 0x08), Write(0xFF19, 0x80),
    Write(0xFF1C, 0x00), Write(0xFF21, 0x08), Write(0xFF23, 0x80),
)  # fmt: skip
DIALECT = Dialect(
    "gameboy", {0xFF00 + code: code for code in range(0x10, 0x40)}, _SILENCE, most_writes=170
)

# Bytes in hexadecimal, `@name` a word, `~name` a distance, `#songs` their number. The
# instructions are those of Pan Docs, "CPU Instruction Set".
_LISTING = """
init:                   ; A holds the number of the song, from 0
        FE #songs       ; CP songs
        38 ~known       ; JR C,known
        AF              ; XOR A          a number that there is not plays the first
known:  6F              ; LD L,A         six bytes a song
        26 00           ; LD H,0
        29              ; ADD HL,HL
        54              ; LD D,H
        5D              ; LD E,L
        29              ; ADD HL,HL
        19              ; ADD HL,DE
        11 @table       ; LD DE,table
        19              ; ADD HL,DE
        11 @bank        ; LD DE,bank     the six variables lie in the table's order
        06 06           ; LD B,6
copy:   2A              ; LD A,(HL+)
        12              ; LD (DE),A
        13              ; INC DE
        05              ; DEC B
        20 ~copy        ; JR NZ,copy
        AF              ; XOR A
        EA @wait        ; LD (wait),A
        E0 26           ; LDH ($26),A    the sound chip off
        C9              ; RET
play:   FA @wait        ; LD A,(wait)
        B7              ; OR A
        28 ~frame       ; JR Z,frame
        3D              ; DEC A
        EA @wait        ; LD (wait),A
        C9              ; RET
frame:  FA @bank        ; LD A,(bank)
        EA 00 20        ; LD ($2000),A
        FA @low         ; LD A,(low)
        6F              ; LD L,A
        FA @high        ; LD A,(high)
        67              ; LD H,A
next:   CD @fetch       ; CALL fetch
        CB 7F           ; BIT 7,A
        20 ~pause       ; JR NZ,pause
        4F              ; LD C,A
        CD @fetch       ; CALL fetch
        E2              ; LD ($FF00+C),A
        18 ~next        ; JR next
pause:  FE FF           ; CP $FF
        28 ~again       ; JR Z,again
        E6 7F           ; AND $7F
        EA @wait        ; LD (wait),A
        7D              ; LD A,L
        EA @low         ; LD (low),A
        7C              ; LD A,H
        EA @high        ; LD (high),A
        C9              ; RET
again:  FA @loopb       ; LD A,(loopb)   the loop's first frame is played in this same call
        EA @bank        ; LD (bank),A
        EA 00 20        ; LD ($2000),A
        FA @loopl       ; LD A,(loopl)
        6F              ; LD L,A
        FA @looph       ; LD A,(looph)
        67              ; LD H,A
        18 ~next        ; JR next
fetch:  2A              ; LD A,(HL+)     the next byte to A
        CB 7C           ; BIT 7,H
        C8              ; RET Z
        F5              ; PUSH AF        behind the window: its start, one bank on
        26 40           ; LD H,$40
        FA @bank        ; LD A,(bank)
        3C              ; INC A
        EA @bank        ; LD (bank),A
        EA 00 20        ; LD ($2000),A
        F1              ; POP AF
        C9              ; RET
table:
"""

_MEMORY = {
    "bank": 0xC000, "low": 0xC001, "high": 0xC002,
    "loopb": 0xC003, "loopl": 0xC004, "looph": 0xC005, "wait": 0xC006,
}  # fmt: skip
_SIZES = {"@": 2, "~": 1, "#": 1}


@dataclass(frozen=True, slots=True)
class Player:
    """The code, which ends where the table begins, and the addresses of its labels."""

    code: bytes
    labels: Mapping[str, int]


@cache
def player(songs: int) -> Player:
    """Return the player for 1..255 songs."""
    labels = dict(_MEMORY)
    address = ORIGIN
    for label, tokens in _lines():
        if label:
            labels[label] = address
        address += sum(_SIZES.get(token[0], 1) for token in tokens)
    code = bytearray()
    for _, tokens in _lines():
        for token in tokens:
            code += _token(token, labels, songs, ORIGIN + len(code))
    return Player(bytes(code), labels)


def _lines() -> Iterator[tuple[str, list[str]]]:
    """Yield the label and the words of each line of the listing."""
    for line in _LISTING.splitlines():
        words = line.split(";")[0].split()
        label = words.pop(0).rstrip(":") if words and words[0].endswith(":") else ""
        yield label, words


def _token(token: str, labels: Mapping[str, int], songs: int, here: int) -> bytes:
    """Return the bytes of a token: hex, `#songs`, `@label` (address) or `~label` (distance)."""
    if token == "#songs":  # noqa: S105
        return bytes((songs,))
    if token[0] == "@":
        return labels[token[1:]].to_bytes(2, "little")
    if token[0] == "~":
        return (labels[token[1:]] - here - 1).to_bytes(1, "little", signed=True)
    return bytes.fromhex(token)
