/** The lists of the page: tracks, the takes of one track, and running jobs. */

import { fill, make } from "./build.js";

/**
 * @param {HTMLElement} place
 * @param {StudioTrack[]} tracks
 * @param {string} selected
 * @param {(name: string) => void} select
 */
export function showTracks(place, tracks, selected, select) {
  const scrolled = place.scrollLeft;
  fill(
    place,
    ...tracks.map((track) =>
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button",
            "data-key": `track-${track.name}`,
            "aria-current": track.name === selected ? "true" : null,
            click: () => select(track.name),
          },
          make("span", { class: "track-name" }, track.name),
          make(
            "span",
            { class: `badge ${track.stale && track.take ? "stale" : track.state.split(",")[0]}` },
            track.take ? (track.stale ? "changed" : track.state) : "new",
          ),
        ),
      ),
    ),
  );
  // On a phone the tracks are one row: the selected one moves to its middle, once.
  const current = place.querySelector("[aria-current]");
  const isNew = place.dataset.shown !== selected;
  place.dataset.shown = selected;
  place.scrollLeft =
    isNew && current instanceof HTMLElement
      ? current.offsetLeft - (place.clientWidth - current.offsetWidth) / 2
      : scrolled;
}

/**
 * @typedef {object} TakeActions
 * @property {(take: string) => void} play
 * @property {(take: string) => void} other
 * @property {(take: string) => void} accept
 * @property {(take: string) => void} reject
 */

/**
 * @param {HTMLElement} place
 * @param {TakeList} list
 * @param {{ selected: string, other: string, sounding: string }} now
 * @param {TakeActions} actions
 */
export function showTakes(place, list, now, actions) {
  fill(place, ...list.takes.map((item) => drawTake(list, item, now, actions)));
}

/**
 * @param {TakeList} list
 * @param {TakeItem} item
 * @param {{ selected: string, other: string, sounding: string }} now
 * @param {TakeActions} actions
 */
function drawTake(list, item, now, actions) {
  const { take, label } = item;
  const sounds = take === now.sounding;
  const points = make("span", { class: "points" });
  if (item.points !== null) {
    points.style.setProperty("--points", String(item.points));
    points.append(make("span", { class: "hidden" }, "points "), item.points.toFixed(2));
  }
  const notes = [item.origin, ...item.against].filter(Boolean).join("; ");
  return make(
    "li",
    {
      class: `take ${item.state} ${take === now.selected ? "selected" : ""}`,
      "aria-current": take === now.selected ? "true" : null,
      "data-take": take,
    },
    make(
      "button",
      {
        type: "button",
        class: "play",
        "data-key": `play-${take}`,
        "aria-label": `${sounds ? "Pause" : "Play"} take ${label}`,
        "aria-pressed": String(sounds),
        click: () => actions.play(take),
      },
      make("span", { class: "icon", "aria-hidden": "true" }),
    ),
    make(
      "div",
      { class: "about" },
      make("strong", {}, `Take ${label}`),
      points,
      item.state ? make("span", { class: `badge ${item.state}` }, item.state) : null,
      take === now.other ? make("span", { class: "badge other" }, "compared") : null,
      notes ? make("span", { class: "soft" }, notes) : null,
    ),
    make(
      "div",
      { class: "acts" },
      act("Compare", `compare-${take}`, `Compare with take ${label}`, () => actions.other(take), {
        "aria-pressed": String(take === now.other),
      }),
      item.state === "accepted" && !list.is_frozen
        ? act(
            "Accepted",
            `accept-${take}`,
            `Take ${label} is accepted; let builds choose again`,
            () => actions.accept(take),
            { "aria-pressed": "true" },
          )
        : act("Accept", `accept-${take}`, `Accept take ${label}`, () => actions.accept(take), {
            "aria-pressed": "false",
          }),
      act(
        item.state === "rejected" ? "Rejected" : "Reject",
        `reject-${take}`,
        item.state === "rejected" ? `Take ${label} is rejected` : `Reject take ${label}`,
        () => actions.reject(take),
        { "aria-disabled": String(item.state === "rejected" || take === "locked") },
      ),
    ),
  );
}

/**
 * @param {string} text
 * @param {string} key
 * @param {string} label
 * @param {() => void} click
 * @param {import("./build.js").Props} more
 */
function act(text, key, label, click, more) {
  const props = { type: "button", class: "quiet", "data-key": key, "aria-label": label, click };
  return make("button", { ...props, ...more }, text);
}

/**
 * The measures of a take: a bar for the points of each feature.
 * @param {HTMLElement} place
 * @param {TakeItem | undefined} item
 */
export function showFeatures(place, item) {
  fill(
    place,
    ...(item ? item.features : []).flatMap(([name, value, points, unit, meaning]) => {
      const bar = make("dd", { class: "feature" }, `${value} `, make("span", {}, unit));
      bar.append(make("span", { class: "hidden" }, `, ${points} of 1 points`));
      bar.style.setProperty("--points", String(Math.min(Math.max(points, 0), 1)));
      bar.append(make("span", { class: "meaning" }, meaning));
      return [make("dt", {}, name), bar];
    }),
  );
}

/**
 * @param {HTMLElement} place
 * @param {StudioWork[]} work
 * @param {(number: number) => void} cancel
 */
export function showWork(place, work, cancel) {
  fill(
    place,
    ...work.map((job) =>
      make(
        "li",
        {},
        make("span", {}, job.is_running ? job.what : `waits: ${job.what}`),
        make("progress", {
          max: 1,
          value: job.is_running ? job.share : 0,
          "aria-label": job.what,
        }),
        make(
          "button",
          {
            type: "button",
            class: "quiet",
            "data-key": `cancel-${job.number}`,
            "aria-label": `Stop ${job.what}`,
            click: () => cancel(job.number),
          },
          "Stop",
        ),
      ),
    ),
  );
}
