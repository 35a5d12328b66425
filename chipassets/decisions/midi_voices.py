"""The voices of an edited MIDI file: the part of each of its tracks, on the 16th grid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chipassets.chips.profiles import CHIPS
from chipassets.errors import UsageError
from chipassets.midi.reader import MidiContent, MidiError, names_drums, parse_midi
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import Score
from chipassets.plainfile import read_plain
from chipassets.units import STEPS_PER_BEAT, STRAIGHT, Swing

_MOST_BYTES = 1 << 22
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (part, re.compile(words, re.IGNORECASE))
    for part, words in (
        (LEAD, r"lead|tune|melod|sopran|top"),
        (INNER, r"inner|second|counter|arp|alto"),
        (BASS, r"bass"),
        ("harmony", r"harmony|pad|chord"),
        ("figure", r"figure"),
    )
)
_ROLE_PARTS = {"lead": LEAD, "inner": INNER, "bass": BASS, "harmony": "harmony", "echo": "figure"}
"""The part that a voice of the chip plays, by its role; roles that double others have none."""
_CHANNEL_PARTS = (LEAD, INNER, BASS)

# General MIDI's drum keys; drums that the chip lacks are mapped to the nearest kind.
_DRUM_KEYS = {
    **dict.fromkeys((35, 36), "kick"),
    **dict.fromkeys((37, 38, 39, 40), "snare"),
    **dict.fromkeys((42, 44, 51, 53, 54, 59, 69, 70), "closed_hat"),
    46: "open_hat",
    **dict.fromkeys((41, 43, 45, 47, 48, 50, 60, 61, 62, 63, 64, 65, 66), "tom"),
    **dict.fromkeys((49, 52, 55, 57), "crash"),
}
_OTHER_KIND = "snare"
_OFF_GRID = 0.125
"""The share of a step; a note farther from the grid was not meant to be on it."""
_NOTHING = 1 / 16


@dataclass(frozen=True, slots=True)
class Stroke:
    """A drum stroke in the file."""

    step: int
    kind: str
    velocity: int


@dataclass(frozen=True, slots=True)
class FileNotes:
    """The content of a file: notes by part, drum strokes (None without a drum track), remarks.

    doubles: step and pitch of the notes of voices that double others, by the voice's name; they
    are not imported.
    """

    parts: dict[str, tuple[Note, ...]]
    strokes: tuple[Stroke, ...] | None
    remarks: tuple[str, ...] = field(default=())
    doubles: dict[str, frozenset[tuple[int, int]]] = field(default_factory=dict)


def read_voices(
    source: Path | bytes,
    chip: str,
    score: Score,
    swing: Swing = STRAIGHT,
    name: str = "",
) -> FileNotes:
    """Return the notes of a file by part, on the grid.

    name: what messages call the file; by default its path.

    A track plays the part in its name (a voice of the chip, or a word such as "bass"); if no name
    has one, channels 1, 2 and 3 are lead, inner and bass; channel 10 is the drums. A track that
    swings is read with its swing, or straight, whichever moves the file's notes less.

    Raises:
        UsageError: it is not a MIDI file with ticks per beat, its metre is another, or nothing says
            which part a track plays.
    """
    name = name or ("the export" if isinstance(source, bytes) else str(source))
    content = _content(source, name)
    if content.damaged:
        raise UsageError(
            f"{name} is damaged: {content.damaged} of its {content.tracks} tracks break off; "
            "export it again"
        )
    _check_metre(content, score, name)
    parts, doubling = _parts_of(content, chip, name)
    grid = _grid(content, score.beats_per_bar, swing)
    rows: dict[str, list[Note]] = {}
    doubles: dict[str, set[tuple[int, int]]] = {said: set() for said in doubling.values()}
    moved, far = 0, 0
    for start, end, pitch, voice in sorted(content.notes):
        begin, off = grid.step(start)
        if voice in doubling:
            doubles[doubling[voice]].add((begin, pitch))
        part = parts.get(voice)
        if part is None:
            continue
        stop, _ = grid.step(end)
        moved += off > 0
        far += off > _OFF_GRID
        rows.setdefault(part, []).append(Note(begin, max(1, stop - begin), pitch, part))
    strokes = []
    for tick, key, velocity in sorted(content.strokes):
        step, off = grid.step(tick)
        moved += off > 0
        far += off > _OFF_GRID
        strokes.append(Stroke(step, _DRUM_KEYS.get(key, _OTHER_KIND), velocity))
    remarks = []
    if moved:
        remarks.append(
            f"{moved} notes moved to the grid of 16ths"
            + (f", {far} of them by more than an eighth of a 16th" if far else "")
        )
    found = {part: ordered(_without_twins(notes)) for part, notes in rows.items()}
    has_drums = bool(strokes) or any(names_drums(said) for said in content.names.values())
    return FileNotes(
        found,
        tuple(dict.fromkeys(strokes)) if has_drums else None,
        tuple(remarks),
        {said: frozenset(notes) for said, notes in doubles.items()},
    )


def _content(source: Path | bytes, name: str) -> MidiContent:
    """Return what a MIDI file holds; UsageError if it cannot be read."""
    data = source
    if isinstance(data, Path):
        try:
            data = read_plain(data, _MOST_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{name} has more than {_MOST_BYTES:,} bytes, too many for one track")
    try:
        return parse_midi(data, drums_by_program=False)
    except MidiError as error:
        raise UsageError(f"{name} is not MIDI with ticks per beat ({error})") from error


def _check_metre(content: MidiContent, score: Score, name: str) -> None:
    """Raise UsageError if the file has a bar of another length than the take's."""
    per_quarter = content.ticks_per_quarter
    for tick, above, below in sorted(content.metres):
        if above * 4 != score.beats_per_bar * below:
            bar = tick // (per_quarter * score.beats_per_bar) + 1
            raise UsageError(
                f"{name}: bar {bar:g} is in {above}/{below}, and the take's bars have "
                f"{score.beats_per_bar:g} quarters; keep the metre"
            )


def _parts_of(content: MidiContent, chip: str, name: str) -> tuple[dict[int, str], dict[int, str]]:
    """Return the part of each voice of the file, and the name of each that doubles others."""
    roles = {spec.name: spec.role for spec in CHIPS[chip].voices}
    voices = sorted({voice for *_, voice in content.notes})
    found: dict[int, str] = {}
    doubling: dict[int, str] = {}
    unnamed: list[int] = []
    for voice in voices:
        said = content.names.get(voice // 16, "").strip()
        role = roles.get(said.lower())
        if role is not None:
            if role in _ROLE_PARTS:
                found[voice] = _ROLE_PARTS[role]
            else:
                doubling[voice] = said.lower()
            continue
        part = next((part for part, words in _NAMES if words.search(said)), None)
        if part is None:
            unnamed.append(voice)
        else:
            found[voice] = part
    taken = set(found.values())
    for voice in unnamed:
        channel = voice % 16
        part = _CHANNEL_PARTS[channel] if channel < len(_CHANNEL_PARTS) else None
        if part is None or part in taken:
            said = content.names.get(voice // 16, "")
            which = f"track {voice // 16 + 1}" + (f" ({said!r})" if said else "")
            raise UsageError(
                f"{name}: nothing says which part {which} on channel {channel + 1} plays; name "
                f"the track lead, inner, bass or drums, or {', '.join(roles)}, or use channels 1 "
                "to 3 and 10"
            )
        found[voice] = part
        taken.add(part)
    return found, doubling


@dataclass(frozen=True, slots=True)
class _Grid:
    """The 16th grid of a file, in ticks, with its swing."""

    ticks_per_quarter: int
    beats_per_bar: float
    swing: Swing

    def step(self, tick: int) -> tuple[int, float]:
        """Return the nearest step, the later of two, and the tick's distance from it in steps.

        Less than a 16th of a step counts as 0: ticks are rounded by the file's resolution.
        """
        place = tick * STEPS_PER_BEAT / self.ticks_per_quarter
        near = int(place)
        choice = range(near + 1, max(-1, near - 2), -1)
        step = min(choice, key=lambda one: abs(place - self._at(one)))
        off = abs(place - self._at(step))
        return step, off if not any(self.swing) or off > _NOTHING else 0.0

    def _at(self, step: int) -> float:
        """Return a step's time in steps; swing delays the off-beats."""
        late = self.swing.late_beats(step, self.beats_per_bar)
        return step + late * STEPS_PER_BEAT


def _grid(content: MidiContent, beats_per_bar: float, swing: Swing) -> _Grid:
    """Return the grid that fits the file's notes best: straight, or with the track's swing."""
    straight = _Grid(content.ticks_per_quarter, beats_per_bar, STRAIGHT)
    if not any(swing):
        return straight
    swung = _Grid(content.ticks_per_quarter, beats_per_bar, swing)
    ticks = [note[0] for note in content.notes] + [tick for tick, *_ in content.strokes]

    def distance(grid: _Grid) -> float:
        """Return how far the notes are from a grid."""
        return sum(grid.step(tick)[1] for tick in ticks)

    return min((swung, straight), key=distance)


def _without_twins(notes: Iterable[Note]) -> list[Note]:
    """Return the notes with only the longest of those with equal pitch and start."""
    longest: dict[tuple[int, int], Note] = {}
    for note in notes:
        known = longest.get((note.start_step, note.pitch))
        if known is None or note.duration_steps > known.duration_steps:
            longest[note.start_step, note.pitch] = note
    return list(longest.values())
