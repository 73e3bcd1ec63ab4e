/** Texts that are put into the box whole: samples, files that are opened or dropped, and what was there before. */

import { $ } from "/static/dom.js";
import { announce, Problem, showError } from "/static/saying.js";

const FILE_LIMIT = 256 * 1024;

const SAY = {
  notText: "That file is not plain text: save the note as a .txt file and try again.",
  tooLong: `That file is over ${FILE_LIMIT / 1024} KiB, too long for one note: save one note as a .txt file and try again.`,
  unread: "The browser could not read that file: try again, or paste the note.",
  blank: "That file is empty: choose the one that holds the note.",
};

const state = {
  /** @type {string[]} texts that were replaced in the box */ earlier: [],
  /** @type {?string} the sample in the box, as loaded */ sample: null,
  /** @type {() => void} told that another text is in the box */ replaced: () => {},
};

/** Put a text into the box; what was there can be put back. @param {string} text @param {string} saying @param {boolean} [sample] */
function replaceText(text, saying, sample = false) {
  const current = $("note").value;
  if (current.trim() && current !== state.sample) state.earlier.push(current);
  $("note").value = text;
  state.sample = sample ? $("note").value : null;
  $("restore").hidden = !state.earlier.length;
  state.replaced();
  announce(saying);
}

/** Swap the text in the box with the first one that was replaced. */
function restoreText() {
  replaceText(state.earlier.shift() ?? "", "The earlier note is back in the box.");
  $("note").focus();
}

/** @param {ArrayBuffer} bytes @returns {string} UTF-8, UTF-16 with a mark, else Windows-1252; a file with control bytes, another format or nothing is refused */
function decode(bytes) {
  const utf16 = { "255,254": "utf-16le", "254,255": "utf-16be" }[new Uint8Array(bytes.slice(0, 2)).join()];
  let text;
  try {
    text = new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes);
  }
  if (/[\0-\x08]|^\s*(?:\{\\rtf|%PDF-)/.test(text)) throw new Problem(SAY.notText);
  if (!text.trim()) throw new Problem(SAY.blank);
  return text;
}

/** @param {File|undefined} file */
async function openFile(file) {
  try {
    if (!file) return;
    if (file.size > FILE_LIMIT) throw new Problem(SAY.tooLong);
    const bytes = await file.arrayBuffer().catch(() => null);
    if (!bytes) throw new Problem(SAY.unread);
    replaceText(decode(bytes), "The file is in the box. Read the note when ready.");
    $("note").focus();
  } catch (error) {
    showError(error);
  }
}

/** Files may be dropped anywhere; a missed drop must not navigate away and lose the note. @param {DragEvent} event */
function onDrag(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
  if (event.type === "drop") openFile(event.dataTransfer.files[0]);
}

/** Connect the controls of the box. @param {() => void} replaced called when another text was put in */
export function startBox(replaced) {
  state.replaced = replaced;
  for (const button of document.querySelectorAll("[data-sample]")) {
    const text = $(button.dataset.sample).content.textContent.trim();
    const saying = `The sample “${button.textContent}” is in the box. Read the note when ready.`;
    button.addEventListener("click", () => replaceText(text, saying, true));
  }
  $("restore").addEventListener("click", restoreText);
  $("file").addEventListener("change", () => openFile($("file").files[0]).then(() => { $("file").value = ""; }));
  for (const type of ["dragover", "dragleave", "drop"]) addEventListener(type, onDrag);
}
