"""Godot 4.6 as it runs in a browser: the autoload and music.tres, heard inside the engine.

An exported game has its audio imported, which takes the editor; here a loader in the game does what
the importer does with the settings beside each file. What is heard is taken behind the Master bus.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chipassets.engines import export
from tests.engines.game import write_game
from tests.engines.godot_pack import encode_pck, pack_folder
from tests.web.browser import Browser, find_browser
from tests.web.serving import serve

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

LOADER = """
extends Node
class Ogg extends ResourceFormatLoader:
	func _get_recognized_extensions():
		return PackedStringArray(["ogg"])
	func _handles_type(type):
		return type == "AudioStreamOggVorbis" or type == "AudioStream"
	func _get_resource_type(path):
		return "AudioStreamOggVorbis" if path.ends_with(".ogg") else ""
	func _load(path, _original, _threads, _cache):
		var stream = AudioStreamOggVorbis.load_from_buffer(FileAccess.get_file_as_bytes(path))
		var settings = ConfigFile.new()
		settings.load(path + ".import")
		for name in ["loop", "loop_offset", "bpm", "beat_count", "bar_beats"]:
			stream.set(name, settings.get_value("params", name))
		return stream
func _init():
	ResourceLoader.add_resource_format_loader(Ogg.new(), true)
"""
PROBE = """
extends Node
const WANTED = 44100 * 6
var _capture = AudioEffectCapture.new()
var _heard = PackedFloat32Array()
var _frames = 0
var _steps = []
var _began = 0
func say(what, value):
	print("PROBE " + JSON.stringify([what, value]))
func _ready():
	_capture.buffer_length = 4.0
	AudioServer.add_bus_effect(0, _capture)
	Music.changed.connect(func(track, scene): say("changed", [track, scene]))
	var tres = load("res://music/music.tres")
	var title = tres.get_clip_stream(0)
	say("clips", range(tres.clip_count).map(func(i): return tres.get_clip_name(i)))
	say("title", [title.loop, title.loop_offset, title.beat_count, title.bpm])
	say("layers", tres.get_clip_stream(1).stream_count)
	say("battle", [tres.get_transition_from_time(-1, 3), tres.get_transition_fade_beats(-1, 3)])
func _process(_delta):
	_frames += 1
	if _frames < 30:
		_capture.clear_buffer() # until frames come steadily
	elif _frames == 30:
		START
	for frame in _capture.get_buffer(_capture.get_frames_available()):
		_heard.append(frame.x)
	if _heard.size() > WANTED and _began == 0:
		var bytes = Marshalls.raw_to_base64(_heard.to_byte_array())
		JavaScriptBridge.eval("globalThis.heard = '" + bytes + "'")
		say("lost", _capture.get_discarded_frames())
		_began = Time.get_ticks_msec()
		_steps = STEPS
	while _began > 0 and _steps.size() > 0 and Time.get_ticks_msec() - _began >= _steps[0][0]:
		_steps.pop_front()[1].call()
	if _began > 0 and _steps.is_empty():
		print("DONE")
		set_process(false)
"""
STEPS = """[
	[0, func(): Music.enter("overworld")],
	[300, func(): Music.intensity(0.0, 50)],
	[900, func(): say("places", Music._current["players"].map(
		func(player): return player.get_playback_position()))],
	[901, func(): say("levels", Music._current["players"].map(
		func(player): return player.volume_db))],
	[902, func(): Music.enter("battle", {"when": "beat"})],
	[1500, func(): Music.sting("victory", "beat")],
	[2300, func(): say("sting", [Music._sting != null, Music.now_playing()["track"]])],
	[2301, func(): set_meta("state", JSON.stringify(Music.state()))],
	[2302, func(): Music.stop(50)],
	[2600, func(): say("silence", Music.now_playing())],
	[2601, func(): say("restored", Music.restore(JSON.parse_string(get_meta("state"))))],
	[3000, func(): say("again", Music.now_playing())],
	[3001, func(): Music.pause()],
	[3002, func(): say("held", Music.now_playing()["seconds"])],
	[3400, func(): say("still", Music.now_playing()["seconds"])],
	[3401, func(): Music.resume()],
	[3700, func(): say("on", Music.now_playing()["seconds"])],
]"""
SCENE = """[gd_scene load_steps=2 format=3]

[ext_resource type="Script" path="res://probe.gd" id="1"]

[node name="Probe" type="Node"]
script = ExtResource("1")
"""
PAGE = """<!doctype html><link rel=icon href="data:,"><canvas id=canvas width=64 height=64></canvas>
<script src=index.js></script><script>
globalThis.said = [];
new Engine({
  args: [], executable: "index", canvasResizePolicy: 0, fileSizes: {}, gdextensionLibs: [],
  focusCanvas: false, canvas: document.getElementById("canvas"),
  onPrint: (...words) => said.push(words.join(" ")),
  onPrintError: (...words) => said.push("ERROR " + words.join(" ")),
}).startGame().catch((error) => said.push(`DONE ${error}`));
</script>"""
SETTINGS = """
[rendering]
renderer/rendering_method="gl_compatibility"
[audio]
general/default_playback_type.web=0
"""


# The editor's own classes are not in an exported game: they are left out of these scripts.
EDITOR_WORDS = {
    "addons/chipassets/dock.gd": [(": EditorInterface", "")],
    "addons/chipassets/manifest_importer.gd": [
        ("extends EditorImportPlugin", "extends RefCounted")
    ],
}
DOCK = """var dock = load("res://addons/chipassets/dock.gd").new()
		dock.setup(null)
		add_child(dock)
		dock._validated(FileAccess.get_file_as_string("res://problems.json"))
		var lines = range(dock._list.item_count).map(func(i): return dock._list.get_item_text(i))
		say("problems", [lines, dock._list.get_item_metadata(2), ProjectSettings.get_setting(
			"chipassets/command")])
		dock._list.clear()
		dock._show_takes(FileAccess.get_file_as_string("res://takes.json"))
		var takes = range(dock._list.item_count).map(func(i): return dock._list.get_item_text(i))
		var before = dock._take_buttons.map(func(button): return button.disabled)
		dock._list.select(2)
		dock._enable_takes()
		var after = dock._take_buttons.map(func(button): return button.disabled)
		say("takes", [takes, before, dock._selected_take(), after])
		var far = FileAccess.open("user://chipassets-progress.json", FileAccess.WRITE)
		far.store_string('{"done": 3, "total": 5, "track": "cave", "left": "about 4 s left"}')
		far.close()
		dock._show_progress()
		var bar = dock._progress
		say("progress", [bar.value, bar.max_value, bar.indeterminate, bar.tooltip_text])
		dock._tell_missing("nothing")
		say("missing", dock._log.text)
		say("names", load("res://addons/chipassets/manifest_importer.gd").track_names(
			FileAccess.get_file_as_string("res://game.music.yaml")))
		Music.enter("title")"""
TAKES = {
    "track": "cave",
    "takes": [
        {"take": 1, "state": "chosen", "score": 0.9587, "refused": None, "complaints": []},
        {"take": 12, "state": "", "score": 0.5, "refused": "a bar is empty", "complaints": []},
    ],
    "versions": [
        {"take": "1.1", "state": "", "score": 0.91, "refused": None, "complaints": ["slow", "low"]}
    ],
}
MANIFEST = """game: Quest
chip: ness
# the tracks
tracks:
  # first
  title: {mood: calm}
  cave:
    lenght: 3 bars
"""


def play(tmp_path: Path, start: str, steps: str) -> tuple[dict[str, Any], Any, list[str]]:
    """What a game told, what it sounded like from the first sample on, and all that was said."""
    runtime, executable = os.environ.get("CHIPASSETS_GODOT4", ""), find_browser()
    if not runtime or executable is None:
        pytest.skip("set CHIPASSETS_GODOT4 to a folder with Godot's web runtime, index.wasm")
    game, site = tmp_path / "game", tmp_path / "site"
    export("godot", write_game(tmp_path / "bundle"), game, example=True)
    (game / "loader.gd").write_text(LOADER)
    (game / "probe.gd").write_text(PROBE.replace("START", start).replace("STEPS", steps))
    (game / "probe.tscn").write_text(SCENE)
    for name, words in EDITOR_WORDS.items():
        text = (game / name).read_text()
        for word, instead in words:
            assert word in text
            text = text.replace(word, instead)
        (game / name).write_text(text)
    (game / "game.music.yaml").write_text(MANIFEST)
    command = (sys.executable, "-m", "chipassets", "validate", "game.music.yaml", "--json")
    refused = subprocess.run(command, cwd=game, capture_output=True, text=True, check=False)
    warned = "a warning in front\n" + refused.stdout + "and one behind\n"
    (game / "problems.json").write_text(warned)
    (game / "takes.json").write_text(json.dumps(TAKES))
    project = (game / "project.godot").read_text()
    project = project.replace("[autoload]\n", '[autoload]\n\nLoader="*res://loader.gd"')
    project = project.replace("res://example.tscn", "res://probe.tscn")
    (game / "project.godot").write_text(project + SETTINGS)
    site.mkdir()
    for path in Path(runtime).iterdir():
        if path.name.endswith((".js", ".wasm")):
            shutil.copy(path, site)
    (site / "index.pck").write_bytes(encode_pck(pack_folder(game)))
    (site / "page.html").write_text(PAGE)
    flags = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
    browser = Browser(executable, tmp_path / "profile", flags)
    try:
        with serve(site) as address:
            page = browser.open(f"{address}/page.html")
            page.wait_for("said.some((line) => line.startsWith('DONE'))")
            said, heard = page.run("said"), page.run("globalThis.heard")
    finally:
        browser.close()
    rows = [json.loads(line[6:]) for line in said if line.startswith("PROBE ")]
    wave = np.frombuffer(base64.b64decode(heard), np.float32)
    return dict(rows), wave[np.flatnonzero(np.abs(wave) > 1e-4)[0] :], said


def assert_exact(heard: Any, bundle: Path, gain: float) -> None:
    """The title from its start on through its intro and the first seam of its loop."""
    wave = soundfile.read(bundle / "audio/title.ogg")[0]
    wanted = np.concatenate([wave, wave[44_100:]])
    wanted = gain * wanted[np.flatnonzero(gain * np.abs(wanted) > 1e-4)[0] :]
    length = 5 * 44_100
    assert np.max(np.abs(heard[:length] - wanted[:length])) < 1e-5


def test_the_autoload_plays_to_the_sample(tmp_path: Path) -> None:
    told, heard, said = play(tmp_path, 'Music.enter("title")', STEPS)
    assert not [line for line in said if "SCRIPT ERROR" in line], said
    assert_exact(heard, tmp_path / "bundle", 0.8)
    assert told["lost"] == 0
    assert len(set(told["places"])) == 1, "layers are in step to the sample"
    assert told["levels"][0] > -3
    assert told["levels"][1] == -80
    assert told["sting"] == [True, "battle"]
    assert (told["silence"], told["restored"]) == (None, True)
    assert told["again"]["track"] == "battle"
    assert told["still"] == told["held"]
    assert 0.1 < (told["on"] - told["still"]) % 2 < 0.6


def test_the_dock_lists_problems_by_line(tmp_path: Path) -> None:
    """Its window is not opened: the scripts are compiled and called without the editor."""
    told, _, said = play(tmp_path, DOCK, "[]")
    assert not [line for line in said if "SCRIPT ERROR" in line], said
    lines, last, command = told["problems"]
    assert len(lines) == 3, "\n".join(said)
    assert lines[0].startswith("line 2: chip is 'ness'")
    assert lines[2].startswith("line 8: ")
    assert (last, command) == (8, "chipassets")
    takes, before, take, after = told["takes"]
    assert takes == ["1  0.96  chosen", "12  0.50  refused: a bar is empty", "1.1  0.91  "]
    assert (before, take, after) == ([True] * 3, "1.1", [False] * 3)
    assert told["progress"] == [3, 5, False, "3 of 5 tracks; about 4 s left"]
    assert told["missing"].startswith("'nothing' cannot be run. Install it (uv tool install")
    assert told["names"] == ["title", "cave"]


def test_music_tres_is_what_the_engine_makes_of_it(tmp_path: Path) -> None:
    start = """var player = AudioStreamPlayer.new()
		player.stream = load("res://music/music.tres")
		add_child(player)
		player.play()"""
    told, heard, said = play(tmp_path, start, "[]")
    assert not [line for line in said if "SCRIPT ERROR" in line], said
    assert_exact(heard, tmp_path / "bundle", 1.0)
    assert told["clips"] == ["title", "overworld", "night", "battle", "victory"]
    assert told["title"] == [True, pytest.approx(1 + 0.5 / 44_100), 16, 240]
    assert told["layers"] == 2
    assert told["battle"] == [1, 0.25]
