"""Save games: where the music is, as JSON, and back; and changes whose manner a call sets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chipassets.runtime import Change, Director, Library
from chipassets.runtime.rules import Manner
from tests.runtime.stepped_game import level, record
from tests.runtime.tiny_bundle import Piece, write_bundle

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    pieces = [Piece("overworld", 440, bars=16), Piece("battle", 550), Piece("menu", 330)]
    pieces += [Piece("night", 440, scene="overworld", moods=("dark",), bars=8)]
    return Library.open(write_bundle(tmp_path_factory.mktemp("b"), pieces, "wav"))


def follow(director: Director, now_ms: int) -> Change:
    change = director.update(now_ms)
    assert change is not None
    return change


def saved_in_battle(library: Library) -> object:
    """The state after 0.75 s of a battle, over an overworld by night."""
    director = Director(library)
    director.enter("overworld", 0, ("dark",))
    follow(director, 0)
    director.intensity(0.4, 100)
    director.duck(200, 9)
    director.enter("battle", 500)
    follow(director, 500)
    return json.loads(json.dumps(director.state(1250)))


def test_a_saved_game_goes_on_in_its_scenes_and_at_its_places(library: Library) -> None:
    director = Director(library)
    director.restore(saved_in_battle(library), 90_000)
    change = follow(director, 90_000)
    assert (change.track, change.scene) == (library.track("battle"), "battle")
    assert change.from_sample == 750 * RATE_HZ // 1000
    assert director.music_gain(90_000) == pytest.approx(10 ** (-9 / 20))
    assert director.state(90_000)["intensity"] == 0.4
    director.leave(91_000)
    back = follow(director, 91_000)
    assert back.track is library.track("night")
    assert back.from_sample == (500 + 120) * RATE_HZ // 1000  # left when its fade was over


def test_a_state_that_is_restored_is_the_same_state(library: Library) -> None:
    state = saved_in_battle(library)
    director = Director(library)
    director.restore(state, 5000)
    follow(director, 5000)
    assert director.state(5000) == state


def test_what_sounds_does_not_follow_into_the_restored_game(library: Library) -> None:
    director = Director(library)
    director.enter("overworld", 0)
    follow(director, 0)
    director.restore(saved_in_battle(library), 3000)
    assert follow(director, 3000).keeps_old is False
    director.leave(4000)
    assert follow(director, 4000).track is library.track("night")


def test_a_scene_without_music_comes_back_with_the_music_that_went_on(library: Library) -> None:
    director = Director(library)
    director.enter("overworld", 0)
    follow(director, 0)
    director.enter("cutscene", 1000)
    state = director.state(2000)
    assert state["scenes"] == [{"scene": "cutscene", "moods": [], "track": None, "sample": 0}]
    other = Director(library)
    other.restore(state, 0)
    change = follow(other, 0)
    assert (change.track, change.from_sample) == (library.track("overworld"), 2 * RATE_HZ)


def test_silence_is_restored_as_silence(library: Library) -> None:
    director = Director(library)
    director.enter("overworld", 0)
    follow(director, 0)
    director.restore(Director(library).state(0), 1000)
    assert follow(director, 1000).track is None
    assert director.scene == ""


def test_a_track_that_the_bundle_lost_gives_way_to_its_scenes_track(
    library: Library, tmp_path: Path
) -> None:
    pieces = [Piece("overworld", 440), Piece("battle", 550)]
    director = Director(Library.open(write_bundle(tmp_path, pieces, "wav")))
    director.restore(saved_in_battle(library), 0)
    follow(director, 0)
    director.leave(100)
    change = follow(director, 100)
    assert change.track is not None
    assert (change.track.name, change.from_sample) == ("overworld", 0)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (None, "the state is None; expected an object"),
        ({}, "format None"),
        ({"format": 2}, "format 2 and this runtime reads 1"),
        ({"format": 1, "scenes": {}}, "scenes is {}; expected a list"),
        ({"format": 1, "scenes": [7]}, "scenes[0] is 7"),
        ({"format": 1, "scenes": [{"scene": "a", "moods": "dark"}]}, "scenes[0].moods is 'dark'"),
        (
            {"format": 1, "scenes": [{"scene": "a", "moods": [], "track": "a", "sample": -1}]},
            "scenes[0].sample is -1",
        ),
        ({"format": 1, "scenes": [], "intensity": float("nan"), "duck_db": 0}, "intensity is nan"),
        ({"format": 1, "scenes": [], "intensity": 1, "duck_db": 1e999}, "duck_db is inf"),
        ({"format": 1, "scenes": [], "playing": []}, "playing is []"),
    ],
)
def test_what_no_state_returned_is_refused_and_changes_nothing(
    library: Library, broken: object, said: str
) -> None:
    director = Director(library)
    director.enter("battle", 0)
    follow(director, 0)
    before = director.state(0)
    with pytest.raises(ValueError, match=r"expected|reads") as error:
        director.restore(broken, 0)
    assert said in str(error.value)
    assert director.state(0) == before
    assert director.pending is None


def test_a_restored_track_is_heard_from_its_place(tmp_path: Path) -> None:
    pytest.importorskip("pygame")
    bundle = write_bundle(tmp_path / "bundle", [Piece("town", 440, bars=16, intro_bars=8)])
    # Restored to the last quarter of a second of the intro: the loop's higher pitch comes after it.
    code = """
player.enter('town'); play(0.3)
state = player.state()
state['scenes'][0]['sample'] = state['playing']['sample'] = 7 * 11025
player.restore(state, fade_ms=0); play(0.5)
"""
    heard = record(code, bundle, tmp_path)
    assert level(heard[: int(0.25 * RATE_HZ)], 440) > 0.4
    assert level(heard[-4096:], 440 * 2 ** (1 / 12)) > 0.4


def test_a_call_sets_when_and_how_in_place_of_the_rule(library: Library) -> None:
    director = Director(library)
    director.enter("overworld", 0)
    follow(director, 0)
    director.enter("battle", 100, (), Manner(when="bar", fade_ms=40))
    assert director.update(249) is None
    change = follow(director, 250)
    assert (change.at_ms, change.fade_ms) == (250, 40)
    director.leave(300, Manner(how="cut"))
    assert follow(director, 300).fade_ms == 0
    director.enter("battle", 400, (), Manner(how="fade"))
    assert follow(director, 400).track is None  # out first, and then in


@pytest.mark.parametrize("asked", [{"when": "soon"}, {"how": "slide"}, {"fade_ms": -1}])
def test_an_invalid_manner_is_a_value_error(asked: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(asked))):
        Manner(**asked)  # type: ignore[arg-type]
