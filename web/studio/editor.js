/** The manifest's text, with its problems at their lines while it is typed. */

import { byId } from "../page/elements.js";
import { fill, make } from "./build.js";
import { order, Refused } from "./server.js";
import { setUsable } from "./usable.js";

const REST_MS = 400;

/** The text, its line numbers and the list of problems. */
export class Editor {
  /** @param {(text: string, isError?: boolean) => void} tell */
  constructor(tell) {
    const text = byId("text");
    if (!(text instanceof HTMLTextAreaElement)) throw new Error("the page has no editor");
    this._text = text;
    this._tell = tell;
    this._lines = byId("lines");
    /** @type {StudioGame | null} */
    this._game = null;
    this._timer = 0;
    this._checked = 0;
    text.addEventListener("input", () => this._typed());
    text.addEventListener("scroll", () => {
      this._lines.scrollTop = text.scrollTop;
    });
    byId("save").addEventListener("click", () => this.save());
    byId("reload").addEventListener("click", () => this._load());
  }

  /** Whether the text has changes that are not written. */
  get isChanged() {
    return this._game !== null && this._text.value !== this._game.text;
  }

  /**
   * Show the game's manifest; unwritten changes stay.
   * @param {StudioGame} game
   */
  show(game) {
    const wasChanged = this.isChanged;
    const isOther = this._game !== null && this._game.hash !== game.hash;
    if (wasChanged) {
      if (isOther && this._text.value !== game.text) {
        this._tell(`${game.manifest} was changed elsewhere; what you typed is not written`, true);
        byId("reload").hidden = false;
        return;
      }
    }
    this._game = game;
    if (!wasChanged) this._text.value = game.text;
    byId("manifest-name").textContent = game.manifest;
    this._showProblems(game.problems, game.faults);
    this._showState();
  }

  /** Write the text, if nothing is wrong with it. */
  async save() {
    if (!this._game || !this.isChanged) return;
    try {
      await order("write", { text: this._text.value, hash: this._game.hash });
      this._game = { ...this._game, text: this._text.value };
      this._showState();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this._showProblems(error.problems, error.problems.length ? [] : [error.message]);
      const count = error.problems.length;
      this._tell(count ? `not written: ${mistakes(count)}` : error.message, true);
    }
  }

  focus() {
    this._text.focus();
  }

  _load() {
    if (this._game) this._text.value = this._game.text;
    byId("reload").hidden = true;
    dispatchEvent(new Event("reload"));
    this._typed();
  }

  _typed() {
    this._showState();
    this._drawLines(new Set());
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._check(), REST_MS);
  }

  async _check() {
    this._checked += 1;
    const own = this._checked;
    /** @type {StudioProblem[]} */
    let problems = [];
    /** @type {string[]} */
    let faults = [];
    try {
      await order("check", { text: this._text.value });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems = error.problems;
      if (!problems.length) faults = [error.message];
    }
    if (own === this._checked) this._showProblems(problems, faults);
  }

  _showState() {
    setUsable(byId("save"), this.isChanged);
    byId("unsaved").hidden = !this.isChanged;
  }

  /**
   * @param {StudioProblem[]} problems
   * @param {string[]} faults
   */
  _showProblems(problems, faults) {
    this._drawLines(new Set(problems.map((problem) => problem.line)));
    fill(
      byId("problems"),
      ...faults.map((fault) => make("li", {}, fault)),
      ...problems.map((problem, number) =>
        make(
          "li",
          {},
          make(
            "button",
            {
              type: "button",
              class: "line",
              "data-key": `problem-${number}`,
              click: () => this._goTo(problem),
            },
            `Line ${problem.line}`,
          ),
          ` ${problem.found}: ${problem.why}; ${problem.fix}`,
        ),
      ),
    );
    const count = problems.length + faults.length;
    byId("problem-count").textContent = count ? mistakes(count) : "";
    if (count) this._text.setAttribute("aria-invalid", "true");
    else this._text.removeAttribute("aria-invalid");
  }

  /** @param {Set<number>} bad */
  _drawLines(bad) {
    const count = this._text.value.split("\n").length;
    fill(
      this._lines,
      ...Array.from({ length: count }, (_, n) =>
        make("span", { class: bad.has(n + 1) ? "bad" : null }, String(n + 1)),
      ),
    );
    this._lines.scrollTop = this._text.scrollTop;
  }

  /** @param {StudioProblem} problem */
  _goTo(problem) {
    const lines = this._text.value.split("\n");
    const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const end = start + (lines[problem.line - 1] || "").length;
    this._text.focus();
    this._text.setSelectionRange(Math.min(start + problem.column - 1, end), end);
    const height = this._text.scrollHeight / Math.max(lines.length, 1);
    this._text.scrollTop = Math.max(height * (problem.line - 4), 0);
  }
}

/** @param {number} count */
const mistakes = (count) => (count === 1 ? "1 mistake" : `${count} mistakes`);
