"""The runtime under CPython in WebAssembly, where there are no threads, as under pygbag.

pygame itself is not at hand for it: a mixer that counts stands in its place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.game import need
from tests.engines.scenario import decided, write_scenario
from tests.runtime.tiny_bundle import BAR_SAMPLES, Piece, write_bundle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

RUN = """
import {loadPyodide} from "PYODIDE/pyodide.mjs";
import {readFileSync} from "node:fs";
const python = await loadPyodide({indexURL: "PYODIDE"});
for (const [name, root] of [["/here", "FOLDER"], ["/code", "ROOT"]]) {
  python.FS.mkdir(name);
  python.FS.mount(python.FS.filesystems.NODEFS, {root}, name);
}
console.log(await python.runPythonAsync(readFileSync(process.argv[2], "utf8")));
"""

PLAY = """
import sys, types, threading, json
sys.path.insert(0, "/code")
from pathlib import Path
from tests.runtime import wasm_mixer
wasm_mixer.install()
from chipassets.runtime import Library, PygamePlayer

said = {"platform": sys.platform, "starts": []}
try:
    threading.Thread(target=print).start()
except RuntimeError as error:
    said["threads"] = str(error)
player = PygamePlayer(Library.open(Path("/here/bundle")), clock=lambda: wasm_mixer.now_ms)
player.preload()
said["updates"] = 0
while player.is_loading:
    player.update()
    said["updates"] += 1

def until(end_ms):
    while wasm_mixer.now_ms < end_ms:
        wasm_mixer.now_ms += 10
        change = player.update()
        if change is not None and change.track is not None:
            said["starts"].append([change.track.name, change.from_sample, change.at_ms])

player.enter("town")
until(1100)
player.enter("shop", when="bar", how="cut", fade_ms=0)
until(2600)
player.pause(); until(3000); player.resume()
player.enter("town", when="bar", how="cut", fade_ms=0)
until(3500)
said["loops"] = player.has_sound and player.now_playing().track.name
json.dumps(said)
"""

DECIDE = """
import sys, json, types
sys.path.insert(0, "/code")
from pathlib import Path
for name in ("tests.engines.game", "tests.report.sample_bundle"):
    sys.modules[name] = types.ModuleType(name)
vars(sys.modules["tests.engines.game"])["PIECES"] = ()
vars(sys.modules["tests.report.sample_bundle"]).update(Piece=None, write_sample=None)
from tests.engines.scenario import decided
starts, states = decided(Path("/here/bundle"))
json.dumps([[[one.track, one.sample, one.at] for one in starts], states])
"""


def run_in_webassembly(folder: Path, code: str) -> object:
    """What the code's last line is, as JSON: the folder is /here, the repository /code."""
    modules = os.environ.get("CHIPASSETS_NODE_MODULES", "")
    pyodide = Path(modules) / "pyodide"
    if not modules or not pyodide.is_dir():
        pytest.skip("set CHIPASSETS_NODE_MODULES to a node_modules with pyodide")
    node = need("node", "nodejs")
    run = RUN.replace("PYODIDE", pyodide.resolve().as_posix())
    run = run.replace("FOLDER", folder.as_posix()).replace("ROOT", ROOT.as_posix())
    (folder / "run.mjs").write_text(run)
    (folder / "code.py").write_text(code)
    done = subprocess.run(
        [node, "run.mjs", "code.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    result: object = json.loads(done.stdout.splitlines()[-1])
    return result


def test_the_player_decodes_and_changes_tracks_without_threads(tmp_path: Path) -> None:
    pieces = [Piece("town", 440, intro_bars=1), Piece("shop", 660)]
    write_bundle(tmp_path / "bundle", pieces, suffix="wav")
    said = run_in_webassembly(tmp_path, PLAY)
    assert isinstance(said, dict)
    assert said["platform"] == "emscripten" != sys.platform
    assert said["threads"] == "can't start new thread"
    assert said["updates"] == 2, "a file in each update"
    # A shop lies over the town, which goes on where it was left, at its fifth bar line.
    starts = [["town", 0], ["shop", 0], ["town", 5 * BAR_SAMPLES]]
    assert [start[:2] for start in said["starts"]] == starts
    begun = [start[2] for start in said["starts"]]
    assert [(at - begun[0]) % 250 for at in begun[:2]] == [0, 0]
    assert (begun[2] - begun[1] - 400) % 250 == 0  # the pause
    assert said["loops"] == "town"


def test_the_runtime_in_webassembly_decides_as_elsewhere(tmp_path: Path) -> None:
    write_scenario(tmp_path / "bundle")
    found = run_in_webassembly(tmp_path, DECIDE)
    starts, states = decided(tmp_path / "bundle")
    assert found == [[[one.track, one.sample, one.at] for one in starts], states]
