"""How loud the parts are against the tune: measured on what is rendered, chip by chip."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.balance import TARGETS_DB, balance
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.note_loudness import k_gain, note_power
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.plan.trackplan import Sound
from chipassets.render import render_log
from tests.chip_music import plan, song

# Below and above the tune in dB: near what the table wants, but for drums, which
# a groove moves, and hats of the SNES, which are as loud as they get.
_BOUNDS = {
    "inner": (-6.8, -3.6),
    "bass": (-4.0, -0.3),
    "drums": (-13.4, -4.3),
    "harmony": (-9.7, -7.9),
    "echo": (-15.2, -12.1),
    "chorus": (-13.0, -12.0),
    "double": (-11.2, -8.8),
}
_TRIANGLE_BOUND = (-2.4, 1.2)
"""The NES's triangle has one level; its notes are shorter beside a bell, which is not seen here."""

_TUNES = (("reed", "rock"), ("square", "ballad"), ("thin", "gallop"), ("pluck", "shuffle"),
          ("bell", "pulse"), ("brass", "march"))  # fmt: skip


def power(chip_song: ChipSong, name: str) -> float:
    """The K-weighted power of one voice, per frame in which one of its notes is held."""
    voices = tuple(v if v.name == name else ChipVoice(v.name, ()) for v in chip_song.voices)
    log = write_registers(replace(chip_song, voices=voices))
    samples = render_log(log, "none").samples.astype(np.float64) / 32_768
    columns = samples.reshape(len(samples), -1)
    size = 1 << len(samples).bit_length()  # a power of two is transformed in a fifth of the time
    spectrum = np.abs(np.fft.rfft(columns - columns.mean(axis=0), size, axis=0)) ** 2
    hz = np.arange(len(spectrum)) * 44_100 / size
    gain = np.where(hz < 16, 0.0, k_gain(np.maximum(hz, 1.0)))
    return float(2 * (spectrum.sum(axis=1) * gain).sum() / (len(samples) * size))


def held(chip_song: ChipSong, spec: VoiceSpec) -> float:
    notes = next(voice.notes for voice in chip_song.voices if voice.name == spec.name)
    if spec.role == "drums":
        return 1.0
    return sum(note.duration_frames for note in notes) / chip_song.frames


def against_the_tune(chip: Chip, chip_song: ChipSong) -> dict[str, float]:
    powers = {
        spec.role: power(chip_song, spec.name) / held(chip_song, spec)
        for spec in chip.voices
        if held(chip_song, spec)
    }
    lead = powers.pop("lead")
    return {role: 10 * math.log10(value / lead) for role, value in powers.items()}


@pytest.mark.parametrize("chip", CHIPS.values(), ids=lambda chip: chip.name)
@pytest.mark.parametrize(("lead", "groove"), _TUNES)
@pytest.mark.default_cases(6)
def test_every_part_lies_where_its_role_wants(chip: Chip, lead: str, groove: str) -> None:
    bass = "triangle_short" if groove in ("gallop", "shuffle") else "triangle"
    track = plan(groove=groove, lead=lead)
    track = replace(track, character=replace(track.character, bass=bass))
    found = against_the_tune(chip, arrange(song(1), track, chip.name))
    assert {"inner", "bass", "drums"} <= set(found)
    for role, decibels in found.items():
        low, high = _BOUNDS[role]
        if role == "bass" and chip.voice("bass").kind == "triangle":
            low, high = _TRIANGLE_BOUND
        assert low < decibels < high, (role, round(decibels, 1))


@pytest.mark.parametrize("chip", ["nes"])
def test_sampled_drums_do_not_bury_the_tune(chip: str) -> None:
    track = plan(groove="gallop", sound=Sound(drums="dmc"))
    chip_song = arrange(song(8), track, chip)
    # The samples sound on a channel of their own, beside the noise.
    assert -8 < against_the_tune(CHIPS[chip], chip_song)["drums"] < -3


def test_the_tune_uses_its_whole_range() -> None:
    for chip in CHIPS.values():
        lead = next(v for v in arrange(song(4), plan(), chip.name).voices)
        assert max(note.level for note in lead.notes) == 15


_TONES = [
    (chip, spec)
    for chip in CHIPS.values()
    for spec in chip.voices
    if spec.clocks_per_cycle and spec.role != "drums"
]


@cache
def told_and_heard(
    chip_name: str, voice: str, pitch: int, duty: int, frames: int = 30
) -> tuple[float, float]:
    """The power that a note, of half a second, is said to have, and that of its sound."""
    chip = CHIPS[chip_name]
    spec = next(spec for spec in chip.voices if spec.name == voice)
    instrument = Instrument("plain", volume=Macro((15,)), duty=Macro((duty,)))
    note = ChipNote(0, frames, pitch, 12, "plain")
    alone = ChipSong(
        chip.name, (ChipVoice(voice, (note,)),), (instrument,), frames + 1, frames, None
    )
    return note_power(note, instrument, chip, spec), power(alone, voice)


@pytest.mark.parametrize(("chip", "spec"), _TONES, ids=lambda item: item.name)
@pytest.mark.parametrize("duty", [0, 2])
@pytest.mark.default_cases(14)
def test_the_power_of_a_note_is_that_of_its_sound(chip: Chip, spec: VoiceSpec, duty: int) -> None:
    """Against the lead's voice: only what the two are to each other counts."""
    told, heard = told_and_heard(chip.name, chip.voice("lead").name, 72, duty)
    for pitch in (45, 57, 69):
        own_told, own_heard = told_and_heard(chip.name, spec.name, pitch, duty)
        difference = 10 * math.log10(own_told / told) - 10 * math.log10(own_heard / heard)
        # The echo of the SNES adds to what is heard of some voices.
        assert abs(difference) < 1.4


@pytest.mark.parametrize("chip", CHIPS.values(), ids=lambda chip: chip.name)
def test_a_chip_with_another_name_has_the_powers_of_its_family(chip: Chip) -> None:
    variant = replace(chip, name="variant")
    for spec in chip.voices:
        pitch = 7 if spec.role == "drums" else 57
        note = ChipNote(0, 12, pitch, 12, "reed")
        instrument = Instrument("reed", volume=Macro((15, 9, 4)))
        told = note_power(note, instrument, chip, spec)
        assert note_power(note, instrument, variant, spec) == told > 0


@pytest.mark.parametrize("name", ["reed", "brass", "pluck", "triangle_short"])
def test_a_short_note_has_the_power_of_its_attack(name: str) -> None:
    chip, instrument = CHIPS["snes"], Instrument(name, volume=Macro((15,)))
    spec = chip.voice("bass")  # which is not heard in the room
    ratios = []
    for frames in (3, 18):
        note = ChipNote(0, frames, 69, 15, name)
        alone = ChipSong("snes", (ChipVoice(spec.name, (note,)),), (instrument,), 20, 20, None)
        heard = power(alone, spec.name) * 20 / frames
        ratios.append(10 * math.log10(heard / note_power(note, instrument, chip, spec)))
    # By its mean over a long note a plucked bass told 2.7 dB too little, and a brass 2.1 too much.
    assert abs(ratios[0] - ratios[1]) < 0.7


def test_rests_of_the_drums_make_their_strokes_no_louder() -> None:
    lead = [ChipNote(12 * n, 10, 72, 15, "reed") for n in range(64)]
    strokes = [ChipNote(6 * n, 6, 6, 9, "snare") for n in range(16)]
    # Drums ring until the next one: the eighth is as long as the rest behind it.
    rests = [replace(note, start_frame=note.start_frame + 480 * (n > 7))
             for n, note in enumerate(strokes)]  # fmt: skip
    rests[7] = replace(rests[7], duration_frames=486)
    levels = [
        [note.level for note in balance({"lead": lead, "drums": notes}, chip, INSTRUMENTS)["drums"]]
        for chip in (CHIPS["nes"], CHIPS["gameboy"])
        for notes in (strokes, rests)
    ]
    # The stroke before the rest counts as a longer one; as long as the rest it made them full.
    assert abs(levels[0][0] - levels[1][0]) <= 1
    assert abs(levels[2][0] - levels[3][0]) <= 1


def test_gaps_count_as_playing_and_rests_do_not() -> None:
    chip = CHIPS["gameboy"]
    lead = [ChipNote(24 * n, 24, 72, 15, "reed") for n in range(32)]
    short = [ChipNote(24 * n, 12, 60, 9, "square") for n in range(32)]
    resting = [note for note in short if note.start_frame % 192 < 96]
    even = [replace(note, duration_frames=24) for note in short]
    levels = [
        balance({"lead": lead, "inner": notes}, chip, INSTRUMENTS)["inner"][0].level
        for notes in (even, short, resting)
    ]
    assert levels[1] >= levels[0] + 2
    assert levels[2] == levels[1]


def test_an_echo_in_a_free_voice_keeps_its_own_place() -> None:
    chip = CHIPS["nes"]
    plain, echo = Instrument("plain"), Instrument("plain echo")
    lead = [ChipNote(60 * n, 50, 72, 9, "plain") for n in range(4)]
    inner = [ChipNote(0, 50, 60, 9, "plain"), ChipNote(100, 50, 72, 9, "plain echo")]
    placed = balance({"lead": lead, "inner": inner}, chip, {"plain": plain, "plain echo": echo})
    assert {note.level for note in placed["lead"]} == {15}
    own, repeated = (note.level for note in placed["inner"])
    assert own == round(15 * 10 ** (TARGETS_DB["inner"] / 20))
    assert repeated == round(15 * 10 ** (TARGETS_DB["echo"] / 20))


def test_without_a_tune_levels_stay() -> None:
    notes = {"bass": (ChipNote(0, 10, 45, 7, "plain"),)}
    assert balance(notes, CHIPS["gameboy"], {"plain": Instrument("plain")}) == notes
