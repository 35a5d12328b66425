"""A MIDI file as a primer: its notes on the 16th-note grid, without drums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from chipassets.manifest.refusal import refuse
from chipassets.midi.reader import MidiContent, MidiError, parse_midi
from chipassets.music.notes import Note, Primer, ordered
from chipassets.units import STEPS_PER_BEAT, WHOLE_NOTE_STEPS, amount_of, metre_steps

MAX_MIDI_BYTES = 1 << 17
MAX_AT_ONCE = 12
MAX_STEPS = 8192
_TEMPI_BPM = (4.0, 1000.0)
_MICROSECONDS_A_MINUTE = 60_000_000
_AGAIN = "export it again as a standard MIDI file"


@dataclass(frozen=True, slots=True)
class MidiPrimer:
    """A primer from a file, the file's first tempo, and remarks on how it was read."""

    primer: Primer
    tempo_bpm: float | None = None
    remarks: tuple[str, ...] = ()


def primer_from_midi(path: Path) -> MidiPrimer:
    """Return the notes of a MIDI file, all channels but the drums', as a primer.

    Times are rounded to the nearest 16th, halves up, as Magenta quantises; a note lasts at least
    one. Whole bars of silence before the first note are removed, and the primer ends with its last
    note. Velocity and pedals are not used. Refusal for a file that is empty, cut off, too large or
    too long, not MIDI, timed in film frames, or without notes.
    """
    content = midi_content(path)
    notes = _on_grid(content.notes, content.ticks_per_quarter)
    notes, bars = _without_silent_bars(notes, _bar_steps(content))
    steps = max(note.end_step for note in notes)
    if steps > MAX_STEPS:
        raise refuse(f"the file lasts {steps:,} steps (16th notes); a primer has at most "
                     f"{MAX_STEPS:,}", "export only the theme")  # fmt: skip
    if (most := _most_at_once(notes)) > MAX_AT_ONCE:
        raise refuse(f"{most} notes sound at once in it; a primer has at most {MAX_AT_ONCE}",
                     "export only the theme")  # fmt: skip
    tempo, wrong = _tempo(content)
    remarks = []
    if bars:
        remarks.append(f"{amount_of(bars, 'bar')} of silence before the first note removed")
    if wrong:
        remarks.append(f"{wrong} is not a musical tempo, and ignored")
    if content.promised != content.tracks:
        remarks.append(f"it has {content.tracks} tracks, but its header says {content.promised}")
    return MidiPrimer(Primer(notes, steps), tempo, tuple(remarks))


def midi_content(path: Path, most_bytes: int = MAX_MIDI_BYTES) -> MidiContent:
    """Return the content of a MIDI file that has notes; Refusal if it has none or is damaged."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise refuse(
            f"the file cannot be read ({error.strerror})", "mend its permissions"
        ) from None
    if not data:
        raise refuse("the file is empty", _AGAIN)
    if len(data) > most_bytes:
        what = "a primer is a few bars" if most_bytes == MAX_MIDI_BYTES else "a piece has fewer"
        raise refuse(f"the file has more than {most_bytes:,} bytes; {what}",
                     "export only the theme")  # fmt: skip
    try:
        # Only channel 10 counts as drums: a theme may be in a track named "drum and bass".
        content = parse_midi(data, drums_by_name=False, drums_by_program=False)
    except MidiError as error:
        raise refuse(f"the file is not MIDI with ticks per beat ({error})",
                     f"{_AGAIN}, format 0 or 1, with ticks per beat") from None  # fmt: skip
    if not content.notes:
        why = "the file holds only drums" if content.drums else "the file holds no notes"
        raise refuse(why, "export the melody on a channel other than 10")
    if content.damaged:
        raise refuse("the file is cut off or damaged", _AGAIN)
    return content


def _tempo(content: MidiContent) -> tuple[float | None, str]:
    """Return the file's first tempo, or None and the text of an unusable one."""
    if content.no_tempi:
        return None, "a quarter of 0 seconds"
    if not content.tempi:
        return None, ""
    tempo = _MICROSECONDS_A_MINUTE / min(content.tempi)[1]
    low, high = _TEMPI_BPM
    return (tempo, "") if low <= tempo <= high else (None, f"{tempo:.6g} bpm")


def _bar_steps(content: MidiContent) -> int:
    """Return the 16ths in a bar of the file's first metre, 4/4 if it has none."""
    _, above, below = min(content.metres, default=(0, 4, 4))
    return metre_steps(above, below) or WHOLE_NOTE_STEPS


def _without_silent_bars(notes: tuple[Note, ...], bar_steps: int) -> tuple[tuple[Note, ...], int]:
    """Return the notes without the whole bars of silence before the first, and their number."""
    bars = min(note.start_step for note in notes) // bar_steps
    moved = (replace(note, start_step=note.start_step - bars * bar_steps) for note in notes)
    return tuple(moved), bars


def _on_grid(ticks: list[tuple[int, int, int, int]], ticks_per_beat: int) -> tuple[Note, ...]:
    """Return the notes rounded to steps; a note ends where its pitch starts again."""
    by_pitch: dict[int, dict[int, int]] = {}
    for start_tick, end_tick, pitch, _voice in ticks:
        start, end = (
            step_of_tick(start_tick, ticks_per_beat),
            step_of_tick(end_tick, ticks_per_beat),
        )
        starts = by_pitch.setdefault(pitch, {})
        starts[start] = max(starts.get(start, 0), end, start + 1)
    notes: list[Note] = []
    for pitch, ends in by_pitch.items():
        times = sorted(ends)
        for start, following in zip(times, [*times[1:], None], strict=True):
            end = ends[start] if following is None else min(ends[start], following)
            notes.append(Note(start, end - start, pitch))
    return ordered(notes)


def _most_at_once(notes: tuple[Note, ...]) -> int:
    """Return how many of the notes sound at once at most."""
    changes = sorted(
        [(note.end_step, -1) for note in notes] + [(note.start_step, 1) for note in notes]
    )
    return max(accumulate(change for _, change in changes))


def step_of_tick(ticks: int, ticks_per_beat: int) -> int:
    """Return the 16th nearest to a tick, halves up; ticks_per_beat: those of a quarter note."""
    return (2 * STEPS_PER_BEAT * ticks + ticks_per_beat) // (2 * ticks_per_beat)
