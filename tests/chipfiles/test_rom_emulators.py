"""The ROMs in whole emulators (Nestopia, Gambatte): songs, their order, their end, and the keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipassets.arrange import write_registers
from chipassets.chipfiles import cartridge_files, cartridge_song, gather
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument
from tests.chipfiles import libretro
from tests.chipfiles.libretro import RIGHT, START
from tests.render.test_tones import cents

CORES = {"nes": "nestopia", "gameboy": "gambatte"}
FOLDERS = ("/usr/lib/x86_64-linux-gnu/libretro", "/usr/lib/aarch64-linux-gnu/libretro")
A4_HZ, E5_HZ = 440.0, 440.0 * 2 ** (7 / 12)


def core_of(chip: str) -> Path | None:
    places = [Path(folder) / f"{CORES[chip]}_libretro.so" for folder in FOLDERS]
    return next((place for place in places if place.exists()), None)


def held(chip: str, pitch: int, frames: int, loop: int | None) -> ChipSong:
    """One note of a pulse voice, as long as the song."""
    voice = ChipVoice("pulse1", (ChipNote(0, frames, pitch, 12, "steady"),))
    return ChipSong(chip, (voice,), (Instrument("steady"),), frames, 48, loop)


@pytest.mark.parametrize("chip", CORES)
@pytest.mark.slow
def test_the_rom_plays_its_songs_and_obeys_the_keys(tmp_path: Path, chip: str) -> None:
    """A4 loops; right: E5 for 48 frames, then silence; right: A4 again; start: silence."""
    core = core_of(chip)
    if core is None:
        pytest.skip(f"the libretro core {CORES[chip]} is not installed")
    songs = {"loop": held(chip, 69, 96, 0), "once": held(chip, 76, 48, None)}
    album = gather(
        [cartridge_song(song, write_registers(song), name) for name, song in songs.items()],
        chip, "A Game",
    )  # fmt: skip
    suffix = {"nes": "nes", "gameboy": "gb"}[chip]
    rom, out = tmp_path / f"album.{suffix}", tmp_path / "heard.wav"
    rom.write_bytes(cartridge_files(album, chip)[rom.name])
    keys = [f"200:{RIGHT}", f"320:{RIGHT}", f"420:{START}"]
    program = [sys.executable, libretro.__file__, str(core), str(rom), "480", str(out), *keys]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    sides, rate_hz = soundfile.read(out)
    mono, frame = sides.mean(axis=1), len(sides) / 480

    def between(first: int, last: int) -> NDArray[np.float64]:
        found: NDArray[np.float64] = mono[round(first * frame) : round(last * frame)]
        return found

    def loudness(first: int, last: int) -> float:
        """Of the steps between samples, which leave out a mean that the console lets fade."""
        return float(np.std(np.diff(between(first, last))))

    def off(first: int, last: int, wanted: float) -> float:
        """Cents between the highest line near a pitch and the pitch."""
        part = between(first, last)
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 20))
        hz = np.arange(len(power)) * rate_hz / (1 << 20)
        near = (hz > wanted * 0.95) & (hz < wanted * 1.05)
        return cents(float(hz[near][power[near].argmax()]), wanted)

    loud = loudness(20, 190)
    assert loud > 0.001
    # Round the loop at frame 96, the note goes on.
    assert loudness(90, 110) == pytest.approx(loud, rel=0.1)
    assert abs(off(20, 190, A4_HZ)) < 5
    assert abs(off(206, 246, E5_HZ)) < 5
    assert loudness(270, 318) < 0.02 * loud
    assert abs(off(330, 415, A4_HZ)) < 5
    assert loudness(445, 480) < 0.02 * loud
