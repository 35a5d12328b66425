"""One game's calls, and what the Python runtime decides: every engine's player must decide so too.

A player written for an engine prints a line for each track that it starts: `start`, the first
file's name, the sample, the time of its clock. Calls and times are given to it as a table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from chipassets.runtime import Director, Library
from chipassets.runtime.rules import Manner
from tests.engines.game import PIECES
from tests.report.sample_bundle import Piece, write_sample

_STEP_MS = 10
_END_S = 27.0

Call = tuple[float, str, tuple[str, ...]]


def enter(
    at: float, scene: str, when: str = "", fade: str = "", how: str = "", moods: str = ""
) -> Call:
    return at, "enter", (scene, when, fade, how, moods)


def leave(at: float, when: str = "", fade: str = "", how: str = "") -> Call:
    return at, "leave", (when, fade, how)


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
    (23.0, "refuse", ()),
    (23.1, "restore", ()),
    leave(24.4),
    (25.0, "restore", ()),
    (25.6, "restore", ()),
    (_END_S, "end", ()),
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


def expected(bundle: Path) -> list[Start]:
    """What the runtime's Director decides."""
    director, starts = Director(Library.open(bundle)), []
    calls, saved = list(CALLS), dict[str, object]()
    for now_ms in range(0, int(_END_S * 1000), _STEP_MS):
        while calls and calls[0][0] * 1000 <= now_ms:
            _, word, words = calls.pop(0)
            if word == "enter":
                moods = tuple(words[4].split(",")) if words[4] else ()
                director.enter(words[0], now_ms, moods, _manner(*words[1:4]))
            elif word == "leave":
                director.leave(now_ms, _manner(*words))
            elif word == "stop":
                director.stop(now_ms, int(float(words[0]) * 1000))
            elif word == "sting":
                director.sting(words[0], now_ms, words[1], int(words[2]))  # type: ignore[arg-type]
            elif word == "save":
                saved = director.state(now_ms)
            elif word == "restore":
                director.restore(saved, now_ms)
        change = director.update(now_ms)
        if change is not None and change.track is not None:
            sample = change.track.wrap(change.from_sample)
            starts.append(Start(change.track.name, sample, change.at_ms / 1000))
        sting = director.update_sting(now_ms)
        if sting is not None:
            starts.append(Start(sting.track.name, 0, now_ms / 1000))
    return starts


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
    found, wanted = told(said), expected(bundle)
    assert [one.track for one in found] == [one.track for one in wanted], f"{found}\n{wanted}"
    for one, two in zip(found, wanted, strict=True):
        assert abs(one.at - two.at) <= late, f"{one} for {two}"
        assert abs(one.sample - two.sample) / 44_100 <= late, f"{one} for {two}"


def off_line(samples: float, unit: int) -> float:
    """How far a number of samples is from a whole number of units, either way."""
    return abs((samples + unit / 2) % unit - unit / 2)
