/** The page's requests to the program that serves it. */

/** A refusal: its text, and the problems of a manifest, each with its line. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {StudioProblem[]} problems
   */
  constructor(message, problems) {
    super(message);
    this.problems = problems;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused("the studio does not answer; is it still running?", []);
  }
  if (response.ok) return response;
  const text = await response.text();
  let told = { error: text.trim(), problems: [] };
  try {
    told = JSON.parse(text);
  } catch {
    // A refusal of the guard is plain text.
  }
  throw new Refused(told.error, told.problems);
}

/**
 * The JSON at an address below the page's own.
 * @param {string} path
 */
export async function read(path) {
  return (await ask(path)).json();
}

/** @param {string} path */
export async function readBytes(path) {
  return (await ask(path)).arrayBuffer();
}

/**
 * Send an order; returns the number of the job, or what was done.
 * @param {string} path
 * @param {object} [values]
 */
export async function order(path, values = {}) {
  const headers = { "content-type": "application/json" };
  const response = await ask(path, { method: "POST", headers, body: JSON.stringify(values) });
  return (await response.json()).done;
}

/** @param {string} track */
export const trackPath = (track) => `tracks/${encodeURIComponent(track)}`;

/**
 * @param {string} track
 * @param {string} take
 */
export const takePath = (track, take) => `${trackPath(track)}/takes/${encodeURIComponent(take)}`;

/**
 * The bytes of a file in base 64, as an order carries them.
 * @param {Blob} file
 * @returns {Promise<string>}
 */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] || ""));
    reader.addEventListener("error", () => reject(new Refused("the file cannot be read", [])));
    reader.readAsDataURL(file);
  });
}
