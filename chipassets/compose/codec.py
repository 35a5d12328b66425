"""Polyphony events: notes on the 16th grid as one line of integers, Magenta's polyphony_rnn words.

A sequence opens with START. Each step lists its sounding pitches from high to low, NEW_NOTE where a
note starts and CONTINUED_NOTE where one holds (a held note stands before a new one of its pitch),
and closes with STEP_END. END closes the sequence. Only STEP_END takes time.
Source: Magenta 2.1.4, `polyphony_lib.PolyphonicSequence` and `PolyphonyOneHotEncoding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

START = 0
END = 1
STEP_END = 2
NEW_NOTE = 3
"""First of 128 classes: NEW_NOTE + pitch."""
CONTINUED_NOTE = 131
"""First of 128 classes: CONTINUED_NOTE + pitch."""
EVENT_CLASSES = 259

Note = tuple[int, int, int]
"""(start_step, duration_steps, MIDI pitch)."""

# Sort keys give each step 256 places: continued and new for each pitch, then its end.
_PLACES = 256
_STEP_END_PLACE = _PLACES  # after the lowest pitch, before the next step's highest


def encode_notes(
    notes: Iterable[Note] | NDArray[np.integer], total_steps: int
) -> NDArray[np.int16]:
    """Return the events int16 [n] of the notes, from START to END, lasting `total_steps` steps.

    Notes that start at or after the end are left out and longer ones are cut there. ValueError for
    a pitch outside 0..127, a negative start or a duration below one step.
    """
    listed = notes if isinstance(notes, np.ndarray) else list(notes)
    table = np.array(listed, dtype=np.int64).reshape(-1, 3)
    _check_notes(table, total_steps)
    starts, pitches = table[:, 0], table[:, 2]
    lengths = np.clip(np.minimum(starts + table[:, 1], total_steps) - starts, 0, None)
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    is_new = offsets == 0
    steps = np.repeat(starts, lengths) + offsets
    sounding = np.repeat(pitches, lengths)
    places = (127 - sounding) * 2 + is_new
    ends = np.arange(total_steps, dtype=np.int64)
    keys = np.concatenate((steps * (_PLACES + 1) + places, ends * (_PLACES + 1) + _STEP_END_PLACE))
    events = np.concatenate(
        (
            sounding + np.where(is_new, NEW_NOTE, CONTINUED_NOTE),
            np.full(total_steps, STEP_END, dtype=np.int64),
        )
    )
    ordered = events[np.argsort(keys, kind="stable")]
    return np.concatenate(([START], ordered, [END])).astype(np.int16)


def _check_notes(table: NDArray[np.int64], total_steps: int) -> None:
    """Raise ValueError naming the first note that has no place on the grid."""
    if total_steps < 0:
        raise ValueError(f"a sequence cannot last {total_steps} steps")
    bad = (table[:, 0] < 0) | (table[:, 1] < 1) | (table[:, 2] < 0) | (table[:, 2] > 127)
    if bad.any():
        start, duration, pitch = table[np.argmax(bad)]
        raise ValueError(
            f"note (start {start}, duration {duration}, pitch {pitch}) is not on the grid: "
            "start at 0 or later, last at least one step, pitch 0..127"
        )


def decode_events(events: Sequence[int] | NDArray[np.integer]) -> tuple[list[Note], int]:
    """Return the notes, by start and then from high to low, and how many steps were closed.

    A continuation of a pitch that does not sound is ignored, as Magenta does; so are START, all
    that follows END, and notes that begin in a step that STEP_END does not close. Notes that still
    sound at the end are cut there. Of two equal pitches that sound together the older ends first.
    ValueError for a number that is no event.
    """
    sounding: dict[int, list[int]] = {}
    pending_new: list[int] = []
    held: dict[int, int] = {}
    notes: list[Note] = []
    step = 0
    for event in np.asarray(events).tolist():
        if event == STEP_END:
            _release(sounding, held, step, notes)
            for pitch in pending_new:
                sounding.setdefault(pitch, []).append(step)
            pending_new, held = [], {}
            step += 1
        elif event == END:
            break
        elif NEW_NOTE <= event < CONTINUED_NOTE:
            pending_new.append(event - NEW_NOTE)
        elif CONTINUED_NOTE <= event < EVENT_CLASSES:
            held[event - CONTINUED_NOTE] = held.get(event - CONTINUED_NOTE, 0) + 1
        elif event != START:
            raise ValueError(f"{event} is not a polyphony event (0..{EVENT_CLASSES - 1})")
    _release(sounding, {}, step, notes)
    return sorted(notes, key=lambda note: (note[0], -note[2], note[1])), step


def _release(
    sounding: dict[int, list[int]], held: dict[int, int], step: int, notes: list[Note]
) -> None:
    """End, at `step`, the oldest sounding notes that are not held, moving them into `notes`."""
    for pitch, starts in list(sounding.items()):
        ended = max(0, len(starts) - held.get(pitch, 0))
        notes.extend((start, step - start, pitch) for start in starts[:ended])
        del starts[:ended]
        if not starts:
            del sounding[pitch]
