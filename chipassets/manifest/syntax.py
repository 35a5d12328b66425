"""YAML syntax errors, reworded, at the place where an editor shows them."""

from __future__ import annotations

import re

import yaml

from chipassets.errors import Problem
from chipassets.manifest.refusal import shortened

# Parts of the YAML parser's messages, each with the message and the advice for the user.
_ADVICE: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a ':' stands where none can",
     "put quotes around text that holds ': ', and check the indentation"),
    ("cannot start any token", "this character cannot start a value",
     "indent with spaces, not tabs, and put quotes around text that starts with a sign"),
    ("could not find expected ':'", "a key without its ':'",
     "write key: value, with a space after the colon"),
    ("expected <block end>", "the indentation does not fit the lines above",
     "put the keys of one mapping in the same column"),
    ("did not find expected key", "the indentation does not fit the lines above",
     "put the keys of one mapping in the same column"),
    ("did not find expected '-'", "the indentation does not fit the lines above",
     "put the dashes of one list in the same column"),
    ("',' or ']'", "a list is not closed", "close it with ]"),
    ("',' or '}'", "a mapping is not closed", "close it with }"),
    ("unexpected end of stream", "a text in quotes is not closed", "add the closing quote"),
    ("block sequence entries are not allowed", "a '-' stands where no list can start",
     "put each '- item' on a line of its own, or the text in quotes"),
    ("unknown escape", "an escape that YAML does not know",
     "use 'single quotes', in which a backslash is itself"),
)  # fmt: skip

_CONFLICT = re.compile(r"(?:<{7}|>{7})(?: |$)")
"""The first and the last line of a conflict, as git writes them."""


def syntax_problem(error: yaml.MarkedYAMLError, name: str, text: str) -> Problem:
    """Return the parser's error as a Problem with line and column in the file `name`."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    said = error.problem or error.context or "unreadable"
    lines = text.splitlines()
    for number, written in enumerate(lines):
        if _CONFLICT.match(written):
            return Problem(
                f"{name}:{number + 1}:1", f"'{shortened(written)}'",
                "a merge left conflict markers here",
                "keep one side of each conflict, and delete the lines with markers",
            )  # fmt: skip
    here = lines[line].strip() if line < len(lines) else ""
    found = f"'{shortened(here)}'" if here else "the end of the file"
    for part, why, fix in _ADVICE:
        if part in said:
            return Problem(f"{name}:{line + 1}:{column + 1}", found, f"{why} (YAML)", fix)
    return Problem(
        f"{name}:{line + 1}:{column + 1}", found, f"it is not YAML ({shortened(said)})",
        "write lists as '- item' and mappings as 'key: value'",
    )  # fmt: skip
