"""Draw the targets of a piece.

The measures that it aims at, from the spread of people's game music.

One ideal for all would make all pieces alike. So each piece draws its own, and the search leans to
them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from chipassets.compose.cells import Traits
from chipassets.compose.ideas import Idea
from chipassets.compose.piece import Targets
from chipassets.plan.trackplan import TrackPlan
from chipassets.units import steps_per_bar

_PLACES = (0.05, 0.25, 0.5, 0.75, 0.95)

# What 404 transcribed pieces for the NES measure, over all voices, at these places: notes off the
# eighths, likeness to two bars before, silent steps.
_SIXTEENTHS = (0.0, 0.09, 0.30, 0.45, 0.52)
_LITERAL = (0.01, 0.04, 0.13, 0.31, 0.59)
_SILENCE = (0.0, 0.0, 0.04, 0.09, 0.23)

# Chosen by reading takes, around what those pieces do.
_TUNE_SPAN = (15.0, 17.5, 20.0, 22.5, 26.0)
_VALUES = (1.2, 1.6, 2.0, 2.5, 3.0)
_BASS_FLOOR = (35.0, 39.0, 44.0, 47.0, 49.0)
"""A triangle is heard from about A1; too high, a bass runs into the tune."""
_CENTRE = (0.0, 0.15, 0.45, 0.8, 1.0)
"""Where in the character's register the middle of the tune lies."""

_TUNE_SHARE = 0.42
"""Of all onsets, about how many are the tune's."""
_FAST_SCENES = ("battle", "boss")
_FEWEST_ONSETS, _MOST_ONSETS = 2.4, 11.0
_BARE_ONSETS, _LESS_BARE = 6.0, 0.4
"""Notes of the tune in a bar of 16 steps under which it sounds bare, and how much of what lacks is
kept: takes below were marked half a point lower in every scene."""


def draw_targets(track: TrackPlan, idea: Idea, rng: np.random.Generator) -> Targets:
    """Return random targets for a piece of a track.

    The tune's density follows the middle of the character's, which counts all voices: the tune
    gets its share, and never so few notes that a bar sounds empty.
    """
    u = [float(rng.random()) for _ in range(18)]
    # More than half of the pieces lie above the middle of the range: people's are seldom sparse.
    pace = _apart(u[0]) ** 0.5
    density = track.character.density
    wanted = density.low * 0.8 * (1.5 * density.high / density.low) ** pace
    bar = track.steps_per_bar
    onsets = wanted * _TUNE_SHARE * track.beats_per_bar * idea.onsets
    onsets, pace = _in_front(u[15], onsets, pace)
    onsets = _playable(_filled(onsets, bar), bar)
    # By scene, not by tempo: another tempo plays the same notes.
    fast = (track.scene_like or track.scene) in _FAST_SCENES
    return Targets(
        pace=pace,
        onsets=onsets,
        literal=0.25 + 0.75 * _mixed(_quantile(_LITERAL, u[1]) / _LITERAL[-1], idea.literal),
        syncopation=u[2],
        sixteenths=_apart(_quantile(_SIXTEENTHS, u[3]) / _SIXTEENTHS[-1]) ** 0.7 * (1 - 0.3 * fast),
        leaps=u[4] ** 1.3 * (1 - 0.4 * fast),
        span=_quantile(_TUNE_SPAN, u[5]),
        chromatic=_MOST_CHROMATIC * u[6],
        changes=0.9 * _apart(u[7]),
        drive=0.3 * u[8] ** 0.7 + 0.7 * pace,
        short=_SHORTEST * u[9] ** 2.0,
        alike=u[16] < _ALIKE_SHARE,
        high=_quantile(_CENTRE, u[17]),
        air=_quantile(_SILENCE, u[10]) / _SILENCE[-1],
        values=_quantile(_VALUES, u[11]),
        rough=u[14],
        vamp=u[13],
        bass_floor=round(_quantile(_BASS_FLOOR, u[12])),
    )


_MOST_CHROMATIC, _SHORTEST = 0.72, 0.5
"""The most chromatic and the shortest notes that a piece aims at: takes beyond were marked 0.2 to
0.6 points lower, above all in fights."""

_ALIKE_SHARE = 0.55
"""How often all parts are played as short as each other."""

_FRONTS = ((0.05, 0.7, 0.45, 0.55), (0.2, 0.85, 0.4, 0.6), (0.65, 1.05, 0.1, 0.9),
           (0.85, 1.3, 0.05, 0.65), (1.0, 1.8, 0.05, 0.45))  # fmt: skip
"""Up to a place of a draw, a factor on the tune's notes, and the pace of what lies under it: the
least, and how much of the drawn pace is added. A slow tune stands over busy parts and a busy one
over slow ones: where all are busy alike nobody stands in front. People's tunes have 2.5 to 12.5
notes a bar (10th and 90th percentile of 72 pieces)."""


def _in_front(place: float, onsets: float, pace: float) -> tuple[float, float]:
    """Return the tune's notes per bar and the pace of the other parts, balanced against each other.

    place: a draw that decides whether the tune is slow over busy parts, or busy over slow ones.
    """
    factor, least, share = next(row[1:] for row in _FRONTS if place < row[0])
    return onsets * factor, least + share * pace


def onsets_for(density: float, beats_per_bar: float) -> float:
    """Return the tune's notes per bar if all voices together have `density` notes per beat."""
    most = _MOST_ONSETS * steps_per_bar(beats_per_bar) / 16
    return min(max(density * _TUNE_SHARE * beats_per_bar, FEWEST_ASKED), most)


FEWEST_ASKED = 1.0
"""Notes of the tune in a bar, however sparse the manifest wants it: fewer are no tune."""


def _filled(onsets: float, bar_steps: int) -> float:
    """Return notes per bar, raised where they are so few that the tune sounds bare."""
    bare = _BARE_ONSETS * bar_steps / 16
    return max(onsets, bare - _LESS_BARE * (bare - onsets))


def _playable(onsets: float, bar_steps: int) -> float:
    """Return notes per bar, limited to what neither leaves a bar empty nor is too fast to sing."""
    return min(max(onsets, _FEWEST_ONSETS * bar_steps / 16), _MOST_ONSETS * bar_steps / 16)


def _apart(place: float) -> float:
    """Return a value 0..1 moved away from 0.5: most pieces are mostly one thing or the other."""
    side = 2 * place - 1
    return 0.5 + 0.5 * math.copysign(abs(side) ** _APART, side)


_APART = 0.55


def _mixed(drawn: float, own: float) -> float:
    """Return the mean of a drawn value and the idea's own."""
    return 0.5 * (drawn + own)


def _quantile(values: Sequence[float], place: float) -> float:
    """Return a quantile of a distribution that is given by five of its quantiles."""
    if place <= _PLACES[0]:
        return values[0]
    if place >= _PLACES[-1]:
        return values[-1]
    index = bisect_left(_PLACES, place)
    low, high = _PLACES[index - 1], _PLACES[index]
    share = (place - low) / (high - low)
    return values[index - 1] + (values[index] - values[index - 1]) * share


def log_distance(value: float, wanted: float) -> float:
    """Return the distance of a count from the wanted one, in octaves (factors of two)."""
    return abs(math.log2((value + 0.5) / (wanted + 0.5)))


def fitness(traits: Traits, targets: Targets) -> float:
    """Return how well the measures of a cell match the targets of a piece, in points."""
    fit = -2.8 * log_distance(traits.onsets, targets.onsets)
    # Even rhythms are wanted as well: what makes a cell promising must not exclude them.
    fit -= max(0.0, 2.8 - targets.values) * traits.entropy
    fit += (2.0 * targets.syncopation - 0.7) * min(traits.syncopation, 2) * 0.6
    fit += (2.4 * targets.sixteenths - 0.8) * min(traits.odd, 5) * 0.6
    fit += (1.4 * targets.leaps - 0.5) * min(traits.skips + 2 * traits.leaps, 3) * 0.5
    return fit - 1.3 * abs(traits.values - targets.values)
