"""Numbers in a range, and truth values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import WRITTEN, Refusal, refuse
from chipassets.manifest.scalars import plain_value

MAX_SEED = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""


_LONGEST_NUMBER = 50


def is_number(value: object) -> bool:
    """Return whether the value is a finite number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_range(
    value: Any, what: str, low: float, high: float, unit: str = "", example: str = "a number"
) -> float:
    """Return the number; Refusal, which calls it `what`, unless it is from `low` to `high`.

    example: what to write in the place of another value than a number.
    """
    why = f"{what} is a number{unit} from {low:g} to {high:g}"
    if isinstance(value, str):
        inner = value[:_LONGEST_NUMBER].split(" ")[0]
        if is_number(plain_value(inner)):
            raise refuse(why, f"write just {inner}, without quotes and unit")
    if not is_number(value) or not low <= value <= high:
        nearest = min(max(value, low), high) if is_number(value) else None
        raise refuse(why, f"write {example if nearest is None else f'{nearest:g}'}")
    return float(value)


@dataclass(frozen=True, slots=True)
class Named:
    """Annotation of a number in a range: its name in messages. The bounds are those of its Field.

    pydantic checks type and bounds and describes them to editors; this class rewords its errors.
    """

    what: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        number = handler(source)
        bounds = cast(Mapping[str, float], number)

        def validate(value: Any, check: core_schema.ValidatorFunctionWrapHandler) -> object:
            try:
                return check(value)
            except ValidationError:
                raise self._refusal(value, bounds["ge"], bounds["le"], source) from None

        return core_schema.no_info_wrap_validator_function(validate, number)

    def _refusal(self, value: Any, low: float, high: float, kind: type) -> Refusal:
        """Return why a number is refused, in the field's own words."""
        if kind is float:
            try:
                check_range(value, self.what, low, high)
            except Refusal as refusal:
                return refusal
        why = f"{self.what} is a whole number from {low} to {high}"
        if isinstance(value, bool) or not isinstance(value, int):
            return refuse(why, "write a whole number, without quotes and point")
        return refuse(why, f"write {min(max(value, low), high)}")


def read_truth(value: Any, _: Context) -> bool:
    """Return true or false; Refusal, suggesting true for yes or on, for anything else."""
    if isinstance(value, bool):
        return value
    meant = str(value).lower()
    if meant in ("yes", "on", "y", "1", "true"):
        raise refuse("the value is true or false", "write true")
    if meant in ("no", "off", "n", "0", "false"):
        raise refuse("the value is true or false", "write false")
    raise refuse(f"{WRITTEN} is neither true nor false", "write true or false")


Seed = Annotated[
    int,
    Field(strict=True, ge=0, le=MAX_SEED, description="The same seed gives the same music."),
    Named("a seed"),
]
Takes = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=256,
        description="How many candidates are composed; the best is kept. Default 16.",
    ),
    Named("takes"),
]
Temperature = Annotated[
    float,
    Field(
        strict=True,
        allow_inf_nan=False,
        ge=0.1,
        le=4.0,
        description="Below 1 the model is more predictable, above 1 less. Default 1.",
    ),
    Named("temperature"),
]
Chromatic = Annotated[
    float,
    Field(
        strict=True,
        allow_inf_nan=False,
        ge=0.0,
        le=1.0,
        description="The largest share of notes outside scale and chords. Default 0.08.",
    ),
    Named("chromatic, a share of the notes,"),
]


def truth(text: str) -> Reads:
    """Return the annotation of a truth value with this description."""
    return Reads(read_truth, {"type": "boolean", "description": text})
