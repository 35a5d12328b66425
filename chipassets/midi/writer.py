"""Writes standard MIDI files: messages as bytes, tracks of them by tick, and whole files.

Without a library, so that `chipassets compose` starts at once. Source: Standard MIDI Files 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chipassets.units import STEPS_PER_BEAT

PRIMER_TICKS_PER_BEAT = 220
"""Magenta's STANDARD_PPQ."""
PRIMER_VELOCITY = 100
_MICROSECONDS_A_MINUTE = 60_000_000
_MOST_TEMPO_US = 0xFFFFFF

Event = tuple[int, bytes]
"""A tick from the start, and a message from a function of this module."""


def track_name(text: str) -> bytes:
    """Return the name of a track."""
    return _meta(0x03, text.encode())


def marker(text: str) -> bytes:
    """Return a marker, like a game engine's loopStart."""
    return _meta(0x06, text.encode())


def set_tempo(beat_us: int) -> bytes:
    """Return the tempo, in microseconds per quarter note, at most what three bytes hold."""
    return _meta(0x51, min(beat_us, _MOST_TEMPO_US).to_bytes(3, "big"))


def time_signature(numerator: int, denominator: int, clocks_per_click: int = 24) -> bytes:
    """Return the metre, with a click every `clocks_per_click`; a quarter note has 24 clocks."""
    values = (numerator, denominator.bit_length() - 1, clocks_per_click, 8)
    return _meta(0x58, bytes(values))


def key_signature(sharps: int, *, is_minor: bool) -> bytes:
    """Return the key by its sharps, or by its flats below 0."""
    return _meta(0x59, sharps.to_bytes(1, "big", signed=True) + bytes((is_minor,)))


def control_change(channel: int, control: int, value: int) -> bytes:
    """Return a change of a controller."""
    return bytes((0xB0 | channel, control, value))


def program_change(channel: int, program: int) -> bytes:
    """Return a change of the instrument, counted from 0."""
    return bytes((0xC0 | channel, program))


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """Return the start of a note."""
    return bytes((0x90 | channel, pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """Return the end of a note."""
    return bytes((0x80 | channel, pitch, 0))


def is_note_on(message: bytes) -> bool:
    """Return whether the message starts a note."""
    return message[0] & 0xF0 == 0x90


def midi_file(tracks: Sequence[tuple[Iterable[Event], int]], ticks_per_beat: int) -> bytes:
    """Return a MIDI file of format 1.

    tracks: for each track its events in order of ticks, and the tick at which it ends.
    """
    header = b"".join(value.to_bytes(2, "big") for value in (1, len(tracks), ticks_per_beat))
    chunks = [_chunk(b"MThd", header)]
    chunks += [_chunk(b"MTrk", _content(events, end)) for events, end in tracks]
    return b"".join(chunks)


def note_file(notes: Iterable[tuple[int, int, int]], total_steps: int, qpm: float) -> bytes:
    """Return a file of notes (start step, duration in steps, pitch) of program 0.

    It lasts `total_steps` 16ths. Notes that end at a tick come before those that start there.
    """
    per_step = PRIMER_TICKS_PER_BEAT // STEPS_PER_BEAT
    conductor = [(0, set_tempo(round(_MICROSECONDS_A_MINUTE / qpm))), (0, time_signature(4, 4))]
    played = []
    for start, duration, pitch in notes:
        played.append((start * per_step, 1, pitch, note_on(0, pitch, PRIMER_VELOCITY)))
        played.append(((start + duration) * per_step, 0, pitch, note_off(0, pitch)))
    events = [(0, program_change(0, 0))]
    events += [(tick, message) for tick, _, _, message in sorted(played)]
    end = total_steps * per_step
    return midi_file([(conductor, end), (events, end)], PRIMER_TICKS_PER_BEAT)


def _content(events: Iterable[Event], end_tick: int) -> bytes:
    """Return the events with delta times; repeated status bytes are left out (running status)."""
    content, now, status = bytearray(), 0, -1
    for tick, message in events:
        content += _variable_length(tick - now)
        content += message[1:] if message[0] == status else message
        status = message[0] if message[0] != _META else -1
        now = tick
    return bytes(content) + _variable_length(max(0, end_tick - now)) + _END_OF_TRACK


_META = 0xFF
_END_OF_TRACK = b"\xff\x2f\x00"


def _meta(kind: int, data: bytes) -> bytes:
    """Return a meta event without its delta time."""
    return bytes((_META, kind)) + _variable_length(len(data)) + data


def _chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a MIDI file: name, length and content."""
    return name + len(content).to_bytes(4, "big") + content


def _variable_length(value: int) -> bytes:
    """Return the number in groups of seven bits, all but the last marked."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | (value & 0x7F))
    return bytes(reversed(groups))
