"""The S-DSP's voices: pitch, envelopes, interpolation, places, echo, resampling and loops."""

from __future__ import annotations

import hashlib
import itertools
import math
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.arrange.snes_registers import ROOMS
from chipassets.chips.chipsong import (
    CONTRAST,
    HOME,
    RETURN,
    ChipNote,
    ChipSong,
    ChipVoice,
    FormPart,
    Instrument,
    Macro,
)
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog, Write
from chipassets.chips.soundbank import CYCLE_SAMPLES, drum_source, sources, wave_source
from chipassets.chips.soundsynth import make_tone
from chipassets.errors import RenderError
from chipassets.render import dsp, render_log
from chipassets.render.dsp import ADDRESSES, Registers, play_passage, play_voices
from chipassets.render.envelope import FULL, PERIODS, Envelope, _falling
from chipassets.render.interpolation import gauss_table
from chipassets.render.resample import BITS, BLOCK_SAMPLES, TAPS, resample, resampled_blocks
from chipassets.render.room import DelayLine, Room
from chipassets.units import frame_sample
from tests.chip_music import plan, song
from tests.render.test_gameboy import left
from tests.render.test_tones import RATE, cents, measured_hz

SNES = CHIPS["snes"]
DSP_HZ = 32_000
ROOM = Room(5, 52, (10, 20, 30, 30, 20, 10, 4, 4))
ALL = [(1 << 30, (40, 40))]


def joined(blocks: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The blocks of a passage as one array, [2, n]."""
    return np.concatenate(list(blocks), axis=1)


def tone(
    pitch: int,
    source: int = 0,
    *,
    volumes: tuple[int, int] = (100, 100),
    adsr: tuple[int, int] = (0x8F, 0xE0),
    frames: int = 120,
    room: dict[int, int] | None = None,
) -> RegisterLog:
    """Voice 0 keyed on at the start, every other register 0 but for the main volumes."""
    state = dict.fromkeys(sorted(ADDRESSES - {0x4C}), 0)
    state |= {0x0C: 127, 0x1C: 127, 0: volumes[0], 1: volumes[1], 2: pitch & 0xFF, 3: pitch >> 8}
    state |= {4: source, 5: adsr[0], 6: adsr[1], 7: 0xBF, **(room or {})}
    start = (*(Write(address, value) for address, value in state.items()), Write(0x4C, 1))
    return RegisterLog("snes", (start, *((),) * (frames - 1)), None)


def log_of(loop_start_bar: int | None = 0, bars: int = 4) -> RegisterLog:
    score = song(bars=bars, loop_start_bar=loop_start_bar)
    return write_registers(arrange(score, plan(), "snes"))


def register_of(pitch: int, number: int) -> int:
    """The pitch register for a source, whose cycle may be longer than the chip table's."""
    timer = SNES.timer(SNES.voice("lead"), pitch)
    return min(timer * int(sources()[number].cycle_samples) // CYCLE_SAMPLES, 0x3FFF)


@pytest.mark.parametrize("pitch", [33, 45, 60, 69, 81, 95])
def test_a_voice_has_the_pitch_of_its_register(pitch: int) -> None:
    number = wave_source("reed", 1, pitch)
    register = register_of(pitch, number)
    expected = DSP_HZ * register / 4096 / sources()[number].cycle_samples
    heard = measured_hz(left(tone(register, number)), expected)
    # A file has a whole number of samples for its frames: in two seconds that is up to 1 in 60000.
    assert abs(cents(heard, expected)) < 0.03
    assert abs(cents(expected, 440 * 2 ** ((pitch - 69) / 12))) < 3.9


@pytest.mark.parametrize("name", ["reed", "brass", "bell", "triangle", "pluck", "square"])
@pytest.mark.parametrize("pitch", [45, 65, 77, 89])
@pytest.mark.default_cases(10)
def test_no_tone_has_strong_aliases(name: str, pitch: int) -> None:
    number = wave_source(name, 2, pitch)
    register = register_of(pitch, number)
    f0 = DSP_HZ * register / 4096 / sources()[number].cycle_samples
    block = left(tone(register, number, frames=240))[8_000 : 8_000 + 131_072]
    power = np.abs(np.fft.rfft(block * np.kaiser(len(block), 22))) ** 2
    hz = np.arange(len(power)) * RATE / len(block)
    harmonic = np.abs(hz / f0 - np.rint(hz / f0)) * f0 < 12 * RATE / len(block)
    heard = (hz > 60) & (hz < 14_000)
    # The chip's own interpolation lets some through; it is what it sounds like.
    assert 10 * math.log10(power[heard & ~harmonic].max() / power[heard].max()) < -53


def test_sources_are_16_bit_and_a_track_fits_the_chips_memory() -> None:
    for source in sources():
        assert max(map(abs, source.values)) <= 32_767
        assert len(source.values) == source.length
        start = source.loop_start
        assert start is None or (source.length - start) % source.cycle_samples == 0
    numbers = {w.value for writes in log_of().frames for w in writes if w.address & 15 == 4}
    used = sum(len(sources()[number].packed) for number in numbers)
    assert used + 5 * 2_048 < 55_000
    assert len({source.name for source in sources()}) == len(sources()) < 256


def test_sources_are_the_same_on_every_machine(golden: Callable[[str, str], None]) -> None:
    lines = [
        f"{source.name} {len(source.values)} {source.loop_start} "
        f"{hashlib.sha256(np.array(source.values, dtype='<i2').tobytes()).hexdigest()}"
        for source in sources()
    ]
    golden("snes_sources.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(("name", "zone"), [("brass", 2), ("strings", 1), ("bass", 0)])
def test_the_bank_is_what_synthesis_makes(name: str, zone: int) -> None:
    kept = next(source for source in sources() if source.name == f"{name}{zone}")
    made = make_tone(name, zone)
    assert (made.loop_start, made.cycle_samples) == (kept.loop_start, kept.cycle_samples)
    assert np.corrcoef(made.values, kept.values)[0, 1] > 0.999


def test_tones_have_attacks_and_ensembles_move() -> None:
    brass, strings = (sources()[wave_source(name, 2, 60)] for name in ("brass", "pad"))
    assert brass.loop_start is not None
    assert brass.loop_start > 8 * brass.cycle_samples
    start, later = (
        np.abs(np.fft.rfft(brass.values[at : at + int(brass.cycle_samples)]))
        for at in (0, brass.loop_start)
    )
    bright = slice(6, 20)
    assert start[bright].sum() / start[1:4].sum() < 0.7 * later[bright].sum() / later[1:4].sum()
    blocks = np.array(strings.values[:2_048], dtype=np.float64).reshape(16, 128)
    assert np.ptp(np.sqrt((blocks**2).mean(axis=1))) > 500


def test_the_sides_of_a_mix_differ() -> None:
    sides = render_log(log_of()).samples.astype(np.float64)
    width = np.var(sides[:, 0] - sides[:, 1]) / np.var(sides.sum(axis=1))
    assert 10 * math.log10(width) > -12


def scale_in(room: str, voice: str) -> NDArray[np.float64]:
    """The power of held notes at one level on the two sides, in dB, [notes, 2]."""
    steady = Instrument("echo", volume=Macro((15,)))
    starts = range(0, 60 * 18, 60)
    notes = tuple(ChipNote(at, 57, 55 + n, 15, "echo") for n, at in enumerate(starts))
    frames = 60 * len(notes)
    scale = ChipSong("snes", (ChipVoice(voice, notes),), (steady,), frames, 60, None, room=room)
    heard = render_log(write_registers(scale)).samples.astype(np.float64)
    cuts = [frame_sample(at, SNES.frame_rate_hz) for at in starts]
    held = [heard[at + 20_000 : at + 40_000] for at in cuts]
    return np.array([10 * np.log10((own**2).mean(axis=0)) for own in held])


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("voice", ["voice1", "voice5"])
@pytest.mark.default_cases(1)
def test_held_notes_stay_as_loud_as_each_other(room: str, voice: str) -> None:
    in_room = scale_in(room, voice)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ROOMS, room, replace(ROOMS[room], volume=0))
        alone = scale_in(room, voice)
    comb = in_room - alone
    # In phase on both sides, and as loud below 1 kHz as above, it was 7 to 13 dB.
    assert np.ptp(comb, axis=0).max() < 3.8
    both = 10 * np.log10((10 ** (in_room / 10)).sum(axis=1) / (10 ** (alone / 10)).sum(axis=1))
    assert np.ptp(both) < (1.2 if voice == "voice1" else 3.2)


@pytest.mark.parametrize(
    ("room", "soon_db", "later_db"),
    [("close", -27, -52), ("stage", -25.5, -40), ("hall", -16, -27.5), ("cave", -16.5, -24)],
)
def test_a_note_is_heard_in_its_room_after_its_end(
    room: str, soon_db: float, later_db: float
) -> None:
    """The mean of 50 ms, 80 and 200 ms after the end, against the note: not dry, and no wash."""
    steady = replace(INSTRUMENTS["square"], vibrato_delay_frames=None)
    voice = ChipVoice("voice1", (ChipNote(0, 24, 72, 12, "square"),))
    alone = ChipSong("snes", (voice,), (steady,), 96, 96, None, room=room)
    heard = render_log(write_registers(alone), "none").samples.astype(np.float64)
    power = (heard.reshape(-1, 2) ** 2).sum(axis=1)

    def level(start: float, end: float) -> float:
        return float(10 * np.log10(power[round(start * 44_100) : round(end * 44_100)].mean()))

    note = level(0.1, 0.38)
    assert level(0.48, 0.53) - note == pytest.approx(soon_db, abs=3)
    assert level(0.6, 0.65) - note == pytest.approx(later_db, abs=4)


FORM = (FormPart(0, HOME), FormPart(120, CONTRAST), FormPart(240, RETURN))


def placed(loop_start_frame: int | None = None) -> RegisterLog:
    """One note a section on each of two voices."""
    steady = Instrument("pad", volume=Macro((15,)))
    notes = tuple(ChipNote(part.start_frame, 60, 60, 15, "pad") for part in FORM)
    voices = tuple(ChipVoice(name, notes) for name in ("voice2", "voice5"))
    song = ChipSong("snes", voices, (steady,), 360, 120, loop_start_frame, form=FORM)
    return write_registers(song)


def test_left_and_right_are_swapped_in_contrasting_sections() -> None:
    log = placed()
    sides = {}
    for part in FORM:
        held = {w.address: w.value for w in log.frames[part.start_frame]}
        sides[part.kind] = [(held[base], held[base + 1]) for base in (0x10, 0x40)]
    assert sides[HOME][0][0] > 3 * sides[HOME][0][1]
    assert sides[CONTRAST] == [pair[::-1] for pair in sides[HOME]]
    assert sides[RETURN] == sides[HOME]


@pytest.mark.parametrize("loop_start_frame", [None, 0, 120])
def test_the_echo_grows_and_shrinks_with_the_form(loop_start_frame: int | None) -> None:
    held: dict[int, int] = {}
    by_frame = []
    for writes in placed(loop_start_frame).frames:
        held |= {write.address: write.value for write in writes}
        by_frame.append((held[0x2C], held[0x3C], held[0x4D]))
    volumes = [left for left, _, _ in by_frame]
    assert all(left + right == 0x100 for left, right, _ in by_frame)
    home, away = volumes[0], volumes[200]
    assert away == home * 130 // 100
    assert set(volumes[:119]) == {home}
    assert volumes[359] == home
    # By a step a frame, but where a loop begins, which comes from elsewhere as well.
    steps = {abs(b - a) for a, b in itertools.pairwise(volumes)}
    assert steps == ({0, 1} if loop_start_frame != 120 else {0, 1, away - home})
    drums = [mask >> 3 & 1 for _, _, mask in by_frame]
    assert (drums[119], drums[120], drums[239], drums[240]) == (0, 1, 1, 0)
    render_log(placed(loop_start_frame))


def test_interpolation_weights_are_the_chips() -> None:
    table = gauss_table()
    assert np.abs(table.sum(axis=1) - 2048).max() <= 2
    assert (table == table[::-1, ::-1]).all()
    # From the tables of SNESdev and of emulators.
    assert table[0].tolist() == [370, 1305, 374, 0]
    assert table[255].tolist() == [0, 374, 1305, 370]


def envelope_by_samples(adsr1: int, adsr2: int, count: int, off_at: int) -> list[int]:
    """The chip's envelope, a sample at a time."""
    level, phase, heard = 0, "attack", []
    for n in range(count):
        if n == off_at:
            phase = "release"
        rate = {"attack": 2 * (adsr1 & 15) + 1, "decay": 2 * (adsr1 >> 4 & 7) + 16}.get(
            phase, adsr2 & 31
        )
        if phase == "release":
            level = max(0, level - 8)
        elif n % PERIODS[rate] == 0:
            if phase == "attack":
                level = min(FULL, level + (1024 if rate == 31 else 32))
            else:
                level -= ((level - 1) >> 8) + 1
        if phase == "attack" and level >= 0x7E0:
            phase = "decay"
        elif phase == "decay" and level >> 8 <= adsr2 >> 5:
            phase = "sustain"
        heard.append(level)
    return heard


@given(
    st.integers(8, 15), st.integers(0, 7), st.integers(0, 7), st.integers(0, 31), st.integers(1, 20)
)
def test_envelope_is_what_a_sample_at_a_time_gives(
    attack: int, decay: int, sustain: int, rate: int, cut: int
) -> None:
    adsr1, adsr2 = 0x80 | decay << 4 | attack, sustain << 5 | rate
    count, off_at = 12_000, 11_000
    wanted = envelope_by_samples(adsr1, adsr2, count, off_at)
    envelope = Envelope()
    envelope.key_on()
    bounds = sorted({0, off_at, count, *(off_at * n // cut for n in range(cut))})
    pieces = []
    for start, stop in itertools.pairwise(bounds):
        if start == off_at:
            envelope.key_off()
        pieces.append(envelope.play(start, stop, adsr1, adsr2, 0))
    heard = np.concatenate(pieces)
    # A phase may begin a step sooner or later, where its first step meets the last one's end.
    assert np.abs(heard - np.array(wanted)).max() <= 33
    assert heard[-1] == 0 or sustain > 3


def test_gain_falls_from_where_the_note_is() -> None:
    held = tone(0x1000, frames=60)
    release = (Write(5, 0x0F), Write(7, 0xA0 | 28))
    log = RegisterLog("snes", (*held.frames[:30], release, *held.frames[31:]), None)
    samples = np.abs(left(log))
    middle = RATE // 2
    assert samples[middle - 2_000 : middle].max() > 3_000
    assert samples[middle + 8_000 : middle + 9_000].max() < 30
    assert samples[middle + 500 : middle + 900].max() > 1_000


def test_a_voice_is_placed_by_its_volumes() -> None:
    samples = render_log(tone(0x0E00, volumes=(100, 50))).samples.astype(np.float64)
    ratio = np.sqrt((samples**2).mean(axis=0))
    assert ratio[0] / ratio[1] == pytest.approx(2, rel=0.01)


def test_echo_repeats_softer_and_then_not_at_all() -> None:
    dry = np.zeros((2, 4_000 + ROOM.tail_samples), dtype=np.int32)
    dry[:, :100] = 12_000
    heard = DelayLine(ROOM).hear(dry, ALL)
    delay = ROOM.delay * 512
    peaks = [np.abs(heard[0, k * delay : (k + 1) * delay]).max() for k in (1, 2, 3)]
    assert not heard[:, :delay].any()
    assert peaks[0] == pytest.approx(12_000 * 40 / 128, rel=0.02)
    assert peaks[1] / peaks[0] == pytest.approx(52 / 128, rel=0.02)
    assert peaks[2] / peaks[1] == pytest.approx(52 / 128, rel=0.03)
    assert np.abs(heard[:, -500:]).max() <= 2


def test_echo_is_the_chips_feedback_loop() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    dry = np.zeros((2, 3_000 + ROOM.tail_samples), dtype=np.int32)
    dry[:, :3_000] = rng.integers(-8_000, 8_000, (2, 3_000))
    delay = ROOM.delay * 512
    line, wet = np.zeros(dry.shape[1]), np.zeros(dry.shape[1])
    taps = np.array(ROOM.taps) / 128
    for n in range(dry.shape[1]):
        for k, tap in enumerate(taps):
            if n - delay - 7 + k >= 0:
                wet[n] += tap * line[n - delay - 7 + k]
        line[n] = dry[0, n] + wet[n] * ROOM.feedback / 128
    heard = DelayLine(ROOM).hear(dry, ALL)
    assert np.abs(heard[0] - wet * 40 / 128).max() < 4


def test_resampling_keeps_level_pitch_and_band() -> None:
    for hz in (100, 1_000, 8_000, 12_000):
        n = np.arange(32_000)
        wave = np.rint(20_000 * np.sin(2 * np.pi * hz * n / DSP_HZ)).astype(np.float64)
        out = resample(wave[None])[0, :44_100] / (1 << BITS)
        times = (np.arange(len(out)) * 320 / 441 - TAPS // 2) / DSP_HZ
        inside = slice(2_000, 42_000)
        error = out - 20_000 * np.sin(2 * np.pi * hz * times)
        assert 20 * math.log10(np.std(error[inside]) / 14_142) < (-75 if hz < 10_000 else -60)


@pytest.mark.parametrize(
    ("write", "named"),
    [
        (Write(0x3D, 1), "noise"),
        (Write(0x2D, 2), "modulation"),
        (Write(0x4000, 0), "4000"),
        (Write(0x0D, 3), "echo"),
        (Write(0x07, 0xFF), "bent"),
        (Write(0x04, 255), "source 255"),
    ],
)
def test_what_is_not_played_is_refused(write: Write, named: str) -> None:
    log = tone(0x1000, frames=4, adsr=(0, 0) if write.address == 7 else (0x8F, 0xE0))
    frames = (*log.frames[:2], (write, Write(0x4C, 1)), *log.frames[3:])
    with pytest.raises(RenderError, match=named):
        render_log(RegisterLog("snes", frames, None))


def test_every_note_begins_from_silence() -> None:
    """A voice is keyed off, or has long been let go, in the frame before it is keyed on."""
    held = 0
    for writes in log_of().frames:
        by_address = {write.address: write.value for write in writes}
        keyed = by_address.get(0x4C, 0)
        assert not keyed & held
        held |= keyed
        held &= ~by_address.get(0x5C, 0)
        for voice in range(8):
            if not by_address.get(voice << 4 | 5, 0x80) & 0x80:
                held &= ~(1 << voice)


def test_drums_have_their_own_samples() -> None:
    kinds = {sources()[drum_source(name)].name for name in ("kick", "snare", "hat", "tom")}
    assert len(kinds) == 4
    assert sources()[drum_source("gong")].name == "snare"
    assert sources()[wave_source("kazoo", 2, 60)].name == "flute2"


def test_echo_of_the_end_is_heard_at_the_start_of_the_loop() -> None:
    room = {0x2C: 60, 0x3C: 60, 0x0D: 52, 0x4D: 1, 0x7D: 5, 0x7F: 127}
    log = tone(0x1000, frames=60, room=room)
    silent = (*log.frames[0][:-1], Write(0x4C, 0))
    end = ((Write(0x4C, 1),), (), (), (Write(5, 0x0F),), (), ())
    loop = RegisterLog("snes", (silent, *log.frames[1:50], *end), 0)
    samples = render_log(loop).samples
    assert np.abs(samples[:3_000]).max() > 300
    once = render_log(RegisterLog("snes", loop.frames, None)).samples
    assert not once[:3_000].any()


def test_one_bar_at_300_bpm_loops_with_an_echo_longer_than_itself() -> None:
    score = song(1, tempo_millibpm=600_000)
    log = write_registers(arrange(score, plan(), "snes"))
    loop = render_log(log).samples
    twice = RegisterLog("snes", log.frames * 3, 2 * len(log.frames))
    long = render_log(twice, frames_per_bar=len(log.frames))
    assert long.loop_start_sample is not None
    intro = frame_sample(2 * len(log.frames), SNES.frame_rate_hz)
    again = long.samples[long.loop_start_sample :]
    assert (np.roll(again, long.loop_start_sample - intro, axis=0) == loop).all()


def test_a_release_falls_by_8_a_sample_and_decay_slows_as_it_falls() -> None:
    envelope = Envelope(FULL, "release")
    assert envelope.play(0, 5, 0x8F, 0, 0).tolist() == [FULL - 8 * n for n in range(1, 6)]
    assert _falling(257).tolist()[:4] == [257, 255, 254, 253]
    assert _falling(256).tolist()[:2] == [256, 255]


def changing(writes: Mapping[int, tuple[Write, ...]], loop_start_frame: int | None) -> RegisterLog:
    """A held note whose echo's senders and volumes are written at frames."""
    room = {0x2C: 60, 0x3C: 60, 0x0D: 30, 0x4D: 1, 0x7D: 2, 0x7F: 127}
    log = tone(0x1000, frames=60, room=room)
    frames = [writes.get(n, own) for n, own in enumerate(log.frames)]
    frames[57] = (Write(5, 0x0F), Write(7, 0xBF))
    return RegisterLog("snes", tuple(frames), loop_start_frame)


def clocks_of(log: RegisterLog) -> list[int]:
    """The samples at 32 kHz at which the frames start, and the end."""
    return [frame_sample(n, SNES.frame_rate_hz) * 320 // 441 for n in range(len(log.frames) + 1)]


def echo_of(log: RegisterLog) -> NDArray[np.float64]:
    """What the room alone adds, at 32 kHz."""
    clocks = clocks_of(log)
    silent = tuple(
        tuple(w for w in writes if w.address not in (0x2C, 0x3C)) for writes in log.frames
    )
    following = log.frames[0] if log.loop_start_frame is not None else ()
    wet = play_voices(log.frames, clocks, Registers(), following)
    return joined(wet) - joined(play_voices(silent, clocks, Registers()))


def test_a_voice_leaves_the_echo_where_its_bit_is_cleared() -> None:
    whole = echo_of(changing({}, None))
    left_early = echo_of(changing({30: (Write(0x4D, 0),)}, None))
    at = 30 * 532
    assert (whole[:, :at] == left_early[:, :at]).all()
    # Three repeats later nothing of it is left.
    assert np.abs(left_early[:, at + 9_000 : at + 12_000]).max() <= 2
    assert np.abs(whole[:, at + 9_000 : at + 12_000]).max() > 500


def test_the_echos_volume_changes_at_a_frame_and_at_the_seam() -> None:
    softer = {30: (Write(0x2C, 15), Write(0x3C, 15))}
    whole, changed = echo_of(changing({}, 0)), echo_of(changing(softer, 0))
    at, end = round(30 * 532.45), round(60 * 532.45)
    assert (whole[:, : at - 2] == changed[:, : at - 2]).all()
    after = slice(at + 2, end - 4)
    assert np.abs(changed[:, after] - np.floor(whole[:, after] / 4)).max() <= 1
    # Behind the end the loop's first frame has set the volume again.
    assert (whole[:, end + 4 :] == changed[:, end + 4 :]).all()
    assert np.abs(whole[:, end + 4 :]).max() > 100


@pytest.mark.parametrize("samples", [997, 2_560, 7_777, 1 << 30])
@pytest.mark.default_cases(2)
def test_a_passage_is_the_same_in_blocks_of_any_length(
    samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_of(bars=8)
    clocks, following = clocks_of(log), log.frames[0]
    whole = joined(play_voices(log.frames, clocks, Registers(), following))
    monkeypatch.setattr(dsp, "_BLOCK", samples)
    blocks = list(play_voices(log.frames, clocks, Registers(), following))
    assert max(block.shape[1] for block in blocks) <= samples
    assert (joined(blocks) == whole).all()


def test_resampling_is_the_same_in_blocks() -> None:
    signal = np.rint(np.random.Generator(np.random.PCG64(2)).uniform(-9_000, 9_000, (2, 50_000)))
    whole = resample(signal)
    cuts = (0, BLOCK_SAMPLES, 3 * BLOCK_SAMPLES, 50_000)
    blocks = (signal[:, start:stop] for start, stop in itertools.pairwise(cuts))
    assert (joined(resampled_blocks(blocks, 50_000)) == whole).all()


def test_a_passage_counts_the_samples_that_ring_on() -> None:
    log = log_of(bars=2)
    samples = frame_sample(len(log.frames), SNES.frame_rate_hz)
    train = play_passage(log.frames, clocks_of(log), Registers(), log.frames[0], samples)
    assert sum(piece.shape[1] for piece in train.pieces) == samples + train.rings_on


_SLOW = pytest.mark.slow


@pytest.mark.slow
@pytest.mark.parametrize(
    "loop_start_bar", [pytest.param(None, marks=_SLOW), pytest.param(0, marks=_SLOW), 2]
)
def test_minutes_take_little_more_memory_than_their_samples(loop_start_bar: int | None) -> None:
    log = log_of(loop_start_bar, bars=32)
    tracemalloc.start()
    heard = render_log(log).samples
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # As one piece a passage took eleven times as much as its samples.
    assert most < heard.nbytes + 36_000_000 < 6 * heard.nbytes
