/** Buttons that cannot be used now, and keep the focus. */

/**
 * Let a button be used or not. It keeps the focus and its place for Tab, as a disabled one would
 * not: whoever has just pressed it stays where they were.
 * @param {Element} button
 * @param {boolean} isUsable
 */
export function setUsable(button, isUsable) {
  button.setAttribute("aria-disabled", String(!isUsable));
}

/** Ignore clicks, and keys that click, on what cannot be used now. Call it once for a page. */
export function ignoreUnusable() {
  document.addEventListener(
    "click",
    (event) => {
      const { target } = event;
      if (!(target instanceof Element) || !target.closest("[aria-disabled=true]")) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
