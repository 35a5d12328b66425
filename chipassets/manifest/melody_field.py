"""Melodies: the tune of a section, written as note text, ABC or a MIDI file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from chipassets.manifest.abc_text import ABC_SUFFIX, MAX_CHARACTERS, AbcTune, is_abc, read_abc
from chipassets.manifest.chords_field import SECTION
from chipassets.manifest.inside import file_inside
from chipassets.manifest.melody_midi import voice_of_midi
from chipassets.manifest.primer_field import FORM_SCHEMAS, NOTES_SCHEMA, primer_from_notes
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.tonality import KEY_SCHEMA, read_key
from chipassets.music.forms import EDGES, FormPart
from chipassets.music.keys import Key, pitch_name, spelled_pitch
from chipassets.music.motifs import IN_MODE, LITERAL, TRANSPOSED
from chipassets.music.notes import Note, Primer
from chipassets.nearest import did_you_mean
from chipassets.selection.craft import TUNE_HIGHEST, TUNE_LOWEST
from chipassets.units import OCTAVE

_NOTES, _ABC, _MIDI = "notes", "abc", "midi"
_TRACK, _CHANNEL, _KEY, _TRANSPOSE, _TRANSFORM, _PICKUP = (
    "track", "channel", "key", "transpose", "transform", "pickup",
)  # fmt: skip
_FORMS = (_NOTES, _ABC, _MIDI)
_OF_MIDI = (_TRACK, _CHANNEL)
_KEYS = (*_FORMS, *_OF_MIDI, _KEY, _TRANSPOSE, _TRANSFORM, _PICKUP)
_TRANSFORMS = (LITERAL, TRANSPOSED, IN_MODE)
_FIRST = "A"
_MOST_OCTAVES = 4
_EXAMPLE = 'write melody: {A: "C5 - E5 - G5 - - -", B: {midi: verse.mid, track: 1}}'


@dataclass(frozen=True, slots=True)
class WrittenMelody:
    """The tune of a section as written in the manifest.

    key: the key it is written in, if given. metre: that of a file or ABC text. transform: `literal`
    plays the written pitches. under: the track's key under which it stands; at: the path from
    there. pickup: its notes before the first whole bar, with which the tune begins. is_swung:
    whether the file's 8ths swing.
    """

    section: str
    tune: Primer
    key: Key | None = None
    metre: str | None = None
    transform: str = LITERAL
    at: tuple[str, ...] = ()
    under: str = "melody"
    pickup: Primer | None = None
    is_swung: bool = False

    def begins_in_last(self, steps: int, section_steps: int) -> bool:
        """Return whether notes begin in the last `steps` of a section of `section_steps`.

        There a pickup to the next section plays; a note that is held into it gives way.
        """
        starts = [note.start_step for note in self.tune.notes]
        return any(section_steps - steps <= start < section_steps for start in starts)


def read_melody(value: Any, context: Context) -> tuple[WrittenMelody, ...]:
    """Return the melodies of a track by section; a single one is that of A. Refusal otherwise."""
    if isinstance(value, str) or (isinstance(value, dict) and value.keys() & set(_KEYS)):
        return (_melody(_FIRST, value, context, ()),)
    if not isinstance(value, dict) or not value:
        raise refuse("melodies are notes, ABC or a MIDI file, by section", _EXAMPLE)
    found: list[WrittenMelody] = []
    faults: list[Fault] = []
    for section, said in value.items():
        if not SECTION.fullmatch(str(section)):
            fault = Fault(
                "it is not the name of a section",
                "write it like A: or B':",
                (section,),
                on_key=True,
            )
            faults.append(fault)
            continue
        try:
            found.append(_melody(section, said, context, (section,)))
        except Refusal as refusal:
            faults += [replace(fault, at=(section, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return tuple(found)


def melody_of_section(section: str, value: Any, context: Context) -> WrittenMelody:
    """Return the melody given under `sections`; Refusal if it is not one."""
    found = _melody(section, value, context, (section, "melody"))
    return replace(found, under="sections")


def _melody(section: str, said: Any, context: Context, at: tuple[str, ...]) -> WrittenMelody:
    """Return the melody of a section given as text or as a mapping; Refusal otherwise.

    at: the path of the value.
    """
    if isinstance(said, str):
        read = read_abc(said) if is_abc(said) else AbcTune(primer_from_notes(said), None, None)
        melody = WrittenMelody(section, read.tune, read.key, read.metre, at=at)
        return _behind_pickup(_fitting(melody, 0), read.pickup_steps)
    if not isinstance(said, dict):
        raise refuse("a melody is notes, ABC or a MIDI file", _EXAMPLE)
    _check_keys(said)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, read_one in _READERS.items():
        if name in said:
            try:
                values[name] = read_one(said[name], context)
            except Refusal as refusal:
                faults += [replace(fault, at=(name, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    form = next(name for name in _FORMS if name in said)
    try:
        read = _tune(form, values, said, context)
    except Refusal as refusal:
        raise Refusal(
            *(fault if fault.at else replace(fault, at=(form,)) for fault in refusal.faults)
        ) from None
    melody = WrittenMelody(
        section,
        read.tune,
        values.get(_KEY, read.key),
        read.metre,
        values.get(_TRANSFORM, LITERAL),
        at,
        is_swung=read.is_swung,
    )
    if melody.transform != LITERAL and _TRANSPOSE in said:
        why = f"transform: {melody.transform} chooses the register itself"
        raise Refusal(Fault(why, "keep one of the two", (_TRANSPOSE,), on_key=True))
    fitting = _fitting(melody, values.get(_TRANSPOSE, 0), read.others)
    try:
        return _behind_pickup(fitting, values.get(_PICKUP, read.pickup_steps))
    except Refusal as refusal:
        raise Refusal(*(replace(fault, at=(_PICKUP,)) for fault in refusal.faults)) from None


def _behind_pickup(melody: WrittenMelody, steps: int) -> WrittenMelody:
    """The melody from its first whole bar on, with what comes before as its pickup."""
    if not steps:
        return melody
    notes = melody.tune.notes
    before = tuple(note for note in notes if note.start_step < steps)
    rest = tuple(replace(note, start_step=note.start_step - steps) for note in notes[len(before) :])
    if not rest:
        raise refuse("all notes of the melody are in its pickup", "write a smaller number of 16ths")
    return replace(
        melody,
        tune=Primer(rest, melody.tune.steps - steps),
        pickup=Primer(before, steps) if before else None,
    )


def _check_keys(said: dict[str, Any]) -> None:
    """Raise Refusal for unknown keys, and unless there is exactly one source of notes."""
    faults = [
        Fault("a melody has no such key", did_you_mean(name, _KEYS, "keys"), (name,),
              on_key=True)
        for name in said if name not in _KEYS
    ]  # fmt: skip
    forms = [name for name in _FORMS if name in said]
    if len(forms) != 1 and not faults:
        why = "a melody has one source of notes" if forms else "a melody has notes"
        faults.append(Fault(why, _EXAMPLE))
    if forms and forms != [_MIDI]:
        faults += [
            Fault("only a melody from a MIDI file has it", "delete it", (name,), on_key=True)
            for name in _OF_MIDI
            if name in said
        ]
    if faults:
        raise Refusal(*faults)


def _tune(form: str, values: dict[str, Any], said: dict[str, Any], context: Context) -> AbcTune:
    """Return the tune of a melody given in one of its forms: notes, ABC or MIDI."""
    if form == _MIDI:
        path = file_inside(context.folder, said[_MIDI])
        voice = voice_of_midi(path, values.get(_TRACK), values.get(_CHANNEL), values.get(_PICKUP))
        return AbcTune(
            voice.tune, None, voice.metre, voice.pickup_steps, voice.is_swung, voice.others
        )
    text = said[form]
    if not isinstance(text, str) or not text.strip():
        raise refuse("notes are a line of text", 'write it like "C5 . E5 -"')
    if form == _NOTES:
        return AbcTune(primer_from_notes(text), None, None)
    return abc_tune(text, context)


def abc_tune(text: str, context: Context) -> AbcTune:
    """Return the tune of ABC text, or of the ABC file that it names; Refusal for its faults."""
    if text.lower().endswith(ABC_SUFFIX) and "\n" not in text:
        return _abc_file(text, context)
    return read_abc(text)


def _abc_file(name: str, context: Context) -> AbcTune:
    """Return the tune of an ABC file; Refusal if it cannot be read, or for its faults."""
    path = file_inside(context.folder, name)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CHARACTERS + 1)
        text = data.decode()
    except OSError as error:
        why = f"the file cannot be read ({error.strerror})"
        raise refuse(why, "mend its permissions") from None
    except UnicodeDecodeError:
        raise refuse("the file is not UTF-8 text", "save it again as UTF-8") from None
    try:
        return read_abc(text)
    except Refusal as refusal:
        # The offsets count in the file, not in the manifest's text.
        raise Refusal(*(_in_file(fault, text) for fault in refusal.faults)) from None


def _in_file(fault: Fault, text: str) -> Fault:
    """Return the fault with its line and column in the file of the melody."""
    before = text[: fault.offset or 0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    found = f"{fault.found}: " if fault.found else ""
    return Fault(f"line {line}, column {column} of the file: {found}{fault.why}", fault.fix)


def _fitting(melody: WrittenMelody, semitones: int, others: Sequence[str] = ()) -> WrittenMelody:
    """Return the melody moved by semitones; Refusal if it leaves the range of a lead voice.

    others: tracks of its file that would not, in words.
    """
    notes = melody.tune.notes
    key = melody.key and Key((melody.key.tonic + semitones) % OCTAVE, melody.key.mode)
    low = min(note.pitch for note in notes) + semitones
    high = max(note.pitch for note in notes) + semitones
    if high - low > TUNE_HIGHEST - TUNE_LOWEST:
        why = f"it spans {high - low} semitones, more than the {TUNE_HIGHEST - TUNE_LOWEST} of a"
        raise refuse(f"{why} lead voice", "move its outermost notes by an octave")
    outside = low < TUNE_LOWEST or high > TUNE_HIGHEST
    if outside and melody.transform == LITERAL:
        moves = [OCTAVE * n for n in range(-_MOST_OCTAVES, _MOST_OCTAVES + 1)]
        octaves = [n for n in moves if low + n >= TUNE_LOWEST and high + n <= TUNE_HIGHEST]
        move = min(octaves, key=abs, default=None)
        fix = (
            f"write it like {{..., transpose: {move + semitones}}}"
            if move is not None
            else "move its outermost notes by an octave"
        )
        if others:
            fix = f"name another track if this is not the tune: {', '.join(others)}; or {fix}"
        raise refuse(
            f"it lies from {_name(low, key)} to {_name(high, key)}, and a lead voice from "
            f"{pitch_name(TUNE_LOWEST)} to {pitch_name(TUNE_HIGHEST)}",
            fix,
        )
    moved = tuple(Note(n.start_step, n.duration_steps, n.pitch + semitones) for n in notes)
    return replace(melody, tune=Primer(moved, melody.tune.steps), key=key)


def _name(pitch: int, key: Key | None) -> str:
    """Return the name of a pitch, spelled as in the melody's key if that is said."""
    if not 0 <= pitch <= 127:
        return f"MIDI pitch {pitch}"
    return pitch_name(pitch) if key is None else spelled_pitch(pitch, key)


def _whole(what: str, low: int, high: int) -> Callable[[Any, Context], int]:
    """Return the reader of a whole number from `low` to `high`; `what` names it in errors."""

    def read(value: Any, _: Context) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise refuse(f"{what} is a whole number from {low} to {high}", f"write {max(1, low)}")
        return value

    return read


def _read_transform(value: Any, _: Context) -> str:
    if not isinstance(value, str) or value not in _TRANSFORMS:
        fix = did_you_mean(value, _TRANSFORMS, "transforms")
        raise refuse("there is no transform of this name", fix)
    return value


_READERS: Mapping[str, Callable[[Any, Context], Any]] = {
    _TRACK: _whole("a track of a file", 1, 999),
    _CHANNEL: _whole("a channel", 1, 16),
    _KEY: read_key,
    _TRANSPOSE: _whole("transpose", -48, 48),
    _PICKUP: _whole("a pickup in 16ths", 0, 23),
    _TRANSFORM: _read_transform,
}


def melody_form(
    melodies: tuple[WrittenMelody, ...], bar_steps: int, *, is_open: bool
) -> tuple[FormPart, ...] | None:
    """Return the form that the melodies make if none is given: their sections in order.

    is_open: whether the track has a length, which the sections then share.
    """
    if not melodies or any("'" in melody.section for melody in melodies):
        return None
    order = sorted(melodies, key=lambda own: (own.section != "intro") + (own.section == "outro"))
    if all(own.section in EDGES for own in order):
        return None
    bars = melody_bars(order, bar_steps)
    return tuple(FormPart(own.section, None if is_open else bars[own.section]) for own in order)


def melody_bars(melodies: Sequence[WrittenMelody], bar_steps: int) -> dict[str, int]:
    """Return how many bars each melody needs, by its section."""
    return {own.section: -(-own.tune.steps // bar_steps) for own in melodies}


ABC_SCHEMA: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "examples": ["tunes/verse.abc"],
    "description": "A tune in ABC notation, or a file named .abc.",
}
_ONE: dict[str, Any] = {
    "anyOf": [
        {
            "type": "string",
            "minLength": 1,
            "examples": NOTES_SCHEMA["examples"],
            "description": f"{NOTES_SCHEMA['description']} Or ABC.",
        },
        {
            "type": "object",
            "properties": {
                _NOTES: NOTES_SCHEMA,
                _ABC: ABC_SCHEMA,
                _MIDI: FORM_SCHEMAS["midi"],
                _TRACK: {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 999,
                    "description": "The track of the MIDI file that is the tune, from 1.",
                },
                _CHANNEL: {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 16,
                    "description": "The channel of that track that is the tune, from 1.",
                },
                _KEY: {**KEY_SCHEMA, "description": "The key in which it is written."},
                _TRANSPOSE: {
                    "type": "integer",
                    "minimum": -48,
                    "maximum": 48,
                    "description": "Semitones by which it is moved.",
                },
                _PICKUP: {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": 23,
                    "description": "How many 16ths of it come before its first whole bar. Default: "
                    "those of a short first bar in ABC, or in the metres of a MIDI file.",
                },
                _TRANSFORM: {
                    "enum": list(_TRANSFORMS),
                    "description": "literal, as written, is the default; transposed moves it to "
                    "the track's key, in_mode to the same degrees of the track's mode.",
                },
            },
            "oneOf": [{"required": [form]} for form in _FORMS],
            "additionalProperties": False,
        },
    ]
}

SECTION_MELODY_SCHEMA = _ONE

MelodyField = Annotated[
    tuple[WrittenMelody, ...],
    Reads(
        read_melody,
        {
            "anyOf": [
                *_ONE["anyOf"],
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": f"^({SECTION.pattern})$"},
                    "additionalProperties": _ONE,
                },
            ],
            "description": "The tune of a section as it is written, by the section's name or "
            "letter; one alone is that of A. Harmony and all other voices are composed to it.",
        },
    ),
]
