"""The SNES's samples and voices, as an emulator of its sound chip plays them (libgme)."""

from __future__ import annotations

import ctypes
import ctypes.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.chips.brr import decode_brr, encode_brr
from chipassets.chips.registers import RegisterLog
from chipassets.chips.soundbank import drum_source, sources, wave_source
from chipassets.render.dsp import Registers, play_voices
from tests.render.test_snes import DSP_HZ, tone

_DIRECTORY, _SAMPLES = 0x3000, 0x4000


def spc(log: RegisterLog, number: int) -> bytes:
    """A snapshot of the console's sound memory: the registers, one source, a program that waits."""
    registers = bytearray(128)
    for write in log.frames[0]:
        registers[write.address] = write.value
    registers[0x5D], registers[0x6C], registers[0x6D] = _DIRECTORY >> 8, 0x20, 0xC0
    source = sources()[number]
    memory = bytearray(1 << 16)
    memory[0x200:0x202] = b"\x2f\xfe"  # a branch to itself
    loop = _SAMPLES + (source.loop_start or 0) // 16 * 9
    entry = _SAMPLES.to_bytes(2, "little") + loop.to_bytes(2, "little")
    memory[_DIRECTORY + 4 * number : _DIRECTORY + 4 * number + 4] = entry
    memory[_SAMPLES : _SAMPLES + len(source.packed)] = source.packed
    head = bytearray(0x100)
    head[:37] = b"SNES-SPC700 Sound File Data v0.30\x1a\x1a\x1b\x1e"
    head[0x25:0x27], head[0x2B] = b"\x00\x02", 0xEF
    return bytes(head + memory + registers + bytes(128))


def played_by_libgme(data: bytes, samples: int) -> NDArray[np.float64]:
    """The left side at the chip's own rate, without the player's own filter."""
    gme = ctypes.CDLL(str(ctypes.util.find_library("gme")))
    player = ctypes.c_void_p()
    assert not gme.gme_open_data(data, len(data), ctypes.byref(player), DSP_HZ)
    gme.gme_enable_accuracy(player, 0)
    gme.gme_ignore_silence(player, 1)
    gme.gme_start_track(player, 0)
    buffer = (ctypes.c_int16 * (2 * samples))()
    gme.gme_play(player, 2 * samples, buffer)
    gme.gme_delete(player)
    return np.array(buffer, dtype=np.float64)[::2]


def our_voice(log: RegisterLog, samples: int) -> NDArray[np.float64]:
    """The left side before it is resampled."""
    (heard,) = play_voices(log.frames[:1], [0, samples], Registers())
    return heard[0, : samples - 80]


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
@pytest.mark.parametrize(
    ("number", "pitch"),
    [
        (wave_source("reed", 0, 60), 0x1000),
        (wave_source("pad", 0, 70), 0x0B37),
        (wave_source("thin", 0, 95), 0x3F11),
        (drum_source("kick"), 0x1000),
        (drum_source("snare"), 0x1000),
    ],
)
def test_a_voice_sounds_as_in_an_emulator(number: int, pitch: int) -> None:
    log = tone(pitch, number, volumes=(90, 60))
    ours = our_voice(log, 6_000)
    theirs = played_by_libgme(spc(log, number), 6_100)
    # The emulator's voice begins some samples after the key-on, and is louder by a fixed factor.
    lag = max(range(64), key=lambda n: float(theirs[n : n + len(ours)] @ ours))
    theirs = theirs[lag : lag + len(ours)]
    gain = float(theirs @ ours) / float(ours @ ours)
    assert gain == pytest.approx(1.398, abs=0.005)
    assert np.std(theirs / gain - ours) < 0.003 * np.std(ours)


@given(st.lists(st.integers(-32_000, 32_000), min_size=1, max_size=70))
def test_packed_samples_are_near_the_given_ones(samples: list[int]) -> None:
    packed, loop_start = encode_brr(samples, loops=False)
    assert loop_start is None
    assert len(packed) == -(-len(samples) // 16) * 9
    assert [byte & 3 for byte in packed[::9]] == [0] * (len(packed) // 9 - 1) + [1]
    wanted = np.array(samples + [0] * (-len(samples) % 16))
    error = np.abs(np.array(decode_brr(packed)) - wanted)
    assert error.max() <= 4_800  # half of the coarsest step, and a step short of the top


def test_a_loop_repeats_exactly() -> None:
    for source in sources():
        if source.loop_start is None:
            continue
        again = source.packed[source.loop_start // 16 * 9 :]
        longer = decode_brr(source.packed + again)
        assert longer[len(source.values) :] == source.values[source.loop_start :]


def test_no_samples_and_half_blocks_are_refused() -> None:
    for samples, loops in (([], False), ([1] * 17, True)):
        with pytest.raises(ValueError, match="do not fill"):
            encode_brr(samples, loops=loops)
