"""Unity's package: compiled against stubs of Unity's interface, and played by them with mono.

The stubs in `unity/` hold to the documentation: what PlayScheduled, timeSamples and loop do on an
audio clock. The game's calls are those of `scenario.py`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from chipassets.engines import export
from tests.engines.game import need, run
from tests.engines.scenario import (
    assert_as_expected,
    assert_gains,
    assert_playing,
    assert_restored,
    assert_told,
    lines,
    off_line,
    script,
    told,
    write_scenario,
)

STUBS = Path(__file__).parent / "unity"
PACKAGE = "project/Packages/com.chipassets.music"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle, the package, what the game said, and what it sounded like."""
    compiler, mono = need("mcs", "mono-mcs"), need("mono", "mono-runtime")
    folder = tmp_path_factory.mktemp("unity")
    export("unity", write_scenario(folder / "bundle"), folder / "project/Packages", example=True)
    sources = [*STUBS.glob("*.cs"), *(folder / PACKAGE).rglob("*.cs")]
    run(
        compiler,
        "-langversion:7",
        "-warnaserror",
        "-nowarn:0649",
        "-out:Play.exe",
        *sources,
        cwd=folder,
    )
    (folder / "clips").mkdir()
    for path in (folder / PACKAGE / "Music/Audio").iterdir():
        wave = soundfile.read(path, dtype="float32")[0]
        (folder / "clips" / path.name).write_bytes(wave.tobytes())
    (folder / "calls.txt").write_text(script())
    table = f"{PACKAGE}/Music/music.chipmusic"
    said = run(mono, "Play.exe", table, "clips", "calls.txt", "heard.f32", cwd=folder)
    (folder / "said.txt").write_text(said)
    return folder


@pytest.mark.slow
def test_unitys_core_decides_as_the_runtime(played: Path) -> None:
    said = (played / "said.txt").read_text()
    # Each start and each return from a pause is scheduled 60 ms ahead.
    assert_as_expected(said, played / "bundle", 0.2)
    assert_restored(said)
    assert_told(said)
    assert_playing(said)


@pytest.mark.slow
def test_intro_loop_and_bar_lines_are_exact_to_the_sample(played: Path) -> None:
    heard = np.fromfile(played / "heard.f32", np.float32)
    starts = told((played / "said.txt").read_text())
    title = soundfile.read(played / "bundle/audio/title.ogg", dtype="float32")[0]
    # Behind the fade, alone, over the first seam: from 13.4 s on to 14.1 s.
    began = round(starts[9].at * 44_100)
    whole = np.concatenate([title, title[44_100:]])
    here = slice(round(13.4 * 44_100), round(14.1 * 44_100))
    wanted = 0.8 * whole[here.start - began : here.stop - began]
    assert starts[9].track == "title"
    assert np.max(np.abs(heard[here] - wanted)) < 1e-6
    # A loop's end inside what is heard alone: the variant goes on in the title's bar and loops.
    cave = soundfile.read(played / "bundle/audio/cave.ogg", dtype="float32")[0]
    begun = starts[10]
    assert begun.sample > 44_100, "in the bar where the title was"
    position = round(16.9 * 44_100) - round(begun.at * 44_100) + int(begun.sample)
    assert position > len(cave), "behind the seam"
    wanted = 0.8 * cave[position - len(cave) + 44_100 :][:4000]
    assert np.max(np.abs(heard[round(16.9 * 44_100) :][:4000] - wanted)) < 1e-6
    # The battle on the overworld's beat, the overworld on the battle's bar line.
    battle = (starts[4].at - starts[3].at) * 44_100 + starts[3].sample
    assert off_line(battle, 11_025) < 1
    assert off_line((starts[5].at - starts[4].at) * 44_100, 44_100) < 1


@pytest.mark.slow
def test_layers_ducking_and_stings_have_their_levels(played: Path) -> None:
    assert_gains((played / "said.txt").read_text(), within=0.02)


def test_music_goes_through_the_games_mixer_and_keeps_its_voices(played: Path) -> None:
    assert "astray" not in (played / "said.txt").read_text()


def test_a_clip_whose_samples_cannot_be_read_is_told_of(played: Path) -> None:
    calls = played / "streamed.txt"
    calls.write_text(
        "0\tenter\ttitle\t\t\t\t\n0.5\tenter\tbattle\t\t\t\t\n1\tleave\t\t\t\n1.5\tend\n"
    )
    table = f"{PACKAGE}/Music/music.chipmusic"
    mono = need("mono", "mono-runtime")
    files = (table, "clips", calls, "streamed.f32", "battle.2.ogg")
    said = run(mono, "Play.exe", *files, cwd=played)
    assert [start.track for start in told(said)] == ["title", "title"]
    (warned,) = (row[0] for row in lines(said, "warn"))
    assert "track 'battle' stays silent: the samples of its clip 'battle.2.ogg'" in warned
    assert "Decompress On Load" in warned


def test_a_saved_state_is_the_same_in_unity_and_every_other_engine(played: Path) -> None:
    ((text,), *_) = lines((played / "said.txt").read_text(), "state")
    state = json.loads(text)
    assert [entry["scene"] for entry in state["scenes"]] == ["overworld", "battle"]
    assert state["playing"]["track"] == "battle"
    assert state["intensity"] == pytest.approx(0.25)
    from chipassets.runtime import Director, Library

    Director(Library.open(played / "bundle")).restore(state, 0)


def test_the_unity_package_has_all_its_files(played: Path) -> None:
    package = played / PACKAGE
    for path in package.rglob("*"):
        if path.suffix in (".json", ".asmdef", ".chipmusic"):
            json.loads(path.read_text())
    table = json.loads((package / "Music/music.chipmusic").read_text())
    source = (package / "Runtime/ChipassetsBundle.cs").read_text()
    for track in table["tracks"]:
        for name in track["files"]:
            assert (package / "Music/Audio" / name).is_file()
        # JsonUtility fills in fields of the class alone.
        for field in track:
            assert re.search(rf"public [\w\[\]]+ {field};", source), field
