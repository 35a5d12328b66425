/** The state of the music in a save game. */

import { isListOf, isObject, isText, isWhole } from "./check.js";

export const STATE_FORMAT = 1;

/**
 * Throw an Error for a value that does not come from Player.state.
 * @param {any} state
 */
export function checkState(state) {
  /** @type {(what: string, wanted: string) => never} */
  const refuse = (what, wanted) => {
    throw new TypeError(`${what} is not ${wanted}, as state() returned it`);
  };
  /** @param {any} value */
  const isPlace = (value) => isText(value.track) && isWhole(0)(value.sample);
  /** @param {any} value */
  const isEntry = (value) =>
    isObject(value) &&
    isText(value.scene) &&
    isListOf((mood) => typeof mood === "string")(value.moods) &&
    (value.track === null || isPlace(value));
  if (!isObject(state)) refuse("the state", "an object");
  if (state.format !== STATE_FORMAT) refuse("its format", `${STATE_FORMAT}`);
  if (!isListOf(isEntry)(state.scenes)) refuse("scenes", "a list of scenes");
  if (state.playing !== null && !(isObject(state.playing) && isPlace(state.playing))) {
    refuse("playing", "a place in a track");
  }
  if (!Number.isFinite(state.intensity)) refuse("intensity", "a number");
  if (!Number.isFinite(state.duck_db)) refuse("duck_db", "a number");
}
