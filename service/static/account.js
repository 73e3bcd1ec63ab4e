/**
 * The exact sum behind a code's percentage. Every figure comes from the service; nothing is worked out here.
 *
 * @typedef {{says: string, amount: number, parts: (Step[]|undefined)}} Step
 */

import { make, signed } from "/static/dom.js";
import { held, post } from "/static/held.js";

const SAY = {
  bundle: (now, then) => `The note was read with bundle ${then}, and this service has changed to ${now} since: the sum of that one would not be that of the percentage above. Read the note again to see it; what you decided here is kept, the claim begins anew.`,
  others: (n) => (n === 1 ? "1 other piece of the note adds next to nothing." : `${n} other pieces of the note add next to nothing.`),
};

/** @param {Step} step @param {number} scale @returns {HTMLElement} a bar to the right (for) or left (against) of the middle */
function bar({ says, amount, parts }, scale) {
  const track = make("span", { class: "track", "aria-hidden": "true" });
  track.style.setProperty("--from", String(0.5 + Math.min(0, amount) / scale / 2));
  track.style.setProperty("--size", String(Math.abs(amount) / scale / 2));
  const sign = make("span", { class: "amount", text: signed(amount) });
  const each = parts ? [make("details", {}, make("summary", { text: "Each of them" }), bars(parts))] : [];
  return make("li", { class: amount < 0 ? "step less" : "step more" }, make("span", { class: "says", text: says }), sign, track, ...each);
}

/** @param {Step[]} steps @returns {HTMLElement} */
function bars(steps) {
  const scale = Math.max(...steps.map((step) => Math.abs(step.amount)), 1e-9);
  return make("ul", { class: "steps", role: "list" }, ...steps.map((step) => bar(step, scale)));
}

/** @param {Object} account @returns {Node[]} */
function accountParts(account) {
  const percent = (p) => `${(100 * p).toFixed(1)}%`;
  const sum = `Together ${signed(account.log_odds)}, which is ${percent(account.probability)}; suggested from ${percent(account.least)} on.`;
  const nodes = [make("h5", { text: "The whole sum" }), bars(account.steps), make("p", { class: "total", text: sum })];
  for (const segment of account.segments) {
    const words = segment.text.replace(/\s+/g, " ").trim();
    const title = make("summary", {}, make("q", { text: words }), ` ${signed(segment.log_odds)}`);
    const known = segment.words.map((one) => `${one.says} ${signed(one.amount)}`).join(", ");
    const inner = [bars(segment.terms)];
    if (known) inner.push(make("p", { class: "hint", text: `Signs that weigh most in “the words fit”: ${known}.` }));
    nodes.push(make("details", { class: "segment" }, title, ...inner));
  }
  if (account.others) nodes.push(make("p", { class: "hint", text: SAY.others(account.others) }));
  return nodes;
}

/** Fetch and show how a code's score comes about, once. @param {HTMLElement} box @param {string} code */
export async function fillAccount(box, code) {
  if (!box || box.dataset.state || !held.now) return;
  box.dataset.state = "asked";
  box.replaceChildren(make("p", { class: "hint", text: "Working out the sum…" }));
  try {
    const { answer, text } = held.now;
    const { accounts, bundle } = await (await post("/v1/explain", { text, code, offsets: "utf16" })).json();
    if (bundle !== answer.bundle) throw new Error(SAY.bundle(bundle, answer.bundle));
    const best = accounts.reduce((a, b) => (b.probability > a.probability ? b : a));
    box.replaceChildren(...accountParts(best));
  } catch (error) {
    delete box.dataset.state;
    box.replaceChildren(make("p", { class: "hint", text: error.message }));
  }
}
