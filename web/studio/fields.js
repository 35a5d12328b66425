/** Fields for the common keys of a track or of the game; a change is written at once. */

import { fill, make } from "./build.js";
import { Refused } from "./server.js";

/**
 * @param {HTMLElement} place
 * @param {string} owner
 * @param {StudioField[]} fields
 * @param {Record<string, string>} said
 * @param {Record<string, string>} is
 * @param {(key: string, value: string | null) => Promise<unknown>} write
 */
export function showFields(place, owner, fields, said, is, write) {
  const shown = JSON.stringify([owner, fields, said, is]);
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  fill(
    place,
    ...fields.map((field) =>
      drawField(owner, field, said[field.key] || "", is[field.key] || "", write),
    ),
  );
}

/**
 * @param {string} owner
 * @param {StudioField} field
 * @param {string} said
 * @param {string} is
 * @param {(key: string, value: string | null) => Promise<unknown>} write
 */
function drawField(owner, field, said, is, write) {
  const id = `field-${owner ? "track" : "game"}-${field.key}`;
  const list = [...field.choices, ...field.examples];
  const input = /** @type {HTMLInputElement} */ (
    make("input", {
      id,
      "data-key": id,
      value: said,
      placeholder: is ? `${is} (as it comes)` : "as it comes",
      list: list.length ? `${id}-choices` : null,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": `${id}-said`,
    })
  );
  const told = make("p", { id: `${id}-said`, class: "told", hidden: true });
  const clear = () => {
    input.removeAttribute("aria-invalid");
    told.hidden = true;
  };
  const save = async () => {
    const value = input.value.trim();
    if (value === said) return;
    try {
      await write(field.key, value || null);
      clear();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const problem = error.problems[0];
      input.setAttribute("aria-invalid", "true");
      told.textContent = problem ? `${problem.why}; ${problem.fix}` : error.message;
      told.hidden = false;
    }
  };
  input.addEventListener("change", save);
  input.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    input.value = said;
    clear();
  });
  return make(
    "div",
    { class: "field" },
    make("label", { for: id, title: field.description }, field.key),
    input,
    list.length
      ? make("datalist", { id: `${id}-choices` }, ...list.map((value) => make("option", { value })))
      : null,
    field.is_list ? drawChips(field, input, save) : null,
    told,
  );
}

/**
 * Buttons that add a word to the list of a field, or remove it.
 * @param {StudioField} field
 * @param {HTMLInputElement} input
 * @param {() => Promise<void>} save
 */
function drawChips(field, input, save) {
  const words = () =>
    input.value
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
  return make(
    "div",
    { class: "chips", role: "group", "aria-label": field.key },
    ...field.choices.map((word) =>
      make(
        "button",
        {
          type: "button",
          class: "chip",
          "data-key": `chip-${field.key}-${word}`,
          "aria-pressed": String(words().includes(word)),
          click: () => {
            const has = words();
            const next = has.includes(word) ? has.filter((one) => one !== word) : [...has, word];
            input.value = next.join(", ");
            save();
          },
        },
        word,
      ),
    ),
  );
}
