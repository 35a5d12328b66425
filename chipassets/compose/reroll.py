"""Compose some bars or parts of a take again, while everything else keeps its notes.

The take's own notes are given: the search for the tune joins them at both ends of the bars
that it fills, and the accompaniment is written under the resulting tune.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chipassets.compose import piece
from chipassets.compose.avoiding import STOPS, without_stops
from chipassets.compose.bass import compose_bass
from chipassets.compose.cells import Notes
from chipassets.compose.choosing import choose_cells
from chipassets.compose.context import Context, context_of
from chipassets.compose.drums import compose_drums
from chipassets.compose.further import compose_further
from chipassets.compose.given import Given, given_in, notes_by_bar
from chipassets.compose.harmonies import Harmony, harmony_of
from chipassets.compose.harmony import bar_key, plan_harmony
from chipassets.compose.inner import compose_inner
from chipassets.compose.material import Material
from chipassets.compose.phrasing import (
    cut_stops,
    entering,
    kept_in_key,
    played_tune,
    shortened,
)
from chipassets.compose.piece import PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import TuneTask, compose_tune
from chipassets.compose.tunebar import TuneBar
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import DRUM_KINDS, DrumStroke, Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.seeds import derive_rng

TUNE, DRUMS = "tune", "drums"
REROLLED = (TUNE, INNER, BASS, DRUMS)
"""What of a take can be composed anew. The inner part has the further parts of large chips with it.
"""


@dataclass(frozen=True, slots=True)
class Reroll:
    """What to compose again: parts of `REROLLED`, in bars from 0.

    Chords: whether those change too.
    """

    parts: frozenset[str]
    bars: frozenset[int]
    chords: bool = False

    def holds(self, note: Note, bar_steps: int) -> bool:
        """Return whether a note begins outside the bars, and so stays."""
        return note.start_step // bar_steps not in self.bars


def reroll(
    track: TrackPlan, material: Material, score: Score, take: int, wanted: Reroll, attempt: int
) -> Score:
    """Return the score with the wanted bars or parts composed again, differently for each attempt.

    track: as its plan describes the score, with its key, metre, bars and form. take: the number
    (from 0) whose piece plan is followed. A note that is held into the bars stays as it is, and
    what is new there begins after it.
    """
    words = sorted(wanted.parts), sorted(wanted.bars), wanted.chords
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "reroll", take, str(words), attempt)
    plan = _plan(track, score, take, wanted)
    if TUNE not in wanted.parts:
        plan = _with_roles(track, plan, wanted, _OTHER_PLANS + attempt)
    harmony = _harmony(track, plan, score, wanted, rng)
    given = given_in(track, harmony)
    held = notes_by_bar(_part(score, LEAD), harmony, track.bars)
    fixed = _fixed(track, given, held, wanted)
    letters = _letters(plan, held, wanted)
    cells = choose_cells(
        plan, material, track.pulse_steps, harmony.steps_per_bar, rng, {**given.cells, **letters}
    )
    tune, notes = _bars(held, harmony, track.bars), _part(score, LEAD)
    if TUNE in wanted.parts:
        settled = dict.fromkeys(range(track.bars), harmony.steps_per_bar) | {
            bar: given.settled.get(bar, 0) for bar in wanted.bars
        }
        task = TuneTask(
            plan, harmony, cells, track.pulse_steps, track.bars, fixed, dict(track.guidance),
            track.temperature, settled,
        )  # fmt: skip
        tune, _ = compose_tune(task, rng)
        tune = entering(plan, tune)
        notes = played_tune(plan, harmony, tune, given.stated, frozenset(fixed), material, rng)
        notes = _joined(_part(score, LEAD), notes, wanted, harmony.steps_per_bar)
    context = context_of(
        plan, harmony, tune, notes, material, dict(cells.main), track.pulse_steps, rng, given.muted
    )
    return _score(track, context, score, wanted, given)


def _plan(track: TrackPlan, score: Score, take: int, wanted: Reroll) -> PiecePlan:
    """Return the take's plan without repeats that would copy an unchanged bar into a new one."""
    plan = plan_piece(track, take)
    sections = tuple(
        replace(
            section,
            phrases=tuple(
                replace(
                    phrase,
                    slots=tuple(
                        replace(slot, kind=piece.MAIN, source=-1)
                        if slot.kind == piece.COPY
                        and phrase.start_bar + place in wanted.bars
                        and slot.source not in wanted.bars
                        else slot
                        for place, slot in enumerate(phrase.slots)
                    ),
                )
                for phrase in section.phrases
            ),
        )
        for section in plan.sections
    )
    # A part waits at the start only where the take lets it wait.
    sounding = {note.part for note in score.notes if not wanted.holds(note, score.steps_per_bar)}
    entries = {part: bars for part, bars in plan.entries.items() if part not in sounding}
    return replace(plan, sections=sections, entries=entries)


_OTHER_PLANS = 1000
"""From this number on, takes of which nothing is used but what their parts do."""


def _with_roles(track: TrackPlan, plan: PiecePlan, wanted: Reroll, other: int) -> PiecePlan:
    """Return the plan in which the wanted parts have the roles of another take.

    Under an unchanged tune, a part with the same role would come out unchanged.
    """
    others = plan_piece(track, other).sections
    sections = tuple(
        replace(
            section,
            roles=section.roles
            | {part: found.roles[part] for part in (INNER, BASS) if part in wanted.parts},
        )
        for section, found in zip(plan.sections, others, strict=True)
    )
    return replace(plan, sections=sections)


def _harmony(
    track: TrackPlan, plan: PiecePlan, score: Score, wanted: Reroll, rng: np.random.Generator
) -> Harmony:
    """Return the score's chords; new ones are drawn for bars that change them or have none."""
    if score.chords and not wanted.chords:
        return _named(track, plan, [bar.split() for bar in score.chords])
    drawn = plan_harmony(track, plan, rng)
    if not score.chords:
        return drawn
    names = [
        (drawn.names if bar in wanted.bars else score.chords)[bar].split()
        for bar in range(track.bars)
    ]
    return _named(track, plan, names)


def _named(track: TrackPlan, plan: PiecePlan, bars: Sequence[Sequence[str]]) -> Harmony:
    """Return the harmony of chord names, given for each bar."""
    keys = [bar_key(track, plan, bar) for bar in range(track.bars)]
    return harmony_of(bars, keys, track.key, track.steps_per_bar)


def _part(score: Score, part: str) -> list[Note]:
    return list(score.part(part))


def _fixed(
    track: TrackPlan, given: Given, held: Mapping[int, Notes], wanted: Reroll
) -> dict[int, Notes]:
    """Return, by bar, the fixed notes of the tune: unchanged ones, and those that are given."""
    stays = {bar: held.get(bar, ()) for bar in range(track.bars) if bar not in wanted.bars}
    return {**{bar: notes for bar, notes in given.bars.items() if bar in wanted.bars}, **stays}


def _letters(plan: PiecePlan, held: Mapping[int, Notes], wanted: Reroll) -> dict[str, Notes]:
    """Return, for each letter that keeps bars, the first of them with notes."""
    found: dict[str, Notes] = {}
    for section in plan.sections:
        first = section.section.start_bar
        for bar in range(first, first + section.section.bars):
            if bar not in wanted.bars and len(held.get(bar, ())) >= 2:
                found.setdefault(section.letter, held[bar])
    return found


def _bars(held: Mapping[int, Notes], harmony: Harmony, bars: int) -> tuple[TuneBar, ...]:
    """Return the unchanged tune as bars of the search."""
    found = []
    for bar in range(bars):
        notes = held.get(bar, ())
        pitches = tuple(
            harmony.table.pitch(
                int(harmony.at[bar * harmony.steps_per_bar + note.step]),
                note.degree,
                note.alteration,
            )
            for note in notes
        )
        found.append(TuneBar(notes, pitches, "held", "plain", 0))
    return tuple(found)


def _joined(
    stays: Iterable[Note], fresh: Iterable[Note], wanted: Reroll, bar_steps: int
) -> list[Note]:
    """Return one line: the unchanged notes outside the bars, and the new notes inside."""
    kept = sorted(
        (note for note in stays if wanted.holds(note, bar_steps)),
        key=lambda note: note.start_step,
    )
    starts = np.array([note.start_step for note in kept], np.int64)
    line = list(kept)
    for note in fresh:
        if wanted.holds(note, bar_steps):
            continue
        place = int(np.searchsorted(starts, note.start_step, "right"))
        begin = max([note.start_step, *(before.end_step for before in kept[:place][-4:])])
        end = min(note.end_step, kept[place].start_step if place < len(kept) else note.end_step)
        if 2 * (end - begin) >= note.duration_steps:
            line.append(Note(begin, end - begin, note.pitch, note.part))
    return sorted(line, key=lambda note: note.start_step)


def _score(track: TrackPlan, context: Context, score: Score, wanted: Reroll, given: Given) -> Score:
    """Return the score with the wanted parts composed under its tune."""
    lines = {part: _part(score, part) for part in (LEAD, INNER, BASS)}
    lines[LEAD] = list(context.notes)
    further, drums = list(score.further), score.drums
    if INNER in wanted.parts:
        fresh = _played(context, compose_inner(context), track, 0.5)
        lines[INNER] = _joined(lines[INNER], fresh, wanted, context.bar_steps)
    if BASS in wanted.parts:
        written = context.plan.bars_of_written_bass(context.bars)
        bass = compose_bass(context, lines[INNER])
        low = [note for note in bass if note.start_step // context.bar_steps in written]
        free = [note for note in bass if note.start_step // context.bar_steps not in written]
        fresh = [*low, *_played(context, free, track, 0.25)]
        lines[BASS] = _joined(lines[BASS], fresh, wanted, context.bar_steps)
    if TUNE in wanted.parts:
        free = [note for note in lines[LEAD] if not wanted.holds(note, context.bar_steps)]
        stays = [note for note in lines[LEAD] if wanted.holds(note, context.bar_steps)]
        said = [note for note in free if note.start_step // context.bar_steps in given.bars]
        open_notes = [note for note in free if note not in said]
        lines[LEAD] = [*stays, *said, *_played(context, open_notes, track, 0.0)]
    if DRUMS in wanted.parts:
        drums = _drums(track, context, lines[BASS], score.drums, wanted)
    for part in {INNER, BASS} & set(wanted.parts):
        lines[part] = given.heard_in(part, lines[part])
    notes = [note for line in lines.values() for note in line]
    if STOPS in track.avoid:
        fixed = {note for note in notes if not _is_free(note, context, wanted, given)}
        notes = without_stops(notes, fixed, track.pulse_steps, score.total_steps)
    if INNER in wanted.parts:
        further = _further(context, further, notes, wanted)
    return replace(
        score,
        notes=ordered([*notes, *(note for note in score.notes if not note.part)]),
        chords=context.harmony.names if score.chords else (),
        further=ordered(further),
        drums=drums,
    )


def _is_free(note: Note, context: Context, wanted: Reroll, given: Given) -> bool:
    """Return whether a note is composed anew, and not by the manifest's own words."""
    bar = note.start_step // context.bar_steps
    if note.part == LEAD:
        return TUNE in wanted.parts and bar in wanted.bars and bar not in given.bars
    is_written = note.part == BASS and bar in context.plan.bars_of_written_bass(context.bars)
    return note.part in wanted.parts and bar in wanted.bars and not is_written


def _played(context: Context, notes: Sequence[Note], track: TrackPlan, length: float) -> list[Note]:
    """Return a new line as it is played: short or long, silent in the stops, in the key."""
    short = 0.75 * context.plan.targets.short + 0.25 * length
    line = cut_stops(context, shortened(notes, 0.8 * short))
    line = [note for note in line if note.start_step < track.total_steps]
    return kept_in_key(context, line, track.chromatic_share, {})


def _further(
    context: Context, stays: Sequence[Note], beside: Sequence[Note], wanted: Reroll
) -> list[Note]:
    """Return the notes of the further parts: kept ones, and new ones in the rerolled bars.

    beside: the notes of the other parts.
    """
    fresh = cut_stops(context, compose_further(context, beside))
    parts = dict.fromkeys(note.part for note in (*stays, *fresh))
    return [
        note
        for part in parts
        for note in _joined(
            [note for note in stays if note.part == part],
            [note for note in fresh if note.part == part],
            wanted,
            context.bar_steps,
        )
    ]


def _drums(
    track: TrackPlan,
    context: Context,
    bass: Sequence[Note],
    stays: Collection[DrumStroke] | None,
    wanted: Reroll,
) -> tuple[DrumStroke, ...] | None:
    """Return the drum strokes: kept ones, and new ones in the rerolled bars."""
    fresh = compose_drums(track, context, bass)
    if stays is None:
        # The take plays the character's built-in groove: it has no strokes that could be kept.
        return fresh if len(wanted.bars) == context.bars else None
    kept = [s for s in stays if s.step // context.bar_steps not in wanted.bars]
    new = [s for s in fresh if s.step // context.bar_steps in wanted.bars]
    return tuple(sorted([*kept, *new], key=lambda s: (s.step, DRUM_KINDS.index(s.kind))))
