"""The bass: a line that opens every chord with its own bass, low, and one note at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median

import pytest

from chipassets.compose import ideas, piece
from chipassets.compose.bass import _joined, _run_of, _walks, compose_bass, pattern_of
from chipassets.compose.bass_asked import _walk
from chipassets.compose.context import Context
from chipassets.compose.material import Material
from chipassets.compose.planning import plan_piece
from chipassets.music.keys import Key
from chipassets.music.notes import BASS, INNER, Note
from chipassets.plan.trackplan import TrackPlan
from tests.compose.conftest import METRES, MakePlan, context_in, harmony_in, plan_with


def a_track(make_plan: MakePlan, metre: str, seed: int) -> TrackPlan:
    beats, pulse = METRES[metre]
    return make_plan(
        bars=8,
        seed=seed,
        beats_per_bar=beats,
        pulse_steps=pulse,
        key=Key(seed * 5 % 12, ("major", "minor", "phrygian", "blues")[seed % 4]),
        loops=seed % 2 == 0,
    )


def without_entries(context: Context) -> Context:
    """The context in which all parts play from the first bar on."""
    return replace(context, plan=replace(context.plan, entries={}))


def context_of(make_plan: MakePlan, role: str, metre: str = "4/4", seed: int = 0) -> Context:
    track = a_track(make_plan, metre, seed)
    return without_entries(context_in(track, plan_with(plan_piece(track, 0), bass=role), seed))


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("role", [role for role in ideas.BASS_ROLES if role != ideas.SILENT])
def test_the_bass_is_one_low_line(make_plan: MakePlan, role: str, metre: str) -> None:
    for seed in range(4):
        context = context_of(make_plan, role, metre, seed)
        line = compose_bass(context)
        assert {note.part for note in line} == {BASS}
        assert all(a.end_step <= b.start_step for a, b in pairwise(line))
        floor = context.plan.targets.bass_floor
        assert all(floor - 16 <= note.pitch <= floor + 28 for note in line)
        # A pedal is the tonic under the first chord's root, up to a seventh below it.
        lowest = floor - (11 if role == ideas.PEDAL else 7)
        assert lowest <= median(note.pitch for note in line) <= floor + 16
        assert line[-1].end_step <= context.bars * context.bar_steps
        # No bar is without it, whatever its pattern.
        sounding = {
            step // context.bar_steps for n in line for step in range(n.start_step, n.end_step)
        }
        assert sounding == set(range(context.bars))


@pytest.mark.parametrize("metre", METRES)
@pytest.mark.parametrize("role", [ideas.PATTERN, ideas.WALKING, ideas.BROKEN, ideas.DOUBLED])
def test_every_chord_is_opened_by_its_own_bass(make_plan: MakePlan, role: str, metre: str) -> None:
    """But for a run that closes a phrase, which may be under way when a chord comes in."""
    for seed in range(4):
        context = context_of(make_plan, role, metre, seed)
        starts = {note.start_step: note.pitch for note in compose_bass(context)}
        table = context.harmony.table
        for bar in range(context.bars):
            rows = context.harmony.bar(bar)
            for change in context.harmony.changes(bar):
                if change and context.closes_phrase(bar):
                    continue
                step = bar * context.bar_steps + change
                assert step in starts, (bar, change)
                assert starts[step] % 12 == table.bass[rows[change]]


@pytest.mark.parametrize("metre", METRES)
def test_what_the_bass_holds_belongs_to_its_chord(make_plan: MakePlan, metre: str) -> None:
    for seed in range(6):
        context = context_of(make_plan, ideas.PATTERN, metre, seed)
        table, at = context.harmony.table, context.harmony.at
        held = [note for note in compose_bass(context) if note.duration_steps > 2]
        assert held
        assert all(table.tones[int(at[note.start_step]), note.pitch % 12] for note in held)


@pytest.mark.parametrize("metre", METRES)
def test_on_a_beat_the_bass_has_a_tone_of_the_chord(make_plan: MakePlan, metre: str) -> None:
    """Its fills too, and what is held over the beat; but for walks, which lead on by step."""
    runs = 0
    for seed in range(16):
        context = context_of(make_plan, ideas.PATTERN, metre, seed)
        steps, pulse = context.bar_steps, context.pulse_steps
        table, at = context.harmony.table, context.harmony.at
        for note in compose_bass(context):
            bar = note.start_step // steps
            runs += context.closes_phrase(bar) and note.start_step % steps == steps - 2
            beats = [s for s in range(note.start_step, note.end_step) if s % steps % pulse == 0]
            if not _walks(context, bar):
                assert all(table.tones[int(at[s]), note.pitch % 12] for s in beats), (seed, note)
    assert runs > 4


def test_a_run_passes_between_beats_and_never_hides_a_chord(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.PATTERN)
    context = replace(context, harmony=harmony_in([["Dm"], ["Am", "F"]], Key(2, "minor")))
    table = context.harmony.table
    d, a, f = (table.names.index(name) for name in ("Dm", "Am", "F"))
    down = [(8, 2, 45), (10, 2, 43), (12, 2, 41), (14, 2, 38)]
    assert _run_of(context, [(0, d, 38)], 36, 4, 1) == down
    up = [(12, 2, 41), (14, 2, 43)]
    assert _run_of(context, [(0, d, 38)], 45, 2, -1) == up
    # A run of four would begin on F: from above it would begin it on A, from below it has F.
    chords = [(0, a, 45), (8, f, 41)]
    assert _run_of(context, chords, 38, 4, 1) == []
    assert [pitch for *_, pitch in _run_of(context, chords, 50, 4, -1)] == [41, 43, 45, 48]


def test_a_pedal_stays_on_one_tone(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.PEDAL)
    inside = [n for n in compose_bass(context) if not context.closes_phrase(n.start_step // 16)]
    classes = [note.pitch % 12 for note in inside for _ in range(note.duration_steps)]
    assert len(set(classes)) == 1


def test_octaves_leap_by_octaves(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.BROKEN)
    moves = set()
    for bar in range(context.bars):
        if context.closes_phrase(bar) or len(context.harmony.changes(bar)) > 1:
            continue
        notes = [n for n in compose_bass(context) if n.start_step // 16 == bar]
        moves |= {abs(b.pitch - a.pitch) for a, b in pairwise(notes[:-1])}
    assert moves <= {0, 12}


def asked(context: Context, **changes: object) -> Context:
    """The context in which the manifest asks for the bass of every section."""
    sections = tuple(
        replace(section, is_bass_asked=True, **changes)  # type: ignore[arg-type]
        for section in context.plan.sections
    )
    return replace(context, plan=replace(context.plan, sections=sections))


def test_octaves_that_are_asked_for_leap_over_every_root(make_plan: MakePlan) -> None:
    roots = set()
    for seed in range(12):
        context = asked(context_of(make_plan, ideas.BROKEN, seed=seed))
        for step in range(context.bars * context.bar_steps):
            # A second voice an octave over the highest root that has no octave below it.
            context.memory["inner at", step] = Note(step, 1, 53)
        line = compose_bass(context)
        for bar in range(context.bars):
            notes = [n for n in line if n.start_step // 16 == bar]
            if len(notes) > 1 and len(context.harmony.changes(bar)) == 1:
                roots.add(notes[0].pitch)
                assert abs(notes[1].pitch - notes[0].pitch) == 12
    assert roots & {41, 42}


@pytest.mark.parametrize("role", [ideas.PATTERN, ideas.WALKING, ideas.BROKEN])
def test_the_bass_lies_under_a_low_second_voice(make_plan: MakePlan, role: str) -> None:
    """Under what is held into a bar too; every chord still opens with its own bass."""
    for seed in range(6):
        context = context_of(make_plan, role, seed=seed)
        steps = context.bars * context.bar_steps
        inner = [Note(at, 16, 50 + at // 16 % 2, INNER) for at in range(8, steps - 8, 16)]
        line = compose_bass(context, inner)
        table, at = context.harmony.table, context.harmony.at
        for bar in range(context.bars):
            notes = [note for note in line if note.start_step // 16 == bar]
            assert max(note.pitch for note in notes) < 50, (seed, bar)
            assert notes[0].pitch % 12 == table.bass[int(at[notes[0].start_step])]
    assert min(note.pitch for note in line) >= 31


def test_a_pedal_that_is_asked_for_stays_on_the_tonic_of_its_section(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.PEDAL)
    away = Key((context.plan.sections[0].key.tonic + 5) % 12, "minor")
    line = compose_bass(asked(context, key=away))
    assert {note.pitch % 12 for note in line if not context.ends_piece(note.start_step // 16)} == {
        away.tonic
    }


def test_silence_is_a_role(make_plan: MakePlan) -> None:
    assert compose_bass(context_of(make_plan, ideas.SILENT)) == []


def test_doubling_the_tune_the_bass_begins_with_it(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.DOUBLED)
    tune = {note.start_step for note in context.notes}
    inside = [n for n in compose_bass(context) if not context.closes_phrase(n.start_step // 16)]
    with_it = sum(note.start_step in tune for note in inside)
    assert with_it > 0.6 * len(inside)


def test_in_a_tutti_long_and_last_notes_stand_on_their_chord(make_plan: MakePlan) -> None:
    for seed in range(6):
        context = context_of(make_plan, ideas.PATTERN, seed=seed)
        context = replace(context, plan=replace(context.plan, tuttis=(1, 3, 5)))
        table, at = context.harmony.table, context.harmony.at
        for bar in (1, 3, 5):
            notes = [note for note in compose_bass(context) if note.start_step // 16 == bar]
            for note in notes:
                if note.duration_steps >= 4 or note is notes[-1]:
                    assert note.pitch % 12 == table.bass[int(at[note.start_step])], (seed, bar)


def test_a_letter_keeps_its_pattern(make_plan: MakePlan) -> None:
    context = context_of(make_plan, ideas.PATTERN)
    first = pattern_of(context, "A", 0)
    assert pattern_of(context, "A", 0) is first
    for cell in first:
        assert cell.bar_steps == 16
        assert all(a.end <= b.step for a, b in pairwise(cell.notes))


def test_a_piece_that_ends_holds_the_last_root(make_plan: MakePlan) -> None:
    track = make_plan(bars=8, loops=False)
    context = without_entries(context_in(track))
    assert context.plan.phrases[-1].cadence == piece.FINAL
    last = compose_bass(context)[-1]
    assert (last.start_step, last.end_step) == (7 * 16, 8 * 16)
    assert last.pitch % 12 == context.harmony.table.bass[context.harmony.opening(7)]


def test_the_last_root_lies_near_the_note_before(make_plan: MakePlan) -> None:
    for seed in range(16):
        track = make_plan(bars=8, loops=False, seed=seed)
        plan = plan_piece(track, 0)
        plan = replace(plan, targets=replace(plan.targets, bass_floor=47))
        line = compose_bass(without_entries(context_in(track, plan, seed)))
        assert abs(line[-1].pitch - line[-2].pitch) <= 12, seed


def test_the_last_note_of_a_bar_seldom_leaps_by_a_seventh_or_a_ninth(make_plan: MakePlan) -> None:
    """More did where patterns were moved by octaves after the way to them was chosen."""
    leaps = joins = 0
    for seed in range(40):
        track = make_plan(bars=16, seed=seed, key=Key(seed * 5 % 12, "major"))
        context = without_entries(context_in(track, plan_piece(track, 0), seed))
        for before, after in pairwise(compose_bass(context)):
            if before.start_step // 16 + 1 == after.start_step // 16:
                joins += 1
                leaps += abs(after.pitch - before.pitch) in (10, 11, 13, 14, 15, 16, 17)
    assert leaps < 0.09 * joins


def test_the_roots_of_a_high_bass_lie_under_the_second_voice(make_plan: MakePlan) -> None:
    for seed in range(8):
        track = a_track(make_plan, "4/4", seed)
        plan = plan_with(plan_piece(track, 0), bass=ideas.LONG)
        high = replace(plan, targets=replace(plan.targets, bass_floor=47), tuttis=())
        line = compose_bass(without_entries(context_in(track, high, seed)))
        assert max(note.pitch for note in line) <= 53


def test_where_a_primer_plays_alone_there_is_no_bass(make_plan: MakePlan) -> None:
    track = make_plan(bars=8)
    context = without_entries(context_in(track, muted=frozenset({0, 1})))
    assert min(note.start_step for note in compose_bass(context)) == 32


def test_without_material_the_bass_holds_its_roots(make_plan: MakePlan) -> None:
    context = without_entries(context_in(make_plan(bars=8), material=Material((), (), 0)))
    assert len(compose_bass(context)) >= 8


def test_a_walking_bass_comes_to_the_next_root_from_the_side_where_it_is(
    make_plan: MakePlan,
) -> None:
    table = context_of(make_plan, "walking").harmony.table
    key, chord = Key(0, "major"), 0
    root = 36 + int(table.bass[chord])
    sides = set()
    for target in range(root - 5, root + 8):
        *_, before, last = _walk(table, chord, root, target, 3, key, rises=True)
        assert last % 12 in table.scale(chord)
        assert last != before
        assert 1 <= abs(last - target) <= 2
        # From the next root's own pitch it goes below, to come back up.
        side = 1 if before > target else -1
        beside = {target + side, target + 2 * side} - {before}
        if any(pitch % 12 in table.scale(chord) for pitch in beside):
            assert last in beside
            sides.add((before > target) - (before < target))
    assert sides == {-1, 0, 1}


@pytest.mark.parametrize(
    ("line", "goal", "last"),
    [
        ((36, 43, 48), 38, 36), ((36, 43, 48), 37, 36), ((36, 43, 48), 41, 48),
        ((36, 43, 36), 46, 48), ((40, 43, 35), 46, 47), ((36, 60, 48), 38, 48),
    ],
)  # fmt: skip
def test_the_last_note_of_a_pattern_stands_near_the_next_root(
    make_plan: MakePlan, line: tuple[int, ...], goal: int, last: int
) -> None:
    """In the octave in which it needs no seventh to lead there, if the note before allows that."""
    context = context_of(make_plan, ideas.PATTERN)
    placed = [(4 * n, 4, pitch) for n, pitch in enumerate(line)]
    root = line[0]
    joined = _joined(context, 0, placed, [(0, 0, root)], (0, 0, goal))
    assert [pitch for *_, pitch in joined] == [*line[:-1], last]


@pytest.mark.parametrize("role", [ideas.PATTERN, ideas.BROKEN])
def test_the_bass_hardly_rises_over_the_second_voice(make_plan: MakePlan, role: str) -> None:
    """The highest roots, and what is a fifth above them, may."""
    above = heard = 0
    for seed in range(16):
        context = context_of(make_plan, role, seed=seed)
        inner = [Note(step, 1, 56, "inner") for step in range(context.bars * 16)]
        line = compose_bass(context, inner)
        above += sum(note.pitch >= 56 for note in line)
        heard += len(line)
    assert above < 0.05 * heard
