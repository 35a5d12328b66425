"""The notes of a preview: a keyboard, a grid with chord tones, and every voice's notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from chipassets.music.chords import Chord, parse_chord
from chipassets.music.keys import Key, pitch_name, spelled_pitch
from chipassets.render.preview.layout import DRUM_HEIGHT, GAP, LEFT, ROW_HEIGHT, Layout
from chipassets.render.preview.sheet import Sheet, SheetNote
from chipassets.render.preview.svg import path, rect, text
from chipassets.units import OCTAVE, steps_per_bar

_BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
_KEY_WIDTH = 34
_NAMED_WIDTH = 19
_GAP = 0.6
_DARK_LEVEL = 9


def draw_roll(layout: Layout, line: int) -> Iterator[str]:
    """Yield the keyboard, the grid and the notes of a line."""
    top = layout.line_top(line)
    yield from _background(layout, line, top)
    yield from _chord_tones(layout, line, top)
    yield from _grid(layout, line, top)
    yield from _keyboard(layout, top)
    yield from _lane_names(layout, top)
    yield from _notes(layout, line, top)


def _background(layout: Layout, line: int, top: int) -> Iterator[str]:
    """Yield the area of the notes: rows of black keys, lines between octaves, lanes of drums."""
    width = layout.x(layout.line_bars(line)[1], line) - LEFT
    yield rect(LEFT, top, width, layout.roll_height, 'class="paper"')
    low, high = layout.pitches
    rows = [pitch for pitch in range(low, high + 1) if pitch % OCTAVE in _BLACK_KEYS]
    data = "".join(f"M{LEFT} {top + layout.y(pitch)}h{width:g}v{ROW_HEIGHT}H{LEFT}z"
                   for pitch in rows)  # fmt: skip
    yield path(data, "black")
    octaves = [pitch for pitch in range(low, high + 1) if pitch % OCTAVE == 0]
    lines = "".join(f"M{LEFT} {top + layout.y(pitch) + ROW_HEIGHT}h{width:g}" for pitch in octaves)
    yield path(lines, "octave")
    for number in range(len(layout.drums)):
        y = top + layout.drums_top + number * DRUM_HEIGHT
        yield rect(LEFT, y, width, DRUM_HEIGHT - 1, 'class="paper"')


def _chord_tones(layout: Layout, line: int, top: int) -> Iterator[str]:
    """Yield the tinted rows of the tones of each bar's chords."""
    data = []
    first, last = layout.line_bars(line)
    low, high = layout.pitches
    for bar in range(first, last):
        names = bar_chords(layout.sheet, bar)
        for place, name in enumerate(names):
            start, end = (layout.x(bar + part / len(names), line) for part in (place, place + 1))
            tones = chord_tones(name, layout.sheet.key)
            data += [
                f"M{start:g} {top + layout.y(pitch)}H{end:g}v{ROW_HEIGHT}H{start:g}z"
                for pitch in range(low, high + 1)
                if pitch % OCTAVE in tones
            ]
    yield path("".join(data), "tone")


def bar_chords(sheet: Sheet, bar: int) -> list[str]:
    """Return the chords of a bar."""
    return sheet.chords[bar].split() if bar < len(sheet.chords) else []


@lru_cache(maxsize=256)
def known_chord(name: str, key: Key) -> Chord | None:
    """Return the chord of a name; None for a name that this version does not know."""
    try:
        return parse_chord(name, key)
    except ValueError:
        return None


def chord_tones(name: str, key: Key) -> frozenset[int]:
    """Return the pitch classes of a chord; none for an unknown name."""
    chord = known_chord(name, key)
    return chord.pitch_classes if chord else frozenset()


def _grid(layout: Layout, line: int, top: int) -> Iterator[str]:
    """Yield the vertical lines of a row of bars: every second step, beat and bar."""
    first, last = layout.line_bars(line)
    height = layout.wave_top - GAP
    pulse, bar = layout.sheet.pulse_steps, steps_per_bar(layout.sheet.beats_per_bar)
    steps = range((last - first) * bar + 1)
    for kind, every, skip in (("step", 2, pulse), ("beat", pulse, bar), ("bar", bar, 0)):
        data = "".join(
            f"M{LEFT + step * layout.step_width:g} {top}v{height}"
            for step in steps
            if step % every == 0 and (not skip or step % skip)
        )
        yield path(data, kind)


def _keyboard(layout: Layout, top: int) -> Iterator[str]:
    """Yield the keys left of the roll, with the names of the white ones."""
    low, high = layout.pitches
    x = LEFT - _KEY_WIDTH - 2
    black = []
    for pitch in range(low, high + 1):
        y = top + layout.y(pitch)
        if pitch % OCTAVE in _BLACK_KEYS:
            black.append(f"M{x} {y}h{_KEY_WIDTH - 14}v{ROW_HEIGHT}H{x}z")
        else:
            kind = "pitch octave-name" if pitch % OCTAVE == 0 else "pitch"
            yield text(LEFT - 5, y + ROW_HEIGHT - 1.2, pitch_name(pitch), kind)
    yield path("".join(black), "key")
    yield rect(x, top, _KEY_WIDTH, layout.roll_height, 'class="keys"')


def _lane_names(layout: Layout, top: int) -> Iterator[str]:
    """Yield the names of the drums, each left of its lane."""
    for number, drum in enumerate(layout.drums):
        y = top + layout.drums_top + number * DRUM_HEIGHT
        yield text(LEFT - 5, y + DRUM_HEIGHT - 3, drum.replace("_", " "), "pitch")


def _notes(layout: Layout, line: int, top: int) -> Iterator[str]:
    """Yield the notes in the line; notes that double another are thin and drawn first."""
    first, last = layout.line_bars(line)
    taken: dict[int, list[SheetNote]] = defaultdict(list)
    for note in layout.sheet.notes:
        if note.end <= first or note.start >= last:
            continue
        start, end = layout.x(max(note.start, first), line), layout.x(min(note.end, last), line)
        width = max(end - start - _GAP, 1.0)
        if note.drum:
            y = top + layout.drums_top + layout.drums.index(note.drum) * DRUM_HEIGHT
            width = min(width, layout.step_width * 0.7)
            yield _box(layout, note, start, y, width, DRUM_HEIGHT - 2)
            continue
        y = top + layout.y(note.pitch)
        doubled = any(
            other.start < note.end and note.start < other.end for other in taken[note.pitch]
        )
        taken[note.pitch].append(note)
        if doubled:
            yield _box(layout, note, start, y + ROW_HEIGHT - 2.6, width, 2)
            continue
        yield _box(layout, note, start, y + 0.4, width, ROW_HEIGHT - 0.8)
        if width >= _NAMED_WIDTH and note.start >= first:
            kind = "note" if note.level >= _DARK_LEVEL else "note soft"
            name = spelled_pitch(note.pitch, layout.sheet.key)
            yield text(start + 2, y + ROW_HEIGHT - 1.6, name, kind)


def _box(layout: Layout, note: SheetNote, x: float, y: float, width: float, height: float) -> str:
    """Return the rectangle of a note: opacity by its level, marked if outside key and chord."""
    kinds = [f"v{note.voice % 8}"]
    if not note.drum and _is_foreign(layout.sheet, note):
        kinds.append("foreign")
    opacity = f"{0.4 + 0.6 * note.level / 15:.2f}"
    look = f'class="{" ".join(kinds)}" fill-opacity="{opacity}"'
    return rect(x, y, width, height, look, _say(layout.sheet, note))


def _is_foreign(sheet: Sheet, note: SheetNote) -> bool:
    """Return whether the note is outside the key and the chords of the bar in which it starts."""
    tone = note.pitch % OCTAVE
    chords = bar_chords(sheet, int(note.start))
    return tone not in sheet.key.pitch_classes and not any(
        tone in chord_tones(name, sheet.key) for name in chords
    )


def _say(sheet: Sheet, note: SheetNote) -> str:
    """Return a note's tooltip: pitch or drum, place, voice, sound and level."""
    steps = round(note.start * steps_per_bar(sheet.beats_per_bar))
    bar, step = divmod(steps, steps_per_bar(sheet.beats_per_bar))
    what = note.drum or spelled_pitch(note.pitch, sheet.key)
    by = f"{sheet.voices[note.voice]} {note.sound}".rstrip()
    return (
        f"{what}, bar {bar + 1} beat {step / sheet.pulse_steps + 1:.3g}, {by}, level {note.level}"
    )
