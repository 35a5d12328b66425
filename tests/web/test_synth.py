"""The page's synthesiser: the samples of the audio files, from a few kilobytes of registers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chipassets.arrange import write_registers
from chipassets.chipfiles import encode_compact
from chipassets.chips.chipsong import ChipVoice
from chipassets.chips.registers import RegisterLog
from chipassets.engines.synth import synth_module
from chipassets.plan.trackplan import Layer, Sound
from chipassets.render import Pcm, render_log
from chipassets.render.loudness import UNIT_GAIN
from tests.chipfiles.material import tune, tune_log
from tests.engines.game import need, run
from tests.production.test_outputs import finish
from tests.render.test_own_drums import KICK, LONG, own_song, starts
from tests.web.browser import Page

Samples = NDArray[np.float64]
Played = Callable[[bytes, int, int], Samples]

# Reads lines of {log, from, samples}; writes the samples of all layers and sides as 32-bit floats.
PLAY = """
import fs from "node:fs";
import {Stream, prepare, readLog} from "./chipassets-synth.js";
const {log, from, samples, out} = JSON.parse(process.argv[2]);
const data = fs.readFileSync(log);
const score = prepare(readLog(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)));
const sides = () => Array.from({length: score.sides}, () => new Float32Array(samples));
const outputs = score.groups.map(sides);
const stream = new Stream(score, from);
// As the browser asks for them, and in an odd size.
for (let at = 0, n = 128; at < samples; at += n) {
  n = Math.min(at % 3 ? 128 : 77, samples - at);
  stream.read(outputs, at, at + n);
}
const columns = outputs.flat();
const joined = Float32Array.from(columns.flatMap((column) => [...column]));
fs.writeFileSync(out, new Uint8Array(joined.buffer));
console.log(JSON.stringify({columns: columns.length}));
"""


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """Play a log's file from a sample on in Node; [n, columns], a column a layer and side."""
    node = need("node", "nodejs")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "chipassets-synth.js").write_bytes(synth_module())
    (tmp_path / "play.js").write_text(PLAY)

    def play(data: bytes, start: int, samples: int) -> Samples:
        (tmp_path / "log").write_bytes(data)
        asked = {"log": "log", "from": start, "samples": samples, "out": "out"}
        columns = json.loads(run(node, "play.js", json.dumps(asked), cwd=tmp_path))["columns"]
        values = np.fromfile(tmp_path / "out", np.float32).astype(np.float64)
        return 32_768.0 * values.reshape(columns, -1).T

    return play


def file_of(
    log: RegisterLog, pcm: Pcm, filter_name: str, layers: Sequence[Sequence[str]] = ()
) -> bytes:
    samples = len(pcm.samples)
    return encode_compact(
        log, filter_name=filter_name, gain=UNIT_GAIN, samples=samples, layers=layers
    )


def heard(pcm: Pcm, start: int, samples: int) -> Samples:
    """What a player of the file hears from a sample on: it goes round, or ends in silence."""
    places = np.arange(start, start + samples)
    if pcm.loop_start_sample is None:
        silence = np.zeros((samples, pcm.channels), np.int16)
        return np.concatenate((pcm.columns[start:], silence))[:samples].astype(float)
    length = len(pcm.samples) - pcm.loop_start_sample
    late = places >= len(pcm.samples)
    places[late] = pcm.loop_start_sample + (places[late] - pcm.loop_start_sample) % length
    return pcm.columns[places].astype(float)


@pytest.mark.parametrize("loop_start_bar", [0, 1, None])
@pytest.mark.parametrize("chip", ["nes", "gameboy"])
@pytest.mark.default_cases(1)
def test_the_synthesiser_gives_the_samples_of_the_files(
    played: Played, chip: str, loop_start_bar: int | None
) -> None:
    music = tune(2, loop_start_bar, chip=chip)
    log = tune_log(2, loop_start_bar, chip)
    pcm = render_log(log, frames_per_bar=music.frames_per_bar)
    data = file_of(log, pcm, "gameboy" if chip == "gameboy" else "famicom")
    # A start within the file, on to where it comes round twice or ends.
    for start in (0, len(pcm.samples) // 3):
        samples = len(pcm.samples) + 20_000 if start == 0 else 40_000
        found = played(data, start, samples)
        assert np.abs(found - heard(pcm, start, samples)).max() < 0.75


@pytest.mark.parametrize("filter_name", ["nes", "none"])
@pytest.mark.slow
def test_the_synthesiser_knows_every_filter(played: Played, filter_name: str) -> None:
    log = tune_log(2)
    pcm = render_log(log, filter_name)
    found = played(file_of(log, pcm, filter_name), 10_000, 60_000)
    assert np.abs(found - heard(pcm, 10_000, 60_000)).max() < 0.75


@pytest.mark.slow
def test_it_plays_the_sample_channel(played: Played) -> None:
    _plays_like_the_file(played, tune_log(2, drums="dmc"))


@pytest.mark.slow
def test_it_plays_a_games_own_drums_at_their_rates(played: Played) -> None:
    log = write_registers(own_song(KICK, LONG, drums="dmc", bars=2))
    assert len({rate for _, rate, *_ in starts(log)}) == 2
    _plays_like_the_file(played, log)


def _plays_like_the_file(played: Played, log: RegisterLog) -> None:
    pcm = render_log(log)
    found = played(file_of(log, pcm, "famicom"), 0, len(pcm.samples))
    assert np.abs(found - pcm.columns).max() < 0.75


@pytest.mark.parametrize(("chip", "bass"), [("nes", "triangle"), ("gameboy", "wave")])
@pytest.mark.slow
def test_each_layer_is_what_its_own_file_holds(played: Played, chip: str, bass: str) -> None:
    music, layers = tune(2, 0, chip=chip), (("pulse1", bass), ("pulse2", "noise"))
    logs = [
        write_registers(
            replace(
                music,
                voices=tuple(v if v.name in own else ChipVoice(v.name, ()) for v in music.voices),
            )
        )
        for own in layers
    ]
    files = [render_log(log) for log in logs]
    data = file_of(
        write_registers(music), files[0], "famicom" if chip == "nes" else "gameboy", layers=layers
    )
    found = played(data, 5000, 90_000)
    wanted = np.concatenate([heard(pcm, 5000, 90_000) for pcm in files], axis=1)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 0.75


LAYERS = (Layer("pulse1+triangle", ("pulse1", "triangle")), Layer("+rest", ("pulse2", "noise")))

# Renders the mix and the same from audio files alone.
STAGE = """
async function stage(seconds, options, act) {
  const context = new OfflineAudioContext(1, seconds * 44100, 44100);
  const player = await Chipassets.open("b/bundle.json", {context, ...options});
  await player.preload();
  await act(player, context);
  return (await context.startRendering()).getChannelData(0);
}
function rms(values) {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
// How far two mixes are apart, as a part of the second's level.
function apart(a, b) {
  return rms(a.map((value, i) => value - b[i])) / rms(b);
}
const loaded = () =>
  performance.getEntriesByType("resource").map(({name}) => name.split("/").pop());
"""


@pytest.fixture
def page(game_page: Callable[[], Page], tmp_path: Path) -> Page:
    """A page with tracks as audio and as registers, and the synthesiser."""
    tracks = []
    for name, kind, loop_bar, layers in (
        ("battle", "ogg", 0, LAYERS),
        ("town", "wav", 1, ()),
        ("victory", "ogg", None, ()),
    ):
        sound = Sound(layers=layers)
        entry, made = finish(kind, "synth", loop_start_bar=loop_bar, sound=sound)
        text = entry.model_dump_json().replace('"battle"', f'"{name}"')
        tracks.append(json.loads(text.replace("battle.", f"{name}.")))
        for path, data in made.items():
            place = tmp_path / "b" / path.replace("battle.", f"{name}.")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    (tmp_path / "b" / "bundle.json").write_text(json.dumps({"format": 1, "tracks": tracks}))
    (tmp_path / "chipassets-synth.js").write_bytes(synth_module())
    opened = game_page()
    opened.run(STAGE)
    return opened


def test_a_page_plays_registers_in_place_of_audio(page: Page) -> None:
    """A loop with an intro, sample for sample on through the seam, and no audio is loaded."""
    found = page.run("""(async () => {
      const enter = (player) => player.enter("town");
      const registers = await stage(16, {}, enter);
      const before = loaded();
      const audio = await stage(16, {synth: false}, enter);
      const off = registers.reduce((most, v, i) => Math.max(most, Math.abs(v - audio[i])), 0);
      return [off * 32768, before, rms(audio)];
    })()""")
    assert found[0] < 1.5
    assert "town.creg" in found[1]
    assert not any(name.endswith((".ogg", ".wav")) for name in found[1])
    assert found[2] > 0.05
    assert page.complaints() == []


def test_layers_and_stings_are_played_from_registers(page: Page) -> None:
    found = page.run("""(async () => {
      const act = (player, context) => {
        const then = (time, change) => context.suspend(time).then(async () => {
          await change();
          context.resume();
        });
        then(2, () => player.intensity(0, {fadeMs: 0}));
        then(3, () => player.intensity(1, {fadeMs: 300}));
        then(4, () => player.sting("victory"));
        return player.enter("battle");
      };
      const registers = await stage(14, {}, act);
      const audio = await stage(14, {synth: false}, act);
      const parts = [[0, 14], [2, 3], [4, 8]].map(([from, to]) =>
        [registers, audio].map((mix) => mix.slice(from * 44100, to * 44100)));
      return parts.map(([one, other]) => apart(one, other));
    })()""")
    assert max(found) < 0.15  # what Vorbis loses


def test_a_context_of_another_rate_plays_what_is_rendered(page: Page) -> None:
    """Audio is taken where there is some; without Ogg the registers give it, layers and all."""
    found = page.run("""(async () => {
      const open = async (name) => {
        const context = new OfflineAudioContext(1, 48000, 48000);
        const player = await Chipassets.open("b/bundle.json", {context});
        const track = player.index.tracks.find((one) => one.name === name);
        return [player, track];
      };
      let [player, track] = await open("battle");
      const audio = await player._buffers(track);
      Audio.prototype.canPlayType = () => "";
      [player, track] = await open("battle");
      const rendered = await player._buffers(track);
      return [audio.length, rendered.length, rendered[0].length, rendered[0].sampleRate,
        track.samples, apart(rendered[1].getChannelData(0).slice(0, 40000),
          rendered[0].getChannelData(0).slice(0, 40000)), loaded()];
    })()""")
    audio, rendered, length, rate_hz, samples, distance, names = found
    assert (audio, rendered, length, rate_hz) == (2, 2, samples, 44_100)
    assert distance > 0.1
    assert sum(name.endswith(".ogg") for name in names) == 2


def test_without_the_synthesiser_audio_is_played(page: Page, tmp_path: Path) -> None:
    (tmp_path / "chipassets-synth.js").unlink()
    found = page.run("""(async () => {
      const mix = await stage(3, {}, (player) => player.enter("battle"));
      return [rms(mix), loaded()];
    })()""")
    assert found[0] > 0.05
    assert not any(name.endswith(".creg") for name in found[1])
    assert any("chipassets-synth.js cannot be used" in line for line in page.complaints())
