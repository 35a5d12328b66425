/** WebAudio nodes of the stings. */

import { sine } from "./fades.js";
import { layGain, startSounds } from "./mixer.js";

const STING_RELEASE_SECONDS = 0.06;

/** The nodes of a balance's stings, each played once over the music. */
export class Stings {
  /**
   * @param {AudioContext} context
   * @param {AudioNode} output
   * @param {import("./balance.js").Balance} balance
   * @param {import("./clock.js").Clock} clock
   */
  constructor(context, output, balance, clock) {
    this.context = context;
    this.output = output;
    this._balance = balance;
    this._clock = clock;
    /** @type {Map<Sting, { gain: GainNode, sources: SoundNode[], sounds: Sounds }>} */
    this._nodes = new Map();
  }

  /**
   * Play a sting at its time.
   * @param {Sting} sting
   * @param {Sounds} buffers
   * @param {number} [soonest]
   */
  start(sting, buffers, soonest = sting.at) {
    const gain = this.context.createGain();
    gain.connect(this.output);
    const once = { ...sting.track, loop: null };
    const at = Math.max(sting.at, soonest);
    const from = Math.round((at - sting.at) * once.sample_rate_hz);
    /** @type {SoundNode[]} */
    let sources = [];
    if (!this._clock.isHeld && from < once.samples) {
      const outputs = new Array(buffers.length).fill(gain);
      sources = startSounds(this.context, buffers, once, at + this._clock.lost, from, outputs);
      sources[0].onended = () => {
        gain.disconnect();
        this._nodes.delete(sting);
      };
    }
    this._nodes.set(sting, { gain, sources, sounds: buffers });
    this.follow();
  }

  /** Stop what sounds where the clock is held. */
  hold() {
    for (const { sources } of this._nodes.values()) {
      for (const source of sources.splice(0)) {
        source.onended = null;
        source.stop();
      }
    }
  }

  /**
   * Play on where the clock was held.
   * @param {number} soonest
   */
  playOn(soonest) {
    for (const [sting, { gain, sounds }] of [...this._nodes]) {
      gain.disconnect();
      this._nodes.delete(sting);
      this.start(sting, sounds, soonest);
    }
  }

  /** Cancel stings that must not begin any more, and cut those that another one replaces. */
  follow() {
    const now = this._clock.now;
    for (const [sting, { gain, sources }] of this._nodes) {
      if (sting.at > now && sting !== this._balance.waiting) {
        for (const source of sources) source.stop();
      }
      const end = this._balance.stopsAt(sting);
      const whole = sting.track.samples / sting.track.sample_rate_hz;
      if (sting.at <= now && end >= now && end < sting.at + whole) {
        const fades = [
          { at: 0, length: 0, to: 1 },
          { at: end, length: STING_RELEASE_SECONDS, to: 0 },
        ];
        layGain(gain.gain, [fades], now, ([point]) => sine(point), this._clock.lost);
      }
    }
  }
}
