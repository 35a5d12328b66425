"""Every command: its help, its place in the README, its output and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from chipassets.cli.app import app
from tests.cli.conftest import Run, environment

ROOT = Path(__file__).parents[2]
SMALL = """\
game: Small
model: polyphony
formats: [midi]
defaults: {takes: 1, length: 4 bars}  # in fewer bars the first take is refused
tracks: {town: {scene: title}, fight: {scene: title}}
"""


def commands() -> list[tuple[str, typer.models.CommandInfo]]:
    found = [(info.name or "", info) for info in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for info in group.typer_instance.registered_commands:
            assert info.callback is not None
            name = info.name or info.callback.__name__.replace("_command", "").replace("_", "-")
            found.append((f"{group.name} {name}", info))
    return found


@pytest.mark.parametrize(("name", "info"), commands(), ids=lambda value: str(value)[:20])
def test_every_command_has_help_and_stands_in_the_readme(
    name: str, info: typer.models.CommandInfo
) -> None:
    assert info.callback is not None
    assert info.callback.__doc__
    assert f"chipassets {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_help_starts_without_heavy_packages() -> None:
    code = (
        "import sys; from chipassets.cli.app import app; import chipassets.build; "
        "heavy = {'tensorflow', 'keras', 'tf_keras', 'magenta', 'note_seq', 'pygame', 'scipy'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("started", "left_out"),
    [
        ("chipassets.cli.app", ("numpy", "pydantic", "yaml", "chipassets.manifest")),
        (
            "chipassets.build",
            ("chipassets.compose.composer", "chipassets.arrange.song", "chipassets.render.engine",
             "chipassets.chipfiles", "chipassets.shape", "multiprocessing"),
        ),
    ],
)  # fmt: skip
def test_what_has_nothing_to_do_imports_no_more_than_it_needs(
    started: str, left_out: tuple[str, ...]
) -> None:
    code = f"import sys, {started}; sys.exit(', '.join(set({left_out}) & set(sys.modules)) or 0)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_init_writes_a_manifest_that_validates_and_is_kept(tmp_path: Path, chipassets: Run) -> None:
    assert chipassets("init", "new.yaml", "--game", "New Game").returncode == 0
    assert chipassets("validate", "new.yaml").returncode == 0
    assert chipassets("init", "new.yaml").returncode == 2


def test_plan_writes_nothing_and_names_every_track(game: Path, chipassets: Run) -> None:
    result = chipassets("plan", "game.yaml")
    assert result.returncode == 0
    assert "town" in result.stdout
    assert "fight" in result.stdout
    plan = json.loads(chipassets("plan", "game.yaml", "--json").stdout)
    assert [track["name"] for track in plan["tracks"]] == ["town", "fight"]
    assert [path.name for path in game.iterdir()] == ["game.yaml"]


@pytest.mark.parametrize("document", ["manifest", "bundle"])
def test_schema_is_json_schema(chipassets: Run, document: str) -> None:
    schema = json.loads(chipassets("schema", document).stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["type"] == "object"


def test_doctor_finds_the_model_and_says_that_a_build_can_run(chipassets: Run) -> None:
    result = chipassets("doctor")
    assert result.returncode == 0
    assert "a build can run" in result.stdout
    findings = json.loads(chipassets("doctor", "--json").stdout)["findings"]
    names = {item["name"] for item in findings}
    assert names >= {"Python", "model", "numpy", "pygame-ce"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for extra in extras.keys() - {"dev", "docs", "magenta"}:
        known = {re.split(r"[^a-z0-9-]", line)[0] for line in extras[extra]}
        told = {item["name"] for item in findings if f"chipassets[{extra}]" in item["fix"]}
        assert told, f"doctor does not tell what the extra {extra} needs"
        assert told <= known


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("build",), 2),
        (("build", "missing.yaml"), 2),
        (("build", "game.yaml", "--jobs", "-1"), 2),
        (("build", "game.yaml", "-o", "."), 2),
        (("build", "game.yaml", "--model", "nonsense"), 4),
        (("verify", "missing"), 1),
        (("frobnicate",), 2),
        (("schema", "nonsense"), 2),
    ],
)
def test_bad_usage_has_its_exit_code_and_no_traceback(
    game: Path, chipassets: Run, arguments: tuple[str, ...], code: int
) -> None:
    result = chipassets(*arguments)
    assert result.returncode == code, result.stderr
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in game.iterdir()] == ["game.yaml"]


def test_errors_are_json_on_request(game: Path, chipassets: Run) -> None:
    (game / "game.yaml").write_text("game: X\ntrakcs: {}\n")
    result = chipassets("build", "game.yaml", "--json")
    assert result.returncode == 2
    problems = json.loads(result.stdout)["error"]["problems"]
    assert any(item["where"] == "game.yaml:2:1" for item in problems)


def poisoned(folder: Path) -> dict[str, str]:
    """An environment in which importing a package of the extra `train`, or pygame, ends a build."""
    for name in ("tensorflow", "keras", "tf_keras", "magenta", "note_seq", "pretty_midi", "pygame"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"raise SystemExit('{name} was imported')")
    return environment() | {"PYTHONPATH": str(folder)}


@pytest.mark.slow
def test_a_build_prints_a_line_a_track_and_is_lively_on_a_terminal_without_the_train_extra(
    game: Path, chipassets: Run
) -> None:
    path = game / "game.yaml"
    path.write_text(SMALL)
    result = chipassets("build", "game.yaml")
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["[1/2] town", "[2/2] fight"]
    assert " left" in lines[0]
    assert "\x1b" not in result.stdout + result.stderr
    assert chipassets("build", "game.yaml", "--quiet").stderr == ""
    (game / "game.lock").unlink()
    path.write_text(SMALL.replace(", fight: {scene: title}", ""))
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "chipassets", "build", "game.yaml", "--no-cache"],
        cwd=game,
        env=poisoned(game / "poison") | {"TERM": "xterm"},
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                chunk = os.read(master, 4096)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
    assert process.returncode == 0, shown
    assert b"compose" in shown


def test_no_help_holds_what_markup_would_swallow() -> None:
    commands = [get_command(app)]
    seen = 0
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        texts = [command.help or "", *(getattr(p, "help", "") or "" for p in command.params)]
        seen += len(texts)
        assert not [text for text in texts if "[" in text], command.name
    assert seen > 100
