"""Laws of the director, whatever a game asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.runtime import Change, Director, Library, Rule, Sting
from chipassets.runtime.rules import How, When
from tests.runtime.tiny_bundle import Piece, write_bundle

SCENES = ("overworld", "town", "shop", "battle", "menu", "nowhere")
MOODS = ("calm", "dark")
SETTLED_MS = 20_000


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Every scene but `nowhere` has a track, the overworld one for the night too."""
    pieces = [Piece(scene, 440) for scene in SCENES[:-1]]
    pieces += [
        Piece("night", 440, scene="overworld", moods=("dark",)),
        Piece("victory", 440, intro_bars=None),
    ]
    return Library.open(write_bundle(tmp_path_factory.mktemp("b"), pieces, "wav"))


Move = tuple[str, Any]
scenes = st.sampled_from((*SCENES, ""))
moods = st.lists(st.sampled_from(MOODS), max_size=1).map(tuple)
moves: st.SearchStrategy[Move] = st.one_of(
    st.tuples(st.just("enter"), st.tuples(scenes, moods)),
    st.tuples(st.just("leave"), st.none()),
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("sting"), st.sampled_from(("victory", "shop"))),
    st.tuples(st.just("duck"), st.sampled_from((0, 12))),
    st.tuples(st.just("wait"), st.none()),
)
steps = st.lists(st.tuples(moves, st.integers(0, 700)), max_size=12)
patterns = st.sampled_from(("*", *SCENES))
rules = st.lists(
    st.builds(
        Rule,
        patterns,
        patterns,
        st.sampled_from(get_args(When)),
        st.integers(0, 900),
        st.sampled_from(get_args(How)),
    ),
    max_size=4,
).map(tuple)


def make(director: Director, move: Move, now_ms: int) -> None:
    name, what = move
    if name == "enter":
        director.enter(what[0], now_ms, what[1])
    elif name == "sting":
        director.sting(what, now_ms, "bar")
    elif name == "duck":
        director.duck(now_ms, what)
    elif name in ("leave", "stop"):
        getattr(director, name)(now_ms)


@dataclass
class Run:
    """A director that is asked every 10 ms, and all that it decided; times without the pauses."""

    director: Director
    now_ms: int = 0
    lost_ms: int = 0

    def __post_init__(self) -> None:
        self.decided: list[Change | Sting] = []
        self.gains: list[float] = []

    def go_on(self, length_ms: int) -> None:
        for _ in range(length_ms // 10):
            self.now_ms += 10
            for found in (
                self.director.update(self.now_ms),
                self.director.update_sting(self.now_ms),
            ):
                if found is not None:
                    self.decided.append(found.replace(at_ms=found.at_ms - self.lost_ms))
            self.gains.append(self.director.music_gain(self.now_ms))

    def pause(self, length_ms: int, move: Move | None = None) -> None:
        self.director.pause(self.now_ms)
        start_ms = self.now_ms
        self.now_ms += length_ms // 2
        if move is not None:
            make(self.director, move, self.now_ms)
        self.go_on(length_ms - length_ms // 2)
        self.now_ms = start_ms + length_ms
        self.lost_ms += length_ms
        self.director.resume(self.now_ms)


@given(steps, rules)
def test_after_any_calls_the_scenes_track_plays(
    library: Library, steps: list[tuple[Move, int]], rules: tuple[Rule, ...]
) -> None:
    run = Run(Director(library, rules))
    for move, wait_ms in steps:
        make(run.director, move, run.now_ms)
        run.go_on(wait_ms)
    run.go_on(SETTLED_MS)
    director = run.director
    assert director.pending is None
    assert director.sounding_sting is None
    if not director.scene:
        # A game may enter "", which is no scene of the bundle: the music stays, as anywhere else.
        entered_nothing = any(name == "enter" and not what[0] for (name, what), _ in steps)
        assert director.playing is None or entered_nothing
    elif director.scene != "nowhere":
        assert director.playing is not None
        assert director.playing.scene == director.scene
    assert all(0 <= gain <= 1 for gain in run.gains)


@given(steps, rules, st.integers(0, 500))
def test_a_pause_takes_nothing_away_and_adds_nothing(
    library: Library, steps: list[tuple[Move, int]], rules: tuple[Rule, ...], length_ms: int
) -> None:
    plain, paused = Run(Director(library, rules)), Run(Director(library, rules))
    for move, wait_ms in steps:
        make(plain.director, move, plain.now_ms)
        make(paused.director, move, paused.now_ms)
        for run in (plain, paused):
            run.go_on(wait_ms)
        paused.pause(length_ms // 10 * 10)
    for run in (plain, paused):
        run.go_on(3000)
    assert paused.decided == plain.decided
    assert paused.gains[-300:] == pytest.approx(plain.gains[-300:])


@given(moves, steps, rules, st.integers(0, 500))
def test_calls_in_a_pause_act_at_the_paused_position(
    library: Library,
    move: Move,
    steps: list[tuple[Move, int]],
    rules: tuple[Rule, ...],
    length_ms: int,
) -> None:
    plain, paused = Run(Director(library, rules)), Run(Director(library, rules))
    for before, wait_ms in steps:
        for run in (plain, paused):
            make(run.director, before, run.now_ms)
            run.go_on(wait_ms)
    make(plain.director, move, plain.now_ms)
    paused.pause(length_ms // 10 * 10, move)
    for run in (plain, paused):
        run.go_on(3000)
    assert paused.decided == plain.decided


@given(
    st.lists(scenes, min_size=1, max_size=8), st.lists(st.integers(0, 3), min_size=5, max_size=5)
)
def test_leaving_returns_only_to_scenes_of_lower_levels(
    library: Library, way: list[str], heights: list[int]
) -> None:
    levels = dict(zip(SCENES, heights, strict=False))
    director = Director(library, levels=levels)
    for now_ms, scene in enumerate(way):
        director.enter(scene, now_ms)
        assert director.scene == scene
    seen = [director.scene]
    for now_ms in range(10):
        director.leave(100 + now_ms)
        if director.scene != seen[-1]:
            seen.append(director.scene)
    found = [levels.get(scene, 0) for scene in seen]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)
