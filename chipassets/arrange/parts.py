"""Further parts, for chips with more voices than lead, inner line, bass and drums.

A table from role to part. Composed further parts are used first. Of merged music, notes that the
three lines left over go to the harmony; if there are none, it doubles the lead below. The other
parts add colour: an echo of the lead, a second lead, the bass an octave up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chipassets.arrange.articulation import Timing, add_echo, fit_line, phrase_line
from chipassets.arrange.lines import assign_lines
from chipassets.chips.chipsong import ChipNote, Instrument, Macro
from chipassets.chips.profiles import Chip, VoiceSpec
from chipassets.music.score import Note
from chipassets.units import OCTAVE

_COLOUR_LEVEL = 6
_DOUBLE_LEVEL = 7

COLOURS = (
    Instrument(
        "under",
        volume=Macro((8, 11, 12, 12, 11, 11, 10, 10, 9, 7, 4, 2, 1), loop=8, release=9),
        duty=Macro((1,)),
    ),
    Instrument(
        "edge",
        volume=Macro((15, 14, 12, 11, 10, 9, 9, 8, 8, 7, 5, 3, 1), loop=9, release=10),
        duty=Macro((1,)),
    ),
)
"""The instruments of parts that double another part."""


@dataclass(frozen=True, slots=True)
class Played:
    """The material of further parts.

    left: the score's remaining notes. composed: the notes of the score's further parts by name. The
    other fields: what the main voices play.
    """

    left: Sequence[Note]
    lead: Sequence[ChipNote]
    bass: Sequence[ChipNote]
    instrument: str
    shadow: str
    timing: Timing
    composed: Mapping[str, Sequence[Note]] = field(default_factory=dict)

    def written(self, name: str, spec: VoiceSpec) -> tuple[ChipNote, ...]:
        """Return the notes composed for a further part in the voice's range; often none."""
        line = fit_line(self.composed.get(name, ()), replace(spec, role="inner"))
        return phrase_line(line, "inner", self.instrument, self.timing)


_Part = tuple[tuple[ChipNote, ...], Sequence[Note]]


def play_parts(
    chip: Chip, played: Played, taken: frozenset[str]
) -> tuple[dict[str, tuple[ChipNote, ...]], Sequence[Note]]:
    """Return the notes of each voice whose role is not in `taken`, by role, and the notes left."""
    parts = {}
    for spec in chip.voices:
        if spec.role not in taken:
            parts[spec.role], left = _PARTS[spec.role](spec, played)
            played = replace(played, left=left)
    return parts, played.left


def _harmony(spec: VoiceSpec, played: Played) -> _Part:
    """Return the composed harmony.

    Else the best line of the left notes, and the lead an octave down.
    """
    if written := played.written("harmony", spec):
        return written, played.left
    line = max(assign_lines(played.left), key=len) if played.left else ()
    fitted = fit_line(line, replace(spec, role="inner"))
    own = phrase_line(fitted, "inner", played.instrument, played.timing)
    dealt = {(note.start_step, note.pitch) for note in line}
    left = [note for note in played.left if (note.start_step, note.pitch) not in dealt]
    below = [
        replace(_moved(note, spec, -OCTAVE), level=_COLOUR_LEVEL, instrument="under")
        for note in played.lead
    ]
    return _fill(own, below), left


def _echo(spec: VoiceSpec, played: Played) -> _Part:
    """Return the composed figure if there is one; else the lead, delayed and soft."""
    if written := played.written("figure", spec):
        return written, played.left
    lead = [_moved(note, spec, 0) for note in played.lead]
    return add_echo((), lead, played.shadow, played.timing), played.left


def _chorus(spec: VoiceSpec, played: Played) -> _Part:
    """Return the lead again, softly, for a chip that has stereo positions for both."""
    notes = tuple(replace(_moved(note, spec, 0), level=_COLOUR_LEVEL) for note in played.lead)
    return notes, played.left


def _double(spec: VoiceSpec, played: Played) -> _Part:
    """Return the bass an octave up, with a brighter sound, where that lies below the lead."""
    moved = (
        replace(_moved(note, spec, OCTAVE), level=_DOUBLE_LEVEL, instrument="edge")
        for note in played.bass
    )
    starts = [note.start_frame for note in played.lead]

    def is_below(note: ChipNote) -> bool:
        first = max(0, bisect_right(starts, note.start_frame) - 1)
        over = played.lead[first : bisect_left(starts, note.end_frame)]
        return all(note.pitch < other.pitch for other in over if other.end_frame > note.start_frame)

    return tuple(note for note in moved if is_below(note)), played.left


_PARTS: dict[str, Callable[[VoiceSpec, Played], _Part]] = {
    "harmony": _harmony,
    "echo": _echo,
    "chorus": _chorus,
    "double": _double,
}


def _moved(note: ChipNote, spec: VoiceSpec, semitones: int) -> ChipNote:
    """Return the note moved, by further octaves if it leaves the voice's range."""
    pitch = note.pitch + semitones
    while pitch < spec.lowest_pitch:
        pitch += OCTAVE
    while pitch > spec.highest_pitch:
        pitch -= OCTAVE
    return replace(note, pitch=pitch)


def _fill(own: Sequence[ChipNote], others: Sequence[ChipNote]) -> tuple[ChipNote, ...]:
    """Return the part's own notes, and those of `others` that sound where it rests."""
    free = [
        note
        for note in others
        if not any(
            mine.start_frame < note.end_frame and note.start_frame < mine.end_frame for mine in own
        )
    ]
    return tuple(sorted([*own, *free], key=lambda note: note.start_frame))
