"""What the notes of a score do: phrases with their cadences, and what each part does by section.

Read from the notes and the planned chords alone, so it is true of every take: of one that was
edited, imported or composed by an older version too. Where the plan of a piece has a word for the
same thing, it is that word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chipassets.music.chords import parse_chord
from chipassets.music.notes import BASS, FURTHER_PARTS, INNER, LEAD, PARTS, Note
from chipassets.music.score import Score, Section
from chipassets.units import OCTAVE

CLOSED, HALF, DECEPTIVE, TURN = "closed", "half", "deceptive", "turn"
CADENCES = {
    CLOSED: "on the tonic",
    HALF: "open, on the dominant",
    DECEPTIVE: "the tonic avoided",
    TURN: "leads back to the start",
}
"""Cadences by how a phrase closes; another one is named by its chord."""

_PHRASE_BARS, _SHORTEST_PHRASE = 4, 2
_DOMINANT, _LEADING = 7, 11
_SUBMEDIANT = {False: 9, True: 8}
_THIRDS = frozenset({3, 4, 8, 9})
_MOSTLY = 0.6
_HELD_ONSETS = 2.5
_LATEST_ECHO = 8
_FAST_ONSETS = 6.0
_EVEN = 0.7
_STEP, _LEAP = 2, 3
_KINDS = (("kick", "kick"), ("snare", "snare"), ("hat", "hats"), ("tom", "toms"))


@dataclass(frozen=True, slots=True)
class PhraseUse:
    """A phrase: its bars, counted from 0 in the piece, and how it closes."""

    start_bar: int
    bars: int
    cadence: str


@dataclass(frozen=True, slots=True)
class SectionUse:
    """A section: its phrases, and what each part that the score has does in it, by part."""

    section: Section
    phrases: tuple[PhraseUse, ...]
    parts: tuple[tuple[str, str], ...]


def say_parts(parts: Iterable[tuple[str, str]]) -> list[str]:
    """Return what parts do, in words for people: "second voice: arpeggio".

    A lead that has the tune is not named: it always has, unless it is silent.
    """
    return [f"{_SAID[part]}: {does}" for part, does in parts if does != _TUNE and part in _SAID]


_TUNE = "tune"
_SAID = {
    LEAD: "tune",
    INNER: "second voice",
    BASS: "bass",
    **{part: part for part in FURTHER_PARTS},
    "drums": "drums",
}


def read_uses(score: Score, pulse_steps: int, *, further: bool = True) -> tuple[SectionUse, ...]:
    """Return what happens in each section; pulse_steps: length of a felt beat in 16ths.

    further: whether parts beyond the third are heard. Merged music has no parts to tell of, only
    drums.
    """
    sections = score.sections or (Section("", 0, score.bars),)
    return tuple(
        SectionUse(
            section,
            _phrases(score, section),
            _parts(score, section, pulse_steps, FURTHER_PARTS if further else ()),
        )
        for section in sections
    )


def _phrases(score: Score, section: Section) -> tuple[PhraseUse, ...]:
    """Return the phrases of a section: four bars each, the last one at least two."""
    starts = list(range(section.start_bar, section.start_bar + section.bars, _PHRASE_BARS))
    end = section.start_bar + section.bars
    if len(starts) > 1 and end - starts[-1] < _SHORTEST_PHRASE:
        starts.pop()
    return tuple(
        PhraseUse(start, after - start, _cadence(score, after - 1))
        for start, after in zip(starts, [*starts[1:], end], strict=True)
    )


def _cadence(score: Score, bar: int) -> str:
    """Return how a phrase closes that ends with a bar, by that bar's last chord; "" without."""
    names = score.chords[bar].split() if bar < len(score.chords) else []
    if not names:
        return ""
    root = (parse_chord(names[-1], score.key).root - score.key.tonic) % OCTAVE
    if root == 0:
        return CLOSED
    if bar == score.bars - 1 and score.loop_start_bar is not None:
        return TURN
    if root in (_DOMINANT, _LEADING):
        return HALF
    return DECEPTIVE if root == _SUBMEDIANT[score.key.is_minor] else f"on {names[-1]}"


def _parts(
    score: Score, section: Section, pulse_steps: int, further: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return what each part does in a section."""
    found: list[tuple[str, str]] = []
    if score.is_voiced:
        tune = _inside(score, score.part(LEAD), section)
        for part in (*PARTS, *further):
            notes = _inside(score, score.part(part), section)
            if part in PARTS or score.part(part):
                said = (
                    _tune(notes)
                    if part == LEAD
                    else _bass(notes, section.bars, pulse_steps)
                    if part == BASS
                    else _second(notes, tune, section.bars, score.steps_per_bar)
                )
                found.append((part, said))
    strokes = _drums(score, section)
    return (*found, ("drums", strokes)) if score.drums else tuple(found)


def _inside(score: Score, notes: Sequence[Note], section: Section) -> list[Note]:
    """Return the notes that begin in a section."""
    bar = score.steps_per_bar
    start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
    return [note for note in notes if start <= note.start_step < end]


def _tune(notes: Sequence[Note]) -> str:
    return _TUNE if notes else "silent"


def _bass(notes: Sequence[Note], bars: int, pulse_steps: int) -> str:
    """Return what the bass does, by its intervals and how often it strikes."""
    if not notes:
        return "silent"
    if len(notes) <= _HELD_ONSETS * bars:
        return "pedal" if len({note.pitch % OCTAVE for note in notes}) == 1 else "held"
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
    gaps = [b.start_step - a.start_step for a, b in pairwise(notes)]
    if _share(move == OCTAVE for move in moves) >= _MOSTLY:
        return "octaves"
    if len({note.pitch % OCTAVE for note in notes}) == 1:
        return "pedal"
    if _share(move == 0 for move in moves) >= _MOSTLY and len(notes) >= _FAST_ONSETS * bars:
        return "driving"
    on_pulses = _share(gap == pulse_steps for gap in gaps)
    if on_pulses >= _MOSTLY and _share(move > 0 for move in moves) >= _EVEN:
        return "walking"
    return "pattern"


def _second(notes: Sequence[Note], tune: Sequence[Note], bars: int, bar_steps: int) -> str:
    """Return what a part beside the tune does: first how it follows the tune, then its own way."""
    if not notes:
        return "silent"
    at = {note.start_step: note.pitch for note in tune}
    together = [(at[note.start_step] - note.pitch) for note in notes if note.start_step in at]
    follows = len(together) >= _MOSTLY * len(notes) and len(together) >= _MOSTLY * len(tune)
    if follows and _share(apart % OCTAVE == 0 for apart in together) >= _MOSTLY:
        return "unison"
    if follows and _share(apart % OCTAVE in _THIRDS for apart in together) >= _MOSTLY:
        return "thirds"
    late = max(
        (
            _share(
                note.start_step - delay in at
                and (at[note.start_step - delay] - note.pitch) % OCTAVE == 0
                for note in notes
            )
            for delay in range(1, _LATEST_ECHO + 1)
        ),
        default=0.0,
    )
    if late >= _EVEN:
        return "echo"
    starts = sorted({note.start_step for note in notes})
    if len(starts) <= _HELD_ONSETS * bars:
        lengths = sum(note.duration_steps for note in notes) / len(notes)
        return "held" if lengths >= bar_steps / 4 else "accents"
    if len(notes) >= 1.5 * len(starts):
        return "chords"
    return _line(sorted(notes, key=lambda note: note.start_step), bar_steps)


def _line(notes: Sequence[Note], bar_steps: int) -> str:
    """Return what a part of single notes does that does not follow the tune."""
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
    gaps = Counter(b.start_step - a.start_step for a, b in pairwise(notes))
    is_even = gaps.most_common(1)[0][1] >= _EVEN * gaps.total() if gaps else False
    short = _share(note.duration_steps <= 2 for note in notes)
    off_beat = _share(note.start_step % 4 == 2 for note in notes)
    if off_beat >= _EVEN and short >= _MOSTLY:
        return "offbeat"
    if is_even and _share(move >= _LEAP for move in moves) >= _MOSTLY:
        return "arpeggio"
    if is_even and _share(0 < move <= _STEP for move in moves) >= _MOSTLY:
        return "running"
    by_bar: dict[int, list[int]] = {}
    for note in notes:
        by_bar.setdefault(note.start_step // bar_steps, []).append(note.start_step % bar_steps)
    rhythms = Counter(tuple(steps) for steps in by_bar.values())
    if len(by_bar) > 1 and rhythms.most_common(1)[0][1] >= _EVEN * len(by_bar):
        return "ostinato"
    return "counter-line"


def _drums(score: Score, section: Section) -> str:
    """Return the strokes of each kind a bar, on average."""
    bar = score.steps_per_bar
    first, last = section.start_bar, section.start_bar + section.bars
    counts: Counter[str] = Counter()
    for stroke in score.drums or ():
        if first * bar <= stroke.step < last * bar:
            counts[next((say for kind, say in _KINDS if kind in stroke.kind), stroke.kind)] += 1
    if not counts:
        return "silent"
    order = [say for _, say in _KINDS]
    ranked = sorted(counts, key=lambda name: order.index(name) if name in order else len(order))
    said = [f"{name} {counts[name] / section.bars:.1f}".removesuffix(".0") for name in ranked]
    return f"{', '.join(said)} a bar"


def _share(values: Iterable[bool]) -> float:
    """Return the share of truths among values, 0 of none."""
    found = list(values)
    return sum(found) / len(found) if found else 0.0
