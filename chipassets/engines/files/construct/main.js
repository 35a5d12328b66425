// Plays title, overworld (with layers), battle, victory, and back; keys 1 to 4, up and down.
import { openMusic } from "./chipassets-music.js";

runOnStartup(async (runtime) => {
  const music = await openMusic(runtime);
  globalThis.music = music;
  runtime.addEventListener("beforeprojectstart", () => music.enter("title"));
  const keys = {
    Digit1: () => music.enter("title"),
    Digit2: () => music.enter("overworld"),
    Digit3: () => music.enter("battle", { when: "beat" }),
    Digit4: () => {
      music.sting("victory", { when: "beat" });
      music.leave({ when: "bar" });
    },
    ArrowUp: () => music.intensity(1),
    ArrowDown: () => music.intensity(0),
  };
  runtime.addEventListener("keydown", ({ code }) => keys[code] && keys[code]());
});
