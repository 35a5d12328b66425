"""`chipassets train …` from a folder of MIDI files to a model file, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chipassets.cli.train import app
from chipassets.compose.weights import load_model
from chipassets.errors import UsageError
from tests.train.conftest import WriteMidi, tune


def run(*arguments: object) -> str:
    """Run a command that must succeed, and return what it printed."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
def test_corpus_dataset_training_and_export_work_in_a_row(
    write_midi: WriteMidi, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    for seed in range(6):
        write_midi(f"tune{seed}.mid", tune(8, 55 + seed, seed), drums=4, programs=(0, 81))
    corpus, dataset, folder = tmp_path / "my.corpus", tmp_path / "my.dataset", tmp_path / "runs/my"
    report = json.loads(run("corpus", tmp_path / "midi", "-o", corpus, "--json"))
    assert report["pieces"] == 6
    assert report["repairs"]["drum_notes_set_apart"] == 24
    meta = json.loads(run("dataset", corpus, "-o", dataset, "--eval-ratio", "0.2", "--json"))
    assert meta["pieces"] == 6
    small = ("--layers", "8,8", "--batch-size", "2", "--chunk", "16", "--threads", "1")
    assert "perplexity" in run("fit", dataset, "-o", folder, *small, "--steps", "4")
    scores = json.loads(run("evaluate", folder, "--json"))
    assert scores["told"]["events"] == meta["events_held_out"] - meta["sequences_held_out"]
    run("export", folder, "-o", tmp_path / "mine.safetensors")
    assert load_model(tmp_path / "mine.safetensors").layers == (8, 8)
    assert "# mine" in (tmp_path / "mine.md").read_text()


def test_tables_say_what_was_left_out(write_midi: WriteMidi, tmp_path: Path) -> None:
    write_midi("a.mid", tune(8, 60, 1))
    write_midi("b.mid", tune(8, 60, 2))
    (tmp_path / "midi" / "broken.mid").write_bytes(b"")
    printed = run("corpus", tmp_path / "midi", "-o", tmp_path / "x.corpus")
    assert "2 pieces of 3 files" in printed
    lines = (tmp_path / "x.corpus.report.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["a.mid", "b.mid", "broken.mid"]
    assert "not readable" in printed
    assert "events held out" in run("dataset", tmp_path / "x.corpus", "-o", tmp_path / "x.dataset")


@pytest.mark.slow  # the command imports TensorFlow
@pytest.mark.parametrize("layers", ["", "a,b", "0", "128,-1", "9999"])
def test_invalid_layer_sizes_are_refused(layers: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="write it like 128,128,128"):
        run("fit", tmp_path / "none", "-o", tmp_path / "run", f"--layers={layers}")


@pytest.mark.slow
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        run("evaluate", tmp_path)


def test_help_and_reading_a_corpus_import_no_tensorflow(
    write_midi: WriteMidi, tmp_path: Path
) -> None:
    write_midi("a.mid", tune(8, 60, 1))
    script = (
        "import sys; from typer.testing import CliRunner; from chipassets.cli.train import app\n"
        f"arguments = ['corpus', {str(tmp_path / 'midi')!r}, '-o', {str(tmp_path / 'c')!r}]\n"
        "for line in (['--help'], ['fit', '--help'], arguments):\n"
        "    assert CliRunner().invoke(app, line).exit_code == 0, line\n"
        "assert not {'tensorflow', 'keras', 'magenta', 'note_seq'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
