"""VGM: the registers and tags come back, and the times are right."""

from __future__ import annotations

import shutil
import struct
import subprocess
from ctypes.util import find_library
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.chipfiles import VgmTags, decode_vgm, encode_vgm
from chipassets.chips.dmcbank import clips, memory
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from chipassets.render import render_log
from tests.chip_music import CPU_HZ, solo, tone_log
from tests.chipfiles.material import APU, DMG, logs, refuses_damage, tune_log
from tests.render.nsf_probe import nsf, play
from tests.render.test_libgme import FRAMES, LIBGME_TUNING, VOICES, level_ratios
from tests.render.test_tones import cents, measured_hz

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)


def read_independently(data: bytes) -> tuple[list[tuple[int, int, int]], int, int]:
    """The writes as (sample, register, value), the samples in all, and of the loop's start."""
    place = 0x34 + struct.unpack_from("<I", data, 0x34)[0]
    loop = struct.unpack_from("<I", data, 0x1C)[0]
    now, loop_now, found = 0, -1, []
    if data[place : place + 3] == b"\x67\x66\xc2":
        (size,) = struct.unpack_from("<I", data, place + 3)
        assert data[place + 7 : place + 9] == b"\x00\xc0"
        assert data[place + 9 : place + 7 + size] == memory(clips().values())
        place += 7 + size
    while data[place] != 0x66:
        if loop and place == loop + 0x1C:
            loop_now = now
        if data[place] in (0xB3, 0xB4):
            found.append((now, data[place + 1], data[place + 2]))
        else:
            assert data[place] == 0x61
            now += int.from_bytes(data[place + 1 : place + 3], "little")
        place += 3
    assert data[place + 1 : place + 5] == b"Gd3 "
    return found, now, loop_now


@given(logs("nes", APU) | logs("gameboy", DMG), st.builds(VgmTags, words, words, words, words))
def test_logs_and_tags_come_back(log: RegisterLog, tags: VgmTags) -> None:
    file = decode_vgm(encode_vgm(log, tags).data)
    assert file.log == log
    system = "Nintendo NES" if log.chip == "nes" else "Nintendo Game Boy"
    assert file.tags == replace(tags, system=system)


@pytest.mark.parametrize("drums", ["noise", "dmc"])
@pytest.mark.parametrize("loop_start_bar", [None, 0, 3])
def test_every_write_is_at_its_frames_sample(loop_start_bar: int | None, drums: str) -> None:
    log = tune_log(8, loop_start_bar, drums=drums)
    assert decode_vgm(encode_vgm(log).data).log == log
    found, total, loop = read_independently(encode_vgm(log).data)
    per_frame = 44_100 * 29_780.5 * 132 / 236_250_000
    wanted = [
        (round(frame * per_frame), write.address - 0x4000, write.value)
        for frame, writes in enumerate(log.frames)
        for write in writes
    ]
    assert found == wanted
    assert total == round(len(log.frames) * per_frame)
    data = encode_vgm(log).data
    assert struct.unpack_from("<I", data, 0x18)[0] == total
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 4
    if log.loop_start_frame is None:
        assert loop == -1
    else:
        assert loop == round(log.loop_start_frame * per_frame)
        assert struct.unpack_from("<I", data, 0x20)[0] == total - loop


def log_of_writes(data: bytes) -> RegisterLog:
    """The NES file's writes, frame by frame, by the independent reader."""
    found, total, _ = read_independently(data)
    per_frame = 44_100 * 29_780.5 * 132 / 236_250_000
    frames: list[list[Write]] = [[] for _ in range(round(total / per_frame))]
    for sample, register, value in found:
        frames[round(sample / per_frame)].append(Write(0x4000 + register, value))
    return RegisterLog("nes", tuple(map(tuple, frames)), None)


@pytest.mark.skipif(not find_library("gme"), reason="libgme is not installed")
@pytest.mark.parametrize("voice", VOICES[:3])
def test_an_emulator_plays_each_voice_of_a_vgm_as_we_render_it(tmp_path: Path, voice: str) -> None:
    """No player here reads NES VGM: what the file holds goes to libgme's 2A03 another way."""
    log = tune_log(8, None)
    heard = log_of_writes(encode_vgm(log).data)
    (tmp_path / "heard.nsf").write_bytes(nsf(heard, FRAMES))
    theirs = play(tmp_path / "heard.nsf", FRAMES / 60.1, VOICES.index(voice))
    ours = render_log(solo(log, voice)).samples[: len(theirs)].astype(np.float64)
    ratios = level_ratios(ours, theirs)
    assert len(ratios) > 10
    assert np.abs(np.percentile(ratios, [25, 75]) / np.median(ratios) - 1).max() < 0.06
    tone = tone_log(voice, 253, 0xFF if voice == "triangle" else 0xBF)
    (tmp_path / "tone.nsf").write_bytes(nsf(log_of_writes(encode_vgm(tone).data), 120))
    expected = CPU_HZ / 254 / (32 if voice == "triangle" else 16)
    hz = measured_hz(render_log(tone).samples.astype(np.float64), expected)
    their_hz = measured_hz(play(tmp_path / "tone.nsf", 1.9, VOICES.index(voice)), expected)
    assert abs(cents(hz, their_hz * LIBGME_TUNING)) < 0.5


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_ffprobe_reads_the_tags(tmp_path: Path) -> None:
    path = tmp_path / "song.vgm"
    path.write_bytes(encode_vgm(tune_log(), VgmTags(title="Cave", game="Demo")).data)
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format_tags", str(path)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Cave" in shown
    assert "Demo" in shown


@pytest.mark.parametrize(
    ("log", "named"),
    [
        (RegisterLog("nes-vrc6", ((),), None), "NSF holds the VRC6"),
        (RegisterLog("nes", (), None), "0 frames"),
        (RegisterLog("nes", ((),), 1), "frame 1"),
        (RegisterLog("nes", ((Write(0x9000, 1),),), None), r"\$9000"),
    ],
)
def test_what_vgm_cannot_hold_is_refused(log: RegisterLog, named: str) -> None:
    with pytest.raises(RenderError, match=named):
        encode_vgm(log)


def test_damage_is_refused() -> None:
    refuses_damage(encode_vgm(tune_log(1), VgmTags(title="Song")).data, decode_vgm)
