"""What a manifest can ask music to avoid, and how composing keeps away from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chipassets.compose import ideas
from chipassets.compose.cells import Cell, Traits
from chipassets.compose.fit import Candidates, Floats, Integers
from chipassets.compose.piece import Targets
from chipassets.music.notes import BASS, INNER, WIDEST_STEP, Note

LEAPS, SYNCOPATION, SIXTEENTHS = "leaps", "syncopation", "sixteenths"
CHROMATIC, MODULATION, FILLS, STOPS = "chromatic", "modulation", "fills", "stops"

_ROLES: Mapping[str, tuple[str, ...]] = {
    SYNCOPATION: (ideas.OFFBEAT, ideas.STABS, ideas.OSTINATO, ideas.ECHO, ideas.DUET),
    SIXTEENTHS: (ideas.RUNNING, ideas.STABS, ideas.OSTINATO, ideas.ECHO, ideas.DUET),
    ideas.ARPEGGIO: (ideas.ARPEGGIO, ideas.RUNNING),
}
"""Roles of the second voice that a word rules out, where it is no role itself."""

_OF_INNER = tuple(role for role in ideas.INNER_ROLES if role != ideas.SILENT)
_OF_BASS = tuple(role for role in ideas.BASS_ROLES if role not in (ideas.PATTERN, ideas.SILENT))

AVOIDABLE: Mapping[str, str] = {
    LEAPS: "the tune goes by steps, thirds and fourths; wider, if at all, where phrases join",
    SYNCOPATION: "tune, second voice and bass begin no note off the beat that sounds over the next",
    SIXTEENTHS: "tune, second voice and bass begin no note between two 8ths",
    CHROMATIC: "no tones and chords from outside the key but the leading tone in minor's dominant",
    MODULATION: "all sections stand in the track's key",
    FILLS: "no drum fills",
    STOPS: "no beat in which all voices are silent",
    ideas.ARPEGGIO: "no broken chords of the second voice, nor fast ones of the chip",
    **dict.fromkeys((*(role for role in _OF_INNER if role != ideas.ARPEGGIO), *_OF_BASS), ""),
}
"""Every word of `avoid`, and what it comes to; a role's own name keeps its part from it."""

_COST = 9.0
"""Points for each note that is avoided: more than anything else that a bar is charged for."""


def avoided_textures(avoid: Iterable[str]) -> dict[str, str]:
    """Return the roles of the second voice that words rule out, each with its word."""
    return {role: word for word in avoid for role in _ROLES.get(word, (word,)) if role in _OF_INNER}


def avoided_basses(avoid: Iterable[str]) -> dict[str, str]:
    """Return the roles of the bass that words rule out, each with its word."""
    return {word: word for word in avoid if word in _OF_BASS}


def allowed_roles(avoid: Collection[str], roles: Mapping[str, str]) -> dict[str, str]:
    """Return the roles of parts; avoided roles are replaced by equally busy ones."""
    found = dict(roles)
    if not avoid:
        return found
    found[INNER] = allowed_texture(avoid, roles[INNER])
    found[BASS] = allowed_bass(avoid, roles[BASS])
    return found


def allowed_bass(avoid: Collection[str], role: str) -> str:
    """Return the role of a bass; an avoided role becomes the bass pattern."""
    return ideas.PATTERN if role in avoided_basses(avoid) else role


def allowed_texture(avoid: Collection[str], role: str) -> str:
    """Return the role of a second voice.

    An avoided role becomes the allowed one nearest in busyness.
    """
    out = avoided_textures(avoid)
    if role not in out:
        return role
    choice = [name for name in (*_OF_INNER, ideas.SILENT) if name not in out]
    return min(choice, key=lambda name: abs(ideas.BUSY[name] - ideas.BUSY[role]))


def without_avoided(targets: Targets, avoid: Collection[str]) -> Targets:
    """Return the targets of a piece with 0 for everything avoided."""
    if LEAPS in avoid:
        targets = replace(targets, leaps=0.0)
    if SYNCOPATION in avoid:
        targets = replace(targets, syncopation=0.0)
    if SIXTEENTHS in avoid:
        targets = replace(targets, sixteenths=0.0)
    return targets


def allowed_cells(
    choice: Sequence[tuple[Cell, Traits, float]], avoid: Collection[str]
) -> list[tuple[Cell, Traits, float]]:
    """Return the cells that contain nothing avoided; all cells if each contains something."""
    return [item for item in choice if not has_avoided(item[1], avoid)] or list(choice)


def has_avoided(traits: Traits, avoid: Collection[str]) -> bool:
    """Return whether a cell with these traits contains something avoided."""
    return bool(
        (LEAPS in avoid and traits.leaps)
        or (SYNCOPATION in avoid and traits.syncopation)
        or (SIXTEENTHS in avoid and traits.odd)
    )


def avoided_cost(
    table: Candidates, pitches: Integers, pulse_steps: int, avoid: Collection[str]
) -> Floats:
    """Return the cost [rows] of the avoided notes in each candidate."""
    found = np.zeros(table.rows)
    if LEAPS in avoid:
        wide = np.abs(np.diff(pitches, axis=1)) > WIDEST_STEP
        found += _COST * (wide & table.mask[:, 1:]).sum(axis=1)
    off = table.steps % pulse_steps
    if SYNCOPATION in avoid:
        late = (off != 0) & (off + table.lengths > pulse_steps)
        found += _COST * (late & table.mask).sum(axis=1)
    if SIXTEENTHS in avoid:
        found += _COST * ((table.steps % 2 != 0) & table.mask).sum(axis=1)
    return found


def unsyncopated(notes: Iterable[Note], bar_steps: int, pulse_steps: int) -> list[Note]:
    """Return the notes; a note that begins off the beat ends before the next beat."""
    found = []
    for note in notes:
        off = note.start_step % bar_steps % pulse_steps
        left = min(pulse_steps, bar_steps - (note.start_step - off) % bar_steps) - off
        kept = min(note.duration_steps, left) if off else note.duration_steps
        found.append(replace(note, duration_steps=kept))
    return found


def without_stops(
    notes: Sequence[Note], stays: Collection[Note], least_steps: int, end_step: int
) -> list[Note]:
    """Return the notes; where all are silent for `least_steps` or more, one is held until the next.

    It is the note that ended last. stays: notes that must keep their length. end_step: where the
    piece ends. A rest before the first note remains.
    """
    held = sorted(notes, key=lambda note: note.start_step)
    spans = [*((note.start_step, note.end_step) for note in held), (end_step, end_step)]
    silent_from = spans[0][1]
    for start, until in spans:
        if start - silent_from >= least_steps:
            last = {note.part: note for note in held if note.start_step < start}
            free = [note for note in last.values() if note not in stays]
            if free:
                note = max(free, key=lambda one: (one.end_step, -one.pitch))
                held[held.index(note)] = replace(note, duration_steps=start - note.start_step)
        silent_from = max(silent_from, until)
    return held


def avoided_join(last: int | None, first: int, avoid: Collection[str]) -> float:
    """Return what a bar pays that begins a leap away from the pitch before it."""
    return _COST * (LEAPS in avoid and last is not None and abs(first - last) > WIDEST_STEP)
