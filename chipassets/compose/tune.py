"""Compose the tune: a beam search over the bars of a piece, each a development of a cell.

Bar by bar, or by two bars where a gesture stands, the cheapest few ways so far are carried on. What
a bar may be its slot says; what it costs stands in `fit`; how it follows on from the bars before is
weighed here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from chipassets.compose import ideas, piece
from chipassets.compose.arc import register_arc
from chipassets.compose.avoiding import avoided_cost, avoided_join
from chipassets.compose.cells import Cell, CellNote, Notes
from chipassets.compose.closing import GOALS, cadence_bars, held_bars, last_of
from chipassets.compose.fit import (
    Candidates,
    Floats,
    Integers,
    Proposal,
    candidates_of,
    costs_of,
    counted,
    joined,
    pitches_of,
    snapped,
)
from chipassets.compose.following import join_cost, return_cost, sequence_bonus
from chipassets.compose.form import intro_bars
from chipassets.compose.harmonies import DEGREES, Harmony
from chipassets.compose.operators import DEVELOPING, variants
from chipassets.compose.piece import PiecePlan, Slot
from chipassets.compose.tunebar import NO_NOTES, Key, TuneBar
from chipassets.music.notes import INNER

_BEAM = 12
_KEPT_OF_A_BAR = 48
_PROMISING = 256
"""Candidates whose every cost is weighed first; the 48 that are kept are mostly among them."""

_ROUNDED = 1e-5
"""More than what rounding changes in a cost."""

_OF_A_FIRST_PITCH = 10
_OF_A_LAST_BAR = 3
_NOISE = 0.22
"""At temperature 1, the mean of what chance adds to a candidate's cost."""

_CAN_LEAD = (
    ideas.COUNTER,
    ideas.DUET,
    ideas.THIRDS,
    ideas.OFFBEAT,
    ideas.STABS,
    ideas.ECHO,
    ideas.UNISON,
)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a piece: for each letter of the form its main cell, and the answer to it.

    The answer is the same one to all letters whose density the manifest leaves open. gestures: the
    cell of two bars of each letter, whose first bar is the main cell or akin to it.
    reply: the gesture that replies to all of them.
    """

    main: Mapping[str, Cell]
    answers: Mapping[str, Cell]
    gestures: Mapping[str, Cell]
    reply: Cell


@dataclass(frozen=True, slots=True)
class TuneTask:
    """The inputs of the search for a tune.

    given: notes, in degrees, that a motif or a primer fixes, by bar; the search fills what they
    leave. weights: factors on the costs, by name. settled: by bar, the step up to which a motif
    fixes the tune, rests included. unwanted: by bar, the (step, pitch) of notes of which a new bar
    is not to consist again.
    """

    plan: PiecePlan
    harmony: Harmony
    cells: Cells
    pulse_steps: int
    bars: int
    given: Mapping[int, Notes] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    temperature: float = 1.0
    settled: Mapping[int, int] = field(default_factory=dict)
    unwanted: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Way:
    """A path of the search: the bars so far, and their cost.

    same, alike: how many of the bars have the same key, and the same rhythm, by its number in the
    search.
    """

    cost: float
    bars: tuple[TuneBar, ...]
    same: Mapping[int, int] = field(default_factory=dict)
    alike: Mapping[int, int] = field(default_factory=dict)

    @property
    def last_pitch(self) -> int | None:
        for bar in reversed(self.bars):
            if bar.pitches:
                return bar.pitches[-1]
        return None


class _Options(NamedTuple):
    """The candidates for the next bar, or the next two, by which the search extends paths.

    costs: [options]. firsts, lasts: first and last pitches, None without notes. same, alike: the
    numbers, in the search, of the key and the rhythm of the first bar. names: cell and operator.
    shifts: degrees by which the cell is transposed. make: returns the bars of an option; only the
    few that are kept are made.
    """

    costs: Floats
    firsts: list[int | None]
    lasts: list[int | None]
    same: list[int]
    alike: list[int]
    names: list[tuple[str, str]]
    shifts: list[int]
    make: Callable[[int], tuple[TuneBar, ...]]


class _Steps(NamedTuple):
    """A path, the options for its next bar, and the costs of the extended paths [options]."""

    way: _Way
    options: _Options
    costs: Floats


def compose_tune(task: TuneTask, rng: np.random.Generator) -> tuple[tuple[TuneBar, ...], float]:
    """Return the bars of the tune, and their mean cost per bar in points."""
    search = _Search(task, rng)
    ways = [_Way(0.0, ())]
    for bar in range(task.bars):
        ways = search.go_on(ways, bar)
    return ways[0].bars, ways[0].cost / task.bars


_OUTSIDE_ASKED = 2.5
"""Points for each note outside the register that the manifest sets."""


class _Search:
    """The search of one take: its tables, and the random noise on its costs."""

    def __init__(self, task: TuneTask, rng: np.random.Generator) -> None:
        self._task = task
        self._rng = rng
        self._bar_steps = task.harmony.steps_per_bar
        centre = task.harmony.table.nearest_degree(0, round(task.plan.centre))
        self._shifts = tuple(range(centre - 10, centre + 19))
        self._register = register_arc(task.plan, task.bars)
        slots = [slot for phrase in task.plan.phrases for slot in phrase.slots]
        self._starts = {phrase.start_bar for phrase in task.plan.phrases}
        self._slots = _with_room(slots, task.given)
        self._keys: dict[Key, int] = {}
        self._rhythms: dict[tuple[int, ...], int] = {}
        self._over_chords: dict[tuple[int, bytes], tuple[Candidates, Candidates, Integers]] = {}
        self._joins: defaultdict[Hashable, dict[int | None, float]] = defaultdict(dict)
        self._leads: defaultdict[int, dict[int | None, float]] = defaultdict(dict)
        self._returns: defaultdict[int, dict[tuple[int, int] | None, float]] = defaultdict(dict)

    def go_on(self, ways: list[_Way], bar: int) -> list[_Way]:
        """Return the best paths extended by a bar, or by two if a gesture begins there."""
        slot = self._slots[bar]
        given = self._task.given.get(bar)
        if slot.kind == piece.GOES_ON:
            return ways
        count = 2 if slot.kind in _TWO_BARS else 1
        is_rest = given is not None and not given and not self._has_room(bar, 0, slot)
        if is_rest or (slot.kind == piece.REST and given is None and self._rests(bar)):
            return [self._longer(way, way.cost, (NO_NOTES,)) for way in ways]
        if slot.kind == piece.COPY and not slot.varies and given is None:
            return self._copied(ways, bar, slot.source)
        if slot.kind == piece.COPY and given is None:
            return self._varied(ways, bar, slot.source)
        table, pitches, goals = self._candidates(bar, slot, given)
        rows, total, parts = self._cheapest(table, pitches, goals, bar, count)
        table, pitches = table.take(rows), pitches[rows]
        options = self._options(table, pitches, parts, total, count)
        leads_to = self._known_after(bar + count)
        return self._pruned([self._joined(way, options, bar, leads_to) for way in ways])

    def _known_after(self, bar: int) -> int | None:
        """Return the bar that will be repeated in a bar, None if that is composed anew.

        After the last bar of a loop it is the one to which the loop returns.
        """
        if bar < self._task.bars:
            slot = self._slots[bar]
            return slot.source if slot.kind == piece.COPY and bar not in self._task.given else None
        plan = self._task.plan
        if not plan.phrases or plan.phrases[-1].cadence != piece.TURN:
            return None
        return intro_bars([section.section for section in plan.sections])

    def _number_of(self, key: Key) -> int:
        """Return the number of a bar's key in this search: comparing keys takes longer."""
        return self._keys.setdefault(key, len(self._keys))

    def _number_of_rhythm(self, key: Key) -> int:
        return self._rhythms.setdefault(key[0], len(self._rhythms))

    def _longer(self, way: _Way, cost: float, bars: tuple[TuneBar, ...]) -> _Way:
        """Return a path extended by bars; `cost` is the cost of the extended path."""
        same, alike = dict(way.same), dict(way.alike)
        for bar in bars:
            key, rhythm = self._number_of(bar.key), self._number_of_rhythm(bar.key)
            same[key] = same.get(key, 0) + 1
            alike[rhythm] = alike.get(rhythm, 0) + 1
        return _Way(cost, (*way.bars, *bars), same, alike)

    def _rests(self, bar: int) -> bool:
        """Return whether the tune is silent in a bar: a random draw.

        Only where the second voice can take the lead.
        """
        role = self._task.plan.section_at(bar).role(INNER)
        draw = float(self._rng.random())
        return role in _CAN_LEAD and draw < 0.05 + 0.4 * self._task.plan.targets.air

    def _candidates(
        self, bar: int, slot: Slot, given: Notes | None
    ) -> tuple[Candidates, Integers, Floats | None]:
        """Return the candidates for a bar, their pitches, and their costs as goals of a phrase."""
        section = self._task.plan.section_at(bar)
        cells = self._task.cells
        main = cells.main[section.letter]
        harmony = self._task.harmony
        if given is not None:
            table = self._completed(bar, given, main, slot)
            return table, pitches_of(table, harmony, bar), None
        if slot.kind == piece.CADENCE:
            head = cells.answers[section.letter] if self._rng.random() < 0.4 else main
            table = cadence_bars(head, self._shifts, slot.cadence)
            ends = (last_of(table, table.degrees) - harmony.tonics[bar]) % DEGREES
            goals = np.array(GOALS[slot.cadence])[ends]
            return table, pitches_of(table, harmony, bar), goals
        cell, name, operators = {
            piece.GESTURE: (cells.gestures[section.letter], section.letter, DEVELOPING),
            piece.REPLY: (cells.reply, "reply", DEVELOPING),
            piece.ANSWER: (cells.answers[section.letter], "answer", DEVELOPING),
            piece.FRAGMENT: (main, section.letter, ("fragmented",)),
            piece.INVERSION: (main, section.letter, ("inverted",)),
            piece.BROAD: (main, section.letter, ("broadened",)),
        }.get(slot.kind, (main, section.letter, DEVELOPING))
        if slot.kind == piece.REST:
            operators = _HELD
        table = _developed(cell, name, operators, _forgiven(slot.kind), self._shifts)
        return (*self._placed(table, bar, 2 if slot.kind in _TWO_BARS else 1), None)

    def _placed(self, table: Candidates, bar: int, count: int) -> tuple[Candidates, Integers]:
        """Return the candidates with those that snap to the chords of a bar, and their pitches."""
        key = (id(table), self._task.harmony.bar(bar, count).tobytes())
        found = self._over_chords.get(key)
        if found is None:
            # The table is kept as well: its identity is part of the key.
            found = self._over_chords[key] = (table, *self._snapped(table, bar, count))
        return found[1:]

    def _snapped(self, table: Candidates, bar: int, count: int) -> tuple[Candidates, Integers]:
        """Return what `_placed` does, and keep nothing: for candidates that do not come again."""
        harmony = self._task.harmony
        moved = snapped(table, harmony, bar, self._task.pulse_steps, count)
        both = joined([table, moved]) if moved.rows else table
        return both, pitches_of(both, harmony, bar, count)

    def _has_room(self, bar: int, end: int, slot: Slot) -> bool:
        """Return whether the tune continues in a bar after its given notes."""
        left = self._bar_steps - max(end, self._task.settled.get(bar, 0))
        return left >= _LEAST_ROOM and slot.kind != piece.REST

    def _completed(self, bar: int, given: Notes, main: Cell, slot: Slot) -> Candidates:
        """Return the given notes, followed by what the main cell's variants have after them."""
        end = max((note.end for note in given), default=0)
        proposals: list[Proposal] = [("given", "plain", 0.0, given)]
        if self._has_room(bar, end, slot):
            end = max(end, self._task.settled.get(bar, 0))
            last = given[-1].degree if given else self._shifts[len(self._shifts) // 2]
            for variant in variants(main, DEVELOPING):
                tail = [note for note in variant.notes if note.step >= end]
                for move in (-2, -1, 1, 2) if tail else ():
                    shift = last + move - tail[0].degree
                    placed = [note._replace(degree=note.degree + shift) for note in tail]
                    proposals.append(("given", variant.operator, 0.0, (*given, *placed)))
        found = [item for item in proposals if item[3]]
        if not found:
            note = CellNote(end, self._bar_steps - end, self._shifts[len(self._shifts) // 2])
            found = [("held", "plain", 0.0, (note,))]
        return candidates_of(found, (0,))

    def _cheapest(
        self,
        table: Candidates,
        pitches: Integers,
        goals: Floats | None,
        bar: int,
        count: int,
    ) -> tuple[Integers, Floats, dict[str, Floats]]:
        """Return the best candidates' rows, the cheapest first, and their costs in all and by name.

        No cost is negative, so what is told quickly is the least that a candidate can cost: most
        of them are out without a look at the rest.
        """
        known = self._known(table, pitches, goals, bar, count)
        luck = self._luck(table.rows)
        least = _sum(known) - luck
        rows = np.arange(table.rows)
        if table.rows > _PROMISING:
            rows = np.sort(np.argpartition(least, _PROMISING)[:_PROMISING])

        def whole(rows: Integers) -> tuple[Floats, dict[str, Floats]]:
            """Return the full cost of some rows of the candidates."""
            some = {name: values[rows] for name, values in known.items()}
            parts = self._whole(table.take(rows), pitches[rows], some, bar, count)
            return _decisive(_sum(parts) - luck[rows]), parts

        total, parts = whole(rows)
        best = _best_rows(total, pitches[rows, 0])
        if len(rows) < table.rows:
            is_full = len(best) == _KEPT_OF_A_BAR
            can_be_best = least <= (total[best[-1]] + _ROUNDED if is_full else np.inf)
            can_be_best[rows] = False
            further = np.flatnonzero(can_be_best)
            if further.size:
                more, more_parts = whole(further)
                # In the order of the table: of equal costs the first is better.
                rows = np.concatenate((rows, further))
                order = rows.argsort()
                rows, total = rows[order], np.concatenate((total, more))[order]
                parts = {
                    name: np.concatenate((values, more_parts[name]))[order]
                    for name, values in parts.items()
                }
                best = _best_rows(total, pitches[rows, 0])
        return rows[best], total[best], {name: values[best] for name, values in parts.items()}

    def _known(
        self,
        table: Candidates,
        pitches: Integers,
        goals: Floats | None,
        bar: int,
        count: int,
    ) -> dict[str, Floats]:
        """Return the costs that are quick to compute, by name."""
        task = self._task
        parts = {"development": table.base}
        parts["register"] = sum(
            (self._register_cost(table, pitches, bar, place) for place in range(count)),
            np.zeros(table.rows),
        )
        if goals is not None:
            parts["cadence"] = goals.astype(np.float64)
        if task.plan.section_at(bar).is_led_by_tune:
            parts["moves"] = _STILL * (counted(table.mask & (pitches != pitches[:, :1])) == 0)
        for place in range(count):
            unwanted = task.unwanted.get(bar + place)
            if unwanted is not None:
                again = _consists_of(table, pitches, unwanted, place * self._bar_steps)
                parts["again"] = parts.get("again", 0.0) + _UNWANTED * again
        return _weighted(parts, task.weights)

    def _luck(self, rows: int) -> Floats:
        """Return a random discount [rows] on the costs."""
        chance = self._rng.random(rows)
        # Gumbel noise: the winner is a draw from a softmax over costs, no coin's toss.
        return np.asarray(
            self._task.temperature * _NOISE * -np.log(-np.log(chance * 0.998 + 0.001))
        )

    def _whole(
        self,
        table: Candidates,
        pitches: Integers,
        known: Mapping[str, Floats],
        bar: int,
        count: int,
    ) -> dict[str, Floats]:
        """Return the costs of candidates by name, given what `_known` tells of them."""
        task = self._task
        parts = costs_of(table, pitches, task.harmony, bar, task.pulse_steps, count)
        parts["chord"] = parts["chord"] * (1.2 - 0.5 * task.plan.targets.rough)
        parts = {**_weighted(parts, task.weights), **known}
        if task.plan.avoid:
            parts["avoided"] = avoided_cost(table, pitches, task.pulse_steps, task.plan.avoid)
        return parts

    def _register_cost(
        self, table: Candidates, pitches: Integers, bar: int, place: int = 0
    ) -> Floats:
        """Return the cost of the candidates' register in their bar number `place`, from 0."""
        bar += place
        wanted, cap, floor = self._register[bar]
        start = place * self._bar_steps
        inside = table.mask & (table.steps >= start) & (table.steps < start + self._bar_steps)
        sings = counted(inside) > 0
        # By columns, along which whole numbers are summed and compared in a quarter of the time.
        notes, is_in = np.asfortranarray(pitches), np.asfortranarray(inside)
        weights = np.asfortranarray(table.lengths) * is_in
        mean = (notes * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        top = np.where(is_in, notes, 0).max(axis=1)
        low = np.where(is_in, notes, 127).min(axis=1)
        cost = 0.13 * np.abs(mean - wanted) + 1.5 * np.maximum(0, top - cap)
        cost = cost + 0.8 * np.maximum(0, floor - low)
        if bar == self._task.plan.peak_bar:
            cost = cost + 0.7 * np.abs(cap - top)
        asked = self._task.plan.section_at(bar).register
        if asked is not None:
            outside = (notes < asked[0]) | (notes > asked[1])
            cost = cost + _OUTSIDE_ASKED * counted(is_in & outside)
        return np.where(sings, cost, 0.0)

    def _bars(
        self,
        table: Candidates,
        pitches: Integers,
        parts: Mapping[str, Floats],
        row: int,
        bars: int = 1,
    ) -> tuple[TuneBar, ...]:
        """Return the bars of a candidate; a note that sounds over the bar line is the first's."""
        count = int(table.counts[row])
        fields = zip(
            table.steps[row, :count].tolist(),
            table.lengths[row, :count].tolist(),
            table.degrees[row, :count].tolist(),
            table.alterations[row, :count].tolist(),
            strict=True,
        )
        cell, operator = table.names[int(table.labels[row])]
        costs = {name: float(values[row]) for name, values in parts.items()}
        if bars == 1:
            notes, sounding = tuple(map(CellNote._make, fields)), pitches[row, :count].tolist()
            shift = int(table.shifts[row])
            return (TuneBar(notes, tuple(sounding), cell, operator, shift, costs),)
        placed = list(zip(fields, pitches[row, :count].tolist(), strict=True))
        found = []
        for place in range(bars):
            start, last = place * self._bar_steps, place == bars - 1
            inside = [
                (CellNote(step - start, *values), pitch)
                for (step, *values), pitch in placed
                if start <= step and (last or step < start + self._bar_steps)
            ]
            found.append(
                TuneBar(
                    tuple(note for note, _ in inside),
                    tuple(pitch for _, pitch in inside),
                    cell,
                    operator,
                    int(table.shifts[row]),
                    {} if place else costs,
                )
            )
        return tuple(found)

    def _options(
        self,
        table: Candidates,
        pitches: Integers,
        parts: Mapping[str, Floats],
        total: Floats,
        bars: int = 1,
    ) -> _Options:
        """Return the candidates as options of the search; only those that are kept become bars.

        Of a candidate of two bars, the first one decides whether it repeats an earlier bar.
        """
        same, alike = [], []
        columns = (table.steps, pitches, table.counts)
        for steps, notes, count in zip(*(column.tolist() for column in columns), strict=True):
            said = count
            if bars > 1:
                said = sum(step < self._bar_steps for step in steps[:count])
            key = (tuple(steps[:said]), tuple(notes[:said]))
            same.append(self._number_of(key))
            alike.append(self._number_of_rhythm(key))
        firsts, lasts = (
            [
                pitch if count else None
                for pitch, count in zip(column.tolist(), table.counts.tolist(), strict=True)
            ]
            for column in (pitches[:, 0], last_of(table, pitches))
        )
        return _Options(
            total,
            firsts,
            lasts,
            same,
            alike,
            [table.names[label] for label in table.labels.tolist()],
            table.shifts.tolist(),
            # Up to three paths are extended by the same option.
            cache(lambda row: self._bars(table, pitches, parts, row, bars)),
        )

    def _joined(
        self, way: _Way, options: _Options, bar: int, leads_to: int | None = None
    ) -> _Steps:
        """Return the steps from a way to each of the options.

        leads_to: the bar, known already, that comes again after the options.

        The cost of an option after a way depends on few values, and each is computed once: its
        first pitch, and how often its bar and its rhythm have occurred.
        """
        if not way.bars:
            return _Steps(way, options, way.cost + options.costs)
        after = way.bars[leads_to].pitches if leads_to is not None and leads_to < bar else ()
        weights, plan = self._task.weights, self._task.plan
        join_weight, return_weight = weights.get("join", 1.0), weights.get("return", 1.0)
        literal = plan.targets.literal
        opens = bar in self._starts
        before, last = way.bars[-1], way.last_pitch

        def joins(first: int | None) -> float:
            if first is None:
                return 0.0
            join = join_weight * join_cost(last, before, first, opens=opens)
            return join + avoided_join(last, first, plan.avoid)

        def returns(again: tuple[int, int] | None) -> float:
            return 0.0 if again is None else return_weight * return_cost(*again, bar, literal)

        times, alike = way.same.get, way.alike.get
        again = [
            None if first is None else (times(key, 0), alike(rhythm, 0))
            for first, key, rhythm in zip(options.firsts, options.same, options.alike, strict=True)
        ]
        # Other paths ask for the same: they mostly end on the same few pitches.
        stays = len(before.pitches) > 1 and before.pitches[-1] == before.pitches[-2]
        extra = _for_each(joins, options.firsts, self._joins[last, stays, opens])
        extra += _for_each(returns, again, self._returns[bar])
        if after:
            extra += _for_each(
                lambda last: join_weight * join_cost(last, NO_NOTES, after[0], opens=True),
                options.lasts,
                self._leads[after[0]],
            )
        name = (before.cell, before.operator)
        if name in options.names:
            for row, (other, shift) in enumerate(zip(options.names, options.shifts, strict=True)):
                if other == name and options.firsts[row] is not None:
                    extra[row] += sequence_bonus(before, before.cell, shift, literal)
        return _Steps(way, options, way.cost + (options.costs + extra))

    def _pruned(self, ways: Sequence[_Steps]) -> list[_Way]:
        """Return the cheapest extended paths, with few that end in the same bar."""
        order = np.concatenate([steps.costs for steps in ways]).argsort(kind="stable")
        ends = list(accumulate(len(steps.costs) for steps in ways))
        kept: list[_Way] = []
        taken: Counter[int] = Counter()
        for place in order.tolist():
            owner = bisect_right(ends, place)
            steps = ways[owner]
            row = place - ends[owner] + len(steps.costs)
            key = steps.options.same[row]
            taken[key] += 1
            if taken[key] <= _OF_A_LAST_BAR:
                bars = steps.options.make(row)
                kept.append(self._longer(steps.way, float(steps.costs[row]), bars))
                if len(kept) == _BEAM:
                    break
        return kept

    def _copied(self, ways: list[_Way], bar: int, source: int) -> list[_Way]:
        """Return each path extended by its own bar number `source`, over the new chords."""
        # Most ways go back to the same few bars.
        again = {id(old): old for way in ways for old in (way.bars[source],)}
        refitted = {key: self._refitted(old, bar, source) for key, old in again.items()}
        return [self._longer(way, way.cost, (refitted[id(way.bars[source])],)) for way in ways]

    def _refitted(self, old: TuneBar, bar: int, source: int) -> TuneBar:
        """Return a copy of bar `source` for another bar.

        Where the chords differ, strong notes move to chord tones.
        """
        if not old.notes:
            return TuneBar((), (), old.cell, "plain", old.shift, {}, source)
        table = candidates_of([(old.cell, "plain", 0.0, old.notes)], (0,))
        pitches = pitches_of(table, self._task.harmony, bar)
        if self._task.harmony.names[bar] != self._task.harmony.names[source]:
            # Other chords than in the first place: strong notes move to their tones.
            moved = snapped(table, self._task.harmony, bar, self._task.pulse_steps)
            if moved.rows:
                table, pitches = moved, pitches_of(moved, self._task.harmony, bar)
        (again,) = self._bars(table, pitches, {}, 0)
        return replace(again, cell=old.cell, operator="plain", shift=old.shift, source=source)

    def _varied(self, ways: list[_Way], bar: int, source: int) -> list[_Way]:
        """Return each path extended by its own bar `source`, varied or not.

        The variants have another tail, or lie a degree or two away.
        """
        longer: list[_Steps] = []
        literal = self._task.plan.targets.literal
        leads_to = self._known_after(bar + 1)
        # Most ways go back to the same few bars.
        known: dict[int, tuple[Candidates, Integers, Floats, dict[str, Floats]]] = {}
        for way in ways:
            old = way.bars[source]
            if not old.notes:
                longer.append(self._step_to(way, self._refitted(old, bar, source)))
                continue
            if id(old) not in known:
                known[id(old)] = self._variants_of(old, bar)
            table, pitches, least, parts = known[id(old)]
            total = _decisive(least - self._luck(table.rows)) + 0.6 * literal * (table.shifts != 0)
            rows = np.argsort(total, kind="stable")[:6]
            options = self._options(
                table.take(rows),
                pitches[rows],
                {name: values[rows] for name, values in parts.items()},
                total[rows],
            )
            longer.append(self._joined(way, options, bar, leads_to))
        return self._pruned(longer)

    def _variants_of(
        self, old: TuneBar, bar: int
    ) -> tuple[Candidates, Integers, Floats, dict[str, Floats]]:
        """Return what an earlier bar may become in a bar, its pitches, and its costs.

        The costs are given in all and by name.
        """
        literal = self._task.plan.targets.literal
        cell = Cell(old.notes, self._bar_steps)
        proposals: list[Proposal] = [(old.cell, "plain", 0.0, old.notes)]
        proposals += [
            (old.cell, v.operator, v.cost + 0.5 * literal, v.notes)
            for v in variants(cell, ("tail", "long tail"))
        ]
        table = joined(
            [candidates_of(proposals, (0,)), candidates_of(proposals[:1], (-2, -1, 1, 2))]
        )
        table, pitches = self._snapped(table, bar, 1)
        known = self._known(table, pitches, None, bar, 1)
        parts = self._whole(table, pitches, known, bar, 1)
        return table, pitches, _sum(parts), parts

    def _step_to(self, way: _Way, bar: TuneBar) -> _Steps:
        """Return the step from a way to a bar that costs nothing."""
        key = bar.key
        options = _Options(
            np.zeros(1),
            [bar.pitches[0] if bar.pitches else None],
            [bar.pitches[-1] if bar.pitches else None],
            [self._number_of(key)],
            [self._number_of_rhythm(key)],
            [(bar.cell, bar.operator)],
            [bar.shift],
            lambda _: (bar,),
        )
        return _Steps(way, options, np.array([way.cost]))


_TWO_BARS = (piece.GESTURE, piece.REPLY)
_HELD = ("held",)
"""In place of operators: the bars in which the tune holds a note."""


# The phrases of a take ask for the same cells again; 32 tables take some 8 MB.
@lru_cache(maxsize=32)
def _developed(
    cell: Cell, name: str, operators: tuple[str, ...], free: str, shifts: tuple[int, ...]
) -> Candidates:
    """Return the results of the operators on a cell at each transposition.

    name: the name of the cell. free: the operator that costs nothing.
    """
    if operators == _HELD:
        found = held_bars(cell)
    else:
        found = [(v.operator, v.cost, v.notes) for v in variants(cell, operators)]
        found = found or [("plain", 0.0, cell.notes)]
    proposals: list[Proposal] = [
        (name, operator, 0.0 if operator == free else cost, notes)
        for operator, cost, notes in found
    ]
    return candidates_of(proposals, shifts)


def _with_room(slots: Sequence[Slot], given: Mapping[int, Notes]) -> list[Slot]:
    """Return the slots; gestures of which a bar is given become single bars."""
    found = list(slots)
    for bar, slot in enumerate(slots):
        if slot.kind in _TWO_BARS and {bar, bar + 1} & set(given):
            found[bar : bar + 2] = [Slot(piece.MAIN), Slot(piece.ANSWER)]
    return found


_UNWANTED = 50.0
"""What a bar pays that consists of unwanted notes: no other cost is as high."""


def _consists_of(
    table: Candidates, pitches: Integers, notes: Sequence[tuple[int, int]], start: int
) -> Floats:
    """Return 1 for each candidate [rows] that has just these notes in the bar from `start` on."""
    inside = table.mask & (table.steps >= start)
    here = counted(inside)
    found = np.zeros(table.rows, np.int64)
    for step, pitch in notes:
        found += counted(inside & (table.steps == start + step) & (pitches == pitch))
    return np.asarray((here == len(notes)) & (found == len(notes)), np.float64)


_STILL = 4.0
"""What a bar of one pitch costs where no other voice moves."""
_LEAST_ROOM = 4
"""Steps that must be left of a bar for the tune to go on in it."""


def _forgiven(kind: str) -> str:
    """Return the operator that a kind of slot asks for, and which therefore costs nothing there."""
    return {
        piece.FRAGMENT: "fragmented",
        piece.INVERSION: "inverted",
        piece.BROAD: "broadened",
    }.get(kind, "plain")


def _weighted(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> dict[str, Floats]:
    """Return the costs times their factors, 1 where none is set."""
    return {name: weights.get(name, 1.0) * values for name, values in parts.items()}


def _sum(parts: Mapping[str, Floats]) -> Floats:
    """Return the sum of costs, in the order in which they stand."""
    first, *others = parts.values()
    found = first.copy()
    for values in others:
        found += values
    return found


def _decisive(costs: Floats) -> Floats:
    """Return costs as they decide: sums may differ in the last bits from machine to machine."""
    return np.asarray(costs.round(6))


def _best_rows(total: Floats, first_pitches: Integers) -> NDArray[np.int64]:
    """Return the rows of the cheapest candidates, few of them with the same first pitch."""
    kept: list[int] = []
    taken: Counter[int] = Counter()
    for row in np.argsort(total, kind="stable").tolist():
        pitch = int(first_pitches[row])
        taken[pitch] += 1
        if taken[pitch] <= _OF_A_FIRST_PITCH:
            kept.append(row)
            if len(kept) == _KEPT_OF_A_BAR:
                break
    return np.array(kept, np.int64)


Value = TypeVar("Value", bound=Hashable)


def _for_each(
    worth: Callable[[Value], float], values: Sequence[Value], known: dict[Value, float]
) -> Floats:
    """Return `worth` of each value [values]; it is called only for those not yet known."""
    try:
        return np.array([known[value] for value in values])
    except KeyError:
        for value in set(values).difference(known):
            known[value] = worth(value)
    return np.array([known[value] for value in values])
