"""Register logs for the chip files' tests, and what Hypothesis may draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.registers import RegisterLog, Write
from chipassets.plan.trackplan import Sound
from tests.chip_music import plan, song

APU = [0x4000 + n for n in range(0x14)] + [0x4015, 0x4017]
VRC6 = [0x9000, 0x9001, 0x9002, 0xA000, 0xA001, 0xA002, 0xB000, 0xB001, 0xB002]
DMG = [0xFF10 + n for n in range(0x30)]


@cache
def tune(
    bars: int = 4,
    loop_start_bar: int | None = 0,
    tempo_millibpm: int = 150_000,
    chip: str = "nes",
    drums: str = "noise",
) -> ChipSong:
    """The tests' melody as the arranger plays it."""
    track = plan(sound=Sound(drums=drums))
    return arrange(song(bars, tempo_millibpm, loop_start_bar), track, chip)


@cache
def tune_log(
    bars: int = 4, loop_start_bar: int | None = 0, chip: str = "nes", drums: str = "noise"
) -> RegisterLog:
    """The melody's registers on a chip."""
    return write_registers(tune(bars, loop_start_bar, chip=chip, drums=drums))


@cache
def busy_log(chip: str, frames: int, loop: int | None, seed: int = 5) -> RegisterLog:
    """Many writes in every frame, so that the data goes through many banks."""
    rng = np.random.default_rng(seed)
    ports = {"nes": APU, "nes-vrc6": APU + VRC6, "gameboy": DMG}[chip]
    rows = tuple(
        tuple(
            Write(int(rng.choice(ports)), int(rng.integers(256)))
            for _ in range(int(rng.integers(30)))
        )
        for _ in range(frames)
    )
    return RegisterLog(chip, rows, loop)


@st.composite
def logs(draw: st.DrawFn, chip: str = "nes", ports: Sequence[int] = APU) -> RegisterLog:
    """Any log: bursts of writes between pauses, looping anywhere or nowhere."""
    write = st.builds(Write, st.sampled_from(ports), st.integers(0, 255))
    burst = st.lists(write, max_size=8).map(tuple)
    frames: list[tuple[Write, ...]] = []
    for writes, pause in draw(
        st.lists(st.tuples(burst, st.integers(0, 300)), min_size=1, max_size=12)
    ):
        frames += [writes, *[()] * pause]
    loop = draw(st.none() | st.integers(0, len(frames) - 1))
    return RegisterLog(chip, tuple(frames), loop)


@st.composite
def chip_songs(draw: st.DrawFn) -> ChipSong:
    """Any song: notes anywhere, on the grid or not, with any macros."""
    value = st.integers(-20, 20)

    def macro(values: st.SearchStrategy[int]) -> Macro:
        items = tuple(draw(st.lists(values, min_size=1, max_size=9)))
        release = draw(st.none() | st.integers(1, len(items)))
        loop = draw(st.none() | st.integers(0, (release or len(items)) - 1))
        return Macro(items, loop, release)

    bank = tuple(
        Instrument(f"i{n}", macro(st.integers(0, 15)), macro(st.integers(0, 3)), macro(value))
        for n in range(3)
    )
    frames = draw(st.integers(1, 700))
    voices = []
    for name in ("pulse1", "pulse2", "triangle", "noise"):
        notes, now = [], 0
        for rest, length in draw(
            st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60)), max_size=12)
        ):
            pitch = draw(st.integers(0, 15) if name == "noise" else st.integers(0, 127))
            instrument = bank[draw(st.integers(0, 2))].name
            notes.append(ChipNote(now + rest, length, pitch, draw(st.integers(0, 15)), instrument))
            now += rest + length
        voices.append(ChipVoice(name, tuple(notes)))
    loop = draw(st.none() | st.integers(0, frames - 1))
    return ChipSong("nes", tuple(voices), bank, frames, draw(st.integers(1, 300)), loop)


def refuses_damage(data: bytes, decode: Callable[[bytes], object], seed: int = 3) -> None:
    """Cut or changed anywhere, the file is refused or read as something, without a crash."""
    rng = np.random.default_rng(seed)
    for cut in (0, 1, 4, 5, 12, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(ValueError, match=r"offset|line"):
            decode(data[:cut])
    with pytest.raises(ValueError, match=r"offset|line"):
        decode(data + b"\0")
    for _ in range(60):
        broken = bytearray(data)
        spot = int(rng.integers(len(data) if rng.integers(2) else min(len(data), 300)))
        broken[spot] = int(rng.integers(256))
        try:
            decode(bytes(broken))
        except ValueError as error:
            assert "offset" in str(error) or "line" in str(error)  # noqa: PT017
