//=============================================================================
// ChipassetsMusic.js: layers by intensity, for RPG Maker MV and MZ
//=============================================================================
/*:
 * @target MZ
 * @plugindesc Plays the layers of the music in step, and fades them by intensity.
 * @author chipassets
 *
 * @command intensity
 * @text Intensity
 * @desc How many layers of the music sound.
 *
 * @arg level
 * @text Level
 * @desc 0 is the first layer alone, 100 is all of them.
 * @type number
 * @min 0
 * @max 100
 * @default 100
 *
 * @arg frames
 * @text Frames
 * @desc How long the fade takes, in 60ths of a second.
 * @type number
 * @default 36
 *
 * @help
 * MV:  plugin command   MusicIntensity 40 36
 * MZ:  plugin command   Intensity
 * Script, both:         ChipassetsMusic.intensity(0.4, 36)
 *                       ChipassetsMusic.pause(), ChipassetsMusic.resume()
 *
 * A track with layers is a BGM like any other: "overworld" plays overworld-1, overworld-2, …
 * in step. Loops follow the tags LOOPSTART and LOOPLENGTH, which both versions read.
 */
var ChipassetsMusic = ChipassetsMusic || {};

(function () {
  "use strict";

  // By BGM, how many layers it has.
  const LAYERS = @LAYERS@;

  let level = 1;
  let from = 1;
  let to = 1;
  let length = 0;
  let passed = 0;
  let buffers = [];
  let wanted = null;
  let master = 1;
  let held = null;

  // The amplitudes of that many layers at an intensity: the first always sounds.
  function spread(intensity, layers) {
    const upper = Math.max(layers - 1, 1);
    return Array.from({ length: layers }, (_, i) => {
      const point = Math.min(Math.max(intensity * upper - (i - 1), 0), 1);
      return i ? Math.sin((point * Math.PI) / 2) : 1;
    });
  }

  function follow() {
    const shares = spread(level, buffers.length);
    buffers.forEach((buffer, i) => {
      buffer.volume = master * shares[i];
    });
  }

  function end() {
    buffers.forEach((buffer) => buffer.stop());
    buffers = [];
    wanted = null;
  }

  // Go to an intensity, 0 to 1, within that many frames.
  ChipassetsMusic.intensity = function (value, frames) {
    from = level;
    to = Math.min(Math.max(Number(value) || 0, 0), 1);
    length = Number(frames === undefined ? 36 : frames) || 0;
    passed = 0;
    if (!length) level = to;
    follow();
  };

  ChipassetsMusic.spread = spread;

  // Stop the BGM until resume(), which plays it on from there.
  ChipassetsMusic.pause = function () {
    held = held || AudioManager.saveBgm();
    AudioManager.stopBgm();
  };

  ChipassetsMusic.resume = function () {
    const bgm = held;
    held = null;
    if (bgm && bgm.name) AudioManager.replayBgm(bgm);
  };

  // Called once a frame: fades, and starts layers in the frame in which all of them are loaded.
  ChipassetsMusic.update = function () {
    if (passed < length) {
      passed += 1;
      level = from + ((to - from) * passed) / length;
      follow();
    }
    if (wanted && buffers.every((buffer) => buffer.isReady())) {
      const { bgm, pos, fade } = wanted;
      wanted = null;
      buffers.forEach((buffer) => buffer.play(true, pos));
      follow();
      AudioManager.updateBgmParameters(bgm);
      if (fade) buffers.forEach((buffer) => buffer.fadeIn(fade));
    }
  };

  const playBgm = AudioManager.playBgm;
  AudioManager.playBgm = function (bgm, pos) {
    const layers = LAYERS[bgm.name];
    if (!layers) {
      end();
      return playBgm.call(this, bgm, pos);
    }
    if (this.isCurrentBgm(bgm)) {
      this.updateBgmParameters(bgm);
      return undefined;
    }
    this.stopBgm();
    this.updateCurrentBgm(bgm, pos);
    buffers = Array.from({ length: layers }, (_, i) =>
      this.createBuffer("bgm", `${bgm.name}-${i + 1}`)
    );
    // MV has the type in the address; MZ makes the buffer from folder and name alike.
    wanted = { bgm, pos: pos || 0, fade: 0 };
    this._bgmBuffer = buffers[0];
    return undefined;
  };

  const stopBgm = AudioManager.stopBgm;
  AudioManager.stopBgm = function () {
    const own = buffers;
    stopBgm.call(this);
    own.slice(1).forEach((buffer) => buffer.stop());
    buffers = [];
    wanted = null;
  };

  for (const name of ["fadeOutBgm", "fadeInBgm"]) {
    const fade = AudioManager[name];
    AudioManager[name] = function (duration) {
      fade.call(this, duration);
      const way = name === "fadeOutBgm" ? "fadeOut" : "fadeIn";
      buffers.slice(1).forEach((buffer) => buffer[way](duration));
    };
  }

  // After a battle or a pause the game fades its buffer in: the layers when they begin.
  const replayBgm = AudioManager.replayBgm;
  AudioManager.replayBgm = function (bgm) {
    replayBgm.call(this, bgm);
    if (wanted) wanted.fade = this._replayFadeTime;
  };

  const updateBgmParameters = AudioManager.updateBgmParameters;
  AudioManager.updateBgmParameters = function (bgm) {
    updateBgmParameters.call(this, bgm);
    if (!buffers.length) return;
    master = buffers[0].volume;
    for (const buffer of buffers.slice(1)) {
      buffer.pitch = buffers[0].pitch;
      buffer.pan = buffers[0].pan;
    }
    follow();
  };

  const updateMain = SceneManager.updateMain;
  SceneManager.updateMain = function () {
    updateMain.apply(this, arguments);
    ChipassetsMusic.update();
  };

  if (typeof PluginManager.registerCommand === "function") {
    PluginManager.registerCommand("ChipassetsMusic", "intensity", (args) =>
      ChipassetsMusic.intensity(Number(args.level) / 100, Number(args.frames))
    );
  } else {
    const pluginCommand = Game_Interpreter.prototype.pluginCommand;
    Game_Interpreter.prototype.pluginCommand = function (command, args) {
      pluginCommand.call(this, command, args);
      if (command === "MusicIntensity") {
        ChipassetsMusic.intensity(Number(args[0]) / 100, args[1] && Number(args[1]));
      }
    };
  }
})();
