"""Replaces what a console plays frame by frame by the notes that a musician would write.

Recordings of chip music turn a vibrato into dozens of notes a semitone apart, a slide into all
notes on its way, and a fast arpeggio into a chain of its notes. All are chains of notes of a few
frames without gaps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME_SECONDS = 1 / 60
_SHORT_SECONDS = 3.5 * _FRAME_SECONDS
_GAP_SECONDS = 0.75 * _FRAME_SECONDS
_LONGEST_PERIOD = 4
_FEWEST = 3
_VIBRATO_SEMITONES = 2

Played = tuple[float, float, int]
"""(start, end, pitch) in seconds."""


def written_out(
    seconds: NDArray[np.float64], pitches: NDArray[np.int64], voices: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return the notes with each vibrato and slide as one note, each fast arpeggio as a chord.

    They are times in seconds [n, 2], pitches and voices; the last value counts what was replaced.
    """
    if not (seconds[:, 1] - seconds[:, 0] <= _SHORT_SECONDS).any():
        return seconds, pitches, voices, 0
    times, found_pitches, found_voices, count = [], [], [], 0
    for voice in np.unique(voices):
        inside = voices == voice
        rows = np.column_stack((seconds[inside], pitches[inside]))
        rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
        notes, cycles = _voice([(start, end, int(pitch)) for start, end, pitch in rows.tolist()])
        times += [note[:2] for note in notes]
        found_pitches += [note[2] for note in notes]
        found_voices += [int(voice)] * len(notes)
        count += cycles
    table = np.array(times, np.float64).reshape(-1, 2)
    return table, np.array(found_pitches, np.int64), np.array(found_voices, np.int64), count


def _voice(notes: list[Played]) -> tuple[list[Played], int]:
    """Return the notes of one voice with its chains written out, and their number."""
    written: list[Played] = []
    place, end, chains = 0, 0, 0
    while place < len(notes):
        # A chain whose first notes do not belong to it still ends where it ended.
        end = end if place < end else _chain_end(notes, place)
        if end - place < _FEWEST:
            head = written[-1] if written else (0.0, -1.0, 0)
            if end == place or not _is_vibrato(notes, place, end, head):
                written.append(notes[place])
                place += 1
                continue
        place = _write_chain(notes, place, end, written)
        chains += 1
    return written, chains


def _chain_end(notes: list[Played], first: int) -> int:
    """Return the index after the short notes that follow each other from `first` on."""
    end = first
    while end < len(notes) and _is_short(notes[end]) and (end == first or _touch(notes, end)):
        end += 1
    return end


def _is_short(note: Played) -> bool:
    return note[1] - note[0] <= _SHORT_SECONDS


def _touch(notes: list[Played], place: int) -> bool:
    """Whether a note begins where the one before it ends."""
    return abs(notes[place][0] - notes[place - 1][1]) <= _GAP_SECONDS


def _is_vibrato(notes: list[Played], first: int, end: int, head: Played) -> bool:
    """Return whether a chain stays near the note that comes before it."""
    if abs(notes[first][0] - head[1]) > _GAP_SECONDS:
        return False
    return all(abs(notes[n][2] - head[2]) <= _VIBRATO_SEMITONES for n in range(first, end))


def _write_chain(notes: list[Played], first: int, end: int, written: list[Played]) -> int:
    """Append the note or chord at the start of the chain; return the index to continue at.

    Chains are processed by index: copying one of a hundred thousand notes at each of its notes
    would take minutes.
    """
    if written and _is_vibrato(notes, first, end, written[-1]):
        start, _, pitch = written[-1]
        written[-1] = (start, notes[end - 1][1], pitch)
        return end
    cycle = _cycle(notes, first, end)
    if cycle:
        pitches = sorted({pitch for _, _, pitch in notes[first : first + cycle]})
        if pitches[-1] - pitches[0] <= _VIBRATO_SEMITONES:
            pitches = [pitches[len(pitches) // 2]]
        last = notes[first + cycle - 1]
        written.extend((notes[first][0], last[1], pitch) for pitch in pitches)
        return first + cycle
    return _write_slide(notes, first, end, written)


def _cycle(notes: list[Played], first: int, end: int) -> int:
    """Return the number of notes after which a chain repeats, 0 if it does not."""
    best = 0
    for period in range(2, _LONGEST_PERIOD + 1):
        place = first + period
        while place < end and notes[place][2] == notes[place - period][2]:
            place += 1
        if place > first + period and place - first > best:
            best = place - first
    return best if best >= _FEWEST else 0


def _write_slide(notes: list[Played], first: int, end: int, written: list[Played]) -> int:
    """Append the note at which a slide ends, or the chain's first note if it is not a slide."""
    steps = range(first, end - 1)
    rises = all(notes[n][2] <= notes[n + 1][2] for n in steps)
    if not rises and not all(notes[n][2] >= notes[n + 1][2] for n in steps):
        written.append(notes[first])
        return first + 1
    begin = notes[first][0]
    if end < len(notes) and _touch(notes, end):
        written.append((begin, notes[end][1], notes[end][2]))
        return end + 1
    written.append((begin, notes[end - 1][1], notes[first][2]))
    return end
