"""Godot: import settings by its own rules, the add-on through gdtoolkit, Godot 3 as it runs."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chipassets.bundle import LoopEntry, TrackEntry
from chipassets.engines import EXPORTERS, Music, export
from chipassets.engines.godot import bar_sample, import_settings, interactive, section_samples
from chipassets.render.oggpages import read_comments
from tests.engines.game import need, run, write_game


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Music:
    return Music.read(write_game(tmp_path_factory.mktemp("godot") / "bundle"))


def looping(start: int, length: int, start_bar: int, bars: int, base: TrackEntry) -> TrackEntry:
    loop = LoopEntry(start_sample=start, length_samples=length, start_bar=start_bar, bars=bars)
    return base.model_copy(
        update={
            "samples": start + length,
            "loop": loop,
            "bars": bars,
            "file_bars": start_bar + bars,
        }
    )


def settings_of(track: TrackEntry, version: int) -> dict[str, str]:
    text = import_settings(track, version)
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("start_bar", [0, 1, 4, 7])
@pytest.mark.parametrize("length", [639_866, 534_200, 287_647, 1_234_567])
def test_a_loop_begins_and_ends_on_its_sample_by_godots_arithmetic(
    music: Music, start_bar: int, length: int
) -> None:
    start = start_bar * length // 8
    track = looping(start, length, start_bar, 8, music.tracks[0])
    found = settings_of(track, 4)
    # Godot keeps offsets as doubles and cuts them down to a sample.
    assert int(float(found["loop_offset"]) * track.sample_rate_hz) == start
    assert int(found["beat_count"]) == (start_bar + 8) * 4
    ends = float(found["beat_count"]) * 60 / float(found["bpm"]) * track.sample_rate_hz
    assert 0 <= ends - track.samples < 1
    assert settings_of(track, 3)["loop_offset"] == found["loop_offset"]
    assert "bpm" not in settings_of(track, 3)


@pytest.mark.parametrize(
    ("beats_per_bar", "pulse_steps", "beats"), [(3, 4, 3), (3, 6, 2), (3.5, 2, 7), (4.5, 6, 3)]
)
def test_godot_counts_felt_beats_which_are_whole_in_every_metre(
    music: Music, beats_per_bar: float, pulse_steps: int, beats: int
) -> None:
    track = looping(0, 539_987, 0, 7, music.tracks[0])
    metre = {"beats_per_bar": beats_per_bar, "pulse_steps": pulse_steps}
    found = settings_of(track.model_copy(update=metre), 4)
    # Godot takes both for whole numbers: 24.5 quarters in seven bars of 7/8 would cut the loop.
    assert (found["bar_beats"], found["beat_count"]) == (str(beats), str(7 * beats))
    ends = int(found["beat_count"]) * 60 / float(found["bpm"]) * track.sample_rate_hz
    assert 0 <= ends - track.samples < 1


def test_a_piece_that_ends_does_not_loop(music: Music) -> None:
    track = next(track for track in music.tracks if track.loop is None)
    found = settings_of(track, 4)
    assert (found["loop"], found["beat_count"], found["bpm"]) == ("false", "0", "0")
    assert found["importer"] == '"oggvorbisstr"'
    assert settings_of(track, 3)["importer"] == '"ogg_vorbis"'


def test_godot_3_gets_two_sides_of_what_loops(music: Music) -> None:
    three = {item.path: item.data for item in EXPORTERS["godot3"].items(music)}
    four = {item.path: item.data for item in EXPORTERS["godot"].items(music)}
    for path, data in three.items():
        if path.endswith(".ogg"):
            found, before = soundfile.info(io.BytesIO(data)), soundfile.info(io.BytesIO(four[path]))
            assert found.frames == before.frames
            assert (found.channels, before.channels) == (1 if "victory" in path else 2, 1)
            assert read_comments(data).items() >= read_comments(four[path]).items()


def test_sections_of_a_file_that_goes_on_into_the_second_pass(music: Music) -> None:
    # Two bars of intro, four of loop, and a file that returns to bar 6, the loop's first again.
    base = music.tracks[0]
    loop = LoopEntry(start_sample=6000, length_samples=4000, start_bar=6, bars=4)
    section = base.sections[0]
    track = base.model_copy(
        update={
            "samples": 10_000, "bars": 6, "file_bars": 10, "loop": loop,
            "sections": [section.model_copy(update={"start_bar": bar}) for bar in (0, 2, 4)],
        }
    )  # fmt: skip
    assert section_samples(track) == [0, 2000, 4000, 6000, 8000]
    assert [bar_sample(track, bar) for bar in (0, 1, 6, 9)] == [0, 1000, 6000, 9000]


def test_the_resource_names_every_file_once_and_its_clips_in_order(music: Music) -> None:
    text = interactive(music)
    files = [item.path for item in EXPORTERS["godot"].items(music) if item.path.endswith(".ogg")]
    for path in files:
        assert text.count(f'path="res://{path}"') == 1
    assert f"clip_count = {len(music.tracks)}" in text
    assert text.count("[sub_resource") == 2
    steps = int(text.split("load_steps=")[1].split()[0])
    assert steps == text.count("[ext_resource") + text.count("[sub_resource") + 1
    # Of the clip with layers, in the order of the tracks.
    assert 'clip_1/stream = SubResource("overworld")' in text
    assert '&"battle"' in text


@pytest.mark.slow
def test_the_add_on_is_gdscript_by_gdtoolkits_parser(music: Music) -> None:
    parser = pytest.importorskip("gdtoolkit.parser").parser
    items = [*EXPORTERS["godot"].items(music), *EXPORTERS["godot"].example(music)]
    scripts = [item for item in items if item.path.endswith(".gd")]
    assert len(scripts) == 7
    for item in scripts:
        parser.parse(item.data.decode())
    core = next(item.data for item in scripts if item.path.endswith("music_core.gd"))
    assert core in [item.data for item in EXPORTERS["godot3"].items(music)]


PROBE = """
extends Node

var _began = 0
var _steps = []

func say(what, value):
	print("PROBE " + to_json([what, value]))

func _changed(track, scene):
	say("changed", [track, scene, Music.now_playing()["seconds"]])

func _ready():
	Music.connect("changed", self, "_changed")
	Music.enter("title")
	_steps = [
		[400, "to_overworld"], [2500, "layers"], [3000, "quiet"], [4600, "battle"],
		[5200, "sting"], [5700, "back"], [6300, "silence"], [6700, "restore"], [7300, "again"],
	]

func _process(_delta):
	if _began == 0:
		_began = OS.get_ticks_msec()
	while _steps.size() > 0 and OS.get_ticks_msec() - _began >= _steps[0][0]:
		call(_steps.pop_front()[1])

func to_overworld():
	say("at", Music.now_playing()["seconds"])
	Music.enter("overworld", {"when": "bar", "moods": ["bright"]})
	say("wait", Music._pending["at"] - Music._music_ms())

func layers():
	var places = []
	AudioServer.lock() # so that no buffer is mixed between two answers
	for player in Music._current["players"]:
		places.append(player.get_playback_position())
	AudioServer.unlock()
	say("layers", places)
	Music.intensity(0.0, 100)

func quiet():
	var levels = []
	for player in Music._current["players"]:
		levels.append(player.volume_db)
	say("quiet", levels)
	Music.enter("battle")

func battle():
	say("battle", Music.now_playing())
	Music.leave()
	Music.update()
	say("at_once", Music.state()["playing"]["sample"])

func sting():
	Music.sting("victory")
	say("back", Music.now_playing())

func back():
	say("sting", [Music._sting != null, Music._point(Music._sting_duck, Music._music_ms())])
	var state = Music.state()
	set_meta("state", to_json(state))
	say("state", state)

func silence():
	Music.stop(50)

func restore():
	say("silence", Music.now_playing())
	say("restored", Music.restore(parse_json(get_meta("state"))))
	say("refused", Music.restore("nonsense"))

func again():
	say("again", Music.now_playing())
	Music._folder = "res://gone"
	Music.sting("victory")
	Music.enter("title")
	Music.update()
	say("gone", [Music.now_playing(), Music._sting])
	Music._folder = "res://music"
	Music.enter("battle")
	Music.update()
	say("there", Music.now_playing()["track"])
	Music.enter("victory")
	Music.update()
	_steps = [[8000, "fanfare"], [9000, "over"]]

func fanfare():
	say("fanfare", Music.now_playing()["track"])

func over():
	say("over", Music.now_playing())
	get_tree().quit()
"""
SCENE = """[gd_scene load_steps=2 format=2]

[ext_resource path="res://probe.gd" type="Script" id=1]

[node name="Probe" type="Node"]
script = ExtResource( 1 )
"""


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_godot_3_plays_scenes_layers_stings_and_saves(tmp_path: Path) -> None:
    godot = need("godot3-server", "godot3-server")
    game = tmp_path / "game"
    export("godot3", write_game(tmp_path / "bundle"), game, example=True)
    home = str(tmp_path)
    imported = run(godot, "--path", ".", "-e", "-q", cwd=game, environment={"HOME": home})
    # On a busy machine the editor may read a game's script before it knows the autoload.
    assert "At: res://music/" not in imported, imported
    assert "At: res://addons/" not in imported, imported
    (game / "probe.gd").write_text(PROBE)
    (game / "probe.tscn").write_text(SCENE)
    settings = (game / "music/title.ogg.import").read_text()
    assert "loop=true" in settings
    assert ".oggstr" in settings, "Godot has imported it by these settings"
    said = run(godot, "--path", ".", "res://probe.tscn", cwd=game, environment={"HOME": home})
    assert "SCRIPT ERROR" not in said, said
    rows: list[tuple[str, Any]] = [
        tuple(json.loads(line[6:])) for line in said.splitlines() if line.startswith("PROBE ")
    ]
    told = dict(rows)
    changes = [value for name, value in rows if name == "changed"]
    assert [change[:2] for change in changes] == [
        ["title", "title"], ["overworld", "overworld"], ["battle", "battle"],
        ["overworld", "overworld"], ["overworld", "overworld"], ["battle", "battle"],
        ["victory", "victory"],
    ]  # fmt: skip
    # Bars of a second: it waits for the next line of what is heard.
    # What Godot tells of it goes from buffer to buffer.
    assert told["at"] + told["wait"] / 1000 == pytest.approx(math.ceil(told["at"]), abs=0.03)
    assert len(set(told["layers"])) == 1, "layers are in step to the sample"
    assert told["quiet"][0] > -3
    assert told["quiet"][1] == -80
    assert told["battle"]["track"] == "battle"
    # Left at 3.12 s, before a buffer of it is mixed.
    assert told["at_once"] / 44_100 == pytest.approx(2.12, abs=0.5)
    assert told["back"]["track"] == "overworld"
    # The overworld began at 1 s and was left at 3.12 s, behind its fade; it went on at 4.6 s, and
    # was asked at 5.2 s. Begun anew it would be at 0.6 s of its 3 s.
    assert told["back"]["seconds"] == pytest.approx(2.12 + 0.6, abs=0.5)
    assert told["sting"] == [True, pytest.approx(10 ** (-12 / 20), rel=1e-3)]
    assert told["state"]["scenes"][0]["moods"] == ["bright"]
    assert told["silence"] is None
    assert (told["restored"], told["refused"]) == (True, False)
    assert told["gone"] == [None, None]
    for name in ("title", "victory"):
        assert said.count(f"track '{name}' stays silent: the project has no res://gone/") == 1
    assert told["there"] == "battle"
    assert (told["fanfare"], told["over"]) == ("victory", None)
    saved = told["state"]["playing"]["sample"] / 44_100
    assert told["again"]["seconds"] == pytest.approx((saved + 0.6) % 3, abs=0.5)


RECORDER = """
extends Node

var _record = AudioEffectRecord.new()
var _began = 0

func _ready():
	AudioServer.add_bus_effect(0, _record)
	_record.set_recording_active(true)
	_began = OS.get_ticks_msec()
	Music.volume = 1.0
	Music.enter("title")

func _process(_delta):
	if OS.get_ticks_msec() - _began > 7000:
		_record.set_recording_active(false)
		_record.get_recording().save_to_wav("res://heard.wav")
		get_tree().quit()
"""


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_godot_3_loops_on_both_sides_to_the_sample(tmp_path: Path) -> None:
    godot = need("godot3-server", "godot3-server")
    game, home = tmp_path / "game", {"HOME": str(tmp_path)}
    export("godot3", write_game(tmp_path / "bundle"), game, example=True)
    run(godot, "--path", ".", "-e", "-q", cwd=game, environment=home)
    (game / "probe.gd").write_text(RECORDER)
    (game / "probe.tscn").write_text(SCENE)
    project = (game / "project.godot").read_text()
    (game / "project.godot").write_text(project.replace("res://example.tscn", "res://probe.tscn"))
    run(godot, "--path", ".", cwd=game, environment=home)
    heard = soundfile.read(game / "heard.wav", always_2d=True)[0]
    heard = heard[np.flatnonzero(np.abs(heard).max(axis=1) > 1e-3)[0] :]
    wave = soundfile.read(game / "music/title.ogg")[0][:, 0]
    # The bundle's own file, encoded once more: what that adds is 34 dB below it or less.
    once = soundfile.read(tmp_path / "bundle/audio/title.ogg")[0]
    assert np.sqrt(np.mean((wave - once) ** 2)) < 0.02 * np.sqrt(np.mean(once**2))
    whole = np.concatenate([wave, wave[44_100:]])
    whole = whole[np.flatnonzero(np.abs(whole) > 1e-3)[0] :]
    length = 5 * 44_100  # over the seam, a second behind it
    for side in (0, 1):
        assert np.max(np.abs(heard[:length, side] - whole[:length])) < 2 / 32_768


STALLED = """
extends Node

var _record = AudioEffectRecord.new()
var _began = 0
var _steps = [[1400, "stall"], [3200, "hold"], [3900, "go_on"], [4200, "end"]]

func say(what, value):
	print("PROBE " + to_json([what, value]))

func _ready():
	AudioServer.add_bus_effect(0, _record)
	_record.set_recording_active(true)
	_began = OS.get_ticks_msec()
	Music.volume = 1.0
	Music.enter("title")

func _process(_delta):
	while _steps.size() > 0 and OS.get_ticks_msec() - _began >= _steps[0][0]:
		call(_steps.pop_front()[1])

func stall():
	Music.enter("battle", {"when": "bar", "how": "cut"})
	AudioServer.lock() # the audio thread mixes nothing meanwhile
	OS.delay_msec(700)
	AudioServer.unlock()

func hold():
	say("held", Music.now_playing()["seconds"])
	Music.pause()
	say("sting", Music.sting("victory"))

func go_on():
	say("still", Music.now_playing()["seconds"])
	say("waiting", Music._sting == null)
	Music.resume()

func end():
	say("on", Music.now_playing()["seconds"])
	say("begun", Music._sting != null)
	_record.set_recording_active(false)
	_record.get_recording().save_to_wav("res://heard.wav")
	get_tree().quit()
"""


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_in_godot_3_a_bar_line_waits_for_a_sound_that_stalled_and_pause_holds_all(
    tmp_path: Path,
) -> None:
    godot = need("godot3-server", "godot3-server")
    game, home = tmp_path / "game", {"HOME": str(tmp_path)}
    export("godot3", write_game(tmp_path / "bundle"), game, example=True)
    run(godot, "--path", ".", "-e", "-q", cwd=game, environment=home)
    (game / "probe.gd").write_text(STALLED)
    (game / "probe.tscn").write_text(SCENE)
    said = run(godot, "--path", ".", "res://probe.tscn", cwd=game, environment=home)
    assert "SCRIPT ERROR" not in said, said
    told = dict(json.loads(line[6:]) for line in said.splitlines() if line.startswith("PROBE "))
    heard = soundfile.read(game / "heard.wav", always_2d=True)[0][:, 0]
    heard = heard[np.flatnonzero(np.abs(heard) > 1e-3)[0] :]
    # What is mixed goes on where it stopped, so the place of the battle's 880 Hz is the title's.
    frames = heard[: len(heard) // 441 * 441].reshape(-1, 441)
    tone = np.abs(frames @ np.exp(-2j * np.pi * 880 * np.arange(441) / 44_100)) / 220.5
    assert np.argmax(tone > 0.05) / 100 == pytest.approx(2, abs=0.06)
    assert told["still"] == pytest.approx(told["held"], abs=0.02)
    assert told["waiting"]
    assert told["begun"]
    assert told["on"] == pytest.approx(told["held"] + 0.3, abs=0.1)
