/** The page's view and its input: playheads, filters, pointer and keys. */
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

  /** Filters by scene, mood and status for a page of cards, or of table rows alone. */


  const KINDS = ["scene", "mood", "status"];

  const chips = all("[data-filter]");
  const rows = new Map(all("[data-row]").map((row) => [row.dataset.row, row]));
  /** The filtered elements: cards, or the rows of a page that has the table alone. */
  const filtered = all(".track").length ? all(".track") : [...rows.values()];

  /** @param {HTMLElement} chip */
  const isPressed = (chip) => chip.getAttribute("aria-pressed") === "true";

  /** @param {string} kind */
  function chosen(kind) {
    const on = chips.filter((chip) => chip.dataset.filter === kind && isPressed(chip));
    return on.map((chip) => chip.dataset.value);
  }

  /**
   * The track's words for a kind of filter.
   * @param {HTMLElement} track
   * @param {string} kind
   */
  function valuesOf(track, kind) {
    if (kind === "mood") return (track.dataset.moods || "").split(" ");
    return [kind === "scene" ? track.dataset.scene : track.dataset.status];
  }

  /** A track fits when each kind of filter has nothing chosen, or something that the track has. */
  function filter() {
    const wanted = KINDS.map((kind) => ({ kind, values: chosen(kind) }));
    let shown = 0;
    for (const track of filtered) {
      const fits = wanted.every(({ kind, values }) => {
        const has = valuesOf(track, kind);
        return !values.length || values.some((value) => has.includes(value));
      });
      track.hidden = !fits;
      const row = rows.get(track.id);
      if (row) row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    byId("nothing").hidden = shown > 0;
    byId("clear").hidden = wanted.every(({ values }) => !values.length);
    byId("count").textContent = `${shown} of ${filtered.length} tracks`;
  }

  function showAll() {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
  }

  /**
   * Clear the filters when a link leads to a track that they hide.
   * @param {string} hash
   */
  function reveal(hash) {
    const card = document.getElementById(decodeURIComponent(hash.slice(1)));
    if (card?.hidden) showAll();
  }

  /** @param {HTMLElement} chip */
  function toggleChip(chip) {
    chip.setAttribute("aria-pressed", String(!isPressed(chip)));
    filter();
  }

  /** Add the listeners of the chips, of the button that clears them, and of links to tracks. */
  function connectFilters() {
    for (const chip of chips) chip.addEventListener("click", () => toggleChip(chip));
    byId("clear").addEventListener("click", () => {
      showAll();
      byId("tracks").focus();
    });
    for (const link of document.querySelectorAll('a[href^="#track-"]')) {
      if (link instanceof HTMLAnchorElement) {
        link.addEventListener("click", () => reveal(link.hash));
      }
    }
    filter();
  }

  const SEAM_BARS = 2;

  /** @type {Record<string, ReportTrack>} */
  const tracks = JSON.parse(byId("players").textContent || "{}");
  const sides = new Map(
    all(".side").flatMap((side) => {
      const id = side.dataset.player || "";
      return Object.hasOwn(tracks, id) ? [/** @type {const} */ ([id, side])] : [];
    }),
  );
  const toggle = byId("toggle");
  const playback = new Playback(tracks, readAudio, {
    sounding: showSounding,
    moved: showPosition,
    failed: showFailure,
  });

  document.documentElement.classList.add("scripted");
  if (matchMedia("(hover: none)").matches) byId("where").textContent = "Tap a track or its notes";

  /**
   * The bytes of a track's file, which is embedded in the page.
   * @param {string} id
   */
  function readAudio(id) {
    const source = byId(`audio-${id}`).getAttribute("src") || ",";
    const text = atob(source.split(",", 2)[1]);
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
  }

  /** @param {string} id */
  function sideOf(id) {
    const side = sides.get(id);
    if (!side) throw new Error(`the page has no track ${id}`);
    return side;
  }

  /** @param {string} id */
  function cardOf(id) {
    const card = sideOf(id).closest(".track");
    if (card instanceof HTMLElement) return card;
    throw new Error(`track ${id} stands in no card`);
  }

  // ---- What the page shows -----------------------------------------------------------------

  /** @param {string} id */
  function title(id) {
    const { name, label } = tracks[id];
    const both = sides.has(`before-${name}`) && sides.has(`after-${name}`);
    return both ? `${name} (${label.toLowerCase()})` : name;
  }

  /**
   * @param {string} id
   * @param {boolean} sounds
   */
  function showSounding(id, sounds) {
    for (const button of [one(".play", sideOf(id)), toggle])
      button.setAttribute("aria-pressed", String(sounds));
    toggle.setAttribute("aria-label", sounds ? `Pause ${title(id)}` : `Play ${title(id)}`);
    cardOf(id).classList.toggle("playing", sounds);
    byId("now").textContent = title(id);
    say(`${sounds ? "Playing" : "Paused"} ${title(id)}`);
  }

  /**
   * @param {string} id
   * @param {string} why
   */
  function showFailure(id, why) {
    const reason = `${title(id)} cannot be played: ${why}`;
    byId("where").textContent = reason;
    say(reason);
  }

  /** @param {string} id */
  function showPosition(id) {
    const side = sideOf(id);
    const score = one(".score", side);
    const track = tracks[id];
    const sample = playback.position(id);
    const here = wrap(track, sample);
    const { bar, beat } = barAndBeat(track, sample);
    const share = here / track.samples;
    side.classList.add("touched");
    one(".playhead", score).style.left = `${100 * share}%`;
    score.dataset.sample = String(sample);
    const text = `bar ${bar + 1} of ${track.bars}, beat ${beat + 1}`;
    if (score.getAttribute("aria-valuetext") !== text) {
      score.setAttribute("aria-valuenow", String(bar + 1));
      score.setAttribute("aria-valuetext", text);
    }
    if (id !== playback.active) return;
    const passes = track.loop ? Math.floor((sample - here) / track.loop.length_samples) : 0;
    const again = passes > 0 ? ` · loop ${passes + 1}` : "";
    const where = `${sayTime(here / track.sample_rate_hz)} · ${text}${again}`;
    if (byId("where").textContent !== where) byId("where").textContent = where;
    if (playback.isPlaying) keepInView(one(".scroll", side), share * score.offsetWidth);
  }

  /**
   * @param {HTMLElement} scroll
   * @param {number} x
   */
  function keepInView(scroll, x) {
    const { scrollLeft, clientWidth, scrollWidth } = scroll;
    if (scrollWidth <= clientWidth) return;
    if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroll.scrollLeft = x - 24;
  }

  /** @param {number} seconds */
  function sayTime(seconds) {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  /** @param {string} text */
  function say(text) {
    byId("said").textContent = text;
  }

  // ---- Moving about ------------------------------------------------------------------------

  /**
   * Switch between the old and the new version of a track at the same position.
   * @param {string} id
   */
  function twinPosition(id) {
    const { active } = playback;
    if (!playback.isPlaying || !active || active === id) return playback.position(id);
    const [mine, other] = [tracks[id], tracks[active]];
    if (mine.name !== other.name) return playback.position(id);
    const here = wrap(other, playback.position(active));
    const { bar, beat } = barAndBeat(other, here);
    const into = here - beatSample(other, bar, beat);
    return bar < mine.bars ? beatSample(mine, bar, beat % feltBeats(mine)) + into : 0;
  }

  /** @param {string} id */
  function press(id) {
    if (playback.sounds(id)) playback.pause();
    else playback.play(id, twinPosition(id));
  }

  function visible() {
    return [...sides.keys()].filter((id) => !cardOf(id).hidden);
  }

  /**
   * @param {string} id
   * @param {number} beats
   */
  function step(id, beats) {
    const track = tracks[id];
    const { bar, beat } = barAndBeat(track, wrap(track, playback.position(id)));
    const inBar = feltBeats(track);
    const last = track.bars * inBar - 1;
    const target = Math.min(Math.max(bar * inBar + beat + beats, 0), last);
    playback.seek(id, beatSample(track, Math.floor(target / inBar), target % inBar));
  }

  /**
   * Play the next or previous of the visible tracks.
   * @param {number} offset
   */
  function other(offset) {
    const ids = visible();
    if (!ids.length) return;
    const at = playback.active ? ids.indexOf(playback.active) : -1;
    const id = ids[(at < 0 ? 0 : at + offset + ids.length) % ids.length];
    cardOf(id).scrollIntoView({ block: "nearest" });
    one(".score", sideOf(id)).focus({ preventScroll: true });
    playback.play(id, 0);
  }

  // ---- Pointer and keys --------------------------------------------------------------------

  /**
   * @param {KeyboardEvent} event
   * @param {string} id
   */
  function moveBy(event, id) {
    const track = tracks[id];
    const bar = feltBeats(track);
    const beats = event.shiftKey ? bar : 1;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowRight: beats,
      ArrowUp: beats,
      ArrowLeft: -beats,
      ArrowDown: -beats,
      PageUp: 4 * bar,
      PageDown: -4 * bar,
    };
    if (Object.hasOwn(moves, event.key)) step(id, moves[event.key]);
    else if (event.key === "Home") playback.seek(id, 0);
    else if (event.key === "End") playback.seek(id, barSample(track, track.bars - 1));
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event */
  function trackKey(event) {
    if (event.key !== "n" && event.key !== "p") return false;
    other(event.key === "n" ? 1 : -1);
    return true;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (!(target instanceof Element)) return;
    if (target.closest("input, pre, audio, .wide")) return;
    const side = target.closest(".score") ? target.closest(".side") : null;
    const named = side instanceof HTMLElement ? side.dataset.player || "" : "";
    const id = sides.has(named) ? named : null;
    const { active } = playback;
    if (event.key === " ") {
      if (target.closest("button, summary, a")) return;
      const wanted = id || active || visible()[0];
      if (wanted) press(wanted);
    } else if (id) {
      if (!moveBy(event, id) && !trackKey(event)) return;
    } else if (active && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      moveBy(event, active);
    } else if (!trackKey(event)) {
      return;
    }
    event.preventDefault();
  }

  /**
   * @param {HTMLElement} score
   * @param {MouseEvent} event
   */
  function pointAt(score, event) {
    const box = score.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  /**
   * @param {string} id
   * @param {HTMLElement} side
   */
  function connect(id, side) {
    const track = tracks[id];
    const score = one(".score", side);
    one(".play", side).addEventListener("click", () => press(id));
    score.addEventListener("click", (event) => {
      playback.seek(id, pointAt(score, event) * track.samples);
      playback.choose(id);
    });
    const seam = side.querySelector(".seam");
    if (!seam) return;
    seam.addEventListener("click", () => {
      playback.play(id, barSample(track, Math.max(track.bars - SEAM_BARS, 0)));
    });
  }

  /** @param {HTMLElement} button */
  function toggleVoice(button) {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    for (const group of button.closest(".side")?.querySelectorAll(".roll g") || []) {
      const isIts = group.getAttribute("data-voice") === button.dataset.voice;
      if (isIts) group.classList.toggle("off", !shown);
    }
  }

  const volume = one("input#volume");
  const setVolume = () => {
    if (volume instanceof HTMLInputElement) playback.setVolume(Number(volume.value) / 100);
  };

  for (const [id, side] of sides) connect(id, side);
  for (const button of all(".voice")) button.addEventListener("click", () => toggleVoice(button));
  volume.addEventListener("input", setVolume);
  toggle.addEventListener("click", () => {
    const id = playback.active || visible()[0];
    if (id) press(id);
  });
  document.addEventListener("keydown", onKey);
  setVolume();
  connectFilters();
})();
