/* The report's own script: players, playheads, filters, keys. Sound comes from chipassets.js. */
(function () {
  "use strict";

  const { Mixer, barAndBeat, barSample, beatSample, isOver, openContext, wrap } = Chipassets;
  const FADE_SECONDS = 0.03;
  const SEAM_BARS = 2;
  const DECODED_KEPT = 8;

  const players = JSON.parse(document.getElementById("players").textContent);
  const sides = new Map(
    [...document.querySelectorAll(".side")]
      .filter((side) => Object.hasOwn(players, side.dataset.player))
      .map((side) => [side.dataset.player, side])
  );
  const positions = new Map([...sides.keys()].map((id) => [id, 0]));
  const decoded = new Map();
  const toggle = document.getElementById("toggle");
  let mixer = null;
  let master = null;
  let active = null;
  let isPlaying = false;
  let sounding = null;
  let isFollowing = false;
  let asked = 0;

  document.documentElement.classList.add("scripted");

  // ---- Sound -------------------------------------------------------------------------------

  function openMixer() {
    if (mixer) return;
    const context = openContext({ tracks: Object.values(players) });
    master = context.createGain();
    master.connect(context.destination);
    setVolume();
    mixer = new Mixer(context, master);
  }

  async function decode(id) {
    if (!decoded.has(id)) {
      const text = atob(document.getElementById(`audio-${id}`).src.split(",", 2)[1]);
      const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      decoded.set(id, mixer.context.decodeAudioData(bytes.buffer));
      if (decoded.size > DECODED_KEPT) decoded.delete(decoded.keys().next().value);
    }
    return decoded.get(id);
  }

  async function play(id, sample = positions.get(id)) {
    openMixer();
    asked += 1;
    const own = asked;
    if (isPlaying) remember();
    if (active && active !== id) mark(active, false);
    sounding = null;
    positions.set(id, sample);
    active = id;
    isPlaying = true;
    mark(id, true);
    showPosition(id);
    try {
      await mixer.context.resume();
      const buffer = await decode(id);
      if (own !== asked) return;
      // A copy is a voice of its own, so that a jump inside a track is a crossfade too.
      const fromSample = isOver(players[id], sample) ? 0 : sample;
      const change = { fadeSeconds: FADE_SECONDS, fromSample };
      mixer.play({ ...players[id] }, [buffer], id, change);
      sounding = mixer.timeline.voices[mixer.timeline.voices.length - 1];
      setTimeout(() => mixer.sweep([]), 4 * FADE_SECONDS * 1000);
    } catch (error) {
      if (own === asked) pause();
      const reason = `${title(id)} cannot be played: ${error.message || error}`;
      document.getElementById("where").textContent = reason;
      say(reason);
      return;
    }
    if (!isFollowing) follow();
  }

  function pause() {
    asked += 1;
    remember();
    sounding = null;
    isPlaying = false;
    mixer.silence(FADE_SECONDS);
    if (active) mark(active, false);
  }

  /* Keep where the sounding player is. */
  function remember() {
    if (!sounding) return;
    positions.set(active, mixer.timeline.position(sounding, mixer.context.currentTime));
  }

  function seek(id, sample) {
    const track = players[id];
    positions.set(id, Math.min(Math.max(Math.round(sample), 0), track.samples - 1));
    if (isPlaying && active === id) {
      play(id, positions.get(id));
    } else {
      active = active || id;
      showPosition(id);
    }
  }

  function setVolume() {
    const level = document.getElementById("volume").value / 100;
    // Loudness is nearer to the square of a slider's way than to the way itself.
    if (master) master.gain.setTargetAtTime(level * level, master.context.currentTime, 0.01);
  }

  // ---- What the page shows -----------------------------------------------------------------

  function title(id) {
    const both = sides.has(`before-${players[id].name}`) && sides.has(`after-${players[id].name}`);
    return both ? `${players[id].name} (${players[id].label.toLowerCase()})` : players[id].name;
  }

  function mark(id, sounds) {
    const button = sides.get(id).querySelector(".play");
    for (const one of [button, toggle]) one.setAttribute("aria-pressed", String(sounds));
    toggle.setAttribute("aria-label", sounds ? `Pause ${title(id)}` : `Play ${title(id)}`);
    sides.get(id).closest(".track").classList.toggle("playing", sounds);
    document.getElementById("now").textContent = title(id);
    say(`${sounds ? "Playing" : "Paused"} ${title(id)}`);
  }

  function follow() {
    isFollowing = isPlaying;
    if (!isPlaying) return;
    remember();
    const track = players[active];
    if (isOver(track, positions.get(active))) {
      pause();
      positions.set(active, 0);
      isFollowing = false;
      showPosition(active);
      return;
    }
    showPosition(active);
    requestAnimationFrame(follow);
  }

  function showPosition(id) {
    const side = sides.get(id);
    const score = side.querySelector(".score");
    const track = players[id];
    const sample = positions.get(id);
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
    if (id === active) {
      const passes = track.loop ? Math.floor((sample - here) / track.loop.length_samples) : 0;
      const again = passes > 0 ? ` · loop ${passes + 1}` : "";
      const where = `${sayTime(here / track.sample_rate_hz)} · ${text}${again}`;
      const place = document.getElementById("where");
      if (place.textContent !== where) place.textContent = where;
      if (isPlaying) keepInView(score.parentElement, share * score.offsetWidth);
    }
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
    document.getElementById("said").textContent = text;
  }

  // ---- Filters -----------------------------------------------------------------------------

  const chips = [...document.querySelectorAll("[data-filter]")];
  const cards = [...document.querySelectorAll(".track")];

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
      shown += fits ? 1 : 0;
    }
    document.getElementById("nothing").hidden = shown > 0;
    document.getElementById("clear").hidden = kinds.every(([, values]) => !values.length);
    document.getElementById("count").textContent = `${shown} of ${cards.length} tracks`;
  }

  // ---- Pointer and keys --------------------------------------------------------------------

  /* Before and after of one track change over where they are: the ear compares one bar. */
  function twinPosition(id) {
    if (!isPlaying || !active || active === id) return positions.get(id);
    const [mine, other] = [players[id], players[active]];
    if (mine.name !== other.name) return positions.get(id);
    remember();
    const here = wrap(other, positions.get(active));
    const { bar, beat } = barAndBeat(other, here);
    const into = here - beatSample(other, bar, beat);
    return bar < mine.bars ? beatSample(mine, bar, beat % mine.beats_per_bar) + into : 0;
  }

  function press(id) {
    if (isPlaying && active === id) pause();
    else play(id, twinPosition(id));
  }

  function visible() {
    return [...sides.keys()].filter((id) => !sides.get(id).closest(".track").hidden);
  }

  function step(id, beats) {
    const track = players[id];
    const here = wrap(track, positions.get(id));
    const { bar, beat } = barAndBeat(track, here);
    const target = bar * track.beats_per_bar + beat + beats;
    const last = track.bars * track.beats_per_bar - 1;
    const within = Math.min(Math.max(target, 0), last);
    const at = Math.floor(within / track.beats_per_bar);
    seek(id, beatSample(track, at, within % track.beats_per_bar));
  }

  function moveBy(event, id) {
    const track = players[id];
    const bars = event.shiftKey ? track.beats_per_bar : 1;
    const moves = {
      ArrowRight: bars, ArrowUp: bars, ArrowLeft: -bars, ArrowDown: -bars,
      PageUp: 4 * track.beats_per_bar, PageDown: -4 * track.beats_per_bar,
    };
    if (isPlaying && active === id) remember();
    if (Object.hasOwn(moves, event.key)) step(id, moves[event.key]);
    else if (event.key === "Home") seek(id, 0);
    else if (event.key === "End") seek(id, barSample(track, track.bars - 1));
    else return false;
    return true;
  }

  function other(offset) {
    const ids = visible();
    if (!ids.length) return;
    const at = ids.indexOf(active);
    const id = ids[(at < 0 ? 0 : at + offset + ids.length) % ids.length];
    const card = sides.get(id).closest(".track");
    card.scrollIntoView({ block: "nearest" });
    sides.get(id).querySelector(".score").focus({ preventScroll: true });
    play(id, 0);
  }

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = event.target;
    const side = target.closest(".score") ? target.closest(".side") : null;
    const id = side ? side.dataset.player : null;
    if (target.closest("input, pre, audio")) return;
    if (event.key === " ") {
      if (target.closest("button, summary, a")) return;
      const wanted = id && sides.has(id) ? id : active || visible()[0];
      if (wanted) press(wanted);
    } else if (id && sides.has(id)) {
      if (!moveBy(event, id) && !trackKey(event)) return;
    } else if (active && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      moveBy(event, active);
    } else if (!trackKey(event)) {
      return;
    }
    event.preventDefault();
  }

  function trackKey(event) {
    if (event.key !== "n" && event.key !== "p") return false;
    other(event.key === "n" ? 1 : -1);
    return true;
  }

  function pointAt(score, event) {
    const box = score.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  }

  function connect(id, side) {
    const score = side.querySelector(".score");
    side.querySelector(".play").addEventListener("click", () => press(id));
    score.addEventListener("click", (event) => {
      seek(id, pointAt(score, event) * players[id].samples);
      if (!isPlaying) {
        active = id;
        showPosition(id);
        mark(id, false);
      }
    });
    const seam = side.querySelector(".seam");
    if (seam) {
      seam.addEventListener("click", () => {
        const track = players[id];
        play(id, Math.max(barSample(track, Math.max(track.bars - SEAM_BARS, 0)), 0));
      });
    }
  }

  function toggleVoice(button) {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(shown));
    for (const group of button.closest(".side").querySelectorAll(".roll g")) {
      if (group.dataset.voice === button.dataset.voice) group.classList.toggle("off", !shown);
    }
  }

  sides.forEach((side, id) => connect(id, side));
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const isOn = chip.getAttribute("aria-pressed") === "true";
      chip.setAttribute("aria-pressed", String(!isOn));
      filter();
    });
  }
  for (const button of document.querySelectorAll(".voice")) {
    button.addEventListener("click", () => toggleVoice(button));
  }
  document.getElementById("clear").addEventListener("click", () => {
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
    document.getElementById("tracks").focus();
  });
  document.getElementById("volume").addEventListener("input", setVolume);
  toggle.addEventListener("click", () => {
    const id = active || visible()[0];
    if (id) press(id);
  });
  document.addEventListener("keydown", onKey);
  filter();
})();
