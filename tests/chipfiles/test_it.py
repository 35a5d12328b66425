"""IT: what the file says, read apart from the encoder, and what libopenmpt plays of it."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from numpy.typing import NDArray

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.chipfiles import encode_it
from chipassets.chipfiles.it import envelope_of
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.places import PLACES
from chipassets.chips.profiles import CHIPS
from chipassets.chips.recording import Recording
from chipassets.errors import RenderError
from chipassets.plan.trackplan import Sound
from chipassets.render import render_log
from chipassets.units import SAMPLE_RATE_HZ
from tests.chip_music import plan
from tests.chip_music import song as music
from tests.chipfiles.material import chip_songs, tune
from tests.chipfiles.test_mod import band_db
from tests.laws import share_of_examples
from tests.render.test_tones import cents, measured_hz

Cell = dict[str, int]
_FIELDS = ((1, ("note",)), (2, ("instrument",)), (4, ("volume",)), (8, ("effect", "value")))


@dataclass
class Module:
    """What is read of a file: rows by pattern, each with its cells by channel from 1."""

    highlight: tuple[int, int]
    speed: int
    tempo: int
    order: list[int]
    instruments: list[str]
    samples: list[str]
    patterns: list[list[dict[int, Cell]]]


def read(data: bytes) -> Module:
    """Read a module as ITTECH.TXT says; struct.error or AssertionError for a damaged one."""
    assert data[:4] == b"IMPM"
    orders, instruments, samples, patterns = struct.unpack_from("<4H", data, 32)
    assert struct.unpack_from("<H", data, 46)[0] & 4, "highlights are not said"
    order = list(data[192 : 192 + orders])
    assert order.pop() == 255
    at = struct.unpack_from(f"<{instruments + samples + patterns}I", data, 192 + orders)
    names = []
    for place in at[:instruments]:
        assert data[place : place + 4] == b"IMPI"
        names.append(data[place + 32 : place + 58].rstrip(b"\0").decode("ascii"))
        assert max(data[place + 65 : place + 304 : 2]) <= samples
    sounds = []
    for place in at[instruments : instruments + samples]:
        assert data[place : place + 4] == b"IMPS"
        length, _, end, rate, _, _, start = struct.unpack_from("<7I", data, place + 48)
        assert 0 < length <= len(data) - start
        assert end in (0, length)
        assert rate > 1_000
        sounds.append(data[place + 20 : place + 46].rstrip(b"\0").decode("ascii"))
    found = []
    for place in at[instruments + samples :]:
        size, count = struct.unpack_from("<HH", data, place)
        found.append(_rows(data[place + 8 : place + 8 + size], count))
    assert max(order) < len(found)
    return Module((data[30], data[31]), data[50], data[51], order, names, sounds, found)


def _rows(packed: bytes, count: int) -> list[dict[int, Cell]]:
    rows: list[dict[int, Cell]] = [{}]
    values = iter(packed)
    for head in values:
        if not head:
            rows.append({})
            continue
        assert head & 0x80
        mask = next(values)
        cell: Cell = {}
        for bit, names in _FIELDS:
            if mask & bit:
                cell |= {name: next(values) for name in names}
        rows[-1][head & 0x7F] = cell
    assert rows.pop() == {}
    assert len(rows) == count
    return rows


def starts(module: Module, channel: int) -> list[tuple[int, int]]:
    """Frame and key of each note of a channel, the song played once."""
    now, speed, found = 0, module.speed, []
    for number in module.order:
        for row in module.patterns[number]:
            for cell in row.values():
                speed = cell["value"] if cell.get("effect") == 1 else speed
            cell = row.get(channel, {})
            late = cell.get("value", 0) & 15 if cell.get("effect") == 19 else 0
            delayed = cell.get("effect") == 19 and cell["value"] >> 4 == 13
            if cell.get("note", 255) < 120:
                found.append((now + (late if delayed else 0), cell["note"]))
            now += speed
    return found


def seconds(module: Module) -> tuple[float, list[float]]:
    """The time of the song played once, as a player counts it, and when each pattern ends."""
    now, speed, tempo, ends = 0.0, module.speed, module.tempo, []
    for number in module.order:
        for row in module.patterns[number]:
            for cell in row.values():
                speed = cell["value"] if cell.get("effect") == 1 else speed
                tempo = cell["value"] if cell.get("effect") == 20 else tempo
            now += speed * 2.5 / tempo
        ends.append(now)
    return now, ends


@pytest.mark.parametrize(
    ("chip", "millibpm"), [("nes", 97_000), ("gameboy", 151_000), ("gameboy", 60_000)]
)
def test_the_mean_tempo_is_the_chips(chip: str, millibpm: int) -> None:
    """A whole tempo alone is 1.6 to 2.2 ms a second off."""
    song = tune(16, 0, millibpm, chip)
    module = read(encode_it(song, title="T").data)
    whole, ends = seconds(module)
    wanted = song.frames / float(CHIPS[chip].frame_rate_hz)
    assert abs(whole - wanted) < 0.000_15 * wanted
    assert len(ends) > 1
    assert len({cell["value"] for rows in module.patterns for row in rows for cell in row.values()
                if cell.get("effect") == 20}) == 2  # fmt: skip


def test_patterns_of_equal_notes_have_equal_tempi() -> None:
    tuneful = tune(40, 0, 120_000)
    song = replace(tuneful, voices=tuple(ChipVoice(v.name, ()) for v in tuneful.voices))
    module = read(encode_it(song, title="T").data)
    # The last one has the jump.
    assert len(module.order) == 5
    assert len(module.patterns) == 2


@pytest.mark.parametrize("millibpm", [60_000, 97_000, 151_000])
def test_notes_start_in_their_frames(millibpm: int) -> None:
    song = tune(5, 1, millibpm)
    module = read(encode_it(song, title="T").data)
    for channel, voice in enumerate(song.voices, start=1):
        wanted = [(note.start_frame, note.pitch) for note in voice.notes]
        if voice.name == "noise":
            wanted = [(frame, 48 + pitch) for frame, pitch in wanted]
        assert starts(module, channel) == wanted


def test_the_instruments_are_the_songs_and_drums_have_samples() -> None:
    song = arrange(music(4), plan(lead="bell", groove="march", sound=Sound(drums="dmc")), "nes")
    module = read(encode_it(song, title="T").data)
    assert set(module.instruments) >= {"bell", "triangle", "kick", "snare"}
    assert any(name.startswith("kick ") for name in module.samples)
    assert "pulse 50 %, octave 4" in module.samples


@pytest.mark.parametrize(
    ("beats", "pulse", "highlight"), [(4, 4, (4, 16)), (3, 6, (6, 12)), (3.5, 2, (2, 14))]
)
def test_bars_and_beats_are_highlighted(
    beats: float, pulse: int, highlight: tuple[int, int]
) -> None:
    song = tune(9, 0)
    module = read(encode_it(song, title="T", beats_per_bar=beats, pulse_steps=pulse).data)
    assert module.highlight == highlight
    assert all(len(rows) % highlight[1] == 0 for rows in module.patterns)


@given(chip_songs())
@share_of_examples(0.5)
def test_any_song_is_read(song: ChipSong) -> None:
    module = read(encode_it(song, title="T").data)
    assert sum(len(module.patterns[number]) for number in module.order)


def heard(nodes: tuple[tuple[int, int], ...]) -> list[float]:
    """The envelope at every tick, on lines between its nodes."""
    ticks, levels = zip(*nodes, strict=True)
    return [float(value) for value in np.interp(range(ticks[-1] + 1), ticks, levels)]


@pytest.mark.parametrize("name", ["reed", "square", "thin", "pluck", "brass", "echo", "bell"])
def test_an_envelope_is_the_macro(name: str) -> None:
    macro = INSTRUMENTS[name].volume
    envelope = envelope_of(INSTRUMENTS[name])
    assert len(envelope.nodes) <= 25
    wanted = [*(value * 64 / 15 for value in macro.values), 0.0]
    assert max(abs(a - b) for a, b in zip(heard(envelope.nodes), wanted, strict=True)) <= 2.2
    assert envelope.sustain is not None
    assert macro.release is not None
    assert envelope.nodes[envelope.sustain[1]][0] == macro.release - 1


def test_what_it_cannot_hold_is_counted_and_other_chips_are_refused() -> None:
    notes = (ChipNote(0, 3, 60, 15, "reed"), ChipNote(20, 4, 130, 15, "reed"),
             ChipNote(9_999, 5, 60, 15, "reed"))  # fmt: skip
    song = ChipSong("nes", (ChipVoice("pulse1", notes),), (INSTRUMENTS["reed"],), 96, 96, 0)
    reasons = {item.reason: item.count for item in encode_it(song, title="T").dropped}
    assert reasons["IT: a note below C1 or above B7"] == 1
    assert reasons["IT: a note outside the song"] == 1
    assert reasons["IT: a release cut off, as the note ends before its envelope is held"] == 1
    with pytest.raises(RenderError, match=r"there is no chip 'snez'; .*'snes'"):
        encode_it(replace(song, chip="snez"), title="T")


def wavering(depth: int, period: int, frames: int = 180, delay: int = 30) -> ChipSong:
    """One note of A4 with a vibrato, in rows of six frames."""
    keys = Instrument(
        "keys",
        volume=Macro((15,)),
        vibrato_delay_frames=delay,
        vibrato_depth_cents=depth,
        vibrato_period_frames=period,
    )
    voice = ChipVoice("pulse1", (ChipNote(0, frames, 69, 15, "keys"),))
    return ChipSong("nes", (voice,), (keys,), 192, 96, 0)


def test_a_vibrato_stands_in_the_rows_of_its_note() -> None:
    """From frame 30 to 180 are rows 5 to 29; 14 cents are 9 of Uxy's units; a period is 64 / 6."""
    module = read(encode_it(wavering(14, 10), title="T").data)
    rows = [row.get(1, {}) for number in module.order for row in module.patterns[number]]
    said = {n: cell["value"] for n, cell in enumerate(rows) if cell.get("effect") == 21}
    assert sorted(said) == list(range(5, 30))
    assert [value & 15 for value in said.values()][:5] == [3, 8, 9, 9, 9]
    assert {value >> 4 for value in said.values()} == {6}


def test_a_deep_vibrato_is_the_coarser_effect_and_a_short_note_has_none() -> None:
    module = read(encode_it(wavering(60, 12), title="T").data)
    cells = [cell for rows in module.patterns for row in rows for cell in row.values()]
    assert {cell["value"] & 15 for cell in cells if cell.get("effect") == 8} == {7, 10}
    short = encode_it(wavering(14, 10, frames=30), title="T")
    assert "vibrato" not in str(short.dropped)
    between = encode_it(wavering(14, 10, frames=35, delay=31), title="T")
    assert [(item.reason[:30], item.count) for item in between.dropped] == [
        ("IT: a note without its vibrato", 1)
    ]


def test_the_snes_has_its_sources_and_drums_as_samples() -> None:
    keys = Recording("keys.wav", np.arange(-600, 600, dtype="<i2").tobytes(), 22_050, 60, 200)
    own = Instrument("keys", volume=Macro((15,)), recording=keys)
    track = plan(lead="keys", sound=Sound(instruments=(own,)))
    module = read(encode_it(arrange(music(4), track, "snes"), title="T").data)
    assert {"keys.wav", "kick", "snare", "hat"} <= set(module.samples)
    assert len(set(module.samples)) == len(module.samples)
    assert any(name.endswith(" chorus") for name in module.samples)


def test_panning_changes_with_the_sections_and_in_the_loop() -> None:
    """A voice on the right stands at 201 of 255, in the mirrored section from bar 2 at 54."""
    song = arrange(music(4), plan(), "snes")
    module = read(encode_it(song, title="T").data)
    cells = [row.get(5, {}) for number in module.order for row in module.patterns[number]]
    said = [(n, cell["value"]) for n, cell in enumerate(cells) if cell.get("effect") == 24]
    left, right = PLACES["voice5"]
    wanted = [round(255 * side / (left + right)) for side in (right, left)]
    assert said == [(0, wanted[0]), (32, wanted[1])]


openmpt = pytest.mark.skipif(not shutil.which("openmpt123"), reason="openmpt123 is not installed")


def rendered(folder: Path, song: ChipSong, seconds: float) -> NDArray[np.float64]:
    """The sum of both sides as libopenmpt plays it."""
    path = folder / "song.it"
    path.write_bytes(encode_it(song, title="x").data)
    options = [
        "--batch",
        "--quiet",
        "--render",
        "--samplerate",
        "44100",
        "--force",
        "--repeat",
        "1",
    ]
    command = ["openmpt123", *options, "--end-time", str(seconds), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    samples, rate = soundfile.read(f"{path}.wav")
    assert rate == SAMPLE_RATE_HZ
    mono: NDArray[np.float64] = np.asarray(samples).sum(axis=1)
    return mono


@openmpt
@pytest.mark.parametrize(
    ("voice", "pitch"), [("pulse1", 60), ("pulse2", 45), ("pulse1", 85), ("triangle", 33)]
)
def test_libopenmpt_plays_in_tune(tmp_path: Path, voice: str, pitch: int) -> None:
    notes = (ChipNote(0, 380, pitch, 15, "steady"),)
    song = ChipSong("nes", (ChipVoice(voice, notes),), (Instrument("steady"),), 384, 96, 0)
    expected = 440 * math.pow(2, (pitch - 69) / 12)
    assert abs(cents(measured_hz(rendered(tmp_path, song, 4.0), expected), expected)) < 1


@openmpt
@pytest.mark.parametrize(("depth", "period"), [(8, 12), (14, 10), (40, 8)])
def test_libopenmpt_hears_the_vibrato(tmp_path: Path, depth: int, period: int) -> None:
    """Cents tick by tick from the third period on, by the phase of a cycle's Fourier sum."""
    samples = rendered(tmp_path, wavering(depth, period), 2.8)
    tick = SAMPLE_RATE_HZ * 2.5 / 150
    turns = np.exp(-2j * np.pi * 440 * np.arange(len(samples)) / SAMPLE_RATE_HZ)
    window = np.hanning(402)
    phase = np.unwrap(np.angle(np.convolve(samples * turns, window, "same")))
    hz = 440 + np.diff(phase[:: round(tick / 5)]) / round(tick / 5) * SAMPLE_RATE_HZ / 2 / np.pi
    heard = 1200 * np.log2(hz[5 * 62 : 5 * 170] / 440)
    assert np.abs(1200 * np.log2(hz[10 : 5 * 28] / 440)).max() < 1
    assert heard.max() == pytest.approx(depth, abs=1.5 + 0.06 * depth)
    assert -heard.min() == pytest.approx(depth, abs=1.5 + 0.06 * depth)
    power = np.abs(np.fft.rfft((heard - heard.mean()) * np.hanning(len(heard)), 1 << 15))
    ticks = (1 << 15) / int(power.argmax()) / 5
    assert ticks == pytest.approx(period, rel=0.08)


@openmpt
@pytest.mark.parametrize("band", [(40, 100), (100, 300), (300, 1_000), (1_000, 4_000)])
def test_libopenmpt_hears_the_chips_spectrum(tmp_path: Path, band: tuple[int, int]) -> None:
    song = arrange(music(4), plan(), "nes")
    samples = rendered(tmp_path, song, 6.0)
    ours = render_log(write_registers(song), "none").samples.astype(np.float64)
    count = min(len(samples), len(ours))
    assert abs(band_db(samples[:count], *band) - band_db(ours[:count], *band)) < 1.5


@openmpt
def test_libopenmpt_follows_the_envelope_and_the_end(tmp_path: Path) -> None:
    """Frame by frame: a decay, a held part, a release, silence."""
    shape = Macro((15, 12, 9, 9, 6, 3), loop=3, release=4)
    voice = ChipVoice("pulse1", (ChipNote(8, 20, 69, 15, "shaped"),))
    song = ChipSong("nes", (voice,), (Instrument("shaped", volume=shape),), 96, 96, 0)
    samples = rendered(tmp_path, song, 1.6)
    tick = SAMPLE_RATE_HZ * 2.5 / 150
    levels = [
        float(np.std(samples[round(n * tick) + 150 : round((n + 1) * tick) - 150]))
        for n in range(40)
    ]
    full = levels[8]
    assert max(levels[:8]) < 0.01 * full
    wanted = [15, 12, 9, *[9] * 17, 6, 3, 0, 0]
    # The player glides from one tick's level to the next.
    glides = [wanted[0], *((a + b) / 2 for a, b in pairwise(wanted))]
    for level, value in zip(levels[8:], glides, strict=False):
        assert level / full == pytest.approx(value / 15, abs=0.12 if value < 2 else 0.03)


def played(folder: Path, song: ChipSong, seconds: float) -> NDArray[np.float64]:
    """Both sides as libopenmpt plays them."""
    rendered(folder, song, seconds)
    samples: NDArray[np.float64] = soundfile.read(folder / "song.it.wav")[0]
    return samples


def levels_against_ours(
    theirs: NDArray[np.float64], ours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The level of each side in dB against ours, as the player's own level leaves it."""
    count = min(len(theirs), len(ours))
    found: NDArray[np.float64] = 20 * np.log10(
        np.std(theirs[:count], axis=0) / np.std(ours[:count], axis=0)
    )
    return found


@openmpt
@pytest.mark.parametrize(
    ("voice", "pitch", "name"),
    [("voice1", 69, "reed"), ("voice2", 50, "square"), ("voice3", 33, "triangle"),
     ("voice5", 60, "pad"), ("voice1", 57, "pluck")],
)  # fmt: skip
def test_libopenmpt_plays_the_snes_in_tune(
    tmp_path: Path, voice: str, pitch: int, name: str
) -> None:
    steady = replace(INSTRUMENTS[name], vibrato_delay_frames=None)
    song = ChipSong("snes", (ChipVoice(voice, (ChipNote(0, 200, pitch, 11, name),)),), (steady,),
                    240, 96, 0)  # fmt: skip
    expected = 440 * math.pow(2, (pitch - 69) / 12)
    heard = played(tmp_path, song, 3.3).sum(axis=1)[8_000:120_000]
    assert abs(cents(measured_hz(heard, expected), expected)) < 1


@openmpt
@pytest.mark.slow
def test_libopenmpt_hears_each_voice_of_the_snes_in_its_place(tmp_path: Path) -> None:
    """Two passes of the song: sections with other sides, the loop, and the balance of voices."""
    song = arrange(music(4), plan(), "snes")
    found = {}
    for voice in song.voices:
        alone = replace(song, voices=(voice,))
        ours = render_log(write_registers(alone), "none").samples.astype(np.float64)
        twice = np.concatenate((ours, ours)).reshape(-1, 2)
        theirs = played(tmp_path, alone, 12.7)
        assert len(theirs) > 12 * SAMPLE_RATE_HZ, "the player did not go round the loop"
        found[voice.name] = levels_against_ours(theirs, twice)
    values = np.array(list(found.values()))
    assert np.ptp(values) < 2.5, found
    assert np.abs(values[:, 0] - values[:, 1]).max() < 1.2, found
