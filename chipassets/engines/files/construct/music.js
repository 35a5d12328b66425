// The music in Construct 3: import this file in the project's main script.
//
//   import { openMusic } from "./chipassets-music.js";
//   runOnStartup(async (runtime) => {
//     const music = await openMusic(runtime);
//     globalThis.music = music;       // for scripts in event sheets: music.enter("overworld")
//   });
//
// The project's property Use worker must be No: a worker has no AudioContext.
// The audio belongs to the project's Files, not to Music: Construct re-encodes what lies there.
import "./chipassets.js";

const { Chipassets } = globalThis;

/** The tracks, as in the bundle's index; the files lie side by side in the project's Files. */
export const INDEX = @INDEX@;

/** Open the music of the project; resolves to the player of chipassets.js. */
export async function openMusic(runtime, options = {}) {
  if (!options.context && !globalThis.AudioContext) {
    throw new Error(
      "chipassets: Construct runs this script in a worker, where there is no AudioContext; " +
        "set the project's property Use worker (Advanced) to No",
    );
  }
  const index = Chipassets.checkIndex(INDEX);
  const context = options.context || Chipassets.openContext(index);
  const load = (path) => runtime.assets.fetchArrayBuffer(path);
  const player = new Chipassets.Player(index, load, context, options);
  const unlock = () => player.context.resume();
  runtime.addEventListener("pointerdown", unlock);
  runtime.addEventListener("keydown", unlock);
  return player;
}
