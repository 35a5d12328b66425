"""A console that only listens: a 6502 (py65) in a memory with NSF's banks, and the sound writes."""

from __future__ import annotations

import struct

from py65.devices.mpu6502 import MPU

from chipassets.chips.registers import Write

_RETURN = 0x5000


class Console:
    """An NSF loaded as the NSF specification says."""

    def __init__(self, data: bytes) -> None:
        assert data[:5] == b"NESM\x1a"
        self.songs = data[6]
        load, self._init, self._play = struct.unpack_from("<HHH", data, 8)
        self._rom = bytes(load & 0xFFF) + data[0x80:]
        self._banks = list(data[0x70:0x78])
        self._ram: dict[int, int] = {}
        self._writes: list[Write] = []
        self._cpu = MPU(memory=self)

    def __getitem__(self, address: int) -> int:
        if address >= 0x8000:
            place = self._banks[(address - 0x8000) >> 12] * 0x1000 + (address & 0xFFF)
            assert place < len(self._rom), "reads behind the file"
            return self._rom[place]
        return self._ram.get(address, 0)

    def __setitem__(self, address: int, value: int) -> None:
        if 0x5FF8 <= address <= 0x5FFF:
            self._banks[address - 0x5FF8] = value
        elif address < 0x800:
            self._ram[address] = value
        else:
            self._writes.append(Write(address, value))

    def start(self, song: int) -> tuple[Write, ...]:
        """Call init for the song, from 0, and return its writes."""
        return self._call(self._init, song)

    def frame(self) -> tuple[Write, ...]:
        """Call play and return its writes."""
        return self._call(self._play, 0)

    @property
    def clocks(self) -> int:
        """The clocks that all calls together took."""
        return int(self._cpu.processorCycles)

    def _call(self, address: int, a: int) -> tuple[Write, ...]:
        cpu = self._cpu
        cpu.sp = 0xFF
        cpu.stPushWord(_RETURN - 1)
        cpu.pc, cpu.a, cpu.x, cpu.y = address, a, 0, 0
        self._writes = []
        for _ in range(30_000):
            if cpu.pc == _RETURN:
                return tuple(self._writes)
            cpu.step()
        raise AssertionError("the player does not return")
