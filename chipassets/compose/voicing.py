"""Choose the chord tones of the second voice, under the tune."""

from __future__ import annotations

from functools import lru_cache

from chipassets.compose.context import NO_PITCH, Context
from chipassets.music.notes import INNER
from chipassets.music.score import Section
from chipassets.units import OCTAVE

_LOWEST, _HIGHEST = 52, 74
_NO_TUNE = 74
_LEAST_CEILING = 60


def folded(pitch: int, lowest: int, highest: int) -> int:
    """Return the pitch moved by octaves: down until it is not above `highest`, then up to `lowest`.

    In a range of less than an octave, `lowest` takes precedence.
    """
    if pitch > highest:
        pitch -= OCTAVE * -(-(pitch - highest) // OCTAVE)
    return pitch + OCTAVE * max(0, -(-(lowest - pitch) // OCTAVE))


def lowest_of_tune(context: Context, start: int, end: int) -> int:
    """Return the lowest pitch of the tune within steps of the piece, high where it is silent."""
    heard = [pitch for pitch in context.sounding[start:end] if pitch != NO_PITCH]
    return min(heard, default=_NO_TUNE)


def section_ceiling(context: Context, bar: int) -> int:
    """Return the pitch below which a pattern stays in a whole section.

    Most of the tune lies above: that of the section or, while the tune waits there for its entry,
    that of the other sections of its letter, under which the same pattern stands.
    """
    own = context.plan.section_at(bar)
    heard = _tune_of(context, own.section)
    if not heard:
        others = (part for part in context.plan.sections if part.letter == own.letter)
        heard = sorted(pitch for part in others for pitch in _tune_of(context, part.section))
    low = heard[len(heard) // 8] if heard else _NO_TUNE
    return min(max(low - 1, _LEAST_CEILING), _HIGHEST - 1)


def _tune_of(context: Context, section: Section) -> list[int]:
    """Return the tune's pitch at each step of a section in which it sounds, rising."""
    first = section.start_bar * context.bar_steps
    inside = context.sounding[first : first + section.bars * context.bar_steps]
    return sorted(pitch for pitch in inside if pitch != NO_PITCH)


def voicing(context: Context, chord: int, ceiling: int, count: int = 4) -> list[int]:
    """Return up to `count` tones of a chord from the ceiling down, rising."""
    return list(_voiced(context.harmony.table.chords[chord].pitch_classes, ceiling, count))


@lru_cache(maxsize=4096)
def _voiced(tones: frozenset[int], ceiling: int, count: int) -> tuple[int, ...]:
    """Return up to `count` of the tones from the ceiling down, rising."""
    found = [pitch for pitch in range(ceiling, _LOWEST - 3, -1) if pitch % OCTAVE in tones]
    return tuple(sorted(found[:count]))


def smooth_voicing(
    context: Context, chord: int, ceiling: int, before: list[int] | None
) -> list[int]:
    """Return the voicing, under the ceiling or one tone lower, that moves least from the last."""
    here = voicing(context, chord, ceiling)
    lower = voicing(context, chord, here[-1] - 1) if here else here
    if before and len(lower) == len(here) == len(before):
        moved = [sum(abs(a - b) for a, b in zip(v, before, strict=True)) for v in (here, lower)]
        return lower if moved[1] < moved[0] else here
    return here


def clashes(context: Context, pitch: int, step: int) -> bool:
    """Return whether a pitch doubles the tune at a step or lies a semitone from it.

    In all the bars that repeat the step's, a semitone counts.
    """
    return pitch == context.tune_at(step) or rubs(context, pitch, step)


def rubs(context: Context, pitch: int, step: int) -> bool:
    """Return whether a pitch lies a semitone from the tune in one of the bars that repeat it."""
    return pitch % OCTAVE in context.rubbing(INNER, step)


def nearest_tone(context: Context, step: int, pitch: int) -> int:
    """Return the nearest tone of the chord at a step of the piece, the lower of two."""
    tones = context.harmony.table.chords[context.harmony.rows[step]].pitch_classes
    near = [p for p in range(pitch - 4, pitch + 5) if p % OCTAVE in tones]
    return min(near, key=lambda p: (abs(p - pitch), p)) if near else pitch
