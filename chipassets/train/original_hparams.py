"""Hyperparameters in polyphony_rnn_train's syntax: `--hparams=batch_size=64,clip_norm=5`."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from chipassets.errors import UsageError
from chipassets.nearest import did_you_mean
from chipassets.train.hparams import LEAST_KEEP, MOST_STREAMS

_OURS = {
    "batch_size": ("batch_size", int),
    "rnn_layer_sizes": ("layers", tuple),
    "dropout_keep_prob": ("keep", float),
    "clip_norm": ("clip_norm", float),
    "learning_rate": ("learning_rate", float),
}
_FIXED: dict[str, Any] = {"attn_length": 0, "residual_connections": False, "use_cudnn": False}
"""Hyperparameters of which only the original's default is supported here."""
_ASSIGNMENT = re.compile(r"\s*(\w+)\s*=\s*(\[[^\]]*\]|[^,\[\]]+)\s*(?:,|$)")
_EXAMPLE = "batch_size=64,rnn_layer_sizes=[128,128,128],dropout_keep_prob=0.5"


def parse_hparams(text: str) -> dict[str, Any]:
    """Return the fields of `Hparams` that a list of the original's `name=value` sets.

    UsageError for an unknown name, a value of another type, or an unsupported architecture. Source:
    Magenta 2.1.4, `polyphony_model` and `events_rnn_graph`.
    """
    found: dict[str, Any] = {}
    place = 0
    while place < len(text):
        match = _ASSIGNMENT.match(text, place)
        if match is None:
            raise UsageError(f"--hparams {text!r} is not a list of names and values: {_EXAMPLE}")
        found |= _field(match[1], match[2].strip())
        place = match.end()
    return found


def _field(name: str, value: str) -> dict[str, Any]:
    """Return one of Magenta's settings as ours; UsageError if it has no counterpart."""
    if name in _FIXED:
        if _value(name, value) != _FIXED[name]:
            raise UsageError(
                f"--hparams {name}={value}: only {_FIXED[name]} is trained here; leave it out"
            )
        return {}
    if name not in _OURS:
        fix = did_you_mean(name, (*_OURS, *_FIXED), "names")
        raise UsageError(f"--hparams has no {name!r}; {fix}")
    ours, kind = _OURS[name]
    number = _value(name, value)
    if kind is tuple:
        sizes = number if isinstance(number, list) else [number]
        if not sizes or not all(type(n) is int and 1 <= n <= 4096 for n in sizes):
            raise UsageError(f"--hparams {name}={value}: write it like [128,128,128]")
        return {ours: tuple(sizes)}
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < math.inf:
        raise UsageError(f"--hparams {name}={value} is not a number above 0")
    if kind is int and number != int(number):
        raise UsageError(f"--hparams {name}={value} is not a whole number")
    if name == "batch_size" and number > MOST_STREAMS:
        raise UsageError(f"--hparams {name}={value}: at most {MOST_STREAMS} fit any memory")
    if name == "dropout_keep_prob" and not LEAST_KEEP <= number <= 1:
        raise UsageError(f"--hparams {name}={value}: this share is from {LEAST_KEEP} to at most 1")
    return {ours: kind(number)}


def _value(name: str, value: str) -> Any:
    """Return a setting's value, written as JSON or as Python's True and False."""
    try:
        return json.loads(value.lower() if value in ("True", "False") else value)
    except ValueError as error:
        raise UsageError(f"--hparams {name}={value} is no number; {_EXAMPLE}") from error
