/* What the page shows and hears of its reader: playheads, filters, pointer and keys. */
(function () {
  "use strict";

  const { barAndBeat, barSample, beatSample, feltBeats, wrap } = Chipassets;
  const SEAM_BARS = 2;

  const byId = (id) => document.getElementById(id);
  const tracks = JSON.parse(byId("players").textContent);
  const sides = new Map(
    [...document.querySelectorAll(".side")]
      .filter((side) => Object.hasOwn(tracks, side.dataset.player))
      .map((side) => [side.dataset.player, side])
  );
  const toggle = byId("toggle");
  const playback = new Playback(tracks, readAudio, {
    sounding: showSounding,
    moved: showPosition,
    failed: showFailure,
  });

  document.documentElement.classList.add("scripted");
  if (matchMedia("(hover: none)").matches) byId("where").textContent = "Tap a track or its notes";

  function readAudio(id) {
    const text = atob(byId(`audio-${id}`).src.split(",", 2)[1]);
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
  }

  function cardOf(id) {
    return sides.get(id).closest(".track");
  }

  // ---- What the page shows -----------------------------------------------------------------

  function title(id) {
    const { name, label } = tracks[id];
    const both = sides.has(`before-${name}`) && sides.has(`after-${name}`);
    return both ? `${name} (${label.toLowerCase()})` : name;
  }

  function showSounding(id, sounds) {
    const button = sides.get(id).querySelector(".play");
    for (const one of [button, toggle]) one.setAttribute("aria-pressed", String(sounds));
    toggle.setAttribute("aria-label", sounds ? `Pause ${title(id)}` : `Play ${title(id)}`);
    cardOf(id).classList.toggle("playing", sounds);
    byId("now").textContent = title(id);
    say(`${sounds ? "Playing" : "Paused"} ${title(id)}`);
  }

  function showFailure(id, why) {
    const reason = `${title(id)} cannot be played: ${why}`;
    byId("where").textContent = reason;
    say(reason);
  }

  function showPosition(id) {
    const side = sides.get(id);
    const score = side.querySelector(".score");
    const track = tracks[id];
    const sample = playback.position(id);
    const here = wrap(track, sample);
    const { bar, beat } = barAndBeat(track, sample);
    const share = here / track.samples;
    side.classList.add("touched");
    score.querySelector(".playhead").style.left = `${100 * share}%`;
    score.dataset.sample = sample;
    const text = `bar ${bar + 1} of ${track.bars}, beat ${beat + 1}`;
    if (score.getAttribute("aria-valuetext") !== text) {
      score.setAttribute("aria-valuenow", bar + 1);
      score.setAttribute("aria-valuetext", text);
    }
    if (id !== playback.active) return;
    const passes = track.loop ? Math.floor((sample - here) / track.loop.length_samples) : 0;
    const again = passes > 0 ? ` · loop ${passes + 1}` : "";
    const where = `${sayTime(here / track.sample_rate_hz)} · ${text}${again}`;
    if (byId("where").textContent !== where) byId("where").textContent = where;
    if (playback.isPlaying) keepInView(side.querySelector(".scroll"), share * score.offsetWidth);
  }

  function keepInView(scroll, x) {
    const { scrollLeft, clientWidth, scrollWidth } = scroll;
    if (scrollWidth <= clientWidth) return;
    if (x < scrollLeft || x > scrollLeft + clientWidth * 0.92) scroll.scrollLeft = x - 24;
  }

  function sayTime(seconds) {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  function say(text) {
    byId("said").textContent = text;
  }

  // ---- Filters -----------------------------------------------------------------------------

  const chips = [...document.querySelectorAll("[data-filter]")];
  const cards = [...document.querySelectorAll(".track")];
  const rows = new Map(
    [...document.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row])
  );

  function chosen(kind) {
    const on = (chip) => chip.dataset.filter === kind && chip.getAttribute("aria-pressed") === "true";
    return chips.filter(on).map((chip) => chip.dataset.value);
  }

  /* A track fits when each kind of filter has nothing chosen, or something that the track has. */
  function filter() {
    const kinds = ["scene", "mood", "status"].map((kind) => [kind, chosen(kind)]);
    let shown = 0;
    for (const card of cards) {
      const has = {
        scene: [card.dataset.scene],
        mood: (card.dataset.moods || "").split(" "),
        status: [card.dataset.status],
      };
      const fits = kinds.every(
        ([kind, values]) => !values.length || values.some((value) => has[kind].includes(value))
      );
      card.hidden = !fits;
      if (rows.has(card.id)) rows.get(card.id).hidden = !fits;
      shown += fits ? 1 : 0;
    }
    byId("nothing").hidden = shown > 0;
    byId("clear").hidden = kinds.every(([, values]) => !values.length);
    byId("count").textContent = `${shown} of ${cards.length} tracks`;
  }

  function showAll() {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
  }

  /* A link to a track that a filter hides: the reader wants the track, not the filter. */
  function reveal(hash) {
    const card = byId(decodeURIComponent(hash.slice(1)));
    if (card && card.hidden) showAll();
  }

  // ---- Moving about ------------------------------------------------------------------------

  /* Before and after of one track change over where they are: the ear compares one bar. */
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

  function press(id) {
    if (playback.sounds(id)) playback.pause();
    else playback.play(id, twinPosition(id));
  }

  function visible() {
    return [...sides.keys()].filter((id) => !cardOf(id).hidden);
  }

  function step(id, beats) {
    const track = tracks[id];
    const { bar, beat } = barAndBeat(track, wrap(track, playback.position(id)));
    const inBar = feltBeats(track);
    const last = track.bars * inBar - 1;
    const target = Math.min(Math.max(bar * inBar + beat + beats, 0), last);
    playback.seek(id, beatSample(track, Math.floor(target / inBar), target % inBar));
  }

  function other(offset) {
    const ids = visible();
    if (!ids.length) return;
    const at = ids.indexOf(playback.active);
    const id = ids[(at < 0 ? 0 : at + offset + ids.length) % ids.length];
    cardOf(id).scrollIntoView({ block: "nearest" });
    sides.get(id).querySelector(".score").focus({ preventScroll: true });
    playback.play(id, 0);
  }

  // ---- Pointer and keys --------------------------------------------------------------------

  function moveBy(event, id) {
    const track = tracks[id];
    const bar = feltBeats(track);
    const beats = event.shiftKey ? bar : 1;
    const moves = {
      ArrowRight: beats, ArrowUp: beats, ArrowLeft: -beats, ArrowDown: -beats,
      PageUp: 4 * bar, PageDown: -4 * bar,
    };
    if (Object.hasOwn(moves, event.key)) step(id, moves[event.key]);
    else if (event.key === "Home") playback.seek(id, 0);
    else if (event.key === "End") playback.seek(id, barSample(track, track.bars - 1));
    else return false;
    return true;
  }

  function trackKey(event) {
    if (event.key !== "n" && event.key !== "p") return false;
    other(event.key === "n" ? 1 : -1);
    return true;
  }

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = event.target;
    if (target.closest("input, pre, audio, .wide")) return;
    const side = target.closest(".score") ? target.closest(".side") : null;
    const id = side && sides.has(side.dataset.player) ? side.dataset.player : null;
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

  function pointAt(score, event) {
    const box = score.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  function connect(id, side) {
    const track = tracks[id];
    const score = side.querySelector(".score");
    side.querySelector(".play").addEventListener("click", () => press(id));
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

  function toggleVoice(button) {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    for (const group of button.closest(".side").querySelectorAll(".roll g")) {
      if (group.dataset.voice === button.dataset.voice) group.classList.toggle("off", !shown);
    }
  }

  function toggleChip(chip) {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  }

  const setVolume = () => playback.setVolume(byId("volume").value / 100);

  sides.forEach((side, id) => connect(id, side));
  for (const chip of chips) chip.addEventListener("click", () => toggleChip(chip));
  for (const button of document.querySelectorAll(".voice")) {
    button.addEventListener("click", () => toggleVoice(button));
  }
  byId("clear").addEventListener("click", () => {
    showAll();
    byId("tracks").focus();
  });
  byId("volume").addEventListener("input", setVolume);
  toggle.addEventListener("click", () => {
    const id = playback.active || visible()[0];
    if (id) press(id);
  });
  for (const link of document.querySelectorAll('a[href^="#track-"]')) {
    link.addEventListener("click", () => reveal(link.hash));
  }
  document.addEventListener("keydown", onKey);
  setVolume();
  filter();
})();
