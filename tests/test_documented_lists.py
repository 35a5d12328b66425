"""What the documents list is what the tables hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from chipassets.engines import EXPORTERS
from chipassets.manifest.engines import ENGINES
from chipassets.manifest.starter import starter_manifest
from chipassets.plan.formats import FORMATS
from chipassets.plan.presets import MOODS, SCENES

ROOT = Path(__file__).parents[1]


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def between(text: str, start: str, end: str) -> str:
    assert start in text, start
    return text.split(start, 1)[1].split(end, 1)[0]


def test_chipfiles_md_has_a_row_for_each_format_of_a_chip() -> None:
    text = (ROOT / "docs/chipfiles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ((?:`[\w-]+`(?:, )?)+) \|", text, re.MULTILINE)
    assert {name: quoted(chips) for name, chips in rows} == {
        name: set(form.chips) for name, form in FORMATS.items() if form.chips
    }


def test_the_starter_lists_every_scene_mood_and_format() -> None:
    starter = starter_manifest("Quest")
    assert max(map(len, starter.splitlines())) <= 100
    assert words(between(starter, "one of these scenes:", ".\n")) == list(SCENES)
    assert words(between(starter, "counts most:", "key:")) == list(MOODS)
    formats = between(starter, "# formats: [ogg, midi]", "# loudness")
    assert words(formats) == [name for name in FORMATS if name not in ("ogg", "midi")]


def test_every_engine_has_an_exporter_and_a_row_in_engines_md() -> None:
    text = (ROOT / "docs/engines.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\[`[^|]+) \|", text, re.MULTILINE)
    assert tuple(EXPORTERS) == ENGINES
    assert {name for row in rows for name in quoted(row)} >= set(ENGINES)


def words(text: str) -> list[str]:
    """Return the names in a list in a comment: `,`, `or`, `and` and line starts stand between."""
    return [word for word in re.findall(r"[a-z][a-z0-9_]*", text) if word not in ("or", "and")]


def test_architecture_md_lists_the_floors_of_the_import_contract() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    floors = next(c["layers"] for c in contracts if c.get("containers") == ["chipassets"])
    rows = re.findall(r"^\| (`[^|]+) \|", between(text, "| floor |", "\n## "), re.MULTILINE)
    assert [quoted(row) for row in rows] == [set(floor.split(" | ")) for floor in floors]


def test_files_that_architecture_md_names_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = {name for name in quoted(text.replace("```", "")) if name.endswith(".py")}
    assert len(named) > 15
    known = (ROOT / "chipassets", ROOT)
    assert not {n for n in named if not any((top / n).is_file() for top in known)} - {"produce.py"}
