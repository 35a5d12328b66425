"""What a command with nothing to do said is said again at once, and never once it is not true."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipassets.cli import build as build_cli
from chipassets.cli import replay
from chipassets.stored import answers as stored
from tests.cli.conftest import Run
from tests.lock.material import quick_cast
from tests.midi.test_midifile import late

MANIFEST = """\
game: Tiny Quest
seed: 3
model: mine.safetensors
engines: {love: {into: game/music}}
defaults: {takes: 1, length: 4 bars}
tracks:
  town: {scene: town, primer: {midi: late.mid}}
  win: {scene: victory}
"""
BUNDLE = "build/tiny-quest"
REMARK = "late.mid: 1 bar of silence before the first note"
MODELS = Path(stored.__file__).parents[1] / "models"
BUILD, PLAN = ("build", "game.yaml"), ("plan", "game.yaml")

found: list[stored.Said | None] = []


@pytest.fixture(autouse=True)
def _remember_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(key: str) -> stored.Said | None:
        found.append(stored.find_answer(key))
        return found[-1]

    monkeypatch.setattr(replay, "find_answer", find)


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    (folder / "game.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "late.mid").write_bytes(late(16))
    shutil.copy(MODELS / "default.safetensors", folder / "mine.safetensors")
    return folder


@pytest.fixture
def game(composed: Path, tmp_path: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a game that is built, without anything being composed."""
    monkeypatch.setattr("chipassets.production.produce.cast", quick_cast)
    if not (composed / "build").exists():
        assert chipassets(*BUILD, folder=composed).returncode == 0
    shutil.copytree(composed, tmp_path, dirs_exist_ok=True)
    return tmp_path


def is_answered(chipassets: Run, *words: str) -> bool:
    """Whether the command, which must go well, only said what it had said before."""
    found.clear()
    result = chipassets(*words)
    assert result.returncode == 0, result.stderr
    return any(found)


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change what a file holds, and leave its size and its times as they were."""
    stamp, data = path.stat(), path.read_bytes()
    assert len(change(data)) == len(data)
    assert change(data) != data
    path.write_bytes(change(data))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    "words",
    [
        BUILD,
        (*BUILD, "--json"),
        (*BUILD, "--quiet"),
        (*BUILD, "--check", "--notes"),
        PLAN,
        (*PLAN, "--json"),
    ],
)
@pytest.mark.usefixtures("game")
def test_an_unchanged_command_repeats_its_output_on_the_same_streams(
    chipassets: Run, words: tuple[str, ...]
) -> None:
    found.clear()
    first, again = chipassets(*words), chipassets(*words)
    assert [said is not None for said in found] == [False, True]
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, first.stderr)
    assert again.stderr.startswith(REMARK)


@pytest.mark.usefixtures("game")
def test_an_answer_loads_no_stage_and_no_library(
    chipassets_process: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    first, again = chipassets_process(*BUILD), chipassets_process(*BUILD)
    loaded = [
        {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
        for told in (first, again)
    ]
    assert "was up to date" in again.stdout
    slow = {"numpy", "pydantic", "yaml", "typer", "rich", "chipassets.build"}
    assert slow <= loaded[0]
    assert loaded[1].isdisjoint(slow)


def other_seed(game: Path) -> None:
    edit(game / "game.yaml", lambda data: data.replace(b"seed: 3", b"seed: 4"))


def other_primer(game: Path) -> None:
    edit(game / "late.mid", lambda data: data.replace(b"\x90\x40", b"\x90\x41", 1))


def other_model(game: Path) -> None:
    edit(game / "mine.safetensors", flipped)


def corpus_of_the_model(game: Path) -> None:
    shutil.copy(MODELS / "default.ngrams", game / "mine.ngrams")


def other_notes(game: Path) -> None:
    key = json.loads((game / "game.lock").read_bytes())["tracks"]["win"]["notes_key"].encode()
    edit(game / "game.lock", lambda data: data.replace(key, flipped(key)))


def other_lock(game: Path) -> None:
    """A lock of a longer name, which goes before the other one."""
    shutil.copy(game / "game.lock", game / "game.yaml.lock")


@pytest.mark.parametrize("words", [BUILD, PLAN])
@pytest.mark.parametrize(
    "change",
    [other_seed, other_primer, other_model, corpus_of_the_model, other_notes, other_lock],
)
@pytest.mark.default_cases(5)
def test_a_changed_input_of_composing_is_noticed(
    game: Path, chipassets: Run, change: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    chipassets(*words)
    assert is_answered(chipassets, *words)
    change(game)
    assert not is_answered(chipassets, *words)


def damaged_sound(game: Path) -> None:
    edit(game / BUNDLE / "audio/win.ogg", flipped)


def missing_sound(game: Path) -> None:
    (game / BUNDLE / "audio/win.ogg").unlink()


def file_elsewhere(game: Path) -> None:
    sound = game / BUNDLE / "audio/win.ogg"
    sound.rename(game / "win.ogg")
    sound.symlink_to(game / "win.ogg")


def stopped_swap(game: Path) -> None:
    (game / BUNDLE / ".chipassets-swap").mkdir()


def engines_file(game: Path) -> None:
    (game / "game/music").rename(game / "elsewhere")


@pytest.mark.parametrize(
    "change",
    [
        damaged_sound,
        missing_sound,
        file_elsewhere,
        stopped_swap,
        engines_file,
    ],
)
def test_a_changed_output_is_noticed_and_written_again(
    game: Path, chipassets: Run, change: Callable[[Path], None]
) -> None:
    chipassets(*BUILD)
    assert is_answered(chipassets, *BUILD)
    before = sorted((game / BUNDLE / "audio").iterdir())
    change(game)
    assert not is_answered(chipassets, *BUILD)
    assert is_answered(chipassets, *BUILD)
    assert sorted((game / BUNDLE / "audio").iterdir()) == before
    assert chipassets("verify", BUNDLE).returncode == 0
    assert (game / "game/music").is_dir()


def test_a_folder_that_is_a_link_is_noticed_and_refused(game: Path, chipassets: Run) -> None:
    """The same files, but outside the bundle, where none may lie and nothing is touched."""
    chipassets(*BUILD)
    assert is_answered(chipassets, *BUILD)
    (game / BUNDLE / "audio").rename(game / "audio")
    (game / BUNDLE / "audio").symlink_to(game / "audio")
    before = {path.name: path.read_bytes() for path in (game / "audio").iterdir()}
    refused = chipassets(*BUILD)
    assert refused.returncode == 5
    assert "audio is a link, and the bundle has a folder of this name" in refused.stderr
    assert {path.name: path.read_bytes() for path in (game / "audio").iterdir()} == before


def test_an_edited_index_is_noticed(game: Path, chipassets: Run) -> None:
    chipassets(*BUILD)
    assert is_answered(chipassets, *BUILD)
    edit(game / BUNDLE / "bundle.json", lambda data: data.replace(b"victory", b"Victory", 1))
    assert not is_answered(chipassets, *BUILD)


@pytest.mark.parametrize("more", [(), ("--json",), ("--quiet",), ("--locked",)])
def test_the_first_build_with_nothing_to_do_is_answered_already(
    game: Path, chipassets: Run, more: tuple[str, ...]
) -> None:
    """A build that wrote stores what an unchanged one says, to the letter."""
    (game / BUNDLE / "midi/town.mid").unlink()
    built = chipassets(*BUILD, *more)
    assert built.returncode == 0, built.stderr
    assert "was up to date" not in built.stdout
    assert is_answered(chipassets, *BUILD, *more)
    said, looked = chipassets(*BUILD, *more), chipassets(*BUILD, *more, "--no-cache")
    assert (said.stdout, said.stderr) == (looked.stdout, looked.stderr)


@pytest.mark.parametrize(
    "change", [("seed: 3", "seed: 4"), ("Tiny Quest", "Tiny quest")], ids=["notes", "index"]
)
def test_a_change_before_a_build_has_ended_is_left_to_the_next_one(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]
) -> None:
    """What it changes, notes or only the index, is neither made unasked nor taken for unchanged."""
    (game / BUNDLE / "midi/town.mid").unlink()
    tell = build_cli._tell

    def save_meanwhile(*values: Any, **options: Any) -> None:
        tell(*values, **options)
        text = (game / "game.yaml").read_text()
        assert change[0] in text
        (game / "game.yaml").write_text(text.replace(*change))

    monkeypatch.setattr(build_cli, "_tell", save_meanwhile)
    assert chipassets(*BUILD).returncode == 0
    index = json.loads((game / BUNDLE / "bundle.json").read_bytes())
    assert (index["game"], index["seed"]) == ("Tiny Quest", 3)
    assert not is_answered(chipassets, *PLAN)
    assert chipassets(*BUILD, "--check").returncode == 1


@pytest.mark.usefixtures("game")
def test_without_the_cache_nothing_is_answered(chipassets: Run) -> None:
    assert not is_answered(chipassets, *BUILD, "--no-cache")
    assert not is_answered(chipassets, *BUILD, "--no-cache")


@pytest.mark.usefixtures("game")
def test_an_accepted_take_is_noticed(chipassets: Run) -> None:
    chipassets(*BUILD)
    assert is_answered(chipassets, *BUILD)
    assert chipassets("takes", "game.yaml", "--accept", "win").returncode == 0
    assert not is_answered(chipassets, *BUILD)


def test_a_change_while_a_command_reads_is_not_stored_as_read(
    game: Path, chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(*_: object) -> None:
        raise AssertionError("kept")

    from chipassets.cli import manifest as commands

    read_first = commands.read_manifest

    def read_and_edit(path: Path) -> object:
        loaded = read_first(path)
        other_seed(game)
        return loaded

    monkeypatch.setattr(commands, "read_manifest", read_and_edit)
    monkeypatch.setattr(replay, "keep_answer", keep)
    assert not is_answered(chipassets, *PLAN)


def key(*words: str) -> str | None:
    return stored.answer_key(words or BUILD, (False, "utf-8"))


def test_another_package_or_library_has_other_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, libraries = tmp_path / "package", tmp_path / "site-packages"
    (package / "models").mkdir(parents=True)
    libraries.mkdir()
    (package / "code.py").write_text("VERSION = 1\n")
    (package / "models/default.safetensors").write_bytes(b"model")
    monkeypatch.setattr(stored, "_PACKAGE", package)
    monkeypatch.setattr(sys, "path", [str(libraries)])
    keys = [key()]
    assert key() == keys[0]
    edit(package / "code.py", lambda data: data.replace(b"1", b"2"))
    keys.append(key())
    edit(package / "models/default.safetensors", flipped)
    keys.append(key())
    (package / "new.py").touch()
    keys.append(key())
    (libraries / "numpy-9.dist-info").mkdir()
    keys.append(key())
    assert len(set(keys)) == len(keys)
    shutil.rmtree(package)
    assert key() is None


def test_other_arguments_folders_and_terminals_have_other_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [key(), key(*BUILD, "--strict"), stored.answer_key(BUILD, (True, "utf-8"))]
    monkeypatch.setenv("COLUMNS", "61")
    keys.append(key())
    monkeypatch.chdir(tmp_path)
    keys.append(key())
    assert len(set(keys)) == len(keys)
    monkeypatch.setenv("SHLVL", "7")
    assert key() == keys[-1]


@pytest.mark.usefixtures("game")
def test_a_damaged_answer_is_ignored(chipassets: Run) -> None:
    chipassets(*PLAN)
    assert is_answered(chipassets, *PLAN)
    folder = Path(os.environ["CHIPASSETS_CACHE"])
    for path in folder.glob("*/answers/*/*"):
        path.write_bytes(path.read_bytes()[:-9])
    assert not is_answered(chipassets, *PLAN)
