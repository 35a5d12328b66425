"""LÖVE as it runs, under a display in memory, with OpenAL writing what it plays to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from chipassets.engines import export
from chipassets.engines.lua import lua_value
from tests.engines.game import need, run, write_game

CONF = "function love.conf(t) t.modules.joystick = false t.window.width = 200 end\n"
MAIN = """
local music = require("chipassets")
local told, steps = {}, {}
local function say(name, value) print(("PROBE %s %s"):format(name, value)) end
local function at(seconds, act) table.insert(steps, {seconds, act}) end
local began

function love.load()
  music.preload()
  music.volume = 1
STEPS
  began = love.timer.getTime()
end

function love.update()
  local now = love.timer.getTime() - began
  while steps[1] and now >= steps[1][1] do table.remove(steps, 1)[2]() end
  music:update()
  if #steps == 0 then love.event.quit() end
end
"""


def play(
    tmp_path: Path, steps: str, missing: str = ""
) -> tuple[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """What the game printed, and what it sounded like, left channel, from the first sound on."""
    need("love", "love")
    xvfb = need("xvfb-run", "xvfb")
    game = tmp_path / "game"
    export("love", write_game(tmp_path / "bundle"), game)
    if missing:
        (game / "chipassets/music" / missing).unlink()
    (game / "conf.lua").write_text(CONF)
    (game / "main.lua").write_text(MAIN.replace("STEPS", steps))
    (tmp_path / "alsoft.conf").write_text(
        "[general]\ndrivers = wave\nfrequency = 44100\nsample-type = int16\nchannels = stereo\n"
        f"stereo-mode = speakers\n[wave]\nfile = {tmp_path}/heard.wav\n"
    )
    environment = {"ALSOFT_CONF": f"{tmp_path}/alsoft.conf", "HOME": str(tmp_path)}
    said = run(xvfb, "-a", "love", ".", cwd=game, environment=environment)
    wave = soundfile.read(tmp_path / "heard.wav", always_2d=True)[0][:, 0]
    loud = np.flatnonzero(np.abs(wave) > 0.01)  # OpenAL dithers: silence is not all zeros
    return said, wave[loud[0] :]


def told(said: str) -> dict[str, str]:
    rows = [line.split(" ", 2) for line in said.splitlines() if line.startswith("PROBE ")]
    return {name: value for _, name, value in rows}


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_intro_and_loop_are_exact_over_several_passes(tmp_path: Path) -> None:
    _, heard = play(tmp_path, 'music:enter("title") at(12, function() end)')
    wave = soundfile.read(tmp_path / "bundle/audio/title.ogg")[0]
    wanted = np.concatenate([wave, *[wave[44_100:]] * 3])
    # The place is found by the change of pitch where the loop begins: tones are alike everywhere.
    change, length = 44_100, 10 * 44_100
    piece = wanted[change - 4096 : change + 4096]
    found = int(np.argmax(np.correlate(heard[: 2 * change], piece, "valid")))
    shift = found - (change - 4096)
    assert abs(shift) < 64, "it begins with its first sample"
    begun = 4096  # behind OpenAL's own fade at the start of a source
    heard, wanted = heard[begun + shift : shift + length], wanted[begun:length]
    # OpenAL plays a mono source on both sides at a level of its own.
    scale = np.dot(heard, wanted) / np.dot(wanted, wanted)
    assert scale > 0.3
    assert np.max(np.abs(heard - scale * wanted)) < 2e-3


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_scenes_layers_stings_and_saves(tmp_path: Path) -> None:
    said, _ = play(
        tmp_path,
        """
  music:enter("title")
  at(0.4, function()
    music:enter("overworld", {when = "bar", moods = {"bright"}})
    say("wait", music._pending.at - music:_now())
    say("from", music:playing().seconds)
  end)
  at(2.5, function()
    local places = {}
    for i, source in ipairs(music._current.sounds.sources) do
      places[i] = source:tell("samples")
    end
    say("apart", math.abs(places[1] - places[2]))
    music:intensity(0, 0.1)
  end)
  at(3, function()
    say("quiet", music._current.sounds.sources[2]:getVolume())
    music:enter("battle")
  end)
  at(4.6, function()
    say("battle", music:playing().track)
    music:leave()
  end)
  at(5.2, function()
    say("back", music:playing().track)
    say("back_at", music:playing().seconds)
    music:sting("victory")
  end)
  at(5.6, function()
    say("ducked", music._sting_duck.last)
    told.state = music:state()
    say("saved", told.state.playing.sample)
    say("moods", table.concat(told.state.scenes[1].moods))
    music:stop(0.05)
  end)
  at(6, function()
    say("silent", tostring(music:playing()))
    say("restored", tostring(music:restore(told.state)))
    say("refused", tostring(music:restore(7)))
  end)
  at(6.5, function() say("again", music:playing().seconds) end)
""",
    )
    found = told(said)
    line = float(found["from"]) + float(found["wait"])
    assert line == pytest.approx(
        round(line), abs=0.03
    )  # what LÖVE tells goes from buffer to buffer
    assert float(found["apart"]) <= 1024
    assert float(found["quiet"]) == 0
    assert (found["battle"], found["back"]) == ("battle", "overworld")
    # Begun at 1 s, left at 3.12 s, gone on with at 4.6 s, asked at 5.2 s: begun anew it were 0.6.
    assert float(found["back_at"]) == pytest.approx(2.12 + 0.6, abs=0.5)
    assert float(found["ducked"]) == pytest.approx(10 ** (-12 / 20))
    assert found["moods"] == "bright"
    assert (found["silent"], found["restored"], found["refused"]) == ("nil", "true", "false")
    again = (float(found["saved"]) / 44_100 + 0.5) % 3
    assert float(found["again"]) == pytest.approx(again, abs=0.5)


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_a_file_that_is_missing_is_told_of_and_the_game_goes_on(tmp_path: Path) -> None:
    said, _ = play(
        tmp_path,
        """
  music:enter("title")
  music:preload("victroy", "victory") -- as every other call, with a colon
  at(0.3, function() music:enter("battle") music:sting("battle") end)
  at(0.6, function()
    say("battle", tostring(music:playing()))
    say("ducked", music._sting_duck.last)
    music:leave()
  end)
  at(0.9, function() say("title", music:playing().track) end)
""",
        missing="battle.2.ogg",
    )
    found = told(said)
    assert (found["battle"], found["ducked"], found["title"]) == ("nil", "1", "title")
    assert said.count("track 'battle' stays silent") == 1
    assert "battle.2.ogg" in said
    assert "there is no scene and no track 'victroy'; did you mean 'victory'?" in said


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_a_bar_line_waits_for_a_sound_that_stalled(tmp_path: Path) -> None:
    _, heard = play(
        tmp_path,
        """
  music:enter("title")
  at(2.1, function()
    music:enter("battle", {when = "bar", how = "cut"})
    love.timer.sleep(1.5) -- twice as long as what is queued
  end)
  at(6, function() end)
""",
    )
    # In hundredths of a second: the title up to the battle's 880 Hz, and silence within it.
    frames = heard[: len(heard) // 441 * 441].reshape(-1, 441)
    battle = np.abs(frames @ np.exp(-2j * np.pi * 880 * np.arange(441) / 44_100)) / 220.5
    before = np.abs(frames[: int(np.argmax(battle > 0.05))]).max(axis=1)
    silent = np.count_nonzero(before < 0.01) / 100
    title = len(before) / 100 - silent
    assert silent > 0.5, "it has stalled"
    # A frame late, and the buffers that were mixed already.
    assert title == pytest.approx(round(title), abs=0.06)
    assert title > 2.9


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_pause_stops_everything_and_resume_continues(tmp_path: Path) -> None:
    said, heard = play(
        tmp_path,
        """
  music:enter("overworld")
  at(0.6, function()
    music:enter("battle", {when = "bar", how = "cut"})
    music:pause()
    say("paused", music:playing().seconds)
  end)
  at(1.6, function()
    say("still", music:playing().seconds)
    say("track", music:playing().track)
    say("sounding", tostring(music._current.sounds.sources[1]:isPlaying()))
    music:resume()
  end)
  at(1.8, function() say("waiting", music:playing().track) end)
  at(2.4, function() say("after", music:playing().track) end)
""",
    )
    found = told(said)
    assert float(found["still"]) == float(found["paused"])
    assert (found["track"], found["sounding"]) == ("overworld", "false")
    assert (found["waiting"], found["after"]) == ("overworld", "battle")
    loud = np.abs(heard[: len(heard) // 441 * 441].reshape(-1, 441)).max(axis=1) > 0.01
    gap = np.flatnonzero(~loud)
    assert len(gap) == pytest.approx(100, abs=15), "a second of silence"
    assert gap[-1] - gap[0] < len(gap) + 3


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_audio_paused_by_the_game_stays_paused_and_a_stalled_game_continues(
    tmp_path: Path,
) -> None:
    said, _ = play(
        tmp_path,
        """
  local paused
  music:enter("overworld")
  at(0.5, function()
    paused = love.audio.pause()
    say("paused", music:playing().seconds)
  end)
  at(1.1, function()
    say("still", music:playing().seconds)
    love.audio.play(paused)
  end)
  at(1.7, function()
    say("on", music:playing().seconds)
    love.timer.sleep(1.2) -- longer than what is queued
  end)
  at(3.2, function() say("playing", tostring(music._current.sounds.sources[2]:isPlaying())) end)
""",
    )
    found = told(said)
    assert float(found["still"]) == pytest.approx(float(found["paused"]), abs=0.001)
    assert float(found["on"]) == pytest.approx(float(found["still"]) + 0.6, abs=0.3)
    assert found["playing"] == "true"


def test_values_are_written_as_lua_reads_them() -> None:
    text = lua_value({"a": 'q"\\\n', "b": [1, 2.5, True], "c": {}})
    assert text == r'{a = "q\"\\\010", b = {1, 2.5, true}, c = {}}'
