"""Patterns of the second voice: broken chords, struck chords, an ostinato.

A pattern in one bar of a letter returns in its other bars, over their chords.
"""

from __future__ import annotations

from chipassets.compose.avoiding import SIXTEENTHS
from chipassets.compose.cells import Cell, lingering
from chipassets.compose.context import Context
from chipassets.compose.voicing import rubs, section_ceiling, smooth_voicing
from chipassets.music.notes import INNER
from chipassets.units import OCTAVE

Bar = list[tuple[int, int, int]]
"""(step in the bar, length, pitch)."""

# Which tones of a voicing a broken chord takes in turn, from the lowest, 0. Threes and sixes go
# across the beats, and across the bar lines of a section.
_ORDERS = (
    (0, 1, 2, 1, 3, 1, 2, 1), (0, 2, 1, 2, 3, 2, 1, 2), (0, 1, 2, 3, 2, 1, 2, 1),
    (3, 2, 1, 2, 0, 2, 1, 2), (0, 2, 3, 2, 1, 2, 3, 1), (0, 1, 2, 0, 1, 2, 0, 1),
    (2, 1, 0, 1, 2, 1, 0, 1), (3, 2, 1, 0, 3, 2, 1, 0), (0, 3, 1, 2), (3, 0, 2, 1), (0, 2, 1, 3),
    (0, 1, 2), (2, 1, 0), (0, 2, 1), (3, 1, 2), (0, 1, 2, 3, 2, 1), (3, 2, 0, 3, 1, 0),
    (0, 0, 2, 1, 3, 1), (0, 1, 3, 0, 2, 0, 1, 3, 0, 2, 0, 1, 3, 2, 1, 2),
)  # fmt: skip
_BREATHING = 0.12
"""Of the bars that close a phrase, those in which a broken chord comes to rest in the middle."""
_HOLES = ((), (), (), (), (0,), (0, 4), (3, 7))


_STRUCK = ((0, 1), (1, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0, 2), (2, 1, 0))
"""Which tones struck chords take in turn; 0 moves least from the chord before."""

_FEWEST_STRUCK, _MORE_STRUCK, _ODD_STRUCK = 4.0, 5.0, 6.0
"""Notes a bar of an ostinato at the slowest pace, how many more at the fastest, and what a share of
16ths that is not asked for costs beside one note too many."""

_FIFTH = 7
_FEWEST_STROKES, _MOST_STROKES = 4, 8
"""Strokes a bar: with fewer, chords that are struck do not make an accompaniment."""

_FAST_COMPING = 0.55
"""From this wish for 16ths on, chords are struck in the rhythm of a cell that has them."""


def broken(context: Context, bar: int, unit: int) -> Bar:
    """Break the chord in notes of `unit` steps, in one order for as long as the letter lasts."""
    section = context.plan.section_at(bar)
    order = _ORDERS[int(context.draw("order", section.like(INNER), unit) * len(_ORDERS))]
    holes = _HOLES[int(context.draw("holes", section.like(INNER), unit) * len(_HOLES))]
    start = bar * context.bar_steps
    ceiling = section_ceiling(context, bar)
    written: Bar = []
    half = context.bar_steps // 2 // unit * unit
    breathes = context.closes_phrase(bar) and context.draw("breathes", bar) < _BREATHING
    before = (bar - section.section.start_bar) * (context.bar_steps // unit)
    for index, step in enumerate(range(0, half if breathes else context.bar_steps, unit)):
        if index % 8 in holes and (unit > 1 or index % 2):
            continue
        turn = (before + index) % len(order)
        tones = _steady_voicing(context, start + step, ceiling, section.letter)
        if not tones:
            continue
        # Of three tones the fourth is the lowest an octave up, or a pitch would be struck twice.
        tones = [*tones, tones[0] + OCTAVE] if len(tones) == max(order) else tones
        pitch = tones[order[turn] % len(tones)]
        last = written[-1][2] if written else context.memory.get("line")
        # A chord that comes in may have the pitch that was just struck at another place.
        sticks = pitch == last and order[turn] != order[turn - 1]
        if sticks or (step % context.pulse_steps == 0 and rubs(context, pitch, start + step)):
            # In place of what rubs or sticks another tone, which is not struck twice.
            after = tones[order[(turn + 1) % len(order)] % len(tones)]
            others = [tones[(order[turn] + away) % len(tones)] for away in (1, -1, 2)]
            clear = [tone for tone in others if not rubs(context, tone, start + step)] or others
            pitch = next((tone for tone in clear if tone not in (after, last)), clear[0])
        written.append((step, unit, pitch))
    if breathes and written:
        tones = _steady_voicing(context, start + half, ceiling, section.letter)
        last = written[-1][2]
        near = min(tones, key=lambda tone: (abs(tone - last), tone), default=last)
        written.append((half, context.bar_steps - half, near))
    return written


def _steady_voicing(context: Context, step: int, ceiling: int, letter: str) -> list[int]:
    """Return the voicing at a step; one chord has one voicing for as long as the letter lasts."""
    chord = context.harmony.rows[step]
    key = ("voicing", letter, chord, ceiling)
    if key not in context.memory:
        before = context.memory.get(("last voicing", letter))
        known = before if isinstance(before, list) else None
        context.memory[key] = smooth_voicing(context, chord, ceiling, known)
        context.memory[("last voicing", letter)] = context.memory[key]
    found = context.memory[key]
    assert isinstance(found, list)  # noqa: S101 - the key is this function's own
    return found


def comping(context: Context, bar: int, *, short: bool) -> Bar:
    """Strike tones of the chord in the gaps of the bass, or in accents of a cell's rhythm."""
    section = context.plan.section_at(bar)
    rhythm = _comping_rhythm(context, section.like(INNER), short=short)
    length = 1 + int(3 * context.draw("struck for", section.like(INNER)))
    figure = _STRUCK[int(context.draw("comping", section.like(INNER)) * len(_STRUCK))]
    start = bar * context.bar_steps
    ceiling = section_ceiling(context, bar)
    written: Bar = []
    struck = _last_struck(context, bar)
    chord_before = -1
    own: list[int] = []
    for index, step in enumerate(rhythm):
        chord = context.harmony.rows[start + step]
        if chord != chord_before:
            tones = _steady_voicing(context, start + step, ceiling, section.letter)
            bass = int(context.harmony.table.bass[chord])
            upper = [tone for tone in tones if tone % OCTAVE != bass] or tones
            own = _next_to(upper, struck or max(upper, default=0))
            chord_before = chord
        if not own:
            continue
        following = rhythm[index + 1] if index + 1 < len(rhythm) else context.bar_steps
        steps = min(2 if short else length, following - step)
        struck = own[0]
        written.append((step, steps, own[figure[index % len(figure)] % len(own)]))
    context.memory["struck", bar] = struck
    return written


def _next_to(tones: list[int], before: int) -> list[int]:
    """Return up to three tones within a fifth of the one nearest to a pitch, nearest first."""
    near = min(tones, key=lambda tone: (abs(tone - before), tone), default=0)
    close = [tone for tone in tones if abs(tone - near) <= _FIFTH]
    return sorted(close, key=lambda tone: (abs(tone - near), tone))[:3]


def _last_struck(context: Context, bar: int) -> int:
    """Return the pitch around which the bar before was struck, 0 where it was not."""
    found = context.memory.get(("struck", bar - 1), 0)
    return found if isinstance(found, int) else 0


def _comping_rhythm(context: Context, letter: str, *, short: bool) -> tuple[int, ...]:
    """Return the steps on which chords are struck in the bars of a letter."""
    fast = context.plan.targets.sixteenths > _FAST_COMPING
    if not short:
        return _between_beats(context, letter, fast=fast)
    cells = [item.cell for item in context.material.tune[:_ACCENTS] if _strikes(item.cell)] or [
        context.main_cell("")
    ]
    if fast:
        cells = sorted(cells, key=lambda cell: -sum(step % 2 for step in cell.rhythm))[:5]
    cell = cells[int(context.draw("accents", letter) * len(cells))]
    return cell.rhythm[: _MOST_STROKES if fast else 5]


_BETWEEN: tuple[tuple[int, ...], ...] = (
    (2, 6, 10, 14), (2, 6, 10), (2, 6, 14), (6, 10, 14), (2, 5, 10, 13), (2, 7, 10, 15),
    (3, 6, 11, 14), (2, 6, 9, 14), (3, 6, 9, 14), (6, 14), (2, 10, 14), (3, 6, 10, 14),
)  # fmt: skip
_BETWEEN_FAST: tuple[tuple[int, ...], ...] = (
    (2, 3, 6, 7, 10, 11, 14, 15), (2, 3, 6, 10, 11, 14), (2, 6, 7, 10, 14, 15),
    (2, 3, 7, 10, 11, 15), (3, 6, 7, 11, 14, 15), (2, 6, 7, 9, 14, 15), (2, 3, 5, 10, 11, 13),
    (1, 2, 6, 9, 10, 14), (2, 5, 6, 10, 13, 14),
)  # fmt: skip
"""Steps of a bar of 16 on which chords are struck between the beats, in one for all of a letter."""


def _between_beats(context: Context, letter: str, *, fast: bool) -> tuple[int, ...]:
    """Return steps off the beats: drawn for a letter in bars of four beats, else all of them."""
    pulse = context.pulse_steps
    plain = tuple(range(pulse // 2, context.bar_steps, pulse))
    if context.bar_steps == 16:
        choice = _BETWEEN_FAST if fast else _BETWEEN
        if SIXTEENTHS in context.plan.avoid:
            choice = tuple(steps for steps in _BETWEEN if not any(step % 2 for step in steps))
        return choice[int(context.draw("between", letter) * len(choice))]
    if SIXTEENTHS in context.plan.avoid:
        # The middle of a dotted beat lies between two 8ths: the last 8th of the beat is struck.
        return tuple(step + step % 2 for step in plain)
    # Two strokes for one where there are 16ths, never one on the beat.
    return tuple(sorted({*plain, *(step + 1 for step in plain)})) if fast else plain


_ACCENTS = 32
"""Of the best cells of the tune, how many are looked at for a rhythm in which chords are struck."""


def _strikes(cell: Cell) -> bool:
    """Whether chords can be struck in a cell's rhythm: evenly enough to carry a bar."""
    return (
        cell.rhythm[0] <= 2
        and len(cell.rhythm) >= _FEWEST_STROKES
        and max(cell.gaps) <= cell.bar_steps * 3 // 8
    )


def ostinato(context: Context, bar: int) -> Bar:
    """Return one cell, repeated; its strong notes move to tones of the chord."""
    section = context.plan.section_at(bar)
    cell = _ostinato_cell(context, section.like(INNER))
    start = bar * context.bar_steps
    said = start - section.section.start_bar * context.bar_steps
    offset = said % cell.bar_steps
    notes = [
        note._replace(step=note.step - offset)
        for note in cell.notes
        if offset <= note.step < offset + context.bar_steps
    ]
    table = context.harmony.table
    ceiling = section_ceiling(context, bar)
    # It stays where it is while the chords change under it; what is strong gives way by a step.
    key = ("ostinato base", section.letter)
    if key not in context.memory:
        context.memory[key] = _middle(context, start, ceiling, section.letter)
    base = context.memory[key]
    assert isinstance(base, int)  # noqa: S101 - the key is this function's own
    chord = context.harmony.opening(bar)
    degree = table.nearest_degree(chord, base)
    written: Bar = []
    for note in notes:
        now = context.harmony.rows[start + note.step]
        strong = note.step % context.pulse_steps == 0 or note.steps >= 2
        place = degree + note.degree
        near = table.pitch(now, place)
        pitch = table.tone_at(now, place, near) if strong else near
        # A figure that reaches down to the bass goes on an octave higher.
        pitch += OCTAVE * (pitch < _LOWEST_OF_FIGURE)
        written.append((note.step, note.steps, pitch))
    return written


_LOWEST_OF_FIGURE = 50
_IN_TWO_BARS = 0.6
"""How often the figure of an ostinato has two bars."""


def _middle(context: Context, step: int, ceiling: int, letter: str) -> int:
    tones = _steady_voicing(context, step, ceiling, letter)
    return tones[len(tones) // 2] if tones else ceiling - 5


def _ostinato_cell(context: Context, letter: str) -> Cell:
    """Return the figure of a letter: of one bar, or of two with a highest and a lowest point."""
    main = context.main_cell(letter)
    in_two = context.draw("ostinato in two", letter) < _IN_TWO_BARS
    choice = context.material.gestures if in_two else context.material.tune
    cells = [
        item.cell
        for item in choice
        if item.cell.span <= (7 if in_two else 5)
        and item.cell.notes[0].step == 0
        and item.cell != main
        and not lingering(item.cell)
    ]
    pace = context.plan.targets.pace
    wanted = (_FEWEST_STRUCK + _MORE_STRUCK * pace) * context.bar_steps / 16 * (1 + in_two)
    sixteenths = context.plan.targets.sixteenths

    def cost(cell: Cell) -> float:
        """Return how far a cell is from the wanted number of notes and share of 16ths."""
        odd = sum(step % 2 for step in cell.rhythm) / len(cell.rhythm)
        return abs(len(cell.rhythm) - wanted) + _ODD_STRUCK * abs(odd - 0.5 * sixteenths)

    cells = sorted(cells, key=cost)[:8]
    return cells[int(context.draw("ostinato", letter) * len(cells))] if cells else main
