"""The settings of a training run."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_KEEP = 0.05
"""The smallest dropout keep probability."""
MOST_STREAMS = MOST_EVENTS = 65536
"""The largest batch and chunk, so that a typing error does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Hparams:
    """The settings of a run; names are those of the original's hparams if there is one.

    steps: updates. chunk: events per stream and update. keep: dropout keep probability. clip_norm:
    per gradient tensor, as in the original. control_dropout: how often each control of a sequence
    is hidden. with_controls: false trains a pure polyphony_rnn.
    """

    layers: tuple[int, ...] = (128, 128, 128)
    batch_size: int = 64
    chunk: int = 128
    steps: int = 8000
    learning_rate: float = 2e-3
    final_learning_rate: float = 5e-5
    warmup_steps: int = 200
    keep: float = 0.75
    clip_norm: float = 5.0
    control_dropout: float = 0.15
    with_controls: bool = True
    seed: int = 1
    evaluate_every: int = 500
    evaluate_sequences: int = 192
    patience: int = 0
    """Stop after this number of evaluations without a better held-out loss; 0 never stops."""
    save_seconds: int = 180
