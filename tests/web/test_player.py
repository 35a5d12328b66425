from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from chipassets.runtime import Director, Library
from tests.report.sample_bundle import BAR_SAMPLES, RATE_HZ, Piece, write_sample
from tests.web.browser import Page, PageError

OpenPage = Callable[[], Page]

# Renders a player's mix without a sound card: `steps` are [seconds, function of the player], and
# each runs when the clock is there, so that no test depends on how fast the machine is.
STAGE = """
async function stage(seconds, steps, options = {}) {
  const context = new OfflineAudioContext(1, seconds * 44100, 44100);
  const player = await Chipassets.open("b/bundle.json", {context, ...options});
  await player.preload();
  const answers = [];
  for (const [time, act] of steps.filter(([time]) => time > 0)) {
    context.suspend(time).then(async () => {
      answers.push(await act(player));
      context.resume();
    });
  }
  for (const [time, act] of steps) if (time === 0) answers.push(await act(player));
  const mix = (await context.startRendering()).getChannelData(0);
  return {mix, answers, player};
}
async function sound(name) {
  const data = await (await fetch(`b/audio/${name}.ogg`)).arrayBuffer();
  const context = new OfflineAudioContext(1, 1, 44100);
  return (await context.decodeAudioData(data)).getChannelData(0);
}
// The first sample at which two signals differ, from one place on; -1 if they never do.
function firstDifference(a, b, from, to) {
  for (let i = from; i < to; i += 1) if (a[i] !== b(i)) return i;
  return -1;
}
"""


@pytest.fixture
def page(game_page: OpenPage, tmp_path: Path) -> Page:
    """A page with a bundle of a town, a shop, a battle and a fanfare, and the stage."""
    pieces = [
        Piece("town", hz=440, bars=3, intro_bars=1),
        Piece("shop", hz=660, bars=2),
        Piece("battle", hz=523.25, bars=2, intro_bars=1),
        Piece("victory", hz=880, bars=1, intro_bars=None),
    ]
    write_sample(tmp_path / "b", pieces)
    opened = game_page()
    opened.run(STAGE)
    return opened


def test_intro_and_loop_are_the_ideal_splice_sample_for_sample(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix} = await stage(9, [[0, (p) => p.enter("town")]]);
      const wave = await sound("town");
      const start = mix.findIndex((value) => value !== 0);
      const lead = wave.findIndex((value) => value !== 0);
      const loop = 2 * 44100, intro = 44100, at = start - lead;
      const ideal = (i) => {
        const n = i - at;
        return n < intro ? wave[n] : wave[intro + (n - intro) % loop];
      };
      return [at, wave.length, firstDifference(mix, ideal, start, mix.length)];
    })()""")
    assert found[0] == 441  # the 10 ms that a start is planned ahead
    assert found[1:] == [3 * BAR_SAMPLES, -1]


def test_a_cut_loses_no_sample_of_what_begins(page: Page) -> None:
    found = page.run("""(async () => {
      const steps = Array.from({length: 80}, (_, i) => [
        Math.round(i * 0.1 * 44100 / 128) * 128 / 44100,
        (p) => p.enter(i % 2 ? "town" : "shop", {when: "now", how: "cut"}),
      ]);
      const {mix, answers} = await stage(9, steps, {levels: {}});
      const firsts = {town: (await sound("town"))[0], shop: (await sound("shop"))[0]};
      const isLost = ({track, at}) => mix[Math.round(at * 44100)] !== firsts[track.name];
      const lost = answers.filter(isLost);
      return [answers.length, lost.length, Object.values(firsts)];
    })()""")
    assert found[:2] == [80, 0]
    assert all(found[2]), "their first samples can be heard"


def test_a_track_starts_at_any_position(page: Page) -> None:
    firsts = page.run("""(async () => {
      const wave = await sound("town");
      const index = await (await fetch("b/bundle.json")).json();
      const track = index.tracks[0];
      const starts = [0, 1, 44099, 44100, 100001, 132299, 132300, 500000];
      return Promise.all(starts.map(async (start) => {
        const context = new OfflineAudioContext(1, 200000, 44100);
        const buffer = context.createBuffer(1, wave.length, 44100);
        buffer.copyToChannel(wave, 0);
        Chipassets.startSource(context, buffer, track, 0, start, context.destination);
        const mix = (await context.startRendering()).getChannelData(0);
        const ideal = (i) => wave[Chipassets.wrap(track, start + i)];
        return firstDifference(mix, ideal, 0, mix.length);
      }));
    })()""")
    assert firsts == [-1] * 8


@pytest.mark.parametrize(("when", "line_seconds"), [("bar", 1.0), ("beat", 0.5)])
def test_a_cut_on_the_line_falls_on_its_sample(page: Page, when: str, line_seconds: float) -> None:
    found = page.run(f"""(async () => {{
      const {{mix, answers}} = await stage(4, [
        [0, (p) => p.enter("town")],
        [0.3, (p) => p.enter("shop", {{when: "{when}", fadeMs: 0}})],
      ]);
      const [town, shop] = [await sound("town"), await sound("shop")];
      const cut = Math.round(answers[1].at * 44100);
      const before = firstDifference(mix, (i) => town[i - 441], 441, cut);
      const after = firstDifference(mix, (i) => shop[(i - cut) % shop.length], cut, mix.length);
      return [cut, before, after];
    }})()""")
    assert found == [441 + int(line_seconds * RATE_HZ), -1, -1]


def test_a_fade_is_out_first_and_then_in_to_the_sample(page: Page) -> None:
    found = page.run("""(async () => {
      const rules = [{from: "town", to: "*", when: "bar", fadeMs: 500, how: "fade"}];
      const {mix, answers} = await stage(4, [
        [0, (p) => p.enter("town")],
        [0.3, (p) => p.enter("shop")],
      ], {rules});
      const [town, shop] = [await sound("town"), await sound("shop")];
      const at = Math.round(answers[1].at * 44100);
      const next = at + 22050;
      const before = firstDifference(mix, (i) => town[i - 441], 441, at);
      const peak = Math.max(...mix.slice(next - 50, next).map(Math.abs));
      const after = firstDifference(mix, (i) => shop[(i - next) % shop.length], next, mix.length);
      return [at, before, after, peak < 0.01];
    })()""")
    assert found == [441 + BAR_SAMPLES, -1, -1, True]


def test_a_variant_goes_on_in_the_same_bar(page: Page, tmp_path: Path) -> None:
    pieces = [Piece("town", hz=440, bars=3, intro_bars=1), Piece("night", hz=330, bars=3)]
    write_sample(tmp_path / "b", pieces)
    index = json.loads((tmp_path / "b/bundle.json").read_text())
    index["tracks"][1] |= {"bars": 3, "link": {"kind": "variant", "of": "town"}}
    (tmp_path / "b/bundle.json").write_text(json.dumps(index))
    found = page.run("""(async () => {
      const {mix, answers} = await stage(5, [
        [0, (p) => p.enter("town")],
        [1.3, (p) => p.enter("night", {when: "bar", how: "fade", fadeMs: 0})],
      ]);
      const at = Math.round(answers[1].at * 44100);
      const wave = await sound("night");
      const night = (i) => wave[(i - at + 2 * 44100) % wave.length];
      // Chromium interpolates by a millionth where a source starts inside its buffer.
      const apart = (i) => Math.abs(mix[i] - night(i));
      return [at, [...mix.keys()].slice(at).some((i) => apart(i) > 1e-5)];
    })()""")
    assert found == [441 + 2 * BAR_SAMPLES, False]


def test_moods_choose_among_a_scenes_tracks(page: Page, tmp_path: Path) -> None:
    pieces = [
        Piece("day", scene="overworld", moods=("bright", "calm")),
        Piece("night", scene="overworld", moods=("dark",)),
        Piece("battle"),
    ]
    write_sample(tmp_path / "c", pieces)
    found = page.run("""(async () => {
      const director = new Chipassets.Director(await (await fetch("c/bundle.json")).json());
      const name = (wish) => wish && wish.track.name;
      return [
        name(director.enter("overworld")), name(director.enter("overworld")),
        name(director.enter("overworld", ["dark"])), name(director.enter("overworld", ["dark"])),
        name(director.enter("battle")), name(director.leave()),
        name(director.enter("overworld", ["calm"])),
      ];
    })()""")
    assert found == ["day", None, "night", None, "battle", "night", "day"]


def test_the_example_page_plays_a_bundle(game_page: OpenPage, tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town"), Piece("battle", hz=660)])
    for name in ("example.html", "chipassets.js"):
        (bundle / name).write_bytes(files("chipassets").joinpath("runtime/web", name).read_bytes())
    page = game_page()
    page.call("Page.navigate", {"url": page.run("new URL('b/example.html', location.href).href")})
    page.wait_for("document.querySelectorAll('#scenes button').length === 2")
    page.click("#scenes button:nth-of-type(2)")
    page.wait_for("document.getElementById('now').textContent.startsWith('battle, section A, bar')")
    page.wait_for("document.getElementById('place').value > 0")
    assert page.run("document.getElementById('game').textContent") == "Test Quest"
    page.click("#stop")
    page.wait_for("document.getElementById('now').textContent === 'Silence.'")
    assert page.complaints() == []


def test_a_crossfade_overlaps_without_a_dip(page: Page) -> None:
    levels = page.run("""(async () => {
      const {mix, answers} = await stage(4, [
        [0, (p) => p.enter("shop")],
        [1, (p) => p.enter("battle", {when: "now", fadeMs: 1000})],
      ]);
      const at = Math.round(answers[1].at * 44100);
      const power = (from, length) => {
        let sum = 0;
        for (let i = from; i < from + length; i += 1) sum += mix[i] * mix[i];
        return Math.sqrt(sum / length);
      };
      const steady = power(at - 22050, 22050);
      return Array.from({length: 20}, (_, n) => power(at + n * 2205, 2205) / steady);
    })()""")
    assert min(levels) > 0.97
    assert max(levels) < 1.03


def test_both_tracks_sound_in_the_middle_of_a_crossfade(page: Page) -> None:
    parts = page.run("""(async () => {
      const {mix, answers} = await stage(3, [
        [0, (p) => p.enter("shop")],
        [1, (p) => p.enter("battle", {when: "now", fadeMs: 1000})],
      ]);
      const middle = Math.round(answers[1].at * 44100) + 22050 - 4410;
      const level = (hz) => {
        let re = 0, im = 0;
        for (let i = 0; i < 8820; i += 1) {
          const turn = 2 * Math.PI * hz * i / 44100;
          re += mix[middle + i] * Math.cos(turn);
          im += mix[middle + i] * Math.sin(turn);
        }
        return 2 * Math.hypot(re, im) / 8820;
      };
      return [level(660), level(523.25 / 1.5)];
    })()""")
    assert parts == pytest.approx([0.4 * 0.5**0.5] * 2, rel=0.03)


def test_the_scene_below_goes_on_where_its_fade_ended(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix, answers} = await stage(5, [
        [0, (p) => p.enter("town")],
        [1, (p) => p.enter("battle", {when: "now", fadeMs: 0})],
        [3, (p) => p.leave({when: "now", fadeMs: 0})],
      ]);
      const town = await sound("town");
      const left = Math.round(answers[1].at * 44100) - 441;
      const back = Math.round(answers[2].at * 44100);
      const track = answers[0].track;
      const ideal = (i) => town[Chipassets.wrap(track, left + i - back)];
      return firstDifference(mix, ideal, back + 1, mix.length);
    })()""")
    assert found == -1


def test_a_change_that_is_taken_back_before_its_bar_is_not_heard(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix} = await stage(4, [
        [0, (p) => p.enter("town")],
        [0.2, (p) => p.enter("shop", {when: "bar"})],
        [0.5, (p) => p.leave()],
      ]);
      const town = await sound("town");
      const track = (await (await fetch("b/bundle.json")).json()).tracks[0];
      const ideal = (i) => town[Chipassets.wrap(track, i - 441)];
      return firstDifference(mix, ideal, 441, mix.length);
    })()""")
    assert found == -1


def test_turning_round_in_the_middle_of_a_fade_never_jumps(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix} = await stage(4, [
        [0, (p) => p.enter("town")],
        [1.0, (p) => p.enter("battle", {when: "now", fadeMs: 400})],
        [1.2, (p) => p.leave({when: "now", fadeMs: 400})],
        [1.3, (p) => p.enter("battle", {when: "now", fadeMs: 400})],
        [1.4, (p) => p.enter("victory", {when: "now", fadeMs: 400})],
      ]);
      let steepest = 0;
      const fanfareEnds = 2.4 * 44100;
      for (let i = 1000; i < fanfareEnds; i += 1) {
        steepest = Math.max(steepest, Math.abs(mix[i] - mix[i - 1]));
      }
      return steepest;
    })()""")
    # Two tones of 0.4 at once rise by no more than this from sample to sample.
    assert found < 2 * 0.4 * 2 * 3.1416 * 880 / RATE_HZ


def test_layers_stay_together_and_come_in_on_the_bar(page: Page, tmp_path: Path) -> None:
    write_sample(tmp_path / "b", [Piece("town", bars=2, layers_hz=(440, 660))])
    found = page.run("""(async () => {
      const {mix} = await stage(6, [
        [0, (p) => { p.intensity(0, {fadeMs: 0}); return p.enter("town"); }],
        [0.5, (p) => p.intensity(1, {fadeMs: 0, when: "bar"})],
        [2.5, (p) => p.intensity(0, {when: "beat"})],
      ]);
      const [low, high] = [await sound("town.0"), await sound("town.1")];
      const at = (wave, i) => wave[(i - 441) % wave.length];
      const alone = firstDifference(mix, (i) => at(low, i), 441, mix.length);
      let error = 0;
      for (let i = 97020; i < 110250; i += 1) {
        error = Math.max(error, Math.abs(mix[i] - at(low, i) - at(high, i)));
      }
      let rest = 0;
      for (let i = 4 * 44100; i < mix.length; i += 1) {
        rest = Math.max(rest, Math.abs(mix[i] - at(low, i)));
      }
      return [alone, error, rest];
    })()""")
    # The second layer's first samples may be zero: it is heard within a millisecond of the bar.
    bar = 441 + RATE_HZ
    assert bar <= found[0] <= bar + RATE_HZ // 1000
    assert found[1:] == pytest.approx([0, 0], abs=1e-4)


def test_a_scene_without_a_track_leaves_the_music_and_warns_once(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix, answers} = await stage(2, [
        [0, (p) => p.enter("town")],
        [0.5, (p) => p.enter("menu")],
        [1, (p) => p.leave()],
        [1.2, (p) => p.enter("menu")],
      ]);
      const town = await sound("town");
      const first = firstDifference(mix, (i) => town[i - 441], 441, mix.length);
      return [first, answers.map((answer) => answer && answer.track.name)];
    })()""")
    assert found == [-1, ["town", None, None, None]]
    (said,) = [text for text in page.complaints() if "menu" in text]
    assert said.startswith(
        "chipassets: no track serves the scene 'menu', the music stays; there are: "
    )


def test_unknown_words_are_reported_with_the_nearest(page: Page) -> None:
    found = page.run("""(async () => {
      const {answers} = await stage(1, [
        [0, (p) => p.enter("twon", {when: "bars", fade_ms: 3})],
        [0.2, (p) => p.enter("town", {when: "bars", how: "fead", fadeMs: undefined})],
        [0.4, (p) => p.sting("vicotry", {when: "beats"})],
      ]);
      return answers.map((answer) => answer && answer.track.name);
    })()""")
    assert found == [None, "town", None]
    said = " ".join(page.complaints())
    for hint in (
        "scene 'twon', the music stays; did you mean 'town'?",
        "no option of enter() 'fade_ms'; did you mean 'fadeMs'?",
        "no when 'bars'; did you mean 'bar'?", "no how 'fead'; did you mean 'fade'?",
    ):  # fmt: skip
        assert hint in said


def test_arguments_of_the_wrong_type_are_reported_and_change_nothing(page: Page) -> None:
    found = page.run("""(async () => {
      const {mix, answers, player} = await stage(2.5, [
        [0, (p) => p.enter("town")],
        [0.2, (p) => p.enter(5)],
        [0.3, (p) => p.enter("town", "bar")],
        [0.4, (p) => p.enter("town", {moods: 5, fadeMs: "slowly"})],
        [0.5, (p) => p.intensity("loud")],
        [0.6, (p) => p.intensity("1", 600)],
        [0.7, (p) => p.duck("much")],
        [0.8, (p) => p.duck(0, "slowly")],
        [0.9, (p) => p.leave({whn: "bar"})],
        [1.0, (p) => p.sting("town", "beat")],
        [1.1, (p) => p.sting("town", {priority: "high"})],
        [2.4, (p) => p.playing.sample],
      ]);
      const town = await sound("town");
      const first = firstDifference(mix, (i) => town[i - 441], 441, mix.length);
      return [first, player.state().intensity, answers.slice(1, 3), answers.at(-1)];
    })()""")
    assert found[:3] == [-1, 1, [None, None]]
    assert found[3] == pytest.approx(2.4 * RATE_HZ, abs=2000)
    said = " ".join(page.complaints())
    for hint in (
        "enter() takes the name of a scene, not '5'",
        """enter() takes its options as { when: "bar" }, not as 'bar'""",
        "moods are a list of names, not '5'", "enter() takes fadeMs as a number, not as 'slowly'",
        "intensity() takes its level as a number, not as 'loud'",
        "intensity() takes its options as {", "duck(byDb, fadeMs) takes byDb as a number",
        "duck(byDb, fadeMs) takes fadeMs as a number",
        "no option of leave() 'whn'; did you mean 'when'?", "sting() takes its options as {",
        "sting() takes priority as a number, not as 'high'",
    ):  # fmt: skip
        assert hint in said


def test_what_plays_tells_the_sample_of_its_file(page: Page) -> None:
    found = page.run("""(async () => {
      const {answers} = await stage(6, [
        [0, (p) => p.enter("shop")],
        [5, (p) => [p.playing.sample, p.state().playing.sample]],
      ]);
      return answers.at(-1);
    })()""")
    assert found[0] == found[1]
    assert found[0] < 2 * BAR_SAMPLES


def test_a_track_that_is_missing_or_altered_stays_silent(page: Page, tmp_path: Path) -> None:
    (tmp_path / "b" / "audio" / "shop.ogg").write_bytes(b"altered")
    (tmp_path / "b" / "audio" / "battle.ogg").unlink()
    found = page.run("""(async () => {
      const {answers} = await stage(2, [
        [0, (p) => p.enter("town")],
        [0.5, (p) => p.enter("shop")],
        [1, (p) => p.enter("battle")],
      ]);
      return answers.map((answer) => answer && answer.track.name);
    })()""")
    assert found == ["town", None, None]
    said = " ".join(page.complaints())
    assert "shop.ogg has 7 bytes instead of" in said
    assert "battle.ogg cannot be read (404)" in said


def test_a_browser_without_ogg_plays_the_wav(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "b" / "bundle.json"
    index = json.loads(path.read_text())
    data = (tmp_path / "b" / "audio" / "shop.ogg").read_bytes()
    wav = {"path": "audio/shop.wav", "sha256": "0" * 64, "bytes": len(data)}
    (tmp_path / "b" / "audio" / "shop.wav").write_bytes(data)
    index["tracks"] = [index["tracks"][1]]
    index["tracks"][0]["files"]["wav"] = wav
    path.write_text(json.dumps(index))
    asked = page.run("""(async () => {
      Audio.prototype.canPlayType = () => "";
      await stage(1, [[0, (p) => p.enter("shop")]]);
      return performance.getEntriesByType("resource").map((entry) => entry.name);
    })()""")
    assert any(name.endswith("shop.wav") for name in asked)
    assert not any(name.endswith("shop.ogg") for name in asked)


def test_open_refuses_what_is_not_a_bundle_of_this_format(page: Page, tmp_path: Path) -> None:
    index = json.loads((tmp_path / "b" / "bundle.json").read_text())

    def refused(changed: Any, reason: str) -> None:
        (tmp_path / "b" / "bundle.json").write_text(json.dumps(changed))
        with pytest.raises(PageError, match=reason):
            page.run(
                "Chipassets.open('b/bundle.json', {context: new OfflineAudioContext(1,1,44100)})"
            )

    refused(index | {"format": 2}, "format 2 and this player reads format 1")
    refused([], "does not hold an index")
    for path in ("../town.ogg", "/etc/x", "https://example.com/x", "a\\b"):
        track = index["tracks"][0]
        file = track["files"]["ogg"] | {"path": path}
        refused(index | {"tracks": [track | {"files": {"ogg": file}}]}, "outside the bundle")
    refused(index | {"tracks": [index["tracks"][0] | {"samples": 5}]}, "goes past the end")
    with pytest.raises(PageError, match="404"):
        page.run("Chipassets.open('nothing/bundle.json')")


def test_bars_and_beats_are_those_of_the_python_runtime(page: Page, tmp_path: Path) -> None:
    index = json.loads((tmp_path / "b/bundle.json").read_text())
    shop, victory = index["tracks"][1], index["tracks"][3]
    shop |= {"beats_per_bar": 3, "pulse_steps": 6}
    victory |= {"beats_per_bar": 3, "pulse_steps": 6, "tempo_bpm": 180.0}
    del index["tracks"][0]["pulse_steps"]  # as in the bundles of before there was 6/8
    (tmp_path / "b/bundle.json").write_text(json.dumps(index))
    tracks = Library.open(tmp_path / "b").tracks
    assert [track.felt_beats for track in tracks] == [4, 2, 4, 2]
    samples = [*range(0, 400_000, 4_999), 44_099, 44_100, 88_199, 88_200, 132_300]
    found = page.run(f"""(async () => {{
      const {{tracks}} = await (await fetch("b/bundle.json")).json();
      const {{wrap, barAndBeat, nextLine, isOver, checkIndex, feltBeats}} = Chipassets;
      checkIndex({{format: 1, tracks}});
      return tracks.map((track) => {json.dumps(samples)}.map((sample) => {{
        const {{bar, beat}} = barAndBeat(track, sample);
        return [wrap(track, sample), bar, beat, feltBeats(track),
                nextLine(track, sample, "beat"), nextLine(track, sample, "bar"),
                nextLine(track, sample, "section"), isOver(track, sample)];
      }}));
    }})()""")
    for track, rows in zip(tracks, found, strict=True):
        for sample, row in zip(samples, rows, strict=True):
            assert row == [
                track.wrap(sample),
                track.position_bar(sample),
                track.position_beat(sample),
                track.felt_beats,
                track.next_beat_sample(sample),
                track.next_bar_sample(sample),
                track.next_section_sample(sample),
                track.is_over(sample),
            ], (track.name, sample)


def test_scenes_lead_to_the_tracks_that_the_python_director_chooses(
    page: Page, tmp_path: Path
) -> None:
    way = ["town", "shop", "town", "battle", "victory", "town", "shop", "battle", "<", "<", "<"]
    director = Director(Library.open(tmp_path / "b"))
    expected = []
    for time, scene in enumerate(way):
        if scene == "<":
            director.leave(time * 10_000)
        else:
            director.enter(scene, time * 10_000)
        change = director.update(time * 10_000 + 9_999)
        expected.append([director.scene, change.track.name if change and change.track else None])
    found = page.run(f"""(async () => {{
      const director = new Chipassets.Director(await (await fetch("b/bundle.json")).json());
      return {json.dumps(way)}.map((scene) => {{
        const wish = scene === "<" ? director.leave() : director.enter(scene);
        return [director.scene, wish ? wish.track.name : null];
      }});
    }})()""")
    assert found == expected


def test_a_running_player_pauses_resumes_and_follows_the_volume(page: Page) -> None:
    page.run("""(async () => {
      player = await Chipassets.open("b/bundle.json");
      await player.context.resume();
      await player.enter("town");
    })()""")
    page.wait_for("player.playing && player.playing.sample > 2000")
    page.run("player.pause()")
    assert page.run("player.context.state") == "suspended"
    still = page.run("player.playing.sample")
    assert page.run("player.playing.sample") == still
    page.run("player.volume = 7, player.resume()")
    assert page.run("player.volume") == 1
    page.wait_for(f"player.playing.sample > {still} + 2000")
    page.run("player.stop(10)")
    page.wait_for("player.playing === null")
    page.run("player.enter('victory')")
    page.wait_for("player.playing && player.playing.track.name === 'victory'")
    # A track that plays once is over at its end, though its scene is not left.
    page.wait_for("player.playing === null")
    assert page.run("player.director.scene") == "victory"
    assert page.complaints() == []
