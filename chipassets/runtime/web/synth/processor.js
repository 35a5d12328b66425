/*
 * The synthesiser on the thread of the sound. A node has an output for each layer. It waits for
 * {from, frame, samples}: to begin with a sample of the track at a frame of the context and to play so
 * many; {stop} ends it.
 */

/* global AudioWorkletProcessor, currentFrame, registerProcessor */

import { Stream } from "./stream.js";

export const PROCESSOR = "chipassets-synth";

const Base = globalThis.AudioWorkletProcessor || Object;

class SynthProcessor extends Base {
  constructor({ processorOptions: { score, start } }) {
    super();
    this._score = score;
    this._stream = new Stream(score, 0);
    this._startFrame = Infinity;
    this._left = Infinity;
    this._isStopped = false;
    if (start) this._start(start);
    this.port.onmessage = ({ data }) => {
      if (data.stop) this._isStopped = true;
      else this._start(data);
    };
    this.port.postMessage("ready");
  }

  _start({ from, frame, samples }) {
    this._left = samples;
    if (from > 0) this._stream = new Stream(this._score, from);
    this._startFrame = frame;
  }

  process(_inputs, outputs) {
    if (this._isStopped) return false;
    const count = outputs[0][0].length;
    if (this._startFrame >= currentFrame + count) return true;
    this._skip(currentFrame - this._startFrame);
    const begin = Math.max(this._startFrame - currentFrame, 0);
    const end = Math.max(Math.min(begin + this._left, count), begin);
    this._stream.read(outputs, begin, end);
    this._left -= end - begin;
    this._startFrame = currentFrame + count;
    if (this._left > 0 && !this._stream.isOver) return true;
    this.port.postMessage("ended");
    return false;
  }

  /* A start that came late leaves out what should have sounded: the music stays in its time. */
  _skip(count) {
    const sides = () => Array.from({ length: this._score.sides }, () => new Float32Array(1024));
    if (count > 0) this._left -= count;
    const unheard = count > 0 ? this._score.groups.map(sides) : [];
    for (let left = count; left > 0; left -= 1024) this._stream.read(unheard, 0, Math.min(left, 1024));
  }
}

if (globalThis.registerProcessor) registerProcessor(PROCESSOR, SynthProcessor);
