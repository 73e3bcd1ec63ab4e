/**
 * Decisions belong to the note that is worked on: what of them still stands when it was completed, or is read for another payer.
 *
 * @typedef {import("/static/held.js").Chosen} Chosen
 * @typedef {{text: string, replaced: boolean, stated: Map<string, ?number>, suggested: Set<string>, chosen: Chosen[], rejected: Set<string>,
 *   minutes: Map<string, ?number>}} Kept
 *   `text` as it was read, `stated` the minutes it gave and `suggested` the codes it suggested; `replaced` once another text was put in its place.
 */

/** @param {string} text @returns {string[]} each two neighbouring words */
function pairs(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(1).map((word, i) => `${words[i]} ${word}`);
}

/**
 * Whether a text is plainly not the note it was: emptied, or neither half of it stands untouched around one changed place nor half
 * of its neighbouring words are still together. @param {string} was @param {string} now
 */
export function isAnother(was, now) {
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

/** @param {{now: Object, chosen: Map<string, Chosen>, rejected: Set<string>, minutes: Map}} held @returns {?Kept} null where nothing was decided */
export function setAside({ now, chosen, rejected, minutes }) {
  const decided = [...chosen.values()].filter((one) => one.decision !== "suggested");
  if (!decided.length && !rejected.size) return null;
  const { suggestions } = now.answer;
  const stated = new Map(suggestions.map((s) => [s.code, s.minutes]));
  const suggested = new Set(suggestions.filter((s) => s.suggested).map((s) => s.code));
  return { text: now.text, replaced: false, stated, suggested, chosen: decided, rejected: new Set(rejected), minutes: new Map(minutes) };
}

/** @param {Chosen} one @returns {string} "97124 corrected to 97140" */
function worded({ code, decision, replaced, minutes }) {
  if (replaced) return `${replaced} corrected to ${code}`;
  return `${code} ${decision}${decision === "corrected" && minutes !== null ? ` to ${minutes} min` : ""}`;
}

/** @param {Kept} kept @param {(code: string) => boolean} [shown] whether a rejection is worth saying @returns {string} what was decided, in words */
export function wording({ chosen, rejected }, shown = () => true) {
  const instead = new Set(chosen.map((one) => one.replaced));
  const off = [...rejected].filter((code) => !instead.has(code) && shown(code)).map((code) => `${code} rejected`);
  return [...chosen.map(worded), ...off].join(", ");
}

/**
 * What stands of earlier decisions on the note as it was read now. A rejection always does, and so does what a person put on the claim
 * that the page had not suggested; what was decided of a suggestion stands while it is one. Minutes that the note gave follow the note.
 * @param {Kept} kept @param {{answer: Object, catalogue: Map}} now @param {Map<string, Chosen>} suggested the claim's codes as suggested now
 * @returns {{chosen: Map<string, Chosen>, rejected: Set<string>, minutes: Map, stand: string, fell: string}} `stand` and `fell` (codes) in words
 */
export function carryOver(kept, { answer, catalogue }, suggested) {
  const stated = new Map(answer.suggestions.map((s) => [s.code, s.minutes]));
  const named = (code) => [code, catalogue.get(code)?.payer_twin].find((one) => stated.has(one)) ?? code;
  const typed = (minutes, code) => minutes !== (kept.stated.get(code) ?? null);
  const [chosen, rejected, fell] = [new Map(suggested), new Set([...kept.rejected].map(named)), []];
  for (const code of rejected) chosen.delete(code);
  for (const one of kept.chosen) {
    const first = one.replaced ?? one.code;
    const [code, from] = [named(one.code), named(first)];
    if (kept.suggested.has(first) && !suggested.has(from)) {
      fell.push(first);
      rejected.delete(from);
      continue;
    }
    rejected.delete(code);
    const given = stated.get(suggested.has(code) ? code : from) ?? null;
    chosen.set(code, { ...one, code, minutes: typed(one.minutes, first) ? one.minutes : given, replaced: one.replaced && from });
  }
  const minutes = new Map([...kept.minutes].filter(([code, told]) => typed(told, code)).map(([code, told]) => [named(code), told]));
  const decided = { chosen: [...chosen.values()].filter((one) => one.decision !== "suggested"), rejected };
  return { chosen, rejected, minutes, stand: wording(decided, (code) => stated.has(code)), fell: fell.join(", ") };
}
