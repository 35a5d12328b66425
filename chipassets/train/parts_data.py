"""What the networks for single voices learn from: every voice as classes and tokens by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.part_context import (
    CONTEXT_GROUPS,
    GIVEN,
    LOWEST,
    REST,
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
    made: list[tuple[PartPiece, Tokens, float, PartContext, NDArray[np.int16]]] = []
    for piece in pieces:
        own = piece.inners if role == "inner" else (getattr(piece, role),)
        for tokens in own:
            if tokens is None or any(getattr(piece, given) is None for given in GIVEN[role]):
                continue
            context, chords = _context(piece, role, tokens)
            made.append((piece, tokens, 1 / len(own), context, chords))
    made.sort(key=lambda entry: len(entry[1]))
    result: list[Example] = []
    for first in range(0, len(made), _ROWS_AT_ONCE):
        block = made[first : first + _ROWS_AT_ONCE]
        past = own_past([tokens for _, tokens, _, _, _ in block])
        for (piece, tokens, weight, context, chords), history in zip(block, past, strict=True):
            register = np.asarray(context.register)
            classes = np.concatenate((context_classes(context), history), axis=1)
            result.append(
                Example(
                    piece.name, piece.style, piece.is_held_out, classes, tokens, chords,
                    np.where(register < 0, -1, register - LOWEST), weight,
                )
            )  # fmt: skip
    return result


def own_past(voices: Sequence[Tokens]) -> list[NDArray[np.int16]]:
    """Return what each voice has behind it at each step: classes [steps, HISTORY_GROUPS] each."""
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


def _context(piece: PartPiece, role: str, tokens: Tokens) -> tuple[PartContext, NDArray[np.int16]]:
    """Return what a voice of a piece would have been planned as, and its two chord labellings."""
    lead = piece.lead if piece.lead is not None else np.full(len(tokens), REST, np.int16)
    cadences = bar_cadences(lead, piece.tonic, LOWEST)
    register = bar_register(tokens)
    every = [v for v in (piece.lead, *piece.inners) if v is not None]
    others = [v for v in every if v is not tokens]
    label_all = label_chords(every, piece.bass)
    if others or (piece.bass is not None and piece.bass is not tokens):
        label_others = label_chords(others, None if piece.bass is tokens else piece.bass)
    else:
        label_others = (np.full_like(label_all[0], -1), np.full_like(label_all[0], -1))
    chord_bass = (
        np.full_like(label_all[0], -1) if piece.bass is None else first_pitch_classes(piece.bass)
    )

    def context(label: tuple[NDArray[np.int64], NDArray[np.int64]]) -> PartContext:
        return PartContext(
            mode=piece.mode,
            root=label[0],
            quality=label[1],
            phrase_bar=phrase_bars(cadences),
            chord_bass=chord_bass,
            cadence=cadences,
            density=bar_density(tokens),
            register=np.where(register < 0, -1, register + LOWEST),
            part=None if role == "lead" else bar_parts(role, tokens, piece.lead),
            likeness=bar_likeness(tokens),
            style=piece.style,
            given={given: getattr(piece, given) for given in GIVEN[role]},
        )

    whole = context(label_all)
    columns = [context_classes(whole)[:, CHORD_COLUMNS]]
    columns.append(context_classes(context(label_others))[:, CHORD_COLUMNS])
    return whole, np.stack(columns)
