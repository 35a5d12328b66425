"""Printing: for people on a terminal, or as JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from chipassets.cli.safe_text import json_text, visible
from chipassets.errors import ChipassetsError, ManifestError, Problem
from chipassets.units import amount_of

if TYPE_CHECKING:
    from rich.console import Console

Said = list[tuple[str, str]]

_heard: Said | None = None
_is_shown = True

# Without a terminal nothing wraps: each line is as long as its text.
_LOG_WIDTH = 240


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints text without markup, and without colours for a file or pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _LOG_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def unheard() -> Iterator[None]:
    """Keep what is printed inside the block, as after `hear`, but show it to nobody."""
    global _heard, _is_shown
    _heard, _is_shown = [], False
    try:
        yield
    finally:
        _heard, _is_shown = None, True


def hear() -> None:
    """Keep, from here on, what is printed."""
    global _heard
    _heard = []


def heard() -> Said | None:
    """Return what was printed since `hear`: the stream's name and the text of each piece.

    None if nobody listened, or if it cannot be printed again in this way.
    """
    return _heard


def forget_heard() -> None:
    """Keep nothing of what was printed: it depends on what a person answered."""
    global _heard
    _heard = None


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    _write("stdout", json_text(value, getattr(sys.stdout, "encoding", None) or "utf-8") + "\n")


def _write(stream: str, text: str) -> None:
    """Write text, and keep it if the output is recorded for a later replay.

    It is out at once: what reads a pipe may wait for it while the command goes on, as for the
    address of the studio.
    """
    if _is_shown:
        out = getattr(sys, stream)
        out.write(text)
        # A closed pipe is told of at the end: what a command has begun it finishes.
        with suppress(BrokenPipeError):
            out.flush()
    if _heard is not None:
        _heard.append((stream, text))


def _print(*lines: Any, stderr: bool = False, **how: Any) -> None:
    """Print what rich lays out."""
    terminal = console(stderr=stderr)
    if terminal.legacy_windows:  # it colours by calls, not by text
        forget_heard()
        for line in lines:
            terminal.print(line, **how)
        return
    with terminal.capture() as laid_out:
        for line in lines:
            terminal.print(line, **how)
    _write("stderr" if stderr else "stdout", laid_out.get())


def print_text(text: str) -> None:
    """Print text on standard output, control characters escaped, with a final newline."""
    shown = visible(text)
    _write("stdout", shown if shown.endswith("\n") else shown + "\n")


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table on standard output."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    # Not rich's own title, which is wrapped to the table's width.
    _print(Text(visible(title), "italic"), soft_wrap=True)
    _print(table)


def print_error(error: ChipassetsError, *, as_json: bool) -> None:
    """Print an expected error: on standard error for people, on standard output as JSON."""
    if as_json:
        print_json({"error": _error_to_json(error)})
    elif isinstance(error, ManifestError):
        for problem in error.problems:
            say((problem.where, "bold"), (f": {problem.found}", ""))
            say((f"  {problem.why}; {problem.fix}", ""))
        say((amount_of(len(error.problems), "problem"), "red"), ("; nothing was written", ""))
    else:
        say(("error:", "red"), (f" {error}", ""))


def say(*parts: tuple[str, str]) -> None:
    """Print a line on standard error, made of pieces of text with their styles."""
    shown = [(visible(text), style) for text, style in parts]
    try:
        from rich.text import Text
    except ModuleNotFoundError:  # Standard error may be what cannot be written to.
        _write("stderr", "".join(text for text, _ in shown) + "\n")
        return
    _print(Text.assemble(*shown), stderr=True, soft_wrap=True)


def _error_to_json(error: ChipassetsError) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, ManifestError):
        found["problems"] = [_problem_to_json(item) for item in error.problems]
    return found | {"exit_code": error.exit_code}


def _problem_to_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON values, its place split into file, line and column."""
    place = problem.where.rsplit(":", 2)
    found: dict[str, Any] = {"where": problem.where, "found": problem.found}
    if len(place) == 3 and place[1].isdigit() and place[2].isdigit():
        found |= {"file": place[0], "line": int(place[1]), "column": int(place[2])}
    return found | {"why": problem.why, "fix": problem.fix}
