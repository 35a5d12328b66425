"""The bars of the tune that a motif, a melody or a primer fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chipassets.compose.cells import CellNote, Notes
from chipassets.compose.form import track_parts
from chipassets.compose.harmonies import Harmony
from chipassets.compose.melody import bars_of_melodies, state_melodies
from chipassets.compose.motif import Stated, state_motifs
from chipassets.music.notes import BASS, INNER, LEAD, Note
from chipassets.music.score import Statement
from chipassets.plan.trackplan import TrackPlan

_BASS_BELOW = 55


@dataclass(frozen=True, slots=True)
class Given:
    """What motifs, melodies and a primer fix of a take.

    bars: the tune's notes in degrees, by bar. cells: the first given bar of each letter.
    statements: where motifs are quoted. extra: notes of a primer's other voices. muted: bars in
    which only a primer plays. settled: the step of a bar up to which a motif fixes the tune, rests
    included. stated: the notes of motifs in their written lengths. elsewhere: motifs in other
    parts.
    """

    bars: Mapping[int, Notes]
    cells: Mapping[str, Notes]
    statements: tuple[Statement, ...]
    extra: tuple[Note, ...]
    muted: frozenset[int]
    settled: Mapping[int, int] = field(default_factory=dict)
    stated: tuple[Note, ...] = ()
    elsewhere: tuple[Stated, ...] = ()

    def heard_in(self, part: str, line: Sequence[Note]) -> list[Note]:
        """Return a part's line with the motifs quoted in it, their rests included."""
        here = [said for said in self.elsewhere if said.part == part]
        found = list(line)
        for said in here:
            first, last = (
                said.statement.start_step,
                said.statement.start_step + said.statement.steps,
            )
            kept = []
            for note in found:
                if first <= note.start_step < last:
                    continue
                if note.start_step < first < note.end_step:
                    note = replace(note, duration_steps=first - note.start_step)
                kept.append(note)
            found = [*kept, *(replace(note, part=part) for note in said.notes)]
        return sorted(found, key=lambda note: note.start_step)


def given_in(track: TrackPlan, harmony: Harmony) -> Given:
    """Return what a track's motifs, melodies and primer fix of its tune."""
    parts = track_parts(track)
    everywhere = [*state_motifs(track, parts), *state_melodies(track, parts)]
    stated = [said for said in everywhere if said.part == LEAD]
    bar_steps = harmony.steps_per_bar
    tune: list[Note] = [note for said in stated for note in said.notes]
    extra: list[Note] = []
    muted: set[int] = {0} if track.pickup is not None else set()
    primer = track.primer
    if primer is not None and primer.steps:
        top, extra = _dealt(primer.notes)
        covered = range(-(-primer.steps // bar_steps))
        muted |= set(covered) if not track.inject_primer or primer.steps >= bar_steps else set()
        if track.inject_primer:
            shift = primer.steps
            top = [*top, *(replace(n, start_step=n.start_step + shift) for n in top)]
        tune += [note for note in top if note.start_step < track.total_steps]
    settled = _settled([said.statement for said in stated], bar_steps)
    # A rest at the end of a melody is a rest, up to the bar line.
    settled |= dict.fromkeys(bars_of_melodies(track, parts), bar_steps)
    bars = dict.fromkeys(settled, ()) | notes_by_bar(tune, harmony, track.bars)
    letters: dict[str, Notes] = {}
    for part in parts:
        for bar in range(part.section.start_bar, part.section.start_bar + part.section.bars):
            if len(bars.get(bar, ())) >= 2:
                letters.setdefault(part.letter, bars[bar])
    kept = tuple(note for note in extra if note.start_step < track.total_steps)
    return Given(
        bars,
        letters,
        tuple(said.statement for said in everywhere),
        kept,
        frozenset(muted),
        settled,
        tuple(note for said in stated for note in said.notes),
        tuple(said for said in everywhere if said.part != LEAD),
    )


def _settled(statements: Sequence[Statement], bar_steps: int) -> dict[int, int]:
    """Return, by bar, the step up to which statements fix the tune."""
    found: dict[int, int] = {}
    for said in statements:
        end = said.start_step + said.steps
        for bar in range(said.start_step // bar_steps, -(-end // bar_steps)):
            found[bar] = min(bar_steps, end - bar * bar_steps)
    return found


def sustained(notes: Sequence[Note], stated: Sequence[Note]) -> list[Note]:
    """Return a tune in which the given notes have their written lengths.

    The search cuts a note at the bar line; here a note that is held over it is whole again.
    """
    lengths = {(note.start_step, note.pitch): note.duration_steps for note in stated}
    ends = [note.start_step for note in notes[1:]]
    return [
        replace(note, duration_steps=max(note.duration_steps, min(wanted, end - note.start_step)))
        if (wanted := lengths.get((note.start_step, note.pitch)))
        else note
        for note, end in zip(notes, [*ends, 1 << 30], strict=True)
    ]


def _dealt(notes: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """Return a primer's top line, and its other notes by part."""
    top: list[Note] = []
    rest: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.start_step, -note.pitch)):
        if top and (note.start_step < top[-1].end_step and note.pitch < top[-1].pitch):
            rest.append(note)
        else:
            if top and top[-1].end_step > note.start_step:
                last = top.pop()
                top.append(replace(last, duration_steps=note.start_step - last.start_step))
            top.append(replace(note, part=LEAD))
    return [n for n in top if n.duration_steps > 0], [
        replace(note, part=BASS if note.pitch < _BASS_BELOW else INNER) for note in rest
    ]


def notes_by_bar(notes: Sequence[Note], harmony: Harmony, bars: int) -> dict[int, Notes]:
    """Return notes, by bar, in degrees over their chords; what is left is their alteration."""
    found: dict[int, list[CellNote]] = {}
    steps = harmony.steps_per_bar
    for note in sorted(notes, key=lambda note: note.start_step):
        bar, step = divmod(note.start_step, steps)
        if bar >= bars:
            continue
        chord = harmony.rows[note.start_step]
        degree = harmony.table.nearest_degree(chord, note.pitch)
        alteration = note.pitch - harmony.table.pitch(chord, degree)
        # A note that is held over the bar line ends there: bars are written one by one.
        length = min(note.duration_steps, steps - step)
        inside = found.setdefault(bar, [])
        if inside and inside[-1].end > step:
            inside[-1] = inside[-1]._replace(steps=step - inside[-1].step)
        inside.append(CellNote(step, length, degree, alteration))
    return {bar: tuple(note for note in inside if note.steps) for bar, inside in found.items()}
