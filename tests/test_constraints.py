"""The exact versions: one list for pip and for uv, of everything that a build depends on."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from chipassets import __version__

ROOT = Path(__file__).parents[1]


def written() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def needed_by(package: str) -> set[str]:
    """The packages that one needs without its extras, and theirs."""
    found: set[str] = set()
    left = [package]
    while left:
        for line in metadata.requires(left.pop()) or []:
            asked = Requirement(line)
            name = asked.name.lower().replace("_", "-")
            here = asked.marker is None or asked.marker.evaluate({"extra": ""})
            if not here or name in found:
                continue  # for another system, another Python, or an extra
            found.add(name)
            left.append(name)
    return found


def test_pip_and_uv_read_the_same_exact_versions() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["uv"]["constraint-dependencies"] == written()
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", line) for line in written())


def test_everything_that_a_build_needs_has_an_exact_version() -> None:
    names = {line.partition("==")[0] for line in written()}
    needed = needed_by("chipassets")
    assert "numpy" in needed
    assert "cffi" in needed, "what soundfile needs counts too"
    assert needed <= names


def test_the_package_says_the_version_that_is_released() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["version"] == __version__
    released = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {__version__}\n" in released
