"""What the documents list is what the tables hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from chipassets.chips.profiles import CHIPS
from chipassets.engines import EXPORTERS
from chipassets.manifest.engines import ENGINES
from chipassets.manifest.starter import starter_manifest
from chipassets.plan.formats import FORMATS
from chipassets.plan.presets import MOODS, SCENES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def between(text: str, start: str, end: str) -> str:
    assert start in text, start
    return text.split(start, 1)[1].split(end, 1)[0]


def test_the_readme_lists_every_chip_and_format() -> None:
    assert quoted(between(README, "For the whole game: `chip` (", ")")) == set(CHIPS)
    listed = between(README, "`formats` (", "`docs/chipfiles.md`")
    assert quoted(listed) == set(FORMATS)


def test_chipfiles_md_has_a_row_for_each_format_of_a_chip() -> None:
    text = (ROOT / "docs/chipfiles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ((?:`[\w-]+`(?:, )?)+) \|", text, re.MULTILINE)
    assert {name: quoted(chips) for name, chips in rows} == {
        name: set(form.chips) for name, form in FORMATS.items() if form.chips
    }


def test_the_readme_and_the_starter_list_every_scene_and_mood() -> None:
    starter = starter_manifest("Quest")
    rows = dict(
        re.findall(r"^\| `(scene|mood)` \| (.*?),? or one of your own", README, re.MULTILINE)
    )
    assert rows["scene"].split(", ") == list(SCENES)
    assert rows["mood"].split(", ") == list(MOODS)
    scenes = between(starter, "# Each track plays in a scene: ", ". A track")
    assert words(scenes) == list(SCENES)
    moods = between(starter, "mood: heroic", "; several in brackets")
    assert words(moods) == list(MOODS)


def test_the_starter_lists_the_formats_of_every_chip() -> None:
    listed = set(words(between(starter_manifest("Quest"), "# formats: [", "\n")))
    assert listed <= set(FORMATS)
    assert {name for name, form in FORMATS.items() if not form.chips} <= listed


def test_every_engine_has_an_exporter_and_a_row_in_engines_md() -> None:
    text = (ROOT / "docs/engines.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
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
