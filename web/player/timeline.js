/** Which track sounds when. */

import { fadePoint, fadesEnd } from "./fades.js";
import { isOver, nextLine, samePlace, sharesBars, wrap } from "./lines.js";

/** What is scheduled must lie ahead of the block that the browser is rendering: see leadOf. */
export const LEAD_SECONDS = 0.01;

/**
 * Which voices play when: {track, scene, since, fromSample, fades}. Changes are scheduled ahead
 * and may be revoked until they are due. Plays nothing itself.
 */
export class Timeline {
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
