"""An instrument by itself: a short phrase or a few strokes on a chip."""

from __future__ import annotations

from dataclasses import replace

from chipassets.arrange import write_registers
from chipassets.arrange.bank import DRUM_SOUNDS, INSTRUMENTS, KITS
from chipassets.arrange.own_drums import own_drums
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument
from chipassets.chips.profiles import CHIPS
from chipassets.render import Pcm, render_log

_PHRASE = ((0, 20), (4, 20), (7, 20), (12, 110))
"""Semitones above the first note, and frames: three short notes, and one that has its vibrato."""

_GAP_FRAMES, _TAIL_FRAMES = 4, 60
_LOWEST_PITCH = {"lead": 60, "bass": 36}
_STROKES, _STROKE_FRAMES = 4, 30
_LEVEL = 13


def audition(instrument: Instrument, chip: str, kit: str = "") -> Pcm:
    """Return a phrase that the instrument plays on the chip; a drum is struck four times.

    `kit` is the kit that the drum is taken from; "" is the chip's first. Basses play on the bass's
    voice, everything else on the tune's voice.
    """
    drum = instrument.name in DRUM_SOUNDS
    role = "drums" if drum else "bass" if instrument.name.startswith("triangle") else "lead"
    if drum:
        of_kit = {item.name: item for item in KITS[kit or CHIPS[chip].kits[0]]}
        is_own = instrument != INSTRUMENTS[instrument.name]
        instrument = instrument if is_own else of_kit.get(instrument.name, instrument)
    drums = own_drums((instrument,), CHIPS[chip])
    (instrument,) = drums.instruments
    notes = _strokes(instrument.name) if drum else _phrase(instrument.name, role)
    end = notes[-1].end_frame + _TAIL_FRAMES
    voice = ChipVoice(CHIPS[chip].voice(role).name, notes)
    song = ChipSong(chip, (voice,), (instrument,), end, end, None, clips=drums.clips)
    return render_log(write_registers(song))


def _phrase(name: str, role: str) -> tuple[ChipNote, ...]:
    """Return the phrase that shows an instrument, in the register of its role."""
    notes, start = [], 0
    for above, frames in _PHRASE:
        notes.append(ChipNote(start, frames, _LOWEST_PITCH[role] + above, _LEVEL, name))
        start += frames + _GAP_FRAMES
    return tuple(notes)


def _strokes(name: str) -> tuple[ChipNote, ...]:
    """Return strokes of a drum, equally far apart."""
    period, level = DRUM_SOUNDS[name]
    first = ChipNote(0, _STROKE_FRAMES - _GAP_FRAMES, period, level, name)
    return tuple(replace(first, start_frame=n * _STROKE_FRAMES) for n in range(_STROKES))
