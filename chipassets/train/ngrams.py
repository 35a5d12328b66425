"""The index of a corpus's melodic n-grams, made once and shipped beside the model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chipassets.errors import UsageError
from chipassets.music.score import Note
from chipassets.originality import GramIndex, Line, make_index, melody
from chipassets.train.corpus import Piece, load_corpus
from chipassets.train.corpus_doctor import read_corpus
from chipassets.train.selection import Selection


def corpus_index(pieces: Iterable[Piece], selection: Selection | None = None) -> GramIndex:
    """Return the index of the pieces that the selection takes; UsageError if there are none."""
    chosen = selection or Selection()
    lines = [piece_melody(piece) for piece in pieces if not chosen.reason_against(piece)]
    if not lines:
        raise UsageError("no piece of the corpus is left to index; refuse fewer")
    return make_index(lines)


def piece_melody(piece: Piece) -> Line:
    """Return the top line of a piece."""
    return melody([Note(*note) for note in piece.notes])


def named_melodies(path: Path) -> dict[str, Line]:
    """Return the top lines of a folder of MIDI files, or of a corpus file, by the pieces' names.

    UsageError if it is neither.
    """
    if path.is_dir():
        pieces: Iterable[Piece] = read_corpus(path)[0]
    elif path.is_file():
        pieces = load_corpus(path)
    else:
        raise UsageError(f"{path} does not exist; name a folder of MIDI files, or a corpus file")
    return {piece.file: piece_melody(piece) for piece in pieces}
