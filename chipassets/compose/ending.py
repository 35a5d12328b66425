"""Endings, pickups and a last section in another key: changes to a finished take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from chipassets.compose.melody import pickup_notes
from chipassets.music.chords import degree_chord, moved_chord, parse_chord
from chipassets.music.forms import EDGES
from chipassets.music.keys import Key
from chipassets.music.motifs import map_pitch, nearest_shift
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import DRUM_KINDS, DrumStroke, Score
from chipassets.plan.endings import LAST_CHORD, RITARDANDO, TONIC
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import OCTAVE

_LOUD = 124
_MIDDLE = {LEAD: 72, INNER: 62, BASS: 40}
"""Where a part lies that has not played yet."""


def ended(track: TrackPlan, score: Score) -> Score:
    """Return the take with the pickup, the last key and the ending that its plan asks for."""
    # What leads back leads home: it is not moved with the last section.
    score = _leading_back(track, _led_in(track, _lifted(track, score)))
    if track.ending in (TONIC, LAST_CHORD):
        return _at_rest(track, score)
    if track.ending == RITARDANDO:
        return _slowed(track, score)
    return score


def _written(track: TrackPlan, score: Score, bar: int) -> bool:
    """Return whether a melody of the manifest fixes the tune in a bar."""
    return _is_written(track, score, bar * score.steps_per_bar, (bar + 1) * score.steps_per_bar)


def _is_written(track: TrackPlan, score: Score, first: int, last: int) -> bool:
    """Return whether a melody of the manifest fixes the tune somewhere between two steps."""
    names = {melody.tune.name for melody in track.melodies}
    return any(
        said.motif in names and said.start_step < last and first < said.start_step + said.steps
        for said in score.statements
    )


def _leading_back(track: TrackPlan, score: Score) -> Score:
    """Return the take; if it loops, its end leads back with the pickup."""
    pickup = track.pickup
    if pickup is None or score.loop_start_bar is None:
        return score
    # A written note that is held into the pickup gives way to it, as before every other section.
    return _led(score, score.total_steps - pickup.steps, pickup.notes)


def _led_in(track: TrackPlan, score: Score) -> Score:
    """Return the take with the pickups of melodies before their sections."""
    letters = [section for section in score.sections if section.name not in EDGES]
    for section in score.sections:
        melody = track.written_melody(section.name)
        # The pickup of the melody that opens the track has a bar of its own.
        opens = section.start_bar <= (track.pickup is not None)
        if melody is None or melody.pickup is None or opens:
            continue
        first = section.start_bar * score.steps_per_bar
        notes = pickup_notes(melody, track, first)
        if track.final_key is not None and section is letters[-1]:
            lifted = [map_pitch(note.pitch, track.key, track.final_key) for note in notes]
            notes = tuple(replace(n, pitch=p) for n, p in zip(notes, lifted, strict=True))
        score = _led(score, first - melody.pickup.steps, notes)
    return score


def _led(score: Score, start: int, pickup: Sequence[Note]) -> Score:
    """Return the score with a pickup in the tune, from step `start` to the next bar line."""
    bar = -(-(start + 1) // score.steps_per_bar) * score.steps_per_bar
    kept = []
    for note in score.notes:
        if note.part == LEAD and start <= note.start_step < bar:
            continue
        if note.part == LEAD and note.start_step < start < note.end_step:
            note = replace(note, duration_steps=start - note.start_step)
        kept.append(note)
    again = [replace(n, start_step=n.start_step + start, part=LEAD) for n in pickup]
    return score.with_notes([*kept, *again])


def _lifted(track: TrackPlan, score: Score) -> Score:
    """Return the take with its whole last section moved to the last key."""
    key = track.final_key
    letters = [section for section in score.sections if section.name not in EDGES]
    if key is None or len(letters) < 2:
        return score
    section = letters[-1]
    home = track.key
    first = section.start_bar * score.steps_per_bar
    last = first + section.bars * score.steps_per_bar

    def moved(notes: Sequence[Note]) -> list[Note]:
        """Return the notes with those that start in the section moved to its key."""
        return [
            replace(note, pitch=map_pitch(note.pitch, home, key))
            if first <= note.start_step < last
            else note
            for note in notes
        ]

    bars = range(section.start_bar, section.start_bar + section.bars)
    shift = nearest_shift(home, key)
    statements = []
    for said in score.statements:
        inside = first <= said.start_step < last
        if inside and key.mode != home.mode:
            # It stands there in another mode than its motif is measured in.
            continue
        statements.append(replace(said, shift=said.shift + shift) if inside else said)
    return replace(
        score.with_notes(moved(score.notes)),
        further=ordered(moved(score.further)),
        statements=tuple(statements),
        chords=tuple(
            " ".join(moved_chord(name, home, key) for name in names.split())
            if bar in bars
            else names
            for bar, names in enumerate(score.chords)
        ),
    )


def unlifted(track: TrackPlan, score: Score) -> Score:
    """Return a finished take with its last section in the track's key, as it was composed."""
    if track.final_key is None:
        return score
    return _lifted(replace(track, key=track.final_key, final_key=track.key), score)


def _last_key(track: TrackPlan, score: Score) -> Key:
    """Return the key in which the take ends."""
    is_last = bool(score.sections) and score.sections[-1].name not in EDGES
    return track.final_key if track.final_key is not None and is_last else track.key


def _at_rest(track: TrackPlan, score: Score) -> Score:
    """Return the take with its last bar as one chord of all voices: held, or struck once."""
    key = _last_key(track, score)
    name = degree_chord(key, 1)
    start = score.total_steps - score.steps_per_bar
    steps = score.steps_per_bar
    if track.ending == LAST_CHORD:
        steps = min(steps, max(2, track.pulse_steps))
    keeps_tune = _written(track, score, score.bars - 1)
    kept = [note for note in score.notes if note.start_step < start]
    kept = [note.until(start) for note in kept]
    tune = [note for note in score.notes if note.part == LEAD]
    if keeps_tune:
        kept = [note for note in kept if note.part != LEAD] + tune
    chord = _voiced(score, key, name, start, steps, with_tune=not keeps_tune)
    drums = score.drums
    if drums is not None:
        kept_strokes = [stroke for stroke in drums if stroke.step < start]
        strokes = [DrumStroke(start, kind, _LOUD) for kind in ("kick", "crash")] if drums else []
        drums = (*kept_strokes, *strokes)
    return replace(
        score.with_notes([*kept, *chord]),
        further=ordered([n.until(start) for n in score.further if n.start_step < start]),
        drums=drums,
        chords=(*score.chords[:-1], name) if score.chords else (),
    )


def _voiced(
    score: Score, key: Key, name: str, start: int, steps: int, *, with_tune: bool
) -> list[Note]:
    """Return the tonic chord: tune and bass play the root, the second voice the third."""
    chord = parse_chord(name, key)
    third = next(
        (tone for tone in sorted(chord.pitch_classes) if (tone - chord.root) % OCTAVE in (3, 4)),
        chord.root,
    )
    wanted = {LEAD: chord.root, INNER: third, BASS: chord.root}
    found = []
    for part, tone in wanted.items():
        if part == LEAD and not with_tune:
            continue
        line = [n.pitch for n in score.notes if n.part == part and n.start_step < start]
        near = line[-1] if line else _MIDDLE[part]
        choice = [(abs(p - near), p) for p in range(near - 6, near + 7) if p % OCTAVE == tone]
        pitch = min(choice)[1]
        found.append(Note(start, steps, pitch, part))
    return found


def _slowed(track: TrackPlan, score: Score) -> Score:
    """Return the take whose last beats are longer: one and a half, then two, then the last chord.

    On the grid of 16ths, so that every file of the track slows down alike: of the last bar but one
    the beats before its last two stay, those two are stretched over the bar line, and the tonic
    chord takes what is left.
    """
    steps, pulse = score.steps_per_bar, track.pulse_steps
    if score.bars < 2:
        return score
    last = score.total_steps - steps
    first = last - 2 * pulse
    middle, goal = last - pulse, last + pulse * 3 // 2
    # Where each old beat line lies now.
    lines = ((first, first), (middle, first + pulse * 3 // 2), (last, goal))

    def at(step: int) -> int:
        for (old, new), (after, then) in pairwise(lines):
            if old <= step < after:
                return new + (step - old) * (then - new) // (after - old)
        return step

    def slowed(notes: Sequence[Note]) -> list[Note]:
        """Return a part's notes with the slower last beats."""
        moved = []
        for note in notes:
            if note.start_step >= last:
                continue
            start = at(note.start_step)
            end = goal if note.end_step >= last else at(note.end_step)
            moved.append(replace(note, start_step=start, duration_steps=max(1, end - start)))
        return moved

    drums = score.drums
    if drums is not None:
        placed = {
            (goal if stroke.step == last else at(stroke.step), stroke.kind): stroke
            for stroke in drums
            if stroke.step <= last
        }
        order = sorted(placed, key=lambda at: (at[0], DRUM_KINDS.index(at[1])))
        drums = tuple(replace(placed[key], step=key[0]) for key in order)
    key = _last_key(track, score)
    name = degree_chord(key, 1)
    chords = score.chords
    if len(chords) > 1:
        names = dict.fromkeys((chords[-2].split()[-1], name))
        chords = (*chords[:-1], " ".join(names))
    closing = _voiced(score, key, name, last, 1, with_tune=True)
    # The tune closes on the tone that it has there, if that is one of the chord.
    own = [n for n in score.notes if n.part == LEAD and n.start_step == last]
    if own and own[0].pitch % OCTAVE in parse_chord(name, key).pitch_classes:
        closing = [own[0], *(note for note in closing if note.part != LEAD)]
    rest = score.total_steps - goal
    closing = [replace(note, start_step=goal, duration_steps=rest) for note in closing]
    return replace(
        score.with_notes([*slowed(score.notes), *closing]),
        further=ordered(slowed(score.further)),
        drums=drums,
        chords=chords,
    )
