"""The context of an accompanying part: the take as composed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.cells import Cell
from chipassets.compose.cycles import Sources, sources_of
from chipassets.compose.harmonies import Harmony
from chipassets.compose.material import Material
from chipassets.compose.piece import PiecePlan
from chipassets.compose.tunebar import TuneBar
from chipassets.music.notes import Note

NO_PITCH = -1


@dataclass(frozen=True, slots=True)
class Context:
    """A take as composed so far: plan, chords, tune, material, and the take's random numbers.

    sounding: the tune's pitch int [steps], NO_PITCH where it is silent.
    muted: bars in which the accompaniment is silent (only a primer plays there).
    sources: of the bass and the second voice, the first bar that each bar repeats, or itself.
    """

    plan: PiecePlan
    harmony: Harmony
    tune: tuple[TuneBar, ...]
    notes: tuple[Note, ...]
    material: Material
    cells: dict[str, Cell]
    pulse_steps: int
    bars: int
    rng: np.random.Generator
    sounding: NDArray[np.int64]
    muted: frozenset[int] = frozenset()
    sources: Sources = field(default_factory=dict)
    memory: dict[object, object] = field(default_factory=dict)

    @property
    def bar_steps(self) -> int:
        """16th notes in a bar."""
        return self.harmony.steps_per_bar

    def main_cell(self, letter: str) -> Cell:
        """Return the main cell of a letter, or the first letter's if it has none."""
        return self.cells.get(letter) or next(iter(self.cells.values()))

    def tune_at(self, step: int) -> int:
        """Return the tune's pitch at a step of the piece, NO_PITCH where it is silent."""
        return int(self.sounding[step])

    def tunes_over(self, part: str, step: int) -> list[int]:
        """Return the tune's pitches over a step of a part, in all bars that repeat the step's."""
        bar, place = divmod(step, self.bar_steps)
        key = ("repeats", part, bar)
        if key not in self.memory:
            own = self.sources.get(part, ())
            self.memory[key] = [at for at, source in enumerate(own) if source == bar] or [bar]
        repeats = self.memory[key]
        assert isinstance(repeats, list)  # noqa: S101 - the key is this method's own
        found = (self.tune_at(at * self.bar_steps + place) for at in repeats)
        return [pitch for pitch in found if pitch != NO_PITCH]

    def bar_notes(self, bar: int) -> list[Note]:
        """Return the tune's notes that begin in a bar."""
        first, last = bar * self.bar_steps, (bar + 1) * self.bar_steps
        return [note for note in self.notes if first <= note.start_step < last]

    def sounds_at(self, bar: int) -> bool:
        """Whether the tune sounds where a bar begins."""
        return bool(self.sounding[bar * self.bar_steps] != NO_PITCH)

    def draw(self, *key: object) -> float:
        """Return a uniform random number; the same key always gives the same number."""
        if key not in self.memory:
            self.memory[key] = float(self.rng.random())
        found = self.memory[key]
        assert isinstance(found, float)  # noqa: S101 - the key is this method's own
        return found

    def habits(self) -> dict[object, object]:
        """Return what was drawn and chosen for letters and bars, so that more bars can be alike.

        These are the draws, the patterns of the bass, the grooves, and how chords lie.
        """
        return {
            key: found
            for key, found in self.memory.items()
            if isinstance(found, float) or (isinstance(key, tuple) and key[0] in _HABITS)
        }

    def ends_piece(self, bar: int) -> bool:
        """Whether a piece that plays once closes with a bar."""
        return self.plan.ends(bar)

    def closes_phrase(self, bar: int) -> bool:
        """Whether a bar is the last of its phrase."""
        phrase = self.plan.phrase_at(bar)
        return bar == phrase.start_bar + phrase.bars - 1


_HABITS = frozenset(
    {"bass pattern", "duet cell", "groove", "grooves", "last voicing", "ostinato base", "voicing"}
)
"""Memories that hold for letters, not for the notes of one bar."""


def context_of(
    plan: PiecePlan,
    harmony: Harmony,
    tune: tuple[TuneBar, ...],
    notes: Sequence[Note],
    material: Material,
    cells: dict[str, Cell],
    pulse_steps: int,
    rng: np.random.Generator,
    muted: frozenset[int] = frozenset(),
) -> Context:
    """Return the context of a take whose tune is composed."""
    steps = len(tune) * harmony.steps_per_bar
    sounding = np.full(steps, NO_PITCH, np.int64)
    for note in notes:
        sounding[note.start_step : note.end_step] = note.pitch
    return Context(
        plan,
        harmony,
        tune,
        tuple(notes),
        material,
        cells,
        pulse_steps,
        len(tune),
        rng,
        sounding,
        muted,
        sources_of(plan, harmony, len(tune)),
    )
