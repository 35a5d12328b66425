// The music of @GAME@ as a module: import { openMusic } from "@PACKAGE@".
import "./chipassets.js";

const { Chipassets } = globalThis;

/** Where the bundle's index lies. */
export const bundleUrl = new URL("./bundle/bundle.json", import.meta.url).href;

/** The synthesiser, which plays the tracks that have `synth` files. */
const synth = new URL("./chipassets-synth.js", import.meta.url).href;

/** Open the music; resolves to a player. Options: rules, levels, context, output, synth. */
export function openMusic(options = {}) {
  return Chipassets.open(bundleUrl, { synth, ...options });
}

export const { LEVELS, RULES, Director, Player, open, feltBeats } = Chipassets;
export default Chipassets;
