"""VGM: the registers and tags come back, and the times are right."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipassets.chipfiles import VgmTags, decode_vgm, encode_vgm
from chipassets.errors import RenderError
from chipassets.registers import RegisterLog, Write
from tests.chipfiles.material import APU, DMG, logs, refuses_damage, tune_log

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)


def read_independently(data: bytes) -> tuple[list[tuple[int, int, int]], int, int]:
    """The writes as (sample, register, value), the samples in all, and of the loop's start."""
    place = 0x34 + struct.unpack_from("<I", data, 0x34)[0]
    loop = struct.unpack_from("<I", data, 0x1C)[0]
    now, loop_now, found = 0, -1, []
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
@settings(max_examples=40)
def test_logs_and_tags_come_back(log: RegisterLog, tags: VgmTags) -> None:
    file = decode_vgm(encode_vgm(log, tags).data)
    assert file.log == log
    system = "Nintendo NES" if log.chip == "nes" else "Nintendo Game Boy"
    assert file.tags == replace(tags, system=system)


@pytest.mark.parametrize("loop_start_bar", [None, 0, 3])
def test_every_write_is_at_its_frames_sample(loop_start_bar: int | None) -> None:
    log = tune_log(8, loop_start_bar)
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
