"""What is printed: names as they are, for any terminal and any stream; and faults in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.build import StockTaken, TrackDone
from chipassets.cli.progress import Tally
from chipassets.cli.safe_text import json_text, visible
from tests.cli.conftest import Run, environment

ESCAPES = "\x1b]52;c;aGk=\x07\x1b[2J\u202e\x9b\x7f"
ESCAPED = r"\x1b]52;c;aGk=\x07\x1b[2J\u202e\x9b\x7f"


def run_raw(
    folder: Path, *arguments: str | bytes, stdout: int | None = subprocess.PIPE, encoding: str = ""
) -> subprocess.CompletedProcess[bytes]:
    surroundings = environment() | ({"PYTHONIOENCODING": encoding} if encoding else {})
    return subprocess.run(
        [sys.executable, "-m", "chipassets", *arguments],
        cwd=folder,
        env=surroundings,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def manifest_of(folder: Path, game: str) -> Path:
    path = folder / "game.yaml"
    text = f"game: {json.dumps(game, ensure_ascii=False)}\ntracks: {{town: {{scene: town}}}}\n"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["[/Beta]", "[red]x[/red]", ":star:", r"C:\[x]\new", "[[", "]"])
def test_markup_in_a_path_is_printed_as_it_is(chipassets: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name.replace("/", "_")
    folder.mkdir()
    (folder / "game.yaml").write_text("game: X\ntracks: {town: {scene: twon}}\n")
    shown = f"{folder.name}/game.yaml"
    found = chipassets("validate", shown)
    assert found.returncode == 2
    assert f"{shown}:2:24: scene of track 'town' is 'twon'" in found.stderr
    (folder / "game.yaml").write_text("game: X\ntracks: {town: {scene: town}}\n")
    assert chipassets("validate", shown).stdout == f"{shown}: valid, 1 track\n"


@pytest.mark.parametrize("name", ["[/Beta]", "[bold]x", ":star:", r"a\[b]"])
def test_markup_in_a_table_and_in_an_error_is_printed_as_it_is(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    from chipassets.cli.output import print_error, print_table
    from chipassets.errors import UsageError

    print_table(f"{name}: out", ["take"], [[name]])
    print_error(UsageError(f"no {name}"), as_json=False)
    said = capsys.readouterr()
    assert f"{name}: out" in said.out
    assert said.out.count(name) == 2
    assert said.err == f"error: no {name}\n"


def test_control_characters_are_escaped() -> None:
    assert visible(f"a{ESCAPES}b") == f"a{ESCAPED}b"
    assert visible("\ud800") == r"\ud800"
    assert visible("クロノ　クエスト é 👩\u200d🚀") == "クロノ　クエスト é 👩\u200d🚀"
    assert json.loads(json_text([ESCAPES, "é"], "utf-8")) == [ESCAPES, "é"]
    assert json_text(ESCAPES, "utf-8").isprintable()


def test_json_is_json_in_every_encoding() -> None:
    value = {"name": "夢🚀\ud800"}
    for encoding in ("ascii", "cp1252", "utf-8", "shift_jis"):
        assert json.loads(json_text(value, encoding).encode(encoding).decode(encoding)) == value


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
@pytest.mark.slow
def test_every_encoding_takes_every_name(tmp_path: Path, encoding: str) -> None:
    manifest_of(tmp_path, "ゆめの🚀しま")
    found = run_raw(tmp_path, "plan", "game.yaml", encoding=encoding)
    assert (found.returncode, found.stderr) == (0, b"")
    shown = "ゆめの🚀しま".encode(encoding, "backslashreplace")
    assert shown in found.stdout


@pytest.mark.slow
def test_a_missing_file_is_named_in_a_poor_encoding(tmp_path: Path) -> None:
    missing = run_raw(tmp_path, "validate", "ゆめ.yaml", encoding="ascii")
    assert missing.returncode == 2
    assert "ゆめ.yaml".encode("ascii", "backslashreplace") in missing.stderr
    assert b"Traceback" not in missing.stderr


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
@pytest.mark.slow
def test_a_name_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    found = run_raw(tmp_path, "validate", b"\x97E.yaml")
    assert (found.returncode, b"\\udc97E.yaml" in found.stderr) == (2, True)
    found = run_raw(tmp_path, "validate", b"\x97E.yaml", "--json")
    assert json.loads(found.stdout)["error"]["exit_code"] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [("validate", "game.yaml"), ("moods",), ("compose", "--help")])
@pytest.mark.slow
def test_a_full_output_is_exit_5_and_a_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    manifest_of(tmp_path, "Full")
    with Path("/dev/full").open("wb") as full:
        found = run_raw(tmp_path, *words, stdout=full.fileno())
    assert found.returncode == 5
    assert found.stderr.decode() == (
        "error: a file or the output cannot be read or written: No space left on device\n"
    )


@pytest.mark.parametrize("words", [("schema",), ()])
@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    manifest_of(tmp_path, "Pipe")
    reading, writing = os.pipe()
    os.close(reading)
    found = run_raw(tmp_path, *words, stdout=writing)
    os.close(writing)
    assert found.stderr == b""
    assert found.returncode == 0


@pytest.mark.slow
def test_closed_streams_swallow_what_is_said(tmp_path: Path) -> None:
    manifest_of(tmp_path, "Closed")
    command = f'exec "{sys.executable}" -m chipassets validate game.yaml >&- 2>&-'
    ended = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment(), check=False)
    assert ended.returncode == 0


def test_control_characters_of_a_wrong_command_line_are_escaped(chipassets: Run) -> None:
    for words in (["build", f"--{ESCAPES}"], ["compose", f"--{ESCAPES}"], [ESCAPES]):
        found = chipassets(*words)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.replace("\n", "").isprintable()
        assert r"\x1b]52;c;aGk" in found.stderr
    told = json.loads(chipassets("build", "--foo", "--json").stdout)["error"]
    assert (told["kind"], told["exit_code"]) == ("UsageError", 2)
    found = chipassets("compose", "--seed", "x" * 10)
    assert "argument --seed: 'xxxxxxxxxx' is not a whole number" in found.stderr


def test_an_internal_error_is_one_line_and_a_log_with_exit_code_70(
    chipassets: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest_of(tmp_path, "Fault")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def break_down(_path: Path) -> None:
        raise KeyError("[/x]\nsecond line")

    monkeypatch.setattr("chipassets.manifest.load_manifest", break_down)
    found = chipassets("validate", "game.yaml")
    (log,) = tmp_path.glob("chipassets-error-*.log")
    assert found.returncode == 70
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith("error: KeyError: '[/x]\\nsecond line' (test_output.py, line ")
    assert str(log) in found.stderr
    assert "break_down" in log.read_text()
    assert "command: ['validate', 'game.yaml']" in log.read_text()
    told = json.loads(chipassets("validate", "game.yaml", "--json").stdout)["error"]
    assert (told["kind"], told["exit_code"]) == ("InternalError", 70)


def test_an_unexpected_file_error_has_exit_code_5(
    chipassets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", "some/[file]")

    monkeypatch.setattr("chipassets.manifest.load_manifest", refuse)
    found = chipassets("validate", "game.yaml")
    assert (found.returncode, found.stderr) == (5, "error: some/[file]: Permission denied\n")


@pytest.mark.parametrize("word", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("option", ["--learning-rate", "--keep", "--clip-norm"])
def test_numbers_that_are_not_finite_are_refused_as_options(
    chipassets: Run, option: str, word: str
) -> None:
    found = chipassets("train", "fit", "a.dataset", "-o", "run", f"{option}={word}")
    assert found.returncode == 2
    assert option in found.stderr or word in found.stderr


@given(st.text(st.characters()))
def test_what_is_printed_is_harmless_and_said_once(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode()
    assert not {*map(chr, (*range(32), *range(127, 160)))} & {*shown} - {*"\n\t"}


@given(
    st.recursive(st.none() | st.integers() | st.text(st.characters()), st.lists),
    st.sampled_from(["ascii", "cp1252", "utf-8", "euc_jp"]),
)
def test_json_comes_back_through_every_encoding(value: object, encoding: str) -> None:
    assert json.loads(json_text(value, encoding).encode(encoding).decode(encoding)) == value


def test_a_second_round_counts_no_track_twice() -> None:
    # Tracks that follow others are made in a second round, which names all that is not in place.
    tally = Tally()
    tally.begin(StockTaken({"town": "", "night": ""}, {"town": 10, "night": 5}))
    tally.finish(TrackDone("town"))
    tally.begin(StockTaken({"town": "", "night": ""}, {"town": 10, "night": 5}))
    assert (tally.done, tally.total) == (1, 2)
    tally.finish(TrackDone("town", "from the lock"))
    tally.finish(TrackDone("night"))
    assert (tally.done, tally.total) == (2, 2)
