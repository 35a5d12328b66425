/*
 * What a step of a chip's output leaves in the samples around it: 32 taps of a windowed sinc, as
 * chipassets/render/kernel.py has them.
 */

export const TAPS = 32;
export const TAP_BITS = 18;
const HALF = TAPS / 2;
const MAX_PHASES = 16384;
const KAISER_BETA = 9;
const CUT = 0.92;

/** The modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** @param {number} offset of the step behind its sample, 0..1 @param {Float32Array} row */
function writeTaps(offset, row) {
  const taps = new Float64Array(TAPS);
  for (let n = 0; n < TAPS; n += 1) {
    const x = n - HALF + 1 - offset;
    const inside = Math.min(Math.max(1 - (x / HALF) ** 2, 0), 1);
    const angle = Math.PI * CUT * x;
    taps[n] = (x ? Math.sin(angle) / angle : 1) * bessel0(KAISER_BETA * Math.sqrt(inside));
  }
  const scale = 2 ** TAP_BITS / taps.reduce((sum, tap) => sum + tap, 0);
  taps.forEach((tap, n) => (row[n] = Math.round(tap * scale)));
  // Every row adds up to the same, so that sums of steps return exactly to where they began.
  const highest = row.indexOf(Math.max(...row));
  row[highest] += 2 ** TAP_BITS - row.reduce((sum, tap) => sum + tap, 0);
}

/** Rows of taps by phase, each worked out when it is first needed. */
export class Impulses {
  /** @param {number[]} ratio samples in clocks */
  constructor([samples, clocks]) {
    this._samples = samples;
    this._clocks = clocks;
    this._phases = Math.min(clocks, MAX_PHASES);
    this._rows = new Float32Array(this._phases * TAPS);
    this._has = new Uint8Array(this._phases);
  }

  /**
   * Add a step to trains that begin at a sample of the passage.
   * @param {Float64Array} train
   * @param {number} first the sample of the passage at which the train begins
   * @param {number} clock
   * @param {number} height
   */
  add(train, first, clock, height) {
    const place = clock * this._samples;
    const sample = Math.floor(place / this._clocks);
    const phase = Math.floor(((place - sample * this._clocks) * this._phases) / this._clocks);
    this.addRow(train, sample - first, phase, height);
  }

  /** @param {Float64Array} train @param {number} at @param {number} phase @param {number} height */
  addRow(train, at, phase, height) {
    const start = phase * TAPS;
    if (!this._has[phase]) {
      writeTaps(phase / this._phases, this._rows.subarray(start, start + TAPS));
      this._has[phase] = 1;
    }
    for (let n = 0; n < TAPS; n += 1) train[at + n] += this._rows[start + n] * height;
  }
}

/** @type {Map<string, Impulses>} */
const tables = new Map();

/** @param {number[]} ratio @returns {Impulses} the same for the same ratio */
export function impulsesOf(ratio) {
  const key = String(ratio);
  if (!tables.has(key)) tables.set(key, new Impulses(ratio));
  return tables.get(key);
}

/* By name, the corners of first-order high-passes and low-passes in Hz: chipassets/render/filters.py
   has the sources. */
const PROFILES = {
  none: [[], []],
  famicom: [[37], []],
  nes: [[90, 440], [14000]],
  gameboy: [[28], []],
};
export const RATE_HZ = 44100;

/** What lies between the chip and the jack: from a train of steps to the sound. */
export class Filter {
  /** @param {string} name @param {number} rest what the plain sum begins with */
  constructor(name, rest) {
    if (!Object.hasOwn(PROFILES, name)) throw new Error(`there is no filter ${name}`);
    const [highs, lows] = PROFILES[name];
    const decay = (hz) => Math.exp((-2 * Math.PI * hz) / RATE_HZ);
    this._highs = highs.map(decay);
    this._lows = lows.map(decay);
    this._sum = highs.length ? 0 : rest;
    this._high = highs.map(() => 0);
    this._low = lows.map(() => 0);
  }

  /** @param {number} step @returns {number} */
  next(step) {
    if (!this._highs.length) {
      this._sum += step;
      return this._sum;
    }
    let [change, value] = [step, 0];
    for (let n = 0; n < this._highs.length; n += 1) {
      value = change + this._highs[n] * this._high[n];
      change = value - this._high[n];
      this._high[n] = value;
    }
    for (let n = 0; n < this._lows.length; n += 1) {
      value = value * (1 - this._lows[n]) + this._lows[n] * this._low[n];
      this._low[n] = value;
    }
    return value;
  }
}
