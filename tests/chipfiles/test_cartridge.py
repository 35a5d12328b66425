"""The cartridge: players that others run write what the log says, and the ROM plays."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from py65.devices.mpu6502 import MPU

from chipassets.arrange import write_registers
from chipassets.chipfiles import cartridge_files, cartridge_song, encode_cartridge, gather
from chipassets.chipfiles.asm6502 import BRANCHES, OPCODES, SINGLE
from chipassets.chipfiles.cartridge import Song, rom_gameboy, rom_nes
from chipassets.chipfiles.cartridge.blocks import Block, link, place
from chipassets.chipfiles.cartridge.cpu_6502 import Cpu6502
from chipassets.chipfiles.cartridge.cpu_sm83 import CpuSm83
from chipassets.chipfiles.cartridge.songdata import SongData
from chipassets.chipfiles.result import Clocks
from chipassets.chips.chipsong import ChipSong
from chipassets.chips.dmcbank import clips, memory
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import RenderError
from tests.chipfiles.material import chip_songs, tune
from tests.chipfiles.test_gbs import dumped, timed
from tests.laws import share_of_examples

Frames = list[tuple[Write, ...]]
_RETURN = 0x5000
_COLOURS = 32
"""How many bytes of the palette the ROM writes before the screen's."""


class Nes:
    """A 6502 in a memory that a program has from $8000 on; what it writes to the chips is kept."""

    def __init__(self, rom: bytes) -> None:
        self._rom = rom
        self._ram = bytearray(0x800)
        self.writes: list[Write] = []
        self.keys = 0
        self._shift = 0
        self.cpu = MPU(memory=self)

    def __getitem__(self, address: int) -> int:
        if address >= 0x8000:
            return self._rom[address - 0x8000]
        if address == 0x2002:
            return 0x80
        if address == 0x4016:
            self._shift = self._shift << 1
            return self._shift >> 8 & 1
        return self._ram[address & 0x7FF] if address < 0x2000 else 0

    def __setitem__(self, address: int, value: int) -> None:
        if address < 0x2000:
            self._ram[address & 0x7FF] = value
        elif address == 0x4016:
            self._shift = self.keys
        else:
            self.writes.append(Write(address, value))

    def call(self, address: int, a: int = 0, x: int = 0) -> tuple[Write, ...]:
        """Call a routine and return what it wrote."""
        cpu, self.writes = self.cpu, []
        cpu.sp = 0xFF
        cpu.stPushWord(_RETURN - 1)
        cpu.pc, cpu.a, cpu.x = address, a, x
        for _ in range(20_000):
            if cpu.pc == _RETURN:
                return tuple(self.writes)
            cpu.step()
        raise AssertionError("the routine does not return")


def console(song: ChipSong) -> tuple[Nes, int, dict[str, int]]:
    """The player with one song behind it, the song's address, and the player's labels."""
    player = rom_nes.player(hooked=False)
    data = cartridge_song(song, write_registers(song), "tune").data
    start = 0x8000 + len(player.segments["CODE"])
    blocks = data.blocks
    image = player.segments["CODE"] + link(blocks, place(blocks, start))
    return Nes(image.ljust(0x8000, b"\0")), start, dict(player.labels)


def played(song: ChipSong, count: int) -> Frames:
    machine, start, labels = console(song)
    machine.call(labels["music_init"], start & 0xFF, start >> 8)
    return [machine.call(labels["music_play"]) for _ in range(count)]


def wanted(log: RegisterLog, count: int, silence: tuple[Write, ...]) -> Frames:
    """The log's frames with its loop; one that ends is silenced and then does nothing."""
    frames, start = list(log.frames), log.loop_start_frame
    if start is None:
        return [*frames, silence, *[()] * count][:count]
    while len(frames) < count:
        frames += log.frames[start:]
    return frames[:count]


@pytest.mark.parametrize(
    "made",
    [
        lambda: tune(4, 1),
        lambda: tune(2, 0, 97_000),
        lambda: tune(1, None),
        lambda: tune(2, 0, drums="dmc"),
    ],
    ids=["loop", "slow", "once", "samples"],
)
@pytest.mark.default_cases(2)
def test_a_6502_writes_every_frame_through_the_loop(made: Callable[[], ChipSong]) -> None:
    song = made()
    count = 2 * song.frames + 3
    silence = (Write(0x4015, 0),)
    assert played(song, count) == wanted(write_registers(song), count, silence)


@given(chip_songs())
@share_of_examples(0.5)
def test_any_song_is_read_back_from_the_rom(song: ChipSong) -> None:
    log = write_registers(song)
    count = min(song.frames + 40, 400)
    assert played(song, count) == wanted(log, count, (Write(0x4015, 0),))


def test_a_repeat_is_stored_once() -> None:
    once, twice = tune(4, 0), tune(4, 0)
    again = tuple(
        replace(
            voice,
            notes=(
                *voice.notes,
                *(replace(n, start_frame=n.start_frame + once.frames) for n in voice.notes),
            ),
        )
        for voice in twice.voices
    )
    twice = replace(twice, voices=again, frames=2 * once.frames)
    sizes = [cartridge_song(s, write_registers(s), "tune").data.size for s in (once, twice)]
    assert sizes[1] - sizes[0] < 60, sizes


def test_a_voice_muted_for_the_game_comes_back_with_all_registers() -> None:
    machine, start, labels = console(tune(4, 0))
    machine.call(labels["music_init"], start & 0xFF, start >> 8)
    for _ in range(30):
        machine.call(labels["music_play"])
    machine[labels["music_mute"]] = 0b10
    muted = [w for _ in range(90) for w in machine.call(labels["music_play"])]
    assert muted
    assert not [w for w in muted if 0x4004 <= w.address <= 0x4007]
    machine[labels["music_mute"]] = 0
    back = machine.call(labels["music_play"])
    assert {0x4004, 0x4005, 0x4006, 0x4007} <= {w.address for w in back}


def test_the_player_needs_less_than_a_frame() -> None:
    machine, start, labels = console(tune(4, 0, drums="dmc"))
    machine.call(labels["music_init"], start & 0xFF, start >> 8)
    clocks = []
    for _ in range(400):
        before = machine.cpu.processorCycles
        machine.call(labels["music_play"])
        clocks.append(machine.cpu.processorCycles - before)
    assert max(clocks) < 6_000, "a fifth of a frame of 29,780"
    assert sum(clocks) / len(clocks) < 1_500


_MANUAL_CLOCKS = {0xCE: 6}
"""DEC with an absolute address takes 6 clocks (MCS6500 manual, appendix B); py65 counts 3."""


@pytest.mark.parametrize("song", [tune(4, 1), tune(2, 0, drums="dmc"), tune(1, None)])
def test_the_clocks_of_the_nes_are_those_of_another_6502(song: ChipSong) -> None:
    machine, start, labels = console(song)
    for code, clocks in _MANUAL_CLOCKS.items():
        machine.cpu.cycletime = list(machine.cpu.cycletime)
        machine.cpu.cycletime[code] = clocks
    machine.call(labels["music_init"], start & 0xFF, start >> 8)
    spent = []
    for _ in range(song.frames + 1):
        before = machine.cpu.processorCycles
        machine.call(labels["music_play"])
        spent.append(machine.cpu.processorCycles - before)
    found = encode_cartridge(song, write_registers(song), "tune").on_cartridge
    assert found is not None
    assert found.clocks == Clocks(round(sum(spent) / len(spent)), max(spent))


def test_our_6502_agrees_with_another_in_every_instruction() -> None:
    """One after another, from the same registers: the same result, flags, memory and clocks."""
    rng = np.random.default_rng(5)
    codes = [code for (name, _), code in OPCODES.items() if name not in ("bit", "jmp", "jsr")]
    left = {"brk", "cld", "cli", "clv", "php", "plp", "rti", "rts", "sed", "sei", "tsx", "txs"}
    codes += [code for name, code in SINGLE.items() if name not in left]
    codes += [code for name, code in BRANCHES.items() if name not in ("bvc", "bvs")]
    for code in codes:
        for _ in range(12):
            memory = bytearray(rng.integers(0, 256, 0x10000, dtype=np.uint8))
            at = 0x8000 + int(rng.integers(0, 256))
            memory[at] = code
            a, x, y, carry, result = (int(value) for value in rng.integers(0, 256, 5))
            ours = Cpu6502(bytearray(memory))
            ours.a, ours.x, ours.y, ours.carry, ours.result = a, x, y, carry & 1, result
            theirs = MPU(memory=bytearray(memory))
            theirs.a, theirs.x, theirs.y, theirs.pc = a, x, y, at
            theirs.p = (carry & 1) | (0 if result else 2) | (result & 0x80)
            following = ours.decode(at)()
            before = theirs.processorCycles
            theirs.step()
            clocks = _MANUAL_CLOCKS.get(code, theirs.processorCycles - before)
            assert (ours.a, ours.x, ours.y) == (theirs.a, theirs.x, theirs.y), hex(code)
            assert following == theirs.pc
            assert ours.carry == theirs.p & 1, hex(code)
            # The stack pointer starts elsewhere.
            assert ours.memory[0x200:] == theirs.memory[0x200:], hex(code)
            assert ours.memory[:0x100] == theirs.memory[:0x100], hex(code)
            assert ours.clocks == clocks, hex(code)
            if theirs.p & 2:
                assert ours.result == 0, hex(code)
            else:
                assert ours.result, hex(code)
                assert ours.result >> 7 == theirs.p >> 7, hex(code)


def test_a_program_that_is_not_a_players_is_refused() -> None:
    endless = bytearray(0x10000)
    endless[0x8000:0x8003] = bytes((0x4C, 0x00, 0x80))
    with pytest.raises(ValueError, match="does not return"):
        Cpu6502(endless).run(0x8000)
    for cpu in (Cpu6502, CpuSm83):
        odd = bytearray(0x10000)
        odd[0x8000] = 0xDB
        with pytest.raises(ValueError, match="unknown at \\$8000"):
            cpu(odd).run(0x8000)


SONGS = {"first": tune(2, 0), "second-one": tune(2, 0, 130_000), "end": tune(1, None)}


def made(chip: str = "nes") -> list[Song]:
    songs = {name: replace(song, chip="nes") for name, song in SONGS.items()}
    if chip == "gameboy":
        songs = {name: tune(2, 0, chip="gameboy") for name in SONGS}
    return [cartridge_song(song, write_registers(song), name) for name, song in songs.items()]


class Booted(Nes):
    """The NES's ROM after reset: NMI by NMI, with keys."""

    def __init__(self, file: bytes) -> None:
        assert file[:6] == b"NES\x1a\x02\x01"
        assert len(file) == 16 + 0x8000 + 0x2000
        super().__init__(file[16 : 16 + 0x8000])
        self.cpu.pc = self.word(0xFFFC)
        before = -1
        for _ in range(60_000):
            if self.cpu.pc == before:
                break
            before = self.cpu.pc
            self.cpu.step()
        else:
            raise AssertionError("the program does not wait for the picture")
        self.started = list(self.writes)

    def word(self, address: int) -> int:
        return self[address] | self[address + 1] << 8

    def picture(self, keys: int = 0) -> list[Write]:
        """One picture with these keys held."""
        self.keys, self.writes = keys, []
        cpu, back = self.cpu, self.cpu.pc
        cpu.stPushWord(back)
        cpu.stPush(cpu.p)
        cpu.pc = self.word(0xFFFA)
        for _ in range(20_000):
            cpu.step()
            if cpu.pc == back:
                return self.writes
        raise AssertionError("the picture takes too long")


def sounds(writes: list[Write]) -> tuple[Write, ...]:
    return tuple(w for w in writes if 0x4000 <= w.address <= 0x4017)


def shown(writes: list[Write]) -> str:
    return "".join(chr(w.value + 0x20) for w in writes if w.address == 0x2007 and w.value < 0x40)


def test_the_nes_rom_plays_and_shows_its_songs() -> None:
    machine = Booted(cartridge_files(gather(made(), "nes", "A Game"), "nes")["album.nes"])
    screen = [w for w in machine.started if w.address == 0x2007][_COLOURS:]
    assert shown(screen).split() == ["A", "GAME"], "there is nothing else on the screen"
    first = machine.picture()
    assert "FIRST" in shown(first)
    log = write_registers(SONGS["first"])
    assert [sounds(first), *(sounds(machine.picture()) for _ in range(99))] == list(
        log.frames[:100]
    )
    machine.picture(keys=0x01)
    second = machine.picture()
    assert "SECOND-ONE" in shown(second)
    assert sounds(second) == write_registers(SONGS["second-one"]).frames[0]


def test_an_effect_takes_its_voice_and_gives_it_back() -> None:
    machine = Booted(cartridge_files(gather(made(), "nes", "A Game"), "nes")["album.nes"])
    music = [list(frame) for frame in write_registers(SONGS["first"]).frames]
    for frame in music[:20]:
        assert sounds(machine.picture()) == tuple(frame)
    machine.picture(keys=0x80)
    for frame in music[21:44]:
        heard = sounds(machine.picture())
        theirs = [w for w in heard if not 0x4004 <= w.address <= 0x4007]
        assert theirs == [w for w in frame if not 0x4004 <= w.address <= 0x4007]
        assert {w.address for w in heard} >= {0x4004, 0x4006}
    machine.picture()
    assert {w.address for w in sounds(machine.picture())} >= {0x4004, 0x4005, 0x4006, 0x4007}


@pytest.mark.skipif(not shutil.which("ld65"), reason="cc65 is not installed")
def test_ca65_assembles_the_same_rom(tmp_path: Path) -> None:
    songs = made()
    files = cartridge_files(gather(songs, "nes", "A Game"), "nes")
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name, song in SONGS.items():
        file = encode_cartridge(song, write_registers(song), name)
        (tmp_path / f"{name}.asm").write_bytes(file.data)
    for name, flags in (("player", ["-D", "MUSIC_HOOK"]), ("rom", []), ("list", [])):
        subprocess.run(["ca65", *flags, f"{name}.asm", "-o", f"{name}.o"], cwd=tmp_path, check=True)
    objects = ["player.o", "rom.o", "list.o"]
    command = ["ld65", "-C", "rom.cfg", *objects, "-o", "theirs.nes"]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert (tmp_path / "theirs.nes").read_bytes() == files["album.nes"]


def test_songs_go_around_the_samples_and_what_has_no_room_is_named() -> None:
    def big(name: str, size: int, samples: bytes = b"") -> Song:
        return Song(name, SongData((Block(f"song_{name}", (bytes(size),)),)), samples)

    bank = memory(clips().values())
    album = gather(
        [
            big("a", 12_000),
            big("b", 9_000, bank),
            big("c", 9_000),
            big("d", 500),
        ],
        "nes",
        "",
    )
    assert [song.name for song in album.low] == ["a", "d"]
    assert [song.name for song in album.high] == ["b"]
    assert album.left_out == ("c",)


def test_two_names_of_one_label_are_refused() -> None:
    song = made()[0]
    with pytest.raises(RenderError, match="'a-b' and 'a_b'"):
        gather([replace(song, name="a-b"), replace(song, name="a_b")], "nes", "")


def test_a_chip_without_a_player_is_refused() -> None:
    song = replace(tune(1, 0), chip="nes-vrc6")
    with pytest.raises(RenderError, match="nes-vrc6"):
        encode_cartridge(song, write_registers(song), "x")


def test_a_log_that_the_player_could_not_play_is_refused() -> None:
    song = tune(1, 0)
    log = write_registers(song)
    odd = replace(
        log, frames=(*log.frames[:9], (Write(0x4003, 0xFF), Write(0x4002, 1)), *log.frames[10:])
    )
    with pytest.raises(RenderError, match="frame 9"):
        encode_cartridge(song, odd, "x")


def gameboy_player(song: ChipSong) -> tuple[bytes, dict[str, int], int]:
    """The player behind a stub at $400 that starts the song, its labels, and the song's address."""
    blocks = cartridge_song(song, write_registers(song), "tune").data.blocks
    stub_size = 11
    player = rom_gameboy.player(hooked=False, start=0x400 + stub_size)
    code = player.segments["ROM0"]
    start = 0x400 + stub_size + len(code)
    # Off and on: what init writes after that is told apart from the song.
    stub = bytes((0xAF, 0xE0, 0x26, 0x21)) + struct.pack("<H", start) + bytes((0xC3,))
    stub = (stub + struct.pack("<H", player.labels["music_init"])).ljust(stub_size, b"\0")
    return stub + code + link(blocks, place(blocks, start)), dict(player.labels), start


def gbs_of(song: ChipSong, path: Path) -> None:
    """Write the player and a song as a GBS."""
    image, labels, _ = gameboy_player(song)
    addresses = struct.pack("<HHHH", 0x400, 0x400, labels["music_play"], 0xDFFE)
    path.write_bytes(b"GBS\x01\x01\x01" + addresses + bytes(2) + bytes(96) + image)


def gameboy_writes(song: ChipSong, tmp_path: Path, count: int) -> Iterator[list[Write]]:
    """What gbsplay hears of the Game Boy's player, frame by frame."""
    path = tmp_path / "tune.gbs"
    gbs_of(song, path)
    frames: dict[int, list[Write]] = {}
    for number, write in dumped(path, count + 2):
        frames.setdefault(number, []).append(write)
    first = next(n for n, writes in frames.items() if Write(0xFF24, 0x77) in writes)
    for number in range(count):
        yield frames.get(first + number, [])


@pytest.mark.skipif(not shutil.which("gbsplay"), reason="gbsplay is not installed")
@pytest.mark.parametrize(("bars", "loop_start_bar"), [(4, 1), (1, None)])
@pytest.mark.slow
def test_gbsplay_hears_every_frame_through_the_loop(
    tmp_path: Path, bars: int, loop_start_bar: int | None
) -> None:
    song = tune(bars, loop_start_bar, chip="gameboy")
    count = song.frames if song.loop_start_frame is None else 2 * song.frames
    heard = list(gameboy_writes(song, tmp_path, count))
    heard[0] = heard[0][heard[0].index(Write(0xFF26, 0x80)) :]
    frames = wanted(write_registers(song), count, ())
    assert heard == [list(writes) for writes in frames]


class Noted(bytearray):
    """A memory that notes what is written to the sound's registers, and when."""

    cpu: CpuSm83
    writes: list[tuple[int, Write]]

    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(at, int) and 0xFF10 <= at < 0xFF40:
            self.writes.append((self.cpu.clocks, Write(at, value)))
        super().__setitem__(at, value)


def counted(song: ChipSong, count: int) -> list[list[tuple[int, Write]]]:
    """What the counting processor writes in each frame, and at which of its clocks."""
    image, labels, start = gameboy_player(song)
    memory = Noted(0x10000)
    memory.writes = []
    memory[0x400 : 0x400 + len(image)] = image
    memory.cpu = CpuSm83(memory)
    memory.cpu.set_pair("hl", start)
    memory.cpu.run(labels["music_init"])
    frames = []
    for _ in range(count):
        memory.writes = []
        memory.cpu.run(labels["music_play"])
        frames.append(memory.writes)
    return frames


@pytest.mark.parametrize(("bars", "loop_start_bar"), [(4, 1), (1, None)])
@pytest.mark.default_cases(1)
def test_an_sm83_writes_every_frame_and_counts_its_clocks(
    bars: int, loop_start_bar: int | None
) -> None:
    song = tune(bars, loop_start_bar, chip="gameboy")
    heard = [tuple(write for _, write in frame) for frame in counted(song, song.frames)]
    assert heard == list(write_registers(song).frames)
    found = encode_cartridge(song, write_registers(song), "tune").on_cartridge
    assert found is not None
    assert found.clocks is not None
    assert 1_000 < found.clocks.mean < found.clocks.most < 70_224 / 4


@pytest.mark.skipif(not shutil.which("gbsplay"), reason="gbsplay is not installed")
@pytest.mark.slow
def test_the_clocks_of_the_gameboy_are_gbsplays(tmp_path: Path) -> None:
    """Between any two writes of a frame."""
    song = tune(4, 1, chip="gameboy")
    gbs_of(song, tmp_path / "tune.gbs")
    heard = timed(tmp_path / "tune.gbs", song.frames)
    frames = counted(song, song.frames)
    flat = [(n, clock, write) for n, frame in enumerate(frames) for clock, write in frame]
    first = next(n for n, (_, write) in enumerate(heard) if n and write == Write(0xFF26, 0x80))
    start = next(n for n, item in enumerate(flat) if item[2] == Write(0xFF26, 0x80))
    pairs = list(zip(heard[first:], flat[start:], strict=False))
    assert len(pairs) > 300
    assert all(theirs[1] == ours[2] for theirs, ours in pairs)
    gaps = [
        (later[0][0] - sooner[0][0], later[1][1] - sooner[1][1])
        for sooner, later in pairwise(pairs)
        if sooner[1][0] == later[1][0]
    ]
    assert len(gaps) > 200
    assert all(theirs == ours for theirs, ours in gaps)


def test_the_gameboy_rom_has_a_header_that_adds_up() -> None:
    rom = cartridge_files(gather(made("gameboy"), "gameboy", "A Game"), "gameboy")["album.gb"]
    assert len(rom) == 0x8000
    assert rom[0x134:0x13A] == b"A GAME"
    check = 0
    for byte in rom[0x134:0x14D]:
        check = (check - byte - 1) & 0xFF
    assert rom[0x14D] == check
