"""Variants: the notes of another track in another mode, register, texture, or over other drums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.compose.bass import compose_bass
from chipassets.compose.cells import Cell
from chipassets.compose.choosing import relative
from chipassets.compose.context import Context, context_of
from chipassets.compose.drums import compose_drums
from chipassets.compose.further import compose_further
from chipassets.compose.given import notes_by_bar
from chipassets.compose.harmonies import harmony_of
from chipassets.compose.inner import compose_inner
from chipassets.compose.material import Material
from chipassets.compose.planning import plan_piece
from chipassets.compose.tunebar import TuneBar
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.errors import ComposeError
from chipassets.music.chords import moved_chord, parse_chord
from chipassets.music.keys import Key
from chipassets.music.motifs import IN_MODE, map_pitch, meant_by, nearest_shift, statement_notes
from chipassets.music.notes import BASS, INNER, LEAD, Motif, Note, ordered
from chipassets.music.score import Score, Statement
from chipassets.music.score_text import score_from_lines
from chipassets.plan.trackplan import TrackPlan
from chipassets.seeds import derive_rng
from chipassets.units import OCTAVE

_LOWEST, _HIGHEST = 24, 107
"""MIDI pitches between which moved notes stay, by octaves."""


def vary(track: TrackPlan) -> Score:
    """Return the score of a variant: its original's, bar for bar, as the track's plan changes it.

    Notes keep their steps and their degrees; another texture or groove is composed for the
    existing tune. ComposeError if the original has no notes yet, or has no voices and
    another texture is wanted.
    """
    link = track.link
    if link is None or not link.source:
        of = link.of if link else "the original"
        raise ComposeError(f"it is a variant of {of!r}, which has no notes yet; build that first")
    original = score_from_lines(list(link.source))
    score = _moved(original, track.key, link.register, track)
    score = replace(score, tempo_millibpm=track.tempo_millibpm)
    wish = track.wished("")
    if not wish.texture and wish.drums is None:
        return score
    if not score.is_voiced:
        raise ComposeError(
            f"{link.of!r} was composed without voices, and texture and drums need them; take both "
            "away, or compose it with the default composer"
        )
    context = _context(track, score)
    if wish.texture:
        composed = _clear(context, compose_inner(context), [*score.part(LEAD), *score.part(BASS)])
        inner, statements = _with_motifs(composed, score, track)
        others = [note for note in score.notes if note.part in (LEAD, BASS)]
        further = ordered(compose_further(context, [*others, *inner]))
        score = replace(score.with_notes([*others, *inner]), further=further, statements=statements)
    if wish.drums is not None:
        drums = compose_drums(track, context, score.part(BASS) or compose_bass(context))
        score = replace(score, drums=drums)
    return score


def _with_motifs(
    inner: Sequence[Note], score: Score, track: TrackPlan
) -> tuple[list[Note], tuple[Statement, ...]]:
    """Return a new second voice with the motifs that stand in it, and the statements that stay.

    What a person put there is no texture: it stays where the texture changes. A silent voice plays
    none, so they are stated no more.
    """
    stated = [one for one in _stated(score, track) if one.part == INNER]
    if not inner:
        gone = {one.said for one in stated}
        return [], tuple(said for said in score.statements if said not in gone)
    spans = [(one.said.start_step, one.said.start_step + one.said.steps) for one in stated]
    kept = [
        note
        for note in score.part(INNER)
        if any(first <= note.start_step < end for first, end in spans)
    ]
    free = [replace(note, duration_steps=_free_steps(note, spans)) for note in inner]
    return [*(note for note in free if note.duration_steps), *kept], score.statements


def _free_steps(note: Note, spans: Sequence[tuple[int, int]]) -> int:
    """Return how long a note may sound before a span of steps begins; 0 if it begins in one."""
    if any(first <= note.start_step < end for first, end in spans):
        return 0
    ends = [first for first, _ in spans if first > note.start_step]
    return min([note.duration_steps, *(end - note.start_step for end in ends)])


def _moved(score: Score, key: Key, octaves: int, track: TrackPlan) -> Score:
    """Return the score in another key, its upper voices some octaves away.

    track: the plan whose motifs and melodies the score's statements name.
    """
    if key == score.key and not octaves:
        return score
    shift = nearest_shift(score.key, key)
    chords = _chords_by_step(score, score.key, score.chords)
    names = tuple(
        " ".join(moved_chord(name, score.key, key) for name in bar.split()) for bar in score.chords
    )
    new = _chords_by_step(score, key, names)
    # A tune that keeps its intervals is another one in another mode.
    kept = [
        stated
        for stated in _stated(score, track)
        if key.mode == score.key.mode or (stated.tune and stated.tune.transform == IN_MODE)
    ]
    told = {(stated.part, note.start_step) for stated in kept for note in stated.notes}

    def pitch_of(note: Note) -> int:
        """Return a note's pitch in the new key; a chord tone remains one.

        Not in a motif, which is the same one on the degrees of the new mode.
        """
        pitch = map_pitch(note.pitch, score.key, key)
        is_free = (note.part, note.start_step) not in told
        if chords and key.mode != score.key.mode and is_free:
            was, now = chords[note.start_step], new[note.start_step]
            # A tone of its chord stays one: over a chord that keeps its kind, scales differ.
            if note.pitch % OCTAVE in was and pitch % OCTAVE not in now:
                near = (pitch + move for move in (1, -1) if (pitch + move) % OCTAVE in now)
                pitch = next(near, pitch)
        return _inside(pitch + OCTAVE * octaves * (note.part != BASS))

    def moved(notes: Sequence[Note]) -> list[Note]:
        return [replace(note, pitch=pitch_of(note)) for note in notes]

    return replace(
        score.with_notes(moved(score.notes)),
        key=key,
        further=ordered(moved(score.further)),
        chords=names,
        statements=tuple(
            replace(
                stated.said,
                shift=stated.said.shift + shift + OCTAVE * octaves * (stated.part != BASS),
            )
            for stated in kept
        ),
    )


@dataclass(frozen=True, slots=True)
class _Stated:
    """A statement, the motif or melody that it names, if known, its voice and its notes."""

    said: Statement
    tune: Motif | None
    part: str
    notes: tuple[Note, ...]


def _stated(score: Score, track: TrackPlan) -> list[_Stated]:
    """Return the statements of a score, each with the motif of its name that is heard there."""
    tunes = (*track.motifs, *(melody.tune for melody in track.melodies))
    found = []
    for said in score.statements:
        tune = meant_by(said, tunes, score)
        notes = statement_notes(tune, said, score.key) if tune else ()
        found.append(_Stated(said, tune, tune.part if tune else LEAD, notes))
    return found


def _chords_by_step(score: Score, key: Key, bars: Sequence[str]) -> list[frozenset[int]]:
    """Return the pitch classes of the chord at each step; none where the score has no chords."""
    steps = score.steps_per_bar
    return [
        parse_chord(names[step * len(names) // steps], key).pitch_classes
        for names in (bar.split() for bar in bars)
        for step in range(steps)
    ]


def _clear(context: Context, inner: Sequence[Note], others: Sequence[Note]) -> list[Note]:
    """Return the second voice with clashing notes moved to a neighbouring chord tone.

    If all chord tones clash, the one that clashes for the fewest steps is taken.
    """
    kept = []
    for note in inner:
        heard = [
            (other.pitch, steps)
            for other in others
            if (
                steps := min(other.end_step, note.end_step) - max(other.start_step, note.start_step)
            )
            >= _RUBS_FROM
        ]
        tones = context.harmony.table.tones[context.harmony.rows[note.start_step]]
        choice = [
            pitch
            for pitch in range(note.pitch - 7, note.pitch + 8)
            if pitch == note.pitch or tones[pitch % OCTAVE]
        ]
        pays = [(_rubs(pitch, heard), abs(pitch - note.pitch), pitch) for pitch in choice]
        kept.append(replace(note, pitch=min(pays)[2]))
    return kept


def _rubs(pitch: int, heard: Sequence[tuple[int, int]]) -> int:
    """Return for how many steps a pitch lies a semitone from one of `heard`, or doubles it."""
    return sum(
        steps for other, steps in heard if (pitch - other) % OCTAVE in (1, 11) or pitch == other
    )


_RUBS_FROM = 2
"""Steps that two voices a semitone apart sound together before it is heard as a fault."""


def _inside(pitch: int) -> int:
    """Return the pitch, moved by octaves into the range of the second voice."""
    while pitch < _LOWEST:
        pitch += OCTAVE
    while pitch > _HIGHEST:
        pitch -= OCTAVE
    return pitch


def _context(track: TrackPlan, score: Score) -> Context:
    """Return the context in which other parts are written under a score's tune."""
    rng = derive_rng(track.seed, "compose", COMPOSE_VERSION, "variant", track.name)
    track = replace(track, form=score.sections or track.form, bars=score.bars)
    plan = replace(plan_piece(track, 0), entries={}, stops=())
    names = [bar.split() for bar in score.chords] or [["I"]] * score.bars
    harmony = harmony_of(names, [score.key] * score.bars, score.key, score.steps_per_bar)
    tune = score.part(LEAD)
    by_bar = notes_by_bar(tune, harmony, score.bars)
    bars = tuple(
        TuneBar(
            by_bar.get(bar, ()),
            tuple(n.pitch for n in tune if n.start_step // score.steps_per_bar == bar),
            "given",
            "plain",
            0,
        )
        for bar in range(score.bars)
    )
    cells: dict[str, Cell] = {}
    for section in plan.sections:
        first = section.section.start_bar
        own = [by_bar[bar] for bar in range(first, first + section.section.bars) if by_bar.get(bar)]
        if own:
            cells.setdefault(section.letter, relative(own[0], score.steps_per_bar))
    if not cells:
        raise ComposeError("its original has no tune; take texture and drums away")
    return context_of(plan, harmony, bars, tune, Material((), (), 0), cells, track.pulse_steps, rng)
