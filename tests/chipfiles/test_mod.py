"""MOD: it reads back, its rows are in time with the song, and libopenmpt plays it in tune."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import KITS
from chipassets.chipfiles import ModFile, decode_mod, encode_mod
from chipassets.chipfiles.mod_file import mod_bytes
from chipassets.chipfiles.mod_lane import LEVEL_LOST
from chipassets.chipfiles.mod_samples import PAL_CLOCK_HZ, drum, tone_of, tone_shape
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.errors import RenderError
from chipassets.plan.trackplan import Sound
from chipassets.render import render_log
from tests.chip_music import plan
from tests.chip_music import song as music
from tests.chipfiles.material import chip_songs, refuses_damage, tune
from tests.render.test_tones import cents, measured_hz

FRAME_HZ = float(CHIPS["nes"].frame_rate_hz)
SONGS = [
    tune(5, 0),
    tune(9, 2),
    tune(3, None),
    tune(7, 3, 133_700),
    tune(2, 0, 24_000),
    tune(1, 0, 300_000),
    tune(4, 1, chip="nes-vrc6"),
    tune(4, 0, chip="gameboy"),
]


def play_rows(module: ModFile, turns: int) -> tuple[list[list[float]], list[float]]:
    """When the notes of each channel start, in seconds, and when each turn of the loop begins."""
    starts: list[list[float]] = [[] for _ in module.patterns[0][0]]
    place, row, speed, tempo, now = 0, 0, 6, 125, 0.0
    loops: list[float] = []
    while len(loops) < turns:
        jump = None
        back = False
        for channel, cell in enumerate(module.patterns[module.order[place]][row]):
            if cell.period:
                assert cell.sample
                starts[channel].append(now)
            if cell.effect == 0xF and cell.parameter < 32:
                speed = cell.parameter
            elif cell.effect == 0xF:
                tempo = cell.parameter
            elif cell.effect == 0xB:
                jump, back = cell.parameter, True
            elif cell.effect == 0xD:
                jump = place + 1
        now += speed * 2.5 / tempo
        row += 1
        if jump is not None or row == 64:
            place, row = (place + 1 if jump is None else jump), 0
        if back or place == len(module.order):
            loops.append(now)
            if not back:
                break
    return starts, loops


@pytest.mark.parametrize("song", SONGS)
def test_notes_and_loop_are_in_time(song: ChipSong) -> None:
    file = encode_mod(song, title="Song")
    # A cell has one effect: where a note ends in the row of another command, its level gives way.
    assert {item.reason for item in file.dropped} <= {LEVEL_LOST}
    module = decode_mod(file.data)
    starts, loops = play_rows(module, 2)
    frame_hz = float(CHIPS[song.chip].frame_rate_hz)
    seconds = song.frames / frame_hz
    assert loops[0] == pytest.approx(seconds, rel=2e-3, abs=0.4)
    for channel, voice in enumerate(song.voices):
        wanted = [note.start_frame / frame_hz for note in voice.notes]
        got = [start for start in starts[channel] if start < loops[0] - 1e-6]
        assert len(got) == len(wanted)
        assert np.abs(np.array(got) - np.array(wanted)).max() < 1.5 / frame_hz + 2e-3 * seconds
    if song.loop_start_frame is not None:
        body = (song.frames - song.loop_start_frame) / frame_hz
        assert loops[1] - loops[0] == pytest.approx(body, rel=2e-3)


@given(chip_songs(), st.integers(3, 4))
def test_any_song_is_written_or_counted(song: ChipSong, beats: int) -> None:
    file = encode_mod(song, title="Song", beats_per_bar=beats)
    module = decode_mod(file.data)
    assert mod_bytes(module) == file.data
    starts, _ = play_rows(module, 1)
    words = ("second", "below", "outside", "31 samples")
    lost = sum(d.count for d in file.dropped if any(word in d.reason for word in words))
    assert sum(map(len, starts)) + lost == sum(len(voice.notes) for voice in song.voices)


def test_too_many_sounds_leave_out_the_rarest() -> None:
    duties = [Instrument(f"i{n}", volume=Macro((15 - n % 2,)), duty=Macro((n,))) for n in range(4)]
    drums = [Instrument(f"d{n}", volume=Macro((9, 0))) for n in range(40)]
    tones = tuple(ChipNote(n * 6, 6, 60, 15, f"i{n % 4}") for n in range(40))
    hits = tuple(ChipNote(n * 6, 6, 5, 15, f"d{n}") for n in range(40))
    voices = (ChipVoice("pulse1", tones), ChipVoice("noise", hits))
    song = ChipSong("nes", voices, (*duties, *drums), 240, 96, 0)
    file = encode_mod(song, title="x")
    assert len(decode_mod(file.data).samples) == 31
    assert [(d.reason, d.count) for d in file.dropped] == [
        ("MOD: a note of more than 31 samples", 13)
    ]


def test_chords_become_arpeggio_effects() -> None:
    chord = Instrument("chord", arpeggio=Macro((0, 4, 7), loop=0))
    voice = ChipVoice("pulse1", (ChipNote(0, 90, 60, 15, "chord"),))
    song = ChipSong("nes", (voice,), (chord,), 96, 96, 0)
    module = decode_mod(encode_mod(song, title="x").data)
    assert any(row[0].effect == 0 and row[0].parameter == 0x47 for row in module.patterns[0])


openmpt = pytest.mark.skipif(not shutil.which("openmpt123"), reason="openmpt123 is not installed")


def rendered(tmp_path: Path, data: bytes, seconds: float) -> NDArray[np.float64]:
    path = tmp_path / "song.mod"
    path.write_bytes(data)
    options = ["--batch", "--quiet", "--render", "--samplerate", "44100", "--force"]
    subprocess.run(
        ["openmpt123", *options, "--end-time", str(seconds), str(path)],
        check=True,
        capture_output=True,
    )
    samples, rate = soundfile.read(str(path) + ".wav")
    assert rate == 44_100
    mono: NDArray[np.float64] = np.asarray(samples).sum(axis=1)
    return mono


@openmpt
@pytest.mark.parametrize(
    ("voice", "pitch"),
    [("pulse1", 60), ("pulse2", 45), ("pulse1", 84), ("triangle", 33), ("triangle", 48)],
)
def test_libopenmpt_plays_in_tune(tmp_path: Path, voice: str, pitch: int) -> None:
    steady = Instrument("steady")
    notes = (ChipNote(0, 380, pitch, 15, "steady"),)
    song = ChipSong("nes", (ChipVoice(voice, notes),), (steady,), 384, 96, 0)
    samples = rendered(tmp_path, encode_mod(song, title="x").data, 4.0)
    expected = 440 * math.pow(2, (pitch - 69) / 12)
    # The table's periods are whole numbers, which is up to 5 cents.
    assert abs(cents(measured_hz(samples, expected), expected)) < 5


def test_tones_are_in_tune_on_average() -> None:
    off = []
    for pitch in range(24, 108):
        tone = tone_of(pitch, 1)
        assert tone is not None
        samples, cycles = tone_shape(tone.octave)
        off.append(cents(PAL_CLOCK_HZ / tone.period * cycles / samples,
                         440 * math.pow(2, (pitch - 69) / 12)))  # fmt: skip
    assert abs(np.mean(off)) < 0.5
    assert np.abs(off).max() < 5.5


def band_db(samples: NDArray[np.float64], low_hz: float, high_hz: float) -> float:
    """What lies in the band, against all from 40 Hz to 16 kHz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.arange(len(power)) * 44_100 / len(samples)
    inside, heard = (hz >= low_hz) & (hz < high_hz), (hz >= 40) & (hz < 16_000)
    return 10 * math.log10(power[inside].sum() / power[heard].sum())


@openmpt
@pytest.mark.parametrize("drums", ["noise", "dmc"])
@pytest.mark.parametrize("band", [(40, 100), (100, 300), (300, 1_000), (1_000, 4_000)])
@pytest.mark.default_cases(3)
def test_a_module_has_the_spectrum_of_the_chip(
    tmp_path: Path, drums: str, band: tuple[int, int]
) -> None:
    track = plan(sound=Sound(drums=drums))
    song = arrange(music(4), track, "nes")
    samples = rendered(tmp_path, encode_mod(song, title="x").data, 6.0)
    ours = render_log(write_registers(song), "none").samples.astype(np.float64)
    count = min(len(samples), len(ours))
    assert abs(band_db(samples[:count], *band) - band_db(ours[:count], *band)) < 3.0


def test_a_sampled_drum_has_its_sample_in_the_module() -> None:
    kick = next(item for item in KITS["dmc"] if item.name == "kick")
    with_sample = np.frombuffer(drum(kick, 13), dtype=np.int8).astype(np.float64)
    plain = np.frombuffer(drum(replace(kick, sample=None), 13), dtype=np.int8)
    assert np.abs(with_sample).max() > 1.5 * np.abs(plain.astype(np.float64)).max()
    power = np.abs(np.fft.rfft(with_sample)) ** 2
    hz = np.arange(len(power)) * 31_388 / len(with_sample)
    assert power[hz < 200].sum() > power[hz >= 200].sum()


@openmpt
@pytest.mark.parametrize("chip", ["nes", "nes-vrc6", "gameboy"])
def test_libopenmpt_plays_drums_and_stops(tmp_path: Path, chip: str) -> None:
    samples = rendered(tmp_path, encode_mod(tune(4, chip=chip), title="Song").data, 60)
    seconds = tune(4, chip=chip).frames / FRAME_HZ
    assert len(samples) / 44_100 == pytest.approx(seconds, abs=0.5)
    assert np.sqrt((samples**2).mean()) > 0.01
    assert np.abs(samples).max() > 0.1


def test_a_module_has_the_structure_of_a_protracker_file() -> None:
    data = encode_mod(tune(4), title="Überlanger Titel eines Lieds").data
    assert data[:20] == b"Uberlanger Titel ein"
    assert data[1080:1084] == b"M.K."
    lengths = [2 * struct.unpack_from(">H", data, 42 + 30 * n)[0] for n in range(31)]
    patterns = max(data[952:1080]) + 1
    assert len(data) == 1084 + 1024 * patterns + sum(lengths)
    rows = (row for pattern in decode_mod(data).patterns for row in pattern)
    periods = {cell.period for row in rows for cell in row}
    assert all(period == 0 or 113 <= period <= 856 for period in periods)


def test_what_a_mod_cannot_hold_is_refused() -> None:
    with pytest.raises(RenderError, match="sid"):
        encode_mod(replace(tune(1), chip="sid"), title="x")
    with pytest.raises(RenderError, match="tuba"):
        encode_mod(replace(tune(1), voices=(ChipVoice("tuba", ()),)), title="x")
    with pytest.raises(RenderError, match="shorter"):
        encode_mod(replace(tune(1), frames=600 * 96), title="x")


def test_damage_is_refused() -> None:
    refuses_damage(encode_mod(tune(1), title="Song").data, decode_mod)
