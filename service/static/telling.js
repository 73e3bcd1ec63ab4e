/**
 * Decisions on their way to the service: one at a time, in the order they were made in, for the last one on a code is the one that
 * stands. One that does not arrive is told to the person in one line and sent again, the same, until it does; `soapcode-told` is then
 * dispatched at the window, for the service answers again.
 */

import { headers, refusal } from "/static/key.js";

const WAIT_MS = 10_000;
const AGAIN_MS = [2_000, 5_000, 15_000, 60_000];
const SHOWN_MS = 4_000;

const some = (n) => `${n} decision${n === 1 ? " is" : "s are"}`;
const SAY = {
  silent: (n) => `${some(n)} not kept yet, for the service does not answer. Leave this tab open: it goes on trying.`,
  key: (n) => `${some(n)} not kept yet, for the service asks for a key: type it in above.`,
  scope: (n) => `${some(n)} not kept, for the key in use may not keep any (scope “feedback”): ask whoever runs soapcode here for another key.`,
  refused: (code) => `The service refused the decision on ${code}: it is not kept.`,
  kept: "Every decision is kept now.",
};

/** @type {Promise<Object>[]} what is to be sent, oldest first */
const waiting = [];
let [sending, failures, timer, forbidden] = [false, 0, 0, false];

/** @param {string} sentence */
function say(sentence) {
  document.getElementById("unkept").textContent = sentence;
}

/** @param {Object} body @returns {Promise<number>} the status of the answer; 0 where there was none */
async function send(body) {
  const sent = { method: "POST", headers: headers(), body: JSON.stringify(body), cache: "no-store", keepalive: true };
  const response = await fetch("/v1/feedback", { ...sent, signal: AbortSignal.timeout(WAIT_MS) }).catch(() => null);
  if (response) refusal(response);
  return response?.status ?? 0;
}

/** Whether the same decision may be kept another time. @param {number} status */
const passes = (status) => status === 0 || status >= 500 || [401, 403, 408, 425, 429].includes(status);

/** Send what waits. */
async function flush() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  const before = failures;
  let refused = "";
  while (waiting.length) {
    const body = await waiting[0];
    const status = await send(body);
    if (status < 200 || status > 299) {
      if (passes(status)) {
        failed(status);
        return;
      }
      refused = SAY.refused(body.code);
    }
    waiting.shift();
    failures = 0;
  }
  sending = false;
  say(refused || (before ? SAY.kept : ""));
  if (before) dispatchEvent(new Event("soapcode-told"));
  if (!refused && before) timer = setTimeout(() => say(""), SHOWN_MS);
}

/** Say that the decisions wait, and try again later; one the key forbids waits for another key or the next decision. @param {number} status */
function failed(status) {
  sending = false;
  forbidden = status === 403;
  const sentence = { 401: SAY.key, 403: SAY.scope }[status] ?? SAY.silent;
  say(sentence(waiting.length));
  if (status !== 401 && status !== 403) timer = setTimeout(flush, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
  failures += 1;
}

/** Tell the service a decision. @param {Promise<Object>} body of the request; it never fails */
export function tell(body) {
  waiting.push(body);
  flush();
}

for (const type of ["online", "soapcode-key"]) addEventListener(type, flush);
addEventListener("beforeunload", (event) => {
  if (waiting.length && failures && !forbidden) event.preventDefault();
});
