"""Shaping: passes that turn a raw take into a loop that fits its track, one module each."""

from __future__ import annotations

from collections.abc import Callable

from chipassets.music.score import Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.shape.close_loop import close_loop
from chipassets.shape.cut_to_bars import cut_to_bars
from chipassets.shape.end_piece import end_piece
from chipassets.shape.fold_into_key import fold_into_key
from chipassets.shape.merge_unisons import merge_unisons

Pass = Callable[[Score, TrackPlan], Score]

PASSES: tuple[Pass, ...] = (cut_to_bars, merge_unisons, close_loop, end_piece, fold_into_key)
"""The passes in the order of a build. Each is idempotent, and none undoes an earlier one."""


def shape(score: Score, track: TrackPlan) -> Score:
    """Return the score after every pass; shaping it again changes nothing."""
    for shape_pass in PASSES:
        score = shape_pass(score, track)
    return score
