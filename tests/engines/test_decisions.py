"""The players' cores, each in its language: they decide as the runtime of Python does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chipassets.engines import export
from chipassets.runtime import Director, Library
from tests.engines.game import need, run
from tests.engines.scenario import assert_as_expected, lines, script, write_scenario

SCENE = """[gd_scene load_steps=2 format=2]

[ext_resource path="res://play.gd" type="Script" id=1]

[node name="Play" type="Node"]
script = ExtResource( 1 )
"""
DUCKED = 0.8 * 10 ** (-12 / 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decisions")
    write_scenario(folder / "bundle")
    (folder / "calls.txt").write_text(script())
    return folder


def check(said: str, folder: Path, late: float) -> None:
    """Starts, refusals and levels are what the runtime's are."""
    assert_as_expected(said, folder / "bundle", late)
    assert lines(said, "restored") == [["false"], *[["true"]] * 3]
    check_gains(said)


def check_gains(said: str) -> None:
    gains = sorted((name, float(gain)) for name, gain in lines(said, "gain"))
    assert [name for name, _ in gains] == [
        "battle.1.ogg", "battle.2.ogg", "cave.ogg", "cave.ogg", "victory.ogg",
    ]  # fmt: skip
    wanted = [0.8, 0.8 * 0.38268, DUCKED, DUCKED, 0.8]
    assert [gain for _, gain in gains] == pytest.approx(wanted, abs=1e-3)


def test_luas_core(folder: Path) -> None:
    lua = need("lua5.1", "lua5.1")
    export("love", folder / "bundle", folder / "love")
    play = Path(__file__).with_name("play.lua")
    said = run(lua, play, folder / "love/chipassets", folder / "calls.txt", cwd=folder)
    check(said, folder, 0.021)


def test_godots_core(folder: Path) -> None:
    godot, game = need("godot3-server", "godot3-server"), folder / "godot"
    export("godot3", folder / "bundle", game)
    (game / "calls.txt").write_text(script())
    (game / "play.gd").write_text(Path(__file__).with_name("play.gd").read_text())
    (game / "play.tscn").write_text(SCENE)
    (game / "project.godot").write_text(
        'config_version=4\n\n[application]\n\nrun/main_scene="res://play.tscn"\n'
    )
    said = run(godot, "--path", game, cwd=folder, environment={"HOME": str(folder)})
    assert "SCRIPT ERROR" not in said, said
    check(said, folder, 0.021)


def test_rusts_core(folder: Path) -> None:
    compiler, project = need("rustc", "rustc"), folder / "rust"
    export("bevy", folder / "bundle", project, example=True)
    sources = Path(__file__).parent / "rust"
    flags = ("--edition", "2021", "-D", "warnings")
    run(compiler, *flags, "--crate-type", "rlib", sources / "kira.rs", cwd=project)
    kira = ("--extern", "kira=libkira.rlib", "-L", ".")
    run(compiler, *flags, *kira, "--emit", "metadata", "examples/music.rs", cwd=project)
    (project / "src/play.rs").write_text((sources / "play.rs").read_text())
    run(compiler, *flags, *kira, "src/play.rs", "-o", "play", cwd=project)
    said = run(project / "play", folder / "calls.txt", cwd=project)
    assert_as_expected(said, folder / "bundle", 0.011)
    check_gains(said)
    ((text,),) = lines(said, "state")
    Director(Library.open(folder / "bundle")).restore(json.loads(text), 0)
