"""The sources of the SNES as samples of an Impulse Tracker module, with 16 bits and their loops."""

from __future__ import annotations

import struct

from chipassets.chipfiles.it_file import MIDDLE_C, ItSample
from chipassets.chipfiles.text import to_ascii
from chipassets.chips.chipsong import Instrument
from chipassets.chips.places import CHORUS_STEP
from chipassets.chips.recorded_source import source_of
from chipassets.chips.recording import source_rate_hz
from chipassets.chips.soundbank import (
    DRUM_PITCH,
    RATE_HZ,
    Source,
    drum_pitch,
    drum_source,
    sources,
    wave_source,
)
from chipassets.units import pitch_hz

MIDDLE_C_HZ = pitch_hz(MIDDLE_C)
_WIDTH = 2


def source_for(instrument: Instrument, duty: int, pitch: int) -> Source:
    """Return the source that the chip plays for a tone: the recording, or one of the bank's."""
    if instrument.recording:
        return source_of(instrument.recording)
    return sources()[wave_source(instrument.name, duty, pitch)]


def source_sample(source: Source, *, chorus: bool) -> ItSample:
    """Return a tone as a sample that plays middle C at its rate; a chorus is a little higher."""
    rate_hz = MIDDLE_C_HZ * source.cycle_samples
    rate_hz += rate_hz / CHORUS_STEP if chorus else 0
    name = to_ascii(f"{source.name} chorus" if chorus else source.name)
    return ItSample(name, _packed(source), round(rate_hz), source.loop_start, _WIDTH)


def kit_sample(instrument: Instrument) -> ItSample:
    """Return a drum as a sample that plays at its own rate: the recording, or the bank's."""
    if instrument.recording:
        source, rate_hz = source_of(instrument.recording), source_rate_hz(instrument.recording)
    else:
        number = drum_source(instrument.name)
        source, rate_hz = sources()[number], RATE_HZ * drum_pitch(number) / DRUM_PITCH
    return ItSample(to_ascii(instrument.name), _packed(source), round(rate_hz), None, _WIDTH)


def _packed(source: Source) -> bytes:
    """Return the values that the chip plays the first time, as signed 16 bits."""
    return struct.pack(f"<{source.length}h", *source.values)
