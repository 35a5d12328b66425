/** Samples, bars and beats of a track. Positions are samples since its start and may pass its end. */

/**
 * The sample of the file at a position, 0..samples: loops repeat, others stop at the end.
 * @param {Track} track
 * @param {number} sample
 */
export function wrap(track, sample) {
  const loop = track.loop;
  if (!loop || sample < loop.start_sample) return Math.min(Math.max(sample, 0), track.samples);
  return loop.start_sample + ((sample - loop.start_sample) % loop.length_samples);
}

/**
 * Whether the track has ended at this position; a loop never ends.
 * @param {Track} track
 * @param {number} sample
 */
export function isOver(track, sample) {
  return !track.loop && sample >= track.samples;
}

/**
 * The position of the first sample of a bar; bars are counted from 0 on through all passes.
 * @param {Track} track
 * @param {number} bar
 */
export function barSample(track, bar) {
  const loop = track.loop;
  if (!loop) {
    // By the tempo: the file of a piece that ends may be longer than its bars.
    return Math.round((bar * 60 * track.beats_per_bar * track.sample_rate_hz) / track.tempo_bpm);
  }
  if (bar < loop.start_bar) return Math.ceil((bar * loop.start_sample) / loop.start_bar);
  const into = Math.ceil(((bar - loop.start_bar) * loop.length_samples) / loop.bars);
  return loop.start_sample + into;
}

/**
 * The bar of a position, counted on through all passes of the loop.
 * @param {Track} track
 * @param {number} sample
 */
function barsBefore(track, sample) {
  const loop = track.loop;
  let bar;
  if (!loop) {
    bar = (sample * track.tempo_bpm) / (60 * track.beats_per_bar * track.sample_rate_hz);
  } else if (sample < loop.start_sample) {
    bar = (sample * loop.start_bar) / loop.start_sample;
  } else {
    bar = loop.start_bar + ((sample - loop.start_sample) * loop.bars) / loop.length_samples;
  }
  bar = Math.floor(bar);
  return barSample(track, bar + 1) <= sample ? bar + 1 : bar;
}

/**
 * The number of felt beats in a bar: 2 in 6/8; in older bundles its quarter notes.
 * @param {Track} track
 */
export function feltBeats(track) {
  return (4 * track.beats_per_bar) / (track.pulse_steps ?? 4);
}

/**
 * The position of a felt beat of a bar, counted in the same way.
 * @param {Track} track
 * @param {number} bar
 * @param {number} beat
 */
export function beatSample(track, bar, beat) {
  const start = barSample(track, bar);
  const length = barSample(track, bar + 1) - start;
  return start + Math.ceil((beat * length) / feltBeats(track));
}

/**
 * The bar and felt beat of the music at a position, both from 0. The file of a track with
 * an intro has more bars than the music: it contains the loop's start twice.
 * @param {Track} track
 * @param {number} sample
 */
export function barAndBeat(track, sample) {
  const here = wrap(track, sample);
  const filed = barsBefore(track, here);
  const start = barSample(track, filed);
  const length = Math.max(barSample(track, filed + 1) - start, 1);
  const beat = Math.floor(((here - start) * feltBeats(track)) / length);
  const passed = track.loop && filed >= track.bars ? track.loop.bars : 0;
  const bar = Math.min(filed - passed, track.bars - 1);
  return { bar, beat: Math.min(Math.max(beat, 0), feltBeats(track) - 1) };
}

/**
 * Whether both have the same bars: a track and its variant, or two variants of one track.
 * @param {Track} one
 * @param {Track} other
 */
export function sharesBars(one, other) {
  /** @param {Track} track */
  const root = (track) => (track.link?.kind === "variant" ? track.link.of : track.name);
  return root(one) === root(other) && one.bars === other.bars;
}

/**
 * The sample of a track at the same place of the same bar as another track's position.
 * @param {Track} track
 * @param {Track} other
 * @param {number} sample
 */
export function samePlace(track, other, sample) {
  const here = wrap(other, sample);
  const bar = barsBefore(other, here);
  const [start, end] = [barSample(other, bar), barSample(other, bar + 1)];
  const mine = bar - (other.loop && bar >= other.bars ? other.loop.bars : 0);
  const [first, last] = [barSample(track, mine), barSample(track, mine + 1)];
  return first + Math.floor(((here - start) * (last - first)) / Math.max(end - start, 1));
}

/**
 * The first position at or after this one on a line of that kind; the same one for "now".
 * @param {Track} track
 * @param {number} sample
 * @param {When} when
 */
export function nextLine(track, sample, when) {
  if (when === "section") return nextSection(track, sample);
  if (when !== "bar" && when !== "beat") return sample;
  const bar = barsBefore(track, sample);
  const [start, end] = [barSample(track, bar), barSample(track, bar + 1)];
  if (when === "bar") return start >= sample ? start : end;
  const beat = Math.floor(((sample - start) * feltBeats(track)) / Math.max(end - start, 1));
  const lines = [beat, beat + 1].map((number) => beatSample(track, bar, number));
  return lines.find((line) => line >= sample) ?? end;
}

/**
 * The start of the next section or of the loop; for a track that plays once also its end.
 * @param {Track} track
 * @param {number} sample
 */
function nextSection(track, sample) {
  const first = barsBefore(track, nextLine(track, sample, "bar"));
  const starts = (track.sections || []).map((section) => section.start_bar);
  const bars = starts.filter((bar) => bar >= first);
  if (!track.loop) return barSample(track, Math.min(...bars, Math.max(track.bars, first)));
  const loopBars = track.loop.bars;
  const loopStart = track.bars - loopBars;
  for (const bar of [loopStart, ...starts.filter((start) => start >= loopStart)]) {
    bars.push(bar + Math.max(Math.ceil((first - bar) / loopBars), 0) * loopBars);
  }
  return barSample(track, Math.min(...bars));
}
