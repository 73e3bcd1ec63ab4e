/**
 * <soapcode-assist>: billing codes beside any text area while a note is written. One file, nothing else is loaded.
 *
 *   <script src="https://HOST/widget/soapcode-assist.js" defer></script>
 *   <textarea data-soapcode></textarea>                    a widget is put after it, or
 *   <soapcode-assist for="note another"></soapcode-assist>  one widget for one or several text areas, read as one note
 *
 * Attributes: `for` (ids), `service` (address of the service; that of this script by default), `payer`, `date`, `user` (who asks, for the
 * audit; the service keeps a keyed hash), `key` (sent as Bearer). Better than the attribute is the property `key`, which stands in no markup; better still a proxy that adds it. Events, all bubbling out of the shadow tree with the code's details:
 * `soapcode:accept`, `soapcode:dismiss`, `soapcode:answer`, and `soapcode:lapse` for a code accepted before that the note does not support any
 * more (`why`: "unsupported"; it counts again when an answer lists it) or whose note was replaced ("another-note"). Methods for the host: `retract(code)` when it takes an accepted code off again,
 * `forget()` when the text areas hold another note. Emptied text areas, or a text that shares little with the one before, count as another
 * note by themselves; two notes that are nearly alike (copied forward) are one until the host says so. A text area that the page renders
 * anew, marks late or gives another id is found again; a new one that does not hold the same text holds another note.
 * The note goes out in the body of a request to the service and nowhere else: never to the console, an address or storage, and it
 * is shown by textContent only. An answer to a text that is no longer that of the text areas is dropped.
 */
(() => {
  "use strict";
  if (customElements.get("soapcode-assist")) return;

  const SERVICE = new URL(document.currentScript?.src || location.href).origin;
  const PAUSE_MS = 400;
  const WAIT_MS = 15_000;
  const LOOK_MS = 1_000;
  const RETRY_MS = [2_000, 5_000, 15_000, 60_000];
  const PARTED = "\n\n";
  const SAY = {
    idle: "Write the note; codes appear here.",
    reading: "Reading…",
    none: (put) => (put ? `No other code supported by the note, ${put} dismissed.` : "No billable service found so far."),
    silent: "soapcode does not answer. Your note is untouched; it will be tried again.",
    nowhere: "There is no soapcode at the address this page asks: tell whoever set it up. Your note is untouched.",
    refused: (why) => `soapcode was asked wrongly${why ? `: ${why}` : ""}. Your note is untouched.`,
    long: "The note is too long for soapcode.",
    key: "soapcode asks for a key that this page does not have: tell whoever set it up. Your note is untouched.",
    often: "soapcode is asked too often; it will be tried again.",
    untold: (n) => `${n} decision${n === 1 ? " has" : "s have"} not reached soapcode yet; ${n === 1 ? "it is" : "they are"} sent again.`,
    untaken: "soapcode does not keep what is decided here: tell whoever set it up.",
    lapsed: (codes) => `${codes.join(", ")} ${codes.length === 1 ? "was" : "were"} accepted; the note does not support ${codes.length === 1 ? "it" : "them"} now.`,
    before: (codes) => `${codes.join(", ")} ${codes.length === 1 ? "was" : "were"} accepted on the text before; what is here now reads like another note.`,
    codes: (n, put) => `${n} code${n === 1 ? "" : "s"} supported by the note${put ? `, ${put} more dismissed` : ""}.`,
  };
  const STYLE = `
    :host { all: initial; display: block !important; visibility: visible !important; opacity: 1 !important; margin: 6px 0; color-scheme: light dark; contain: content; }
    :host([hidden]) { display: none !important; }
    * { box-sizing: border-box; }
    .box { all: initial; display: block; color-scheme: light dark; --ink: #17252b; --soft: #4a5c64; --rule: #cfd9dc; --back: #ffffff; --accent: #0b5f6e; --on: #ffffff; --warn: #7a4b00;
      padding: 8px 10px; border: 1px solid var(--rule); border-radius: 8px; background: var(--back); color: var(--ink);
      font: 14px/1.45 system-ui, "Segoe UI", Roboto, Arial, sans-serif; text-align: left; overflow-wrap: anywhere; }
    @media (prefers-color-scheme: dark) {
      .box { --ink: #e4ecee; --soft: #a9b9bf; --rule: #3a4a50; --back: #172226; --accent: #7fcbd8; --on: #0c1b1f; --warn: #f2cd86; }
    }
    .head { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; color: var(--soft); }
    .head b { color: var(--accent); }
    .busy b::after { content: " …"; }
    ul { list-style: none; margin: 0; padding: 0; }
    .codes > li { padding: 8px 0; border-top: 1px solid var(--rule); }
    .codes > li:first-child { margin-top: 6px; }
    .line { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; }
    .code { font: 600 14px/1.4 ui-monospace, Consolas, monospace; }
    .name { flex: 1 1 8em; }
    .facts { color: var(--soft); }
    .acts { display: flex; gap: 8px; margin-left: auto; }
    button { min-height: 30px; padding: 2px 10px; border: 1px solid var(--soft); border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
    button:hover { border-color: var(--accent); color: var(--accent); }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
    .accept { border-color: var(--accent); background: var(--accent); color: var(--on); }
    .accept:hover { color: var(--on); filter: brightness(0.9); }
    .accepted .accept { background: none; color: var(--accent); }
    .words { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 5px; }
    .words button { min-height: 26px; padding: 0 6px; border: 0; border-bottom: 2px solid var(--accent); border-radius: 3px 3px 0 0;
      font: 13px/1.5 ui-monospace, Consolas, monospace; overflow-wrap: anywhere; text-align: left; white-space: pre-wrap; }
    .gaps { margin-top: 6px; border-top: 1px solid var(--rule); padding-top: 6px; }
    .gaps summary { cursor: pointer; color: var(--warn); font-weight: 600; }
    .gaps summary:focus-visible { outline: 3px solid var(--accent); }
    .gaps li { padding: 3px 0; }
    .dismissed { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; margin: 6px 0 0; padding-top: 6px; border-top: 1px solid var(--rule); color: var(--soft); }
    .lapsed, .untold { margin: 6px 0 0; color: var(--warn); }
    .dismissed:empty, .lapsed:empty, .untold:empty { display: none; }
    [hidden] { display: none !important; }
    @media (forced-colors: active) { .accept { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
  `;

  /** @param {string} tag @param {Object} attributes @param {...(Node|string)} children */
  function make(tag, { text, ...attributes } = {}, ...children) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  /** @returns {string} what a decision is known by; made without randomUUID, which insecure contexts lack */
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /** @param {string} text @returns {Promise<?string>} sha256 of its UTF-8, as the service says it; null outside secure contexts */
  async function sha256(text) {
    if (!crypto.subtle) return null;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** @param {string} text @returns {string[]} each two neighbouring words */
  function pairs(text) {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.slice(1).map((word, i) => `${words[i]} ${word}`);
  }

  /**
   * Whether a text is plainly not the note it was: emptied, or neither half of it stands untouched around one changed place nor half
   * of its neighbouring words are still together. @param {string} was @param {string} now
   */
  function isAnother(was, now) {
    if (was === now || !was.trim()) return false;
    if (!now.trim()) return true;
    const most = Math.min(was.length, now.length);
    let [head, tail] = [0, 0];
    while (head < most && was[head] === now[head]) head += 1;
    while (tail < most - head && was[was.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
    if (2 * (head + tail) >= was.length) return false;
    const [before, after] = [pairs(was), new Set(pairs(now))];
    return 2 * before.filter((pair) => after.has(pair)).length < before.length || !before.length;
  }

  /** @param {Element} button @returns {string|undefined} the code a button stands for */
  const codeOf = (button) => button.closest("[data-code]")?.dataset.code;

  class SoapcodeAssist extends HTMLElement {
    #given = [];
    #fields = [];
    #left = null;
    #seen = "";
    #unhook = null;
    #watch = null;
    #look = 0;
    #timer = 0;
    #flight = null;
    #failures = 0;
    #refused = false;
    #answer = null;
    #asked = "";
    #note = "";
    #pressing = null;
    #accepted = new Map();
    #dismissed = new Set();
    #lapsed = new Set();
    #before = [];
    #key = "";
    #ui = null;
    #untold = [];
    #sending = false;
    #unsent = 0;

    connectedCallback() {
      if (Object.hasOwn(this, "key")) {
        const { key } = this;
        delete this.key;
        this.key = key;
      }
      if (!this.#ui) this.#build();
      queueMicrotask(() => this.#attach());
    }

    disconnectedCallback() {
      this.#watch?.disconnect();
      clearInterval(this.#look);
      this.#unhook?.abort();
      this.#flight?.abort();
      clearTimeout(this.#timer);
    }

    static get observedAttributes() { return ["for", "payer", "date", "service", "key"]; }

    /** The key sent as Bearer; set here, it stands in no markup. The attribute counts where this is empty. */
    get key() { return this.#key || this.getAttribute("key") || ""; }

    set key(value) {
      this.#key = String(value ?? "");
      if (this.isConnected && this.#ui) this.#later(0, true);
    }

    attributeChangedCallback(name, was, now) {
      if (!this.isConnected || was === now || !this.#ui) return;
      this.#asked = "";
      if (name === "for") this.#attach();
      else this.#later(0, true);
    }

    /** Read this text area instead of those named by `for`. @param {...HTMLTextAreaElement} fields */
    attachTo(...fields) {
      this.#given = fields;
      if (this.isConnected && this.#ui) this.#attach();
    }

    /** @param {HTMLTextAreaElement} [field] @returns {boolean} whether this widget reads it; without one, whether it reads any */
    reads(field) {
      const named = (this.getAttribute("for") ?? "").split(/\s+/).filter(Boolean);
      return field ? this.#given.includes(field) || named.includes(field.id) : this.#given.length + named.length > 0;
    }

    #build() {
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      const status = make("span", { class: "status", role: "status", text: SAY.idle });
      const head = make("div", { class: "head" }, make("b", { text: "soapcode" }), status);
      const codes = make("ul", { class: "codes", role: "list", "aria-label": "Codes supported by the note" });
      const gapList = make("ul", { role: "list" });
      const gaps = make("details", { class: "gaps", hidden: "" }, make("summary"), gapList);
      const lapsed = make("p", { class: "lapsed", role: "status" });
      const dismissed = make("div", { class: "dismissed", role: "group", "aria-label": "Dismissed codes" });
      const untold = make("p", { class: "untold", role: "status" });
      const box = make("section", { class: "box", "aria-label": "Billing codes for this note", translate: "no" }, head, lapsed, codes, dismissed, gaps, untold);
      root.append(box);
      this.#ui = { root, box, head, status, lapsed, codes, dismissed, gaps, gapList, untold };
      root.addEventListener("click", (event) => this.#pressed(event));
    }

    #attach() {
      if (!this.isConnected) return;
      this.#watch?.disconnect();
      this.#watch = new MutationObserver(() => this.#refresh());
      for (const root of new Set([this.getRootNode(), document])) {
        this.#watch.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["id"] });
      }
      clearInterval(this.#look);
      this.#look = setInterval(() => this.#lookAgain(), LOOK_MS);
      this.#refresh();
      this.#hook();
      this.#later(0);
    }

    /** @returns {HTMLTextAreaElement[]} those named or given, as they stand in the page now */
    #present() {
      const ids = (this.getAttribute("for") || "").split(/\s+/).filter(Boolean);
      if (!ids.length) return this.#given.filter((field) => field.isConnected);
      const home = this.getRootNode();
      return ids.map((id) => home.getElementById?.(id) ?? document.getElementById(id)).filter((field) => field && "value" in field);
    }

    /** Named after its text areas, so that two on a page are told apart; what stands in a text area is never part of the name. */
    #name() {
      const of = (field) => {
        const label = field.labels?.[0]?.cloneNode(true);
        label?.querySelectorAll("textarea, input, select, button").forEach((inner) => inner.remove());
        return (field.getAttribute("aria-label") ?? label?.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 60);
      };
      const names = this.#fields.map(of).filter(Boolean);
      this.#ui.box.setAttribute("aria-label", `Billing codes for ${names.join(", ") || "this note"}`);
    }

    #hook() {
      this.#name();
      this.#unhook?.abort();
      this.#unhook = new AbortController();
      const { signal } = this.#unhook;
      for (const field of this.#fields) {
        for (const type of ["input", "change"]) field.addEventListener(type, () => this.#later(PAUSE_MS), { signal });
      }
      for (const root of new Set([this.getRootNode(), document])) {
        const reset = ({ target }) => { if (this.#fields.some((field) => field.form === target)) setTimeout(() => this.#later(0)); };
        root.addEventListener("reset", reset, { signal, capture: true });
      }
    }

    /** Follow the page: where text areas went or came, those there are now are read, and nothing of the others stays on show. */
    #refresh() {
      if (!this.isConnected || !this.#ui) return;
      const [was, now] = [this.#fields, this.#present()];
      if (was.length === now.length && was.every((field, i) => field === now[i])) return;
      if (was.some((field) => !now.includes(field))) this.#left ??= new Set([this.text, this.#seen, this.#note]);
      this.#fields = now;
      this.#hook();
      if (!now.length) {
        clearTimeout(this.#timer);
        this.#flight?.abort();
        this.#flight = null;
        this.#ui.head.classList.remove("busy");
        this.#show(null, SAY.idle);
        return;
      }
      const left = this.#left;
      this.#left = null;
      if (left && !left.has(this.text)) this.#replaced();
      this.#later(0);
    }

    /** What a page changes without an event (a framework setting the value) is seen all the same. */
    #lookAgain() {
      this.#refresh();
      if (this.#fields.length && this.text !== this.#seen) this.#later(PAUSE_MS);
    }

    /** @returns {string} the text areas as one note */
    get text() { return this.#fields.map((field) => field.value).join(PARTED); }

    /** Forget what was decided: the text areas hold another note now. */
    forget() {
      this.#beginAnew();
      if (this.isConnected) this.#later(0, true);
    }

    /** The host took an accepted code off again; it can be accepted anew. @param {string} code @returns {boolean} whether it stood accepted */
    retract(code) {
      const detail = this.#accepted.get(code);
      if (!detail) return false;
      this.#accepted.delete(code);
      this.#lapsed.delete(code);
      this.#tell("reject", detail);
      if (this.#answer) this.#show(this.#answer, "");
      return true;
    }

    /** The text areas hold another note by themselves: what was accepted on the one before is told to the host. */
    #replaced() {
      const before = [...this.#accepted.values()];
      this.#beginAnew();
      this.#before = this.text.trim() ? before.map(({ code }) => code) : [];
      this.#sayLapsed();
      for (const detail of before) this.#emit("lapse", { ...detail, why: "another-note" });
    }

    #beginAnew() {
      this.#accepted.clear();
      this.#dismissed.clear();
      this.#lapsed.clear();
      this.#before = [];
      this.#note = this.text;
      this.#pressing = null;
      if (this.#ui) this.#show(null, this.#note.trim() ? SAY.reading : SAY.idle);
    }

    /** Decisions belong to the note they were made on. @returns {boolean} whether the text areas hold another one than before */
    #isNewNote() {
      const another = isAnother(this.#note, this.text);
      if (another) this.#replaced();
      return another;
    }

    /** Ask after a pause; what is under way for an older text is cancelled. @param {number} pause @param {boolean} [anew] */
    #later(pause, anew = false) {
      clearTimeout(this.#timer);
      if (!this.#fields.length) return;
      this.#seen = this.text;
      this.#isNewNote();
      if (!anew && this.#answer && this.text === this.#asked) return;
      this.#flight?.abort();
      this.#flight = null;
      this.#timer = setTimeout(() => this.#ask(), pause);
    }

    async #ask() {
      const text = this.text;
      this.#seen = text;
      this.#isNewNote();
      if (!text.trim()) {
        this.#ui.head.classList.remove("busy");
        this.#show(null, SAY.idle);
        return;
      }
      this.#note = text;
      const flight = new AbortController();
      this.#flight = flight;
      const limit = setTimeout(() => flight.abort(), WAIT_MS);
      this.#ui.head.classList.add("busy");
      if (!this.#answer && !this.#refused) this.#say(SAY.reading);
      let saying = SAY.silent;
      try {
        const body = { text: text.toWellFormed?.() ?? text, offsets: "utf16" }; // half of a character cannot be sent
        for (const name of ["payer", "date"]) if (this.getAttribute(name)) body[name] = this.getAttribute(name);
        const response = await this.#post("/v1/suggest", body, flight.signal);
        const answer = response.ok ? await response.json() : null;
        const refused = response.status === 400 || response.status === 422;
        const why = refused && (await response.json().catch(() => null))?.error?.message;
        const hash = answer && (await sha256(text));
        if (this.#flight !== flight) return;
        if (this.text !== text) { this.#later(0); return; }
        this.#refused = refused;
        if (refused) { this.#show(null, SAY.refused(why)); return; }
        if (response.status === 413) { this.#show(null, SAY.long); return; }
        if (response.status === 401 || response.status === 403) { this.#show(null, SAY.key); return; }
        if (response.status === 429) saying = SAY.often;
        if (response.status === 404 || response.status === 405) saying = SAY.nowhere;
        if (!answer || answer.schema !== "soapcode/1" || (hash && hash !== answer.note_sha256)) throw new Error("no answer");
        this.#failures = 0;
        this.#asked = text;
        const pressed = this.#pressing;
        this.#pressing = null;
        this.#show(answer, "");
        this.#emit("answer", { codes: this.#codes().map((s) => s.code), bundle: answer.bundle });
        this.#lapse();
        if (pressed) this.#decide(pressed);
      } catch (error) {
        if (this.#flight !== flight) return;
        this.#show(null, error instanceof SyntaxError ? SAY.nowhere : saying); // a page in place of JSON
        const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
        this.#failures += 1;
        this.#timer = setTimeout(() => this.#ask(), wait);
      } finally {
        clearTimeout(limit);
        if (this.#flight === flight) {
          this.#flight = null;
          this.#ui.head.classList.remove("busy");
        }
      }
    }

    #post(path, body, signal) {
      const headers = { "Content-Type": "application/json" };
      if (this.key) headers.Authorization = `Bearer ${this.key}`;
      if (path === "/v1/suggest") {
        const user = this.getAttribute("user") || "";
        headers["X-Soapcode-Source"] = "widget";
        if (user) headers["X-Soapcode-User"] = (/^[\x21-\x7e]+$/.test(user) ? user : encodeURIComponent(user)).slice(0, 200);
      }
      const address = new URL(path, this.getAttribute("service") || SERVICE);
      return fetch(address, { method: "POST", headers, body: JSON.stringify(body), signal, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    }

    #suggested() { return (this.#answer?.suggestions ?? []).filter((s) => s.suggested); }

    #codes() { return this.#suggested().filter((s) => !this.#dismissed.has(s.code)); }

    #line(code) { return this.#answer.claim.lines.find((line) => line.code === code); }

    #say(sentence) { if (this.#ui.status.textContent !== sentence) this.#ui.status.textContent = sentence; }

    /** Show an answer; the focus stays on the code it was on. @param {?Object} answer @param {string} sentence */
    #show(answer, sentence) {
      const { root, codes, gaps, gapList } = this.#ui;
      this.#answer = answer;
      if (!answer) [this.#asked, this.#pressing] = ["", null];
      const focused = root.activeElement;
      const place = focused && { code: codeOf(focused), act: focused.dataset.act };
      const shown = this.#codes();
      codes.replaceChildren(...shown.map((s) => this.#item(s)));
      const lacks = (answer?.claim.gaps ?? []).filter((gap) => gap.severity !== "info");
      gaps.hidden = !lacks.length;
      gaps.querySelector("summary").textContent = `The note lacks ${lacks.length} point${lacks.length === 1 ? "" : "s"}`;
      gapList.replaceChildren(...lacks.map((gap) => make("li", { text: gap.says })));
      const dismissed = this.#suggested().filter((s) => this.#dismissed.has(s.code));
      const restore = (s) => make("button", { type: "button", "data-act": "restore", "data-code": s.code, "aria-label": `Offer ${s.code} ${s.name} again`, text: `Offer ${s.code} again` });
      this.#ui.dismissed.replaceChildren(...(dismissed.length ? [make("span", { text: "Dismissed:" }), ...dismissed.map(restore)] : []));
      this.#sayLapsed();
      const put = dismissed.length;
      this.#say(sentence || (shown.length ? SAY.codes(shown.length, put) : SAY.none(put)));
      if (place) this.#refocus(place);
    }

    /** Tell the host of accepted codes that the note supports no more, once until it does again. */
    #lapse() {
      const supported = new Set(this.#suggested().map((s) => s.code));
      for (const code of [...this.#lapsed].filter((one) => supported.has(one))) this.#lapsed.delete(code);
      const fresh = [...this.#accepted.values()].filter(({ code }) => !supported.has(code) && !this.#lapsed.has(code));
      for (const { code } of fresh) this.#lapsed.add(code);
      this.#sayLapsed();
      for (const detail of fresh) this.#emit("lapse", { ...detail, why: "unsupported" });
    }

    #sayLapsed() {
      const sentence = this.#lapsed.size ? SAY.lapsed([...this.#lapsed]) : this.#before.length ? SAY.before(this.#before) : "";
      if (this.#ui && this.#ui.lapsed.textContent !== sentence) this.#ui.lapsed.textContent = sentence;
    }

    #refocus({ code, act }) {
      const buttons = [...this.#ui.codes.querySelectorAll("button"), ...this.#ui.dismissed.querySelectorAll("button")];
      const same = buttons.find((button) => codeOf(button) === code && button.dataset.act === act);
      (same ?? buttons.find((button) => codeOf(button) === code) ?? buttons[0])?.focus();
    }

    #facts(s) {
      const line = this.#line(s.code);
      const units = line?.units ?? s.units;
      return [s.probability > 0.99 ? "over 99%" : `${Math.round(100 * s.probability)}%`, s.minutes !== null && `${s.minutes} min`,
        units === null ? "units not stated" : `${units} unit${units === 1 ? "" : "s"}`].filter(Boolean).join(", ");
    }

    #item(s) {
      const taken = this.#isTaken(s);
      const says = taken ? "Accepted" : this.#accepted.has(s.code) ? "Update" : "Accept";
      const accept = make("button", { type: "button", class: "accept", "data-act": "accept", text: says });
      accept.setAttribute("aria-label", `${says} ${s.code} ${s.name}`);
      const dismiss = make("button", { type: "button", "data-act": "dismiss", "aria-label": `Dismiss ${s.code} ${s.name}`, text: "Dismiss" });
      const line = make("div", { class: "line" }, make("span", { class: "code", text: s.code }), make("span", { class: "name", text: s.name }),
        make("span", { class: "facts", text: this.#facts(s) }), make("span", { class: "acts" }, accept, dismiss));
      const word = (part, i) => {
        const text = part.text.replace(/\s*\n\s*/g, " ").trim();
        return make("button", { type: "button", "data-act": `words-${i}`, title: part.because, "aria-label": `Select in the note: ${text.replace(/\s+/g, " ")}`, text });
      };
      const words = make("div", { class: "words" }, ...s.evidence.map(word));
      return make("li", { "data-code": s.code, class: taken ? "accepted" : "" }, line, words);
    }

    #pressed(event) {
      this.#refresh();
      const button = event.target.closest("[data-act]");
      const code = button && codeOf(button);
      const s = this.#answer?.suggestions.find((one) => one.code === code);
      if (!s) return;
      const { act } = button.dataset;
      if (act === "restore") {
        this.#dismissed.delete(code);
        this.#show(this.#answer, "");
        return;
      }
      if (act.startsWith("words-")) {
        this.#select(s.evidence[Number(act.slice(6))]);
        return;
      }
      const pressed = { act, code, units: this.#detail(s).units };
      if (this.text === this.#asked) {
        this.#decide(pressed);
        return;
      }
      this.#later(0);
      if (this.#answer) this.#pressing = pressed;
    }

    /** Decide on a code as the note stands; one pressed on an older text counts if the note still says the same of it. */
    #decide({ act, code, units }) {
      const s = this.#codes().find((one) => one.code === code);
      if (!s || this.#detail(s).units !== units) return;
      if (act === "accept") this.#accept(s);
      else this.#dismiss(s);
    }

    /** Select words in the text area they stand in; if the text went on, the nearest place that still says the same. */
    #select({ start, end, text }) {
      let offset = 0;
      for (const field of this.#fields) {
        const length = field.value.length;
        if (start >= offset && start <= offset + length) {
          const quote = this.#asked.slice(start, end) || text;
          let from = start - offset;
          if (field.value.slice(from, from + quote.length) !== quote) from = field.value.indexOf(quote);
          if (from < 0) return;
          field.focus();
          field.setSelectionRange(from, from + quote.length);
          return;
        }
        offset += length + PARTED.length;
      }
    }

    #detail(s) {
      const line = this.#line(s.code);
      return { code: s.code, name: s.name, units: line?.units ?? s.units, minutes: s.minutes, modifiers: line?.modifiers ?? [],
        probability: s.probability, note_sha256: this.#answer.note_sha256, bundle: this.#answer.bundle };
    }

    /** Whether a code was accepted with the units it has now; when they changed, it can be accepted anew. */
    #isTaken(s) { return this.#accepted.has(s.code) && this.#accepted.get(s.code).units === (this.#line(s.code)?.units ?? s.units); }

    #accept(s) {
      if (this.#isTaken(s)) return;
      const detail = this.#detail(s);
      if (!this.#emit("accept", detail)) return;
      this.#accepted.set(s.code, detail);
      this.#before = [];
      this.#tell("accept", detail);
      this.#show(this.#answer, "");
    }

    #dismiss(s) {
      const detail = this.#detail(s);
      if (!this.#emit("dismiss", detail)) return;
      this.#dismissed.add(s.code);
      this.#accepted.delete(s.code);
      this.#lapsed.delete(s.code);
      this.#before = [];
      this.#tell("dismiss", detail);
      this.#show(this.#answer, "");
    }

    /** Decisions go out in the order they were made in, one at a time, for the last one on a code is the one that stands. */
    #tell(action, { code, units, modifiers, note_sha256, bundle }) {
      this.#untold.push({ source: "widget", action, code, units, modifiers, note_sha256, bundle, decision: newId() });
      this.#send();
    }

    /** Send what waits; one that does not arrive is sent again, the same, and what the service will never keep is said. */
    async #send() {
      if (this.#sending) return;
      this.#sending = true;
      const { untold } = this.#ui;
      let saying = "";
      while (this.#untold.length) {
        const response = await this.#post("/v1/feedback", this.#untold[0], AbortSignal.timeout(WAIT_MS)).catch(() => null);
        if (!response || response.status >= 500 || [401, 408, 425, 429].includes(response.status)) {
          untold.textContent = SAY.untold(this.#untold.length);
          setTimeout(() => { this.#sending = false; this.#send(); }, RETRY_MS[Math.min(this.#unsent, RETRY_MS.length - 1)]);
          this.#unsent += 1;
          return;
        }
        if (!response.ok) saying = SAY.untaken;
        this.#untold.shift();
        this.#unsent = 0;
      }
      this.#sending = false;
      untold.textContent = saying;
    }

    /** @returns {boolean} false when the host page prevented it */
    #emit(name, detail) {
      return this.dispatchEvent(new CustomEvent(`soapcode:${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
    }
  }

  customElements.define("soapcode-assist", SoapcodeAssist);

  /** @type {WeakMap<HTMLTextAreaElement, SoapcodeAssist>} the widget each marked text area has, wherever the host page put it */
  const placed = new WeakMap();
  /** @type {Map<SoapcodeAssist, HTMLTextAreaElement>} the widgets that stand in the page, with the marked text area of each */
  const standing = new Map();
  const NAMES = ["payer", "date", "service", "user", "key"];
  const MARK = "data-soapcode";
  /** @type {WeakSet<SoapcodeAssist>} those the host page put there itself */
  const own = new WeakSet();

  /** Put a widget after every marked text area that none reads yet, now and later. @param {ParentNode} root */
  function adorn(root) {
    const parted = tidy();
    for (const field of root.querySelectorAll(`textarea[${MARK}]`)) {
      const before = placed.get(field);
      if (before?.isConnected && before.reads(field)) continue;
      const others = [...document.querySelectorAll("soapcode-assist")];
      if (others.some((other) => other.reads(field))) continue;
      const beside = field.nextElementSibling;
      const free = beside?.localName === "soapcode-assist" && !beside.reads() ? beside : null;
      const [spare] = before || free ? [] : parted;
      const widget = before ?? free ?? spare?.[0] ?? document.createElement("soapcode-assist");
      if (spare) placed.delete(spare[1]);
      parted.delete(widget);
      if (widget === free) own.add(widget);
      for (const name of NAMES) tune(widget, name, field.getAttribute(`${MARK}-${name}`));
      placed.set(field, widget);
      standing.set(widget, field);
      widget.attachTo(field);
      if (!own.has(widget) || !widget.isConnected) field.after(widget);
    }
    for (const widget of parted.keys()) widget.remove();
  }

  /** @param {SoapcodeAssist} widget @param {string} name of an attribute @param {?string} value none takes it off a widget that was made here */
  function tune(widget, name, value) {
    if (value) widget.setAttribute(name, value);
    else if (!own.has(widget)) widget.removeAttribute(name);
  }

  /** Part widgets from text areas that went or are marked no more. @returns {Map<SoapcodeAssist, HTMLTextAreaElement>} those made here that stand in the page for nothing now */
  function tidy() {
    const parted = new Map();
    for (const [widget, field] of standing) {
      if (field.isConnected && field.hasAttribute(MARK)) continue;
      standing.delete(widget);
      if (!widget.isConnected) continue;
      widget.attachTo();
      if (!own.has(widget)) parted.set(widget, field);
    }
    return parted;
  }

  /** @param {MutationRecord[]} changes */
  function onChange(changes) {
    for (const { attributeName, target } of changes) {
      const widget = attributeName?.startsWith(`${MARK}-`) && placed.get(target);
      if (widget) tune(widget, attributeName.slice(MARK.length + 1), target.getAttribute(attributeName));
    }
    if (changes.some(({ addedNodes, attributeName }) => addedNodes.length || attributeName)) adorn(document);
    else for (const widget of tidy().keys()) widget.remove();
  }

  const begin = () => {
    adorn(document);
    const attributeFilter = [MARK, ...NAMES.map((name) => `${MARK}-${name}`), "id"];
    new MutationObserver(onChange).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
