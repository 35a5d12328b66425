"""Standard MIDI files of plain notes, written without a library so that a start stays short."""

from __future__ import annotations

from collections.abc import Iterable

from chipassets.units import STEPS_PER_BEAT

TICKS_PER_BEAT = 220
"""Magenta's STANDARD_PPQ."""
VELOCITY = 100
_MICROSECONDS_A_MINUTE = 60_000_000


def note_file(notes: Iterable[tuple[int, int, int]], total_steps: int, qpm: float) -> bytes:
    """Return a MIDI file, format 1, of notes (start step, duration in steps, pitch), program 0.

    It lasts `total_steps` 16ths. Notes that end at a tick come before those that start there.
    Source: Standard MIDI Files 1.0.
    """
    per_step = TICKS_PER_BEAT // STEPS_PER_BEAT
    tempo = min(round(_MICROSECONDS_A_MINUTE / qpm), 0xFFFFFF)
    conductor = [(0, b"\xff\x51\x03" + tempo.to_bytes(3, "big")), (0, b"\xff\x58\x04\4\2\x18\x08")]
    events = [(0, -1, 0, b"\xc0\x00")]
    for start, duration, pitch in notes:
        events.append((start * per_step, 1, pitch, bytes((0x90, pitch, VELOCITY))))
        events.append(((start + duration) * per_step, 0, pitch, bytes((0x80, pitch, 0))))
    played = [(tick, message) for tick, _, _, message in sorted(events)]
    end = total_steps * per_step
    header = b"MThd" + (6).to_bytes(4, "big") + b"\0\1\0\2" + TICKS_PER_BEAT.to_bytes(2, "big")
    return header + _track(conductor, end) + _track(played, end)


def _track(events: list[tuple[int, bytes]], end_tick: int) -> bytes:
    content, now = bytearray(), 0
    for tick, message in [*events, (end_tick, b"\xff\x2f\x00")]:
        content += _variable_length(tick - now) + message
        now = tick
    return b"MTrk" + len(content).to_bytes(4, "big") + bytes(content)


def _variable_length(value: int) -> bytes:
    """Return the number in groups of seven bits, all but the last marked."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | (value & 0x7F))
    return bytes(reversed(groups))
