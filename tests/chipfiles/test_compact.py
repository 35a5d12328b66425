"""The compact register log: the registers come back, damage is refused, repeats are stored once."""

from __future__ import annotations

import pytest
from hypothesis import given

from chipassets.chipfiles import decode_compact, encode_compact, encode_vgm
from chipassets.chipfiles.vgm import VgmTags
from chipassets.chips import dmcbank
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from tests.chipfiles.material import APU, DMG, busy_log, logs, refuses_damage, tune_log


def encode(log: RegisterLog) -> bytes:
    return encode_compact(log, filter_name="famicom", gain=4096, samples=44_100)


@given(logs("nes", APU) | logs("gameboy", DMG))
def test_logs_come_back(log: RegisterLog) -> None:
    assert decode_compact(encode(log))[1] == log


@pytest.mark.parametrize("chip", ["nes", "gameboy"])
def test_a_log_with_writes_everywhere_comes_back(chip: str) -> None:
    log = busy_log(chip, 60, 7)
    assert decode_compact(encode(log))[1] == log


def test_the_header_says_how_it_is_played() -> None:
    layers = [["triangle"], ["pulse1", "noise"]]
    log = tune_log(loop_start_bar=1)
    data = encode_compact(log, filter_name="nes", gain=5000, samples=7, layers=layers)
    header, _ = decode_compact(data)
    assert header == {
        "chip": "nes", "filter": "nes", "gain": 5000, "samples": 7, "layers": layers,
        "frames": len(log.frames), "loop": log.loop_start_frame,
    }  # fmt: skip


def test_samples_are_in_the_file() -> None:
    log = tune_log(drums="dmc")
    clips = decode_compact(encode(log))[0]["clips"]
    kick = dmcbank.clips()["kick"]
    address, length = kick.registers
    start = address * dmcbank.ALIGNMENT
    wanted = log.samples[start : start + 16 * length + 1]
    assert clips[f"{address} {length}"] == wanted.hex()


@pytest.mark.parametrize("chip", ["nes", "gameboy"])
def test_what_repeats_is_stored_once(chip: str) -> None:
    four, eight = (tune_log(bars, chip=chip) for bars in (4, 8))
    assert len(encode(eight)) < 1.25 * len(encode(four))
    # A section that is heard again has another colour, so not all of it repeats.
    assert len(encode(eight)) < 0.155 * len(encode_vgm(eight, VgmTags("", "", "")).data)


def test_a_damaged_file_is_refused() -> None:
    refuses_damage(encode(tune_log(2)), decode_compact)


def test_only_chips_that_the_page_plays_are_taken() -> None:
    with pytest.raises(RenderError, match="plays nes and gameboy, not snes"):
        encode(RegisterLog("snes", ((),), None))
