"""The instruments of a hUGETracker song: fifteen for each kind of voice.

A volume macro becomes the nearest of the chip's own envelopes. Drums have the registers that the
log writes: the envelope of their trigger, and the noise's periods as a subpattern.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from chipassets.chipfiles.text import to_ascii
from chipassets.chipfiles.uge_file import MOST_INSTRUMENTS, TEXT_SIZE, TICK_HZ, Sound
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError

_MOST_STEPS = 15
"""Rows of a drum's subpattern: its jump has four bits in GB Studio."""
_LOWEST_STEP, _HIGHEST_STEP = -36, 35

_NOISE_ENVELOPE, _NOISE_PERIOD = 0xFF21, 0xFF22
_METALLIC = 0x08
_FRAMES_HEARD = 24
_ENVELOPE_HZ = 64

_LEVELS = "UGE: a note at a level nearby, as a voice has 15 instruments"
_MOVES = "UGE: a drum without its moving pitch, as the noise has 15 instruments"


class Key(NamedTuple):
    """What chooses a note's instrument in the file; `pitch` only for drums."""

    instrument: str
    level: int
    pitch: int = 0


def key_of(note: ChipNote, kind: str) -> Key:
    """Return what chooses the note's instrument in the file."""
    return Key(note.instrument, note.level, note.pitch if kind == "noise" else 0)


class _Stroke(NamedTuple):
    """What the log writes for a drum: envelope, and the noise's register by tick."""

    envelope: int
    periods: tuple[int, ...]


def palette_of(
    song: ChipSong, kind: str, voices: Sequence[ChipVoice], lost: Counter[str]
) -> dict[Key, Sound]:
    """Return the instrument of every sound at every level, few enough for a kind of voice."""
    used = Counter(key_of(note, kind) for voice in voices for note in voice.notes)
    for step in range(1, 16):
        palette = {
            key: _sound(song.instrument(key.instrument), kind, _near(key.level, step))
            for key in used
        }
        if len(set(palette.values())) <= MOST_INSTRUMENTS:
            lost[_LEVELS] += sum(
                n for key, n in used.items() if _near(key.level, step) != key.level
            )
            return palette
    raise _too_many({key.instrument for key in used})


def _too_many(names: set[str]) -> RenderError:
    return RenderError(
        f"the song has {len(names)} instruments for a kind of voice, and UGE holds "
        f"{MOST_INSTRUMENTS}; use fewer"
    )


def drum_palette(
    voices: Sequence[ChipVoice], log: RegisterLog, lost: Counter[str]
) -> tuple[dict[Key, Sound], dict[Key, int]]:
    """Return the instrument of every drum as the log plays it, and the note that starts it.

    Too many drums lose small differences of level, and if that is not enough the moving pitch.
    RenderError if there are still more than fifteen.
    """
    strokes = _strokes(log)
    used: Counter[Key] = Counter()
    heard: dict[Key, _Stroke] = {}
    for note in (note for voice in voices for note in voice.notes):
        used[key_of(note, "noise")] += 1
        heard.setdefault(key_of(note, "noise"), strokes.get(note.start_frame, _SILENT))
    exact = {key: _drum(key, stroke, 1, True)[0] for key, stroke in heard.items()}
    for moving in (True, False):
        for step in range(1, 16):
            drums = {key: _drum(key, stroke, step, moving) for key, stroke in heard.items()}
            palette = {key: sound for key, (sound, _) in drums.items()}
            if len(set(palette.values())) > MOST_INSTRUMENTS:
                continue
            for key, count in used.items():
                lost[_LEVELS] += count * (exact[key].volume != palette[key].volume)
                lost[_MOVES] += count * (exact[key].steps != palette[key].steps)
            return palette, {key: note for key, (_, note) in drums.items()}
    raise _too_many({key.instrument for key in used})


_SILENT = _Stroke(0, (0,))


def _strokes(log: RegisterLog) -> dict[int, _Stroke]:
    """Return the drums that the log plays, by the frame in which it triggers them."""
    found: dict[int, tuple[int, list[int]]] = {}
    period, started = 0, -1
    for number, writes in enumerate(log.frames):
        own = {write.address: write.value for write in writes}
        period = own.get(_NOISE_PERIOD, period)
        envelope = own.get(_NOISE_ENVELOPE)
        if envelope is not None and envelope >> 4:
            started = number
            found[started] = envelope, []
        if started >= 0 and number - started < _MOST_STEPS - 1:
            found[started][1].append(period)
    rate = CHIPS[log.chip].frame_rate_hz
    return {
        frame: _Stroke(
            envelope,
            tuple(
                periods[min(int(tick * rate / TICK_HZ), len(periods) - 1)]
                for tick in range(_MOST_STEPS - 1)
            ),
        )
        for frame, (envelope, periods) in found.items()
    }


def _drum(key: Key, stroke: _Stroke, step: int, moving: bool) -> tuple[Sound, int]:
    """Return a drum's instrument and its first note, the settled one if it must not move."""
    notes = [noise_note(period) for period in stroke.periods]
    first = notes[0] if moving else notes[-1]
    steps = [min(max(note - first, _LOWEST_STEP), _HIGHEST_STEP) for note in notes]
    while len(steps) > 1 and steps[-1] == steps[-2]:
        steps.pop()
    volume = _near(stroke.envelope >> 4, step)
    sound = Sound(
        f"{to_ascii(key.instrument)} {volume}"[:TEXT_SIZE],
        volume,
        stroke.envelope & 7,
        is_metallic=bool(stroke.periods[-1] & _METALLIC),
        steps=tuple(steps) if moving and any(steps) else (),
    )
    return sound, first


def _sound(instrument: Instrument, kind: str, level: int) -> Sound:
    """Return the instrument's register values at a level."""
    # Chords differ from their instrument only in the arpeggio, which stands in the cells.
    name = to_ascii(instrument.name.rstrip("-0123456789 "))
    volume, fade = _envelope(instrument.volume, level)
    if kind == "dmg_wave":
        return Sound(name[:TEXT_SIZE], 1 if volume > 10 else 2 if volume > 5 else 3, 0)
    return Sound(f"{name} {level}"[:TEXT_SIZE], volume, fade, instrument.duty.at(8))


def _near(level: int, step: int) -> int:
    """Return the multiple of `step` that is nearest to a level, within 1 to 15."""
    return min(15, max(1, round(level / step) * step))


@lru_cache(maxsize=512)
def _envelope(macro: Macro, level: int) -> tuple[int, int]:
    """Return the chip's initial volume and period (0 for none) that follow the macro best."""
    wanted = [macro.at(age) * level / 15 for age in range(_FRAMES_HEARD)]
    wanted[0] = max(wanted[:3])

    def off(choice: tuple[int, int]) -> float:
        """Return the squared error of a volume and a period."""
        volume, period = choice
        total = 0.0
        for age, value in enumerate(wanted):
            fallen = age * _ENVELOPE_HZ / 60 / period if period else 0.0
            total += (max(volume - math.floor(fallen), 0) - value) ** 2
        return total

    return min(((v, p) for v in range(1, 16) for p in range(8)), key=off)


@lru_cache(maxsize=256)
def noise_note(period: int) -> int:
    """Return hUGETracker's note, 0 to 63, whose noise is nearest to a value of NR43."""
    wanted = _register_hz(period & 7, period >> 4)
    return min(range(64), key=lambda note: abs(math.log(_noise_hz(note) / wanted)))


def _register_hz(divider: int, shift: int) -> float:
    """Return the rate of the chip's noise. Pan Docs, "FF22 NR43"."""
    return float(262_144 / ((divider or 0.5) * (1 << shift)))


def _noise_hz(note: int) -> float:
    """Return the rate of hUGEDriver's noise for a note."""
    turned = 63 - note
    shift, divider = (0, turned) if turned < 7 else ((turned - 4) // 4, turned % 4 + 4)
    return _register_hz(divider, shift)
