"""What the player costs a game's processor: its clocks in every frame of a song, counted."""

from __future__ import annotations

from chipassets.chipfiles.assembling import Program
from chipassets.chipfiles.cartridge import rom_gameboy, rom_nes
from chipassets.chipfiles.cartridge.album import Song
from chipassets.chipfiles.cartridge.blocks import link, place
from chipassets.chipfiles.cartridge.cpu import Cpu
from chipassets.chipfiles.cartridge.cpu_6502 import Cpu6502
from chipassets.chipfiles.cartridge.cpu_sm83 import CpuSm83
from chipassets.chipfiles.result import Clocks

FRAME_CLOCKS = {"nes": 29_780, "gameboy": 70_224}
"""The processor's clocks in a frame (NESdev, "Cycle reference chart"; Pan Docs, "Rendering")."""


def count_clocks(song: Song, chip: str, frames: int) -> Clocks | None:
    """Return the clocks of the player, without a hook, in a song's frames.

    None for a song that its processor cannot address.
    """
    if chip == "nes":
        player, start, end = rom_nes.player(hooked=False), rom_nes.START, 0x10000
        code = player.segments["CODE"]
    else:
        player, start, end = rom_gameboy.player(hooked=False), rom_gameboy.START, rom_gameboy.END
        code = player.segments["ROM0"]
    data = start + len(code)
    if data + song.data.size > end:
        return None
    image = code + link(song.data.blocks, place(song.data.blocks, data))
    memory = bytearray(0x10000)
    memory[start : start + len(image)] = image
    cpu = _started(chip, memory, player, data)
    spent = [cpu.run(player.labels["music_play"]) for _ in range(frames)]
    return Clocks(round(sum(spent) / len(spent)), max(spent))


def _started(chip: str, memory: bytearray, player: Program, song: int) -> Cpu:
    """Return the processor after `music_init` for the song at an address."""
    cpu: Cpu
    if chip == "nes":
        cpu = nes = Cpu6502(memory)
        nes.a, nes.x = song & 0xFF, song >> 8
    else:
        cpu = gameboy = CpuSm83(memory)
        gameboy.set_pair("hl", song)
    cpu.run(player.labels["music_init"])
    return cpu
