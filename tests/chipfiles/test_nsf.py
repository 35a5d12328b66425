"""NSF: the registers come back, from our reader and from a 6502 that plays the file."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given

from chipassets.chipfiles import decode_nsf, encode_nsf, encode_nsfe
from chipassets.chips.dmcbank import clips
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from tests.chipfiles.material import APU, VRC6, busy_log, logs, refuses_damage, tune_log


def one(log: RegisterLog) -> bytes:
    return encode_nsf([(log, "song")], title="Song").data


def played(log: RegisterLog, frame: int) -> tuple[Write, ...]:
    """What the log says for a frame, through the loop, or after the end: the chip falls silent."""
    count = len(log.frames)
    if frame < count:
        return log.frames[frame]
    if log.loop_start_frame is not None:
        start = log.loop_start_frame
        return log.frames[start + (frame - count) % (count - start)]
    off = [Write(0x4015, 0)]
    if log.chip == "nes-vrc6":
        off += [Write(0x9002, 0), Write(0xA002, 0), Write(0xB002, 0)]
    return tuple(off) if frame == count else ()


@given(logs())
def test_logs_come_back(log: RegisterLog) -> None:
    assert decode_nsf(one(log)).logs == (log,)


@given(logs("nes-vrc6", APU + VRC6))
def test_vrc6_logs_come_back(log: RegisterLog) -> None:
    assert decode_nsf(one(log)).logs == (log,)


@pytest.mark.parametrize(
    ("made", "banks"),
    [
        (lambda: tune_log(8, 2), 1),
        (lambda: tune_log(2, None), 1),
        (lambda: tune_log(4, 1, "nes-vrc6"), 1),
        (lambda: tune_log(8, 2, drums="dmc"), 2),
        (lambda: tune_log(4, None, "nes-vrc6", drums="dmc"), 2),
        (lambda: busy_log("nes", 700, 333), 4),
        (lambda: busy_log("nes-vrc6", 500, 0), 3),
        (lambda: busy_log("nes-vrc6", 40, None), 1),
        (lambda: RegisterLog("nes", ((Write(0x4015, 15),), *((),) * 400), 200), 1),
    ],
)
@pytest.mark.default_cases(2)
def test_a_6502_sees_every_frame_and_the_loop(made: Callable[[], RegisterLog], banks: int) -> None:
    pytest.importorskip("py65")
    from tests.chipfiles.console import Console

    log = made()
    data = one(log)
    assert len(data) > 0x1080 + (banks - 1) * 0x1000
    console = Console(data)
    power_on = console.start(0)
    assert set(power_on) >= {Write(0x4015, 0), Write(0x4017, 0x40)}
    assert any(write.address == 0x9003 for write in power_on) == (log.chip == "nes-vrc6")
    longest = 0
    for frame in range(2 * len(log.frames) + 10):
        before = console.clocks
        assert console.frame() == played(log, frame), f"frame {frame}"
        longest = max(longest, console.clocks - before)
    assert longest < 29_780 // 2


def test_an_album_plays_each_song() -> None:
    pytest.importorskip("py65")
    from tests.chipfiles.console import Console

    songs = [tune_log(4, 1), busy_log("nes", 300, 7), tune_log(1, None), busy_log("nes", 5, 0, 9)]
    data = encode_nsf([(log, str(n)) for n, log in enumerate(songs)], title="Album").data
    assert decode_nsf(data).logs == tuple(songs)
    console = Console(data)
    assert console.songs == len(songs)
    for number in (0, 1, 2, 3, 1, 0, 200):
        log = songs[number] if number < 4 else songs[0]
        console.start(number)
        for frame in range(min(2 * len(log.frames), 400)):
            assert console.frame() == played(log, frame), f"song {number}, frame {frame}"


@pytest.mark.parametrize("songs", [1, 3])
def test_samples_lie_where_the_registers_point(songs: int) -> None:
    pytest.importorskip("py65")
    from tests.chipfiles.console import Console

    logs = [tune_log(4), *(tune_log(40, 1, drums="dmc") for _ in range(songs - 1))]
    logs += [tune_log(4, drums="dmc")]
    data = encode_nsf([(log, str(n)) for n, log in enumerate(logs)], title="Drums").data
    console = Console(data)
    for song in range(len(logs)):
        console.start(song)
        for frame in range(300):
            assert console.frame() == played(logs[song], frame)
        for clip in clips().values():
            seen = bytes(console[clip.address + n] for n in range(len(clip.packed)))
            assert seen == clip.packed


def test_a_file_without_samples_has_no_bank_for_them() -> None:
    assert one(tune_log(4))[0x70:0x78] == bytes((0, 1, 0, 0, 0, 0, 0, 0))


def test_the_most_writes_of_a_frame_fit_it() -> None:
    pytest.importorskip("py65")
    from tests.chipfiles.console import Console

    writes = (Write(0x9000, 1),) * 100
    console = Console(one(RegisterLog("nes-vrc6", (writes,) * 3, 0)))
    console.start(0)
    before = console.clocks
    assert console.frame() == writes
    assert console.clocks - before < 29_780 // 2


def test_the_header_holds_addresses_texts_and_rates() -> None:
    file = encode_nsf(
        [(tune_log(), "x")], title="Über\nMut", author="A" * 40, copyright_line="© 2026 Zoë"
    )
    assert file.data[:8] == b"NESM\x1a\x02\x01\x01"
    assert file.data[0x0E:0x2E] == b"Uber?Mut".ljust(32, b"\0")
    assert file.data[0x2E:0x4E] == b"A" * 31 + b"\0"
    assert file.data[0x4E:0x6E] == b"(C) 2026 Zoe".ljust(32, b"\0")
    assert [item.reason.split()[0] for item in file.dropped] == ["title", "author", "copyright"]
    read = decode_nsf(file.data)
    assert (read.title, read.copyright) == ("Uber?Mut", "(C) 2026 Zoe")
    plain = encode_nsf([(tune_log(), "x")], title="Plain")
    assert not plain.dropped
    assert decode_nsf(plain.data).author == ""


@cache
def album() -> list[tuple[RegisterLog, str]]:
    return [
        (tune_log(4), "Die große Reise, Teil 1"), (tune_log(6, 2), "b"), (tune_log(3, None), "c")
    ]  # fmt: skip


def chunks_of(data: bytes, start: int) -> dict[str, bytes]:
    """An independent reader of NSFe's chunks."""
    found, at = {}, start
    while "NEND" not in found:
        (size,) = struct.unpack_from("<I", data, at)
        found[data[at + 4 : at + 8].decode()] = data[at + 8 : at + 8 + size]
        at += 8 + size
    assert at == len(data)
    return found


def check_songs(found: dict[str, bytes]) -> None:
    assert found["tlbl"].decode().split("\0") == [*(name for _, name in album()), ""]
    times, fades = (struct.unpack("<3i", found[name]) for name in ("time", "fade"))
    for (log, _), play_ms, fade_ms in zip(album(), times, fades, strict=True):
        start = log.loop_start_frame
        turns = len(log.frames) if start is None else 2 * len(log.frames) - start
        assert play_ms == pytest.approx(turns * 1000 / 60.0988, abs=1)
        assert fade_ms == (0 if start is None else 8_000)


def test_titles_lengths_and_fades_stand_behind_the_data() -> None:
    data = encode_nsf(album(), title="Album").data
    size = int.from_bytes(data[0x7D:0x80], "little")
    check_songs(chunks_of(data, 0x80 + size))
    assert decode_nsf(data).titles == tuple(name for _, name in album())


def test_nsfe_needs_only_chunks_that_every_player_knows() -> None:
    """A chunk whose name begins with a capital letter must be known; Mednafen refuses `RATE`."""
    data = encode_nsfe(album(), title="Album").data
    names, at = [], 4
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode("ascii"))
        at += 8 + int.from_bytes(data[at : at + 4], "little")
    assert [name for name in names if name[0].isupper()] == ["INFO", "BANK", "DATA", "NEND"]


def test_nsfe_holds_the_same_program() -> None:
    asked = {"title": "A very long title of an album", "game": "Game", "author": "Zoë"}
    data, plain = encode_nsfe(album(), **asked).data, encode_nsf(album(), **asked).data
    assert data[:4] == b"NSFE"
    found = chunks_of(data, 4)
    check_songs(found)
    size = int.from_bytes(plain[0x7D:0x80], "little")
    assert found["DATA"] == plain[0x80 : 0x80 + size]
    assert found["BANK"] == plain[0x70:0x78]
    assert found["INFO"] == plain[8:14] + bytes((0, 0, 3, 0))
    assert found["auth"].decode() == "Game: A very long title of an album\0Zoë\0\0\0"


@pytest.mark.parametrize(
    ("log", "named"),
    [
        (RegisterLog("nes", (), None), "0 frames"),
        (RegisterLog("nes", ((),), 1), "frame 1"),
        (RegisterLog("nes", ((Write(0x4014, 1),),), None), r"\$4014"),
        (RegisterLog("nes", ((Write(0x9000, 1),),), None), r"\$9000"),
        (RegisterLog("nes", ((Write(0x4000, 256),),), None), "256"),
        (RegisterLog("nes", ((Write(0x4000, 1),) * 101,), None), "101 writes"),
        (RegisterLog("gameboy", ((),), None), "gameboy"),
    ],
)
def test_what_the_player_cannot_play_is_refused(log: RegisterLog, named: str) -> None:
    with pytest.raises(RenderError, match=named):
        one(log)


def test_too_much_and_too_many_are_refused() -> None:
    big = RegisterLog("nes", ((Write(0x4000, 1),) * 90,) * 6_000, 0)
    with pytest.raises(RenderError, match="266 banks"):
        one(big)
    with pytest.raises(RenderError, match="0"):
        encode_nsf([], title="x")
    with pytest.raises(RenderError, match="256"):
        encode_nsf([(tune_log(1), "x")] * 256, title="x")
    vrc6 = replace(tune_log(1), chip="nes-vrc6")
    with pytest.raises(RenderError, match="one chip"):
        encode_nsf([(tune_log(1), "a"), (vrc6, "b")], title="x")


@pytest.mark.parametrize("made", [lambda: tune_log(2), lambda: busy_log("nes-vrc6", 30, 3)])
def test_damage_is_refused(made: Callable[[], RegisterLog]) -> None:
    refuses_damage(one(made()), decode_nsf)
