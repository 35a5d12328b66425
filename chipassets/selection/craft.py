"""Craft: what a music teacher would mark in a score, measured voice by voice.

The tune is the lead's part. In merged music, which has no parts, it is the top line, and measures
that need several voices are not taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chipassets.music.concord import chord_spans
from chipassets.music.metrics import lead_line
from chipassets.music.notes import BASS, INNER, LEAD, PARTS
from chipassets.music.score import Note, Score
from chipassets.units import OCTAVE

_WIDE = 8
_SILENT = -1
_LEADS_WITH = 3
"""A voice with at least this many notes in a bar leads if the tune rests or holds a note."""

TUNE_LOWEST, TUNE_HIGHEST = 52, 93
"""E3 to A6: the range in which a tune sounds well on these chips; chosen by ear."""


@dataclass(frozen=True, slots=True)
class Craft:
    """The measures of a score; shares are 0..1.

    clash: share of the steps at which two parts lie a semitone apart (in any octave), among the
    steps at which two parts have sounded for two steps or more. wide_leaps: share of the tune's
    intervals that are eight semitones or more. peak_bars: share of the bars that contain the tune's
    highest pitch. sameness: how often the tune's commonest bar comes. fit: share of the tune's
    notes on pulses that belong to their chord. bass_same: share of the bass's intervals that are
    unisons. dead_bars: bars, from 0, in which the tune has at most one pitch and no other voice
    leads. outside: number of the tune's notes outside its range (0 in merged music, whose top line
    is the bass where the tune rests). bare_end: whether a piece that does not loop closes on a
    single pitch class. seam: semitones from the tune's last note to its first after the loop's
    start; 0 if the tune rests for a bar there. holes: number of half bars in which no part begins a
    note. on_pulse: share of the tune's notes that begin on pulses.
    """

    clash: float
    wide_leaps: float
    peak_bars: float
    sameness: int
    fit: float
    bass_same: float
    dead_bars: tuple[int, ...]
    outside: int
    bare_end: bool
    seam: int
    holes: int
    on_pulse: float


def measure_craft(score: Score, pulse_steps: int) -> Craft:
    """Return the measures of a score; pulse_steps: length of a felt beat in 16ths."""
    tune = list(score.part(LEAD)) if score.is_voiced else lead_line(score.notes)
    bass = score.part(BASS)
    moves = [abs(b.pitch - a.pitch) for a, b in pairwise(tune)]
    low = [b.pitch == a.pitch for a, b in pairwise(bass)]
    bars = _by_bar(tune, score)
    shapes = Counter(
        tuple((note.start_step % score.steps_per_bar, note.pitch) for note in bar)
        for bar in bars
        if bar
    )
    top = max((note.pitch for note in tune), default=0)
    peaks = sum(any(note.pitch == top for note in bar) for bar in bars)
    return Craft(
        clash=_clash(score),
        wide_leaps=sum(move >= _WIDE for move in moves) / len(moves) if moves else 0.0,
        peak_bars=peaks / max(1, score.bars),
        sameness=max(shapes.values(), default=0),
        fit=_fit(tune, score, pulse_steps),
        bass_same=sum(low) / len(low) if low else 0.0,
        dead_bars=_dead_bars(score, bars),
        outside=sum(not TUNE_LOWEST <= note.pitch <= TUNE_HIGHEST for note in tune)
        if score.is_voiced
        else 0,
        bare_end=_ends_bare(score),
        seam=_seam(tune, score),
        holes=_holes(score),
        on_pulse=sum(n.start_step % pulse_steps == 0 for n in tune) / max(1, len(tune)),
    )


def _by_bar(notes: Sequence[Note], score: Score) -> list[list[Note]]:
    """Return the notes in a list for each bar, by their starts."""
    bars: list[list[Note]] = [[] for _ in range(score.bars)]
    bar_steps = score.steps_per_bar  # once: it is worked out anew each time
    for note in notes:
        bars[min(note.start_step // bar_steps, score.bars - 1)].append(note)
    return bars


def _settled(score: Score, part: str) -> NDArray[np.int64]:
    """Return a part's pitch at each step at which it has sounded for two steps, else `_SILENT`."""
    pitches = np.full(score.total_steps, _SILENT, np.int64)
    for note in score.part(part):
        pitches[note.start_step + 1 : note.end_step] = note.pitch
    return pitches


def _clash(score: Score) -> float:
    """Return the share of steps at which two settled parts lie a semitone apart."""
    if not score.is_voiced:
        return 0.0
    parts = [_settled(score, part) for part in PARTS]
    both = rubs = np.zeros(score.total_steps, bool)
    for index, upper in enumerate(parts):
        for lower in parts[index + 1 :]:
            sound = (upper != _SILENT) & (lower != _SILENT)
            both = both | sound
            rubs = rubs | (sound & np.isin((upper - lower) % OCTAVE, (1, 11)))
    return float(rubs.sum() / both.sum()) if both.any() else 0.0


def _fit(tune: Sequence[Note], score: Score, pulse_steps: int) -> float:
    """Return the share of the tune's notes on pulses that belong to their chord."""
    spans = chord_spans(score)
    if not spans:
        return 0.0
    starts = np.array([start for start, _ in spans])
    strong = [note for note in tune if note.start_step % pulse_steps == 0]
    fits = [
        note.pitch % OCTAVE
        in spans[int(np.searchsorted(starts, note.start_step, "right")) - 1][1].pitch_classes
        for note in strong
    ]
    return sum(fits) / len(fits) if fits else 1.0


def _dead_bars(score: Score, bars: Sequence[Sequence[Note]]) -> tuple[int, ...]:
    """Return the bars in which the tune stands still and no other voice leads."""
    if not score.is_voiced:
        return ()
    others = [_by_bar(score.part(part), score) for part in (INNER, BASS)]
    last = score.bars - 1 if score.loop_start_bar is None else score.bars
    return tuple(
        bar
        for bar in range(last)
        if len({note.pitch for note in bars[bar]}) <= 1
        and not any(
            len(part[bar]) >= _LEADS_WITH and len({note.pitch for note in part[bar]}) > 1
            for part in others
        )
    )


def _holes(score: Score) -> int:
    """Return the number of half bars in which no note begins; an ending piece may end with two."""
    half = score.steps_per_bar // 2
    begun = {note.start_step // half for note in score.notes}
    last = score.total_steps // half - 2 * (score.loop_start_bar is None)
    return sum(place not in begun for place in range(last))


def _seam(tune: Sequence[Note], score: Score) -> int:
    """Return the semitones from the tune's last note to its first one after the loop's jump."""
    if score.loop_start_bar is None or not tune:
        return 0
    start = score.loop_start_bar * score.steps_per_bar
    after = [note for note in tune if start <= note.start_step < start + score.steps_per_bar]
    return abs(after[0].pitch - tune[-1].pitch) if after else 0


def _ends_bare(score: Score) -> bool:
    """Return whether a piece that plays once ends on a single pitch class."""
    if score.loop_start_bar is not None or not score.is_voiced:
        return False
    end = max(note.end_step for note in score.notes)
    last = {note.pitch % OCTAVE for note in score.notes if note.end_step >= end - 1}
    return len(last) < 2
