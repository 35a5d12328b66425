"""The player inside an SPC: SPC700 code that plays the tokens of `spc_stream`, a frame per tick.

Timer 0 counts 8 kHz down from 133, which is 60.15 ticks per second; the console's picture has
60.10. The instructions are those of anomie's SPC700 document.
"""

from __future__ import annotations

from functools import cache

from chipassets.chipfiles.spc_stream import COPIES, LONG_COPY, REGISTERS, SHORTEST_COPY

ORIGIN = 0x0200
TIMER_TARGET = 133
POINTER, LOOP, WAIT, BACK, LEFT, SOURCE = 0x10, 0x12, 0x14, 0x15, 0x17, 0x18
"""Zero-page addresses: the position in the music, its loop start, the frames to wait; and where a
copy returns to, how many tokens it has left and one, and where it comes from."""

FREQUENT_REGISTERS, FREQUENT_VALUES = 0x0100, 0x0170
"""The tables of the most frequent writes."""

COPY_LENGTHS = 0x0280
"""The table of what a code copies, in tokens and one; 0 for a register."""

_FOLLOWS = 0xFF
"""The length of a copy whose length follows its address."""

STACK_POINTER = 0xEF

# Bytes in hexadecimal; `~name` is the distance to a label.
_LISTING = """
start:  20              ; CLRP
        CD EF           ; MOV X,#$EF
        BD              ; MOV SP,X
        8F 85 FA        ; MOV $FA,#133   timer 0 ticks 60.15 times a second
        8F 01 F1        ; MOV $F1,#1
tick:   E4 FD           ; MOV A,$FD      how often it has ticked since it was read
        F0 ~tick        ; BEQ tick
        E4 14           ; MOV A,wait
        F0 ~next        ; BEQ next
        8B 14           ; DEC wait
        2F ~tick        ; BRA tick
pause:  28 0F           ; AND A,#$0F
        C4 14           ; MOV wait,A
        2F ~tick        ; BRA tick
next:   E4 17           ; MOV A,left
        F0 ~fetch       ; BEQ fetch      no copy is played
        8B 17           ; DEC left
        D0 ~fetch       ; BNE fetch
        BA 15           ; MOVW YA,back   the copy has ended
        DA 10           ; MOVW pointer,YA
fetch:  8D 00           ; MOV Y,#0
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        5D              ; MOV X,A        the sign of the byte
        30 ~high        ; BMI high
        F5 80 02        ; MOV A,lengths+X
        D0 ~copy        ; BNE copy
        D8 F2           ; MOV $F2,X      a register of the S-DSP
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        C4 F3           ; MOV $F3,A      and its value
        2F ~next        ; BRA next
high:   68 90           ; CMP A,#$90
        90 ~pause       ; BCC pause
        68 FF           ; CMP A,#$FF
        F0 ~again       ; BEQ again
        F5 70 00        ; MOV A,registers-$90+X
        C4 F2           ; MOV $F2,A
        F5 E0 00        ; MOV A,values-$90+X
        C4 F3           ; MOV $F3,A
        2F ~next        ; BRA next
copy:   C4 17           ; MOV left,A
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        C4 18           ; MOV source,A
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        C4 19           ; MOV source+1,A
        E4 17           ; MOV A,left
        68 FF           ; CMP A,#$FF     a length that follows
        D0 ~leave       ; BNE leave
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        C4 17           ; MOV left,A
leave:  BA 10           ; MOVW YA,pointer
        DA 15           ; MOVW back,YA
        BA 18           ; MOVW YA,source
        DA 10           ; MOVW pointer,YA
        2F ~next        ; BRA next
again:  BA 12           ; MOVW YA,loop   the loop's first frame is played in this same tick
        DA 10           ; MOVW pointer,YA
        2F ~fetch       ; BRA fetch
"""


@cache
def copy_lengths() -> bytes:
    """Return the table of what each code below $80 copies."""
    table = bytearray(REGISTERS)
    for number, code in enumerate(COPIES):
        table[code] = SHORTEST_COPY + number + 1
    table[LONG_COPY] = _FOLLOWS
    return bytes(table)


@cache
def player() -> bytes:
    """Return the code for its origin."""
    lines = [line.split(";")[0].split() for line in _LISTING.splitlines()]
    labels: dict[str, int] = {}
    size = 0
    for words in lines:
        if words and words[0].endswith(":"):
            labels[words.pop(0).rstrip(":")] = size
        size += len(words)
    code = bytearray()
    for words in lines:
        for word in words:
            if word.startswith("~"):
                distance = labels[word[1:]] - len(code) - 1
                code += distance.to_bytes(1, "little", signed=True)
            else:
                code += bytes.fromhex(word)
    return bytes(code)
