"""A 6502 that counts the clocks of the NES's player.

Clocks: MOS MCS6500 programming manual, appendix B: one more where an indexed read or a branch that
is taken crosses a page, and one for the branch.
"""

from __future__ import annotations

from collections.abc import Callable

from chipassets.chipfiles.asm6502 import BRANCHES, OPCODES, SINGLE
from chipassets.chipfiles.cartridge.cpu import Cpu, Step, known, signed

_NAMES = {code: name for name, code in {**SINGLE, **BRANCHES}.items()}
_MODES = {code: key for key, code in OPCODES.items()}

_CLOCKS = {"#": 2, "z": 3, "zi": 4, "w": 4, "w,x": 4, "w,y": 4, "(z,x)": 6, "(z),y": 5}
_STORES = frozenset(("sta", "stx", "sty"))
_CHANGES = frozenset(("asl", "dec", "inc", "lsr", "rol", "ror"))
_CHANGE_CLOCKS = {"z": 5, "zi": 6, "w": 6, "w,x": 7}
_CROSSING = frozenset(("w,x", "w,y", "(z),y"))
_STACK = 0x100

Address = Callable[[], tuple[int, bool]]
"""Returns an operand's address, and whether its index crosses a page."""


class Cpu6502(Cpu):
    """The registers; carry is 0 or 1, and `result` is what negative and zero are told of."""

    def __init__(self, memory: bytearray) -> None:
        super().__init__(memory)
        self.a = self.x = self.y = self.carry = self.result = 0
        self._top = 0xFF

    def push_return(self, address: int) -> None:
        """Put an address on an empty stack."""
        self._top = 0xFF
        self._push_word(address - 1)

    def _push(self, value: int) -> None:
        self.memory[_STACK + self._top] = value
        self._top = (self._top - 1) & 0xFF

    def _pull(self) -> int:
        self._top = (self._top + 1) & 0xFF
        return self.memory[_STACK + self._top]

    def _push_word(self, value: int) -> None:
        self._push(value >> 8 & 0xFF)
        self._push(value & 0xFF)

    def decode(self, at: int) -> Step:
        """Return the instruction at an address."""
        code = self.byte(at)
        if code in _MODES:
            return self._with_operand(*_MODES[code], at)
        name = _NAMES.get(code, "")
        if name in BRANCHES:
            return self._branch(name, at)
        return self._single(name, at)

    def _branch(self, name: str, at: int) -> Step:
        """Return the step of a conditional branch.

        It takes 2 clocks; taken, 3; taken to another page, 4.
        """
        goal, following = at + 2 + signed(self.byte(at + 1)), at + 2
        crossing = 1 if goal >> 8 != following >> 8 else 0
        tests: dict[str, Callable[[], bool]] = {
            "bcc": lambda: not self.carry,
            "bcs": lambda: bool(self.carry),
            "beq": lambda: not self.result,
            "bne": lambda: bool(self.result),
            "bpl": lambda: self.result < 0x80,
            "bmi": lambda: self.result >= 0x80,
        }
        holds = known(tests, name, at)

        def step() -> int:
            if holds():
                self.clocks += 3 + crossing
                return goal
            self.clocks += 2
            return following

        return step

    def _single(self, name: str, at: int) -> Step:
        """Return an instruction without an operand in memory."""
        actions: dict[str, Callable[[], None]] = {
            "clc": lambda: self._set(carry=0),
            "sec": lambda: self._set(carry=1),
            "dex": lambda: self._set(x=self.x - 1 & 0xFF, result=self.x - 1 & 0xFF),
            "dey": lambda: self._set(y=self.y - 1 & 0xFF, result=self.y - 1 & 0xFF),
            "inx": lambda: self._set(x=self.x + 1 & 0xFF, result=self.x + 1 & 0xFF),
            "iny": lambda: self._set(y=self.y + 1 & 0xFF, result=self.y + 1 & 0xFF),
            "tax": lambda: self._set(x=self.a, result=self.a),
            "tay": lambda: self._set(y=self.a, result=self.a),
            "txa": lambda: self._set(a=self.x, result=self.x),
            "tya": lambda: self._set(a=self.y, result=self.y),
            "nop": lambda: None,
            "pha": lambda: self._push(self.a),
            "pla": self._pull_a,
            "asl a": lambda: self._set_a(self._changed("asl", self.a)),
            "lsr a": lambda: self._set_a(self._changed("lsr", self.a)),
            "rol a": lambda: self._set_a(self._changed("rol", self.a)),
            "ror a": lambda: self._set_a(self._changed("ror", self.a)),
        }
        if name == "rts":
            return self._return
        action, clocks = known(actions, name, at), {"pha": 3, "pla": 4}.get(name, 2)

        def step() -> int:
            action()
            self.clocks += clocks
            return at + 1

        return step

    def _set(self, **registers: int) -> None:
        """Set registers and flags by name."""
        for name, value in registers.items():
            setattr(self, name, value)

    def _set_a(self, value: int) -> None:
        """Load the accumulator and the flags that follow it."""
        self.a = self.result = value

    def _pull_a(self) -> None:
        self._set_a(self._pull())

    def _return(self) -> int:
        """Return the address behind the call that RTS goes back to."""
        self.clocks += 6
        return (self._pull() | self._pull() << 8) + 1 & 0xFFFF

    def _with_operand(self, name: str, mode: str, at: int) -> Step:
        """Return the step of an instruction that reads, writes or changes memory, or jumps."""
        if name in ("jmp", "jsr"):
            return self._jump(name, at)
        address = self._address(name, mode, at)
        following = at + (2 if mode in ("#", "z", "zi", "(z,x)", "(z),y") else 3)
        memory = self.memory
        if name in _STORES:
            register = name[2]
            clocks = _CLOCKS[mode] + (mode in _CROSSING)

            def store() -> int:
                memory[address()[0]] = getattr(self, register)
                self.clocks += clocks
                return following

            return store
        if name in _CHANGES:
            clocks = _CHANGE_CLOCKS[mode]

            def change() -> int:
                place = address()[0]
                memory[place] = self.result = self._changed(name, memory[place])
                self.clocks += clocks
                return following

            return change
        read, clocks = self._reader(name, at), _CLOCKS[mode]

        def step() -> int:
            place, crosses = address()
            read(memory[place])
            self.clocks += clocks + crosses
            return following

        return step

    def _jump(self, name: str, at: int) -> Step:
        """Return the step of jmp or jsr to the address that follows the opcode."""
        goal = self.word(at + 1)

        def jump() -> int:
            self.clocks += 3
            return goal

        def call() -> int:
            self._push_word(at + 2)
            self.clocks += 6
            return goal

        return jump if name == "jmp" else call

    def _address(self, name: str, mode: str, at: int) -> Address:
        """Return a function that gives an operand's address, and whether it crosses a page."""
        memory, short, word = self.memory, self.byte(at + 1), self.word(at + 1)

        def after_pointer() -> tuple[int, bool]:
            base = memory[short] | memory[short + 1 & 0xFF] << 8
            place = base + self.y & 0xFFFF
            return place, place >> 8 != base >> 8

        def before_pointer() -> tuple[int, bool]:
            pointer = short + self.x & 0xFF
            return memory[pointer] | memory[pointer + 1 & 0xFF] << 8, False

        def indexed(index: Callable[[], int]) -> Address:
            def address() -> tuple[int, bool]:
                place = word + index() & 0xFFFF
                return place, place >> 8 != word >> 8

            return address

        def in_zero_page() -> tuple[int, bool]:
            return short + (self.y if name in ("ldx", "stx") else self.x) & 0xFF, False

        fixed = {"#": at + 1, "z": short, "w": word}
        if mode in fixed:
            place = fixed[mode], False
            return lambda: place
        others: dict[str, Address] = {
            "zi": in_zero_page,
            "w,x": indexed(lambda: self.x),
            "w,y": indexed(lambda: self.y),
            "(z,x)": before_pointer,
            "(z),y": after_pointer,
        }
        return others[mode]

    def _reader(self, name: str, at: int) -> Callable[[int], None]:
        """Return what an instruction does with the value that it reads."""
        readers: dict[str, Callable[[int], None]] = {
            "lda": self._set_a,
            "ldx": lambda value: self._set(x=value, result=value),
            "ldy": lambda value: self._set(y=value, result=value),
            "adc": self._add,
            "sbc": lambda value: self._add(value ^ 0xFF),
            "and": lambda value: self._set_a(self.a & value),
            "ora": lambda value: self._set_a(self.a | value),
            "eor": lambda value: self._set_a(self.a ^ value),
            "cmp": lambda value: self._compare(self.a, value),
            "cpx": lambda value: self._compare(self.x, value),
            "cpy": lambda value: self._compare(self.y, value),
        }
        return known(readers, name, at)

    def _add(self, value: int) -> None:
        """Add a value and the carry to the accumulator, and set the flags."""
        total = self.a + value + self.carry
        self.carry = total >> 8
        self._set_a(total & 0xFF)

    def _compare(self, register: int, value: int) -> None:
        self.carry = int(register >= value)
        self.result = register - value & 0xFF

    def _changed(self, name: str, value: int) -> int:
        """Return the value shifted, or one more or less; shifts set the carry, all the result."""
        before = self.carry
        if name in ("asl", "rol"):
            self.carry = value >> 7
            found = value << 1 & 0xFF | (before if name == "rol" else 0)
        elif name in ("lsr", "ror"):
            self.carry = value & 1
            found = value >> 1 | (before << 7 if name == "ror" else 0)
        else:
            found = value + (1 if name == "inc" else -1) & 0xFF
        self.result = found
        return found
