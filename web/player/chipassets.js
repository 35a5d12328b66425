/*
 * chipassets.js: plays a chipassets bundle on a web page. One file, no build step, no dependencies.
 *
 *   <script src="chipassets.js"></script>
 *   const music = await Chipassets.open("music/bundle.json");
 *   music.enter("overworld");      // the scene's track, looping exactly
 *   music.enter("battle");         // plays over the overworld: crossfade
 *   music.leave();                 // the overworld continues where it was interrupted
 *   music.enter("overworld", { moods: ["dark"] });   // the scene's track with the most of these moods
 *   music.sting("victory", { when: "beat" });        // once over the music, which gets softer
 *   music.duck(12); music.duck(0); // lowers the music by 12 dB, for example under speech, and restores it
 *   music.intensity(0.5);          // fewer of a track's layers; { when: "bar" } waits for the bar line
 *   music.volume = 0.6;            // and musicVolume, stingVolume within it: amplitudes 0..1
 *   music.pause(); music.resume(); music.stop(); music.playing;
 *   const save = music.state();    // for a saved game: JSON; music.restore(save) continues there
 *
 * Browsers let a page sound after the first key or click; the player waits for it by itself.
 * A scene without a track, or a track that cannot be loaded, does not change the music and is reported
 * once with console.warn: no call throws while the game runs. Only `open` throws, if the index
 * is missing, damaged, of a newer format, or points outside its folder. The calls are explained in
 * docs/runtime.md: they are those of the runtime in Python.
 *
 * It needs a browser of 2022 or later. If the browser does not decode Ogg Vorbis, it plays a track's
 * FLAC or WAV; a track with layers, which are OGG only, then plays whole. If chipassets-synth.js is
 * beside this file, a track with a `synth` file is played from the chip's register writes, one to
 * five kilobytes: see docs/runtime.md.
 *
 * This file is made of the modules in web/player of the repository, by web/bundle.py. From pure to
 * loud: arithmetic (lines, fades), decisions (Director, Timeline, Balance), and WebAudio (Mixer,
 * Stings, Player). Times are seconds of the audio clock, positions samples of a track since it was
 * started, which may pass its end. Tracks are the objects of bundle.json, unchanged.
 */

import { Balance } from "./balance.js";
import { checkIndex, FORMAT } from "./check.js";
import { Director } from "./director.js";
import { fadePoint, gainCurves, spread } from "./fades.js";
import { barAndBeat, barSample, beatSample, feltBeats, isOver, nextLine, wrap } from "./lines.js";
import { Mixer, openContext, startSource } from "./mixer.js";
import { open } from "./open.js";
import { Player } from "./player.js";
import { LEVELS, RULES } from "./rules.js";
import { Timeline } from "./timeline.js";

globalThis.Chipassets = Object.freeze({
  FORMAT,
  LEVELS,
  RULES,
  Balance,
  Director,
  Mixer,
  Player,
  Timeline,
  barAndBeat,
  barSample,
  beatSample,
  checkIndex,
  fadePoint,
  feltBeats,
  gainCurves,
  isOver,
  nextLine,
  open,
  openContext,
  spread,
  startSource,
  wrap,
});
