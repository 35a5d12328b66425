"""The least of a libretro frontend: a core plays a ROM with keys pressed, and its sound is kept.

libretro.h, "libretro API": numbers of the environment calls, of the keys and of the devices. It
runs as a program of its own, `python libretro.py CORE ROM FRAMES OUT [FRAME:KEY ...]`, since a core
keeps its state in globals and a fault of it would end the tests.
"""

from __future__ import annotations

import ctypes as c
import sys
from pathlib import Path

import numpy as np
import soundfile

START, RIGHT = 3, 7
_HELD_FRAMES = 4
_JOYPAD = 1
_CAN_DUPE, _SYSTEM_FOLDER, _PIXELS, _SAVE_FOLDER = 3, 9, 10, 31


class _Game(c.Structure):
    _fields_ = (("path", c.c_char_p), ("data", c.c_void_p), ("size", c.c_size_t),
                ("meta", c.c_char_p))  # fmt: skip


class _Video(c.Structure):
    _fields_ = (("sizes", c.c_uint * 4), ("aspect", c.c_float), ("fps", c.c_double),
                ("rate_hz", c.c_double))  # fmt: skip


def play(core: str, rom: Path, frames: int, presses: list[tuple[int, int]], out: Path) -> None:
    """Write what the core sounds like as a WAV; keys are held for four frames."""
    library = c.CDLL(core)
    heard: list[np.ndarray] = []
    now = 0

    def environment(call: int, data: int) -> bool:
        if call == _CAN_DUPE:
            c.cast(data, c.POINTER(c.c_bool))[0] = True
        if call in (_SYSTEM_FOLDER, _SAVE_FOLDER):
            c.cast(data, c.POINTER(c.c_char_p))[0] = str(out.parent).encode()
        return call in (_CAN_DUPE, _SYSTEM_FOLDER, _PIXELS, _SAVE_FOLDER)

    def batch(data: object, count: int) -> int:
        heard.append(np.ctypeslib.as_array(data, (2 * count,)).copy())
        return count

    def state(port: int, device: int, index: int, key: int) -> int:
        del device, index
        held = [own for frame, own in presses if frame <= now < frame + _HELD_FRAMES]
        return int(not port and key in held)

    number = c.c_uint
    calls = {
        "environment": c.CFUNCTYPE(c.c_bool, number, c.c_void_p)(environment),
        "video_refresh": c.CFUNCTYPE(None, c.c_void_p, number, number, c.c_size_t)(lambda *_: None),
        "audio_sample": c.CFUNCTYPE(None, c.c_int16, c.c_int16)(
            lambda left, right: heard.append(np.array([left, right], np.int16))
        ),
        "audio_sample_batch": c.CFUNCTYPE(c.c_size_t, c.POINTER(c.c_int16), c.c_size_t)(batch),
        "input_poll": c.CFUNCTYPE(None)(lambda: None),
        "input_state": c.CFUNCTYPE(c.c_int16, number, number, number, number)(state),
    }
    for name, call in calls.items():
        getattr(library, f"retro_set_{name}")(call)
    library.retro_init()
    data = rom.read_bytes()
    kept = c.create_string_buffer(data, len(data))
    game = _Game(str(rom).encode(), c.cast(kept, c.c_void_p), len(data), None)
    library.retro_load_game.restype = c.c_bool
    if not library.retro_load_game(c.byref(game)):
        sys.exit("the core refuses the ROM")
    library.retro_set_controller_port_device(0, _JOYPAD)
    video = _Video()
    library.retro_get_system_av_info(c.byref(video))
    for now in range(frames):  # noqa: B007 - `state` reads it
        library.retro_run()
    sides = np.concatenate(heard).reshape(-1, 2)
    soundfile.write(out, sides, round(video.rate_hz), subtype="PCM_16")


if __name__ == "__main__":
    pressed = [(int(frame), int(key)) for frame, key in (item.split(":") for item in sys.argv[5:])]
    play(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), pressed, Path(sys.argv[4]))
