/** Plays one track of the page at a time through the player. Shows nothing itself. */

import { reasonOf } from "../player/errors.js";
import { barAndBeat, barSample, isOver } from "../player/lines.js";
import { Mixer, openContext } from "../player/mixer.js";

const FADE_SECONDS = 0.03;
const DECODED_KEPT = 8;

/**
 * `tracks` by id, to which more may come; `load(id)` gives a file's bytes. `shows` is told: sounding(id, whether),
 * moved(id) whenever a position changes, failed(id, reason).
 */
export class Playback {
  /**
   * @param {Record<string, ReportTrack>} tracks
   * @param {(id: string) => ArrayBuffer | Promise<ArrayBuffer>} load
   * @param {Shows} shows
   */
  constructor(tracks, load, shows) {
    this.tracks = tracks;
    /** @type {string | null} */
    this.active = null;
    this.isPlaying = false;
    this._load = load;
    this._shows = shows;
    this._positions = new Map(Object.keys(tracks).map((id) => [id, 0]));
    /** @type {Map<string, Promise<AudioBuffer>>} */
    this._decoded = new Map();
    /** @type {Mixer | null} */
    this._mixer = null;
    /** @type {GainNode | null} */
    this._master = null;
    this._volume = 1;
    /** @type {Voice | null} */
    this._voice = null;
    this._isFollowing = false;
    this._asked = 0;
  }

  /**
   * A track's position, in samples from its start, counted on through the passes of its loop.
   * @param {string} id
   */
  position(id) {
    if (id === this.active) this._remember();
    return this._positions.get(id) || 0;
  }

  /**
   * Whether this track plays.
   * @param {string} id
   */
  sounds(id) {
    return this.isPlaying && this.active === id;
  }

  /**
   * Play from a sample on, with a crossfade from what played.
   * @param {string} id
   * @param {number} [sample]
   */
  async play(id, sample = this.position(id)) {
    const mixer = this._open();
    this._asked += 1;
    const own = this._asked;
    this._remember();
    if (this.active && this.active !== id) this._shows.sounding(this.active, false);
    this._voice = null;
    this._positions.set(id, sample);
    this.active = id;
    this.isPlaying = true;
    this._shows.sounding(id, true);
    this._shows.moved(id);
    try {
      await mixer.context.resume();
      const buffer = await this._decode(id, mixer.context);
      if (own !== this._asked) return;
      this._start(mixer, id, buffer, sample);
    } catch (error) {
      if (own === this._asked) this.pause();
      this._shows.failed(id, reasonOf(error));
      return;
    }
    if (!this._isFollowing) this._follow();
  }

  /**
   * Change to another take of the same music at the next bar line, in the same bar.
   * In silence it starts at this one's position.
   * @param {string} id
   */
  async switchTo(id) {
    const from = this.active;
    if (!from || !this.isPlaying || !this._voice || !this._mixer) {
      if (from) this._positions.set(id, this._sameBar(id, from, this.position(from)));
      await this.play(id);
      return;
    }
    const mixer = this._mixer;
    this._asked += 1;
    const own = this._asked;
    try {
      const buffer = await this._decode(id, mixer.context);
      if (own !== this._asked || !this._voice) return;
      const line = mixer.timeline.position(this._voice, mixer.nextTime("bar"));
      const fromSample = this._sameBar(id, from, line);
      this._remember();
      const options = { when: /** @type {When} */ ("bar"), fadeSeconds: FADE_SECONDS, fromSample };
      mixer.play({ ...this.tracks[id] }, [buffer], id, options);
      this._voice = mixer.timeline.voices[mixer.timeline.voices.length - 1];
    } catch (error) {
      this._shows.failed(id, reasonOf(error));
      return;
    }
    this.active = id;
    this._shows.sounding(from, false);
    this._shows.sounding(id, true);
  }

  /**
   * Load a track again when it next plays, because its id now stands for other music.
   * @param {string} id
   */
  forget(id) {
    this._decoded.delete(id);
    if (!this._positions.has(id)) this._positions.set(id, 0);
  }

  /**
   * The start of the bar of one track that a sample of another lies in; 0 where there is none.
   * @param {string} id
   * @param {string} other
   * @param {number} sample
   */
  _sameBar(id, other, sample) {
    const { bar } = barAndBeat(this.tracks[other], sample);
    return bar < this.tracks[id].bars ? barSample(this.tracks[id], bar) : 0;
  }

  /** Stop, and keep the position. */
  pause() {
    this._asked += 1;
    this._remember();
    this._voice = null;
    this.isPlaying = false;
    if (this._mixer) this._mixer.silence(FADE_SECONDS);
    if (this.active) this._shows.sounding(this.active, false);
  }

  /**
   * Move to a sample; what plays continues from there.
   * @param {string} id
   * @param {number} sample
   */
  seek(id, sample) {
    const place = Math.min(Math.max(Math.round(sample), 0), this.tracks[id].samples - 1);
    if (this.sounds(id)) {
      this.play(id, place);
      return;
    }
    this._positions.set(id, place);
    this.active = this.active || id;
    this._shows.moved(id);
  }

  /**
   * Make this the track that keys control, unless another one plays.
   * @param {string} id
   */
  choose(id) {
    if (this.isPlaying) return;
    this.active = id;
    this._shows.moved(id);
    this._shows.sounding(id, false);
  }

  /**
   * Set the volume from a slider's 0 to 1; its square is nearer to the perceived loudness.
   * @param {number} level
   */
  setVolume(level) {
    this._volume = level * level;
    if (!this._master) return;
    this._master.gain.setTargetAtTime(this._volume, this._master.context.currentTime, 0.01);
  }

  /** The mixer, created at the first use: browsers require a click before. */
  _open() {
    if (this._mixer) return this._mixer;
    const context = openContext({ tracks: Object.values(this.tracks) });
    this._master = context.createGain();
    this._master.connect(context.destination);
    this._master.gain.value = this._volume;
    this._mixer = new Mixer(context, this._master);
    return this._mixer;
  }

  /**
   * @param {string} id
   * @param {BaseAudioContext} context
   */
  _decode(id, context) {
    let buffer = this._decoded.get(id);
    if (!buffer) {
      buffer = Promise.resolve(this._load(id)).then((data) => context.decodeAudioData(data));
      this._decoded.set(id, buffer);
      buffer.catch(() => this._decoded.delete(id));
      const [first] = this._decoded.keys();
      if (this._decoded.size > DECODED_KEPT) this._decoded.delete(first);
    }
    return buffer;
  }

  /**
   * @param {Mixer} mixer
   * @param {string} id
   * @param {AudioBuffer} buffer
   * @param {number} sample
   */
  _start(mixer, id, buffer, sample) {
    const track = this.tracks[id];
    const fromSample = isOver(track, sample) ? 0 : sample;
    // A copy is a voice of its own, so that a jump inside a track is a crossfade too.
    mixer.play({ ...track }, [buffer], id, { fadeSeconds: FADE_SECONDS, fromSample });
    this._voice = mixer.timeline.voices[mixer.timeline.voices.length - 1];
    setTimeout(() => mixer.sweep([]), 4 * FADE_SECONDS * 1000);
  }

  /** Store the position of the track that plays. */
  _remember() {
    if (!this._voice || !this._mixer || !this.active) return;
    const { timeline, context } = this._mixer;
    this._positions.set(this.active, timeline.position(this._voice, context.currentTime));
  }

  _follow() {
    const id = this.active;
    this._isFollowing = this.isPlaying;
    if (!this.isPlaying || !id) return;
    if (isOver(this.tracks[id], this.position(id))) {
      this.pause();
      this._positions.set(id, 0);
      this._isFollowing = false;
    }
    this._shows.moved(id);
    if (this._isFollowing) requestAnimationFrame(() => this._follow());
  }
}
