"""The composer: a track's plan and a model in, takes out. The model alone invents the notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipassets.compose.codec import START, decode_events
from chipassets.compose.feed import ControlFeed
from chipassets.compose.form import Part, loop_start_bar, return_bars, track_parts
from chipassets.compose.guidance import Term
from chipassets.compose.guidance.setting import Setting
from chipassets.compose.motif import force_motifs, state_motifs
from chipassets.compose.network import Network
from chipassets.compose.primer import apply_primer
from chipassets.compose.sampler import sample
from chipassets.compose.script import Script, free_script
from chipassets.compose.texture import draw_aims, make_terms
from chipassets.compose.version import COMPOSE_VERSION
from chipassets.compose.weights import Model
from chipassets.score import Note, Score, ordered
from chipassets.seeds import derive_rng
from chipassets.trackplan import Primer, TrackPlan

ROWS = 16
"""Takes are computed in blocks of this many rows, whether wanted or not: take i stands in row
i % 16 of its block always, so that the rounding of its sums never depends on its neighbours."""

_OCTAVE = 12
_HIGHEST_PITCH = 127


def compose_takes(
    track: TrackPlan,
    model: Model,
    first_take: int = 0,
    count: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Score, ...]:
    """Return `count` raw takes (the plan's number by default) in the track's key, from a take on.

    Take i depends on the track's plan, the model and i alone. `progress` is called with the share
    that is done, rising to 1. ComposeError for a primer that cannot be used.
    """
    count = track.takes if count is None else count
    if count < 1:
        return ()
    network = Network(model, ROWS)
    blocks = range(first_take // ROWS, (first_take + count - 1) // ROWS + 1)
    takes: list[Score] = []
    for done, number in enumerate(blocks):
        block = open_block(track, model, number, network)
        history = sample_block(track, block, _share_of(progress, done, len(blocks)))
        takes += _scores(track, block, history)
    skipped = first_take - blocks[0] * ROWS
    return tuple(takes[skipped : skipped + count])


@dataclass(frozen=True, slots=True)
class Block:
    """Sixteen takes that are sampled side by side, from `first_take` on, and what leads them."""

    first_take: int
    network: Network
    script: Script
    setting: Setting
    terms: tuple[Term, ...]
    controls: ControlFeed | None


def open_block(
    track: TrackPlan, model: Model, number: int, network: Network | None = None
) -> Block:
    """Return block `number` (from 0) of a track, on a network of `ROWS` rows."""
    setting = open_setting(track, model, number)
    aims = setting.aims
    return Block(
        number * ROWS,
        network or Network(model, ROWS),
        track_script(track, setting.shift, tuple(setting.parts)),
        setting,
        make_terms(setting),
        ControlFeed(model, track, aims.density, aims.polyphony) if model.controls else None,
    )


def open_setting(track: TrackPlan, model: Model, number: int) -> Setting:
    """Return what block `number` of a track aims at."""
    parts = track_parts(track)
    aims = draw_aims(track, parts, range(number * ROWS, (number + 1) * ROWS))
    return Setting(track, parts, model_shift(track, model), aims)


def sample_block(
    track: TrackPlan, block: Block, progress: Callable[[float], None] | None = None
) -> NDArray[np.int16]:
    """Return the events [ROWS, steps, places] of the block's takes, as `sample` gives them."""
    takes = range(block.first_take, block.first_take + ROWS)
    return sample(
        block.network,
        block.script,
        [derive_rng(track.seed, "compose", COMPOSE_VERSION, take) for take in takes],
        track.temperature,
        terms=block.terms,
        controls=block.controls,
        low_below=block.setting.low_below,
        progress=progress,
    )


def model_shift(track: TrackPlan, model: Model) -> int:
    """Return how many semitones the model's pitches lie below the track's (0 in all-key models)."""
    return track.key.canonical_shift if model.canonical_key else 0


def track_script(track: TrackPlan, shift: int, parts: tuple[Part, ...]) -> Script:
    """Return the script of a track at the model's pitch: what returns, its motifs and its primer.

    Steps in which the primer has a say do not return from elsewhere. Where the primer itself
    returns, its steps are open: the model joins in.
    """
    script = return_bars(free_script(track.total_steps), parts, track.beats_per_bar * 4)
    script = force_motifs(script, state_motifs(track, parts), -shift)
    if track.primer is None or not track.primer.steps:
        return script
    primer = _transposed(track.primer, -shift)
    condition, inject = track.condition_on_primer, track.inject_primer
    return apply_primer(script, primer, condition=condition, inject=inject)


def _scores(track: TrackPlan, block: Block, history: NDArray[np.int16]) -> list[Score]:
    parts = block.setting.parts
    plain = Score(
        notes=(),
        bars=track.bars,
        tempo_millibpm=track.tempo_millibpm,
        key=track.key,
        beats_per_bar=track.beats_per_bar,
        sections=tuple(part.section for part in parts),
        loop_start_bar=loop_start_bar(track, parts),
        statements=tuple(said.statement for said in state_motifs(track, parts)),
    )
    return [
        replace(plain, notes=_notes(row, block.setting.shift), chords=chords)
        for row, chords in zip(history, block.setting.aims.harmony.names, strict=True)
    ]


def _notes(history: NDArray[np.int16], shift: int) -> tuple[Note, ...]:
    notes, _ = decode_events([START, *history[history >= 0].tolist()])
    return ordered([Note(start, length, playable(p + shift)) for start, length, p in notes])


def _transposed(primer: Primer, semitones: int) -> Primer:
    moved = [replace(note, pitch=playable(note.pitch + semitones)) for note in primer.notes]
    return replace(primer, notes=ordered(moved))


def playable(pitch: int) -> int:
    """Return the pitch, moved by an octave if it lies outside MIDI's range."""
    if pitch < 0:
        return pitch + _OCTAVE
    return pitch - _OCTAVE if pitch > _HIGHEST_PITCH else pitch


def _share_of(
    progress: Callable[[float], None] | None, done: int, blocks: int
) -> Callable[[float], None] | None:
    if progress is None:
        return None
    return lambda share: progress((done + share) / blocks)
