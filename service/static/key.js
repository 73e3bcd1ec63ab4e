/**
 * The key of this service, where it asks for one. It is kept for this tab only (sessionStorage ends with the tab), goes out in the
 * Authorization header and nowhere else, and is dropped as soon as the service refuses it.
 */

const NAME = "soapcode-key";
const SAY = {
  needed: "This service asks for a key: type it in, then read the note.",
  wrong: "The service does not know that key, or it was revoked: check it, or ask whoever runs soapcode here for another.",
  form: "A key looks like sc_… and holds no spaces: copy the whole of it.",
  taken: "The key is in use in this tab, until you close the tab or forget the key.",
  forgotten: "The key is forgotten.",
};
const $ = (id) => document.getElementById(id);
const stored = () => sessionStorage.getItem(NAME);

/** @returns {Object<string, string>} headers of a JSON request, with the key where there is one */
export function headers() {
  const key = stored();
  return { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
}

/** @param {string} sentence @param {boolean} bad */
function say(sentence, bad = false) {
  $("key-status").textContent = sentence;
  $("key-status").classList.toggle("bad", bad);
}

/** Ask for the key. @param {string} sentence */
function show(sentence) {
  $("key-form").hidden = false;
  $("forget").hidden = true;
  say(sentence, true);
}

/** Look at an answer: where the service refused the key, or asks for one, show the field. @param {Response} response @returns {?string} the sentence to show */
export function refusal(response) {
  if (response.status !== 401) return null;
  const sentence = stored() ? SAY.wrong : SAY.needed;
  sessionStorage.removeItem(NAME);
  show(sentence);
  return sentence;
}

/** Ask the service whether it answers with the key there is. @param {string} sentence said when it does @param {string} [instead] said when it does not */
async function tried(sentence, instead = "") {
  const response = await fetch("/v1/bundle", { headers: headers(), cache: "no-store" }).catch(() => null);
  if (!response) return;
  if (refusal(response)) {
    if (instead) say(instead);
    return;
  }
  $("key-form").hidden = true;
  $("forget").hidden = !stored();
  say(sentence);
}

/** @param {SubmitEvent} event */
async function onKey(event) {
  event.preventDefault();
  const key = $("key").value.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) {
    say(SAY.form, true);
    return;
  }
  sessionStorage.setItem(NAME, key);
  $("key").value = "";
  await tried(SAY.taken);
  if (stored()) dispatchEvent(new Event("soapcode-key"));
  (stored() ? $("note") : $("key")).focus();
}

$("key-form").addEventListener("submit", onKey);
$("forget").addEventListener("click", async () => {
  sessionStorage.removeItem(NAME);
  say("");
  await tried(SAY.forgotten, `${SAY.forgotten} ${SAY.needed}`);
  ($("key-form").hidden ? $("note") : $("key")).focus();
});
tried("");
