/*
 * chipassets.js: plays a chipassets bundle on a web page. One file, no build step, no dependencies.
 *
 *   <script src="chipassets.js"></script>
 *   const music = await Chipassets.open("music/bundle.json");
 *   music.enter("overworld");      // the scene's track, looping exactly
 *   music.enter("battle");         // lies over the overworld: crossfade
 *   music.leave();                 // the overworld goes on where it was left
 *   music.enter("overworld", { moods: ["dark"] });   // the scene's track with the most of these moods
 *   music.sting("victory", { when: "beat" });        // once over the music, which makes room
 *   music.duck(12); music.duck(0); // lower by so many decibels, as for speech, and back
 *   music.intensity(0.5);          // fewer of a track's layers; { when: "bar" } waits for the line
 *   music.volume = 0.6;            // and musicVolume, stingVolume within it: amplitudes 0..1
 *   music.pause(); music.resume(); music.stop(); music.playing;
 *   const save = music.state();    // for a save game: JSON; music.restore(save) goes on there
 *
 * Browsers let a page sound after the first key or click; the player waits for it by itself.
 * A scene without a track, or a track that cannot be loaded, leaves the music as it is and says so
 * once with console.warn: nothing here throws while the game runs. Only `open` throws, for an index
 * that is missing, damaged, of a newer format or that points outside its folder. What each call
 * means is told in docs/runtime.md: it is the same as for a game in Python.
 *
 * It needs a browser of 2022 or later. Where Ogg Vorbis is not decoded, whatever the browser says of
 * itself, it plays a track's FLAC or WAV; layers, which are OGG only, then sound as the whole track.
 * A track with a `synth` file is played from the chip's registers instead, in one to five kilobytes,
 * where chipassets-synth.js lies beside this file: see docs/runtime.md.
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
