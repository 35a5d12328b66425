"""The player inside an SPC: SPC700 code that plays a stream of S-DSP writes, one frame per tick.

Timer 0 counts 8 kHz down from 133, which is 60.15 ticks per second; the console's picture has
60.10. The instructions are those of anomie's SPC700 document.
"""

from __future__ import annotations

from functools import cache

ORIGIN = 0x0200
TIMER_TARGET = 133
POINTER, LOOP, WAIT = 0x10, 0x12, 0x14
"""Zero-page addresses: the stream position, its loop start, and the frames to wait."""

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
next:   8D 00           ; MOV Y,#0
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        5D              ; MOV X,A        the sign of the byte
        30 ~pause       ; BMI pause
        C4 F2           ; MOV $F2,A      a register of the S-DSP
        F7 10           ; MOV A,[pointer]+Y
        3A 10           ; INCW pointer
        C4 F3           ; MOV $F3,A      and its value
        2F ~next        ; BRA next
pause:  68 FF           ; CMP A,#$FF
        F0 ~again       ; BEQ again
        28 7F           ; AND A,#$7F
        C4 14           ; MOV wait,A
        2F ~tick        ; BRA tick
again:  BA 12           ; MOVW YA,loop   the loop's first frame is played in this same tick
        DA 10           ; MOVW pointer,YA
        2F ~next        ; BRA next
"""


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
