"""A path that is no manifest is told so by every command, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, chipassets

__all__ = ["chipassets"]


@pytest.mark.parametrize("path", [".", "..", "/"])
@pytest.mark.parametrize("command", ["build", "plan", "validate"])
def test_a_folder_is_no_manifest(tmp_path: Path, chipassets: Run, command: str, path: str) -> None:
    result = chipassets(command, path)
    assert result.returncode == 2
    assert "a manifest is a YAML file" in result.stderr + result.stdout
    assert not list(tmp_path.iterdir())
