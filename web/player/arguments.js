/** What a game passes to a call: wrong values are told of and left out, so that the game goes on. */

import { isObject } from "./check.js";
import { meant } from "./names.js";

/**
 * The options of a call without those whose name or kind is wrong; none for what is no object.
 * @param {string} call
 * @param {any} options
 * @param {string[]} names
 * @param {(message: string) => void} warn
 * @returns {any}
 */
export function knownOptions(call, options, names, warn) {
  if (!isObject(options)) {
    if (options !== undefined) {
      const likely = names.includes("when") ? 'when: "bar"' : `${names[0]}: 100`;
      warn(`${call} takes its options as { ${likely} }, not as '${options}'`);
    }
    return {};
  }
  const entries = Object.entries(options).filter(([name, value]) => {
    if (!names.includes(name)) {
      warn(`there is no option of ${call} '${name}'; ${meant(name, names)}`);
      return false;
    }
    return value !== undefined && (!isCount(name) || isNumber(call, name, value, warn));
  });
  return Object.fromEntries(entries);
}

/**
 * Whether it is a number, or a text that is one, as a page's slider gives; told otherwise.
 * @param {string} call
 * @param {string} name
 * @param {unknown} value
 * @param {(message: string) => void} warn
 */
export function isNumber(call, name, value, warn) {
  const isOne = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  if (isOne && !Number.isNaN(Number(value))) return true;
  warn(`${call} takes ${name} as a number, not as '${value}'`);
  return false;
}

/**
 * A list of moods, of which one alone may be given as text.
 * @param {any} moods
 * @param {(message: string) => void} warn
 * @returns {string[]}
 */
export function listOfMoods(moods = [], warn) {
  return [moods].flat().filter((mood) => {
    if (typeof mood !== "string") warn(`moods are a list of names, not '${mood}'`);
    return typeof mood === "string";
  });
}

/** @param {string} name */
function isCount(name) {
  return name === "fadeMs" || name === "priority";
}
