"""Drums on the noise voice: the groove, denser in dense bars, with fills at section ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chipassets.arrange.bank import DRUM_SOUNDS
from chipassets.arrange.drum_table import DRUM_LETTERS, GROOVES, Groove, fit_bar
from chipassets.errors import ArrangeError
from chipassets.music.score import DrumStroke, Score
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import TrackPlan
from chipassets.seeds import derive_rng
from chipassets.versions import DRUMS_VERSION

_SPARSE_BELOW = 0.5
_DENSE_ABOVE = 1.4


@dataclass(frozen=True, slots=True)
class DrumHit:
    """One drum at a step: the instrument, the noise period and the level."""

    step: int
    drum: str
    period: int
    level: int


def drums_of(score: Score, track: TrackPlan) -> tuple[DrumHit, ...]:
    """Return the drums of a score: its composed strokes, else its track's groove."""
    if score.drums is not None:
        return one_a_step(score.drums)
    rng = derive_rng(track.seed, "arrange", DRUMS_VERSION, "drums")
    return play_drums(score, track.character.groove, rng)


def find_groove(name: str) -> Groove:
    """Return the groove of this name; ArrangeError, listing the known ones, if there is none."""
    if name not in GROOVES:
        raise ArrangeError(f"there is no groove {name!r}; {did_you_mean(name, GROOVES, 'grooves')}")
    return GROOVES[name]


def play_drums(score: Score, groove_name: str, rng: np.random.Generator) -> tuple[DrumHit, ...]:
    """Return the drums of the whole score, at most one per step, in order.

    Bars with far fewer onsets than usual take the sparse pattern, bars with far more the dense one.
    Every section of at least two bars ends with a fill that `rng` chooses: half of it, or the
    whole, always so at the piece's end. If the groove has a crash, the next section opens with it.
    A piece that does not loop has its last fill before its last bar, and one stroke with the final
    chord.
    """
    groove = find_groove(groove_name)
    if groove_name == "none":
        return ()
    hits: list[DrumHit] = []
    fills, last_fill = _fill_bars(score), score.bars - (2 if _ends(score) else 1)
    crashes = {bar + 1 for bar in fills} if groove.crash else set()
    for bar, density in enumerate(_densities(score)):
        pattern = fit_bar(_pattern(groove, density), groove.beats, score.beats_per_bar)
        if bar in fills and groove.fills and density > 0:
            fill = _choose_fill(groove, rng, whole=bar == last_fill)
            pattern = (
                pattern[: -len(fill)] + fill if len(fill) < len(pattern) else fill[-len(pattern) :]
            )
        if bar in crashes:
            pattern = "C" + _clear(pattern[1:])
        if _ends(score) and bar == score.bars - 1:
            pattern = pattern[0] + "." * (len(pattern) - 1)
        start = bar * score.steps_per_bar
        hits += [
            _hit(start, step, letter, groove)
            for step, letter in enumerate(pattern)
            if letter != "."
        ]
    return tuple(hits)


# The priority of drums struck at the same time: noise is one voice.
PRIORITY = ("crash", "snare", "kick", "tom", "open_hat", "closed_hat")
"""The kinds of drums, the one that sounds first where several begin at a step."""
_NAMES = {"closed_hat": "hat"}
_PLAIN_VELOCITY, _SOFTEST = 100, 0.45


def drum_word(kind: str) -> str:
    """Return a kind of drum as manifests call it."""
    return _NAMES.get(kind, kind)


def covered_strokes(patterns: Sequence[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Return, for each kind of drum that is covered, how many of its strokes are, and of how many.

    patterns: kinds and their signs, one a 16th, `.` for none; they are counted until all of them
    begin together again. Only one drum sounds at each step.
    """
    steps = range(math.lcm(*(len(pattern) for _, pattern in patterns)))
    return _covered(
        {
            kind: {step for step in steps if pattern[step % len(pattern)] != "."}
            for kind, pattern in patterns
        }
    )


def covered_of(strokes: Iterable[DrumStroke]) -> dict[str, tuple[int, int]]:
    """Return how many composed strokes of each kind are covered, and of how many."""
    struck: dict[str, set[int]] = {}
    for stroke in strokes:
        struck.setdefault(stroke.kind, set()).add(stroke.step)
    return _covered(struck)


def _covered(struck: Mapping[str, set[int]]) -> dict[str, tuple[int, int]]:
    """Return how many of each drum's steps a drum of higher priority takes, and of how many."""
    taken: set[int] = set()
    found = {}
    for kind in sorted(struck, key=PRIORITY.index):
        if hidden := struck[kind] & taken:
            found[kind] = len(hidden), len(struck[kind])
        taken |= struck[kind]
    return found


def one_a_step(strokes: Sequence[DrumStroke]) -> tuple[DrumHit, ...]:
    """Return composed strokes as drums of one voice, the one of highest priority at each step.

    A stroke at velocity 100 has the level of its sound; softer strokes are at most half as soft.
    """
    heard: dict[int, DrumStroke] = {}
    for stroke in strokes:
        known = heard.get(stroke.step)
        if known is None or PRIORITY.index(stroke.kind) < PRIORITY.index(known.kind):
            heard[stroke.step] = stroke
    hits = []
    for step in sorted(heard):
        drum = drum_word(heard[step].kind)
        period, level = DRUM_SOUNDS[drum]
        share = _SOFTEST + (1 - _SOFTEST) * heard[step].velocity / _PLAIN_VELOCITY
        hits.append(DrumHit(step, drum, period, min(max(round(level * share), 1), 15)))
    return tuple(hits)


def _ends(score: Score) -> bool:
    """Return whether the score plays once and has more than one bar."""
    return score.loop_start_bar is None and score.bars > 1


def _choose_fill(groove: Groove, rng: np.random.Generator, whole: bool) -> str:
    """Return a fill of the groove, drawn by `rng`: half of the time only its second half."""
    fill = groove.fills[int(rng.integers(len(groove.fills)))]
    half = int(rng.integers(2)) == 0 and not whole
    return fill[len(fill) // 2 :] if half else fill


def _clear(pattern: str) -> str:
    """Return the pattern without hats in its first three steps, so that a crash is heard."""
    return pattern[:3].replace("h", ".").replace("o", ".") + pattern[3:]


def _hit(bar_start: int, step: int, letter: str, groove: Groove) -> DrumHit:
    """Return a drum hit, accented on half bars and softer between 8ths."""
    drum = DRUM_LETTERS[letter]
    period, level = DRUM_SOUNDS[drum]
    accent = 1 if step % 8 == 0 else -1 if step % 2 else 0
    return DrumHit(bar_start + step, drum, period, min(max(level + accent + groove.level, 1), 15))


def _fill_bars(score: Score) -> set[int]:
    """Return the last bars of sections that are long enough; without sections, of the piece.

    Where the piece ends, the bar before its last.
    """
    ends = [(section.start_bar + section.bars - 1, section.bars) for section in score.sections]
    fills = {bar for bar, bars in ends or [(score.bars - 1, score.bars)] if bars >= 2}
    last = score.bars - 1
    return (fills - {last}) | {last - 1} if _ends(score) and last in fills else fills


def _densities(score: Score) -> list[float]:
    """Return the onsets of each bar divided by the median of all bars that have any."""
    onsets = [0] * score.bars
    for note in score.notes:
        onsets[min(note.start_step // score.steps_per_bar, score.bars - 1)] += 1
    filled = sorted(count for count in onsets if count)
    median = filled[len(filled) // 2] if filled else 1
    return [count / median for count in onsets]


def _pattern(groove: Groove, density: float) -> str:
    """Return the groove's bar for a density in notes a beat."""
    if density < _SPARSE_BELOW:
        return groove.sparse
    return groove.dense if density > _DENSE_ABOVE else groove.usual
