// The music beside or inside Howler (2.2).
import { openMusic } from "./index.js";

/**
 * Open the music on Howler's own context and behind its volume: Howler.volume() and Howler.mute()
 * hold for it too, and Howler's unlocking on the first touch serves both.
 */
export function openInHowler(Howler, options = {}) {
  if (!Howler.ctx) Howler.volume(Howler.volume()); // Howler makes its context when it is first asked
  if (!Howler.ctx) throw new Error("Howler has no WebAudio here; chipassets needs it");
  // Howler puts its context to sleep 30 seconds after its own last sound; it does not see this one.
  Howler.autoSuspend = false;
  return openMusic({ ...options, context: Howler.ctx, output: Howler.masterGain });
}

/**
 * Play a Howl of a track once through its intro, then its loop without end, exact to the sample.
 * `track` is one of bundle.json; the Howl's src is its file. Returns the id of the sound.
 *
 * Howler's sprites can loop as a whole only, so the loop's start is set on the node that plays: at
 * once, and again whenever Howler makes a new one.
 */
export function playLoop(howl, track) {
  if (!track.loop) return howl.play();
  howl.loop(true); // before it plays: a sound that does not loop is started for its length only
  const id = howl.play();
  const set = () => {
    const sound = howl._soundById(id);
    const source = sound && sound._node && sound._node.bufferSource;
    if (!source) return;
    const rate = track.sample_rate_hz;
    sound._start = track.loop.start_sample / rate;
    source.loopStart = sound._start;
    source.loopEnd = (track.loop.start_sample + track.loop.length_samples) / rate;
  };
  howl.on("play", set, id);
  set();
  return id;
}
