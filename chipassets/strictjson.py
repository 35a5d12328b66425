"""JSON that anybody may have written: finite numbers and whole characters, or a ValueError."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def loads(data: str | bytes, *, infinite: bool = False) -> Any:
    """Return the value of a JSON text; ValueError for what `json.loads` lets through or trips over.

    That is NaN, infinities and numbers beyond a float, halves of characters (lone surrogates),
    which no file can hold afterwards, and values nested deeper than Python counts. With `infinite`
    numbers that are none pass, as in files of our own that hold losses.
    """
    text = data if isinstance(data, str) else data.decode("utf-8-sig")
    try:
        if infinite:
            value = json.loads(text)
        else:
            value = json.loads(text, parse_float=_finite, parse_constant=_refuse)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half a character (a lone surrogate)") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
