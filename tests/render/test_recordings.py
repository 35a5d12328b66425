"""Users' recordings on the SNES: their pitch, their loop, their size, and an emulator as judge."""

from __future__ import annotations

import ctypes.util
import io
import math
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_spc
from chipassets.chipfiles.spc import decode_spc
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.recorded_source import source_of
from chipassets.chips.recording import Recording
from chipassets.chips.registers import RegisterLog
from chipassets.chips.soundbank import sources
from chipassets.errors import ManifestError, RenderError
from chipassets.manifest import parse_manifest
from chipassets.plan.trackplan import Sound
from tests.chip_music import plan, song
from tests.render.test_gameboy import left
from tests.render.test_spc import played_by_libgme
from tests.render.test_tones import cents, measured_hz

C4_HZ = 440 * 2 ** (-9 / 12)


def tone(rate_hz: int, seconds: float = 0.5) -> NDArray[np.int16]:
    """A C4 of three partials."""
    at = np.arange(round(rate_hz * seconds)) / rate_hz
    parts = [np.sin(2 * np.pi * C4_HZ * k * at) / k for k in (1, 2, 3)]
    found: NDArray[np.int16] = np.rint(12_000 * np.sum(parts, axis=0)).astype("<i2")
    return found


def recorded(rate_hz: int, loops: bool = True, seconds: float = 0.5) -> Recording:
    values = tone(rate_hz, seconds)
    periods = round(rate_hz / C4_HZ * 50)
    start = len(values) - periods if loops else None
    return Recording("keys.wav", values.tobytes(), rate_hz, 60, start)


def log_of(recording: Recording, pitch: int, frames: int = 120) -> RegisterLog:
    keys = Instrument("keys", volume=Macro((15,)), recording=recording)
    voice = ChipVoice("voice3", (ChipNote(0, frames, pitch, 15, "keys"),))
    return write_registers(ChipSong("snes", (voice,), (keys,), frames, frames, None))


@pytest.mark.parametrize("rate_hz", [11_025, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("pitch", [48, 60, 69])
@pytest.mark.default_cases(3)
def test_a_recording_is_heard_at_the_pitch_of_the_note(rate_hz: int, pitch: int) -> None:
    wanted = C4_HZ * 2 ** ((pitch - 60) / 12)
    heard = measured_hz(left(log_of(recorded(rate_hz), pitch)), wanted)
    # The loop's own cycles are a whole number of samples in the file: 50 of them, to a sample.
    own = round(rate_hz / C4_HZ * 50) / (rate_hz / C4_HZ * 50)
    assert abs(cents(heard * own, wanted)) < 1.5


@pytest.mark.parametrize("rate_hz", [22_050, 44_100])
def test_a_looped_recording_has_no_seam(rate_hz: int) -> None:
    heard = left(log_of(recorded(rate_hz), 60, 240))[20_000 : 20_000 + 131_072]
    power = np.abs(np.fft.rfft(heard * np.kaiser(len(heard), 16))) ** 2
    hz = np.arange(len(power)) * 44_100 / len(heard)
    harmonic = np.abs(hz / C4_HZ - np.rint(hz / C4_HZ)) * C4_HZ < 8
    between = (hz > 60) & (hz < 12_000) & ~harmonic
    assert 10 * math.log10(power[between].sum() / power.sum()) < -40


def test_without_a_loop_it_plays_once() -> None:
    heard = np.abs(left(log_of(recorded(22_050, loops=False), 60)))
    end = round(0.5 * 44_100)
    assert heard[end - 3_000 : end - 1_000].max() > 3_000
    assert heard[end + 1_000 :].max() == 0


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
def test_its_size_is_told_before_it_is_packed(rate_hz: int, loops: bool) -> None:
    recording = recorded(rate_hz, loops)
    assert len(source_of(recording).packed) == recording.packed_bytes
    assert recording.packed_bytes == pytest.approx(0.5 * min(rate_hz, 32_000) / 16 * 9, rel=0.01)


def test_gain_makes_it_softer() -> None:
    loud, soft = (
        np.abs(left(log_of(Recording("a", tone(22_050).tobytes(), 22_050, 60, None, gain), 60)))
        for gain in (0.0, -6.0)
    )
    assert 20 * math.log10(loud.max() / soft.max()) == pytest.approx(6, abs=0.2)


def test_a_track_plays_it_on_every_chip_or_says_so() -> None:
    keys = Instrument("keys", volume=Macro((15,)), recording=recorded(22_050))
    track = plan(lead="keys", sound=Sound(instruments=(keys,)))
    on_snes = arrange(song(2), track, "snes")
    log = write_registers(on_snes)
    assert log.sources == (source_of(recorded(22_050)),)
    played = {w.value for writes in log.frames for w in writes if w.address == 4}
    assert len(sources()) in played
    assert not [item for item in on_snes.adapted if "samples of tones" in item.reason]
    on_nes = arrange(song(2), track, "nes")
    (said,) = (item for item in on_nes.adapted if "samples of tones" in item.reason)
    assert said.count == len(on_nes.voices[0].notes)
    assert write_registers(on_nes).sources == ()


def test_an_spc_holds_it_and_counts_it() -> None:
    log = log_of(recorded(44_100), 60)
    data = encode_spc(log, title="Keys").data
    found = decode_spc(data).log
    assert [item.packed for item in found.sources] == [item.packed for item in log.sources]
    assert [item.loop_start for item in found.sources] == [log.sources[0].loop_start]
    damaged = bytearray(data)
    damaged[0x100 + 0x300 + 4 + 3] = 0  # the recording would loop to before its start
    with pytest.raises(ValueError, match="not the blocks of a source"):
        decode_spc(bytes(damaged))
    waves = [np.zeros(96_000, np.int16) for _ in range(2)]  # silence is encoded in no time
    for samples, place in zip(waves, (1_000, 2_000), strict=True):
        samples[[place, -1]] = 8_000
    both = [Recording(f"r{n}", one.tobytes(), 32_000, 60) for n, one in enumerate(waves)]
    keys = tuple(Instrument(f"k{n}", Macro((15,)), recording=r) for n, r in enumerate(both))
    voices = tuple(
        ChipVoice(f"voice{n + 1}", (ChipNote(0, 60, 60, 15, f"k{n}"),)) for n in range(2)
    )
    with pytest.raises(RenderError, match=r"65536 bytes is too small: .* for 3 samples"):
        encode_spc(write_registers(ChipSong("snes", voices, keys, 60, 60, None)), title="Too much")


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
def test_an_emulator_hears_the_same_pitch_and_level() -> None:
    log = log_of(recorded(44_100), 65, 90)
    theirs = played_by_libgme(encode_spc(log, title="Keys").data, 40_000)[4_000:36_000]
    ours = left(log).astype(np.float64)[6_000:50_000]
    wanted = C4_HZ * 2 ** (5 / 12)
    spectrum = np.abs(np.fft.rfft(theirs * np.hanning(len(theirs)), 1 << 19))
    hz = np.arange(len(spectrum)) * 32_000 / (1 << 19)
    near = (hz > wanted * 0.97) & (hz < wanted * 1.03)
    assert abs(cents(float(hz[near][spectrum[near].argmax()]), wanted)) < 6
    levels = [20 * math.log10(np.std(heard)) for heard in (theirs, ours)]
    reference = log_of(Recording("b", tone(32_000).tobytes(), 32_000, 60, None), 60, 25)
    theirs = played_by_libgme(encode_spc(reference, title="b").data, 12_000)[2_000:10_000]
    ours = left(reference).astype(np.float64)[3_000:14_000]
    plain = [20 * math.log10(np.std(heard)) for heard in (theirs, ours)]
    # The emulator's own level cancels out between the two.
    assert levels[0] - levels[1] == pytest.approx(plain[0] - plain[1], abs=0.3)


def wav(values: NDArray[np.int16], *, channels: int = 1, rate: int = 22_050) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(values.tobytes() * channels)
    return out.getvalue()


def sounding(values: NDArray[np.float64], subtype: str, kind: str = "WAV") -> bytes:
    """A file of soundfile's, of values from -1 to 1."""
    out = io.BytesIO()
    soundfile.write(out, values, 22_050, format=kind, subtype=subtype)
    return out.getvalue()


def as_read(tmp_path: Path, data: bytes) -> NDArray[np.int64]:
    """The samples of the recording that a manifest names."""
    (tmp_path / "keys.wav").write_bytes(data)
    text = (
        b"instruments: {keys: {sample: keys.wav, root: C4}}\n"
        b"game: G\nchip: snes\ntracks: {title: {}}\n"
    )
    found = parse_manifest(text, tmp_path / "g.yaml").instruments["keys"].recording
    assert found is not None
    assert found.rate_hz == 22_050
    return np.frombuffer(found.data, "<i2").astype(np.int64)


@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize(
    ("subtype", "off"),
    [("PCM_U8", 255), ("PCM_16", 0), ("PCM_24", 0), ("PCM_32", 0), ("FLOAT", 0), ("DOUBLE", 0)],
)
def test_every_width_is_read(tmp_path: Path, subtype: str, kind: str, off: int) -> None:
    """Only 8 bits lose anything of samples that have 16 (this writer cuts the other 8 off)."""
    values = tone(22_050)
    values[:3] = (-32_768, 32_767, 0)
    read = as_read(tmp_path, sounding(values / 32_768, subtype, kind))
    assert len(read) == len(values)
    assert np.abs(read - values).max() <= off


def test_bits_below_the_sixteenth_are_rounded(tmp_path: Path) -> None:
    """24 bits packed by hand: a sixteenth bit and a part of the next, then full scale."""
    parts = [0x123456, -0x123456, 0x7FFFFF, -0x800000, *(256 * n for n in range(40))]
    packed = b"".join(part.to_bytes(3, "little", signed=True) for part in parts)
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(3)
        sound.setframerate(22_050)
        sound.writeframes(packed)
    read = as_read(tmp_path, out.getvalue()).tolist()
    assert read == [0x1234, -0x1234, 32_767, -32_768, *range(40)]


def test_floating_point_beyond_full_scale_is_softer_as_a_whole(tmp_path: Path) -> None:
    values = tone(22_050) / 32_768
    loud = as_read(tmp_path, sounding(values * 4, "FLOAT")).astype(np.float64)
    assert np.abs(loud).max() >= 32_767
    ratio = loud / (values * 32_768 + (values == 0))
    big = np.abs(values) > 0.1
    assert np.ptp(ratio[big]) < 0.001


@pytest.mark.parametrize(
    ("said", "place", "why"),
    [
        ("sample: none.wav, root: C4", "1:31", "there is no such file"),
        ("sample: ../keys.wav, root: C4", "1:31", "outside the manifest's folder"),
        ("sample: keys.ogg, root: C4", "1:31", "a sample is a WAV file"),
        ("sample: surround.wav, root: C4", "1:31", "it has 3 channels"),
        ("sample: law.wav, root: C4", "1:31", "its samples are U-Law; read are 8 bits, 16 bits"),
        ("sample: nan.wav, root: C4", "1:31", "one of its samples is not a number"),
        ("sample: flac.wav, root: C4", "1:31", "the file is no WAV (FLAC"),
        ("sample: slow.wav, root: C4", "1:31", "its rate is 2,000 Hz"),
        ("sample: long.wav, root: C4", "1:31", "has room for 57,344; cut it to 4.62 seconds"),
        ("sample: text.wav, root: C4", "1:31", "no WAV with PCM samples (Format not recognised);"),
        ("sample: silent.wav, root: C4", "1:31", "holds no sound"),
        ("sample: keys.wav", "1:22", "a sample has a root"),
        ("sample: keys.wav, root: H4", "1:47", "write the note that was recorded"),
        ("sample: keys.wav, root: C4, loop: 11020", "1:57", "from 0 to 11,009; write 11009"),
        ("sample: keys.wav, root: C4, gain: 3", "1:57", "from -24 to 0 dB"),
        ("root: C4, volume: [15]", "1:23", "there is none; add a line like sample"),
    ],
)
def test_what_is_no_sample_is_refused(tmp_path: Path, said: str, place: str, why: str) -> None:
    values = tone(22_050)
    files = {
        "keys.wav": wav(values),
        "surround.wav": wav(values, channels=3),
        "law.wav": sounding(values / 32_768, "ULAW"),
        "nan.wav": sounding(np.where(np.arange(len(values)) == 9, np.nan, 0.1), "FLOAT"),
        "flac.wav": sounding(values / 32_768, "PCM_16", "FLAC"),
        "slow.wav": wav(values, rate=2_000),
        "long.wav": wav(np.tile(values, 12)),
        "silent.wav": wav(np.zeros_like(values)),
        "text.wav": b"hello",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    text = f"instruments: {{keys:  {{{said}}}}}\ngame: G\nchip: snes\ntracks: {{title: {{}}}}\n"
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text.encode(), tmp_path / "g.yaml")
    (problem,) = caught.value.problems
    assert problem.where.endswith(place)
    assert why in f"{problem.why}; {problem.fix}"


def test_a_changed_sample_is_another_plan(tmp_path: Path) -> None:
    from chipassets.manifest.named import named_files
    from chipassets.plan.plain_values import plain_values
    from chipassets.resolve.build_plan import resolve

    (tmp_path / "bank.yaml").write_text("keys: {sample: keys.wav, root: C4}\n")
    text = (
        b"game: G\nchip: snes\ninstruments: {file: bank.yaml}\n"
        b"tracks: {title: {instruments: {lead: keys}}}\n"
    )
    manifest = tmp_path / "g.yaml"
    manifest.write_bytes(text)
    said = []
    for values in (tone(22_050), tone(22_050, 0.4)):
        (tmp_path / "keys.wav").write_bytes(wav(values))
        (track,) = resolve(parse_manifest(text, manifest)).tracks
        said.append(plain_values(track)["sound"])
    assert said[0] != said[1]
    assert tmp_path / "keys.wav" in named_files(manifest)
