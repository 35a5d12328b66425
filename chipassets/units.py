"""Conversions between the integer clocks of a build: steps, frames, CPU clocks, samples.

A step is a 16th note. A frame is one picture of the console, the clock of its music driver. Bars
are an exact number of frames, so that every bar of a track is as long as every other and tempi are
the ones that the hardware can keep: the tempo asked for is met within half a frame in a bar.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

STEPS_PER_BEAT = 4
"""16th notes in a quarter note, as Magenta's `steps_per_quarter`."""

WHOLE_NOTE_STEPS = 4 * STEPS_PER_BEAT
"""16th notes in a whole note, and so in a bar of 4/4."""

METRES: Mapping[str, float] = {
    "4/4": 4, "3/4": 3, "6/8": 3, "2/4": 2, "5/4": 5, "7/8": 3.5, "9/8": 4.5, "12/8": 6,
}  # fmt: skip
"""Quarter notes in a bar of each metre that a track may have."""

PULSE_STEPS: Mapping[str, int] = {
    "4/4": 4, "3/4": 4, "6/8": 6, "2/4": 4, "5/4": 4, "7/8": 2, "9/8": 6, "12/8": 6,
}  # fmt: skip
"""Length of a felt beat of each metre in 16ths; 7/8, whose beats differ, is felt in 8ths."""

OCTAVE = 12
"""Semitones in an octave, and so the number of pitch classes."""

CENT = 0.0005776226504666211
"""ln 2 / 1200: the relative change of a frequency or a timer for one cent, where that is small."""

SAMPLE_RATE_HZ = 44_100


def amount_of(count: int, noun: str) -> str:
    """Return a number with its noun, whose plural has an s: `"1 bar"`, `"2 bars"`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def pitch_hz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch in equal temperament, with A4 (69) at 440 Hz."""
    return 440.0 * math.pow(2.0, (pitch - 69) / OCTAVE)


def steps_per_bar(beats_per_bar: float) -> int:
    """Return how many steps a bar of `beats_per_bar` quarter notes has: 14 of 3.5, as in 7/8."""
    return int(beats_per_bar * STEPS_PER_BEAT)


def metre_steps(numerator: int, denominator: int) -> int:
    """Return how many steps a bar of this time signature has, rounded down: 12 in 6/8."""
    return WHOLE_NOTE_STEPS * numerator // denominator


def metre_name(beats_per_bar: float, pulse_steps: int) -> str:
    """Return a metre as it is written: `"6/8"` for three quarters in two dotted beats."""
    if pulse_steps == STEPS_PER_BEAT and beats_per_bar == int(beats_per_bar):
        return f"{beats_per_bar:g}/4"
    return f"{2 * beats_per_bar:g}/8"


def bar_frames(tempo_millibpm: int, beats_per_bar: float, frame_rate_hz: Fraction) -> int:
    """Return how many frames a bar lasts at the tempo (thousandths of quarter notes a minute)."""
    return max(1, round(frame_rate_hz * 60_000 * Fraction(beats_per_bar) / tempo_millibpm))


def bar_tempo_millibpm(frames_per_bar: int, beats_per_bar: float, frame_rate_hz: Fraction) -> int:
    """Return the tempo at which a bar lasts that many frames, to the nearest thousandth."""
    return round(frame_rate_hz * 60_000 * Fraction(beats_per_bar) / frames_per_bar)


def played_millibpm(tempo_millibpm: int, beats_per_bar: float, frame_rate_hz: Fraction) -> int:
    """Return the tempo that plays where this one is asked for: bars are whole frames."""
    frames = bar_frames(tempo_millibpm, beats_per_bar, frame_rate_hz)
    return bar_tempo_millibpm(frames, beats_per_bar, frame_rate_hz)


def step_frame(step: int, frames_per_bar: int, beats_per_bar: float) -> int:
    """Return the frame at which a step starts; bar lines fall exactly on multiples of the bar."""
    steps = steps_per_bar(beats_per_bar)
    bar, step_in_bar = divmod(step, steps)
    return bar * frames_per_bar + step_in_bar * frames_per_bar // steps


class Swing(NamedTuple):
    """Where in a beat its second 8th lies, and in an 8th its second 16th, in percent; 0 is 50."""

    eighths_percent: float = 0.0
    sixteenths_percent: float = 0.0

    def late_beats(self, step: int, beats_per_bar: float) -> float:
        """Return how late a step of a piece lies, in quarter notes: 0 on a beat."""
        inside = step % steps_per_bar(beats_per_bar) % STEPS_PER_BEAT
        if not inside or not any(self):
            return 0.0
        middle = (self.eighths_percent or 50) / 100
        late = (self.sixteenths_percent or 50) / 100
        places = (0.0, late * middle, middle, middle + late * (1 - middle))
        return places[inside] - inside / STEPS_PER_BEAT


STRAIGHT = Swing()
"""No swing: all 16ths are as long."""


def swung_frame(step: int, frames_per_bar: int, beats_per_bar: float, swing: Swing) -> int:
    """Return the frame at which a step starts in music that swings.

    A late step is at the frame nearest to its share of its own beat, as long as that beat is in
    frames: beats of one bar may differ by a frame.
    """
    late = swing.late_beats(step, beats_per_bar)
    if not late:
        return step_frame(step, frames_per_bar, beats_per_bar)
    inside = step % steps_per_bar(beats_per_bar) % STEPS_PER_BEAT
    start, end = (
        step_frame(edge, frames_per_bar, beats_per_bar)
        for edge in (step - inside, step - inside + STEPS_PER_BEAT)
    )
    # The sum of two floats may lie slightly below a half that it should reach.
    return start + int(round((inside / STEPS_PER_BEAT + late) * (end - start), 9) + 0.5)


def played_swing(frames_per_bar: int, beats_per_bar: float, swing: Swing) -> Swing:
    """Return the swing that plays, the mean of a bar's whole beats: late steps are whole frames."""

    def mean(starts: range, length: int) -> float:
        """Return where, in percent, the middle of these stretches of `length` steps lies."""
        found = []
        for step in starts:
            first, middle, last = (
                swung_frame(step + at, frames_per_bar, beats_per_bar, swing)
                for at in (0, length // 2, length)
            )
            found.append((middle - first) / max(1, last - first))
        return 100 * sum(found) / len(found)

    whole = int(beats_per_bar) * STEPS_PER_BEAT
    eighths = mean(range(0, whole, STEPS_PER_BEAT), STEPS_PER_BEAT)
    sixteenths = mean(range(0, whole, STEPS_PER_BEAT // 2), STEPS_PER_BEAT // 2)
    return Swing(
        eighths if swing.eighths_percent else 0.0,
        sixteenths if swing.sixteenths_percent else 0.0,
    )


def frame_clocks(count: int, frame_rate_hz: Fraction, clock_hz: Fraction) -> list[int]:
    """Return the CPU clocks at which frames 0 to `count`, this one included, start."""
    ratio = clock_hz / frame_rate_hz
    return [frame * ratio.numerator // ratio.denominator for frame in range(count + 1)]


def frame_sample(frame: int, frame_rate_hz: Fraction, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """Return the sample nearest to the start of a frame; halves go up."""
    return int(frame * sample_rate_hz / frame_rate_hz + Fraction(1, 2))
