"""Stings, ducking and intensity, with plain numbers."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.runtime import Director, Library, Rule, Track
from chipassets.runtime.balance import spread
from chipassets.runtime.rules import When
from tests.runtime.test_library import tracks
from tests.runtime.tiny_bundle import BAR_SAMPLES, Piece, write_bundle, write_index

DUCKED = 10 ** (-12 / 20)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """town has three layers and two sections; each piece but the fanfares lasts a second."""
    pieces = [
        *(Piece("town", 440), Piece("cave", 440)),
        *(Piece("fanfare", 880, 2, None, scene="victory"), Piece("alarm", 880, 1, None)),
    ]
    folder = write_bundle(tmp_path_factory.mktemp("b"), pieces, "wav")
    index = json.loads((folder / "bundle.json").read_text())
    town = index["tracks"][0]
    file = town["files"]["wav"]
    town["layers"] = [{"name": name, "voices": [], **file} for name in ("bass", "inner", "lead")]
    town["sections"] = [
        {"name": "A", "start_bar": 0, "bars": 3},
        {"name": "B", "start_bar": 3, "bars": 1},
    ]
    write_index(folder, index)
    return Library.open(folder)


@pytest.fixture
def director(library: Library) -> Director:
    director = Director(library)
    director.enter("town", 0)
    director.update(0)
    return director


@pytest.mark.parametrize(("scene", "gem"), [("cave", "low_gem"), ("town", "gem")])
def test_of_a_scenes_stings_that_which_matches_the_music_plays(
    tmp_path: Path, scene: str, gem: str
) -> None:
    pieces = [Piece("town", 440), Piece("cave", 330), Piece("gem", 880, 1, None, scene="victory")]
    pieces.append(Piece("low_gem", 660, 1, None, scene="victory", match="cave"))
    director = Director(Library.open(write_bundle(tmp_path, pieces, "wav")))
    director.enter(scene, 0)
    director.update(0)
    director.sting("victory", 100)
    sting = director.update_sting(100)
    assert sting is not None
    assert sting.track.name == gem


def test_a_sting_ducks_the_music_and_gives_it_back(director: Director) -> None:
    assert director.music_gain(900) == 1
    director.sting("victory", 1000)
    sting = director.update_sting(1010)
    assert sting is not None
    assert (sting.track.name, sting.at_ms, sting.length_ms) == ("fanfare", 1010, 500)
    assert director.music_gain(1050) == pytest.approx((1 + DUCKED) / 2)
    assert director.music_gain(1400) == pytest.approx(DUCKED)
    assert director.update_sting(1509) is None
    assert director.sounding_sting == sting
    assert director.update_sting(1510) is None
    assert director.sounding_sting is None
    assert director.music_gain(1760) == pytest.approx((1 + DUCKED) / 2)
    assert director.music_gain(2010) == 1
    assert director.playing is not None
    assert director.playing.name == "town"


def test_a_sting_by_name_can_wait_for_a_bar_line(director: Director) -> None:
    director.sting("alarm", 300, "bar")
    assert director.update_sting(499) is None
    assert director.update_sting(500, lambda _track: False) is None, (
        "the bar line it was to begin at"
    )
    assert director.update_sting(600) is None, "between two bar lines"
    sting = director.update_sting(1000)
    assert sting is not None
    assert sting.track.name == "alarm"


@pytest.mark.parametrize(("priority", "heard"), [(0, "fanfare"), (1, "alarm"), (2, "alarm")])
def test_a_sting_gives_way_only_to_its_equals(
    director: Director, priority: int, heard: str
) -> None:
    director.sting("fanfare", 0, priority=1)
    director.update_sting(0)
    director.sting("alarm", 100, priority=priority)
    director.update_sting(100)
    assert director.sounding_sting is not None
    assert director.sounding_sting.track.name == heard
    assert director.music_gain(250) == pytest.approx(DUCKED)


def test_the_music_itself_is_no_sting(director: Director) -> None:
    director.sting("town", 0)
    assert director.update_sting(10) is None


def test_an_unknown_sting_is_one_line(director: Director, caplog: pytest.LogCaptureFixture) -> None:
    for now_ms in (0, 10):
        director.sting("fanfarre", now_ms)
        assert director.update_sting(now_ms) is None
    assert len(caplog.records) == 1
    assert "there is no such sting" in caplog.text


def test_a_pause_holds_the_sting_and_the_duck(director: Director) -> None:
    director.sting("fanfare", 0)
    director.update_sting(0)
    director.pause(40)
    half = director.music_gain(40)
    assert director.music_gain(5000) == half
    assert director.update_sting(5000) is None
    director.resume(5000)
    assert director.music_gain(5000) == half
    director.update_sting(5459)
    assert director.sounding_sting is not None
    director.update_sting(5460)
    assert director.sounding_sting is None


def test_stopping_ends_the_sting(director: Director) -> None:
    director.sting("fanfare", 0)
    director.update_sting(0)
    director.stop(100)
    assert director.sounding_sting is None


def test_ducking_lasts_until_told_otherwise_and_the_deeper_holds(director: Director) -> None:
    director.duck(0, 20, 100)
    assert director.music_gain(50) == pytest.approx(0.55)
    assert director.music_gain(9000) == pytest.approx(0.1)
    director.sting("fanfare", 9000)
    director.update_sting(9000)
    assert director.music_gain(9200) == pytest.approx(0.1)
    director.duck(9200, 0, 100)
    assert director.music_gain(9300) == pytest.approx(DUCKED)
    director.duck(20_000, -6)
    assert director.music_gain(30_000) <= 1


def test_intensity_brings_layers_in_one_after_the_other(director: Director) -> None:
    town = director.playing
    assert town is not None
    assert director.layer_gains(town, 0) == (1, 1, 1)
    director.intensity(0.5, 0, 200)
    assert director.layer_gains(town, 100) == pytest.approx((1, 1, 0.5**0.5))
    assert director.layer_gains(town, 200) == pytest.approx((1, 1, 0))
    for now_ms in range(200, 400, 10):
        director.intensity(-3, now_ms, 200)
    assert director.layer_gains(town, 400) == pytest.approx((1, 0, 0))
    with pytest.raises(ValueError, match="soon"):
        director.intensity(1, 400, 200, "soon")  # type: ignore[arg-type]


def test_intensity_may_wait_for_the_bar_and_be_taken_back(director: Director) -> None:
    town = director.playing
    assert town is not None
    director.intensity(0, 100, 100, "bar")  # bars are 250 ms
    director.intensity(0, 120, 100, "bar")
    assert director.layer_gains(town, 249) == (1, 1, 1)
    assert director.layer_gains(town, 300) == pytest.approx((1, 1, 0))
    assert director.layer_gains(town, 350) == pytest.approx((1, 0, 0))
    director.intensity(1, 400, 100, "bar")
    director.intensity(0, 420, 100)
    assert director.layer_gains(town, 700) == pytest.approx((1, 0, 0))
    director.intensity(1, 800, 0, "bar")
    director.pause(900)
    director.resume(1900)
    assert director.layer_gains(town, 1999) == pytest.approx((1, 0, 0))
    assert director.layer_gains(town, 2000) == (1, 1, 1)


def test_the_same_intensity_may_begin_sooner(director: Director) -> None:
    town = director.playing
    assert town is not None
    director.intensity(0, 10, 0, "bar")  # bars are 250 ms
    director.intensity(0, 20, 0)
    assert director.layer_gains(town, 20) == pytest.approx((1, 0, 0))


def test_a_fade_of_intensity_goes_on_until_the_next_ones_line(director: Director) -> None:
    town = director.playing
    assert town is not None
    director.intensity(0, 0, 200)
    director.intensity(1, 10, 100, "bar")
    assert director.layer_gains(town, 100) == pytest.approx((1, 1, 0))
    assert director.layer_gains(town, 249) == pytest.approx((1, 0, 0))
    assert director.layer_gains(town, 300) == pytest.approx((1, 1, 0))


def test_a_sting_waits_for_its_line_while_another_ends(director: Director) -> None:
    director.sting("fanfare", 20)  # half a second, in bars of 250 ms
    assert director.update_sting(20) is not None
    director.sting("fanfare", 510, "bar")
    assert director.update_sting(520) is None
    assert director.sounding_sting is None
    assert director.update_sting(750) is not None


def test_a_track_without_layers_is_one_line(
    director: Director, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        director.intensity(0.2, 0)
        director.update_sting(0)
        assert not caplog.records
        director.enter("cave", 10)
        director.update(10)
        for now_ms in (20, 30):
            director.update_sting(now_ms)
    assert len(caplog.records) == 1
    assert "'cave' has no layers; it plays whole" in caplog.text
    assert director.playing is not None
    assert director.layer_gains(director.playing, 1000) == ()


@pytest.mark.parametrize(
    ("when", "at_ms"), [("now", 310), ("beat", 313), ("bar", 500), ("section", 750)]
)
def test_a_change_falls_on_its_line(library: Library, when: When, at_ms: int) -> None:
    director = Director(library, (Rule("*", "*", when, 0),))
    director.enter("town", 0)
    director.update(0)
    director.enter("cave", 310)
    assert director.pending is not None
    assert director.pending.at_ms == at_ms


def test_in_six_eight_a_change_on_the_beat_falls_on_the_dotted_quarter(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path, [Piece("town", 440), Piece("cave", 440)], "wav")
    index = json.loads((folder / "bundle.json").read_text())
    index["tracks"][0] |= {"beats_per_bar": 3, "pulse_steps": 6}
    write_index(folder, index)
    director = Director(Library.open(folder), (Rule("*", "*", "beat", 0),))
    director.enter("town", 0)
    director.update(0)
    director.enter("cave", 310)
    assert director.pending is not None
    assert director.pending.at_ms == 376, "a half of the 250 ms; a quarter would be 334"


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 6))
def test_more_intensity_is_never_less_of_a_layer(one: float, other: float, layers: int) -> None:
    low, high = spread(min(one, other), layers), spread(max(one, other), layers)
    assert len(low) == len(high) == layers
    assert all(0 <= a <= b <= 1 for a, b in zip(low, high, strict=True))
    assert spread(1, layers) == (1,) * layers


@given(tracks(), st.integers(0, 10**6))
def test_the_next_beat_is_no_later_than_the_next_bar_and_section(
    track: Track, position: int
) -> None:
    beat, bar = track.next_beat_sample(position), track.next_bar_sample(position)
    section = track.next_section_sample(position)
    assert position <= beat <= bar <= section
    assert track.next_beat_sample(beat) == beat
    assert track.next_section_sample(section) == section


def test_sections_come_round_with_the_loop(library: Library) -> None:
    town = library.track("town")
    wanted = [0, 3, 4, 7, 8]
    found = [town.next_section_sample(bar * BAR_SAMPLES) for bar in (0, 1, 4, 6, 8)]
    assert found == [bar * BAR_SAMPLES for bar in wanted]
