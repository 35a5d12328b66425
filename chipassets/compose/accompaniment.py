"""The parts beside the tune, and how all of them are played: a tune becomes a Score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chipassets.compose import ideas
from chipassets.compose.avoiding import STOPS, SYNCOPATION, unsyncopated, without_stops
from chipassets.compose.bass import compose_bass
from chipassets.compose.context import Context
from chipassets.compose.drums import compose_drums
from chipassets.compose.form import loop_start_bar, track_parts
from chipassets.compose.further import compose_further
from chipassets.compose.given import Given
from chipassets.compose.inner import compose_inner, role_in
from chipassets.compose.phrasing import cut_stops, kept_in_key, let_go, released, shortened
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import Score
from chipassets.plan.trackplan import TrackPlan

_SUNG = 2
"""Steps that a note of the tune keeps where it is detached: tunes of 16ths alone do not sing."""


def _lengths(context: Context) -> tuple[float, float, float]:
    """Return how detached tune, second voice and bass are played, 0 (as written) to 1.

    Either all alike, or each differently.
    """
    short = context.plan.targets.short
    if context.plan.targets.alike:
        return short, short, short
    tune, inner, bass = (context.draw("length", part) for part in "tib")
    return tune, inner, bass


def _sings_along(context: Context, note: Note) -> bool:
    """Whether a note of the second voice doubles the tune, and so is played as long as the tune."""
    return role_in(context, note.start_step // context.bar_steps) in (ideas.THIRDS, ideas.UNISON)


def compose_parts(
    track: TrackPlan,
    context: Context,
    given: Given,
    held: Mapping[str, Sequence[Note]] | None = None,
) -> Score:
    """Return the score of a take whose tune is composed: the other parts are composed here.

    held: the notes of second voice or bass, where that part stands already.
    """
    parts = track_parts(track)
    stands = held or {}
    inner = list(stands[INNER]) if INNER in stands else compose_inner(context)
    bass = list(stands[BASS]) if BASS in stands else compose_bass(context, inner)
    drums = compose_drums(track, context, bass)
    voices: list[Note] = []
    settled = [n for n in context.notes if n.start_step // context.bar_steps in given.bars]
    free = [note for note in context.notes if note not in settled]
    written = context.plan.bars_of_written_bass(context.bars)
    low = [note for note in bass if note.start_step // context.bar_steps in written]
    free = let_go(released(context.harmony, free), (inner, bass))
    bass = [note for note in bass if note.start_step // context.bar_steps not in written]
    lengths = _lengths(context)
    rings_from = (context.bars - context.ends_piece(context.bars - 1)) * context.bar_steps
    alike: list[Note] = []
    own: list[Note] = []
    for note in released(context.harmony, inner):
        (alike if _sings_along(context, note) else own).append(note)
    lines = (
        (free, lengths[0], _SUNG),
        (alike, lengths[0], _SUNG),
        (own, lengths[1], 1),
        (bass, lengths[2], 1),
    )
    for line, length, least in lines:
        if SYNCOPATION in context.plan.avoid:
            line = unsyncopated(line, context.bar_steps, context.pulse_steps)
        # A last chord rings: nobody leaves it before the others.
        last = [note for note in line if note.start_step >= rings_from]
        line = [note for note in line if note.start_step < rings_from]
        voices += cut_stops(context, [*shortened(line, length, least), *last])
    # What a person wrote is played as it is written.
    voices += settled + low
    voices = [note for note in voices if note.start_step < track.total_steps]
    voices = kept_in_key(
        context, voices, track.chromatic_share, {LEAD: frozenset(given.bars), BASS: written}
    )
    for part in (INNER, BASS):
        line = [note for note in voices if note.part == part]
        voices = [note for note in voices if note.part != part] + given.heard_in(part, line)
    voices += given.extra
    if STOPS in context.plan.avoid:
        # Parts that only large chips play do not count: a small one would be silent.
        fixed = {*settled, *low, *given.extra}
        voices = without_stops(voices, fixed, context.pulse_steps, track.total_steps)
    return Score(
        notes=ordered(voices),
        bars=track.bars,
        tempo_millibpm=track.tempo_millibpm,
        key=track.key,
        beats_per_bar=track.beats_per_bar,
        sections=tuple(part.section for part in parts),
        loop_start_bar=loop_start_bar(track, parts),
        chords=context.harmony.names,
        statements=given.statements,
        further=ordered(cut_stops(context, compose_further(context, voices))),
        drums=drums,
    )
