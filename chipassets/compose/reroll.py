"""Compose some bars or parts of a take again, while everything else keeps its notes.

The take's own notes are given: the search for the tune joins them at both ends of the bars
that it fills, and the accompaniment is written under the resulting tune.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chipassets.compose import piece
from chipassets.compose.accompaniment import compose_parts
from chipassets.compose.avoiding import STOPS, without_stops
from chipassets.compose.cells import Notes
from chipassets.compose.choosing import choose_cells
from chipassets.compose.composer import Sketch, sketch
from chipassets.compose.context import Context, context_of
from chipassets.compose.ending import ended, unlifted
from chipassets.compose.given import Given, given_in, notes_by_bar
from chipassets.compose.harmonies import Harmony, harmony_of
from chipassets.compose.harmony import bar_key, plan_harmony
from chipassets.compose.material import Material
from chipassets.compose.phrasing import entering, played_tune
from chipassets.compose.piece import PiecePlan
from chipassets.compose.planning import plan_piece
from chipassets.compose.tune import TuneTask, compose_tune
from chipassets.compose.tunebar import TuneBar
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import DRUM_KINDS, DrumStroke, Score
from chipassets.plan.trackplan import TrackPlan, in_quarters
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


def sketch_again(
    track: TrackPlan,
    material: Material,
    score: Score,
    take: int,
    wanted: Reroll,
    attempt: int,
    *,
    other: bool = False,
    own: Sketch | None = None,
) -> Sketch:
    """Return the score with the wanted bars or parts composed again, and what led to it.

    Each attempt is another one. track: as its plan describes the score, with its key, metre, bars
    and form. take: the number (from 0) whose piece plan is followed. A note that is held into the
    bars stays as it is, and what is new there begins after it. Where other bars of a part stay, the
    part goes on in its role, with the patterns, grooves and note lengths that the take has for the
    letter; with `other`, or if no bar stays, it has those of another take. own: the take of this
    number as it is composed now, if it is at hand.
    """
    track = in_quarters(track)
    words = sorted(wanted.parts), sorted(wanted.bars), wanted.chords, *(("other",) * other)
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "reroll", take, str(words), attempt)
    own = own or sketch(track, material, take)
    is_known = _is_of(own, score)
    anew = TUNE not in wanted.parts and len(wanted.bars) == track.bars
    plan = _plan(own.plan, score, wanted)
    if other or anew:
        plan = _with_roles(track, plan, wanted, _OTHER_PLANS + attempt)
    base = unlifted(track, score)
    harmony = _harmony(track, plan, base, wanted, rng)
    given = given_in(track, harmony)
    held = notes_by_bar(_part(base, LEAD), harmony, track.bars)
    fixed = _fixed(track, given, held, wanted)
    letters = _letters(plan, held, wanted)
    cells = choose_cells(
        plan, material, track.pulse_steps, harmony.steps_per_bar, rng, {**given.cells, **letters}
    )
    tune, notes, cost = _bars(held, harmony, track.bars), _part(base, LEAD), 0.0
    if TUNE in wanted.parts:
        settled = dict.fromkeys(range(track.bars), harmony.steps_per_bar) | {
            bar: given.settled.get(bar, 0) for bar in wanted.bars
        }
        task = TuneTask(
            plan, harmony, cells, track.pulse_steps, track.bars, fixed, dict(track.guidance),
            track.temperature, settled, _heard(base, wanted),
        )  # fmt: skip
        tune, cost = compose_tune(task, rng)
        tune = entering(plan, tune)
        notes = played_tune(plan, harmony, tune, given.stated, frozenset(fixed), material, rng)
        notes = _joined(_part(base, LEAD), notes, wanted, harmony.steps_per_bar)
    context = context_of(
        plan, harmony, tune, notes, material, dict(cells.main), track.pulse_steps, rng, given.muted
    )
    if is_known:
        is_alike = TUNE in wanted.parts and not other
        context.memory.update(own.context.habits() if is_alike else _lengths_of(own))
    keeps_beat = _keeps_beat(wanted, is_known)
    held_parts = {
        part: base.part(part)
        for part in (INNER, BASS)
        if part not in wanted.parts or (part == BASS and keeps_beat)
    }
    made = ended(track, compose_parts(track, context, given, held_parts))
    made = _score(track, context, score, made, wanted, given, keeps_beat=keeps_beat)
    return Sketch(plan, harmony, cells, tune, made, cost, context)


_OWN_SHARE = 0.5


def _is_of(own: Sketch, score: Score) -> bool:
    """Return whether a score is, in the main, the take that is composed by this number now.

    Takes of another version of the composer, and imported music, are not.
    """
    theirs = {(note.start_step, note.pitch, note.part) for note in own.score.notes}
    shared = sum((note.start_step, note.pitch, note.part) in theirs for note in score.notes)
    return shared >= _OWN_SHARE * max(1, len(score.notes))


def _lengths_of(own: Sketch) -> dict[object, object]:
    """Return how long a take plays the notes of each part."""
    habits = own.context.habits().items()
    return {key: found for key, found in habits if isinstance(key, tuple) and key[0] == "length"}


def _keeps_beat(wanted: Reroll, is_known: bool) -> bool:
    """Return whether bass and drums stay in bars that are composed anew.

    They do where the take's grooves and patterns are not known, and all parts, not these, are
    asked for.
    """
    return not is_known and wanted.parts == frozenset(REROLLED) and not wanted.chords


def _plan(own: PiecePlan, score: Score, wanted: Reroll) -> PiecePlan:
    """Return the take's plan without repeats that would copy an unchanged bar into a new one."""
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
        for section in own.sections
    )
    # A part waits at the start only where the take lets it wait.
    sounding = {note.part for note in score.notes if not wanted.holds(note, score.steps_per_bar)}
    entries = {part: bars for part, bars in own.entries.items() if part not in sounding}
    return replace(own, sections=sections, entries=entries)


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


def _heard(score: Score, wanted: Reroll) -> dict[int, list[tuple[int, int]]]:
    """Return the (step, pitch) of the tune's notes in the bars that are composed again, by bar."""
    found: dict[int, list[tuple[int, int]]] = {bar: [] for bar in wanted.bars}
    for note in score.part(LEAD):
        bar, step = divmod(note.start_step, score.steps_per_bar)
        if bar in found:
            found[bar].append((step, note.pitch))
    return {bar: notes for bar, notes in found.items() if notes}


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
                harmony.rows[bar * harmony.steps_per_bar + note.step],
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


def _score(
    track: TrackPlan,
    context: Context,
    score: Score,
    made: Score,
    wanted: Reroll,
    given: Given,
    *,
    keeps_beat: bool,
) -> Score:
    """Return the score with the wanted parts in the wanted bars as they are in the new one."""
    fresh = {
        part
        for part in (LEAD, INNER, BASS)
        if (TUNE if part == LEAD else part) in wanted.parts and not (part == BASS and keeps_beat)
    }
    notes = [
        note
        for part in (LEAD, INNER, BASS)
        for note in (
            _joined(_part(score, part), made.part(part), wanted, context.bar_steps)
            if part in fresh
            else score.part(part)
        )
    ]
    if STOPS in track.avoid:
        fixed = {note for note in notes if not _is_free(note, context, wanted, given)}
        notes = without_stops(notes, fixed, track.pulse_steps, score.total_steps)
    further = list(score.further)
    if INNER in wanted.parts:
        further = _further(further, made.further, wanted, context.bar_steps)
    drums = score.drums
    if DRUMS in wanted.parts and not keeps_beat:
        drums = _drums(score.drums, made.drums, wanted, context)
    return replace(
        score,
        notes=ordered([*notes, *(note for note in score.notes if not note.part)]),
        chords=_chords(score, made, wanted),
        further=ordered(further),
        drums=drums,
    )


def _chords(score: Score, made: Score, wanted: Reroll) -> tuple[str, ...]:
    """Return the chords: new ones in the wanted bars if these change, else those that stand."""
    if not score.chords or not wanted.chords:
        return score.chords
    pairs = zip(score.chords, made.chords, strict=True)
    return tuple(new if bar in wanted.bars else old for bar, (old, new) in enumerate(pairs))


def _is_free(note: Note, context: Context, wanted: Reroll, given: Given) -> bool:
    """Return whether a note is composed anew, and not by the manifest's own words."""
    bar = note.start_step // context.bar_steps
    if note.part == LEAD:
        return TUNE in wanted.parts and bar in wanted.bars and bar not in given.bars
    is_written = note.part == BASS and bar in context.plan.bars_of_written_bass(context.bars)
    return note.part in wanted.parts and bar in wanted.bars and not is_written


def _further(
    stays: Sequence[Note], fresh: Sequence[Note], wanted: Reroll, bar_steps: int
) -> list[Note]:
    """Return the notes of the further parts: kept ones, and new ones in the rerolled bars."""
    parts = dict.fromkeys(note.part for note in (*stays, *fresh))
    return [
        note
        for part in parts
        for note in _joined(
            [note for note in stays if note.part == part],
            [note for note in fresh if note.part == part],
            wanted,
            bar_steps,
        )
    ]


def _drums(
    stays: Collection[DrumStroke] | None,
    fresh: Collection[DrumStroke] | None,
    wanted: Reroll,
    context: Context,
) -> tuple[DrumStroke, ...] | None:
    """Return the drum strokes: kept ones, and new ones in the rerolled bars."""
    fresh = fresh or ()
    if stays is None:
        # The take plays the character's built-in groove: it has no strokes that could be kept.
        return tuple(fresh) if len(wanted.bars) == context.bars else None
    kept = [s for s in stays if s.step // context.bar_steps not in wanted.bars]
    new = [s for s in fresh if s.step // context.bar_steps in wanted.bars]
    return tuple(sorted([*kept, *new], key=lambda s: (s.step, DRUM_KINDS.index(s.kind))))
