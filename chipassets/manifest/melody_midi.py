"""One voice of a MIDI file as a melody: a track or a channel of it, in the bars of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from chipassets.manifest.primer_midi import midi_content, step_of_tick
from chipassets.manifest.refusal import Fault, Refusal
from chipassets.midi.reader import MidiContent
from chipassets.music.keys import pitch_name
from chipassets.music.notes import Note, Primer
from chipassets.selection.craft import TUNE_HIGHEST, TUNE_LOWEST
from chipassets.units import STEPS_PER_BEAT, WHOLE_NOTE_STEPS, metre_steps

_TRACK, _CHANNEL = "track", "channel"
_LEAST_OVERLAP_STEPS = 2
"""Two notes that overlap by less are legato: the first is cut off."""
_LISTED = 6


@dataclass(frozen=True, slots=True)
class MidiVoice:
    """A voice of a MIDI file from the first bar line on, and the metre if the file has one.

    pickup_steps: how many of its steps come before the first whole bar. is_swung: whether its 8ths
    were played in the swing of triplets; they are read as straight 8ths. others: the file's other
    tracks that a lead voice can play, in words.
    """

    tune: Primer
    metre: str | None
    pickup_steps: int = 0
    is_swung: bool = False
    others: tuple[str, ...] = ()


def voice_of_midi(
    path: Path, track: int | None, channel: int | None, pickup: int | None = None
) -> MidiVoice:
    """Return the single voice that a track and a channel of a MIDI file name, both counted from 1.

    Without both, the file must have one track with notes. Whole bars of silence before the first
    note are removed. pickup: how many 16ths come before the first whole bar; by default those of a
    short first bar in the file's metres. Refusal for a track without notes, for one with several
    notes at once, and for triplets.
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
    bar_steps, metre, short = _bars(content)
    is_swung = _is_swung(sorted(start for start, *_ in notes), grid, bar_steps)
    step = _swung_step if is_swung else step_of_tick
    placed = sorted({(step(start, grid), pitch): step(end, grid)
                     for start, end, pitch, _ in notes}.items())  # fmt: skip
    line = _line([(start, end, pitch) for (start, pitch), end in placed], bar_steps, wanted,
                 channels if channel is None else [])  # fmt: skip
    before = short if pickup is None else pickup
    first = line[0].start_step
    # Programs that have no short bars begin a pickup with a rest, inside a whole bar.
    silent = (first + before) // bar_steps * bar_steps - before if first >= before else 0
    if silent < 0:
        raise Refusal(
            Fault(
                f"the first note begins {bar_steps - first} 16ths before the file's second bar",
                f"write pickup: {bar_steps - first}, or leave it out",
                ("pickup",),
            )
        )
    moved = tuple(replace(note, start_step=note.start_step - silent) for note in line)
    others = _in_range(content, [number for number in numbers if number != wanted])
    return MidiVoice(Primer(moved, moved[-1].end_step), metre, before, is_swung, others)


def _in_range(content: MidiContent, numbers: list[int]) -> tuple[str, ...]:
    """Return those of the tracks that lie in a lead voice's range: number, name and range."""
    found = []
    for number in numbers:
        pitches = [pitch for *_, pitch, voice in content.notes if voice // 16 + 1 == number]
        low, high = min(pitches), max(pitches)
        if low >= TUNE_LOWEST and high <= TUNE_HIGHEST:
            name = content.names.get(number - 1)
            said = f"{name}, " if name else ""
            found.append(f"{number} ({said}{pitch_name(low)} to {pitch_name(high)})")
    return tuple(found[:_LISTED])


_NEAR_STEPS = 0.12
"""How far from a third of a quarter, in 16ths, a note may begin that was written there."""
_LEAST_TRIPLETS = 2
_TRIPLET_SHARE = 0.1
"""Of a voice's notes, so many on thirds of a beat are no accident of playing."""


def _is_swung(starts: list[int], ticks_per_quarter: int, bar_steps: int) -> bool:
    """Whether 8ths off the beat are late as in triplets; Refusal where triplets are played."""
    thirds: dict[int, list[int]] = {1: [], 2: []}
    for tick in starts:
        place = tick * STEPS_PER_BEAT / ticks_per_quarter
        for third, found in thirds.items():
            if abs(place % STEPS_PER_BEAT - third * STEPS_PER_BEAT / 3) <= _NEAR_STEPS:
                found.append(tick)
    least = max(_LEAST_TRIPLETS, _TRIPLET_SHARE * len(starts))
    if len(thirds[1]) + len(thirds[2]) < least:
        return False
    if not thirds[1]:
        return True
    bar, step = divmod(min(thirds[1]) * STEPS_PER_BEAT // ticks_per_quarter, bar_steps)
    raise Refusal(
        Fault(
            f"{len(thirds[1]) + len(thirds[2])} notes are triplets, first in bar {bar + 1} on beat "
            f"{step // STEPS_PER_BEAT + 1}, and lie between the 16ths",
            "write them in 16ths and longer, or a tune that is all triplets in 6/8, 9/8 or 12/8",
        )
    )


def _chosen(content: MidiContent, numbers: list[int], track: int | None) -> int:
    """Return the number of the track to read; Refusal if several could be meant."""
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


def _bars(content: MidiContent) -> tuple[int, str | None, int]:
    """Return the 16ths in a bar, the metre if it is given, and the 16ths of a short first bar."""
    metres = sorted(content.metres)
    if not metres:
        return WHOLE_NOTE_STEPS, None, 0
    lengths = [metre_steps(above, below) or 1 for _, above, below in metres]
    # Notation programs write a pickup as a bar of its own metre.
    is_short = (
        len(metres) > 1
        and lengths[0] < lengths[1]
        and step_of_tick(metres[1][0], content.ticks_per_quarter) == lengths[0]
    )
    _, above, below = metres[is_short]
    return lengths[is_short], f"{above}/{below}", lengths[0] if is_short else 0


def _swung_step(ticks: int, ticks_per_quarter: int) -> int:
    """Return the step of a tick in swung music: what is two thirds into a beat is its half."""
    beat, place = divmod(ticks * STEPS_PER_BEAT / ticks_per_quarter, STEPS_PER_BEAT)
    # The first two thirds of the beat hold two 16ths, the last third the other two.
    late = 2 * STEPS_PER_BEAT / 3
    straight = place * 2 / late if place <= late else 2 + (place - late) * 2 / (STEPS_PER_BEAT / 3)
    return int(beat) * STEPS_PER_BEAT + int(straight + 0.5)


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
    """Return the refusal of a track in which notes sound at once; `at`: the first such step."""
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
