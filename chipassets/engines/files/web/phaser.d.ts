import type { Options, Player } from "./index.js";

export function openInPhaser(game: unknown, options?: Options): Promise<Player>;
