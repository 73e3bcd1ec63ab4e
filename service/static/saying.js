/** What the page says below the note: what goes on, and what went wrong. */

import { $ } from "/static/dom.js";

/** Of an error that is no Problem. */
export const STRANGE = "The service gave an answer this page does not understand: keep a copy of the note and reload the page.";

/** An error whose message is a sentence for the person at the page. */
export class Problem extends Error {}

/** Say something politely, on screen and to a screen reader. @param {string} sentence */
export const announce = (sentence) => { $("status").textContent = sentence; };

/** Show one error sentence, or none. @param {unknown} error */
export function showError(error) {
  const sentence = error && (error instanceof Problem ? error.message : STRANGE);
  $("error").hidden = !sentence;
  $("error").textContent = sentence || "";
  if (sentence) announce("");
}
