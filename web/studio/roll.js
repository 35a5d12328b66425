/** The piano roll of a take: its notes by voice, bars and sections, and positions in time. */

import { barAndBeat, barSample, wrap } from "../player/lines.js";
import { draw, make } from "./build.js";

const ROW = 4;
const DRUM_ROW = 7;
const GAP = 10;
const COLOURS = 8;

/**
 * The picture of a take's notes, as wide as its bars.
 * @param {TakeSound} sound
 */
export function drawRoll(sound) {
  const steps = sound.bars * stepsPerBar(sound);
  const tones = sound.notes.filter((note) => !note[4]);
  const drums = [...new Set(sound.notes.filter((note) => note[4]).map((note) => note[3]))].sort();
  const top = Math.max(...tones.map((note) => note[3]), 60) + 1;
  const low = Math.min(...tones.map((note) => note[3]), 60) - 1;
  const toneHeight = (top - low + 1) * ROW;
  const height = toneHeight + (drums.length ? GAP + drums.length * DRUM_ROW : 0);
  const svg = draw("svg", {
    viewBox: `0 0 ${steps} ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  for (let bar = 0; bar <= sound.bars; bar += 1) {
    const x = bar * stepsPerBar(sound);
    svg.append(draw("line", { class: "barline", x1: x, x2: x, y1: 0, y2: height }));
  }
  for (const [voice, start, end, pitch, isDrum] of sound.notes) {
    const row = isDrum ? drums.length - 1 - drums.indexOf(pitch) : top - pitch;
    svg.append(
      draw("rect", {
        class: `note v${voice % COLOURS}`,
        x: start,
        y: isDrum ? toneHeight + GAP + row * DRUM_ROW : row * ROW,
        width: Math.max(end - start - 0.14, 0.3),
        height: isDrum ? DRUM_ROW - 2 : ROW - 0.6,
      }),
    );
  }
  return svg;
}

/**
 * The names of the sections above the roll, and the end of the intro.
 * @param {TakeSound} sound
 */
export function drawSections(sound) {
  const names = (sound.sections || []).map((part) => {
    const element = make("span", { class: "section" }, part.name);
    element.style.left = `${(100 * part.start_bar) / sound.bars}%`;
    element.style.width = `${(100 * part.bars) / sound.bars}%`;
    return element;
  });
  return make("div", { class: "sections", "aria-hidden": "true" }, ...names);
}

/**
 * The colours of the voices.
 * @param {TakeSound} sound
 */
export function drawVoices(sound) {
  const used = new Set(sound.notes.map((note) => note[0]));
  return sound.voices.map((name, voice) =>
    used.has(voice)
      ? make(
          "li",
          {},
          make("span", { class: `swatch v${voice % COLOURS}`, "aria-hidden": "true" }),
          name,
        )
      : null,
  );
}

/** @param {TakeSound} sound */
export const stepsPerBar = (sound) => 4 * sound.beats_per_bar;

/**
 * The place of a position on the roll, from 0 to 1: the file of a track with an intro goes on into
 * the second pass of the loop.
 * @param {TakeSound} sound
 * @param {number} sample
 */
export function placeOf(sound, sample) {
  const here = wrap(sound, sample);
  const { bar } = barAndBeat(sound, here);
  const filed = barSample(sound, bar + 1) <= here && sound.loop ? bar + sound.loop.bars : bar;
  const start = barSample(sound, filed);
  const length = Math.max(barSample(sound, filed + 1) - start, 1);
  return (bar + Math.min(Math.max((here - start) / length, 0), 1)) / sound.bars;
}

/**
 * The sample at a place on the roll.
 * @param {TakeSound} sound
 * @param {number} place
 */
export function sampleAt(sound, place) {
  const bars = Math.min(Math.max(place, 0), 1) * sound.bars;
  const bar = Math.min(Math.floor(bars), sound.bars - 1);
  const start = barSample(sound, bar);
  return start + (bars - bar) * (barSample(sound, bar + 1) - start);
}
