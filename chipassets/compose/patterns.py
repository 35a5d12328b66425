"""Patterns of the second voice: broken chords, struck chords, an ostinato.

What a pattern says in one bar of a letter it says in the next, over other chords.
"""

from __future__ import annotations

from chipassets.compose.cells import Cell
from chipassets.compose.context import Context
from chipassets.compose.voicing import clashes, section_ceiling, smooth_voicing

Bar = list[tuple[int, int, int]]
"""(step in the bar, length, pitch)."""

# Which tones of a voicing a broken chord takes in turn, from the lowest, 0.
_ORDERS = (
    (0, 1, 2, 1, 3, 1, 2, 1), (0, 2, 1, 2, 3, 2, 1, 2), (0, 1, 2, 3, 2, 1, 2, 1),
    (3, 2, 1, 2, 0, 2, 1, 2), (0, 2, 3, 2, 1, 2, 3, 1), (0, 1, 2, 0, 1, 2, 0, 1),
    (2, 1, 0, 1, 2, 1, 0, 1), (3, 2, 1, 0, 3, 2, 1, 0),
)  # fmt: skip
_HOLES = ((), (), (0,), (0, 4), (3,), (7,), (3, 7))


_FAST_COMPING = 0.55
"""From this wish for 16ths on, chords are struck in the rhythm of a cell that has them."""


def broken(context: Context, bar: int, unit: int) -> Bar:
    """Break the chord in notes of `unit` steps, in one order for as long as the letter lasts."""
    section = context.plan.section_at(bar)
    order = _ORDERS[int(context.draw("order", section.letter, unit) * len(_ORDERS))]
    holes = _HOLES[int(context.draw("holes", section.letter, unit) * len(_HOLES))]
    start = bar * context.bar_steps
    ceiling = section_ceiling(context, bar)
    written: Bar = []
    for index, step in enumerate(range(0, context.bar_steps, unit)):
        if index % 8 in holes and (unit > 1 or index % 2):
            continue
        tones = _steady_voicing(context, start + step, ceiling, section.letter)
        if not tones:
            continue
        pitch = tones[order[index % 8] % len(tones)]
        if step % context.pulse_steps == 0 and clashes(context, pitch, start + step):
            pitch = tones[(order[index % 8] + 1) % len(tones)]
        written.append((step, unit, pitch))
    return written


def _steady_voicing(context: Context, step: int, ceiling: int, letter: str) -> list[int]:
    """Return the voicing at a step; one chord has one voicing for as long as the letter lasts."""
    chord = int(context.harmony.at[step])
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
    rhythm = _comping_rhythm(context, section.letter, short=short)
    order = _ORDERS[int(context.draw("comping", section.letter) * len(_ORDERS))]
    start = bar * context.bar_steps
    ceiling = section_ceiling(context, bar)
    written: Bar = []
    for index, step in enumerate(rhythm):
        tones = _steady_voicing(context, start + step, ceiling, section.letter)
        if not tones:
            continue
        following = rhythm[index + 1] if index + 1 < len(rhythm) else context.bar_steps
        steps = min(2 if short else 3, following - step)
        bass = int(context.harmony.table.bass[int(context.harmony.at[start + step])])
        own = [tone for tone in tones if tone % 12 != bass] or tones
        written.append((step, steps, own[order[index % 8] % len(own)]))
    return written


def _comping_rhythm(context: Context, letter: str, *, short: bool) -> tuple[int, ...]:
    pulse = context.pulse_steps
    fast = context.plan.targets.sixteenths > _FAST_COMPING
    if not short and not fast:
        after = pulse // 2
        beats = range(0, context.bar_steps, pulse)
        return tuple(beat + after for beat in beats)
    cells = [item.cell for item in context.material.tune[:16]] or [context.main_cell("")]
    if fast:
        cells = sorted(cells, key=lambda cell: -sum(step % 2 for step in cell.rhythm))[:5]
    cell = cells[int(context.draw("accents", letter) * len(cells))]
    if not short:
        between = tuple(step for step in cell.rhythm if step % pulse)
        return between or tuple(range(pulse // 2, context.bar_steps, pulse))
    return cell.rhythm[: 8 if fast else 5]


def ostinato(context: Context, bar: int) -> Bar:
    """Say one cell in every bar, moved to the chord's tones where it is strong."""
    section = context.plan.section_at(bar)
    cell = _ostinato_cell(context, section.letter)
    start = bar * context.bar_steps
    table = context.harmony.table
    ceiling = section_ceiling(context, bar)
    chord = context.harmony.opening(bar)
    tones = _steady_voicing(context, start, ceiling, section.letter)
    base = tones[len(tones) // 2] if tones else ceiling - 5
    degree = table.nearest_degree(chord, base)
    written: Bar = []
    for note in cell.notes:
        now = int(context.harmony.at[start + note.step])
        strong = note.step % context.pulse_steps == 0 or note.steps >= 3
        place = degree + note.degree
        pitch = table.tone_at(now, place, base) if strong else table.pitch(now, place)
        written.append((note.step, note.steps, pitch))
    return written


def _ostinato_cell(context: Context, letter: str) -> Cell:
    main = context.main_cell(letter)
    cells = [
        item.cell
        for item in context.material.tune
        if item.cell.span <= 5 and item.cell.notes[0].step == 0 and item.cell != main
    ][:12]
    return cells[int(context.draw("ostinato", letter) * len(cells))] if cells else main
