/*
 * The script of the studio's page. It is made of the modules in web/studio of the repository, with
 * the player's arithmetic and the playback of the report, by web/bundle.py; see web/README.md.
 */
(function () {
  "use strict";

  /** Finds elements of the page. A missing one is a fault of the report, and throws. */

  /**
   * @param {string} selector
   * @param {ParentNode} [within]
   */
  function one(selector, within = document) {
    const found = within.querySelector(selector);
    if (found instanceof HTMLElement) return found;
    throw new Error(`the page has no ${selector}`);
  }

  /**
   * @param {string} selector
   * @param {ParentNode} [within]
   * @returns {HTMLElement[]}
   */
  function all(selector, within = document) {
    return [...within.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
  }

  /** @param {string} id */
  const byId = (id) => one(`#${id}`);

  /** What went wrong, in words. */

  /** @param {unknown} error */
  const reasonOf = (error) => (error instanceof Error && error.message) || String(error);

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

  /** Plays one track of the page at a time through the player. Shows nothing itself. */


  const FADE_SECONDS = 0.03;
  const DECODED_KEPT = 8;

  /**
   * `tracks` by id, to which more may come; `load(id)` gives a file's bytes. `shows` is told: sounding(id, whether),
   * moved(id) whenever a position changes, failed(id, reason).
   */
  class Playback {
    /**
     * @param {Record<string, ReportTrack>} tracks
     * @param {(id: string) => ArrayBuffer | Promise<ArrayBuffer>} load
     * @param {Shows} shows
     */
    constructor(tracks, load, shows) {
      this.tracks = tracks;
      /** @type {string | null} */
      this.active = null;
      this.isPlaying = false;
      this._load = load;
      this._shows = shows;
      this._positions = new Map(Object.keys(tracks).map((id) => [id, 0]));
      /** @type {Map<string, Promise<AudioBuffer>>} */
      this._decoded = new Map();
      /** @type {Mixer | null} */
      this._mixer = null;
      /** @type {GainNode | null} */
      this._master = null;
      this._volume = 1;
      /** @type {Voice | null} */
      this._voice = null;
      this._isFollowing = false;
      this._asked = 0;
    }

    /**
     * A track's position, in samples from its start, counted on through the passes of its loop.
     * @param {string} id
     */
    position(id) {
      if (id === this.active) this._remember();
      return this._positions.get(id) || 0;
    }

    /**
     * Whether this track plays.
     * @param {string} id
     */
    sounds(id) {
      return this.isPlaying && this.active === id;
    }

    /**
     * Play from a sample on, with a crossfade from what played.
     * @param {string} id
     * @param {number} [sample]
     */
    async play(id, sample = this.position(id)) {
      const mixer = this._open();
      this._asked += 1;
      const own = this._asked;
      this._remember();
      if (this.active && this.active !== id) this._shows.sounding(this.active, false);
      this._voice = null;
      this._positions.set(id, sample);
      this.active = id;
      this.isPlaying = true;
      this._shows.sounding(id, true);
      this._shows.moved(id);
      try {
        await mixer.context.resume();
        const buffer = await this._decode(id, mixer.context);
        if (own !== this._asked) return;
        this._start(mixer, id, buffer, sample);
      } catch (error) {
        if (own === this._asked) this.pause();
        this._shows.failed(id, reasonOf(error));
        return;
      }
      if (!this._isFollowing) this._follow();
    }

    /**
     * Change to another take of the same music at the next bar line, in the same bar.
     * In silence it starts at this one's position.
     * @param {string} id
     */
    async switchTo(id) {
      const from = this.active;
      if (!from || !this.isPlaying || !this._voice || !this._mixer) {
        if (from) this._positions.set(id, this._sameBar(id, from, this.position(from)));
        await this.play(id);
        return;
      }
      const mixer = this._mixer;
      this._asked += 1;
      const own = this._asked;
      try {
        const buffer = await this._decode(id, mixer.context);
        if (own !== this._asked || !this._voice) return;
        const line = mixer.timeline.position(this._voice, mixer.nextTime("bar"));
        const fromSample = this._sameBar(id, from, line);
        this._remember();
        const options = { when: /** @type {When} */ ("bar"), fadeSeconds: FADE_SECONDS, fromSample };
        mixer.play({ ...this.tracks[id] }, [buffer], id, options);
        this._voice = mixer.timeline.voices[mixer.timeline.voices.length - 1];
      } catch (error) {
        this._shows.failed(id, reasonOf(error));
        return;
      }
      this.active = id;
      this._shows.sounding(from, false);
      this._shows.sounding(id, true);
    }

    /**
     * Load a track again when it next plays, because its id now stands for other music.
     * @param {string} id
     */
    forget(id) {
      this._decoded.delete(id);
      if (!this._positions.has(id)) this._positions.set(id, 0);
    }

    /**
     * The start of the bar of one track that a sample of another lies in; 0 where there is none.
     * @param {string} id
     * @param {string} other
     * @param {number} sample
     */
    _sameBar(id, other, sample) {
      const { bar } = barAndBeat(this.tracks[other], sample);
      return bar < this.tracks[id].bars ? barSample(this.tracks[id], bar) : 0;
    }

    /** Stop, and keep the position. */
    pause() {
      this._asked += 1;
      this._remember();
      this._voice = null;
      this.isPlaying = false;
      if (this._mixer) this._mixer.silence(FADE_SECONDS);
      if (this.active) this._shows.sounding(this.active, false);
    }

    /**
     * Move to a sample; what plays continues from there.
     * @param {string} id
     * @param {number} sample
     */
    seek(id, sample) {
      const place = Math.min(Math.max(Math.round(sample), 0), this.tracks[id].samples - 1);
      if (this.sounds(id)) {
        this.play(id, place);
        return;
      }
      this._positions.set(id, place);
      this.active = this.active || id;
      this._shows.moved(id);
    }

    /**
     * Make this the track that keys control, unless another one plays.
     * @param {string} id
     */
    choose(id) {
      if (this.isPlaying) return;
      this.active = id;
      this._shows.moved(id);
      this._shows.sounding(id, false);
    }

    /**
     * Set the volume from a slider's 0 to 1; its square is nearer to the perceived loudness.
     * @param {number} level
     */
    setVolume(level) {
      this._volume = level * level;
      if (!this._master) return;
      this._master.gain.setTargetAtTime(this._volume, this._master.context.currentTime, 0.01);
    }

    /** The mixer, created at the first use: browsers require a click before. */
    _open() {
      if (this._mixer) return this._mixer;
      const context = openContext({ tracks: Object.values(this.tracks) });
      this._master = context.createGain();
      this._master.connect(context.destination);
      this._master.gain.value = this._volume;
      this._mixer = new Mixer(context, this._master);
      return this._mixer;
    }

    /**
     * @param {string} id
     * @param {BaseAudioContext} context
     */
    _decode(id, context) {
      let buffer = this._decoded.get(id);
      if (!buffer) {
        buffer = Promise.resolve(this._load(id)).then((data) => context.decodeAudioData(data));
        this._decoded.set(id, buffer);
        buffer.catch(() => this._decoded.delete(id));
        const [first] = this._decoded.keys();
        if (this._decoded.size > DECODED_KEPT) this._decoded.delete(first);
      }
      return buffer;
    }

    /**
     * @param {Mixer} mixer
     * @param {string} id
     * @param {AudioBuffer} buffer
     * @param {number} sample
     */
    _start(mixer, id, buffer, sample) {
      const track = this.tracks[id];
      const fromSample = isOver(track, sample) ? 0 : sample;
      // A copy is a voice of its own, so that a jump inside a track is a crossfade too.
      mixer.play({ ...track }, [buffer], id, { fadeSeconds: FADE_SECONDS, fromSample });
      this._voice = mixer.timeline.voices[mixer.timeline.voices.length - 1];
      setTimeout(() => mixer.sweep([]), 4 * FADE_SECONDS * 1000);
    }

    /** Store the position of the track that plays. */
    _remember() {
      if (!this._voice || !this._mixer || !this.active) return;
      const { timeline, context } = this._mixer;
      this._positions.set(this.active, timeline.position(this._voice, context.currentTime));
    }

    _follow() {
      const id = this.active;
      this._isFollowing = this.isPlaying;
      if (!this.isPlaying || !id) return;
      if (isOver(this.tracks[id], this.position(id))) {
        this.pause();
        this._positions.set(id, 0);
        this._isFollowing = false;
      }
      this._shows.moved(id);
      if (this._isFollowing) requestAnimationFrame(() => this._follow());
    }
  }

  /** Creates elements, and renews lists without losing the focus. */

  /** @typedef {string | Node | null | undefined} Child */
  /** @typedef {Record<string, string | number | boolean | null | ((event: Event) => void)>} Props */

  /**
   * An element; properties that are functions are its listeners, null and false are left out.
   * @param {string} tag
   * @param {Props} [props]
   * @param {...Child} children
   */
  function make(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== null && value !== false) {
        element.setAttribute(name, value === true ? "" : String(value));
      }
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  /**
   * By element, the key of a focused child that `fill` did not get again: takes are away while more of
   * them are composed, and come back.
   * @type {WeakMap<HTMLElement, string>}
   */
  const awaited = new WeakMap();

  /**
   * Replace an element's children; the focused one is focused again, at the latest when it comes back.
   * @param {HTMLElement} element
   * @param {...Child} children
   */
  function fill(element, ...children) {
    const focused = document.activeElement;
    const isInside = focused instanceof HTMLElement && element.contains(focused);
    const isNowhere = focused === null || focused === document.body;
    const key = isInside ? focused.dataset.key : isNowhere ? awaited.get(element) : undefined;
    awaited.delete(element);
    // Text that was typed but not written yet is kept.
    const typed =
      focused instanceof HTMLInputElement && focused.value !== focused.defaultValue
        ? focused.value
        : null;
    element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
    if (key === undefined) return;
    const again = [...element.querySelectorAll("[data-key]")].find(
      (child) => child instanceof HTMLElement && child.dataset.key === key,
    );
    if (again instanceof HTMLInputElement && typed !== null) again.value = typed;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    else awaited.set(element, key);
  }

  const SVG = "http://www.w3.org/2000/svg";

  /**
   * @param {string} tag
   * @param {Record<string, string | number>} attributes
   * @param {...SVGElement} children
   */
  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  }

  /** The page's requests to the program that serves it. */

  /** A refusal: its text, and the problems of a manifest, each with its line. */
  class Refused extends Error {
    /**
     * @param {string} message
     * @param {StudioProblem[]} problems
     */
    constructor(message, problems) {
      super(message);
      this.problems = problems;
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} [options]
   */
  async function ask(path, options) {
    let response;
    try {
      response = await fetch(path, options);
    } catch {
      throw new Refused("the studio does not answer; is it still running?", []);
    }
    if (response.ok) return response;
    const text = await response.text();
    let told = { error: text.trim(), problems: [] };
    try {
      told = JSON.parse(text);
    } catch {
      // A refusal of the guard is plain text.
    }
    throw new Refused(told.error, told.problems);
  }

  /**
   * The JSON at an address below the page's own.
   * @param {string} path
   */
  async function read(path) {
    return (await ask(path)).json();
  }

  /** @param {string} path */
  async function readBytes(path) {
    return (await ask(path)).arrayBuffer();
  }

  /**
   * Send an order; returns the number of the job, or what was done.
   * @param {string} path
   * @param {object} [values]
   */
  async function order(path, values = {}) {
    const headers = { "content-type": "application/json" };
    const response = await ask(path, { method: "POST", headers, body: JSON.stringify(values) });
    return (await response.json()).done;
  }

  /** @param {string} track */
  const trackPath = (track) => `tracks/${encodeURIComponent(track)}`;

  /**
   * @param {string} track
   * @param {string} take
   */
  const takePath = (track, take) => `${trackPath(track)}/takes/${encodeURIComponent(take)}`;

  /**
   * The bytes of a file in base 64, as an order carries them.
   * @param {Blob} file
   * @returns {Promise<string>}
   */
  function base64(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] || ""));
      reader.addEventListener("error", () => reject(new Refused("the file cannot be read", [])));
      reader.readAsDataURL(file);
    });
  }

  /** Buttons that cannot be used now, and keep the focus. */

  /**
   * Let a button be used or not. It keeps the focus and its place for Tab, as a disabled one would
   * not: whoever has just pressed it stays where they were.
   * @param {Element} button
   * @param {boolean} isUsable
   */
  function setUsable(button, isUsable) {
    button.setAttribute("aria-disabled", String(!isUsable));
  }

  /** Ignore clicks, and keys that click, on what cannot be used now. Call it once for a page. */
  function ignoreUnusable() {
    document.addEventListener(
      "click",
      (event) => {
        const { target } = event;
        if (!(target instanceof Element) || !target.closest("[aria-disabled=true]")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { capture: true },
    );
  }

  /** The manifest's text, with its problems at their lines while it is typed. */


  const REST_MS = 400;

  /** The text, its line numbers and the list of problems. */
  class Editor {
    /** @param {(text: string, isError?: boolean) => void} tell */
    constructor(tell) {
      const text = byId("text");
      if (!(text instanceof HTMLTextAreaElement)) throw new Error("the page has no editor");
      this._text = text;
      this._tell = tell;
      this._lines = byId("lines");
      /** @type {StudioGame | null} */
      this._game = null;
      this._timer = 0;
      this._checked = 0;
      text.addEventListener("input", () => this._typed());
      text.addEventListener("scroll", () => {
        this._lines.scrollTop = text.scrollTop;
      });
      byId("save").addEventListener("click", () => this.save());
      byId("reload").addEventListener("click", () => this._load());
    }

    /** Whether the text has changes that are not written. */
    get isChanged() {
      return this._game !== null && this._text.value !== this._game.text;
    }

    /**
     * Show the game's manifest; unwritten changes stay.
     * @param {StudioGame} game
     */
    show(game) {
      const wasChanged = this.isChanged;
      const isOther = this._game !== null && this._game.hash !== game.hash;
      if (wasChanged) {
        if (isOther && this._text.value !== game.text) {
          this._tell(`${game.manifest} was changed elsewhere; what you typed is not written`, true);
          byId("reload").hidden = false;
          return;
        }
      }
      this._game = game;
      if (!wasChanged) this._text.value = game.text;
      byId("manifest-name").textContent = game.manifest;
      this._showProblems(game.problems, game.faults);
      this._showState();
    }

    /** Write the text, if nothing is wrong with it. */
    async save() {
      if (!this._game || !this.isChanged) return;
      try {
        await order("write", { text: this._text.value, hash: this._game.hash });
        this._game = { ...this._game, text: this._text.value };
        this._showState();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this._showProblems(error.problems, error.problems.length ? [] : [error.message]);
        const count = error.problems.length;
        this._tell(count ? `not written: ${mistakes(count)}` : error.message, true);
      }
    }

    focus() {
      this._text.focus();
    }

    _load() {
      if (this._game) this._text.value = this._game.text;
      byId("reload").hidden = true;
      dispatchEvent(new Event("reload"));
      this._typed();
    }

    _typed() {
      this._showState();
      this._drawLines(new Set());
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._check(), REST_MS);
    }

    async _check() {
      this._checked += 1;
      const own = this._checked;
      /** @type {StudioProblem[]} */
      let problems = [];
      /** @type {string[]} */
      let faults = [];
      try {
        await order("check", { text: this._text.value });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        problems = error.problems;
        if (!problems.length) faults = [error.message];
      }
      if (own === this._checked) this._showProblems(problems, faults);
    }

    _showState() {
      setUsable(byId("save"), this.isChanged);
      byId("unsaved").hidden = !this.isChanged;
    }

    /**
     * @param {StudioProblem[]} problems
     * @param {string[]} faults
     */
    _showProblems(problems, faults) {
      this._drawLines(new Set(problems.map((problem) => problem.line)));
      fill(
        byId("problems"),
        ...faults.map((fault) => make("li", {}, fault)),
        ...problems.map((problem, number) =>
          make(
            "li",
            {},
            make(
              "button",
              {
                type: "button",
                class: "line",
                "data-key": `problem-${number}`,
                click: () => this._goTo(problem),
              },
              `Line ${problem.line}`,
            ),
            ` ${problem.found}: ${problem.why}; ${problem.fix}`,
          ),
        ),
      );
      const count = problems.length + faults.length;
      byId("problem-count").textContent = count ? mistakes(count) : "";
      if (count) this._text.setAttribute("aria-invalid", "true");
      else this._text.removeAttribute("aria-invalid");
    }

    /** @param {Set<number>} bad */
    _drawLines(bad) {
      const count = this._text.value.split("\n").length;
      fill(
        this._lines,
        ...Array.from({ length: count }, (_, n) =>
          make("span", { class: bad.has(n + 1) ? "bad" : null }, String(n + 1)),
        ),
      );
      this._lines.scrollTop = this._text.scrollTop;
    }

    /** @param {StudioProblem} problem */
    _goTo(problem) {
      const lines = this._text.value.split("\n");
      const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
      const end = start + (lines[problem.line - 1] || "").length;
      this._text.focus();
      this._text.setSelectionRange(Math.min(start + problem.column - 1, end), end);
      const height = this._text.scrollHeight / Math.max(lines.length, 1);
      this._text.scrollTop = Math.max(height * (problem.line - 4), 0);
    }
  }

  /** @param {number} count */
  const mistakes = (count) => (count === 1 ? "1 mistake" : `${count} mistakes`);

  /** Fields for the common keys of a track or of the game; a change is written at once. */


  /**
   * @param {HTMLElement} place
   * @param {string} owner
   * @param {StudioField[]} fields
   * @param {Record<string, string>} said
   * @param {Record<string, string>} is
   * @param {(key: string, value: string | null) => Promise<unknown>} write
   */
  function showFields(place, owner, fields, said, is, write) {
    const shown = JSON.stringify([owner, fields, said, is]);
    if (place.dataset.shown === shown) return;
    place.dataset.shown = shown;
    fill(
      place,
      ...fields.map((field) =>
        drawField(owner, field, said[field.key] || "", is[field.key] || "", write),
      ),
    );
  }

  /**
   * @param {string} owner
   * @param {StudioField} field
   * @param {string} said
   * @param {string} is
   * @param {(key: string, value: string | null) => Promise<unknown>} write
   */
  function drawField(owner, field, said, is, write) {
    const id = `field-${owner ? "track" : "game"}-${field.key}`;
    const list = [...field.choices, ...field.examples];
    const input = /** @type {HTMLInputElement} */ (
      make("input", {
        id,
        "data-key": id,
        value: said,
        placeholder: is ? `${is} (as it comes)` : "as it comes",
        list: list.length ? `${id}-choices` : null,
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: "false",
        "aria-describedby": `${id}-said`,
      })
    );
    const told = make("p", { id: `${id}-said`, class: "told", hidden: true });
    const clear = () => {
      input.removeAttribute("aria-invalid");
      told.hidden = true;
    };
    const save = async () => {
      const value = input.value.trim();
      if (value === said) return;
      try {
        await write(field.key, value || null);
        clear();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const problem = error.problems[0];
        input.setAttribute("aria-invalid", "true");
        told.textContent = problem ? `${problem.why}; ${problem.fix}` : error.message;
        told.hidden = false;
      }
    };
    input.addEventListener("change", save);
    input.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      input.value = said;
      clear();
    });
    return make(
      "div",
      { class: "field" },
      make("label", { for: id, title: field.description }, field.key),
      input,
      list.length
        ? make("datalist", { id: `${id}-choices` }, ...list.map((value) => make("option", { value })))
        : null,
      field.is_list ? drawChips(field, input, save) : null,
      told,
    );
  }

  /**
   * Buttons that add a word to the list of a field, or remove it.
   * @param {StudioField} field
   * @param {HTMLInputElement} input
   * @param {() => Promise<void>} save
   */
  function drawChips(field, input, save) {
    const words = () =>
      input.value
        .split(",")
        .map((word) => word.trim())
        .filter(Boolean);
    return make(
      "div",
      { class: "chips", role: "group", "aria-label": field.key },
      ...field.choices.map((word) =>
        make(
          "button",
          {
            type: "button",
            class: "chip",
            "data-key": `chip-${field.key}-${word}`,
            "aria-pressed": String(words().includes(word)),
            click: () => {
              const has = words();
              const next = has.includes(word) ? has.filter((one) => one !== word) : [...has, word];
              input.value = next.join(", ");
              save();
            },
          },
          word,
        ),
      ),
    );
  }

  /** The lists of the page: tracks, the takes of one track, and running jobs. */


  /**
   * @param {HTMLElement} place
   * @param {StudioTrack[]} tracks
   * @param {string} selected
   * @param {(name: string) => void} select
   */
  function showTracks(place, tracks, selected, select) {
    const scrolled = place.scrollLeft;
    fill(
      place,
      ...tracks.map((track) =>
        make(
          "li",
          {},
          make(
            "button",
            {
              type: "button",
              "data-key": `track-${track.name}`,
              "aria-current": track.name === selected ? "true" : null,
              click: () => select(track.name),
            },
            make("span", { class: "track-name" }, track.name),
            make(
              "span",
              { class: `badge ${track.stale && track.take ? "stale" : track.state.split(",")[0]}` },
              track.take ? (track.stale ? "changed" : track.state) : "new",
            ),
          ),
        ),
      ),
    );
    // On a phone the tracks are one row: the selected one moves to its middle, once.
    const current = place.querySelector("[aria-current]");
    const isNew = place.dataset.shown !== selected;
    place.dataset.shown = selected;
    place.scrollLeft =
      isNew && current instanceof HTMLElement
        ? current.offsetLeft - (place.clientWidth - current.offsetWidth) / 2
        : scrolled;
  }

  /**
   * @typedef {object} TakeActions
   * @property {(take: string) => void} play
   * @property {(take: string) => void} other
   * @property {(take: string) => void} accept
   * @property {(take: string) => void} reject
   */

  /**
   * @param {HTMLElement} place
   * @param {TakeList} list
   * @param {{ selected: string, other: string, sounding: string }} now
   * @param {TakeActions} actions
   */
  function showTakes(place, list, now, actions) {
    fill(place, ...list.takes.map((item) => drawTake(list, item, now, actions)));
  }

  /**
   * @param {TakeList} list
   * @param {TakeItem} item
   * @param {{ selected: string, other: string, sounding: string }} now
   * @param {TakeActions} actions
   */
  function drawTake(list, item, now, actions) {
    const { take, label } = item;
    const sounds = take === now.sounding;
    const points = make("span", { class: "points" });
    if (item.points !== null) {
      points.style.setProperty("--points", String(item.points));
      points.append(make("span", { class: "hidden" }, "points "), item.points.toFixed(2));
    }
    const notes = [item.origin, ...item.against].filter(Boolean).join("; ");
    return make(
      "li",
      {
        class: `take ${item.state} ${take === now.selected ? "selected" : ""}`,
        "aria-current": take === now.selected ? "true" : null,
        "data-take": take,
      },
      make(
        "button",
        {
          type: "button",
          class: "play",
          "data-key": `play-${take}`,
          "aria-label": `${sounds ? "Pause" : "Play"} take ${label}`,
          "aria-pressed": String(sounds),
          click: () => actions.play(take),
        },
        make("span", { class: "icon", "aria-hidden": "true" }),
      ),
      make(
        "div",
        { class: "about" },
        make("strong", {}, `Take ${label}`),
        points,
        item.state ? make("span", { class: `badge ${item.state}` }, item.state) : null,
        take === now.other ? make("span", { class: "badge other" }, "compared") : null,
        notes ? make("span", { class: "soft" }, notes) : null,
      ),
      make(
        "div",
        { class: "acts" },
        act("Compare", `compare-${take}`, `Compare with take ${label}`, () => actions.other(take), {
          "aria-pressed": String(take === now.other),
        }),
        item.state === "accepted" && !list.is_frozen
          ? act(
              "Accepted",
              `accept-${take}`,
              `Take ${label} is accepted; let builds choose again`,
              () => actions.accept(take),
              { "aria-pressed": "true" },
            )
          : act("Accept", `accept-${take}`, `Accept take ${label}`, () => actions.accept(take), {
              "aria-pressed": "false",
            }),
        act(
          item.state === "rejected" ? "Rejected" : "Reject",
          `reject-${take}`,
          item.state === "rejected" ? `Take ${label} is rejected` : `Reject take ${label}`,
          () => actions.reject(take),
          { "aria-disabled": String(item.state === "rejected" || take === "locked") },
        ),
      ),
    );
  }

  /**
   * @param {string} text
   * @param {string} key
   * @param {string} label
   * @param {() => void} click
   * @param {import("./build.js").Props} more
   */
  function act(text, key, label, click, more) {
    const props = { type: "button", class: "quiet", "data-key": key, "aria-label": label, click };
    return make("button", { ...props, ...more }, text);
  }

  /**
   * The measures of a take: a bar for the points of each feature.
   * @param {HTMLElement} place
   * @param {TakeItem | undefined} item
   */
  function showFeatures(place, item) {
    fill(
      place,
      ...(item ? item.features : []).flatMap(([name, value, points, unit, meaning]) => {
        const bar = make("dd", { class: "feature" }, `${value} `, make("span", {}, unit));
        bar.append(make("span", { class: "hidden" }, `, ${points} of 1 points`));
        bar.style.setProperty("--points", String(Math.min(Math.max(points, 0), 1)));
        bar.append(make("span", { class: "meaning" }, meaning));
        return [make("dt", {}, name), bar];
      }),
    );
  }

  /**
   * @param {HTMLElement} place
   * @param {StudioWork[]} work
   * @param {(number: number) => void} cancel
   */
  function showWork(place, work, cancel) {
    fill(
      place,
      ...work.map((job) =>
        make(
          "li",
          {},
          make("span", {}, job.is_running ? job.what : `waits: ${job.what}`),
          make("progress", {
            max: 1,
            value: job.is_running ? job.share : 0,
            "aria-label": job.what,
          }),
          make(
            "button",
            {
              type: "button",
              class: "quiet",
              "data-key": `cancel-${job.number}`,
              "aria-label": `Stop ${job.what}`,
              click: () => cancel(job.number),
            },
            "Stop",
          ),
        ),
      ),
    );
  }

  /** The piano roll of a take: its notes by voice, bars and sections, and positions in time. */


  const ROW = 4;
  const DRUM_ROW = 7;
  const GAP = 10;
  const COLOURS = 8;

  /**
   * The picture of a take's notes, as wide as its bars.
   * @param {TakeSound} sound
   */
  function drawRoll(sound) {
    const steps = sound.bars * stepsPerBar(sound);
    const tones = sound.notes.filter((note) => !note[4]);
    const drums = [...new Set(sound.notes.filter((note) => note[4]).map((note) => note[3]))].sort();
    const top = Math.max(...tones.map((note) => note[3]), 60) + 1;
    const low = Math.min(...tones.map((note) => note[3]), 60) - 1;
    const toneHeight = (top - low + 1) * ROW;
    const height = toneHeight + (drums.length ? GAP + drums.length * DRUM_ROW : 0);
    const svg = draw("svg", {
      viewBox: `0 0 ${steps} ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    for (let bar = 0; bar <= sound.bars; bar += 1) {
      const x = bar * stepsPerBar(sound);
      svg.append(draw("line", { class: "barline", x1: x, x2: x, y1: 0, y2: height }));
    }
    for (const [voice, start, end, pitch, isDrum] of sound.notes) {
      const row = isDrum ? drums.length - 1 - drums.indexOf(pitch) : top - pitch;
      svg.append(
        draw("rect", {
          class: `note v${voice % COLOURS}`,
          x: start,
          y: isDrum ? toneHeight + GAP + row * DRUM_ROW : row * ROW,
          width: Math.max(end - start - 0.14, 0.3),
          height: isDrum ? DRUM_ROW - 2 : ROW - 0.6,
        }),
      );
    }
    return svg;
  }

  /**
   * The names of the sections above the roll, and the end of the intro.
   * @param {TakeSound} sound
   */
  function drawSections(sound) {
    const names = (sound.sections || []).map((part) => {
      const element = make("span", { class: "section" }, part.name);
      element.style.left = `${(100 * part.start_bar) / sound.bars}%`;
      element.style.width = `${(100 * part.bars) / sound.bars}%`;
      return element;
    });
    return make("div", { class: "sections", "aria-hidden": "true" }, ...names);
  }

  /**
   * The colours of the voices.
   * @param {TakeSound} sound
   */
  function drawVoices(sound) {
    const used = new Set(sound.notes.map((note) => note[0]));
    return sound.voices.map((name, voice) =>
      used.has(voice)
        ? make(
            "li",
            {},
            make("span", { class: `swatch v${voice % COLOURS}`, "aria-hidden": "true" }),
            name,
          )
        : null,
    );
  }

  /** @param {TakeSound} sound */
  const stepsPerBar = (sound) => 4 * sound.beats_per_bar;

  /**
   * The place of a position on the roll, from 0 to 1: the file of a track with an intro goes on into
   * the second pass of the loop.
   * @param {TakeSound} sound
   * @param {number} sample
   */
  function placeOf(sound, sample) {
    const here = wrap(sound, sample);
    const { bar } = barAndBeat(sound, here);
    const filed = barSample(sound, bar + 1) <= here && sound.loop ? bar + sound.loop.bars : bar;
    const start = barSample(sound, filed);
    const length = Math.max(barSample(sound, filed + 1) - start, 1);
    return (bar + Math.min(Math.max((here - start) / length, 0), 1)) / sound.bars;
  }

  /**
   * The sample at a place on the roll.
   * @param {TakeSound} sound
   * @param {number} place
   */
  function sampleAt(sound, place) {
    const bars = Math.min(Math.max(place, 0), 1) * sound.bars;
    const bar = Math.min(Math.floor(bars), sound.bars - 1);
    const start = barSample(sound, bar);
    return start + (bars - bar) * (barSample(sound, bar + 1) - start);
  }

  const RETRY_MS = 2000;

  /** @type {StudioGame | null} */
  let game = null;
  /** @type {TakeList | null} */
  let list = null;
  let track = "";
  let take = "";
  let other = "";
  let composing = 0;
  let content = 0;
  let saidNumber = 0;
  /** The number of the last request: answers to earlier ones are ignored. */
  let asked = 0;

  /** @type {Record<string, TakeSound>} */
  const sounds = {};
  /** The sound of each take by its address: under a new plan a name may stand for other music. */
  /** @type {Map<string, string>} */
  const labels = new Map();
  const roll = byId("roll");
  const editor = new Editor(tell);
  const playback = new Playback(/** @type {any} */ (sounds), (id) => readBytes(`${id}/audio.flac`), {
    sounding: showSounding,
    moved: showPosition,
    failed: (id, why) => tell(`${labels.get(id) || id} cannot be played: ${why}`, true),
  });

  // ---- Messages ----------------------------------------------------------------------------

  /**
   * @param {string} text
   * @param {boolean} [isError]
   */
  function tell(text, isError = false) {
    const place = byId(isError ? "alert" : "said");
    place.textContent = text;
    const line = byId("line");
    line.textContent = text;
    line.classList.toggle("error", isError);
  }

  /**
   * Carry out a click or a key, and show the reason if it is refused.
   * @param {() => Promise<unknown>} run
   */
  async function attempt(run) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message, true);
      return undefined;
    }
  }

  // ---- State -----------------------------------------------------------------------------

  async function follow() {
    let revision = 0;
    for (;;) {
      try {
        /** @type {StudioState} */
        const state = await read(`state?after=${revision}&said=${saidNumber}`);
        const isFirst = revision === 0;
        revision = state.revision;
        showState(state, isFirst);
        if (state.content !== content) {
          content = state.content;
          await load();
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        tell(error.message, true);
        await new Promise((done) => setTimeout(done, RETRY_MS));
      }
    }
  }

  /**
   * @param {StudioState} state
   * @param {boolean} isFirst
   */
  function showState(state, isFirst) {
    showWork(byId("work"), state.work, (number) => attempt(() => order("cancel", { job: number })));
    showStep("undo", state.undo);
    showStep("redo", state.redo);
    const last = state.messages[state.messages.length - 1];
    if (!last) return;
    saidNumber = last.number;
    if (!isFirst) for (const { text, kind } of state.messages) tell(text, kind === "error");
  }

  /**
   * @param {string} id
   * @param {string} what
   */
  function showStep(id, what) {
    const button = byId(id);
    setUsable(button, Boolean(what));
    const word = id === "undo" ? "Undo" : "Redo";
    button.title = what;
    button.setAttribute("aria-label", what ? `${word}: ${what}` : word);
  }

  async function load() {
    /** @type {StudioGame} */
    const found = await read("game");
    game = found;
    editor.show(found);
    byId("broken").hidden = found.tracks !== undefined;
    if (!found.tracks || !found.fields) return;
    document.title = `${found.game}: studio`;
    byId("game-name").textContent = found.game || "";
    if (!found.tracks.some((one) => one.name === track)) {
      await select(found.tracks[0].name);
      return;
    }
    showGame(found);
    await loadTakes();
  }

  /** @param {StudioGame} found */
  function showGame(found) {
    if (!found.tracks || !found.fields) return;
    showTracks(byId("tracks"), found.tracks, track, (name) => attempt(() => select(name)));
    const own = found.tracks.find((one) => one.name === track);
    if (own) {
      byId("track-name").textContent = own.name;
      byId("facts").textContent = factsOf(own);
      byId("stale").textContent =
        own.stale && own.take ? `A build would compose it anew: ${own.stale}` : "";
      showFields(byId("track-fields"), track, found.fields.track, own.said, own.is, (key, value) =>
        order(`${trackPath(track)}/set`, { settings: { [key]: value } }),
      );
    }
    showFields(
      byId("game-fields"),
      "",
      found.fields.game,
      found.said || {},
      found.is || {},
      (key, value) => order("set", { settings: { [key]: value } }),
    );
  }

  /** @param {StudioTrack} own */
  function factsOf(own) {
    const { scene, mood, key, tempo, length, metre } = own.is;
    return [scene, mood, key, `${tempo} bpm`, length, metre].filter(Boolean).join(" · ");
  }

  /** @param {string} name */
  async function select(name) {
    if (composing) order("cancel", { job: composing }).catch(() => {});
    composing = 0;
    track = name;
    take = "";
    other = "";
    list = null;
    asked += 1;
    playback.pause();
    fill(byId("takes"), make("li", { class: "soft" }, "…"));
    showFeatures(byId("features"), undefined);
    byId("player").hidden = true;
    if (game) showGame(game);
    await loadTakes();
  }

  async function loadTakes() {
    const name = track;
    /** @type {TakeList} */
    const found = await read(`${trackPath(name)}/takes`);
    if (name !== track) return;
    list = found;
    if (found.is_whole) composing = 0;
    else if (!composing) composing = await order(`${trackPath(name)}/compose`);
    const names = found.takes.map((item) => item.take);
    if (!names.includes(other)) other = "";
    showAgain();
    showParts();
    if (!names.includes(take) || !sounds[idOf(take)]) {
      await choose(names.includes(take) ? take : found.chosen || names[0] || "");
    }
  }

  function showAgain() {
    const saved = byId("save-midi");
    if (take) saved.setAttribute("href", `${takePath(track, take)}/notes.mid`);
    else saved.removeAttribute("href");
    if (!list) return;
    const sounding = playback.isPlaying && playback.active ? playback.active : "";
    const now = { selected: take, other, sounding: sounding === idOf(take) ? take : "" };
    if (sounding && other && sounding === idOf(other)) now.sounding = other;
    showTakes(byId("takes"), list, now, {
      play: (name) => attempt(() => press(name)),
      other: (name) => attempt(() => compareWith(name)),
      accept: (name) => attempt(() => accept(name)),
      reject: (name) => attempt(() => reject(name)),
    });
    showFeatures(byId("features"), item(take));
    const whole = list.is_whole;
    byId("count").textContent = whole
      ? `${list.takes.length} takes`
      : `${list.count} takes are being composed`;
    byId("compare-text").textContent = other
      ? `Take ${labelOf(take)} and take ${labelOf(other)} change over at the bar line (c).`
      : "Choose another take to compare with (b); c changes over at the bar line.";
  }

  /** @param {string} name */
  const item = (name) => list?.takes.find((one) => one.take === name);

  /** @param {string} name */
  const labelOf = (name) => item(name)?.label || name;

  /**
   * The address of a take's sound, which is also its id in the playback.
   * @param {string} name
   */
  const idOf = (name) => takePath(track, name);

  function showParts() {
    const select = byId("what");
    if (!(select instanceof HTMLSelectElement) || !list) return;
    const sections = [...new Set(list.sections.map((part) => part.name))];
    const parts = game?.parts || [];
    const shown = JSON.stringify([sections, parts]);
    if (select.dataset.shown === shown) return;
    select.dataset.shown = shown;
    fill(
      select,
      make("optgroup", { label: "Bars" }, make("option", { value: "bars" }, "these bars")),
      make(
        "optgroup",
        { label: "Section" },
        ...sections.map((name) => make("option", { value: name }, name)),
      ),
      make(
        "optgroup",
        { label: "Part" },
        ...parts.map((name) => make("option", { value: name }, name)),
      ),
    );
  }

  // ---- Playback -------------------------------------------------------------------------

  /**
   * The sound of a take; requested again if its music may have changed.
   * @param {string} name
   */
  async function soundOf(name) {
    const id = idOf(name);
    labels.set(id, `take ${labelOf(name)}`);
    /** @type {TakeSound} */
    const found = await read(id);
    const known = sounds[id];
    if (!known || JSON.stringify(known.notes) !== JSON.stringify(found.notes)) playback.forget(id);
    sounds[id] = found;
    return found;
  }

  /**
   * Show a take; if another one plays, playback continues with this one in the same bar.
   * @param {string} name
   */
  async function choose(name) {
    asked += 1;
    const own = asked;
    take = name;
    showAgain();
    if (!name) return;
    byId("waiting").hidden = false;
    try {
      const sound = await soundOf(name);
      if (own !== asked) return;
      showSound(sound);
      if (playback.isPlaying) await playback.switchTo(idOf(name));
      else playback.active = idOf(name);
      showPosition(idOf(name));
    } finally {
      if (own === asked) byId("waiting").hidden = true;
    }
    showAgain();
  }

  /** @param {TakeSound} sound */
  function showSound(sound) {
    byId("player").hidden = false;
    fill(byId("sections"), drawSections(sound));
    fill(byId("notes"));
    byId("notes").append(drawRoll(sound));
    fill(byId("voices"), ...drawVoices(sound));
    const intro = byId("intro");
    intro.hidden = !sound.loop?.start_bar;
    if (sound.loop) intro.style.width = `${(100 * sound.loop.start_bar) / sound.bars}%`;
    byId("sound-facts").textContent = [
      `take ${labelOf(take)}`,
      tempoOf(sound),
      sound.key,
      `${sound.bars} bars`,
      sound.loop ? "loops" : "plays once",
    ].join(" · ");
    roll.setAttribute("aria-valuemax", String(sound.bars));
    roll.setAttribute("aria-label", `Notes of take ${labelOf(take)} of ${track}`);
  }

  /**
   * Bars are whole frames of the chip, and the tempo follows.
   * @param {TakeSound} sound
   */
  function tempoOf(sound) {
    const wanted = game?.tracks?.find((one) => one.name === track)?.is.tempo || "";
    const plays = sound.tempo_bpm.toFixed(2).replace(/\.?0+$/, "");
    return wanted === plays ? `${plays} bpm` : `${wanted} bpm asked, ${plays} plays`;
  }

  /** @param {string} name */
  async function press(name) {
    if (name !== take) {
      await choose(name);
      if (!playback.isPlaying) await playback.play(idOf(name));
    } else if (playback.isPlaying && playback.active === idOf(name)) playback.pause();
    else if (name) {
      if (!sounds[idOf(name)]) await soundOf(name);
      if (name === take) await playback.play(idOf(name));
    }
  }

  /** @param {string} name */
  async function compareWith(name) {
    other = other === name || name === take ? "" : name;
    showAgain();
    if (other) await soundOf(other);
    tell(other ? `Take ${labelOf(take)} is compared with take ${labelOf(other)}` : "No comparison");
  }

  /** Show the compared take, which plays from the next bar line on. */
  async function swap() {
    if (!other) {
      tell("Choose another take to compare with first: b, or its button Compare", true);
      return;
    }
    const before = take;
    const next = other;
    other = before;
    await choose(next);
    if (document.activeElement?.closest("#takes")) focusTake(next);
    tell(`Take ${labelOf(next)} ${playback.isPlaying ? "sounds from the bar line on" : "is shown"}`);
  }

  /**
   * @param {string} id
   * @param {boolean} plays
   */
  function showSounding(id, plays) {
    const toggle = byId("toggle");
    const label = labels.get(id) || "";
    if (plays || playback.active === id) {
      toggle.setAttribute("aria-pressed", String(plays));
      toggle.setAttribute("aria-label", plays ? `Pause ${label}` : `Play ${label}`);
    }
    showAgain();
  }

  /** @param {string} id */
  function showPosition(id) {
    const sound = sounds[id];
    if (!sound || id !== idOf(take)) return;
    const sample = playback.position(id);
    const { bar, beat } = barAndBeat(sound, sample);
    const place = placeOf(sound, sample);
    byId("playhead").style.left = `${100 * place}%`;
    roll.dataset.sample = String(sample);
    const text = `bar ${bar + 1} of ${sound.bars}, beat ${beat + 1}`;
    if (roll.getAttribute("aria-valuetext") !== text) {
      roll.setAttribute("aria-valuenow", String(bar + 1));
      roll.setAttribute("aria-valuetext", text);
      byId("where").textContent = text;
    }
    if (playback.isPlaying) keepPlayheadInView(place);
  }

  /** @param {number} place */
  function keepPlayheadInView(place) {
    const scroll = byId("scroll");
    const x = place * roll.offsetWidth;
    const { scrollLeft, clientWidth, scrollWidth } = scroll;
    if (scrollWidth <= clientWidth) return;
    if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroll.scrollLeft = x - 24;
  }

  /** @param {number} beats */
  function stepBy(beats) {
    const id = idOf(take);
    const sound = sounds[id];
    if (!sound) return;
    const { bar, beat } = barAndBeat(sound, wrap(sound, playback.position(id)));
    const inBar = feltBeats(sound);
    const target = Math.min(Math.max(bar * inBar + beat + beats, 0), sound.bars * inBar - 1);
    playback.seek(id, beatSample(sound, Math.floor(target / inBar), target % inBar));
  }

  // ---- Decisions --------------------------------------------------------------------------

  /** @param {string} name */
  async function accept(name) {
    if (!name) return;
    if (item(name)?.state === "accepted" && !list?.is_frozen) {
      await order(`${trackPath(track)}/unaccept`);
    } else await order(`${trackPath(track)}/accept`, { take: name });
  }

  /** @param {string} name */
  async function reject(name) {
    if (!name) return;
    await order(`${trackPath(track)}/reject`, { take: name });
    const names = list?.takes.map((one) => one.take) || [];
    if (name === take && names.indexOf(name) < names.length - 1) await moveTake(1);
  }

  async function reroll() {
    const what = byId("what");
    const from = byId("from-bar");
    const to = byId("to-bar");
    const isWhole =
      what instanceof HTMLSelectElement &&
      from instanceof HTMLInputElement &&
      to instanceof HTMLInputElement;
    if (!isWhole || !take) return;
    const sound = sounds[idOf(take)];
    const here = sound ? barAndBeat(sound, playback.position(idOf(take))).bar + 1 : 1;
    const first = from.value || (what.value === "bars" ? String(here) : "");
    const bars = first ? `bars:${first}-${to.value || first}` : "";
    const words = what.value === "bars" ? [bars] : [what.value, bars];
    await order(`${trackPath(track)}/reroll`, { what: words.filter(Boolean).join(","), take });
  }

  async function importMidi() {
    const input = byId("midi-file");
    if (!(input instanceof HTMLInputElement)) return;
    const file = input.files?.[0];
    if (!file) {
      tell("Choose a MIDI file first");
      input.focus();
      return;
    }
    const midi = await base64(file);
    await order(`${trackPath(track)}/import`, { name: file.name, midi, take });
    input.value = "";
  }

  async function rollMore() {
    const count = byId("roll-count");
    if (!(count instanceof HTMLInputElement)) return;
    await order(`${trackPath(track)}/roll`, { count: Number(count.value) || 8 });
  }

  /** @param {"undo" | "redo"} word */
  const stepBack = (word) => attempt(() => order(word));

  /** @param {number} offset */
  async function moveTake(offset) {
    if (!list?.takes.length) return;
    const names = list.takes.map((one) => one.take);
    const at = names.indexOf(take);
    const next = names[Math.min(Math.max(at + offset, 0), names.length - 1)];
    if (next === take) {
      tell(`Take ${labelOf(take)} is the ${offset > 0 ? "last" : "first"}`);
      return;
    }
    await choose(next);
    focusTake(next);
    const { label = "", state = "" } = item(next) || {};
    tell(`Take ${label}${state ? `, ${state}` : ""}`);
  }

  /**
   * Bring a take into view, with the focus on its button.
   * @param {string} name
   */
  function focusTake(name) {
    const row = all("[data-take]").find((one) => one.dataset.take === name);
    row?.scrollIntoView({ block: "nearest" });
    const button = row?.querySelector(".play");
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  }

  /** @param {number} offset */
  async function moveTrack(offset) {
    const names = game?.tracks?.map((one) => one.name) || [];
    if (!names.length) return;
    const at = names.indexOf(track);
    await select(names[(at + offset + names.length) % names.length]);
    byId("track-name").focus();
    tell(`Track ${track}`);
  }

  // ---- Keys and clicks ---------------------------------------------------------------------

  /** @type {Record<string, () => unknown>} */
  const KEYS = {
    j: () => moveTake(1),
    k: () => moveTake(-1),
    n: () => moveTrack(1),
    p: () => moveTrack(-1),
    a: () => accept(take),
    x: () => reject(take),
    b: () => compareWith(nextOther()),
    c: swap,
    u: () => stepBack("undo"),
    U: () => stepBack("redo"),
    r: () => byId("what").focus(),
    e: () => editor.focus(),
    "?": () => openKeys(),
  };

  /** The take after the compared one, or after this one: the key b goes through all of them. */
  function nextOther() {
    const names = (list?.takes || []).map((one) => one.take);
    const after = names[(names.indexOf(other || take) + 1) % names.length] || "";
    return after === take ? names[(names.indexOf(take) + 1) % names.length] || "" : after;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const { target, key } = event;
    const isTyping = target instanceof Element && target.closest("input, textarea, select, dialog");
    if ((event.ctrlKey || event.metaKey) && key === "s") {
      event.preventDefault();
      attempt(() => editor.save());
      return;
    }
    if (key === "Escape" && isTyping && !target.closest("dialog")) {
      // Letters are commands again; a field has dropped what was typed, the text keeps it.
      byId("track-name").focus();
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping) return;
    if (key === " ") {
      if (target instanceof Element && target.closest("button, summary, a")) return;
      attempt(() => press(take));
    } else if (target instanceof Element && target.closest("#roll")) {
      if (!rollKey(event) && !Object.hasOwn(KEYS, key)) return;
      if (!rollKeys[key]) attempt(async () => KEYS[key]());
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      attempt(() => moveTake(key === "ArrowDown" ? 1 : -1));
    } else if (key === "ArrowLeft" || key === "ArrowRight") rollKey(event);
    else if (Object.hasOwn(KEYS, key)) attempt(async () => KEYS[key]());
    else return;
    event.preventDefault();
  }

  /** @type {Record<string, (bar: number, isShifted: boolean) => void>} */
  const rollKeys = {
    ArrowRight: (bar, shifted) => stepBy(shifted ? bar : 1),
    ArrowLeft: (bar, shifted) => stepBy(shifted ? -bar : -1),
    ArrowUp: (bar, shifted) => stepBy(shifted ? bar : 1),
    ArrowDown: (bar, shifted) => stepBy(shifted ? -bar : -1),
    PageUp: (bar) => stepBy(4 * bar),
    PageDown: (bar) => stepBy(-4 * bar),
    Home: () => playback.seek(idOf(take), 0),
    End: () => {
      const sound = sounds[idOf(take)];
      playback.seek(idOf(take), barSample(sound, sound.bars - 1));
    },
  };

  /** @param {KeyboardEvent} event */
  function rollKey(event) {
    const move = rollKeys[event.key];
    const sound = sounds[idOf(take)];
    if (!move || !sound) return false;
    move(feltBeats(sound), event.shiftKey);
    return true;
  }

  function openKeys() {
    const dialog = byId("keys");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }

  /** @param {MouseEvent} event */
  function pointAt(event) {
    const sound = sounds[idOf(take)];
    if (!sound) return;
    const box = roll.getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width;
    playback.seek(idOf(take), sampleAt(sound, place));
  }

  const volume = byId("volume");
  const setVolume = () => {
    if (volume instanceof HTMLInputElement) playback.setVolume(Number(volume.value) / 100);
  };

  /** @type {Record<string, () => unknown>} */
  const CLICKS = {
    undo: () => stepBack("undo"),
    redo: () => stepBack("redo"),
    "accept-all": () => attempt(() => order("accept-all")),
    build: () => attempt(() => order("build")),
    "show-keys": openKeys,
    toggle: () => attempt(() => press(take)),
    swap: () => attempt(swap),
    reroll: () => attempt(reroll),
    "roll-more": () => attempt(rollMore),
    import: () => attempt(importMidi),
  };

  for (const [id, act] of Object.entries(CLICKS)) byId(id).addEventListener("click", act);
  for (const form of document.forms) {
    if (form.method !== "dialog") form.addEventListener("submit", (event) => event.preventDefault());
  }
  roll.addEventListener("click", pointAt);
  byId("tracks").addEventListener("focusin", ({ target }) => {
    if (target instanceof Element) target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  volume.addEventListener("input", setVolume);
  addEventListener("reload", () => attempt(load));
  addEventListener("beforeunload", (event) => {
    if (editor.isChanged) event.preventDefault();
  });
  ignoreUnusable();
  document.addEventListener("keydown", onKey);
  setVolume();
  follow();
})();
