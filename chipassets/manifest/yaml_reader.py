"""Reads YAML bytes into a Document of plain data, with the place of every value, in bounded time.

The file is read as a stream of parser events and never by recursion, so that deep nesting and
multiplying aliases cost no more than the file's length.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml

from chipassets.errors import ManifestError, Problem
from chipassets.manifest.builder import Builder
from chipassets.manifest.document import Document, Mark
from chipassets.manifest.refusal import shortened
from chipassets.manifest.syntax import syntax_problem

MAX_BYTES = 1 << 20

# All characters that YAML forbids, and the line breaks of YAML 1.1 only: editors do not count
# them as line ends, so line numbers would differ.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(data: bytes, name: str) -> tuple[Document, list[Problem]]:
    """Return the values of the YAML text and the refused values that did not stop the reading.

    ManifestError, with everything found so far, if reading cannot go on. `name` is the file's name
    in messages.
    """
    text = _decoded(data, name)
    builder = Builder(name)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.problems.append(syntax_problem(error, name, text))
        raise ManifestError(tuple(builder.problems)) from None
    except yaml.YAMLError as error:
        builder.stop(Mark(1, 1), "the file", f"it is not YAML ({shortened(str(error))})", _START)
    return builder.document(), builder.problems


_START = "start again from the manifest that `chipassets init` writes"


def _decoded(data: bytes, name: str) -> str:
    """Return the text without a byte order mark; ManifestError if it is not valid UTF-8."""
    if len(data) > MAX_BYTES:
        _refuse(name, Mark(1, 1), f"a file of more than {MAX_BYTES:,} bytes",
                "no manifest is that long", "check that the path names the manifest")  # fmt: skip
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        _refuse(name, _mark_after(before), f"the byte 0x{data[error.start]:02X}",
                "a manifest is UTF-8 text", "save the file as UTF-8")  # fmt: skip
    if match := _FORBIDDEN.search(text):
        _refuse(name, _mark_after(text[: match.start()]),
                f"the character U+{ord(match.group()):04X}",
                "a manifest holds no control characters", "delete it")  # fmt: skip
    return text


def _mark_after(text: str) -> Mark:
    """Return the place after the last character."""
    lines = re.split("\r\n|\r|\n", text)
    return Mark(len(lines), len(lines[-1]) + 1)


def _refuse(name: str, mark: Mark, found: str, why: str, fix: str) -> NoReturn:
    raise ManifestError((Problem(f"{name}:{mark.line}:{mark.column}", found, why, fix),))
