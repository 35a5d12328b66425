"""The players' cores, each in its language: they decide as the runtime of Python does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from chipassets.engines import export
from chipassets.engines.kit import template
from chipassets.runtime import Director, Library
from tests.engines.game import need, run
from tests.engines.scenario import (
    assert_as_expected,
    assert_gains,
    assert_mistakes,
    assert_playing,
    assert_restored,
    assert_told,
    lines,
    script,
    told,
    write_scenario,
)

SCENE = """[gd_scene load_steps=2 format=2]

[ext_resource path="res://play.gd" type="Script" id=1]

[node name="Play" type="Node"]
script = ExtResource( 1 )
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decisions")
    write_scenario(folder / "bundle")
    (folder / "calls.txt").write_text(script())
    return folder


def check(said: str, folder: Path, late: float) -> None:
    """Starts, refusals and levels are what the runtime's are."""
    assert_as_expected(said, folder / "bundle", late)
    assert_restored(said)
    assert_told(said)
    assert_mistakes(said)
    assert_playing(said)
    assert_gains(said)


SLOW_CALLS = """0\tenter\ttitle\t\t\t\t
1.9\tenter\tbattle\tbar\t\t\t
3.9\tsting\tvictory\tbar\t0
7\tend
"""


def check_slow(said: str) -> None:
    """What takes 1.3 s to decode begins then, or on the bar line after it: a bar has a second."""
    starts = [(one.track, round(one.at, 1)) for one in told(said)]
    assert starts == [("title", 1.3), ("battle", 3.3), ("victory", 5.3)]


def test_luas_core_decides_as_the_runtime(folder: Path) -> None:
    lua = need("lua5.1", "lua5.1")
    export("love", folder / "bundle", folder / "love")
    play = Path(__file__).with_name("play.lua")
    said = run(lua, play, folder / "love/chipassets", folder / "calls.txt", cwd=folder)
    check(said, folder, 0.021)
    (folder / "slow.txt").write_text(SLOW_CALLS)
    check_slow(run(lua, play, folder / "love/chipassets", folder / "slow.txt", "1.3", cwd=folder))


@pytest.mark.slow
def test_godots_core_decides_as_the_runtime(folder: Path) -> None:
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


@pytest.mark.slow
def test_rusts_core_decides_as_the_runtime(folder: Path) -> None:
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
    director = Director(Library.open(folder / "bundle"))
    assert_as_expected(said, folder / "bundle", 0.011)
    assert_told(said, is_typed=True)
    assert_playing(said)
    assert_gains(said)
    for (text,) in lines(said, "state"):
        director.restore(json.loads(text), 0)
    (folder / "slow.txt").write_text(SLOW_CALLS)
    check_slow(run(project / "play", folder / "slow.txt", "1.3", cwd=project))
    place = {"scene": 'テ"\\\n', "track": None, "sample": 0}
    state = {
        "format": 1, "scenes": [{**place, "moods": ["𝄞"]}], "playing": None, "intensity": 0.5,
        "duck_db": 12,
    }  # fmt: skip
    texts = [json.dumps(state), json.dumps(state, ensure_ascii=False), json.dumps(state)[:-1]]
    texts += [json.dumps(state).replace("\\udd1e", ""), json.dumps(state) + "}", "{" * 10_000]
    (folder / "read.txt").write_text("".join(f"0\tread\t{text}\n" for text in texts) + "1\tend\n")
    said = run(project / "play", folder / "read.txt", cwd=project)
    both, broken = lines(said, "read")[:2], lines(said, "read")[2:]
    assert both[0] == both[1]
    assert r'scene: "テ\"\\\n", moods: ["𝄞"], track: None' in both[0][0]
    assert broken == [["None"]] * 4


@pytest.mark.slow
def test_the_program_of_bevys_page_compiles(folder: Path) -> None:
    compiler, project = need("rustc", "rustc"), folder / "page"
    export("bevy", folder / "bundle", project)
    page = template("bevy", "README.md").decode()
    program, calls = re.findall(r"```rust\n(.*?)```", page, re.DOTALL)
    (project / "src/main.rs").write_text(
        f"#![allow(dead_code, unused)]\n{program}\n"
        "enum Place { Overworld }\nimpl States for Place {}\n"
        f"fn calls(mut music: Music<Kira>) {{\n{calls}}}\n"
    )
    sources = Path(__file__).parent / "rust"
    flags = ("--edition", "2021", "-D", "warnings", "-L", ".")
    for name in ("kira", "bevy"):
        run(compiler, *flags, "--crate-type", "rlib", sources / f"{name}.rs", cwd=project)
    extern = ("--extern", "kira=libkira.rlib", "--extern", "bevy=libbevy.rlib")
    run(compiler, *flags, *extern, "--emit", "metadata", "src/main.rs", cwd=project)


def test_gamemakers_script_decides_as_the_runtime(folder: Path) -> None:
    node, game = need("node", "nodejs"), folder / "gamemaker"
    export("gamemaker", folder / "bundle", game)
    play = Path(__file__).with_name("play_gml.mjs")
    said = run(node, play, game / "chipassets.gml", folder / "calls.txt", cwd=folder)
    check(said, folder, 0.011)


def test_gamemakers_script_tells_of_a_file_that_is_missing(folder: Path) -> None:
    node, game = need("node", "nodejs"), folder / "gamemaker"
    export("gamemaker", folder / "bundle", game)
    calls = folder / "missing.txt"
    calls.write_text("0\tenter\ttitle\n0.2\tenter\tbattle\n0.4\tsting\tvictory\tnow\t0\n")
    with calls.open("a") as file:
        file.write("0.6\tleave\t\t\t\n1\tend\n")
    play = Path(__file__).with_name("play_gml.mjs")
    for missing, silent in (("battle.2", "battle"), ("victory", "victory")):
        said = run(node, play, game / "chipassets.gml", calls, missing, cwd=folder)
        assert f"track '{silent}' stays silent: music/{missing}.ogg is no Included File" in said
        assert said.count("stays silent") == 1
        starts = [row[0].split(".")[0] for row in lines(said, "start")]
        assert starts[0] == starts[-1] == "title"
        assert silent not in starts


def test_in_a_browser_gamemakers_script_waits_for_its_files(folder: Path) -> None:
    node, game = need("node", "nodejs"), folder / "gamemaker"
    export("gamemaker", folder / "bundle", game)
    calls = folder / "web.txt"
    calls.write_text(
        "0\tenter\ttitle\t\t\t\t\n1\tplaces\n1.5\tenter\tbattle\t\t0\t\t\n"
        "1.55\tplaces\n2.5\tplaces\n3\tend\n"
    )
    play = Path(__file__).with_name("play_gml.mjs")
    said = run(node, play, game / "chipassets.gml", calls, "", "web", cwd=folder)
    rows = lines(said, "place")
    # The title is entered before its length is known, and has its loop nevertheless.
    assert [row[0] for row in rows] == ["title.ogg"] + ["battle.1.ogg", "battle.2.ogg"] * 2
    assert [float(number) for number in rows[0][2:]] == [1, 4, 0.8]
    # Layers are silent while they begin one by one, and then in step.
    early, late = rows[1:3], rows[3:]
    assert [float(row[4]) for row in early] == [0, 0]
    assert [float(row[4]) for row in late] == [0.8, 0.8]
    assert len({row[1] for row in late}) == 1


GML_PARSER = """
import {GmlParser} from "PARSER/dist/parser.js";
import {readFileSync} from "node:fs";
const parser = new GmlParser();
const errors = {};
for (const name of process.argv.slice(2)) {
  const {lexed, errors: found} = parser.parse(readFileSync(name, "utf8"));
  errors[name] = [...lexed.errors, ...found].map((one) => one.message);
}
console.log(JSON.stringify(errors));
"""


@pytest.mark.slow
def test_gamemakers_script_is_gml_by_another_parser(folder: Path) -> None:
    modules = os.environ.get("CHIPASSETS_NODE_MODULES", "")
    package = Path(modules) / "@bscotch/gml-parser"
    if not modules or not package.is_dir():
        pytest.skip("set CHIPASSETS_NODE_MODULES to a node_modules with @bscotch/gml-parser")
    node, game = need("node", "nodejs"), folder / "gml"
    export("gamemaker", folder / "bundle", game, example=True)
    (game / "broken.gml").write_text("function one(_a { return _a; }\n")
    (game / "parse.mjs").write_text(GML_PARSER.replace("PARSER", package.as_posix()))
    names = ("chipassets.gml", "chipassets.example.gml", "broken.gml")
    errors = json.loads(run(node, "parse.mjs", *names, cwd=game).splitlines()[-1])
    assert errors["broken.gml"], "it would say so"
    assert [errors[name] for name in names[:2]] == [[], []]
    # Every function that is called is GameMaker's, by its own list, or the script's.
    script = (game / "chipassets.gml").read_text()
    code = re.sub(r"//.*|\"(?:[^\"\\]|\\.)*\"", "", script)
    called = set(re.findall(r"\b([a-z_0-9]+)\(", code)) - {"if", "for", "while", "function"}
    own = set(re.findall(r"^function (\w+)", code, re.MULTILINE))
    known = set(re.findall(r'<Function Name="(\w+)"', (package / "assets/GmlSpec.xml").read_text()))
    assert called - own <= known
