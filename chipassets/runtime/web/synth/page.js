/*
 * The synthesiser as a page uses it: register logs become nodes that play, or buffers.
 */

import { RATE_HZ } from "./kernel.js";
import { readLog } from "./log.js";
import { PROCESSOR } from "./processor.js";
import { Stream, prepare } from "./stream.js";

const PIECE_SAMPLES = 1 << 17;

/** Whether a context can play logs as they are: elsewhere they are rendered first. */
export function canStream(context) {
  return Boolean(context.audioWorklet) && context.sampleRate === RATE_HZ;
}

/** Let a context know the synthesiser, which is this very file. */
export function install(context) {
  return context.audioWorklet.addModule(import.meta.url);
}

/** A track that a context plays from its log; `install` comes first. */
export class SynthTrack {
  /** @param {BaseAudioContext} context @param {ArrayBuffer} data */
  constructor(context, data) {
    this._context = context;
    this._score = prepare(readLog(data));
    /** @type {AudioWorkletNode | null} */
    this._idle = null;
    /** How many layers it has. */
    this.length = this._score.groups.length;
  }

  /** Have a node that can start at once. */
  async ready() {
    if (this._idle) return;
    const node = this._node();
    await new Promise((done, failed) => {
      node.port.onmessage = done;
      node.onprocessorerror = failed;
    });
    if (this._idle) node.port.postMessage({ stop: true });
    else this._idle = node;
  }

  /** Forget the node that waits. */
  close() {
    if (this._idle) this._idle.port.postMessage({ stop: true });
    this._idle = null;
  }

  /**
   * Begin with a sample of the track at a time of the context and play so many of them, each layer
   * into its output. Returns {stop, onended}, like an AudioBufferSourceNode.
   * @param {number} at
   * @param {number} from
   * @param {number} samples
   * @param {AudioNode[]} outputs
   */
  start(at, from, samples, outputs) {
    const start = { from, frame: Math.round(at * this._context.sampleRate), samples };
    const node = this._idle || this._node(start);
    if (node === this._idle) node.port.postMessage(start);
    this._idle = null;
    outputs.forEach((output, layer) => node.connect(output, layer));
    const source = { onended: null, stop: () => node.port.postMessage({ stop: true }) };
    node.port.onmessage = ({ data }) => {
      if (data === "ended" && source.onended) source.onended();
    };
    return source;
  }

  _node(start = null) {
    return new AudioWorkletNode(this._context, PROCESSOR, {
      numberOfInputs: 0,
      numberOfOutputs: this.length,
      outputChannelCount: new Array(this.length).fill(this._score.sides),
      processorOptions: { score: this._score, start },
    });
  }
}

/**
 * Return a log's layers as buffers, the same samples as the track's audio files, working in pieces
 * so that the page goes on.
 * @param {BaseAudioContext} context
 * @param {ArrayBuffer} data
 * @returns {Promise<AudioBuffer[]>}
 */
export async function renderBuffers(context, data) {
  const score = prepare(readLog(data));
  const { samples } = score.log;
  const buffers = score.groups.map(() => context.createBuffer(score.sides, samples, RATE_HZ));
  const outputs = buffers.map((buffer) =>
    Array.from({ length: score.sides }, (_, side) => buffer.getChannelData(side))
  );
  const stream = new Stream(score, 0);
  for (let at = 0; at < samples; at += PIECE_SAMPLES) {
    stream.read(outputs, at, Math.min(at + PIECE_SAMPLES, samples));
    await new Promise((done) => setTimeout(done, 0));
  }
  return buffers;
}
