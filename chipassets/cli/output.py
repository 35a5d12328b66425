"""Where everything that a command says is printed: people on a terminal, or JSON for machines."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from chipassets.errors import ChipassetsError, ManifestError

if TYPE_CHECKING:
    from rich.console import Console

# Without a terminal nobody scrolls sideways: lines are as long as they need to be.
_LOG_WIDTH = 240


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints plainly where there is no terminal and honours NO_COLOR."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _LOG_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_text(text: str) -> None:
    """Print text as it is on standard output, with a final newline."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table on standard output."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def print_error(error: ChipassetsError, *, as_json: bool) -> None:
    """Print an expected error: on standard error for people, on standard output as JSON."""
    if as_json:
        print_json({"error": _error_to_json(error)})
        return
    terminal = console(stderr=True)
    if isinstance(error, ManifestError):
        for problem in error.problems:
            terminal.print(f"[bold]{_plain(problem.where)}[/bold]: {_plain(problem.found)}")
            terminal.print(f"  {_plain(problem.why)}; {_plain(problem.fix)}")
        count = len(error.problems)
        terminal.print(f"[red]{count} problem{'s' if count > 1 else ''}[/red]; nothing was written")
        return
    terminal.print(f"[red]error:[/red] {_plain(str(error))}")


def _plain(text: str) -> str:
    """Return the text with rich's markup switched off and control characters made visible."""
    visible = "".join(
        char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text
    )
    return visible.replace("[", r"\[")


def _error_to_json(error: ChipassetsError) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, ManifestError):
        found["problems"] = [
            {"where": item.where, "found": item.found, "why": item.why, "fix": item.fix}
            for item in error.problems
        ]
    return found | {"exit_code": error.exit_code}
