"""FamiStudio text: read and played apart from the encoder, it sounds as the registers say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_famistudio
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.dmcbank import clips
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import RenderError
from chipassets.plan.trackplan import Sound
from tests.chip_music import plan, song
from tests.chipfiles.famistudio_player import Heard, play, read, ticks
from tests.chipfiles.material import chip_songs, tune
from tests.laws import share_of_examples

_BASES = {"Square1": 0x4000, "Square2": 0x4004, "Triangle": 0x4008, "Noise": 0x400C}


def text_of(chip_song: ChipSong, beats: float = 4, title: str = "A Title") -> str:
    return encode_famistudio(chip_song, title=title, beats_per_bar=beats).data.decode("ascii")


def registers(log: RegisterLog) -> list[dict[int, int]]:
    """What stands in the registers in every frame."""
    held: dict[int, int] = {}
    frames = []
    for writes in log.frames:
        held |= {write.address: write.value for write in writes}
        frames.append(dict(held))
    return frames


def wanted(frame: dict[int, int], channel: str) -> tuple[int, int, int]:
    """Timer, volume and duty of a voice."""
    base = _BASES[channel]
    control = frame[base]
    if channel == "Noise":
        return frame[base + 2] & 15, control & 15, 0
    timer = frame[base + 2] | (frame[base + 3] & 7) << 8
    if channel == "Triangle":
        return timer, 15 * (control != 0x80), 0
    return timer, control & 15, control >> 6


def heard(frame: Heard, channel: str) -> tuple[int, int, int]:
    """The same of a frame that was played; FamiStudio's A3 is the pulses' 440 Hz."""
    if channel == "Noise":
        return frame.note & 15 ^ 15, frame.volume, 0
    spec = {"Square1": "pulse1", "Square2": "pulse2", "Triangle": "triangle"}[channel]
    chip = CHIPS["nes"]
    voice = next(item for item in chip.voices if item.name == spec)
    pitch = frame.note - 1 + 24 - (12 if channel == "Triangle" else 0)
    timer = chip.timer(voice, pitch) + (frame.bend if frame.bend < 1_000 else 0)
    volume = 15 * bool(frame.volume) if channel == "Triangle" else frame.volume
    return timer, volume, 0 if channel == "Triangle" else frame.duty


def differences(chip_song: ChipSong, text: str, beats: float = 4) -> dict[str, int]:
    """In how many frames a voice's sound is another than the registers', by channel."""
    project = read(text)
    log = registers(write_registers(chip_song))
    found = {}
    for channel in _BASES:
        frames = play(project, channel)
        assert len(frames) >= len(log)
        found[channel] = sum(
            wanted(ours, channel)[1:] != heard(theirs, channel)[1:]
            or (
                wanted(ours, channel)[1] > 0
                and theirs.bend < 1_000
                and wanted(ours, channel)[0] != heard(theirs, channel)[0]
            )
            for ours, theirs in zip(log, frames, strict=False)
        )
    return found


@pytest.mark.parametrize("millibpm", [60_000, 97_000, 120_000, 151_000])
def test_what_is_played_equals_the_registers(millibpm: int) -> None:
    chip_song = tune(4, 1, millibpm)
    result = encode_famistudio(chip_song, title="T")
    assert result.dropped == ()
    assert set(differences(chip_song, result.data.decode("ascii")).values()) == {0}


def test_what_falls_into_a_waiting_frame_moves_by_one_and_is_counted() -> None:
    plain = Instrument("plain", volume=Macro((15,)))
    still = ChipSong("nes", (), (plain,), 4 * 113, 113, None)
    waiting = [
        frame for frame, (_, place) in enumerate(ticks(read(text_of(still)))) if place is None
    ]
    assert len(waiting) == 4
    notes = tuple(ChipNote(frame, 20, 60, 15, "plain") for frame in waiting)
    chip_song = replace(still, voices=(ChipVoice("pulse1", notes),))
    result = encode_famistudio(chip_song, title="T")
    ((reason, count),) = [(item.reason, item.count) for item in result.dropped]
    assert "a frame away" in reason
    assert count == 4
    # Each begins a frame sooner, with the row's last frame that counts.
    assert differences(chip_song, result.data.decode("ascii"))["Square1"] == 4


@pytest.mark.parametrize("beats", [3, 3.5, 4, 5])
@pytest.mark.parametrize("millibpm", [45_000, 118_000, 200_000])
def test_bars_begin_where_ours_do(beats: float, millibpm: int) -> None:
    chip_song = tune(4, 1, millibpm)
    project = read(text_of(chip_song, beats))
    starts: dict[int, int] = {}
    for frame, (pattern, _) in enumerate(ticks(project)):
        starts.setdefault(pattern, frame)
    bars = range(0, chip_song.frames, chip_song.frames_per_bar)
    assert set(bars) <= set(starts.values())
    loop = int(project.song["LoopPoint"])
    assert starts[loop] == chip_song.loop_start_frame
    assert sum(1 for _ in ticks(project)) == chip_song.frames


@given(chip_songs())
@share_of_examples(0.5)
def test_any_song_is_read(chip_song: ChipSong) -> None:
    project = read(text_of(chip_song))
    assert project.head["TempoMode"] == "FamiStudio"
    assert sum(1 for _ in ticks(project)) == chip_song.frames


def test_no_version_is_named_so_that_every_version_reads_it() -> None:
    project = read(text_of(tune(1, 0), title='He said "go"'))
    assert "Version" not in project.head
    assert project.song["Name"] == 'He said "go"'
    assert read(text_of(tune(1, None))).song["LoopPoint"] == "-1"


def test_samples_are_drums_from_level_zero() -> None:
    chip_song = arrange(song(2), plan(groove="gallop", sound=Sound(drums="dmc")), "nes")
    project = read(text_of(chip_song))
    assert project.samples
    assert all(project.samples[name] == clips()[name].packed for name in project.samples)
    assert {item["DmcInitialValue"] for item in project.mappings} == {"0"}
    keys = {item["Note"] for item in project.mappings}
    struck = [note for notes in project.notes["DPCM"] for note in notes.values()]
    assert struck
    assert {note["Value"] for note in struck} <= keys
    log = write_registers(chip_song)
    ours = sum(w.address == 0x4015 and w.value == 0x1F for f in log.frames for w in f)
    assert len(struck) == ours


def test_the_vrc6_has_its_own_instruments() -> None:
    chip_song = arrange(song(2), plan(), "nes-vrc6")
    text = text_of(chip_song)
    project = read(text)
    assert project.head["Expansions"] == "VRC6"
    assert {"VRC6Square1", "VRC6Square2", "VRC6Saw"} <= set(project.notes)
    assert 'Vrc6SawMasterVolume="Half"' in text
    duties = {
        value
        for line in text.splitlines()
        if 'Type="DutyCycle"' in line
        for value in line.split('Values="')[1][:-1].split(",")
    }
    assert duties <= {"0", "1", "2", "3", "7"}


def test_what_it_cannot_hold_is_counted() -> None:
    long = Instrument("long", volume=Macro(tuple([15] * 255 + [0, 0])))
    notes = (ChipNote(0, 10, 130, 15, "long"), ChipNote(20, 10, 60, 15, "long"),
             ChipNote(9_999, 5, 60, 15, "long"))  # fmt: skip
    chip_song = ChipSong("nes", (ChipVoice("pulse1", notes),), (long,), 112, 112, None)
    reasons = {item.reason: item.count for item in encode_famistudio(chip_song, title="T").dropped}
    assert reasons["FamiStudio: a note below C0 or above B7"] == 1
    assert reasons["FamiStudio: a note outside the song"] == 1
    assert reasons["FamiStudio: a note whose macro is cut to 255 values"] == 1


def test_what_it_is_not_for_is_refused() -> None:
    with pytest.raises(RenderError, match="FamiStudio text is written for nes and nes-vrc6"):
        encode_famistudio(arrange(song(1), plan(), "gameboy"), title="T")
    long = replace(tune(1, 0), frames=112 * 300, frames_per_bar=112)
    with pytest.raises(RenderError, match="300 patterns and FamiStudio holds 256"):
        encode_famistudio(long, title="T")
    with pytest.raises(RenderError, match="has no rows"):
        encode_famistudio(replace(tune(1, 0), loop_start_frame=10_000), title="T")
