"""From MIDI files to pieces: what is read, what is repaired, what is left out and why."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from chipassets.errors import UsageError
from chipassets.train.corpus import load_corpus, write_corpus
from chipassets.train.corpus_doctor import read_corpus
from chipassets.train.midi_corpus import read_midi
from chipassets.train.music import Metre, RefusedFileError
from tests.train.conftest import WriteMidi, tune


def test_a_file_is_read_as_it_was_written(write_midi: WriteMidi) -> None:
    notes = tune(4, 60, seed=1)
    piece = read_midi(write_midi("a.mid", notes, metre=(3, 4)))
    assert piece.notes == notes
    assert piece.metres == (Metre(0, 3, 4),)


def test_voices_are_merged_and_drums_set_apart(write_midi: WriteMidi) -> None:
    notes = tune(4, 60, seed=1)
    piece = read_midi(write_midi("a.mid", notes, drums=7, programs=(0, 80, 38)))
    assert sorted(piece.notes) == sorted(notes)
    assert piece.repairs["drum_notes_set_apart"] == 7
    assert piece.repairs["programs_merged"] == 2


def test_a_pitch_never_sounds_twice_at_once(write_midi: WriteMidi) -> None:
    notes = ((0, 8, 60), (0, 4, 60), (4, 4, 60), (8, 2, 62))
    piece = read_midi(write_midi("a.mid", notes, programs=(0, 1)))
    assert piece.notes == ((0, 4, 60), (4, 4, 60), (8, 2, 62))
    assert piece.repairs["unisons_joined"] == 1
    assert piece.repairs["notes_shortened"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"not midi at all", np.random.default_rng(1).bytes(3000)]
)
def test_a_broken_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.mid"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError):
        read_midi(path)


def test_truncation_anywhere_is_refused_or_read(write_midi: WriteMidi, tmp_path: Path) -> None:
    whole = write_midi("a.mid", tune(2, 60, seed=1)).read_bytes()
    path = tmp_path / "cut.mid"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with contextlib.suppress(RefusedFileError):
            assert read_midi(path).notes


def test_a_broken_file_costs_one_line_and_a_transposed_copy_another(
    write_midi: WriteMidi, tmp_path: Path
) -> None:
    notes = tune(4, 60, seed=1)
    write_midi("a.mid", notes)
    write_midi("b.mid", tuple((s, d, p + 5) for s, d, p in notes))
    write_midi("c/other.mid", tune(4, 60, seed=2))
    write_midi("drums.mid", (), drums=8)
    folder = tmp_path / "midi"
    (folder / "broken.MID").write_bytes(b"MThd")
    pieces, report = read_corpus(folder)
    assert [piece.file for piece in pieces] == ["a.mid", "c/other.mid"]
    assert report.files == 5
    assert sum(report.left_out.values()) == 3
    assert report.left_out_files["b.mid"] == "same music as another file"
    assert report.left_out_files["drums.mid"] == "no pitched notes"


def test_sources_say_where_a_file_comes_from(write_midi: WriteMidi, tmp_path: Path) -> None:
    write_midi("a.mid", tune(4, 60, seed=1))
    folder = tmp_path / "midi"
    (folder / "sources.csv").write_text("file,source,licence,style\na.mid,here,CC0-1.0,Game\n")
    pieces, _ = read_corpus(folder)
    assert (pieces[0].source, pieces[0].licence, pieces[0].style) == ("here", "CC0-1.0", "Game")
    with pytest.raises(UsageError, match="does not exist"):
        read_corpus(folder, tmp_path / "none.csv")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \.mid file"):
        read_corpus(tmp_path)


def test_a_corpus_file_reads_back_as_equal_pieces(write_midi: WriteMidi, tmp_path: Path) -> None:
    write_midi("a.mid", tune(4, 60, seed=1))
    write_midi("b.mid", tune(4, 60, seed=2))
    pieces, _ = read_corpus(tmp_path / "midi")
    write_corpus(pieces, tmp_path / "x.corpus")
    assert list(load_corpus(tmp_path / "x.corpus")) == pieces


@pytest.mark.parametrize("text", ["", "{}\n", "[]", '{"chipassets_corpus": 1}\n{"file": 3}\n'])
def test_what_is_no_corpus_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.corpus"
    path.write_text(text)
    with pytest.raises(UsageError, match="chipassets train corpus"):
        list(load_corpus(path))
