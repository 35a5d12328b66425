"""Training examples of the networks for single voices: classes and tokens by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    CONTEXT_GROUPS,
    GIVEN,
    HIDDEN,
    LOWEST,
    REST,
    STEPS_A_CHORD,
    PartContext,
    context_classes,
)
from chipassets.compose.part_history import HISTORY_GROUPS, History
from chipassets.train.parts_chords import first_pitch_classes, label_chords
from chipassets.train.parts_reading import PartPiece, Tokens
from chipassets.train.parts_roles import (
    bar_cadences,
    bar_density,
    bar_likeness,
    bar_parts,
    bar_register,
    phrase_bars,
)

CHORD_COLUMNS = [
    list(CONTEXT_GROUPS).index(name)
    for name in ("root", "quality", "next_root", "next_quality", "chord_bass")
]
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Example:
    """One voice of one piece: classes int16 [steps, groups], tokens int16 [steps], and its context.

    chords int16 [2, steps, 5]: root, quality, next root, next quality and bass, as labelled from
    all voices and from the others. register float64 [bars]: median pitch above LOWEST, by phrase.
    """

    piece: str
    style: str
    is_held_out: bool
    classes: NDArray[np.int16]
    tokens: Tokens
    chords: NDArray[np.int16]
    register: NDArray[np.float64]
    weight: float


def examples(pieces: Sequence[PartPiece], role: str) -> list[Example]:
    """Return an example for every voice of this role in the pieces."""
    made: list[tuple[PartPiece, Tokens, float]] = []
    for piece in pieces:
        own = piece.inners if role == "inner" else (getattr(piece, role),)
        for tokens in own:
            if tokens is None or any(getattr(piece, given) is None for given in GIVEN[role]):
                continue
            made.append((piece, tokens, 1 / len(own)))
    made.sort(key=lambda entry: len(entry[1]))
    result: list[Example] = []
    for first in range(0, len(made), _ROWS_AT_ONCE):
        block = made[first : first + _ROWS_AT_ONCE]
        past = own_past([tokens for _, tokens, _ in block])
        for (piece, tokens, weight), history in zip(block, past, strict=True):
            context = voice_context(piece, role, tokens)
            told = context_classes(context)
            alone = context_classes(voice_context(piece, role, tokens, without_itself=True))
            register = np.asarray(context.register)
            result.append(
                Example(
                    piece=piece.name,
                    style=piece.style,
                    is_held_out=piece.is_held_out,
                    classes=np.concatenate((told, history), axis=1),
                    tokens=tokens,
                    chords=np.stack((told[:, CHORD_COLUMNS], alone[:, CHORD_COLUMNS])),
                    register=np.where(register < 0, -1, register - LOWEST),
                    weight=weight,
                )
            )
    return result


def own_past(voices: Sequence[Tokens]) -> list[NDArray[np.int16]]:
    """Return each voice's history at each step, as classes [steps, HISTORY_GROUPS]."""
    steps = max(map(len, voices))
    tokens = np.full((len(voices), steps), REST, np.int64)
    for row, voice in enumerate(voices):
        tokens[row, : len(voice)] = voice
    history = History(len(voices), steps, LOWEST)
    past = np.empty((len(voices), steps, len(HISTORY_GROUPS)), np.int16)
    for step in range(steps):
        past[:, step] = history.classes()
        history.write(tokens[:, step])
    return [past[row, : len(voice)].copy() for row, voice in enumerate(voices)]


def voice_context(
    piece: PartPiece, role: str, tokens: Tokens, *, without_itself: bool = False
) -> PartContext:
    """Return the plan that a voice of a piece would have had.

    Chords are labelled from all voices of the piece, or from all but this one.
    """
    lead = piece.lead if piece.lead is not None else np.full(len(tokens), REST, np.int16)
    cadences = bar_cadences(lead, piece.tonic, LOWEST)
    register = bar_register(tokens)
    upper = [voice for voice in (piece.lead, *piece.inners) if voice is not None]
    bass = piece.bass
    if without_itself:
        upper = [voice for voice in upper if voice is not tokens]
        bass = None if bass is tokens else bass
    unknown = np.full(len(tokens) // STEPS_A_CHORD, HIDDEN)
    labels = label_chords(upper, bass) if upper or bass is not None else (unknown, unknown)
    return PartContext(
        mode=piece.mode,
        root=labels[0],
        quality=labels[1],
        phrase_bar=phrase_bars(cadences),
        chord_bass=unknown if piece.bass is None else first_pitch_classes(piece.bass),
        cadence=cadences,
        density=bar_density(tokens),
        register=np.where(register < 0, -1, register + LOWEST),
        part=None if role == "lead" else bar_parts(role, tokens, piece.lead),
        likeness=bar_likeness(tokens),
        style=piece.style,
        given={given: getattr(piece, given) for given in GIVEN[role]},
    )
