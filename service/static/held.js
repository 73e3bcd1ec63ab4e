/**
 * What is held of the answer on the page and of what was decided on it; what can be looked up in it, and asked of the service for it.
 *
 * @typedef {{code: string, minutes: ?number, decision: "suggested"|"accepted"|"corrected"|"added", replaced: ?string}} Chosen
 *   `replaced` is the code of the page in whose place this one stands, however often it was corrected since.
 */

import { $ } from "/static/dom.js";
import { headers, refusal } from "/static/key.js";
import { refused } from "/static/refused.js";

const OFFLINE = "The soapcode service did not answer: check that it is running on this machine, then try again.";

export const held = {
  /** @type {?Object} what was asked and answered */ now: null,
  /** @type {Map<string, Chosen>} the claim's codes */ chosen: new Map(),
  /** @type {Set<string>} codes taken off */ rejected: new Set(),
  /** @type {Map<string, ?number>} minutes of codes taken off */ minutes: new Map(),
  /** @type {?Object} the claim on show */ claim: null,
  /** @type {?import("/static/carry.js").Kept} what was decided before on this note, or on one that may be it */ kept: null,
  /** @type {boolean} whether that stands in the claim; it is offered where not */ carried: false,
  /** @type {?AbortController} */ flight: null,
  /** @type {boolean} whether the claim on show lacks the last decisions, for it could not be worked out */ stale: false,
};

/** Say something of the claim. @param {string} sentence */
export const say = (sentence) => { $("claim-status").textContent = sentence; };

/** @param {string} code @returns {string} */
export const nameOf = (code) => held.now?.catalogue.get(code)?.name ?? "";

/** @param {string} code @returns {Chosen|undefined} what is on the claim for it: itself, or what it was corrected to */
export const standing = (code) => held.chosen.get(code) ?? [...held.chosen.values()].find((one) => one.replaced === code);

/** @param {Object} line @returns {Chosen|undefined} the chosen code a line of the claim comes from; none where the minutes reached it */
export const chosenOf = (line) => held.chosen.get(line.code) ?? held.chosen.get(line.twin_of);

/** @param {string} code @returns {Chosen|undefined} the code, or the one another payer wants for it, where it is on the claim */
export const onClaim = (code) => held.chosen.get(code) ?? held.chosen.get(held.now.catalogue.get(code)?.payer_twin);

/** @param {string} code @returns {?number} the minutes the note gives it */
export const stated = (code) => held.now.answer.suggestions.find((one) => one.code === code)?.minutes ?? null;

/** @param {string} path @param {Object} body @param {AbortSignal} [signal] @returns {Promise<Response>} */
export async function post(path, body, signal) {
  const sent = { method: "POST", headers: headers(), body: JSON.stringify(body), cache: "no-store", signal };
  const response = await fetch(path, sent).catch((error) => {
    throw error.name === "AbortError" ? error : new Error(OFFLINE);
  });
  if (response.ok) return response;
  const unkeyed = refusal(response);
  if (unkeyed) throw new Error(unkeyed);
  throw new Error(refused(response));
}

const codesNow = () => [...held.chosen.values()].map(({ code, minutes }) => ({ code, minutes }));

/** @param {string} format @param {AbortSignal} [signal] */
export function askClaim(format, signal) {
  const { text, payer, date } = held.now;
  return post("/v1/claim", { text, payer, ...(date && { date }), codes: codesNow(), offsets: "utf16", format }, signal);
}
