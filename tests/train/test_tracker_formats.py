"""What the numbers in a tracker's file mean, by the format's own documents and the hardware's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from chipassets.chipfiles.mod_file import ModCell
from chipassets.midi.reader import MidiContent
from chipassets.train.music import RefusedFileError
from chipassets.train.trackers.beats import to_content
from chipassets.train.trackers.famitracker import read_famitracker
from chipassets.train.trackers.mod import read_mod
from chipassets.train.trackers.percussion import (
    CLOSED_HAT,
    CRASH,
    KICK,
    OPEN_HAT,
    SNARE,
    TOM,
    drum_by_name,
)
from chipassets.train.trackers.pico8 import read_pico8
from chipassets.train.trackers.playing import Played, PlayedNote, play
from chipassets.train.trackers.reading import songs_of_tracker
from chipassets.train.trackers.rows import EMPTY, Cell
from chipassets.train.trackers.uge import read_uge
from tests.train.tracker_files import (
    C2,
    D2,
    OneChannel,
    UgeSound,
    cartridge,
    module,
    notes_of,
    uge,
)

NO_NOTE = 90
BLANK = (NO_NOTE, 0, 0, 0)
FRAME_HZ = 4_194_304 / 70_224


# Game Boy. Pan Docs: envelopes step 64 times a second divided by the sweep, the length counts
# 256 times a second from its value to 64, or 256 for the wave.


@pytest.mark.parametrize(
    ("sound", "seconds", "velocity"),
    [
        (UgeSound(volume=15), None, 127),
        (UgeSound(volume=9), None, 76),
        (UgeSound(volume=15, sweep=4), 15 * 4 / 64, 127),
        (UgeSound(volume=8, sweep=1), 8 / 64, 68),
        (UgeSound(volume=8, sweep=4, falls=False), None, 68),
        (UgeSound(volume=0, sweep=2, falls=False), None, 127),  # rises from silence
        (UgeSound(volume=15, length=32, is_cut=True), 32 / 256, 127),
        (UgeSound(volume=15, length=63, is_cut=True), 1 / 256, 127),
        (UgeSound(volume=15, length=64, is_cut=True), 1 / 256, 127),
        (UgeSound(volume=15, length=32), None, 127),
        (UgeSound(volume=15, sweep=1, length=0, is_cut=True), 15 / 64, 127),
        (UgeSound(volume=15, sweep=7, length=0, is_cut=True), 64 / 256, 127),
    ],
)
def test_a_pulse_of_the_game_boy_lasts_as_its_envelope_and_its_length(
    sound: UgeSound, seconds: float | None, velocity: int
) -> None:
    (note,) = play(read_uge(uge(6, [(24, 1, 0, 0)], sounds={0: sound}))).notes
    rows = 64 if seconds is None else seconds * FRAME_HZ / 7
    assert (note.start, note.pitch, note.velocity) == (0, 60, velocity)
    assert note.end == pytest.approx(rows)


@pytest.mark.parametrize(
    ("sound", "seconds", "velocity"),
    [
        (UgeSound(volume=0, wave_level=1), None, 127),
        (UgeSound(wave_level=2), None, 64),
        (UgeSound(wave_level=3), None, 32),
        (UgeSound(sweep=2), None, 127),  # it has no envelope
        (UgeSound(length=192, is_cut=True), 64 / 256, 127),
        (UgeSound(length=0, is_cut=True), 1.0, 127),
    ],
)
def test_the_wave_has_four_levels_and_a_longer_length(
    sound: UgeSound, seconds: float | None, velocity: int
) -> None:
    (note,) = play(read_uge(uge(6, [(24, 1, 0, 0)], channel=2, sounds={15: sound}))).notes
    rows = 64 if seconds is None else seconds * FRAME_HZ / 7
    assert (note.start, note.pitch, note.velocity) == (0, 48, velocity)
    assert note.end == pytest.approx(rows)


def test_a_wave_of_level_0_is_silent() -> None:
    data = uge(6, [(24, 1, 0, 0)], channel=2, sounds={15: UgeSound(wave_level=0)})
    assert not play(read_uge(data)).notes


@pytest.mark.parametrize(
    ("version", "channel", "place"),
    [(6, 0, 1), (6, 1, 1), (6, 3, 31), (3, 3, 31), (2, 0, 1), (2, 3, 1)],
)
def test_channels_have_banks_of_fifteen_instruments_since_version_3(
    version: int, channel: int, place: int
) -> None:
    rows = [(24, 2, 0, 0), (26, 0, 0, 0), BLANK]  # the second note keeps the instrument
    data = uge(version, rows, channel, sounds={place: UgeSound("Kick", volume=5)})
    played = play(read_uge(data))
    if channel == 3:
        assert [(s.start, s.key, s.velocity) for s in played.strokes] == [
            (0, KICK, 42),
            (1, KICK, 42),
        ]
    else:
        assert [(n.pitch, n.velocity) for n in played.notes] == [(60, 42), (62, 42)]


@pytest.mark.parametrize("number", [0, 16])
def test_a_note_without_an_instrument_is_plain(number: int) -> None:
    (note,) = play(read_uge(uge(6, [(24, number, 0, 0)]))).notes
    assert note.velocity == 127


# Pan Docs: noise steps at 262144 / (divider << shift) hertz; hUGEDriver counts notes down from 63,
# seven by the divider alone, then four to each shift.
@pytest.mark.parametrize(
    ("note", "sweep", "key"),
    [
        (71, 0, CLOSED_HAT),  # 524288 Hz
        (63, 0, CLOSED_HAT),  # 524288 Hz
        (58, 0, CLOSED_HAT),  # 52429 Hz
        (57, 0, SNARE),  # 43691 Hz
        (47, 1, CLOSED_HAT),  # 8192 Hz, for 5/64 s
        (46, 1, SNARE),  # 6554 Hz
        (39, 0, SNARE),  # 2048 Hz
        (38, 0, KICK),  # 1638 Hz
        (0, 0, KICK),
    ],
)
def test_noise_of_the_game_boy_is_a_drum_by_its_rate(note: int, sweep: int, key: int) -> None:
    sound = UgeSound(volume=5, sweep=sweep)
    played = play(read_uge(uge(6, [(note, 1, 0, 0)], channel=3, sounds={30: sound})))
    assert [stroke.key for stroke in played.strokes] == [key]


def test_notes_of_the_game_boy_end_at_the_seventy_second() -> None:
    rows = [(-1, 1, 0, 0), (0, 1, 0, 0), (71, 1, 0, 0), (72, 1, 0, 0)]
    assert [n.pitch for n in play(read_uge(uge(6, rows))).notes] == [36, 107]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # Cxy sets the volume y, Axy moves it by x - y once a row.
        ([(24, 1, 0xC, 0x05), BLANK, (NO_NOTE, 0, 0xC, 0)], [(0, 2, 60, 42)]),
        ([(24, 1, 0xC, 0x0F), *[(NO_NOTE, 0, 0xA, 0x05)] * 9], [(0, 3, 60, 127)]),
        (
            [(24, 1, 0xC, 0x01), *[(NO_NOTE, 0, 0xA, 0x10)] * 2, (26, 0, 0, 0), (28, 0, 0xC, 0x0F)],
            [(0, 3, 60, 8), (3, 4, 62, 102), (4, 64, 64, 127)],
        ),
        # 7xy delays, Exy cuts, 3xy glides, 0xy is a chord.
        ([(24, 1, 0x7, 2), (26, 1, 0xE, 5)], [(2 / 7, 1, 60, 102), (1, 1 + 5 / 7, 62, 102)]),
        ([(24, 1, 0x7, 7), BLANK, (26, 1, 0x7, 6)], [(2 + 6 / 7, 64, 62, 102)]),
        ([(24, 1, 0, 0), (26, 1, 0x3, 4)], [(0, 1, 60, 102), (1, 64, 62, 102)]),
        ([(24, 1, 0, 0x40), (26, 1, 0, 0x01)],
         [(0, 1, 60, 102), (0, 1, 64, 102), (1, 64, 62, 102)]),
        # Fxx is the speed, Bxx goes to place xx, counted from 1, Dxx to a row of the next.
        ([(24, 1, 0xF, 1), (26, 1, 0xE, 1)], [(0, 1, 60, 102), (1, 2, 62, 102)]),
        ([(24, 1, 0xB, 1)], [(0, 1, 60, 102)]),
        ([(24, 1, 0xD, 1)], [(0, 1, 60, 102)]),
        ([(24, 1, 0, 0), (26, 1, 0xD, 3), (28, 1, 0, 0), (31, 1, 0, 0)],
         [(0, 1, 60, 102), (1, 2, 62, 102), (2, 3, 64, 102), (3, 64, 67, 102)]),
    ],
)  # fmt: skip
def test_effects_of_hugetracker(
    rows: list[tuple[int, int, int, int]], found: list[tuple[float, float, int, int]]
) -> None:
    played = play(read_uge(uge(6, rows)))
    told = [(n.start, n.end, n.pitch, n.velocity) for n in played.notes]
    assert told == [pytest.approx(note) for note in found]


@pytest.mark.parametrize(
    ("speed", "timer", "seconds"),
    [
        (7, 0, 7 / FRAME_HZ),
        (1, 0, 1 / FRAME_HZ),
        (0, 0, 1 / FRAME_HZ),
        (5, 192, 5 * 64 / 4096),  # the timer counts from its divider to 256, 4096 times a second
        (5, 255, 5 / 4096),
        (5, 256, 5 / 4096),
    ],
)
def test_a_row_lasts_its_speed_in_frames_or_in_periods_of_the_timer(
    speed: int, timer: int, seconds: float
) -> None:
    played = play(read_uge(uge(6, [(24, 1, 0, 0)], speed=speed, timer=timer)))
    assert played.row_seconds == pytest.approx([seconds] * 64)


# FamiTracker.


def famitracker(
    rows: list[str],
    *,
    channel: int = 0,
    macros: str = "",
    settings: str = "",
    track: str = "6 150",
    channels: int = 5,
) -> str:
    """A text of one pattern with these cells in a channel; instrument 00 has macros 0."""
    cells = [["... .. . ..."] * channels for _ in rows]
    for row, cell in zip(cells, rows, strict=True):
        row[channel] = cell
    lines = [f"ROW {n:02X} : {' : '.join(row)}" for n, row in enumerate(cells)]
    return "\n".join(
        ["# FamiTracker text export 0.4.2", settings, macros, 'INST2A03 0 0 0 -1 -1 -1 "a"',
         f"TRACK {len(rows)} {track} \"x\"", "COLUMNS : 1 1 1 1 1",
         f"ORDER 00 : {' '.join(['00'] * channels)}", "PATTERN 00", *lines, ""]
    )  # fmt: skip


def played_text(text: str) -> Played:
    (song,) = read_famitracker(text.encode())
    return play(song)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # Axy slides by eighths of a level in each of six ticks.
        (["C-3 00 F A08", *["... .. . ..."] * 5], [(0, 2 + 2 / 6, 119)]),
        (["C-3 00 8 A10", *["... .. . ..."] * 3, "D-3 .. . A00"], [(0, 4, 69), (4, 5, 68)]),
        (["C-3 00 F A08", "... .. . A00", "... .. . ..."], [(0, 3, 119)]),
        # Gxx delays and Sxx cuts by frames, which are the ticks at tempo 150.
        (["C-3 00 F G02", "... .. . S03", "... .. . ..."], [(2 / 6, 1.5, 127)]),
        (["C-3 00 F G06", "D-3 00 F G05"], [(1 + 5 / 6, 2, 127)]),
        # Fxx below the split is the speed; Dxx ends the pattern, Cxx the song.
        (["C-3 00 F F03", "... .. . S02", "... .. . ..."], [(0, 1 + 2 / 3, 127)]),
        (["C-3 00 F D00", "D-3 00 F ..."], [(0, 1, 127)]),
        (["C-3 00 F ...", "D-3 00 F C00", "E-3 00 F ..."], [(0, 1, 127), (1, 2, 127)]),
        (["C-3 00 F ...", "=== .. . ..."], [(0, 1, 127)]),
        (["C-3 00 F ...", "... .. 0 ...", "... .. 4 ..."], [(0, 1, 127), (2, 3, 34)]),
    ],
)
def test_effects_of_famitracker(rows: list[str], found: list[tuple[float, float, int]]) -> None:
    notes = play(read_famitracker(famitracker(rows).encode())[0]).notes
    told = [(note.start, note.end, note.velocity) for note in notes]
    assert told == [pytest.approx(one) for one in found]


@pytest.mark.parametrize(
    ("rows", "pitches"),
    [
        (["C-0 00 F ..."], [24]),
        (["B-7 00 F ..."], [119]),
        (["C#3 00 F ..."], [61]),
        (["C-3 00 F 047"], [60, 64, 67]),
        (["C-3 00 F 001"], [60]),  # a trill
        (["C-3 00 F ...", "... .. . Q03"], [60, 63]),
        (["C-3 00 F ...", "... .. . R13"], [60, 57]),
        (["C-3 00 F 3FF", "D-3 00 F ...", "E-3 00 F 300"], [60, 62, 64]),
    ],
)
def test_pitches_of_famitracker(rows: list[str], pitches: list[int]) -> None:
    assert [note.pitch for note in played_text(famitracker(rows)).notes] == pitches


@pytest.mark.parametrize(
    ("settings", "track", "seconds"),
    [
        ("", "6 150", 6 * 2.5 / 150),
        ("", "3 75", 3 * 2.5 / 75),
        ("", "4 0", 4 / 60),  # without a tempo a tick is a frame
        ("MACHINE 1", "4 0", 4 / 50),
        ("MACHINE 1\nFRAMERATE 0", "4 0", 4 / 50),
        ("FRAMERATE 1", "4 0", 4.0),
        ("FRAMERATE 800", "4 0", 4 / 800),
        ("FRAMERATE 801", "4 0", 4 / 60),
        ("", "1 255", 2.5 / 255),
        ("", "255 255", 2.5),
    ],
)
def test_a_row_lasts_its_speed_in_ticks(settings: str, track: str, seconds: float) -> None:
    played = played_text(famitracker(["C-3 00 F ..."] * 2, settings=settings, track=track))
    assert played.row_seconds == pytest.approx([seconds] * 2)


@pytest.mark.parametrize(
    ("split", "value", "seconds"),
    [(32, "1F", 31 * 2.5 / 150), (32, "20", 6 * 2.5 / 32), (33, "20", 32 * 2.5 / 150)],
)
def test_the_split_tells_speeds_from_tempi(split: int, value: str, seconds: float) -> None:
    text = famitracker([f"C-3 00 F F{value}"], settings=f"SPLIT {split}")
    assert played_text(text).row_seconds == pytest.approx([seconds])


@pytest.mark.parametrize(
    ("rows", "end"), [(["C-3 00 F F4B", "... .. . S03", "... .. . ..."], 1 + 1.5 / 6)]
)
def test_frames_are_parts_of_ticks_at_other_tempi(rows: list[str], end: float) -> None:
    """At tempo 75 a tick has two frames."""
    (note,) = played_text(famitracker(rows)).notes
    assert note.end == pytest.approx(end)


@pytest.mark.parametrize("track", ["0 6 150", "257 6 150", "4 0 150", "4 256 150", "4 6 256"])
def test_tracks_that_famitracker_does_not_have_are_refused(track: str) -> None:
    text = famitracker(["C-3 00 F ..."]).replace("TRACK 1 6 150", f"TRACK {track}")
    with pytest.raises(RefusedFileError, match="line 5: a track of"):
        read_famitracker(text.encode())


@pytest.mark.parametrize(
    ("macro", "frames"),
    [
        ("-1 -1 0 : 15 8 0", 2),
        ("-1 -1 0 : 15 0 0", 1),
        ("-1 -1 0 : 15 0 3 0", 3),  # until it is silent for good
        ("-1 -1 0 : 0", 1),
        ("-1 -1 0 : 15 8", None),
        ("2 -1 0 : 15 8 0", 2),  # a loop of silence
        ("1 -1 0 : 15 8 0", None),
        ("-1 2 0 : 15 0 9 8", 1),  # up to the release
        ("-1 3 0 : 15 0 9 0", None),
        ("-1 0 0 : 15 0", 1),
    ],
)
def test_an_instrument_lasts_while_its_volume_macro_sounds(macro: str, frames: int | None) -> None:
    text = famitracker(["C-3 00 F ...", "... .. . ..."], macros=f"MACRO 0 0 {macro}", track="6 0")
    if frames is None:
        (note,) = played_text(text).notes
        assert note.end == 2
    else:
        ends = [note.end for note in played_text(text).notes]
        assert ends == pytest.approx([] if macro.endswith(": 0") else [frames / 6])


# NESdev: the noise's period 15 - x; of the table's sixteen, NTSC rates of 4, 32, 762 and 1016
# clocks are 447, 56, 2.3 and 1.8 kHz.
@pytest.mark.parametrize(
    ("note", "macro", "drum"),
    [
        ("F-# 00 F ...", "", CLOSED_HAT),
        ("C-# 00 F ...", "", CLOSED_HAT),  # 56 kHz
        ("B-# 00 F ...", "", SNARE),  # 28 kHz
        ("3-# 00 F ...", "", SNARE),  # 2.3 kHz
        ("2-# 00 F ...", "", KICK),  # 1.8 kHz
        ("2-# 00 F ...", "MACRO 1 0 -1 -1 0 : 0", KICK),
        ("2-# 00 F ...", "MACRO 1 0 -1 -1 0 : 0 1", SNARE),
        ("2-# 00 F ...", "MACRO 1 0 -1 -1 0 : 0 0 1", SNARE),
        ("2-# 00 F ...", "MACRO 1 0 -1 -1 0 : 0 0 0 1", KICK),  # settled by the third frame
        ("F-# 00 F ...", "MACRO 1 0 -1 -1 1 : 2", KICK),  # fixed
        ("F-# 00 F ...", "MACRO 1 0 -1 -1 1 : 3", SNARE),
        ("C-3 00 F ...", "", KICK),  # a name of a tone
    ],
)
def test_noise_of_the_nes_is_a_drum_by_its_period(note: str, macro: str, drum: int) -> None:
    played = played_text(famitracker([note], channel=3, macros=macro))
    assert [stroke.key for stroke in played.strokes] == [drum]
    assert not played.notes


def test_a_drum_on_the_triangle_and_a_nameless_sample_are_known() -> None:
    tom = famitracker(["C-2 00 F ..."], channel=2).replace('"a"', '"Tom"')
    assert [stroke.key for stroke in played_text(tom).strokes] == [TOM]
    pulse = famitracker(["C-2 00 F ..."]).replace('"a"', '"Tom"')
    assert not played_text(pulse).strokes
    sample = famitracker(["C-2 00 F ..."], channel=4)
    assert [stroke.key for stroke in played_text(sample).strokes] == [KICK]
    keyed = sample.replace("TRACK", 'DPCMDEF 7 1 "crash.wav"\nKEYDPCM 0 2 0 7 15 0 0 -1\nTRACK', 1)
    assert [stroke.key for stroke in played_text(keyed).strokes] == [CRASH]


@pytest.mark.parametrize(
    ("expansion", "channels", "last"),
    [(0, 5, "samples"), (1, 8, "vrc6_saw"), (1, 6, "vrc6_pulse1"), (0, 6, "channel 6"),
     (1, 9, "channel 9"), (2, 6, "channel 6"), (3, 7, "vrc6_pulse2")],
)  # fmt: skip
def test_channels_beyond_the_nes_have_the_names_of_their_chip(
    expansion: int, channels: int, last: str
) -> None:
    text = famitracker(
        ["C-3 00 F ..."],
        channel=channels - 1,
        settings=f"EXPANSION {expansion}",
        channels=channels,
    )
    (song,) = read_famitracker(text.encode())
    assert song.channels[-1] == last
    assert len(song.channels) == channels


@pytest.mark.parametrize(
    ("chip", "pitches"), [("2A03", [67]), ("VRC6", [67]), ("N163", [67]), ("VRC7", [60])]
)
def test_instruments_of_chips_with_macros_have_them(chip: str, pitches: list[int]) -> None:
    name = "" if chip in ("2A03", "VRC7") else chip
    text = famitracker(["C-3 00 F ..."], macros=f"MACRO{name} 1 0 -1 -1 0 : 0 7")
    text = text.replace("INST2A03", f"INST{chip}")
    assert [note.pitch for note in played_text(text).notes] == pitches


# ProTracker.


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({0: ModCell(1, C2, 0xC, 32)}, [(0, 64, 64)]),
        ({0: ModCell(1, C2, 0xC, 80)}, [(0, 64, 127)]),
        ({0: ModCell(1, C2), 2: ModCell(effect=0xE, parameter=0xBF)}, [(0, 64, 127)]),
        # EBx: once by x of 64, in the row's first tick.
        ({0: ModCell(1, C2, 0xC, 15), 2: ModCell(effect=0xE, parameter=0xBF)}, [(0, 2, 30)]),
        (
            {0: ModCell(1, C2, 0xC, 0), 2: ModCell(effect=0xE, parameter=0xAF), 4: ModCell(0, D2)},
            [(2, 4, 30), (4, 64, 30)],
        ),
        # A slide in the five ticks after the first, also beside a glide or vibrato.
        (
            {0: ModCell(1, C2, 0xA, 0x0C), 1: ModCell(1, C2, 0xA, 0x0D)},
            [(0, 1, 127), (1, 1 + 5 / 6, 127)],
        ),
        ({0: ModCell(1, C2), 1: ModCell(effect=0x5, parameter=0x0D)}, [(0, 1 + 5 / 6, 127)]),
        ({0: ModCell(1, C2), 1: ModCell(effect=0x6, parameter=0x0D)}, [(0, 1 + 5 / 6, 127)]),
        ({0: ModCell(1, C2), 1: ModCell(effect=0x4, parameter=0x0D)}, [(0, 64, 127)]),
        (
            {0: ModCell(1, C2, 0xC, 10), 1: ModCell(effect=0xA, parameter=0x21), 2: ModCell(1, C2)},
            [(0, 2, 20), (2, 64, 127)],
        ),
    ],
)  # fmt: skip
def test_volumes_of_protracker(
    cells: dict[int, ModCell], found: list[tuple[float, float, int]]
) -> None:
    data = module({(0, row, 0): cell for row, cell in cells.items()})
    told = [(n.start, n.end, n.velocity) for n in play(read_mod(data)).notes]
    assert told == [pytest.approx(one) for one in found]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 6 * 2.5 / 125), (1, 2.5 / 125), (31, 31 * 2.5 / 125), (32, 6 * 2.5 / 32)],
)
def test_a_speed_of_32_is_a_tempo(value: int, seconds: float) -> None:
    played = play(read_mod(module({(0, 0, 0): ModCell(1, C2, 0xF, value)})))
    assert played.row_seconds == pytest.approx([seconds] * 64)


@pytest.mark.parametrize(
    ("mark", "channels"),
    [(b"M!K!", 4), (b"FLT4", 4), (b"6CHN", 6), (b"CD81", 8), (b"10CH", 10), (b"32CH", 32)],
)
def test_the_mark_of_a_module_tells_its_channels(mark: bytes, channels: int) -> None:
    data = module({}, channels=4)
    assert read_mod(data[:1080] + mark + data[1084:]).count == channels


def test_a_jump_beyond_the_order_begins_it_again() -> None:
    cells = {
        (0, 0, 0): ModCell(effect=0xB, parameter=1),
        (0, 8, 1): ModCell(1, C2),
        (1, 0, 0): ModCell(effect=0xB, parameter=2),
        (1, 0, 1): ModCell(effect=0xD, parameter=0x05),
    }
    # Place 0 row 0, place 1 row 0, then place 0 from row 5 on, and place 1 was already played.
    data = module(cells, (0, 1))
    assert [(start, pitch) for start, _, pitch in notes_of(data)] == [(2 + 3, 60)]
    assert len(play(read_mod(data)).row_seconds) == 2 + 59


# PICO-8.


def slots(*cells: str) -> str:
    """A sound effect at speed 16 of these slots."""
    return "01100000" + "".join(cells)


# A slot is pitch, wave, volume, effect: 6 is noise, effect 3 a drop.
@pytest.mark.parametrize(
    ("slot", "key"),
    [
        ("0f650", KICK),
        ("10650", SNARE),
        ("27650", SNARE),
        ("28650", CLOSED_HAT),
        ("1d653", KICK),
        ("1e653", SNARE),
        ("1c053", KICK),
        ("1d053", TOM),
        ("28053", TOM),
        ("29053", 0),
        ("1c050", 0),
    ],
)
def test_noise_and_dropping_tones_of_a_cartridge_are_drums(slot: str, key: int) -> None:
    (song,) = read_pico8(cartridge({0: slots(slot)}, ["00 00414141"]))
    assert [stroke.key for stroke in song.strokes] == ([key] if key else [])
    assert len(song.notes) == (not key)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("18070", "18070"), [(0, 2, 60, 127)]),
        (("18050", "18030"), [(0, 2, 60, 91)]),  # softer: goes on
        (("18030", "18050"), [(0, 1, 60, 54), (1, 2, 60, 91)]),  # louder: anew
        (("18050", "18150"), [(0, 1, 60, 91), (1, 2, 60, 91)]),  # another wave
        (("18055", "18050"), [(0, 1, 60, 91), (1, 2, 60, 91)]),  # faded out
        (("18050", "18054"), [(0, 1, 60, 91), (1, 2, 60, 91)]),  # fades in
        (("18050", "18055"), [(0, 2, 60, 91)]),
        (("00050",), [(0, 1, 36, 91)]),
        (("3f010",), [(0, 1, 99, 18)]),
        (("18650", "18650"), []),
    ],
)
def test_a_note_of_a_cartridge_goes_on_while_nothing_strikes_it(
    cells: tuple[str, ...], found: list[tuple[float, float, int, int]]
) -> None:
    beside = slots(*["24010"] * 32)  # makes a row of each slot
    (song,) = read_pico8(cartridge({0: slots(*cells), 1: beside}, ["00 00014141"]))
    told = [(n.start, n.end, n.pitch, n.velocity) for n in song.notes if not n.voice]
    assert told == found
    if not found:  # held noise is one stroke
        assert [(s.start, s.velocity) for s in song.strokes] == [(0, 91)]


def test_a_sound_that_plays_another_is_moved_by_it() -> None:
    own = slots("1a230")  # two semitones above 24: as written, and two more
    (song,) = read_pico8(cartridge({0: own, 8: slots("18850")}, ["00 08414141"]))
    assert [(note.pitch, note.velocity) for note in song.notes] == [(62, 91)]


@pytest.mark.parametrize(
    ("head", "rows"),
    [("01100000", 32), ("01100800", 8), ("01100004", 32), ("01102000", 32), ("01100408", 32)],
)
def test_a_loop_start_alone_shortens_a_sound(head: str, rows: int) -> None:
    """With an end behind it the sound loops, and the pattern is as long as one that does not."""
    (song,) = read_pico8(cartridge({0: head + "18050" * 32}, ["00 00414141"]))
    assert len(song.row_seconds) == rows


# Beats.


def rows_of(seconds: list[float], starts: list[float], pattern: int = 64) -> MidiContent:
    """Rows of these lengths, with a note at each start."""
    notes = [PlayedNote(row, row + 1, 60, 100, 0) for row in starts]
    content, _ = to_content(Played(("a",), notes, [], seconds, Counter({pattern: 1})))
    return content


def test_rows_after_swing_are_not_straightened_with_it() -> None:
    """The last short row of the swing belongs to the long one before it."""
    swung = [0.16, 0.08] * 16 + [0.06] * 16
    content = rows_of(swung, list(range(48)))
    row = content.ticks_per_quarter / 4
    steps = np.diff([start / row for start, *_ in content.notes])
    assert steps.tolist() == [1.0] * 32 + [0.5] * 15


@pytest.mark.parametrize(
    ("long", "is_swing"), [(0.14, True), (0.117, True), (0.112, False), (0.1, False)]
)
def test_rows_that_differ_by_a_fifth_of_an_octave_swing(long: float, is_swing: bool) -> None:
    played = Played(("a",), [], [], [long, 0.1] * 8, Counter({16: 1}))
    _, repairs = to_content(played)
    assert repairs["swing_straightened"] == (16 if is_swing else 0)


@pytest.mark.parametrize(("count", "swings"), [(3, 0), (4, 4)])
def test_swing_takes_four_rows(count: int, swings: int) -> None:
    played = Played(("a",), [], [], ([0.16, 0.08] * 2)[:count], Counter({4: 1}))
    _, repairs = to_content(played)
    assert repairs["swing_straightened"] == swings


@pytest.mark.parametrize(("count", "steps"), [(3, 1.0), (4, 0.5)])
def test_four_rows_of_another_length_are_another_grid(count: int, steps: float) -> None:
    content = rows_of([0.12] * 32 + [0.06] * count + [0.12] * 32, list(range(32, 32 + count + 1)))
    row = content.ticks_per_quarter / 4
    assert np.diff([start / row for start, *_ in content.notes]).tolist() == [steps] * count


@pytest.mark.parametrize(
    ("rows", "metre"),
    [(6, set()), (12, {(0, 3, 4)}), (24, {(0, 3, 4)}), (36, set()), (48, {(0, 3, 4)}), (64, set())],
)
def test_patterns_of_three_quarters_or_its_doubles_are_in_3_4(
    rows: int, metre: set[tuple[int, int, int]]
) -> None:
    assert rows_of([0.12] * 64, [0.0], rows).metres == metre


# Playing.


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([Cell(pitch=60, volume=0.0), EMPTY], []),
        ([Cell(pitch=60, volume=0.001), EMPTY], [(0, 2, 1)]),
        ([Cell(pitch=60, volume=0.5), EMPTY], [(0, 2, 64)]),
        ([Cell(pitch=60, fade=-0.2), EMPTY], [(0, 5 / 6, 127)]),
        ([Cell(pitch=60, fade=-0.19), EMPTY], [(0, 2, 127)]),
        ([Cell(pitch=60, cut=3), EMPTY], [(0, 0.5, 127)]),
        ([Cell(pitch=60, delay=5), EMPTY], [(5 / 6, 2, 127)]),
        ([Cell(pitch=60, delay=6), EMPTY], []),
        ([Cell(pitch=60, lasts_seconds=0.06), EMPTY], [(0, 0.5, 127)]),
        ([Cell(pitch=60), Cell(is_off=True, delay=3)], [(0, 1.5, 127)]),
        ([Cell(pitch=60), Cell(stroke=KICK)], [(0, 1, 127)]),
    ],
)
def test_a_note_lasts_while_it_is_heard(
    cells: list[Cell], found: list[tuple[float, float, int]]
) -> None:
    """Six ticks of 0.02 s a row."""
    told = [(n.start, n.end, n.velocity) for n in play(OneChannel(cells)).notes]
    assert told == [pytest.approx(one) for one in found]


@pytest.mark.parametrize(("volume", "velocities"), [(0.0, []), (0.004, [1]), (1.0, [127])])
def test_a_stroke_is_as_loud_as_its_cell(volume: float, velocities: list[int]) -> None:
    strokes = play(OneChannel([Cell(stroke=KICK, volume=volume)])).strokes
    assert [stroke.velocity for stroke in strokes] == velocities


@pytest.mark.parametrize(("limit", "is_refused"), [(12, False), (11, True)])
def test_notes_and_strokes_without_end_are_refused(
    limit: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipassets.train.trackers.playing._MOST_NOTES", limit)
    song = OneChannel([Cell(pitch=60), Cell(stroke=KICK)] * 6)
    if is_refused:
        with pytest.raises(RefusedFileError, match="more than 11 notes"):
            play(song)
    else:
        assert len(play(song).notes) == 6


@pytest.mark.parametrize(("limit", "is_refused"), [(4, False), (3, True)])
def test_rows_are_refused_beyond_the_limit(
    limit: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipassets.train.trackers.playing._MOST_ROWS", limit)
    song = OneChannel([Cell(pitch=60)] * 4)
    if is_refused:
        with pytest.raises(RefusedFileError, match="more than 3 rows"):
            play(song)
    else:
        assert len(play(song).row_seconds) == 4


# Percussion: one name of each kind, and words that only contain one.
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Open Hihat", OPEN_HAT), ("hat-open", OPEN_HAT), ("OHH", OPEN_HAT), ("oh_1", OPEN_HAT),
        ("HiHat", CLOSED_HAT), ("chh", CLOSED_HAT), ("Shaker", CLOSED_HAT), ("chat", 0),
        ("SNR2", SNARE), ("Clap", SNARE), ("rimshot", SNARE), ("eclapse", 0),
        ("Crash 1", CRASH), ("ride", CRASH), ("cymbal", CRASH), ("bride", 0),
        ("Tom1", TOM), ("toms", TOM), ("conga", TOM), ("tomato", 0),
        ("Kick", KICK), ("b.d.", KICK), ("Bass Drum", KICK), ("drums", KICK), ("beaten", 0),
    ],
)  # fmt: skip
def test_names_of_drums(name: str, key: int) -> None:
    assert drum_by_name(name) == key


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mod"
    path.write_bytes(bytes(8 * 1024 * 1024 + 1))
    with pytest.raises(RefusedFileError, match="larger than 8 MB"):
        songs_of_tracker(path)
