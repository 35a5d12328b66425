/*
 * Voices while they are played: dividers that step through cycles. Each plays a piece of a stretch
 * and tells every change of its level, in order, by clock. The same arithmetic as
 * chipassets/render/voices.py, in which places in a cycle are kept when a stretch begins.
 */

import { RELOAD, RESTART, START, STEPS, STOP } from "./stretches.js";

/** Level changes of a voice within a frame. */
export class Changes {
  constructor() {
    this.clocks = new Float64Array(1024);
    this.levels = new Int16Array(1024);
    this.count = 0;
  }

  /** @param {number} clock @param {number} level */
  add(clock, level) {
    if (this.count === this.clocks.length) {
      const [clocks, levels] = [this.clocks, this.levels];
      this.clocks = new Float64Array(2 * this.count);
      this.levels = new Int16Array(2 * this.count);
      this.clocks.set(clocks);
      this.levels.set(levels);
    }
    this.clocks[this.count] = clock;
    this.levels[this.count] = level;
    this.count += 1;
  }
}

/** A voice whose stretches name one of several cycles, times the stretch's level. */
export class SequencerVoice {
  /** @param {ArrayLike<number>[]} cycles @param {number} level */
  constructor(cycles, level = 0) {
    this.cycles = cycles;
    this.level = level;
    this.place = 0;
    this.nextClock = 0;
  }

  /**
   * Play a stretch from a clock up to another.
   * @param {import("./stretches.js").Columns} columns
   * @param {number} n which stretch
   * @param {number} from
   * @param {number} to
   * @param {boolean} begins whether it begins here
   * @param {number} restClock from where on a voice that holds its level may leave it
   * @param {Changes | null} changes null where nobody listens
   */
  play(columns, n, from, to, begins, restClock, changes) {
    const flags = columns.flags[n];
    const period = columns.period[n];
    this.prepare(columns.table[n], begins && flags & RESTART);
    if (begins && flags & RELOAD) this.nextClock = from + period;
    const first = this.nextClock;
    const ticks = Math.max(0, Math.ceil((to - first) / period));
    const steps = this.stepsOf(ticks, (flags & STEPS) !== 0, from >= restClock);
    const loudness = this.loudness(columns.level[n]);
    const cycle = this.cycle(columns.table[n]);
    const place = this.place;
    this.nextClock = first + ticks * period;
    this.place = place + steps;
    this._set(from, loudness * cycle[place % cycle.length], changes);
    if (!loudness) return;
    if (!changes) {
      this.level = loudness * cycle[this.place % cycle.length];
      return;
    }
    let at = place % cycle.length;
    let clock = first;
    for (let step = 0; step < steps; step += 1) {
      at = at + 1 === cycle.length ? 0 : at + 1;
      this._set(clock, loudness * cycle[at], changes);
      clock += period;
    }
  }

  /** Get ready for a piece of a stretch. */
  prepare(/** @type {number} */ table, /** @type {number | boolean} */ restarts) {
    if (restarts) this.place = 0;
  }

  /** @param {number} ticks @param {boolean} goesOn @param {boolean} isAtRest */
  stepsOf(ticks, goesOn, isAtRest) {
    void isAtRest;
    return goesOn ? ticks : 0;
  }

  /** @param {number} level */
  loudness(level) {
    return level;
  }

  /** @param {number} table @returns {ArrayLike<number>} */
  cycle(table) {
    return this.cycles[table];
  }

  _set(clock, level, changes) {
    if (level === this.level) return;
    this.level = level;
    if (changes) changes.add(clock, level);
  }
}

const TRIANGLE = Array.from({ length: 32 }, (_, n) => (n < 16 ? 15 - n : n - 16));

/** The 2A03's triangle: it has no volume, and where it stops it holds its level. */
export class TriangleVoice extends SequencerVoice {
  constructor() {
    super([TRIANGLE], TRIANGLE[0]);
  }

  stepsOf(ticks, goesOn, isAtRest) {
    if (goesOn) return ticks;
    // Before the loop it runs on to where its row starts, so that nothing jumps.
    return isAtRest ? Math.min(ticks, (32 - (this.place % 32)) % 32) : 0;
  }

  loudness() {
    return 1;
  }
}

const LONG = 32767;
/** @type {{states: ArrayLike<number>, cycle: Uint8Array, index: Uint16Array} | null} */
let long = null;
/** @type {Map<number, {states: ArrayLike<number>, cycle: Uint8Array}>} */
const shorts = new Map();

function statesFrom(start, tap) {
  const states = [];
  let state = start;
  do {
    states.push(state);
    state = (state >> 1) | (((state ^ (state >> tap)) & 1) << 14);
  } while (state !== start);
  return states;
}

const heard = (states) => Uint8Array.from(states, (state) => 1 - (state & 1));

function longCycle() {
  if (!long) {
    const states = statesFrom(1, 1);
    const index = new Uint16Array(LONG + 1);
    states.forEach((state, n) => (index[state] = n));
    long = { states, cycle: heard(states), index };
  }
  return long;
}

/* In the short mode the cycle depends on the state in which it is entered. */
function shortCycle(state) {
  if (!shorts.has(state)) {
    const states = statesFrom(state, 6);
    shorts.set(state, { states, cycle: heard(states) });
  }
  return shorts.get(state);
}

/** The 2A03's noise: a shift register of 15 bits; a stretch's table is the mode. */
export class NoiseVoice extends SequencerVoice {
  constructor() {
    super([]);
    this._mode = 0;
    this._now = longCycle();
  }

  prepare(mode, restarts) {
    super.prepare(mode, restarts);
    if (mode === this._mode) return;
    const state = this._now.states[this.place % this._now.states.length];
    this._now = mode ? shortCycle(state) : longCycle();
    this.place = mode ? 0 : longCycle().index[state];
    this._mode = mode;
  }

  cycle() {
    return this._now.cycle;
  }
}

const SILENT_TICKS = 8;
const [LEVEL_STEP, MOST_LEVEL] = [2, 127];

/** The 2A03's sample channel: a level that the bits of a clip move up and down. */
export class DmcVoice extends SequencerVoice {
  /** @param {Int8Array[]} clips */
  constructor(clips) {
    super([[0]]);
    this._clips = clips;
    this._bits = new Int8Array(0);
    this._at = 0;
  }

  play(columns, n, from, to, begins, restClock, changes) {
    if (begins) this._obey(columns, n, from, changes);
    const period = columns.period[n];
    const first = this.nextClock;
    const ticks = Math.max(0, Math.ceil((to - first) / period));
    this.nextClock = first + ticks * period;
    this.place += ticks;
    const stop = Math.min(this._at + ticks, this._bits.length);
    for (let clock = first; this._at < stop; this._at += 1, clock += period) {
      const level = this.level + LEVEL_STEP * this._bits[this._at];
      if (level >= 0 && level <= MOST_LEVEL) this._set(clock, level, changes);
    }
  }

  _obey(columns, n, clock, changes) {
    const flags = columns.flags[n];
    const left = SILENT_TICKS - (this.place % SILENT_TICKS);
    let bits = this._bits.subarray(this._at);
    // What is in the shift register and the byte that waits behind it are still played.
    if (flags & STOP) bits = bits.subarray(0, left + SILENT_TICKS);
    if (flags & START && bits.length <= left + SILENT_TICKS) {
      const clip = this._clips[columns.table[n]];
      const silence = Math.max(0, left - bits.length);
      const next = new Int8Array(bits.length + silence + clip.length);
      next.set(bits);
      next.set(clip, bits.length + silence);
      bits = next;
    }
    this._bits = bits;
    this._at = 0;
    if (columns.load[n] >= 0) this._set(clock, columns.load[n], changes);
  }
}
