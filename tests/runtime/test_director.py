from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.runtime import Change, Director, Library, Rule, Track
from chipassets.runtime.fades import Fade
from chipassets.runtime.rules import Manner
from tests.runtime.tiny_bundle import Piece, write_bundle

SCENES = ("overworld", "town", "shop", "battle", "menu")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    pieces = [Piece(scene, 440) for scene in SCENES]
    pieces.append(Piece("victory", 440, intro_bars=None))
    return Library.open(write_bundle(tmp_path_factory.mktemp("b"), pieces, "wav"))


@pytest.fixture
def director(library: Library) -> Director:
    return Director(library)


def go(director: Director, scene: str, now_ms: int) -> Change:
    director.enter(scene, now_ms)
    change = director.update(now_ms)
    assert change is not None
    assert change.track is not None
    return change


def test_entering_plays_the_scenes_track(director: Director) -> None:
    assert director.update(0) is None
    change = go(director, "town", 1000)
    assert change.track is director.playing
    assert (change.scene, change.from_sample, change.keeps_old) == ("town", 0, False)
    assert "start to town" in change.reason
    assert director.position_samples(2000) == 44_100
    assert director.update(2000) is None


def test_a_battle_lies_over_the_overworld_which_goes_on(director: Director) -> None:
    go(director, "overworld", 0)
    over = go(director, "battle", 1500)
    assert over.keeps_old
    director.leave(9000)
    back = director.update(9000)
    assert back is not None
    left_ms = 1500 + over.fade_ms  # it sounded until its fade was over
    assert (back.scene, back.from_sample) == ("overworld", left_ms * 44_100 // 1000)
    assert director.position_samples(10_000) == (left_ms + 1000) * 44_100 // 1000


def test_entering_the_scene_below_is_leaving(director: Director) -> None:
    go(director, "overworld", 0)
    go(director, "battle", 1000)
    assert go(director, "victory", 2000).keeps_old is False  # same level: battle is done with
    assert go(director, "overworld", 5000).from_sample == 1120 * 44_100 // 1000


def test_scenes_of_one_level_replace_each_other(director: Director) -> None:
    go(director, "overworld", 0)
    assert not go(director, "town", 5000).keeps_old
    director.leave(6000)
    assert director.scene == "town"
    assert director.update(6000) is None
    assert go(director, "overworld", 7000).from_sample == 0


def test_a_menu_lies_over_all_and_the_stack_unwinds(director: Director) -> None:
    for now_ms, scene in enumerate(("town", "shop", "battle", "menu")):
        director.enter(scene, now_ms)
    left = []
    for now_ms in range(100, 104):
        director.leave(now_ms)
        left.append(director.scene)
    assert left == ["battle", "shop", "town", "town"]


def test_a_change_at_the_bar_waits_for_it(library: Library) -> None:
    director = Director(library, (Rule("*", "shop", "bar", 300), Rule("*", "*", "now", 0)))
    go(director, "town", 10)
    director.enter("shop", 300)
    pending = director.pending
    assert pending is not None
    assert pending.at_ms == 510  # bars of 250 ms since 10
    assert director.update(509) is None
    change = director.update(510)
    assert change is not None
    assert change.fade_ms == 300


def test_changing_ones_mind_before_the_bar_changes_nothing(library: Library) -> None:
    director = Director(library, (Rule("*", "*", "bar", 300),))
    go(director, "town", 0)
    director.enter("shop", 100)
    director.leave(150)
    assert director.pending is None
    assert director.update(1000) is None
    assert director.position_samples(1000) == 44_100


def test_returning_within_the_fade_goes_on_where_the_fading_track_is(director: Director) -> None:
    go(director, "overworld", 0)
    go(director, "town", 1000)
    assert go(director, "overworld", 1300).from_sample == 1300 * 44_100 // 1000
    go(director, "town", 2000)
    assert go(director, "overworld", 4000).from_sample == 0


def test_a_fade_is_out_first_and_then_in(library: Library) -> None:
    director = Director(
        library, (Rule("town", "battle", "now", 300, "fade"), Rule("*", "*", "now", 0))
    )
    go(director, "town", 0)
    director.enter("battle", 1000)
    out = director.update(1000)
    assert out is not None
    assert (out.track, out.fade_ms) == (None, 300)
    assert director.update(1299) is None
    assert director.playing is None
    into = director.update(1300)
    assert into is not None
    assert into.track is library.track("battle")
    director.leave(5000)
    back = director.update(5000)
    assert back is not None
    assert back.from_sample == 1300 * 44_100 // 1000  # kept from the end of its fade


def test_returning_in_the_middle_of_a_fade_continues_the_old_track(library: Library) -> None:
    director = Director(library, (Rule("*", "*", "now", 300, "fade"),))
    go(director, "overworld", 0)
    director.enter("town", 1000)
    director.update(1000)
    director.enter("overworld", 1100)
    back = director.update(1100)
    assert back is not None
    assert (back.track, back.from_sample) == (library.track("overworld"), 1100 * 44_100 // 1000)
    assert director.pending is None


def test_a_cut_has_no_fade_and_an_unknown_transition_is_refused(library: Library) -> None:
    director = Director(library, (Rule("*", "*", "now", 500, "cut"),))
    assert go(director, "town", 0).fade_ms == 0
    for words in (("bars", "cut"), ("bar", "dissolve")):
        with pytest.raises(ValueError, match="it may be"):
            Rule("*", "*", words[0], 0, words[1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="it may be now, beat, bar, section"):
        director.sting("town", 0, "bars")  # type: ignore[arg-type]
    assert Director(library, ()).update(0) is None


def test_moods_choose_among_a_scenes_tracks(tmp_path: Path) -> None:
    pieces = [
        Piece("day", 440, scene="overworld"),
        Piece("night", 440, scene="overworld", moods=("dark",)),
        Piece("battle", 440),
    ]
    director = Director(Library.open(write_bundle(tmp_path, pieces, "wav")))
    assert go(director, "overworld", 0).track.name == "day"  # type: ignore[union-attr]
    director.enter("overworld", 1000, ("dark",))
    change = director.update(1000)
    assert change is not None
    assert change.track is not None
    assert (change.track.name, change.from_sample) == ("night", 0)
    assert "1 of 1 moods: dark" in change.reason
    director.enter("overworld", 1010, ("dark",))
    assert director.pending is None
    go(director, "battle", 5000)
    director.leave(6000)
    assert director.update(6000).track.name == "night"  # type: ignore[union-attr]
    go(director, "battle", 9000)
    director.enter("overworld", 10_000, ("calm",))
    back = director.update(10_000)
    assert back is not None
    assert back.from_sample == 0, "the place was the other track's"


@pytest.mark.parametrize("moods", ["dark", ["dark"], ("dark",)])
def test_one_mood_may_be_a_text_and_several_any_list(
    tmp_path: Path, moods: str | list[str]
) -> None:
    pieces = [
        Piece("day", 440, scene="overworld", moods=("dear", "kind")),
        Piece("night", 440, scene="overworld", moods=("dark",)),
    ]
    director = Director(Library.open(write_bundle(tmp_path, pieces, "wav")))
    director.enter("overworld", 0, moods)
    change = director.update(0)
    assert change is not None
    assert change.track is not None
    assert change.track.name == "night"
    assert director.state(0)["scenes"][0]["moods"] == ["dark"]  # type: ignore[index]


def test_a_player_that_plans_ahead_gets_the_change_before_its_line(library: Library) -> None:
    director = Director(library, (Rule("*", "*", "bar", 0),))
    go(director, "town", 0)
    director.enter("shop", 300)
    assert director.update(470, ahead_ms=25) is None
    change = director.update(480, ahead_ms=25)
    assert change is not None
    assert change.at_ms == 500
    assert director.position_samples(490) == 0
    assert director.position_samples(1500) == 44_100


def test_a_pause_in_a_fade_does_not_move_the_track_that_fades(director: Director) -> None:
    go(director, "overworld", 0)
    go(director, "town", 1000)
    director.pause(1100)
    director.resume(9100)
    assert go(director, "overworld", 9200).from_sample == 1200 * 44_100 // 1000


def test_pausing_stops_the_clock(director: Director) -> None:
    go(director, "town", 0)
    director.pause(1000)
    director.enter("battle", 2000)
    assert director.update(5000) is None
    assert director.position_samples(5000) == 44_100
    director.resume(6000)
    assert director.position_samples(6000) == 44_100
    assert director.update(6000) is not None, "what was asked for in the pause is due at once"


def test_a_track_that_is_not_ready_is_waited_for(director: Director) -> None:
    ready: set[str] = set()

    def is_ready(track: Track) -> bool:
        return track.name in ready

    director.enter("town", 0)
    assert director.update(0, is_ready) is None
    ready.add("town")
    change = director.update(40, is_ready)
    assert change is not None
    assert change.at_ms == 40
    assert director.position_samples(1040) == 44_100


def test_a_track_that_is_not_ready_on_its_line_begins_on_the_next(director: Director) -> None:
    go(director, "town", 0)
    director.enter("battle", 600, manner=Manner("bar"))
    bar_ms = director.pending.at_ms if director.pending else 0
    director.sting("victory", 600, "bar")
    for now_ms in (bar_ms, bar_ms + 20):
        assert director.update(now_ms, lambda _track: False) is None
        assert director.update_sting(now_ms, lambda _track: False) is None
    # Ready in the middle of the bar.
    assert director.update(bar_ms + 100) is None
    assert director.update_sting(bar_ms + 100) is None
    change = director.update(2 * bar_ms)
    assert change is not None
    assert change.at_ms == 2 * bar_ms
    sting = director.update_sting(2 * bar_ms)
    assert sting is not None
    assert sting.at_ms == 2 * bar_ms


def test_a_track_goes_on_that_faded_out_under_two_others(director: Director) -> None:
    go(director, "town", 0)
    for scene, now_ms in (("overworld", 5000), ("shop", 5200)):
        director.enter(scene, now_ms, manner=Manner(fade_ms=800))
        director.update(now_ms)
    director.enter("town", 5400, manner=Manner("now"))
    change = director.update(5400)
    assert change is not None
    assert change.from_sample == 5400 * 44_100 // 1000


def test_a_scene_left_right_after_restore_goes_on_as_it_was_saved(director: Director) -> None:
    go(director, "overworld", 0)
    go(director, "menu", 1500)
    saved = director.state(2000)
    director.leave(2100)
    director.update(2100)
    director.restore(saved, 30_000)
    director.leave(30_000)  # the game closes the menu in which it was saved
    change = director.update(30_000)
    assert change is not None
    assert (change.is_jump, director.scene) == (True, "overworld")
    scenes = saved["scenes"]
    assert isinstance(scenes, list)
    assert change.from_sample == scenes[0]["sample"] > 0


def test_an_unserved_scene_keeps_the_music_and_logs_once(
    director: Director, caplog: pytest.LogCaptureFixture
) -> None:
    go(director, "town", 0)
    with caplog.at_level(logging.WARNING):
        for now_ms in (100, 300):
            director.enter("credits", now_ms)
            assert director.update(now_ms) is None
            director.enter("town", now_ms + 100)
    assert director.playing is not None
    assert director.playing.name == "town"
    assert len(caplog.records) == 1
    assert "credits" in caplog.text


def test_stop_is_silence_and_entering_starts_anew(director: Director) -> None:
    go(director, "town", 0)
    director.stop(1000, fade_ms=50)
    change = director.update(1000)
    assert change is not None
    assert change.track is None
    assert director.playing is None
    assert go(director, "town", 3000).from_sample == 0


def test_a_new_library_is_heard_from_the_next_bar_on(library: Library, tmp_path: Path) -> None:
    newer = library.renew(
        Library.open(write_bundle(tmp_path, [Piece("town", 550), Piece("shop", 440)], "wav"))
    )
    director = Director(library)
    go(director, "town", 0)
    director.reload(newer, 300)
    assert director.update(499) is None
    change = director.update(500)
    assert change is not None
    assert change.track is newer.track("town")
    assert (change.from_sample, change.keeps_old) == (22_050, False)
    assert "reloaded" in change.reason
    longer = Library.open(write_bundle(tmp_path / "c", [Piece("town", 550, bars=6)], "wav"))
    director.reload(longer, 800)
    change = director.update(1000)
    assert change is not None
    assert (change.track, change.from_sample) == (longer.track("town"), 0)


def test_a_swapped_track_goes_on_in_the_same_bar_once_it_is_ready(
    library: Library, tmp_path: Path
) -> None:
    pieces = [Piece("b", 550, bars=6, intro_bars=2)]
    other = Library.open(write_bundle(tmp_path, pieces, "wav")).track("b")
    director = Director(library)
    go(director, "town", 0)
    director.swap(other, 1300)
    assert director.update(1499) is None
    assert director.update(1500, lambda _: False) is None, "the bar line it was to begin at"
    assert director.update(1500) is None, "the next one is waited for"
    assert director.update(1600) is None, "between two bar lines"
    change = director.update(1760)
    assert change is not None
    # 1760 ms are 7 bars and 10 ms of a loop of 4 bars: the bar of number 3, 10 ms in it.
    assert (change.track, change.from_sample) == (other, 3 * 11_025 + 441)
    director.swap(library.track("town"), 1800)
    director.swap(other, 1810)
    assert director.pending is None
    director.enter("shop", 1900)
    assert director.update(2000) is not None
    assert go(director, "town", 9000).track is library.track("town")


def test_a_track_that_is_the_same_goes_on_after_a_reload(library: Library) -> None:
    audio = library.track("town").audio
    assert audio is not None
    again = Library.open(audio.path.parents[1])
    assert again.track("town") is not library.track("town")
    renewed = library.renew(again)
    assert renewed.track("town") is library.track("town")
    director = Director(library)
    go(director, "town", 0)
    director.reload(renewed, 300)
    assert director.pending is None
    assert director.position_samples(1000) == 44_100


@given(st.lists(st.tuples(st.sampled_from((*SCENES, "victory", "")), st.integers(0, 900))))
def test_whatever_happens_the_sound_follows_the_scene(
    library: Library, moves: list[tuple[str, int]]
) -> None:
    director, now_ms = Director(library), 0
    for scene, wait_ms in moves:
        now_ms += wait_ms
        if scene:
            director.enter(scene, now_ms)
            assert director.scene == scene
        else:
            director.leave(now_ms)
        director.update(now_ms)
    director.update(now_ms + 10_000)
    assert director.pending is None
    if director.scene:
        assert director.playing is library.for_scene(director.scene).track


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_a_crossfade_keeps_the_power(now_ms: int, length_ms: int) -> None:
    out, into = Fade(0, length_ms, 1.0, 0.0), Fade(0, length_ms, 0.0, 1.0)
    assert out.gain(now_ms) ** 2 + into.gain(now_ms) ** 2 == pytest.approx(1)


@given(st.integers(0, 1500))
def test_a_reversed_fade_starts_from_the_gain_that_it_has(turn_ms: int) -> None:
    fade = Fade(0, 1000, 1.0, 0.0)
    turned = fade.turn(turn_ms, 500, 1.0)
    assert turned.gain(turn_ms) == pytest.approx(fade.gain(turn_ms))
    assert turned.gain(turn_ms + 500) == 1.0
    assert not fade.is_done(999)
    assert fade.is_done(1000)
