"""Separate voices: from MIDI files to pieces, labels and parts."""

from __future__ import annotations

import os
from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    BASS_PARTS,
    CADENCES,
    CONTEXT_GROUPS,
    FIRST_NOTE,
    HOLD,
    INNER_PARTS,
    LIKENESSES,
    LOWEST,
    QUALITIES,
    REST,
)
from chipassets.compose.part_history import HISTORY_GROUPS
from chipassets.errors import UsageError
from chipassets.train.music import RefusedFileError
from chipassets.train.parts_chords import label_chords
from chipassets.train.parts_data import CHORD_COLUMNS, examples
from chipassets.train.parts_reading import PartPiece, Selection, read_piece, read_pieces
from chipassets.train.parts_roles import bar_cadences, bar_likeness, bar_parts, phrase_bars

Line = list[tuple[int, int, int]]
"""Notes as start and length in steps, and pitch."""


def _midi(path: Path, voices: dict[str, Line], metre: tuple[int, int] = (4, 4)) -> Path:
    file = mido.MidiFile(ticks_per_beat=48)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
    file.tracks.append(head)
    for name, notes in voices.items():
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("track_name", name=name))
        events = [(12 * s, "note_on", p) for s, _, p in notes]
        events += [(12 * (s + n), "note_off", p) for s, n, p in notes]
        now = 0
        for tick, kind, pitch in sorted(events, key=lambda e: (e[0], e[1] == "note_on")):
            track.append(mido.Message(kind, note=pitch, velocity=80, time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


def _line(pitches: list[int], length: int = 4, first: int = 0) -> Line:
    return [(first + n * length, length, pitch) for n, pitch in enumerate(pitches)]


# Four bars in D major: a tune of quarters, a bass of whole notes, thirds of the chords between.
_TUNE = _line([74, 78, 81, 78, 79, 83, 79, 76, 73, 76, 79, 76, 74, 78, 74, 74])
_BASS = [(16 * bar, 16, pitch) for bar, pitch in enumerate((50, 43, 45, 50))] + _line(
    [50, 50], 8, 64
)
_INNER = _line([66, 69] * 2 + [59, 62] * 2 + [61, 64] * 2 + [66, 69] * 2)


def _song() -> dict[str, Line]:
    return {"pulse 1": _TUNE, "pulse 2": _INNER, "triangle": _BASS}


def _tokens(line: Line, steps: int) -> NDArray[np.int16]:
    tokens = np.full(steps, REST, np.int16)
    for start, length, pitch in line:
        tokens[start : start + length] = HOLD
        tokens[start] = FIRST_NOTE + pitch - LOWEST
    return tokens


def test_voices_are_cast_by_register_and_moved_to_the_white_keys(tmp_path: Path) -> None:
    piece = read_piece(_midi(tmp_path / "song.mid", _song()), {})
    assert (piece.mode, piece.tonic, piece.style) == ("major", 0, "game")
    assert piece.lead is not None
    assert piece.bass is not None
    assert piece.lead[:5].tolist() == [
        FIRST_NOTE + 72 - LOWEST,
        HOLD,
        HOLD,
        HOLD,
        FIRST_NOTE + 76 - LOWEST,
    ]
    assert piece.bass[0] == FIRST_NOTE + 48 - LOWEST
    assert piece.inners[0][0] == FIRST_NOTE + 64 - LOWEST
    assert piece.steps == 80


def test_a_bass_is_known_by_its_name(tmp_path: Path) -> None:
    song = _song()
    voices = {"bass": song["pulse 2"], "a": song["pulse 1"], "b": song["triangle"]}
    piece = read_piece(_midi(tmp_path / "song.mid", voices), {})
    assert piece.bass is not None
    assert (piece.bass[0] - FIRST_NOTE + LOWEST) % 12 == 4


def test_a_dorian_piece_stands_on_d(tmp_path: Path) -> None:
    tune = _line([69, 72, 76, 72, 69, 76, 78, 76, 72, 69, 72, 78, 79, 76, 72, 69] * 2, 2)
    bass = _line([45, 52, 45, 52] * 2, 8)
    piece = read_piece(_midi(tmp_path / "song.mid", {"a": tune, "b": bass}), {})
    assert (piece.mode, piece.tonic) == ("dorian", 2)


def test_music_of_other_sources_on_eighths_is_read_in_double_time(tmp_path: Path) -> None:
    path = _midi(tmp_path / "song.mid", _song())
    assert read_piece(path, {"source": "mutopia"}).steps == 48
    assert read_piece(path, {"source": "freedoom"}).steps == 80


@pytest.mark.parametrize(
    ("voices", "metre", "reason"),
    [
        (_song(), (3, 4), "metre"),
        ({"a": _TUNE[:5]}, (4, 4), "six notes"),
        ({"a": _line([60, 62] * 4, 1)}, (4, 4), "two bars"),
    ],
)
def test_what_gives_no_piece_is_refused(
    tmp_path: Path, voices: dict[str, Line], metre: tuple[int, int], reason: str
) -> None:
    path = _midi(tmp_path / "song.mid", voices, metre)
    with pytest.raises(RefusedFileError, match=reason):
        read_piece(path, {"source": "freedoom"})


def test_a_folder_is_read_as_its_tables_say(tmp_path: Path) -> None:
    for name, shift in (("ours", 0), ("copy", 12), ("paid", 1), ("guess", 2), ("torn", 3)):
        song = {v: [(s, n, p + (shift if v == "pulse 1" else 0)) for s, n, p in line]
                for v, line in _song().items()}  # fmt: skip
        _midi(tmp_path / "a" / f"{name}.mid", song if name != "copy" else _song())
    (tmp_path / "a" / "torn.mid").write_bytes(b"no music at all")
    (tmp_path / "a" / "sources.csv").write_text(
        "file,source,licence,confidence\nours.mid,x,CC0,A: known\ncopy.mid,x,CC0,A\n"
        "paid.mid,x,CC BY 4.0,A\nguess.mid,x,MIT,B: inferred\ntorn.mid,x,CC0,A\n"
    )
    selection = Selection(("CC-BY",), (), "A")
    pieces = read_pieces(tmp_path, selection)
    assert [piece.licence for piece in pieces] == ["CC0"]
    assert selection.left_out == {
        "licence CC-BY": 1,
        "confidence other than A": 1,
        "same music as another file": 1,
        "no MIDI header": 1,
    }


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_name_that_is_no_utf8_costs_nothing(tmp_path: Path) -> None:
    song = _midi(tmp_path / "a.mid", _song())
    song.rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x97E.mid")))
    (piece,) = read_pieces(tmp_path, Selection())
    assert piece.name == r"\x97E"


def test_at_least_one_piece_is_held_out(tmp_path: Path) -> None:
    for number in range(2):
        song = _song() | {"pulse 1": [*_TUNE[:-1], (60, 4, 80 + number)]}
        _midi(tmp_path / f"{number}.mid", song)
    pieces = read_pieces(tmp_path, Selection())
    assert [piece.is_held_out for piece in pieces].count(True) == 1


def test_a_folder_without_pieces_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mid").write_bytes(b"no midi")
    with pytest.raises(UsageError, match=r"none of the 1 MIDI files .* \(1\)"):
        read_pieces(tmp_path, Selection())
    with pytest.raises(UsageError, match="not a folder"):
        read_pieces(tmp_path / "nowhere", Selection())


def test_chords_are_labelled_by_half_bars() -> None:
    c_major = [_tokens(_line([72, 76], 4), 16), _tokens([(0, 8, 67)], 16)]
    bass = _tokens([(0, 8, 48), (8, 8, 45)], 16)
    inner = _tokens([(8, 8, 60)], 16)
    top = _tokens([(8, 8, 76)], 16)
    roots, qualities = label_chords([*c_major, inner, top], bass)
    names = list(QUALITIES)
    assert roots.tolist() == [0, 9]
    assert [names[q] for q in qualities] == ["", "m"]
    silent = label_chords([np.full(16, REST)], None)
    assert silent[0].tolist() == silent[1].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("silent", []),
        ("held", [(0, 16, 48), (16, 16, 43)]),
        ("sparse", [(0, 2, 48), (10, 2, 43), (16, 2, 48)]),
        ("octaves", _line([36, 48] * 8, 2)),
        ("drive", _line([36] * 12 + [38] * 4, 2)),
        ("ostinato", _line([36, 43, 46, 48] * 2, 4)),
        ("walking", _line([36, 38, 40, 43, 45, 43, 41, 38], 4)),
    ],
)
def test_the_part_of_a_bass_is_known(part: str, line: Line) -> None:
    assert BASS_PARTS[bar_parts("bass", _tokens(line, 32), None)[0]] == part


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("silent", []),
        ("held", [(0, 16, 64), (16, 16, 62)]),
        ("parallel", _line([69, 71, 72, 74, 76, 74, 72, 71], 4)),
        ("arpeggio", _line([60, 64, 67, 72, 67, 64] * 5 + [60, 64], 1)),
        ("stabs", [(beat + 2, 1, 67) for beat in range(0, 32, 4)]),
        ("ostinato", [*_line([60, 67, 69, 67], 3), *_line([60, 67, 69, 67], 3, 16)]),
        (
            "counter-line",
            [(0, 6, 67), (6, 2, 65), (10, 6, 64), (18, 4, 62), (24, 3, 60), (27, 5, 64)],
        ),
    ],
)
def test_the_part_of_an_inner_voice_is_known(part: str, line: Line) -> None:
    lead = _tokens(_line([72, 74, 76, 77, 79, 77, 76, 74], 4), 32)
    assert INNER_PARTS[bar_parts("inner", _tokens(line, 32), lead)[0]] == part


def test_likeness_and_cadences_follow_the_tune() -> None:
    bar = [(0, 4, 72), (4, 4, 74), (8, 4, 76), (12, 4, 74)]
    up = [(16 + s, n, p + 2) for s, n, p in bar]
    other = [(32, 2, 60), (34, 2, 79), (36, 8, 67)]
    again = [(48 + s, n, p) for s, n, p in up[:-1]]
    again = [(s - 16, n, p) for s, n, p in again] + [(60, 4, 81)]
    close = [(64, 2, 74), (66, 10, 72)]
    tune = _tokens([*bar, *up, *other, *again, *close], 80)
    names = [LIKENESSES[n] for n in bar_likeness(tune)]
    assert names == ["new", "shape of 1 ago", "new", "notes of 2 ago", "new"]
    cadences = bar_cadences(tune, 0, LOWEST)
    assert [CADENCES[n] for n in cadences] == ["none", "none", "open", "none", "closed"]


def test_phrases_move_where_the_tune_rests() -> None:
    assert phrase_bars(np.zeros(8, np.int64)).tolist() == [0, 1, 2, 3] * 2
    rests = np.array([1, 0, 0, 0] * 4)
    assert phrase_bars(rests).tolist() == [3, 0, 1, 2] * 4


def test_examples_have_the_past_and_two_labellings(tmp_path: Path) -> None:
    piece = read_piece(_midi(tmp_path / "song.mid", _song()), {})
    (bass,) = examples([piece], "bass")
    assert bass.classes.shape == (80, len(CONTEXT_GROUPS) + len(HISTORY_GROUPS))
    column = list(CONTEXT_GROUPS | HISTORY_GROUPS).index("last_token")
    np.testing.assert_array_equal(bass.classes[1:, column], bass.tokens[:-1])
    assert bass.chords[:, 0, 0].tolist() == [0, 0]
    assert (bass.classes[:, CHORD_COLUMNS] == bass.chords[0]).all()
    assert _roots(piece, "lead") == [0, 5, 7, 0]


def _roots(piece: PartPiece, role: str) -> list[int]:
    (example,) = examples([piece], role)
    return [int(example.chords[1, 16 * bar, 0]) for bar in range(4)]
