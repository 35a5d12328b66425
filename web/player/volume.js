/** A gain that the game sets. */

/** The time constant of a change of volume, in seconds. */
const FOLLOW_SECONDS = 0.01;

/** A gain that the game sets, 0..1; it changes without a click. */
export class Volume {
  /**
   * @param {AudioContext} context
   * @param {AudioNode} output
   */
  constructor(context, output) {
    this.node = context.createGain();
    this.node.connect(output);
    this._level = 1;
    this._isMuted = false;
  }

  get level() {
    return this._level;
  }

  /** @param {number} level */
  set level(level) {
    this._level = Math.min(Math.max(Number(level) || 0, 0), 1);
    this._ramp();
  }

  /** @param {boolean} isMuted */
  set isMuted(isMuted) {
    this._isMuted = isMuted;
    this._ramp();
  }

  _ramp() {
    const { gain, context } = this.node;
    gain.cancelScheduledValues(0);
    const target = this._isMuted ? 0 : this._level;
    gain.setTargetAtTime(target, context.currentTime, FOLLOW_SECONDS);
  }
}
