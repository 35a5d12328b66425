"""UGE: read by the published layout and played row by row, it gives the notes, to the frame."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_uge
from chipassets.chipfiles.uge_sounds import noise_note
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice, Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.errors import RenderError
from chipassets.music.score import Section
from chipassets.units import STRAIGHT, Swing
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
        self.ticks, timer, divider = self.word(), self.byte(), self.word()
        # hUGETracker's tempo label: 4096 Hz by 256 less the divider.
        self.tick_hz = 4096 / (256 - divider) if timer else 59.7275
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
        found |= {"metallic": self.word(), "moves": self.byte()}
        found["steps"] = self.steps() if found["moves"] else [0] * 14
        if not found["moves"]:
            assert self.take(17 * 64) == struct.pack("<IIIIB", _NO_NOTE, 0, 0, 0, 0) * 64
        assert found["volume"] <= 15
        assert found["fade"] <= 7
        assert found["duty"] <= 3
        return found

    def steps(self) -> list[int]:
        """Semitones against the note in 14 ticks, as the driver runs a subpattern."""
        rows = [
            (self.word(), self.word(), self.word(), self.word(), self.byte()) for _ in range(64)
        ]
        found: list[int] = []
        row = now = 0
        for _ in range(14):
            note, _, jump, effect, parameter = rows[row]
            assert jump <= 15, "GB Studio keeps four bits"
            assert (effect, parameter) == (0, 0)
            now = now if note == _NO_NOTE else note - 36
            found.append(now)
            row = jump - 1 if jump else row + 1
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
    start_tick: int
    end_tick: int | None
    note: int
    instrument: int
    effects: tuple[tuple[int, int], ...] = ()


def played(song: Reader, ticks: int) -> tuple[list[list[Heard]], list[int]]:
    """What each voice plays in so many ticks, and when the song jumps back or stays behind."""
    heard: list[list[Heard]] = [[] for _ in range(4)]
    now, speed, order, row = 0, song.ticks, 0, 0
    jumps = []
    while now < ticks:
        cells = [song.patterns[places[order]][row] for places in song.orders]
        for _, _, effect, parameter in cells:
            speed = parameter if effect == 0xF else speed
        following = None
        for voice, (note, instrument, effect, parameter) in enumerate(cells):
            if note != _NO_NOTE:
                assert instrument
                heard[voice].append(Heard(now, None, note, instrument))
            if heard[voice] and heard[voice][-1].end_tick is None:
                last = heard[voice][-1]
                effects = (*last.effects, (effect, parameter))
                heard[voice][-1] = replace(last, effects=effects)
                if effect == 0xE and parameter < speed:
                    heard[voice][-1] = replace(heard[voice][-1], end_tick=now + parameter)
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


def encoded(song: ChipSong, swing: Swing = STRAIGHT) -> Reader:
    log = write_registers(song)
    return Reader(encode_uge(song, log, title="Song", author="Me", swing=swing).data)


def tick(frame: int) -> float:
    """The time of a frame, in the 64ths of a second in which GB Studio calls the driver."""
    return float(64 * frame / CHIPS["gameboy"].frame_rate_hz)


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
    """At 64 ticks a second, whatever the song's frames; a pattern may be a tick early or late."""
    reader = encoded(song)
    assert (reader.title, reader.author) == ("Song", "Me")
    assert reader.tick_hz == 64
    whole = tick(song.frames)
    heard, jumps = played(reader, round(whole) + 200)
    loop_ticks = jumps[0] if song.loop_start_frame is not None else round(whole)
    assert abs(loop_ticks - whole) <= 1.5
    for spec, voice, got in zip(CHIPS["gameboy"].voices, song.voices, heard, strict=True):
        once = [note for note in got if note.start_tick < loop_ticks]
        for mine, theirs in zip(voice.notes, once, strict=True):
            assert abs(theirs.start_tick - tick(mine.start_frame)) <= 1.5
            if spec.kind == "noise":
                continue
            assert theirs.note == mine.pitch - (24 if spec.kind == "dmg_wave" else 36)
            if theirs.end_tick is not None and theirs.end_tick < loop_ticks:
                assert abs(theirs.end_tick - tick(mine.end_frame)) <= 2


@pytest.mark.parametrize("song", [one for one in SONGS if one.loop_start_frame is not None])
def test_the_loop_plays_its_notes_again(song: ChipSong) -> None:
    reader = encoded(song)
    _, jumps = played(reader, 3 * round(tick(song.frames)))
    heard, _ = played(reader, jumps[1])
    body = jumps[1] - jumps[0]
    for got in heard:
        again = [note.start_tick - body for note in got if note.start_tick >= jumps[0]]
        assert again == [n.start_tick for n in got if jumps[0] - body <= n.start_tick < jumps[0]]


def test_late_notes_are_as_late_as_the_song_swings() -> None:
    """A swung 8th and the 16th after it have rows of their own."""
    swing = Swing(eighths_percent=66.7)
    song = arrange(music(4), plan(swing_percent=66.7), "gameboy")
    reader = encoded(song, swing)
    heard, _ = played(reader, round(tick(song.frames)))
    late = [n for n in song.voices[0].notes if n.start_frame % 24 not in (0, 12)]
    assert len(late) > 3
    for voice, got in zip(song.voices, heard, strict=True):
        assert len(got) == len(voice.notes)
        for mine, theirs in zip(voice.notes, got, strict=True):
            assert abs(theirs.start_tick - tick(mine.start_frame)) <= 1


def test_fast_arpeggios_alternate_between_their_three_pitches() -> None:
    values = (-5, -5, 0, 0, 4, 4)
    chord = Instrument("square -5 0 4", arpeggio=Macro(values, loop=0))
    notes = (ChipNote(0, 40, 60, 15, "square -5 0 4"),)
    song = ChipSong("gameboy", (ChipVoice("pulse2", notes),), (chord,), 96, 96, 0)
    heard = played(encoded(song), 90)[0][1][0]
    assert heard.note == 55 - 36
    held = [effect for effect in heard.effects if effect[0] != 0xE]
    # 60 - 5, and 5 and 9 semitones above it, in every row until the cut.
    assert set(held) == {(0, 0x59)}
    assert len(held) == 6


@pytest.mark.parametrize(
    ("values", "is_lost"),
    [((0, 4, 7), False), ((0, 15), False), ((0, 16), True), ((0, 4, 7, 10), True)],
)
def test_a_fast_arpeggio_has_up_to_three_pitches_within_fifteen_semitones(
    values: tuple[int, ...], is_lost: bool
) -> None:
    chord = Instrument("chord", arpeggio=Macro(values, loop=0))
    notes = (ChipNote(0, 40, 48, 15, "chord"), ChipNote(48, 40, 48, 15, "chord"))
    song = ChipSong("gameboy", (ChipVoice("pulse2", notes),), (chord,), 96, 96, 0)
    made = encode_uge(song, write_registers(song), title="Song")
    lost = {loss.reason: loss.count for loss in made.dropped}
    reason = "UGE: a note without its fast arpeggio of over three pitches or 15 semitones"
    assert lost.get(reason, 0) == 2 * is_lost
    sounding = [note for note in played(Reader(made.data), 60)[0][1] if note.effects]
    assert any(effect == 0 and value for note in sounding for effect, value in note.effects) != (
        is_lost
    )


def test_vibrato_starts_late_and_is_as_deep_as_the_song_has_it() -> None:
    shaky = Instrument("reed", vibrato_delay_frames=16, vibrato_depth_cents=14,
                       vibrato_period_frames=10)  # fmt: skip
    notes = (ChipNote(0, 96, 57, 15, "reed"),)
    song = ChipSong("gameboy", (ChipVoice("pulse1", notes),), (shaky,), 96, 96, 0)
    effects = played(encoded(song), 90)[0][0][0].effects
    units = {parameter & 15 for effect, parameter in effects if effect == 4}
    assert [effect for effect, _ in effects[:3]] == [0, 0, 0]
    assert sum(effect == 4 for effect, _ in effects) >= 10
    # A3 is a period of 596 steps, of which 14 cents are 4.8.
    assert units == {5}


def test_drums_are_those_of_the_registers() -> None:
    song = arrange(music(4), plan(groove="rock"), "gameboy")
    log = write_registers(song)
    reader = encoded(song)
    heard = played(reader, round(tick(song.frames)))[0][3]
    period = 0
    strokes = {}
    for frame, writes in enumerate(log.frames):
        for write in writes:
            period = write.value if write.address == 0xFF22 else period
            if write.address == 0xFF21 and write.value >> 4:
                strokes[frame] = write.value
        strokes |= {frame: strokes[frame] | period << 8} if frame in strokes else {}
    moving = 0
    for mine, theirs in zip(song.voices[3].notes, heard, strict=True):
        drum = reader.instruments[29 + theirs.instrument]
        envelope, first = strokes[mine.start_frame] & 0xFF, strokes[mine.start_frame] >> 8
        assert (drum["volume"] << 4 | drum["fade"]) == envelope
        assert theirs.note == noise_note(first)
        moving += len(set(drum["steps"])) > 1
    assert moving > 10


def test_a_note_that_falls_silent_is_cut_there() -> None:
    short = Instrument("short", volume=Macro((15,) * 9 + (0,)))
    notes = (ChipNote(0, 40, 45, 15, "short"), ChipNote(48, 40, 45, 15, "short"))
    song = ChipSong("gameboy", (ChipVoice("wave", notes),), (short,), 96, 96, 0)
    heard = played(encoded(song), 100)[0][2]
    for mine, theirs in zip(notes, heard[:2], strict=True):
        assert theirs.end_tick is not None
        assert abs(theirs.end_tick - tick(mine.start_frame + 9)) <= 1


def test_notes_without_a_place_are_counted_and_left_out() -> None:
    held = Instrument("held", volume=Macro((15,)))
    notes = (
        ChipNote(0, 8, 45, 15, "held"),
        ChipNote(1, 8, 47, 15, "held"),  # in the same row
        ChipNote(24, 0, 49, 15, "held"),  # without length
        ChipNote(48, 1, 50, 15, "held"),
        ChipNote(96, 8, 52, 15, "held"),  # after the end
    )
    song = ChipSong("gameboy", (ChipVoice("pulse1", notes),), (held,), 96, 96, 0)
    log = write_registers(replace(song, voices=(ChipVoice("pulse1", notes[:1]),)))
    made = encode_uge(song, log, title="Song")
    found = {loss.reason: loss.count for loss in made.dropped}
    assert found["UGE: a second note of a voice in one row"] == 1
    assert found["UGE: a note outside the song"] == 2
    assert [note.note for note in played(Reader(made.data), 60)[0][0]] == [45 - 36, 50 - 36]


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
    """Notes rise with brightness; the driver makes NR43 from 63 less the note."""
    for note in range(64):
        turned = 63 - note
        shift, divider = (0, turned) if turned < 7 else ((turned - 4) // 4, turned % 4 + 4)
        assert noise_note(shift << 4 | divider) == note


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
    heard, jumps = played(encoded(song), round(tick(song.frames)) + 600)
    assert len(jumps) > 3
    assert all(note.start_tick < tick(song.frames) for voice in heard for note in voice)


def test_a_song_that_is_too_large_for_a_game_is_reported() -> None:
    """40 patterns of 4 bars on three voices, no two alike, of 192 bytes each."""
    plain = Instrument("plain", volume=Macro((15,)))
    draw = random.Random(7)
    voices = tuple(
        ChipVoice(
            name,
            tuple(ChipNote(12 * n, 12, draw.randrange(48, 72), 15, "plain") for n in range(1_280)),
        )
        for name in ("pulse1", "pulse2", "wave")
    )
    long = ChipSong("gameboy", voices, (plain,), 96 * 160, 96, 0)
    told = encode_uge(long, write_registers(long), title="x")
    patterns = len(Reader(told.data).patterns)
    size = int(told.warning.split()[4])
    assert size > 16_384
    assert "16384" in told.warning
    assert 192 * patterns < size < 192 * patterns + 2_500
    short = encode_uge(SONGS[0], write_registers(SONGS[0]), title="x")
    assert not short.warning


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
