/*
 * A track as a stream of samples from any place on, layer by layer. Positions and loop are those of
 * the track's audio files: chipassets/render/engine.py tells how they come about.
 */

import { GAMEBOY } from "./gameboy.js";
import { Filter, TAPS, TAP_BITS, impulsesOf } from "./kernel.js";
import { NES } from "./nes.js";
import { Stretches } from "./stretches.js";
import { Changes } from "./voices.js";

const LEVEL_BITS = 16;
const UNIT_GAIN = 4096;
const CHIPS = { nes: NES, gameboy: GAMEBOY };
/* Longer than any filter remembers. */
const SETTLE_SAMPLES = 5000;
/* More than a frame of any chip, and what its last steps leave behind it. */
const TRAIN_SAMPLES = 1024;

/**
 * @typedef {object} Passage an intro, the body of a loop, or a piece that ends
 * @property {number} samples
 * @property {number[]} clocks at which frames start, and the end
 * @property {import("./stretches.js").Columns[]} voices
 * @property {number} restClock from when on the triangle, which does not sound again, may move
 */

/**
 * @typedef {object} Score what is played, all worked out: it can be handed to another thread
 * @property {import("./log.js").Log} log
 * @property {number[][]} tables
 * @property {Passage[]} passages
 * @property {boolean} loops
 * @property {number[][]} groups the voices of each layer, by number
 * @property {number} sides
 */

/** @param {import("./log.js").Log} log @returns {Score} */
export function prepare(log) {
  const chip = CHIPS[log.chip];
  if (!chip) throw new Error(`there is no synthesiser for ${log.chip}`);
  const reader = chip.reader(log);
  const loops = log.loop !== null;
  const bounds = log.loop ? [0, log.loop, log.frames] : [0, log.frames];
  const passages = bounds.slice(1).map((stop, n) => readPassage(log, chip, reader, bounds[n], stop));
  if (!loops) for (const passage of passages) passage.restClock = Infinity;
  const numbers = (names) => [...chip.voices.keys()].filter((n) => names.includes(chip.voices[n]));
  const groups = (log.layers.length ? log.layers : [chip.voices]).map(numbers);
  // What only one of the threads needs is left here.
  const { starts, addresses, values, ...rest } = log;
  void [starts, addresses, values];
  return { log: rest, tables: reader.tables || [], passages, loops, groups, sides: chip.sides };
}

function readPassage(log, chip, reader, start, stop) {
  const [clocksOf, frames] = chip.frameClocks;
  const clocks = Array.from({ length: stop - start + 1 }, (_, n) => Math.floor((n * clocksOf) / frames));
  reader.startPass();
  for (let frame = start; frame < stop; frame += 1) {
    const writes = [log.starts[frame], log.starts[frame + 1]];
    const n = frame - start;
    const own = (list) => list.subarray(...writes);
    reader.readFrame(own(log.addresses), own(log.values), clocks[n], clocks[n + 1]);
  }
  const voices = reader.voices.map((voice) => voice.columns());
  return { samples: samplesOf(chip, stop - start), clocks, voices, restClock: restClock(reader.voices[2]) };
}

/** The sample nearest to the start of a frame; halves go up. */
function samplesOf(chip, frame) {
  const [[clocks, frames], [samples, per]] = [chip.frameClocks, chip.ratio];
  const whole = frames * per;
  return Math.floor((2 * frame * clocks * samples + whole) / (2 * whole));
}

/** When the voice stops for the last time; never if it sounds to the end. */
function restClock(/** @type {Stretches} */ { items }) {
  let clock = Infinity;
  for (let n = items.length - 1; n >= 0 && items[n].steps === false; n -= 1) clock = items[n].clock;
  return clock;
}

/** The voices of a layer, mixed as if there were no others: what its own file holds. */
class Group {
  /**
   * @param {Score} score
   * @param {any} chip
   * @param {number[]} voices
   */
  constructor(score, chip, voices) {
    this._chip = chip;
    this._filterName = score.log.filter;
    this._hears = chip.voices.map((_, n) => voices.includes(n));
    this._levels = Int16Array.from(chip.rest);
    this._outputs = Array.from({ length: chip.sides }, () => new Float64Array(chip.converterCount));
    this._trains = this._outputs.map(() => new Float64Array(TRAIN_SAMPLES));
    this._rest = this._outputs.map(() => 0);
    this._filters = this._outputs.map(() => new Filter("none", 0));
    this.settle(chip.rest);
  }

  /** Begin with voices at these levels, as if they had been there for ever. */
  settle(levels) {
    this.setLevels(levels);
    const name = this._filterName;
    this._filters = this._outputs.map((out) => new Filter(name, total(out) * 2 ** TAP_BITS));
    for (const train of this._trains) train.fill(0);
  }

  /** Let the voices have levels, without a step. */
  setLevels(levels) {
    this._levels.set(levels.map((level, n) => (this._hears[n] ? level : this._chip.rest[n])));
    this._outputs.forEach((out, side) => {
      for (const n of out.keys()) out[n] = this._chip.output(n, this._levels, side);
    });
  }

  /** A voice comes to a level at a clock; trains begin at this sample of the passage. */
  change(voice, level, clock, first, impulses) {
    if (!this._hears[voice]) return;
    const converter = this._chip.converters[voice];
    this._levels[voice] = level;
    for (let side = 0; side < this._outputs.length; side += 1) {
      const output = this._chip.output(converter, this._levels, side);
      const height = output - this._outputs[side][converter];
      this._outputs[side][converter] = output;
      if (height) impulses.add(this._trains[side], first, clock, height);
    }
  }

  /** Step back to the level at which every passage starts, `at` samples into the trains. */
  close(at, impulses) {
    const before = this._outputs.map(total);
    this.setLevels(this._chip.rest);
    this._outputs.forEach((out, side) => {
      impulses.addRow(this._trains[side], at, 0, total(out) - before[side]);
    });
  }

  /** Write a stretch of the trains, filtered, to a layer's sides. */
  take(start, count, factor, sides, at) {
    this._trains.forEach((train, side) => {
      const [filter, output] = [this._filters[side], sides[side]];
      for (let n = 0; n < count; n += 1) output[at + n] = filter.next(train[start + n]) * factor;
    });
  }

  /** Let the trains begin so many samples later. */
  shift(count) {
    for (const train of this._trains) {
      train.copyWithin(0, count);
      train.fill(0, TRAIN_SAMPLES - count);
    }
  }
}

function total(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Plays a score. Its samples run on from the very start through the intro and every pass. */
export class Stream {
  /**
   * @param {Score} score
   * @param {number} from the sample of the track's file with which it begins
   */
  constructor(score, from = 0) {
    const chip = CHIPS[score.log.chip];
    this._score = score;
    this._chip = chip;
    this._impulses = impulsesOf(chip.ratio);
    this._groups = score.groups.map((voices) => new Group(score, chip, voices));
    this._changes = chip.voices.map(() => new Changes());
    const gain = score.log.clips ? chip.sampledGain : chip.gain;
    this._factor = (gain * score.log.gain) / UNIT_GAIN / 2 ** (LEVEL_BITS + TAP_BITS) / 32768;
    // The next sample to be given, and where the trains begin and are complete up to.
    this._at = this._trainStart = 0;
    this._begin(0, 0);
    this._seek(from);
  }

  /** Whether a piece that ends has ended. */
  get isOver() {
    return !this._score.loops && this._at >= this._score.log.samples;
  }

  /**
   * Write the next samples: by layer, then by side.
   * @param {Float32Array[][]} outputs
   * @param {number} from the first place to write to
   * @param {number} to the place behind the last
   */
  read(outputs, from, to) {
    for (let place = from; place < to; ) {
      if (this._at === this._known) this._playFrame(true);
      const count = Math.min(this._known - this._at, to - place);
      const start = this._at - this._trainStart;
      for (let n = 0; n < this._groups.length; n += 1) {
        this._groups[n].take(start, count, this._factor, outputs[n], place);
      }
      this._at += count;
      place += count;
    }
    const over = this._score.loops ? 0 : Math.max(this._at - this._score.log.samples, 0);
    if (over) for (const side of outputs.flat()) side.fill(0, Math.max(to - over, from), to);
  }

  /* A track without an intro begins with what the pass before it has left. */
  _seek(from) {
    const { passages, loops } = this._score;
    const body = passages[passages.length - 1].samples;
    const intro = passages.length > 1 ? passages[0].samples : 0;
    const sample = from + (loops && !intro ? Math.ceil(SETTLE_SAMPLES / body) * body : 0);
    const start = Math.max(sample - SETTLE_SAMPLES, 0);
    // Every pass of the body is like the others.
    const passed = loops && start >= intro ? Math.floor((start - intro) / body) * body : 0;
    if (loops && start >= intro) this._begin(passages.length - 1, intro + passed);
    this._at = this._trainStart = this._known;
    while (this._origin + this._endOfFrame() <= start) this._playFrame(false);
    const levels = this._voices.map((voice) => voice.level);
    for (const group of this._groups) group.settle(levels);
    const sides = () => Array.from({ length: this._chip.sides }, () => new Float32Array(TRAIN_SAMPLES));
    const unheard = this._groups.map(sides);
    while (this._at < sample) this.read(unheard, 0, Math.min(sample - this._at, TRAIN_SAMPLES));
  }

  /* Begin a passage, with every voice at rest, at a sample. */
  _begin(passage, origin) {
    const { log, tables, passages } = this._score;
    this._passage = passages[passage];
    this._origin = origin;
    this._frame = 0;
    this._voices = this._chip.oscillators(log, tables);
    this._next = this._passage.voices.map(() => 0);
    this._known = origin;
  }

  /* The sample of the passage up to which everything is known once the frame is played. */
  _endOfFrame() {
    const [samples, clocks] = this._chip.ratio;
    return Math.floor((this._passage.clocks[this._frame + 1] * samples) / clocks);
  }

  _playFrame(isHeard) {
    // What is known has been given: trains begin behind it.
    for (const group of this._groups) group.shift(this._known - this._trainStart);
    this._trainStart = this._known;
    const { clocks, voices, restClock, samples } = this._passage;
    if (this._frame + 1 === clocks.length) {
      // A piece that ends rings on.
      this._known += TRAIN_SAMPLES / 2;
      return;
    }
    const [start, end] = [clocks[this._frame], clocks[this._frame + 1]];
    for (let n = 0; n < voices.length; n += 1) {
      const changes = isHeard ? this._changes[n] : null;
      if (changes) changes.count = 0;
      this._next[n] = playVoice(this._voices[n], voices[n], this._next[n], [start, end], restClock, changes);
    }
    if (isHeard) this._mix();
    this._known = this._origin + this._endOfFrame();
    this._frame += 1;
    if (this._frame + 1 === clocks.length && this._score.loops) {
      if (isHeard) {
        const at = this._origin + samples - this._trainStart;
        for (const group of this._groups) group.close(at, this._impulses);
      }
      this._begin(this._score.passages.length - 1, this._origin + samples);
    }
    if (!isHeard) this._at = this._trainStart = this._known;
  }

  /* Lay the steps of all voices' changes into the trains, in the order of their clocks. */
  _mix() {
    const heads = this._changes.map(() => 0);
    const first = this._trainStart - this._origin;
    for (;;) {
      let [voice, clock] = [-1, Infinity];
      for (let n = 0; n < heads.length; n += 1) {
        const changes = this._changes[n];
        if (heads[n] < changes.count && changes.clocks[heads[n]] < clock) {
          voice = n;
          clock = changes.clocks[heads[n]];
        }
      }
      if (voice < 0) return;
      const level = this._changes[voice].levels[heads[voice]];
      heads[voice] += 1;
      for (const group of this._groups) group.change(voice, level, clock, first, this._impulses);
    }
  }
}

/**
 * Play a voice from a clock up to another; returns which stretch is next.
 * @param {any} voice
 * @param {import("./stretches.js").Columns} columns
 * @param {number} next
 * @param {number[]} clocks
 * @param {number} restClock
 * @param {Changes | null} changes
 */
function playVoice(voice, columns, next, [start, end], restClock, changes) {
  const { clock } = columns;
  for (let from = start; from < end; ) {
    const begins = next < clock.length && clock[next] <= from;
    if (begins) next += 1;
    const to = next < clock.length ? Math.min(clock[next], end) : end;
    voice.play(columns, next - 1, from, to, begins, restClock, changes);
    from = to;
  }
  return next;
}
