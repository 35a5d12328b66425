"""An SM83 that counts the clocks of the Game Boy's player, of which it has 4,194,304 a second.

Clocks: Pan Docs, "CPU Instruction Set"; four for each byte that is read or written, and four more
where a word is added or counted, or the program goes on elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from chipassets.chipfiles.asm_sm83 import OPCODES
from chipassets.chipfiles.cartridge.cpu import Cpu, Step, known, signed

_NAMES: dict[bytes, str] = {}
for _name, _code in OPCODES.items():
    # Of sums that can be written with and without `a,` the shorter notation.
    if len(_name) < len(_NAMES.get(_code, _name + " ")):
        _NAMES[_code] = _name

_PAIRS = {"bc": ("b", "c"), "de": ("d", "e"), "hl": ("h", "l")}
_BYTE_OPERANDS = frozenset("abcdehl")
_JUMP_CLOCKS = {"jr": (12, 8), "jp": (16, 12), "call": (24, 12), "ret": (20, 8)}
"""With the condition and without."""


class CpuSm83(Cpu):
    """The registers by name; carry and zero are 0 or 1."""

    def __init__(self, memory: bytearray) -> None:
        super().__init__(memory)
        self.registers = dict.fromkeys("abcdehl", 0)
        self.stack = 0xFFFE
        self.carry = self.zero = 0

    def push_return(self, address: int) -> None:
        """Put an address on an empty stack."""
        self.stack = 0xFFFE
        self._push(address)

    def _push(self, value: int) -> None:
        self.stack = self.stack - 2 & 0xFFFF
        self.memory[self.stack] = value & 0xFF
        self.memory[self.stack + 1] = value >> 8

    def _pop(self) -> int:
        value = self.word(self.stack)
        self.stack = self.stack + 2 & 0xFFFF
        return value

    def pair(self, name: str) -> int:
        """Return the value of a register of 16 bits."""
        if name == "sp":
            return self.stack
        high, low = _PAIRS[name]
        return self.registers[high] << 8 | self.registers[low]

    def set_pair(self, name: str, value: int) -> None:
        """Set a register of 16 bits."""
        if name == "sp":
            self.stack = value & 0xFFFF
            return
        high, low = _PAIRS[name]
        self.registers[high], self.registers[low] = value >> 8 & 0xFF, value & 0xFF

    def decode(self, at: int) -> Step:
        """Return the instruction at an address."""
        size = 2 if self.byte(at) == 0xCB else 1
        name = _NAMES.get(bytes(self.memory[at : at + size]), "")
        word, _, rest = name.partition(" ")
        operands = rest.split(",") if rest else []
        if word in _JUMP_CLOCKS or name == "jp hl":
            return self._jump(word, operands, at)
        hole = next((hole for hole in "nw" if rest.strip("[]").split(",")[-1].strip("[]") == hole
                     or rest.startswith(f"[{hole}]")), "")  # fmt: skip
        following = at + size + {"n": 1, "w": 2, "": 0}[hole]
        action, clocks = self._action(word, operands, at + size, at)

        def step() -> int:
            action()
            self.clocks += clocks
            return following

        return step

    def _jump(self, word: str, operands: list[str], at: int) -> Step:
        """Return the step of a jr, jp, call or ret, with or without a condition."""
        if operands == ["hl"]:

            def to_pair() -> int:
                self.clocks += 4
                return self.pair("hl")

            return to_pair
        wanted = {"z": 1, "nz": 0, "c": 1, "nc": 0}
        condition = operands[0] if operands and operands[0] in wanted else ""
        following = at + {"jr": 2, "jp": 3, "call": 3, "ret": 1}[word]
        goal = following + signed(self.byte(at + 1)) if word == "jr" else self.word(at + 1)
        taken, passed = _JUMP_CLOCKS[word]
        if word == "ret" and not condition:
            taken = 16

        def jump() -> int:
            flag = self.zero if condition.endswith("z") else self.carry
            if condition and flag != wanted[condition]:
                self.clocks += passed
                return following
            self.clocks += taken
            if word == "ret":
                return self._pop()
            if word == "call":
                self._push(following)
            return goal

        return jump

    def _action(
        self, word: str, operands: list[str], place: int, at: int
    ) -> tuple[Callable[[], None], int]:
        """Return what an instruction does, and its clocks; its operand is at `place`."""
        first = operands[0] if operands else ""
        if word in ("ld", "ldh"):
            return self._load(first, operands[1], place)
        if first in ("bc", "de", "hl", "sp", "af") and word != "ld":
            return known(self._of_pairs(operands), word, at)
        if word in ("add", "adc", "sub", "sbc", "and", "xor", "or", "cp"):
            read, clocks = self._reader(operands[-1], place)
            return (lambda: self._sum(word, read())), clocks + 4
        if word in ("inc", "dec"):
            return self._count(first, 1 if word == "inc" else -1)
        if word in ("sla", "sra", "srl", "rl", "rr", "swap", "rlc", "rrc"):
            return self._shift(word, first)
        single: dict[str, Callable[[], None]] = {
            "nop": lambda: None,
            "rlca": lambda: self._rotate("rlc"),
            "rrca": lambda: self._rotate("rrc"),
            "rla": lambda: self._rotate("rl"),
            "rra": lambda: self._rotate("rr"),
            "cpl": self._complement,
            "scf": self._set_carry,
        }
        return known(single, word, at), 4

    def _load(self, goal: str, source: str, place: int) -> tuple[Callable[[], None], int]:
        """Return the action of a load, and its clocks; `place` is the operand's address."""
        if goal in ("bc", "de", "hl", "sp"):
            if source == "hl":
                return (lambda: self.set_pair("sp", self.pair("hl"))), 8
            value = self.word(place)
            return (lambda: self.set_pair(goal, value)), 12
        read, reading = self._reader(source, place)
        write, writing = self._writer(goal, place)
        return (lambda: write(read())), 4 + reading + writing

    def _reader(self, source: str, place: int) -> tuple[Callable[[], int], int]:
        """Return what reads an operand, and its clocks besides the instruction's own."""
        registers, memory = self.registers, self.memory
        if source in _BYTE_OPERANDS:
            return (lambda: registers[source]), 0
        if source == "n":
            value = self.byte(place)
            return (lambda: value), 4
        address, clocks = self._address(source, place)
        return (lambda: memory[address()]), clocks

    def _writer(self, goal: str, place: int) -> tuple[Callable[[int], None], int]:
        """Return what stores a value in a register or memory, and the clocks it adds."""
        registers, memory = self.registers, self.memory
        if goal in _BYTE_OPERANDS:
            return (lambda value: registers.__setitem__(goal, value)), 0
        address, clocks = self._address(goal, place)
        return (lambda value: memory.__setitem__(address(), value)), clocks

    def _address(self, operand: str, place: int) -> tuple[Callable[[], int], int]:
        """Return what gives an operand's address in memory, and the clocks of its access."""
        inside = operand.strip("[]")
        if inside in ("hl+", "hl-"):
            by = 1 if inside == "hl+" else -1

            def stepping() -> int:
                found = self.pair("hl")
                self.set_pair("hl", found + by)
                return found

            return stepping, 4
        if inside in _PAIRS:
            return (lambda: self.pair(inside)), 4
        if inside == "c":
            return (lambda: 0xFF00 | self.registers["c"]), 4
        fixed = 0xFF00 | self.byte(place) if inside == "n" else self.word(place)
        return (lambda: fixed), 8 if inside == "n" else 12

    def _of_pairs(self, operands: list[str]) -> dict[str, tuple[Callable[[], None], int]]:
        """Return the action and the clocks of each instruction on a pair of registers."""
        name = operands[0]

        def push() -> None:
            flags = self.zero << 7 | self.carry << 4
            value = self.registers["a"] << 8 | flags if name == "af" else self.pair(name)
            self._push(value)

        def pop() -> None:
            value = self._pop()
            if name != "af":
                self.set_pair(name, value)
                return
            self.registers["a"] = value >> 8
            self.zero, self.carry = value >> 7 & 1, value >> 4 & 1

        def add() -> None:
            total = self.pair("hl") + self.pair(operands[1])
            self.carry = total >> 16
            self.set_pair("hl", total)

        return {
            "push": (push, 16),
            "pop": (pop, 12),
            "add": (add, 8),
            "inc": ((lambda: self.set_pair(name, self.pair(name) + 1)), 8),
            "dec": ((lambda: self.set_pair(name, self.pair(name) - 1)), 8),
        }

    def _sum(self, word: str, value: int) -> None:
        """Compute an operation of the accumulator and a value; cp sets only the flags."""
        a = self.registers["a"]
        if word in ("add", "adc"):
            total = a + value + (self.carry if word == "adc" else 0)
        elif word in ("sub", "sbc", "cp"):
            total = a - value - (self.carry if word == "sbc" else 0)
        else:
            total = a & value if word == "and" else a | value if word == "or" else a ^ value
        self.carry = int(not 0 <= total <= 0xFF)
        self.zero = int(not total & 0xFF)
        if word != "cp":
            self.registers["a"] = total & 0xFF

    def _count(self, name: str, by: int) -> tuple[Callable[[], None], int]:
        """Return the action of inc (`by` 1) or dec (-1) on a register or memory, and its clocks."""
        read, reading = self._reader(name, 0)
        write, writing = self._writer(name, 0)

        def count() -> None:
            value = read() + by & 0xFF
            self.zero = int(not value)
            write(value)

        return count, 4 + reading + writing

    def _shift(self, word: str, name: str) -> tuple[Callable[[], None], int]:
        """Return the action of a shift or rotation of a register or memory, and its clocks."""
        read, reading = self._reader(name, 0)
        write, writing = self._writer(name, 0)

        def shift() -> None:
            value = self._shifted(word, read())
            self.zero = int(not value)
            write(value)

        return shift, 8 + reading + writing

    def _rotate(self, word: str) -> None:
        self.registers["a"] = self._shifted(word, self.registers["a"])
        self.zero = 0

    def _shifted(self, word: str, value: int) -> int:
        """Return the byte shifted; the carry is the bit that left."""
        before = self.carry
        if word == "swap":
            self.carry = 0
            return value >> 4 | value << 4 & 0xFF
        if word in ("sla", "rl", "rlc"):
            self.carry = value >> 7
            entering = {"sla": 0, "rl": before, "rlc": self.carry}[word]
            return value << 1 & 0xFF | entering
        self.carry = value & 1
        entering = {"srl": 0, "sra": value >> 7, "rr": before, "rrc": self.carry}[word]
        return value >> 1 | entering << 7

    def _complement(self) -> None:
        self.registers["a"] ^= 0xFF

    def _set_carry(self) -> None:
        self.carry = 1
