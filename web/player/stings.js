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
   */
  constructor(context, output, balance) {
    this.context = context;
    this.output = output;
    this._balance = balance;
    /** @type {Map<Sting, { gain: GainNode, sources: SoundNode[] }>} */
    this._nodes = new Map();
  }

  /**
   * Play a sting at its time.
   * @param {Sting} sting
   * @param {Sounds} buffers
   */
  start(sting, buffers) {
    const gain = this.context.createGain();
    gain.connect(this.output);
    const once = { ...sting.track, loop: null };
    const outputs = new Array(buffers.length).fill(gain);
    const sources = startSounds(this.context, buffers, once, sting.at, 0, outputs);
    sources[0].onended = () => {
      gain.disconnect();
      this._nodes.delete(sting);
    };
    this._nodes.set(sting, { gain, sources });
    this.follow();
  }

  /** Cancel stings that must not begin any more, and cut those that another one replaces. */
  follow() {
    const now = this.context.currentTime;
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
        layGain(gain.gain, [fades], now, ([point]) => sine(point));
      }
    }
  }
}
