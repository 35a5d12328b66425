"""UGE: read by the published layout and played row by row, it gives the notes, to the frame."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_uge
from chipassets.chipfiles.uge import noise_note
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.errors import RenderError
from chipassets.music.score import Section
from tests.chip_music import plan
from tests.chip_music import song as music
from tests.chipfiles.material import chip_songs, tune

_NO_NOTE = 90


class Reader:
    """The layout of hUGETracker's manual, field by field, to the last byte."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        assert self.word() == 6
        self.title, self.author, self.comment = self.text(), self.text(), self.text()
        self.instruments = [self.instrument(n // 15) for n in range(45)]
        self.waves = [self.take(32) for _ in range(16)]
        assert all(max(wave) <= 15 for wave in self.waves)
        self.ticks, timer, _ = self.word(), self.byte(), self.word()
        assert timer == 0
        self.patterns = dict(self.pattern() for _ in range(self.word()))
        self.orders = [self.order() for _ in range(4)]
        assert [self.take(self.word()) for _ in range(16)] == [b""] * 16
        assert self.at == len(data)

    def take(self, count: int) -> bytes:
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count : self.at]

    def word(self) -> int:
        return int(struct.unpack("<I", self.take(4))[0])

    def byte(self) -> int:
        return self.take(1)[0]

    def text(self) -> str:
        field = self.take(256)
        return field[1 : 1 + field[0]].decode()

    def instrument(self, kind: int) -> dict[str, Any]:
        assert self.word() == kind
        found: dict[str, Any] = {"name": self.text()}
        assert (self.word(), self.byte()) == (0, 0)
        found |= {"volume": self.byte(), "falls": self.word(), "fade": self.byte()}
        assert [self.word() for _ in range(3)] == [0, 0, 0]
        found |= {"duty": self.byte(), "level": self.word(), "wave": self.word()}
        assert (self.word(), self.byte()) == (0, 0)
        assert self.take(17 * 64) == struct.pack("<IIIIB", _NO_NOTE, 0, 0, 0, 0) * 64
        assert found["volume"] <= 15
        assert found["fade"] <= 7
        assert found["duty"] <= 3
        return found

    def pattern(self) -> tuple[int, list[tuple[int, int, int, int]]]:
        number = self.word()
        rows = []
        for _ in range(64):
            note, instrument, unused, effect = (self.word() for _ in range(4))
            assert note < 72 or note == _NO_NOTE
            assert instrument <= 15
            assert unused == 0
            assert effect < 16
            rows.append((note, instrument, effect, self.byte()))
        return number, rows

    def order(self) -> list[int]:
        places = [self.word() for _ in range(self.word() - 1)]
        assert self.word() == 0
        return places


@dataclass(frozen=True, slots=True)
class Heard:
    start_frame: int
    end_frame: int | None
    note: int
    instrument: int


def played(song: Reader, frames: int) -> tuple[list[list[Heard]], list[int]]:
    """What each voice plays in so many frames, and when the song jumps back or stays behind."""
    heard: list[list[Heard]] = [[] for _ in range(4)]
    now, speed, order, row = 0, song.ticks, 0, 0
    jumps = []
    while now < frames:
        cells = [song.patterns[places[order]][row] for places in song.orders]
        for _, _, effect, parameter in cells:
            speed = parameter if effect == 0xF else speed
        following = None
        for voice, (note, instrument, effect, parameter) in enumerate(cells):
            if note != _NO_NOTE:
                assert instrument
                heard[voice].append(Heard(now, None, note, instrument))
            if effect == 0xE and parameter < speed and heard[voice]:
                last = heard[voice][-1]
                if last.end_frame is None:
                    heard[voice][-1] = replace(last, end_frame=now + parameter)
            if effect == 0xB:
                following = parameter - 1, 0
            if effect == 0xD:
                following = order + 1, parameter - 1
        now += speed
        row += 1
        if following is None and row == 64:
            following = (order + 1) % len(song.orders[0]), 0
        if following is not None:
            if following[0] <= order:
                jumps.append(now)
            order, row = following
    return heard, jumps


def encoded(song: ChipSong) -> Reader:
    return Reader(encode_uge(song, write_registers(song), title="Song", author="Me").data)


SONGS = [
    tune(5, 0, chip="gameboy"),
    tune(9, 2, chip="gameboy"),
    tune(3, None, chip="gameboy"),
    tune(7, 3, 133_700, "gameboy"),
    tune(2, 0, 24_000, "gameboy"),
    arrange(music(8), plan(groove="gallop"), "gameboy"),
]


@pytest.mark.parametrize("song", SONGS)
def test_notes_are_where_they_are_in_the_song(song: ChipSong) -> None:
    reader = encoded(song)
    assert (reader.title, reader.author) == ("Song", "Me")
    start = song.loop_start_frame
    heard, jumps = played(reader, 2 * song.frames)
    if start is not None:
        assert jumps[0] == song.frames
    for spec, voice, got in zip(CHIPS["gameboy"].voices, song.voices, heard, strict=True):
        once = [note for note in got if note.start_frame < song.frames]
        assert [note.start_frame for note in once] == [note.start_frame for note in voice.notes]
        if spec.kind == "noise":
            continue
        lowest = 24 if spec.kind == "dmg_wave" else 36
        for mine, theirs in zip(voice.notes, once, strict=True):
            assert theirs.note == mine.pitch - lowest
            assert theirs.end_frame in (mine.end_frame, None) or mine.end_frame >= song.frames
        if start is not None:
            again = {note.start_frame for note in got if note.start_frame >= song.frames}
            body = song.frames - start
            wanted = {n.start_frame + body for n in voice.notes if n.start_frame >= start}
            assert {frame for frame in wanted if frame < 2 * song.frames} <= again


def test_the_wave_is_the_registers() -> None:
    song = SONGS[0]
    log = write_registers(song)
    held = {write.address: write.value for write in log.frames[0]}
    wave = bytes(n for at in range(16) for n in (held[0xFF30 + at] >> 4, held[0xFF30 + at] & 15))
    assert encoded(song).waves[0] == wave


def test_envelopes_follow_the_macros() -> None:
    instruments = (
        Instrument("held", volume=Macro((15,)), duty=Macro((1,))),
        Instrument("falls", volume=Macro((15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))),
    )
    notes = (ChipNote(0, 20, 60, 15, "held"), ChipNote(24, 20, 60, 8, "held"),
             ChipNote(48, 20, 60, 15, "falls"))  # fmt: skip
    song = ChipSong("gameboy", (ChipVoice("pulse1", notes),), instruments, 96, 96, 0)
    first, second, third = encoded(song).instruments[:3]
    assert (first["volume"], first["fade"], first["duty"]) == (15, 0, 1)
    assert (second["volume"], second["fade"]) == (8, 0)
    assert (third["fade"], third["falls"]) == (1, 1)


def test_noise_notes_are_those_of_the_driver() -> None:
    """Notes rise with brightness; the period table falls."""
    notes = [noise_note(index) for index in range(16)]
    assert notes == sorted(notes, reverse=True)
    assert len(set(notes)) > 10


@given(chip_songs())
def test_any_song_is_taken_or_refused_with_a_reason(song: ChipSong) -> None:
    song = replace(song, chip="gameboy", voices=tuple(
        voice for voice in song.voices if voice.name in ("pulse1", "pulse2", "noise")
    ))  # fmt: skip
    try:
        encoded(song)
    except RenderError as error:
        assert "instruments" in str(error)  # noqa: PT017


def test_a_track_that_ends_goes_on_with_silence() -> None:
    song = arrange(music(4, loop_start_bar=None), plan(), "gameboy")
    heard, jumps = played(encoded(song), song.frames + 600)
    assert len(jumps) > 3
    assert all(note.start_frame < song.frames for voice in heard for note in voice)


def test_other_chips_are_refused() -> None:
    song = tune(1)
    with pytest.raises(RenderError, match="nes"):
        encode_uge(song, write_registers(song), title="x")


def test_waves_and_sides_of_all_sections_are_held() -> None:
    form = (Section("A", 0, 2), Section("B", 2, 2), Section("A", 4, 2))
    song = arrange(replace(music(6), sections=form), plan(), "gameboy")
    log = write_registers(song)
    reader = encoded(song)
    used = {cell[1] for n in set(reader.orders[2]) for cell in reader.patterns[n] if cell[1]}
    waves = {reader.instruments[14 + number]["wave"] for number in used}
    assert waves == {0, 1}
    written = [
        bytes(write.value for write in writes if 0xFF30 <= write.address < 0xFF40)
        for writes in log.frames
        if any(write.address == 0xFF30 for write in writes)
    ]
    assert len(written) == 3
    for number, packed in enumerate(dict.fromkeys(written)):
        assert reader.waves[number] == bytes(n for byte in packed for n in (byte >> 4, byte & 15))
    sides = [
        cell[3]
        for place in range(len(reader.orders[0]))
        for row in range(64)
        for cell in (reader.patterns[order[place]][row] for order in reader.orders)
        if cell[2] == 0x8
    ]
    assert sides == [w.value for writes in log.frames for w in writes if w.address == 0xFF25]
    assert sides == [0xFD, 0xDF, 0xFD]
