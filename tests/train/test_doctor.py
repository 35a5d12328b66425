"""What the corpus doctor finds, repairs and leaves out, and what a bad file may cost: one line."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import mido
import numpy as np
import pytest

from chipassets.errors import UsageError
from chipassets.train import reading
from chipassets.train.beat import find_beat
from chipassets.train.doctor import read_corpus, write_report
from chipassets.train.midi import read_midi
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


def test_a_written_beat_is_believed(write_midi: WriteMidi) -> None:
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


def _sleep(_: Path) -> RawMusic:
    time.sleep(30)
    raise AssertionError


def _hoard(_: Path) -> RawMusic:
    raise MemoryError


def _stumble(_: Path) -> RawMusic:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("reader", "told"),
    [(_sleep, "not read within"), (_hoard, "memory"), (_stumble, "ZeroDivisionError")],
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
    results = [reading._read_alone(path, _Killer("0.mid")) for path in paths]  # type: ignore[arg-type]
    assert [bool(result.pieces) for result in results] == [False, True]
    assert "killed" in results[0].refused


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
    with pytest.raises(UsageError, match="is no folder"):
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
