"""Engines in a manifest, `chipassets export`, and the table of exporters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from chipassets.cli.app import app
from chipassets.engines import EXPORTERS, Music, check_targets, export
from chipassets.engines.targets import target_folder
from chipassets.errors import ManifestError, UsageError
from chipassets.manifest import manifest_schema
from chipassets.manifest.engines import ENGINES, EngineTarget
from chipassets.manifest.loader import parse_manifest
from tests.engines.game import write_game, write_songs

TRACKS = "tracks: {title: }\n"


def engines_of(said: str) -> tuple[EngineTarget, ...]:
    text = f"game: Test\nengines: {said}\n{TRACKS}"
    return parse_manifest(text.encode(), Path("game.yaml")).engines


def text_of(data: bytes) -> str:
    """The text of a file; "" of audio and of other bytes that are none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""


def test_manifest_and_command_accept_the_engines_of_the_table() -> None:
    assert tuple(EXPORTERS) == ENGINES


@pytest.mark.parametrize(
    ("said", "targets"),
    [
        ("godot", [("godot", None)]),
        ("[godot, godot3]", [("godot", None), ("godot3", None)]),
        ("{godot: {into: ../game}, godot3: }", [("godot", "../game"), ("godot3", None)]),
        ("{godot3: {}}", [("godot3", None)]),
    ],
)
def test_engines_are_a_list_or_a_mapping(said: str, targets: list[tuple[str, str | None]]) -> None:
    assert engines_of(said) == tuple(EngineTarget(*target) for target in targets)
    schema = manifest_schema()["properties"]["engines"]
    import yaml

    jsonschema.validate(yaml.safe_load(said), schema)


@pytest.mark.parametrize(
    ("said", "where", "why"),
    [
        ("[]", "2:10", "the list is empty"),
        ("{}", "2:10", "the mapping is empty"),
        ("[godto]", "2:11", "did you mean 'godot'"),
        ("[godot, godot]", "2:18", "is in the list twice"),
        ("{godto: }", "2:11", "did you mean 'godot'"),
        ("{godot: {onto: x}}", "2:19", "no such option"),
        ("{godot: {into: 7}}", "2:25", "a folder is a path"),
        ("{godot: {into: .}}", "2:25", "own folder"),
        ("{godot: {into: x/..}}", "2:25", "only at the start of a path"),
        ("{godot: {into: 'a\\b'}}", "2:25", "has / between"),
        ("{godot: yes}", "2:18", "options are a mapping"),
        ("[7]", "2:11", "no engine of this name"),
    ],
)
def test_a_wrong_engines_key_is_refused_at_its_place(said: str, where: str, why: str) -> None:
    with pytest.raises(ManifestError) as error:
        engines_of(said)
    (problem,) = error.value.problems
    assert problem.where == f"game.yaml:{where}"
    assert why in f"{problem.why}; {problem.fix}"


def test_an_engine_says_which_format_it_needs() -> None:
    with pytest.raises(UsageError, match=r"engines: godot needs ogg files, and formats: is \[wav"):
        check_targets([EngineTarget("godot")], ["wav", "midi"])
    check_targets([EngineTarget(name) for name in ENGINES], ["ogg", "wav", "uge"])


def test_files_go_beside_the_bundle_or_where_the_manifest_says(tmp_path: Path) -> None:
    manifest, bundle = tmp_path / "music/game.yaml", tmp_path / "build/game"
    assert target_folder(EngineTarget("godot"), manifest, bundle) == bundle / "engines/godot"
    into = target_folder(EngineTarget("godot", "../site"), manifest, bundle)
    assert into.resolve() == tmp_path / "site"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.default_cases(6)
def test_every_engine_gets_files_a_page_and_an_example_again_and_again(
    tmp_path: Path, engine: str
) -> None:
    bundle = write_songs(tmp_path / "bundle")
    music, exporter = Music.read(bundle), EXPORTERS[engine]
    items, example = list(exporter.items(music)), list(exporter.example(music))
    paths = [item.path for item in items + example]
    assert len(paths) == len(set(paths))
    assert example
    page = next(item.data.decode() for item in items if "README" in item.path)
    assert page.startswith("# Music for ")
    assert "engines:" in page
    for item in items + example:
        # A placeholder that was not filled in, or a path of this machine.
        text = text_of(item.data)
        assert not re.search(r"@[A-Z]{3,}@", text), item.path
        assert str(tmp_path) not in text, item.path
    done = export(engine, bundle, tmp_path / "game", example=True)
    assert sorted(done.placed.written) == sorted(paths)
    assert not export(engine, bundle, tmp_path / "game", example=True).placed.is_change


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    bundle = write_game(tmp_path / "bundle")
    words = ["export", str(bundle), "godot", "-o", str(tmp_path / "game")]
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 1
    result = CliRunner().invoke(app, [*words, "--json"])
    assert "music/title.ogg.import" in json.loads(result.stdout)["written"]
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 0
    (tmp_path / "game/music/tracks.gd").write_text("mine")
    again = CliRunner().invoke(app, words)
    assert "tracks.gd was not written by this export, or was changed since" in again.stdout
    assert (tmp_path / "game/music/tracks.gd").read_text() == "mine"
