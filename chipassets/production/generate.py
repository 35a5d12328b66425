"""Music from a primer, as polyphony_rnn_generate makes it: plain MIDI files, no manifest, no chip.

All outputs are sampled side by side in one network. Nothing here is imported before it is used,
because a run lasts about as long as its imports.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipassets.errors import BundleError, UsageError
from chipassets.midi.writer import note_file
from chipassets.music.notes import Note, Primer
from chipassets.units import STEPS_PER_BEAT, WHOLE_NOTE_STEPS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chipassets.compose.model import Model
    from chipassets.compose.state import State
    from chipassets.manifest.primer_midi import MidiPrimer
    from chipassets.plan.trackplan import TrackPlan

DEFAULT_QPM = 120.0
"""Magenta's `DEFAULT_QUARTERS_PER_MINUTE`."""
_NO_EVENT, _NOTE_OFF = -2, -1
_ROWS = 10
"""Outputs are always sampled in blocks of this size, so that the rounding of an output never
depends on their number; it is the usual number of outputs."""
_SCENE = "overworld"
"""The scene whose character guides a piece that has no scene."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to generate; fields are named like the flags of polyphony_rnn_generate.

    num_steps counts 16ths, the primer included. guided composes as a build does.
    """

    primer: Primer = field(default_factory=lambda: Primer((), 0))
    num_outputs: int = 10
    num_steps: int = 128
    condition_on_primer: bool = False
    inject_primer_during_generation: bool = True
    qpm: float = DEFAULT_QPM
    temperature: float = 1.0
    seed: int = 0
    guided: bool = False

    def __post_init__(self) -> None:
        if self.num_steps <= self.primer.steps:
            raise UsageError(
                f"the primer lasts {self.primer.steps} steps and the whole piece {self.num_steps}; "
                "give a larger --num-steps, or a shorter primer"
            )
        if self.guided and self.num_steps % WHOLE_NOTE_STEPS:
            raise UsageError(
                f"--guided composes whole bars; --num-steps {self.num_steps} is no multiple of "
                f"{WHOLE_NOTE_STEPS}"
            )


def generate(request: Request, model: Model) -> list[bytes]:
    """Return the MIDI files of a request: output i depends on the request, the model and i alone.

    ComposeError for a primer that cannot be used.
    """
    pieces = _guided(request, model) if request.guided else _sampled(request, model)
    return [note_file(notes, request.num_steps, request.qpm) for notes in pieces]


def _sampled(request: Request, model: Model) -> list[list[tuple[int, int, int]]]:
    """Return the notes of each output, from the model alone."""
    from chipassets.compose.codec import START, decode_events
    from chipassets.compose.constraints import unconstrained
    from chipassets.compose.network import Network
    from chipassets.compose.primer import apply_primer
    from chipassets.compose.sampler import sample
    from chipassets.seeds import derive_rng

    constraints = unconstrained(request.num_steps)
    if request.primer.steps:
        constraints = apply_primer(
            constraints,
            request.primer,
            condition=request.condition_on_primer,
            inject=request.inject_primer_during_generation,
        )
    network = Network(model, _ROWS)
    rows: list[NDArray[np.int16]] = []
    for first in range(0, request.num_outputs, _ROWS):
        rngs = [derive_rng(request.seed, "generate", i) for i in range(first, first + _ROWS)]
        told = _bar_positions(model)
        rows.extend(sample(network, constraints, rngs, request.temperature, controls=told))
    rows = rows[: request.num_outputs]
    return [decode_events([START, *row[row >= 0].tolist()])[0] for row in rows]


def _bar_positions(model: Model) -> Callable[[State], NDArray[np.int64]] | None:
    """Return the input of a model with controls: the position in a bar of 4/4 only."""
    from chipassets.compose.controls import bar_positions

    told = bar_positions(model.controls, "4/4", WHOLE_NOTE_STEPS)
    return None if told is None else lambda state: told(state.step)


def _guided(request: Request, model: Model) -> list[list[tuple[int, int, int]]]:
    """Return the notes of each output, composed with a build's guidance and form, in C major."""
    from chipassets.compose.composer import compose_takes

    scores = compose_takes(_track(request), model)
    return [[(n.start_step, n.duration_steps, n.pitch) for n in score.notes] for score in scores]


def _track(request: Request) -> TrackPlan:
    """Return the request as the plan of a track in C major."""
    from chipassets.music.keys import Key
    from chipassets.plan.presets import character
    from chipassets.plan.trackplan import TrackPlan

    return TrackPlan(
        name="compose",
        scene=_SCENE,
        moods=(),
        seed=request.seed,
        bars=request.num_steps // WHOLE_NOTE_STEPS,
        beats_per_bar=4,
        tempo_millibpm=round(request.qpm * 1000),
        key=Key(0, "major"),
        loops=False,
        primer=request.primer if request.primer.steps else None,
        condition_on_primer=request.condition_on_primer,
        inject_primer=request.inject_primer_during_generation,
        temperature=request.temperature,
        takes=request.num_outputs,
        character=character(_SCENE).character,
    )


def primer_of_pitches(text: str) -> Primer:
    """Return the chord of one quarter that a list such as "[67, 64, 60]" names."""
    pitches = _whole_numbers("--primer-pitches", text, "[67, 64, 60]", 0)
    chord = sorted(set(pitches), reverse=True)
    return Primer(tuple(Note(0, STEPS_PER_BEAT, pitch) for pitch in chord), STEPS_PER_BEAT)


def primer_of_melody(text: str) -> Primer:
    """Return the melody of a list such as "[60, -2, 62, -1]": -2 holds, -1 ends a note; 16ths.

    As in Magenta, it ends with its last note.
    """
    events = _whole_numbers("--primer-melody", text, "[60, -2, 62, -1]", _NO_EVENT)
    notes: list[Note] = []
    start: int | None = None
    for step, event in enumerate([*events, _NOTE_OFF]):
        if start is not None and event != _NO_EVENT:
            notes.append(Note(start, step - start, events[start]))
            start = None
        if event >= 0:
            start = step
    return Primer(tuple(notes), max((note.end_step for note in notes), default=0))


def primer_of_file(path: Path) -> MidiPrimer:
    """Return the notes of a MIDI file without its drums, its tempo, and remarks on it."""
    from chipassets.manifest.primer_midi import primer_from_midi
    from chipassets.manifest.refusal import Refusal

    try:
        return primer_from_midi(path)
    except Refusal as refusal:
        fault = refusal.faults[0]
        raise UsageError(f"--primer-midi {path}: {fault.why}; {fault.fix}") from refusal


def _whole_numbers(option: str, text: str, example: str, lowest: int) -> list[int]:
    """Return an option's numbers, a JSON list; UsageError if one is not `lowest` to 127."""
    try:
        numbers: Any = json.loads(text)
    except ValueError:
        numbers = None
    if not isinstance(numbers, list) or not all(type(n) is int for n in numbers):
        raise UsageError(
            f"{option} {text!r} is not a list of whole numbers; write it like {example}"
        )
    wrong = [n for n in numbers if not lowest <= n <= 127]
    if wrong:
        raise UsageError(f"{option} holds {wrong[0]}; its numbers run from {lowest} to 127")
    return numbers


def write_outputs(folder: Path, stem: str, files: list[bytes]) -> list[Path]:
    """Write each file whole as `<stem>_<number>.mid` and return the paths."""
    digits = len(str(len(files)))
    paths = [folder / f"{stem}_{number:0{digits}}.mid" for number in range(1, len(files) + 1)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, files, strict=True):
            partial = path.with_name(path.name + ".partial")
            try:
                partial.write_bytes(content)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise BundleError(
            f"cannot write into {folder}: {error.strerror or error}; free some space, or choose "
            "another --output-dir"
        ) from error
    return paths
