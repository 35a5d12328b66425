"""The chip table: clocks, tuning and ranges."""

from __future__ import annotations

import math

import pytest

from chipassets.chips.profiles import CHIPS, VoiceSpec

NES = CHIPS["nes"]
# The largest error of 11-bit timers in each octave (MIDI pitch // 12) of a pulse; the triangle,
# an octave lower at the same timer, has it an octave earlier.
WORST_CENTS = {2: 0.35, 3: 0.75, 4: 1.65, 5: 3.85, 6: 4.25, 7: 12.05}
TONES = [spec for spec in NES.voices if spec.clocks_per_cycle]


def error_cents(spec: VoiceSpec, pitch: int) -> float:
    heard_hz = float(NES.clock_hz) / (spec.clocks_per_cycle * (NES.timer(spec, pitch) + 1))
    return abs(1200 * math.log2(heard_hz / (440 * 2 ** ((pitch - 69) / 12))))


def test_clocks_of_the_ntsc_console() -> None:
    assert float(NES.clock_hz) == pytest.approx(1_789_772.727, abs=0.001)
    assert float(NES.frame_rate_hz) == pytest.approx(60.0988, abs=0.0001)


@pytest.mark.parametrize("spec", TONES, ids=lambda spec: spec.name)
def test_every_pitch_of_a_voice_is_in_tune(spec: VoiceSpec) -> None:
    for pitch in range(spec.lowest_pitch, spec.highest_pitch + 1):
        octave = pitch // 12 + (spec.kind == "triangle")
        assert error_cents(spec, pitch) < WORST_CENTS[octave]


def test_a4_is_timer_253_on_a_pulse() -> None:
    assert NES.timer(NES.voice("lead"), 69) == 253
    assert NES.timer(NES.voice("bass"), 57) == 253


def test_roles_without_a_voice_are_unknown() -> None:
    with pytest.raises(KeyError, match="choir"):
        NES.voice("choir")
