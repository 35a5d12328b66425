/** The music's time. */

/**
 * The audio clock without the pauses: it can be held where the audio context is not the player's own,
 * and must go on for the game's other sounds.
 */
export class Clock {
  /** @param {BaseAudioContext} context */
  constructor(context) {
    this._context = context;
    this._lost = 0;
    /** @type {number | null} */
    this._held = null;
  }

  get now() {
    return this._held ?? this._context.currentTime - this._lost;
  }

  /** Seconds by which the audio clock is ahead: what is scheduled on it is that much later. */
  get lost() {
    return this._lost;
  }

  get isHeld() {
    return this._held !== null;
  }

  hold() {
    this._held = this.now;
  }

  /** Go on; by whole samples, so that what is scheduled on a sample stays on one. */
  release() {
    if (this._held === null) return;
    const { currentTime, sampleRate } = this._context;
    this._lost = Math.round((currentTime - this._held) * sampleRate) / sampleRate;
    this._held = null;
  }
}
