"""The instrument bank: named sounds as macros with one value per frame (60 per second).

Volumes are 0..15 and are scaled by the note's level. Duties: 0 is 12.5 %, 1 is 25 %, 2 is 50 %.
On noise the note's pitch is an index into the chip's periods (higher is darker), the arpeggio is
added to it, and the duty is the noise mode.
"""

from __future__ import annotations

from dataclasses import replace

from chipassets.chips.chipsong import Instrument, Macro


def _fall(start: int, end: int, frames: int) -> tuple[int, ...]:
    """Return a line from start to end, both included."""
    return tuple(start + (end - start) * n // max(frames - 1, 1) for n in range(frames))


def _sound(attack: tuple[int, ...], hold: int, release: tuple[int, ...]) -> Macro:
    """Return a macro of the attack, then `hold` while the note lasts, then the release."""
    start = len(attack)
    return Macro((*attack, hold, *release), loop=start, release=start + 1)


_PAD_SWELL = (5, 8, 10, 12, 13, 14)
_PAD_WAVES = (15, 15, 15, 15, 14, 14, 14, 14, 13, 13, 13, 13, 14, 14, 14, 14)
_PAD_RELEASE = (9, 7, 5, 4, 2, 1)

_TONES = (
    Instrument(
        "reed",
        volume=_sound((11, 15, 15, 15, 14, 14, 14, 13, 13), 13, (8, 5, 3, 1)),
        duty=Macro((2, 1)),
        vibrato_delay_frames=18,
        vibrato_depth_cents=22,
        vibrato_period_frames=10,
    ),
    Instrument(
        "square",
        volume=_sound((13, 15, 15, 14, 14, 13, 13, 12), 12, (7, 4, 1)),
        duty=Macro((2,)),
        vibrato_delay_frames=20,
        vibrato_depth_cents=20,
        vibrato_period_frames=10,
    ),
    Instrument(
        "thin",
        volume=_sound((13, 15, 15, 15, 14), 14, (9, 5, 3, 1)),
        duty=Macro((1, 0)),
        vibrato_delay_frames=16,
        vibrato_depth_cents=24,
        vibrato_period_frames=9,
    ),
    Instrument(
        "pluck",
        volume=_sound((15, 14, 13, 12, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4), 4, (3, 2, 1)),
        duty=Macro((2, 2, 1)),
    ),
    Instrument(
        "bell",
        volume=_sound(
            (15, 15, 14, 13, 12, 11, *_fall(11, 6, 30), *_fall(6, 3, 30)), 2, (*_fall(6, 1, 10),)
        ),
        duty=Macro((0, 0, 0, 2)),
        arpeggio=Macro((12, 0)),
    ),
    Instrument(
        "pad",
        volume=Macro(
            (*_PAD_SWELL, *_PAD_WAVES, *_PAD_RELEASE),
            loop=6,
            release=22,
        ),
        duty=Macro((2,)),
        vibrato_delay_frames=24,
        vibrato_depth_cents=12,
        vibrato_period_frames=12,
    ),
    Instrument(
        "brass",
        volume=_sound((8, 12, 15, 15, 15, 14, 14), 14, (9, 6, 3, 1)),
        duty=Macro((0, 0, 1, 1, 1, 2)),
        pitch=Macro((2, 1, 0)),
        vibrato_delay_frames=22,
        vibrato_depth_cents=22,
        vibrato_period_frames=10,
    ),
    Instrument(
        "echo",
        volume=_sound((12, 15, 14, 13, 12, 12, 11), 11, (8, 6, 5, 3, 2, 1)),
        duty=Macro((1,)),
        vibrato_delay_frames=20,
        vibrato_depth_cents=18,
        vibrato_period_frames=11,
    ),
    Instrument("triangle", volume=Macro((15,))),
    Instrument("triangle_short", volume=Macro((15,) * 9 + (0,))),
)

_DRUMS = (
    Instrument("kick", volume=Macro((14, 12, 9, 6, 3, 1, 0)), arpeggio=Macro((-3, 0, 1, 2))),
    Instrument("snare", volume=Macro((13, 11, 9, 7, 5, 4, 3, 2, 1, 0)), arpeggio=Macro((2, 0, -1))),
    Instrument("hat", volume=Macro((13, 7, 3, 2, 1, 0))),
    Instrument("open_hat", volume=Macro((13, 11, 9, 8, 7, 6, 5, 4, 3, 3, 2, 2, 1, 1, 0))),
    Instrument(
        "crash",
        volume=Macro((15, 13, 12, 11, 10, 9, *_fall(9, 4, 20), *_fall(4, 1, 20), 0)),
        arpeggio=Macro((-1, 0)),
    ),
    Instrument("tom", volume=Macro((14, 12, 10, 7, 5, 3, 2, 1, 0)), arpeggio=Macro((-1, 0, 0, 1))),
)

# Together with a sample, the noise is only the attack of the drum.
_STROKES = {
    "kick": Macro((9, 5, 2, 1, 0)),
    "snare": Macro((12, 10, 8, 6, 5, 4, 3, 2, 1, 0)),
    "tom": Macro((9, 6, 4, 2, 1, 0)),
}

KITS: dict[str, tuple[Instrument, ...]] = {
    "noise": (),
    "samples": (),
    "dmc": tuple(
        replace(item, volume=_STROKES[item.name], sample=item.name)
        for item in _DRUMS
        if item.name in _STROKES
    ),
}
"""By drum kit, the drums that differ from the bank's."""

INSTRUMENTS: dict[str, Instrument] = {item.name: item for item in (*_TONES, *_DRUMS)}

# Period index on noise and level of each drum.
DRUM_SOUNDS: dict[str, tuple[int, int]] = {
    "kick": (13, 14),
    "snare": (6, 12),
    "hat": (3, 7),
    "open_hat": (3, 7),
    "crash": (4, 11),
    "tom": (10, 12),
}


def echo_of(instrument: Instrument) -> Instrument:
    """Return a softer version of the instrument without vibrato, for its echo."""
    shadow = INSTRUMENTS["echo"]
    return replace(
        shadow,
        name=f"{instrument.name} echo",
        duty=Macro((instrument.duty.values[-1],)),
        vibrato_delay_frames=None,
        recording=instrument.recording,
    )
