/** The words of bundle.json and of the player. Docs: docs/bundle.md, docs/runtime.md. */

interface BundleFile {
  path: string;
  bytes: number;
}

interface Section {
  name: string;
  start_bar: number;
  bars: number;
}

interface Loop {
  start_sample: number;
  length_samples: number;
  start_bar: number;
  bars: number;
}

interface Track {
  name: string;
  scene: string;
  moods: string[];
  match?: string | null;
  link?: { kind: string; of: string } | null;
  bars: number;
  samples: number;
  sample_rate_hz: number;
  beats_per_bar: number;
  pulse_steps?: number;
  tempo_bpm: number;
  loop?: Loop | null;
  sections?: Section[];
  layers?: BundleFile[];
  files: Record<string, BundleFile>;
}

interface Index {
  format?: number;
  tracks: Track[];
}

type When = "now" | "beat" | "bar" | "section";
type How = "crossfade" | "fade" | "cut";

interface Rule {
  from: string;
  to: string;
  when: When;
  fadeMs: number;
  how?: How;
}

/** From `at` on, go to the point `to` (0 silent, 1 full) within `length` seconds. */
interface Fade {
  at: number;
  length: number;
  to: number;
}

/** What the Director asks for; without a track where none serves the scene. */
interface Wish {
  scene: string;
  track: Track | null;
  when: When;
  fadeMs: number;
  how: How;
  reason: string;
}

interface Voice {
  track: Track;
  scene: string;
  since: number;
  fromSample: number;
  fades: Fade[];
}

interface Change {
  when?: When;
  how?: How;
  fadeSeconds?: number;
  fromSample?: number;
  isJump?: boolean;
}

interface Sting {
  track: Track;
  at: number;
  end: number;
  priority: number;
}

interface SceneEntry {
  scene: string;
  moods: string[];
}

/** Where the music of a scene is, as a save game holds it. */
interface SavedScene extends SceneEntry {
  track: string | null;
  sample: number;
}

interface State {
  format: number;
  scenes: SavedScene[];
  playing: { scene: string; track: string; sample: number } | null;
  intensity: number;
  duck_db: number;
}

interface Options {
  when?: When;
  how?: How;
  fadeMs?: number;
}

interface PlayerOptions {
  rules?: Rule[];
  levels?: Record<string, number>;
  context?: AudioContext;
  output?: AudioNode;
  synth?: string | false;
}

/** What sounds from a time on, until it is stopped or over. */
interface SoundNode {
  stop(): void;
  onended: unknown;
}

/** A track that chipassets-synth.js plays from a chip's registers; length: of its layers. */
interface SynthTrack {
  length: number;
  start(at: number, fromSample: number, samples: number, outputs: AudioNode[]): SoundNode;
  ready(): Promise<unknown>;
  close(): void;
}

/** What a track sounds from: a buffer for each layer, or a synthesised track. */
type Sounds = AudioBuffer[] | SynthTrack;

/** The module chipassets-synth.js. */
interface SynthModule {
  canStream(context: BaseAudioContext): boolean;
  install(context: BaseAudioContext): Promise<unknown>;
  renderBuffers(context: BaseAudioContext, data: ArrayBuffer): Promise<AudioBuffer[]>;
  SynthTrack: new (context: BaseAudioContext, data: ArrayBuffer) => SynthTrack;
}

/** A track of the report: what the player needs, and how its version is labelled. */
interface ReportTrack extends Track {
  label: string;
}

/** What the report's playback tells: what sounds, what moved, what failed and why. */
interface Shows {
  sounding(id: string, sounds: boolean): void;
  moved(id: string): void;
  failed(id: string, why: string): void;
}

/** Whether a value of unknown origin is what is wanted. */
type Test = (value: any) => boolean;
type Refuse = (why: string) => never;

/** What a page that loads chipassets.js as a script finds. */
declare var Chipassets: Readonly<Record<string, unknown>>;

/**
 * A take of the studio's list. Its name is a number, a version such as "5.1", or "locked". Features:
 * name, value, points of 1, unit and what it counts.
 */
interface TakeItem {
  take: string;
  label: string;
  state: string;
  origin: string;
  points: number | null;
  against: string[];
  bars: number;
  features: [string, number, number, string, string][];
}

interface TakeList {
  track: string;
  takes: TakeItem[];
  count: number;
  is_whole: boolean;
  chosen: string;
  is_accepted: boolean;
  is_frozen: boolean;
  loops: boolean;
  sections: Section[];
}

/** A take as it sounds; notes: voice, start and end in 16ths, pitch, whether it is a drum. */
interface TakeSound extends Track {
  voices: string[];
  notes: [number, number, number, number, number][];
  key: string;
  chords: string[];
}

interface StudioField {
  key: string;
  description: string;
  choices: string[];
  examples: string[];
  is_list: boolean;
}

interface StudioTrack {
  name: string;
  state: string;
  take: string;
  of: number;
  rejected: number;
  stale: string;
  said: Record<string, string>;
  is: Record<string, string>;
}

interface StudioProblem {
  line: number;
  column: number;
  found: string;
  why: string;
  fix: string;
  text: string;
}

interface StudioGame {
  manifest: string;
  text: string;
  hash: string;
  faults: string[];
  problems: StudioProblem[];
  game?: string;
  fields?: { track: StudioField[]; game: StudioField[] };
  said?: Record<string, string>;
  is?: Record<string, string>;
  parts?: string[];
  tracks?: StudioTrack[];
}

interface StudioWork {
  number: number;
  what: string;
  track: string;
  share: number | null;
  is_running: boolean;
}

interface StudioState {
  revision: number;
  content: number;
  work: StudioWork[];
  messages: { number: number; kind: string; text: string; track: string }[];
  undo: string;
  redo: string;
}
