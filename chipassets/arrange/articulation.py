"""Articulation: how a voice plays a line of notes, in frames.

Repeated notes have a gap before them so that they are heard as repeated; notes end just before the
seam of a loop; strong beats are louder; a free inner voice echoes the lead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.drum_voice import DrumHit
from chipassets.chips.chipsong import ChipNote
from chipassets.chips.profiles import VoiceSpec
from chipassets.music.score import Note
from chipassets.units import OCTAVE, STEPS_PER_BEAT, STRAIGHT, Swing, steps_per_bar, swung_frame

# Levels 0..15 by role; the triangle has no volume. Pulses at 13 and 7 against the triangle's
# fixed level are about as loud as melody and second voice should be against a bass.
_LEVELS = {"lead": 13, "inner": 7, "bass": 15}
_ECHO_LEVEL = 4
ECHO_DELAY_STEPS = 3
"""A dotted eighth: it falls between the beats, where the lead rarely has notes."""

_SEAM_FRAMES = 3
"""Frames of silence before a loop's seam, enough for the triangle to complete its cycle."""

# The range in which the middle of a bass should be, and the range in which each line sounds well
# on the chip; A1 to A3 are audible on the triangle and yet low.
_MIDDLE = {"bass": (38, 52)}
_COMFORT = {"bass": (33, 57), "lead": (52, 93), "inner": (45, 86)}


@dataclass(frozen=True, slots=True)
class Timing:
    """The bars of a piece in frames."""

    frames_per_bar: int
    beats_per_bar: float
    bars: int
    loop_start_bar: int | None
    swing: Swing = STRAIGHT

    @property
    def end_frame(self) -> int:
        """The frame after the last bar."""
        return self.bars * self.frames_per_bar

    @property
    def loop_start_frame(self) -> int | None:
        """The frame at which the loop starts; None without a loop."""
        if self.loop_start_bar is None:
            return None
        return self.loop_start_bar * self.frames_per_bar

    def frame(self, step: int) -> int:
        """The frame at which the step starts."""
        return swung_frame(step, self.frames_per_bar, self.beats_per_bar, self.swing)

    def beat_accent(self, step: int) -> int:
        """Return what a step's place in the bar adds to a level: +2 on its first beat, -1 off
        eighths.
        """
        in_bar = step % steps_per_bar(self.beats_per_bar)
        if in_bar == 0:
            return 2
        if in_bar % STEPS_PER_BEAT == 0:
            return 1
        return -1 if in_bar % 2 else 0


def fit_line(line: Sequence[Note], spec: VoiceSpec) -> list[Note]:
    """Return the line moved by octaves to where the voice sounds well; outliers move separately.

    The whole line moves first, so that its shape stays; afterwards every pitch is within the range.
    """
    low, high = _COMFORT[spec.role]
    low, high = max(low, spec.lowest_pitch), min(high, spec.highest_pitch)
    pitches = sorted(note.pitch for note in line)
    if not pitches:
        return []
    middle = pitches[len(pitches) // 2]
    shift = _fold(middle, *_MIDDLE.get(spec.role, (low, high))) - middle
    if _outside(pitches, shift, low, high) > _outside(pitches, 0, low, high):
        shift = 0  # Moving the whole line would make more of its notes move separately.
    return [replace(note, pitch=_fold(note.pitch + shift, low, high)) for note in line]


def _outside(pitches: Sequence[int], shift: int, low: int, high: int) -> int:
    """Return how many pitches lie outside low..high after a shift by `shift` semitones."""
    return sum(not low <= pitch + shift <= high for pitch in pitches)


def count_folded(line: Sequence[Note], fitted: Sequence[Note], spec: VoiceSpec) -> int:
    """Return how many notes moved apart from their line, or because the voice lacks their pitch."""
    shifts = [new.pitch - old.pitch for old, new in zip(line, fitted, strict=True)]
    usual = max(set(shifts), key=shifts.count, default=0)
    return sum(
        shift != usual or not spec.lowest_pitch <= note.pitch <= spec.highest_pitch
        for note, shift in zip(line, shifts, strict=True)
    )


def _fold(pitch: int, low: int, high: int) -> int:
    """Return the pitch moved by the fewest octaves into low..high, at least an octave wide."""
    if pitch < low:
        return pitch + OCTAVE * -((pitch - low) // OCTAVE)
    if pitch > high:
        return pitch - OCTAVE * -((high - pitch) // OCTAVE)
    return pitch


def phrase_line(
    line: Sequence[Note], role: str, instrument: str, timing: Timing
) -> tuple[ChipNote, ...]:
    """Return the line in frames, none overlapping, with gaps and accents."""
    notes = []
    for note, following in zip(line, [*line[1:], None], strict=False):
        start = timing.frame(note.start_step)
        end = _before_seam(start, timing.frame(note.end_step), timing)
        if following and following.pitch == note.pitch:
            next_start = timing.frame(following.start_step)
            if next_start - end < _gap(end - start):
                end = max(start + 1, next_start - _gap(end - start))
        accent = 0 if role == "bass" else timing.beat_accent(note.start_step)
        level = min(15, _LEVELS[role] + accent)
        notes.append(ChipNote(start, end - start, note.pitch, level, instrument))
    return tuple(notes)


def _gap(frames: int) -> int:
    """Return the frames of silence before a repeated pitch: a quarter of the note, 1..3."""
    return min(3, max(1, frames // 4))


def _before_seam(start: int, end: int, timing: Timing) -> int:
    """Return the note's end: at most the piece's, and slightly before the seam of a loop."""
    end = min(end, timing.end_frame)
    if timing.loop_start_frame is None:
        return end
    for seam in (timing.loop_start_frame, timing.end_frame):
        if start < seam and end > seam - _SEAM_FRAMES:
            return max(start + 1, seam - _SEAM_FRAMES)
    return end


def add_echo(
    inner: Sequence[ChipNote], lead: Sequence[ChipNote], instrument: str, timing: Timing
) -> tuple[ChipNote, ...]:
    """Return the inner voice with the lead's notes added, delayed and soft, where it rests."""
    taken = list(inner)
    starts = [note.start_frame for note in inner]
    delay = timing.frame(ECHO_DELAY_STEPS)
    for note in lead:
        start = note.start_frame + delay
        place = bisect_right(starts, start)
        free_from = inner[place - 1].end_frame if place else 0
        free_to = inner[place].start_frame if place < len(inner) else timing.end_frame
        end = min(_before_seam(start, note.end_frame + delay, timing), free_to)
        if start >= free_from and start + note.duration_frames // 2 <= end and start < end:
            taken.append(ChipNote(start, end - start, note.pitch, _ECHO_LEVEL, instrument))
    return tuple(sorted(taken, key=lambda note: note.start_frame))


def phrase_drums(hits: Sequence[DrumHit], timing: Timing) -> tuple[ChipNote, ...]:
    """Return the drums in frames, at most one per frame; each rings until the next."""
    starts = [timing.frame(hit.step) for hit in hits]
    notes = []
    for hit, start, following in zip(hits, starts, [*starts[1:], timing.end_frame], strict=False):
        if following > start:
            notes.append(ChipNote(start, following - start, hit.period, hit.level, hit.drum))
    return tuple(notes)
