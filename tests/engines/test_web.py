"""The npm package in a browser: the module, its types, Howler and Phaser where they are at hand."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chipassets.engines import Music, export
from chipassets.engines.kit import template
from chipassets.engines.web import audio_sprite, howl
from tests.engines.game import need, run, write_game
from tests.web.browser import Browser, Page, started_browser
from tests.web.serving import serve

pytestmark = pytest.mark.xdist_group("browser")

# Keeps what a node gives, in one list: in the thread of the audio, where a busy page loses none.
RECORD = """
const RECORDER = URL.createObjectURL(new Blob([`registerProcessor("recorder",
  class extends AudioWorkletProcessor {
    process([[channel]]) {
      this.port.postMessage(channel ? channel.slice() : new Float32Array(128));
      return true;
    }
  })`], {type: "text/javascript"}));
async function record(context, node) {
  await context.audioWorklet.addModule(RECORDER);
  const recorder = new AudioWorkletNode(context, "recorder");
  const heard = [];
  recorder.port.onmessage = ({data}) => heard.push(...data);
  node.connect(recorder);
  recorder.connect(context.destination);
  return heard;
}
async function samplesOf(path, context) {
  const data = await (await fetch(path)).arrayBuffer();
  return (await context.decodeAudioData(data)).getChannelData(0);
}
// No wait is for a time of the machine's: until a condition holds, until so much more was heard,
// and until so much was heard from the first sound on.
async function until(holds) {
  while (!holds()) await new Promise((done) => setTimeout(done, 5));
}
function hearMore(heard, seconds) {
  const end = heard.length + seconds * 44100;
  return until(() => heard.length >= end);
}
async function hearFromTheStart(heard, seconds) {
  const isSound = (value) => value !== 0;
  await until(() => heard.some(isSound));
  const end = heard.findIndex(isSound) + seconds * 44100;
  await until(() => heard.length >= end);
}
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with started_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def package(tmp_path: Path) -> Path:
    export("web", write_game(tmp_path / "bundle"), tmp_path / "site", example=True)
    return tmp_path / "site"


@pytest.fixture
def open_page(browser: Browser, package: Path) -> Iterator[Callable[[str], Page]]:
    pages: list[Page] = []

    def opened(name: str) -> Page:
        pages.append(browser.open(f"{address}/{name}"))
        return pages[-1]

    with serve(package) as address:
        yield opened
        # A page that is left open plays on beside those of the other tests.
        for page in pages:
            page.close()


@pytest.fixture
def page_with(package: Path, open_page: Callable[[str], Page]) -> Callable[[str], Page]:
    """Open a page with a library of an npm package, and record what it plays.

    The adapters lie in music/, as one has the name of the library's own file. Skipped where the
    library is not at hand.
    """

    def opened(name: str) -> Page:
        modules = os.environ.get("CHIPASSETS_NODE_MODULES", "")
        path = Path(modules) / name
        if not modules or not path.is_file():
            pytest.skip(f"set CHIPASSETS_NODE_MODULES to a node_modules with {name}")
        shutil.copy(path, package / path.name)
        (package / "page.html").write_text(
            f"<!doctype html><link rel=icon href='data:,'><script src='{path.name}'></script>"
        )
        export("web", package.parent / "bundle", package / "music")
        page = open_page("page.html")
        page.run(RECORD)
        return page

    return opened


def test_the_example_plays_from_the_module(open_page: Callable[[str], Page]) -> None:
    page = open_page("example.html")
    page.wait_for("globalThis.music !== undefined")
    page.press("2", "2")
    page.wait_for("music.playing && music.playing.track.name === 'overworld'")
    page.press("3", "3")
    page.wait_for("music.playing.track.name === 'battle'")
    page.press("-", "-")
    page.press("4", "4")
    page.wait_for("music.playing.track.name === 'overworld'")
    assert page.run("music.state().intensity") == 0.75
    page.wait_for("document.querySelector('#playing').textContent.startsWith('overworld')")
    assert page.complaints() == []


def test_pause_holds_the_music_alone_in_a_games_own_context(
    open_page: Callable[[str], Page],
) -> None:
    page = open_page("example.html")
    page.run(RECORD)
    found = page.run("""(async () => {
      const {openMusic} = await import("./index.js");
      const context = new AudioContext({sampleRate: 44100});
      const music = await openMusic({context});
      await music.preload();
      const heard = await record(context, music._volume.node);
      await music.enter("title");
      await hearFromTheStart(heard, 1.5);
      await music.pause();
      const running = context.state, place = music.playing.sample;
      await hearMore(heard, 1);
      const silent = Math.max(...heard.slice(-22050).map(Math.abs));
      const still = music.playing.sample - place;
      await music.resume();
      const from = heard.length;
      await hearMore(heard, 4.2);
      music.sting("victory");
      await hearMore(heard, 0.3);
      await music.pause();
      const change = await music.enter("battle", {when: "bar", how: "cut"});
      await hearMore(heard, 0.5);
      const before = music._clock.lost;
      await music.resume();
      const waits = change.at - before + music._clock.lost - context.currentTime;
      await hearMore(heard, waits + 0.3);
      // The title behind the first pause, over its seam, at the place that fits best.
      const wave = await samplesOf("bundle/audio/title.ogg", context);
      const ideal = (n) => wave[n < 44100 ? n : 44100 + (n - 44100) % (3 * 44100)];
      const first = from + 8820;
      const off = (n, length) => {
        let worst = 0;
        for (let i = 0; i < length; i += 1) {
          worst = Math.max(worst, Math.abs(heard[first + i] - ideal(n + i)));
        }
        return worst;
      };
      let best = 1, at = 0;
      for (let n = place; n < place + 40000; n += 1) {
        const worst = off(n, 400);
        if (worst < best) [best, at] = [worst, n];
      }
      return {
        running, silent, still, worst: off(at, 3.9 * 44100), end: at + 3.9 * 44100,
        waits, playing: music.playing.track.name,
      };
    })()""")
    assert found["running"] == "running"
    assert (found["silent"], found["still"]) == (0, 0)
    assert found["worst"] < 1e-3
    assert found["end"] > 4 * 44_100, "over the seam"
    assert 0 < found["waits"] <= 1
    assert found["playing"] == "battle"
    assert page.complaints() == []


def test_the_package_is_what_node_imports(package: Path) -> None:
    node = need("node", "nodejs")
    code = (
        "import {LEVELS, bundleUrl} from 'test-quest-music'; console.log(LEVELS.battle, bundleUrl)"
    )
    (package.parent / "node_modules").mkdir()
    (package.parent / "node_modules/test-quest-music").symlink_to(package)
    said = run(node, "--input-type=module", "-e", code, cwd=package.parent)
    assert said.startswith("2 file://")
    assert said.strip().endswith("/bundle/bundle.json")


def test_the_index_of_the_package_lists_the_audio_that_is_there(package: Path) -> None:
    index = json.loads((package / "bundle/bundle.json").read_text())
    listed = {file["path"] for track in index["tracks"] for file in track["files"].values()}
    listed |= {layer["path"] for track in index["tracks"] for layer in track.get("layers", ())}
    there = {str(path.relative_to(package / "bundle")) for path in package.glob("bundle/**/*.ogg")}
    assert listed == there


@pytest.mark.slow
def test_types_hold_the_games_names(package: Path) -> None:
    modules = os.environ.get("CHIPASSETS_NODE_MODULES", "")
    compiler = Path(modules) / "typescript/bin/tsc"
    if not modules or not compiler.is_file():
        pytest.skip("set CHIPASSETS_NODE_MODULES to a node_modules with typescript")
    (package / "game.ts").write_text("""
import { openMusic, type State } from "./index.js";
import { openInHowler } from "./howler.js";
import { openInPhaser } from "./phaser.js";
const music = await openMusic({ rules: [{ from: "*", to: "battle", when: "bar", fadeMs: 0 }] });
const change = await music.enter("battle", { when: "bar", moods: ["dark"], how: "cut" });
const at: number | undefined = change?.at;
const state: State = music.state();
await music.restore(state, { fadeMs: 100 });
music.intensity(0.4, { when: "beat" });
export { at, openInHowler, openInPhaser };
""")
    options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022"]
    run(compiler, *options, "game.ts", cwd=package)
    (package / "wrong.ts").write_text("""
import { openMusic } from "./index.js";
(await openMusic()).enter("battle", { when: "soon" });
""")
    with pytest.raises(AssertionError, match="soon"):
        run(compiler, *options, "wrong.ts", cwd=package)


def test_sprites_are_cut_on_the_sample(package: Path) -> None:
    music = Music.read(package.parent / "bundle")
    title, victory = music.tracks[0], music.tracks[-1]
    sprite = howl(title)["sprite"]
    assert sprite == {
        "all": [0, 4000, True], "intro": [0, 1000, False], "loop": [1000, 3000, True],
    }  # fmt: skip
    assert howl(victory)["sprite"] == {"all": [0, 1000, False]}
    assert audio_sprite(title)["spritemap"]["loop"] == {"start": 1, "end": 4, "loop": True}
    assert json.loads((package / "howler.json").read_text())["title"]["sprite"] == sprite
    for source in howl(title)["src"]:
        assert (package / source).is_file()


@pytest.mark.slow
def test_howler_plays_intro_and_loop_without_a_gap(page_with: Callable[[str], Page]) -> None:
    page = page_with("howler/dist/howler.js")
    found = page.run("""(async () => {
      const {playLoop} = await import("./music/howler.js");
      const {tracks} = await (await fetch("bundle/bundle.json")).json();
      const howl = new Howl({src: ["bundle/audio/title.ogg"]});
      await new Promise((done) => howl.once("load", done));
      const heard = await record(Howler.ctx, Howler.masterGain);
      const id = playLoop(howl, tracks[0]);
      await hearFromTheStart(heard, 8);
      const wave = await samplesOf("bundle/audio/title.ogg", Howler.ctx);
      const start = heard.findIndex((value) => value !== 0);
      const lead = wave.findIndex((value) => value !== 0);
      const rate = 44100, loop = 3 * rate, intro = rate;
      let worst = 0;
      const to = 8 * rate;
      for (let i = 0; i < to; i += 1) {
        const n = i + lead;
        const ideal = wave[n < intro ? n : intro + (n - intro) % loop];
        worst = Math.max(worst, Math.abs(heard[start + i] - ideal));
      }
      return [Howler.ctx.sampleRate, worst, howl.playing(id)];
    })()""")
    assert found[0] == 44_100
    assert found[1] < 1e-3
    assert found[2] is True


def test_the_player_sounds_behind_howlers_volume(page_with: Callable[[str], Page]) -> None:
    page = page_with("howler/dist/howler.js")
    found = page.run("""(async () => {
      const {openInHowler} = await import("./music/howler.js");
      const music = await openInHowler(Howler);
      const heard = await record(music.context, Howler.masterGain);
      await music.enter("title");
      await hearMore(heard, 1);
      const loud = Math.max(...heard.slice(-20000));
      Howler.volume(0.25);
      await hearMore(heard, 1);
      return [music.context === Howler.ctx, loud, Math.max(...heard.slice(-20000))];
    })()""")
    assert found[0] is True
    assert found[1] > 0.3
    assert found[2] == pytest.approx(found[1] / 4, rel=0.05)


def test_howler_does_not_put_the_music_to_sleep(page_with: Callable[[str], Page]) -> None:
    page = page_with("howler/dist/howler.js")
    found = page.run("""(async () => {
      const {openInHowler} = await import("./music/howler.js");
      const [real, late] = [globalThis.setTimeout, []];
      globalThis.setTimeout = (act, ms) => (ms === 30000 ? late.push(act) : real(act, ms));
      const music = await openInHowler(Howler);
      Howler._autoSuspend();
      await music.enter("title");
      for (const act of late) act();
      await new Promise((done) => real(done, 300));
      return Howler.ctx.state;
    })()""")
    assert found == "running"


def test_the_player_sounds_behind_phasers_volume(page_with: Callable[[str], Page]) -> None:
    page = page_with("phaser/dist/phaser.js")
    found = page.run("""(async () => {
      const {openInPhaser} = await import("./music/phaser.js");
      const game = await new Promise((done) => new Phaser.Game({
        type: Phaser.HEADLESS, autoFocus: false, callbacks: {postBoot: done},
      }));
      const music = await openInPhaser(game);
      const heard = await record(game.sound.context, game.sound.masterVolumeNode);
      await music.enter("battle");
      await music.enter("title", {fadeMs: 0});
      await hearMore(heard, 1);
      const loud = Math.max(...heard.slice(-20000));
      game.sound.volume = 0.25;
      await hearMore(heard, 1);
      return [music.playing.track.name, loud, Math.max(...heard.slice(-20000))];
    })()""")
    assert found[0] == "title"
    assert found[1] > 0.3
    assert found[2] == pytest.approx(found[1] / 4, rel=0.05)


@pytest.mark.slow
def test_phaser_plays_the_scene_of_the_page_to_the_sample(
    page_with: Callable[[str], Page],
) -> None:
    page = page_with("phaser/dist/phaser.js")
    text = template("web", "README.md", PACKAGE="music").decode()
    scene = text.split("```js\nimport { openInPhaser }")[1].split("```")[0].split("\n", 2)[2]
    found = page.run(
        """(async () => {
      const {openInPhaser} = await import("./music/phaser.js");
      """
        + scene
        + """
      const game = await new Promise((done) => new Phaser.Game({
        type: Phaser.HEADLESS, autoFocus: false, callbacks: {postBoot: done},
      }));
      const heard = await record(game.sound.context, game.sound.masterVolumeNode);
      game.scene.add("boot", Boot, true);
      await hearFromTheStart(heard, 6);
      const wave = await samplesOf("bundle/audio/title.ogg", game.sound.context);
      const start = heard.findIndex((value) => value !== 0);
      const lead = wave.findIndex((value) => value !== 0);
      let worst = 0;
      for (let i = 0; i < 6 * 44100; i += 1) {
        const n = i + lead;
        const ideal = wave[n < 44100 ? n : 44100 + (n - 44100) % (3 * 44100)];
        worst = Math.max(worst, Math.abs(heard[start + i] - ideal));
      }
      return [game.sound.context.sampleRate, worst];
    })()"""
    )
    assert found[0] == 44_100
    assert found[1] < 1e-3
