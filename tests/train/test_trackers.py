"""Music in trackers: our own exports read back as our notes, and other players agree."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from chipassets.arrange import arrange, write_registers
from chipassets.chipfiles import encode_famitracker, encode_mod, encode_uge
from chipassets.chipfiles.mod_file import ModCell, ModFile, ModSample, mod_bytes
from chipassets.chips.chipsong import ChipSong
from chipassets.midi.reader import MidiContent
from chipassets.music.score_text import score_from_lines
from chipassets.train.corpus_doctor import read_corpus
from chipassets.train.midi_corpus import raws_of_tracker
from chipassets.train.music import RefusedFileError, to_grid
from chipassets.train.reading import is_music, read_file
from chipassets.train.trackers.beats import to_content
from chipassets.train.trackers.chords import chord_of
from chipassets.train.trackers.mod import read_mod
from chipassets.train.trackers.percussion import CLOSED_HAT, KICK, SNARE, drum_by_name
from chipassets.train.trackers.pico8 import read_pico8
from chipassets.train.trackers.playing import Played, play
from chipassets.train.trackers.reading import songs_of_tracker
from chipassets.train.trackers.rows import EMPTY, Cell
from chipassets.train.trackers.uge import read_uge
from chipassets.units import steps_per_bar
from tests.test_composed_goldens import MANIFEST, METRES, tracks_of
from tests.train.tracker_files import (
    C2,
    D2,
    FAMITRACKER,
    G2,
    OneChannel,
    cartridge,
    module,
    notes_of,
    uge,
)

GOLDEN = Path(__file__).parents[1] / "golden"
TRACKS = sorted(path.stem.removeprefix("scores_") for path in GOLDEN.glob("scores_*.txt"))
openmpt = pytest.mark.skipif(
    shutil.which("openmpt123") is None, reason="openmpt123 is not installed"
)

Told = Counter[tuple[str, int, int]]


def read(folder: Path, suffix: str, data: bytes) -> MidiContent:
    """The only song in a file."""
    path = folder / f"song{suffix}"
    path.write_bytes(data)
    ((content, _),) = songs_of_tracker(path)
    return content


def written(song: ChipSong, beats: float) -> Told:
    """The notes of a song as (voice, step, pitch), with those of their arpeggio."""
    steps = steps_per_bar(beats)
    told: Told = Counter()
    for voice in song.voices:
        for note in voice.notes if voice.name != "noise" else ():
            macro = song.instrument(note.instrument).arpeggio
            loop = macro.values[macro.loop :] if macro.loop is not None else ()
            step = round(note.start_frame * steps / song.frames_per_bar)
            told.update((voice.name, step, note.pitch + k) for k in (0, *chord_of(loop)))
    return told


def found(content: MidiContent, song: ChipSong) -> Told:
    """The notes that were read, with the song's names of the voices."""
    names = [voice.name for voice in song.voices]
    step = content.ticks_per_quarter / 4
    return Counter(
        (
            content.names[voice // 16]
            if content.names[voice // 16] in names
            else names[voice // 16],
            round(start / step),
            pitch,
        )
        for start, _, pitch, voice in content.notes
    )


@pytest.mark.parametrize("name", TRACKS)
@pytest.mark.default_cases(5)
def test_our_own_modules_read_back_as_our_notes(name: str, tmp_path: Path) -> None:
    text = (GOLDEN / f"scores_{name}.txt").read_text()
    score = score_from_lines(text[text.index("chipassets score") :].splitlines())
    plan = (tracks_of(MANIFEST) | tracks_of(METRES))[name]
    beats = score.beats_per_bar
    nes, gameboy = arrange(score, plan, "nes"), arrange(score, plan, "gameboy")
    log = write_registers(gameboy)
    files = {
        ".mod": (nes, encode_mod(nes, title="x", beats_per_bar=beats).data),
        ".txt": (nes, encode_famitracker(nes, title="x", beats_per_bar=beats).data),
        ".uge": (gameboy, encode_uge(gameboy, log, title="x", beats_per_bar=beats).data),
    }
    for suffix, (song, data) in files.items():
        content = read(tmp_path, suffix, data)
        assert found(content, song) == written(song, beats), suffix
        assert len(content.drums) == len(song.voice("noise").notes), suffix
        ((_, tempo),) = content.tempi
        assert 60e6 / tempo == pytest.approx(score.tempo_millibpm / 1000, rel=0.02), suffix
        assert content.metres == ({(0, 3, 4)} if beats == 3 else set()), suffix


def test_the_ends_of_notes_are_those_of_the_module(tmp_path: Path) -> None:
    text = (GOLDEN / "scores_town.txt").read_text()
    score = score_from_lines(text[text.index("chipassets score") :].splitlines())
    song = arrange(score, tracks_of(MANIFEST)["town"], "nes")
    content = read(tmp_path, ".txt", encode_famitracker(song, title="x").data)
    per_step = content.ticks_per_quarter / 4
    ends = {(v // 16, round(s / per_step)): e / per_step for s, e, _, v in content.notes}
    checked = 0
    for number, voice in enumerate(song.voices):
        for note in voice.notes if voice.name != "noise" else ():
            volume = song.instrument(note.instrument).volume
            if all(volume.at(age) for age in range(note.duration_frames)):
                start, end = (
                    frame * 16 / song.frames_per_bar for frame in (note.start_frame, note.end_frame)
                )
                assert ends[number, round(start)] == pytest.approx(end, abs=0.51)
                checked += 1
    assert checked > 50


def test_a_channel_has_full_volume_until_a_cell_sets_one() -> None:
    for cells, end in (([Cell(pitch=60), Cell(nudge=-1.0), EMPTY], 1.0),
                       ([Cell(pitch=60), Cell(nudge=-0.9), EMPTY], 3.0)):  # fmt: skip
        (note,) = play(OneChannel(cells)).notes
        assert (note.start, note.end, note.velocity) == (0.0, end, 127)


@pytest.mark.parametrize(("pitch", "is_kept"), [(-1, False), (0, True), (127, True), (128, False)])
def test_notes_outside_of_midis_range_are_left_out(pitch: int, is_kept: bool) -> None:
    assert [note.pitch for note in play(OneChannel([Cell(pitch=pitch)])).notes] == [pitch] * is_kept


def test_a_note_that_is_over_does_not_start_again_with_a_volume() -> None:
    """A sound of one row is silent afterwards; a held one becomes audible again."""
    silent, loud = Cell(volume=0.0), Cell(volume=1.0)
    short, held = Cell(pitch=60, lasts_seconds=0.12), Cell(pitch=60)
    assert [(n.start, n.end) for n in play(OneChannel([short, silent, loud])).notes] == [(0, 1)]
    assert [(n.start, n.end) for n in play(OneChannel([held, silent, loud])).notes] == [
        (0, 1), (2, 3),
    ]  # fmt: skip


def test_a_delay_a_cut_and_volume_0_move_the_edges_of_notes() -> None:
    cells = {
        (0, 0, 0): ModCell(1, C2, 0xE, 0xD3),  # begins at tick 3 of 6
        (0, 4, 0): ModCell(1, D2, 0xE, 0xC2),  # ends at tick 2
        (0, 8, 0): ModCell(1, G2),
        (0, 10, 0): ModCell(effect=0xC, parameter=0),
        (0, 12, 0): ModCell(1, C2, 0xE, 0xD7),  # later than its row
        (0, 16, 0): ModCell(1, C2),
        (0, 18, 0): ModCell(effect=0xA, parameter=0x08),  # down by 8 of 64 in five ticks
        (0, 19, 0): ModCell(effect=0xA, parameter=0x08),
    }
    assert notes_of(module(cells)) == [
        (0.5, 4.0, 60),
        (4.0, pytest.approx(4 + 2 / 6), 62),
        (8.0, 10.0, 67),
        (16.0, pytest.approx(19.6, abs=0.2), 60),
    ]


def test_an_arpeggio_is_a_chord_and_an_octave_is_none() -> None:
    cells = {
        (0, 0, 0): ModCell(1, C2, 0x0, 0x47),
        (0, 2, 0): ModCell(effect=0x0, parameter=0x59),
        (0, 4, 0): ModCell(1, C2, 0x0, 0x0C),
        (0, 8, 0): ModCell(1, D2, 0x3, 0x10),  # glides: no attack, another pitch
    }
    assert sorted(notes_of(module(cells))) == [
        (0.0, 2.0, 64),
        (0.0, 2.0, 67),
        (0.0, 4.0, 60),
        (2.0, 4.0, 65),
        (2.0, 4.0, 69),
        (4.0, 8.0, 60),
        (8.0, 64.0, 62),
    ]


def test_drums_are_known_by_their_samples() -> None:
    cells = {(0, row, 3): ModCell(2, C2, 0xC, 32) for row in (0, 8)}
    played = play(read_mod(module(cells)))
    assert [(s.start, s.key, s.velocity) for s in played.strokes] == [(0, KICK, 64), (8, KICK, 64)]
    assert not played.notes


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("BD_01", KICK),
        ("bass drum", KICK),
        ("bass", 0),
        ("Snare2", SNARE),
        ("closed hihat", CLOSED_HAT),
        ("that chord", 0),
        ("stomach", 0),
    ],
)
def test_drums_are_recognised_by_the_names_of_samples(name: str, key: int) -> None:
    assert drum_by_name(name) == key


def test_swing_is_straightened_and_faster_rows_are_parts_of_a_step() -> None:
    swing = {(0, row, 1): ModCell(effect=0xF, parameter=8 - 4 * (row % 2)) for row in range(64)}
    notes = {(0, row, 0): ModCell(1, C2) for row in range(0, 64, 2)}
    content, repairs = to_content(play(read_mod(module(swing | notes))))
    assert {start % content.ticks_per_quarter for start, *_ in content.notes} == {
        0,
        content.ticks_per_quarter // 2,
    }
    assert repairs["swing_straightened"] == 64
    assert content.tempi == [(0, 480_000)]  # 6 ticks a row on average at 125: quarters of 0.48 s

    halves = {(1, 0, 1): ModCell(effect=0xF, parameter=3)}
    notes = {(p, row, 0): ModCell(1, C2) for p in (0, 1) for row in range(0, 64, 4)}
    content, _ = to_content(play(read_mod(module(halves | notes, (0, 0, 1)))))
    starts = [start / content.ticks_per_quarter for start, *_ in content.notes]
    assert np.diff(starts).tolist() == [1.0] * 32 + [0.5] * 15


JUMPS = {
    "a loop in a pattern": (
        {
            (0, 4, 0): ModCell(effect=0xE, parameter=0x60),
            (0, 7, 0): ModCell(effect=0xE, parameter=0x62),
        },
        (0,),
        64 + 8,
    ),
    "a break": ({(0, 15, 0): ModCell(effect=0xD, parameter=0x32)}, (0, 1), 16 + 32),
    "a jump back": ({(1, 3, 0): ModCell(effect=0xB, parameter=1)}, (0, 1), 64 + 4),
    "jumps to and fro": (
        {
            (0, 63, 0): ModCell(effect=0xB, parameter=2),
            (2, 31, 0): ModCell(effect=0xB, parameter=1),
        },
        (0, 1, 2),
        64 + 32 + 64,
    ),
    "a held row": ({(0, 8, 0): ModCell(effect=0xE, parameter=0xE4)}, (0,), 68),
    "speeds": ({(0, 8, 0): ModCell(effect=0xF, parameter=3)}, (0,), 64),
    "tempi": ({(0, 8, 0): ModCell(effect=0xF, parameter=200)}, (0, 0), 128),
}


@pytest.mark.parametrize("name", JUMPS)
@openmpt
def test_another_player_plays_a_module_as_long(name: str, tmp_path: Path) -> None:
    cells, order, rows = JUMPS[name]
    # openmpt takes a module without such effects for one of NoiseTracker, which breaks to row 0.
    usual = {(0, 0, 1): ModCell(1, C2, 0xE, 0xD1), (0, 3, 2): ModCell(effect=7, parameter=0x44)}
    data = module(usual | cells, order)
    played = play(read_mod(data))
    assert len(played.row_seconds) == rows
    (tmp_path / "a.mod").write_bytes(data)
    told = subprocess.run(
        ["openmpt123", "--info", tmp_path / "a.mod"], capture_output=True, text=True, check=True
    ).stdout
    minutes, seconds = re.search(r"Duration\.*: (\d+):([\d.]+)", told).groups()  # type: ignore[union-attr]
    assert sum(played.row_seconds) == pytest.approx(60 * int(minutes) + float(seconds), abs=0.03)


@pytest.mark.parametrize(("cycle", "finetune"), [(32, 0), (50, 0), (100, 1), (16, -3)])
@openmpt
def test_another_player_plays_the_pitch_that_is_read(
    cycle: int, finetune: int, tmp_path: Path
) -> None:
    import soundfile

    wave = (90 * np.sin(2 * np.pi * np.arange(cycle) / cycle)).astype(np.int8).tobytes()
    tone = ModSample("tone", wave, 64, finetune, 0, cycle)
    rows = tuple(
        (ModCell(1, D2) if row == 0 else ModCell(), ModCell(), ModCell(), ModCell())
        for row in range(64)
    )
    data = mod_bytes(ModFile("x", (tone,), (0,), (rows,)))
    (tmp_path / "a.mod").write_bytes(data)
    command = ["openmpt123", "--render", "--quiet", str(tmp_path / "a.mod")]
    subprocess.run(command, check=True, capture_output=True)
    sound, rate = soundfile.read(tmp_path / "a.mod.wav")
    heard = sound.mean(axis=1)[rate : rate + 65_536]
    peak = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard))))) * rate / len(heard)
    ((_, _, pitch),) = notes_of(data)
    assert 69 + 12 * np.log2(peak / 440) == pytest.approx(pitch, abs=0.5)


def test_every_track_of_a_famitracker_text_is_a_piece(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FAMITRACKER)
    first, second = (content for content, _ in songs_of_tracker(tmp_path / "a.txt"))
    row = first.ticks_per_quarter / 4
    assert sorted((s / row, e / row, p, v // 16) for s, e, p, v in first.notes) == [
        (0, 1, 48, 2),  # the triangle sounds an octave below its name
        (0, 2, 60, 0),
        (0, 2, 64, 0),
        (0, 2, 67, 0),
        (pytest.approx(0.5), pytest.approx(5 / 6, abs=0.01), 52, 1),  # a pluck of two frames
        (2, pytest.approx(2 + 2 / 6, abs=0.01), 55, 1),
    ]
    assert [key for _, key, _ in first.strokes] == [CLOSED_HAT, SNARE]
    assert sorted(pitch for _, _, pitch, _ in second.notes) == [57, 59]
    assert first.tempi == [(0, 400_000)]


@pytest.mark.parametrize(
    ("macro", "volume", "velocity"),
    [
        ("15 8 0", "F", 127),
        ("15 8 0", "8", 68),
        ("7 9 0", "8", 41),
        ("31 8 0", "8", 68),  # more than the chip has
        (None, "8", 68),
    ],
)
def test_a_drum_is_as_loud_as_its_cell_times_the_peak_of_its_macro(
    macro: str | None, volume: str, velocity: int, tmp_path: Path
) -> None:
    text = FAMITRACKER.replace("F-# 02 F", f"F-# 02 {volume}")
    if macro is None:
        text = text.replace("INST2A03 2 0", "INST2A03 2 -1")
    (tmp_path / "a.txt").write_text(text.replace("15 8 0", macro or ""))
    (first, _), *_ = songs_of_tracker(tmp_path / "a.txt")
    assert first.strokes[0][1:] == (CLOSED_HAT, velocity)


@pytest.mark.parametrize(
    ("macro", "pitches"),
    [
        ("0 -1 0 : 0 4 7", [60, 64, 67]),  # loops over all of it: a chord
        ("1 -1 0 : 0 4 7", [60, 64, 67]),
        ("2 -1 0 : 0 4 7", [60, 67]),
        ("-1 -1 0 : 0 4 7", [67]),  # ends there
        ("3 -1 0 : 0 4 7", [67]),
        ("-1 2 0 : 0 4 7", [64]),  # until the release
        ("-1 -1 1 : 0 4 7", [60]),  # fixed, not above the note
    ],
)
def test_an_arpeggio_macro_is_a_chord_if_it_loops(
    macro: str, pitches: list[int], tmp_path: Path
) -> None:
    text = FAMITRACKER.replace("MACRO 1 0 0 -1 0 : 0 4 7", f"MACRO 1 0 {macro}")
    (tmp_path / "a.txt").write_text(text)
    (first, _), *_ = songs_of_tracker(tmp_path / "a.txt")
    assert sorted(pitch for _, _, pitch, voice in first.notes if voice < 16) == pitches


def test_an_instrument_that_the_file_lacks_has_no_macros(tmp_path: Path) -> None:
    macros = "".join(f"MACRO {kind} {n} -1 -1 0 : 9 0\n" for kind in (0, 1) for n in (1, 2))
    text = FAMITRACKER.replace("INST2A03 0", f"{macros}INST2A03 0").replace("C-3 00 F", "C-3 0A F")
    (tmp_path / "a.txt").write_text(text)
    (first, _), *_ = songs_of_tracker(tmp_path / "a.txt")
    row = first.ticks_per_quarter / 4
    assert [(e / row, pitch) for _, e, pitch, voice in first.notes if voice < 16] == [(2, 60)]


def test_a_line_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FAMITRACKER.replace("ROW 01", "ROW zz", 1))
    raws = raws_of_tracker(tmp_path / "a.txt")
    assert to_grid(raws[0]).repairs["tracker_data_skipped"] == 1


def test_a_cartridge_has_a_piece_for_each_song() -> None:
    tune = "01100000" + "18050" * 2 + "1a050" + "00000" + "18056" * 4 + "1c056" * 0
    chord = "01100000" + "18056" + "1c056" + "1f056" + "24056"
    drums = "01100000" + "0a650" + "00000" * 3 + "32650"
    data = cartridge(
        {0: tune, 1: chord, 2: drums}, ["01 00024141", "02 01424141", "04 40404000", "00 02424344"]
    )
    first, second, third = read_pico8(data)
    notes = [(n.start, n.end, n.pitch, n.voice) for n in first.notes]
    assert notes[:3] == [(0, 2, 60, 0), (2, 3, 62, 0), (4, 8, 60, 0)]
    assert notes[3:] == [(32, 36, pitch, 0) for pitch in (60, 64, 67)]
    assert [(s.start, s.key) for s in first.strokes] == [(0, KICK), (4, CLOSED_HAT)]
    assert first.row_seconds == [16 * 183 / 22_050] * 64
    assert len(second.notes) == 3
    assert not third.notes


@pytest.mark.parametrize(
    ("slow", "fast", "speed", "ticks"),
    [(6, 2, 8, 8), (7, 2, 8, 16), (6, 2, 5, 16), (2, 6, 8, 8)],
)
def test_rows_of_a_cartridge_are_of_the_usual_speed_or_one_that_divides_it(
    slow: int, fast: int, speed: int, ticks: int
) -> None:
    """A finer speed needs a quarter of the notes."""
    sounds = {0: "01100000" + "18050" * slow, 1: f"01{speed:02x}0000" + "1c050" * fast}
    (song,) = read_pico8(cartridge(sounds, ["00 00014141"]))
    assert set(song.row_seconds) == {ticks * 183 / 22_050}


@pytest.mark.parametrize("version", range(7))
def test_every_version_of_uge_is_read(version: int) -> None:
    rows = [(24, 1, 0, 0x37), (90, 0, 0, 0), (26, 0, 0xE, 3), (90, 0, 0xC, 0), (28, 0, 0xD, 0)]
    played = play(read_uge(uge(version, rows)))
    assert [(n.start, n.end, n.pitch, n.velocity) for n in played.notes] == [
        (0, 2, 60, 102),
        (0, 2, 63, 102),
        (0, 2, 67, 102),
        (2, pytest.approx(2 + 3 / 7), 62, 102),
        (4, 5, 64, 102),
    ]
    assert len(played.row_seconds) == 5
    assert played.row_seconds[0] == pytest.approx(7 / 59.7275, rel=1e-4)


def samples() -> dict[str, bytes]:
    return {
        ".mod": module({(0, 0, 0): ModCell(1, C2), (0, 1, 3): ModCell(2, C2)}, (0, 0)),
        ".uge": uge(6, [(24, 1, 0, 0)]),
        ".txt": FAMITRACKER.encode(),
        ".p8": cartridge({0: "01100000" + "18050"}, ["00 00414243"]),
    }


@pytest.mark.parametrize("suffix", [".mod", ".uge", ".txt", ".p8"])
def test_what_is_cut_off_is_read_or_refused_by_its_place(suffix: str, tmp_path: Path) -> None:
    data = samples()[suffix]
    path = tmp_path / f"a{suffix}"
    results = []
    for size in range(0, len(data), max(1, len(data) // 40)):
        path.write_bytes(data[:size])
        results.append(read_file(path, 5))
    refused = [result.refused for result in results if not result.pieces]
    assert refused
    assert all(re.search(r"offset|line|no pitched|no pattern|no track", why) for why in refused)


HOSTILE = {
    "patterns that are missing": (".mod", {950: 128, **dict.fromkeys(range(952, 1080), 255)}),
    "an order of 0": (".mod", {950: 0}),
    "loops in every row": (".mod", {1084 + 16 * n + 2: 0x0E for n in range(64)}
                           | {1084 + 16 * n + 3: 0x6F for n in range(64)}),
    "jumps into themselves": (".mod", {1086: 0x0B, 1087: 0}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_modules_end(name: str) -> None:
    suffix, changes = HOSTILE[name]
    data = bytearray(samples()[suffix])
    for place, value in changes.items():
        data[place] = value
    played = play(read_mod(bytes(data)))
    assert len(played.row_seconds) <= 64 * 128 * 17


def test_rows_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chipassets.train.trackers.playing._MOST_ROWS", 100)
    with pytest.raises(RefusedFileError, match="more than 100 rows"):
        play(read_mod(module({(0, 0, 0): ModCell(1, C2)}, (0, 0))))
    assert isinstance(Played(()), Played)


def test_prose_and_other_files_of_these_names_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("About these files.\n")
    (tmp_path / "go.mod").write_text("module example.com/x\n\ngo 1.22\n")
    (tmp_path / "MUSIC.MOD").write_bytes(samples()[".mod"])
    (tmp_path / "song.txt").write_bytes(samples()[".txt"])
    (tmp_path / "cart.p8").write_bytes(samples()[".p8"])
    assert sorted(p.name for p in tmp_path.iterdir() if is_music(p)) == [
        "MUSIC.MOD",
        "cart.p8",
        "song.txt",
    ]
    pieces, report = read_corpus(tmp_path)
    assert [piece.file for piece in pieces] == ["MUSIC.MOD", "cart.p8", "song.txt#1", "song.txt#2"]
    assert report.files == 3
    json.dumps(report.summary())
