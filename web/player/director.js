/** Chooses the track for the scenes of the game. */

import { LEVELS, RULES } from "./rules.js";

/** Follows the game's scenes and chooses their track. Independent of time. */
export class Director {
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
