"""Reads a folder of MIDI files with separate voices: a tune, a bass, inner voices.

`sources.csv` files (columns file, source, licence, and optionally confidence) say where the files
beside and below them come from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    FIRST_NOTE,
    HOLD,
    LOWEST,
    PITCHES,
    REST,
    STEPS_A_BAR,
)
from chipassets.errors import UsageError
from chipassets.midi.reader import MIDI_SUFFIXES, MidiContent, MidiError, parse_midi
from chipassets.music.keys import Key
from chipassets.train.keyfinding import find_key, pitch_class_durations
from chipassets.train.music import RefusedFileError
from chipassets.train.sources import printable_name, read_sources
from chipassets.units import OCTAVE, STEPS_PER_BEAT

Tokens = NDArray[np.int16]
Notes = list[tuple[float, float, int]]

HELD_OUT_SHARE = {"game": 0.15, "freedoom": 0.10, "other": 0.06}
"""The share of the pieces of each style that is held out for measuring."""
_COMMON_TIME = {(4, 4), (2, 2), (2, 4)}
_OTHER_SOURCES = ("mutopia", "openscore", "openhymnal", "lieder", "sq")
_LEAST_STEPS, _MOST_STEPS = 2 * STEPS_A_BAR, 128 * STEPS_A_BAR
_LEAST_NOTES = 6
_OFF_GRID, _MOST_OFF_GRID = 0.12, 0.15
_ON_EIGHTHS = 0.97
_LONGEST_IN_KEY = 8
_BUSY_SHARE = 0.25
_LEAD_OCTAVES, _BASS_OCTAVES = (61, 86), (31, 57)


@dataclass(frozen=True, slots=True)
class PartPiece:
    """A piece as separate voices.

    Int16 [steps] tokens in the canonical key, None for a missing voice.

    mode: one of MODES. tonic: its pitch class in the canonical key. is_held_out: for measuring
    only.
    """

    name: str
    source: str
    licence: str
    style: str
    mode: str
    tonic: int
    lead: Tokens | None
    bass: Tokens | None
    inners: tuple[Tokens, ...]
    is_held_out: bool

    @property
    def steps(self) -> int:
        """The length of the piece, whole bars."""
        return max(len(v) for v in (self.lead, self.bass, *self.inners) if v is not None)


@dataclass(slots=True)
class Selection:
    """What is left out: licences with these prefixes, sources, and confidences with other ones."""

    refused_licences: tuple[str, ...] = ()
    refused_sources: tuple[str, ...] = ()
    confidence: str = ""
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def options(self) -> list[str]:
        """The command-line options that make this selection."""
        licences = [f"--refuse-licence {prefix}" for prefix in self.refused_licences]
        sources = [f"--refuse-source {source}" for source in self.refused_sources]
        return licences + sources + ([f"--confidence {self.confidence}"] if self.confidence else [])

    def reason_against(self, row: dict[str, str]) -> str:
        """Return why the file of this row is left out, or ""."""
        licence = row.get("licence", "").replace(" ", "-")
        for prefix in self.refused_licences:
            if licence.upper().startswith(prefix.upper().replace(" ", "-")):
                return f"licence {prefix}"
        if row.get("source", "") in self.refused_sources:
            return f"source {row['source']}"
        stated = row.get("confidence")
        if self.confidence and stated is not None and not stated.startswith(self.confidence):
            return f"confidence other than {self.confidence}"
        return ""


def read_pieces(
    folder: Path,
    selection: Selection,
    progress: Callable[[int, int], None] | None = None,
) -> list[PartPiece]:
    """Return the pieces of all MIDI files below a folder, in path order.

    If there are several, at least one is held out. `selection.left_out` counts files without a
    piece, by reason. UsageError if nothing is left.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that holds your MIDI files")
    rows = _read_rows(folder)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MIDI_SUFFIXES)
    pieces: list[PartPiece] = []
    seen: set[bytes] = set()
    for number, path in enumerate(paths, start=1):
        row = rows.get(path.resolve(), {})
        reason = selection.reason_against(row)
        if not reason:
            try:
                piece = read_piece(path, row)
            except (RefusedFileError, MidiError, OSError) as error:
                reason = str(error)
            else:
                digest = _content(piece)
                reason = "same music as another file" if digest in seen else ""
                if not reason:
                    seen.add(digest)
                    pieces.append(piece)
        if reason:
            selection.left_out[reason] += 1
        if progress:
            progress(number, len(paths))
    if len(pieces) > 1 and not any(piece.is_held_out for piece in pieces):
        first = min(range(len(pieces)), key=lambda n: _lot(pieces[n].name))
        pieces[first] = replace(pieces[first], is_held_out=True)
    if not pieces:
        why = ", ".join(f"{reason} ({count})" for reason, count in selection.left_out.items())
        raise UsageError(
            f"none of the {len(paths)} MIDI files in {folder} can be used ({why or 'no file'}); "
            "give a folder of MIDI files that have a track for each voice"
        )
    return pieces


def read_piece(path: Path, row: dict[str, str]) -> PartPiece:
    """Return the piece of a MIDI file; RefusedFileError or MidiError if it has none."""
    content = parse_midi(path.read_bytes())
    style = _style(path, row)
    voices = _voices_in_steps(content)
    if not voices:
        raise RefusedFileError("no voice with six notes")
    metres = {(numerator, denominator) for _, numerator, denominator in content.metres}
    if style != "game" and not (len(metres) <= 1 and metres <= _COMMON_TIME):
        raise RefusedFileError("metre other than 4/4, 2/2 or 2/4")
    voices = _from_first_bar(_in_double_time(voices) if style == "other" else voices)
    end = max(e for _, notes in voices for _, e, _ in notes)
    steps = min(-(-int(np.ceil(end)) // STEPS_A_BAR) * STEPS_A_BAR, _MOST_STEPS)
    if steps < _LEAST_STEPS:
        raise RefusedFileError("shorter than two bars")
    lead, bass, inners = _cast(voices)
    key = _key([notes for notes in (lead, bass, *inners) if notes])
    shift = -key.canonical_shift
    return PartPiece(
        name=printable_name(Path(path.stem)),
        source=row.get("source", ""),
        licence=row.get("licence", ""),
        style=style,
        mode=key.mode,
        tonic=(key.tonic + shift) % OCTAVE,
        lead=_tokens(_in_octave(lead, shift, _LEAD_OCTAVES), steps) if lead else None,
        bass=_tokens(_in_octave(bass, shift, _BASS_OCTAVES), steps, low=True) if bass else None,
        inners=tuple(_tokens([(s, e, p + shift) for s, e, p in v], steps) for v in inners),
        is_held_out=_is_held_out(printable_name(Path(path.stem)), style),
    )


def _read_rows(folder: Path) -> dict[Path, dict[str, str]]:
    """Return the rows of all tables of sources below the folder, by file."""
    return {
        (table.parent / row["file"].replace("\\", "/")).resolve(): row
        for table in sorted(folder.rglob("sources.csv"))
        for row in read_sources(table).rows.values()
    }


def _style(path: Path, row: dict[str, str]) -> str:
    """Return the style of a file by its source."""
    source = row.get("source", "") or path.parent.name
    if source == "freedoom":
        return "freedoom"
    return "other" if source.lower().startswith(_OTHER_SOURCES) else "game"


def _voices_in_steps(content: MidiContent) -> list[tuple[str, Notes]]:
    """Return the voices of a file with their names, times in 16th steps."""
    step = content.ticks_per_quarter / STEPS_PER_BEAT
    by_voice: dict[int, Notes] = {}
    for start, end, pitch, voice in content.notes:
        by_voice.setdefault(voice, []).append((start / step, end / step, pitch))
    voices = [
        (content.names.get(voice // 16, "").lower(), sorted(notes))
        for voice, notes in sorted(by_voice.items())
        if len(notes) >= _LEAST_NOTES
    ]
    starts = np.array([start for _, notes in voices for start, _, _ in notes])
    if len(starts) and (np.abs(starts - np.round(starts)) > _OFF_GRID).mean() > _MOST_OFF_GRID:
        raise RefusedFileError("off the 16th grid")
    return voices


def _in_double_time(voices: list[tuple[str, Notes]]) -> list[tuple[str, Notes]]:
    """Return the voices at double speed if they are on the grid of eighths."""
    starts = np.array([round(start) for _, notes in voices for start, _, _ in notes])
    if (starts % 2 == 0).mean() <= _ON_EIGHTHS:
        return voices
    return [(name, [(s / 2, e / 2, p) for s, e, p in notes]) for name, notes in voices]


def _from_first_bar(voices: list[tuple[str, Notes]]) -> list[tuple[str, Notes]]:
    """Return the voices without the empty bars before their first note."""
    first = min(notes[0][0] for _, notes in voices) // STEPS_A_BAR * STEPS_A_BAR
    return [(name, [(s - first, e - first, p) for s, e, p in notes]) for name, notes in voices]


def _cast(voices: list[tuple[str, Notes]]) -> tuple[Notes, Notes, list[Notes]]:
    """Return tune, bass and inner voices, by track name or by register.

    Without such names the bass is the lowest voice, and the tune the highest that has a quarter of
    the busiest one's notes. A missing voice is empty.
    """
    names = dict(voices)
    if set(names) <= {"lead", "inner", "bass"} and "lead" in names:
        inners = [names["inner"]] if "inner" in names else []
        return names["lead"], names.get("bass", []), inners
    rest = list(voices)
    bass: Notes = []
    if len(rest) > 1:
        named = [voice for voice in rest if "bass" in voice[0]]
        lowest = min(named or rest, key=lambda voice: _median_pitch(voice[1]))
        bass = lowest[1]
        rest = [voice for voice in rest if voice is not lowest]
    most = max(len(notes) for _, notes in rest)
    busy = [notes for _, notes in rest if len(notes) >= _BUSY_SHARE * most]
    lead = max(busy, key=_median_pitch)
    return lead, bass, [notes for _, notes in rest if notes is not lead]


def _median_pitch(notes: Notes) -> float:
    return float(np.median([pitch for _, _, pitch in notes]))


def _key(voices: list[Notes]) -> Key:
    """Return the key of the voices: tonic and major or minor by profile, then the church mode."""
    notes = [
        (round(s), max(1, min(round(e - s), _LONGEST_IN_KEY)), p)
        for voice in voices
        for s, e, p in voice
    ]
    tonic, family = find_key(notes)
    weight = np.roll(pitch_class_durations(notes), -tonic)
    if family == "major":
        if weight[10] > 2 * weight[11]:
            return Key(tonic, "mixolydian")
        return Key(tonic, "lydian" if weight[6] > 2 * weight[5] else "major")
    if weight[1] > 2 * weight[2]:
        return Key(tonic, "phrygian")
    if weight[9] > 2 * weight[8] and weight[10] > weight[11]:
        return Key(tonic, "dorian")
    return Key(tonic, "harmonic minor" if weight[11] > weight[10] else "minor")


def _in_octave(notes: Notes, shift: int, bounds: tuple[int, int]) -> Notes:
    """Return the notes moved by `shift` and, if their median is out of range, by an octave."""
    median = _median_pitch(notes) + shift
    octave = OCTAVE if median < bounds[0] else -OCTAVE if median > bounds[1] else 0
    return [(start, end, pitch + shift + octave) for start, end, pitch in notes]


def _tokens(notes: Notes, steps: int, *, low: bool = False) -> Tokens:
    """Return a single line: of notes that start together the highest (or lowest) is kept."""
    chosen: dict[int, tuple[int, int]] = {}
    for start, end, pitch in notes:
        step = round(start)
        last = max(step + 1, round(end))
        if step < steps and (
            step not in chosen or (pitch != chosen[step][1] and (pitch < chosen[step][1]) == low)
        ):
            chosen[step] = (last, pitch)
    tokens = np.full(steps, REST, np.int16)
    starts = sorted(chosen)
    for place, step in enumerate(starts):
        end, pitch = chosen[step]
        following = starts[place + 1] if place + 1 < len(starts) else steps
        # A gap of one step before the next note is articulation, not a rest.
        end = following if end >= following - 1 else end
        tokens[step + 1 : end] = HOLD
        tokens[step] = FIRST_NOTE + _within(pitch)
    return tokens


def _within(pitch: int) -> int:
    """Return the pitch above LOWEST, moved by octaves into the vocabulary."""
    above = pitch - LOWEST
    if above < 0:
        return above % OCTAVE
    return above if above < PITCHES else PITCHES - OCTAVE + above % OCTAVE


def _content(piece: PartPiece) -> bytes:
    """Return a hash of a piece's voices, by which the same music under two names is found."""
    voices = [v for v in (piece.lead, piece.bass, *piece.inners) if v is not None]
    return hashlib.sha256(b"|".join(voice.tobytes() for voice in voices)).digest()


def _is_held_out(name: str, style: str) -> bool:
    """Return whether a piece is held out: by the hash of its file's name alone."""
    return _lot(name) < HELD_OUT_SHARE[style]


def _lot(name: str) -> float:
    """Return a number from 0 to 1 that depends on the name only."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
