/** WebAudio nodes that follow a timeline. */

import { Balance } from "./balance.js";
import { Clock } from "./clock.js";
import { gainCurves, sine, spread } from "./fades.js";
import { isOver, wrap } from "./lines.js";
import { LEAD_SECONDS, Timeline } from "./timeline.js";

/**
 * A context at the bundle's own rate, so that decoding does not resample the loop points.
 * @param {Index} index
 */
export function openContext(index) {
  const rateHz = index.tracks.length ? index.tracks[0].sample_rate_hz : 44100;
  try {
    return new AudioContext({ sampleRate: rateHz, latencyHint: "interactive" });
  } catch {
    return new AudioContext();
  }
}

/**
 * By how much a gain turns early, in seconds: less than half a sample of any rate. Chromium rounds the time
 * of one in 16 turns to the next sample, where a sound that begins with the turn loses its first one.
 */
const EARLY_SECONDS = 5e-6;

/**
 * How far ahead to schedule: the clock may jump by the sound card's buffer at any moment.
 * @param {AudioContext} context
 */
function leadOf(context) {
  return LEAD_SECONDS + (context.baseLatency || 0);
}

/**
 * Start a track's buffer at a time of the audio clock and return its node. The intro plays once,
 * then the loop repeats on the sample: all in one node, so nothing has to be timed again.
 * @param {BaseAudioContext} context
 * @param {AudioBuffer} buffer
 * @param {Track} track
 * @param {number} at
 * @param {number} fromSample
 * @param {AudioNode} output
 */
export function startSource(context, buffer, track, at, fromSample, output) {
  const source = context.createBufferSource();
  const rateHz = track.sample_rate_hz;
  source.buffer = buffer;
  if (track.loop) {
    source.loop = true;
    source.loopStart = track.loop.start_sample / rateHz;
    source.loopEnd = (track.loop.start_sample + track.loop.length_samples) / rateHz;
  }
  source.connect(output);
  source.start(at, wrap(track, fromSample) / rateHz);
  return source;
}

/**
 * Start what a track sounds from, decoded buffers or a synthesised track, each layer into its
 * output; returns the nodes.
 * @param {BaseAudioContext} context
 * @param {Sounds} sounds
 * @param {Track} track
 * @param {number} at
 * @param {number} fromSample
 * @param {AudioNode[]} outputs
 * @returns {SoundNode[]}
 */
export function startSounds(context, sounds, track, at, fromSample, outputs) {
  if (!Array.isArray(sounds)) {
    const samples = track.loop ? Number.POSITIVE_INFINITY : track.samples - fromSample;
    return [sounds.start(at, wrap(track, fromSample), samples, outputs)];
  }
  return sounds.map((buffer, i) => startSource(context, buffer, track, at, fromSample, outputs[i]));
}

/**
 * Make an AudioParam follow lists of fades from now on, replacing its schedule: see gainCurves.
 * Not by setValueCurveAtTime: where rendering has overtaken `now` a browser begins the curve
 * late, lets it reach into what follows, and throws.
 * @param {AudioParam} param
 * @param {Fade[][]} lists
 * @param {number} now
 * @param {(points: number[]) => number} gain
 * @param {number} [lost] by how much the audio clock is ahead of these times
 */
export function layGain(param, lists, now, gain, lost = 0) {
  param.cancelScheduledValues(0);
  for (const { at, length, values } of gainCurves(lists, now, gain)) {
    const start = Math.max(at + lost - EARLY_SECONDS, 0);
    param.setValueAtTime(values[0], start);
    for (let n = 1; n < values.length; n += 1) {
      param.linearRampToValueAtTime(values[n], start + (length * n) / (values.length - 1));
    }
  }
}

/**
 * Keeps audio nodes in step with a timeline. The buffers of a voice, one for each layer, start on
 * the same sample and so stay together; the balance has the amplitude of each.
 */
export class Mixer {
  /**
   * @param {AudioContext} context
   * @param {AudioNode} [output]
   * @param {Balance} [balance]
   * @param {Clock} [clock]
   */
  constructor(
    context,
    output = context.destination,
    balance = new Balance(),
    clock = new Clock(context),
  ) {
    this.context = context;
    this._clock = clock;
    this.output = output;
    this.timeline = new Timeline(context.sampleRate, leadOf(context));
    this._balance = balance;
    /** @type {Map<Voice, { gain: GainNode, layers: GainNode[], sources: SoundNode[], sounds: Sounds }>} */
    this._nodes = new Map();
  }

  /** Make every layer follow the balance's intensity from now on. */
  layLayers() {
    const now = this._clock.now;
    for (const { layers } of this._nodes.values()) this._layLayers(layers, now);
  }

  /**
   * The time of the next line of that kind in the current track; as soon as possible in silence.
   * @param {When} when
   */
  nextTime(when) {
    const soon = this._clock.now + this.timeline.leadSeconds;
    const voice = this.current;
    return voice && when !== "now" ? this.timeline.lineTime(voice, soon, when) : soon;
  }

  /**
   * Crossfade to a track with these decoded buffers; returns when. See Timeline.change.
   * @param {Track | null} track
   * @param {Sounds} buffers
   * @param {string} scene
   * @param {Change} options
   */
  play(track, buffers, scene, options) {
    const now = this._clock.now;
    const at = this.timeline.change(track, scene, now, options);
    this._sync(buffers, now);
    return at;
  }

  /**
   * Fade everything out.
   * @param {number} fadeSeconds
   */
  silence(fadeSeconds) {
    return this.play(null, [], "", { fadeSeconds });
  }

  /** Take back what is not due yet. */
  revoke() {
    const now = this._clock.now;
    this.timeline.revoke(now);
    this._sync([], now);
  }

  /** The voice that sounds, or null. */
  get current() {
    return this.timeline.current(this._clock.now);
  }

  /** The position of the current voice, in samples; 0 in silence. */
  get positionSamples() {
    const voice = this.current;
    return voice ? this.timeline.position(voice, this._clock.now) : 0;
  }

  /**
   * Stop the nodes of voices that have faded out.
   * @param {string[]} [keptScenes]
   */
  sweep(keptScenes = []) {
    const now = this._clock.now;
    for (const voice of [...this._nodes.keys()]) {
      if (this.timeline.isSilent(voice, now)) this._stop(voice);
    }
    this.timeline.prune(now, keptScenes);
  }

  /**
   * `now` is when the timeline was changed: by a later reading of the clock, what starts at once
   * might seem past, and stay silent.
   * @param {Sounds} buffers
   * @param {number} now
   */
  _sync(buffers, now) {
    const voices = new Set(this.timeline.voices);
    for (const voice of [...this._nodes.keys()]) if (!voices.has(voice)) this._stop(voice);
    for (const voice of voices) {
      if (!this._nodes.has(voice) && voice.since >= now) this._start(voice, buffers);
      this._layFades(voice, now);
    }
  }

  /** Stop what sounds where the clock is held: audio nodes cannot wait. */
  hold() {
    for (const { sources } of this._nodes.values()) {
      for (const source of sources.splice(0)) source.stop();
    }
  }

  /** Play on where the clock was held: each voice anew, from its place. */
  playOn() {
    const now = this._clock.now;
    for (const [voice, { sounds }] of [...this._nodes]) {
      this._stop(voice);
      this._start(voice, sounds, now + this.timeline.leadSeconds);
      this._layFades(voice, now);
    }
  }

  /**
   * @param {Voice} voice
   * @param {Sounds} buffers
   * @param {number} [soonest]
   */
  _start(voice, buffers, soonest = voice.since) {
    const gain = this.context.createGain();
    gain.gain.value = 0;
    gain.connect(this.output);
    const layers = Array.from({ length: buffers.length }, () => {
      const layer = this.context.createGain();
      layer.connect(gain);
      return layer;
    });
    this._layLayers(layers, this._clock.now);
    const at = Math.max(voice.since, soonest);
    const from = this.timeline.position(voice, at);
    const isSilent = this._clock.isHeld || isOver(voice.track, from);
    const sources = isSilent
      ? []
      : startSounds(this.context, buffers, voice.track, at + this._clock.lost, from, layers);
    this._nodes.set(voice, { gain, layers, sources, sounds: buffers });
  }

  /**
   * @param {Voice} voice
   * @param {number} now
   */
  _layFades(voice, now) {
    const nodes = this._nodes.get(voice);
    if (!nodes) return;
    layGain(nodes.gain.gain, [voice.fades], now, ([point]) => sine(point), this._clock.lost);
  }

  /**
   * @param {GainNode[]} layers
   * @param {number} now
   */
  _layLayers(layers, now) {
    if (layers.length < 2) return;
    layers.forEach((layer, i) => {
      /** @param {number[]} points */
      const share = ([point]) => spread(point, layers.length)[i];
      layGain(layer.gain, [this._balance.level], now, share, this._clock.lost);
    });
  }

  /** @param {Voice} voice */
  _stop(voice) {
    const nodes = this._nodes.get(voice);
    if (!nodes) return;
    const { gain, sources } = nodes;
    for (const source of sources) source.stop();
    gain.disconnect();
    this._nodes.delete(voice);
  }
}
