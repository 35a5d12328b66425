"""The values of plain scalars by the core schema of YAML 1.2, in which `on` and `1:30` are text."""

from __future__ import annotations

import re

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NOT_A_NUMBER = frozenset((".nan", ".NaN", ".NAN"))

MAX_DIGITS = 100
"""Longer numbers are refused: nothing needs them, and converting them takes long."""


def plain_value(text: str) -> str | int | float | bool | None:
    """Return the value of a plain scalar (YAML 1.2.2, section 10.3.2); ValueError if too long."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _NOT_A_NUMBER:
        return float("nan")
    if _INFINITE.fullmatch(text):
        return float("-inf") if text[0] == "-" else float("inf")
    return _number(text)


def _number(text: str) -> str | int | float:
    """Return the number that YAML reads in a text, or the text."""
    for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            return int(_short(text), base)
    return float(_short(text)) if _FLOAT.fullmatch(text) else text


def _short(digits: str) -> str:
    """Return the digits without prefix; ValueError if there are too many."""
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} characters")
    return digits.removeprefix("0o").removeprefix("0x")
