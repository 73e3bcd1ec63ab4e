/**
 * What a person does with the answer: accepting, rejecting, correcting and adding codes, and the claim that results. Every figure
 * comes from the service; nothing is worked out here.
 *
 * @typedef {import("/static/held.js").Chosen} Chosen
 * @typedef {{action: string, code: string, replaced?: string}} Decision
 */

import { carryOver, isAnother, setAside, wording } from "/static/carry.js";
import { DECISIONS, linesTable, notesOf, unitsOf } from "/static/claim-view.js";
import { $, make } from "/static/dom.js";
import { askClaim, chosenOf, held, onClaim, say, standing, stated } from "/static/held.js";
import { dropSuperbill, openExports } from "/static/take.js";
import { tell } from "/static/telling.js";

const SAY = {
  code: (code) => `${code || "That"} is not a code of the catalogue: choose one from the list.`,
  there: (code, minutes) => `${code} is on the claim already${minutes === null ? "" : ` with ${minutes} min`}: press Edit in its line to change it.`,
  taken: (code, minutes, was) => `${code} is on the claim already${minutes === null ? "" : ` with ${minutes} min`}: edit that line and reject ${was}, or choose another code.`,
  off: (code, was) => `${code}, which stood in place of ${was}, is off the claim.`,
  known: (code, minutes) => `${code} has the ${minutes} min known of it.`,
  stated: (code, minutes) => `The ${minutes} min the note gives ${code} are not used.`,
  follows: (code) => `${code} follows from the minutes or the area of the code it adds to: edit or reject that line.`,
  stale: "The claim does not hold your last decisions yet.",
  stand: (what) => `Your decisions on this note still stand: ${what}.`,
  fell: (codes) => `The note does not suggest ${codes} any more, so your decision on ${codes.includes(",") ? "them" : "it"} is dropped.`,
  before: (what) => `On the note before you decided: ${what}. The claim below begins anew; if this is the same note, your decisions can stand here too.`,
  forgotten: (what) => `The claim is as suggested again. You had decided: ${what}.`,
};
const CLAIM_MS = 10_000;

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

/** Show a claim. @param {Object} claim */
function showClaim(claim) {
  held.claim = claim;
  const none = make("p", { class: "hint", text: "No lines yet: accept or add a code." });
  const focused = document.activeElement?.closest("#claim-lines [data-act]");
  $("claim-lines").replaceChildren(claim.lines.length || held.chosen.size ? linesTable(claim) : none);
  if (focused) focusLine(focused.closest("[data-code]").dataset.code, focused.dataset.act);
  for (const form of [...$("claim-edit").children]) {
    if (!$("claim-lines").querySelector(`[data-code="${CSS.escape(form.dataset.code)}"]`)) form.remove();
  }
  $("claim-notes").replaceChildren(...notesOf(claim));
  $("claim").hidden = !held.now;
  openExports(claim.lines.length > 0);
  paintDecisions();
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
