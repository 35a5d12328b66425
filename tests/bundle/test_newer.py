"""A bundle of a newer chipassets: what was added is ignored, a newer format is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipassets.bundle import FORMAT, find_faults, read_index
from chipassets.errors import CheckError
from chipassets.runtime import Library, LibraryError
from tests.bundle.tiny import write_tiny

BY_NAME = ("metrics", "files", "album")
"""Objects whose keys are names, not keys of the format."""


def with_news(value: Any) -> Any:
    """The JSON with a key more in every object."""
    if isinstance(value, list):
        return [with_news(item) for item in value]
    if isinstance(value, dict):
        found = {
            key: {name: with_news(part) for name, part in item.items()}
            if key in BY_NAME
            else with_news(item)
            for key, item in value.items()
        }
        return {**found, "added_later": {"x": [1]}}
    return value


@pytest.mark.parametrize("beats", ["1e999", "1e308", "NaN", "1001", "1" + "0" * 400])
def test_bars_of_endless_length_are_refused(tmp_path: Path, beats: str) -> None:
    write_tiny(tmp_path / "bundle", {"town": b"no sound"})
    path = tmp_path / "bundle/bundle.json"
    path.write_text(path.read_text().replace('"beats_per_bar": 4', f'"beats_per_bar": {beats}'))
    with pytest.raises(CheckError, match="beats_per_bar"):
        read_index(tmp_path / "bundle")


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(with_news(json.loads(path.read_text())) | changes))


def test_keys_that_were_added_are_ignored(tmp_path: Path) -> None:
    write_tiny(tmp_path / "bundle", {"town": b"no sound"})
    before = read_index(tmp_path / "bundle")
    rewrite(tmp_path / "bundle")
    assert read_index(tmp_path / "bundle") == before
    assert find_faults(tmp_path / "bundle", before.files()) == []
    assert [track.name for track in Library.open(tmp_path / "bundle").tracks] == ["town"]


def test_a_newer_format_is_refused_by_its_number(tmp_path: Path) -> None:
    write_tiny(tmp_path / "bundle", {"town": b"no sound"})
    rewrite(tmp_path / "bundle", format=FORMAT + 1)
    with pytest.raises(CheckError, match=f"format {FORMAT + 1}; .*update chipassets"):
        read_index(tmp_path / "bundle")
    with pytest.raises(LibraryError, match=f"format {FORMAT + 1} .*update the runtime"):
        Library.open(tmp_path / "bundle")
