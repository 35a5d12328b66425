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
(function () {
  "use strict";

  /** Fades and gains: arithmetic on times, points and amplitudes. */

  /** A sine in 64 straight pieces is off by less than a ten thousandth. */
  const RAMPS_PER_SECOND = 200;

  const MOST_RAMPS = 64;

  const SAME_SECONDS = 1e-6; // less than a sample of any rate: two such times are one

  const SILENT_DB = 200; // more than a sample can show, and still a number

  /**
   * A voice's fades are a list of {at, length, to}, in order: from `at` on, go to the point `to`
   * (0 silent, 1 full) within `length`; a later one continues from the present point of the one before.
   * The gain is the sine of the point, so that two voices that fade in opposite directions keep
   * their summed power (sin^2 + cos^2 = 1): unrelated music crossfades without a dip.
   * @param {Fade[]} fades
   * @param {number} time
   */
  function fadePoint(fades, time) {
    let point = 0;
    fades.forEach((fade, i) => {
      if (time < fade.at) return;
      const until = i + 1 < fades.length ? Math.min(time, fades[i + 1].at) : time;
      const done = fade.length > 0 ? Math.min((until - fade.at) / fade.length, 1) : 1;
      point += (fade.to - point) * Math.max(done, 0);
    });
    return point;
  }

  /** @param {number} point */
  function sine(point) {
    return Math.sin((point * Math.PI) / 2);
  }

  /**
   * The end of the last fade; -Infinity if there is none.
   * @param {Fade[]} fades
   */
  function fadesEnd(fades) {
    const last = fades[fades.length - 1];
    return last ? last.at + last.length : -Infinity;
  }

  /**
   * The fades up to a time, followed by a new one, which continues from their point then.
   * @param {Fade[]} fades
   * @param {number} at
   * @param {number} length
   * @param {number} to
   */
  function turnFades(fades, at, length, to) {
    return [...fades.filter((fade) => fade.at <= at), { at, length, to }];
  }

  /**
   * The same list without the fades that are past, so that it does not grow forever.
   * @param {Fade[]} fades
   * @param {number} now
   */
  function forgetFades(fades, now) {
    const last = fades.findLastIndex((fade) => fade.at <= now);
    if (last < 1) return fades;
    const { at } = fades[last];
    return [{ at, length: 0, to: fadePoint(fades.slice(0, last), at) }, ...fades.slice(last)];
  }

  /**
   * The course from `now` on of a gain that depends on the points of several lists of fades:
   * pieces {at, length, values} in order, linear between the values, the last of them constant.
   * @param {Fade[][]} lists
   * @param {number} now
   * @param {(points: number[]) => number} gain
   */
  function gainCurves(lists, now, gain) {
    const turns = lists.flat().flatMap((fade) => [fade.at, fade.at + fade.length]);
    const bends = [now];
    for (const turn of turns.filter((time) => time > now).sort((a, b) => a - b)) {
      if (turn > bends[bends.length - 1] + SAME_SECONDS) bends.push(turn);
    }
    return bends.map((at, i) => {
      // Up to the next bend none but these fades are heard: a jump there belongs to its piece.
      const heard = lists.map((fades) => fades.filter((fade) => fade.at <= at + SAME_SECONDS));
      /** @param {number} time */
      const pointsAt = (time) => heard.map((fades) => fadePoint(fades, time));
      const length = i + 1 < bends.length ? bends[i + 1] - at : 0;
      const ramps = Math.min(Math.ceil(length * RAMPS_PER_SECOND), MOST_RAMPS);
      const count = 1 + ramps;
      const values = Array.from({ length: count }, (_, n) =>
        gain(pointsAt(at + Math.max((length * n) / Math.max(ramps, 1), SAME_SECONDS))),
      );
      const isSteady = values.every((value) => value === values[0]);
      return { at, length, values: isSteady ? values.slice(0, 1) : values };
    });
  }

  /**
   * Milliseconds as seconds; 0 if negative or not a number.
   * @param {number} ms
   */
  function seconds(ms) {
    return Math.max(Number(ms) || 0, 0) / 1000;
  }

  /**
   * The amplitude after a reduction in decibels, from 0 to at most SILENT_DB.
   * @param {number} byDb
   */
  function lowered(byDb) {
    return 10 ** (-Math.min(Math.max(Number(byDb) || 0, 0), SILENT_DB) / 20);
  }

  /**
   * The amplitudes of a number of layers at an intensity. The first always plays. The others divide
   * 0..1 evenly: each fades in over its part, as a sine; at 1 all are full.
   * @param {number} level
   * @param {number} layers
   */
  function spread(level, layers) {
    const upper = Math.max(layers - 1, 1);
    return Array.from({ length: layers }, (_, i) => {
      const point = Math.min(Math.max(level * upper - (i - 1), 0), 1);
      return i ? sine(point) : 1;
    });
  }

  /** How loud music, layers and stings are. */


  /** The ducking under a sting: decibels, and the seconds of its fades down and back. */
  const STING_DUCK_DB = 12;

  const STING_DUCK_SECONDS = 0.08;

  const STING_RETURN_SECONDS = 0.5;

  /**
   * How loud everything is: the sting that sounds and the one that waits, as {track, at, end,
   * priority}, and fades for ducking and intensity. Plays nothing itself.
   */
  class Balance {
    constructor() {
      /** @type {Sting | null} */
      this.sting = null;
      /** @type {Sting | null} */
      this.waiting = null;
      this.level = [{ at: 0, length: 0, to: 1 }];
      this._gameDuck = this.level;
      this._stingDuck = this.level;
    }

    /** The fades of ducking; the lower of the two is the music's gain. */
    get duckings() {
      return [this._gameDuck, this._stingDuck];
    }

    /**
     * The music's amplitude under ducking: the lower of the game's and the sting's.
     * @param {number} time
     */
    musicGain(time) {
      return Math.min(...this.duckings.map((fades) => fadePoint(fades, time)));
    }

    /**
     * The amplitude of each layer, by their number.
     * @param {number} layers
     * @param {number} time
     */
    layerGains(layers, time) {
      return spread(fadePoint(this.level, time), layers);
    }

    /**
     * Lower the music by some decibels within a time, until the next call; 0 restores it.
     * @param {number} now
     * @param {number} byDb
     * @param {number} seconds
     */
    duck(now, byDb, seconds) {
      this._gameDuck = turnFades(forgetFades(this._gameDuck, now), now, seconds, lowered(byDb));
    }

    /**
     * Fade to an intensity, limited to 0..1, from a time on. Returns whether it is a new one.
     * @param {number} level
     * @param {number} at
     * @param {number} seconds
     * @param {number} now
     */
    intensity(level, at, seconds, now) {
      const wanted = Number.isNaN(Number(level)) ? 1 : Math.min(Math.max(Number(level), 0), 1);
      // A game may call this in every frame: a fade that started again each time would never end.
      const last = this.level[this.level.length - 1];
      if (wanted === last.to && at >= last.at) return false;
      // One that still waits for its line is taken back.
      const begun = forgetFades(this.level, now).filter((fade) => fade.at <= now);
      this.level = turnFades(begun, at, seconds, wanted);
      return true;
    }

    /**
     * Schedule a sting of a track, replacing another one that waits, and return it;
     * null if one of a higher priority waits or plays.
     * @param {Track} track
     * @param {number} at
     * @param {number} priority
     * @param {number} now
     */
    ask(track, at, priority, now) {
      this._goOn(now);
      const others = [this.sting, this.waiting].filter((other) => other !== null);
      if (others.some((other) => other.priority > priority)) return null;
      this.waiting = { track, at, end: Infinity, priority };
      this._layDuck(now);
      return this.waiting;
    }

    /**
     * Start a sting that is decoded, at its time or as soon as possible. Returns whether it may start.
     * @param {Sting} sting
     * @param {number} soonest
     * @param {number} now
     */
    begin(sting, soonest, now) {
      this._goOn(now);
      if (this.waiting !== sting) return false;
      sting.at = Math.max(sting.at, soonest);
      sting.end = sting.at + sting.track.samples / sting.track.sample_rate_hz;
      this._layDuck(now);
      return true;
    }

    /**
     * Cancel a sting that waits.
     * @param {Sting} sting
     * @param {number} now
     */
    drop(sting, now) {
      if (this.waiting === sting) this.waiting = null;
      this._layDuck(now);
    }

    /**
     * Forget all stings, and restore the music's level.
     * @param {number} now
     */
    endSting(now) {
      this._goOn(now);
      this.waiting = null;
      if (this.sting) this.sting.end = now;
      this._layDuck(now);
      this.sting = null;
    }

    /**
     * When the current sting stops: at its end, or where the next one begins.
     * @param {Sting} sting
     */
    stopsAt(sting) {
      const next = this.waiting && this.waiting !== sting ? this.waiting : null;
      return next && next.end < Infinity ? Math.min(next.at, sting.end) : sting.end;
    }

    /** @param {number} now */
    _goOn(now) {
      if (this.waiting && this.waiting.end < Infinity && this.waiting.at <= now) {
        if (this.sting) this.sting.end = Math.min(this.sting.end, this.waiting.at);
        this.sting = this.waiting;
        this.waiting = null;
      }
      if (this.sting && this.sting.end <= now) this.sting = null;
    }

    /**
     * Fade down at the start of each decoded sting, and back at its end.
     * @param {number} now
     */
    _layDuck(now) {
      let fades = forgetFades(this._stingDuck, now).filter((fade) => fade.at <= now);
      if (this.sting) {
        fades = turnFades(fades, this.sting.end, STING_RETURN_SECONDS, 1);
      }
      if (this.waiting && this.waiting.end < Infinity) {
        const low = lowered(STING_DUCK_DB);
        fades = turnFades(fades, this.waiting.at, STING_DUCK_SECONDS, low);
        fades = turnFades(fades, this.waiting.end, STING_RETURN_SECONDS, 1);
      }
      this._stingDuck = fades;
    }
  }

  /** The index of a bundle, checked before anything is played from it. */

  const FORMAT = 1;

  /** Limits that no music exceeds; larger numbers could make loops endless. */
  const MOST_TEMPO = 10000;

  const MOST_BEATS = 1000;

  const MOST_HZ = 1000000;

  const SAFE_PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;

  /** @type {Test} */
  const isText = (value) => typeof value === "string" && value !== "";

  /**
   * @param {number} least
   * @param {number} [most]
   * @returns {Test}
   */
  const isWhole =
    (least, most = Number.MAX_SAFE_INTEGER) =>
    (value) =>
      Number.isSafeInteger(value) && value >= least && value <= most;

  /**
   * @param {number} least
   * @param {number} most
   * @returns {Test}
   */
  const isHalves = (least, most) => (value) =>
    Number.isInteger(2 * value) && value >= least && value <= most;

  /** @type {Test} */
  const isObject = (value) =>
    value !== null && typeof value === "object" && !Array.isArray(value);

  /**
   * @param {Test} fits
   * @returns {Test}
   */
  const isListOf = (fits) => (value) =>
    Array.isArray(value) && value.every((one) => fits(one));

  /** @type {Test} */
  const isSection = (value) =>
    isObject(value) && isText(value.name) && isWhole(0)(value.start_bar) && isWhole(1)(value.bars);

  /**
   * By field: a test of a track's value, and its description for messages.
   * @type {Record<string, [fits: Test, wanted: string]>}
   */
  const TRACK_FIELDS = {
    name: [isText, "a text"],
    scene: [isText, "a text"],
    moods: [isListOf(isText), "a list of texts"],
    bars: [isWhole(1), "a whole number above 0"],
    samples: [isWhole(1), "a whole number above 0"],
    sample_rate_hz: [isWhole(1, MOST_HZ), "a whole number above 0"],
    beats_per_bar: [isHalves(1, MOST_BEATS), `a number of halves from 1 to ${MOST_BEATS}`],
    tempo_bpm: [
      (value) => Number.isFinite(value) && value >= 1 && value <= MOST_TEMPO,
      `a number from 1 to ${MOST_TEMPO}`,
    ],
    sections: [isListOf(isSection), "a list of sections"],
    files: [isObject, "an object"],
  };

  /**
   * Return the index; throws an Error with the reason if it is invalid.
   * @param {any} index
   */
  function checkIndex(index) {
    if (index === null || typeof index !== "object" || !Array.isArray(index.tracks)) {
      throw new Error("bundle.json does not hold an index; build the bundle again");
    }
    if (Number.isInteger(index.format) && index.format > FORMAT) {
      throw new Error(
        `the bundle has format ${index.format} and this player reads format ${FORMAT}; ` +
          "update chipassets.js",
      );
    }
    if (index.format !== FORMAT) {
      throw new Error(`bundle.json says format ${JSON.stringify(index.format)}; expected ${FORMAT}`);
    }
    index.tracks.forEach(checkTrack);
    return index;
  }

  /**
   * @param {any} track
   * @param {number} number
   */
  function checkTrack(track, number) {
    const place = `track ${JSON.stringify(track?.name || number)}`;
    /** @type {Refuse} */
    const refuse = (why) => {
      throw new Error(`${place}: ${why}; build the bundle again`);
    };
    if (!isObject(track)) refuse("it is not an object");
    for (const [key, [fits, wanted]] of Object.entries(TRACK_FIELDS)) {
      if (!fits(track[key])) refuse(`${key} is not ${wanted}`);
    }
    const pulse = track.pulse_steps;
    if (pulse !== undefined && (!isWhole(1)(pulse) || (4 * track.beats_per_bar) % pulse)) {
      refuse("pulse_steps does not divide the bar");
    }
    if (track.loop !== null && track.loop !== undefined) checkLoop(track, refuse);
    const layers = track.layers === undefined ? [] : track.layers;
    if (!isListOf(isObject)(layers)) refuse("layers is not a list of objects");
    for (const file of [...Object.values(track.files), ...layers]) {
      if (!isObject(file) || !isWhole(0)(file.bytes)) refuse("a file has no size");
      const path = JSON.stringify(file.path);
      if (!SAFE_PATH.test(file.path)) refuse(`${path} points outside the bundle`);
    }
  }

  /**
   * @param {any} track
   * @param {Refuse} refuse
   */
  function checkLoop(track, refuse) {
    const loop = track.loop;
    const [start, first] = [loop.start_sample, loop.start_bar];
    if (!isWhole(1)(loop.length_samples) || !isWhole(1)(loop.bars)) refuse("the loop is empty");
    if (!isWhole(0)(start) || !isWhole(0)(first) || (start === 0) !== (first === 0)) {
      refuse("the loop does not say where it starts");
    }
    if (start + loop.length_samples > track.samples || loop.bars > track.bars) {
      refuse("the loop goes past the end");
    }
    if (first < track.bars - loop.bars || first > track.bars) {
      refuse("the loop starts neither behind the intro nor in a second pass");
    }
  }

  /** The levels of scenes, and the rules of transitions. */

  /**
   * The level of a scene, 0 for those not named. A scene of a higher level plays over a lower one.
   * @type {Record<string, number>}
   */
  const LEVELS = { shop: 1, battle: 2, boss: 2, victory: 2, menu: 3 };

  /** When and how a change happens, and the options of `enter`. */
  const WHENS = ["now", "beat", "bar", "section"];

  const HOWS = ["crossfade", "fade", "cut"];

  const OPTIONS = ["moods", "when", "fadeMs", "how"];

  const STING_OPTIONS = ["when", "priority"];

  const LEVEL_OPTIONS = ["fadeMs", "when"];

  const RESTORE_OPTIONS = ["fadeMs"];

  /**
   * The first rule that fits decides when ("now", "beat", "bar", "section") the music changes, and
   * how: in a crossfade of `fadeMs`, or with {how: "fade"} out first and then in, or with "cut".
   * @type {Rule[]}
   */
  const RULES = [
    { from: "*", to: "battle", when: "now", fadeMs: 120 },
    { from: "*", to: "boss", when: "now", fadeMs: 120 },
    { from: "*", to: "victory", when: "now", fadeMs: 60 },
    { from: "*", to: "game_over", when: "now", fadeMs: 400 },
    { from: "town", to: "shop", when: "bar", fadeMs: 400 },
    { from: "shop", to: "town", when: "bar", fadeMs: 400 },
    { from: "*", to: "*", when: "now", fadeMs: 800 },
  ];

  /** Chooses the track for the scenes of the game. */


  /** Follows the game's scenes and chooses their track. Independent of time. */
  class Director {
    /**
     * @param {Index} index
     * @param {Rule[]} [rules]
     * @param {Record<string, number>} [levels]
     */
    constructor(index, rules = RULES, levels = LEVELS) {
      this.tracks = index.tracks;
      this.rules = rules;
      this.levels = levels;
      /** @type {string[]} */
      this.stack = [];
      /** @type {Map<string, string[]>} */
      this._moods = new Map();
    }

    /** The current scene, "" before the first. */
    get scene() {
      return this.stack.length ? this.stack[this.stack.length - 1] : "";
    }

    /**
     * Enter a scene: over lower ones, replacing equal ones, or back to one below. Of its
     * tracks the one with most of the moods is chosen.
     * @param {string} scene
     * @param {string | string[]} [moods]
     */
    enter(scene, moods = []) {
      const before = this.scene;
      const asked = String(this._moods.get(scene) || "");
      this._moods.set(scene, [moods].flat());
      const at = this.stack.indexOf(scene);
      if (at >= 0) {
        this.stack.length = at + 1;
      } else {
        const level = this._level(scene);
        while (this.stack.length && this._level(this.scene) >= level) this.stack.pop();
        this.stack.push(scene);
      }
      return this.scene === before && String(moods) === asked ? null : this._wish(before);
    }

    /** Leave the scene for the one below it; the last one cannot be left. */
    leave() {
      if (this.stack.length < 2) return null;
      const left = this.scene;
      this.stack.pop();
      return this._wish(left);
    }

    /** The scenes from the lowest to the top, {scene, moods} each. */
    get entries() {
      return this.stack.map((scene) => ({ scene, moods: this._moods.get(scene) || [] }));
    }

    /**
     * Set the stack of scenes; returns the top one's track, null if it has none.
     * @param {SceneEntry[]} entries
     */
    restore(entries) {
      this.stack = entries.map(({ scene }) => scene);
      this._moods = new Map(entries.map(({ scene, moods }) => [scene, [...moods]]));
      return this._wish("").track;
    }

    /**
     * The track of a sting, or null: the track of that name, else one of that scene; one whose
     * `match` is the current track is preferred.
     * @param {string} name
     * @param {Track | null} [playing]
     */
    findSting(name, playing = null) {
      /** @param {Track} track */
      const fits = (track) => playing && track.match === playing.name && track.scene === name;
      return (
        this.tracks.find((track) => track.name === name) ||
        this.tracks.find(fits) ||
        this.tracks.find((track) => track.scene === name) ||
        null
      );
    }

    /** @param {string} scene */
    _level(scene) {
      return Object.hasOwn(this.levels, scene) ? this.levels[scene] : 0;
    }

    /**
     * {scene, track, when, fadeMs, how, reason}; track is null if the scene has none.
     * @param {string} before
     */
    _wish(before) {
      const scene = this.scene;
      const served = this.tracks.filter((track) => track.scene === scene);
      /** @type {(pattern: string, name: string) => boolean} */
      const fits = (pattern, name) => pattern === "*" || pattern === name;
      const rule = this.rules.find((row) => fits(row.from, before) && fits(row.to, scene));
      const moods = this._moods.get(scene) || [];
      /** @param {Track} track */
      const likeness = (track) => {
        const shared = moods.filter((mood) => track.moods.includes(mood)).length;
        return moods.length ? shared * 100 - (track.moods.length - shared) : 0;
      };
      // The sort is stable: of equal tracks the first is chosen.
      const best = [...served].sort((a, b) => likeness(b) - likeness(a))[0] || null;
      const why = moods.length ? `nearest to ${moods.join(", ")}` : "first";
      return {
        scene,
        track: best,
        when: rule ? rule.when : "now",
        fadeMs: rule ? rule.fadeMs : 0,
        how: rule?.how || "crossfade",
        reason: `${before || "start"} to ${scene}: ${why} of ${served.length} for the scene`,
      };
    }
  }

  /** Samples, bars and beats of a track. Positions are samples since its start and may pass its end. */

  /**
   * The sample of the file at a position, 0..samples: loops repeat, others stop at the end.
   * @param {Track} track
   * @param {number} sample
   */
  function wrap(track, sample) {
    const loop = track.loop;
    if (!loop || sample < loop.start_sample) return Math.min(Math.max(sample, 0), track.samples);
    return loop.start_sample + ((sample - loop.start_sample) % loop.length_samples);
  }

  /**
   * Whether the track has ended at this position; a loop never ends.
   * @param {Track} track
   * @param {number} sample
   */
  function isOver(track, sample) {
    return !track.loop && sample >= track.samples;
  }

  /**
   * The position of the first sample of a bar; bars are counted from 0 on through all passes.
   * @param {Track} track
   * @param {number} bar
   */
  function barSample(track, bar) {
    const loop = track.loop;
    if (!loop) {
      // By the tempo: the file of a piece that ends may be longer than its bars.
      return Math.round((bar * 60 * track.beats_per_bar * track.sample_rate_hz) / track.tempo_bpm);
    }
    if (bar < loop.start_bar) return Math.ceil((bar * loop.start_sample) / loop.start_bar);
    const into = Math.ceil(((bar - loop.start_bar) * loop.length_samples) / loop.bars);
    return loop.start_sample + into;
  }

  /**
   * The bar of a position, counted on through all passes of the loop.
   * @param {Track} track
   * @param {number} sample
   */
  function barsBefore(track, sample) {
    const loop = track.loop;
    let bar;
    if (!loop) {
      bar = (sample * track.tempo_bpm) / (60 * track.beats_per_bar * track.sample_rate_hz);
    } else if (sample < loop.start_sample) {
      bar = (sample * loop.start_bar) / loop.start_sample;
    } else {
      bar = loop.start_bar + ((sample - loop.start_sample) * loop.bars) / loop.length_samples;
    }
    bar = Math.floor(bar);
    return barSample(track, bar + 1) <= sample ? bar + 1 : bar;
  }

  /**
   * The number of felt beats in a bar: 2 in 6/8; in older bundles its quarter notes.
   * @param {Track} track
   */
  function feltBeats(track) {
    return (4 * track.beats_per_bar) / (track.pulse_steps ?? 4);
  }

  /**
   * The position of a felt beat of a bar, counted in the same way.
   * @param {Track} track
   * @param {number} bar
   * @param {number} beat
   */
  function beatSample(track, bar, beat) {
    const start = barSample(track, bar);
    const length = barSample(track, bar + 1) - start;
    return start + Math.ceil((beat * length) / feltBeats(track));
  }

  /**
   * The bar and felt beat of the music at a position, both from 0. The file of a track with
   * an intro has more bars than the music: it contains the loop's start twice.
   * @param {Track} track
   * @param {number} sample
   */
  function barAndBeat(track, sample) {
    const here = wrap(track, sample);
    const filed = barsBefore(track, here);
    const start = barSample(track, filed);
    const length = Math.max(barSample(track, filed + 1) - start, 1);
    const beat = Math.floor(((here - start) * feltBeats(track)) / length);
    const passed = track.loop && filed >= track.bars ? track.loop.bars : 0;
    const bar = Math.min(filed - passed, track.bars - 1);
    return { bar, beat: Math.min(Math.max(beat, 0), feltBeats(track) - 1) };
  }

  /**
   * Whether both have the same bars: a track and its variant, or two variants of one track.
   * @param {Track} one
   * @param {Track} other
   */
  function sharesBars(one, other) {
    /** @param {Track} track */
    const root = (track) => (track.link?.kind === "variant" ? track.link.of : track.name);
    return root(one) === root(other) && one.bars === other.bars;
  }

  /**
   * The sample of a track at the same place of the same bar as another track's position.
   * @param {Track} track
   * @param {Track} other
   * @param {number} sample
   */
  function samePlace(track, other, sample) {
    const here = wrap(other, sample);
    const bar = barsBefore(other, here);
    const [start, end] = [barSample(other, bar), barSample(other, bar + 1)];
    const mine = bar - (other.loop && bar >= other.bars ? other.loop.bars : 0);
    const [first, last] = [barSample(track, mine), barSample(track, mine + 1)];
    return first + Math.floor(((here - start) * (last - first)) / Math.max(end - start, 1));
  }

  /**
   * The first position at or after this one on a line of that kind; the same one for "now".
   * @param {Track} track
   * @param {number} sample
   * @param {When} when
   */
  function nextLine(track, sample, when) {
    if (when === "section") return nextSection(track, sample);
    if (when !== "bar" && when !== "beat") return sample;
    const bar = barsBefore(track, sample);
    const [start, end] = [barSample(track, bar), barSample(track, bar + 1)];
    if (when === "bar") return start >= sample ? start : end;
    const beat = Math.floor(((sample - start) * feltBeats(track)) / Math.max(end - start, 1));
    const lines = [beat, beat + 1].map((number) => beatSample(track, bar, number));
    return lines.find((line) => line >= sample) ?? end;
  }

  /**
   * The start of the next section or of the loop; for a track that plays once also its end.
   * @param {Track} track
   * @param {number} sample
   */
  function nextSection(track, sample) {
    const first = barsBefore(track, nextLine(track, sample, "bar"));
    const starts = (track.sections || []).map((section) => section.start_bar);
    const bars = starts.filter((bar) => bar >= first);
    if (!track.loop) return barSample(track, Math.min(...bars, Math.max(track.bars, first)));
    const loopBars = track.loop.bars;
    const loopStart = track.bars - loopBars;
    for (const bar of [loopStart, ...starts.filter((start) => start >= loopStart)]) {
      bars.push(bar + Math.max(Math.ceil((first - bar) / loopBars), 0) * loopBars);
    }
    return barSample(track, Math.min(...bars));
  }

  /** The music's time. */

  /**
   * The audio clock without the pauses: it can be held where the audio context is not the player's own,
   * and must go on for the game's other sounds.
   */
  class Clock {
    /** @param {BaseAudioContext} context */
    constructor(context) {
      this._context = context;
      this._lost = 0;
      /** @type {number | null} */
      this._held = null;
    }

    get now() {
      return this._held ?? this._context.currentTime - this._lost;
    }

    /** Seconds by which the audio clock is ahead: what is scheduled on it is that much later. */
    get lost() {
      return this._lost;
    }

    get isHeld() {
      return this._held !== null;
    }

    hold() {
      this._held = this.now;
    }

    /** Go on; by whole samples, so that what is scheduled on a sample stays on one. */
    release() {
      if (this._held === null) return;
      const { currentTime, sampleRate } = this._context;
      this._lost = Math.round((currentTime - this._held) * sampleRate) / sampleRate;
      this._held = null;
    }
  }

  /** Which track sounds when. */


  /** What is scheduled must lie ahead of the block that the browser is rendering: see leadOf. */
  const LEAD_SECONDS = 0.01;

  /**
   * Which voices play when: {track, scene, since, fromSample, fades}. Changes are scheduled ahead
   * and may be revoked until they are due. Plays nothing itself.
   */
  class Timeline {
    /**
     * @param {number} rateHz
     * @param {number} [leadSeconds]
     */
    constructor(rateHz, leadSeconds = LEAD_SECONDS) {
      this.rateHz = rateHz;
      this.leadSeconds = leadSeconds;
      /** @type {Voice[]} */
      this.voices = [];
    }

    /**
     * The voice that plays at this time and is not fading out, or null.
     * @param {number} now
     */
    current(now) {
      /** @param {Voice} voice */
      const wanted = (voice) => {
        const begun = voice.fades.filter((fade) => fade.at <= now);
        return begun.length > 0 && begun[begun.length - 1].to > 0;
      };
      return this.voices.findLast((voice) => voice.since <= now && wanted(voice)) || null;
    }

    /**
     * The position of a voice at a time.
     * @param {Voice} voice
     * @param {number} time
     */
    position(voice, time) {
      const samples = (time - voice.since) * voice.track.sample_rate_hz;
      return voice.fromSample + Math.max(Math.round(samples), 0);
    }

    /**
     * The time of the first line of a voice, of a beat, bar or section, at or after a time.
     * @param {Voice} voice
     * @param {number} time
     * @param {When} when
     */
    lineTime(voice, time, when) {
      const here = this.position(voice, time);
      if (when === "now" || isOver(voice.track, here)) return time;
      const line = nextLine(voice.track, here, when);
      return voice.since + (line - voice.fromSample) / voice.track.sample_rate_hz;
    }

    /**
     * Cancel all changes that are not due yet.
     * @param {number} now
     */
    revoke(now) {
      this.voices = this.voices.filter((voice) => voice.since <= now);
      for (const voice of this.voices) {
        voice.fades = voice.fades.filter((fade) => fade.at <= now);
      }
    }

    /**
     * Crossfade to a track (null: to silence) now, or at the next line of what sounds, and return
     * when that is. {how: "fade"} lets the old one out first, "cut" takes no time. From silence a
     * track starts at once and at full level. A track that is still fading out fades in again,
     * unless it is to jump ({isJump}); a variant of what sounds continues in the same bar;
     * others start at `fromSample`.
     * @param {Track | null} track
     * @param {string} scene
     * @param {number} now
     * @param {Change} [options]
     */
    change(track, scene, now, options = {}) {
      const { when = "now", how = "crossfade", fromSample = 0, isJump = false } = options;
      const fadeSeconds = how === "cut" ? 0 : options.fadeSeconds || 0;
      this.revoke(now);
      const current = this.current(now);
      const at = this._due(current, now, when);
      /** @param {Voice} voice */
      const heard = (voice) => voice.fades.length > 0 && fadePoint(voice.fades, at) > 0;
      /** @param {Voice} voice */
      const same = (voice) => voice.track === track && heard(voice);
      const fading = track && !isJump && this.voices.findLast(same);
      for (const voice of this.voices) {
        if (voice !== fading && heard(voice)) {
          voice.fades.push({ at, length: fadeSeconds, to: 0 });
        }
      }
      if (fading) {
        fading.scene = scene;
        fading.fades.push({ at, length: fadeSeconds, to: 1 });
      } else if (track) {
        const isVariant = current !== null && !isJump && sharesBars(track, current.track);
        const apart = how === "fade" && current !== null && !isVariant;
        const since = apart ? this._onSample(at + fadeSeconds) : at;
        const length = fromSample > 0 || (current && !apart) ? fadeSeconds : 0;
        const fades = [{ at: since, length, to: 1 }];
        const from = isVariant
          ? samePlace(track, current.track, this.position(current, since))
          : fromSample;
        const start = isOver(track, from) ? 0 : from;
        this.voices.push({ track, scene, since, fromSample: start, fades });
      }
      return at;
    }

    /**
     * The position at which the scene's music was interrupted: that of its last voice, at the end of its fade; 0 without one.
     * @param {string} scene
     * @param {Track} track
     */
    leftAt(scene, track) {
      const old = this.voices.findLast((voice) => voice.scene === scene && voice.track === track);
      return old ? this.position(old, fadesEnd(old.fades)) : 0;
    }

    /**
     * Set the position at which a scene's music was left, as if it had been played up to there.
     * @param {string} scene
     * @param {Track} track
     * @param {number} sample
     * @param {number} now
     */
    leave(scene, track, sample, now) {
      const since = now - 1; // before now: a voice that begins later would be played
      const fades = [{ at: since, length: 0, to: 0 }];
      this.voices.push({ track, scene, since, fromSample: sample, fades });
    }

    /**
     * By scene, the track that sounds or was left for it, and the sample of its file.
     * @param {number} now
     */
    places(now) {
      /** @type {Map<string, { track: string, sample: number }>} */
      const places = new Map();
      const current = this.current(now);
      for (const voice of this.voices.filter((one) => one.since <= now)) {
        const time = voice === current ? now : fadesEnd(voice.fades);
        const sample = wrap(voice.track, this.position(voice, time));
        places.set(voice.scene, { track: voice.track.name, sample });
      }
      return places;
    }

    /** Forget the positions of all scenes; the current music belongs to none of them. */
    forget() {
      for (const voice of this.voices) voice.scene = "";
    }

    /**
     * Remove the voices that have faded out, except those of kept scenes.
     * @param {number} now
     * @param {string[]} keptScenes
     */
    prune(now, keptScenes) {
      this.voices = this.voices.filter(
        (voice) => !this.isSilent(voice, now) || keptScenes.includes(voice.scene),
      );
    }

    /**
     * Whether a voice has faded out, unless something changes.
     * @param {Voice} voice
     * @param {number} now
     */
    isSilent(voice, now) {
      const last = voice.fades[voice.fades.length - 1];
      if (isOver(voice.track, this.position(voice, now))) return true;
      return !last || (last.to === 0 && now >= last.at + last.length);
    }

    /**
     * @param {Voice | null} current
     * @param {number} now
     * @param {When} when
     */
    _due(current, now, when) {
      const soon = now + this.leadSeconds;
      const at = current ? this.lineTime(current, soon, when) : soon;
      return this._onSample(at);
    }

    /**
     * A start between two samples would be interpolated, and no longer be the file's samples.
     * @param {number} time
     */
    _onSample(time) {
      return Math.round(time * this.rateHz) / this.rateHz;
    }
  }

  /** WebAudio nodes that follow a timeline. */


  /**
   * A context at the bundle's own rate, so that decoding does not resample the loop points.
   * @param {Index} index
   */
  function openContext(index) {
    const rateHz = index.tracks.length ? index.tracks[0].sample_rate_hz : 44100;
    try {
      return new AudioContext({ sampleRate: rateHz, latencyHint: "interactive" });
    } catch {
      return new AudioContext();
    }
  }

  /**
   * By how much a gain turns early, in seconds: less than half a sample of any rate. Chromium rounds the time
   * of one in 16 turns to the next sample, where a sound that begins with the turn loses its first one.
   */
  const EARLY_SECONDS = 5e-6;

  /**
   * How far ahead to schedule: the clock may jump by the sound card's buffer at any moment.
   * @param {AudioContext} context
   */
  function leadOf(context) {
    return LEAD_SECONDS + (context.baseLatency || 0);
  }

  /**
   * Start a track's buffer at a time of the audio clock and return its node. The intro plays once,
   * then the loop repeats on the sample: all in one node, so nothing has to be timed again.
   * @param {BaseAudioContext} context
   * @param {AudioBuffer} buffer
   * @param {Track} track
   * @param {number} at
   * @param {number} fromSample
   * @param {AudioNode} output
   */
  function startSource(context, buffer, track, at, fromSample, output) {
    const source = context.createBufferSource();
    const rateHz = track.sample_rate_hz;
    source.buffer = buffer;
    if (track.loop) {
      source.loop = true;
      source.loopStart = track.loop.start_sample / rateHz;
      source.loopEnd = (track.loop.start_sample + track.loop.length_samples) / rateHz;
    }
    source.connect(output);
    source.start(at, wrap(track, fromSample) / rateHz);
    return source;
  }

  /**
   * Start what a track sounds from, decoded buffers or a synthesised track, each layer into its
   * output; returns the nodes.
   * @param {BaseAudioContext} context
   * @param {Sounds} sounds
   * @param {Track} track
   * @param {number} at
   * @param {number} fromSample
   * @param {AudioNode[]} outputs
   * @returns {SoundNode[]}
   */
  function startSounds(context, sounds, track, at, fromSample, outputs) {
    if (!Array.isArray(sounds)) {
      const samples = track.loop ? Number.POSITIVE_INFINITY : track.samples - fromSample;
      return [sounds.start(at, wrap(track, fromSample), samples, outputs)];
    }
    return sounds.map((buffer, i) => startSource(context, buffer, track, at, fromSample, outputs[i]));
  }

  /**
   * Make an AudioParam follow lists of fades from now on, replacing its schedule: see gainCurves.
   * Not by setValueCurveAtTime: where rendering has overtaken `now` a browser begins the curve
   * late, lets it reach into what follows, and throws.
   * @param {AudioParam} param
   * @param {Fade[][]} lists
   * @param {number} now
   * @param {(points: number[]) => number} gain
   * @param {number} [lost] by how much the audio clock is ahead of these times
   */
  function layGain(param, lists, now, gain, lost = 0) {
    param.cancelScheduledValues(0);
    for (const { at, length, values } of gainCurves(lists, now, gain)) {
      const start = Math.max(at + lost - EARLY_SECONDS, 0);
      param.setValueAtTime(values[0], start);
      for (let n = 1; n < values.length; n += 1) {
        param.linearRampToValueAtTime(values[n], start + (length * n) / (values.length - 1));
      }
    }
  }

  /**
   * Keeps audio nodes in step with a timeline. The buffers of a voice, one for each layer, start on
   * the same sample and so stay together; the balance has the amplitude of each.
   */
  class Mixer {
    /**
     * @param {AudioContext} context
     * @param {AudioNode} [output]
     * @param {Balance} [balance]
     * @param {Clock} [clock]
     */
    constructor(
      context,
      output = context.destination,
      balance = new Balance(),
      clock = new Clock(context),
    ) {
      this.context = context;
      this._clock = clock;
      this.output = output;
      this.timeline = new Timeline(context.sampleRate, leadOf(context));
      this._balance = balance;
      /** @type {Map<Voice, { gain: GainNode, layers: GainNode[], sources: SoundNode[], sounds: Sounds }>} */
      this._nodes = new Map();
    }

    /** Make every layer follow the balance's intensity from now on. */
    layLayers() {
      const now = this._clock.now;
      for (const { layers } of this._nodes.values()) this._layLayers(layers, now);
    }

    /**
     * The time of the next line of that kind in the current track; as soon as possible in silence.
     * @param {When} when
     */
    nextTime(when) {
      const soon = this._clock.now + this.timeline.leadSeconds;
      const voice = this.current;
      return voice && when !== "now" ? this.timeline.lineTime(voice, soon, when) : soon;
    }

    /**
     * Crossfade to a track with these decoded buffers; returns when. See Timeline.change.
     * @param {Track | null} track
     * @param {Sounds} buffers
     * @param {string} scene
     * @param {Change} options
     */
    play(track, buffers, scene, options) {
      const now = this._clock.now;
      const at = this.timeline.change(track, scene, now, options);
      this._sync(buffers, now);
      return at;
    }

    /**
     * Fade everything out.
     * @param {number} fadeSeconds
     */
    silence(fadeSeconds) {
      return this.play(null, [], "", { fadeSeconds });
    }

    /** Take back what is not due yet. */
    revoke() {
      const now = this._clock.now;
      this.timeline.revoke(now);
      this._sync([], now);
    }

    /** The voice that sounds, or null. */
    get current() {
      return this.timeline.current(this._clock.now);
    }

    /** The position of the current voice, in samples; 0 in silence. */
    get positionSamples() {
      const voice = this.current;
      return voice ? this.timeline.position(voice, this._clock.now) : 0;
    }

    /**
     * Stop the nodes of voices that have faded out.
     * @param {string[]} [keptScenes]
     */
    sweep(keptScenes = []) {
      const now = this._clock.now;
      for (const voice of [...this._nodes.keys()]) {
        if (this.timeline.isSilent(voice, now)) this._stop(voice);
      }
      this.timeline.prune(now, keptScenes);
    }

    /**
     * `now` is when the timeline was changed: by a later reading of the clock, what starts at once
     * might seem past, and stay silent.
     * @param {Sounds} buffers
     * @param {number} now
     */
    _sync(buffers, now) {
      const voices = new Set(this.timeline.voices);
      for (const voice of [...this._nodes.keys()]) if (!voices.has(voice)) this._stop(voice);
      for (const voice of voices) {
        if (!this._nodes.has(voice) && voice.since >= now) this._start(voice, buffers);
        this._layFades(voice, now);
      }
    }

    /** Stop what sounds where the clock is held: audio nodes cannot wait. */
    hold() {
      for (const { sources } of this._nodes.values()) {
        for (const source of sources.splice(0)) source.stop();
      }
    }

    /** Play on where the clock was held: each voice anew, from its place. */
    playOn() {
      const now = this._clock.now;
      for (const [voice, { sounds }] of [...this._nodes]) {
        this._stop(voice);
        this._start(voice, sounds, now + this.timeline.leadSeconds);
        this._layFades(voice, now);
      }
    }

    /**
     * @param {Voice} voice
     * @param {Sounds} buffers
     * @param {number} [soonest]
     */
    _start(voice, buffers, soonest = voice.since) {
      const gain = this.context.createGain();
      gain.gain.value = 0;
      gain.connect(this.output);
      const layers = Array.from({ length: buffers.length }, () => {
        const layer = this.context.createGain();
        layer.connect(gain);
        return layer;
      });
      this._layLayers(layers, this._clock.now);
      const at = Math.max(voice.since, soonest);
      const from = this.timeline.position(voice, at);
      const isSilent = this._clock.isHeld || isOver(voice.track, from);
      const sources = isSilent
        ? []
        : startSounds(this.context, buffers, voice.track, at + this._clock.lost, from, layers);
      this._nodes.set(voice, { gain, layers, sources, sounds: buffers });
    }

    /**
     * @param {Voice} voice
     * @param {number} now
     */
    _layFades(voice, now) {
      const nodes = this._nodes.get(voice);
      if (!nodes) return;
      layGain(nodes.gain.gain, [voice.fades], now, ([point]) => sine(point), this._clock.lost);
    }

    /**
     * @param {GainNode[]} layers
     * @param {number} now
     */
    _layLayers(layers, now) {
      if (layers.length < 2) return;
      layers.forEach((layer, i) => {
        /** @param {number[]} points */
        const share = ([point]) => spread(point, layers.length)[i];
        layGain(layer.gain, [this._balance.level], now, share, this._clock.lost);
      });
    }

    /** @param {Voice} voice */
    _stop(voice) {
      const nodes = this._nodes.get(voice);
      if (!nodes) return;
      const { gain, sources } = nodes;
      for (const source of sources) source.stop();
      gain.disconnect();
      this._nodes.delete(voice);
    }
  }

  /** Suggestions for unknown names. */

  /**
   * The number of letters by which two words differ.
   * @param {string} one
   * @param {string} other
   */
  function distance(one, other) {
    const row = Array.from({ length: other.length + 1 }, (_, j) => j);
    for (let i = 0; i < one.length; i += 1) {
      let corner = row[0];
      row[0] = i + 1;
      for (let j = 0; j < other.length; j += 1) {
        const changed = corner + (one[i] === other[j] ? 0 : 1);
        corner = row[j + 1];
        row[j + 1] = Math.min(row[j + 1] + 1, row[j] + 1, changed);
      }
    }
    return row[other.length];
  }

  /**
   * A suggestion for an unknown name: the nearest of these, or a list of all.
   * @param {unknown} name
   * @param {string[]} names
   */
  function meant(name, names) {
    const asked = String(name);
    const [best] = [...new Set(names)].sort((a, b) => distance(asked, a) - distance(asked, b));
    const isNear = best !== undefined && 2 * distance(asked, best) <= asked.length;
    return isNear ? `did you mean '${best}'?` : `there are: ${[...new Set(names)].join(", ")}`;
  }

  /** What a game passes to a call: wrong values are told of and left out, so that the game goes on. */


  /**
   * The options of a call without those whose name or kind is wrong; none for what is no object.
   * @param {string} call
   * @param {any} options
   * @param {string[]} names
   * @param {(message: string) => void} warn
   * @returns {any}
   */
  function knownOptions(call, options, names, warn) {
    if (!isObject(options)) {
      if (options !== undefined) {
        const likely = names.includes("when") ? 'when: "bar"' : `${names[0]}: 100`;
        warn(`${call} takes its options as { ${likely} }, not as '${options}'`);
      }
      return {};
    }
    const entries = Object.entries(options).filter(([name, value]) => {
      if (!names.includes(name)) {
        warn(`there is no option of ${call} '${name}'; ${meant(name, names)}`);
        return false;
      }
      return value !== undefined && (!isCount(name) || isNumber(call, name, value, warn));
    });
    return Object.fromEntries(entries);
  }

  /**
   * Whether it is a number, or a text that is one, as a page's slider gives; told otherwise.
   * @param {string} call
   * @param {string} name
   * @param {unknown} value
   * @param {(message: string) => void} warn
   */
  function isNumber(call, name, value, warn) {
    const isOne = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
    if (isOne && !Number.isNaN(Number(value))) return true;
    warn(`${call} takes ${name} as a number, not as '${value}'`);
    return false;
  }

  /**
   * A list of moods, of which one alone may be given as text.
   * @param {any} moods
   * @param {(message: string) => void} warn
   * @returns {string[]}
   */
  function listOfMoods(moods = [], warn) {
    return [moods].flat().filter((mood) => {
      if (typeof mood !== "string") warn(`moods are a list of names, not '${mood}'`);
      return typeof mood === "string";
    });
  }

  /** @param {string} name */
  function isCount(name) {
    return name === "fadeMs" || name === "priority";
  }

  /** What went wrong, in words. */

  /** @param {unknown} error */
  const reasonOf = (error) => (error instanceof Error && error.message) || String(error);

  /** The state of the music in a save game. */


  const STATE_FORMAT = 1;

  /**
   * Throw an Error for a value that does not come from Player.state.
   * @param {any} state
   */
  function checkState(state) {
    /** @type {(what: string, wanted: string) => never} */
    const refuse = (what, wanted) => {
      throw new TypeError(`${what} is not ${wanted}, as state() returned it`);
    };
    /** @param {any} value */
    const isPlace = (value) => isText(value.track) && isWhole(0)(value.sample);
    /** @param {any} value */
    const isEntry = (value) =>
      isObject(value) &&
      isText(value.scene) &&
      isListOf((mood) => typeof mood === "string")(value.moods) &&
      (value.track === null || isPlace(value));
    if (!isObject(state)) refuse("the state", "an object");
    if (state.format !== STATE_FORMAT) refuse("its format", `${STATE_FORMAT}`);
    if (!isListOf(isEntry)(state.scenes)) refuse("scenes", "a list of scenes");
    if (state.playing !== null && !(isObject(state.playing) && isPlace(state.playing))) {
      refuse("playing", "a place in a track");
    }
    if (!Number.isFinite(state.intensity)) refuse("intensity", "a number");
    if (!Number.isFinite(state.duck_db)) refuse("duck_db", "a number");
  }

  /** Which files of a track are played. */

  /** @param {BundleFile} file */
  const isOgg = (file) => /\.ogg$/i.test(file.path);

  /**
   * Lists of files that sound together as the track, the best first: its registers, its layers, then
   * the mix in each format. Registers that must be rendered before they sound come behind OGG. What
   * the browser does not play comes last, in case that is not so.
   * @param {Track} track
   * @param {boolean} hasOgg
   * @param {boolean} [hasSynth]
   * @param {boolean} [streams]
   */
  function waysToPlay(track, hasOgg, hasSynth = false, streams = false) {
    const layers = track.layers?.length ? [track.layers] : [];
    const { ogg, flac, wav } = track.files;
    const synth = hasSynth && track.files.synth ? [[track.files.synth]] : [];
    /** @param {BundleFile[]} files */
    const singles = (...files) => files.filter((file) => file).map((file) => [file]);
    const ways = streams
      ? [...synth, ...layers, ...singles(ogg, flac, wav)]
      : [...layers, ...singles(ogg), ...synth, ...singles(flac, wav)];
    /** @param {BundleFile[]} files */
    const plays = (files) => hasOgg || !files.some(isOgg);
    return [...ways.filter(plays), ...ways.filter((files) => !plays(files))];
  }

  /** Whether the browser claims to decode Ogg Vorbis; true outside of a page. */
  function playsOgg() {
    return (
      !globalThis.Audio || new globalThis.Audio().canPlayType('audio/ogg; codecs="vorbis"') !== ""
    );
  }

  /** WebAudio nodes of the stings. */


  const STING_RELEASE_SECONDS = 0.06;

  /** The nodes of a balance's stings, each played once over the music. */
  class Stings {
    /**
     * @param {AudioContext} context
     * @param {AudioNode} output
     * @param {import("./balance.js").Balance} balance
     * @param {import("./clock.js").Clock} clock
     */
    constructor(context, output, balance, clock) {
      this.context = context;
      this.output = output;
      this._balance = balance;
      this._clock = clock;
      /** @type {Map<Sting, { gain: GainNode, sources: SoundNode[], sounds: Sounds }>} */
      this._nodes = new Map();
    }

    /**
     * Play a sting at its time.
     * @param {Sting} sting
     * @param {Sounds} buffers
     * @param {number} [soonest]
     */
    start(sting, buffers, soonest = sting.at) {
      const gain = this.context.createGain();
      gain.connect(this.output);
      const once = { ...sting.track, loop: null };
      const at = Math.max(sting.at, soonest);
      const from = Math.round((at - sting.at) * once.sample_rate_hz);
      /** @type {SoundNode[]} */
      let sources = [];
      if (!this._clock.isHeld && from < once.samples) {
        const outputs = new Array(buffers.length).fill(gain);
        sources = startSounds(this.context, buffers, once, at + this._clock.lost, from, outputs);
        sources[0].onended = () => {
          gain.disconnect();
          this._nodes.delete(sting);
        };
      }
      this._nodes.set(sting, { gain, sources, sounds: buffers });
      this.follow();
    }

    /** Stop what sounds where the clock is held. */
    hold() {
      for (const { sources } of this._nodes.values()) {
        for (const source of sources.splice(0)) {
          source.onended = null;
          source.stop();
        }
      }
    }

    /**
     * Play on where the clock was held.
     * @param {number} soonest
     */
    playOn(soonest) {
      for (const [sting, { gain, sounds }] of [...this._nodes]) {
        gain.disconnect();
        this._nodes.delete(sting);
        this.start(sting, sounds, soonest);
      }
    }

    /** Cancel stings that must not begin any more, and cut those that another one replaces. */
    follow() {
      const now = this._clock.now;
      for (const [sting, { gain, sources }] of this._nodes) {
        if (sting.at > now && sting !== this._balance.waiting) {
          for (const source of sources) source.stop();
        }
        const end = this._balance.stopsAt(sting);
        const whole = sting.track.samples / sting.track.sample_rate_hz;
        if (sting.at <= now && end >= now && end < sting.at + whole) {
          const fades = [
            { at: 0, length: 0, to: 1 },
            { at: end, length: STING_RELEASE_SECONDS, to: 0 },
          ];
          layGain(gain.gain, [fades], now, ([point]) => sine(point), this._clock.lost);
        }
      }
    }
  }

  /** A gain that the game sets. */

  /** The time constant of a change of volume, in seconds. */
  const FOLLOW_SECONDS = 0.01;

  /** A gain that the game sets, 0..1; it changes without a click. */
  class Volume {
    /**
     * @param {AudioContext} context
     * @param {AudioNode} output
     */
    constructor(context, output) {
      this.node = context.createGain();
      this.node.connect(output);
      this._level = 1;
      this._isMuted = false;
    }

    get level() {
      return this._level;
    }

    /** @param {number} level */
    set level(level) {
      this._level = Math.min(Math.max(Number(level) || 0, 0), 1);
      this._ramp();
    }

    /** @param {boolean} isMuted */
    set isMuted(isMuted) {
      this._isMuted = isMuted;
      this._ramp();
    }

    _ramp() {
      const { gain, context } = this.node;
      gain.cancelScheduledValues(0);
      const target = this._isMuted ? 0 : this._level;
      gain.setTargetAtTime(target, context.currentTime, FOLLOW_SECONDS);
    }
  }

  /** The player that a game holds. */


  const PAUSE_SECONDS = 0.05;

  const DECODED_TRACKS_KEPT = 12;

  /** Plays a bundle by the game's scenes. Make one with Chipassets.open. */
  class Player {
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

  /** Opening a bundle on a page. */


  /** The address of this file: "" if it is part of a page or of a module. */
  const SCRIPT = scriptAddress();

  function scriptAddress() {
    if (!globalThis.document) return "";
    const script = document.currentScript;
    return script instanceof HTMLScriptElement ? script.src : "";
  }

  /**
   * Browsers keep a context silent until the user does something: resume it then.
   * @param {Player} player
   */
  function resumeOnGesture(player) {
    const events = ["pointerdown", "keydown", "touchend"];
    const unlock = () => {
      for (const name of events) removeEventListener(name, unlock, true);
      if (!player._isPaused) player.context.resume();
    };
    for (const name of events) addEventListener(name, unlock, true);
  }

  /**
   * Return the Player of the bundle whose bundle.json lies at `url`. Options: {rules, levels} for
   * the transitions, {context} to share an AudioContext (pause lets it run), {output} to play into a
   * node of it, {synth} the address of chipassets-synth.js, which else is looked for beside this
   * file, or false to play audio files alone.
   * @param {string} url
   * @param {PlayerOptions} [options]
   */
  async function open(url, options = {}) {
    const base = new URL(url, globalThis.location ? globalThis.location.href : undefined);
    /** @param {string | URL} path */
    const get = async (path) => {
      // Ask whether a cached copy is still the one: index and files of two builds must not mix.
      const response = await fetch(new URL(path, base), { cache: "no-cache" });
      if (!response.ok) throw new Error(`${path} cannot be read (${response.status})`);
      return response;
    };
    const response = await get(base.href);
    const index = checkIndex(await response.json());
    /** @param {string} path */
    const load = async (path) => (await get(path)).arrayBuffer();
    const synth = options.synth ?? (SCRIPT && new URL("chipassets-synth.js", SCRIPT).href);
    const context = options.context || openContext(index);
    const player = new Player(index, load, context, { ...options, synth });
    if (player.context.state === "suspended" && typeof addEventListener === "function")
      resumeOnGesture(player);
    return player;
  }

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
})();
