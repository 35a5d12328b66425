"""A throwaway NSF of a register log, so that an independent player can be asked how it sounds.

Every frame becomes straight 6502 code that does the frame's writes, and then points the play
routine at the next frame. It holds ten seconds or so, which is all a comparison needs.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.chips.registers import RegisterLog

_LOAD = 0x8000
_FIRST_FRAME = 0x8010


def frame_code(log: RegisterLog, frames: int) -> bytes:
    """LDA #value, STA address for each write; then the next frame's address to $00; RTS."""
    code = b""
    for number in range(frames):
        writes = log.frames[number] if number < len(log.frames) else ()
        own = b"".join(struct.pack("<BBBH", 0xA9, w.value, 0x8D, w.address) for w in writes)
        following = _FIRST_FRAME + len(code) + len(own) + 9
        own += bytes((0xA9, following & 0xFF, 0x85, 0x00, 0xA9, following >> 8, 0x85, 0x01, 0x60))
        code += own
    return code + b"\x60"


def nsf(log: RegisterLog, frames: int) -> bytes:
    """Return an NSF that writes the first frames of the log."""
    first = struct.pack("<H", _FIRST_FRAME)
    init = bytes((0xA9, first[0], 0x85, 0x00, 0xA9, first[1], 0x85, 0x01, 0x60))
    entry = b"\x6c\x00\x00" + init  # play: JMP ($0000)
    code = entry.ljust(_FIRST_FRAME - _LOAD, b"\xea") + frame_code(log, frames)
    assert len(code) < 0x7FF0, "too much for 32 KiB"
    header = b"NESM\x1a\x01\x01\x01" + struct.pack("<HHH", _LOAD, _LOAD + 3, _LOAD)
    header += (
        bytes(96) + struct.pack("<H", 16_639) + bytes(8) + struct.pack("<H", 19_997) + bytes(6)
    )
    return header + code


_GBS_LOAD = 0x0400


def gbs(log: RegisterLog, frames: int) -> bytes:
    """Return a GBS whose play routine does the writes of one frame after the other.

    LD A, value; LDH (address), A for each write; the next frame's address is kept at $C000.
    """
    play_code = bytes((0xFA, 0x00, 0xC0, 0x6F, 0xFA, 0x01, 0xC0, 0x67, 0xE9))
    first = _GBS_LOAD + len(play_code) + 11
    init = _point_to(first)
    code = b""
    for number in range(frames):
        writes = log.frames[number] if number < len(log.frames) else ()
        own = b"".join(bytes((0x3E, w.value, 0xE0, w.address & 0xFF)) for w in writes)
        code += own + _point_to(first + len(code) + len(own) + 11)
    header = struct.pack("<3sBBB", b"GBS", 1, 1, 1)
    header += struct.pack("<HHHHBB", _GBS_LOAD, _GBS_LOAD + 9, _GBS_LOAD, 0xFFFE, 0, 0) + bytes(96)
    return header + play_code + init + code + b"\xc9"


def _point_to(address: int) -> bytes:
    """LD A, low; LD ($C000), A; LD A, high; LD ($C001), A; RET: eleven bytes."""
    low, high = address & 0xFF, address >> 8
    return bytes((0x3E, low, 0xEA, 0x00, 0xC0, 0x3E, high, 0xEA, 0x01, 0xC0, 0xC9))


def play(path: Path, seconds: float, voice: int | None) -> NDArray[np.float64]:
    """Return what libgme plays of the file at 44.1 kHz, one voice or all of them."""
    name = ctypes.util.find_library("gme")
    assert name
    gme = ctypes.CDLL(name)
    handle = ctypes.c_void_p()
    assert not gme.gme_open_file(str(path).encode(), ctypes.byref(handle), 44_100)
    gme.gme_ignore_silence(handle, 1)
    if voice is not None:
        gme.gme_mute_voices(handle, 0xFF & ~(1 << voice))
    assert not gme.gme_start_track(handle, 0)
    count = 2 * int(seconds * 44_100)
    buffer = (ctypes.c_int16 * count)()
    assert not gme.gme_play(handle, count, buffer)
    gme.gme_delete(handle)
    stereo: NDArray[np.int16] = np.frombuffer(bytes(buffer), dtype=np.int16)
    return stereo[::2].astype(np.float64)
