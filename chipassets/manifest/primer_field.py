"""The primer, in one of four forms: note names, melody events, a chord, or a MIDI file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from chipassets.manifest.inside import file_inside
from chipassets.manifest.primer_midi import MAX_AT_ONCE, MAX_STEPS, primer_from_midi
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.music.keys import parse_pitch
from chipassets.music.score import Note
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Primer
from chipassets.units import STEPS_PER_BEAT

MAX_CHORD = MAX_AT_ONCE

# Magenta's melody events (note_seq.Melody) for "no event" and "note off".
NO_EVENT = -2
NOTE_OFF = -1

_HOLD = "-"
_REST = "."

_FORMS = 'notes like "C5 . E5 -", or one of melody:, pitches:, midi:'


def read_primer(value: Any, context: Context) -> Primer:
    """Return the primer's notes; Refusal, naming the token or entry, otherwise."""
    if isinstance(value, str):
        return primer_from_notes(value)
    if not isinstance(value, dict):
        raise refuse(f"a primer is {_FORMS}", 'write it like "C5 . E5 . G5 - - ."')
    if len(value) != 1 or next(iter(value)) not in _READERS:
        raise _wrong_form(value)
    form, content = next(iter(value.items()))
    try:
        return _READERS[form](content, context)
    except Refusal as refusal:
        raise Refusal(*(_below(form, fault) for fault in refusal.faults)) from None


def _below(form: str, fault: Fault) -> Fault:
    return Fault(fault.why, fault.fix, (form, *fault.at), fault.offset, found=fault.found)


def _wrong_form(value: dict[str, Any]) -> Refusal:
    """Return the refusal of a mapping that is not exactly one form of a primer."""
    unknown = [key for key in value if key not in _READERS]
    faults = [
        Fault(
            "a primer has no such form", did_you_mean(key, _READERS, "forms"), (key,), on_key=True
        )
        for key in unknown
    ]
    if not faults:
        faults = [Fault(f"a primer has one form: {_FORMS}", "keep one of them")]
    return Refusal(*faults)


_FILE = re.compile(r"[^\s:{}]{1,200}\.(midi?|abc)", re.IGNORECASE)
"""A file's name where notes belong."""


def primer_from_notes(text: str) -> Primer:
    """Return the primer of a line of tokens, each one 16th long.

    A note name starts a note, `-` holds it for another 16th, `.` is a 16th of silence: "C5 - . E5"
    is an eighth C5, a 16th rest and a 16th E5.
    """
    tokens = _tokens(text)
    named = _FILE.fullmatch(text.strip())
    if named is not None:
        form = "abc" if named[1].lower() == "abc" else "midi"
        raise refuse(
            "it is the name of a file, and notes are text", f"write {{{form}: {named[0]}}}"
        )
    if len(tokens) > MAX_STEPS:
        raise refuse(f"a primer has at most {MAX_STEPS} steps", "shorten it")
    notes: list[Note] = []
    faults: list[Fault] = []
    for step, (offset, token) in enumerate(tokens):
        wrong = _take_token(token, step, notes)
        if wrong is not None and not (token == _HOLD and faults):
            found = f"'{token[:20]}' (token {step + 1})"
            faults.append(Fault(*wrong, offset=offset, found=found))
    if not notes and not faults:
        faults = [Fault("a primer holds at least one note", 'write notes like "C5 . E5 -"')]
    if faults:
        raise Refusal(*faults)
    return Primer(tuple(notes), len(tokens))


def _tokens(text: str) -> list[tuple[int, str]]:
    """Return the words of the text, each with the offset of its first character."""
    found: list[tuple[int, str]] = []
    offset = 0
    for token in text.split():
        offset = text.index(token, offset)
        found.append((offset, token))
        offset += len(token)
    return found


def _take_token(token: str, step: int, notes: list[Note]) -> tuple[str, str] | None:
    """Add the token's note to the notes; return the reason and the advice if it is refused."""
    if token == _REST:
        return None
    if token == _HOLD:
        if not notes or notes[-1].end_step != step:
            return "'-' has no note to hold", "write . for a rest"
        notes[-1] = replace(notes[-1], duration_steps=notes[-1].duration_steps + 1)
        return None
    try:
        notes.append(Note(step, 1, parse_pitch(token)))
    except ValueError as error:
        if "MIDI pitch" in str(error):
            return "the note is out of range", "write a note from C-1 to G9"
        return "it is not a note name", "write a name like C5, F#4 or Bb3, - to hold, . to rest"
    return None


def _read_melody(value: Any, _: Context) -> Primer:
    """Return the primer of Magenta's melody events: -2 no event, -1 note off, 0..127 note on.

    One event per 16th. A note sounds until the next note, a note off, or the end (note_seq.Melody).
    """
    _check_whole_numbers(value, "a melody", "[60, -2, -2, -1]", NO_EVENT, 127, MAX_STEPS)
    notes: list[Note] = []
    start: int | None = None
    for step, event in enumerate([*value, NOTE_OFF]):
        if start is not None and event != NO_EVENT:
            notes.append(Note(start, step - start, value[start]))
            start = None
        if event >= 0:
            start = step
    if not notes:
        raise refuse("a primer holds at least one note", "write a pitch from 0 to 127 in it")
    return Primer(tuple(notes), len(value))


def _read_pitches(value: Any, _: Context) -> Primer:
    """Return the primer of a chord that lasts a quarter note, as polyphony_rnn's primer_pitches."""
    _check_whole_numbers(value, "a chord", "[67, 64, 60]", 0, 127, MAX_CHORD)
    twice = [index for index, pitch in enumerate(value) if pitch in value[:index]]
    if twice:
        raise Refusal(*(Fault("a chord has each pitch once", "delete it", (at,)) for at in twice))
    ordered = sorted(value, reverse=True)
    return Primer(tuple(Note(0, STEPS_PER_BEAT, pitch) for pitch in ordered), STEPS_PER_BEAT)


def _check_whole_numbers(
    value: Any, what: str, example: str, low: int, high: int, most: int
) -> None:
    """Refuse what is not a list of 1 to `most` whole numbers from `low` to `high`."""
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise refuse(f"{what} is a list of 1 to {most} whole numbers", f"write it like {example}")
    faults = [
        Fault(f"{what} holds whole numbers from {low} to {high}", _number_advice(entry), (index,))
        for index, entry in enumerate(value)
        if isinstance(entry, bool) or not isinstance(entry, int) or not low <= entry <= high
    ]
    if faults:
        raise Refusal(*faults)


def _number_advice(entry: object) -> str:
    """Return what to write instead of an entry: the MIDI pitch if it names one."""
    try:
        return f"write {parse_pitch(str(entry))}, the MIDI pitch of {entry}"
    except ValueError:
        return "write a MIDI pitch such as 60 (C4)"


def _read_midi(value: Any, context: Context) -> Primer:
    """Return the primer of a MIDI file in the manifest's folder or below."""
    path = file_inside(context.folder, value)
    if value not in context.midi:
        context.midi[value] = primer_from_midi(path)
    return context.midi[value].primer


_READERS = {"melody": _read_melody, "pitches": _read_pitches, "midi": _read_midi}

_INTEGERS = {"type": "array", "minItems": 1}
_MELODY_SCHEMA = {
    **_INTEGERS,
    "maxItems": MAX_STEPS,
    "items": {"type": "integer", "minimum": NO_EVENT, "maximum": 127},
    "description": "One number per 16th: -2 no event, -1 note off, 0 to 127 note on.",
}
_CHORD_SCHEMA = {
    **_INTEGERS,
    "maxItems": MAX_CHORD,
    "uniqueItems": True,
    "items": {"type": "integer", "minimum": 0, "maximum": 127},
    "description": "A chord that lasts a quarter note.",
}
_MIDI_SCHEMA = {
    "type": "string",
    "pattern": r"^[^/\\][^\\]*$",
    "examples": ["themes/hero.mid"],
    "description": "A MIDI file in this manifest's folder or below it.",
}
NOTES_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(\.\s+)*[A-Ga-g][#b♯♭]?-?[0-9](\s+(\.|-|[A-Ga-g][#b♯♭]?-?[0-9]))*\s*$",
    "examples": ["C5 . E5 . G5 - - ."],
    "description": "One token per 16th: a note name, - to hold it, . to rest.",
}
FORM_SCHEMAS: dict[str, dict[str, Any]] = {
    "melody": _MELODY_SCHEMA,
    "pitches": _CHORD_SCHEMA,
    "midi": _MIDI_SCHEMA,
}


def _form(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema},
        "required": [name],
        "additionalProperties": False,
    }


PrimerField = Annotated[
    Primer,
    Reads(
        read_primer,
        {
            "anyOf": [
                NOTES_SCHEMA,
                *(_form(name, schema) for name, schema in FORM_SCHEMAS.items()),
            ],
            "description": "The opening given to the model.",
        },
    ),
]
