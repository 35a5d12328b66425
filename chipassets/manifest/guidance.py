"""Factors on the costs of the composer's search, and the allowed share of chromatic notes."""

from __future__ import annotations

from typing import Annotated, Any

from chipassets.compose.fit import COSTS
from chipassets.manifest.numbers import check_range
from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import WRITTEN, Fault, Refusal, refuse
from chipassets.nearest import did_you_mean

_MOST = 5.0

Factors = tuple[tuple[str, float], ...]


def read_guidance(value: Any, _: Context) -> Factors:
    """Return the factor of each named cost, in the order of `COSTS`; Refusal otherwise."""
    if not isinstance(value, dict):
        raise refuse("guidance is a mapping of costs to factors", "write {leaps: 1.5}")
    faults: list[Fault] = []
    for name, factor in value.items():
        if name not in COSTS:
            fix = did_you_mean(name, tuple(COSTS), "costs")
            faults.append(Fault("there is no such cost", fix, (name,), on_key=True))
            continue
        try:
            check_range(factor, "a factor", 0.0, _MOST)
        except Refusal as refusal:
            faults += [
                Fault(f.why, f.fix, (name,), found=f"the factor of {name} is {WRITTEN}")
                for f in refusal.faults
            ]
    if faults:
        raise Refusal(*faults)
    return tuple((name, float(value[name])) for name in COSTS if name in value)


def _factor(says: str) -> dict[str, Any]:
    said = f"What the search charges for {says}."
    return {"type": "number", "minimum": 0, "maximum": _MOST, "description": said}


Guidance = Annotated[
    Factors,
    Reads(
        read_guidance,
        {
            "type": "object",
            "properties": {name: _factor(says) for name, says in COSTS.items()},
            "additionalProperties": False,
            "description": "How much each cost counts in the search: 1 as by default, 0 not.",
        },
    ),
]
