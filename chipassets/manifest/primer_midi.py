"""A MIDI file as a primer: its notes on the 16th-note grid, drums left out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import mido

from chipassets.manifest.refusal import refuse
from chipassets.score import Note, ordered
from chipassets.trackplan import Primer
from chipassets.units import STEPS_PER_BEAT

MAX_MIDI_BYTES = 1 << 17
MAX_AT_ONCE = 12
_DRUM_CHANNEL = 9
_HEADER = b"MThd"
_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True)
class _Tick:
    """A note in the file's own ticks."""

    start: int
    end: int
    pitch: int


def primer_from_midi(path: Path) -> Primer:
    """Return the notes of a MIDI file, all channels but the drums', as a primer.

    Times are rounded to the nearest 16th, halves up, as Magenta quantises; a note lasts at least
    one. The primer ends with its last note. Tempo, velocity and pedals are not used. Refusal for
    a file that is empty, cut off, too large, no MIDI, timed in film frames, or without notes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MIDI_BYTES + 1)
    except OSError as error:
        raise refuse(
            f"the file cannot be read ({error.strerror})", "mend its permissions"
        ) from None
    midi = _parsed(data)
    ticks = list(_notes(midi))
    if not ticks:
        drums = any(message.type == "note_on" for track in midi.tracks for message in track)
        why = "the file holds only drums" if drums else "the file holds no notes"
        raise refuse(why, "export the melody on a channel other than 10")
    notes = _on_grid(ticks, midi.ticks_per_beat)
    if (most := _most_at_once(notes)) > MAX_AT_ONCE:
        raise refuse(f"{most} notes sound at once in it; a primer has at most {MAX_AT_ONCE}",
                     "export only the theme")  # fmt: skip
    return Primer(notes, max(note.end_step for note in notes))


def _parsed(data: bytes) -> mido.MidiFile:
    again = "export it again as a standard MIDI file"
    if not data:
        raise refuse("the file is empty", again)
    if len(data) > MAX_MIDI_BYTES:
        raise refuse(f"the file has more than {MAX_MIDI_BYTES:,} bytes; a primer is a few bars",
                     "export only the theme")  # fmt: skip
    if not data.startswith(_HEADER):
        raise refuse("the file is not MIDI", again)
    _check_header(data, again)
    try:
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
    # mido raises many types for damaged files, among them ones of its own.
    except Exception as error:  # noqa: BLE001
        cut = isinstance(error, EOFError)
        why = "the file is cut off" if cut else "the file is damaged"
        raise refuse(why, again) from None
    return midi


def _check_header(data: bytes, again: str) -> None:
    """Refuse what the header alone shows (Standard MIDI Files 1.0: format, tracks, division)."""
    if len(data) < _HEADER_BYTES:
        raise refuse("the file is cut off", again)
    form, tracks, division = (int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12))
    if form not in (0, 1):
        raise refuse(f"the file is MIDI of format {form}, whose tracks share no time",
                     "export it as format 0 or 1")  # fmt: skip
    if division == 0 or division & 0x8000:
        raise refuse("the file counts film frames, not beats", "export it with ticks per beat")
    if tracks > data.count(b"MTrk"):
        raise refuse("the file is cut off", again)


def _notes(midi: mido.MidiFile) -> Iterator[_Tick]:
    for track in midi.tracks:
        now = 0
        sounding: dict[tuple[int, int], int] = {}
        for message in track:
            now += message.time
            if message.type not in ("note_on", "note_off") or message.channel == _DRUM_CHANNEL:
                continue
            key = (message.channel, message.note)
            if key in sounding:
                yield _Tick(sounding.pop(key), now, message.note)
            if message.type == "note_on" and message.velocity > 0:
                sounding[key] = now
        for (_, pitch), start in sounding.items():
            yield _Tick(start, now, pitch)


def _on_grid(ticks: list[_Tick], ticks_per_beat: int) -> tuple[Note, ...]:
    """Round to steps; where a pitch starts again while it sounds, its first note ends there."""
    by_pitch: dict[int, dict[int, int]] = {}
    for tick in ticks:
        start, end = (_step(time, ticks_per_beat) for time in (tick.start, tick.end))
        starts = by_pitch.setdefault(tick.pitch, {})
        starts[start] = max(starts.get(start, 0), end, start + 1)
    notes: list[Note] = []
    for pitch, ends in by_pitch.items():
        times = sorted(ends)
        for start, following in zip(times, [*times[1:], None], strict=True):
            end = ends[start] if following is None else min(ends[start], following)
            notes.append(Note(start, end - start, pitch))
    return ordered(notes)


def _most_at_once(notes: tuple[Note, ...]) -> int:
    changes = sorted(
        [(note.end_step, -1) for note in notes] + [(note.start_step, 1) for note in notes]
    )
    return max(accumulate(change for _, change in changes))


def _step(ticks: int, ticks_per_beat: int) -> int:
    return (2 * STEPS_PER_BEAT * ticks + ticks_per_beat) // (2 * ticks_per_beat)
