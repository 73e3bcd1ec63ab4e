/** What both halves of the page build it with. */

/** @param {string} id @returns {?HTMLElement} */
export const $ = (id) => document.getElementById(id);

/** Make an element; its `text` is set with textContent. @param {string} tag @param {Object} attributes @param {...(Node|string)} children */
export function make(tag, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** @param {number} value @returns {string} signed, with a real minus; no sign where it rounds to nothing */
export const signed = (value) => (Math.abs(value) < 0.005 ? "0.00" : `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`);
