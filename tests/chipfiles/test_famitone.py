"""FamiTone text: nothing that FamiTone2's converter refuses, and notes on their rows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from chipassets.arrange import arrange
from chipassets.chipfiles import FtModule, decode_famitracker, encode_famitone
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.errors import RenderError
from chipassets.plan.trackplan import Sound
from tests.chip_music import plan
from tests.chip_music import song as music
from tests.chipfiles.material import chip_songs, tune
from tests.chipfiles.tracker_player import play_module

# What text2data takes in a note's place: on noise any digit, elsewhere C-1 to D-6.
_NOTE = re.compile(r"\.\.\.|---|[A-G][-#][1-5]|[CD]-6|C#6")
_NOISE = re.compile(r"\.\.\.|---|[0-9A-F]-#")


def converted(text: bytes) -> FtModule:
    """The module, after the checks that FamiTone2's converter makes."""
    module = decode_famitracker(text)
    assert all(instrument.macros[0] >= 0 for instrument in module.instruments)
    assert all(instrument.index < 64 for instrument in module.instruments)
    assert {key.instrument for key in module.keys} <= {0}
    assert all(macro.release < 0 and len(macro.values) < 256 for macro in module.macros)
    assert module.expansion == 0
    used = [pattern for row in module.order for pattern in row]
    assert max(used) < len(module.patterns)
    for place, row in enumerate(module.order):
        for channel, pattern in enumerate(row):
            for cells in module.patterns[pattern]:
                _check(cells[channel].note, channel, cells[channel].effects, place)
                assert cells[channel].volume is None
    return module


def _check(note: str, channel: int, effects: tuple[str, ...], place: int) -> None:
    assert (_NOISE if channel == 3 else _NOTE).fullmatch(note), note
    assert len(effects) <= 1
    for effect in effects:
        assert effect[0] in "BDF."
        assert effect[0] != "B" or int(effect[1:], 16) <= place, "no jump forwards"
        assert effect[0] != "D" or effect == "D00"


@pytest.mark.parametrize(
    "song",
    [
        tune(5, 0),
        tune(9, 2),
        tune(3, None),
        tune(7, 3, 133_700),
        tune(2, 0, 24_000),
        arrange(music(8), plan(groove="gallop", sound=Sound(drums="dmc")), "nes"),
        arrange(music(8, loop_start_bar=None), plan(), "nes"),
    ],
)
def test_notes_start_where_they_do_in_the_song(song: ChipSong) -> None:
    file = encode_famitone(song, title="Song")
    module = converted(file.data)
    heard, _ = play_module(module, song.frames)
    heard.pop(4)
    for voice, got in zip(song.voices, heard, strict=True):
        starts = [note.start_frame for note in got if note.start_frame < song.frames]
        assert starts == [note.start_frame for note in voice.notes]
    assert not [
        item for item in file.dropped if "second" in item.reason or "out" in item.reason[:14]
    ]


def test_a_level_is_part_of_an_instrument() -> None:
    steady = Instrument("steady", volume=Macro((15, 10, 5), loop=1, release=None))
    notes = (ChipNote(0, 20, 60, 15, "steady"), ChipNote(24, 20, 60, 6, "steady"))
    song = ChipSong("nes", (ChipVoice("pulse1", notes),), (steady,), 96, 96, 0)
    module = converted(encode_famitone(song, title="x").data)
    volumes = [macro.values for macro in module.macros if macro.kind == 0]
    assert volumes == [(15, 10, 5), (6, 4, 2)]
    assert {item.name for item in module.instruments} == {"steady 15", "steady 6"}


def test_a_release_becomes_a_cut_and_is_counted() -> None:
    fades = Instrument("fades", volume=Macro((15, 12, 6, 3, 1), loop=1, release=2))
    song = ChipSong(
        "nes", (ChipVoice("pulse1", (ChipNote(0, 20, 60, 15, "fades"),)),), (fades,), 96, 96, 0
    )
    file = encode_famitone(song, title="x")
    module = converted(file.data)
    assert [macro.values for macro in module.macros if macro.kind == 0] == [(15, 12)]
    counted = {item.reason: item.count for item in file.dropped}
    assert counted["FamiTone: a note cut without its release"] == 1


def test_more_than_64_instruments_share_levels() -> None:
    names = [f"i{n}" for n in range(10)]
    instruments = tuple(
        Instrument(name, volume=Macro((15 - n, n + 1))) for n, name in enumerate(names)
    )
    notes = tuple(ChipNote(6 * n, 5, 60, 1 + n // 10 % 15, names[n % 10]) for n in range(150))
    song = ChipSong("nes", (ChipVoice("pulse1", notes),), instruments, 960, 96, 0)
    file = encode_famitone(song, title="x")
    assert len(converted(file.data).instruments) <= 64
    assert any("nearby" in item.reason for item in file.dropped)


@given(chip_songs())
def test_any_song_is_taken(song: ChipSong) -> None:
    if song.chip == "nes":
        converted(encode_famitone(song, title="Song").data)


def test_a_track_that_ends_goes_on_with_silence() -> None:
    song = arrange(music(4, loop_start_bar=None), plan(), "nes")
    module = converted(encode_famitone(song, title="x").data)
    silent = module.order[-1]
    for channel, pattern in enumerate(silent):
        assert all(cells[channel].note == "..." for cells in module.patterns[pattern])
    last = module.patterns[silent[0]][0][0]
    assert last.effects == (f"B{len(module.order) - 1:02X}",)


def test_other_chips_are_refused() -> None:
    for chip in CHIPS:
        if chip != "nes":
            with pytest.raises(RenderError, match=chip):
                encode_famitone(replace(tune(1), chip=chip), title="x")
