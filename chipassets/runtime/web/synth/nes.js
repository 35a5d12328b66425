/*
 * The NES's sound chip, the 2A03: from registers to stretches, its voices and its mixer. The same
 * arithmetic as chipassets/render/apu.py, whose logs keep to constant volume, no sweeps and no
 * running length counters. Sources: NESdev, APU.
 */

import { Stretches } from "./stretches.js";
import { DmcVoice, NoiseVoice, SequencerVoice, TriangleVoice } from "./voices.js";

const NOISE_PERIODS = [4, 8, 16, 32, 64, 96, 128, 160, 202, 254, 380, 508, 762, 1016, 2034, 4068];
const DMC_PERIODS = [428, 380, 340, 320, 286, 254, 226, 214, 190, 160, 142, 128, 106, 84, 72, 54];
const DUTIES = [
  [0, 1, 0, 0, 0, 0, 0, 0],
  [0, 1, 1, 0, 0, 0, 0, 0],
  [0, 1, 1, 1, 1, 0, 0, 0],
  [1, 0, 0, 1, 1, 1, 1, 1],
];
/* Clocks of the quarter frames after a write to $4017, and the length. */
const FOUR_STEP = { quarters: [7457, 14913, 22371, 29829], length: 29830 };
const FIVE_STEP = { quarters: [7457, 14913, 22371, 37281], length: 37282 };
const PULSES_OUT = 0;
const REST_OUT = 1;

/* The output of both converters for levels, in units of 2 ** -16. */
const pulseOut = (sum) => (sum ? Math.round((95.88 / (8128 / sum + 100)) * 65536) : 0);
const tndOut = (triangle, noise, sample) => {
  const current = triangle / 8227 + noise / 12241 + sample / 22638;
  return current ? Math.round((159.79 / (1 / current + 100)) * 65536) : 0;
};
const PULSE_TABLE = Int32Array.from({ length: 31 }, (_, sum) => pulseOut(sum));

export const NES = {
  /* Frames last 29780.5 clocks; 77 samples last 3125. */
  frameClocks: [59561, 2],
  ratio: [77, 3125],
  sides: 1,
  gain: 49152,
  sampledGain: 32768,
  voices: ["pulse1", "pulse2", "triangle", "noise", "noise"],
  converters: [PULSES_OUT, PULSES_OUT, REST_OUT, REST_OUT, REST_OUT],
  rest: [0, 0, 15, 0, 0],
  converterCount: 2,

  /** The output of a converter on a side while its voices have these levels. */
  output(converter, levels) {
    if (converter === PULSES_OUT) return PULSE_TABLE[levels[0] + levels[1]];
    return tndOut(levels[2], levels[3], levels[4]);
  },

  /** Every voice at rest. */
  oscillators(log) {
    const clips = Object.values(log.clips || {}).map(directionsOf);
    return [
      new SequencerVoice(DUTIES),
      new SequencerVoice(DUTIES),
      new TriangleVoice(),
      new NoiseVoice(),
      new DmcVoice(clips),
    ];
  },

  reader: (log) => new NesRegisters(log),
};

/** What each bit of a clip does to the level, the lowest of a byte first. */
function directionsOf(hex) {
  const bits = new Int8Array(hex.length * 4);
  for (let n = 0; n < bits.length; n += 1) {
    const byte = parseInt(hex.substr((n >> 3) * 2, 2), 16);
    bits[n] = (byte >> (n & 7)) & 1 ? 1 : -1;
  }
  return bits;
}

class NesRegisters {
  constructor(log) {
    this._bytes = new Uint8Array(0x18);
    this._loaded = [false, false, false, false];
    this._clips = Object.keys(log.clips || {});
    this.startPass();
  }

  /** Forget what was written last, so that the next frame states every voice anew. */
  startPass() {
    this.voices = Array.from({ length: 5 }, () => new Stretches());
    this._counterStart = 0;
    this._gate = false;
  }

  /** Read the writes of the frame that begins at a clock. */
  readFrame(addresses, values, clock) {
    const restarts = [false, false];
    const touched = new Set();
    for (let n = 0; n < addresses.length; n += 1) {
      const register = addresses[n] - 0x4000;
      this._write(register, values[n], clock, restarts);
      if (register === 0x15) for (const index of [0, 1, 2, 3]) touched.add(index);
      else if (register < 0x10) touched.add(register >> 2);
    }
    this._noteSample(addresses, values, clock);
    if (this.voices.slice(0, 4).some(({ items }) => !items.length)) {
      for (const index of [0, 1, 2, 3]) touched.add(index);
    }
    for (const index of [...touched].sort()) this._note(index, clock, restarts[index] || false);
    const gate = this._loaded[2] && (this._bytes[0x08] & 0x7f) > 0;
    if (gate !== this._gate) {
      this._gate = gate;
      this._note(2, this._nextQuarter(clock), false);
    }
  }

  _note(index, clock, restart) {
    const voice = this.voices[index];
    const stretch = { clock, ...this._sound(index), restart };
    if (!voice.items.length || restart || !voice.soundsLike(stretch)) voice.add(stretch);
  }

  _write(register, value, clock, restarts) {
    this._bytes[register] = value;
    if ([0x03, 0x07, 0x0b, 0x0f].includes(register)) {
      const index = register >> 2;
      this._loaded[index] = this._loaded[index] || this._isEnabled(index);
      if (index < 2) restarts[index] = true;
    } else if (register === 0x15) {
      this._loaded = this._loaded.map((on, index) => on && this._isEnabled(index));
    } else if (register === 0x17) {
      this._counterStart = clock;
    }
  }

  _isEnabled(index) {
    return ((this._bytes[0x15] >> index) & 1) === 1;
  }

  _timer(base) {
    return this._bytes[base + 2] | ((this._bytes[base + 3] & 7) << 8);
  }

  _sound(index) {
    if (index === 2) {
      const timer = this._timer(0x08);
      const steps = this._gate && this._loaded[2] && timer >= 2;
      return { period: timer + 1, level: 15, steps };
    }
    if (index === 3) {
      const level = this._loaded[3] ? this._bytes[0x0c] & 15 : 0;
      const mode = this._bytes[0x0e];
      return { period: NOISE_PERIODS[mode & 15], level, table: mode >> 7 };
    }
    const base = 4 * index;
    const timer = this._timer(base);
    // A timer whose sweep target has more than 11 bits is mute, unless the sweep goes down.
    const overflows = !(this._bytes[base + 1] & 8) && timer >= 0x400;
    const sounds = this._loaded[index] && timer >= 8 && !overflows;
    const control = this._bytes[base];
    return { period: 2 * (timer + 1), level: sounds ? control & 15 : 0, table: control >> 6 };
  }

  /* The sample channel's writes in their order: a level, a stop, a start. */
  _noteSample(addresses, values, clock) {
    const own = [...addresses.keys()].filter(
      (n) => addresses[n] === 0x4015 || (addresses[n] >= 0x4010 && addresses[n] < 0x4014)
    );
    if (!own.length && this.voices[4].items.length) return;
    const stretch = { clock, period: DMC_PERIODS[this._bytes[0x10] & 15], level: 0, load: -1,
      stop: false, start: false, clip: 0 };
    for (const n of own) {
      if (addresses[n] === 0x4011) stretch.load = values[n] & 0x7f;
      if (addresses[n] !== 0x4015) continue;
      stretch.start = (values[n] & 0x10) !== 0;
      if (stretch.start) {
        stretch.clip = this._clips.indexOf(`${this._bytes[0x12]} ${this._bytes[0x13]}`);
      } else stretch.stop = true;
    }
    this.voices[4].add(stretch);
  }

  _nextQuarter(clock) {
    const isFive = (this._bytes[0x17] & 0x80) !== 0;
    if (isFive && clock === this._counterStart) return clock;
    const { quarters, length } = isFive ? FIVE_STEP : FOUR_STEP;
    const rounds = Math.floor((clock - this._counterStart) / length);
    const start = this._counterStart + rounds * length;
    const next = quarters.find((quarter) => start + quarter >= clock);
    return next === undefined ? start + length + quarters[0] : start + next;
  }
}
