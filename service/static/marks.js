/**
 * The note as read, with the words marked that a code rests on, and those that were seen and do not count.
 *
 * @typedef {import("/static/app.js").Answer} Answer
 * @typedef {import("/static/app.js").Part} Part
 * @typedef {import("/static/app.js").Intervention} Intervention
 * @typedef {{owner: string, kind: "for"|"against"|"seen", start: number, end: number, hue: number, tag: string, rest: boolean}} Mark
 * @typedef {{node: HTMLElement, start: number, marks: Mark[]}} Piece
 * @typedef {Map<Part|Intervention, Mark>} Marks
 */

import { $, make } from "/static/dom.js";

/** How many colours the codes take turns in. */
export const HUES = 8;

const state = {
  /** @type {Piece[]} the note on show */ pieces: [],
  /** @type {?string} owner (a code or a group of words seen) highlighted now */ active: null,
  /** @type {?Mark} the one mark pointed at */ spot: null,
};
/** @type {WeakMap<Element, Mark>} the mark each "words" button stands for */
const markOf = new WeakMap();

/** @param {Intervention} one @returns {string} the group of the page it is listed in */
export const groupOf = (one) => document.querySelector(`[data-status="${CSS.escape(one.status)}"]`)?.dataset.status ?? "other";

/** @param {{start: number, end: number}} part @param {string} text @returns {boolean} whether it points at characters of the text */
export const inText = ({ start, end }, text) =>
  Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= text.length;

/** @param {Answer} answer @param {Intervention[]} seen @param {string} text @param {boolean} nothing @returns {Marks} */
export function collectMarks(answer, seen, text, nothing) {
  const marks = new Map();
  const add = (part, look) => inText(part, text) && marks.set(part, { start: part.start, end: part.end, ...look });
  answer.suggestions.forEach((s, i) => {
    const look = { owner: s.code, hue: (i % HUES) + 1, tag: String(s.rank) };
    s.evidence.forEach((part) => add(part, { ...look, kind: "for", rest: s.suggested }));
    s.against.forEach((part) => add(part, { ...look, kind: "against", rest: false }));
  });
  seen.forEach((one) => add(one, { owner: `seen-${groupOf(one)}`, hue: 0, tag: "", kind: "seen", rest: nothing }));
  return marks;
}

/** Cut the text at the ends of every mark. @param {string} text @param {Mark[]} marks @returns {Piece[]} each wholly in or out of every mark */
function cut(text, marks) {
  const edges = [...new Set([0, text.length, ...marks.flatMap((mark) => [mark.start, mark.end])])].sort((a, b) => a - b);
  return edges.slice(0, -1).map((start, i) => {
    const end = edges[i + 1];
    const inside = marks.filter((mark) => mark.start <= start && end <= mark.end);
    return { start, marks: inside, node: make(inside.length ? "mark" : "span", { text: text.slice(start, end) }) };
  });
}

/** @param {Piece} piece @returns {Mark|undefined} the mark that shows here now */
function visibleMark({ marks }) {
  if (!state.active) return marks.find((mark) => mark.rest);
  return marks.find((mark) => mark === state.spot) ?? marks.find((mark) => mark.owner === state.active);
}

/** Give every piece of the note, and every code, the look it has now. */
function paint() {
  for (const piece of state.pieces.filter(({ marks }) => marks.length)) {
    const mark = visibleMark(piece);
    const look = mark ? [mark.kind, `hue-${mark.hue}`, state.active && "on", mark === state.spot && "spot"] : [];
    piece.node.className = look.filter(Boolean).join(" ");
    piece.node.dataset.tag = mark?.start === piece.start ? mark.tag : "";
  }
  for (const item of $("answer").querySelectorAll("[data-owner]")) {
    item.classList.toggle("active", item.dataset.owner === state.active);
  }
}

/** Scroll the note (not the page) until the highlighted words can be seen. */
function reveal() {
  const wanted = (mark) => (state.spot ? mark === state.spot : mark.owner === state.active);
  const piece = state.pieces.find(({ marks }) => marks.some(wanted));
  if (!piece) return;
  const outer = $("note-view").getBoundingClientRect();
  const inner = piece.node.getBoundingClientRect();
  const hidden = inner.top < outer.top || inner.bottom > outer.bottom;
  if (hidden) $("note-view").scrollBy({ top: inner.top - outer.top - outer.height / 3 });
}

/** Highlight what is pointed at, else what has the focus, else every suggested code. @param {?Element} [target] */
export function activate(target) {
  const place = [target, document.activeElement].find((node) => node?.closest("[data-owner]"));
  const active = place?.closest("[data-owner]").dataset.owner ?? null;
  const spot = markOf.get(place?.closest(".words")) ?? null;
  if (active === state.active && spot === state.spot) return;
  Object.assign(state, { active, spot });
  paint();
  if (active) reveal();
}

/** The words of a part; pressable when they stand in the note. @param {Part|Intervention} part @param {Marks} marks @param {string} text */
export function words(part, marks, text) {
  const mark = marks.get(part);
  if (!mark) return make("span", { class: "words", text: part.text || part.concept });
  const button = make("button", { type: "button", class: `words ${mark.kind}`, text: text.slice(mark.start, mark.end) });
  markOf.set(button, mark);
  return button;
}

/** Put the note on show. @param {Marks} marks @param {string} text */
export function showNote(marks, text) {
  state.pieces = cut(text, [...marks.values()]);
  $("note-view").replaceChildren(...state.pieces.map((piece) => piece.node));
  const kinds = new Set([...marks.values()].map((mark) => mark.kind));
  for (const entry of $("legend").children) entry.hidden = !kinds.has(entry.dataset.kind);
  paint();
}

/** Forget the note on show. */
export function forgetMarks() {
  Object.assign(state, { pieces: [], active: null, spot: null });
}
