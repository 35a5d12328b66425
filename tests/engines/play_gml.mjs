// Plays the calls of scenario.py on GameMaker's script: node play_gml.mjs SCRIPT CALLS [MISSING] [web].
// On the web a file is fetched and decoded while the game goes on: its length is unknown at first, and
// each play of it begins some time later, one layer behind the other. GML is near to
// JavaScript; what differs is written anew, and GameMaker's functions are those of its manual. Time
// and sound are numbers here.
import { readFileSync } from "node:fs";

let now = 0;
let heard = 0; // milliseconds of the sound, which may stall
let stallsUntil = 0;
const isWeb = process.argv[5] === "web";
const KNOWN_MS = 150; // then a stream's length is known
const DECODED_MS = 40; // each file begins so much behind the one before it
const playing = new Map();
let made = 0;

const gml = {
  array_length: (list) => list.length,
  array_push: (list, ...values) => list.push(...values),
  array_pop: (list) => list.pop(),
  array_delete: (list, at, count) => list.splice(at, count),
  array_resize: (list, length) => {
    list.length = length;
  },
  variable_struct_exists: (struct, name) => Object.hasOwn(struct, name),
  variable_struct_remove: (struct, name) => delete struct[name],
  variable_struct_get_names: (struct) => Object.keys(struct),
  is_array: Array.isArray,
  is_string: (value) => typeof value === "string",
  is_numeric: (value) => typeof value === "number",
  string: String,
  string_length: (text) => text.length,
  string_char_at: (text, at) => text[at - 1],
  audio_exists: (asset) => asset !== -1,
  is_undefined: (value) => value === undefined,
  is_struct: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  json_parse: (text) => JSON.parse(text),
  show_debug_message: (text) => console.log(`warn\t${text}`),
  clamp: (value, least, most) => Math.min(Math.max(value, least), most),
  power: Math.pow, log10: Math.log10, sin: Math.sin, abs: Math.abs, floor: Math.floor,
  min: Math.min, max: Math.max, pi: Math.PI,
  audio_create_stream: (path) => (process.argv[4] && path.includes(process.argv[4]) ? -1 : path.replace("music/", "")),
  audio_play_sound(asset, priority, loop, gain, offset) {
    made += 1;
    const late = isWeb ? DECODED_MS * (1 + (made % 3)) : 0;
    playing.set(made, { asset, gain, began: heard + late - offset * 1000, loop, loopEnd: Infinity });
    const sample = Math.floor(offset * 44100);
    console.log(`start\t${asset}\t${sample}\t${(now / 1000).toFixed(6)}`);
    return made;
  },
  audio_is_playing: (sound) => playing.has(sound) && playing.get(sound).pausedAt === undefined,
  audio_is_paused: (sound) => playing.has(sound) && playing.get(sound).pausedAt !== undefined,
  os_browser: isWeb ? 7 : -1, browser_not_a_browser: -1,
  audio_sound_length: () => (isWeb && now < KNOWN_MS ? -1 : 10),
  audio_sound_loop_start(sound, seconds) {
    if (gml.audio_sound_length() > 0) playing.get(sound).loopStart = seconds;
  },
  audio_sound_loop_end(sound, seconds) {
    if (gml.audio_sound_length() > 0) playing.get(sound).loopEnd = seconds;
  },
  audio_sound_set_track_position(sound, seconds) { playing.get(sound).began = heard - seconds * 1000; },
  audio_sound_get_track_position(sound) {
    const { began, loop, loopStart, loopEnd, pausedAt = heard } = playing.get(sound);
    const seconds = Math.max((pausedAt - began) / 1000, 0);
    if (!loop || seconds < loopEnd) return seconds;
    return loopStart + ((seconds - loopStart) % (loopEnd - loopStart));
  },
  audio_sound_gain(sound, gain) { playing.get(sound).gain = gain; },
  audio_pause_sound(sound) { playing.get(sound).pausedAt = heard; },
  audio_resume_sound(sound) {
    const { began, pausedAt } = playing.get(sound);
    Object.assign(playing.get(sound), { began: began + heard - pausedAt, pausedAt: undefined });
  },
  audio_stop_sound: (sound) => playing.delete(sound),
};

const script = readFileSync(process.argv[2], "utf8")
  .replace(/^#macro (\w+) (.+)$/gm, "const $1 = $2;")
  .replace(/\bglobal\./g, "globals.")
  .replace(/\[\$ /g, "[")
  .replace(/ mod /g, " % ")
  .replace(/\bcurrent_time\b/g, "clock()");
const names = [...script.matchAll(/^function (\w+)/gm)].map(([, name]) => name);
const body = `${script}\nreturn { globals, ${names.join(", ")} };`;
const music = new Function("globals", "clock", ...Object.keys(gml), body)({}, () => now, ...Object.values(gml));

const given = (when, fade, how) => ({
  ...(when && { when }), ...(fade && { fade_ms: Number(fade) * 1000 }), ...(how && { how }),
});
let saved = "";
const words = {
  enter: (scene, when, fade, how, moods) =>
    music.music_enter(scene, { ...given(when, fade, how), moods: moods ? moods.split(",") : [] }),
  leave: (when, fade, how) => music.music_leave(given(when, fade, how)),
  sting: (name, when, priority) => music.music_sting(name, when, Number(priority)),
  intensity: (level, fade, when) => music.music_intensity(Number(level), Number(fade) * 1000, when),
  duck: (db, fade) => music.music_duck(Number(db), Number(fade) * 1000),
  stop: (fade) => music.music_stop(Number(fade) * 1000),
  pause: () => music.music_pause(),
  resume: () => music.music_resume(),
  stall(seconds) { stallsUntil = now + Number(seconds) * 1000; },
  playing: () => console.log(`playing\t${music.music_playing() || "-"}`),
  slip(scene) {
    music.music_sting("victroy");
    music.music_enter(scene, { when: "bars", how: "fead", fade: 1 });
  },
  mistake() {
    music.music_enter(5);
    music.music_enter("title", "bar");
    music.music_enter("title", { moods: 5 });
    music.music_leave({ whn: "bar" });
    music.music_intensity("loud");
    music.music_intensity(0.25, { when: "bar" });
    music.music_duck(0, "slowly");
    music.music_sting(5);
    music.music_sting("title", "now", "high");
  },
  worn() {
    const state = JSON.parse(saved);
    for (const entry of state.scenes) entry.sample = 400000000;
    console.log(`restored\t${music.music_restore(state)}`);
  },
  save() {
    saved = JSON.stringify(music.music_state(), (_, value) => value ?? null);
    console.log(`state\t${saved}`);
  },
  restore: () => console.log(`restored\t${music.music_restore(JSON.parse(saved))}`),
  refuse: (text) => console.log(`restored\t${music.music_restore(JSON.parse(text))}`),
  places() {
    for (const [sound, { asset, loopStart, loopEnd, gain }] of playing) {
      const place = gml.audio_sound_get_track_position(sound);
      console.log(["place", asset, place, loopStart, loopEnd, gain].join("\t"));
    }
  },
  gains() {
    for (const { asset, gain } of playing.values()) console.log(`gain\t${asset}\t${gain}`);
  },
  end() {},
};

const rows = readFileSync(process.argv[3], "utf8").trimEnd().split("\n").map((line) => line.split("\t"));
music.music_init();
for (let frame = 0; rows.length; frame += 1) {
  now = frame * 10;
  if (now > stallsUntil + 1e-6) heard += 10;
  while (rows.length && Number(rows[0][0]) * 1000 <= now + 1e-6) {
    const [, word, ...given] = rows.shift();
    words[word](...given);
  }
  music.music_step();
}
