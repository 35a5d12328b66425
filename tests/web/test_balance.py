"""Stings, ducking and intensity of the web player, measured from the mix that it renders."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipassets.runtime import Library
from chipassets.runtime.balance import Balance, Sting
from tests.report.sample_bundle import RATE_HZ, Piece, write_sample
from tests.web.browser import Page
from tests.web.test_player import STAGE

MEASURE = """
// The amplitude of a tone in a tenth of a second of the mix, from a time on.
function level(mix, hz, from) {
  let re = 0, im = 0;
  const start = Math.round(from * 44100);
  for (let i = 0; i < 4410; i += 1) {
    const turn = 2 * Math.PI * hz * (start + i) / 44100;
    re += mix[start + i] * Math.cos(turn);
    im += mix[start + i] * Math.sin(turn);
  }
  return 2 * Math.hypot(re, im) / 4410;
}
"""

FULL = 0.4
UNDER_STING = FULL * 10 ** (-12 / 20)


@pytest.fixture
def page(game_page: Callable[[], Page], tmp_path: Path) -> Page:
    """A page with a town, a battle and two fanfares of a second, one of them for the battle."""
    pieces = [
        Piece("town", hz=440),
        Piece("battle", layers_hz=(660, 770, 990)),
        Piece("fanfare", hz=880, bars=1, intro_bars=None),
        Piece("cry", hz=1320, bars=1, intro_bars=None),
    ]
    write_sample(tmp_path / "b", pieces)
    opened = game_page()
    opened.run(STAGE + MEASURE)
    return opened


def levels(page: Page, steps: str, asked: list[tuple[int, float]], seconds: int = 5) -> list[float]:
    """The amplitude of each asked (Hz, seconds) in a run of the player that takes these steps."""
    found = page.run(f"""(async () => {{
      const {{mix}} = await stage({seconds}, [[0, (p) => p.enter("town")], {steps}]);
      return {json.dumps(asked)}.map(([hz, time]) => level(mix, hz, time));
    }})()""")
    return [float(value) for value in found]


def test_a_sting_begins_on_the_bars_sample_and_the_music_makes_room(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix, answers} = await stage(5, [
        [0, (p) => p.enter("town")],
        [0.3, (p) => p.sting("fanfare", {when: "bar"})],
      ]);
      const town = await sound("town");
      const before = firstDifference(mix, (i) => town[i - 441], 441, 441 + 44100);
      const music = [0.5, 1.2, 1.8, 2.7].map((time) => level(mix, 440, time));
      const sting = [0.5, 1.2, 1.8, 2.7].map((time) => level(mix, 880, time));
      return [before, Math.round(answers[1].at * 44100), answers[1].track.name, music, sting];
    })()""")
    assert found[:3] == [-1, 441 + RATE_HZ, "fanfare"]
    assert found[3] == pytest.approx([FULL, UNDER_STING, UNDER_STING, FULL], rel=0.02)
    assert found[4] == pytest.approx([0, FULL, FULL, 0], abs=0.01)


def test_a_sting_of_the_same_priority_takes_over_and_one_of_a_lower_does_not(page: Page) -> None:
    steps = """
      [0.5, (p) => p.sting("fanfare", {priority: 1})],
      [0.7, (p) => p.sting("cry", {priority: 0})],
      [1.0, (p) => p.sting("cry", {priority: 1})]"""
    asked = [(880, 0.8), (1320, 0.8), (880, 1.2), (1320, 1.2), (440, 1.7), (440, 2.8)]
    expected = [FULL, 0, 0, FULL, UNDER_STING, FULL]
    assert levels(page, steps, asked) == pytest.approx(expected, rel=0.02, abs=0.01)


def test_a_sting_that_waits_gives_way_without_a_sound(page: Page) -> None:
    steps = """
      [0.2, (p) => p.sting("fanfare", {when: "bar"})],
      [0.4, (p) => p.sting("cry", {when: "beat"})]"""
    asked = [(1320, 0.65), (880, 1.2), (440, 0.65), (440, 2.4)]
    expected = [FULL, 0, UNDER_STING, FULL]
    assert levels(page, steps, asked) == pytest.approx(expected, rel=0.02, abs=0.01)


def test_the_deeper_of_two_duckings_holds(page: Page) -> None:
    steps = """
      [0.5, (p) => p.duck(6, 0)],
      [1.0, (p) => p.sting("fanfare")],
      [2.8, (p) => p.duck(30)],
      [3.5, (p) => p.duck(0)]"""
    asked = [(440, time) for time in (0.2, 0.7, 1.3, 2.5, 3.1, 4.3)]
    gains_db = [0, -6, -12, -6, -30, 0]
    expected = [FULL * 10 ** (gain / 20) for gain in gains_db]
    assert levels(page, steps, asked) == pytest.approx(expected, rel=0.02)


def test_stop_ends_the_sting_and_the_groups_have_volumes_of_their_own(page: Page) -> None:
    steps = """
      [0.3, (p) => { p.musicVolume = 0.5; p.stingVolume = 0.25; }],
      [0.5, (p) => p.sting("fanfare")],
      [0.9, (p) => { p.volume = 0.5; }],
      [1.2, (p) => p.stop(100)]"""
    asked = [(440, 0.7), (880, 0.7), (440, 1.05), (880, 1.05), (440, 1.4), (880, 1.4)]
    expected = [UNDER_STING / 2, FULL / 4, UNDER_STING / 4, FULL / 8, 0, 0]
    assert levels(page, steps, asked) == pytest.approx(expected, rel=0.02, abs=0.005)


def test_a_sting_that_cannot_be_played_leaves_the_music_as_it_is(
    page: Page, tmp_path: Path
) -> None:
    (tmp_path / "b" / "audio" / "cry.ogg").unlink()
    found = page.run("""(async () => {
      const {mix, answers} = await stage(3, [
        [0, (p) => p.enter("town")],
        [0.3, (p) => p.sting("town")],
        [0.5, (p) => p.sting("hurrah")],
        [0.7, (p) => p.sting("hurrah")],
        [0.9, (p) => p.sting("cry")],
      ]);
      const town = await sound("town");
      const first = firstDifference(mix, (i) => town[(i - 441) % town.length], 441, mix.length);
      return [first, answers.slice(1)];
    })()""")
    assert found == [-1, [None] * 4]
    said = [text for text in page.complaints() if text.startswith("chipassets:")]
    assert said[-1].startswith("chipassets: there is no sting 'hurrah'; there are: ")
    assert "cry.ogg cannot be read (404)" in said[0]
    assert len(said) == 2


def test_a_scenes_sting_is_the_one_that_matches_what_plays(page: Page) -> None:
    found = page.run("""(async () => {
      const track = (name, scene, match = null) => ({name, scene, match, moods: []});
      const tracks = [
        track("town", "town"), track("plain", "victory"), track("fitting", "victory", "town"),
      ];
      const director = new Chipassets.Director({tracks});
      return [null, tracks[0], tracks[1]].map((playing) => director.findSting("victory", playing))
        .concat(director.findSting("fitting"), director.findSting("none"))
        .map((found) => found && found.name);
    })()""")
    assert found == ["plain", "fitting", "plain", "fitting", None]


def test_a_track_without_layers_says_so_once(page: Page) -> None:
    page.run("""stage(2, [
      [0, (p) => p.enter("town")],
      [0.5, (p) => p.intensity(0.5)],
      [1.0, (p) => p.intensity(0.2)],
      [1.5, (p) => p.intensity(Infinity)],
    ])""")
    assert [text for text in page.complaints() if "layers" in text] == [
        'chipassets: track "town" has no layers; it plays whole at any intensity'
    ]


def test_gains_are_those_of_the_python_runtime(page: Page, tmp_path: Path) -> None:
    library = Library.open(tmp_path / "b")
    orders = _random_orders(random.Random(5))
    found = page.run(f"""(async () => {{
      const balance = new Chipassets.Balance();
      const track = {{samples: 44100, sample_rate_hz: 44100}};
      const orders = new Map({json.dumps(orders)});
      const rows = [];
      for (let ms = 0; ms < 20000; ms += 10) {{
        const now = ms / 1000;
        const [kind, value, after] = orders.get(ms) || [];
        if (kind === "duck") balance.duck(now, value, after / 1000);
        if (kind === "intensity") balance.intensity(value, now, after / 1000, now);
        if (kind === "later") balance.intensity(value, now + after / 1000, 0.3, now);
        if (kind === "stop") balance.endSting(now);
        if (kind === "sting") {{
          const sting = balance.ask(track, now + after / 1000, value, now);
          if (sting) balance.begin(sting, now, now);
        }}
        rows.push([balance.musicGain(now), ...balance.layerGains(3, now)]);
      }}
      return rows;
    }})()""")
    assert found == [pytest.approx(row, abs=2e-3) for row in _python_gains(library, dict(orders))]


def _random_orders(draw: random.Random) -> list[tuple[int, list[Any]]]:
    """What is asked of the balance at which millisecond: a kind, a value and a length or delay."""
    orders: list[tuple[int, list[Any]]] = []
    for time_ms in range(50, 18_000, 230):
        kind = draw.choice(("duck", "intensity", "later", "sting", "sting", "stop"))
        value = draw.choice((0, 1)) if kind == "sting" else round(draw.uniform(-0.5, 1.5), 2)
        value = value * 12 if kind == "duck" else value
        orders.append((time_ms, [kind, value, draw.randrange(0, 900, 10)]))
    return orders


def _python_gains(library: Library, orders: dict[int, list[Any]]) -> list[list[float]]:
    balance, rows = Balance(), []
    fanfare, layered = library.track("fanfare"), library.track("battle")
    for now_ms in range(0, 20_000, 10):
        kind, value, after_ms = orders.get(now_ms, ("", 0, 0))
        balance.update(now_ms, lambda _track: True)
        if kind == "duck":
            balance.duck(now_ms, value, after_ms)
        if kind == "intensity":
            balance.intensity(value, now_ms, after_ms)
        if kind == "later":
            balance.intensity(value, now_ms, 300, now_ms + after_ms)
        if kind == "stop":
            balance.end_sting(now_ms)
        if kind == "sting":
            balance.ask_sting(Sting(now_ms + after_ms, 1000, fanfare, value, "asked"))
            balance.update(now_ms, lambda _track: True)
        rows.append([balance.music_gain(now_ms), *balance.layer_gains(layered, now_ms)])
    return rows


def test_preload_decodes_the_tracks_of_scenes_and_keeps_them(page: Page, tmp_path: Path) -> None:
    pieces = [Piece(f"t{n}", scene="first" if n < 2 else "other", bars=1) for n in range(20)]
    write_sample(tmp_path / "b", pieces)
    fetched = page.run("""(async () => {
      const context = new OfflineAudioContext(1, 44100, 44100);
      const player = await Chipassets.open("b/bundle.json", {context});
      await player.preload("first", "t2", "frist");
      for (const track of player.index.tracks.slice(2)) await player.sting(track.name);
      await player.sting("t0");
      return performance.getEntriesByType("resource").map((entry) => entry.name.split("/").pop());
    })()""")
    names = [name for name in fetched if name.startswith("t")]
    assert names == [f"t{n}.ogg" for n in range(20)]
    assert page.complaints() == [
        "chipassets: preload: there is no scene and no track 'frist'; did you mean 'first'?"
    ]


def test_a_clock_that_the_sound_card_has_overtaken_does_no_harm(page: Page) -> None:
    found = page.run("""(async () => {
      const clock = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "currentTime");
      const late = function () { return Math.max(clock.get.call(this) - 0.02, 0); };
      Object.defineProperty(BaseAudioContext.prototype, "currentTime", {get: late});
      const {mix} = await stage(4, [
        [0, (p) => p.enter("battle")],
        [0.5, (p) => [0.1, 1, 0, 0.7].forEach((level) => p.intensity(level))],
        [0.6, (p) => [0.3, 0].forEach((level) => p.intensity(level))],
        [1.0, (p) => [12, 0, 6].forEach((db) => p.duck(db))],
        [1.5, (p) => p.sting("fanfare")],
        [3.0, (p) => [p.enter("town", {moods: "calm"}), p.enter("battle")]],
      ]);
      return [[660, 0.3], [990, 0.3], [660, 1.4], [990, 1.4], [880, 2], [660, 3.8], [440, 3.8]]
        .map(([hz, time]) => level(mix, hz, time));
    })()""")
    half = FULL * 10 ** (-6 / 20)
    assert found == pytest.approx([FULL, FULL, half, 0, FULL, half, 0], rel=0.02, abs=0.01)
