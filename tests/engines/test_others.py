"""RPG Maker, Ren'Py, GameMaker, Defold, Bevy, Construct: each by its own parser or rules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chipassets.engines import EXPORTERS, Music, export
from chipassets.engines.bevy import rust_value
from chipassets.engines.renpy import played
from chipassets.engines.rpgmaker import system_values
from tests.engines.game import need, run, write_game


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Music:
    return Music.read(write_game(tmp_path_factory.mktemp("others") / "bundle"))


def files_of(music: Music, engine: str) -> dict[str, bytes]:
    exporter = EXPORTERS[engine]
    return {item.path: item.data for item in (*exporter.items(music), *exporter.example(music))}


# What RPG Maker's own classes do, as far as the plug-in asks: buffers load later, by their address.
# MV and MZ differ in who puts the slash behind a folder, and in how a buffer is given up.
RPG_MAKER = """
globalThis.Utils = {RPGMAKER_NAME: "ENGINE"};
const isMV = Utils.RPGMAKER_NAME === "MV";
const made = [], played = [];
class WebAudio {
  constructor(url) { this.url = url; this.ready = false; this.volume = 1; made.push(this); }
  isReady() { return this.ready; }
  isError() { return false; }
  isPlaying() { return !!this.playing; }
  play(loop, pos) { played.push([this.url, loop, pos]); this.playing = true; }
  stop() { this.playing = false; }
  destroy() { this.playing = false; }
  seek() { return 2.5; }
  fadeOut() {}
  fadeIn(seconds) { this.faded = seconds; }
}
globalThis.AudioManager = {
  _replayFadeTime: 0.5, _bgmBuffer: null, _meBuffer: null, _currentBgm: null,
  createBuffer(folder, name) {
    return new WebAudio("audio/" + folder + (isMV ? "/" : "") + name + ".ogg");
  },
  make(kind, name) { return this.createBuffer(kind + (isMV ? "" : "/"), name); },
  playBgm(bgm, pos) {
    if (!this.isCurrentBgm(bgm)) {
      this.stopBgm();
      this._bgmBuffer = this.make("bgm", bgm.name);
      this.updateBgmParameters(bgm);
      if (!this._meBuffer) this._bgmBuffer.play(true, pos || 0);
    }
    this._currentBgm = { ...bgm, pos };
  },
  stopBgm() {
    if (this._bgmBuffer) isMV ? this._bgmBuffer.stop() : this._bgmBuffer.destroy();
    this._bgmBuffer = this._currentBgm = null;
  },
  isCurrentBgm(bgm) {
    return this._currentBgm && this._bgmBuffer && this._currentBgm.name === bgm.name;
  },
  updateBgmParameters(bgm) { this._bgmBuffer.volume = bgm.volume / 100; },
  saveBgm() { return { ...this._currentBgm, pos: this._bgmBuffer.seek() }; },
  replayBgm(bgm) { this.playBgm(bgm, bgm.pos); this._bgmBuffer.fadeIn(this._replayFadeTime); },
  playMe(me) {
    this._currentBgm.pos = this._bgmBuffer.seek();
    this._bgmBuffer.stop();
    this._meBuffer = this.make("me", me.name);
  },
  stopMe() {
    this._meBuffer = null;
    if (!this._bgmBuffer.isPlaying()) {
      this._bgmBuffer.play(true, this._currentBgm.pos);
      this._bgmBuffer.fadeIn(this._replayFadeTime);
    }
  },
};
globalThis.SceneManager = { updateMain() {} };
globalThis.PluginManager = isMV ? {} : { registerCommand(_, __, act) { this.act = act; } };
globalThis.Game_Interpreter = class { pluginCommand() {} };
function command(level, frames) {
  if (isMV) new Game_Interpreter().pluginCommand("MusicIntensity", [level, frames]);
  else PluginManager.act({ level, frames });
}
"""


@pytest.mark.parametrize("engine", ["MV", "MZ"])
def test_rpg_maker_plays_layers_in_one_frame_and_fades_them(
    music: Music, tmp_path: Path, engine: str
) -> None:
    node = need("node", "nodejs")
    files = files_of(music, "rpgmaker")
    script = (
        RPG_MAKER.replace("ENGINE", engine)
        + files["js/plugins/ChipassetsMusic.js"].decode()
        + """
const frame = () => SceneManager.updateMain();
const load = () => { made.forEach((buffer) => { buffer.ready = true; }); frame(); };
const last = () => made.slice(-2).map((b) => [b.volume, b.faded]);
AudioManager.playBgm({name: "title", volume: 90}, 0);
AudioManager.playBgm({name: "overworld", volume: 50}, 1.5);
frame();
const early = played.length;
load();
const full = last();
command("0", "2");
frame(); frame();
const low = last();
ChipassetsMusic.pause(); ChipassetsMusic.pause();
frame();
const held = made.map((b) => b.isPlaying());
ChipassetsMusic.resume();
load();
const again = last();
AudioManager.playMe({name: "victory"});
frame();
const under = made.map((b) => b.isPlaying());
AudioManager.stopMe();
frame();
AudioManager.playBgm({name: "title", volume: 90}, 0);
ChipassetsMusic.pause();
AudioManager.playBgm({name: "night", volume: 90}, 0);
ChipassetsMusic.resume();
const on = made.filter((b) => b.isPlaying()).map((b) => b.url);
console.log(JSON.stringify({early, played, full, low, held, again, under, on}));
"""
    )
    (tmp_path / "plugin.js").write_text(script)
    told = json.loads(run(node, "plugin.js", cwd=tmp_path))
    assert told["early"] == 1, "no layer begins before all are loaded"
    for address, _, _ in told["played"]:
        assert address in files
    layers = ["audio/bgm/overworld-1.ogg", "audio/bgm/overworld-2.ogg"]
    assert told["played"][1:3] == [[layer, True, 1.5] for layer in layers]
    assert (told["full"], told["low"]) == ([[0.5, None]] * 2, [[0.5, None], [0, None]])
    assert told["held"] == [False, False, False]
    # On from there, at the intensity that was, and faded in as the game does after a battle.
    assert told["played"][3:5] == [[layer, True, 2.5] for layer in layers]
    assert told["again"] == [[0.5, 0.5], [0, 0.5]]
    # The game stops its BGM under an ME, and plays it on from there.
    assert told["under"] == [False] * 6
    assert told["played"][5:7] == [[layer, True, 2.5] for layer in layers]
    assert told["on"] == ["audio/bgm/night.ogg"], "what began in a pause stays"


def test_rpg_makers_folders_and_system(music: Music) -> None:
    files = files_of(music, "rpgmaker")
    assert {path for path in files if path.endswith(".ogg")} == {
        "audio/bgm/title.ogg", "audio/bgm/overworld.ogg", "audio/bgm/overworld-1.ogg",
        "audio/bgm/overworld-2.ogg", "audio/bgm/night.ogg", "audio/bgm/battle.ogg",
        "audio/bgm/battle-1.ogg", "audio/bgm/battle-2.ogg", "audio/me/victory.ogg",
    }  # fmt: skip
    system = json.loads(system_values(music))
    assert {field: value["name"] for field, value in system.items()} == {
        "titleBgm": "title", "battleBgm": "battle", "victoryMe": "victory",
    }  # fmt: skip


def test_renpy_returns_to_the_sample(music: Music) -> None:
    title, night = music.tracks[0], music.tracks[2]
    path = played(title, "a.ogg")
    seconds = float(path.removeprefix("<loop ").split(">")[0])
    assert title.loop is not None
    assert int(seconds * title.sample_rate_hz) == title.loop.start_sample
    assert played(night, "a.ogg") == "a.ogg"


@pytest.mark.slow
def test_renpy_lints_the_music(music: Music, tmp_path: Path) -> None:
    renpy = shutil.which("renpy") or shutil.which("renpy", path="/usr/games")
    if renpy is None:
        pytest.skip("no renpy on the path (Debian: apt-get install renpy)")
    game = tmp_path / "project/game"
    export("renpy", music.folder, game, example=True)

    def lint() -> str:
        done = subprocess.run(
            [renpy, tmp_path / "project", "lint"],
            env={**os.environ, "HOME": str(tmp_path), "SDL_VIDEODRIVER": "dummy"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        # Debian's Ren'Py 8.0.3 stumbles over screens of its own under Python 3.11, behind all of
        # the game's scripts and their init blocks.
        assert done.returncode == 0 or "prepare_screen" in done.stdout or "game/" in done.stdout
        return done.stdout + done.stderr

    assert "game/" not in lint()
    (game / "wrong.rpy").write_text("init python in chipassets:\n    spread(1.0, nonsense)\n")
    assert "game/wrong.rpy" in lint(), "it would say so"


def test_gamemakers_text_is_the_tracks(music: Music) -> None:
    files = files_of(music, "gamemaker")
    script = files["chipassets.gml"].decode()
    text = script.split("json_parse(")[1].split("),\n        levels")[0]
    rows = json.loads("".join(json.loads(part) for part in re.split(r"\n\s*\+ ", text)))
    assert [row["name"] for row in rows] == [track.name for track in music.tracks]
    title = rows[0]
    assert round(title["loop_start_seconds"] * 44_100, 3) == title["loop_start"]
    assert round(title["end_seconds"] * 44_100, 3) == title["samples"]
    for row in rows:
        assert all(f"datafiles/music/{name}" in files for name in row["files"])
    assert script.count("{") == script.count("}")
    assert script.count("(") == script.count(")")


def test_defolds_components_name_files_that_are_there(music: Music) -> None:
    files = files_of(music, "defold")
    go = files["chipassets/music.go"].decode()
    components = re.findall(r'component: "/([^"]+)"', go)
    assert len(components) == 7
    for component in components:
        text = files[component].decode()
        (sound,) = re.findall(r'^sound: "/([^"]+)"$', text, re.MULTILINE)
        assert sound in files
        assert ("looping: 0" in text) == ("victory" in component)


def test_defolds_modules_are_lua(music: Music, tmp_path: Path) -> None:
    compiler = shutil.which("luac") or shutil.which("luac5.1") or shutil.which("luajit")
    if compiler is None:
        pytest.skip("no luac on the path (Debian: apt-get install lua5.1)")
    for path, data in (files_of(music, "defold") | files_of(music, "love")).items():
        if path.endswith((".lua", ".script")):
            (tmp_path / "one.lua").write_bytes(data)
            options = ("-bl", "one.lua") if compiler.endswith("luajit") else ("-p", "one.lua")
            run(compiler, *options, cwd=tmp_path)


# Defold's functions, as far as the player asks: messages to the sounds of an object, and a clock.
DEFOLD = """
package.path = "./?.lua;" .. package.path
local now, sounds = 0, {}
socket = {gettime = function() return now end}
msg = {url = function(_, object, part) assert(object == "/music") return part end}
local function say(word, url, value) print(table.concat({now, word, url, tostring(value)}, "|")) end
sound = {
  play = function(url, given) sounds[url] = given.gain say("play", url, given.gain) end,
  stop = function(url) sounds[url] = nil say("stop", url) end,
  set_gain = function(url, gain) assert(sounds[url], url) sounds[url] = gain end,
  pause = function(url, is_held) assert(sounds[url], url) say("pause", url, is_held) end,
}
local music = require("chipassets.music")
local function run(seconds)
  for _ = 1, seconds * 50 do now = now + 0.02 music:update() end
end
music:enter("title") run(1.5)
music:pause() run(2) music:resume()
music:enter("overworld", {when = "bar", how = "cut", moods = {"bright"}}) run(1)
music:intensity(0, 0) run(0.1)
for layer = 1, 2 do say("gain", layer, sounds[("overworld_%d_whole"):format(layer)]) end
"""


def test_defolds_player_plays_intro_loop_and_layers(music: Music, tmp_path: Path) -> None:
    lua = need("lua5.1", "lua5.1")
    files = tmp_path / "bundle"
    shutil.copytree(music.folder, files)
    index = json.loads((files / "bundle.json").read_text())
    title = index["tracks"][0]["files"]
    for part in ("intro", "loop"):  # what the format `split` gives
        shutil.copy(files / title["ogg"]["path"], files / f"audio/title.{part}.ogg")
        title[f"split-{part}"] = title["ogg"] | {"path": f"audio/title.{part}.ogg"}
    (files / "bundle.json").write_text(json.dumps(index))
    export("defold", files, tmp_path / "game")
    (tmp_path / "game/test.lua").write_text(DEFOLD)
    said = [line.split("|") for line in run(lua, "test.lua", cwd=tmp_path / "game").splitlines()]
    rows = [(float(at), *words) for at, *words in said]
    assert rows[0] == (0.02, "play", "title_1_intro", "0")
    # The loop when the intro of a second is over; then held for two seconds.
    assert rows[1] == (pytest.approx(1.02, abs=0.03), "play", "title_1_loop", "0.8")
    assert rows[2][1:] == ("pause", "title_1_loop", "true")
    assert rows[3] == (pytest.approx(3.5), "pause", "title_1_loop", "false")
    # On the title's next line, at 2 s of it, both layers at once.
    assert [row[2] for row in rows[4:6]] == ["overworld_1_whole", "overworld_2_whole"]
    assert [row[0] for row in rows[4:6]] == [pytest.approx(4.02, abs=0.03)] * 2
    assert ("stop", "title_1_loop") in [row[1:3] for row in rows]
    assert rows[-2][1:] == ("gain", "1", "0.8")
    assert rows[-1][1:] == ("gain", "2", "0")


def test_bevys_table_is_rust(music: Music) -> None:
    assert rust_value(["a", 'b"']) == '&["a", "b\\""]'
    assert rust_value(True) == "true"
    source = files_of(music, "bevy")["src/music.rs"].decode()
    fields = source.split("pub struct Track {")[1].split("}")[0]
    declared = re.findall(r"^    pub (\w+): ", fields, re.MULTILINE)
    table = source.split("&[Track] = &[")[1].split("\n];")[0]
    rows = table.split("Track {")[1:]
    assert len(rows) == len(music.tracks)
    for row in rows:
        assert re.findall(r"^        (\w+): ", row, re.MULTILINE) == declared
    for opening, closing in ("{}", "()", "[]"):
        assert table.count(opening) == table.count(closing)


def test_constructs_scripts_read_their_index(music: Music, tmp_path: Path) -> None:
    node = need("node", "nodejs")
    export("construct", music.folder, tmp_path, example=True)
    (tmp_path / "scripts/package.json").write_text('{"type": "module"}')
    code = (
        "import {INDEX} from './chipassets-music.js';"
        "console.log(JSON.stringify(globalThis.Chipassets.checkIndex(INDEX)))"
    )
    index = json.loads(run(node, "--input-type=module", "-e", code, cwd=tmp_path / "scripts"))
    listed = {file["path"] for track in index["tracks"] for file in track["files"].values()}
    listed |= {layer["path"] for track in index["tracks"] for layer in track.get("layers", ())}
    assert listed == {path.name for path in (tmp_path / "files").iterdir()}
    run(node, "--check", "main.js", cwd=tmp_path / "scripts")
    # Node has no AudioContext, as the worker in which Construct may run scripts.
    code = (
        "import {openMusic} from './chipassets-music.js';"
        "openMusic({}).catch(({message}) => console.log(message))"
    )
    said = run(node, "--input-type=module", "-e", code, cwd=tmp_path / "scripts")
    assert "set the project's property Use worker (Advanced) to No" in said
