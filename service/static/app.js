/**
 * The paste page: sends the note to this machine's service and shows the answer.
 *
 * The note lives in the text area and in memory only. It goes out in the body of one request, is
 * never stored, logged or put into a URL, and reaches the page only through `textContent`.
 * Offsets in an answer are UTF-16 indices into the very string that was sent.
 *
 * @typedef {{start: number, end: number, text: string, concept: string, contribution: number, because: string}} Part
 * @typedef {{code: string, name: string, rank: number, probability: number, suggested: boolean, evidence: Part[],
 *   against: Part[], minutes: ?number, units: ?number, alternates: string[], cautions: string[]}} Suggestion
 * @typedef {{start: number, end: number, text: string, concept: string, status: string, section: ?string}} Intervention
 * @typedef {{schema: string, suggestions: Suggestion[], claim: ?Object, interventions: Intervention[]}} Answer
 * @typedef {import("/static/marks.js").Marks} Marks
 */

import { fillAccount } from "/static/account.js";
import { startBox } from "/static/box.js";
import { $, make, signed } from "/static/dom.js";
import { headers, refusal } from "/static/key.js";
import { activate, collectMarks, forgetMarks, groupOf, HUES, inText, showNote, words } from "/static/marks.js";
import { refused } from "/static/refused.js";
import { actionsFor, clearClaim, keepsDecisions, noteReplaced, openClaim, startReview } from "/static/review.js";
import { announce, Problem, showError, STRANGE } from "/static/saying.js";

const WAIT_MS = 60_000;
const SECTIONS = { S: "Subjective", O: "Objective", A: "Assessment", P: "Plan" };

const SAY = {
  empty: "There is no note to read yet: paste one into the box first.",
  date: "The date of service is not complete: fill it in or clear it.",
  silent: "The soapcode service did not answer: check that it is running on this machine, then read the note again.",
  late: "The soapcode service took longer than a minute: try again, or restart the service.",
  weak: "A weight below 0 means that these words alone would not carry the code; the whole sum says what else counts.",
  changed: "The note or its details changed, so the earlier answer was set aside. Read the note again.",
  stays: "The note or its details changed: read the note again. What you decided on its codes stays.",
};

const state = {
  /** @type {?AbortController} the request under way */ flight: null,
  /** @type {boolean} what is put in now takes the place of the whole note */ whole: false,
  /** @type {Map<string, {code: string, name: string, description: string}>} */ catalogue: new Map(),
};

// ---------------------------------------------------------------- small helpers
/** @param {number} p a probability @returns {string} whole percent, never a false 0 or 100 */
function percent(p) {
  if (p > 0.99) return "over 99%";
  return p < 0.01 ? "under 1%" : `${Math.round(p * 100)}%`;
}

/** @param {number} n @param {string} one @returns {string} "1 unit", "2 units" */
const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

// ---------------------------------------------------------------- asking the service
/** @returns {string} the text as it stands in the box; half of a character, which cannot be sent, is replaced in its place */
const noteText = () => $("note").value.toWellFormed?.() ?? $("note").value;

/** @returns {{text: string, payer: string, date?: string, offsets: "utf16"}} */
function requestBody() {
  const [text, date] = [noteText(), $("date").value];
  if (!text.trim()) {
    $("note").focus();
    throw new Problem(SAY.empty);
  }
  if ($("date").validity.badInput) throw new Problem(SAY.date);
  return { text, payer: $("payer").value, ...(date && { date }), offsets: "utf16" };
}

/** @param {Object} body @param {AbortSignal} signal @returns {Promise<Answer>} */
async function ask(body, signal) {
  const explain = (error) => { throw error instanceof Problem ? error : new Problem(SAY.silent); };
  const request = { method: "POST", headers: { ...headers(), "X-Soapcode-Source": "page" }, body: JSON.stringify(body), cache: "no-store", signal };
  const response = await fetch("/v1/suggest", request).catch(explain);
  const unkeyed = refusal(response);
  if (unkeyed) throw new Problem(unkeyed);
  if (!response.ok) throw new Problem(refused(response));
  const data = await response.json().catch((error) => (error instanceof SyntaxError ? null : explain(error)));
  if (data?.schema !== "soapcode/1" || !Array.isArray(data.suggestions)) throw new Problem(STRANGE);
  return data;
}

/** @param {?AbortController} flight the request under way, or null when there is none */
function setFlight(flight) {
  state.flight = flight;
  $("progress").hidden = !flight;
  $("read").textContent = flight ? "Reading…" : "Read the note";
  $("read").setAttribute("aria-disabled", String(Boolean(flight)));
}

/** Read the note: one request at a time; an answer to a note that changed meanwhile is dropped. */
async function readNote() {
  if (state.flight) return;
  const flight = new AbortController();
  const timer = setTimeout(() => flight.abort(new Problem(SAY.late)), WAIT_MS);
  setFlight(flight);
  clearResult();
  showError(null);
  announce("Reading the note.");
  try {
    const body = requestBody();
    const answer = await ask(body, flight.signal);
    if (state.flight === flight && noteText() === body.text) showAnswer(answer, body.text);
  } catch (error) {
    if (state.flight !== flight) return;
    clearResult();
    showError(error);
  } finally {
    clearTimeout(timer);
    if (state.flight === flight) setFlight(null);
  }
}

/** The note, payer or date changed: stop the request under way and set the old answer aside. @param {boolean} [whole] the note was put in place of another */
function invalidate(whole = false) {
  const stale = state.flight || !$("result").hidden;
  state.flight?.abort();
  setFlight(null);
  clearResult();
  showError(null);
  if (whole || !$("note").value.trim()) noteReplaced();
  const told = [SAY.changed, SAY.stays].includes($("status").textContent);
  announce(stale || told ? (keepsDecisions() ? SAY.stays : SAY.changed) : "");
}

/** A text typed or pasted over the whole of the note is another note until the person says it is not. @param {InputEvent} event */
function onBeforeInput({ target }) {
  const { value, selectionStart, selectionEnd } = target;
  state.whole = value.trim() !== "" && !value.slice(0, selectionStart).trim() && !value.slice(selectionEnd).trim();
}

/** The person changed the note. */
function onNoteInput() {
  invalidate(state.whole);
  state.whole = false;
}

/** Fetch the catalogue for names and descriptions; the page works without it. */
async function loadCatalogue() {
  const data = await fetch("/v1/codes").then((response) => response.json()).catch(() => null);
  state.catalogue = new Map((data?.codes ?? []).map((code) => [code.code, code]));
  const options = [...state.catalogue.values()].map((code) => make("option", { value: code.code, text: code.name }));
  $("all-codes").replaceChildren(...options);
}

/** Offer the payers of the clinic's own file beside those of the page; the page works without them. */
async function loadPayers() {
  const data = await fetch("/v1/payers").then((response) => response.json()).catch(() => null);
  const known = new Set([...$("payer").options].map((option) => option.value));
  const own = (data?.payers ?? []).filter((payer) => !known.has(payer.id));
  $("payer").append(...own.map((payer) => make("option", { value: payer.id, text: payer.name })));
}

// ---------------------------------------------------------------- the codes
/** @param {Part} part @param {number} share of the code's largest contribution @param {HTMLElement} label */
function partItem(part, share, label) {
  const bar = make("span", { class: "weight", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(share));
  return make("li", { class: "part" }, label, make("span", { class: "because", text: part.because }),
    make("span", { class: "contribution", text: `weight ${signed(part.contribution)}` }), bar);
}

/** @param {Suggestion} s @param {Marks} marks @param {string} text @returns {HTMLElement} what a code shows when opened */
function account(s, marks, text) {
  const box = make("div", { class: "account", id: `account-${s.code}` });
  const about = state.catalogue.get(s.code)?.description;
  const scale = Math.max(...[...s.evidence, ...s.against].map((part) => Math.abs(part.contribution)), 1e-9);
  const item = (part) => partItem(part, Math.abs(part.contribution) / scale, words(part, marks, text));
  if (about) box.append(make("p", { class: "about", text: about }));
  const [carry, weak] = [true, false].map((wanted) => s.evidence.filter((part) => part.contribution >= 0 === wanted));
  const groups = [["evidence", "What supports it", carry], ["weak", "Words for it, too weak alone", weak], ["against", "What speaks against it", s.against]];
  for (const [kind, title, parts] of groups) {
    if (!parts.length) continue;
    box.append(make("h5", { text: title }), make("ul", { class: `parts ${kind}`, role: "list" }, ...parts.map(item)));
    if (kind === "weak") box.append(make("p", { class: "hint", text: SAY.weak }));
  }
  if (s.alternates.length) {
    const named = s.alternates.map((code) => [code, state.catalogue.get(code)?.name].filter(Boolean).join(" "));
    box.append(make("h5", { text: "Alternates" }), make("p", { class: "alternates", text: named.join("; ") }));
  }
  box.append(make("div", { class: "sum" }));
  return box;
}

/** @param {Suggestion} s @returns {HTMLElement} the heading of a code: a button that opens its account */
function codeHead(s) {
  const parts = { number: s.code, name: s.name, probability: percent(s.probability) };
  const head = make("button", { type: "button", class: "code-head", "aria-controls": `account-${s.code}` });
  head.append(make("span", { class: "rank", "aria-hidden": "true", text: String(s.rank) }));
  for (const [name, text] of Object.entries(parts)) head.append(make("span", { class: name, text }), " ");
  return make("h4", {}, head);
}

/** @param {Suggestion} s @param {number} hue @param {Marks} marks @param {string} text @returns {HTMLElement} */
function codeItem(s, hue, marks, text) {
  const bar = make("div", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(s.probability));
  const item = make("li", { class: `code hue-${hue}`, id: `code-${s.code}`, "data-owner": s.code }, codeHead(s), bar);
  const facts = [s.minutes != null && `${s.minutes} min`, s.units != null && count(s.units, "unit")].filter(Boolean);
  if (facts.length) item.append(make("p", { class: "facts", text: facts.join(", ") }));
  const quotes = s.evidence.slice(0, 3).map((part) => `“${(inText(part, text) ? text.slice(part.start, part.end) : part.text).replace(/\s*\n\s*/g, " ")}”`);
  if (quotes.length) item.append(make("p", { class: "quotes", text: quotes.join(", ") }));
  const cautions = s.cautions.map((caution) => make("li", { text: caution }));
  if (cautions.length) item.append(make("ul", { class: "cautions", role: "list", "aria-label": "Cautions" }, ...cautions));
  item.append(actionsFor(s), account(s, marks, text));
  openCode(item, false);
  return item;
}

/** @param {HTMLElement} item a code @param {boolean} open */
function openCode(item, open) {
  item.classList.toggle("open", open);
  item.querySelector(".code-head").setAttribute("aria-expanded", String(open));
  item.querySelector(".account").hidden = !open;
  if (open) fillAccount(item.querySelector(".sum"), item.dataset.owner);
}

/** @param {Intervention[]} seen @param {Marks} marks @param {string} text @param {boolean} nothing whether no code is suggested */
function showSeen(seen, marks, text, nothing) {
  for (const group of document.querySelectorAll(".seen-group")) {
    const found = seen.filter((one) => groupOf(one) === group.dataset.status);
    group.hidden = !found.length;
    group.querySelector("ul").replaceChildren(...found.map((one) => make("li", {}, words(one, marks, text),
      make("span", { class: "place", text: SECTIONS[one.section] ?? one.section ?? "" }))));
  }
  $("seen-title").textContent = nothing ? "What was seen, and why it does not count" : `Seen, but not counted (${seen.length})`;
  $("seen-none").hidden = seen.length > 0;
  $("seen").hidden = !nothing && !seen.length;
  $("seen").open = nothing;
  $(nothing ? "nothing" : "weaker").after($("seen"));
}

/** @param {Answer} answer @param {Marks} marks @param {string} text */
function showCodes({ suggestions }, marks, text) {
  const items = suggestions.map((s, i) => codeItem(s, (i % HUES) + 1, marks, text));
  const [chosen, weaker] = [true, false].map((wanted) => items.filter((_, i) => suggestions[i].suggested === wanted));
  $("suggested-list").replaceChildren(...chosen);
  $("suggested").hidden = !chosen.length;
  $("nothing").hidden = chosen.length > 0;
  $("weaker-list").replaceChildren(...weaker);
  $("weaker-title").textContent = `Weaker, not suggested (${weaker.length})`;
  $("weaker").hidden = !weaker.length;
  $("weaker").open = false;
}

/** @param {Answer} answer @param {Suggestion[]} chosen @param {string} told of earlier decisions */
function showVerdict({ claim }, chosen, told) {
  const verdict = chosen.length ? `${count(chosen.length, "code")} suggested` : "No billable service found";
  const minutes = [[claim?.timed_minutes, "timed minutes"], [claim?.total_minutes, "minutes in all"]].filter(([n]) => n);
  $("verdict").textContent = verdict;
  $("verdict-detail").textContent = [$("payer").selectedOptions[0].textContent, ...minutes.map((pair) => pair.join(" "))].join(", ");
  $("verdict-review").textContent = claim?.review?.why ?? "";
  $("verdict-review").hidden = !claim?.review?.needed;
  announce(`${[verdict, chosen.map((s) => s.code).join(", ")].filter(Boolean).join(": ")}. ${$("verdict-review").textContent} ${told}`.trim());
}

/** @param {Answer} answer @param {string} text the text that was sent */
function showAnswer(answer, text) {
  const chosen = answer.suggestions.filter((s) => s.suggested);
  const seen = (answer.interventions ?? []).filter((one) => !chosen.length || one.status !== "performed");
  const marks = collectMarks(answer, seen, text, !chosen.length);
  const told = startReview({ answer, text, payer: $("payer").value, date: $("date").value || null, catalogue: state.catalogue });
  showCodes(answer, marks, text);
  showSeen(seen, marks, text, !chosen.length);
  showNote(marks, text);
  showVerdict(answer, chosen, told);
  openClaim();
  $("result").hidden = false;
  if ($("ask").contains(document.activeElement)) $("verdict").focus({ preventScroll: true }); // the next Tab goes on from the answer
  requestAnimationFrame(() => $("result").scrollIntoView()); // once the progress bar is gone, or the heading ends up above the edge
}

/** Take the answer, and every copy of the note in it, off the page. */
function clearResult() {
  forgetMarks();
  $("result").hidden = true;
  clearClaim();
  for (const list of $("result").querySelectorAll("#note-view, .codes, .seen-group ul")) list.replaceChildren();
}

// ---------------------------------------------------------------- wiring
/** A press opens or closes a code; on a touch screen it is also what highlights. @param {MouseEvent} event */
function onAnswerClick({ target }) {
  if (target.closest(".actions, .correct, #claim, #add")) return;
  const head = target.closest(".code-head");
  if (head) openCode(head.closest(".code"), head.getAttribute("aria-expanded") !== "true");
  activate(target);
}

/** Connect the page's controls. */
function start() {
  $("read").addEventListener("click", readNote);
  $("ask").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    readNote();
  });
  $("note").addEventListener("beforeinput", onBeforeInput);
  $("note").addEventListener("input", onNoteInput);
  for (const id of ["payer", "date"]) $(id).addEventListener("input", () => invalidate());
  startBox(() => invalidate(true));
  for (const type of ["mouseover", "focusin"]) $("answer").addEventListener(type, (event) => activate(event.target));
  for (const type of ["mouseleave", "focusout"]) $("answer").addEventListener(type, () => activate(null));
  $("answer").addEventListener("click", onAnswerClick);
  loadCatalogue();
  loadPayers();
}

start();
