"""Makes text safe to print: escapes control characters and what the stream's encoding lacks."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from typing import IO, Any

_DOUBTFUL = re.compile(r"[^ -~\n\t]")

_JOINERS = "\u200c\u200d"
"""Joiners that shape letters and emoji; all other format characters are escaped."""


def visible(text: str) -> str:
    """Return the text with control characters, direction overrides and lone surrogates escaped.

    A name may hold ESC and OSC, which move the cursor or set the clipboard, or U+202E, which
    reverses the text behind it. Line feeds and tabs stay.
    """
    return _DOUBTFUL.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    char = found.group()
    return char if _is_harmless(char) else char.encode("unicode_escape").decode()


def json_text(value: Any, encoding: str | None) -> str:
    """Return the value as JSON, indented by two blanks; escapes what the encoding cannot hold."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return json.dumps(value, indent=2)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(char if char == "\n" or _is_harmless(char) else _json(char) for char in text)


def prepare_streams() -> None:
    """Make standard output and error accept any text: what their encoding lacks is escaped.

    A stream that was closed before the start is replaced by the null device.
    """
    for name in ("stdout", "stderr"):
        stream: IO[str] | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif callable(reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(errors="backslashreplace")


def _is_harmless(char: str) -> bool:
    """Return whether a character may be printed as it is."""
    if char.isprintable() or char in _JOINERS:
        return True
    return unicodedata.category(char) == "Zs"


def _json(char: str) -> str:
    """Return the character as a JSON escape; `json.dumps` leaves DEL, which terminals obey."""
    return r"\u007f" if char == "\x7f" else json.dumps(char)[1:-1]
