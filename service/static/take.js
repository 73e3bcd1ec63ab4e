/** Taking the claim away: copied, printed as a superbill or downloaded, always as it stands now. */

import { $, make } from "/static/dom.js";
import { askClaim, held, say } from "/static/held.js";

const SAY = {
  copied: "The claim lines are on the clipboard.",
  notCopied: "The browser did not allow copying: select the lines and copy them by hand.",
  printing: "The superbill is ready: print it, or save it as PDF, in the browser’s window for printing.",
  saved: (name) => `${name} was downloaded.`,
  changed: "The claim changed meanwhile: take it again as it stands now.",
};
const FILES = { csv: ["claim.csv", "text/csv"], json: ["answer.json", "application/json"], fhir: ["claim.fhir.json", "application/fhir+json"] };

/** What was printed is not what the claim is any more; without this the browser's own print would show it again. */
export function dropSuperbill() {
  $("superbill").replaceChildren();
  $("superbill").hidden = true;
}

/** @param {boolean} open whether the claim can be taken away: not while it is none of the codes chosen */
export function openExports(open) {
  for (const button of document.querySelectorAll("[data-export]")) button.disabled = !open;
}

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

$("claim").addEventListener("click", ({ target }) => {
  const what = target.closest("[data-export]")?.dataset.export;
  if (what && held.claim) take(what);
});
