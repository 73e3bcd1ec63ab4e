/**
 * How a claim looks: its lines with what was decided on them, and what is said of it below.
 *
 * @typedef {import("/static/held.js").Chosen} Chosen
 */

import { make } from "/static/dom.js";
import { chosenOf, held, nameOf } from "/static/held.js";

/** What each decision is called. */
export const DECISIONS = { suggested: "", accepted: "Accepted", corrected: "Corrected", added: "Added by you" };
const SEVERITY = { error: "Needed", warning: "Will be asked", info: "Worth a look" };

/** @param {Object} line @returns {string} */
export function unitsOf(line) {
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
export function linesTable(claim) {
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

/** @param {Object} claim @returns {Node[]} how its units come about, and all there is to mind, ask and mend */
export function notesOf(claim) {
  const lines = (field) => claim.lines.flatMap((line) => line[field]);
  return [
    ...block("How the units come about", claim.working.sentences),
    ...block("Equally right", claim.alternatives.map((other) => Object.entries(other).map(([code, n]) => `${code} × ${n}`).join(", "))),
    ...block("Edits", claim.edits.map((edit) => edit.says), { kind: "warned" }),
    ...block("Left out", claim.left_out.map((one) => `${one.code}: ${one.why}`)),
    ...block("What the note lacks", claim.gaps.map(gapItem), { kind: "gaps" }),
    ...block("Evaluation tier", claim.tiers.map(tierItem)),
    ...block("Questions for you", [...lines("questions"), ...claim.questions]),
    ...block("Mind", [...lines("cautions"), ...claim.cautions], { kind: "warned" }),
    ...block("Also", [...lines("notes"), ...claim.remarks], { open: false }),
  ];
}
