"""Browsers that do not decode Ogg Vorbis, whatever they say of themselves; and save games."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import soundfile

from chipassets.runtime import Director, Library
from tests.report.sample_bundle import RATE_HZ, Piece, write_sample
from tests.web.browser import Page, PageError
from tests.web.test_player import STAGE, OpenPage

# A browser that refuses Ogg: it answers as Chromium does to what it can't decode.
REFUSE_OGG = """
const decode = BaseAudioContext.prototype.decodeAudioData;
OfflineAudioContext.prototype.decodeAudioData = function (data) {
  const head = new TextDecoder("latin1").decode(data.slice(0, 4));
  if (head === "OggS") return Promise.reject(new DOMException("Unable to decode", "EncodingError"));
  return decode.call(this, data);
};
"""


@pytest.fixture
def page(game_page: OpenPage, tmp_path: Path) -> Page:
    pieces = [Piece("town", bars=2, layers_hz=(440, 660)), Piece("battle", hz=523.25, bars=2)]
    write_sample(tmp_path / "b", pieces)
    opened = game_page()
    opened.run(STAGE)
    return opened


def add_format(bundle: Path, kind: str) -> None:
    """List every track as WAV or FLAC too, with the samples that its OGG decodes to."""
    path = bundle / "bundle.json"
    index: dict[str, Any] = json.loads(path.read_text())
    for track in index["tracks"]:
        samples, _ = soundfile.read(bundle / track["files"]["ogg"]["path"], dtype="int16")
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, RATE_HZ, format=kind.upper(), subtype="PCM_16")
        data = buffer.getvalue()
        name = f"audio/{track['name']}.{kind}"
        (bundle / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        track["files"][kind] = {"path": name, "sha256": digest, "bytes": len(data)}
    path.write_text(json.dumps(index))


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_layered_track_sounds_whole_where_ogg_is_refused(
    page: Page, tmp_path: Path, kind: str
) -> None:
    add_format(tmp_path / "b", kind)
    wave = soundfile.read(tmp_path / f"b/audio/town.{kind}")[0]
    found = page.run(
        REFUSE_OGG
        + """(async () => {
      const {mix, answers} = await stage(3, [[0, (p) => p.enter("town")]]);
      const asked = performance.getEntriesByType("resource").map((entry) => entry.name);
      return [answers[0].track.name, [...mix.slice(441, 541)], asked];
    })()"""
    )
    assert found[0] == "town"
    assert found[1] == pytest.approx(list(wave[:100]), abs=1e-3)
    assert max(found[1]) > 0.1
    # The first OGG told what the browser refuses: nothing else was fetched in vain.
    assert not any(name.endswith("battle.ogg") for name in found[2])
    assert "is played from audio/town" in " ".join(page.complaints())


def test_without_another_format_a_track_stays_silent_with_its_reason(page: Page) -> None:
    found = page.run(
        REFUSE_OGG
        + """(async () => {
      const {answers} = await stage(1, [[0, (p) => p.enter("battle")]]);
      return answers;
    })()"""
    )
    assert found == [None]
    assert 'track "battle" stays silent: audio/battle.ogg cannot be decoded' in " ".join(
        page.complaints()
    )


def test_a_layer_that_is_missing_costs_the_layers_and_not_the_track(
    page: Page, tmp_path: Path
) -> None:
    index = json.loads((tmp_path / "b/bundle.json").read_text())
    (tmp_path / "b" / index["tracks"][0]["layers"][1]["path"]).unlink()
    found = page.run("""(async () => {
      const {mix, answers} = await stage(1, [[0, (p) => p.enter("town")]]);
      return [answers[0] && answers[0].track.name, Math.max(...mix)];
    })()""")
    assert found[0] == "town"
    assert found[1] > 0.1


SAVE = """(async () => {
  let state;
  await stage(3, [
    [0, (p) => { p.intensity(0.4); p.duck(9); return p.enter("town", {moods: ["dark"]}); }],
    [1, (p) => p.enter("battle", {when: "now", fadeMs: 0})],
    [1.5, (p) => { state = p.state(); }],
  ]);
  return JSON.parse(JSON.stringify(state));
})()"""


def test_a_saved_game_goes_on_at_its_samples(page: Page) -> None:
    state = page.run(SAVE)
    assert [(entry["scene"], entry["moods"]) for entry in state["scenes"]] == [
        ("town", ["dark"]),
        ("battle", []),
    ]
    assert (state["intensity"], state["duck_db"]) == (0.4, pytest.approx(9))
    found = page.run(f"""(async () => {{
      const state = {json.dumps(state)};
      const {{mix, answers}} = await stage(4, [
        [0, (p) => p.restore(state)],
        [2, (p) => p.leave({{when: "now", fadeMs: 0}})],
      ]);
      const battle = await sound("battle");
      const at = Math.round(answers[0].at * 44100);
      const start = state.scenes[1].sample, gain = 10 ** (-9 / 20);
      const [low, high] = [await sound("town.0"), await sound("town.1")];
      const share = Math.sin(0.4 * Math.PI / 2);
      const back = Math.round(answers[1].at * 44100), left = state.scenes[0].sample;
      let error = 0, rest = 0;
      for (let i = at + 35300; i < 88200; i += 1) {{ // behind the fade
        const wave = battle[(start + i - at) % battle.length];
        error = Math.max(error, Math.abs(mix[i] - gain * wave));
      }}
      for (let i = back + 4000; i < mix.length; i += 1) {{
        const n = (left + i - back) % low.length;
        rest = Math.max(rest, Math.abs(mix[i] - gain * (low[n] + share * high[n])));
      }}
      return [answers.map((answer) => answer.track.name), error, rest, left];
    }})()""")
    assert found[0] == ["battle", "town"]
    assert found[1:3] == pytest.approx([0, 0], abs=2e-3)
    # Left after a second, which an offline context rounds up to its blocks of 128 samples.
    assert RATE_HZ <= found[3] < RATE_HZ + 128


def test_the_state_is_the_one_that_python_reads_and_writes(page: Page, tmp_path: Path) -> None:
    state = page.run(SAVE)
    director = Director(Library.open(tmp_path / "b"))
    director.restore(state, 0)
    change = director.update(0)
    assert change is not None
    assert change.track is not None
    assert (change.track.name, change.from_sample) == ("battle", state["scenes"][1]["sample"])
    assert director.state(0) == state


def test_the_same_track_jumps_to_the_restored_place(page: Page) -> None:
    found = page.run("""(async () => {
      let state;
      const {mix, answers} = await stage(4, [
        [0, (p) => p.enter("battle")],
        [0.5, (p) => { state = p.state(); }],
        [2.25, (p) => p.restore(state, {fadeMs: 0})],
      ]);
      const battle = await sound("battle");
      const at = Math.round(answers[2].at * 44100), start = state.playing.sample;
      const ideal = (i) => battle[(start + i - at) % battle.length];
      return firstDifference(mix, ideal, at + 1, mix.length);
    })()""")
    assert found == -1


@pytest.mark.parametrize(
    "broken",
    ["null", "{}", "{...good, format: 2}", "{...good, scenes: [{scene: 'a'}]}",
     "{...good, intensity: NaN}", "{...good, playing: {track: 'town', sample: -1}}"],
)  # fmt: skip
def test_what_no_state_returned_is_refused(page: Page, broken: str) -> None:
    with pytest.raises(PageError, match="as state\\(\\) returned it"):
        page.run(f"""(async () => {{
          const player = (await stage(1, [])).player;
          const good = player.state();
          await player.restore({broken});
        }})()""")
