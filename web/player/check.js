/** The index of a bundle, checked before anything is played from it. */

export const FORMAT = 1;

/** Limits that no music exceeds; larger numbers could make loops endless. */
const MOST_TEMPO = 10000;

const MOST_BEATS = 1000;

const MOST_HZ = 1000000;

const SAFE_PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;

/** @type {Test} */
export const isText = (value) => typeof value === "string" && value !== "";

/**
 * @param {number} least
 * @param {number} [most]
 * @returns {Test}
 */
export const isWhole =
  (least, most = Number.MAX_SAFE_INTEGER) =>
  (value) =>
    Number.isSafeInteger(value) && value >= least && value <= most;

/**
 * @param {number} least
 * @param {number} most
 * @returns {Test}
 */
const isHalves = (least, most) => (value) =>
  Number.isInteger(2 * value) && value >= least && value <= most;

/** @type {Test} */
export const isObject = (value) =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * @param {Test} fits
 * @returns {Test}
 */
export const isListOf = (fits) => (value) =>
  Array.isArray(value) && value.every((one) => fits(one));

/** @type {Test} */
const isSection = (value) =>
  isObject(value) && isText(value.name) && isWhole(0)(value.start_bar) && isWhole(1)(value.bars);

/**
 * By field: a test of a track's value, and its description for messages.
 * @type {Record<string, [fits: Test, wanted: string]>}
 */
const TRACK_FIELDS = {
  name: [isText, "a text"],
  scene: [isText, "a text"],
  moods: [isListOf(isText), "a list of texts"],
  bars: [isWhole(1), "a whole number above 0"],
  samples: [isWhole(1), "a whole number above 0"],
  sample_rate_hz: [isWhole(1, MOST_HZ), "a whole number above 0"],
  beats_per_bar: [isHalves(1, MOST_BEATS), `a number of halves from 1 to ${MOST_BEATS}`],
  tempo_bpm: [
    (value) => Number.isFinite(value) && value >= 1 && value <= MOST_TEMPO,
    `a number from 1 to ${MOST_TEMPO}`,
  ],
  sections: [isListOf(isSection), "a list of sections"],
  files: [isObject, "an object"],
};

/**
 * Return the index; throws an Error with the reason if it is invalid.
 * @param {any} index
 */
export function checkIndex(index) {
  if (index === null || typeof index !== "object" || !Array.isArray(index.tracks)) {
    throw new Error("bundle.json does not hold an index; build the bundle again");
  }
  if (Number.isInteger(index.format) && index.format > FORMAT) {
    throw new Error(
      `the bundle has format ${index.format} and this player reads format ${FORMAT}; ` +
        "update chipassets.js",
    );
  }
  if (index.format !== FORMAT) {
    throw new Error(`bundle.json says format ${JSON.stringify(index.format)}; expected ${FORMAT}`);
  }
  index.tracks.forEach(checkTrack);
  return index;
}

/**
 * @param {any} track
 * @param {number} number
 */
function checkTrack(track, number) {
  const place = `track ${JSON.stringify(track?.name || number)}`;
  /** @type {Refuse} */
  const refuse = (why) => {
    throw new Error(`${place}: ${why}; build the bundle again`);
  };
  if (!isObject(track)) refuse("it is not an object");
  for (const [key, [fits, wanted]] of Object.entries(TRACK_FIELDS)) {
    if (!fits(track[key])) refuse(`${key} is not ${wanted}`);
  }
  const pulse = track.pulse_steps;
  if (pulse !== undefined && (!isWhole(1)(pulse) || (4 * track.beats_per_bar) % pulse)) {
    refuse("pulse_steps does not divide the bar");
  }
  if (track.loop !== null && track.loop !== undefined) checkLoop(track, refuse);
  const layers = track.layers === undefined ? [] : track.layers;
  if (!isListOf(isObject)(layers)) refuse("layers is not a list of objects");
  for (const file of [...Object.values(track.files), ...layers]) {
    if (!isObject(file) || !isWhole(0)(file.bytes)) refuse("a file has no size");
    const path = JSON.stringify(file.path);
    if (!SAFE_PATH.test(file.path)) refuse(`${path} points outside the bundle`);
  }
}

/**
 * @param {any} track
 * @param {Refuse} refuse
 */
function checkLoop(track, refuse) {
  const loop = track.loop;
  const [start, first] = [loop.start_sample, loop.start_bar];
  if (!isWhole(1)(loop.length_samples) || !isWhole(1)(loop.bars)) refuse("the loop is empty");
  if (!isWhole(0)(start) || !isWhole(0)(first) || (start === 0) !== (first === 0)) {
    refuse("the loop does not say where it starts");
  }
  if (start + loop.length_samples > track.samples || loop.bars > track.bars) {
    refuse("the loop goes past the end");
  }
  if (first < track.bars - loop.bars || first > track.bars) {
    refuse("the loop starts neither behind the intro nor in a second pass");
  }
}
