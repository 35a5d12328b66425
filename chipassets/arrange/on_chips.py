"""How the notes of a score sound on one chip and on another."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.arrange.articulation import fit_line
from chipassets.chips.profiles import CHIPS, Chip
from chipassets.music.notes import FURTHER_PARTS, PARTS
from chipassets.music.score import Score

_FIGURE_ROLE = {"figure": "echo"}
"""The roles of voices that play a further part of another name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs on the second chip: notes in another octave, and notes without a voice."""

    moved: int
    silent: int

    @property
    def words(self) -> str:
        """The difference as a phrase; "" if there is none."""
        said = [f"{self.moved} of its notes sound in another octave"] if self.moved else []
        said += [f"{self.silent} of its notes have no voice"] if self.silent else []
        return " and ".join(said)


def compare_chips(score: Score, old: str, new: str) -> Difference:
    """Return how a composed score sounds on the second chip, compared with the first one.

    old, new: keys of `chips.profiles.CHIPS`. Merged music, whose voices are assigned anew for each
    chip, does not differ.
    """
    if not score.is_voiced:
        return Difference(0, 0)
    before, after = CHIPS[old], CHIPS[new]
    moved = sum(
        was != now
        for part in PARTS
        for was, now in zip(
            _pitches(score, part, before), _pitches(score, part, after), strict=True
        )
    )
    silent = sum(
        len(score.part(part))
        for part in FURTHER_PARTS
        if (role := _FIGURE_ROLE.get(part, part)) in _roles(before) and role not in _roles(after)
    )
    return Difference(moved, silent)


def _roles(chip: Chip) -> set[str]:
    """Return the roles that a chip's voices have."""
    return {spec.role for spec in chip.voices}


def _pitches(score: Score, part: str, chip: Chip) -> list[int]:
    """Return the pitches of a part as the chip plays them, within the range of its voice."""
    spec = next(spec for spec in chip.voices if spec.role == part)
    return [note.pitch for note in fit_line(score.part(part), spec)]
