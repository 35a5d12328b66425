"""Motifs: the game's own tunes, and which of them a track quotes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from chipassets.manifest.abc_text import is_abc
from chipassets.manifest.melody_field import ABC_SCHEMA, abc_tune
from chipassets.manifest.numbers import check_range, read_truth
from chipassets.manifest.primer_field import (
    FORM_SCHEMAS,
    NOTES_SCHEMA,
    primer_from_notes,
    read_primer,
)
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.tonality import KEY_SCHEMA, read_key
from chipassets.music.keys import Key
from chipassets.music.motifs import AUGMENTED, DIMINISHED, IN_MODE, TRANSFORMS
from chipassets.music.notes import BASS, INNER, LEAD, PARTS
from chipassets.music.score import Note
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Primer

MAX_MOTIFS = 4
MAX_RANGE_SEMITONES = 31
"""The usable range of a chip's lead voice, in semitones."""

PLAIN_MILLIBPM = 120_000
"""The default tempo that a motif is written for, in quarter notes a minute."""

_FROM, _TRANSFORM, _STRETCH = "from", "transform", "stretch"
_NOTES, _ABC, _KEY, _TEMPO, _VOICE = "notes", "abc", "key", "tempo", "voice"
_IN_VOICES = {"bass": BASS, "voice": INNER}
"""Transforms that only say which voice plays."""
_WORDS: dict[str, str] = {
    **TRANSFORMS,
    "bass": "in the track's mode, in the bass",
    "voice": "in the track's mode, in the second voice",
}
_FORMS = (_NOTES, _ABC, "melody", "midi", "pitches")
_EXAMPLE = "write motif: hero, a list of names, {from: title} or {hero: {transform: literal}}"
_LONG_EXAMPLE = 'write it like {notes: "C5 - E5 -", key: C major}'


@dataclass(frozen=True, slots=True)
class WrittenMotif:
    """A motif as written under `motifs`: its notes, and its key, tempo and stretch if given."""

    primer: Primer
    key: Key | None = None
    tempo_millibpm: int = PLAIN_MILLIBPM
    stretch: bool = False


@dataclass(frozen=True, slots=True)
class MotifUse:
    """A motif by name, or the opening of another track, and how it is transformed.

    stretch: None uses the motif's own setting. part: the voice that plays it. section: the name or
    letter of the section that it was set for; "" if it was set for the track.
    """

    name: str
    from_track: bool = False
    transform: str = IN_MODE
    stretch: bool | None = None
    part: str = LEAD
    section: str = ""


def read_written(value: Any, context: Context) -> WrittenMotif:
    """Return a motif given in its short or long form; Refusal, naming the key, otherwise."""
    if isinstance(value, str) and is_abc(value):
        read = abc_tune(value, context)
        return WrittenMotif(read.tune, read.key)
    if not isinstance(value, dict):
        return WrittenMotif(read_primer(value, context))
    keys = (*_FORMS, _KEY, _TEMPO, _STRETCH)
    faults = [
        Fault("a motif has no such key", did_you_mean(name, keys, "keys"), (name,), on_key=True)
        for name in value
        if name not in keys
    ]
    forms = [name for name in _FORMS if name in value]
    if len(forms) != 1 and not faults:
        why = "a motif has one source of notes" if forms else "a motif has notes"
        faults = [Fault(why, _LONG_EXAMPLE)]
    said: dict[str, Any] = {}
    readers = {_KEY: read_key, _TEMPO: _read_tempo, _STRETCH: read_truth}
    for name in value if not faults else ():
        try:
            if name == _NOTES:
                said[name] = primer_from_notes(_text(value[name], 'write it like "C5 . E5 -"'))
            elif name == _ABC:
                read = abc_tune(_text(value[name], 'write it like "K:G\\nG2 B2 d4"'), context)
                said[name] = read.tune
                said.setdefault(_KEY, read.key)
            elif name in _FORMS:
                said[name] = read_primer({name: value[name]}, context)
            else:
                said[name] = readers[name](value[name], context)
        except Refusal as refusal:
            # The primer's Refusal already names the key of its form.
            below = () if name in _FORMS and name not in (_NOTES, _ABC) else (name,)
            faults += [replace(fault, at=(*below, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return WrittenMotif(
        said[forms[0]],
        said.get(_KEY),
        said.get(_TEMPO, PLAIN_MILLIBPM),
        said.get(_STRETCH, False),
    )


def _text(value: Any, example: str) -> str:
    """Return the notes of a motif if they are text; Refusal, with the example, otherwise."""
    if not isinstance(value, str):
        raise refuse("notes are a line of text", example)
    return value


def _read_tempo(value: Any, _: Context) -> int:
    return round(1000 * check_range(value, "a motif's tempo", 20, 400, " of quarters a minute"))


def read_motif(value: Any, _: Context) -> tuple[MotifUse, ...]:
    """Return the motifs that a track names, in order; Refusal for another shape."""
    entries = value if isinstance(value, list) else [value]
    if isinstance(value, dict) and _FROM not in value and len(value) > 1:
        entries = [{name: how} for name, how in value.items()]
    if not 1 <= len(entries) <= MAX_MOTIFS:
        raise refuse(f"a track quotes from 1 to {MAX_MOTIFS} motifs", _EXAMPLE)
    uses: list[MotifUse] = []
    faults: list[Fault] = []
    for index, entry in enumerate(entries):
        at = (index,) if isinstance(value, list) else ()
        try:
            use = _use(entry)
        except Refusal as refusal:
            faults += [replace(fault, at=(*at, *fault.at)) for fault in refusal.faults]
            continue
        if use is None:
            faults.append(Fault("a motif is a name, or {from: another track}", _EXAMPLE, at))
        elif any(_same(use, other) for other in uses):
            faults.append(Fault("the motif is in the list twice", "delete it", at))
        else:
            uses.append(use)
    if faults:
        raise Refusal(*faults)
    return tuple(uses)


def _same(use: MotifUse, other: MotifUse) -> bool:
    return (use.name, use.from_track, use.part) == (other.name, other.from_track, other.part)


def _use(entry: Any) -> MotifUse | None:
    """Return the use of a motif that an entry describes; None for another shape."""
    if isinstance(entry, str):
        return MotifUse(entry)
    if not isinstance(entry, dict) or not entry:
        return None
    if _FROM in entry:
        how = {name: what for name, what in entry.items() if name != _FROM}
        if not isinstance(entry[_FROM], str):
            return None
        return MotifUse(entry[_FROM], True, *_treatment(how, ()))
    name, what = next(iter(entry.items()))
    if len(entry) != 1 or not isinstance(what, str | dict):
        return None
    return MotifUse(name, False, *_treatment(what, (name,)))


def _treatment(how: Any, at: tuple[str, ...]) -> tuple[str, bool | None, str]:
    """Return the transform, whether stretching is allowed (None if not set), and the voice."""
    said = {_TRANSFORM: how} if isinstance(how, str) else how
    below = () if isinstance(how, str) else (_TRANSFORM,)
    keys = (_TRANSFORM, _STRETCH, _VOICE)
    for name in said:
        if name not in keys:
            fix = did_you_mean(name, keys, "keys")
            raise Refusal(Fault("there is no such key of a motif", fix, (*at, name), on_key=True))
    word = said.get(_TRANSFORM, IN_MODE)
    if not isinstance(word, str) or word not in _WORDS:
        fix = did_you_mean(word, _WORDS, "transforms")
        raise Refusal(Fault("there is no transform of this name", fix, (*at, *below)))
    part = said.get(_VOICE, _IN_VOICES.get(word, LEAD))
    if not isinstance(part, str) or part not in PARTS:
        fix = did_you_mean(part, PARTS, "voices")
        raise Refusal(Fault("a motif is played by one voice", fix, (*at, _VOICE)))
    if word in _IN_VOICES and part != _IN_VOICES[word]:
        why = f"transform: {word} already says which voice plays it"
        raise Refusal(Fault(why, "keep one of the two", (*at, _VOICE), on_key=True))
    word = IN_MODE if word in _IN_VOICES else word
    stretch = said.get(_STRETCH)
    if stretch is not None and not isinstance(stretch, bool):
        fault = Fault("only true and false are truth values", "write true", (*at, _STRETCH))
        raise Refusal(fault)
    if stretch and word in (AUGMENTED, DIMINISHED):
        why = f"{word} sets the note values, and stretch lets the tempo set them"
        raise Refusal(Fault(why, "keep one of the two", (*at, _STRETCH), on_key=True))
    return word, stretch, part


def tune_of(primer: Primer, most_steps: int | None = None) -> Primer:
    """Return the top line of a primer from its first to its last note, at most `most_steps` long.

    Of notes that start together the highest is kept; each note ends where the next begins.
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


_HOW: dict[str, Any] = {
    "type": "object",
    "properties": {
        _TRANSFORM: {
            "enum": list(_WORDS),
            "description": "; ".join(f"{name}: {what}" for name, what in _WORDS.items()) + ".",
        },
        _VOICE: {
            "enum": list(PARTS),
            "description": "The voice that plays it: lead (the tune), inner (the second voice) or "
            "bass.",
        },
        _STRETCH: {
            "type": "boolean",
            "description": "Whether notes may be doubled or halved in length to keep the motif's "
            "pace.",
        },
    },
    "additionalProperties": False,
}
_LONG = {
    "type": "object",
    "properties": {
        _NOTES: NOTES_SCHEMA,
        _ABC: ABC_SCHEMA,
        **FORM_SCHEMAS,
        _KEY: {
            **KEY_SCHEMA,
            "description": "The key it is written in: in this key it sounds as written. Default: "
            "guessed from its notes.",
        },
        _TEMPO: {
            "type": "number",
            "minimum": 20,
            "maximum": 400,
            "description": "The tempo it is written for, in quarter notes a minute. Default 120.",
        },
        _STRETCH: _HOW["properties"][_STRETCH],
    },
    "oneOf": [{"required": [form]} for form in _FORMS],
    "additionalProperties": False,
}

Tune = Annotated[WrittenMotif, Reads(read_written, {"anyOf": [NOTES_SCHEMA, _LONG]})]

_WORD = {"type": "string", "minLength": 1, "examples": ["hero"]}
_ONE = {
    "anyOf": [
        _WORD,
        {
            "type": "object",
            "properties": {
                _FROM: {**_WORD, "examples": ["title"], "description": "A track of this manifest."},
                **_HOW["properties"],
            },
            "required": [_FROM],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_MOTIFS,
            "propertyNames": {"not": {"const": _FROM}},
            "additionalProperties": {"anyOf": [_HOW["properties"][_TRANSFORM], _HOW]},
        },
    ]
}

MOTIF_SCHEMA: dict[str, Any] = {
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
    "description": "A tune under motifs, or {from: a track}. The track quotes it at its opening "
    "and where A returns, in its own key, tempo and register; a second motif in B.",
}
MotifField = Annotated[tuple[MotifUse, ...], Reads(read_motif, MOTIF_SCHEMA)]
