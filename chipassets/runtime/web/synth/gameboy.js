/*
 * The Game Boy's sound: from registers to stretches, its voices and its mixer. The same arithmetic
 * as chipassets/render/gameboy.py, whose logs use no sweeps and no length counters. Source: Pan
 * Docs, Audio.
 */

import { Stretches } from "./stretches.js";
import { SequencerVoice } from "./voices.js";

const ENVELOPE_CLOCKS = 65536;
const PULSE_ROWS = [
  [0, 0, 0, 0, 0, 0, 0, 1],
  [1, 0, 0, 0, 0, 0, 0, 1],
  [1, 0, 0, 0, 0, 1, 1, 1],
  [0, 1, 1, 1, 1, 1, 1, 0],
];
/* How far a wave's nibbles are shifted for NR32's levels: none, 100, 50, 25 %. */
const WAVE_SHIFTS = [4, 0, 1, 2];
const [WAVE, NOISE] = [2, 3];
const VOICES = 4;
const [MASTER, PANNING, POWER, WAVE_MEMORY] = [0x14, 0x15, 0x16, 0x20];
const FOREVER = 2 ** 50;
const STEP = 86;

let noises = null;

/* The noise register's output from its reset on, with a feedback at bit 14 and at bit 6. */
function noiseCycles() {
  const cycle = (tap, length) => {
    const bits = new Uint8Array(length);
    let state = 0;
    for (let n = 0; n < length; n += 1) {
      bits[n] = state & 1;
      state = (state >> 1) | ((~(state ^ (state >> 1)) & 1) << tap);
    }
    return bits;
  };
  noises = noises || [cycle(14, 32767), cycle(6, 127)];
  return noises;
}

export const GAMEBOY = {
  frameClocks: [70224, 1],
  ratio: [11025, 1048576],
  sides: 2,
  gain: 49152,
  sampledGain: 49152,
  /* The voices, then each one's weight on the left and on the right. */
  voices: Array.from({ length: 3 }, () => ["pulse1", "pulse2", "wave", "noise"]).flat(),
  converters: Array.from({ length: 3 * VOICES }, (_, n) => n % VOICES),
  rest: new Array(3 * VOICES).fill(0),
  converterCount: VOICES,

  output(converter, levels, side) {
    return -STEP * levels[converter] * levels[converter + VOICES * (side + 1)];
  },

  oscillators(log, tables) {
    return [
      new SequencerVoice(PULSE_ROWS),
      new SequencerVoice(PULSE_ROWS),
      new SequencerVoice(tables),
      new SequencerVoice(noiseCycles()),
      ...Array.from({ length: 2 * VOICES }, () => new SequencerVoice([[1]])),
    ];
  },

  reader: () => new GameBoyRegisters(),
};

class GameBoyRegisters {
  constructor() {
    this._bytes = new Uint8Array(0x30);
    this._on = [false, false, false, false];
    this._volumes = [0, 0, 0, 0];
    /** The waves met so far at each level, as cycles. */
    this.tables = [];
    this._waves = [];
    this._wave = -1;
    this.startPass();
  }

  startPass() {
    this.voices = Array.from({ length: 3 * VOICES }, () => new Stretches());
    this._touched = new Set(this.voices.keys());
    this._countdowns = [0, 0, 0, 0];
  }

  readFrame(addresses, values, clock, endClock) {
    const triggered = [false, false, false, false];
    for (let n = 0; n < addresses.length; n += 1) {
      this._write(addresses[n] - 0xff10, values[n], triggered);
    }
    this._noteTouched(clock, triggered);
    const first = Math.ceil((clock + 1) / ENVELOPE_CLOCKS) * ENVELOPE_CLOCKS;
    for (let tick = first; tick < endClock; tick += ENVELOPE_CLOCKS) {
      this._stepEnvelopes();
      this._noteTouched(tick, [false, false, false, false]);
    }
  }

  _write(register, value, triggered) {
    this._bytes[register] = value;
    if (register >= WAVE_MEMORY) {
      this._wave = -1;
      this._touched.add(WAVE);
    } else if (register < MASTER) {
      const index = Math.floor(register / 5);
      const own = register % 5;
      this._touched.add(index);
      if (own === 4 && value & 0x80) {
        triggered[index] = true;
        this._trigger(index);
      } else if (own === (index === WAVE ? 0 : 2) && !this._hasDac(index)) {
        this._on[index] = false;
      }
    } else {
      for (const index of this.voices.keys()) this._touched.add(index);
      if (register === POWER && !(value & 0x80)) this._on.fill(false);
    }
  }

  _hasDac(index) {
    const mask = index === WAVE ? [0, 0x80] : [2, 0xf8];
    return (this._bytes[5 * index + mask[0]] & mask[1]) !== 0;
  }

  _trigger(index) {
    this._on[index] = this._hasDac(index) && (this._bytes[POWER] & 0x80) !== 0;
    const envelope = this._bytes[5 * index + 2];
    this._volumes[index] = envelope >> 4;
    this._countdowns[index] = envelope & 7;
  }

  _stepEnvelopes() {
    for (const index of [0, 1, NOISE]) {
      const envelope = this._bytes[5 * index + 2];
      if (!(envelope & 7) || !this._countdowns[index]) continue;
      this._countdowns[index] -= 1;
      if (this._countdowns[index] > 0) continue;
      this._countdowns[index] = envelope & 7;
      const volume = this._volumes[index] + (envelope & 8 ? 1 : -1);
      this._volumes[index] = Math.min(Math.max(volume, 0), 15);
      this._touched.add(index);
    }
  }

  _noteTouched(clock, triggered) {
    for (const index of this._touched) {
      const stretch = { clock, ...this._sound(index, triggered[index] || false) };
      const voice = this.voices[index];
      const isNew = !voice.items.length || stretch.reload || stretch.restart;
      if (isNew || !voice.soundsLike(stretch)) voice.add(stretch);
    }
    this._touched.clear();
  }

  _sound(index, reload) {
    if (index >= VOICES) return { period: FOREVER, level: this._weight(index), steps: false };
    const base = 5 * index;
    const tone = 2048 - (this._bytes[base + 3] | ((this._bytes[base + 4] & 7) << 8));
    if (index === WAVE) {
      const table = WAVE_SHIFTS.length * this._waveHeld() + ((this._bytes[base + 2] >> 5) & 3);
      const on = this._on[WAVE];
      return { period: 2 * tone, level: on ? 1 : 0, table, steps: on, reload, restart: reload };
    }
    const level = this._on[index] ? this._volumes[index] : 0;
    if (index < WAVE) {
      return { period: 4 * tone, level, table: this._bytes[base + 1] >> 6, reload };
    }
    const control = this._bytes[base + 3];
    const shift = control >> 4;
    const period = (16 * (control & 7) || 8) * 2 ** shift;
    const table = (control >> 3) & 1;
    return { period, level, table, steps: shift < 14, reload, restart: reload };
  }

  /* Which of the waves met so far the memory holds. */
  _waveHeld() {
    if (this._wave >= 0) return this._wave;
    const held = [...this._bytes.subarray(WAVE_MEMORY)].flatMap((byte) => [byte >> 4, byte & 15]);
    this._wave = this._waves.indexOf(String(held));
    if (this._wave < 0) {
      this._wave = this._waves.push(String(held)) - 1;
      for (const shift of WAVE_SHIFTS) this.tables.push(held.map((nibble) => nibble >> shift));
    }
    return this._wave;
  }

  /* A voice's weight on the left, or from the eighth on on the right: 0, or 1..8 by the volume. */
  _weight(index) {
    const side = index < 2 * VOICES ? 4 : 0;
    const volume = ((this._bytes[MASTER] >> side) & 7) + 1;
    return volume * ((this._bytes[PANNING] >> (side + (index % VOICES))) & 1);
  }
}
