"""`chipassets compose`: MIDI files from a primer, the same for the same seed, quickly started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest

from chipassets.cli.compose import compose
from chipassets.compose.codec import EVENT_CLASSES, NEW_NOTE, STEP_END
from chipassets.compose.weights import Model, save_model
from chipassets.errors import BundleError, ComposeError, UsageError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model file of one small layer that likes the notes around middle C."""
    rng = np.random.default_rng(5)
    bias = np.full(EVENT_CLASSES, -4, np.float32)
    bias[STEP_END], bias[NEW_NOTE + 55 : NEW_NOTE + 70] = 2, 0
    kernel = rng.normal(0, 0.3, (EVENT_CLASSES + 8, 32)).astype(np.float32)
    head = rng.normal(0, 0.3, (8, EVENT_CLASSES)).astype(np.float32)
    path = tmp_path / "own.safetensors"
    path.write_bytes(save_model(Model("own", (kernel,), (np.zeros(32, np.float32),), head, bias)))
    return path


def run(model: Path, folder: Path, *words: str) -> list[mido.MidiFile]:
    compose(["--model", str(model), "--output-dir", str(folder), *words])
    return [mido.MidiFile(path) for path in sorted(folder.glob("*.mid"))]


def notes_of(file: mido.MidiFile) -> list[tuple[float, int]]:
    """Start in 16ths, and pitch, of every note."""
    found, tick = [], 0
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        if message.type == "note_on" and message.velocity:
            found.append((tick * 4 / file.ticks_per_beat, message.note))
    return found


def test_ten_files_of_eight_bars_are_written(model: Path, tmp_path: Path) -> None:
    files = run(model, tmp_path / "out")
    assert len(files) == 10
    assert {file.ticks_per_beat for file in files} == {220}
    assert all(file.length == pytest.approx(16) for file in files)
    assert len({tuple(notes_of(file)) for file in files}) == 10


def test_a_seed_and_a_number_decide_an_output(model: Path, tmp_path: Path) -> None:
    ten = run(model, tmp_path / "ten", "--seed", "4", "--num-steps", "32")
    twenty = run(model, tmp_path / "twenty", "--seed", "4", "--num-steps", "32",
                 "--num-outputs", "20")  # fmt: skip
    other = run(model, tmp_path / "other", "--seed", "5", "--num-steps", "32")
    assert [notes_of(file) for file in ten] == [notes_of(file) for file in twenty[:10]]
    assert [notes_of(file) for file in ten] != [notes_of(file) for file in other]


def test_a_melody_that_is_conditioned_on_opens_each_piece(model: Path, tmp_path: Path) -> None:
    words = ["--primer-melody", "[60, -2, 64, -1, 67]", "--condition-on-primer"]
    words += ["--no-inject-primer-during-generation", "--num-outputs", "3", "--qpm", "90"]
    for file in run(model, tmp_path / "out", *words):
        assert [note for note in notes_of(file) if note[0] < 5] == [(0, 60), (2, 64), (4, 67)]
        assert file.length == pytest.approx(128 / 4 * 60 / 90, rel=1e-4)


def test_a_chord_comes_before_a_melody_and_a_file(model: Path, tmp_path: Path) -> None:
    words = ["--primer-pitches", "[60, 67, 64]", "--primer-melody", "[50]", "--num-outputs", "1"]
    (file,) = run(model, tmp_path / "out", *words)
    assert [pitch for step, pitch in notes_of(file) if step < 4] == [67, 64, 60][::-1]


def test_a_file_brings_its_tempo(model: Path, tmp_path: Path) -> None:
    primer = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(150))])
    track += [mido.Message("note_on", note=62, time=0), mido.Message("note_off", note=62, time=96)]
    primer.tracks.append(track)
    primer.save(tmp_path / "primer.mid")
    words = ["--primer-midi", str(tmp_path / "primer.mid"), "--num-outputs", "1", "--qpm", "80"]
    (file,) = run(model, tmp_path / "out", *words)
    assert notes_of(file)[0] == (0, 62)
    assert file.length == pytest.approx(128 / 4 * 60 / 150, rel=1e-4)


def test_guided_pieces_are_composed_as_a_build_does(model: Path, tmp_path: Path) -> None:
    words = ["--guided", "--num-outputs", "2", "--primer-pitches", "[60, 64]"]
    assert len(run(model, tmp_path / "out", *words)) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--primer-melody", "60,62"], "list of whole numbers"),
        (["--primer-pitches", "[60.5]"], "list of whole numbers"),
        (["--primer-pitches", "[200]"], "from 0 to 127"),
        (["--primer-melody", "[60,-2,-2]", "--num-steps", "3"], "larger --num-steps"),
        (["--primer-midi", "none.mid"], "no file"),
        (["--guided", "--num-steps", "100"], "multiple of 16"),
    ],
)
def test_invalid_primers_and_lengths_are_refused(
    model: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        run(model, tmp_path / "out", *words)
    assert not (tmp_path / "out").exists()


def test_more_notes_than_a_step_holds_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ComposeError, match="at most 15"):
        run(model, tmp_path / "out", "--primer-pitches", str(list(range(40, 70))))


def test_a_primer_that_is_no_midi_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "primer.mid").write_bytes(b"no MIDI")
    with pytest.raises(UsageError, match="not MIDI"):
        run(model, tmp_path / "out", "--primer-midi", str(tmp_path / "primer.mid"))


def test_a_folder_that_cannot_be_written_is_an_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(BundleError, match="another --output-dir"):
        run(model, tmp_path / "taken")


def test_it_starts_without_what_it_does_not_need(model: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from chipassets.__main__ import main\n"
        f"sys.argv = ['chipassets', 'compose', '--json', '--model', {str(model)!r},"
        f" '--num-steps', '8', '--output-dir', {str(tmp_path / 'out')!r}]\n"
        "main()\n"
        "heavy = {'typer', 'rich', 'pydantic', 'mido', 'yaml', 'tensorflow', 'soundfile',"
        " 'chipassets.compose.composer', 'chipassets.plan.trackplan', 'chipassets.music.score'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert len(json.loads(done.stdout)["files"]) == 10


def test_the_originals_spellings_are_understood(model: Path, tmp_path: Path) -> None:
    common = ("--seed", "3", "--num-outputs", "2")
    ours = run(
        model, tmp_path / "ours", *common, "--num-steps", "32", "--primer-melody", "[60, -2, 64]",
        "--condition-on-primer", "--no-inject-primer-during-generation",
    )  # fmt: skip
    spellings = (
        ("--condition_on_primer", "--noinject_primer_during_generation"),
        ("--condition_on_primer=true", "--inject_primer_during_generation=false"),
    )
    for number, words in enumerate(spellings):
        melody = "--primer_melody=[60, -2, 64]"
        theirs = run(model, tmp_path / f"theirs{number}", *common, "--num_steps=32", melody, *words)
        assert [notes_of(file) for file in theirs] == [notes_of(file) for file in ours]


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("--bundle_file=polyphony_rnn.mag", "train import"),
        ("--beam_size=2", "--composer magenta"),
        ("--log=INFO", "writes no log"),
        ("--save_generator_bundle", "export --mag"),
        ("--condition_on_primer=perhaps", "true or false"),
    ],
)
def test_a_flag_of_the_original_without_a_place_says_what_to_do(word: str, advice: str) -> None:
    with pytest.raises(UsageError, match=advice):
        compose([word])
