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

  // The number of layers of each BGM.
  const LAYERS = @LAYERS@;

  let level = 1;
  let from = 1;
  let to = 1;
  let length = 0;
  let passed = 0;
  let held = null;

  // The amplitudes of some layers at an intensity; the first one always sounds.
  function spread(intensity, layers) {
    const upper = Math.max(layers - 1, 1);
    return Array.from({ length: layers }, (_, i) => {
      const point = Math.min(Math.max(intensity * upper - (i - 1), 0), 1);
      return i ? Math.sin((point * Math.PI) / 2) : 1;
    });
  }

  // The layers of a track in place of the one buffer that the game's AudioManager has for a BGM: what
  // it asks of that one, for a BGM, an ME over it, a battle or a save, every layer does. They begin in
  // the frame in which all of them are loaded.
  class Layers {
    constructor(buffers) {
      this.buffers = buffers;
      this.master = 1;
      this.listeners = [];
      this.wanted = null;
    }
    get url() {
      return (this.buffers.find((buffer) => buffer.isError()) || this.buffers[0]).url;
    }
    get volume() {
      return this.master;
    }
    set volume(value) {
      this.master = value;
      this.follow();
    }
    get pitch() {
      return this.buffers[0].pitch;
    }
    set pitch(value) {
      this.each((buffer) => {
        buffer.pitch = value;
      });
    }
    get pan() {
      return this.buffers[0].pan;
    }
    set pan(value) {
      this.each((buffer) => {
        buffer.pan = value;
      });
    }
    each(act) {
      this.buffers.forEach(act);
    }
    follow() {
      const shares = spread(level, this.buffers.length);
      this.each((buffer, i) => {
        buffer.volume = this.master * shares[i];
      });
    }
    isReady() {
      return this.buffers.every((buffer) => buffer.isReady());
    }
    isError() {
      return this.buffers.some((buffer) => buffer.isError());
    }
    isPlaying() {
      return Boolean(this.wanted) || this.buffers[0].isPlaying();
    }
    play(loop, offset) {
      this.wanted = { loop, offset: offset || 0, fade: 0 };
    }
    update() {
      if (!this.isReady()) return;
      this.listeners.splice(0).forEach((act) => act());
      if (!this.wanted) return;
      const { loop, offset, fade } = this.wanted;
      this.wanted = null;
      this.each((buffer) => buffer.play(loop, offset));
      if (fade) this.fadeIn(fade);
    }
    seek() {
      return this.wanted ? this.wanted.offset : this.buffers[0].seek();
    }
    fadeIn(duration) {
      if (this.wanted) this.wanted.fade = duration;
      else this.each((buffer) => buffer.fadeIn(duration));
    }
    fadeOut(duration) {
      this.wanted = null;
      this.each((buffer) => buffer.fadeOut(duration));
    }
    stop() {
      this.wanted = null;
      this.each((buffer) => buffer.stop());
    }
    clear() {
      this.wanted = null;
      this.each((buffer) => buffer.clear());
    }
    destroy() {
      this.wanted = null;
      this.each((buffer) => buffer.destroy());
    }
    retry() {
      this.each((buffer) => buffer.isError() && buffer.retry());
    }
    addLoadListener(act) {
      this.listeners.push(act);
    }
    addStopListener(act) {
      this.buffers[0].addStopListener(act);
    }
  }

  function layers() {
    const buffer = AudioManager._bgmBuffer;
    return buffer instanceof Layers ? buffer : null;
  }

  function follow() {
    if (layers()) layers().follow();
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

  // Stop the BGM until resume(), which plays it on from there, unless the game plays another by then.
  ChipassetsMusic.pause = function () {
    if (AudioManager._currentBgm) held = AudioManager.saveBgm();
    AudioManager.stopBgm();
  };

  ChipassetsMusic.resume = function () {
    const bgm = held;
    held = null;
    if (bgm && bgm.name && !AudioManager._currentBgm) AudioManager.replayBgm(bgm);
  };

  // Called once a frame: fades, and starts layers that are loaded.
  ChipassetsMusic.update = function () {
    if (passed < length) {
      passed += 1;
      level = from + ((to - from) * passed) / length;
      follow();
    }
    if (layers()) layers().update();
  };

  // MV makes a BGM's buffer for "bgm", MZ for "bgm/". A phone on which MV has one audio element for it
  // plays the whole track.
  const createBuffer = AudioManager.createBuffer;
  AudioManager.createBuffer = function (folder, name) {
    const count = folder.startsWith("bgm") && LAYERS[name];
    const isAlone = this.shouldUseHtml5Audio && this.shouldUseHtml5Audio();
    if (!count || isAlone) return createBuffer.call(this, folder, name);
    const names = Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
    return new Layers(names.map((one) => createBuffer.call(this, folder, one)));
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
