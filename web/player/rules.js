/** The levels of scenes, and the rules of transitions. */

/**
 * The level of a scene, 0 for those not named. A scene of a higher level plays over a lower one.
 * @type {Record<string, number>}
 */
export const LEVELS = { shop: 1, battle: 2, boss: 2, victory: 2, menu: 3 };

/** When and how a change happens, and the options of `enter`. */
export const WHENS = ["now", "beat", "bar", "section"];

export const HOWS = ["crossfade", "fade", "cut"];

export const OPTIONS = ["moods", "when", "fadeMs", "how"];

export const STING_OPTIONS = ["when", "priority"];

export const LEVEL_OPTIONS = ["fadeMs", "when"];

export const RESTORE_OPTIONS = ["fadeMs"];

/**
 * The first rule that fits decides when ("now", "beat", "bar", "section") the music changes, and
 * how: in a crossfade of `fadeMs`, or with {how: "fade"} out first and then in, or with "cut".
 * @type {Rule[]}
 */
export const RULES = [
  { from: "*", to: "battle", when: "now", fadeMs: 120 },
  { from: "*", to: "boss", when: "now", fadeMs: 120 },
  { from: "*", to: "victory", when: "now", fadeMs: 60 },
  { from: "*", to: "game_over", when: "now", fadeMs: 400 },
  { from: "town", to: "shop", when: "bar", fadeMs: 400 },
  { from: "shop", to: "town", when: "bar", fadeMs: 400 },
  { from: "*", to: "*", when: "now", fadeMs: 800 },
];
