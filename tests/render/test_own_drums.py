"""Users' recordings as drums of the NES: as clips, in every file, and libgme as judge."""

from __future__ import annotations

import ctypes.util
import io
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import DRUM_SOUNDS, INSTRUMENTS
from chipassets.arrange.note_loudness import note_power
from chipassets.chipfiles import (
    cartridge_files,
    cartridge_song,
    encode_compact,
    encode_famistudio,
    encode_famitone,
    encode_famitracker,
    encode_it,
    encode_mod,
    encode_nsf,
    encode_vgm,
    gather,
)
from chipassets.chipfiles.compact import decode_compact
from chipassets.chipfiles.ft_read import decode_famitracker
from chipassets.chipfiles.nsf import decode_nsf
from chipassets.chipfiles.vgm import decode_vgm
from chipassets.chips.chipsong import ChipSong, Instrument, Macro
from chipassets.chips.dmcbank import (
    ALIGNMENT,
    MOST_BYTES,
    ORIGIN,
    clips,
    decode_delta,
    memory,
    rate_hz,
)
from chipassets.chips.profiles import CHIPS
from chipassets.chips.recorded_clip import clip_of
from chipassets.chips.recording import Recording
from chipassets.chips.registers import RegisterLog, Write
from chipassets.errors import ManifestError, RenderError
from chipassets.manifest import parse_manifest
from chipassets.plan.trackplan import Sound
from chipassets.production.audition import audition
from chipassets.render import render_log
from chipassets.render.engine import BOARDS
from chipassets.render.mixer import tnd_output
from tests.chip_music import plan, solo, song
from tests.render.nsf_probe import play
from tests.render.test_dmc import stroke, without_dc
from tests.render.test_gameboy import left

BANK = memory(clips().values())


def thud(rate: int, seconds: float = 0.2, hz: float = 90.0) -> NDArray[np.int16]:
    """A low drum: a tone that decays."""
    at = np.arange(round(rate * seconds)) / rate
    found: NDArray[np.int16] = np.rint(
        20_000 * np.sin(2 * np.pi * hz * at) * np.exp(-at / (seconds / 4))
    ).astype("<i2")
    return found


def recorded(rate: int = 44_100, seconds: float = 0.2, gain_db: float = 0.0) -> Recording:
    return Recording("thud.wav", thud(rate, seconds).tobytes(), rate, 60, None, gain_db)


KICK = Instrument("kick", recording=recorded())
LONG = Instrument("snare", Macro((9, 4, 0)), recording=recorded(22_050, 1.4))


def own_song(
    *own: Instrument, chip: str = "nes", drums: str = "noise", groove: str = "rock", bars: int = 4
) -> ChipSong:
    return arrange(song(bars), plan(groove=groove, sound=Sound(instruments=own, drums=drums)), chip)


def starts(log: RegisterLog) -> list[tuple[int, int, int, int]]:
    """Frame, rate, address and length registers of every clip that the log starts."""
    held, found = dict.fromkeys((0x4010, 0x4012, 0x4013), 0), []
    for frame, writes in enumerate(log.frames):
        for write in writes:
            if write.address in held:
                held[write.address] = write.value
        if Write(0x4015, 0x1F) in writes:
            found.append((frame, held[0x4010], held[0x4012], held[0x4013]))
    return found


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.4])
@pytest.mark.default_cases(5)
def test_a_recording_of_any_rate_is_the_same_drum(rate: int, seconds: float) -> None:
    clip = clip_of("own kick", recorded(rate, seconds))
    assert len(clip.packed) <= MOST_BYTES
    assert len(clip.packed) % 16 == 1
    levels = np.array(decode_delta(clip.packed), dtype=np.float64)
    assert 54 <= levels.max() <= 64
    assert levels[-1] <= 1
    at = np.arange(len(levels)) / rate_hz(clip.rate)
    wanted = np.sin(2 * np.pi * 90 * at) * np.exp(-at / (seconds / 4))
    begin, end = int(0.012 * rate_hz(clip.rate)), int(0.6 * seconds * rate_hz(clip.rate))
    # What lifts the curve changes slowly: below the tone.
    heard = without_low(levels[begin:end], rate_hz(clip.rate))
    asked = without_low(wanted[begin:end], rate_hz(clip.rate))
    assert np.corrcoef(heard, asked)[0, 1] > 0.95


def without_low(signal: NDArray[np.float64], hz: float) -> NDArray[np.float64]:
    """The signal without what lies below 60 Hz."""
    spectrum = np.fft.rfft(signal - signal.mean())
    spectrum[np.fft.rfftfreq(len(signal), 1 / hz) < 60] = 0
    return np.fft.irfft(spectrum, len(signal))


def test_a_longer_recording_plays_at_a_lower_rate_and_silence_is_cut() -> None:
    rates = [clip_of("own kick", recorded(44_100, s)).rate for s in (0.3, 1.4)]
    assert rates[0] == 15 > rates[1]
    short = recorded()
    padded = replace(short, data=short.data + bytes(2 * 44_100 * 3))
    assert clip_of("own kick", padded) == clip_of("own kick", short)
    with pytest.raises(ValueError, match="too long"):
        clip_of("own kick", recorded(44_100, 4.0))


def test_a_negative_gain_makes_a_recorded_drum_softer() -> None:
    loud, soft = (
        max(decode_delta(clip_of("own kick", recorded(gain_db=gain)).packed)) for gain in (0, -6)
    )
    assert loud / soft == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("chip", ["nes", "nes-vrc6"])
@pytest.mark.parametrize("drums", ["noise", "dmc"])
def test_a_drum_with_a_recording_plays_it_and_the_others_what_they_played(
    chip: str, drums: str
) -> None:
    made = own_song(KICK, chip=chip, drums=drums)
    log = write_registers(made)
    (clip,) = made.clips
    assert clip.address % ALIGNMENT == 0
    assert clip.address >= ORIGIN + len(BANK)
    assert log.samples.startswith(BANK)
    assert log.samples[clip.address - ORIGIN :] == clip.packed
    kicks = {n.start_frame for n in made.voice("noise").notes if n.instrument == "kick"}
    own = {f for f, rate, *at in starts(log) if (rate, *at) == (clip.rate, *clip.registers)}
    assert own
    assert own == {frame for frame in kicks if clip.frames <= made.left(frame)}
    others = {(address, length) for f, _, address, length in starts(log) if f not in own}
    assert bool(others) == (drums == "dmc")
    assert others <= {item.registers for item in clips().values()}


def test_without_a_volume_the_noise_is_silent_and_with_one_it_sounds() -> None:
    for item, loudest in ((KICK, 0), (replace(KICK, volume=Macro((9, 4, 0))), 9)):
        made = own_song(item)
        kick = made.instrument("kick")
        assert max(kick.volume.values) == loudest
        assert starts(write_registers(made))


def test_the_rate_changes_only_with_the_clip() -> None:
    """A loop sets the bank's rate first, so that every pass starts alike."""
    log = write_registers(own_song(LONG, drums="dmc"))
    clip = clip_of("own snare", LONG.recording or recorded())
    rates = {(address, length): rate for _, rate, address, length in starts(log)}
    assert clip.rate < 15
    assert set(rates.values()) == {15, clip.rate}
    banked = {item.registers for item in clips().values()}
    assert all(rate == (15 if at in banked else clip.rate) for at, rate in rates.items())
    whole = render_log(log)
    assert (render_log(log, chunk_frames=5).samples == whole.samples).all()


def test_all_songs_of_a_game_have_one_memory() -> None:
    """A track has what only another one strikes in its memory too."""
    one, other = (own_song(KICK, LONG, groove=groove) for groove in ("rock", "march"))
    logs = [write_registers(item) for item in (one, other)]
    assert logs[0].samples == logs[1].samples
    silent = write_registers(own_song(drums="noise"))
    assert silent.samples == b""
    album = encode_nsf([(log, "x") for log in (*logs, silent)], title="Game").data
    found = decode_nsf(album)
    assert [log.samples for log in found.logs] == [log.samples for log in (*logs, silent)]
    assert found.logs == (*logs, silent)
    stranger = write_registers(own_song(replace(KICK, recording=recorded(44_100, 0.4))))
    with pytest.raises(RenderError, match="different samples at the same addresses"):
        encode_nsf([(logs[0], "a"), (stranger, "b")], title="Two games")


def test_an_nsf_maps_as_many_banks_as_its_samples_need() -> None:
    long = [replace(LONG, name=name) for name in ("kick", "snare", "tom")]
    log = write_registers(own_song(*long))
    assert len(log.samples) > 2 * 4_096
    data = encode_nsf([(log, "x")], title="Long").data
    banks = data[0x74:0x78]
    assert banks[2] == banks[1] + 1 == banks[0] + 2
    assert decode_nsf(data).logs == (log,)


def test_every_chip_file_holds_a_recorded_drum() -> None:
    made = own_song(KICK, LONG, drums="dmc")
    log = write_registers(made)
    kick, snare = made.clips
    assert decode_vgm(encode_vgm(log).data).log == log
    header, _ = decode_compact(encode_compact(log, filter_name="none", gain=4_096, samples=1))
    played = {f"{address} {length}" for _, _, address, length in starts(log)}
    assert set(header["clips"]) == played
    assert header["clips"][" ".join(map(str, snare.registers))] == snare.packed.hex()
    for text in (encode_famitracker(made, title="x"), encode_famitone(made, title="x")):
        module = decode_famitracker(text.data)
        stored = {sample.name: sample.data for sample in module.samples}
        assert stored == {name: clip.packed for name, clip in made.samples.items()}
        assert {key.rate for key in module.keys} == {15, snare.rate}
    studio = encode_famistudio(made, title="x").data.decode()
    for clip in (kick, snare):
        assert f'Name="{clip.name}" Data="{clip.packed.hex()}"' in studio
        assert f'Sample="{clip.name}" Pitch="{clip.rate}"' in studio
    song_data = cartridge_song(made, log, "town")
    rom = cartridge_files(gather([song_data], "nes", "Game"), "nes")["album.nes"]
    assert rom[16 + 0x4000 :].startswith(log.samples)


@pytest.mark.parametrize("encode", [encode_mod, encode_it])
def test_modules_hold_a_recorded_drum_as_its_sample(encode: object) -> None:
    assert callable(encode)
    own, bank = (
        encode(own_song(replace(KICK, volume=Macro((9, 5, 2, 0)), recording=recording)), title="x")
        for recording in (recorded(), None)
    )
    assert len(own.data) > len(bank.data) + 2_000


def test_the_note_power_of_a_recorded_drum_follows_its_gain() -> None:
    made = own_song(KICK)
    note = next(n for n in made.voice("noise").notes if n.instrument == "kick")
    spec = CHIPS["nes"].voice("drums")
    kick = made.instrument("kick")
    assert note_power(note, kick, CHIPS["nes"], spec) > 0
    softer = replace(kick, recording=recorded(gain_db=-12))
    assert note_power(note, softer, CHIPS["nes"], spec) < note_power(note, kick, CHIPS["nes"], spec)


@pytest.mark.skipif(not ctypes.util.find_library("gme"), reason="libgme is not installed")
@pytest.mark.parametrize("item", [KICK, LONG], ids=["kick", "long"])
def test_libgme_hears_the_same_recording(item: Instrument, tmp_path: Path) -> None:
    log = write_registers(own_song(item, bars=8))
    (tmp_path / "song.nsf").write_bytes(encode_nsf([(log, "song")], title="Song").data)
    theirs = play(tmp_path / "song.nsf", 11, 4)
    mixed = render_log(solo(log, "samples"), "none").samples.astype(np.float64)
    formula = [BOARDS["nes"].optional_gain * tnd_output(15, 0, n) for n in range(128)]
    ours = without_dc(np.interp(mixed, formula, np.arange(128)))
    struck = [frame for frame, *_ in starts(log) if frame < 600]
    found = [stroke(ours, theirs, round(frame * 733.79)) for frame in struck]
    alike, gains = np.array(found).T
    assert len(found) >= 4
    assert np.median(alike) > 0.97
    assert np.abs(gains / np.median(gains) - 1).max() < 0.1


def test_the_snes_plays_a_drum_as_fast_as_it_was_recorded() -> None:
    for rate in (16_000, 44_100):
        tone = np.rint(12_000 * np.sin(2 * np.pi * 500 * np.arange(rate // 2) / rate))
        item = Instrument("kick", recording=Recording("t", tone.astype("<i2").tobytes(), rate, 60))
        made = own_song(item, chip="snes")
        heard = left(solo_drums(made)).astype(np.float64)
        at = int(np.abs(heard).argmax())
        spectrum = np.abs(np.fft.rfft(heard[at : at + 4_000] * np.hanning(4_000), 1 << 17))
        hz = np.fft.rfftfreq(1 << 17, 1 / 44_100)[spectrum.argmax()]
        assert hz == pytest.approx(500, rel=0.01)


def test_a_recorded_drum_can_be_auditioned() -> None:
    heard, bank = (audition(item, "nes").samples for item in (KICK, INSTRUMENTS["kick"]))
    assert np.abs(heard.astype(np.int64)).max() > 1_000
    assert heard.shape != bank.shape or (heard != bank).any()
    assert (audition(KICK, "nes", "dmc").samples == heard).all()


def solo_drums(made: ChipSong) -> RegisterLog:
    """Only the kicks of the drums."""
    voices = tuple(
        replace(voice, notes=tuple(n for n in voice.notes if n.instrument == "kick"))
        for voice in made.voices
    )
    return write_registers(replace(made, voices=voices, room="close"))


def test_the_game_boy_plays_the_banks_drum_instead() -> None:
    plain, own = (own_song(*items, chip="gameboy") for items in ((), (KICK,)))
    assert list(write_registers(own).frames) == list(write_registers(plain).frames)
    (said,) = own.adapted[-1:]
    assert "no samples" in said.reason


def wav(values: NDArray[np.int16], rate: int = 44_100, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(values.astype("<i2").tobytes())
    return out.getvalue()


def manifest(tmp_path: Path, *lines: str, chip: str = "nes") -> bytes:
    text = "\n".join([f"game: G\nchip: {chip}\ninstruments:", *lines, "tracks: {battle: {}}\n"])
    (tmp_path / "game.yaml").write_text(text)
    return text.encode()


def test_two_channels_are_mixed(tmp_path: Path) -> None:
    one, two = thud(44_100), thud(44_100, hz=140)
    (tmp_path / "a.wav").write_bytes(wav(np.stack((one, two), 1), channels=2))
    data = manifest(tmp_path, "  kick: {sample: a.wav}")
    read = parse_manifest(data, tmp_path / "game.yaml").instruments["kick"].recording
    assert read is not None
    mixed = (one.astype(np.int64) + two) // 2
    assert np.frombuffer(read.data, "<i2").tolist() == mixed.tolist()


@pytest.mark.parametrize(
    ("lines", "where", "said"),
    [
        (["  kick: {sample: long.wav}"], "4:18", "its 2.50 seconds are too long for the sample"),
        (["  lead: {sample: kick.wav}"], "4:9", "a sample has a root"),
        (
            [f"  {name}: {{sample: big.wav}}" for name in DRUM_SOUNDS],
            "7:22",
            "are left of 16 KiB; shorten it",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(
    lines: list[str], where: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "kick.wav").write_bytes(wav(thud(44_100)))
    (tmp_path / "big.wav").write_bytes(wav(thud(44_100, 1.8)))
    (tmp_path / "long.wav").write_bytes(wav(thud(44_100, 2.5)))
    data = manifest(tmp_path, *lines)
    with pytest.raises(ManifestError) as refused:
        parse_manifest(data, tmp_path / "game.yaml")
    first = refused.value.problems[0]
    assert first.where.endswith(where)
    assert said in f"{first.why}; {first.fix}"
    if "root" not in said:
        # Other chips play no clips, so that nothing is too long for them.
        other = manifest(tmp_path, *lines, chip="gameboy")
        assert parse_manifest(other, tmp_path / "game.yaml").instruments
