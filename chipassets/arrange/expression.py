"""Expression: vibrato in time, a scoop into high notes, other timbres in other sections.

The chosen instruments stay. In a contrasting section their duty changes, and a long note that the
tune leaps up to begins a semitone below; both are variants of the instrument with its envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chipassets.arrange.articulation import Timing
from chipassets.chips.chipsong import ChipNote, Instrument, Macro
from chipassets.music.score import Section

_OTHER_DUTY = {0: 1, 1: 2, 2: 1, 3: 2}
_SCOOP = Macro((-1, -1, 0))
_SCOOP_LEAP = 4
"""The least leap up to a note that is scooped, in semitones."""

CONTRAST, SCOOP = " b", " up"
"""The suffixes of an instrument's name for its other timbre and for its scoop."""


def in_time(instrument: Instrument, timing: Timing) -> Instrument:
    """Return the instrument with a vibrato that starts at most half a beat into a note."""
    delay = instrument.vibrato_delay_frames
    if delay is None:
        return instrument
    half_beat = int(timing.frames_per_bar / (2 * timing.beats_per_bar))
    return replace(instrument, vibrato_delay_frames=min(delay, max(half_beat, 4)))


def colours_of(instrument: Instrument) -> tuple[Instrument, ...]:
    """Return the instrument and its variants."""
    other = replace(
        instrument,
        name=instrument.name + CONTRAST,
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
    sections: Iterable[Section],
    timing: Timing,
    *,
    scoops: bool,
) -> tuple[ChipNote, ...]:
    """Return the line with variants of the instrument where the form asks for them.

    `scoops` is for the tune only.
    """
    contrasting = _contrasting_bars(sections)
    plain = instrument.arpeggio == Instrument("").arpeggio
    beat = int(timing.frames_per_bar / timing.beats_per_bar)
    found: list[ChipNote] = []
    before: ChipNote | None = None
    for note in notes:
        name = note.instrument
        if name == instrument.name:
            if note.start_frame // timing.frames_per_bar in contrasting:
                name += CONTRAST
            leaps = before is not None and note.pitch - before.pitch >= _SCOOP_LEAP
            if scoops and plain and leaps and note.duration_frames >= beat:
                name += SCOOP
        found.append(replace(note, instrument=name))
        before = note
    return tuple(found)


def _contrasting_bars(sections: Iterable[Section]) -> frozenset[int]:
    """Return the bars of sections with another letter than the first."""
    parts = list(sections)
    return frozenset(
        bar
        for part in parts
        if part.name[:1] != parts[0].name[:1]
        for bar in range(part.start_bar, part.start_bar + part.bars)
    )
