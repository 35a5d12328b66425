"""`chipassets show`: a picture from what lies in a bundle, or a reason why there is none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest

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


@pytest.mark.slow
def test_six_eight_is_told_wherever_a_metre_is(tmp_path: Path, chipassets: Run) -> None:
    (tmp_path / "game.yaml").write_text(
        "game: Tiny Quest\nseed: 3\nformats: [wav, midi, preview]\n"
        "defaults: {takes: 1, length: 2 bars, metre: 6/8}\n"
        "tracks: {town: , fight: {scene: battle, metre: 3/4}}\n"
    )
    assert chipassets("build", "game.yaml").returncode == 0
    index = json.loads((tmp_path / BUNDLE / "bundle.json").read_text())
    beats = [(track["beats_per_bar"], track["pulse_steps"]) for track in index["tracks"]]
    assert beats == [(3, 6), (3, 4)]
    assert ", 6/8\n  2 bars, " in chipassets("show", BUNDLE, "town").stdout
    assert ", 3/4\n  2 bars, " in chipassets("show", BUNDLE, "fight").stdout
    assert " · 6/8 · " in (tmp_path / BUNDLE / "preview/town.svg").read_text()
    midi = mido.MidiFile(tmp_path / BUNDLE / "midi/town.mid")
    signature = next(message for message in midi if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (6, 8)
    assert signature.clocks_per_click == 36
    assert chipassets("report", BUNDLE, "-o", "report.html").returncode == 0
    page = (tmp_path / "report.html").read_text()
    assert ">6/8<" in page
    assert ">3/4<" in page


def test_what_cannot_be_shown_is_said(built: Path, chipassets: Run) -> None:
    for arguments, code, part in (
        (("toun",), 2, "did you mean 'town'"),
        (("town", "--bars", "3-9"), 2, "bars 1 to 4"),
        (("town", "--bars", "two"), 2, "like 5 or 5-8"),
        (("town", "-o", "town.jpg"), 2, "SVG or PNG"),
    ):
        result = chipassets("show", BUNDLE, *arguments)
        assert (result.returncode, part in result.stderr) == (code, True), result.stderr
    (built / BUNDLE / "midi/town.mid").write_bytes(b"MThd")
    result = chipassets("show", BUNDLE, "town")
    assert result.returncode == 1
    assert "4 bytes instead of" in result.stderr
    assert not list(built.glob("*.svg"))


def test_a_bundle_is_shown_and_checked_from_within(built: Path, chipassets: Run) -> None:
    for words in (("verify", "."), ("show", ".", "town"), ("report", ".", "-o", "r.html")):
        found = chipassets(*words, folder=built / BUNDLE)
        assert found.returncode == 0, found.stderr


def alter(bundle: Path, **changes: object) -> None:
    """Let the index say something else of its track `town`."""
    path = bundle / "bundle.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    track = next(track for track in index["tracks"] if track["name"] == "town")
    track |= changes
    path.write_text(json.dumps(index), encoding="utf-8")


def test_a_wrong_key_signature_is_said_in_a_line(built: Path, chipassets: Run) -> None:
    path = built / BUNDLE / "midi/town.mid"
    data = path.read_bytes()
    at = data.index(b"\xff\x59\x02")
    path.write_bytes(data[: at + 3] + b"\x0f" + data[at + 4 :])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    index = json.loads((built / BUNDLE / "bundle.json").read_text(encoding="utf-8"))
    town = next(track for track in index["tracks"] if track["name"] == "town")
    town["files"]["midi"]["sha256"] = digest
    alter(built / BUNDLE, files=town["files"])
    result = chipassets("show", BUNDLE, "town")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "the MIDI file of track 'town' cannot be read" in result.stderr
    assert "15" in result.stderr


def test_escapes_in_a_bundle_do_not_reach_the_terminal(built: Path, chipassets: Run) -> None:
    alter(built / BUNDLE, warnings=["\x1b]0;owned\x07\x9b2J\u202e[/red]"])
    result = chipassets("show", BUNDLE, "town")
    assert result.returncode == 0, result.stderr
    assert r"  \x1b]0;owned\x07\x9b2J\u202e[/red]" in result.stdout.splitlines()
