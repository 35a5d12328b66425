"""Measured features of a Score, each computed from its formula.

The lead is the top line: of the notes that start at a step, the highest, unless a higher one that
started before still sounds. A Score without notes measures 0 everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from chipassets.music.concord import concord
from chipassets.music.keys import MODES
from chipassets.music.score import Note, Score
from chipassets.units import OCTAVE, STEPS_PER_BEAT

Grid = NDArray[np.bool_]

_FAR_LEAP_SEMITONES = 7
_LEAST_LEAD_NOTES = 2
_PITCHES = 128


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a score measures; rates and shares are 0..1, pitches MIDI, intervals semitones.

    harmony_fit: share of pitches on beats that belong to the planned chord; bass_fit: share of
    chords whose first beat has the bass that they ask for; both 0 without chords.
    pitch_class_entropy: bits, at most log2(12). scale_consistency: share of notes in the best of 24
    major and natural minor scales; key_fit: in the score's own key. polyphony: mean sounding
    pitches over the steps that sound. groove_consistency: 1 - mean share of steps at which
    neighbouring bars differ in whether a note starts. repetition: share of bars that equal an
    earlier one (silent bars aside). on_beat_rate: share of onsets on a felt beat. lead_*: the top
    line; lead_step its mean interval, leap_rate the share of intervals beyond a fifth,
    repeated_note_rate the share of unisons, top_note_share that of its commonest pitch;
    lead_idle_rate the share of bars in which it begins fewer than two notes.
    seam_interval: from the lead's last note to its first note of the bar that follows in the loop;
    seam_gap_steps: the rest between the last sound and the first.
    """

    notes: int
    pitches: int
    pitch_class_entropy: float
    scale_consistency: float
    key_fit: float
    harmony_fit: float
    bass_fit: float
    polyphony: float
    onsets_per_beat: float
    empty_beat_rate: float
    groove_consistency: float
    repetition: float
    on_beat_rate: float
    lead_pitch: float
    lead_range: int
    lead_step: float
    leap_rate: float
    repeated_note_rate: float
    top_note_share: float
    lead_idle_rate: float
    bass_pitch: float
    longest_note_steps: int
    longest_rest_steps: int
    seam_interval: int
    seam_gap_steps: int

    def to_dict(self) -> dict[str, float]:
        """Return the features by name, rounded to 4 places."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure(score: Score, pulse_steps: int = STEPS_PER_BEAT) -> Metrics:
    """Return the measured features of a score; pulse_steps: length of a felt beat in 16ths."""
    notes = score.notes
    sounding = sounding_grid(score)
    top = lead_line(notes)
    lead = [note.pitch for note in top]
    intervals = np.abs(np.diff(lead)) if len(lead) > 1 else np.zeros(0)
    seam_interval, seam_gap = _seam(score, top, sounding)
    harmony_fit, bass_fit = concord(score, sounding, pulse_steps)
    return Metrics(
        notes=len(notes),
        pitches=len({note.pitch for note in notes}),
        pitch_class_entropy=pitch_class_entropy(notes),
        scale_consistency=scale_consistency(notes),
        key_fit=_share(note.pitch % OCTAVE in score.key.pitch_classes for note in notes),
        harmony_fit=harmony_fit,
        bass_fit=bass_fit,
        polyphony=polyphony(sounding),
        onsets_per_beat=len(notes) / (score.bars * score.beats_per_bar),
        empty_beat_rate=empty_beat_rate(sounding),
        groove_consistency=groove_consistency(score),
        repetition=repetition(score),
        on_beat_rate=_share(note.start_step % pulse_steps == 0 for note in notes),
        lead_pitch=float(median(lead)) if lead else 0.0,
        lead_range=max(lead) - min(lead) if lead else 0,
        lead_step=float(intervals.mean()) if intervals.size else 0.0,
        leap_rate=_share(interval > _FAR_LEAP_SEMITONES for interval in intervals),
        repeated_note_rate=_share(interval == 0 for interval in intervals),
        top_note_share=max(Counter(lead).values()) / len(lead) if lead else 0.0,
        lead_idle_rate=_idle_rate(score, top),
        bass_pitch=_bass_pitch(sounding),
        longest_note_steps=max((note.duration_steps for note in notes), default=0),
        longest_rest_steps=longest_run(np.logical_not(sounding.any(axis=1))),
        seam_interval=seam_interval,
        seam_gap_steps=seam_gap,
    )


def sounding_grid(score: Score) -> Grid:
    """Return bool [steps, 128]: which pitches sound at which steps of the score."""
    grid = np.zeros((score.total_steps, _PITCHES), bool)
    for note in score.notes:
        grid[note.start_step : note.end_step, note.pitch] = True
    return grid


def onsets_per_beat(score: Score, bars: Collection[int], part: str | None = None) -> float:
    """Return how many notes a quarter begin in some of a score's bars, in one part or in all."""
    begun = sum(
        part in (None, note.part) and note.start_step // score.steps_per_bar in bars
        for note in score.notes
    )
    return begun / (len(bars) * score.beats_per_bar)


def lead_line(notes: tuple[Note, ...]) -> list[Note]:
    """Return the notes of the top line, in order: nothing higher sounds when they start."""
    lead: list[Note] = []
    sounding: list[tuple[int, int]] = []  # the ends and pitches of what may sound
    for note in sorted(notes, key=lambda note: (note.start_step, -note.pitch)):
        start, pitch = note.start_step, note.pitch
        sounding = [other for other in sounding if other[0] > start]
        if all(other[1] < pitch for other in sounding):
            lead.append(note)
        sounding.append((start + note.duration_steps, pitch))
    return lead


def pitch_class_entropy(notes: tuple[Note, ...]) -> float:
    """Return the entropy in bits of the notes' pitch classes: -sum p log2 p."""
    counts = np.array(list(Counter(note.pitch % OCTAVE for note in notes).values()), float)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def scale_consistency(notes: tuple[Note, ...]) -> float:
    """Return the largest share of notes that one major or natural minor scale holds.

    A natural minor scale has the pitches of its relative major, so 12 scales are all 24.
    """
    counts = Counter(note.pitch % OCTAVE for note in notes)
    scales = [{(tonic + step) % OCTAVE for step in MODES["major"]} for tonic in range(OCTAVE)]
    most = max(sum(counts[pitch] for pitch in scale) for scale in scales)
    return most / len(notes) if notes else 0.0


def polyphony(sounding: Grid) -> float:
    """Return the mean number of pitches over the steps at which any sounds."""
    voices = sounding.sum(axis=1)
    return float(voices[voices > 0].mean()) if voices.any() else 0.0


def empty_beat_rate(sounding: Grid) -> float:
    """Return the share of beats in which nothing sounds; a half beat at the end is one of them.

    Bars of 7/8 and 9/8 end on half a beat, so an odd number of them does too.
    """
    beats = np.logical_or.reduceat(
        sounding.any(axis=1), np.arange(0, len(sounding), STEPS_PER_BEAT)
    )
    return float(1 - beats.mean())


def groove_consistency(score: Score) -> float:
    """Return 1 - the mean normalised Hamming distance of neighbouring bars' onset vectors.

    A vector has one place for each 16th of the bar. One bar alone agrees with itself: 1.
    """
    onsets = np.zeros(score.total_steps, bool)
    onsets[[note.start_step for note in score.notes]] = True
    bars = onsets.reshape(score.bars, score.steps_per_bar)
    if not score.notes:
        return 0.0
    return float(1 - (bars[1:] != bars[:-1]).mean()) if score.bars > 1 else 1.0


def repetition(score: Score) -> float:
    """Return the share of bars that start the same pitches as an earlier bar, silent ones aside."""
    bars: list[set[tuple[int, int]]] = [set() for _ in range(score.bars)]
    for note in score.notes:
        bar, step = divmod(note.start_step, score.steps_per_bar)
        bars[bar].add((step, note.pitch))
    seen: set[frozenset[tuple[int, int]]] = set()
    repeated = 0
    for content in map(frozenset, bars):
        repeated += bool(content) and content in seen
        seen.add(content)
    return repeated / score.bars


def longest_run(flags: Grid) -> int:
    """Return the length of the longest run of true values."""
    padded = np.concatenate(([False], flags, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def _idle_rate(score: Score, lead: Iterable[Note]) -> float:
    """Return the share of bars in which the tune begins too few notes."""
    if not score.notes:
        return 0.0
    begun = Counter(note.start_step // score.steps_per_bar for note in lead)
    return _share(begun[bar] < _LEAST_LEAD_NOTES for bar in range(score.bars))


def _bass_pitch(sounding: Grid) -> float:
    voiced = sounding[sounding.any(axis=1)]
    return float(np.median(voiced.argmax(axis=1))) if voiced.size else 0.0


def _seam(score: Score, lead: Sequence[Note], sounding: Grid) -> tuple[int, int]:
    """Return the interval and the rest, in steps, from the end of the loop to the bar after it."""
    next_step = (score.loop_start_bar or 0) * score.steps_per_bar
    after = [note for note in lead if note.start_step >= next_step]
    if not after:
        return 0, 0
    voiced = np.flatnonzero(sounding.any(axis=1))
    rest_before_end = score.total_steps - 1 - int(voiced[-1])
    rest_after = int(voiced[voiced >= next_step][0]) - next_step
    return abs(after[0].pitch - lead[-1].pitch), rest_before_end + rest_after


def _share(flags: Iterable[object]) -> float:
    """Return the share of true values among the flags; 0 of none."""
    values = list(flags)
    return sum(map(bool, values)) / len(values) if values else 0.0
