"""The web player makes the calls of the other engines' players, and plays what Python decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chipassets.runtime import Director, Library
from tests.engines.scenario import CALLS, END_S, do, off_line, write_scenario
from tests.report.sample_bundle import RATE_HZ
from tests.web.browser import Page
from tests.web.test_player import STAGE

STEP_MS = 10
SECONDS = int(END_S)
# A stall is none of a context that renders without a card; what is refused has tests of its own.
LEFT_OUT = ("stall", "refuse", "slip", "mistake", "gains", "playing", "end")
# Without the stalls one call would come on a bar line, and either side of it is right.
ON_A_LINE = 42.0
GIVEN = [
    (at - 0.1 if at == ON_A_LINE else at, word, words)
    for at, word, words in CALLS
    if word not in LEFT_OUT
]
ASKED_MS = [*range(370, SECONDS * 1000 - 500, 250)]

PLAY = """(async () => {
  let saved;
  const some = (fields) => Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined));
  const manner = (when, fade, how) =>
    some({when, fadeMs: fade ? Number(fade) * 1000 : undefined, how});
  const said = {
    enter: (p, scene, when, fade, how, moods) =>
      p.enter(scene, {...manner(when, fade, how), moods: moods ? moods.split(",") : []}),
    leave: (p, when, fade, how) => p.leave(manner(when, fade, how)),
    stop: (p, fade) => p.stop({fadeMs: Number(fade) * 1000}),
    sting: (p, name, when, priority) => p.sting(name, {when, priority: Number(priority)}),
    intensity: (p, level, fade, when) =>
      p.intensity(Number(level), {fadeMs: Number(fade) * 1000, when}),
    duck: (p, db, fade) => p.duck(Number(db), Number(fade) * 1000),
    pause: (p) => p.pause(),
    resume: (p) => p.resume(),
    save: (p) => { saved = p.state(); },
    restore: (p) => p.restore(saved),
    worn: (p) => p.restore({...saved, scenes: saved.scenes.map((s) => ({...s, sample: 4e8}))}),
  };
  const heard = [];
  const steps = CALLS.map(([at, word, words]) => [at, (p) => said[word](p, ...words)]);
  for (const ms of ASKED) {
    const ask = ({playing, _balance}) => {
      heard.push(playing && [playing.track.name, playing.sample]);
    };
    steps.push([ms / 1000, ask]);
  }
  await stage(SECONDS, merged(steps));
  return heard;
})()"""

# A context can be held once at a time, and in blocks of 128 samples.
MERGE = """
function merged(steps) {
  const blocks = new Map();
  for (const [at, act] of steps) {
    const block = Math.ceil(at * 44100 / 128);
    blocks.set(block, [...(blocks.get(block) || []), act]);
  }
  return [...blocks].map(([block, acts]) => [block * 128 / 44100, async (p) => {
    for (const act of acts) await act(p);
  }]);
}
"""


@pytest.fixture
def page(game_page: Callable[[], Page], tmp_path: Path) -> Page:
    write_scenario(tmp_path / "b")
    opened = game_page()
    opened.run(STAGE + MERGE)
    return opened


def decided(bundle: Path) -> list[tuple[str, int, int] | None]:
    """By ASKED_MS, what Python's Director has: a track, its file's sample, its loop's length."""
    director = Director(Library.open(bundle))
    heard: list[tuple[str, int, int] | None] = []
    calls, asked, saved = list(GIVEN), list(ASKED_MS), director.state(0)
    for now_ms in range(0, SECONDS * 1000, STEP_MS):
        while calls and calls[0][0] * 1000 <= now_ms:
            saved = do(director, calls.pop(0), now_ms, saved)
        director.update(now_ms)
        director.update_sting(now_ms)
        if asked and asked[0] <= now_ms:
            asked.pop(0)
            track, sample = director.playing, director.position_samples(now_ms)
            if track is None or track.is_over(sample):
                heard.append(None)
            else:
                length = track.loop.length_samples if track.loop else track.samples
                heard.append((track.name, track.wrap(sample), length))
    return heard


def test_the_page_decides_as_the_python_runtime(page: Page, tmp_path: Path) -> None:
    calls = json.dumps(GIVEN)
    code = PLAY.replace("CALLS", calls).replace("ASKED", json.dumps(ASKED_MS))
    found = page.run(code.replace("SECONDS", str(SECONDS)))
    wanted = decided(tmp_path / "b")
    for at_ms, one, two in zip(ASKED_MS, found, wanted, strict=True):
        assert (one is None) == (two is None), f"{one} for {two} at {at_ms} ms"
        if one is not None and two is not None:
            assert one[0] == two[0], f"{one} for {two} at {at_ms} ms"
            apart = off_line(one[1] - two[1], two[2])
            assert apart <= 0.03 * RATE_HZ, f"{one} for {two} at {at_ms} ms"
