"""The context of an accompanying part: the take as composed so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from chipassets.compose.cells import Cell
from chipassets.compose.cycles import Sources, sources_of
from chipassets.compose.harmonies import Harmony
from chipassets.compose.material import Material
from chipassets.compose.piece import PiecePlan
from chipassets.compose.tunebar import TuneBar
from chipassets.music.notes import Note
from chipassets.units import OCTAVE

NO_PITCH = -1


@dataclass(frozen=True, slots=True)
class Context:
    """A take as composed so far: plan, chords, tune, material, and the take's random numbers.

    sounding: the tune's pitch at each step, NO_PITCH where it is silent.
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
    sounding: tuple[int, ...]
    muted: frozenset[int] = frozenset()
    sources: Sources = field(default_factory=dict)
    memory: dict[object, object] = field(default_factory=dict)
    # What the methods looked up: a changed copy looks anew.
    _repeats: dict[tuple[str, int], list[int]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    _rubbing: dict[tuple[str, int], frozenset[int]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    _bar_notes: dict[int, list[Note]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def bar_steps(self) -> int:
        """16th notes in a bar."""
        return self.harmony.steps_per_bar

    def main_cell(self, letter: str) -> Cell:
        """Return the main cell of a letter, or the first letter's if it has none."""
        return self.cells.get(letter) or next(iter(self.cells.values()))

    def tune_at(self, step: int) -> int:
        """Return the tune's pitch at a step of the piece, NO_PITCH where it is silent."""
        return self.sounding[step]

    def tunes_over(self, part: str, step: int) -> list[int]:
        """Return the tune's pitches over a step of a part, in all bars that repeat the step's."""
        bar, place = divmod(step, self.bar_steps)
        repeats = self._repeats.get((part, bar))
        if repeats is None:
            own = self.sources.get(part, ())
            repeats = [at for at, source in enumerate(own) if source == bar] or [bar]
            self._repeats[part, bar] = repeats
        steps = self.bar_steps
        found = (self.sounding[at * steps + place] for at in repeats)
        return [pitch for pitch in found if pitch != NO_PITCH]

    def rubbing(self, part: str, step: int) -> frozenset[int]:
        """Return the pitch classes a semitone from the tune over a step, as `tunes_over` has it."""
        found = self._rubbing.get((part, step))
        if found is None:
            over = self.tunes_over(part, step)
            found = frozenset((tone + by) % OCTAVE for tone in over for by in (-1, 1))
            self._rubbing[part, step] = found
        return found

    def bar_notes(self, bar: int) -> list[Note]:
        """Return the tune's notes that begin in a bar."""
        found = self._bar_notes.get(bar)
        if found is None:
            first, last = bar * self.bar_steps, (bar + 1) * self.bar_steps
            found = [note for note in self.notes if first <= note.start_step < last]
            self._bar_notes[bar] = found
        return list(found)

    def sounds_at(self, bar: int) -> bool:
        """Whether the tune sounds where a bar begins."""
        return self.sounding[bar * self.bar_steps] != NO_PITCH

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
    """Return what the other parts are composed from: plan, harmony and finished tune."""
    steps = len(tune) * harmony.steps_per_bar
    sounding = [NO_PITCH] * steps
    for note in notes:
        for step in range(note.start_step, min(note.end_step, steps)):
            sounding[step] = note.pitch
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
        tuple(sounding),
        muted,
        sources_of(plan, harmony, len(tune)),
    )
