/** The page's view and its input: playheads, filters, pointer and keys. */

import { all, byId, one } from "../page/elements.js";
import { Playback } from "../page/playback.js";
import { barAndBeat, barSample, beatSample, feltBeats, wrap } from "../player/lines.js";
import { connectFilters } from "./filters.js";

const SEAM_BARS = 2;

/** @type {Record<string, ReportTrack>} */
const tracks = JSON.parse(byId("players").textContent || "{}");
const sides = new Map(
  all(".side").flatMap((side) => {
    const id = side.dataset.player || "";
    return Object.hasOwn(tracks, id) ? [/** @type {const} */ ([id, side])] : [];
  }),
);
const toggle = byId("toggle");
const playback = new Playback(tracks, readAudio, {
  sounding: showSounding,
  moved: showPosition,
  failed: showFailure,
});

document.documentElement.classList.add("scripted");
if (matchMedia("(hover: none)").matches) byId("where").textContent = "Tap a track or its notes";

/**
 * The bytes of a track's file, which is embedded in the page.
 * @param {string} id
 */
function readAudio(id) {
  const source = byId(`audio-${id}`).getAttribute("src") || ",";
  const text = atob(source.split(",", 2)[1]);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}

/** @param {string} id */
function sideOf(id) {
  const side = sides.get(id);
  if (!side) throw new Error(`the page has no track ${id}`);
  return side;
}

/** @param {string} id */
function cardOf(id) {
  const card = sideOf(id).closest(".track");
  if (card instanceof HTMLElement) return card;
  throw new Error(`track ${id} stands in no card`);
}

// ---- What the page shows -----------------------------------------------------------------

/** @param {string} id */
function title(id) {
  const { name, label } = tracks[id];
  const both = sides.has(`before-${name}`) && sides.has(`after-${name}`);
  return both ? `${name} (${label.toLowerCase()})` : name;
}

/**
 * @param {string} id
 * @param {boolean} sounds
 */
function showSounding(id, sounds) {
  for (const button of [one(".play", sideOf(id)), toggle])
    button.setAttribute("aria-pressed", String(sounds));
  toggle.setAttribute("aria-label", sounds ? `Pause ${title(id)}` : `Play ${title(id)}`);
  cardOf(id).classList.toggle("playing", sounds);
  byId("now").textContent = title(id);
  say(`${sounds ? "Playing" : "Paused"} ${title(id)}`);
}

/**
 * @param {string} id
 * @param {string} why
 */
function showFailure(id, why) {
  const reason = `${title(id)} cannot be played: ${why}`;
  byId("where").textContent = reason;
  say(reason);
}

/** @param {string} id */
function showPosition(id) {
  const side = sideOf(id);
  const score = one(".score", side);
  const track = tracks[id];
  const sample = playback.position(id);
  const here = wrap(track, sample);
  const { bar, beat } = barAndBeat(track, sample);
  const share = here / track.samples;
  side.classList.add("touched");
  one(".playhead", score).style.left = `${100 * share}%`;
  score.dataset.sample = String(sample);
  const text = `bar ${bar + 1} of ${track.bars}, beat ${beat + 1}`;
  if (score.getAttribute("aria-valuetext") !== text) {
    score.setAttribute("aria-valuenow", String(bar + 1));
    score.setAttribute("aria-valuetext", text);
  }
  if (id !== playback.active) return;
  const passes = track.loop ? Math.floor((sample - here) / track.loop.length_samples) : 0;
  const again = passes > 0 ? ` · loop ${passes + 1}` : "";
  const where = `${sayTime(here / track.sample_rate_hz)} · ${text}${again}`;
  if (byId("where").textContent !== where) byId("where").textContent = where;
  if (playback.isPlaying) keepInView(one(".scroll", side), share * score.offsetWidth);
}

/**
 * @param {HTMLElement} scroll
 * @param {number} x
 */
function keepInView(scroll, x) {
  const { scrollLeft, clientWidth, scrollWidth } = scroll;
  if (scrollWidth <= clientWidth) return;
  if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroll.scrollLeft = x - 24;
}

/** @param {number} seconds */
function sayTime(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @param {string} text */
function say(text) {
  byId("said").textContent = text;
}

// ---- Moving about ------------------------------------------------------------------------

/**
 * Switch between the old and the new version of a track at the same position.
 * @param {string} id
 */
function twinPosition(id) {
  const { active } = playback;
  if (!playback.isPlaying || !active || active === id) return playback.position(id);
  const [mine, other] = [tracks[id], tracks[active]];
  if (mine.name !== other.name) return playback.position(id);
  const here = wrap(other, playback.position(active));
  const { bar, beat } = barAndBeat(other, here);
  const into = here - beatSample(other, bar, beat);
  return bar < mine.bars ? beatSample(mine, bar, beat % feltBeats(mine)) + into : 0;
}

/** @param {string} id */
function press(id) {
  if (playback.sounds(id)) playback.pause();
  else playback.play(id, twinPosition(id));
}

function visible() {
  return [...sides.keys()].filter((id) => !cardOf(id).hidden);
}

/**
 * @param {string} id
 * @param {number} beats
 */
function step(id, beats) {
  const track = tracks[id];
  const { bar, beat } = barAndBeat(track, wrap(track, playback.position(id)));
  const inBar = feltBeats(track);
  const last = track.bars * inBar - 1;
  const target = Math.min(Math.max(bar * inBar + beat + beats, 0), last);
  playback.seek(id, beatSample(track, Math.floor(target / inBar), target % inBar));
}

/**
 * Play the next or previous of the visible tracks.
 * @param {number} offset
 */
function other(offset) {
  const ids = visible();
  if (!ids.length) return;
  const at = playback.active ? ids.indexOf(playback.active) : -1;
  const id = ids[(at < 0 ? 0 : at + offset + ids.length) % ids.length];
  cardOf(id).scrollIntoView({ block: "nearest" });
  one(".score", sideOf(id)).focus({ preventScroll: true });
  playback.play(id, 0);
}

// ---- Pointer and keys --------------------------------------------------------------------

/**
 * @param {KeyboardEvent} event
 * @param {string} id
 */
function moveBy(event, id) {
  const track = tracks[id];
  const bar = feltBeats(track);
  const beats = event.shiftKey ? bar : 1;
  /** @type {Record<string, number>} */
  const moves = {
    ArrowRight: beats,
    ArrowUp: beats,
    ArrowLeft: -beats,
    ArrowDown: -beats,
    PageUp: 4 * bar,
    PageDown: -4 * bar,
  };
  if (Object.hasOwn(moves, event.key)) step(id, moves[event.key]);
  else if (event.key === "Home") playback.seek(id, 0);
  else if (event.key === "End") playback.seek(id, barSample(track, track.bars - 1));
  else return false;
  return true;
}

/** @param {KeyboardEvent} event */
function trackKey(event) {
  if (event.key !== "n" && event.key !== "p") return false;
  other(event.key === "n" ? 1 : -1);
  return true;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { target } = event;
  if (!(target instanceof Element)) return;
  if (target.closest("input, pre, audio, .wide")) return;
  const side = target.closest(".score") ? target.closest(".side") : null;
  const named = side instanceof HTMLElement ? side.dataset.player || "" : "";
  const id = sides.has(named) ? named : null;
  const { active } = playback;
  if (event.key === " ") {
    if (target.closest("button, summary, a")) return;
    const wanted = id || active || visible()[0];
    if (wanted) press(wanted);
  } else if (id) {
    if (!moveBy(event, id) && !trackKey(event)) return;
  } else if (active && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    moveBy(event, active);
  } else if (!trackKey(event)) {
    return;
  }
  event.preventDefault();
}

/**
 * @param {HTMLElement} score
 * @param {MouseEvent} event
 */
function pointAt(score, event) {
  const box = score.getBoundingClientRect();
  return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
}

/**
 * @param {string} id
 * @param {HTMLElement} side
 */
function connect(id, side) {
  const track = tracks[id];
  const score = one(".score", side);
  one(".play", side).addEventListener("click", () => press(id));
  score.addEventListener("click", (event) => {
    playback.seek(id, pointAt(score, event) * track.samples);
    playback.choose(id);
  });
  const seam = side.querySelector(".seam");
  if (!seam) return;
  seam.addEventListener("click", () => {
    playback.play(id, barSample(track, Math.max(track.bars - SEAM_BARS, 0)));
  });
}

/** @param {HTMLElement} button */
function toggleVoice(button) {
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  for (const group of button.closest(".side")?.querySelectorAll(".roll g") || []) {
    const isIts = group.getAttribute("data-voice") === button.dataset.voice;
    if (isIts) group.classList.toggle("off", !shown);
  }
}

const volume = one("input#volume");
const setVolume = () => {
  if (volume instanceof HTMLInputElement) playback.setVolume(Number(volume.value) / 100);
};

for (const [id, side] of sides) connect(id, side);
for (const button of all(".voice")) button.addEventListener("click", () => toggleVoice(button));
volume.addEventListener("input", setVolume);
toggle.addEventListener("click", () => {
  const id = playback.active || visible()[0];
  if (id) press(id);
});
document.addEventListener("keydown", onKey);
setVolume();
connectFilters();
