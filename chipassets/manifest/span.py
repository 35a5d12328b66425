"""Ranges in a manifest: one number, `60-80`, or {min: 60, max: 80}."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chipassets.manifest.numbers import check_range
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.nearest import did_you_mean
from chipassets.plan.trackplan import Range

_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,6})?"
_TEXT = re.compile(rf"({_NUMBER}) *- *({_NUMBER})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A kind of range: its name in the singular and plural, its limits, and an example.

    least_width: the least distance of the ends; if it is 0, one number is a valid range. meaning:
    what the numbers are, for whoever wrote a word.
    """

    what: str
    plural: str
    limits: Range
    example: Range
    unit: str = ""
    least_width: float = 0.0
    meaning: str = ""

    def read(self, value: Any) -> Range:
        """Return the range of the value; Refusal if it is not one or is too narrow."""
        text = _TEXT.fullmatch(value) if isinstance(value, str) else None
        if text is not None:
            return self._checked({"min": float(text[1]), "max": float(text[2])}, [], parts=False)
        if isinstance(value, dict):
            return self._checked(value, self._shape_faults(value), parts=True)
        if self.least_width:
            why = f"a range of {self.plural} has two numbers"
            meaning = f" ({self.meaning})" if self.meaning and isinstance(value, str) else ""
            raise refuse(why, f"write it like {self._example('-')}{meaning}")
        either = f"a number like {self.example.low:g}, or a range like {self._example('-')}"
        number = self._end(value, either)
        return Range(number, number)

    def schema(self, text: str) -> dict[str, Any]:
        """Return the JSON Schema of what `read` accepts; it cannot check the order of the ends."""
        end = {"type": "number", "minimum": self.limits.low, "maximum": self.limits.high}
        both = {
            "type": "object",
            "properties": {"min": end, "max": end},
            "required": ["min", "max"],
            "additionalProperties": False,
        }
        written = {
            "type": "string",
            "pattern": f"^{_TEXT.pattern}$",
            "examples": [self._example("-")],
        }
        forms = [both, written] if self.least_width else [end, both, written]
        return {"anyOf": forms, "description": text}

    def _shape_faults(self, value: dict[str, Any]) -> list[Fault]:
        """Return the faults of a mapping that is not exactly min and max."""
        faults = [
            Fault(f"a range of {self.plural} has only min and max",
                  did_you_mean(key, ("min", "max"), "keys"), (key,), on_key=True)
            for key in value if key not in ("min", "max")
        ]  # fmt: skip
        if not {"min", "max"} <= value.keys():
            faults.append(Fault(f"a range of {self.plural} has a min and a max",
                                f"write it like {{min: {self._example(', max: ')}}}"))  # fmt: skip
        return faults

    def _checked(self, value: dict[str, Any], faults: list[Fault], *, parts: bool) -> Range:
        """Return the range of a mapping with min and max; Refusal with the faults.

        parts: the file has min and max as two values, so that a fault can point at one of them.
        """
        ends: dict[str, float] = {}
        for key in ("min", "max"):
            try:
                ends |= {key: self._end(value[key])} if key in value else {}
            except Refusal as refusal:
                like = f"write it like {self._example('-')}"
                faults += [
                    Fault(fault.why, fault.fix, (key,)) if parts else Fault(fault.why, like)
                    for fault in refusal.faults
                ]
        if not faults and ends["min"] > ends["max"]:
            faults.append(Fault("min is more than max", "exchange the two"))
        elif not faults and ends["max"] - ends["min"] < self.least_width:
            faults.append(self._narrow())
        if faults:
            raise Refusal(*faults)
        return Range(ends["min"], ends["max"])

    def _end(self, value: Any, example: str = "a number") -> float:
        low, high = self.limits.low, self.limits.high
        return check_range(value, self.what, low, high, self.unit, example)

    def _narrow(self) -> Fault:
        """Return the fault of a range that is too narrow."""
        return Fault(
            f"a range of {self.plural} is at least {self.least_width:g} wide: music cannot stay "
            "in a narrower one",
            f"write a range like {self._example('-')}",
        )

    def _example(self, between: str) -> str:
        """Return an example of a range as a manifest writes it, with `between` between its ends."""
        return f"{self.example.low:g}{between}{self.example.high:g}"
