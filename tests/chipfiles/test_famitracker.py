"""FamiTracker text: it reads back, and played row by row it gives the notes, to the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.chipfiles import decode_famitracker, encode_famitracker
from chipassets.chipfiles.ft_module import module_text
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.dmcbank import clips
from chipassets.errors import RenderError
from tests.chipfiles.material import chip_songs, refuses_damage, tune
from tests.chipfiles.tracker_player import Played, play_module

KEYS = ("C-", "C#", "D-", "D#", "E-", "F-", "F#", "G-", "G#", "A-", "A#", "B-")
SONGS = [
    tune(5, 0),
    tune(9, 2),
    tune(3, None),
    tune(1, 0, 300_000),
    tune(7, 3, 133_700),
    tune(2, 0, 24_000),
    tune(6, 2, 120_000, "nes-vrc6"),
]


def spelled(voice: str, pitch: int) -> str:
    if voice == "noise":
        return f"{15 - pitch:X}-#"
    above = pitch - (12 if voice == "triangle" else 24)
    return f"{KEYS[above % 12]}{above // 12}"


def expected(song: ChipSong) -> list[list[Played]]:
    """Once through the song, by voice."""
    return [
        [
            Played(n.start_frame, n.end_frame, spelled(v.name, n.pitch), n.level, n.instrument)
            for n in v.notes
        ]
        for v in song.voices
    ]


@pytest.mark.parametrize("song", SONGS)
def test_every_note_is_at_its_frame(song: ChipSong) -> None:
    file = encode_famitracker(song, title="Song")
    assert not file.dropped
    module = decode_famitracker(file.data)
    heard, stopped = play_module(module, song.frames)
    if song.loop_start_frame is None:
        assert stopped == song.frames
    if song.chip == "nes-vrc6":
        heard.pop(4)
    for channel, notes in enumerate(expected(song)):
        got = [note for note in heard[channel] if note.start_frame < song.frames]
        assert [replace(n, end_frame=None) for n in got] == [
            replace(n, end_frame=None) for n in notes
        ]
        for mine, theirs in zip(notes, got, strict=True):
            assert theirs.end_frame in (mine.end_frame, None) or mine.end_frame == song.frames


@pytest.mark.parametrize("song", [song for song in SONGS if song.loop_start_frame is not None])
def test_the_loop_goes_on_where_it_should(song: ChipSong) -> None:
    assert song.loop_start_frame is not None
    module = decode_famitracker(encode_famitracker(song, title="Song").data)
    body = song.frames - song.loop_start_frame
    heard, stopped = play_module(module, song.frames + 2 * body)
    assert stopped is None
    for channel in heard:
        starts = {note.start_frame for note in channel}
        for turn in (1, 2):
            again = {
                start + turn * body
                for start in starts
                if song.loop_start_frame <= start < song.frames
            }
            assert again <= starts


@pytest.mark.parametrize("song", SONGS)
def test_text_reads_back(song: ChipSong) -> None:
    data = encode_famitracker(song, title='A "song"', author="A", copyright_line="C").data
    module = decode_famitracker(data)
    assert module.title == 'A "song"'
    assert module_text(module).encode() == data
    spaced = data.replace(b" : ", b"  :   ").replace(b"\n", b"\r\n")
    assert decode_famitracker(spaced) == module


def test_patterns_and_rows_that_are_left_out_are_empty() -> None:
    text = encode_famitracker(tune(5), title="x").data.decode()
    module = decode_famitracker(text.encode())
    lines = text.splitlines(keepends=True)
    blank = [line for line in lines if line.startswith("ROW") and set(line[6:]) <= set(" :.\n")]
    fewer = "".join(line for line in lines if line not in blank)
    assert len(fewer) < len(text)
    assert decode_famitracker(fewer.encode()) == module


@pytest.mark.parametrize(("bars", "loop", "chip"), [(5, 0, "nes"), (6, 2, "nes-vrc6")])
def test_samples_are_struck_at_their_frames(bars: int, loop: int, chip: str) -> None:
    song = tune(bars, loop, chip=chip, drums="dmc")
    file = encode_famitracker(song, title="Song")
    assert not file.dropped
    module = decode_famitracker(file.data)
    assert module_text(module).encode() == file.data
    assert [(item.name, item.data) for item in module.samples] == [
        (clip.name, clip.packed) for clip in clips().values()
    ]
    heard, _ = play_module(module, song.frames)
    names = {
        f"{KEYS[key.note]}{key.octave}": module.samples[key.sample].name for key in module.keys
    }
    assert {key.rate for key in module.keys} == {15}
    got = [(note.start_frame, names[note.name]) for note in heard[4]]
    wanted = [
        (note.start_frame, note.instrument)
        for note in next(voice for voice in song.voices if voice.name == "noise").notes
        if note.instrument in clips()
        and clips()[note.instrument].frames <= song.left(note.start_frame)
    ]
    assert got == wanted
    assert len(got) > 10


@pytest.mark.parametrize(
    ("line", "instead", "named"),
    [
        ("DPCMDEF   0", "DPCMDEF   1", "one by one"),
        ("DPCM : ", "DPCM : 00 ", "more bytes"),
        ("KEYDPCM   ", "KEYDPCM 9 ", "not a number"),
        ("   0  15     0     0  -1", "   7  15     0     0  -1", "sample that is missing"),
        ("   0  15     0     0  -1", "   0  15     1     0  -1", "from 0 to 0"),
    ],
)
def test_broken_samples_are_refused(line: str, instead: str, named: str) -> None:
    text = encode_famitracker(tune(2, drums="dmc"), title="Song").data.decode()
    assert line in text
    with pytest.raises(ValueError, match=f"line .*{named}"):
        decode_famitracker(text.replace(line, instead, 1).encode())


@given(chip_songs(), st.integers(3, 4))
def test_any_song_is_written_or_counted(song: ChipSong, beats: int) -> None:
    file = encode_famitracker(song, title="Song", beats_per_bar=beats)
    module = decode_famitracker(file.data)
    assert module_text(module).encode() == file.data
    heard, _ = play_module(module, song.frames)
    kept = sum(note.start_frame < song.frames for channel in heard for note in channel)
    lost = sum(
        item.count
        for item in file.dropped
        if any(word in item.reason for word in ("second", "below", "outside", "instruments"))
    )
    assert kept + lost == sum(len(voice.notes) for voice in song.voices)
    starts = {n.start_frame for voice in song.voices for n in voice.notes}
    assert {n.start_frame for c in heard for n in c if n.start_frame < song.frames} <= starts


def test_pitch_bends_become_steps_of_rows() -> None:
    bent = Instrument("bent", pitch=Macro((3, 1, -2), loop=1))
    note = ChipNote(0, 60, 69, 15, "bent")
    song = ChipSong("nes", (ChipVoice("pulse1", (note,)),), (bent,), 96, 96, 0)
    macros = decode_famitracker(encode_famitracker(song, title="x").data).macros
    slide = next(macro for macro in macros if macro.kind == 2)
    assert (slide.values, slide.loop) == ((3, -2, -3, 3), 2)


def test_the_text_of_a_small_song_is_unchanged(golden: Callable[[str, str], None]) -> None:
    golden("famitracker.txt", encode_famitracker(tune(2), title="Golden").data.decode())


def test_what_famitracker_cannot_hold_is_refused() -> None:
    with pytest.raises(RenderError, match="gameboy"):
        encode_famitracker(replace(tune(1), chip="gameboy"), title="x")
    with pytest.raises(RenderError, match="tuba"):
        encode_famitracker(replace(tune(1), voices=(ChipVoice("tuba", ()),)), title="x")
    with pytest.raises(RenderError, match="shorter"):
        encode_famitracker(replace(tune(1), frames=4_000 * 96), title="x")


def test_damage_is_refused_by_line() -> None:
    data = encode_famitracker(tune(1), title="Song").data
    refuses_damage(data, decode_famitracker)
    with pytest.raises(ValueError, match="line 13"):
        decode_famitracker(data.replace(b"FRAMERATE       0", b"FRAMERATE       50"))
    with pytest.raises(ValueError, match="H-4"):
        decode_famitracker(data.replace(b"A-3 00", b"H-4 00"))
