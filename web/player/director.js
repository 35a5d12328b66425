/** Which track the scenes of the game ask for. */

import { LEVELS, RULES } from "./rules.js";

/** Follows the game's scenes and says which track they ask for. Knows no clock. */
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

  /** The scene the game is in, "" before the first. */
  get scene() {
    return this.stack.length ? this.stack[this.stack.length - 1] : "";
  }

  /**
   * Be in a scene: over lower ones, in place of equal ones, back to one that lies below. Of its
   * tracks the one with the most of the moods is asked for.
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
   * Be in these scenes and no others; returns the top one's track, null where none serves it.
   * @param {SceneEntry[]} entries
   */
  restore(entries) {
    this.stack = entries.map(({ scene }) => scene);
    this._moods = new Map(entries.map(({ scene, moods }) => [scene, [...moods]]));
    return this._wish("").track;
  }

  /**
   * The track that a sting's name means, or null: one of that name, else of that scene, where
   * the one that says `match` of what plays goes first.
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
   * {scene, track, when, fadeMs, how, reason}; track is null where none serves the scene.
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
    // Sorting keeps the order of equals: the first of them wins.
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
