"""The manifest's own drums: which of their recordings the chip plays, and from which memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.bank import DRUM_SOUNDS, INSTRUMENTS
from chipassets.chips.chipsong import Instrument, Macro
from chipassets.chips.dmcbank import Clip, own_clips
from chipassets.chips.profiles import Chip
from chipassets.chips.recorded_clip import clip_of

_UNSAID = Instrument("").volume
"""The volume of an instrument for which the manifest states none."""


@dataclass(frozen=True, slots=True)
class OwnDrums:
    """Instruments as the chip plays them, and the clips of all that have one."""

    instruments: tuple[Instrument, ...]
    clips: tuple[Clip, ...] = ()


def own_drums(own: Sequence[Instrument], chip: Chip) -> OwnDrums:
    """Return the manifest's own instruments, with clips for drums whose recording the NES plays.

    Such a drum without a volume is its clip alone. On a chip without samples it is the bank's drum
    of that name.
    """
    if chip.samples_tones:
        return OwnDrums(tuple(own))
    if not chip.plays_clips:
        return OwnDrums(tuple(_without_sample(item) for item in own))
    played = [_with_clip(item) for item in own]
    made = [
        clip_of(item.sample, item.recording) for item in played if item.sample and item.recording
    ]
    return OwnDrums(tuple(played), own_clips(made))


def _is_sampled_drum(item: Instrument) -> bool:
    return item.recording is not None and item.name in DRUM_SOUNDS


def _with_clip(item: Instrument) -> Instrument:
    """Return the instrument, with the name of its clip if it is a drum with a recording."""
    if not _is_sampled_drum(item):
        return item
    volume = Macro((0,)) if item.volume == _UNSAID else item.volume
    return replace(item, volume=volume, sample=f"own {item.name}")


def _without_sample(item: Instrument) -> Instrument:
    """Return the instrument; a drum that is only a recording takes the macros of the bank's."""
    if not _is_sampled_drum(item) or item.volume != _UNSAID:
        return item
    bank = INSTRUMENTS[item.name]
    return replace(item, volume=bank.volume, arpeggio=bank.arpeggio)
