"""What joins phrases: pickups over the bar line, and stops in which all voices breathe."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose.avoiding import CHROMATIC, SIXTEENTHS, SYNCOPATION
from chipassets.compose.context import Context
from chipassets.compose.given import sustained
from chipassets.compose.harmonies import Harmony
from chipassets.compose.material import Material
from chipassets.compose.piece import PiecePlan
from chipassets.compose.tunebar import NO_NOTES, TuneBar, tune_notes
from chipassets.music.notes import LEAD, Note
from chipassets.units import OCTAVE

_LEAST_GOAL = 4
"""Steps that a phrase's last note keeps before a pickup begins."""


_AUGMENTED_SECOND = 3
_FAR_GOAL = 7
"""Semitones from a phrase's goal to the next phrase over which a pickup comes from its side."""


def entering(plan: PiecePlan, tune: tuple[TuneBar, ...]) -> tuple[TuneBar, ...]:
    """Return the tune without the bars before it enters."""
    waits = plan.entries.get(LEAD, 0)
    return (*(NO_NOTES for _ in tune[:waits]), *tune[waits:])


def played_tune(
    plan: PiecePlan,
    harmony: Harmony,
    tune: tuple[TuneBar, ...],
    stated: Sequence[Note],
    given: frozenset[int],
    material: Material,
    rng: np.random.Generator,
) -> list[Note]:
    """Return the tune's notes with pickups, anticipations and suspensions.

    stated: the notes of motifs, which keep their lengths. given: bars whose notes the manifest or a
    repair settles; they stay.
    """
    steps = harmony.steps_per_bar
    notes = sustained(tune_notes(tune, steps), stated)
    notes = add_pickups(plan, harmony, tune, notes, material, float(rng.random()), given)
    # A bar whose tune alone moves keeps its notes: with one fewer nothing would happen in it.
    settled = given | {bar for bar in range(len(tune)) if plan.section_at(bar).is_led_by_tune}
    notes = anticipated(plan, tune, notes, steps, rng.random(len(tune)).tolist(), settled)
    notes = suspended(plan, tune, notes, steps, rng.random(len(tune)).tolist(), settled)
    if plan.targets.chromatic < _COLOURS_FROM or CHROMATIC in plan.avoid:
        return notes
    return coloured(harmony, notes, given)


_COLOURS_FROM = 0.7
"""From this wish for tones outside the key on a tune leads into its notes by semitones."""


def coloured(harmony: Harmony, notes: Sequence[Note], given: frozenset[int]) -> list[Note]:
    """Return the tune with some short notes raised to the leading tone of the next note.

    Such a note lies a tone below the next one, is not in its chord though the next one is, and is a
    neighbour between two equal pitches or is reached from above or by leap. given: bars whose notes
    stay.
    """
    table, steps = harmony.table, harmony.steps_per_bar
    kept = list(notes)
    for index in range(1, len(kept) - 1):
        before, note, after = kept[index - 1 : index + 2]
        if note.start_step // steps in given or note.duration_steps > _EIGHTH:
            continue
        if after.pitch - note.pitch != 2 or before.pitch == note.pitch - 2:
            continue
        here, there = harmony.rows[note.start_step], harmony.rows[after.start_step]
        goal = table.tones[there, after.pitch % OCTAVE]
        if goal and not table.tones[here, note.pitch % OCTAVE] and after.start_step % 2 == 0:
            kept[index] = replace(note, pitch=note.pitch + 1)
    return kept


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
        first, lands = tune[target].notes[0].degree, tune[target].pitches[0]
        # From a goal that lies far away the pickup comes from that side.
        far = abs(goal.pitch - lands) > _FAR_GOAL
        side = (1 if goal.pitch > lands else -1) if far else way
        ends = [*steps[1:], start + harmony.steps_per_bar]
        pickup: list[Note] = []
        after = lands
        # From its last note, a degree from where it lands, to its first.
        for away, (step, end) in enumerate(zip(steps[::-1], ends[::-1], strict=True), start=1):
            pitch = harmony.table.pitch(harmony.rows[step], first + side * away)
            if abs(pitch - after) == _AUGMENTED_SECOND:
                # The sixth of minor is raised where it goes with the leading tone.
                pitch += 1 if after > pitch else -1
            pickup.append(Note(step, end - step, pitch, LEAD))
            after = pitch
        if abs(after - goal.pitch) > OCTAVE:
            # From another register it would be heard as another voice, not as a way there.
            continue
        kept.remove(goal)
        length = min(goal.duration_steps, steps[0] - goal.start_step)
        kept += [Note(goal.start_step, length, goal.pitch, LEAD), *pickup]
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
    share = _ANTICIPATED * max(0.0, plan.targets.syncopation - _ANTICIPATES_FROM)
    opens = {phrase.start_bar for phrase in plan.phrases}
    kept = sorted(notes, key=lambda note: note.start_step)
    for bar in _moved_bars(tune, draws, share, given):
        start = bar * bar_steps
        index = _beginning_at(kept, start)
        if bar in opens or not index:
            continue
        note, before = kept[index], kept[index - 1]
        early = start - _EIGHTH
        if note.duration_steps < _EIGHTH + 1 or before.start_step > early - _EIGHTH:
            continue
        length = min(before.duration_steps, early - before.start_step)
        kept[index - 1] = Note(before.start_step, length, before.pitch, LEAD)
        kept[index] = Note(early, note.duration_steps + _EIGHTH, note.pitch, LEAD)
    return kept


_ANTICIPATED, _ANTICIPATES_FROM = 0.9, 0.45
"""From this wish for syncopation on bars are anticipated, the more the stronger it is."""
_EIGHTH = 2


def suspended(
    plan: PiecePlan,
    tune: Sequence[TuneBar],
    notes: Sequence[Note],
    bar_steps: int,
    draws: Sequence[float],
    given: frozenset[int],
) -> list[Note]:
    """Return the tune in which some bars begin with the note before, held over the bar line.

    The note that would open the bar follows a beat or half a beat later: a step down from what is
    held, so that a dissonance resolves, or the same pitch, which is then not struck again. draws: a
    uniform number for each bar; a bar that comes again is played as it was.
    """
    if SYNCOPATION in plan.avoid:
        return list(notes)
    share = _SUSPENDED * (0.4 + 0.6 * plan.targets.rough)
    kept = sorted(notes, key=lambda note: note.start_step)
    for bar in _moved_bars(tune, draws, share, given):
        start = bar * bar_steps
        index = _beginning_at(kept, start)
        if not index:
            continue
        before, note = kept[index - 1], kept[index]
        if before.duration_steps < _EIGHTH or before.end_step < start - 1:
            continue
        if before.pitch == note.pitch:
            kept[index - 1] = replace(before, duration_steps=note.end_step - before.start_step)
            del kept[index]
        elif before.pitch - note.pitch in (1, 2) and note.duration_steps >= 2 * _EIGHTH:
            late = 2 * _EIGHTH if note.duration_steps >= 4 * _EIGHTH else _EIGHTH
            kept[index - 1] = replace(before, duration_steps=start + late - before.start_step)
            kept[index] = Note(start + late, note.duration_steps - late, note.pitch, LEAD)
    return kept


_SUSPENDED = 0.6
"""How often, in the roughest piece, a bar that can begin with a suspension does."""


def _moved_bars(
    tune: Sequence[TuneBar], draws: Sequence[float], share: float, given: frozenset[int]
) -> Iterator[int]:
    """Yield the bars whose downbeat is moved, each followed by the bars that repeat it.

    draws: a uniform number for each bar, which must be below `share`. Given bars, repeats of them,
    and bars after them are left out.
    """
    for bar in range(1, len(tune)):
        source = tune[bar].source if tune[bar].source >= 0 else bar
        if not {bar, bar - 1, source} & given and draws[source] < share:
            yield bar


def _beginning_at(notes: Sequence[Note], step: int) -> int:
    """Return the index of the note that begins at a step, 0 if there is none or it is the first."""
    return next((index for index, note in enumerate(notes) if note.start_step == step), 0)


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
        start = end - min(context.pulse_steps, _QUARTER)
        cut = []
        for note in kept:
            if start <= note.start_step < end:
                continue
            if note.start_step < start < note.end_step:
                note = Note(note.start_step, start - note.start_step, note.pitch, note.part)
            cut.append(note)
        kept = cut
    return kept


def released(harmony: Harmony, notes: Sequence[Note]) -> list[Note]:
    """Return a tune without the ends of notes that are held into a chord they do not belong to.

    What then falls by step is a suspension, and stays; so does what ends within a 16th.
    """
    kept = []
    for index, note in enumerate(notes):
        after = notes[index + 1] if index + 1 < len(notes) else None
        falls = after is not None and 1 <= note.pitch - after.pitch <= 2
        before = harmony.rows[note.start_step]
        for step in range(note.start_step + 1, min(note.end_step - 1, harmony.at.size)):
            chord = harmony.rows[step]
            if (
                chord != before
                and not falls
                and not harmony.table.tones[chord, note.pitch % OCTAVE]
            ):
                note = replace(note, duration_steps=step - note.start_step)
                break
            before = chord
        kept.append(note)
    return kept


def let_go(notes: Sequence[Note], others: Sequence[Sequence[Note]]) -> list[Note]:
    """Return a tune whose held notes end before they form a semitone with another part.

    A note that forms one from its beginning stays: the search has weighed it.
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


def shortened(notes: Sequence[Note], short: float, least: int = 1) -> list[Note]:
    """Return notes of a part as they are played: `short` from 0, as written, to 1, all detached.

    There are three ways, so that a part has few lengths of notes: as written, with eighths and
    quarters half as long and longer notes shorter by an eighth, and struck, none longer than an
    eighth or twice `least`; none shorter than `least` steps. A part with a `least` of two or more
    sings: what it holds for more than a quarter is a goal, and stays as written.
    """
    if short < _DETACHED_FROM:
        return list(notes)
    played = []
    for note in notes:
        steps = note.duration_steps
        if least > 1 and steps > _QUARTER:
            played.append(note)
            continue
        detached = steps // 2 if steps <= _QUARTER else steps - 2
        if short >= _STRUCK_FROM:
            detached = min(detached, max(_EIGHTH, 2 * least))
        played.append(replace(note, duration_steps=max(min(steps, least), detached)))
    return played


_DETACHED_FROM, _STRUCK_FROM = 0.5, 0.8
_QUARTER = 4


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
        if note.pitch % OCTAVE not in table.scale(context.harmony.rows[note.start_step])
        and note.start_step // context.bar_steps not in given.get(note.part, ())
    ]
    outside.sort(key=lambda index: (notes[index].duration_steps, notes[index].start_step, index))
    kept = list(notes)
    for index in outside[int(share * len(notes)) :]:
        note = notes[index]
        scale = table.scale(context.harmony.rows[note.start_step])
        near = [
            note.pitch + move
            for move in (-1, 1, -2, 2, -3, 3)
            if (note.pitch + move) % OCTAVE in scale
        ]
        kept[index] = Note(note.start_step, note.duration_steps, near[0], note.part)
    return kept
