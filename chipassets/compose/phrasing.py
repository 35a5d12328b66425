"""What joins phrases: pickups over the bar line, and stops in which all voices breathe."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chipassets.compose.avoiding import SIXTEENTHS, SYNCOPATION
from chipassets.compose.context import Context
from chipassets.compose.harmonies import Harmony
from chipassets.compose.material import Material
from chipassets.compose.piece import PiecePlan
from chipassets.compose.tunebar import TuneBar
from chipassets.music.notes import LEAD, Note
from chipassets.units import OCTAVE

_LEAST_GOAL = 4
"""Steps that a phrase's last note keeps before a pickup begins."""


def add_pickups(
    plan: PiecePlan,
    harmony: Harmony,
    tune: Sequence[TuneBar],
    notes: Sequence[Note],
    material: Material,
    draw: float,
    given: frozenset[int],
) -> list[Note]:
    """Return the tune with a pickup into each phrase for which the plan has one.

    Its rhythm is the end of one of the model's bars; it goes by step to the note that it leads to.
    given: bars whose notes the manifest or a repair settles; they stay.
    """
    rhythm = _pickup_rhythm(material, harmony.steps_per_bar, draw)
    if SIXTEENTHS in plan.avoid:
        rhythm = tuple(step for step in rhythm if step % 2 == 0) or (harmony.steps_per_bar - 2,)
    way = -1 if draw * 97 % 1 < 0.6 else 1
    kept = list(notes)
    bars = len(tune)
    for bar in plan.pickups:
        target = (bar + 1) % bars
        if bar in given or not tune[target].notes or tune[target].notes[0].step != 0:
            continue
        start = bar * harmony.steps_per_bar
        inside = [note for note in kept if start <= note.start_step < start + harmony.steps_per_bar]
        if not inside:
            continue
        goal = max(inside, key=lambda note: note.start_step)
        steps = [start + step for step in rhythm if start + step - goal.start_step >= _LEAST_GOAL]
        if not steps:
            continue
        kept.remove(goal)
        length = min(goal.duration_steps, steps[0] - goal.start_step)
        kept.append(Note(goal.start_step, length, goal.pitch, LEAD))
        first = tune[target].notes[0].degree
        ends = [*steps[1:], start + harmony.steps_per_bar]
        for index, (step, end) in enumerate(zip(steps, ends, strict=True)):
            degree = first + way * (len(steps) - index)
            pitch = harmony.table.pitch(int(harmony.at[step]), degree)
            kept.append(Note(step, end - step, pitch, LEAD))
    return sorted(kept, key=lambda note: note.start_step)


def anticipated(
    plan: PiecePlan,
    tune: Sequence[TuneBar],
    notes: Sequence[Note],
    bar_steps: int,
    draws: Sequence[float],
    given: frozenset[int],
) -> list[Note]:
    """Return the tune in which some first notes of bars come an eighth early and are held over.

    draws: a uniform number for each bar; a bar that comes again is played as it was. Phrases keep
    their downbeats, and so do given bars.
    """
    if SYNCOPATION in plan.avoid:
        return list(notes)
    share = _ANTICIPATED * (0.3 + plan.targets.syncopation)
    opens = {phrase.start_bar for phrase in plan.phrases}
    kept = sorted(notes, key=lambda note: note.start_step)
    for bar in range(1, len(tune)):
        source = tune[bar].source if tune[bar].source > 0 else bar
        if bar in opens or bar in given or bar - 1 in given or draws[source] >= share:
            continue
        start = bar * bar_steps
        index = next((i for i, note in enumerate(kept) if note.start_step == start), 0)
        if not index:
            continue
        note, before = kept[index], kept[index - 1]
        early = start - _EIGHTH
        if note.duration_steps < _EIGHTH + 1 or before.start_step > early - _EIGHTH:
            continue
        length = min(before.duration_steps, early - before.start_step)
        kept[index - 1] = Note(before.start_step, length, before.pitch, LEAD)
        kept[index] = Note(early, note.duration_steps + _EIGHTH, note.pitch, LEAD)
    return kept


_ANTICIPATED = 0.75
_EIGHTH = 2


def _pickup_rhythm(material: Material, bar_steps: int, draw: float) -> tuple[int, ...]:
    """Return the steps of the last beat and a half of one of the model's bars."""
    first = bar_steps - 6
    ends = dict.fromkeys(
        tuple(step for step in item.cell.rhythm if step >= first) for item in material.tune
    )
    choice = [end for end in ends if 1 <= len(end) <= 3 and end[-1] >= bar_steps - 3]
    return choice[int(draw * len(choice))] if choice else (bar_steps - 2,)


def cut_stops(context: Context, notes: Sequence[Note]) -> list[Note]:
    """Return notes of any part without what sounds in the stops of the plan."""
    kept = list(notes)
    for bar in context.plan.stops:
        end = (bar + 1) * context.bar_steps
        start = end - context.pulse_steps
        cut = []
        for note in kept:
            if start <= note.start_step < end:
                continue
            if note.start_step < start < note.end_step:
                note = Note(note.start_step, start - note.start_step, note.pitch, note.part)
            cut.append(note)
        kept = cut
    return kept


def let_go(notes: Sequence[Note], others: Sequence[Sequence[Note]]) -> list[Note]:
    """Return a tune without the ends of notes that are held into a semitone with another part.

    A note that rubs from its beginning stays: the search has weighed it.
    """
    below = sorted((n for line in others for n in line), key=lambda note: note.start_step)
    starts = [note.start_step for note in below]
    kept = []
    for note in notes:
        first = bisect_right(starts, note.start_step + 1)
        for other in below[first : bisect_left(starts, note.end_step - 1)]:
            rubs = (note.pitch - other.pitch) % OCTAVE in (1, OCTAVE - 1)
            if rubs and other.duration_steps >= 2:
                note = replace(note, duration_steps=other.start_step - note.start_step)
                break
        kept.append(note)
    return kept


def shortened(notes: Sequence[Note], short: float) -> list[Note]:
    """Return notes of a part played shorter: `short` from 0, as written, to 1, all detached.

    Eighths and quarters lose up to half of their length, longer notes one or two 16ths. Notes that
    are held on purpose keep their length.
    """
    if short < _LEGATO_UP_TO:
        return list(notes)
    share = (short - _LEGATO_UP_TO) / (1 - _LEGATO_UP_TO)
    played = []
    for note in notes:
        steps = note.duration_steps
        if 2 <= steps <= 4:
            steps = max(1, round(steps * (1 - 0.5 * share)))
        elif steps > 4:
            steps -= 1 + (share > 0.7)
        played.append(Note(note.start_step, steps, note.pitch, note.part))
    return played


_LEGATO_UP_TO = 0.25


def kept_in_key(
    context: Context, notes: Sequence[Note], share: float, given: Mapping[str, Collection[int]]
) -> list[Note]:
    """Return notes of all parts of which at most a share lies outside the scale and its chords.

    The shortest stay first; what is too many moves to the nearest tone of the scale under it.
    given: bars of a part whose notes the manifest or a repair settles; they stay.
    """
    table = context.harmony.table
    outside = [
        index
        for index, note in enumerate(notes)
        if note.pitch % 12 not in table.scale(int(context.harmony.at[note.start_step]))
        and note.start_step // context.bar_steps not in given.get(note.part, ())
    ]
    outside.sort(key=lambda index: (notes[index].duration_steps, notes[index].start_step, index))
    kept = list(notes)
    for index in outside[int(share * len(notes)) :]:
        note = notes[index]
        scale = table.scale(int(context.harmony.at[note.start_step]))
        near = [
            note.pitch + move for move in (-1, 1, -2, 2, -3, 3) if (note.pitch + move) % 12 in scale
        ]
        kept[index] = Note(note.start_step, note.duration_steps, near[0], note.part)
    return kept
