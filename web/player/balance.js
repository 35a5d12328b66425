/** How loud music, layers and stings are. */

import { fadePoint, forgetFades, lowered, spread, turnFades } from "./fades.js";

/** The ducking under a sting: decibels, and the seconds of its fades down and back. */
const STING_DUCK_DB = 12;

const STING_DUCK_SECONDS = 0.08;

const STING_RETURN_SECONDS = 0.5;

/**
 * How loud everything is: the sting that sounds and the one that waits, as {track, at, end,
 * priority}, and fades for ducking and intensity. Plays nothing itself.
 */
export class Balance {
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
