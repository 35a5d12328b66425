"""Findings in the formats of CI systems (GitHub, JUnit, SARIF), and dependencies for Make."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chipassets import __version__
from chipassets.cli.output import print_text
from chipassets.errors import ChipassetsError, ManifestError

_SARIF_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


class ReportFormat(StrEnum):
    """The values of --format."""

    TEXT = "text"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


Format = Annotated[
    ReportFormat, typer.Option("--format", help="For a CI: annotations, JUnit XML or SARIF.")
]


WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: the file, line and column (from 1; 0 for the whole file), and what is wrong.

    rule: a word for the kind of finding. level: error or warning.
    """

    file: str
    message: str
    rule: str
    line: int = 0
    column: int = 0
    level: str = "error"


@dataclass(slots=True)
class Findings:
    """What a command found, and the exit code to end with."""

    command: str
    file: str
    items: list[Found] = field(default_factory=list)
    exit_code: int = 0

    def add(self, found: Found, exit_code: int = 1) -> None:
        """Add a finding; `exit_code` counts unless an earlier finding set one."""
        self.items.append(found)
        self.exit_code = self.exit_code or exit_code

    def warn(self, found: Found) -> None:
        """Add a finding as a warning, which leaves the exit code as it is."""
        self.items.append(replace(found, level=WARNING))

    @property
    def errors(self) -> list[Found]:
        """The findings that are no warnings."""
        return [found for found in self.items if found.level != WARNING]


@contextmanager
def report_as(form: ReportFormat, command: str, file: Path) -> Iterator[Findings]:
    """Collect findings and errors, print them in the format, and exit with their exit code."""
    findings = Findings(command, file.as_posix())
    try:
        yield findings
    except ManifestError as error:
        for problem in error.problems:
            name, line, column = place_of(problem.where)
            message = f"{problem.found}: {problem.why}; {problem.fix}"
            findings.add(Found(name, message, "manifest", line, column), error.exit_code)
    except ChipassetsError as error:
        rule = type(error).__name__.removesuffix("Error").lower()
        findings.add(Found(findings.file, str(error), rule), error.exit_code)
    print_text(_FORMATS[form](findings))
    if findings.exit_code:
        raise typer.Exit(findings.exit_code)


def place_of(where: str) -> tuple[str, int, int]:
    """Return the file, line and column of `file:line:column`; 0 for a number that is missing."""
    parts = where.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return parts[0], int(parts[1]), int(parts[2])
    return where, 0, 0


def github(findings: Findings) -> str:
    """Return workflow commands, which GitHub shows as annotations of the lines."""
    lines = []
    for found in findings.items:
        fields = {"file": found.file, "line": found.line, "col": found.column}
        fields["title"] = f"chipassets {findings.command}"
        said = ",".join(f"{name}={_escaped(str(v), ':,')}" for name, v in fields.items() if v)
        lines.append(f"::{found.level} {said}::{_escaped(found.message)}")
    count = len(findings.items)
    lines.append(f"{findings.file}: {count} found" if count else f"{findings.file}: fine")
    return "\n".join(lines)


def _escaped(text: str, more: str = "") -> str:
    """Return the text for a workflow command: characters that end a line or a field become %XX."""
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def junit(findings: Findings) -> str:
    """Return JUnit XML: a failed case for each error, or one passed case if there are none.

    Warnings are the output of the suite.
    """
    suite = f"chipassets {findings.command}"
    cases = []
    for found in findings.errors:
        name = f"{found.file}:{found.line}:{found.column}" if found.line else found.file
        place = f" file={_attribute(found.file)} line={_attribute(str(found.line or 1))}"
        failure = f"<failure type={_attribute(found.rule)} message={_attribute(found.message)}/>"
        head = f"<testcase classname={_attribute(suite)} name={_attribute(name)}{place}>"
        cases.append(f"    {head}{failure}</testcase>")
    if not cases:
        cases = [f"    <testcase classname={_attribute(suite)} name={_attribute(findings.file)}/>"]
    counts = f'tests="{len(cases)}" failures="{len(findings.errors)}" errors="0"'
    warned = "\n".join(found.message for found in findings.items if found.level == WARNING)
    if warned:
        cases.append(f"    <system-out>{_text(warned)}</system-out>")
    body = "\n".join(cases)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<testsuites {counts}>\n  <testsuite name={_attribute(suite)} {counts}>\n{body}\n"
        "  </testsuite>\n</testsuites>"
    )


def _text(text: str) -> str:
    """Return the text for the body of an XML element; lines stay."""
    from xml.sax.saxutils import escape

    return escape("".join(char if char.isprintable() or char == "\n" else " " for char in text))


def _attribute(text: str) -> str:
    """Return the text as an XML attribute, in quotes."""
    # Imported here: it imports an HTTP client, and few commands need it.
    from xml.sax.saxutils import quoteattr

    # XML has no way to write most control characters.
    return quoteattr("".join(char if char.isprintable() else " " for char in text))


def sarif(findings: Findings) -> str:
    """Return SARIF 2.1.0, which GitHub's code scanning reads."""
    rules = sorted({found.rule for found in findings.items})
    results = [
        {
            "ruleId": found.rule,
            "level": found.level,
            "message": {"text": found.message},
            "locations": [{"physicalLocation": _location(found)}],
        }
        for found in findings.items
    ]
    driver = {
        "name": "chipassets",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
    }
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    document = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2)


def _location(found: Found) -> dict[str, object]:
    """Return where a problem was found, in SARIF's form."""
    from urllib.parse import quote

    place: dict[str, object] = {
        "artifactLocation": {"uri": quote(os.fsencode(Path(found.file).as_posix()))}
    }
    if found.line:
        place["region"] = {"startLine": found.line, "startColumn": max(found.column, 1)}
    return place


_FORMATS = {ReportFormat.GITHUB: github, ReportFormat.JUNIT: junit, ReportFormat.SARIF: sarif}


def track_place(manifest: Path, message: str) -> tuple[int, int]:
    """Return line and column of the first track that a message names; (0, 0) if it names none."""
    import re

    named = re.search(r"track '([a-z][a-z0-9_-]*)'", message)
    if named is None:
        return 0, 0
    text = manifest.read_text(encoding="utf-8", errors="replace")
    at = re.search(rf"^([ \t]+)(?:\"|')?{re.escape(named[1])}(?:\"|')?\s*:", text, re.MULTILINE)
    if at is None:
        return 0, 0
    return text.count("\n", 0, at.start()) + 1, len(at[1]) + 1


def depfile(target: Path, inputs: list[Path]) -> str:
    """Return a Make rule, which Ninja reads too: the target and the files that it depends on."""
    words = " \\\n  ".join(_make_word(path) for path in inputs)
    return f"{_make_word(target)}: {words}\n"


def _make_word(path: Path) -> str:
    text = path.as_posix().replace("$", "$$").replace("#", "\\#")
    return text.replace(" ", "\\ ")
