"""The documentation: generated parts are current, links lead somewhere, examples hold."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chipassets.errors import ChipassetsError, InternalError
from chipassets.manifest import manifest_schema, parse_manifest
from ci.pages import PARTS, forms_of, pages, renewed, table

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:audio|img)[^>]* src=\"([^\"]+)\"")


def named(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", outside, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        number = 1
        while f"{plain}_{number}" in found:
            number += 1
        found.add(f"{plain}_{number}" if plain in found else plain)
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=named(DOCUMENTS))
def test_every_link_between_pages_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for match in LINK.finditer(re.sub(r"```.*?```|`[^`]+`", "", text, flags=re.DOTALL)):
        target = match[1] or match[2]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{target} of {path.name}"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("path", list(pages()), ids=named(list(pages())))
def test_generated_parts_are_current(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert renewed(text) == text, "run python -m ci.pages"


def test_every_generated_part_stands_on_a_page() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in pages())
    assert set(re.findall(r"<!-- generated: (\w+) -->", text)) == set(PARTS)


def test_values_are_described_in_words() -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 256}
    assert forms_of(number) == ["a whole number from 1 to 256"]
    assert forms_of({"type": "number", "minimum": 0.1, "maximum": 4.0}) == [
        "a number from 0.1 to 4"
    ]
    assert forms_of({"anyOf": [{"enum": ["on", 3]}, {"type": "null"}]}) == ["`on`, `3`"]
    listed = {"type": "array", "items": number, "maxItems": 2}
    assert forms_of(listed) == ["a list of at most 2: a whole number from 1 to 256"]
    assert table(["a"], [["b|c"]]) == "| a |\n| --- |\n| b\\|c |\n"


def written_texts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a text that is neither one of some words nor any line."""
    if isinstance(schema, list):
        for part in schema:
            yield from written_texts(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and "maxLength" not in schema:
            yield schema
        for name, part in schema.items():
            if name != "propertyNames":
                yield from written_texts(part)


def test_every_text_in_the_schema_has_an_example_of_its_own_form() -> None:
    texts = [t for t in written_texts(manifest_schema()) if "description" in t or "pattern" in t]
    assert len(texts) > 20
    for schema in texts:
        assert schema.get("examples") or "pattern" in schema, schema
        for example in schema.get("examples", ()):
            assert re.search(schema.get("pattern", ""), example), schema


def write_second(path: Path) -> None:
    """A second of a square wave, as a sample that a page's manifest names."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(44_100)
        sound.writeframes((b"\x00\x20" * 50 + b"\x00\xe0" * 50) * 441)


def blocks() -> list[Any]:
    """The manifests in the pages: blocks of YAML that name a game or tracks."""
    found = []
    for path in DOCUMENTS:
        texts = re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
        found += [
            pytest.param(text, id=f"{path.name}-{number}")
            for number, text in enumerate(texts)
            if re.search(r"^(game|tracks):", text, re.MULTILINE)
        ]
    return found


@pytest.mark.parametrize("text", blocks())
def test_manifests_in_the_pages_are_accepted(text: str, tmp_path: Path) -> None:
    if "game:" not in text:
        text = f"game: Moon Garden\n{text}"
    assert isinstance(yaml.safe_load(text), dict)
    for name in re.findall(r"[\w/]+\.wav", text):
        write_second(tmp_path / name)
    assert parse_manifest(text.encode(), tmp_path / "game.yaml").tracks


@pytest.mark.slow
def test_the_examples_of_the_python_api_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs/python_api.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHIPASSETS_CACHE", str(tmp_path / "cache"))
    game = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    Path("game.yaml").write_text(game, encoding="utf-8")
    names: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(code, "docs/python_api.md", "exec"), names)
    said = capsys.readouterr().out
    for promised in re.findall(r"  # (music \{.*|\['town'\])$", text, re.MULTILINE):
        assert promised in said
    assert "kit.yaml:2:23 | mood of track 'town' is 'heroc'" in said
    assert names["check"](names["plan"], names["source"], Path("music"))[0].startswith("track 'b")


def test_the_errors_of_the_python_api_have_the_codes_of_the_page() -> None:
    text = (ROOT / "docs/python_api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+Error`[^|]*) \|[^|]*\| (\d+) \|$", text, re.MULTILINE)
    told = {name: int(code) for names, code in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {
        error.__name__: error.exit_code
        for error in ChipassetsError.__subclasses__()
        if error is not InternalError
    }
