"""One voice of a MIDI file as a melody: a track or a channel of it, in the bars of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from chipassets.manifest.primer_midi import midi_content
from chipassets.manifest.refusal import Fault, Refusal
from chipassets.midi.reader import MidiContent
from chipassets.music.notes import Note, Primer
from chipassets.units import STEPS_PER_BEAT, WHOLE_NOTE_STEPS, metre_steps

_TRACK, _CHANNEL = "track", "channel"
_LEAST_OVERLAP_STEPS = 2
"""Two notes that overlap by less are legato: the first is cut off."""
_LISTED = 6


@dataclass(frozen=True, slots=True)
class MidiVoice:
    """A voice of a MIDI file from the first bar line on, and the metre if the file has one."""

    tune: Primer
    metre: str | None


def voice_of_midi(path: Path, track: int | None, channel: int | None) -> MidiVoice:
    """Return the single voice that a track and a channel of a MIDI file name, both counted from 1.

    Without both, the file must have one track with notes. Whole bars of silence before the first
    note are removed. Refusal for a track without notes, and for one with several notes at once.
    """
    content = midi_content(path)
    numbers = sorted({voice // 16 + 1 for *_, voice in content.notes})
    wanted = _chosen(content, numbers, track)
    notes = [note for note in content.notes if note[3] // 16 + 1 == wanted]
    channels = sorted({voice % 16 + 1 for *_, voice in notes})
    if channel is not None:
        if channel not in channels:
            said = ", ".join(map(str, channels))
            why = f"track {wanted} has no notes on channel {channel}"
            raise Refusal(Fault(why, f"its channels with notes are {said}", (_CHANNEL,)))
        notes = [note for note in notes if note[3] % 16 + 1 == channel]
    grid = content.ticks_per_quarter
    bar_steps, metre = _bar(content)
    placed = sorted({(_step(start, grid), pitch): _step(end, grid)
                     for start, end, pitch, _ in notes}.items())  # fmt: skip
    line = _line([(start, end, pitch) for (start, pitch), end in placed], bar_steps, wanted,
                 channels if channel is None else [])  # fmt: skip
    silent = line[0].start_step // bar_steps * bar_steps
    moved = tuple(replace(note, start_step=note.start_step - silent) for note in line)
    return MidiVoice(Primer(moved, moved[-1].end_step), metre)


def _chosen(content: MidiContent, numbers: list[int], track: int | None) -> int:
    if track in numbers:
        return int(track or 1)
    names = ", ".join(
        f"{number}{f' ({name})' if (name := content.names.get(number - 1)) else ''}"
        for number in numbers[:_LISTED]
    )
    if track is not None:
        why = f"track {track} of the file has no notes"
        raise Refusal(Fault(why, f"the tracks with notes are {names}", (_TRACK,)))
    if len(numbers) > 1:
        why = f"the file has {len(numbers)} tracks with notes, and a melody is one track"
        raise Refusal(Fault(why, f"add track:, one of {names}"))
    return numbers[0]


def _bar(content: MidiContent) -> tuple[int, str | None]:
    """Return the 16ths in a bar of the file's first metre, and that metre if the file has one."""
    if not content.metres:
        return WHOLE_NOTE_STEPS, None
    _, above, below = min(content.metres)
    return metre_steps(above, below) or 1, f"{above}/{below}"


def _step(ticks: int, ticks_per_quarter: int) -> int:
    return (2 * STEPS_PER_BEAT * ticks + ticks_per_quarter) // (2 * ticks_per_quarter)


def _line(
    notes: list[tuple[int, int, int]], bar_steps: int, track: int, channels: list[int]
) -> list[Note]:
    """Return the notes as one voice; Refusal if two sound at once."""
    line: list[Note] = []
    for start, end, pitch in notes:
        before = line[-1] if line else None
        steps = max(1, end - start)
        if before is not None and before.end_step > start:
            overlap = min(before.end_step, start + steps) - start
            room = start - before.start_step
            if not room or (overlap >= _LEAST_OVERLAP_STEPS and 2 * overlap > steps):
                raise _polyphonic(notes, start, bar_steps, track, channels)
            line[-1] = replace(before, duration_steps=room)
        line.append(Note(start, steps, pitch))
    return line


def _polyphonic(
    notes: list[tuple[int, int, int]], at: int, bar_steps: int, track: int, channels: list[int]
) -> Refusal:
    most = max(sum(start <= step < end for start, end, _ in notes) for step, *_ in notes)
    bar, step = divmod(at, bar_steps)
    fix = "name a track with one voice, or export the tune alone"
    if len(channels) > 1:
        fix = f"add channel:, one of {', '.join(map(str, channels))}, or export the tune alone"
    return Refusal(
        Fault(
            f"up to {max(2, most)} notes sound at once in track {track}, first in bar {bar + 1} "
            f"on beat {step / STEPS_PER_BEAT + 1:g}, and a melody is one voice",
            fix,
        )
    )
