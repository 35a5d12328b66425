/** Finds elements of the page. A missing one is a fault of the report, and throws. */

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 */
export function one(selector, within = document) {
  const found = within.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  throw new Error(`the page has no ${selector}`);
}

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export function all(selector, within = document) {
  return [...within.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
}

/** @param {string} id */
export const byId = (id) => one(`#${id}`);
