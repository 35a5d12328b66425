/*
 * A voice's stretches: registers that stay the same from a clock on. Columns of numbers, so that
 * they can be handed to the thread of the sound.
 */

/**
 * @typedef {object} Stretch
 * @property {number} clock from when on, in clocks of the passage
 * @property {number} period clocks from step to step
 * @property {number} level 0 is silent
 * @property {number} [table] which cycle: a duty, a wave, the noise's mode
 * @property {boolean} [steps] whether the cycle goes on
 * @property {boolean} [restart] whether the cycle goes back to its start
 * @property {boolean} [reload] whether a whole period begins at the clock
 * @property {number} [load] the sample channel's new level, -1 for none
 * @property {boolean} [stop] whether its clip stops, and then
 * @property {boolean} [start] whether it begins one, the one with this number:
 * @property {number} [clip]
 */

export const STEPS = 1;
export const RESTART = 2;
export const RELOAD = 4;
export const STOP = 8;
export const START = 16;

/** A list of stretches that grows, and what is handed on of it. */
export class Stretches {
  constructor() {
    /** @type {Stretch[]} */
    this.items = [];
  }

  /** @param {Stretch} stretch */
  add(stretch) {
    this.items.push(stretch);
  }

  /** Whether the last one sounds as this one would. */
  soundsLike(/** @type {Stretch} */ other) {
    const last = this.items[this.items.length - 1];
    return (
      last.period === other.period &&
      last.level === other.level &&
      (last.table ?? 0) === (other.table ?? 0) &&
      (last.steps ?? true) === (other.steps ?? true)
    );
  }

  /** @returns {Columns} */
  columns() {
    const flags = ({ steps = true, restart, reload, stop, start }) =>
      (steps && STEPS) | (restart && RESTART) | (reload && RELOAD) | (stop && STOP) |
      (start && START);
    return {
      clock: Float64Array.from(this.items, (item) => item.clock),
      period: Float64Array.from(this.items, (item) => item.period),
      level: Int32Array.from(this.items, (item) => item.level),
      table: Int32Array.from(this.items, (item) => item.clip ?? item.table ?? 0),
      load: Int32Array.from(this.items, (item) => item.load ?? -1),
      flags: Uint8Array.from(this.items, flags),
    };
  }
}

/**
 * @typedef {object} Columns
 * @property {Float64Array} clock
 * @property {Float64Array} period
 * @property {Int32Array} level
 * @property {Int32Array} table
 * @property {Int32Array} load
 * @property {Uint8Array} flags
 */
