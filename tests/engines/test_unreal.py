"""Unreal's plug-in: compiled against stubs of Unreal's interface, and asked for its samples.

The stubs in `unreal/` hold to the documentation of a procedural wave. The plug-in mixes by itself,
so what is heard is compared with the bundle's files sample by sample.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chipassets.engines import export
from tests.engines.game import need, run
from tests.engines.scenario import (
    Start,
    assert_as_expected,
    assert_playing,
    assert_restored,
    assert_told,
    script,
    told,
    write_scenario,
)

# Compiling takes longer than all that is asked of it; the table of calls runs with other players.
pytestmark = pytest.mark.slow

STUBS = Path(__file__).parent / "unreal"
INCLUDED = (
    "Components/AudioComponent.h", "Interfaces/IPluginManager.h", "Kismet/GameplayStatics.h",
    "Misc/FileHelper.h", "Misc/Paths.h", "Modules/ModuleManager.h", "Sound/SoundWaveProcedural.h",
    "Subsystems/GameInstanceSubsystem.h", "ChipassetsMusic.generated.h",
)  # fmt: skip
PLUGIN = "project/Plugins/Chipassets"
DUCKED = 10 ** (-12 / 20)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundle, the plug-in, what the game said, and what it sounded like."""
    compiler = need("g++", "g++")
    folder = tmp_path_factory.mktemp("unreal")
    export("unreal", write_scenario(folder / "bundle"), folder / "project", example=True)
    for name in INCLUDED:
        path = folder / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#pragma once\n#include "CoreMinimal.h"\n')
    source = folder / PLUGIN / "Source/Chipassets"
    run(
        compiler, "-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror", "-I", "include", "-I", STUBS,
        "-I", source / "Public", "-I", source / "Private", STUBS / "Play.cpp",
        source / "Private/ChipassetsMusic.cpp", "-o", "play",
        cwd=folder,
    )  # fmt: skip
    (folder / "calls.txt").write_text(script())
    said = run(folder / "play", "calls.txt", "heard.pcm", cwd=folder)
    (folder / "said.txt").write_text(said)
    return folder


def heard(played: Path) -> NDArray[np.float64]:
    """The left side of what was played, from -1 to 1; both sides are the same."""
    both = np.fromfile(played / "heard.pcm", np.int16).reshape(-1, 2)
    assert np.array_equal(both[:, 0], both[:, 1])
    wave: NDArray[np.float64] = both[:, 0] / 32767
    return wave


def assert_plays(
    played: Path, start: Start, seconds: tuple[float, float], gains: dict[str, float]
) -> None:
    """From the second to the other only that start's files sound, with these gains, gone round."""
    index = json.loads((played / "bundle/bundle.json").read_text())
    (track,) = [one for one in index["tracks"] if one["name"] == start.track]
    here = np.arange(round(seconds[0] * 44_100), round(seconds[1] * 44_100))
    places = here - round(start.at * 44_100) + int(start.sample)
    loop = track["loop"]["start_sample"]
    places = np.where(places < loop, places, loop + (places - loop) % (track["samples"] - loop))
    wanted = np.zeros(len(here))
    for name, gain in gains.items():
        wave = soundfile.read(played / PLUGIN / "Music" / name)[0]
        wanted += gain * wave[places]
    assert np.max(np.abs(heard(played)[here] - wanted)) < 1.6 / 32767


def test_unreals_core_decides_as_the_runtime(played: Path) -> None:
    said = (played / "said.txt").read_text()
    # Within three buffers of 512 samples, to which stalls and pauses are rounded.
    assert_as_expected(said, played / "bundle", 0.035)
    assert_restored(said)
    assert_told(said, is_typed=True)
    assert "there is no scene and no track 'battel'; did you mean 'battle'?" in said
    assert_playing(said)


def test_loops_bars_layers_and_ducking_are_exact_to_the_sample(played: Path) -> None:
    starts = told((played / "said.txt").read_text())
    names = [one.track for one in starts]
    assert names[3:6] == ["overworld", "battle", "overworld"]
    # Over the seam of the title, the first in the game and so without a fade.
    assert_plays(played, starts[0], (0, 1.29), {"title.wav": 0.8})
    assert_plays(played, starts[9], (13.3, 14.19), {"title.wav": 0.8})
    # The variant goes on in the title's bar; behind its seam; and ducked.
    assert_plays(played, starts[10], (15.1, 15.99), {"cave.wav": 0.8})
    assert_plays(played, starts[10], (16.1, 16.69), {"cave.wav": 0.8 * DUCKED})
    # Two layers of two: the second at the sine of an eighth of the circle.
    two = {"battle.1.wav": 0.8, "battle.2.wav": 0.8 * np.sin(np.pi / 8)}
    assert_plays(played, starts[7], (9.55, 11.0), two)
    # On the beat of what sounded, to the sample.
    position = (starts[4].at - starts[3].at) * 44_100 + starts[3].sample
    assert round(position) % 11_025 == 0
    assert round((starts[5].at - starts[4].at) * 44_100) == 44_100


def test_the_unreal_plug_in_has_all_its_files(played: Path) -> None:
    plugin = json.loads((played / PLUGIN / "Chipassets.uplugin").read_text())
    (module,) = plugin["Modules"]
    assert (played / PLUGIN / f"Source/{module['Name']}/{module['Name']}.Build.cs").is_file()
    files = {path.name for path in (played / PLUGIN / "Music").iterdir()}
    tracks = (played / PLUGIN / "Source/Chipassets/Private/ChipassetsTracks.h").read_text()
    assert {name for name in tracks.split('"') if name.endswith(".wav")} == files
