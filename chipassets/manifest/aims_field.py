"""`avoid` and `sounds_like`: what the music should avoid, and which file it should resemble."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median
from typing import Annotated, Any

from chipassets.compose.avoiding import AVOIDABLE
from chipassets.manifest.inside import file_inside
from chipassets.manifest.primer_midi import midi_content
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.manifest.words import choose_words
from chipassets.midi.reader import MidiContent
from chipassets.music.likeness import KINDS, Likeness, likeness_of
from chipassets.music.notes import INNER, LEAD, Note
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import SoundsLike
from chipassets.units import STEPS_PER_BEAT, WHOLE_NOTE_STEPS, metre_steps

_MAX_BYTES = 1 << 20
_MIDI, _AIMS = "midi", "aims"
_EXAMPLE = "write sounds_like: reference.mid, or {midi: reference.mid, aims: [density, rhythm]}"
_TUNE = re.compile(r"lead|tune|melod|vocal|voice|sopran", re.IGNORECASE)
_LEAST_SHARE = 0.08
"""The least share of a file's notes that a voice needs to be taken for its tune."""


def _read_avoid(value: Any, _: Context) -> tuple[str, ...]:
    try:
        return choose_words(value, tuple(AVOIDABLE), "avoidable word", len(AVOIDABLE))
    except Refusal as refusal:
        raise Refusal(*(_elsewhere(fault, value) for fault in refusal.faults)) from None


_ELSEWHERE = {
    "drums": "drums: none", "percussion": "drums: none", "bass": "bass: silent",
    "inner": "texture: silent", "chords": "texture: silent", "harmony": "texture: silent",
    "loud": "dynamics: p", "quiet": "dynamics: f", "high": "register: 60-72",
    "low": "register: 72-84", "fast": "tempo: 90", "slow": "tempo: 140", "dense": "density: 1-2",
    "sparse": "density: 3-4", "minor": "key: C major", "major": "key: A minor",
    "loop": "loop: false",
}  # fmt: skip
"""What a key of its own says, and not `avoid`: the word, and an example of the key."""


def _elsewhere(fault: Fault, value: Any) -> Fault:
    """Return a fault of `avoid`; if another key says its word, it names that key."""
    said = value[int(fault.at[0])] if isinstance(value, list) and fault.at else value
    key = _ELSEWHERE.get(said) if isinstance(said, str) else None
    if key is None:
        return fault
    return replace(fault, why="a key of its own says this", fix=f"write it like {key}")


def _read_sounds_like(value: Any, context: Context) -> SoundsLike:
    """Return the measures of a file; Refusal for another value or a file with too little music."""
    if isinstance(value, str):
        return SoundsLike(value, tuple(KINDS), _measured(value, context))
    if not isinstance(value, dict) or not value:
        raise refuse("a reference is a MIDI file", _EXAMPLE)
    faults = [
        Fault("a reference has no such key", did_you_mean(name, (_MIDI, _AIMS), "keys"),
              (name,), on_key=True)
        for name in value if name not in (_MIDI, _AIMS)
    ]  # fmt: skip
    if _MIDI not in value and not faults:
        faults = [Fault("a reference is a MIDI file", _EXAMPLE)]
    found: dict[str, Any] = {}
    for name in (_MIDI, _AIMS) if not faults else ():
        if name not in value:
            continue
        try:
            found[name] = (
                _measured(value[name], context)
                if name == _MIDI
                else choose_words(value[name], tuple(KINDS), "aim", len(KINDS))
            )
        except Refusal as refusal:
            faults += [replace(fault, at=(name, *fault.at)) for fault in refusal.faults]
    if faults:
        raise Refusal(*faults)
    return SoundsLike(value[_MIDI], found.get(_AIMS, tuple(KINDS)), found[_MIDI])


def _measured(name: Any, context: Context) -> Likeness:
    """Return the measures of a MIDI file; Refusal for a file with too little music."""
    content = midi_content(file_inside(context.folder, name), _MAX_BYTES)
    _, above, below = min(content.metres, default=(0, 4, 4))
    bar_steps = metre_steps(above, below) or WHOLE_NOTE_STEPS
    pulse_steps = 6 if below == 8 and above % 3 == 0 else STEPS_PER_BEAT
    try:
        return likeness_of(_notes(content), bar_steps, pulse_steps)
    except ValueError:
        fix = "name a file with some bars of music"
        raise refuse("its tune has fewer than three notes, and measures nothing", fix) from None


def _notes(content: MidiContent) -> list[Note]:
    """Return the notes on the grid of 16ths.

    If the file has a voice for the tune, the part of its notes is the lead, that of the others
    inner.
    """
    tune = _tune_voice(content)
    grid = content.ticks_per_quarter
    placed: dict[tuple[int, int, str], int] = {}
    for start, end, pitch, voice in content.notes:
        first, last = (round(tick * STEPS_PER_BEAT / grid) for tick in (start, end))
        part = "" if tune is None else LEAD if voice == tune else INNER
        key = (first, pitch, part)
        placed[key] = max(placed.get(key, 1), last - first)
    return [Note(start, steps, pitch, part) for (start, pitch, part), steps in placed.items()]


def _tune_voice(content: MidiContent) -> int | None:
    """Return the voice of the tune.

    That is the highest of the voices whose track name says lead, tune or the like, else the highest
    of all, in both cases of voices with enough notes. None if all notes are in one voice: then the
    tune is the top line.
    """
    voices: dict[int, list[int]] = {}
    for *_, pitch, voice in content.notes:
        voices.setdefault(voice, []).append(pitch)
    if len(voices) == 1:
        return None
    least = _LEAST_SHARE * len(content.notes)
    busy = [voice for voice, pitches in voices.items() if len(pitches) >= least] or list(voices)
    named = [voice for voice in busy if _TUNE.search(content.names.get(voice // 16, ""))]
    return max(named or busy, key=lambda voice: (median(voices[voice]), -voice))


_WORD = {"enum": list(AVOIDABLE)}
Avoid = Annotated[
    tuple[str, ...],
    Reads(
        _read_avoid,
        {
            "anyOf": [
                _WORD,
                {"type": "array", "items": _WORD, "minItems": 1, "uniqueItems": True},
            ],
            "description": "What the composer avoids. "
            + "; ".join(f"{word}: {says}" for word, says in AVOIDABLE.items() if says)
            + ". The name of a texture or bass: that voice does something else. "
            "What the manifest writes itself (motif, melody, primer) stays as it is.",
        },
    ),
]
_FILE = {
    "type": "string",
    "minLength": 1,
    "description": "A MIDI file in the manifest's folder.",
    "examples": ["music/reference.mid"],
}
_KIND = {"enum": list(KINDS)}
SoundsLikeField = Annotated[
    SoundsLike,
    Reads(
        _read_sounds_like,
        {
            "anyOf": [
                _FILE,
                {
                    "type": "object",
                    "properties": {
                        _MIDI: _FILE,
                        _AIMS: {
                            "anyOf": [
                                _KIND,
                                {
                                    "type": "array",
                                    "items": _KIND,
                                    "minItems": 1,
                                    "uniqueItems": True,
                                },
                            ],
                            "description": "Which measures of the file the track aims at; default "
                            "all.",
                        },
                    },
                    "required": [_MIDI],
                    "additionalProperties": False,
                },
            ],
            "description": "A MIDI file of which density, register, rhythm and harmony are "
            "measured and aimed at; none of its notes is taken. What the track says itself goes "
            "before it.",
        },
    ),
]
