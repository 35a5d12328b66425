"""Training phrases of the critic: people's, the same spoiled on purpose, and a machine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.critic_features import PHRASE_BARS, PHRASE_STEPS, phrase_features
from chipassets.compose.part_context import (
    FIRST_NOTE,
    GIVEN,
    HOLD,
    PITCHES,
    REST,
    ROLES,
    STEPS_A_BAR,
    STEPS_A_CHORD,
)
from chipassets.compose.parts_network import PartNetworks, sample_part
from chipassets.train.parts_chords import label_chords
from chipassets.train.parts_data import voice_context
from chipassets.train.parts_reading import PartPiece
from chipassets.units import OCTAVE

Tokens = NDArray[np.int64]
PERSON = "person"
NETWORK = "network"
_LEAST_ONSETS = 6
_TRIES = 8
_SAMPLED_STEPS = 16 * STEPS_A_BAR
_SCALE_STEPS = (-7, -5, -3, -2, 2, 3, 5, 7)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Four bars: voices [64] by role, chords [8], their origin, and what was done to them.

    kind: PERSON, a key of SPOILINGS, or the name of the composer that is no person.
    """

    piece: str
    style: str
    is_held_out: bool
    kind: str
    voices: dict[str, Tokens]
    root: NDArray[np.int64]
    quality: NDArray[np.int64]

    def features(self) -> NDArray[np.float64]:
        """Return the critic's measurements."""
        return phrase_features(self.voices, self.root, self.quality)


def phrases_of(piece: PartPiece, kind: str, rng: np.random.Generator) -> list[Phrase]:
    """Return the phrases of four bars of a piece that has tune and bass.

    In half of the phrases chords are read from all voices, in the others without the tune: a plan's
    chords are not read from the tune that the critic judges.
    """
    if piece.lead is None or piece.bass is None:
        return []
    voices = {"lead": piece.lead.astype(np.int64), "bass": piece.bass.astype(np.int64)}
    if piece.inners:
        voices["inner"] = piece.inners[0].astype(np.int64)
    return phrases_of_voices(piece, kind, voices, rng)


def phrases_of_voices(
    piece: PartPiece, kind: str, voices: dict[str, Tokens], rng: np.random.Generator
) -> list[Phrase]:
    """Return phrases of four bars of these voices, labelled with the piece and `kind`.

    Chords as in `phrases_of`. Phrases with hardly any notes are left out.
    """
    found = []
    upper = [tokens for role, tokens in voices.items() if role != "bass"]
    labels = (label_chords(upper, voices["bass"]), label_chords(upper[1:], voices["bass"]))
    for first in range(0, len(voices["lead"]) - PHRASE_STEPS + 1, PHRASE_STEPS):
        part = {role: _cut(tokens, first) for role, tokens in voices.items()}
        if min((part[role] >= FIRST_NOTE).sum() for role in ("lead", "bass")) < _LEAST_ONSETS:
            continue
        root, quality = labels[int(rng.random() < 0.5)]
        chords = slice(first // STEPS_A_CHORD, (first + PHRASE_STEPS) // STEPS_A_CHORD)
        found.append(
            Phrase(
                piece.name,
                piece.style,
                piece.is_held_out,
                kind,
                part,
                root[chords],
                quality[chords],
            )
        )
    return found


def spoiled(
    phrase: Phrase, other: Phrase, rng: np.random.Generator, kind: str | None = None
) -> Phrase:
    """Return the phrase spoiled in the way `kind`, or in a random one.

    `other`: a phrase of another piece. In half of the cases the chords are labelled again, so that
    spoiled phrases are not recognised by their chords. If nothing changed, another random way is
    tried.
    """
    for _ in range(_TRIES):
        chosen = kind or str(rng.choice(list(SPOILINGS)))
        result = replace(SPOILINGS[chosen](phrase, other, rng), kind=chosen)
        if not _equal(phrase, result):
            break
    if chosen != "wrong chords" and rng.random() < 0.5:
        upper = [tokens for role, tokens in result.voices.items() if role != "bass"]
        root, quality = label_chords(upper, result.voices["bass"])
        result = replace(result, root=root, quality=quality)
    return result


def sampled_phrases(
    networks: PartNetworks, piece: PartPiece, rng: np.random.Generator
) -> list[Phrase]:
    """Return phrases sampled from the networks over the plan of `piece` (16 bars or more)."""
    if piece.lead is None or piece.bass is None or not piece.inners:
        return []
    if piece.steps < _SAMPLED_STEPS:
        return []
    plan = replace(
        piece,
        lead=piece.lead[:_SAMPLED_STEPS],
        bass=piece.bass[:_SAMPLED_STEPS],
        inners=(piece.inners[0][:_SAMPLED_STEPS],),
    )
    written: dict[str, Tokens] = {}
    rngs = [np.random.default_rng(seed) for seed in rng.integers(0, 2**32, 1)]
    for role in ROLES:
        own = plan.inners[0] if role == "inner" else getattr(plan, role)
        given = {voice: written[voice] for voice in GIVEN[role]}
        context = replace(voice_context(plan, role, own), given=given)
        if rng.random() < 0.5:
            context = replace(context, likeness=None)
        written[role] = sample_part(networks, role, context, rngs, 1.0)[0].astype(np.int64)
    return phrases_of_voices(plan, NETWORK, written, rng)


def _cut(tokens: Tokens, first: int) -> Tokens:
    """Return four bars; a note that is held into them becomes a rest."""
    part = np.array(tokens[first : first + PHRASE_STEPS])
    begun = np.flatnonzero(part != HOLD)
    part[: begun[0] if len(begun) else len(part)] = REST
    return part


def _equal(first: Phrase, second: Phrase) -> bool:
    """Whether two phrases have the same voices and roots."""
    same = [np.array_equal(first.voices[role], second.voices[role]) for role in first.voices]
    return all(same) and np.array_equal(first.root, second.root)


def _with(phrase: Phrase, **voices: Tokens) -> Phrase:
    return replace(phrase, voices=phrase.voices | voices)


def _moved(tokens: Tokens, semitones: Tokens | int) -> Tokens:
    """Return the tokens with their notes transposed, moved by octaves into the vocabulary."""
    pitch = tokens - FIRST_NOTE + semitones
    pitch = np.where(pitch < 0, pitch + OCTAVE, np.where(pitch >= PITCHES, pitch - OCTAVE, pitch))
    return np.where(tokens >= FIRST_NOTE, FIRST_NOTE + np.clip(pitch, 0, PITCHES - 1), tokens)


def _shuffled_bars(phrase: Phrase, other: Phrase, rng: np.random.Generator) -> Phrase:
    """Return the phrase with a tune of bars drawn from it and another one."""
    lead, foreign = phrase.voices["lead"], other.voices["lead"]
    bars = np.concatenate((lead, foreign)).reshape(-1, STEPS_A_BAR)
    order = rng.permutation(2 * PHRASE_BARS)[:PHRASE_BARS]
    return _with(phrase, lead=_repaired(bars[order].ravel()))


def _wrong_chords(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    """Return the phrase with each chord moved by a random interval."""
    shift = rng.integers(1, OCTAVE, len(phrase.root))
    root = np.where(phrase.root < 0, -1, (phrase.root + shift) % OCTAVE)
    return replace(phrase, root=root)


def _flat_rhythm(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    """Make every note an eighth or a quarter, in the voices that have enough notes."""
    voices = {}
    length = int(rng.choice((2, 2, 4)))
    for role, tokens in phrase.voices.items():
        notes = tokens[tokens >= FIRST_NOTE]
        if role == "lead" or (len(notes) and rng.random() < 0.5):
            flat = np.full(PHRASE_STEPS, HOLD, np.int64)
            flat[::length] = np.resize(notes, PHRASE_STEPS // length)
            voices[role] = flat
    return _with(phrase, **voices)


def _transposed_bass(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    by = int(rng.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 6)))
    return _with(phrase, bass=_moved(phrase.voices["bass"], by))


def _random_repeats(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    """Replace bars of a voice by others of its bars, the last ones all alike."""
    role = str(rng.choice(list(phrase.voices)))
    bars = phrase.voices[role].reshape(PHRASE_BARS, STEPS_A_BAR)
    chosen = rng.integers(0, PHRASE_BARS, PHRASE_BARS)
    chosen[int(rng.integers(1, PHRASE_BARS)) :] = chosen[0]
    return _with(phrase, **{role: _repaired(bars[chosen].ravel())})


def _hammered(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    """Make many notes of a voice repeat the note before."""
    role = str(rng.choice(list(phrase.voices)))
    tokens = phrase.voices[role].copy()
    onsets = np.flatnonzero(tokens >= FIRST_NOTE)
    for before, onset in pairwise(onsets.tolist()):
        if rng.random() < 0.6:
            tokens[onset] = tokens[before]
    return _with(phrase, **{role: tokens})


def _wandering(phrase: Phrase, _other: Phrase, rng: np.random.Generator) -> Phrase:
    """Move a third of a voice's notes to random pitches."""
    role = str(rng.choice(list(phrase.voices)))
    tokens = phrase.voices[role]
    by = rng.choice(_SCALE_STEPS, PHRASE_STEPS) * (rng.random(PHRASE_STEPS) < 0.35)
    return _with(phrase, **{role: _moved(tokens, by)})


def _strangers(phrase: Phrase, other: Phrase, rng: np.random.Generator) -> Phrase:
    """Replace a voice by the voice of the same role in another piece."""
    role = str(rng.choice([name for name in phrase.voices if name in other.voices]))
    return _with(phrase, **{role: other.voices[role]})


def _repaired(tokens: Tokens) -> Tokens:
    """Return the tokens without holds after silence."""
    result = tokens.copy()
    sounds = False
    for step, token in enumerate(tokens.tolist()):
        if token == HOLD and not sounds:
            result[step] = REST
        elif token != HOLD:
            sounds = token >= FIRST_NOTE
    return result


SPOILINGS: dict[str, Callable[[Phrase, Phrase, np.random.Generator], Phrase]] = {
    "shuffled bars": _shuffled_bars,
    "wrong chords": _wrong_chords,
    "flat rhythm": _flat_rhythm,
    "transposed bass": _transposed_bass,
    "random repeats": _random_repeats,
    "hammered": _hammered,
    "wandering": _wandering,
    "strangers": _strangers,
}
"""The ways of spoiling a phrase, by name."""


def every_spoiling(phrases: Sequence[Phrase], rng: np.random.Generator) -> list[Phrase]:
    """Return each phrase spoiled once, in random ways."""
    return [spoiled(p, phrases[int(rng.integers(len(phrases)))], rng) for p in phrases]
