"""What every test may use: text goldens, and the flag that renews them."""

from __future__ import annotations

import atexit
import difflib
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer.main
import typer.testing
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadGroupScheduling

# One thread a process, as in a build's workers: another number may add in another order.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Tests start many interpreters, which would all compile the same modules anew where the environment
# keeps Python from writing bytecode, as containers' often does.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# No test finds what an earlier one has composed: each that builds has a cache of its own.
os.environ["CHIPASSETS_CACHE"] = tempfile.mkdtemp(prefix="chipassets-test-cache-")
atexit.register(shutil.rmtree, os.environ["CHIPASSETS_CACHE"], ignore_errors=True)

# Typer makes its commands anew from their signatures at each call, in a tenth of a second.
typer.main.get_command = cache(typer.main.get_command)
vars(typer.testing)["_get_command"] = typer.main.get_command

GOLDEN_DIR = Path(__file__).parent / "golden"

# One seed and no deadline: a slow machine must not fail a law, and a run must be repeatable. More
# examples, and others each time, come with pytest --hypothesis-profile=thorough.
settings.register_profile(
    "chipassets",
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("chipassets")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden texts")
    parser.addoption("--fuzz-seconds", type=float, default=60.0, help="of all -m fuzz together")
    parser.addoption("--fuzz-seed", type=int, default=0, help="which inputs -m fuzz makes")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of cores, and one more for slow tests: engines mostly wait for sound."""
    return (os.cpu_count() or 1) + (not str(config.option.markexpr).startswith("not slow"))


class _ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """Gives a worker whole files: their tests share what a file's fixtures and caches hold."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if group == nodeid else group


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    """Spread the default suite by file; slow tests, and those of named files, one by one."""
    is_default = str(config.option.markexpr).startswith("not slow")
    are_folders = all(Path(place).is_dir() for place in config.args)
    return _ByFile(config, log) if is_default and are_folders else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI every judge must sit: a test that was skipped there fails the run."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} tests were skipped; on CI none may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests in a browser, and most cases of what is marked `default_cases`, to slow runs."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        elif item.get_closest_marker("default_cases"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for found in cases.values():
        (count,) = found[0].get_closest_marker("default_cases").args  # type: ignore[union-attr]
        # Multiples of the golden ratio lie evenly: each value of a product of parameters comes.
        order = sorted(range(len(found)), key=lambda place: place * (5**0.5 - 1) / 2 % 1)
        for place in order[count:]:
            found[place].add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage among thousands of tests, and leave them out of later collections."""
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()


@cache
def _session_folder(base: Path, name: str) -> Path:
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    (shared / name).mkdir(exist_ok=True)
    return shared / name


def session_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return a folder that all workers of this session share."""
    return _session_folder(factory.getbasetemp(), name)


@pytest.fixture(autouse=True)
def _own_cache_and_shared_takes(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Give the test a cache of its own; what the same plan gives is made once a session."""
    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path_factory.getbasetemp() / uuid4().hex))
    if not request.node.get_closest_marker("composes_anew"):
        share_takes(tmp_path_factory, monkeypatch)


def share_takes(factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let builds find what any test of this session has sampled, composed and rendered.

    They start no worker processes; see tests/made_once.py and tests/in_this_process.py.
    """
    if "chipassets.compose.material" not in sys.modules:
        return
    for module, name, shared in _replacements(session_folder(factory, "made")):
        if f"chipassets.{module}" in sys.modules:
            monkeypatch.setattr(sys.modules[f"chipassets.{module}"], name, shared)


@cache
def _replacements(folder: Path) -> tuple[tuple[str, str, Callable[..., Any]], ...]:
    """Return the modules and names of what is made once, with what stands in its place."""
    from tests import made_once
    from tests.in_this_process import run_here

    render = made_once.rendered_once(folder)
    return (
        ("compose.material", "sample", made_once.sampled_once(folder)),
        ("production.casting", "compose_with_costs", made_once.composed_once(folder)),
        ("production.produce", "render_track", render),
        ("decisions.rendered", "render_track", render),
        ("production.workers", "run_tasks", run_here),
    )


Golden = Callable[[str, str], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with tests/golden/NAME; a missing golden fails unless it is being renewed."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN_DIR / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"no golden {name}; write it with pytest --update-golden"
        expected = path.read_text(encoding="utf-8")
        if text != expected:
            pytest.fail(f"{name} changed (renew with --update-golden):\n{_diff(expected, text)}")

    return compare


@pytest.fixture
def versioned_golden(request: pytest.FixtureRequest, golden: Golden) -> Golden:
    """Compare a text that composing decides with tests/golden/NAME, under its versions.

    The first line of such a golden says under which versions it was written. A text that changed
    under the same versions is not renewed: then neither would builds be, and `--check` would call
    them up to date.
    """

    def compare(name: str, text: str) -> None:
        path, versions = GOLDEN_DIR / name, versions_line()
        if path.is_file():
            check_renewal(name, path.read_text(encoding="utf-8"), versions, text)
        golden(name, f"{versions}\n{text}")

    return compare


def versions_line() -> str:
    """Return the first line of a versioned golden."""
    from chipassets.compose.version import COMPOSE_VERSION
    from chipassets.versions import SHAPE_VERSION, TAKES_VERSION

    return f"# COMPOSE {COMPOSE_VERSION}, SHAPE {SHAPE_VERSION}, TAKES {TAKES_VERSION}"


def check_renewal(name: str, kept: str, versions: str, text: str) -> None:
    """Fail where a text changed and its versions did not."""
    before, _, body = kept.partition("\n")
    if before == versions and body != text:
        pytest.fail(
            f"{name} changed under unchanged versions ({versions[2:]}), so no build would be "
            "composed anew: raise COMPOSE_VERSION, SHAPE_VERSION or TAKES_VERSION, and renew it "
            f"with --update-golden:\n{_diff(body, text)}"
        )


def _diff(expected: str, text: str) -> str:
    lines = difflib.unified_diff(
        expected.splitlines(), text.splitlines(), "golden", "now", lineterm=""
    )
    return "\n".join(lines)
