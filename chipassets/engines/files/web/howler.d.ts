import type { Options, Player, Track } from "./index.js";

export function openInHowler(howler: unknown, options?: Options): Promise<Player>;
export function playLoop(howl: unknown, track: Track): number;
