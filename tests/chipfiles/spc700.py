"""A sound processor that only listens: the SPC700 instructions of a player, and S-DSP writes."""

from __future__ import annotations

import struct

from chipassets.chips.registers import Write

_CLOCKS_A_TICK = 128
"""Timer 0's, at 1.024 MHz."""


class Spc700:
    """An SPC loaded as the format says; `frames` runs it and gives the writes of each tick."""

    def __init__(self, data: bytes) -> None:
        assert data[:33] == b"SNES-SPC700 Sound File Data v0.30"
        self.pc, self.a, self.x, self.y, self.psw, self.sp = struct.unpack_from("<HBBBBB", data, 37)
        self.memory = bytearray(data[0x100:0x10100])
        self.registers = bytearray(data[0x10100:0x10180])
        self.address = 0
        self.clocks = 0
        self.started = False
        self.target = 0
        self.read = 0
        self.most_clocks = 0

    def frames(self, count: int) -> list[list[Write]]:
        """Run up to so many ticks of the timer; the writes of each."""
        found: list[list[Write]] = []
        begun = self.clocks
        while True:
            ticks = self._ticks()
            if ticks > self.read and self.memory[self.pc] == 0xE4 and self._is_timer():
                self.most_clocks = max(self.most_clocks, self.clocks - begun) if found else 0
                if len(found) == count:
                    return found
                found.append([])
                begun = self.clocks
            elif self._is_timer() and found:
                self.most_clocks = max(self.most_clocks, self.clocks - begun)
                # Nothing to do until the timer ticks.
                self.clocks = (self._counted() + 1) * self.target * _CLOCKS_A_TICK
                begun = self.clocks
                continue
            elif self._is_timer():
                self.clocks = (self._counted() + 1) * self.target * _CLOCKS_A_TICK
                continue
            self._step(found)

    def _is_timer(self) -> bool:
        return self.memory[self.pc : self.pc + 2] == b"\xe4\xfd"

    def _counted(self) -> int:
        return self.clocks // (self.target * _CLOCKS_A_TICK) if self.started else 0

    def _ticks(self) -> int:
        return self._counted() if self.target else 0

    def _step(self, found: list[list[Write]]) -> None:
        """One instruction (anomie's SPC700 document: opcodes, operands and clocks)."""
        op = self._byte()
        if op == 0x20:
            self.psw &= ~0x20
            self.clocks += 2
        elif op in (0xCD, 0x8D, 0xE8):
            value = self._byte()
            if op == 0xCD:
                self.x = value
            elif op == 0x8D:
                self.y = value
            else:
                self.a = value
            self._flags(value, 2)
        elif op == 0xBD:
            self.sp = self.x
            self.clocks += 2
        elif op == 0x8F:
            value, place = self._byte(), self._byte()
            self._store(place, value, found)
            self.clocks += 5
        elif op == 0xE4:
            self.a = self._load(self._byte())
            self._flags(self.a, 3)
        elif op == 0xC4:
            self._store(self._byte(), self.a, found)
            self.clocks += 4
        elif op == 0xF7:
            place = self._byte()
            (base,) = struct.unpack_from("<H", self.memory, place)
            self.a = self.memory[(base + self.y) & 0xFFFF]
            self._flags(self.a, 6)
        elif op == 0x3A:
            place = self._byte()
            (word,) = struct.unpack_from("<H", self.memory, place)
            struct.pack_into("<H", self.memory, place, (word + 1) & 0xFFFF)
            self._flags((word + 1) >> 8, 6)
        elif op == 0x8B:
            place = self._byte()
            self.memory[place] = (self.memory[place] - 1) & 0xFF
            self._flags(self.memory[place], 4)
        elif op == 0x5D:
            self.x = self.a
            self._flags(self.x, 2)
        elif op == 0x68:
            compared = self._byte()
            self._flags((self.a - compared) & 0xFF, 2)
            self.psw = self.psw & ~1 | (self.a >= compared)
        elif op == 0x28:
            self.a &= self._byte()
            self._flags(self.a, 2)
        elif op == 0xBA:
            place = self._byte()
            self.a, self.y = self.memory[place], self.memory[place + 1]
            self.clocks += 5
        elif op == 0xDA:
            place = self._byte()
            self.memory[place], self.memory[place + 1] = self.a, self.y
            self.clocks += 5
        elif op == 0xF5:
            base = self._byte() | self._byte() << 8
            self.a = self.memory[(base + self.x) & 0xFFFF]
            self._flags(self.a, 5)
        elif op == 0xD8:
            self._store(self._byte(), self.x, found)
            self.clocks += 4
        elif op in (0xF0, 0xD0, 0x90, 0x30, 0x2F):
            distance = self._byte()
            taken = {
                0xF0: self.psw & 2, 0xD0: ~self.psw & 2, 0x90: ~self.psw & 1,
                0x30: self.psw & 0x80, 0x2F: 1,
            }[op]  # fmt: skip
            if taken:
                self.pc += distance - 256 if distance >= 128 else distance
            self.clocks += 4 if taken else 2
        else:
            raise AssertionError(f"${op:02X} at ${self.pc - 1:04X}")

    def _byte(self) -> int:
        self.pc += 1
        return int(self.memory[self.pc - 1])

    def _flags(self, value: int, clocks: int) -> None:
        self.psw = self.psw & ~0x82 | (value & 0x80) | (0 if value & 0xFF else 2)
        self.clocks += clocks

    def _load(self, place: int) -> int:
        if place != 0xFD:
            return int(self.memory[place])
        passed = self._ticks() - self.read
        self.read = self._ticks()
        return passed & 15

    def _store(self, place: int, value: int, found: list[list[Write]]) -> None:
        if place == 0xFA:
            self.target = value
        elif place == 0xF1:
            self.started, self.clocks = bool(value & 1), 0
        elif place == 0xF2:
            self.address = value
        elif place == 0xF3:
            found[-1].append(Write(self.address, value))
            self.registers[self.address] = value
        else:
            self.memory[place] = value
