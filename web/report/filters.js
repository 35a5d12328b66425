/** Filters by scene, mood and status for a page of cards, or of table rows alone. */

import { all, byId } from "../page/elements.js";

const KINDS = ["scene", "mood", "status"];

const chips = all("[data-filter]");
const rows = new Map(all("[data-row]").map((row) => [row.dataset.row, row]));
/** The filtered elements: cards, or the rows of a page that has the table alone. */
const filtered = all(".track").length ? all(".track") : [...rows.values()];

/** @param {HTMLElement} chip */
const isPressed = (chip) => chip.getAttribute("aria-pressed") === "true";

/** @param {string} kind */
function chosen(kind) {
  const on = chips.filter((chip) => chip.dataset.filter === kind && isPressed(chip));
  return on.map((chip) => chip.dataset.value);
}

/**
 * The track's words for a kind of filter.
 * @param {HTMLElement} track
 * @param {string} kind
 */
function valuesOf(track, kind) {
  if (kind === "mood") return (track.dataset.moods || "").split(" ");
  return [kind === "scene" ? track.dataset.scene : track.dataset.status];
}

/** A track fits when each kind of filter has nothing chosen, or something that the track has. */
export function filter() {
  const wanted = KINDS.map((kind) => ({ kind, values: chosen(kind) }));
  let shown = 0;
  for (const track of filtered) {
    const fits = wanted.every(({ kind, values }) => {
      const has = valuesOf(track, kind);
      return !values.length || values.some((value) => has.includes(value));
    });
    track.hidden = !fits;
    const row = rows.get(track.id);
    if (row) row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  byId("nothing").hidden = shown > 0;
  byId("clear").hidden = wanted.every(({ values }) => !values.length);
  byId("count").textContent = `${shown} of ${filtered.length} tracks`;
}

function showAll() {
  for (const chip of chips) chip.setAttribute("aria-pressed", "false");
  filter();
}

/**
 * Clear the filters when a link leads to a track that they hide.
 * @param {string} hash
 */
function reveal(hash) {
  const card = document.getElementById(decodeURIComponent(hash.slice(1)));
  if (card?.hidden) showAll();
}

/** @param {HTMLElement} chip */
function toggleChip(chip) {
  chip.setAttribute("aria-pressed", String(!isPressed(chip)));
  filter();
}

/** Add the listeners of the chips, of the button that clears them, and of links to tracks. */
export function connectFilters() {
  for (const chip of chips) chip.addEventListener("click", () => toggleChip(chip));
  byId("clear").addEventListener("click", () => {
    showAll();
    byId("tracks").focus();
  });
  for (const link of document.querySelectorAll('a[href^="#track-"]')) {
    if (link instanceof HTMLAnchorElement) {
      link.addEventListener("click", () => reveal(link.hash));
    }
  }
  filter();
}
