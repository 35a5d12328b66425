"""Locked takes of a bar, and a caster that composes nothing: it writes a bar that the plan fits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from chipassets.compose.model import Model
from chipassets.lock import Choices, Lock, LockedTake, Rejection, TakeRow
from chipassets.music.keys import Key
from chipassets.music.score import Note, Score
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import TrackPlan
from chipassets.stored.cache_keys import notes_key, plan_key
from chipassets.stored.facts import notes_facts

SCORE = Score((Note(0, 4, 60), Note(4, 12, 67)), 1, 120_000, Key(0, "major"))
OTHER = Score((Note(0, 8, 64), Note(8, 8, 60)), 1, 120_000, Key(0, "major"))
PLAIN = LockedTake("key", 3, 16, "why", SCORE)
DECIDED = LockedTake(
    "key",
    3,
    16,
    "accepted; why",
    SCORE,
    accepted=True,
    plan_key="plan",
    rejected=(Rejection(1, "aa"), Rejection(7, "bb")),
    rolled=16,
    table=(
        TakeRow(0, 0.813, "", (("scale", 0.98, 0.75), ("on beat", -1.5, 0.0))),
        TakeRow(1, 0.4, "refused: silent | for 17 steps; rejected", ()),
    ),
    facts=(("bars", "1"), ("tempo", "120"), ("chords", 'i "x" | ♭VII')),
)


def quick_cast(
    track: TrackPlan,
    model: Model,
    grams: GramIndex | None,
    choices: Choices,
    report: Callable[[str], None],
) -> LockedTake:
    """Stand in for casting: notes that depend on seed, key, model and length, in no time."""
    report("compose")
    said = f"{track.seed} {track.key} {track.bars} {track.beats_per_bar} {model.sha256}"
    digest = hashlib.sha256(said.encode()).digest()
    steps = track.steps_per_bar
    notes = [
        Note(bar * steps + step, 4, 60 + digest[(bar + step) % 32] % 24, "lead")
        for bar in range(track.bars)
        for step in range(0, steps, 4)
    ]
    score = Score(
        tuple(notes),
        track.bars,
        track.tempo_millibpm,
        track.key,
        track.beats_per_bar,
        loop_start_bar=0 if track.loops else None,
    )
    grams_sha256 = grams.sha256 if grams else ""
    number = 0
    while any(item.number == number for item in choices.rejected):
        number += 1
    return LockedTake(
        notes_key=notes_key(track, model.sha256, grams_sha256),
        number=number,
        of=max(track.takes + choices.rolled, number + 1),
        why="the quickest",
        score=score,
        plan_key=plan_key(track),
        rejected=choices.rejected,
        rolled=choices.rolled,
        facts=notes_facts(track, model.name, model.sha256, grams_sha256),
    )


def lock_of(**takes: LockedTake) -> Lock:
    """A lock of these tracks."""
    return Lock(takes, "game.yaml", "C major, 120 bpm")


def write(path: Path, text: str) -> Path:
    """Write a text and return its path."""
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
