// The music inside Phaser (3.60 and later, 4).
import { openMusic } from "./index.js";

/**
 * Open the music on the context of Phaser's sound manager and behind its volume and mute. It
 * follows the game's pause and blur where Phaser's own sounds do.
 */
export function openInPhaser(game, options = {}) {
  const sound = game.sound;
  if (!sound.context) throw new Error("this game has no WebAudio; chipassets needs it");
  return openMusic({ ...options, context: sound.context, output: sound.masterMuteNode });
}
