"""OGG, WAV and MIDI, read by others: mutagen, libsndfile, mido, ffmpeg."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction

import mido
import numpy as np
import pytest
import soundfile
from mutagen.oggvorbis import OggVorbis

from chipassets.arrange import arrange, write_registers
from chipassets.chips.profiles import CHIPS
from chipassets.decisions.midi_voices import read_voices
from chipassets.errors import RenderError
from chipassets.music.keys import Key
from chipassets.music.score import Note
from chipassets.render import Pcm, encode_midi, encode_ogg, encode_wav, render_log
from chipassets.render.oggpages import ogg_crc, read_pages
from tests.chip_music import plan, song


@pytest.fixture(scope="module")
def pcm() -> Pcm:
    log = write_registers(arrange(song(4, loop_start_bar=1), plan(), "nes"))
    return render_log(log, frames_per_bar=96)


def slow_crc(data: bytes) -> int:
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = register << 1 ^ (0x04C11DB7 if register >> 31 else 0)
            register &= 0xFFFFFFFF
    return register


@pytest.mark.parametrize("data", [b"", b"\0", b"OggS", bytes(range(256)) * 3])
def test_crc_is_oggs(data: bytes) -> None:
    assert ogg_crc(data) == slow_crc(data)


def test_ogg_has_tags_and_every_sample(pcm: Pcm) -> None:
    data = encode_ogg(pcm, {"title": "Überfall", "ARTIST": "a" * 100_000})
    tags = OggVorbis(io.BytesIO(data))
    assert tags["TITLE"] == ["Überfall"]
    assert tags["ARTIST"] == ["a" * 100_000]
    assert pcm.loop_start_sample is not None
    assert tags["LOOPSTART"] == [str(pcm.loop_start_sample)]
    assert tags["LOOPLENGTH"] == [str(len(pcm.samples) - pcm.loop_start_sample)]
    decoded, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert (rate, len(decoded)) == (44_100, len(pcm.samples))
    error = decoded.astype(np.float64) - pcm.samples
    assert np.sqrt((error**2).mean()) < 0.2 * np.sqrt((pcm.samples.astype(np.float64) ** 2).mean())


def test_ogg_bytes_depend_on_nothing_else(pcm: Pcm) -> None:
    assert encode_ogg(pcm, {"TITLE": "x"}) == encode_ogg(pcm, {"TITLE": "x"})
    assert len({page.serial for page in read_pages(encode_ogg(pcm, {}))}) == 1


def test_ogg_without_loop_has_no_loop_tags(pcm: Pcm) -> None:
    once = Pcm(pcm.samples[:30_000], pcm.rate_hz, None)
    assert "LOOPSTART" not in OggVorbis(io.BytesIO(encode_ogg(once, {})))


@pytest.mark.parametrize("name", ["", "A=B", "Ü", "A\n"])
def test_bad_tag_names_are_refused(pcm: Pcm, name: str) -> None:
    with pytest.raises(RenderError, match="tag"):
        encode_ogg(pcm, {name: "x"})


@pytest.mark.slow
def test_minute_of_sound_does_not_crash_the_encoder() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    samples = (rng.random(70 * 44_100) * 2_000).astype(np.int16)
    data = encode_ogg(Pcm(samples, 44_100, 0), {})
    assert soundfile.info(io.BytesIO(data)).frames == len(samples)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_ffmpeg_decodes_the_same_number_of_samples(pcm: Pcm) -> None:
    command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-"]
    done = subprocess.run(command, input=encode_ogg(pcm, {}), capture_output=True, check=True)
    assert done.stderr == b""
    assert len(done.stdout) == 2 * len(pcm.samples)


def test_wav_holds_samples_and_loop(pcm: Pcm) -> None:
    data = encode_wav(pcm)
    decoded, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == 44_100
    assert (decoded == pcm.samples).all()
    place = data.index(b"smpl")
    words = struct.unpack_from("<16I", data, place + 4)
    assert words[0] == 60
    assert words[8] == 1
    assert words[12:14] == (pcm.loop_start_sample, len(pcm.samples) - 1)
    assert b"smpl" not in encode_wav(Pcm(pcm.samples, 44_100, None))


def test_midi_has_the_notes_the_tempo_and_the_loop() -> None:
    track = plan()
    chip_song = arrange(song(4, loop_start_bar=1), track, "nes")
    file = mido.MidiFile(file=io.BytesIO(encode_midi(chip_song, track)))
    names = [part.name for part in file.tracks]
    assert names == ["battle", "pulse1", "pulse2", "triangle", "noise"]
    bar = 4 * file.ticks_per_beat
    found = {}
    now = 0
    for message in file.tracks[0]:
        now += message.time
        if message.type in ("marker", "control_change", "set_tempo", "key_signature"):
            found[getattr(message, "text", message.type)] = (now, message)
    assert found["loopStart"][0] == found["control_change"][0] == bar
    assert found["control_change"][1].control == 111
    assert found["loopEnd"][0] == 4 * bar
    assert found["key_signature"][1].key == "Am"
    frames_s = Fraction(chip_song.frames) / CHIPS["nes"].frame_rate_hz
    assert file.length == pytest.approx(float(frames_s), abs=1e-4)
    lead = [note.pitch for note in song(4).notes if note.pitch > 64]
    heard = [item.note for item in file.tracks[1] if item.type == "note_on"]
    assert heard == lead


@pytest.mark.parametrize(
    ("key", "written"),
    [
        (Key(5, "lydian"), "C"),
        (Key(7, "mixolydian"), "C"),
        (Key(2, "dorian"), "Am"),
        (Key(6, "lydian"), "C#"),
        (Key(3, "minor"), "D#m"),
        (Key(10, "major"), "Bb"),
    ],
)
def test_midi_has_the_key_signature_of_the_mode(key: Key, written: str) -> None:
    track = replace(plan(), key=key)
    file = mido.MidiFile(file=io.BytesIO(encode_midi(arrange(song(1), track, "nes"), track)))
    assert [m.key for m in file.tracks[0] if m.type == "key_signature"] == [written]


def test_midi_notes_are_on_the_grid_and_do_not_overlap() -> None:
    track = plan()
    file = mido.MidiFile(file=io.BytesIO(encode_midi(arrange(song(4), track, "nes"), track)))
    for part in file.tracks[1:]:
        now, sounding = 0, 0
        for message in part:
            now += message.time
            if message.type in ("note_on", "note_off"):
                assert now % (file.ticks_per_beat // 4) == 0
                sounding += 1 if message.type == "note_on" else -1
                assert sounding in (0, 1)
    drums = [item.note for item in file.tracks[4] if item.type == "note_on"]
    assert {item.channel for item in file.tracks[4] if item.type == "note_on"} == {9}
    assert {36, 38, 42} <= set(drums)


@pytest.mark.parametrize(("percent", "second_8th"), [(0.0, 240), (62.0, 298), (75.0, 360)])
def test_midi_swings_as_the_track_does_and_comes_back_as_the_same_steps(
    percent: float, second_8th: int
) -> None:
    track = replace(plan(groove="none"), swing_percent=percent)
    notes = [Note(step, 1, 72, "lead") for step in (0, 2, 4, 5, 6, 7, 8)]
    score = song(1).with_notes(notes)
    data = encode_midi(arrange(score, track, "nes"), track)
    file = mido.MidiFile(file=io.BytesIO(data))
    now, starts = 0, []
    for message in file.tracks[1]:
        now += message.time
        starts += [now] * (message.type == "note_on")
    middle = second_8th + (480 - second_8th) // 2
    assert starts == [
        0,
        second_8th,
        480,
        480 + second_8th // 2,
        480 + second_8th,
        480 + middle,
        960,
    ]
    taken = read_voices(data, "nes", score, track.swing)
    assert [note.start_step for note in taken.parts["lead"]] == [0, 2, 4, 5, 6, 7, 8]
    assert not taken.remarks


def test_a_file_that_was_put_on_the_straight_grid_is_read_so() -> None:
    straight, swung = plan(groove="none"), replace(plan(groove="none"), swing_percent=70.0)
    score = song(1).with_notes([Note(step, 2, 72, "lead") for step in (0, 2, 4, 6, 8)])
    data = encode_midi(arrange(score, straight, "nes"), straight)
    taken = read_voices(data, "nes", score, swung.swing)
    assert [note.start_step for note in taken.parts["lead"]] == [0, 2, 4, 6, 8]


def test_midi_has_every_note_of_an_arpeggio() -> None:
    track = plan(groove="none")
    pitches = (48, 60, 64, 67, 72)
    chip_song = arrange(song(1).with_notes([Note(0, 8, pitch) for pitch in pitches]), track, "nes")
    assert chip_song.adapted
    file = mido.MidiFile(file=io.BytesIO(encode_midi(chip_song, track)))
    chord = [item for item in file.tracks[2] if item.type == "note_on"][:3]
    assert [item.time for item in chord] == [0, 0, 0]
    assert {item.note % 12 for item in chord} == {0, 4, 7}


@pytest.mark.slow
def test_quality_is_worth_its_bytes() -> None:
    pcm = render_log(write_registers(arrange(song(8), plan(), "nes")))
    sizes = {quality: len(encode_ogg(pcm, {}, quality)) for quality in (0.0, 3.0, 6.0, 10.0)}
    assert list(sizes.values()) == sorted(sizes.values())
    assert 0.5 * sizes[6.0] < sizes[3.0] < 0.75 * sizes[6.0]
    assert encode_ogg(pcm, {}) == encode_ogg(pcm, {}, 3.0)
