"""The balance beside a bass that has no volume: the NES's triangle sounds or is silent.

Under a tune that decays or is played softly, such a bass becomes the louder one, and no level can
be taken from it. So the tune's instruments decay less far, as under a compressor, and what is still
too loud is made up for by shorter notes of the bass: plucked ones, if the game brings the tune's
instruments, whose envelopes stay.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.balance import FULL, LEAD, NO_VOLUME, Voices, at_full_level, part_power
from chipassets.chips.chipsong import ChipNote, Instrument, Macro
from chipassets.chips.profiles import Chip

_MOST_DB = -1.0
"""How loud the bass may be, in dB relative to the tune: nothing changes up to here."""

_CURVES = (0.9, 0.8, 0.7, 0.6)
"""The exponents of volumes as shares of the full one, from the least change to the most."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a note of the bass keeps of its sounding frames: at least a share, and some frames.

    gap: by how many frames it ends earlier at most.
    """

    share: float
    frames: int
    gap: int

    def kept(self, sounds: int, share: float) -> int:
        """Return the frames that are left of those that sound, if `share` is wanted."""
        kept = max(round(sounds * max(share, self.share)), sounds - self.gap)
        return max(kept, min(sounds, self.frames))


_CONNECTED = _Bounds(0.6, 6, 12)
"""Long notes would come apart with more."""

_PLUCKED = _Bounds(0.25, 4, 1_000)
"""Under a tune whose decay must stay the bass decays with it."""


def beside_steady_bass(
    voices: Voices, chip: Chip, instruments: Mapping[str, Instrument], own: Collection[str]
) -> tuple[Sequence[ChipNote], tuple[Instrument, ...]]:
    """Return the notes of the bass, and those of the tune's instruments that decay less far.

    Both are as they were, and there is no such instrument, if the bass can be balanced or is soft
    enough. own: the names of instruments whose envelopes stay, which the game brings.
    """
    voice_of = {spec.role: spec for spec in chip.voices}
    spec, lead = voice_of.get("bass"), voice_of.get(LEAD)
    bass, tune = voices.get("bass", ()), voices.get(LEAD, ())
    if not (spec and lead and spec.kind == NO_VOLUME and bass and tune):
        return bass, ()
    tune = at_full_level(tune)
    limit = part_power(bass, chip, spec, instruments) * math.pow(10.0, -_MOST_DB / 10)
    share = part_power(tune, chip, lead, instruments) / limit if limit else 1.0
    names = [name for name in dict.fromkeys(n.instrument for n in tune) if name not in own]
    lifted: dict[str, Instrument] = {}
    for curve in _CURVES:
        if share >= 1:
            break
        lifted = {name: _lifted(instruments[name], curve) for name in names}
        share = part_power(tune, chip, lead, {**instruments, **lifted}) / limit
    if share < 1:
        bounds = _CONNECTED if names else _PLUCKED
        bass = [_shortened(note, instruments[note.instrument], share, bounds) for note in bass]
    return bass, tuple(lifted.values())


def _lifted(instrument: Instrument, curve: float) -> Instrument:
    """Return the instrument with volumes that are nearer to the full one; 0 stays."""
    values = instrument.volume.values
    nearer = tuple(math.floor(FULL * math.pow(v / FULL, curve) + 0.5) for v in values)
    return replace(
        instrument, volume=Macro(nearer, instrument.volume.loop, instrument.volume.release)
    )


def _shortened(note: ChipNote, instrument: Instrument, share: float, bounds: _Bounds) -> ChipNote:
    """Return the note with a share of its sounding frames."""
    sounds = sum(instrument.volume.at(age) > 0 for age in range(note.duration_frames))
    kept = bounds.kept(sounds, share)
    return replace(note, duration_frames=kept) if kept < sounds else note
