"""The Score: notes on the 16th-note grid, what composing gives and arranging takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chipassets.keys import Key, parse_key, parse_pitch, pitch_name
from chipassets.notes import Note as Note
from chipassets.notes import ordered as ordered
from chipassets.units import STEPS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Section:
    """A named stretch of whole bars."""

    name: str
    start_bar: int
    bars: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a motif stands: its name, its steps, and how it was changed to fit.

    `stretch_halves`: 2 keeps its note values, 4 doubles and 1 halves them. `shift` is the interval
    in semitones from the motif's tonic to the track's where it stands, octaves included; the steps
    of the tune are those of the track's own scale.
    """

    motif: str
    start_step: int
    steps: int
    stretch_halves: int
    shift: int


@dataclass(frozen=True, slots=True)
class Score:
    """Notes ordered by start and descending pitch, in whole bars, with tempo, key, form and loop.

    `loop_start_bar` is the bar that follows the last one; None plays once and ends. `chords` has
    the planned chords of each bar, as names (never numerals) with blanks between, or is empty.
    """

    notes: tuple[Note, ...]
    bars: int
    tempo_millibpm: int
    key: Key
    beats_per_bar: int = 4
    sections: tuple[Section, ...] = ()
    loop_start_bar: int | None = 0
    chords: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()

    @property
    def steps_per_bar(self) -> int:
        """16th notes in a bar."""
        return self.beats_per_bar * STEPS_PER_BEAT

    @property
    def total_steps(self) -> int:
        """Length in 16th notes."""
        return self.bars * self.steps_per_bar

    def with_notes(self, notes: list[Note] | tuple[Note, ...]) -> Score:
        """Return the same score with these notes, put in order."""
        return replace(self, notes=ordered(notes))


_HEADER = "chipassets score 1"


def score_to_lines(score: Score) -> list[str]:
    """Return the score as text lines: a header of `name value` lines, then one line a bar.

    A note is `step-in-bar name+duration`, so that a diff of two scores reads as music.
    """
    loop = "none" if score.loop_start_bar is None else str(score.loop_start_bar)
    lines = [
        _HEADER,
        f"key {score.key}",
        f"tempo {score.tempo_millibpm}",
        f"beats {score.beats_per_bar}",
        f"bars {score.bars}",
        f"loop {loop}",
    ]
    lines += [f"section {part.start_bar} {part.bars} {part.name}" for part in score.sections]
    if score.chords:
        lines.append(f"chords {'; '.join(score.chords)}")
    lines += [
        f"motif {said.start_step} {said.steps} {said.stretch_halves} {said.shift} {said.motif}"
        for said in score.statements
    ]
    by_bar: list[list[str]] = [[] for _ in range(score.bars)]
    for note in score.notes:
        bar, step = divmod(note.start_step, score.steps_per_bar)
        by_bar[bar].append(f"{step}:{pitch_name(note.pitch)}+{note.duration_steps}")
    return lines + [f"{bar} | {' '.join(words)}".rstrip() for bar, words in enumerate(by_bar)]


def score_from_lines(lines: list[str]) -> Score:
    """Return the score that `score_to_lines` wrote; ValueError names the line of other text."""
    if not lines or lines[0] != _HEADER:
        raise ValueError(f"line 1: expected {_HEADER!r}; the file is of another kind or version")
    header: dict[str, str] = {}
    sections: list[Section] = []
    statements: list[Statement] = []
    notes: list[Note] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            if "|" in line:
                notes += _bar_notes(line, int(header["beats"]) * STEPS_PER_BEAT)
            elif line.startswith("section "):
                _, start, bars, name = line.split(" ", 3)
                sections.append(Section(name, int(start), int(bars)))
            elif line.startswith("motif "):
                _, start, steps, halves, shift, name = line.split(" ", 5)
                statements.append(Statement(name, int(start), int(steps), int(halves), int(shift)))
            else:
                name, value = line.split(" ", 1)
                header[name] = value
        except (ValueError, KeyError) as error:
            raise ValueError(f"line {number}: cannot read {line[:80]!r}: {error}") from error
    return replace(_from_parts(header, sections, notes), statements=tuple(statements))


def _bar_notes(line: str, steps_per_bar: int) -> list[Note]:
    bar, _, words = line.partition("|")
    notes = []
    for word in words.split():
        step, _, rest = word.partition(":")
        name, _, duration = rest.partition("+")
        start = int(bar) * steps_per_bar + int(step)
        notes.append(Note(start, int(duration), parse_pitch(name)))
    return notes


def _from_parts(header: dict[str, str], sections: list[Section], notes: list[Note]) -> Score:
    try:
        score = Score(
            notes=ordered(notes),
            bars=int(header["bars"]),
            tempo_millibpm=int(header["tempo"]),
            key=parse_key(header["key"]),
            beats_per_bar=int(header["beats"]),
            sections=tuple(sections),
            loop_start_bar=None if header["loop"] == "none" else int(header["loop"]),
            chords=tuple(header["chords"].split("; ")) if "chords" in header else (),
        )
    except KeyError as error:
        raise ValueError(f"the header has no line {error.args[0]!r}") from error
    for note in notes:
        if note.duration_steps < 1 or not 0 <= note.start_step < score.total_steps:
            raise ValueError(f"{note} lies outside the {score.bars} bars")
    return score
