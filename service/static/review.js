/**
 * What a person does with the answer: the exact account of a code, accepting, rejecting, correcting and adding codes, and the
 * claim that results, to copy, print or download. Every figure comes from the service; nothing is worked out here.
 *
 * @typedef {{says: string, amount: number, parts: (Step[]|undefined)}} Step
 * @typedef {{code: string, minutes: ?number, decision: "suggested"|"accepted"|"corrected"|"added", replaced: ?string}} Chosen
 *   `replaced` is the code of the page in whose place this one stands, however often it was corrected since.
 * @typedef {{action: string, code: string, replaced?: string}} Decision
 */

import { carryOver, isAnother, setAside, wording } from "/static/carry.js";
import { $, make, signed } from "/static/dom.js";
import { headers, refusal } from "/static/key.js";
import { refused } from "/static/refused.js";
import { tell } from "/static/telling.js";

const SAY = {
  offline: "The soapcode service did not answer: check that it is running on this machine, then try again.",
  code: (code) => `${code || "That"} is not a code of the catalogue: choose one from the list.`,
  there: (code, minutes) => `${code} is on the claim already${minutes === null ? "" : ` with ${minutes} min`}: press Edit in its line to change it.`,
  taken: (code, minutes, was) => `${code} is on the claim already${minutes === null ? "" : ` with ${minutes} min`}: edit that line and reject ${was}, or choose another code.`,
  off: (code, was) => `${code}, which stood in place of ${was}, is off the claim.`,
  known: (code, minutes) => `${code} has the ${minutes} min known of it.`,
  stated: (code, minutes) => `The ${minutes} min the note gives ${code} are not used.`,
  follows: (code) => `${code} follows from the minutes or the area of the code it adds to: edit or reject that line.`,
  bundle: (now, then) => `The note was read with bundle ${then}, and this service has changed to ${now} since: the sum of that one would not be that of the percentage above. Read the note again to see it; what you decided here is kept, the claim begins anew.`,
  stale: "The claim does not hold your last decisions yet.",
  copied: "The claim lines are on the clipboard.",
  notCopied: "The browser did not allow copying: select the lines and copy them by hand.",
  printing: "The superbill is ready: print it, or save it as PDF, in the browser’s window for printing.",
  saved: (name) => `${name} was downloaded.`,
  changed: "The claim changed meanwhile: take it again as it stands now.",
  stand: (what) => `Your decisions on this note still stand: ${what}.`,
  fell: (codes) => `The note does not suggest ${codes} any more, so your decision on ${codes.includes(",") ? "them" : "it"} is dropped.`,
  before: (what) => `On the note before you decided: ${what}. The claim below begins anew; if this is the same note, your decisions can stand here too.`,
  others: (n) => (n === 1 ? "1 other piece of the note adds next to nothing." : `${n} other pieces of the note add next to nothing.`),
  forgotten: (what) => `The claim is as suggested again. You had decided: ${what}.`,
};
const DECISIONS = { suggested: "", accepted: "Accepted", corrected: "Corrected", added: "Added by you" };
const SEVERITY = { error: "Needed", warning: "Will be asked", info: "Worth a look" };
const FILES = { csv: ["claim.csv", "text/csv"], json: ["answer.json", "application/json"], fhir: ["claim.fhir.json", "application/fhir+json"] };

const CLAIM_MS = 10_000;

const held = {
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

const say = (sentence) => { $("claim-status").textContent = sentence; };
const nameOf = (code) => held.now?.catalogue.get(code)?.name ?? "";

/** @param {string} path @param {Object} body @param {AbortSignal} [signal] @returns {Promise<Response>} */
async function post(path, body, signal) {
  const sent = { method: "POST", headers: headers(), body: JSON.stringify(body), cache: "no-store", signal };
  const response = await fetch(path, sent).catch((error) => {
    throw error.name === "AbortError" ? error : new Error(SAY.offline);
  });
  if (response.ok) return response;
  const unkeyed = refusal(response);
  if (unkeyed) throw new Error(unkeyed);
  throw new Error(refused(response));
}

/** @returns {string} what a decision is known by; made without randomUUID, which plain http elsewhere than on this machine lacks */
const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Work the claim out anew and tell the service what was decided, with the units it gives (with those on show, where what came next left no
 * time for a claim).
 * @param {Decision[]} decisions @param {string} [told] what the person should know of it
 */
function decide(decisions, told = "") {
  const { note_sha256, bundle } = held.now.answer;
  if (!held.carried) held.kept = null;
  showKept("");
  const shown = held.claim;
  const claim = Promise.race([revise(told), new Promise((late) => { setTimeout(late, CLAIM_MS, null); })]);
  for (const one of decisions) {
    const sent = { source: "page", note_sha256, bundle, ...one, decision: newId() };
    const within = (made) => (made ?? (one.action === "accept" ? shown : null))?.lines.find((line) => [line.code, line.twin_of].includes(one.code));
    tell(claim.then((made) => ({ ...sent, units: within(made)?.units ?? null })));
  }
}

/**
 * A new answer is on the page. What was decided on the text before stands here too where it is the same note; where that is not
 * sure (another text was put in its place, or little of it is left), it is offered.
 * @param {{answer: Object, text: string, payer: string, date: ?string, catalogue: Map}} now
 * @returns {string} what the person should know of it
 */
export function startReview(now) {
  clearClaim();
  held.now = now;
  begin();
  if (!held.kept) return "";
  const another = isAnother(held.kept.text, now.text);
  if (another && held.kept.replaced) held.kept = null;
  else if (another || held.kept.replaced) showKept(SAY.before(wording(held.kept)));
  else use();
  return $("kept-says").textContent;
}

/** The claim's codes as the answer suggests them, nothing decided. */
function begin() {
  const { suggestions, claim } = held.now.answer;
  Object.assign(held, { chosen: new Map(), rejected: new Set(), minutes: new Map(), claim: null, carried: false });
  const suggested = (code, minutes) => held.chosen.set(code, { code, minutes, decision: "suggested", replaced: null });
  for (const s of suggestions.filter((one) => one.suggested)) suggested(s.code, s.minutes);
  for (const line of claim.lines.filter((one) => !one.added && !chosenOf(one))) suggested(line.code, line.minutes);
}

/** Let stand here what was decided before. */
function use() {
  const { stand, fell, ...now } = carryOver(held.kept, held.now, held.chosen);
  Object.assign(held, now, { carried: true });
  showKept([stand && SAY.stand(stand), fell && SAY.fell(fell)].filter(Boolean).join(" "));
}

/** Show the claim the answer came with, or work out that of the decisions that stand. */
export function openClaim() {
  if (held.carried) revise("");
  else showClaim(held.now.answer.claim);
}

/** Say what became of earlier decisions, with the button that undoes it. @param {string} sentence */
function showKept(sentence) {
  $("kept-says").textContent = sentence;
  $("kept-act").textContent = held.carried ? "Forget these decisions" : "Use them here";
  $("kept").hidden = !sentence;
}

/** Forget the decisions that stand, or let those stand that were set aside. */
function onKept() {
  if (!held.now || !held.kept) return;
  if (held.carried) {
    held.kept = { ...(setAside(held) ?? held.kept), replaced: true };
    begin();
    showKept(SAY.forgotten(wording(held.kept)));
  } else {
    use();
  }
  if ($("kept").hidden) $("claim-lines").focus();
  revise("");
}

/** Another text was put in place of the note: what was decided on it stands no more by itself. */
export function noteReplaced() {
  if (held.kept) held.kept.replaced = true;
}

/** @returns {boolean} whether there are decisions that will stand when the note is read again */
export const keepsDecisions = () => Boolean(held.kept && !held.kept.replaced);

/** Take the answer and everything shown of it away; what was decided is set aside. */
export function clearClaim() {
  held.flight?.abort();
  if (held.now) held.kept = setAside(held) ?? held.kept;
  Object.assign(held, { now: null, chosen: new Map(), rejected: new Set(), minutes: new Map(), claim: null, flight: null, carried: false });
  for (const id of ["claim-lines", "claim-edit", "claim-notes"]) $(id).replaceChildren();
  dropSuperbill();
  markStale(false);
  showKept("");
  $("claim").hidden = true;
  say("");
}

/** What was printed is not what the claim is any more; without this the browser's own print would show it again. */
function dropSuperbill() {
  $("superbill").replaceChildren();
  $("superbill").hidden = true;
}

/** @param {boolean} open whether the claim can be taken away: not while it is none of the codes chosen */
function openExports(open) {
  for (const button of document.querySelectorAll("[data-export]")) button.disabled = !open;
}

// ---------------------------------------------------------------- the account
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

// ---------------------------------------------------------------- decisions
/** @param {Object} s a suggestion @returns {HTMLElement} its buttons */
export function actionsFor(s) {
  const button = (action, text) => make("button", { type: "button", class: "quiet small", "data-act": action, "aria-describedby": `decision-${s.code}`, text });
  const label = { role: "group", "aria-label": `Decide on ${s.code} ${s.name}`, class: "actions", "data-code": s.code };
  const state = make("span", { class: "decision", id: `decision-${s.code}` });
  const row = make("div", label, button("accept", s.suggested ? "Accept" : "Add to the claim"), button("reject", "Reject"),
    button("correct", "Correct…"), state);
  return row;
}

/** @param {string} code @returns {Chosen|undefined} what is on the claim for it: itself, or what it was corrected to */
const standing = (code) => held.chosen.get(code) ?? [...held.chosen.values()].find((one) => one.replaced === code);

/** @param {Object} line @returns {Chosen|undefined} the chosen code a line of the claim comes from; none where the minutes reached it */
const chosenOf = (line) => held.chosen.get(line.code) ?? held.chosen.get(line.twin_of);

/** @param {string} code @returns {Chosen|undefined} the code, or the one another payer wants for it, where it is on the claim */
const onClaim = (code) => held.chosen.get(code) ?? held.chosen.get(held.now.catalogue.get(code)?.payer_twin);

/** @param {string} code @returns {?number} the minutes the note gives it */
const stated = (code) => held.now.answer.suggestions.find((one) => one.code === code)?.minutes ?? null;

/** Show on every code what was decided. */
function paintDecisions() {
  for (const row of document.querySelectorAll(".actions")) {
    const { code } = row.dataset;
    const stands = standing(code);
    const own = stands?.code === code;
    const rejected = held.rejected.has(code);
    const decision = stands && !own ? `Corrected to ${stands.code}` : DECISIONS[stands?.decision ?? "suggested"];
    row.querySelector(".decision").textContent = rejected && !stands ? "Rejected" : decision;
    const stood = { accept: Boolean(own && stands.decision !== "suggested"), reject: rejected && !stands };
    for (const [act, on] of Object.entries(stood)) row.querySelector(`[data-act="${act}"]`).classList.toggle("on", on);
    row.querySelector('[data-act="reject"]').hidden = !stands && !rejected;
    row.closest(".code").classList.toggle("rejected", rejected);
    const line = own && held.claim?.lines.find((one) => chosenOf(one) === stands);
    const facts = row.closest(".code").querySelector(".facts");
    if (facts && line) facts.textContent = [line.minutes !== null && `${line.minutes} min`, unitsOf(line)].filter(Boolean).join(", ");
  }
}

/** @param {string} code @param {Chosen["decision"]} decision @param {Object} [more] */
function put(code, decision, more = {}) {
  held.rejected.delete(code);
  held.chosen.set(code, { code, minutes: held.minutes.get(code) ?? stated(code), replaced: null, ...held.chosen.get(code), decision, ...more });
}

/** Take a code off the claim; its minutes are not forgotten. @param {string} code @returns {Decision} */
function reject(code) {
  if (held.chosen.has(code)) held.minutes.set(code, held.chosen.get(code).minutes);
  held.chosen.delete(code);
  held.rejected.add(code);
  return { action: "reject", code };
}

/** Take off what stands in place of a code. @param {string} code @returns {{decisions: Decision[], told: string}} */
function takeBack(code) {
  const stands = standing(code);
  if (!stands || stands.code === code) return { decisions: [], told: "" };
  return { decisions: [reject(stands.code)], told: SAY.off(stands.code, code) };
}

/** Open or close the form that corrects a code or a line of the claim. @param {string} code @param {?HTMLElement} row of the code, none for a line */
function toggleCorrect(code, row) {
  const open = row ? row.nextElementSibling : [...$("claim-edit").children].find((form) => form.dataset.code === code);
  if (open?.matches(".correct")) {
    closeCorrect(open);
    return;
  }
  const stands = standing(code);
  const minutes = stands?.minutes ?? held.claim?.lines.find((line) => line.code === code)?.minutes ?? "";
  const input = (name, label, attributes) => make("label", { class: "inline" }, `${label} `, make("input", { name, ...attributes }));
  const form = make("form", { class: "correct row", "data-code": code, autocomplete: "off", "aria-label": `Correct ${code}` },
    ...(row ? [] : [make("strong", { text: `Edit ${code}` })]),
    input("code", "Code", { value: stands?.code ?? code, list: "all-codes", maxlength: "5", required: "", spellcheck: "false" }),
    input("minutes", "Minutes", { type: "number", min: "0", max: "1440", inputmode: "numeric", value: String(minutes) }),
    make("button", { type: "submit", class: "quiet small", text: "Save" }),
    make("button", { type: "button", class: "quiet small", "data-act": "close", text: "Cancel" }));
  if (row) row.after(form);
  else $("claim-edit").append(form);
  form.elements.code.focus();
}

/** @param {HTMLFormElement} form close it; the focus goes back to the button it came from */
function closeCorrect(form) {
  const row = form.previousElementSibling?.matches(".actions") ? form.previousElementSibling : null;
  form.remove();
  if (row) row.querySelector('[data-act="correct"]').focus();
  else focusLine(form.dataset.code, "correct");
}

/** @param {string} code @param {string} act focus that button of a line; if the line is gone, the table */
function focusLine(code, act) {
  const button = $("claim-lines").querySelector(`[data-code="${CSS.escape(code)}"] [data-act="${CSS.escape(act)}"]`);
  (button ?? $("claim-lines")).focus();
}

/**
 * @param {HTMLInputElement} codeField @param {HTMLInputElement} minutesField
 * @returns {?{code: string, minutes: ?number, told: string}} minutes not typed are those known of the code; ones that were cleared are none
 */
function entered(codeField, minutesField) {
  const code = codeField.value.trim().toUpperCase();
  if (!held.now.catalogue.has(code)) {
    say(SAY.code(code));
    codeField.focus();
    return null;
  }
  if (minutesField.value !== "") {
    const [minutes, note] = [Number(minutesField.value), stated(code)];
    const told = code !== codeField.defaultValue && note !== null && note !== minutes ? SAY.stated(code, note) : "";
    return { code, minutes, told };
  }
  const known = minutesField.defaultValue === "" ? (held.minutes.get(code) ?? stated(code)) : null;
  return { code, minutes: known, told: known === null ? "" : SAY.known(code, known) };
}

/** @param {SubmitEvent} event */
function onCorrect(event) {
  const form = event.target.closest(".correct");
  if (!form) return;
  event.preventDefault();
  const old = standing(form.dataset.code);
  const was = old?.code ?? form.dataset.code;
  const to = entered(form.elements.code, form.elements.minutes);
  if (!to) return;
  const there = to.code === was ? undefined : onClaim(to.code);
  if (there && there !== old) {
    say(SAY.taken(there.code, there.minutes, was));
    form.elements.code.focus();
    return;
  }
  closeCorrect(form);
  if (old && to.code === was && to.minutes === old.minutes) return;
  decide(corrected(old, was, to), to.told);
}

/** Put another code or other minutes in place of what was; a correction of a correction still replaces the code of the page. @returns {Decision[]} */
function corrected(old, was, { code, minutes }) {
  const added = old?.decision === "added";
  const first = old?.replaced ?? was;
  const decisions = code !== was && (added || was !== first) ? [reject(was)] : [];
  if (added) {
    put(code, "added", { minutes });
    return [...decisions, { action: "add", code }];
  }
  if (code !== was) reject(was);
  if (code !== first) {
    put(code, "corrected", { minutes, replaced: first });
    return [...decisions, { action: "correct", code, replaced: first }];
  }
  const same = code !== was && minutes === stated(code);
  put(code, same ? "accepted" : "corrected", { minutes, replaced: null });
  return [...decisions, { action: same ? "accept" : "correct", code }];
}

/** @param {SubmitEvent} event */
function onAdd(event) {
  event.preventDefault();
  if (!held.now) return;
  const to = entered($("add-code"), $("add-minutes"));
  if (!to) return;
  const there = onClaim(to.code);
  if (there) {
    say(SAY.there(there.code, there.minutes));
    return;
  }
  const stands = standing(to.code);
  if (stands) stands.replaced = null;
  put(to.code, "added", { minutes: to.minutes });
  $("add").reset();
  decide([{ action: "add", code: to.code }], to.told);
}

/** @param {MouseEvent} event */
function onAct({ target }) {
  const act = target.closest("[data-act]")?.dataset.act;
  if (!act || !held.now) return;
  const place = target.closest("[data-code]");
  const { code } = place.dataset;
  if (act === "close") {
    closeCorrect(place);
  } else if (act === "correct") {
    toggleCorrect(code, place.matches(".actions") ? place : null);
  } else if (act === "accept") {
    const { decisions, told } = takeBack(code);
    put(code, "accepted", { replaced: null });
    decide([...decisions, { action: "accept", code }], told);
  } else if (place.matches(".actions")) {
    const { decisions, told } = takeBack(code);
    decide([...decisions, reject(code)], told);
  } else if (held.chosen.has(code)) {
    decide([reject(code)]);
  } else if (held.claim.lines.some((line) => line.code === code && line.added)) {
    say(SAY.follows(code));
  }
}

// ---------------------------------------------------------------- the claim
const codesNow = () => [...held.chosen.values()].map(({ code, minutes }) => ({ code, minutes }));

/** @param {string} format @param {AbortSignal} [signal] */
function askClaim(format, signal) {
  const { text, payer, date } = held.now;
  return post("/v1/claim", { text, payer, ...(date && { date }), codes: codesNow(), offsets: "utf16", format }, signal);
}

/** Work the claim out again for the codes chosen now; a newer choice cancels an older request. @param {string} told said before it @returns {Promise<?Object>} the claim, if it came to be */
async function revise(told) {
  held.flight?.abort();
  const flight = new AbortController();
  held.flight = flight;
  dropSuperbill();
  openExports(false);
  paintDecisions();
  $("claim").hidden = false;
  markStale(false);
  say("Working out the claim…");
  try {
    const claim = await (await askClaim("json", flight.signal)).json();
    if (held.flight !== flight) return claim;
    showClaim(claim);
    say(`${told} Claim: ${claim.lines.map((line) => `${line.code} ${unitsOf(line)}`).join(", ") || "no lines"}.`.trim());
    return claim;
  } catch (error) {
    if (held.flight === flight) {
      markStale(true);
      say(`${told} ${SAY.stale} ${error.message}`.trim());
    }
    return null;
  }
}

/** @param {boolean} stale whether what is shown is an earlier claim, to be worked out again */
function markStale(stale) {
  held.stale = stale;
  $("claim").classList.toggle("stale", stale);
  const focused = document.activeElement === $("again");
  $("again").hidden = !stale;
  if (focused && !stale) $("claim-lines").focus();
}

/** The service answers again, or the person tries. */
function reviseAgain() {
  if (held.now && held.stale) revise("");
}

/** @param {Object} line @returns {string} */
function unitsOf(line) {
  if (line.units === null) return line.proposed_units === null ? "units not stated" : `units not stated (${line.proposed_units} proposed)`;
  return `${line.units} unit${line.units === 1 ? "" : "s"}`;
}

/** @param {Object} line @returns {string[]} */
function marksOf(line) {
  return [line.bundled && "bundled, not paid apart", line.over_daily_max > 0 && `${line.over_daily_max} over the daily maximum`,
    line.provisional && "provisional", line.minutes_from === "given" && "minutes by you", line.added && "add-on", line.twin_of && `in place of ${line.twin_of}`,
    decisionOn(chosenOf(line))].filter(Boolean);
}

/** @param {Chosen|undefined} chosen @returns {string} */
const decisionOn = (chosen) => (chosen?.replaced ? `Corrected from ${chosen.replaced}` : DECISIONS[chosen?.decision ?? "suggested"]);

/** @param {string} code @param {string} name @returns {HTMLElement} the buttons of a line */
function lineActs(code, name) {
  const button = (act, text) => make("button", { type: "button", class: "quiet small", "data-act": act, "aria-label": `${text} ${code} ${name}`, text });
  return make("td", { class: "acts", role: "cell", "data-code": code }, button("correct", "Edit"), button("reject", "Reject"));
}

/** @param {Object} claim @returns {HTMLElement} */
function linesTable(claim) {
  const roles = { td: "cell", th: "rowheader" }; // said outright, for a narrow screen lays the cells out as blocks
  const cell = (tag, text, attributes = {}) => make(tag, { text, role: attributes.scope === "col" ? "columnheader" : roles[tag], ...attributes });
  const head = make("tr", { role: "row" }, ...["Code", "Service", "Units", "Minutes", "Modifiers"].map((name) => cell("th", name, { scope: "col" })),
    make("th", { scope: "col", role: "columnheader" }, make("span", { class: "visually-hidden", text: "Edit or reject" })));
  const rows = claim.lines.map((line) => {
    const name = make("td", { role: "cell" }, `${line.name} `, ...marksOf(line).map((mark) => make("span", { class: "tag", text: mark })));
    const known = (label, number, proposed, unknown) => {
      const guess = number === null && proposed !== null;
      return make("td", { class: "n", role: "cell", "data-label": label }, String(number ?? (guess ? "? " : unknown)), ...(guess ? [make("span", { class: "tag", text: `${proposed} proposed` })] : []));
    };
    return make("tr", { role: "row" }, cell("th", line.code, { scope: "row" }), name, known("Units", line.units, line.proposed_units, "?"),
      known("Minutes", line.minutes, line.proposed_minutes, ""), cell("td", line.modifiers.join(" "), { "data-label": "Modifiers" }),
      lineActs(chosenOf(line)?.code ?? line.code, line.name));
  });
  const shown = new Set(claim.lines.map(chosenOf));
  const without = [...held.chosen.values()].filter((one) => !shown.has(one)).map((one) => make("tr", { role: "row" }, cell("th", one.code, { scope: "row" }),
    make("td", { role: "cell" }, `${nameOf(one.code)} `, make("span", { class: "tag", text: "left out" })), cell("td", ""), cell("td", ""), cell("td", ""),
    lineActs(one.code, nameOf(one.code))));
  const total = make("tr", { role: "row" }, cell("th", "Total", { scope: "row", colspan: "2" }),
    cell("td", claim.total_units === null ? "?" : String(claim.total_units), { class: "n", "data-label": "Units" }),
    cell("td", ""), cell("td", ""), cell("td", ""));
  const group = { role: "rowgroup" };
  return make("table", { role: "table" }, make("thead", group, head), make("tbody", group, ...rows, ...without), make("tfoot", group, total));
}

/** @param {string} title @param {(string|Node)[]} items @param {Object} [options] @returns {Node[]} */
function block(title, items, { open = true, kind = "" } = {}) {
  const whole = [...new Set(items)];
  if (!whole.length) return [];
  const list = make("ul", { class: kind }, ...whole.map((item) => (typeof item === "string" ? make("li", { text: item }) : item)));
  return [make("details", open ? { open: "" } : {}, make("summary", { text: `${title} (${whole.length})` }), list)];
}

/** @param {Object} gap @returns {HTMLElement} */
function gapItem(gap) {
  const quotes = gap.rests_on.map((words) => `“${words.text.replace(/\s+/g, " ").trim()}”`).join("; ");
  const basis = [gap.absent && `Looked for: ${gap.absent}`, quotes && `Rests on ${quotes}`].filter(Boolean).join(". ");
  return make("li", { class: `gap ${gap.severity}` }, make("span", { class: "severity", text: SEVERITY[gap.severity] }), ` ${gap.says}`,
    make("span", { class: "fine", text: `${gap.codes.join(", ")}. ${basis ? `${basis}. ` : ""}${gap.rule} [${gap.source}, ${gap.dated}]` }));
}

/** @param {Object} tier @returns {HTMLElement} */
function tierItem(tier) {
  const graded = (part) => (part.stated ? `${part.level}${part.found.length ? ` (${part.found.join(", ")})` : ""}${part.doubt ? `; the note ${part.doubt}` : ""}` : "not stated, counts as low");
  const parts = tier.components.map((part) => make("li", { class: part.holds ? "holds" : "", text: `${part.name}: ${graded(part)}${part.holds ? " — keeps the tier here" : ""}` }));
  const claimed = tier.claimed && tier.claimed !== tier.level ? `; the note itself says ${tier.claimed}` : "";
  const by = tier.claimed === tier.billed ? "as the note names it" : "by its code";
  const said = tier.billed === tier.level ? `${tier.level}${claimed}` : `${tier.billed} ${by}; what the note states reaches ${tier.level}`;
  return make("li", {}, `${tier.code}: ${said}`, make("ul", {}, ...parts));
}

/** Show a claim. @param {Object} claim */
export function showClaim(claim) {
  held.claim = claim;
  const none = make("p", { class: "hint", text: "No lines yet: accept or add a code." });
  const focused = document.activeElement?.closest("#claim-lines [data-act]");
  $("claim-lines").replaceChildren(claim.lines.length || held.chosen.size ? linesTable(claim) : none);
  if (focused) focusLine(focused.closest("[data-code]").dataset.code, focused.dataset.act);
  for (const form of [...$("claim-edit").children]) {
    if (!$("claim-lines").querySelector(`[data-code="${CSS.escape(form.dataset.code)}"]`)) form.remove();
  }
  const lines = (field) => claim.lines.flatMap((line) => line[field]);
  $("claim-notes").replaceChildren(
    ...block("How the units come about", claim.working.sentences),
    ...block("Equally right", claim.alternatives.map((other) => Object.entries(other).map(([code, n]) => `${code} × ${n}`).join(", "))),
    ...block("Edits", claim.edits.map((edit) => edit.says), { kind: "warned" }),
    ...block("Left out", claim.left_out.map((one) => `${one.code}: ${one.why}`)),
    ...block("What the note lacks", claim.gaps.map(gapItem), { kind: "gaps" }),
    ...block("Evaluation tier", claim.tiers.map(tierItem)),
    ...block("Questions for you", [...lines("questions"), ...claim.questions]),
    ...block("Mind", [...lines("cautions"), ...claim.cautions], { kind: "warned" }),
    ...block("Also", [...lines("notes"), ...claim.remarks], { open: false }),
  );
  $("claim").hidden = !held.now;
  openExports(claim.lines.length > 0);
  paintDecisions();
}

// ---------------------------------------------------------------- taking it away
/** @returns {string} code, modifiers, units, minutes, name, whether it can be billed, one line each, columns parted by tabs */
function linesAsText() {
  const billable = (line) => (line.bundled ? "no, bundled" : { null: "unknown", 0: "no, no unit" }[line.units] ?? "yes");
  const row = (line) => [line.code, line.modifiers.join(" "), line.units ?? "?", line.minutes ?? "", line.name, billable(line)].join("\t");
  return ["Code\tModifiers\tUnits\tMinutes\tService\tBillable", ...held.claim.lines.map(row)].join("\n");
}

/** @param {string} name @param {string} type @param {string} body */
function download(name, type, body) {
  const address = URL.createObjectURL(new Blob([body], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
  say(SAY.saved(name));
}

/** The superbill in a shadow tree with its own style, shown only on paper. @param {string} html */
function printSuperbill(html) {
  const [, style = ""] = html.match(/<style>([^<]*)<\/style>/) ?? [];
  const page = new DOMParser().parseFromString(html.replace(/<style>[^<]*<\/style>/, ""), "text/html");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.replace(/@page\s*\{[^}]*\}/g, "").replace(/\bbody\b/g, ".sheet"));
  const host = make("div", { class: "paper" });
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];
  const body = make("div", { class: "sheet" });
  body.append(...page.body.childNodes);
  shadow.append(body);
  $("superbill").replaceChildren(host);
  $("superbill").hidden = false;
  say(SAY.printing);
  print();
}

/** @param {string} what */
async function take(what) {
  const { now, flight } = held;
  const asked = async (format) => {
    const text = await (await askClaim(format)).text();
    if (held.now === now && held.flight === flight) return text;
    throw new Error(SAY.changed);
  };
  try {
    if (what === "copy") {
      await navigator.clipboard.writeText(linesAsText()).then(() => say(SAY.copied), () => say(SAY.notCopied));
    } else if (what === "json") {
      const answer = { ...held.now.answer, claim: held.claim, decisions: [...held.chosen.values()], rejected: [...held.rejected] };
      download(...FILES.json, JSON.stringify(answer, null, 1));
    } else if (what === "superbill") {
      printSuperbill(await asked("superbill"));
    } else {
      download(...FILES[what], await asked(what));
    }
  } catch (error) {
    say(error.message);
  }
}

$("answer").addEventListener("click", onAct);
$("answer").addEventListener("submit", onCorrect);
$("answer").addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".correct");
  if (form) closeCorrect(form);
});
$("add").addEventListener("submit", onAdd);
$("kept-act").addEventListener("click", onKept);
$("again").addEventListener("click", reviseAgain);
for (const type of ["online", "soapcode-key", "soapcode-told"]) addEventListener(type, reviseAgain);
$("claim").addEventListener("click", ({ target }) => {
  const what = target.closest("[data-export]")?.dataset.export;
  if (what && held.claim) take(what);
});
