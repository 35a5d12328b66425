/** The player that a game holds. */

import { isNumber, knownOptions, listOfMoods } from "./arguments.js";
import { Balance } from "./balance.js";
import { Clock } from "./clock.js";
import { Director } from "./director.js";
import { reasonOf } from "./errors.js";
import { seconds } from "./fades.js";
import { barAndBeat, isOver, wrap } from "./lines.js";
import { layGain, Mixer } from "./mixer.js";
import { meant } from "./names.js";
import {
  HOWS,
  LEVEL_OPTIONS,
  LEVELS,
  OPTIONS,
  RESTORE_OPTIONS,
  RULES,
  STING_OPTIONS,
  WHENS,
} from "./rules.js";
import { checkState, STATE_FORMAT } from "./saved.js";
import { isOgg, playsOgg, waysToPlay } from "./sources.js";
import { Stings } from "./stings.js";
import { Volume } from "./volume.js";

const PAUSE_SECONDS = 0.05;

const DECODED_TRACKS_KEPT = 12;

/** Plays a bundle by the game's scenes. Make one with Chipassets.open. */
export class Player {
  /**
   * @param {Index} index
   * @param {(path: string) => Promise<ArrayBuffer>} load
   * @param {AudioContext} context
   * @param {PlayerOptions} [options]
   */
  constructor(index, load, context, options = {}) {
    const { rules = RULES, levels = LEVELS, output, synth } = options;
    this.index = index;
    this.context = context;
    this._isShared = options.context !== undefined;
    this._clock = new Clock(context);
    this.director = new Director(index, rules, levels);
    this._load = load;
    /** @type {Map<Track, Promise<Sounds>>} */
    this._decoded = new Map();
    /** @type {Set<Track>} */
    this._kept = new Set();
    /** @type {Set<string>} */
    this._warned = new Set();
    /** @param {string} message */
    this._say = (message) => this._warn(message);
    this._asked = 0;
    /** When the jump of `restore` is made: until then, what sounds is not what was saved. */
    this._jumpsAt = -Infinity;
    this._isPaused = false;
    this._refusesOgg = false;
    this._synth = this._openSynth(synth);
    this._balance = new Balance();
    this._volume = new Volume(context, output || context.destination);
    this._musicVolume = new Volume(context, this._volume.node);
    this._stingVolume = new Volume(context, this._volume.node);
    this._ducked = context.createGain();
    this._ducked.connect(this._musicVolume.node);
    this._mixer = new Mixer(context, this._ducked, this._balance, this._clock);
    this._stings = new Stings(context, this._stingVolume.node, this._balance, this._clock);
  }

  /**
   * Enter a scene. Resolves, once its track is decoded, to {track, at, reason} of the change, or
   * to null if nothing changes. `options` may override the rule, {when, fadeMs, how}, and say
   * which of several tracks: {moods}.
   * @param {string} scene
   * @param {Options & { moods?: string | string[] }} [options]
   */
  async enter(scene, options) {
    const { moods, ...way } = this._options("enter()", options, OPTIONS);
    if (typeof scene !== "string") {
      this._warn(`enter() takes the name of a scene, not '${scene}'`);
      return null;
    }
    this._forgetScenes();
    return this._follow(this.director.enter(scene, listOfMoods(moods, this._say)), way);
  }

  /**
   * Leave the scene for the one below, whose music continues where it was interrupted.
   * @param {Options} [options]
   */
  leave(options) {
    const way = this._options("leave()", options, OPTIONS);
    this._forgetScenes();
    return this._follow(this.director.leave(), way);
  }

  /**
   * Decode the tracks of scenes, those named, or all, so that entering them takes no time. They
   * stay in memory: 20 MB for a minute of music, and of each of its layers.
   * @param {...string} names
   */
  async preload(...names) {
    const wanted = this.index.tracks.filter(
      ({ scene, name }) => !names.length || names.includes(scene) || names.includes(name),
    );
    for (const name of names) {
      if (wanted.some((track) => track.scene === name || track.name === name)) continue;
      const hint = meant(name, this._names(true));
      this._warn(`preload: there is no scene and no track '${name}'; ${hint}`);
    }
    for (const track of wanted) this._kept.add(track);
    for (const track of wanted) await this._buffers(track);
  }

  /**
   * Play a track, or a scene's track, once over the music, which is ducked meanwhile, at the
   * next line of it: {when}. There is one sting at a time: a new one takes the place of one of
   * the same or a lower {priority}, and is dropped under one of a higher; so is one that is the
   * music already. Resolves to {track, at} of the sting, or to null where none begins.
   * @param {string} name
   * @param {{ when?: When, priority?: number }} [options]
   */
  async sting(name, options) {
    const { when = "now", priority = 0 } = this._options("sting()", options, STING_OPTIONS);
    const playing = this._mixer.current?.track;
    const track = this.director.findSting(name, playing);
    if (!track) this._warn(`there is no sting '${name}'; ${meant(name, this._names(true))}`);
    if (!track || track === playing) return null;
    const now = this._clock.now;
    const sting = this._balance.ask(track, this._lineTime(when), priority, now);
    if (!sting) return null;
    this._followBalance();
    const buffers = await this._buffers(track);
    // One that is not decoded when its line comes waits for the next one.
    const isLate = sting.at < this._mixer.nextTime("now");
    const soonest = isLate ? this._lineTime(when) : sting.at;
    if (!buffers) this._balance.drop(sting, this._clock.now);
    else if (this._balance.begin(sting, soonest, this._clock.now)) {
      this._stings.start(sting, buffers);
      this._followBalance();
      return { track, at: sting.at + this._clock.lost };
    }
    return null;
  }

  /**
   * Lower the music by some decibels, for example under speech, until the next call; 0 restores it.
   * @param {number} [byDb]
   * @param {number} [fadeMs]
   */
  duck(byDb = 12, fadeMs = 150) {
    if (!isNumber("duck(byDb, fadeMs)", "byDb", byDb, this._say)) return;
    if (!isNumber("duck(byDb, fadeMs)", "fadeMs", fadeMs, this._say)) return;
    this._balance.duck(this._clock.now, byDb, seconds(fadeMs));
    this._followBalance();
  }

  /**
   * Fade the intensity to 0..1, at once or at the next musical line ({when}): of a
   * track with layers it decides how many sound. Other tracks are unchanged.
   * @param {number} level
   * @param {{ fadeMs?: number, when?: When }} [options]
   */
  intensity(level, options) {
    const { fadeMs = 600, when = "now" } = this._options("intensity()", options, LEVEL_OPTIONS);
    if (!isNumber("intensity()", "its level", level, this._say)) return;
    const now = this._clock.now;
    const at = when === "now" ? now : this._lineTime(when);
    if (!this._balance.intensity(level, at, seconds(fadeMs), now)) return;
    this._mixer.layLayers();
    this._noticeLayers();
  }

  /**
   * The state of the music, as JSON for a save game: the scenes with their moods, the position of each
   * one's music, intensity and ducking. Not the volumes, nor a sting. Python's `state` is the same.
   */
  state() {
    const now = this._clock.now;
    /** @param {Fade[]} fades */
    const last = (fades) => fades[fades.length - 1].to;
    const places = this._mixer.timeline.places(now);
    const voice = this._mixer.current;
    const scenes = this.director.entries.map(({ scene, moods }) => {
      const { track = null, sample = 0 } = places.get(scene) || {};
      return { scene, moods, track, sample };
    });
    return {
      format: STATE_FORMAT,
      scenes,
      playing: voice && { scene: voice.scene, ...places.get(voice.scene) },
      intensity: last(this._balance.level),
      duck_db: Math.abs(20 * Math.log10(last(this._balance.duckings[0]))),
    };
  }

  /**
   * Restore a `state` with a crossfade. A track that the bundle no longer has is replaced by its
   * scene's track, from the start. Resolves as `enter` does; throws for what no `state` returned.
   * @param {State} state
   * @param {{ fadeMs?: number }} [options]
   */
  async restore(state, options) {
    checkState(state);
    const { fadeMs = 800 } = this._options("restore()", options, RESTORE_OPTIONS);
    /** @param {string | null} name */
    const named = (name) => this.index.tracks.find((track) => track.name === name) || null;
    const now = this._clock.now;
    this._asked += 1;
    this._jumpsAt = Infinity;
    const asked = this._asked;
    const track = this.director.restore(state.scenes);
    this._balance.endSting(now);
    this._balance.duck(now, state.duck_db, 0);
    this._followBalance();
    this.intensity(state.intensity, { fadeMs: 0 });
    this._mixer.revoke();
    this._mixer.timeline.forget();
    for (const { scene, track: name, sample } of state.scenes) {
      const left = named(name);
      if (left) this._mixer.timeline.leave(scene, left, sample, now);
    }
    /** @type {{ scene: string, track: Track | null, fromSample: number }} */
    let wish = { scene: this.director.scene, track, fromSample: 0 };
    if (track) wish.fromSample = this._mixer.timeline.leftAt(wish.scene, track);
    else if (state.playing && named(state.playing.track)) {
      // A scene without a track keeps the music of the scene before.
      const { scene, track: name, sample } = state.playing;
      wish = { scene, track: named(name), fromSample: sample };
    }
    if (!wish.track) {
      this._jumpsAt = this._mixer.silence(seconds(fadeMs));
      return null;
    }
    const buffers = await this._buffers(wish.track);
    if (asked !== this._asked || !buffers) return null;
    const change = { fadeSeconds: seconds(fadeMs), fromSample: wish.fromSample, isJump: true };
    const at = this._mixer.play(wish.track, buffers, wish.scene, change);
    this._jumpsAt = at;
    this._sweepLater(at - this._clock.now + seconds(fadeMs));
    this._noticeLayers(wish.track);
    return { track: wish.track, at: at + this._clock.lost, reason: "restored" };
  }

  /**
   * Fade to silence and forget all scenes.
   * @param {number} [fadeMs]
   */
  stop(fadeMs = 800) {
    this._asked += 1;
    this._jumpsAt = -Infinity;
    this.director.stack = [];
    this._balance.endSting(this._clock.now);
    this._followBalance();
    this._mixer.silence(seconds(fadeMs));
    this._sweepLater(seconds(fadeMs));
  }

  /** The amplitude of everything, 0 to 1, and within it of the music and of the stings. */
  get volume() {
    return this._volume.level;
  }

  /** @param {number} level */
  set volume(level) {
    this._volume.level = level;
  }

  get musicVolume() {
    return this._musicVolume.level;
  }

  /** @param {number} level */
  set musicVolume(level) {
    this._musicVolume.level = level;
  }

  get stingVolume() {
    return this._stingVolume.level;
  }

  /** @param {number} level */
  set stingVolume(level) {
    this._stingVolume.level = level;
  }

  /**
   * Hold the music, fades and stings too; its audio context as well, unless that is the game's, whose
   * other sounds go on.
   */
  async pause() {
    if (this._isPaused) return;
    this._isPaused = true;
    this._volume.isMuted = true;
    await new Promise((done) => setTimeout(done, PAUSE_SECONDS * 1000));
    if (!this._isPaused) return;
    if (!this._isShared) await this.context.suspend();
    else {
      this._clock.hold();
      this._mixer.hold();
      this._stings.hold();
    }
  }

  /** Resume where `pause` stopped. */
  async resume() {
    if (!this._isPaused) return;
    this._isPaused = false;
    if (!this._isShared) await this.context.resume();
    else if (this._clock.isHeld) {
      this._clock.release();
      this._mixer.playOn();
      this._stings.playOn(this._mixer.nextTime("now"));
      this._followBalance();
    }
    this._volume.isMuted = false;
  }

  /**
   * {track, scene, sample, bar, beat, section} of what sounds; null in silence, and after the end
   * of a track that plays once.
   */
  get playing() {
    const voice = this._mixer.current;
    const sample = this._mixer.positionSamples;
    if (!voice || isOver(voice.track, sample)) return null;
    const { bar, beat } = barAndBeat(voice.track, sample);
    const section = (voice.track.sections || []).find(
      (part) => part.start_bar <= bar && bar < part.start_bar + part.bars,
    );
    return {
      track: voice.track,
      scene: voice.scene,
      sample: wrap(voice.track, sample),
      bar,
      beat,
      section: section ? section.name : "",
    };
  }

  /**
   * @param {Wish | null} wish
   * @param {Options} options
   */
  async _follow(wish, options) {
    if (!wish) return null;
    if (!wish.track) {
      const hint = meant(wish.scene, this._names());
      this._warn(`no track serves the scene '${wish.scene}', the music stays; ${hint}`);
      return null;
    }
    this._asked += 1;
    const asked = this._asked;
    this._mixer.revoke();
    const buffers = await this._buffers(wish.track);
    if (asked !== this._asked || !buffers) return null;
    const current = this._mixer.current;
    const isJump = this._clock.now < this._jumpsAt;
    if (current && current.track === wish.track && !isJump) {
      current.scene = wish.scene;
      return null;
    }
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const { fadeMs, ...way } = { ...wish, ...Object.fromEntries(given) };
    const when = this._known("when", way.when, WHENS) ? way.when : "now";
    const how = this._known("how", way.how, HOWS) ? way.how : "crossfade";
    const fromSample = this._mixer.timeline.leftAt(wish.scene, wish.track);
    const change = { when, how, fadeSeconds: seconds(fadeMs), fromSample, isJump };
    const at = this._mixer.play(wish.track, buffers, wish.scene, change);
    if (isJump) this._jumpsAt = at;
    this._sweepLater(at - this._clock.now + 2 * seconds(fadeMs));
    this._noticeLayers(wish.track);
    return { track: wish.track, at: at + this._clock.lost, reason: wish.reason };
  }

  /**
   * The decoded sounds of a track, one for each layer; null, and a warning, if that fails.
   * @param {Track} track
   */
  async _buffers(track) {
    let buffers = this._decoded.get(track);
    if (!buffers) {
      buffers = this._decodeTrack(track);
      buffers.catch(() => this._decoded.delete(track));
    }
    // The tracks are in the order of their last use: the first one is forgotten.
    this._decoded.delete(track);
    this._decoded.set(track, buffers);
    const passing = [...this._decoded.keys()].filter((old) => !this._kept.has(old));
    if (passing.length > DECODED_TRACKS_KEPT) this._forget(passing[0]);
    try {
      const sounds = await buffers;
      if (!Array.isArray(sounds)) await sounds.ready();
      return sounds;
    } catch (error) {
      this._warn(`track "${track.name}" stays silent: ${reasonOf(error)}`);
      return null;
    }
  }

  /** @param {Track} track */
  _forget(track) {
    const sounds = this._decoded.get(track);
    this._decoded.delete(track);
    sounds?.then((one) => Array.isArray(one) || one.close()).catch(() => {}); // whoever waits sees the error
  }

  /**
   * The module chipassets-synth.js, ready for this context, or null.
   * @param {string | false | undefined} url
   * @returns {Promise<SynthModule | null>}
   */
  async _openSynth(url) {
    if (!url || !this.index.tracks.some((track) => track.files.synth)) return null;
    try {
      const synth = await import(String(url));
      if (synth.canStream(this.context)) await synth.install(this.context);
      return synth;
    } catch (error) {
      this._warn(`${url} cannot be used, audio files are played: ${reasonOf(error)}`);
      return null;
    }
  }

  /**
   * The first available of the track's registers, layers and files.
   * @param {Track} track
   * @returns {Promise<Sounds>}
   */
  async _decodeTrack(track) {
    /** @type {string | null} */
    let failure = null;
    const synth = await this._synth;
    const streams = synth?.canStream(this.context);
    const hasOgg = playsOgg() && !this._refusesOgg;
    for (const files of waysToPlay(track, hasOgg, synth !== null, streams)) {
      try {
        if (synth && files[0] === track.files.synth) return await this._synthesise(synth, files[0]);
        const buffers = await Promise.all(files.map((file) => this._decode(file)));
        if (failure)
          this._warn(`track "${track.name}" is played from ${files[0].path}: ${failure}`);
        return buffers;
      } catch (error) {
        failure = failure || reasonOf(error);
      }
    }
    throw new Error(failure || "the bundle holds no ogg, flac or wav file of it");
  }

  /**
   * The track played by the synthesiser, or what it gives, where this context has another rate.
   * @param {SynthModule} synth
   * @param {BundleFile} file
   */
  async _synthesise(synth, file) {
    const data = await this._read(file);
    if (!synth.canStream(this.context)) return synth.renderBuffers(this.context, data);
    return new synth.SynthTrack(this.context, data);
  }

  /** @param {BundleFile} file */
  async _read(file) {
    const data = await this._load(file.path);
    if (data.byteLength !== file.bytes) {
      throw new Error(`${file.path} has ${data.byteLength} bytes instead of ${file.bytes}`);
    }
    return data;
  }

  /** @param {BundleFile} file */
  async _decode(file) {
    const data = await this._read(file);
    try {
      return await this.context.decodeAudioData(data);
    } catch (error) {
      // The file has the right size, so the browser cannot decode it: some claim to play Vorbis and do not.
      if (isOgg(file)) this._refusesOgg = true;
      throw new Error(`${file.path} cannot be decoded (${reasonOf(error)})`);
    }
  }

  _followBalance() {
    /** @param {number[]} points */
    const lowest = (points) => Math.min(...points);
    const { now, lost } = this._clock;
    layGain(this._ducked.gain, this._balance.duckings, now, lowest, lost);
    this._stings.follow();
  }

  /** @param {Track | null} [track] */
  _noticeLayers(track = this._mixer.current?.track) {
    const { to } = this._balance.level[this._balance.level.length - 1];
    if (!track || to === 1 || track.layers?.length) return;
    this._warn(`track "${track.name}" has no layers; it plays whole at any intensity`);
  }

  /**
   * Scenes that were left and have faded out begin anew when they are entered again. A timer does
   * this too, but a page in the background has it late.
   */
  _forgetScenes() {
    this._mixer.sweep(this.director.stack);
  }

  /** @param {number} delay */
  _sweepLater(delay) {
    setTimeout(() => this._forgetScenes(), (delay + 0.1) * 1000);
  }

  /**
   * The names of scenes and of tracks.
   * @param {boolean} [withTracks]
   */
  _names(withTracks = false) {
    const { tracks } = this.index;
    const names = withTracks ? tracks.map((track) => track.name) : [];
    return [...tracks.map((track) => track.scene), ...names];
  }

  /**
   * Whether a word is one of these; others are reported.
   * @param {string} what
   * @param {string} word
   * @param {string[]} words
   */
  _known(what, word, words) {
    if (words.includes(word)) return true;
    this._warn(`there is no ${what} '${word}'; ${meant(word, words)}`);
    return false;
  }

  /**
   * The time of the next line of the current track; as soon as possible for an unknown kind of line.
   * @param {When} when
   */
  _lineTime(when) {
    return this._mixer.nextTime(this._known("when", when, WHENS) ? when : "now");
  }

  /**
   * The options of a call, without those that are wrong.
   * @param {string} call
   * @param {any} options
   * @param {string[]} names
   */
  _options(call, options, names) {
    return knownOptions(call, options, names, this._say);
  }

  /** @param {string} message */
  _warn(message) {
    if (this._warned.has(message)) return;
    this._warned.add(message);
    console.warn(`chipassets: ${message}`);
  }
}
