"""Conditioning of a network for a single voice, beside the voice's own past, as classes by step.

Everything is at the canonical pitch of the models (`Key.canonical_shift`): C major, A minor,
D dorian. A voice is a row of tokens, one per 16th step: HOLD, REST, or FIRST_NOTE + pitch - LOWEST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chipassets.units import OCTAVE

LOWEST = 28
PITCHES = 72
HOLD, REST, FIRST_NOTE = 0, 1, 2
VOCABULARY = FIRST_NOTE + PITCHES
HIDDEN = -1
"""The class of what is not told; it adds nothing to the network's input."""

STEPS_A_BAR = 16
STEPS_A_CHORD = 8
ROLES = ("lead", "bass", "inner")
GIVEN: dict[str, tuple[str, ...]] = {"lead": (), "bass": ("lead",), "inner": ("lead", "bass")}
"""Which voices a role's network is given."""

MODES = ("major", "dorian", "phrygian", "lydian", "mixolydian", "minor", "harmonic minor")
STYLES = ("game", "freedoom", "other")
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
}
"""Semitones above the root of the chord qualities that the networks know."""

CADENCES = ("none", "open", "closed")
"""Whether the tune comes to rest in a bar, and on another degree than the tonic or on it."""
INNER_PARTS = (
    "silent", "held", "parallel", "arpeggio", "stabs", "ostinato", "counter-line",
)  # fmt: skip
BASS_PARTS = ("silent", "held", "sparse", "octaves", "drive", "ostinato", "walking")
PARTS: dict[str, tuple[str, ...]] = {"lead": (), "bass": BASS_PARTS, "inner": INNER_PARTS}
"""The parts that a voice of each role can have in a bar."""
LIKENESS_BARS_AGO = (1, 2, 4)
LIKENESSES = (
    "new",
    *(
        f"{what} of {bars} ago"
        for bars in LIKENESS_BARS_AGO
        for what in ("rhythm", "shape", "notes")
    ),
)
"""How a bar resembles an earlier one of the voice: its onsets, its intervals too, or its notes."""

_ONSETS_A_CLASS = 1.7
_DENSITY_CLASSES = 8
_SEMITONES_A_REGISTER = 6
_MOST_REMAINING = 16
_SILENT = PITCHES

CONTEXT_GROUPS: dict[str, int] = {
    "position": STEPS_A_BAR,
    "phrase_bar": 4,
    "cadence": len(CADENCES),
    "next_cadence": len(CADENCES),
    "mode": len(MODES),
    "key": OCTAVE,
    "style": len(STYLES),
    "density": _DENSITY_CLASSES,
    "register": PITCHES // _SEMITONES_A_REGISTER,
    "part": max(map(len, PARTS.values())),
    "likeness": len(LIKENESSES),
    "root": OCTAVE,
    "quality": len(QUALITIES),
    "next_root": OCTAVE,
    "next_quality": len(QUALITIES),
    "chord_bass": OCTAVE,
    "lead_pitch": PITCHES + 1,
    "lead_starts": 2,
    "lead_remains": _MOST_REMAINING + 1,
    "bass_pitch": PITCHES + 1,
    "bass_starts": 2,
    "bass_remains": _MOST_REMAINING + 1,
}
"""The control groups of the context and how many classes each has, in column order."""

Integers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class PartContext:
    """What is planned for a voice, and the other voices that its network reads.

    mode: one of MODES. root, quality, chord_bass int [half bars]: pitch class, index in QUALITIES,
    pitch class of the chord's bass. phrase_bar (0 to 3), cadence, part, likeness int [bars]: place
    in the phrase; indices in CADENCES, PARTS[role], LIKENESSES. density float [bars]: onsets per
    bar of the voice, averaged over about four bars. register float [bars]: its middle pitch. style:
    one of STYLES. given: the tokens [steps] of the voices in GIVEN[role]. An array that is None,
    and every number that is HIDDEN, is not given to the network.
    """

    mode: str
    root: Integers
    quality: Integers
    phrase_bar: Integers
    chord_bass: Integers | None = None
    cadence: Integers | None = None
    density: NDArray[np.floating] | None = None
    register: NDArray[np.floating] | None = None
    part: Integers | None = None
    likeness: Integers | None = None
    style: str = "game"
    given: Mapping[str, Integers] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """The number of 16th steps that the chords cover."""
        return len(self.root) * STEPS_A_CHORD


def context_classes(context: PartContext) -> NDArray[np.int16]:
    """Return the class int16 [steps, CONTEXT_GROUPS] of every group at every step."""
    steps = context.steps
    bars = -(-steps // STEPS_A_BAR)
    columns: dict[str, Integers] = {
        "position": np.arange(steps) % STEPS_A_BAR,
        "phrase_bar": _by_step(context.phrase_bar, steps, STEPS_A_BAR),
        "mode": np.full(steps, MODES.index(context.mode)),
        "key": np.zeros(steps, np.int64),
        "style": np.full(steps, STYLES.index(context.style)),
    }
    if context.cadence is not None:
        columns["cadence"] = _by_step(context.cadence, steps, STEPS_A_BAR)
        columns["next_cadence"] = _by_step(_next(context.cadence), steps, STEPS_A_BAR)
    if context.density is not None:
        columns["density"] = _by_step(density_class(context.density[:bars]), steps, STEPS_A_BAR)
    if context.register is not None:
        columns["register"] = _by_step(register_class(context.register[:bars]), steps, STEPS_A_BAR)
    for name in ("part", "likeness"):
        by_bar = getattr(context, name)
        if by_bar is not None:
            columns[name] = _by_step(by_bar, steps, STEPS_A_BAR)
    columns |= _chord_columns(context, steps)
    for voice, tokens in context.given.items():
        columns |= _voice_columns(voice, np.asarray(tokens)[:steps])
    classes = np.full((steps, len(CONTEXT_GROUPS)), HIDDEN, np.int16)
    for place, name in enumerate(CONTEXT_GROUPS):
        if name in columns:
            classes[:, place] = columns[name]
    return classes


def density_class(onsets_a_bar: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class of each number of onsets per bar; HIDDEN for a negative number."""
    values = np.asarray(onsets_a_bar, np.float64)
    classes = np.minimum(np.round(values / _ONSETS_A_CLASS), _DENSITY_CLASSES - 1).astype(np.int64)
    return np.where(values < 0, HIDDEN, classes)


def register_class(pitches: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class of each middle pitch; HIDDEN for a negative one."""
    values = np.asarray(pitches, np.float64)
    classes = np.floor((values - LOWEST) / _SEMITONES_A_REGISTER).astype(np.int64)
    return np.where(values < 0, HIDDEN, np.clip(classes, 0, CONTEXT_GROUPS["register"] - 1))


def quality_of(pitch_classes: frozenset[int], root: int) -> int:
    """Return the index in QUALITIES of the chord on this root that shares most pitch classes.

    Ties go to the quality that lacks least, then to the first.
    """
    intervals = {(pitch_class - root) % OCTAVE for pitch_class in pitch_classes}

    def unlikeness(place: int) -> tuple[int, int]:
        """Return how many tones tell a quality from the intervals; of equals the first is taken."""
        tones = set(list(QUALITIES.values())[place])
        return len(intervals ^ tones), place

    return min(range(len(QUALITIES)), key=unlikeness)


def sounding(tokens: Integers) -> NDArray[np.int64]:
    """Return the pitch above LOWEST that sounds at each step [..., steps], -1 in silence."""
    tokens = np.asarray(tokens)
    steps = np.arange(tokens.shape[-1])
    starts = np.where(tokens != HOLD, steps, -1)
    last = np.maximum.accumulate(starts, axis=-1)
    token = np.take_along_axis(tokens, np.maximum(last, 0), axis=-1).astype(np.int64)
    return np.where((last < 0) | (token < FIRST_NOTE), -1, token - FIRST_NOTE)


def remaining(tokens: Integers) -> NDArray[np.int64]:
    """Return how many more steps [steps] the note at each step sounds, 0 in rests, at most 16."""
    tokens = np.asarray(tokens)
    steps = np.arange(len(tokens))
    changes = np.where(tokens != HOLD, steps, len(tokens))
    following = np.append(np.minimum.accumulate(changes[::-1])[::-1][1:], len(tokens))
    left = np.minimum(following - steps, _MOST_REMAINING)
    return np.where(sounding(tokens) < 0, 0, left)


def _chord_columns(context: PartContext, steps: int) -> dict[str, Integers]:
    """Return the chord groups of the context by step."""
    columns: dict[str, Integers] = {
        "root": _by_step(context.root, steps, STEPS_A_CHORD),
        "quality": _by_step(context.quality, steps, STEPS_A_CHORD),
        "next_root": _by_step(_next(context.root), steps, STEPS_A_CHORD),
        "next_quality": _by_step(_next(context.quality), steps, STEPS_A_CHORD),
    }
    if context.chord_bass is not None:
        columns["chord_bass"] = _by_step(context.chord_bass, steps, STEPS_A_CHORD)
    return columns


def _voice_columns(voice: str, tokens: Integers) -> dict[str, Integers]:
    """Return the groups that describe another voice, by step."""
    pitches = sounding(tokens)
    return {
        f"{voice}_pitch": np.where(pitches < 0, _SILENT, pitches),
        f"{voice}_starts": (tokens >= FIRST_NOTE).astype(np.int64),
        f"{voice}_remains": remaining(tokens),
    }


def _by_step(values: Integers, steps: int, length: int) -> NDArray[np.int64]:
    """Return values of spans of `length` steps as values of steps."""
    return np.repeat(np.asarray(values, np.int64), length)[:steps]


def _next(values: Integers) -> Integers:
    """Return each value's successor; the last has itself."""
    return np.append(values[1:], values[-1:])
