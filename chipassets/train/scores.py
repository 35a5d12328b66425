"""Reads MusicXML and ABC through note_seq."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from chipassets.train.music import RawMusic, RefusedFileError

XML_SUFFIXES = frozenset({".xml", ".mxl", ".musicxml"})
ABC_SUFFIXES = frozenset({".abc"})
_MOST_BYTES = 32 * 1024 * 1024


def load_readers() -> tuple[Any, Any, Any]:
    """Return note_seq's ABC parser, its MusicXML reader and its sequences_lib.

    The first call takes seconds. RefusedFileError when note_seq is not installed.
    """
    try:
        from note_seq import abc_parser, musicxml_reader, sequences_lib
    except ImportError as error:
        raise RefusedFileError(
            "MusicXML and ABC need the extra: pip install 'chipassets[train]'"
        ) from error
    return abc_parser, musicxml_reader, sequences_lib


def raws_of_score(path: Path) -> list[RawMusic]:
    """Return the content of a MusicXML file, or every tune of an ABC file.

    RefusedFileError if it cannot be read, or note_seq is not installed.
    """
    abc_parser, musicxml_reader, sequences_lib = load_readers()
    if path.stat().st_size > _MOST_BYTES:
        raise RefusedFileError("larger than 32 MB")
    if path.suffix.lower() in XML_SUFFIXES:
        _check_unpacked(path)
        try:
            return [_raw(musicxml_reader.musicxml_file_to_sequence_proto(str(path)))]
        # note_seq also raises errors of the XML and zip readers.
        except Exception as error:
            raise _refusal("MusicXML", error) from error
    try:
        tunes, _ = abc_parser.parse_abc_tunebook_file(str(path))
        return [_raw(sequences_lib.expand_section_groups(tune)) for tune in tunes.values()]
    except Exception as error:
        raise _refusal("ABC", error) from error


def _check_unpacked(path: Path) -> None:
    """Refuse a packed score that unpacks to more than a plain one may have."""
    try:
        with ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (BadZipFile, OSError):
        return  # not packed, or the reader will report what is wrong
    if size > _MOST_BYTES:
        raise RefusedFileError(f"it unpacks to more than {_MOST_BYTES >> 20} MB")


def _refusal(what: str, error: BaseException) -> Exception:
    """Return the error to raise; MemoryError is returned as it is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return RefusedFileError(f"not readable as {what} ({type(error).__name__})")


def _raw(sequence: Any) -> RawMusic:
    """Return the notes of a NoteSequence in quarters of its own tempi."""
    tempi = sorted((tempo.time, tempo.qpm) for tempo in sequence.tempos) or [(0.0, 120.0)]
    pitched = [note for note in sequence.notes if not note.is_drum]
    times = [(_quarter(note.start_time, tempi), _quarter(note.end_time, tempi)) for note in pitched]
    return RawMusic(
        times=np.array(times, np.float64).reshape(-1, 2),
        pitches=np.array([note.pitch for note in pitched], np.int64),
        voices=np.array([note.part for note in pitched], np.int64),
        metres=tuple(
            (_quarter(metre.time, tempi), metre.numerator, metre.denominator)
            for metre in sequence.time_signatures
        ),
        programs=len({note.program for note in pitched}),
        drums=np.array([n.start_time for n in sequence.notes if n.is_drum], np.float64),
        tempo_bpm=tempi[0][1],
    )


def _quarter(seconds: float, tempi: list[tuple[float, float]]) -> float:
    """Return the quarter notes that have passed after `seconds`."""
    quarters, now, rate = 0.0, 0.0, tempi[0][1]
    for time, qpm in tempi:
        if time >= seconds:
            break
        quarters += (time - now) * rate / 60
        now, rate = time, qpm
    return quarters + (seconds - now) * rate / 60
