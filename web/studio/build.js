/** Creates elements, and renews lists without losing the focus. */

/** @typedef {string | Node | null | undefined} Child */
/** @typedef {Record<string, string | number | boolean | null | ((event: Event) => void)>} Props */

/**
 * An element; properties that are functions are its listeners, null and false are left out.
 * @param {string} tag
 * @param {Props} [props]
 * @param {...Child} children
 */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * By element, the key of a focused child that `fill` did not get again: takes are away while more of
 * them are composed, and come back.
 * @type {WeakMap<HTMLElement, string>}
 */
const awaited = new WeakMap();

/**
 * Replace an element's children; the focused one is focused again, at the latest when it comes back.
 * @param {HTMLElement} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const focused = document.activeElement;
  const isInside = focused instanceof HTMLElement && element.contains(focused);
  const isNowhere = focused === null || focused === document.body;
  const key = isInside ? focused.dataset.key : isNowhere ? awaited.get(element) : undefined;
  awaited.delete(element);
  // Text that was typed but not written yet is kept.
  const typed =
    focused instanceof HTMLInputElement && focused.value !== focused.defaultValue
      ? focused.value
      : null;
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  if (key === undefined) return;
  const again = [...element.querySelectorAll("[data-key]")].find(
    (child) => child instanceof HTMLElement && child.dataset.key === key,
  );
  if (again instanceof HTMLInputElement && typed !== null) again.value = typed;
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  else awaited.set(element, key);
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...SVGElement} children
 */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
