"""The second voice: a table with one function for each role.

Each writes the notes of one bar. A figure in one bar of a section returns in its other bars, over
their chords. Patterns are made from cells that the model proposed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from chipassets.compose import ideas, piece
from chipassets.compose.avoiding import allowed_texture
from chipassets.compose.context import Context
from chipassets.compose.cycles import INDEPENDENT
from chipassets.compose.duet import duet
from chipassets.compose.patterns import Bar, broken, comping, ostinato
from chipassets.compose.voicing import (
    clashes,
    lowest_of_tune,
    nearest_tone,
    rubs,
    voicing,
)
from chipassets.music.notes import INNER, Note
from chipassets.units import OCTAVE

_THIRDS = ((3, 0.0), (4, 0.0), (8, 0.3), (9, 0.3), (5, 1.1), (7, 1.2), (12, 1.5))
"""Semitones under the tune, and what they pay: thirds first, then sixths."""
_LOWEST = 50
_ECHO_STEPS = (1, 2, 3, 3)
"""By how much an echo may be late; up to an eighth it follows whatever sounds then."""
_ASKED_ECHO_STEPS = (2, 3, 4, 6, 8)
"""The same where the manifest asks for an echo, which is to be heard."""
_CLOSE = 3
_FIFTH, _AWAY = 7, 0.6
"""Semitones by which an answer may begin away from the note before; what each further one pays."""
_WHOLE_ECHO = 0.8
"""Of the tune's notes in a bar, how many must agree: scraps of an echo are noise."""

_LITERAL_ECHO = 0.8
"""How often an echo repeats all that does not rub, as a delay does, and not chord tones alone."""

_ANSWER_SHARE = 0.3
"""Of the bars that close a phrase, those in which the second voice answers what the tune holds."""

_HELD_BARS = 2
"""Bars after which a tone that the manifest wants held is struck again: longer ones are stuck."""

_STILL, _LEADS_SHARE = (ideas.THIRDS, ideas.UNISON, ideas.HELD), 0.7
"""Roles that move no more than the tune does; of the bars in which that is not at all, those in
which the second voice leads."""
_FILLS_SHARE = 0.35
"""Of the bars in which the tune holds or rests for half a bar, those in which it fills the gap."""
_FOLLOWING, _ANSWERED_SHARE, _HOLDS = (ideas.THIRDS, ideas.ECHO), 0.6, 8
"""Roles that stand still where the tune does; of the tune's notes of so many steps or more in which
no note of theirs begins, how many they answer."""

_BROKEN = (ideas.ARPEGGIO, ideas.RUNNING)
_OF_TUNE = (ideas.UNISON, ideas.ECHO, ideas.DUET)
"""Roles that weigh the tune themselves."""


def compose_inner(
    context: Context,
    part: str = INNER,
    roles: Mapping[int, str] | None = None,
    beside: Sequence[Note] = (),
) -> list[Note]:
    """Return the second voice of a take; `roles`, by bar, stand in for those of the plan.

    beside: notes of other voices, which it does not double at their own pitch, nor the tune's.
    """
    notes: list[Note] = []
    known: dict[int, Bar] = {}
    context.memory["taken"] = _taken_by(context, part, beside)
    context.memory.pop("line", None)
    for bar in range(context.bars):
        if bar in context.muted or context.plan.waits(part, bar):
            continue
        role = roles[bar] if roles else role_in(context, bar)
        source = context.sources[INNER][bar] if part == INNER else bar
        if source != bar and (role not in INDEPENDENT[INNER] or role != role_in(context, source)):
            source = bar
        if source not in known:
            written = _cleared(context, source, _WRITERS[role](context, source), role)
            if role in _FOLLOWING and piece.ASKED not in context.plan.section_at(source).roles:
                written = _answered(context, source, written)
            written = _beneath(context, source, written, role)
            known[source] = written if role in _OF_TUNE else _apart(context, source, written)
        if known[source]:
            context.memory["line"] = known[source][-1][2]
        start = bar * context.bar_steps
        for step, steps, pitch in known[source]:
            last = notes[-1] if notes else None
            if (
                role == ideas.HELD
                and last
                and not context.ends_piece(bar)
                and last.pitch == pitch
                and last.end_step == start + step
                and (
                    last.duration_steps + steps <= _HELD_BARS * context.bar_steps
                    or piece.ASKED not in context.plan.section_at(bar).roles
                )
            ):
                # A tone that both chords have is held over.
                notes[-1] = Note(last.start_step, last.duration_steps + steps, pitch, part)
                continue
            notes.append(Note(start + step, steps, pitch, part))
    return _trimmed(notes)


def role_in(context: Context, bar: int) -> str:
    """Return what the second voice does in a bar: it leads where the tune holds or rests."""
    section = context.plan.section_at(bar)
    role = section.role(INNER)
    if piece.ASKED in section.roles:
        return role
    phrase = context.plan.phrase_at(bar)
    if context.ends_piece(bar):
        return allowed_texture(context.plan.avoid, ideas.HELD)
    if section.is_led_by_tune:
        return role
    if bar in context.plan.tuttis and role != ideas.SILENT:
        return allowed_texture(context.plan.avoid, ideas.THIRDS)
    slot = phrase.slots[bar - phrase.start_bar]
    steady = (ideas.ARPEGGIO, ideas.RUNNING, ideas.OSTINATO, ideas.DUET)
    if slot.kind == piece.REST and role not in steady:
        return allowed_texture(context.plan.avoid, ideas.COUNTER)
    if context.plan.cycle and role in INDEPENDENT[INNER]:
        return role
    waits = role in _STILL and len(context.bar_notes(bar)) <= 1
    if waits or (role not in (*steady, ideas.SILENT) and _is_open(context, bar)):
        leads = context.draw("leads", bar) < (_LEADS_SHARE if waits else _FILLS_SHARE)
        return allowed_texture(context.plan.avoid, ideas.COUNTER) if leads else role
    if context.closes_phrase(bar) and role not in (*steady, ideas.SILENT):
        answers = context.draw("answers", bar) < _ANSWER_SHARE
        return allowed_texture(context.plan.avoid, ideas.COUNTER) if answers else role
    return role


def _is_open(context: Context, bar: int) -> bool:
    """Whether the tune begins no note during a span of at least half a bar."""
    start = bar * context.bar_steps
    begins = [note.start_step - start for note in context.bar_notes(bar)]
    gaps = [after - before for before, after in pairwise([0, *begins, context.bar_steps])]
    return 2 * max(gaps) >= context.bar_steps


def _trimmed(notes: list[Note]) -> list[Note]:
    """Return the notes in order without overlaps; of those that start together one is kept."""
    notes.sort(key=lambda note: note.start_step)
    kept: list[Note] = []
    for note in notes:
        if kept and kept[-1].start_step == note.start_step:
            continue
        if kept and kept[-1].end_step > note.start_step:
            last = kept[-1]
            kept[-1] = Note(
                last.start_step, note.start_step - last.start_step, last.pitch, last.part
            )
        kept.append(note)
    return kept


def _cleared(context: Context, bar: int, written: Bar, role: str) -> Bar:
    """Return the bar without pitches that double the tune or rub on it where it is heard.

    Notes that are held stay below the tune that sounds over them.
    """
    if role in _OF_TUNE:
        return written
    cleared: Bar = []
    start = bar * context.bar_steps
    for index, (step, steps, pitch) in enumerate(written):
        if steps >= 3 and role not in _BROKEN:
            low = lowest_of_tune(context, start + step, start + step + steps)
            while pitch > low and pitch - OCTAVE >= _LOWEST - 5:
                pitch -= OCTAVE
            pitch = nearest_tone(context, start + step, pitch)
        heard = steps >= 2 or step % context.pulse_steps == 0
        # Broken chords keep their shape: they may meet the tune.
        collides = rubs if role in _BROKEN else clashes
        if heard and collides(context, pitch, start + step):
            chord = context.harmony.rows[start + step]
            choice = [
                p
                for p in voicing(context, chord, max(pitch + 4, 60), 6)
                if not collides(context, p, start + step)
            ]
            if not choice:
                continue
            beside = _beside(written, index, cleared)
            pitch = min(choice, key=lambda p: (p in beside, abs(p - pitch), p))
        cleared.append((step, steps, pitch))
    return cleared


def _beneath(context: Context, bar: int, written: Bar, role: str) -> Bar:
    """Return the bar with what lies above the tune moved down by octaves.

    Broken chords keep their shape, unless the tune is written; echoes repeat the tune itself.
    """
    if context.tune[bar].cell != "given" and role in (*_BROKEN, ideas.ECHO):
        return written
    lowered = []
    start = bar * context.bar_steps
    for step, steps, pitch in written:
        low = lowest_of_tune(context, start + step, start + step + steps)
        lowered.append((step, steps, pitch - OCTAVE * max(0, (pitch - low) // OCTAVE + 1)))
    return [note for note in lowered if note[2] >= _LOWEST - OCTAVE]


def _apart(context: Context, bar: int, written: Bar) -> Bar:
    """Return the bar with other near chord tones for pitches that another voice has.

    Tones under the tune come first, then those that are not struck twice in a row.
    """
    start = bar * context.bar_steps
    found: Bar = []
    for index, (step, steps, pitch) in enumerate(written):
        taken = _taken(context, start + step)
        if pitch in taken:
            chord, near = context.harmony.rows[start + step], pitch
            low = lowest_of_tune(context, start + step, start + step + steps)
            beside = _beside(written, index, found)
            choice = [
                (tone >= low, tone in beside, abs(tone - near), tone)
                for tone in voicing(context, chord, pitch + _OTHER_TONE, 2 * _OTHER_TONE)
                if tone not in taken
                and tone >= pitch - OCTAVE
                and not clashes(context, tone, start + step)
            ]
            pitch = min(choice)[-1] if choice else pitch
        found.append((step, steps, pitch))
    return found


def _beside(written: Bar, index: int, found: Bar) -> set[int]:
    """Return the pitches before and after a note of a bar that its own is not to become.

    found: the bar up to the note, as it will be heard. What the bar repeats may be repeated.
    """
    pitch = written[index][2]
    after = {other for _, _, other in written[index + 1 : index + 2]}
    before = {found[-1][2]} if found and written[index - 1][2] != pitch else set()
    return before | (after - {pitch})


_HELD_FROM = 4
"""Steps from which on a note is held long enough to hear another voice strike its pitch."""
_OTHER_TONE = 7
"""Semitones within which a chord has another tone, whatever it is."""


def _taken_by(context: Context, part: str, beside: Sequence[Note]) -> dict[int, set[int]]:
    """Return, by step, the pitches of other notes that begin there, or are held there.

    The tune's notes count under a second voice: in the bar that stands for all that repeat it.
    """
    struck: defaultdict[int, set[int]] = defaultdict(set)
    for note in beside:
        first = note.start_step
        struck[first].add(note.pitch)
        if note.duration_steps >= _HELD_FROM:
            for step in range(first + 1, first + note.duration_steps):
                struck[step].add(note.pitch)
    for note in context.notes if part == INNER else ():
        bar, place = divmod(note.start_step, context.bar_steps)
        struck[context.sources[INNER][bar] * context.bar_steps + place].add(note.pitch)
    return struck


def _taken(context: Context, step: int) -> set[int]:
    """Return the pitches that other voices begin or hold at a step."""
    known = context.memory.get("taken")
    found = known.get(step) if isinstance(known, dict) else None
    return found if isinstance(found, set) else set()


def _thirds(context: Context, bar: int) -> Bar:
    """Return the tune doubled below, mostly in thirds and sixths, with chord tones on beats."""
    written: Bar = []
    start = bar * context.bar_steps
    table = context.harmony.table
    before: int | None = None
    for note in context.bar_notes(bar):
        step = note.start_step - start
        chord = context.harmony.rows[note.start_step]
        scale, tones = table.scale(chord), table.tones[chord]
        strong = step % context.pulse_steps == 0 or note.duration_steps >= 4
        options = []
        for below, pays in _THIRDS:
            pitch = note.pitch - below
            if pitch % OCTAVE not in scale or pitch < _LOWEST:
                continue
            cost = pays + (1.5 if strong else 0.3) * (not tones[pitch % OCTAVE])
            cost += 0.08 * abs(pitch - before) if before is not None else 0.0
            options.append((cost, pitch))
        if options:
            before = min(options)[1]
            written.append((step, note.duration_steps, before))
    return written


def _unison(context: Context, bar: int) -> Bar:
    """Return the tune an octave lower, without notes that would be too low."""
    start = bar * context.bar_steps
    return [
        (note.start_step - start, note.duration_steps, note.pitch - OCTAVE)
        for note in context.bar_notes(bar)
        if note.pitch - OCTAVE >= 40
    ]


def _counter(context: Context, bar: int) -> Bar:
    """Hold a tone that the chord needs while the tune moves; answer it where it holds."""
    written: Bar = []
    start, bar_steps = bar * context.bar_steps, context.bar_steps
    if not context.bar_notes(bar) and not context.sounds_at(bar):
        return _answer(context, bar, 0, bar_steps, written)
    open_from = _long_notes(context, bar)
    step = 0
    for begin, end in [*open_from, (bar_steps, bar_steps)]:
        while step < begin:
            change = next((c for c in context.harmony.changes(bar) if c > step), bar_steps)
            stop = min(begin, change, step + 8)
            if stop - step >= 2:
                pitch = _needed(context, start + step, start + stop, written)
                written.append((step, stop - step, pitch))
            step = stop
        if begin < end:
            written += _answer(context, bar, begin, end, written)
            step = end
    return written


def _long_notes(context: Context, bar: int) -> list[tuple[int, int]]:
    """Return where in a bar the tune holds or rests: from two steps into a note to its end."""
    start, end = bar * context.bar_steps, (bar + 1) * context.bar_steps
    starts = [note.start_step for note in context.bar_notes(bar)]
    spans = []
    if not starts:
        return [(0, context.bar_steps)]
    for begin, following in zip(starts, [*starts[1:], end], strict=True):
        if following - begin >= 6:
            spans.append((begin + 2 - start, following - start))
    return spans


def _answered(context: Context, bar: int, written: Bar) -> Bar:
    """Return the bar with answers in long notes of the tune under which nothing begins."""
    for begin, end in _long_notes(context, bar):
        since = begin + 2
        if end - begin < _HOLDS - 2 or context.ends_piece(bar):
            continue
        moves = any(since - 1 <= step < end for step, _, _ in written)
        if moves or context.draw("answered", bar, begin) >= _ANSWERED_SHARE:
            continue
        kept = [
            (step, min(steps, since - step) if step < end else steps, pitch)
            for step, steps, pitch in written
        ]
        written = sorted(kept + _answer(context, bar, since, end, kept))
    return written


_STUCK = 3.5
"""What a tone pays that was just struck in the same bar: a voice that repeats it is no line."""
_THIRD, _LAST_THIRD = 2.5, 12.0
"""What a chord's third is worth in semitones of moving there, and where a piece ends on it."""


def _needed(context: Context, step: int, end: int, written: Bar, *, is_last: bool = False) -> int:
    """Return the tone of the chord that is wanted most between two steps.

    It lies below the tune, near the note before, and is the chord's third if that is near as well.
    is_last: whether the piece ends on it, where a chord without its third is bare.
    """
    chord = context.harmony.rows[step]
    ceiling = min(max(lowest_of_tune(context, step, end) - 2, 55), 72)
    choice = voicing(context, chord, ceiling, 5)
    before = written[-1][2] if written else _last_pitch(context)
    beside = _taken(context, step)
    third = int(context.harmony.table.third[chord])
    bass = int(context.harmony.table.bass[chord])

    wanted = _LAST_THIRD if is_last and context.tune_at(step) % OCTAVE != third else _THIRD

    def cost(pitch: int) -> float:
        """Return the cost of a pitch as the chord's most needed tone."""
        return (
            abs(pitch - before)
            - wanted * (pitch % OCTAVE == third)
            + 2.0 * (pitch % OCTAVE == bass)
            + 6.0 * (clashes(context, pitch, step) or pitch in beside)
            + (_STUCK if written else 1.5) * (pitch == before)
            + 0.3 * abs(pitch - 64)
        )

    return min(choice, key=lambda pitch: (cost(pitch), pitch)) if choice else before


def _last_pitch(context: Context) -> int:
    """Return the pitch on which the line ended in the bar before, a middle one at its beginning."""
    found = context.memory.get("line")
    return found if isinstance(found, int) else 64


def _answer(context: Context, bar: int, begin: int, end: int, written: Bar) -> Bar:
    """Return the head of the letter's main cell, placed in a gap of the tune.

    written: the bar so far, from whose last note it goes on.
    """
    section = context.plan.section_at(bar)
    cell = context.main_cell(section.letter)
    room = end - begin
    head = [note for note in cell.notes if note.step - cell.notes[0].step < room][:8]
    if len(head) < 2:
        first = bar * context.bar_steps + begin
        return [(begin, room, _needed(context, first, first + room, written))]
    start = bar * context.bar_steps
    table = context.harmony.table
    shift = cell.notes[0].step
    ceiling = min(max(lowest_of_tune(context, start + begin, start + end) + 2, 62), 74)
    best: tuple[float, list[tuple[int, int, int]]] | None = None
    before = written[-1][2] if written else _last_pitch(context)
    first = context.harmony.rows[start + begin]
    base = table.nearest_degree(first, ceiling - 5)
    for degree in range(base - 5, base + 4):
        bars: Bar = []
        cost = 0.0
        for index, note in enumerate(head):
            step = begin + note.step - shift
            following = head[index + 1].step - shift + begin if index + 1 < len(head) else end
            steps = min(following, end) - step
            chord = context.harmony.rows[start + step]
            pitch = table.pitch(chord, degree + note.degree)
            cost += (not table.tones[chord, pitch % OCTAVE]) * min(steps, 4)
            cost += 3.0 * clashes(context, pitch, start + step) + max(0, pitch - ceiling)
            cost += 0.1 * abs(pitch - (ceiling - 5))
            bars.append((step, steps, pitch))
        cost += _AWAY * max(0, abs(bars[0][2] - before) - _FIFTH)
        if best is None or cost < best[0]:
            best = (cost, bars)
    assert best is not None  # noqa: S101 - the range above is never empty
    return best[1]


def _held(context: Context, bar: int) -> Bar:
    """Return one held tone for each chord of a bar."""
    start = bar * context.bar_steps
    changes = context.harmony.changes(bar)
    written: Bar = []
    for step, end in zip(changes, [*changes[1:], context.bar_steps], strict=True):
        is_last = end == context.bar_steps and context.ends_piece(bar)
        pitch = _needed(context, start + step, start + end, written, is_last=is_last)
        written.append((step, end - step, pitch))
    return written


def _echo(context: Context, bar: int) -> Bar:
    """Return the tune a little later, in bars where most of it agrees with what sounds then.

    Short notes that follow closely ring on into the next one, as in a room.
    """
    letter = context.plan.section_at(bar).like(INNER)
    asked = piece.ASKED in context.plan.section_at(bar).roles
    if asked:
        return _echoed(context, bar, _fullest_delay(context, letter), literal=True)[0]
    literal = context.draw("whole echo", letter) < _LITERAL_ECHO
    late = _ECHO_STEPS[int(context.draw("echo", letter) * len(_ECHO_STEPS))]
    written, heard = _echoed(context, bar, late, literal=literal)
    return written if len(written) > _WHOLE_ECHO * heard else _counter(context, bar)


def _fullest_delay(context: Context, letter: str) -> int:
    """Return the steps by which an echo is late that repeats most of a letter's tune.

    While a note of the tune is held its echo cannot be told from it: long notes need a long delay.
    """
    key = ("echo delay", letter)
    if key not in context.memory:
        bars = [
            bar for bar in range(context.bars) if context.plan.section_at(bar).like(INNER) == letter
        ]
        context.memory[key] = max(
            (late for late in _ASKED_ECHO_STEPS if late < context.bar_steps),
            key=lambda late: sum(len(_echoed(context, bar, late, literal=True)[0]) for bar in bars),
        )
    found = context.memory[key]
    assert isinstance(found, int)  # noqa: S101 - the key is this function's own
    return found


def _echoed(context: Context, bar: int, late: int, *, literal: bool) -> tuple[Bar, int]:
    """Return what of the tune is heard again in a bar, and how many notes might be.

    literal: whether all is repeated that does not rub, and not chord tones alone.
    """
    start, end = bar * context.bar_steps, (bar + 1) * context.bar_steps
    table = context.harmony.table
    written: Bar = []
    heard = 0
    for note in context.notes:
        step = note.start_step + late
        if not start <= step < end or step >= len(context.sounding):
            continue
        heard += 1
        chord = context.harmony.rows[step]
        fits = literal or bool(table.tones[chord, note.pitch % OCTAVE])
        agrees = fits and not clashes(context, note.pitch, step)
        rings = late < _CLOSE and note.duration_steps <= 2 * late
        if agrees or (rings and context.tune_at(step) != note.pitch):
            written.append((step - start, min(note.duration_steps, end - step), note.pitch))
    return written, heard


def _silent(context: Context, bar: int) -> Bar:
    del context, bar
    return []


_WRITERS: Mapping[str, Callable[[Context, int], Bar]] = {
    ideas.THIRDS: _thirds,
    ideas.COUNTER: _counter,
    ideas.DUET: duet,
    ideas.ARPEGGIO: lambda context, bar: broken(context, bar, 2),
    ideas.RUNNING: lambda context, bar: broken(context, bar, 1),
    ideas.OFFBEAT: lambda context, bar: comping(context, bar, short=False),
    ideas.STABS: lambda context, bar: comping(context, bar, short=True),
    ideas.OSTINATO: ostinato,
    ideas.HELD: _held,
    ideas.UNISON: _unison,
    ideas.ECHO: _echo,
    ideas.SILENT: _silent,
}
"""How each role is written."""
