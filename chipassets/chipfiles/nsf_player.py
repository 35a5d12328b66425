"""The player inside an NSF: 6502 code that plays a stream, one frame per call.

Code and song tables are in bank 0 at $8000. The stream begins in bank 1; the current bank is mapped
at $9000-$9FFF and selected by a write to $5FF9.
"""

from __future__ import annotations

from functools import cache

from chipassets.chipfiles.asm6502 import assemble
from chipassets.chipfiles.assembling import Program
from chipassets.chipfiles.stream import Dialect
from chipassets.chips.registers import Write

ORIGIN = 0x8000
BANK_SIZE = 0x1000
WINDOW = 0x9000
TABLES = ("start_bank", "start_low", "start_high", "loop_bank", "loop_low", "loop_high")
"""Labels of the tables with one byte per song: the starts of its stream and of its loop."""

_VRC6_CODE = 0x20
_VRC6_PORTS = (0x9000, 0x9001, 0x9002, 0x9003, 0xA000, 0xA001, 0xA002, 0xB000, 0xB001, 0xB002)
_APU_CODES = {0x4000 + code: code for code in range(0x18) if code not in (0x14, 0x16)}
_APU_OFF = Write(0x4015, 0)
_VRC6_OFF = (Write(0x9002, 0), Write(0xA002, 0), Write(0xB002, 0))

# A frame has 29780 clocks; a write costs at most 140 of them, and half of the time is spare.
_MOST_WRITES = 100

DIALECTS: dict[str, Dialect] = {
    "nes": Dialect("nes", _APU_CODES, (_APU_OFF,), _MOST_WRITES),
    "nes-vrc6": Dialect(
        "nes-vrc6",
        _APU_CODES | {port: _VRC6_CODE + n for n, port in enumerate(_VRC6_PORTS)},
        (_APU_OFF, *_VRC6_OFF),
        _MOST_WRITES,
    ),
}

_CONSTANTS = {
    "pointer": 0x10,
    "bank": 0x12,
    "wait": 0x13,
    "loop": 0x14,
    "target": 0x17,
    "first_code": _VRC6_CODE,
}

_INIT = """
init:                       ; A holds the number of the song, from 0
        CMP #songs
        BCC known
        LDA #0              ; a number that there is not plays the first
known:  TAX
        LDA start_bank,X
        STA bank
        STA $5FF9
        LDA start_low,X
        STA pointer
        LDA start_high,X
        STA pointer+1
        LDA loop_bank,X
        STA loop
        LDA loop_low,X
        STA loop+1
        LDA loop_high,X
        STA loop+2
        LDA #0
        STA wait
        LDX #$13            ; the chip as after power-on, and no interrupts
hush:   STA $4000,X
        DEX
        BPL hush
        STA $4015
"""

_HUSH_VRC6 = """
        STA $9003
        STA $9002
        STA $A002
        STA $B002
"""

_PLAY = """
        LDA #$40
        STA $4017
        RTS
play:   LDA wait
        BEQ next
        DEC wait
        RTS
next:   JSR fetch
        BMI pause
"""

_BRANCH_VRC6 = """
        CMP #first_code
        BCS extra
"""

_WRITE = """
        TAX
        JSR fetch
        STA $4000,X
        JMP next
"""

_EXTRA_VRC6 = """
extra:  AND #$1F
        TAX
        LDA port_low,X
        STA target
        LDA port_high,X
        STA target+1
        JSR fetch
        LDY #0
        STA (target),Y
        JMP next
"""

_REST = """
pause:  CMP #$FF
        BEQ again
        AND #$7F
        STA wait
        RTS
again:  LDA loop            ; the loop's first frame is played in this same call
        STA bank
        STA $5FF9
        LDA loop+1
        STA pointer
        LDA loop+2
        STA pointer+1
        JMP next
fetch:  LDY #0              ; the next byte to A with its sign in N; X is kept
        LDA (pointer),Y
        INC pointer
        BNE fetched
        INC pointer+1
        LDY pointer+1
        CPY #$A0
        BNE fetched
        LDY #$90            ; behind the window: its start, one bank on
        STY pointer+1
        INC bank
        LDY bank
        STY $5FF9
fetched:
        TAY
        RTS
"""


@cache
def player(songs: int, vrc6: bool) -> Program:
    """Return the player with empty song tables for 1..255 songs; it fits bank 0."""
    parts = [_INIT, _HUSH_VRC6, _PLAY, _BRANCH_VRC6, _WRITE, _EXTRA_VRC6, _REST]
    if not vrc6:
        parts = [_INIT, _PLAY, _WRITE, _REST]
    else:
        lows = ",".join(str(port & 0xFF) for port in _VRC6_PORTS)
        highs = ",".join(str(port >> 8) for port in _VRC6_PORTS)
        parts.append(f"port_low: .byte {lows}\nport_high: .byte {highs}\n")
    tables = "\n".join(f"{name}: .res songs" for name in TABLES)
    return assemble("".join(parts) + tables, {"CODE": ORIGIN}, {**_CONSTANTS, "songs": songs})
