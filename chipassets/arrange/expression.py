"""Expression: vibrato in time, a scoop into high notes, other timbres in other sections.

The chosen instruments stay. In a contrasting section their duty, sample or wave changes, and so
does the accompaniment's in a section that is heard again; a long note that the tune leaps up to
begins a semitone below. All are variants of the instrument with its envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chipassets.arrange.articulation import Timing
from chipassets.chips.chipsong import (
    CONTRAST,
    HOME,
    RETURN,
    ChipNote,
    FormPart,
    Instrument,
    Macro,
)
from chipassets.music.score import Section

_OTHER_DUTY = {0: 1, 1: 2, 2: 1, 3: 2}
_SCOOP = Macro((-1, -1, 0))
_SCOOP_LEAP = 4
"""The least leap up to a note that is scooped, in semitones."""

COLOURED, SCOOP = " b", " up"
"""The suffixes of an instrument's name for its other timbre and for its scoop."""


def in_time(instrument: Instrument, timing: Timing) -> Instrument:
    """Return the instrument with a vibrato that starts at most half a beat into a note."""
    delay = instrument.vibrato_delay_frames
    if delay is None:
        return instrument
    half_beat = int(timing.frames_per_bar / (2 * timing.beats_per_bar))
    return replace(instrument, vibrato_delay_frames=min(delay, max(half_beat, 4)))


def colours_of(instrument: Instrument) -> tuple[Instrument, ...]:
    """Return the instrument, its variant with another timbre, and its variant with a scoop."""
    other = replace(
        instrument,
        name=instrument.name + COLOURED,
        duty=Macro(
            tuple(_OTHER_DUTY.get(value, value) for value in instrument.duty.values),
            instrument.duty.loop,
            instrument.duty.release,
        ),
    )
    return tuple(
        colour
        for base in (instrument, other)
        for colour in (base, replace(base, name=base.name + SCOOP, arpeggio=_SCOOP))
    )


def express(
    notes: Sequence[ChipNote],
    instrument: Instrument,
    form: Sequence[FormPart],
    timing: Timing,
    *,
    role: str,
) -> tuple[ChipNote, ...]:
    """Return the notes, with variants of the instrument where the form asks for them.

    Only the tune has scoops, and only in contrasting sections does it change its timbre. A harmony
    has the other timbre in the sections in which the tune has its usual one.
    """
    plain = instrument.arpeggio == Instrument("").arpeggio
    beat = int(timing.frames_per_bar / timing.beats_per_bar)
    coloured = _COLOURED[role]
    found: list[ChipNote] = []
    before: ChipNote | None = None
    for note in notes:
        name = note.instrument
        if name == instrument.name:
            kind = next((p.kind for p in reversed(form) if p.start_frame <= note.start_frame), HOME)
            if kind in coloured:
                name += COLOURED
            leaps = before is not None and note.pitch - before.pitch >= _SCOOP_LEAP
            if role == "lead" and plain and leaps and note.duration_frames >= beat:
                name += SCOOP
        found.append(replace(note, instrument=name))
        before = note
    return tuple(found)


_COLOURED = {
    "lead": (CONTRAST,),
    "inner": (CONTRAST, RETURN),
    "bass": (CONTRAST,),
    "harmony": (HOME,),
}
"""In which parts of the form a role's notes take their other colour."""


def in_sections(
    notes: Sequence[ChipNote],
    instrument: Instrument,
    names: Sequence[str],
    sections: Sequence[Section],
    timing: Timing,
) -> tuple[ChipNote, ...]:
    """Return the notes with the instruments that sections set; names: one for each section.

    "" keeps the instrument. Notes in arpeggios have instruments of their own and keep these.
    """
    if not any(names):
        return tuple(notes)
    own = {instrument.name, *(colour.name for colour in colours_of(instrument))}
    found = []
    for note in notes:
        bar = note.start_frame // timing.frames_per_bar
        name = next(
            (
                name
                for section, name in zip(sections, names, strict=True)
                if section.start_bar <= bar < section.start_bar + section.bars
            ),
            "",
        )
        found.append(replace(note, instrument=name) if name and note.instrument in own else note)
    return tuple(found)


def form_of(sections: Iterable[Section], timing: Timing) -> tuple[FormPart, ...]:
    """Return each section's kind: the first is home, others of its letter return, the rest
    contrast.
    """
    found: list[FormPart] = []
    home = ""
    for section in sections:
        letter = section.name[:1]
        kind = HOME if not found else RETURN if letter == home else CONTRAST
        home = home or letter
        found.append(FormPart(round(section.start_bar * timing.frames_per_bar), kind))
    return tuple(found)
