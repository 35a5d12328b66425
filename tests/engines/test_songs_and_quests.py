"""GB Studio's folder of songs; Solarus' script in Lua, with the engine's own words in its place."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

import pytest

from chipassets.engines import EXPORTERS, Item, Music, export
from chipassets.engines.placing import place
from tests.engines.game import run, write_game, write_songs


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Music:
    return Music.read(write_game(tmp_path_factory.mktemp("songs") / "bundle"))


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Music:
    """A song for each track, under names that C would mix up."""
    found = Music.read(write_songs(tmp_path_factory.mktemp("uge") / "bundle"))
    names = ("title", "over-world", "over_world", "the-long-road-to-the-castle-1", "victory")
    tracks = [
        track.model_copy(update={"name": name})
        for name, track in zip(names, found.tracks, strict=True)
    ]
    return Music(found.folder, found.index.model_copy(update={"tracks": tracks}))


def items_of(music: Music, engine: str) -> dict[str, Item]:
    exporter = EXPORTERS[engine]
    return {item.path: item for item in (*exporter.items(music), *exporter.example(music))}


def test_gb_studio_gets_songs_with_names_and_identifiers(songs: Music) -> None:
    items = items_of(songs, "gbstudio")
    records = [json.loads(item.data) for path, item in items.items() if path.endswith(".gbsres")]
    assert [record["name"] for record in records] == [track.name for track in songs.tracks]
    for record in records:
        assert f"assets/music/{record['filename']}" in items
        assert record["_resourceType"] == "music"
        assert str(uuid.UUID(record["id"])) == record["id"]
        assert len(record["symbol"]) <= 31
    symbols = [record["symbol"] for record in records]
    assert symbols[1:3] == ["song_over_world", "song_over_world_0"]
    assert len({record["id"] for record in records}) == len(set(symbols)) == len(records)
    page = items["assets/music/chipassets.README.md"].data.decode()
    assert "| overworld | over-world | loops |" in page
    assert "| victory | victory | plays once |" in page


def test_gb_studios_own_changes_to_a_song_stay(songs: Music, tmp_path: Path) -> None:
    items = list(items_of(songs, "gbstudio").values())
    place("gbstudio", tmp_path, items)
    record = tmp_path / "assets/music/title.uge.gbsres"
    record.write_text(record.read_text().replace('"name": "title"', '"name": "The Hero"'))
    song = tmp_path / "assets/music/title.uge"
    song.write_bytes(song.read_bytes() + b"edited")
    placed = place("gbstudio", tmp_path, items)
    assert placed.left == ["assets/music/title.uge"]
    assert "The Hero" in record.read_text()


QUEST = """
math.randomseed(1)
local played, ending, volume = {}, nil, 100
sol = {main = {}, audio = {
  play_music = function(id, action)
    local file = io.open("musics/" .. id .. ".ogg", "rb")
    assert(file, id)
    file:close()
    ending = type(action) == "function" and action or nil
    table.insert(played, id .. (action == true and " loops" or ""))
  end,
  stop_music = function() table.insert(played, "stop") end,
  get_music_volume = function() return volume end,
  set_music_volume = function(value) volume = value end,
}}
package.path = "./?.lua"
dofile("main.lua")
local music = require("scripts/chipassets/music")
local function say() print(table.concat(played, "|")); played = {} end
sol.main:on_started()
music:enter("overworld")
music:enter("overworld", {moods = {"dark"}})
music:enter("nowhere")
music:enter("overworld", {moods = {"dark"}})
say()
music:enter("battle")
music:sting("victory")
local over = ending
over()
music:leave()
over()
say()
music:sting("victory")
music:enter("title")
local late = ending
if late then late() end
say()
music:duck(6) music:duck(20) print(volume) music:duck(0) print(volume)
music:enter("victory") print(music:playing())
ending() print(music:playing())
music:enter("overworld", {moods = {"dark"}}) music:enter("battle")
local kept = music:state()
print(kept)
music:stop()
music:restore(kept)
music:leave()
print(music:playing())
"""


def test_solarus_script_follows_the_scenes(music: Music, tmp_path: Path) -> None:
    lua = shutil.which("lua5.1") or shutil.which("luajit") or shutil.which("lua")
    if lua is None:
        pytest.skip("no Lua on the path (Debian: apt-get install lua5.1)")
    export("solarus", music.folder, tmp_path, example=True)
    (tmp_path / "test.lua").write_text(QUEST)
    lines = run(lua, "test.lua", cwd=tmp_path).splitlines()
    title, overworld, night, battle, victory = (f"chipassets/{t.name}" for t in music.tracks)
    assert lines[0] == (
        "chipassets: no track serves the scene 'nowhere', the music stays; "
        "there are: title, overworld, battle, victory"
    )
    assert lines[1] == f"{title} loops|{overworld} loops|{night} loops"
    # The sting's end brings the battle back, once; it means nothing after the scene has changed.
    assert lines[2] == f"{battle} loops|{victory}|{battle} loops|{night} loops"
    assert lines[3] == f"{victory}|{title} loops"
    assert lines[4:6] == ["10", "100"]
    assert lines[6:8] == ["victory", "nil"]
    assert lines[8:] == ["overworld:dark battle:", "night"]


def test_solarus_gets_the_tracks_and_lines_for_its_database(music: Music) -> None:
    items = items_of(music, "solarus")
    declared = items["scripts/chipassets/project_db.txt"].data.decode().splitlines()
    assert declared[0] == 'music{ id = "chipassets/title", description = "title" }'
    assert len(declared) == len(music.tracks)
    for track in music.tracks:
        assert items[f"musics/chipassets/{track.name}.ogg"].data == music.data(
            track.files["ogg"].path
        )
