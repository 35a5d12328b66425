"""What the corpus doctor finds, repairs and leaves out, and what a bad file may cost: one line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest

from chipassets.errors import UsageError
from chipassets.train import reading
from chipassets.train.beat import find_beat
from chipassets.train.corpus_doctor import read_corpus, write_report
from chipassets.train.midi_corpus import read_midi
from chipassets.train.music import RawMusic
from tests.train.conftest import WriteMidi, tune

CHIP_FRAMES_HZ = 60


def write_in_seconds(path: Path, notes: tuple[tuple[int, int, int], ...], bpm: float) -> Path:
    """Write notes as a recording of chip music has them: at 120 bpm, on frames, in 44.1 kHz."""
    midi = mido.MidiFile(ticks_per_beat=22050)
    path.parent.mkdir(parents=True, exist_ok=True)
    track = mido.MidiTrack()
    events = []
    for start, duration, pitch in notes:
        for step, kind in ((start, "note_on"), (start + duration, "note_off")):
            frame = round((0.4 + step * 15 / bpm) * CHIP_FRAMES_HZ)
            events.append((frame * 44100 // CHIP_FRAMES_HZ, kind, pitch))
    now = 0
    for tick, kind, pitch in sorted(events):
        track.append(mido.Message(kind, note=pitch, time=tick - now))
        now = tick
    midi.tracks.append(track)
    midi.save(path)
    return path


@pytest.mark.parametrize("bpm", [97.0, 123.4, 150.0, 171.0])
def test_the_beat_of_a_recording_is_found(bpm: float, tmp_path: Path) -> None:
    notes = tune(16, 60, seed=3)
    piece = read_midi(write_in_seconds(tmp_path / "a.mid", notes, bpm))
    assert piece.tempo_bpm == pytest.approx(bpm, rel=0.002)
    assert piece.repairs["tempo_estimated"] == 1
    first = piece.notes[0][0]
    assert {(s - first, p) for s, _, p in piece.notes} == {(s, p) for s, _, p in notes}


def test_the_beat_of_a_written_file_is_not_estimated(write_midi: WriteMidi) -> None:
    piece = read_midi(write_midi("a.mid", tune(8, 60, seed=3)))
    assert piece.repairs["tempo_estimated"] == 0


def test_triplets_and_noise_have_no_other_beat() -> None:
    rng = np.random.default_rng(1)
    assert find_beat(np.cumsum(rng.choice([1 / 3, 1 / 3, 1], size=200)), 120.0) is None
    assert find_beat(np.sort(rng.random(300) * 150), 120.0) is None
    assert find_beat(np.arange(5.0) * 0.777, 120.0) is None


def test_every_file_has_its_line(write_midi: WriteMidi, tmp_path: Path) -> None:
    notes = tune(40, 60, seed=1)
    write_midi("a.mid", notes, drums=3, programs=(0, 80))
    write_midi("b.mid", tuple((s, d, p + 2) for s, d, p in notes))
    write_midi("short.mid", tune(1, 60, seed=2))
    (tmp_path / "midi" / "broken.mid").write_bytes(b"MThd")
    _, report = read_corpus(tmp_path / "midi")
    write_report(report, tmp_path / "report.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    told = {line["file"]: line for line in lines}
    assert told["a.mid"]["sequences"] == 3
    assert told["a.mid"]["repairs"]["drum_notes_set_apart"] == 3
    assert told["a.mid"]["repairs"]["programs_merged"] == 1
    assert told["b.mid"]["left_out"] == "same music as another file"
    assert told["b.mid"]["same_as"] == "a.mid"
    assert told["short.mid"]["unusable"] == {"slices: shorter than the shortest": 1}
    assert "not readable" in told["broken.mid"]["left_out"]
    assert report.files_with_material == 1


def test_two_processes_read_what_one_reads(
    write_midi: WriteMidi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(7):
        write_midi(f"{seed}.mid", tune(6, 60, seed))
    (tmp_path / "midi" / "broken.mid").write_bytes(b"MThd")
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(reading, "ALONE_SECONDS", 0.0)
    alone = read_corpus(tmp_path / "midi")
    both = read_corpus(tmp_path / "midi", progress=lambda *n: told.append(n), jobs=2)
    assert alone == both
    assert told == [(number, 8) for number in range(1, 9)]


def _spin(_: Path) -> RawMusic:
    """A reader that keeps every exception that it hears of, as foreign ones do."""
    end = time.process_time() + 30
    while time.process_time() < end:
        with contextlib.suppress(Exception):
            sum(range(1000))
    raise AssertionError


def _hoard(_: Path) -> RawMusic:
    raise MemoryError


def _stumble(_: Path) -> RawMusic:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("reader", "told"),
    [(_spin, "not read within 0.2 seconds"), (_hoard, "memory"), (_stumble, "ZeroDivisionError")],
)
def test_a_hostile_file_costs_its_own_line(
    reader: object, told: str, monkeypatch: pytest.MonkeyPatch, write_midi: WriteMidi
) -> None:
    path = write_midi("a.mid", tune(4, 60, 1))
    monkeypatch.setattr(reading, "raw_of_midi", reader)
    result = reading.read_file(path, 0.2)
    assert result.pieces == ()
    assert told in result.refused


def test_a_file_that_kills_its_reader_costs_its_own_line(
    write_midi: WriteMidi, tmp_path: Path
) -> None:
    """A worker that is killed takes its process pool with it; the others are read all the same."""
    for seed in range(2):
        write_midi(f"{seed}.mid", tune(4, 60, seed))
    paths = sorted((tmp_path / "midi").iterdir())
    killer = _Killer("1.mid")
    results = list(reading._up_to_the_culprit(paths, killer))  # type: ignore[arg-type]
    assert [bool(result.pieces) for result in results] == [True, False]
    assert "ended the process" in results[1].refused


def _deaf(path: Path) -> reading.ReadFile:
    """What a reader in C may be: it never looks whether its time is over."""
    reading._limit(1)
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    while path.name == "1.mid":
        sum(range(1000))
    return reading.read_file(path, 1)


def _greedy(path: Path) -> reading.ReadFile:
    reading._limit(20)
    try:
        bytearray(2 << 30)
    except MemoryError:
        return reading.ReadFile(path, (), "no memory")
    return reading.ReadFile(path, ())


@pytest.mark.skipif(os.name == "nt", reason="no limits there")
def test_a_reader_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    (result,) = reading._up_to_the_culprit([tmp_path], _greedy)  # type: ignore[arg-type]
    assert result.refused == "no memory"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no limits there")
def test_a_reader_that_hears_no_alarm_is_ended(write_midi: WriteMidi, tmp_path: Path) -> None:
    for seed in range(2):
        write_midi(f"{seed}.mid", tune(4, 60, seed))
    paths = sorted((tmp_path / "midi").iterdir())
    results = list(reading._up_to_the_culprit(paths, _deaf))  # type: ignore[arg-type]
    assert [result.refused[:9] for result in results] == ["", "it ended "]


@pytest.mark.slow
def test_a_large_file_is_read_by_a_process_of_its_own_with_bounds(tmp_path: Path) -> None:
    notes = b"".join(bytes((30 + n * 7 % 60, 64, 3, 30 + n * 7 % 60, 0, 0)) for n in range(300_000))
    track = b"\0\x90" + notes + b"\0\xff\x2f\0"
    header = b"MThd\0\0\0\6\0\0\0\1\0\x60"
    (tmp_path / "fast.mid").write_bytes(header + b"MTrk" + len(track).to_bytes(4, "big") + track)
    write_small = tmp_path / "late.mid"
    write_small.write_bytes(header + b"MTrk\0\0\0\x0b\0\x90\x3c\x40\x60\x3c\0\0\xff\x2f\0")
    paths = [tmp_path / "fast.mid", write_small]
    results = list(reading.read_files(paths, 1, 0.4))
    assert results[0].refused == "not read within 0.4 seconds of CPU time"
    assert results[1].pieces[0].notes == ((0, 4, 60),)


@pytest.mark.slow
@pytest.mark.parametrize("size", [40_000_000])
def test_a_packed_score_that_unpacks_to_too_much_is_refused_at_once(
    tmp_path: Path, size: int
) -> None:
    pytest.importorskip("note_seq")
    with zipfile.ZipFile(tmp_path / "bomb.mxl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"<score-partwise>" + b" " * size)
    result = reading.read_file(tmp_path / "bomb.mxl", 5)
    assert result.refused == "it unpacks to more than 32 MB"


class _Killer:
    """Reads files, but dies of one of them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, path: Path) -> reading.ReadFile:
        if path.name == self.name:
            os._exit(9)
        return reading.read_file(path, 20)


def test_a_file_claiming_to_be_hours_long_is_refused(tmp_path: Path) -> None:
    track = mido.MidiTrack()
    for _ in range(400):
        track.append(mido.Message("note_on", note=60, time=2**27))
        track.append(mido.Message("note_off", note=60, time=10))
    midi = mido.MidiFile(ticks_per_beat=4)
    midi.tracks.append(track)
    midi.save(tmp_path / "a.mid")
    assert "two hours" in reading.read_file(tmp_path / "a.mid", 20).refused


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        read_corpus(tmp_path / "none")


_XML = """<?xml version="1.0"?>
<score-partwise version="3.0"><part-list><score-part id="P1"><part-name>A</part-name>
<midi-instrument id="P1-I1"><midi-channel>1</midi-channel><midi-program>1</midi-program>
</midi-instrument></score-part></part-list><part id="P1">{measures}</part></score-partwise>"""
_ATTRIBUTES = (
    "<attributes><divisions>4</divisions><time><beats>4</beats>"
    "<beat-type>4</beat-type></time></attributes>"
)
_NOTE = (
    "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>2</duration>"
    "<voice>1</voice><type>eighth</type></note>"
)


@pytest.mark.slow  # imports note_seq
def test_musicxml_and_abc_are_read(tmp_path: Path) -> None:
    pytest.importorskip("note_seq")
    measures = [
        f'<measure number="{n}">{_ATTRIBUTES if n == 1 else ""}'
        + "".join(_NOTE.format(step="CDEFGABC"[(n * k) % 8]) for k in range(1, 9))
        + "</measure>"
        for n in range(1, 9)
    ]
    (tmp_path / "a.musicxml").write_text(_XML.format(measures="".join(measures)))
    first = "X:1\nT:one\nM:4/4\nL:1/8\nK:C\n" + "CDEF GABc|" * 8 + "\n\n"
    second = "X:2\nT:two\nM:4/4\nL:1/8\nK:G\n" + "GABc dedB|" * 8 + "\n"
    (tmp_path / "b.abc").write_text(first + second)
    (tmp_path / "c.xml").write_text("<nothing")
    pieces, report = read_corpus(tmp_path)
    assert [piece.file for piece in pieces] == ["a.musicxml", "b.abc#1", "b.abc#2"]
    assert [len(piece.notes) for piece in pieces] == [64, 64, 64]
    assert all(piece.notes[1][0] == 2 for piece in pieces)
    assert report.left_out_files["c.xml"].startswith("not readable as MusicXML")
