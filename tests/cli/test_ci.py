"""What a CI sees: annotations, JUnit, SARIF, depfiles; the action's steps, CMake, Ninja, SCons."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from chipassets.cli.app import app
from chipassets.cli.ci import Findings, Found, depfile, github, junit, place_of, sarif, track_place

ROOT = Path(__file__).parents[2]
GAME = """game: CI Quest
model: polyphony
formats: [ogg, midi]
defaults: {takes: 1}
tracks:
  title: {length: 2 bars, mood: heroic}
"""
# The part of SARIF 2.1.0 that code scanning reads.
SARIF_SCHEMA = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"required": ["driver"]},
                    "results": {
                        "items": {
                            "required": ["ruleId", "message", "locations"],
                            "properties": {
                                "message": {"required": ["text"]},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                            },
                        }
                    },
                },
            },
        },
    },
}


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "game.yaml").write_text(GAME)
    (tmp_path / "bad.yaml").write_text(GAME.replace("heroic", "heroc"))
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.stdout


def test_github_shows_a_problem_at_its_line(game: Path) -> None:
    code, said = run("validate", "bad.yaml", "--format", "github")
    assert code == 2
    assert said.startswith(
        "::error file=bad.yaml,line=6,col=33,title=chipassets validate::mood of "
    )
    assert run("validate", "game.yaml", "--format", "github") == (0, "game.yaml: fine\n")
    code, said = run("validate", "none.yaml", "--format", "github")
    assert code == 2
    assert "file=none.yaml" in said


def test_validate_warns_of_what_plan_warns_of(game: Path) -> None:
    text = (
        'game: Doubt\nmotifs: {open: "F#5 - E5 - D5 - C#5 - F#5"}\ntracks:\n'
        "  town: {motif: open, length: 4 bars}\n"
    )
    (game / "doubt.yaml").write_text(text)
    told = "track 'town': the key of the motif open is guessed as F# minor, but may be B minor"
    assert told.partition(": ")[2] in run("plan", "doubt.yaml")[1]
    code, said = run("validate", "doubt.yaml")
    first, last = said.splitlines()
    assert (code, last) == (0, "doubt.yaml: valid, 1 track")
    assert first.startswith(f"doubt.yaml: warning: {told}: write key:")
    (warning,) = json.loads(run("validate", "doubt.yaml", "--json")[1])["warnings"]
    assert warning.startswith(told)
    code, said = run("validate", "doubt.yaml", "--format", "github")
    place = "file=doubt.yaml,line=4,col=3"
    assert said.startswith(f"::warning {place},title=chipassets validate::track 'town'")
    assert code == 0
    suites = ElementTree.fromstring(run("validate", "doubt.yaml", "--format", "junit")[1].encode())
    assert suites.attrib["failures"] == "0"
    assert suites.findtext("testsuite/system-out", "").startswith(told)
    document = json.loads(run("validate", "doubt.yaml", "--format", "sarif")[1])
    jsonschema.validate(document, SARIF_SCHEMA)
    assert [result["level"] for result in document["runs"][0]["results"]] == ["warning"]


def test_several_manifests_are_validated_in_one_go(game: Path) -> None:
    (game / "worse.yaml").write_text("game: Worse\ntracks: {title: {mood: 7}}\n")
    code, said = run("validate", "game.yaml", "bad.yaml", "worse.yaml", "--format", "github")
    assert code == 2
    assert [line.split(",")[0] for line in said.splitlines()[:-1]] == [
        "::error file=bad.yaml", "::error file=worse.yaml",
    ]  # fmt: skip
    assert run("validate", "game.yaml", "game.yaml")[1].count("valid, 1 track") == 2


def test_what_is_stale_is_told_at_the_track(game: Path) -> None:
    code, said = run("build", "game.yaml", "--check", "--format", "github")
    assert code == 1
    assert "line=6,col=3,title=chipassets build --check" in said
    assert run("build", "game.yaml", "--format", "github")[0] != 0


def test_junit_is_xml_with_a_case_for_each_finding(game: Path) -> None:
    code, said = run("validate", "bad.yaml", "--format", "junit")
    suite = ElementTree.fromstring(said.encode())[0]
    assert (code, suite.get("failures"), len(suite)) == (2, "1", 1)
    assert suite[0].get("line") == "6"
    assert "heroc" in str(suite[0][0].get("message"))
    fine = ElementTree.fromstring(run("validate", "game.yaml", "--format", "junit")[1].encode())
    assert (fine[0].get("tests"), fine[0].get("failures")) == ("1", "0")


def test_sarif_is_what_code_scanning_reads(game: Path) -> None:
    code, said = run("validate", "bad.yaml", "--format", "sarif")
    document = json.loads(said)
    jsonschema.validate(document, SARIF_SCHEMA)
    (result,) = document["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert code == 2
    assert place["artifactLocation"]["uri"] == "bad.yaml"
    assert place["region"] == {"startLine": 6, "startColumn": 33}
    assert result["ruleId"] in {
        rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]
    }


@pytest.mark.slow
def test_json_has_file_line_and_column_as_fields(game: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chipassets", "validate", "bad.yaml", "--json"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    (problem,) = json.loads(done.stdout)["error"]["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("bad.yaml", 6, 33)


def test_hostile_text_stays_in_its_field() -> None:
    found = Found("a,b:c\n.yaml", '50%\n::error::owned\x07 <&">', "x", 1, 2)
    findings = Findings("validate", "a.yaml", [found])
    assert github(findings).splitlines()[0] == (
        "::error file=a%2Cb%3Ac%0A.yaml,line=1,col=2,title=chipassets validate"
        '::50%25%0A::error::owned\x07 <&">'
    )
    assert len(github(findings).splitlines()) == 2
    message = ElementTree.fromstring(junit(findings).encode())[0][0][0].get("message")
    assert message == '50% ::error::owned  <&">'
    assert json.loads(sarif(findings))["runs"][0]["results"][0]["message"]["text"] == found.message


def test_problems_are_located_by_file_line_and_column(game: Path) -> None:
    assert place_of("C:/a b.yaml:3:9") == ("C:/a b.yaml", 3, 9)
    assert place_of("a.yaml") == ("a.yaml", 0, 0)
    assert track_place(game / "game.yaml", "track 'title': stale") == (6, 3)
    assert track_place(game / "game.yaml", "track 'nowhere': stale") == (0, 0)


def test_build_progress_is_written_to_a_file_for_editors(game: Path) -> None:
    assert run("build", "game.yaml", "--json", "--progress-file", "far.json")[0] == 0
    far = json.loads((game / "far.json").read_text())
    assert far == {"done": 1, "total": 1, "track": "title", "left": ""}
    assert run("build", "game.yaml", "--quiet", "--progress-file", "far.json")[0] == 0
    far = json.loads((game / "far.json").read_text())
    assert far == {"done": 0, "total": 0, "track": "", "left": ""}


def test_a_depfile_is_a_rule_of_make() -> None:
    rule = depfile(Path("out dir/bundle.json"), [Path("game.yaml"), Path("a b$#.mid")])
    assert rule == "out\\ dir/bundle.json: game.yaml \\\n  a\\ b$$\\#.mid\n"


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on the path (Debian: apt-get install {name})")
    return found


def shell(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env={**os.environ, "PATH": path, **environment},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.slow
def test_the_actions_steps_run(game: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = [step for step in action["runs"]["steps"] if "run" in step]
    names = {name for name in step["env"] if name.startswith("CHIPASSETS_")}
    script = (ROOT / "ci/check-music.sh").read_text()
    assert step["run"] == 'bash "$GITHUB_ACTION_PATH/ci/check-music.sh" github'
    assert all(f"${{{name}:-" in script for name in names)
    environment = {"CHIPASSETS_FROM": "installed", "GITHUB_ACTION_PATH": str(ROOT)}
    stale = shell("bash", "-c", step["run"], cwd=game, **environment)
    assert stale.returncode == 1, stale.stderr
    assert "::error file=game.yaml,line=6,col=3" in stale.stdout
    unlocked = shell("bash", "-c", step["run"], cwd=game, **environment, CHIPASSETS_BUILD="true")
    assert unlocked.returncode == 1, "a CI composes nothing"
    assert run("build", "game.yaml", "--quiet")[0] == 0
    shutil.rmtree(game / "build")
    built = shell("bash", "-c", step["run"], cwd=game, **environment, CHIPASSETS_BUILD="true")
    assert built.returncode == 0, built.stderr + built.stdout
    assert (game / "music-report.html").is_file()
    assert "::error" not in built.stdout
    (notes,) = game.glob("build/*/midi/title.mid")
    notes.write_bytes(b"altered")
    junit = shell("bash", ROOT / "ci/check-music.sh", "junit", cwd=game, **environment)
    assert junit.returncode == 1
    ElementTree.parse(game / "music-check.xml")


@pytest.mark.slow
def test_the_action_tells_what_changed_since_a_commit(game: Path) -> None:
    step = 'bash "$GITHUB_ACTION_PATH/ci/check-music.sh" github'
    github = {
        "CHIPASSETS_FROM": "installed", "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_SHA": "abc",
        "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "me/game",
        "GITHUB_STEP_SUMMARY": str(game / "summary.md"), "CHIPASSETS_MANIFEST": "music/game.yaml",
        "CHIPASSETS_BUNDLE": "music/bundle",
    }  # fmt: skip
    folder = game / "music"
    folder.mkdir()
    pictured = GAME.replace("midi]", "midi, preview]")
    (folder / "game.yaml").write_text(pictured)
    build = ("build", "music/game.yaml", "-o", "music/bundle", "--quiet")
    git = ("git", "-c", "user.name=me", "-c", "user.email=me@forge.example")
    assert shell("git", "init", "-q", cwd=game).returncode == 0
    assert shell(*git, "commit", "-q", "--allow-empty", "-m", "none", cwd=game).returncode == 0
    assert run(*build)[0] == 0
    told = shell("bash", "-c", step, cwd=game, **github, CHIPASSETS_COMPARE="HEAD")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "HEAD has no bundle in music/bundle" in (game / "summary.md").read_text()
    (game / "summary.md").unlink()
    assert shell("git", "add", "music", cwd=game).returncode == 0
    assert shell(*git, "commit", "-q", "-m", "music", cwd=game).returncode == 0
    commit = shell("git", "rev-parse", "HEAD", cwd=game).stdout.strip()
    (folder / "game.yaml").write_text(pictured.replace("heroic", "heroic, tempo: 90"))
    assert run(*build)[0] == 0
    told = shell("bash", "-c", step, cwd=game, **github, CHIPASSETS_COMPARE="HEAD")
    assert told.returncode == 0, told.stdout + told.stderr
    summary = (game / "summary.md").read_text()
    assert summary == (game / "music-changes.md").read_text()
    assert "#### title: changed" in summary
    assert "| Tempo |" in summary
    raw = "https://forge.example/me/game/raw"
    for at in (commit, "abc"):
        assert f"]({raw}/{at}/music/bundle/preview/title.svg)" in summary
    assert shell("git", "worktree", "list", cwd=game).stdout.count("\n") == 1
    unknown = shell("bash", "-c", step, cwd=game, **github, CHIPASSETS_COMPARE="origin/mian")
    assert unknown.returncode == 2
    assert "there is no commit 'origin/mian'" in unknown.stderr


@pytest.mark.slow
def test_cmake_and_ninja_build_again_when_a_file_of_the_manifest_changes(game: Path) -> None:
    cmake, ninja = program("cmake"), program("ninja")
    (game / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(game NONE)\n"
        f'include("{ROOT}/ci/cmake/Chipassets.cmake")\n'
        "chipassets_music(music MANIFEST game.yaml OUT music)\n"
    )
    configured = shell(cmake, "-G", "Ninja", "-B", "out", ".", cwd=game)
    assert configured.returncode == 0, configured.stderr
    first = shell(ninja, "-C", "out", cwd=game)
    assert first.returncode == 0, first.stdout
    assert (game / "out/music/bundle.json").is_file()
    assert "no work to do" in shell(ninja, "-C", "out", cwd=game).stdout
    text = (game / "game.lock").read_text()
    os.utime(game / "game.lock")
    again = shell(ninja, "-C", "out", cwd=game)
    assert "Building music" in again.stdout
    assert (game / "game.lock").read_text() == text
    assert shell(ninja, "-C", "out", "clean", cwd=game).returncode == 0
    assert not (game / "out/music").exists()
    assert shell(ninja, "-C", "out", cwd=game).returncode == 0


@pytest.mark.slow
def test_scons_builds_a_bundle(game: Path) -> None:
    scons = program("scons")
    (game / "SConstruct").write_text(
        f"env = Environment(tools=['chipassets'], toolpath=['{ROOT}/ci/scons'])\n"
        "env.Music('music/bundle.json', 'game.yaml')\n"
    )
    built = shell(scons, "-Q", cwd=game)
    assert built.returncode == 0, built.stdout + built.stderr
    assert (game / "music/bundle.json").is_file()
    assert "is up to date" in shell(scons, "-Q", cwd=game).stdout
    # A file with a name that SCons could take for a variable is named by the manifest, and changes.
    bank = game / "bank $A ü.yaml"
    bank.write_text("soft: {volume: [15, 12, 9]}\n")
    with (game / "game.yaml").open("a") as file:
        file.write(f"instruments: {{file: '{bank.name}'}}\n")
    for text in ("", "# more\n"):
        bank.write_text(bank.read_text() + text)
        again = shell(scons, "-Q", cwd=game)
        assert again.returncode == 0, again.stdout + again.stderr
        assert "chipassets build" in again.stdout
    assert "is up to date" in shell(scons, "-Q", cwd=game).stdout
    assert shell(scons, "-Q", "-c", cwd=game).returncode == 0
    assert not (game / "music").exists()


def test_hooks_and_components_are_yaml_that_names_real_commands() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == [
        "chipassets-validate", "chipassets-check", "chipassets-verify",
    ]  # fmt: skip
    for hook in hooks:
        assert hook["language"] == "python"
        command = hook["entry"].split()[1]
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    spec, jobs = yaml.safe_load_all((ROOT / "ci/gitlab.yml").read_text())
    used = set(re.findall(r"inputs\.(\w+)", json.dumps(jobs)))
    assert used == set(spec["spec"]["inputs"])
