/*
 * Reads the compact register log that a bundle has as `synth` files: what is written to a sound
 * chip, frame by frame. chipassets/chipfiles/compact.py writes it and tells its layout.
 */

const MAGIC = [0x43, 0x52, 0x45, 0x47, 1];
const MOST_BYTES = 1 << 24;

/**
 * @typedef {object} Log
 * @property {"nes" | "gameboy"} chip
 * @property {string} filter what lies between the chip and the jack, by name
 * @property {number} gain the factor of the track's files, in 1 / 4096
 * @property {number} samples how many samples its files hold
 * @property {number} frames
 * @property {number | null} loop the frame to which it returns behind the last
 * @property {string[][]} layers the voices that each layer adds
 * @property {Object<string, string>} [clips] samples in hex, by the registers that point to them
 * @property {Uint32Array} starts by frame its first write; one more for the end
 * @property {Uint16Array} addresses by write
 * @property {Uint8Array} values by write
 */

/**
 * Return the log that a file holds; throws an Error for any other bytes.
 * @param {ArrayBuffer} data
 * @returns {Log}
 */
export function readLog(data) {
  const bytes = new Uint8Array(data);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new Error("it is no register log of this version; build the bundle again");
  }
  const head = new Cursor(bytes, MAGIC.length);
  const header = JSON.parse(new TextDecoder().decode(head.take(head.number())));
  const columns = new Cursor(unpack(head), 0);
  return { ...header, ...byFrame(columns, header.frames) };
}

class Cursor {
  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @returns {number} a number of 7 bits a byte, lowest first */
  number() {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.take(1)[0];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  /** @param {number} count */
  take(count) {
    if (this.at + count > this.bytes.length) throw new Error("it ends too soon");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

/** @param {Cursor} packed */
function unpack(packed) {
  const size = packed.number();
  if (size > MOST_BYTES) throw new Error(`it would unpack to ${size} bytes`);
  const out = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const plain = packed.take(packed.number());
    out.set(plain, at);
    at += plain.length;
    if (at === size) break;
    const length = packed.number();
    const back = packed.number();
    if (back < 1 || back > at || at + length > size) throw new Error("it copies what is not there");
    for (let n = 0; n < length; n += 1, at += 1) out[at] = out[at - back];
  }
  return out;
}

/**
 * The columns' writes in the order of the frames, in each in the order of the columns.
 * @param {Cursor} cursor
 * @param {number} frames
 */
function byFrame(cursor, frames) {
  const columns = Array.from({ length: cursor.number() }, () => {
    const address = cursor.number();
    const count = cursor.number();
    let frame = 0;
    const numbers = Array.from({ length: count }, () => (frame += cursor.number()));
    return { address, numbers, values: cursor.take(count) };
  });
  const starts = new Uint32Array(frames + 1);
  for (const { numbers } of columns) {
    if (numbers.some((frame) => frame >= frames)) throw new Error("it writes behind its end");
    for (const frame of numbers) starts[frame + 1] += 1;
  }
  for (let frame = 0; frame < frames; frame += 1) starts[frame + 1] += starts[frame];
  const next = starts.slice();
  const addresses = new Uint16Array(starts[frames]);
  const values = new Uint8Array(starts[frames]);
  for (const column of columns) {
    column.numbers.forEach((frame, i) => {
      addresses[next[frame]] = column.address;
      values[next[frame]] = column.values[i];
      next[frame] += 1;
    });
  }
  return { starts, addresses, values };
}
