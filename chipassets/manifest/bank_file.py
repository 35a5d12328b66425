"""`instruments: {file: bank.yaml}`: custom instruments in a file of their own, to share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chipassets.errors import ManifestError, Problem
from chipassets.manifest.document import Document
from chipassets.manifest.inside import file_inside
from chipassets.manifest.instruments import check_root, read_instrument
from chipassets.manifest.problems import Report
from chipassets.manifest.reads import Context
from chipassets.manifest.refusal import Fault, Refusal, shown
from chipassets.manifest.words import read_name
from chipassets.manifest.yaml_reader import MAX_BYTES, read_document

BANK_SUFFIXES = (".yaml", ".yml")
_PART, _FILE = "instruments", "file"


@dataclass(frozen=True, slots=True)
class Banked:
    """A document with the instruments of the file that it names among its own.

    names: all instruments, refused ones too, so that a track may name them. problems: those of the
    file, at its own lines. faults: those of the key that names it.
    """

    document: Document
    names: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    faults: tuple[Fault, ...] = ()


def with_bank(document: Document, context: Context) -> Banked:
    """Return the document with the instruments of its `file`, if `instruments` names one.

    An entry `file` that is no text is an instrument of that name.
    """
    own = document.values.get(_PART)
    if not isinstance(own, dict):
        return Banked(document, ())
    if not isinstance(own.get(_FILE), str):
        return Banked(document, tuple(own))
    rest = {name: value for name, value in own.items() if name != _FILE}
    bank: dict[str, Any] = {}
    names: tuple[str, ...] = ()
    problems: list[Problem] = []
    faults: list[Fault] = []
    try:
        bank, names, problems = _read(own[_FILE], context)
    except Refusal as refusal:
        faults += refusal.faults
    faults += [
        Fault(f"an instrument {name!r} is in this file and in the manifest", "rename one of them")
        for name in rest
        if name in names
    ]
    found = f"the file of instruments {shown(own[_FILE])}"
    return Banked(
        replace(document, values={**document.values, _PART: {**bank, **rest}}),
        tuple(dict.fromkeys((*names, *rest))),
        tuple(problems),
        tuple(replace(fault, found=found) for fault in faults),
    )


def _read(name: str, context: Context) -> tuple[dict[str, Any], tuple[str, ...], list[Problem]]:
    """Return the file's valid instruments, all names and the problems; Refusal without a file."""
    if not name.lower().endswith(BANK_SUFFIXES):
        raise Refusal(Fault("a file of instruments is YAML", "write a path like sounds/bank.yaml"))
    path = file_inside(context.folder, name)
    where = str(Path(context.folder, name))
    try:
        with path.open("rb") as file:
            whole, problems = read_document(file.read(MAX_BYTES + 1), where)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise Refusal(
            Fault(f"the file cannot be read: {reason}", "check its permissions")
        ) from None
    except ManifestError as error:
        return {}, (), [_reworded(problem) for problem in error.problems]
    report = Report(whole, where)
    found: dict[str, Any] = {}
    for key, value in whole.values.items():
        try:
            read_name(key, context)
            read_instrument(value, context)
            check_root(key, value)
        except Refusal as refusal:
            for fault in refusal.faults:
                report.add((key,), fault)
        else:
            found[key] = value
    return found, tuple(map(str, whole.values)), problems + report.problems()


def _reworded(problem: Problem) -> Problem:
    """Return the problem of a file that is no mapping in words that fit a file of instruments."""
    if not problem.why.startswith("a manifest is"):
        return problem
    why = "a file of instruments is a mapping of names to macros"
    return replace(problem, why=why, fix="write lines like horn: {volume: [15, 12, 9]}")
