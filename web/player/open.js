/** Opening a bundle on a page. */

import { checkIndex } from "./check.js";
import { openContext } from "./mixer.js";
import { Player } from "./player.js";

/** The address of this file: "" if it is part of a page or of a module. */
const SCRIPT = scriptAddress();

function scriptAddress() {
  if (!globalThis.document) return "";
  const script = document.currentScript;
  return script instanceof HTMLScriptElement ? script.src : "";
}

/**
 * Browsers keep a context silent until the user does something: resume it then.
 * @param {Player} player
 */
function resumeOnGesture(player) {
  const events = ["pointerdown", "keydown", "touchend"];
  const unlock = () => {
    for (const name of events) removeEventListener(name, unlock, true);
    if (!player._isPaused) player.context.resume();
  };
  for (const name of events) addEventListener(name, unlock, true);
}

/**
 * Return the Player of the bundle whose bundle.json lies at `url`. Options: {rules, levels} for
 * the transitions, {context} to share an AudioContext (pause lets it run), {output} to play into a
 * node of it, {synth} the address of chipassets-synth.js, which else is looked for beside this
 * file, or false to play audio files alone.
 * @param {string} url
 * @param {PlayerOptions} [options]
 */
export async function open(url, options = {}) {
  const base = new URL(url, globalThis.location ? globalThis.location.href : undefined);
  /** @param {string | URL} path */
  const get = async (path) => {
    // Ask whether a cached copy is still the one: index and files of two builds must not mix.
    const response = await fetch(new URL(path, base), { cache: "no-cache" });
    if (!response.ok) throw new Error(`${path} cannot be read (${response.status})`);
    return response;
  };
  const response = await get(base.href);
  const index = checkIndex(await response.json());
  /** @param {string} path */
  const load = async (path) => (await get(path)).arrayBuffer();
  const synth = options.synth ?? (SCRIPT && new URL("chipassets-synth.js", SCRIPT).href);
  const context = options.context || openContext(index);
  const player = new Player(index, load, context, { ...options, synth });
  if (player.context.state === "suspended" && typeof addEventListener === "function")
    resumeOnGesture(player);
  return player;
}
