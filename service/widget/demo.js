// What a health record does with the widget: one line of its fee sheet for each accepted code, marked while the note does not support it.
const EXAMPLE = {
  subjective: "Knee feels better on stairs. Pain 3/10.",
  objective: "Therapeutic exercise 23 min: recumbent bike for knee flexion ROM, LAQ 3# 3x10, mini squats with cues.\nNeuro re-ed 10 min: single leg stance on foam for balance and proprioception.\nManual therapy 12 min: patellar mobs gr III.\nTotal timed minutes 45. Total treatment time 45 min.",
  assessment: "Flexion up 7 degrees; needs skilled cueing for symmetric loading.",
  plan: "Next visit add stepping over hurdles and gait training.",
};
const sheet = document.getElementById("sheet");
const assist = document.querySelector("soapcode-assist");

function cell(tag, text, scope) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (scope) node.scope = scope;
  return node;
}

function remove(row) {
  row.remove();
  document.getElementById("empty").hidden = sheet.rows.length > 0;
}

document.addEventListener("soapcode:accept", ({ detail }) => {
  const row = document.createElement("tr");
  row.dataset.code = detail.code;
  const button = cell("button", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${detail.code}`);
  button.addEventListener("click", () => {
    remove(row);
    assist.retract(detail.code);
  });
  const last = document.createElement("td");
  last.append(button);
  const units = cell("td", detail.units ?? "?");
  units.dataset.label = "Units";
  row.append(cell("th", detail.code, "row"), cell("td", detail.name), units, cell("td", detail.modifiers.join(" ")), last);
  for (const one of [row, ...row.cells]) one.setAttribute("role", { TR: "row", TH: "rowheader" }[one.tagName] ?? "cell"); // for a narrow screen lays them out as blocks
  sheet.querySelector(`[data-code="${detail.code}"]`)?.remove();
  sheet.append(row);
  document.getElementById("empty").hidden = true;
});
const LAPSED = { unsupported: "the note does not support it now", "another-note": "accepted on the text before" };

/** @param {HTMLTableRowElement} row @param {string} [why] it is doubtful; none where it is not */
function doubt(row, why) {
  row.querySelector(".doubt")?.remove();
  row.classList.toggle("lapsed", Boolean(why));
  if (!why) return;
  const said = cell("span", ` (${LAPSED[why]})`);
  said.className = "doubt";
  row.cells[1].append(said);
  row.dataset.why = why;
}

document.addEventListener("soapcode:lapse", ({ detail }) => {
  const row = sheet.querySelector(`[data-code="${detail.code}"]`);
  if (row) doubt(row, detail.why);
});
document.addEventListener("soapcode:answer", ({ detail }) => {
  for (const row of sheet.querySelectorAll(".lapsed[data-why=unsupported]")) if (detail.codes.includes(row.dataset.code)) doubt(row);
});
document.addEventListener("soapcode:dismiss", ({ detail }) => {
  const row = sheet.querySelector(`[data-code="${detail.code}"]`);
  if (row) remove(row);
});
document.forms.soap.addEventListener("reset", () => {
  for (const row of [...sheet.rows]) remove(row);
});
document.getElementById("example").addEventListener("click", () => {
  for (const [id, text] of Object.entries(EXAMPLE)) {
    const field = document.getElementById(id);
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
// Where the service asks for keys: the property, which stands in no markup.
const access = document.getElementById("access");

async function look() {
  const headers = assist.key ? { Authorization: `Bearer ${assist.key}` } : {};
  const response = await fetch("/v1/bundle", { headers, cache: "no-store" }).catch(() => null);
  access.hidden = response?.status !== 401;
}

access.addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = document.getElementById("key");
  assist.key = key.value.trim();
  await look();
  (access.hidden ? document.getElementById("subjective") : key).focus();
});
look();
