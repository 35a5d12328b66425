"""The RegisterLog: what is written to a chip, frame by frame.

Audio, chip files and tests all read the same log, so what one of them shows holds for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chipassets.chips.soundbank import Source


@dataclass(frozen=True, slots=True)
class Write:
    """One register write: the address on the console's bus, and a byte."""

    address: int
    value: int


@lru_cache(maxsize=1 << 15)
def write_of(address: int, value: int) -> Write:
    """Return a write; equal ones are one object, as minutes of music have 100,000 of them."""
    return Write(address, value)


@dataclass(frozen=True, slots=True)
class RegisterLog:
    """The writes of each frame, in order; `loop_start_frame` follows the last frame.

    sources: those that the SNES plays besides its bank, numbered from the bank's end on. samples:
    the memory from $C000 on that the NES's sample channel reads; empty if the log plays no clip.
    """

    chip: str
    frames: tuple[tuple[Write, ...], ...]
    loop_start_frame: int | None
    sources: tuple[Source, ...] = ()
    samples: bytes = b""


_HEADER = "chipassets registers 1"


def log_to_text(log: RegisterLog) -> str:
    """Return the log as text: a header, then `frame: AAAA=VV …` for each frame with writes."""
    loop = "none" if log.loop_start_frame is None else str(log.loop_start_frame)
    lines = [_HEADER, f"chip {log.chip}", f"frames {len(log.frames)}", f"loop {loop}"]
    for number, writes in enumerate(log.frames):
        if writes:
            words = " ".join(f"{write.address:04X}={write.value:02X}" for write in writes)
            lines.append(f"{number}: {words}")
    return "\n".join(lines) + "\n"


def log_from_text(text: str) -> RegisterLog:
    """Return the log of a text from `log_to_text`; ValueError, naming the line, for other text."""
    lines = text.splitlines()
    if not lines or lines[0] != _HEADER:
        raise ValueError(f"line 1: expected {_HEADER!r}; the file is of another kind or version")
    try:
        chip = lines[1].removeprefix("chip ")
        count = int(lines[2].removeprefix("frames "))
        loop = lines[3].removeprefix("loop ")
        frames: list[tuple[Write, ...]] = [()] * count
        for line in lines[4:]:
            number, _, words = line.partition(":")
            pairs = (word.split("=") for word in words.split())
            frames[int(number)] = tuple(write_of(int(a, 16), int(v, 16)) for a, v in pairs)
    except (ValueError, IndexError) as error:
        raise ValueError(f"not a register log: {error}") from error
    return RegisterLog(chip, tuple(frames), None if loop == "none" else int(loop))
