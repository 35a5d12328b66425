"""Loudness from bar to bar: it grows from section to section and rises and falls in phrases.

All parts change together, so that the balance between them stays. The amount depends on the mood:
large for sad and triumphant, small for frantic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chipassets.arrange.articulation import Timing
from chipassets.chips.chipsong import ChipNote
from chipassets.music.score import Score, Section
from chipassets.plan.endings import FADE
from chipassets.plan.presets import MOODS, Mood
from chipassets.plan.trackplan import TrackPlan

_BUILD_DB = 3.5
"""The rise from the first section to the last, in dB."""

_HUSH_DB = 2.5
"""How much softer a contrasting section before a return is, in dB."""

_SINGLE_DB = 4.0
"""The change over a piece of one section that does not loop, in dB."""

_PHRASE_BARS = 4
_PHRASE_DB = (-0.6, 0.0, 0.6, 0.0)
_MOST_BELOW_DB = -9.0
_SILENT_BELOW = 0.16
_SHORTEST, _LEAST_FRAMES = 0.55, 6
"""What is left of a note without volume in softer bars: a share, and at least this many frames."""

_PLUCKED_FRAMES = 4
"""The least frames of such a note where the plan sets the level: it is plucked, and so softer."""


@dataclass(frozen=True, slots=True)
class Dynamics:
    """The decibels of each bar; none is above 0. `set_bars` are those whose level the plan sets."""

    bars_db: tuple[float, ...]
    set_bars: frozenset[int] = frozenset()

    def factor(self, bar: int) -> float:
        """Return the factor on the levels in the bar."""
        return math.pow(10.0, self.bars_db[min(max(bar, 0), len(self.bars_db) - 1)] / 20)


def dynamics_of(score: Score, track: TrackPlan, share: float = 1.0) -> Dynamics:
    """Return the loudness of each bar: that of form and moods, with what the plan sets.

    share: the part of the moods' dynamics that the chip can play.
    """
    return shaped(plan_dynamics(score, track.preset_moods, share), track, score)


def plan_dynamics(score: Score, moods: Sequence[str], share: float = 1.0) -> Dynamics:
    """Return the loudness of each bar of the score; the differences are those of its form.

    They are multiplied by the mean of the moods' factors and by `share`, the part of them that the
    chip can play.
    """
    rows = [MOODS.get(mood, Mood()) for mood in moods] or [Mood()]
    factor = share * sum(row.dynamics_factor for row in rows) / len(rows)
    sections = score.sections or (Section("A", 0, score.bars),)
    raw = [0.0] * score.bars
    for number, section in enumerate(sections):
        for place in range(section.bars):
            bar = section.start_bar + place
            if bar < score.bars:
                raw[bar] = _section_db(sections, number, score, rows[0].fades, place)
                raw[bar] += _PHRASE_DB[place % _PHRASE_BARS]
    loudest = max(raw, default=0.0)
    return Dynamics(tuple(max(factor * (db - loudest), _MOST_BELOW_DB) for db in raw))


def shaped(dynamics: Dynamics, track: TrackPlan, score: Score) -> Dynamics:
    """Return the dynamics with the section levels and the fade-out that the plan sets.

    A level set for a section replaces the one derived from the form; the bar's level within its
    phrase is added, and 0 dB is the loudest. If any level is set, all sections of one letter
    without a level of their own become equally loud, so that rises derived from the form do not
    mask it.
    """
    bars = list(dynamics.bars_db)
    set_bars: set[int] = set()
    levels = [track.wished(section.name).dynamics_db for section in score.sections]
    if any(level is not None for level in levels):
        free = [own for own, level in zip(score.sections, levels, strict=True) if level is None]
        _level_out(bars, free)
    for section, said in zip(score.sections, levels, strict=True):
        if said is None:
            continue
        set_bars |= set(range(section.start_bar, section.start_bar + section.bars))
        for place in range(section.bars):
            if section.start_bar + place < len(bars):
                phrase = _PHRASE_DB[place % _PHRASE_BARS] - max(_PHRASE_DB)
                bars[section.start_bar + place] = min(0.0, said + phrase)
    if track.ending == FADE:
        length = min(max(len(bars) // 2, 2), _FADE_BARS, len(bars))
        for place in range(length):
            bars[len(bars) - length + place] += _FADE_DB * (place + 1) / length
    return Dynamics(tuple(bars), frozenset(set_bars))


def _level_out(bars_db: list[float], sections: Sequence[Section]) -> None:
    """Raise the sections of one letter to the level of the loudest among them, in place."""
    for section in sections:
        alike = [own for own in sections if own.name[:1] == section.name[:1]]
        first = section.start_bar
        rise = max(bars_db[own.start_bar] for own in alike) - bars_db[first]
        for bar in range(first, min(first + section.bars, len(bars_db))):
            bars_db[bar] = min(0.0, bars_db[bar] + rise)


_FADE_BARS = 8
_FADE_DB = -26.0
"""The depth of a fade-out in dB, and its largest number of bars."""


def _section_db(
    sections: Sequence[Section], number: int, score: Score, fades: bool, place: int
) -> float:
    """Return a section's level in dB, 0 for the loudest, from its place in the form.

    number: its index among the sections. fades: whether a track of one section becomes softer
    instead of louder. place: the bar within the section. Sections get louder one after another; a
    contrasting one before a return is softer.
    """
    if len(sections) == 1:
        if score.loop_start_bar is not None:
            return 0.0
        share = place / max(sections[0].bars - 1, 1)
        return _SINGLE_DB * (-share if fades else share - 1)
    letters = [section.name[:1] for section in sections]
    db = _BUILD_DB * (number / (len(sections) - 1) - 1)
    returns = letters[0] in letters[number + 1 :]
    contrasts = letters[number] != letters[0]
    return db - (_HUSH_DB if contrasts and returns else 0.0)


def apply_gates(
    notes: Sequence[ChipNote], dynamics: Dynamics, timing: Timing
) -> tuple[ChipNote, ...]:
    """Return the notes of a voice that has no volume control: in softer bars they are shorter.

    Where the plan sets the level they are plucked: as short as the level asks.
    """
    found = []
    loudest = max(dynamics.factor(bar) for bar in range(len(dynamics.bars_db)))
    for note in notes:
        bar = note.start_frame // timing.frames_per_bar
        factor = dynamics.factor(bar)
        if factor < _SILENT_BELOW:
            # A voice without volume cannot fade out: it stops.
            continue
        share, least = max(factor**2, _SHORTEST), _LEAST_FRAMES
        if bar in dynamics.set_bars:
            # Against the loudest bar, as the levels of the other voices are raised together.
            share, least = (factor / loudest) ** 2, _PLUCKED_FRAMES
        frames = max(round(note.duration_frames * share), min(note.duration_frames, least))
        found.append(replace(note, duration_frames=frames))
    return tuple(found)


def apply_dynamics(
    notes: Sequence[ChipNote], dynamics: Dynamics, timing: Timing
) -> tuple[ChipNote, ...]:
    """Return the notes with the levels of their bars, at least 1."""
    return tuple(
        replace(
            note,
            level=max(
                1, round(note.level * dynamics.factor(note.start_frame // timing.frames_per_bar))
            ),
        )
        for note in notes
    )
