"""Write a bass that the manifest asks for: written in degrees, or walking in beats."""

from __future__ import annotations

from collections.abc import Sequence

from chipassets.compose.context import Context
from chipassets.compose.harmonies import ChordTable
from chipassets.compose.piece import SectionPlan
from chipassets.compose.voicing import folded
from chipassets.music.keys import Key
from chipassets.music.motifs import BASS_HIGHEST, BASS_LOWEST
from chipassets.units import OCTAVE

Chords = Sequence[tuple[int, int, int]]
"""The chords of a bar: the step at which each begins, its row in the table, the pitch of its bass.
"""
Placed = list[tuple[int, int, int]]
"""(step of the piece, steps, pitch)"""

# Semitones that a degree can lie above a chord's root, the likeliest first.
_PLACES = {2: (2, 1), 3: (4, 3, 5, 2), 4: (5, 6), 5: (7, 6, 8), 6: (9, 8), 7: (10, 11)}
_DIMINISHED_SEVENTH = 9


def written_bar(context: Context, bar: int, section: SectionPlan, chords: Chords) -> Placed:
    """Return a bar of the section's written bass, each note over the root of the chord under it."""
    line = section.bass_line
    length = line[-1][0]
    start = bar * context.bar_steps
    into = (bar - section.section.start_bar) * context.bar_steps
    table = context.harmony.table
    placed = []
    for first in range(-(into % length), context.bar_steps, length):
        for step, steps, degree in line[:-1]:
            at = first + step
            if not 0 <= at < context.bar_steps:
                continue
            chord = next(row for begin, row, _ in reversed(chords) if begin <= at)
            # From A1 up, so that an octave above the root is still a bass.
            root = BASS_LOWEST + (int(table.root[chord]) - BASS_LOWEST) % OCTAVE
            pitch = root + semitones(table, chord, degree, section.key)
            placed.append((start + at, min(steps, context.bar_steps - at), pitch))
    return placed


def semitones(table: ChordTable, chord: int, degree: int, key: Key) -> int:
    """Return how many semitones a degree (1 to 8) lies above a chord's root.

    The degree is a tone of the chord if the chord has one there, else a tone of the key.
    """
    if degree in (1, 8):
        return OCTAVE * (degree == 8)
    root = int(table.root[chord])
    tones = table.chords[chord].pitch_classes
    places = _PLACES[degree]
    if degree == 7 and {(root + above) % OCTAVE for above in (3, 6, 9)} <= tones:
        return _DIMINISHED_SEVENTH
    for allowed in (tones, key.pitch_classes):
        for above in places:
            if (root + above) % OCTAVE in allowed:
                return above
    return places[0]


def walking_bar(
    context: Context, bar: int, chords: Chords, follows: tuple[int, int, int] | None
) -> Placed:
    """Return a bar of a walking bass: one note per beat, from each chord's bass towards the next.

    follows: the chord after the bar, None after the last bar.
    """
    start, pulse = bar * context.bar_steps, context.pulse_steps
    key = context.plan.section_at(bar).key
    placed: Placed = []
    ends = [*(begin for begin, *_ in chords[1:]), context.bar_steps]
    nexts = [*chords[1:], follows]
    for (begin, chord, root), end, after in zip(chords, ends, nexts, strict=True):
        beats = [begin, *(at for at in range(0, context.bar_steps, pulse) if begin < at < end)]
        target = root if after is None else after[2]
        rises = context.draw("bass walks", chord, target) < _RISES
        pitches = _walk(context.harmony.table, chord, root, target, len(beats), key, rises=rises)
        until = [*beats[1:], end]
        placed += [
            (start + at, stop - at, pitch)
            for at, stop, pitch in zip(beats, until, pitches, strict=True)
        ]
    return placed


_RISES = 0.6


def _walk(
    table: ChordTable, chord: int, root: int, target: int, count: int, key: Key, *, rises: bool
) -> list[int]:
    """Return a root, tones of its chord, and last a step of the scale beside the next root."""
    tones = [root + semitones(table, chord, degree, key) for degree in (3, 5, 8)]
    inner = tones if rises else [tones[1], tones[0], tones[1]]
    pitches = [root, *(inner[index % 3] for index in range(count - 2))]
    if count > 1:
        scale = table.scale(chord)
        way = 1 if pitches[-1] > target else -1
        near = [target + way * by for by in (1, 2)] + [target - way * by for by in (1, 2)]
        fits = [pitch for pitch in near if pitch % OCTAVE in scale and pitch != pitches[-1]]
        pitches.append(fits[0] if fits else target + way)
    return [folded(pitch, BASS_LOWEST, BASS_HIGHEST) for pitch in pitches]
