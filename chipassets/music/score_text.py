"""A Score as lines of text, so that a diff of two scores is readable as music."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from chipassets.music.keys import parse_key, parse_pitch, pitch_name
from chipassets.music.notes import PARTS, Note, ordered
from chipassets.music.score import (
    DRUM_KINDS,
    FURTHER_PARTS,
    DrumStroke,
    Score,
    Section,
    Statement,
)
from chipassets.units import steps_per_bar

_HEADERS = ("chipassets score 1", "chipassets score 2")
"""Version 1 has merged notes only; it is still written for scores that have nothing else."""

_DRUMS = "drums"
_PLAIN_VELOCITY = 100


def score_to_lines(score: Score) -> list[str]:
    """Return the score as text lines: a header of `name value` lines, then the bars.

    A bar has one line for each part that plays in it, `bar part | notes`, or one line `bar |` for
    merged music. A note is `step-in-bar:name+duration`; a drum stroke is `step:kind`, followed by
    `@velocity` unless that is 100.
    """
    loop = "none" if score.loop_start_bar is None else str(score.loop_start_bar)
    is_plain = not (score.further or score.drums is not None or any(n.part for n in score.notes))
    lines = [
        _HEADERS[not is_plain],
        f"key {score.key}",
        f"tempo {score.tempo_millibpm}",
        f"beats {score.beats_per_bar:g}",
        f"bars {score.bars}",
        f"loop {loop}",
    ]
    if score.drums is not None:
        lines.append("drums written")
    lines += [f"section {part.start_bar} {part.bars} {part.name}" for part in score.sections]
    if score.chords:
        lines.append(f"chords {'; '.join(score.chords)}")
    lines += [
        f"motif {said.start_step} {said.steps} {said.stretch_halves} {said.shift} {said.motif}"
        for said in score.statements
    ]
    return lines + (_merged_bars(score) if is_plain else _voiced_bars(score))


def _merged_bars(score: Score) -> list[str]:
    words = _words_by_bar(score, score.notes)
    return [f"{bar} | {' '.join(words[bar])}".rstrip() for bar in range(score.bars)]


def _voiced_bars(score: Score) -> list[str]:
    """Return a line for each part in each bar where it plays: bar, part, its notes or strokes."""
    by_part: dict[str, list[Note]] = {part: [] for part in ("", *PARTS, *FURTHER_PARTS)}
    for note in (*score.notes, *score.further):
        by_part[note.part].append(note)
    rows = {part: _words_by_bar(score, notes) for part, notes in by_part.items()}
    strokes: list[list[str]] = [[] for _ in range(score.bars)]
    bar_steps = score.steps_per_bar
    for stroke in score.drums or ():
        bar, step = divmod(stroke.step, bar_steps)
        loud = "" if stroke.velocity == _PLAIN_VELOCITY else f"@{stroke.velocity}"
        strokes[bar].append(f"{step}:{stroke.kind}{loud}")
    rows[_DRUMS] = strokes
    return [
        f"{f'{bar} {part}'.rstrip()} | {' '.join(words[bar])}"
        for bar in range(score.bars)
        for part, words in rows.items()
        if words[bar]
    ]


def _words_by_bar(score: Score, notes: Iterable[Note]) -> list[list[str]]:
    """Return the notes' texts, like 4:C5+2 (step, pitch, duration), in a list for each bar."""
    by_bar: list[list[str]] = [[] for _ in range(score.bars)]
    bar_steps = score.steps_per_bar  # once: it is worked out anew each time
    for note in notes:
        bar, step = divmod(note.start_step, bar_steps)
        by_bar[bar].append(f"{step}:{pitch_name(note.pitch)}+{note.duration_steps}")
    return by_bar


def score_from_lines(lines: list[str]) -> Score:
    """Return the score of lines from `score_to_lines`; ValueError names the line of other text."""
    if not lines or lines[0] not in _HEADERS:
        raise ValueError(
            f"line 1: expected {_HEADERS[-1]!r}; the file is of another kind or version"
        )
    header: dict[str, str] = {}
    sections: list[Section] = []
    statements: list[Statement] = []
    notes: list[Note] = []
    drums: list[DrumStroke] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            if "|" in line:
                place, _, words = line.partition("|")
                bar, _, part = place.strip().partition(" ")
                start = int(bar) * steps_per_bar(_beats(header["beats"]))
                if part == _DRUMS:
                    drums += _strokes(words, start)
                else:
                    notes += _notes(words, start, part)
            elif line.startswith("section "):
                _, first, bars, name = line.split(" ", 3)
                sections.append(Section(name, int(first), int(bars)))
            elif line.startswith("motif "):
                _, first, steps, halves, shift, name = line.split(" ", 5)
                statements.append(Statement(name, int(first), int(steps), int(halves), int(shift)))
            else:
                name, value = line.split(" ", 1)
                header[name] = value
        except (ValueError, KeyError) as error:
            raise ValueError(f"line {number}: cannot read {line[:80]!r}: {error}") from error
    score = _from_parts(header, sections, notes)
    written = tuple(sorted(drums, key=_stroke_order)) if "drums" in header else None
    end = score.total_steps
    if any(not 0 <= stroke.step < end for stroke in written or ()):
        raise ValueError(f"a stroke of a drum lies outside the {score.bars} bars")
    return replace(score, statements=tuple(statements), drums=written)


def _beats(text: str) -> float:
    """Return the quarter notes of a bar: whole, or with a half as in 7/8; ValueError for others."""
    beats = float(text)
    if not (2 * beats).is_integer():
        raise ValueError(f"a bar has quarter notes, whole or with a half, not {text}")
    return int(beats) if beats.is_integer() else beats


def _stroke_order(stroke: DrumStroke) -> tuple[int, int]:
    return stroke.step, DRUM_KINDS.index(stroke.kind)


def _notes(words: str, start: int, part: str) -> list[Note]:
    """Return the notes of a bar's words; `start` is the bar's first step."""
    if part and part not in (*PARTS, *FURTHER_PARTS):
        raise ValueError(f"{part!r} is no part; there are {', '.join((*PARTS, *FURTHER_PARTS))}")
    read = map(_read_note, words.split())
    return [Note(start + step, steps, pitch, part) for step, steps, pitch in read]


# Cached, because a lock of hundreds of tracks has few different words.
@lru_cache(maxsize=16_384)
def _read_note(word: str) -> tuple[int, int, int]:
    """Return step in the bar, length in steps and pitch of a word "step:pitch+steps"."""
    step, _, rest = word.partition(":")
    name, _, duration = rest.partition("+")
    return int(step), int(duration), parse_pitch(name)


def _strokes(words: str, start: int) -> list[DrumStroke]:
    read = map(_read_stroke, words.split())
    return [DrumStroke(start + step, kind, velocity) for step, kind, velocity in read]


@lru_cache(maxsize=16_384)
def _read_stroke(word: str) -> tuple[int, str, int]:
    """Return the step within the bar, the drum and the velocity of "step:kind@velocity"."""
    step, _, rest = word.partition(":")
    kind, _, velocity = rest.partition("@")
    if kind not in DRUM_KINDS:
        raise ValueError(f"{kind!r} is no drum; there are {', '.join(DRUM_KINDS)}")
    loud = int(velocity or _PLAIN_VELOCITY)
    if not 1 <= loud <= 127:
        raise ValueError(f"velocity {loud} lies outside 1 to 127")
    return int(step), kind, loud


def _from_parts(header: dict[str, str], sections: list[Section], notes: list[Note]) -> Score:
    """Return the score of a parsed text.

    ValueError if a line of the header is missing or a note lies outside the bars.
    """
    try:
        score = Score(
            notes=ordered([note for note in notes if note.part not in FURTHER_PARTS]),
            bars=int(header["bars"]),
            tempo_millibpm=int(header["tempo"]),
            key=parse_key(header["key"]),
            beats_per_bar=_beats(header["beats"]),
            sections=tuple(sections),
            loop_start_bar=None if header["loop"] == "none" else int(header["loop"]),
            chords=tuple(header["chords"].split("; ")) if "chords" in header else (),
            further=ordered([note for note in notes if note.part in FURTHER_PARTS]),
        )
    except KeyError as error:
        raise ValueError(f"the header has no line {error.args[0]!r}") from error
    end = score.total_steps
    for note in notes:
        if note.duration_steps < 1 or not 0 <= note.start_step < end:
            raise ValueError(f"{note} lies outside the {score.bars} bars")
    return score
