"""The bass: a pattern proposed by the model, carried over the chords as a line.

Each letter of the form has a pattern of one or two bars. On every chord it is transposed to the
chord's bass; its last note leads by step to the next chord, and a run may close a phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from chipassets.compose import ideas
from chipassets.compose.avoiding import LEAPS, allowed_bass, has_avoided
from chipassets.compose.bass_asked import walking_bar, written_bar
from chipassets.compose.cells import Cell, CellNote, traits_of
from chipassets.compose.context import Context
from chipassets.compose.harmonies import ChordTable
from chipassets.compose.voicing import folded, nearest_tone
from chipassets.music.notes import BASS, Note
from chipassets.units import OCTAVE

_LOWEST, _HIGHEST = 31, 60
"""G1 to C4: where a bass is heard on these chips and yet low."""

_HIGHEST_ROOT, _REACH = 53, 14
"""How high the bass of a chord may lie, under the second voice, and among how many pitches."""
_CLEAR = 3
"""Semitones that it stays below the second voice's lowest note in a bar."""
_NEAR_HOME, _CRAMPED = 0.45, 6.0
_FAST_FROM = 0.7
"""From this drive on, patterns in notes half as long are among the choice."""
_SHARED, _SHARED_COST = 0.45, 2.0
"""Of a bass's notes, how many best begin with one of the tune's cell; and what it costs to miss."""
_OFF_BEAT = 0.35
"""What each of a pattern's first three notes off the beat is worth: a bass that only marks the
beats drags."""
_RUN_SHARE = 0.5
_WALK_SHARE = 0.1
"""Of phrases, those in which the bass walks through the bar before the last."""
_PASSES_UP_TO = 2
"""Steps of a pattern's note that may pass by step between tones of the chord."""
_TIED_UP_TO = 0.5
"""Up to this shortness a bass that stays is held and not struck again."""
_TIED_BARS = 2
_LED_SHARE = 0.5
"""Of changes of chord, those into which a short last note leads by step."""
_VAMP_FROM, _IN_VAMP = 0.6, 0.3
"""From this wish for a vamp on the bass is a loop: it leads and runs less by this factor."""
_CHROMATIC_SHARE = 0.8
_LEAD_LEAP = 5


def compose_bass(context: Context, inner: Sequence[Note] = ()) -> list[Note]:
    """Return the bass of a take, which does not clash with the tune and the second voice."""
    context.memory.pop("bass last", None)
    for note in inner:
        context.memory["inner at", note.start_step] = note
    context.memory["lowest inner"] = _lowest_inner(context)
    roots = _roots(context)
    line: list[tuple[int, int, int]] = []
    written: dict[int, list[tuple[int, int, int]]] = {}
    for bar in range(context.bars):
        if bar in context.muted or context.plan.waits(BASS, bar):
            continue
        section = context.plan.section_at(bar)
        role = role_in(context, bar)
        if role == ideas.SILENT:
            continue
        is_tied = section.is_still or context.plan.targets.short < _TIED_UP_TO
        source = context.sources[BASS][bar]
        if source not in written:
            written[source] = _bar(context, source, role, roots)
        late = (bar - source) * context.bar_steps
        own = written[source]
        if _is_stillest(context, bar, role):
            own = _in_pairs(context, bar, own, late, line)
        if own:
            context.memory["bass last"] = own[-1][2]
        for begin, steps, pitch in own:
            start = begin + late
            held = role in (ideas.LONG, ideas.PEDAL) and line and line[-1][2] == pitch
            # A tie that is there to have fewer notes never makes one that is stuck.
            fits = line and line[-1][1] + steps <= _TIED_BARS * context.bar_steps
            lets = fits or not section.is_density_asked
            if held and sum(line[-1][:2]) == start and is_tied and lets:
                line[-1] = (line[-1][0], line[-1][1] + steps, pitch)
            else:
                line.append((start, steps, pitch))
    return _trimmed(_led_near(context, line))


def _lowest_inner(context: Context) -> dict[int, int]:
    """Return the second voice's lowest pitch over each bar of the bass, where it plays.

    Over all bars that repeat a bar of the bass, and with what is held into them.
    """
    lowest: dict[int, int] = {}
    for step in range(context.bars * context.bar_steps):
        note = context.memory.get(("inner at", step))
        if isinstance(note, Note):
            last = min(note.end_step - 1, context.bars * context.bar_steps - 1)
            for bar in {at // context.bar_steps for at in (note.start_step, last)}:
                for own in {bar, context.sources[BASS][bar]}:
                    lowest[own] = min(note.pitch, lowest.get(own, note.pitch))
    return lowest


def _inner_over(context: Context, bar: int) -> int:
    """Return the second voice's lowest pitch over a bar, above the bass's range if it is silent."""
    known = context.memory.get("lowest inner")
    low = known.get(bar) if isinstance(known, dict) else None
    return low if isinstance(low, int) else _HIGHEST + 1


def _led_near(context: Context, line: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the line whose last notes of bars lead into the next bar without a seventh or a ninth.

    A pattern may be written an octave away from the roots to which the bar before leads. A note
    that would leap so far stands an octave nearer, if that is no leap from the note before it, in
    all bars that repeat its own. What the manifest asks for stays.
    """
    line = sorted(line)
    ends: dict[int, list[int]] = {}
    for index in range(1, len(line) - 1):
        bar = line[index][0] // context.bar_steps
        if line[index + 1][0] // context.bar_steps > bar and line[index][0] % context.bar_steps:
            ends.setdefault(context.sources[BASS][bar], []).append(index)
    for indexes in ends.values():
        found = {_end_of_bar(context, line, index) for index in indexes}
        if len(found) == 1:
            for index in indexes:
                start, steps, _ = line[index]
                line[index] = (start, steps, min(found))
    return line


def _end_of_bar(context: Context, line: Sequence[tuple[int, int, int]], index: int) -> int:
    """Return the pitch with which a bar's last note leads best into the next bar, or its own."""
    (_, _, before), (start, _, pitch), (_, _, goal) = line[index - 1 : index + 2]
    bar = start // context.bar_steps
    section = context.plan.section_at(bar)
    if section.is_bass_asked or section.bass_line or bar in context.plan.tuttis:
        return pitch
    return _nearer(pitch, goal, before, _highest(context, bar, pitch))


def _nearer(pitch: int, goal: int, before: int | None, highest: int) -> int:
    """Return a pitch, or its octave towards a goal into which it would leap by a seventh or more.

    The octave lies in the bass's range, and is led to from the note `before`, if there is one.
    """
    near = pitch + (OCTAVE if goal > pitch else -OCTAVE)
    inside = _LOWEST <= near <= highest
    leaps = _is_awkward(goal - near) or (before is not None and _is_awkward(near - before))
    return near if _is_awkward(goal - pitch) and inside and not leaps else pitch


_SHORT_BAR = 8
"""Up to this length of a bar in 16ths a bass with a note a bar is not slow."""


def _is_short(context: Context) -> bool:
    return context.bar_steps <= _SHORT_BAR


def _is_stillest(context: Context, bar: int, role: str) -> bool:
    """Return whether even a long note a bar would be more than the manifest's density asks for."""
    section = context.plan.section_at(bar)
    return (
        section.is_still
        and section.is_density_asked
        and not section.is_bass_asked
        and role == ideas.LONG
        and _is_short(context)
        and not context.ends_piece(bar)
    )


def _in_pairs(
    context: Context,
    bar: int,
    own: Sequence[tuple[int, int, int]],
    late: int,
    line: list[tuple[int, int, int]],
) -> list[tuple[int, int, int]]:
    """Return what a bar of a still bass begins: its first chord's bass, in every other bar.

    In the bar between, the last note of the line goes on if it belongs to the chord there; else
    the bass rests.
    """
    place = bar - context.plan.section_at(bar).section.start_bar
    if place % 2 == 0 or not line:
        return list(own[:1])
    begin, steps, _ = own[0]
    start, length, pitch = line[-1]
    chord = context.harmony.rows[begin + late]
    if start + length == begin + late and context.harmony.table.tones[chord, pitch % OCTAVE]:
        line[-1] = (start, length + steps, pitch)
    return []


def role_in(context: Context, bar: int) -> str:
    """Return what the bass does in a bar: that of its section, but the tune's rhythm in a tutti."""
    section = context.plan.section_at(bar)
    role = section.role(BASS)
    is_free = role != ideas.SILENT and not section.is_bass_asked
    # A tutti has more notes than a density asks for that only a still bass meets.
    if bar in context.plan.tuttis and is_free and not (section.is_still and _is_short(context)):
        return allowed_bass(context.plan.avoid, ideas.DOUBLED)
    return role


def _trimmed(line: list[tuple[int, int, int]]) -> list[Note]:
    """Return (start, length, pitch) as notes of the bass, each ending where the next one begins."""
    line.sort()
    notes = []
    for index, (start, steps, pitch) in enumerate(line):
        if index + 1 < len(line):
            steps = min(steps, line[index + 1][0] - start)
        if steps > 0:
            notes.append(Note(start, steps, pitch, BASS))
    return notes


Roots = dict[int, list[tuple[int, int, int]]]
"""By bar, each chord of it: the step in the bar, its row in the table, the pitch of its bass."""


def _roots(context: Context) -> Roots:
    """Return the pitch of each chord's bass: near the previous one, and not far from the tonic.

    It lies under the second voice, lower than else if it must.
    """
    table = context.harmony.table
    floor = context.plan.targets.bass_floor
    top = min(floor + OCTAVE, _HIGHEST_ROOT + 1)
    home = top - OCTAVE + 5
    before = home
    roots: Roots = {}
    for bar in range(context.bars):
        rows = context.harmony.bar(bar)
        roots[bar] = []
        under = _inner_over(context, bar) - _CLEAR
        for change in context.harmony.changes(bar):
            chord = int(rows[change])
            wanted = int(table.bass[chord])
            options = [p for p in range(top - _REACH, top) if p % OCTAVE == wanted]
            if min(options) > under:
                options = [p for p in range(_LOWEST, top) if p % OCTAVE == wanted]
            options = [p for p in options if p <= under] or options[:1]
            now = before

            def cost(pitch: int, now: int = now, under: int = under) -> float:
                """Return the cost of a pitch: how far it lies, and has no fifth over it."""
                is_cramped = pitch + _FIFTH > under and pitch - OCTAVE >= _LOWEST
                return abs(pitch - now) + _NEAR_HOME * abs(pitch - home) + _CRAMPED * is_cramped

            before = min(options, key=lambda pitch: (cost(pitch), pitch))
            roots[bar].append((change, chord, before))
    return roots


def pattern_of(context: Context, letter: str, place: int) -> tuple[Cell, Cell]:
    """Return the pattern of a letter: the bar that states it, and the one that answers."""
    key = ("bass pattern", letter)
    if key not in context.memory:
        context.memory[key] = _draw_pattern(context, letter, place)
    found = context.memory[key]
    assert isinstance(found, tuple)  # noqa: S101 - the key is this function's own
    return found


def _draw_pattern(context: Context, letter: str, place: int) -> tuple[Cell, Cell]:
    """Return the two cells of a letter's pattern: the second shares the first half of the first.

    place: the number of other letters before it. Both are drawn from the model's basses by their
    fit to the piece's targets and to the tune's rhythm.
    """
    choice = [item.cell for item in context.material.bass]
    if context.plan.targets.drive > _FAST_FROM and context.bar_steps >= 16:
        choice += [fast for cell in choice if (fast := _in_half_notes(cell)) is not None]
    avoid = context.plan.avoid - {LEAPS}
    pulse = context.pulse_steps
    choice = [c for c in choice if not has_avoided(traits_of(c, pulse), avoid)] or choice
    if not choice:
        plain = Cell((CellNote(0, context.bar_steps, 0),), context.bar_steps)
        return plain, plain
    drive = context.plan.targets.drive
    wanted = (3.0 + 8.0 * drive**1.3) * context.bar_steps / 16
    taken = {
        cell.rhythm
        for name in context.cells
        if isinstance(known := context.memory.get(("bass pattern", name)), tuple)
        for cell in known
    }
    main = context.main_cell(letter)

    def cost(cell: Cell) -> float:
        """Return the cost of a cell as a bass pattern, in points, random noise included."""
        traits = traits_of(cell, context.pulse_steps)
        found = 0.5 * abs(traits.onsets - wanted) + 1.5 * traits.same / max(1, traits.onsets - 1)
        found += 1.5 * (cell.rhythm in taken) - 0.4 * min(traits.values, 3)
        found -= (2.0 * context.plan.targets.sixteenths - 0.8) * 0.5 * min(traits.odd, 4)
        # A bass has a rhythm of its own: half of it with the tune, the other half between.
        found -= _OFF_BEAT * min(3, sum(step % context.pulse_steps != 0 for step in cell.rhythm))
        found += _SHARED_COST * abs(cell.shared(main.rhythm) - _SHARED)
        return float(found + 1.6 * context.draw("bass cell", letter, cell.notes))

    ordered = sorted(choice, key=cost)
    first = ordered[0]
    second = first
    if context.draw("bass pair", letter, place) < 0.85:
        tails = [cell for cell in ordered[1:12] if cell.rhythm != first.rhythm]
        if tails:
            second = _with_tail(first, tails[0])
    return first, second


def _in_half_notes(cell: Cell) -> Cell | None:
    """Return the cell twice, in notes half as long; None where a note is too short for that."""
    if any(note.step % 2 for note in cell.notes):
        return None
    half = cell.bar_steps // 2
    fast = [
        note._replace(step=note.step // 2, steps=max(1, note.steps // 2)) for note in cell.notes
    ]
    again = [note._replace(step=note.step + half) for note in fast]
    return Cell((*fast, *again), cell.bar_steps)


def _with_tail(head: Cell, tail: Cell) -> Cell:
    """Return the first half of one cell and the second half of another."""
    half = head.bar_steps // 2
    notes = [note for note in head.notes if note.step < half]
    notes[-1] = notes[-1]._replace(steps=min(notes[-1].steps, half - notes[-1].step))
    notes += [note for note in tail.notes if note.step >= half]
    if notes[-1].step < half:
        # A second half without a beginning would leave a hole: the first one goes on there.
        return head
    return Cell(tuple(notes), head.bar_steps)


_STEADY = (ideas.PEDAL, ideas.BROKEN, ideas.DOUBLED)
"""What does one thing in every bar where the manifest asks for it."""


def _bar(context: Context, bar: int, role: str, roots: Roots) -> list[tuple[int, int, int]]:
    """Return the notes (step in the piece, length, pitch) of the bass in a bar, as its role asks.

    roots: by bar, the step, table row and bass pitch of each chord.
    """
    section = context.plan.section_at(bar)
    first, second = pattern_of(context, section.like(BASS), section.place)
    start = bar * context.bar_steps
    if section.bass_line:
        return written_bar(context, bar, section, roots[bar])
    if role == ideas.LONG or context.ends_piece(bar):
        ends = [step for step, _, _ in roots[bar][1:]] + [context.bar_steps]
        last = context.memory.get("bass last")
        # A pattern may have gone on an octave lower than the roots: so does what ends it.
        lower = isinstance(last, int) and roots[bar][0][2] - last > _FAR
        down = OCTAVE if lower and roots[bar][0][2] - OCTAVE >= _LOWEST else 0
        return [
            (start + step, end - step, root - down)
            for (step, _, root), end in zip(roots[bar], ends, strict=True)
        ]
    if role == ideas.PATTERN and not section.is_bass_asked and _walks(context, bar):
        walked = walking_bar(context, bar, roots[bar], _following(context, bar, roots))
        return [(s, n, _agreeing(context, s, n, p)) for s, n, p in walked]
    cell = second if (bar - section.section.start_bar) % 2 else first
    rhythm: Sequence[CellNote] = cell.notes
    if role == ideas.DOUBLED:
        rhythm = _tune_rhythm(context, bar) or rhythm
    placed = _on_chords(context, bar, role, rhythm, roots)
    follows = _following(context, bar, roots)
    if section.is_bass_asked and role == ideas.WALKING:
        walked = walking_bar(context, bar, roots[bar], follows)
        return [(s, n, _agreeing(context, s, n, p)) for s, n, p in walked]
    keeps = (section.is_bass_asked and role in _STEADY) or bar in context.plan.tuttis
    if context.closes_phrase(bar) and follows is not None and not keeps:
        run = _run(context, bar, roots[bar], follows, placed)
        if run:
            placed = _into_run(context, bar, placed, roots[bar], run)
            line = (*placed, *run)
            return [(start + s, n, _agreeing(context, start + s, n, p)) for s, n, p in line]
    if role == ideas.PEDAL:
        # It stays whatever moves above it: that is its point.
        return [(start + s, n, p) for s, n, p in placed]
    if follows is not None and not keeps:
        placed = _led(context, placed, roots[bar][-1], follows)
    if role == ideas.PATTERN:
        placed = _joined(context, bar, placed, roots[bar], follows)
    return [(start + s, n, _agreeing(context, start + s, n, p)) for s, n, p in placed]


def _joined(
    context: Context,
    bar: int,
    placed: list[tuple[int, int, int]],
    spans: list[tuple[int, int, int]],
    follows: tuple[int, int, int] | None,
) -> list[tuple[int, int, int]]:
    """Return a bar whose last notes before a chord lead there without a seventh or a ninth.

    A note that would leap so far into a chord stands an octave nearer to it, if it leads there from
    the note before. spans: the step, table row and bass of each chord of the bar.
    """
    starts = {step for step, _, _ in spans}
    highest = _highest(context, bar, spans[-1][2])
    goals = [*placed[1:], *([(context.bar_steps, 0, follows[2])] if follows is not None else [])]
    kept: list[tuple[int, int, int]] = []
    for (step, steps, pitch), (at, _, goal) in zip(placed, goals, strict=False):
        if (at in starts or at == context.bar_steps) and step not in starts:
            pitch = _nearer(pitch, goal, kept[-1][2] if kept else None, highest)
        kept.append((step, steps, pitch))
    return [*kept, *placed[len(kept) :]]


def _is_awkward(move: int) -> bool:
    """Whether a move of so many semitones is a seventh, or wider than an octave."""
    return abs(move) in (10, 11) or abs(move) > OCTAVE


def _highest(context: Context, bar: int, root: int, role: str = "") -> int:
    """Return how high the bass goes over a root: an octave up, and not up to the second voice.

    A fifth up in any case, so that a pattern keeps its shape, unless all of it can lie an octave
    lower; octaves that the manifest asks for leap over every root, whatever the second voice does.
    """
    if role == ideas.BROKEN and context.plan.section_at(bar).is_bass_asked:
        return min(_HIGHEST, root + OCTAVE)
    under = min(root + OCTAVE, _inner_over(context, bar) - 1)
    least = root + _FIFTH if root - OCTAVE < _LOWEST else root
    return min(_HIGHEST, max(least, under))


_FIFTH, _FAR = 7, 9


def _walks(context: Context, bar: int) -> bool:
    """Whether the bass leaves its pattern to walk towards the bar that closes the phrase."""
    phrase = context.plan.phrase_at(bar)
    if phrase.bars < 4 or bar != phrase.start_bar + phrase.bars - 2:
        return False
    section = context.plan.section_at(bar)
    place = bar - section.section.start_bar
    return context.draw("bass walks", section.letter, place) < _WALK_SHARE


def _agreeing(context: Context, step: int, steps: int, pitch: int) -> int:
    """Return the pitch, or a tone of the chord if it lies a semitone from another voice."""
    if steps < 2:
        return pitch
    tones = context.harmony.table.tones[context.harmony.rows[step]]
    if tones[pitch % OCTAVE]:
        return pitch
    ends = min(step + steps, len(context.sounding))
    heard = {tone for at in range(step, ends) for tone in context.tunes_over(BASS, at)}
    for at in range(max(0, step - context.bar_steps), step + steps):
        note = context.memory.get(("inner at", at))
        if isinstance(note, Note) and note.end_step > step:
            heard.add(note.pitch)
    if not any((tone - pitch) % OCTAVE in (1, 11) for tone in heard):
        return pitch
    return nearest_tone(context, step, pitch)


def _tune_rhythm(context: Context, bar: int) -> list[CellNote]:
    """Return a bar of the bass in the tune's rhythm: roots, and some shorter notes a fifth.

    What is held for a beat, and the last note, say what the chord is.
    """
    notes = context.bar_notes(bar)
    start = bar * context.bar_steps
    return [
        CellNote(
            note.start_step - start,
            min(note.duration_steps, 4),
            4 if index % 3 == 1 and note.duration_steps < 4 and note is not notes[-1] else 0,
        )
        for index, note in enumerate(notes)
    ]


def _following(context: Context, bar: int, roots: Roots) -> tuple[int, int, int] | None:
    """Return the chord after a bar; after the last bar that of the loop's start, or None."""
    if bar + 1 < context.bars:
        return roots[bar + 1][0]
    return None if context.ends_piece(bar) else roots[0][0]


def _on_chords(
    context: Context, bar: int, role: str, rhythm: Sequence[CellNote], roots: Roots
) -> list[tuple[int, int, int]]:
    """Return a bar's notes (step, length, pitch): the pattern on each of its chords."""
    table = context.harmony.table
    placed: list[tuple[int, int, int]] = []
    spans = roots[bar]
    section = context.plan.section_at(bar)
    # The composer may hold the piece's tonic under a section in another key; who asks for a pedal
    # asks for the tonic of that section.
    tonic = section.key.tonic if section.is_bass_asked else None
    ends = [step for step, _, _ in spans[1:]] + [context.bar_steps]
    for (begin, chord, root), end in zip(spans, ends, strict=True):
        inside = [note for note in rhythm if begin <= note.step < end]
        if not inside or inside[0].step != begin:
            gap = inside[0].step if inside else end
            inside.insert(0, CellNote(begin, min(gap, end) - begin, 0))
        degree, highest = table.nearest_degree(chord, root), _highest(context, bar, root, role)
        span: list[tuple[int, int, int]] = []
        for index, note in enumerate(inside):
            steps = min(note.steps, end - note.step)
            moves = 0 if index == 0 and begin == note.step else note.degree
            # What is no tone of the chord goes on by step, or it is a wrong note.
            after = inside[index + 1 : index + 2]
            passes = note.steps <= _PASSES_UP_TO and any(
                abs(other.degree - note.degree) == 1 for other in after
            )
            pitch = _pitch(
                context,
                table,
                chord,
                root,
                degree + moves,
                note,
                role,
                index,
                highest,
                passes=passes,
                tonic=tonic,
            )
            span.append((note.step, steps, pitch))
        placed += _folded_whole(span, highest)
    return placed


def _folded_whole(span: list[tuple[int, int, int]], highest: int) -> list[tuple[int, int, int]]:
    """Return a pattern over one chord, in the bass's range: moved as a whole if possible."""
    pitches = [pitch for *_, pitch in span]
    move = 0
    if max(pitches) > highest and min(pitches) - OCTAVE >= _LOWEST:
        move = -OCTAVE
    elif min(pitches) < _LOWEST and max(pitches) + OCTAVE <= highest:
        move = OCTAVE
    return [
        (step, steps, folded(pitch + move, _LOWEST, max(highest, _LOWEST)))
        for step, steps, pitch in span
    ]


def _pitch(
    context: Context,
    table: ChordTable,
    chord: int,
    root: int,
    degree: int,
    note: CellNote,
    role: str,
    index: int,
    highest: int,
    *,
    passes: bool,
    tonic: int | None,
) -> int:
    """Return the pitch of a pattern's note; unless it passes by step it is a chord tone.

    tonic: the pitch class on which a pedal stays, by default the piece's tonic.
    """
    if role == ideas.PEDAL:
        home = int(table.pitch(0, 0)) % OCTAVE if tonic is None else tonic
        return folded(root - (root - home) % OCTAVE, _LOWEST, _HIGHEST)
    if role == ideas.BROKEN:
        goes_up = root + OCTAVE <= highest or root - OCTAVE < _LOWEST
        return root + (OCTAVE if goes_up else -OCTAVE) * (index % 2)
    half = note.step % (context.bar_steps // 2) == 0
    # What is heard on a beat says what the chord is: notes pass between beats.
    strong = half or not passes or _sounds_on_beat(context, note.step, note.steps)
    if note.step * 2 == context.bar_steps and note.steps >= 2:
        # In the middle of a bar a bass says what the chord is: its bass or its fifth.
        fifth = table.tone_at(chord, degree, root) - root
        pitch = root if fifth % OCTAVE in _THIRDS else root + fifth
    else:
        pitch = table.tone_at(chord, degree, root) if strong else table.pitch(chord, degree)
    return pitch


_THIRDS = (3, 4, 8, 9)
"""Semitones above a bass, octaves aside, of the tones that leave its chord in the balance."""


def _less_in_vamp(context: Context, share: float) -> float:
    """Return the probability `share` of leaving the pattern, lower where a piece favours vamps."""
    return share * (_IN_VAMP if context.plan.targets.vamp > _VAMP_FROM else 1.0)


def _led(
    context: Context,
    placed: list[tuple[int, int, int]],
    last: tuple[int, int, int],
    follows: tuple[int, int, int],
) -> list[tuple[int, int, int]]:
    """Return the bar with its last note, if it is short and weak, leading into the next root."""
    share = _less_in_vamp(context, _LED_SHARE)
    if len(placed) < 3 or context.draw("bass leads at all", last[1], follows[1]) > share:
        return placed
    step, steps, pitch = placed[-1]
    if steps > 2 or step < context.bar_steps - context.pulse_steps:
        return placed
    target, root = follows[2], last[2]
    if target == root:
        return placed
    scale = context.harmony.table.scale(last[1])
    way = 1 if pitch > target or (pitch == target and root > target) else -1
    lead = target + way
    chromatic = context.plan.targets.chromatic * _CHROMATIC_SHARE
    if context.draw("bass leads", last[1], follows[1]) >= chromatic:
        while lead % OCTAVE not in scale:
            lead += way
    before = placed[-2][2]
    # A leading tone that is leapt to by a tritone or more leads nowhere.
    if abs(lead - target) > 2 or lead == before or abs(lead - before) > _LEAD_LEAP:
        return placed
    tones = context.harmony.table.tones[last[1]]
    if _sounds_on_beat(context, step, steps) and not tones[lead % OCTAVE]:
        return placed
    return [*placed[:-1], (step, steps, lead)]


def _run(
    context: Context,
    bar: int,
    spans: Sequence[tuple[int, int, int]],
    follows: tuple[int, int, int],
    placed: Sequence[tuple[int, int, int]],
) -> list[tuple[int, int, int]]:
    """Return a run that closes a phrase in its last beats, by step but on beats, or nothing.

    spans: the step, table row and bass of each chord of the bar. placed: the bar's notes, of which
    the run takes the place of the last ones. If the run that was drawn does not fit the chords or
    leaps, it comes from the other side; if neither fits, it is shorter.
    """
    drive = context.plan.targets.drive
    if context.draw("bass runs", bar) > _less_in_vamp(context, _RUN_SHARE) * (0.5 + drive):
        return []
    is_long = context.draw("bass run length", bar) < 0.4 and context.bar_steps >= 16
    way = 1 if context.draw("bass run way", bar) < 0.5 else -1
    for count in (4, 2) if is_long else (2,):
        lines = [_run_of(context, spans, follows[2], count, side) for side in (way, -way)]
        fits = [line for line in lines if line]
        if fits:
            return min(fits, key=lambda line: _leaps_in(line, follows[2], placed))
    return []


def _into_run(
    context: Context,
    bar: int,
    placed: Sequence[tuple[int, int, int]],
    spans: Sequence[tuple[int, int, int]],
    run: Sequence[tuple[int, int, int]],
) -> list[tuple[int, int, int]]:
    """Return a bar's notes up to a run, the last of them in the octave that leads into it."""
    cut, _, goal = run[0]
    kept = [(step, min(steps, cut - step), pitch) for step, steps, pitch in placed if step < cut]
    if kept and kept[-1][0] not in {step for step, _, _ in spans}:
        step, steps, pitch = kept[-1]
        before = kept[-2][2] if len(kept) > 1 else None
        kept[-1] = (step, steps, _nearer(pitch, goal, before, _highest(context, bar, spans[-1][2])))
    return kept


_RUN_STEPS = 2


def _run_of(
    context: Context,
    spans: Sequence[tuple[int, int, int]],
    target: int,
    count: int,
    way: int,
) -> list[tuple[int, int, int]]:
    """Return a run of `count` 8ths to a target, from above (way 1) or below it (-1), or nothing.

    It goes by steps of the scale, but on beats by tones of the chord, and a chord that comes in
    has its bass. Nothing fits where it would leave the bass's range.
    """
    table = context.harmony.table
    line: list[tuple[int, int, int]] = []
    pitch = target
    for step in range(context.bar_steps - _RUN_STEPS, -1, -_RUN_STEPS)[:count]:
        begin, chord, _ = next(span for span in reversed(spans) if span[0] <= step)
        pitch += way
        is_strong = _sounds_on_beat(context, step, _RUN_STEPS)
        while not (
            table.tones[chord, pitch % OCTAVE]
            or (not is_strong and pitch % OCTAVE in table.scale(chord))
        ):
            pitch += way
        is_wrong = step == begin and pitch % OCTAVE != table.bass[chord]
        is_held_over = any(step < change < step + _RUN_STEPS for change, _, _ in spans)
        if is_wrong or is_held_over or not _LOWEST <= pitch <= _HIGHEST:
            return []
        line.insert(0, (step, _RUN_STEPS, pitch))
    return line


def _leaps_in(
    line: Sequence[tuple[int, int, int]], target: int, placed: Sequence[tuple[int, int, int]]
) -> int:
    """Return by how many semitones a run to its target leaps, and leaps away from the notes before.

    Up to a whole tone inside it, and a fifth from the note before, is no leap.
    """
    pitches = [*(pitch for *_, pitch in line), target]
    inside = sum(max(0, abs(after - before) - 2) for before, after in pairwise(pitches))
    befores = [pitch for step, _, pitch in placed if step < line[0][0]]
    return inside + sum(max(0, abs(pitches[0] - last) - _FIFTH) for last in befores[-1:])


def _sounds_on_beat(context: Context, step: int, steps: int) -> bool:
    """Return whether a note from a step of a bar on is heard on a beat, struck there or held."""
    into = step % context.pulse_steps
    return into == 0 or into + steps > context.pulse_steps
