/** When a change begins: at once, or at the next beat, bar or section of what plays. */
export type When = "now" | "beat" | "bar" | "section";
export type How = "crossfade" | "fade" | "cut";

/** The names of the bundle. */
export type Scene = @SCENES@;
export type TrackName = @TRACKS@;
export type Mood = @MOODS@;

export interface Rule {
  from: Scene | "*" | (string & {});
  to: Scene | "*" | (string & {});
  when: When;
  fadeMs: number;
  how?: How;
}

export interface Loop {
  start_sample: number;
  length_samples: number;
  start_bar: number;
  bars: number;
  start_seconds: number | null;
  length_seconds: number | null;
}

export interface Track {
  name: TrackName;
  scene: Scene;
  moods: string[];
  match: string | null;
  /** How the track follows another one, such as a variant that plays its notes. */
  link: { kind: "variant" | "family" | "bridge"; of: string; to: string | null } | null;
  key: string;
  tempo_bpm: number;
  beats_per_bar: number;
  pulse_steps: number;
  bars: number;
  file_bars: number | null;
  seconds: number;
  sample_rate_hz: number;
  samples: number;
  loop: Loop | null;
  sections: { name: string; start_bar: number; bars: number }[];
  layers: { name: string; voices: string[]; path: string; sha256: string; bytes: number }[];
}

export interface Manner {
  when?: When;
  fadeMs?: number;
  how?: How;
}

/** A change of music: the track, the time of the audio clock at which it begins, and why. */
export interface Change {
  track: Track;
  at: number;
  reason: string;
}

export interface Playing {
  track: Track;
  scene: string;
  sample: number;
  bar: number;
  beat: number;
  section: string;
}

export interface Place {
  scene: string;
  track: string;
  sample: number;
}

/** The state of the music, for a save game: JSON. */
export interface State {
  format: 1;
  scenes: { scene: string; moods: string[]; track: string | null; sample: number }[];
  playing: Place | null;
  intensity: number;
  duck_db: number;
}

export interface Options {
  rules?: Rule[];
  levels?: Record<string, number>;
  context?: AudioContext;
  /** The node that the music is played into; by default the context's destination. */
  output?: AudioNode;
  /** The address of chipassets-synth.js, or false to play audio files alone. */
  synth?: string | URL | false;
}

export class Player {
  readonly context: AudioContext;
  readonly playing: Playing | null;
  volume: number;
  musicVolume: number;
  stingVolume: number;
  enter(scene: Scene, options?: Manner & { moods?: Mood[] }): Promise<Change | null>;
  leave(options?: Manner): Promise<Change | null>;
  preload(...names: (Scene | TrackName)[]): Promise<void>;
  sting(
    name: TrackName | Scene,
    options?: { when?: When; priority?: number }
  ): Promise<{ track: Track; at: number } | null>;
  duck(byDb?: number, fadeMs?: number): void;
  intensity(level: number, options?: { fadeMs?: number; when?: When }): void;
  state(): State;
  restore(state: State, options?: { fadeMs?: number }): Promise<Change | null>;
  stop(fadeMs?: number): void;
  /** Holds the music; in a context that the game shares, its other sounds go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export const bundleUrl: string;
export const LEVELS: Readonly<Record<string, number>>;
export const RULES: readonly Rule[];
export function openMusic(options?: Options): Promise<Player>;
export function open(url: string | URL, options?: Options): Promise<Player>;
export function feltBeats(track: Track): number;
