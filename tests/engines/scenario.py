"""One game's calls, and what the Python runtime decides: every engine's player must decide so too.

A player written for an engine prints a line for each track that it starts: `start`, the first
file's name, the sample, the time of the game's clock. Calls and times are given to it as a table.
In a `stall` the sound card stands still for some seconds while the game's clock goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path
from typing import Any

from chipassets.runtime import Director, Library
from chipassets.runtime.rules import Manner
from tests.engines.game import PIECES
from tests.report.sample_bundle import Piece, write_sample

_STEP_MS = 10
END_S = 76.0
_WORN_SAMPLE = 400_000_000

Call = tuple[float, str, tuple[str, ...]]


def enter(
    at: float, scene: str, when: str = "", fade: str = "", how: str = "", moods: str = ""
) -> Call:
    return at, "enter", (scene, when, fade, how, moods)


def leave(at: float, when: str = "", fade: str = "", how: str = "") -> Call:
    return at, "leave", (when, fade, how)


NO_STATES = (
    '{"format": 2, "scenes": [{"scene": "title", "moods": [], "track": null, "sample": 0}],'
    ' "playing": null, "intensity": 1, "duck_db": 0}',
    '{"format": 1, "playing": null, "intensity": 1, "duck_db": 0}',
    '{"format": 1, "scenes": [{"moods": []}], "playing": null, "intensity": 1, "duck_db": 0}',
)
"""Values that no state() returned, as JSON: every player refuses them and stays as it is."""

CALLS: tuple[Call, ...] = (
    enter(0, "title"),
    enter(1.3, "overworld", moods="bright"),
    enter(2.6, "battle"),
    leave(4.1),
    (4.8, "intensity", ("0.25", "0.1", "now")),
    enter(5.0, "battle", when="beat"),
    leave(5.4, when="bar"),
    enter(7.2, "overworld", moods="dark"),
    enter(8.3, "battle", when="section", fade="0.3"),
    (9.7, "gains", ()),
    leave(11.1, how="fade", fade="0.2"),
    enter(12.4, "title"),
    enter(14.2, "cave"),
    (16.0, "duck", ("12", "0.05")),
    (16.6, "gains", ()),
    (16.7, "duck", ("0", "0.05")),
    enter(16.8, "menu"),
    leave(16.9),
    (17.0, "sting", ("victory", "bar", "0")),
    (18.0, "gains", ()),
    enter(20.1, "overworld"),
    enter(20.2, "battle"),
    leave(20.3),
    enter(20.6, "battle"),
    (22.0, "save", ()),
    (22.1, "stop", ("0.1",)),
    (23.0, "refuse", ("7",)),
    *((23.0, "refuse", (text,)) for text in NO_STATES),
    (23.1, "restore", ()),
    leave(24.4),
    (25.0, "restore", ()),
    (25.6, "restore", ()),
    enter(26.0, "overwrold"),
    (26.2, "slip", ("title",)),
    (26.4, "mistake", ()),  # arguments of the wrong kind: told of, and nothing changes
    enter(27.0, "cave"),
    (27.3, "save", ()),  # in the middle of a crossfade
    enter(27.5, "overworld", moods="dark", how="fade", fade="0.4"),
    (27.7, "save", ()),  # between two tracks
    (28.6, "sting", ("victory", "now", "0")),
    enter(28.7, "battle"),
    (28.9, "save", ()),  # in a sting, in a crossfade, over another scene
    enter(29.4, "title"),
    (30.1, "restore", ()),
    leave(31.2),
    (32.2, "worn", ()),
    enter(32.6, "title"),  # in place of all: what lay below begins anew
    enter(33.6, "overworld", moods="dark"),
    enter(34.6, "victory"),
    (35.4, "playing", ()),
    (35.8, "playing", ()),  # its file has one second
    leave(36.0),
    (36.2, "playing", ()),
    enter(37.0, "title"),
    enter(39.2, "overworld", when="bar", moods="dark"),
    (39.3, "stall", ("0.5",)),  # the bar line is half a second later
    (41.6, "stall", ("0.3",)),
    enter(42.0, "title", when="bar", fade="0.1"),
    (43.2, "sting", ("victory", "beat", "0")),
    (43.8, "stall", ("0.4",)),
    (44.6, "gains", ()),  # the sting ends later, too
    enter(45.6, "battle"),
    (45.65, "pause", ()),  # in a crossfade
    (45.9, "save", ()),
    (46.0, "playing", ()),
    (46.3, "resume", ()),
    leave(46.8),
    enter(48.6, "battle", when="bar"),
    (48.9, "pause", ()),  # before the line
    (49.0, "pause", ()),
    (49.4, "resume", ()),
    (49.5, "resume", ()),
    (51.0, "sting", ("victory", "now", "0")),
    (51.5, "pause", ()),
    enter(51.7, "cave", fade="0.1"),
    (52.0, "resume", ()),
    (52.3, "gains", ()),
    (53.0, "save", ()),
    enter(54.0, "title"),
    (54.0, "stall", ("1.2",)),  # a page is silent until it is clicked
    enter(55.6, "battle", when="bar"),
    (57.4, "intensity", ("1", "4", "now")),
    (57.6, "intensity", ("0.25", "0.1", "bar")),
    (57.9, "gains", ()),  # until the line the first fade goes on
    (58.8, "gains", ()),
    (59.3, "intensity", ("1", "0.1", "bar")),
    (59.35, "intensity", ("1", "0.1", "now")),  # the same one, sooner
    (59.6, "gains", ()),
    (61.0, "sting", ("victory", "now", "0")),
    (61.3, "sting", ("victory", "section", "0")),  # waits while the first one ends
    enter(63.3, "shop"),  # has no track: the battle's goes on, also from a save made there
    (63.6, "save", ()),
    enter(64.3, "overworld", moods="dark"),
    (64.7, "restore", ()),
    leave(64.85),  # for the title, where it was left before it was saved
    enter(65.0, "battle", fade="0"),  # goes on from the later one of two that fade out
    enter(66.0, "title"),
    enter(68.0, "overworld", moods="dark"),
    enter(68.2, "overworld", moods="bright"),
    enter(68.4, "title"),  # goes on: it still fades out below the two others
    enter(70.0, "overworld", moods="dark"),
    enter(71.0, "battle"),
    (71.5, "save", ()),
    leave(72.0),
    (74.0, "restore", ()),
    leave(74.0),  # at once: for the same track, but where it was left before it was saved
    (END_S, "end", ()),
)  # fmt: skip


@dataclass(frozen=True)
class Start:
    """A track that begins: at which sample of its file, at which second."""

    track: str
    sample: float
    at: float


def write_scenario(folder: Path) -> Path:
    """Write the game's bundle, with a variant of the title for the cave, and return its folder."""
    write_sample(folder, [*PIECES, Piece("cave", hz=370, bars=4, intro_bars=1)])
    index = json.loads((folder / "bundle.json").read_text())
    index["tracks"][-1]["link"] = {"kind": "variant", "of": "title", "to": None, "name": None}
    (folder / "bundle.json").write_text(json.dumps(index))
    return folder


def script() -> str:
    """The calls as lines of words with tabs between them."""
    return "".join("\t".join([str(at), word, *words]) + "\n" for at, word, words in CALLS)


def decided(bundle: Path) -> tuple[list[Start], list[dict[str, Any]]]:
    """What the runtime's Director decides, and the states that it gives."""
    director, starts = Director(Library.open(bundle)), []
    calls, saved, states = list(CALLS), dict[str, Any](), []
    lost_ms, stalls_until_ms = 0, 0
    for clock_ms in range(0, int(END_S * 1000), _STEP_MS):
        if clock_ms <= stalls_until_ms:
            lost_ms += _STEP_MS
        now_ms = clock_ms - lost_ms  # the sound's
        while calls and calls[0][0] * 1000 <= clock_ms:
            call = calls.pop(0)
            _, word, words = call
            if word == "stall":
                stalls_until_ms = clock_ms + round(float(words[0]) * 1000)
                continue
            saved = do(director, call, now_ms, saved)
            states += [saved] * (word == "save")
        change = director.update(now_ms)
        if change is not None and change.track is not None:
            sample = change.track.wrap(change.from_sample)
            starts.append(Start(change.track.name, sample, (change.at_ms + lost_ms) / 1000))
        sting = director.update_sting(now_ms)
        if sting is not None:
            starts.append(Start(sting.track.name, 0, clock_ms / 1000))
    return starts, states


def do(director: Director, call: Call, now_ms: int, saved: dict[str, Any]) -> dict[str, Any]:
    """Make a call; return the state that was saved last."""
    _, word, words = call
    if word == "enter":
        moods = tuple(words[4].split(",")) if words[4] else ()
        director.enter(words[0], now_ms, moods, _manner(*words[1:4]))
    elif word == "leave":
        director.leave(now_ms, _manner(*words))
    elif word == "stop":
        director.stop(now_ms, round(float(words[0]) * 1000))
    elif word == "sting":
        director.sting(words[0], now_ms, words[1], int(words[2]))  # type: ignore[arg-type]
    elif word == "intensity":
        fade_ms = round(float(words[1]) * 1000)
        director.intensity(float(words[0]), now_ms, fade_ms, words[2])  # type: ignore[arg-type]
    elif word == "duck":
        director.duck(now_ms, float(words[0]), round(float(words[1]) * 1000))
    elif word == "pause":
        director.pause(now_ms)
    elif word == "resume":
        director.resume(now_ms)
    elif word == "slip":
        director.enter(words[0], now_ms)
    elif word == "save":
        return director.state(now_ms)
    elif word == "restore":
        director.restore(saved, now_ms)
    elif word == "worn":
        director.restore(worn(saved), now_ms)
    return saved


def worn(state: dict[str, Any]) -> dict[str, Any]:
    """The state as a save game keeps it of files that were longer."""
    scenes = [place | {"sample": _WORN_SAMPLE} for place in state["scenes"]]
    return state | {"scenes": scenes}


def _manner(when: str, fade: str, how: str) -> Manner:
    return Manner(when or None, int(float(fade) * 1000) if fade else None, how or None)  # type: ignore[arg-type]


def told(said: str) -> list[Start]:
    """The starts that a player printed."""
    rows = [line.split("\t") for line in said.splitlines() if line.startswith("start\t")]
    # One line a layer: the first, `overworld.1.ogg`, stands for the track.
    first = [row for row in rows if row[1].removesuffix(".ogg").split(".")[1:] in ([], ["1"])]
    return [Start(row[1].split(".")[0], float(row[2]), float(row[3])) for row in first]


def lines(said: str, word: str) -> list[list[str]]:
    """What a player printed behind a word."""
    rows = (line.split("\t") for line in said.splitlines())
    return [row[1:] for row in rows if row[0] == word]


def assert_as_expected(said: str, bundle: Path, late: float = 0.1) -> None:
    """The same tracks, each within `late` seconds of the runtime's time, and of its place."""
    found, (wanted, states) = told(said), decided(bundle)
    assert [one.track for one in found] == [one.track for one in wanted], f"{found}\n{wanted}"
    for one, two in zip(found, wanted, strict=True):
        assert abs(one.at - two.at) <= late, f"{one} for {two}"
        assert abs(one.sample - two.sample) / 44_100 <= late, f"{one} for {two}"
    _assert_states([json.loads(text) for (text,) in lines(said, "state")], states, late)


def assert_restored(said: str) -> None:
    """Every state is taken, and nothing else is."""
    restores = sum(word in ("restore", "worn") for _, word, _ in CALLS)
    refusals = 1 + len(NO_STATES)
    assert lines(said, "restored") == [["false"]] * refusals + [["true"]] * restores


def assert_playing(said: str) -> None:
    """A track that plays once is over at its end, and what lies below goes on."""
    assert lines(said, "playing") == [["victory"], ["-"], ["night"], ["battle"]]


def assert_gains(said: str, within: float = 4e-3) -> None:
    """What sounds at each `gains` has its level: layers by intensity, the music under a sting.

    A fade of intensity may be a frame early or late: 0.002.
    """
    ducked = 0.8 * 10 ** (-12 / 20)
    wanted = [
        *[("battle.1.ogg", 0.8)] * 4,
        # At 0.25; half a second into four from 0.25 to 1; at 0.25 again; at 1.
        *(("battle.2.ogg", 0.8 * sin(level * pi / 2)) for level in (0.25, 0.25, 0.34375, 1)),
        ("cave.ogg", ducked), ("cave.ogg", ducked), ("cave.ogg", ducked), ("title.ogg", ducked),
        ("victory.ogg", 0.8), ("victory.ogg", 0.8), ("victory.ogg", 0.8),
    ]  # fmt: skip
    found = sorted((name, float(gain)) for name, gain in lines(said, "gain"))
    assert [name for name, _ in found] == [name for name, _ in wanted]
    for (name, gain), (_, level) in zip(found, wanted, strict=True):
        assert abs(gain - level) < within, f"{name}: {gain} for {level}"


def _assert_states(found: list[dict[str, Any]], wanted: list[dict[str, Any]], late: float) -> None:
    assert len(found) == len(wanted)
    for one, two in zip(found, wanted, strict=True):
        assert one.keys() == two.keys()
        for key in ("format", "intensity", "duck_db"):
            assert abs(one[key] - two[key]) < 1e-4, f"{one}\n{two}"
        assert (one["playing"] is None) == (two["playing"] is None), f"{one}\n{two}"
        for key in ("scene", "moods", "track"):
            here, there = ([place[key] for place in state["scenes"]] for state in (one, two))
            assert here == there, f"{one}\n{two}"
        places = [*zip(one["scenes"], two["scenes"], strict=True)]
        if two["playing"] is not None:
            assert one["playing"]["scene"] == two["playing"]["scene"]
            places.append((one["playing"], two["playing"]))
        for place, other in places:
            assert place["track"] == other["track"], f"{one}\n{two}"
            assert abs(place["sample"] - other["sample"]) / 44_100 <= late, f"{one}\n{two}"


def assert_told(said: str, *, is_typed: bool = False) -> None:
    """A scene that nothing serves is told of, with the nearest; so are words that there are not."""
    stays = "no track serves the scene '{}', the music stays; {}"
    assert stays.format("overwrold", "did you mean 'overworld'?") in said
    assert stays.format("menu", "there are: title, overworld, battle, victory, cave") in said
    if not is_typed:
        assert "there is no when 'bars'; did you mean 'bar'?" in said
        assert "there is no how 'fead'; did you mean 'fade'?" in said
        assert "there is no sting 'victroy'; did you mean 'victory'?" in said


def assert_mistakes(said: str) -> None:
    """Each argument of the wrong kind is named, with its call."""
    warned = [row[0] for row in lines(said, "warn")]
    for words in (
        ("enter() takes the name of a scene",), ("enter() takes its options",),
        ("leave()", "'whn'", "did you mean 'when'?"), ("moods are a list of names",),
        ("intensity(", "takes level as a number", "it is 0.25"),
        ("intensity(", "takes fade", "as a number"), ("duck(", "takes fade", "as a number"),
        ("sting() takes the name",), ("sting(", "takes priority as a number", "it is 0"),
    ):  # fmt: skip
        assert any(all(word in text for word in words) for text in warned), f"{words}\n{warned}"


def off_line(samples: float, unit: int) -> float:
    """How far a number of samples is from a whole number of units, either way."""
    return abs((samples + unit / 2) % unit - unit / 2)
