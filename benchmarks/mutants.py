"""How much the tests notice: python -m benchmarks.mutants [--all | --sample 24] [--area shape].

A mutant is one module with one small fault: a comparison, an operator, a condition or a number
changed, or a statement left out. It is killed when a test of its area fails, and survives when none
does. The tests run in a fork that has not imported chipassets, with the fault put into the module
as it is imported: no file changes.

Without --all, the mutants with the lowest hashes are tried, by seed: the same ones each time, and
an edit elsewhere moves none of them in or out. Exit code 1 when fewer are killed than --floor asks.
A survivor may be a fault that no caller can see; most say which test is missing.

`.ci/run` tries a few of shape and selection, whose tests take seconds, against a floor. A scheduled
job is to try all areas: --sample 24 --floor 0.6.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import copy
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[1]
CPU_SECONDS = 120
"""A mutant that makes the tests run for longer is killed: it goes round for ever."""


@dataclass(frozen=True)
class Area:
    """Modules, and the tests that are to notice what goes wrong in them, the quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _room(name: str, *modules: str) -> tuple[str, ...]:
    return tuple(f"chipassets/{name}/{module}.py" for module in modules)


def _files(room: str) -> tuple[str, ...]:
    paths = ROOT.glob(f"chipassets/{room}/*.py")
    return tuple(sorted(str(path.relative_to(ROOT)) for path in paths))


AREAS = {
    "shape": Area(_files("shape"), ("tests/shape",)),
    "selection": Area(
        _room("selection", "moods", "takes", "craft"),
        ("tests/selection", "tests/test_tables.py"),
    ),
    "arrange": Area(
        _room("arrange", "balance", "drum_table", "dynamics", "expression", "articulation"),
        ("tests/test_tables.py", "tests/arrange"),
    ),
    "render": Area(
        _room("render", "cycle", "envelope", "filters", "loudness", "room", "sequencer"),
        ("tests/test_tables.py", "tests/render"),
    ),
    "runtime": Area(
        _room("runtime", "balance", "director", "rules", "saved", "tracks"),
        (
            "tests/test_tables.py",
            *(
                f"tests/runtime/test_{name}.py"
                for name in ("director", "balance", "saved", "values", "library", "director_laws")
            ),
        ),
    ),
    "resolve": Area(
        _room("resolve", "build_plan", "framing", "home_key", "linking"),
        ("tests/resolve", "tests/production/test_links.py"),
    ),
    "decisions": Area(
        _room(
            "decisions", "auditions", "rerolling", "midi_import", "midi_voices", "stored_bar",
            "whole_tracks",
        ),
        ("tests/decisions", "tests/cli/test_takes.py"),
    ),
    "stored": Area(_files("stored"), ("tests/stored", "tests/cli/test_answers.py")),
    "music": Area(
        _room("music", "keys", "lengths", "metrics", "uses"),
        ("tests/test_tables.py", "tests/music"),
    ),
    "chipfiles": Area(
        _room(
            "chipfiles", "famitone", "ft_bank", "grid", "it", "mod", "nsf_player", "spc", "uge",
            "uge_file", "uge_sounds", "vgm",
        ),
        ("tests/chipfiles",),
    ),
    "trackers": Area(
        _files("train/trackers"),
        (
            "tests/train/test_tracker_formats.py",
            "tests/train/test_tracker_sounds.py",
            "tests/train/test_trackers.py",
        ),
    ),
    "bundle": Area(_room("bundle", "files", "names", "place", "store", "swap"), ("tests/bundle",)),
    "compose": Area(
        _room(
            "compose", "bass", "cells", "choosing", "drums", "entries", "fit", "further",
            "harmonies", "harmony", "harmony_rules", "inner", "operators", "phrasing", "piece",
            "planning", "tune",
        ),
        ("tests/test_composed_goldens.py", "tests/compose"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One fault: the module, the number of the node in it, which change of that node, and words."""

    path: str
    node: int
    change: int
    line: int
    said: str
    identity: str


Change = tuple[str, ast.AST]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_REVERSED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.Gt, ast.Gt: ast.Lt, ast.GtE: ast.Lt,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}


def changes(node: ast.AST) -> list[Change]:
    """Return the faults that a node may have: words, and the node that then stands there."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        found = [table.get(type(node.ops[0])) for table in (_COMPARED, _REVERSED)]
        return [_changed(node, ops=[kind()]) for kind in found if kind]
    if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
        return [_changed(node, op=_COMPUTED[type(node.op)]())]
    if isinstance(node, ast.AugAssign) and type(node.op) in _COMPUTED:
        return [_changed(node, op=_COMPUTED[type(node.op)]())]
    if isinstance(node, ast.BoolOp):
        return [_changed(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        return [(ast.unparse(node.operand), node.operand)]
    if isinstance(node, ast.IfExp):
        return [_changed(node, body=node.orelse, orelse=node.body)]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [_changed(node, value=not node.value)]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        step = 1 if isinstance(node.value, int) else node.value / 4 or 0.25
        return [_changed(node, value=node.value + step), _changed(node, value=node.value - step)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLED:
        return [_changed(node, func=ast.Name(_CALLED[node.func.id], ast.Load()))]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [("left out", ast.Pass())]
    return []


def _changed(node: ast.AST, **fields: object) -> Change:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return ast.unparse(other), other


def places(tree: ast.AST, scope: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield every node that may be changed, in order, with the function or class it stands in."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise):
                continue
            is_scope = isinstance(child, ast.FunctionDef | ast.ClassDef)
            yield scope, child
            yield from places(child, f"{scope}.{child.name}" if is_scope else scope)  # type: ignore[attr-defined]


def mutants_of(path: str) -> list[Mutant]:
    """Return every mutant of a module."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found: list[Mutant] = []
    seen: Counter[str] = Counter()
    for number, (scope, node) in enumerate(places(ast.parse(text))):
        for change, (said, _) in enumerate(changes(node)):
            key = f"{path}{scope} {ast.unparse(node)} -> {said}"
            seen[key] += 1
            identity = f"{key} #{seen[key]}"
            line = getattr(node, "lineno", 0)
            words = f"{ast.unparse(node)}  ->  {said}"
            found.append(Mutant(path, number, change, line, words, identity))
    return found


def mutated(mutant: Mutant) -> CodeType:
    """Return the compiled module with the mutant's fault."""
    text = (ROOT / mutant.path).read_text(encoding="utf-8")
    tree = ast.parse(text)
    for number, (_, node) in enumerate(places(tree)):
        if number == mutant.node:
            _, other = changes(node)[mutant.change]
            _Put(node, other).visit(tree)
    return compile(ast.fix_missing_locations(tree), str(ROOT / mutant.path), "exec")


class _Put(ast.NodeTransformer):
    """Puts a node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.copy_location(self._new, node)
        self.generic_visit(node)
        return node


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads one module with its fault."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(ROOT / mutant.path))
        self._code = mutated(mutant)

    def get_code(self, _fullname: str) -> CodeType:
        """Return the module, compiled with its fault."""
        return self._code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with its fault, before it is found without."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self._mutant = mutant

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Loader(fullname, self._mutant)
        return importlib.util.spec_from_file_location(
            fullname, ROOT / self._mutant.path, loader=loader
        )


def tried(mutants: Sequence[tuple[Area, Mutant]], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant, as its tests end, and whether they all passed with its fault."""
    waiting, running = list(reversed(mutants)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            area, mutant = waiting.pop()
            child = os.fork()
            if not child:
                code = _run(mutant, area.tests)
                atexit._run_exitfuncs()
                os._exit(code)
            running[child] = mutant
        child, status = os.wait()
        yield running.pop(child), os.waitstatus_to_exitcode(status) == 0


def _run(mutant: Mutant, tests: Sequence[str]) -> int:
    import pytest

    if any(name.split(".")[0] == "chipassets" for name in sys.modules):
        return 0  # told as a survivor: the tests would run without the fault
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    sys.meta_path.insert(0, _Finder(mutant))
    there = [str(ROOT / test) for test in tests if (ROOT / test).exists()]
    options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = int(pytest.main([*options, f"--rootdir={ROOT}", *there]))
    if code not in (0, 1, 2):  # passed, failed, or not even collected
        sys.__stderr__.write(said.getvalue())  # type: ignore[union-attr]
    return code


def chosen(names: Sequence[str], sample: int | None, seed: int) -> list[tuple[Area, Mutant]]:
    """Return the mutants to try: all of the areas, or `sample` of each by hash with the seed."""
    found: list[tuple[Area, Mutant]] = []
    for name in names:
        area = AREAS[name]
        own = [mutant for path in area.modules for mutant in mutants_of(path)]
        if sample is not None:
            own.sort(key=lambda one: hashlib.sha256(f"{seed} {one.identity}".encode()).digest())
        found += [(area, mutant) for mutant in own[:sample]]
    return found


def main() -> int:
    """Try mutants, print those that survive, and compare with the floor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--area", action="append", choices=AREAS, help="only this area")
    parser.add_argument("--all", action="store_true", help="every mutant, for hours")
    parser.add_argument("--sample", type=int, default=4, help="mutants of each area (4)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants these are (0)")
    parser.add_argument("--floor", type=float, default=0.0, help="the share that must be killed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    import hypothesis  # noqa: F401 - what every fork needs is imported once
    import numpy as np  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401

    os.chdir(ROOT)
    sample = None if options.all else options.sample
    mutants = chosen(options.area or list(AREAS), sample, options.seed)
    survivors = 0
    for mutant, survived in tried(mutants, options.jobs):
        survivors += survived
        told = "survives" if survived else "killed  "
        print(f"{told} {mutant.path}:{mutant.line}: {mutant.said}", flush=True)
    share = 1 - survivors / max(len(mutants), 1)
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants killed: {share:.0%}")
    return 1 if share < options.floor else 0


if __name__ == "__main__":
    sys.exit(main())
