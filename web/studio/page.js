/*
 * The script of the studio's page. It is made of the modules in web/studio of the repository, with
 * the player's arithmetic and the playback of the report, by web/bundle.py; see web/README.md.
 */

import { all, byId } from "../page/elements.js";
import { Playback } from "../page/playback.js";
import { barAndBeat, barSample, beatSample, feltBeats, wrap } from "../player/lines.js";
import { fill, make } from "./build.js";
import { Editor } from "./editor.js";
import { showFields } from "./fields.js";
import { showFeatures, showTakes, showTracks, showWork } from "./lists.js";
import { drawRoll, drawSections, drawVoices, placeOf, sampleAt } from "./roll.js";
import { base64, order, Refused, read, readBytes, takePath, trackPath } from "./server.js";
import { ignoreUnusable, setUsable } from "./usable.js";

const RETRY_MS = 2000;

/** @type {StudioGame | null} */
let game = null;
/** @type {TakeList | null} */
let list = null;
let track = "";
let take = "";
let other = "";
let composing = 0;
let content = 0;
let saidNumber = 0;
/** The number of the last request: answers to earlier ones are ignored. */
let asked = 0;

/** @type {Record<string, TakeSound>} */
const sounds = {};
/** The sound of each take by its address: under a new plan a name may stand for other music. */
/** @type {Map<string, string>} */
const labels = new Map();
const roll = byId("roll");
const editor = new Editor(tell);
const playback = new Playback(/** @type {any} */ (sounds), (id) => readBytes(`${id}/audio.flac`), {
  sounding: showSounding,
  moved: showPosition,
  failed: (id, why) => tell(`${labels.get(id) || id} cannot be played: ${why}`, true),
});

// ---- Messages ----------------------------------------------------------------------------

/**
 * @param {string} text
 * @param {boolean} [isError]
 */
function tell(text, isError = false) {
  const place = byId(isError ? "alert" : "said");
  place.textContent = text;
  const line = byId("line");
  line.textContent = text;
  line.classList.toggle("error", isError);
}

/**
 * Carry out a click or a key, and show the reason if it is refused.
 * @param {() => Promise<unknown>} run
 */
async function attempt(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell(error.message, true);
    return undefined;
  }
}

// ---- State -----------------------------------------------------------------------------

async function follow() {
  let revision = 0;
  for (;;) {
    try {
      /** @type {StudioState} */
      const state = await read(`state?after=${revision}&said=${saidNumber}`);
      const isFirst = revision === 0;
      revision = state.revision;
      showState(state, isFirst);
      if (state.content !== content) {
        content = state.content;
        await load();
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message, true);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
}

/**
 * @param {StudioState} state
 * @param {boolean} isFirst
 */
function showState(state, isFirst) {
  showWork(byId("work"), state.work, (number) => attempt(() => order("cancel", { job: number })));
  showStep("undo", state.undo);
  showStep("redo", state.redo);
  const last = state.messages[state.messages.length - 1];
  if (!last) return;
  saidNumber = last.number;
  if (!isFirst) for (const { text, kind } of state.messages) tell(text, kind === "error");
}

/**
 * @param {string} id
 * @param {string} what
 */
function showStep(id, what) {
  const button = byId(id);
  setUsable(button, Boolean(what));
  const word = id === "undo" ? "Undo" : "Redo";
  button.title = what;
  button.setAttribute("aria-label", what ? `${word}: ${what}` : word);
}

async function load() {
  /** @type {StudioGame} */
  const found = await read("game");
  game = found;
  editor.show(found);
  byId("broken").hidden = found.tracks !== undefined;
  if (!found.tracks || !found.fields) return;
  document.title = `${found.game}: studio`;
  byId("game-name").textContent = found.game || "";
  if (!found.tracks.some((one) => one.name === track)) {
    await select(found.tracks[0].name);
    return;
  }
  showGame(found);
  await loadTakes();
}

/** @param {StudioGame} found */
function showGame(found) {
  if (!found.tracks || !found.fields) return;
  showTracks(byId("tracks"), found.tracks, track, (name) => attempt(() => select(name)));
  const own = found.tracks.find((one) => one.name === track);
  if (own) {
    byId("track-name").textContent = own.name;
    byId("facts").textContent = factsOf(own);
    byId("stale").textContent =
      own.stale && own.take ? `A build would compose it anew: ${own.stale}` : "";
    showFields(byId("track-fields"), track, found.fields.track, own.said, own.is, (key, value) =>
      order(`${trackPath(track)}/set`, { settings: { [key]: value } }),
    );
  }
  showFields(
    byId("game-fields"),
    "",
    found.fields.game,
    found.said || {},
    found.is || {},
    (key, value) => order("set", { settings: { [key]: value } }),
  );
}

/** @param {StudioTrack} own */
function factsOf(own) {
  const { scene, mood, key, tempo, length, metre } = own.is;
  return [scene, mood, key, `${tempo} bpm`, length, metre].filter(Boolean).join(" · ");
}

/** @param {string} name */
async function select(name) {
  if (composing) order("cancel", { job: composing }).catch(() => {});
  composing = 0;
  track = name;
  take = "";
  other = "";
  list = null;
  asked += 1;
  playback.pause();
  fill(byId("takes"), make("li", { class: "soft" }, "…"));
  showFeatures(byId("features"), undefined);
  byId("player").hidden = true;
  if (game) showGame(game);
  await loadTakes();
}

async function loadTakes() {
  const name = track;
  /** @type {TakeList} */
  const found = await read(`${trackPath(name)}/takes`);
  if (name !== track) return;
  list = found;
  if (found.is_whole) composing = 0;
  else if (!composing) composing = await order(`${trackPath(name)}/compose`);
  const names = found.takes.map((item) => item.take);
  if (!names.includes(other)) other = "";
  showAgain();
  showParts();
  if (!names.includes(take) || !sounds[idOf(take)]) {
    await choose(names.includes(take) ? take : found.chosen || names[0] || "");
  }
}

function showAgain() {
  const saved = byId("save-midi");
  if (take) saved.setAttribute("href", `${takePath(track, take)}/notes.mid`);
  else saved.removeAttribute("href");
  if (!list) return;
  const sounding = playback.isPlaying && playback.active ? playback.active : "";
  const now = { selected: take, other, sounding: sounding === idOf(take) ? take : "" };
  if (sounding && other && sounding === idOf(other)) now.sounding = other;
  showTakes(byId("takes"), list, now, {
    play: (name) => attempt(() => press(name)),
    other: (name) => attempt(() => compareWith(name)),
    accept: (name) => attempt(() => accept(name)),
    reject: (name) => attempt(() => reject(name)),
  });
  showFeatures(byId("features"), item(take));
  const whole = list.is_whole;
  byId("count").textContent = whole
    ? `${list.takes.length} takes`
    : `${list.count} takes are being composed`;
  byId("compare-text").textContent = other
    ? `Take ${labelOf(take)} and take ${labelOf(other)} change over at the bar line (c).`
    : "Choose another take to compare with (b); c changes over at the bar line.";
}

/** @param {string} name */
const item = (name) => list?.takes.find((one) => one.take === name);

/** @param {string} name */
const labelOf = (name) => item(name)?.label || name;

/**
 * The address of a take's sound, which is also its id in the playback.
 * @param {string} name
 */
const idOf = (name) => takePath(track, name);

function showParts() {
  const select = byId("what");
  if (!(select instanceof HTMLSelectElement) || !list) return;
  const sections = [...new Set(list.sections.map((part) => part.name))];
  const parts = game?.parts || [];
  const shown = JSON.stringify([sections, parts]);
  if (select.dataset.shown === shown) return;
  select.dataset.shown = shown;
  fill(
    select,
    make("optgroup", { label: "Bars" }, make("option", { value: "bars" }, "these bars")),
    make(
      "optgroup",
      { label: "Section" },
      ...sections.map((name) => make("option", { value: name }, name)),
    ),
    make(
      "optgroup",
      { label: "Part" },
      ...parts.map((name) => make("option", { value: name }, name)),
    ),
  );
}

// ---- Playback -------------------------------------------------------------------------

/**
 * The sound of a take; requested again if its music may have changed.
 * @param {string} name
 */
async function soundOf(name) {
  const id = idOf(name);
  labels.set(id, `take ${labelOf(name)}`);
  /** @type {TakeSound} */
  const found = await read(id);
  const known = sounds[id];
  if (!known || JSON.stringify(known.notes) !== JSON.stringify(found.notes)) playback.forget(id);
  sounds[id] = found;
  return found;
}

/**
 * Show a take; if another one plays, playback continues with this one in the same bar.
 * @param {string} name
 */
async function choose(name) {
  asked += 1;
  const own = asked;
  take = name;
  showAgain();
  if (!name) return;
  byId("waiting").hidden = false;
  try {
    const sound = await soundOf(name);
    if (own !== asked) return;
    showSound(sound);
    if (playback.isPlaying) await playback.switchTo(idOf(name));
    else playback.active = idOf(name);
    showPosition(idOf(name));
  } finally {
    if (own === asked) byId("waiting").hidden = true;
  }
  showAgain();
}

/** @param {TakeSound} sound */
function showSound(sound) {
  byId("player").hidden = false;
  fill(byId("sections"), drawSections(sound));
  fill(byId("notes"));
  byId("notes").append(drawRoll(sound));
  fill(byId("voices"), ...drawVoices(sound));
  const intro = byId("intro");
  intro.hidden = !sound.loop?.start_bar;
  if (sound.loop) intro.style.width = `${(100 * sound.loop.start_bar) / sound.bars}%`;
  byId("sound-facts").textContent = [
    `take ${labelOf(take)}`,
    tempoOf(sound),
    sound.key,
    `${sound.bars} bars`,
    sound.loop ? "loops" : "plays once",
  ].join(" · ");
  roll.setAttribute("aria-valuemax", String(sound.bars));
  roll.setAttribute("aria-label", `Notes of take ${labelOf(take)} of ${track}`);
}

/**
 * Bars are whole frames of the chip, and the tempo follows.
 * @param {TakeSound} sound
 */
function tempoOf(sound) {
  const wanted = game?.tracks?.find((one) => one.name === track)?.is.tempo || "";
  const plays = sound.tempo_bpm.toFixed(2).replace(/\.?0+$/, "");
  return wanted === plays ? `${plays} bpm` : `${wanted} bpm asked, ${plays} plays`;
}

/** @param {string} name */
async function press(name) {
  if (name !== take) {
    await choose(name);
    if (!playback.isPlaying) await playback.play(idOf(name));
  } else if (playback.isPlaying && playback.active === idOf(name)) playback.pause();
  else if (name) {
    if (!sounds[idOf(name)]) await soundOf(name);
    if (name === take) await playback.play(idOf(name));
  }
}

/** @param {string} name */
async function compareWith(name) {
  other = other === name || name === take ? "" : name;
  showAgain();
  if (other) await soundOf(other);
  tell(other ? `Take ${labelOf(take)} is compared with take ${labelOf(other)}` : "No comparison");
}

/** Show the compared take, which plays from the next bar line on. */
async function swap() {
  if (!other) {
    tell("Choose another take to compare with first: b, or its button Compare", true);
    return;
  }
  const before = take;
  const next = other;
  other = before;
  await choose(next);
  if (document.activeElement?.closest("#takes")) focusTake(next);
  tell(`Take ${labelOf(next)} ${playback.isPlaying ? "sounds from the bar line on" : "is shown"}`);
}

/**
 * @param {string} id
 * @param {boolean} plays
 */
function showSounding(id, plays) {
  const toggle = byId("toggle");
  const label = labels.get(id) || "";
  if (plays || playback.active === id) {
    toggle.setAttribute("aria-pressed", String(plays));
    toggle.setAttribute("aria-label", plays ? `Pause ${label}` : `Play ${label}`);
  }
  showAgain();
}

/** @param {string} id */
function showPosition(id) {
  const sound = sounds[id];
  if (!sound || id !== idOf(take)) return;
  const sample = playback.position(id);
  const { bar, beat } = barAndBeat(sound, sample);
  const place = placeOf(sound, sample);
  byId("playhead").style.left = `${100 * place}%`;
  roll.dataset.sample = String(sample);
  const text = `bar ${bar + 1} of ${sound.bars}, beat ${beat + 1}`;
  if (roll.getAttribute("aria-valuetext") !== text) {
    roll.setAttribute("aria-valuenow", String(bar + 1));
    roll.setAttribute("aria-valuetext", text);
    byId("where").textContent = text;
  }
  if (playback.isPlaying) keepPlayheadInView(place);
}

/** @param {number} place */
function keepPlayheadInView(place) {
  const scroll = byId("scroll");
  const x = place * roll.offsetWidth;
  const { scrollLeft, clientWidth, scrollWidth } = scroll;
  if (scrollWidth <= clientWidth) return;
  if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroll.scrollLeft = x - 24;
}

/** @param {number} beats */
function stepBy(beats) {
  const id = idOf(take);
  const sound = sounds[id];
  if (!sound) return;
  const { bar, beat } = barAndBeat(sound, wrap(sound, playback.position(id)));
  const inBar = feltBeats(sound);
  const target = Math.min(Math.max(bar * inBar + beat + beats, 0), sound.bars * inBar - 1);
  playback.seek(id, beatSample(sound, Math.floor(target / inBar), target % inBar));
}

// ---- Decisions --------------------------------------------------------------------------

/** @param {string} name */
async function accept(name) {
  if (!name) return;
  if (item(name)?.state === "accepted" && !list?.is_frozen) {
    await order(`${trackPath(track)}/unaccept`);
  } else await order(`${trackPath(track)}/accept`, { take: name });
}

/** @param {string} name */
async function reject(name) {
  if (!name) return;
  await order(`${trackPath(track)}/reject`, { take: name });
  const names = list?.takes.map((one) => one.take) || [];
  if (name === take && names.indexOf(name) < names.length - 1) await moveTake(1);
}

async function reroll() {
  const what = byId("what");
  const from = byId("from-bar");
  const to = byId("to-bar");
  const isWhole =
    what instanceof HTMLSelectElement &&
    from instanceof HTMLInputElement &&
    to instanceof HTMLInputElement;
  if (!isWhole || !take) return;
  const sound = sounds[idOf(take)];
  const here = sound ? barAndBeat(sound, playback.position(idOf(take))).bar + 1 : 1;
  const first = from.value || (what.value === "bars" ? String(here) : "");
  const bars = first ? `bars:${first}-${to.value || first}` : "";
  const words = what.value === "bars" ? [bars] : [what.value, bars];
  await order(`${trackPath(track)}/reroll`, { what: words.filter(Boolean).join(","), take });
}

async function importMidi() {
  const input = byId("midi-file");
  if (!(input instanceof HTMLInputElement)) return;
  const file = input.files?.[0];
  if (!file) {
    tell("Choose a MIDI file first");
    input.focus();
    return;
  }
  const midi = await base64(file);
  await order(`${trackPath(track)}/import`, { name: file.name, midi, take });
  input.value = "";
}

async function rollMore() {
  const count = byId("roll-count");
  if (!(count instanceof HTMLInputElement)) return;
  await order(`${trackPath(track)}/roll`, { count: Number(count.value) || 8 });
}

/** @param {"undo" | "redo"} word */
const stepBack = (word) => attempt(() => order(word));

/** @param {number} offset */
async function moveTake(offset) {
  if (!list?.takes.length) return;
  const names = list.takes.map((one) => one.take);
  const at = names.indexOf(take);
  const next = names[Math.min(Math.max(at + offset, 0), names.length - 1)];
  if (next === take) {
    tell(`Take ${labelOf(take)} is the ${offset > 0 ? "last" : "first"}`);
    return;
  }
  await choose(next);
  focusTake(next);
  const { label = "", state = "" } = item(next) || {};
  tell(`Take ${label}${state ? `, ${state}` : ""}`);
}

/**
 * Bring a take into view, with the focus on its button.
 * @param {string} name
 */
function focusTake(name) {
  const row = all("[data-take]").find((one) => one.dataset.take === name);
  row?.scrollIntoView({ block: "nearest" });
  const button = row?.querySelector(".play");
  if (button instanceof HTMLElement) button.focus({ preventScroll: true });
}

/** @param {number} offset */
async function moveTrack(offset) {
  const names = game?.tracks?.map((one) => one.name) || [];
  if (!names.length) return;
  const at = names.indexOf(track);
  await select(names[(at + offset + names.length) % names.length]);
  byId("track-name").focus();
  tell(`Track ${track}`);
}

// ---- Keys and clicks ---------------------------------------------------------------------

/** @type {Record<string, () => unknown>} */
const KEYS = {
  j: () => moveTake(1),
  k: () => moveTake(-1),
  n: () => moveTrack(1),
  p: () => moveTrack(-1),
  a: () => accept(take),
  x: () => reject(take),
  b: () => compareWith(nextOther()),
  c: swap,
  u: () => stepBack("undo"),
  U: () => stepBack("redo"),
  r: () => byId("what").focus(),
  e: () => editor.focus(),
  "?": () => openKeys(),
};

/** The take after the compared one, or after this one: the key b goes through all of them. */
function nextOther() {
  const names = (list?.takes || []).map((one) => one.take);
  const after = names[(names.indexOf(other || take) + 1) % names.length] || "";
  return after === take ? names[(names.indexOf(take) + 1) % names.length] || "" : after;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { target, key } = event;
  const isTyping = target instanceof Element && target.closest("input, textarea, select, dialog");
  if ((event.ctrlKey || event.metaKey) && key === "s") {
    event.preventDefault();
    attempt(() => editor.save());
    return;
  }
  if (key === "Escape" && isTyping && !target.closest("dialog")) {
    // Letters are commands again; a field has dropped what was typed, the text keeps it.
    byId("track-name").focus();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || isTyping) return;
  if (key === " ") {
    if (target instanceof Element && target.closest("button, summary, a")) return;
    attempt(() => press(take));
  } else if (target instanceof Element && target.closest("#roll")) {
    if (!rollKey(event) && !Object.hasOwn(KEYS, key)) return;
    if (!rollKeys[key]) attempt(async () => KEYS[key]());
  } else if (key === "ArrowDown" || key === "ArrowUp") {
    attempt(() => moveTake(key === "ArrowDown" ? 1 : -1));
  } else if (key === "ArrowLeft" || key === "ArrowRight") rollKey(event);
  else if (Object.hasOwn(KEYS, key)) attempt(async () => KEYS[key]());
  else return;
  event.preventDefault();
}

/** @type {Record<string, (bar: number, isShifted: boolean) => void>} */
const rollKeys = {
  ArrowRight: (bar, shifted) => stepBy(shifted ? bar : 1),
  ArrowLeft: (bar, shifted) => stepBy(shifted ? -bar : -1),
  ArrowUp: (bar, shifted) => stepBy(shifted ? bar : 1),
  ArrowDown: (bar, shifted) => stepBy(shifted ? -bar : -1),
  PageUp: (bar) => stepBy(4 * bar),
  PageDown: (bar) => stepBy(-4 * bar),
  Home: () => playback.seek(idOf(take), 0),
  End: () => {
    const sound = sounds[idOf(take)];
    playback.seek(idOf(take), barSample(sound, sound.bars - 1));
  },
};

/** @param {KeyboardEvent} event */
function rollKey(event) {
  const move = rollKeys[event.key];
  const sound = sounds[idOf(take)];
  if (!move || !sound) return false;
  move(feltBeats(sound), event.shiftKey);
  return true;
}

function openKeys() {
  const dialog = byId("keys");
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

/** @param {MouseEvent} event */
function pointAt(event) {
  const sound = sounds[idOf(take)];
  if (!sound) return;
  const box = roll.getBoundingClientRect();
  const place = (event.clientX - box.left) / box.width;
  playback.seek(idOf(take), sampleAt(sound, place));
}

const volume = byId("volume");
const setVolume = () => {
  if (volume instanceof HTMLInputElement) playback.setVolume(Number(volume.value) / 100);
};

/** @type {Record<string, () => unknown>} */
const CLICKS = {
  undo: () => stepBack("undo"),
  redo: () => stepBack("redo"),
  "accept-all": () => attempt(() => order("accept-all")),
  build: () => attempt(() => order("build")),
  "show-keys": openKeys,
  toggle: () => attempt(() => press(take)),
  swap: () => attempt(swap),
  reroll: () => attempt(reroll),
  "roll-more": () => attempt(rollMore),
  import: () => attempt(importMidi),
};

for (const [id, act] of Object.entries(CLICKS)) byId(id).addEventListener("click", act);
for (const form of document.forms) {
  if (form.method !== "dialog") form.addEventListener("submit", (event) => event.preventDefault());
}
roll.addEventListener("click", pointAt);
byId("tracks").addEventListener("focusin", ({ target }) => {
  if (target instanceof Element) target.scrollIntoView({ block: "nearest", inline: "nearest" });
});
volume.addEventListener("input", setVolume);
addEventListener("reload", () => attempt(load));
addEventListener("beforeunload", (event) => {
  if (editor.isChanged) event.preventDefault();
});
ignoreUnusable();
document.addEventListener("keydown", onKey);
setVolume();
follow();
