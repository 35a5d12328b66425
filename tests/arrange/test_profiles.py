"""The same Score on every chip: laws of the arrangement and of the registers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.drum_table import GROOVES
from chipassets.arrange.writer import DRIVERS
from chipassets.chips.chipsong import ChipSong, ChipVoice
from chipassets.chips.profiles import CHIPS, Chip, VoiceSpec
from chipassets.chips.registers import log_from_text, log_to_text
from chipassets.music.score import Note, Score
from chipassets.render import render_log
from chipassets.render.engine import BOARDS
from tests.arrange.test_arrange import SCORES, in_chords
from tests.chip_music import plan, song

TONES = [(chip, spec) for chip in CHIPS.values() for spec in chip.voices if spec.clocks_per_cycle]
COLOURS = ("under", "edge")


def voice(chip_song: ChipSong, role: str) -> ChipVoice:
    name = CHIPS[chip_song.chip].voice(role).name
    return next(item for item in chip_song.voices if item.name == name)


def heard_hz(chip: Chip, spec: VoiceSpec, pitch: int) -> float:
    timer = chip.timer(spec, pitch)
    if spec.kind == "sample":
        return float(chip.clock_hz) * timer / 4096 / spec.clocks_per_cycle
    return float(chip.clock_hz) / (spec.clocks_per_cycle * (timer + 1))


def test_every_chip_has_a_driver_a_board_and_the_four_roles() -> None:
    assert CHIPS.keys() >= {"nes", "nes-vrc6", "gameboy", "snes"}
    assert set(BOARDS) == set(CHIPS)
    assert set(DRIVERS) == {chip.family for chip in CHIPS.values()}
    assert set(DRIVERS) <= set(CHIPS)
    for chip in CHIPS.values():
        roles = [spec.role for spec in chip.voices]
        assert {"lead", "inner", "bass", "drums"} <= set(roles)
        assert len(set(roles)) == len(roles) == len({spec.name for spec in chip.voices})


@pytest.mark.parametrize(("chip", "spec"), TONES, ids=lambda item: item.name)
def test_every_pitch_of_a_voice_is_in_tune(chip: Chip, spec: VoiceSpec) -> None:
    for pitch in range(spec.lowest_pitch, spec.highest_pitch + 1):
        cents = 1200 * math.log2(heard_hz(chip, spec, pitch) / (440 * 2 ** ((pitch - 69) / 12)))
        assert abs(cents) < 12.1


@pytest.mark.parametrize("chip", sorted(CHIPS))
@given(score=SCORES, groove=st.sampled_from(sorted(GROOVES)))
def test_every_note_is_played_or_counted(chip: str, score: Score, groove: str) -> None:
    chip_song = arrange(score, plan(groove=groove), chip)
    for spec, own in zip(CHIPS[chip].voices, chip_song.voices, strict=True):
        end = 0
        for note in own.notes:
            assert end <= note.start_frame < note.end_frame <= chip_song.frames
            assert spec.lowest_pitch <= note.pitch <= spec.highest_pitch
            assert 1 <= note.level <= 15
            assert chip_song.instrument(note.instrument)
            end = note.end_frame
    roles = {spec.name: spec.role for spec in CHIPS[chip].voices}
    played = sum(
        not note.instrument.endswith(" echo") and note.instrument not in COLOURS
        for own in chip_song.voices
        if roles[own.name] not in ("drums", "chorus")
        for note in own.notes
    )
    counted = sum(item.count for item in (*chip_song.dropped, *in_chords(chip_song)))
    assert played + counted == len(score.notes)


@pytest.mark.parametrize("chip", sorted(CHIPS))
@pytest.mark.parametrize("loop_start_bar", [None, 0, 1])
def test_registers_round_trip_and_the_loop_frame_writes_every_one(
    chip: str, loop_start_bar: int | None
) -> None:
    score = song(loop_start_bar=loop_start_bar)
    log = write_registers(arrange(score, plan(), chip))
    assert log_from_text(log_to_text(log)) == log
    assert all(0 <= write.value <= 255 for writes in log.frames for write in writes)
    full = {write.address for write in log.frames[log.loop_start_frame or 0]}
    assert full >= BOARDS[chip].addresses


@pytest.mark.parametrize("chip", sorted(CHIPS))
@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
@pytest.mark.default_cases(24)
def test_every_instrument_of_the_bank_is_heard(chip: str, name: str) -> None:
    track = plan(groove="none")
    track = replace(track, character=replace(track.character, lead=name, inner=name))
    score = song(1).with_notes([Note(0, 8, 69), Note(8, 4, 60)])
    samples = render_log(write_registers(arrange(score, track, chip))).samples
    assert 1_000 < np.abs(samples.astype(np.int64)).max() <= 32_767


@pytest.mark.parametrize("chip", sorted(CHIPS))
def test_nothing_clips_and_tracks_are_about_as_loud(chip: str) -> None:
    samples = render_log(write_registers(arrange(song(8), plan(), chip))).samples
    values = samples.astype(np.float64)
    assert np.abs(values).max() < 28_000
    assert -21 < 20 * math.log10(math.sqrt((values**2).mean()) / 32_768) < -15


def test_vrc6_plays_a_fourth_and_a_fifth_note_at_once() -> None:
    cluster = [Note(0, 8, pitch) for pitch in (48, 55, 60, 64)]
    track = plan(groove="none")
    small = arrange(song(1).with_notes(cluster), track, "nes")
    large = arrange(song(1).with_notes(cluster), track, "nes-vrc6")
    assert sum(item.count for item in (*small.dropped, *small.adapted)) == 1
    assert (large.dropped, large.adapted) == ((), ())
    assert [note.instrument for note in voice(large, "harmony").notes] == ["square b"]


@pytest.mark.parametrize("chip", ["nes-vrc6", "snes"])
def test_further_voices_echo_and_double_existing_parts(chip: str) -> None:
    chip_song = arrange(song(4), plan(), chip)
    lead, bass = voice(chip_song, "lead").notes, voice(chip_song, "bass").notes
    assert [note.pitch - 12 for note in lead] == [
        note.pitch for note in voice(chip_song, "harmony").notes
    ]
    assert [note.pitch + 12 for note in bass] == [
        note.pitch for note in voice(chip_song, "double").notes
    ]
    delay = {note.start_frame for note in voice(chip_song, "echo").notes}
    assert {start - 18 for start in delay} <= {note.start_frame for note in lead}
    loudest = max(note.level for note in voice(chip_song, "echo").notes)
    assert loudest <= min(note.level for note in lead) / 2


def test_game_boy_puts_its_second_pulse_on_one_side() -> None:
    log = write_registers(arrange(song(4), plan(), "gameboy"))
    samples = render_log(log).samples.astype(np.int64)
    difference, total = samples[:, 0] - samples[:, 1], samples.sum(axis=1)
    assert 0.05 < np.std(difference) / np.std(total) < 0.5


def test_snes_places_its_voices() -> None:
    samples = render_log(write_registers(arrange(song(4), plan(), "snes"))).samples
    sides = samples.astype(np.float64)
    levels = np.sqrt((sides**2).mean(axis=0))
    assert 0.9 < levels[0] / levels[1] < 1.1
    assert np.std(sides[:, 0] - sides[:, 1]) > 0.05 * np.std(sides.sum(axis=1))
