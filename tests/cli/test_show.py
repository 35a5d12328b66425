"""`chipassets show`: a picture from what lies in a bundle, or a reason why there is none."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.cli.conftest import Run

BUNDLE = "build/tiny-quest"
SVG = "{http://www.w3.org/2000/svg}"


def said(path: Path) -> list[str]:
    """The notes of a picture: what each is, where, and on which voice."""
    titles = ElementTree.fromstring(path.read_bytes()).iter(f"{SVG}title")
    return sorted(", ".join((title.text or "").split(", ")[:2]) for title in titles)


def test_a_bundles_notes_are_those_of_its_preview(built: Path, chipassets: Run) -> None:
    result = chipassets("show", BUNDLE, "town")
    assert result.returncode == 0, result.stderr
    assert "town: town (" in result.stdout
    assert " | " in result.stdout  # the chords
    shown = said(built / "town.svg")
    assert shown == said(built / BUNDLE / "preview/town.svg")
    assert shown
    part = chipassets("show", BUNDLE, "town", "--bars", "2", "-o", "two.svg", "--json")
    assert json.loads(part.stdout)["track"]["name"] == "town"
    assert {line for line in shown if ", bar 2 " in line} <= set(said(built / "two.svg"))
    assert chipassets("show", BUNDLE, "town", "-o", "town.PNG").returncode == 0
    assert (built / "town.PNG").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_shown_is_said(built: Path, chipassets: Run) -> None:
    for arguments, code, part in (
        (("toun",), 2, "did you mean 'town'"),
        (("town", "--bars", "3-9"), 2, "bars 1 to 4"),
        (("town", "--bars", "two"), 2, "like 5 or 5-8"),
        (("town", "-o", "town.jpg"), 2, "a .svg or a .png"),
    ):
        result = chipassets("show", BUNDLE, *arguments)
        assert (result.returncode, part in result.stderr) == (code, True), result.stderr
    (built / BUNDLE / "midi/town.mid").write_bytes(b"MThd")
    result = chipassets("show", BUNDLE, "town")
    assert result.returncode == 1
    assert "4 bytes instead of" in result.stderr
    assert not list(built.glob("*.svg"))
