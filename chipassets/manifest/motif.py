"""Motifs: the game's own tunes, and which of them a track states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from chipassets.manifest.primer import PrimerField
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.score import Note
from chipassets.trackplan import Primer

MAX_MOTIFS = 4
MAX_RANGE_SEMITONES = 31
"""What a chip's lead voice has between its lowest good note and where it grows thin."""

Tune = PrimerField

_FROM = "from"
_EXAMPLE = "write motif: hero, a list of names, or {from: title}"


@dataclass(frozen=True, slots=True)
class MotifUse:
    """A motif by its name, or the opening of another track."""

    name: str
    from_track: bool = False


def read_motif(value: Any, _: Context) -> tuple[MotifUse, ...]:
    """Return the motifs that a track names, in order; Refusal for another shape."""
    entries = value if isinstance(value, list) else [value]
    if not 1 <= len(entries) <= MAX_MOTIFS:
        raise refuse(f"a track states from 1 to {MAX_MOTIFS} motifs", _EXAMPLE)
    uses: list[MotifUse] = []
    faults: list[Fault] = []
    for index, entry in enumerate(entries):
        at = (index,) if isinstance(value, list) else ()
        use = _use(entry)
        if use is None:
            faults.append(Fault("a motif is named, or taken from another track", _EXAMPLE, at))
        elif use in uses:
            faults.append(Fault("the motif stands in the list already", "delete it", at))
        else:
            uses.append(use)
    if faults:
        raise Refusal(*faults)
    return tuple(uses)


def _use(entry: Any) -> MotifUse | None:
    if isinstance(entry, str):
        return MotifUse(entry)
    if isinstance(entry, dict) and list(entry) == [_FROM] and isinstance(entry[_FROM], str):
        return MotifUse(entry[_FROM], from_track=True)
    return None


def tune_of(primer: Primer, most_steps: int | None = None) -> Primer:
    """Return the top line of a primer, from its first note to its last, at most so many steps.

    Of notes that start together the highest stays; each ends where the next begins.
    """
    highest: dict[int, Note] = {}
    for note in primer.notes:
        if most_steps is None or note.start_step < most_steps:
            other = highest.get(note.start_step)
            highest[note.start_step] = note if other is None or note.pitch > other.pitch else other
    line = [highest[step] for step in sorted(highest)]
    end = min(primer.steps, most_steps or primer.steps)
    ends = [note.start_step for note in line[1:]] + [end]
    notes = tuple(
        Note(note.start_step, min(note.duration_steps, until - note.start_step), note.pitch)
        for note, until in zip(line, ends, strict=True)
    )
    return Primer(notes, end)


_WORD = {"type": "string", "minLength": 1}
_ONE = {
    "anyOf": [
        _WORD,
        {
            "type": "object",
            "properties": {_FROM: {**_WORD, "description": "A track of this manifest."}},
            "required": [_FROM],
            "additionalProperties": False,
        },
    ]
}

MotifField = Annotated[
    tuple[MotifUse, ...],
    Reads(
        read_motif,
        {
            "anyOf": [
                *_ONE["anyOf"],
                {
                    "type": "array",
                    "items": _ONE,
                    "uniqueItems": True,
                    "minItems": 1,
                    "maxItems": MAX_MOTIFS,
                },
            ],
            "description": "A tune under motifs, or {from: a track}, stated where the track opens "
            "and where its A returns, in its key, tempo and register; a second one in B.",
        },
    ),
]
