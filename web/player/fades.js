/** Fades and gains: arithmetic on times, points and amplitudes. */

/** A sine in 64 straight pieces is off by less than a ten thousandth. */
const RAMPS_PER_SECOND = 200;

const MOST_RAMPS = 64;

const SAME_SECONDS = 1e-6; // less than a sample of any rate: two such times are one

const SILENT_DB = 200; // more than a sample can show, and still a number

/**
 * A voice's fades are a list of {at, length, to}, in order: from `at` on, go to the point `to`
 * (0 silent, 1 full) within `length`; a later one continues from the present point of the one before.
 * The gain is the sine of the point, so that two voices that fade in opposite directions keep
 * their summed power (sin^2 + cos^2 = 1): unrelated music crossfades without a dip.
 * @param {Fade[]} fades
 * @param {number} time
 */
export function fadePoint(fades, time) {
  let point = 0;
  fades.forEach((fade, i) => {
    if (time < fade.at) return;
    const until = i + 1 < fades.length ? Math.min(time, fades[i + 1].at) : time;
    const done = fade.length > 0 ? Math.min((until - fade.at) / fade.length, 1) : 1;
    point += (fade.to - point) * Math.max(done, 0);
  });
  return point;
}

/** @param {number} point */
export function sine(point) {
  return Math.sin((point * Math.PI) / 2);
}

/**
 * The end of the last fade; -Infinity if there is none.
 * @param {Fade[]} fades
 */
export function fadesEnd(fades) {
  const last = fades[fades.length - 1];
  return last ? last.at + last.length : -Infinity;
}

/**
 * The fades up to a time, followed by a new one, which continues from their point then.
 * @param {Fade[]} fades
 * @param {number} at
 * @param {number} length
 * @param {number} to
 */
export function turnFades(fades, at, length, to) {
  return [...fades.filter((fade) => fade.at <= at), { at, length, to }];
}

/**
 * The same list without the fades that are past, so that it does not grow forever.
 * @param {Fade[]} fades
 * @param {number} now
 */
export function forgetFades(fades, now) {
  const last = fades.findLastIndex((fade) => fade.at <= now);
  if (last < 1) return fades;
  const { at } = fades[last];
  return [{ at, length: 0, to: fadePoint(fades.slice(0, last), at) }, ...fades.slice(last)];
}

/**
 * The course from `now` on of a gain that depends on the points of several lists of fades:
 * pieces {at, length, values} in order, linear between the values, the last of them constant.
 * @param {Fade[][]} lists
 * @param {number} now
 * @param {(points: number[]) => number} gain
 */
export function gainCurves(lists, now, gain) {
  const turns = lists.flat().flatMap((fade) => [fade.at, fade.at + fade.length]);
  const bends = [now];
  for (const turn of turns.filter((time) => time > now).sort((a, b) => a - b)) {
    if (turn > bends[bends.length - 1] + SAME_SECONDS) bends.push(turn);
  }
  return bends.map((at, i) => {
    // Up to the next bend none but these fades are heard: a jump there belongs to its piece.
    const heard = lists.map((fades) => fades.filter((fade) => fade.at <= at + SAME_SECONDS));
    /** @param {number} time */
    const pointsAt = (time) => heard.map((fades) => fadePoint(fades, time));
    const length = i + 1 < bends.length ? bends[i + 1] - at : 0;
    const ramps = Math.min(Math.ceil(length * RAMPS_PER_SECOND), MOST_RAMPS);
    const count = 1 + ramps;
    const values = Array.from({ length: count }, (_, n) =>
      gain(pointsAt(at + Math.max((length * n) / Math.max(ramps, 1), SAME_SECONDS))),
    );
    const isSteady = values.every((value) => value === values[0]);
    return { at, length, values: isSteady ? values.slice(0, 1) : values };
  });
}

/**
 * Milliseconds as seconds; 0 if negative or not a number.
 * @param {number} ms
 */
export function seconds(ms) {
  return Math.max(Number(ms) || 0, 0) / 1000;
}

/**
 * The amplitude after a reduction in decibels, from 0 to at most SILENT_DB.
 * @param {number} byDb
 */
export function lowered(byDb) {
  return 10 ** (-Math.min(Math.max(Number(byDb) || 0, 0), SILENT_DB) / 20);
}

/**
 * The amplitudes of a number of layers at an intensity. The first always plays. The others divide
 * 0..1 evenly: each fades in over its part, as a sine; at 1 all are full.
 * @param {number} level
 * @param {number} layers
 */
export function spread(level, layers) {
  const upper = Math.max(layers - 1, 1);
  return Array.from({ length: layers }, (_, i) => {
    const point = Math.min(Math.max(level * upper - (i - 1), 0), 1);
    return i ? sine(point) : 1;
  });
}
