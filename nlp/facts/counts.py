"""Numbers beside a noun: how many the writer says there are, and the items of the list it opens."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlp.facts.scan import NUMBER, holds, number_of, unticked_stretches
from nlp.note import Cue
from nlp.text import NoteText, Span

_COUNT_BEFORE = re.compile(
    rf"(?P<more>\bmore than |\bover |>\s*)?(?<![\w/.])(?P<num>{NUMBER})(?P<plus>\s*\+| or more)?(?:[ -](?:of |in )?[a-z]+){{0,3}}[ -]*$",
    re.I,
)
_COUNT_BEHIND = re.compile(
    rf"(?:\s+(?:found|identified|noted|listed|limited|affecting \w+|in total))?\s*[:,=(\u2013-]*\s*(?P<more>more than |over |>\s*)?"
    rf"(?P<num>{NUMBER})(?P<plus>\s*\+| or more)?\s*(?=[:.,;()\n]|$)",
    re.I,
)
_COUNT_BRACKETED = re.compile(
    rf"[^.;\n]{{0,240}}?[(\[]\s*(?P<num>{NUMBER})(?P<plus>\+)?(?P<more>(?!))?(?:\s+(?:listed|total|items|in all))?\s*[)\]]",
    re.I,
)
_COUNT_CLOSING = re.compile(
    rf"[^\n]{{0,320}}?[.,:;\u2013-]\s*(?P<num>{NUMBER})(?P<more>(?!))?(?P<plus>(?!))?(?:\s+(?:in total|in all|of them|altogether|total|domains|areas))?\s*(?:[.)\n;]|$)",
    re.I,
)
_COUNT_TICKED = re.compile(
    r"[^\n]{0,80}?[\[(]\s*[xX✓✔]\s*[\])]\s*(?P<num>\d{1,2})(?:\s*(?:-|to)\s*(?P<to>\d{1,2})|(?P<plus>\s*\+| or more))?(?!\s*[/%])"
)
_MOST = 15
_ITEM = re.compile(r"\s*(?:[,;/&+]|\band\b)\s*")
_LIST = re.compile(
    r"\s*(?:found|identified|in|with|are|were|include|including|affecting \w+)?\s*:?\s*(?P<items>[^.\n]+)", re.I
)


def stated_count(note: NoteText, cues: Iterable[Cue]) -> tuple[int, Span] | None:
    """The number the writer gives for what the cues name, and where it stands.

    The first of: a number before the noun, right behind it, in brackets at the end of its list, as the
    list's last item.

    Examples
    --------
    >>> from nlp.facts import find_facts
    >>> from nlp.text import read_text
    >>> for words in ("Four performance deficits", "Deficits: bathing, dressing (2)", "Deficits: grip, jars"):
    ...     note = read_text(words)
    ...     print(stated_count(note, [c for c in find_facts(note) if c.label == "deficit_word"]))
    (4, (0, 25))
    (2, (0, 31))
    None
    """
    flat = note.flat
    found: list[tuple[int, int, Span]] = []
    for cue in cues:
        ticked = _COUNT_TICKED.match(flat, cue.end)
        if ticked:
            low, high = int(ticked["num"]), int(ticked["to"] or 0)
            number = (low + high) // 2 if high else low + bool(ticked["plus"])
            found.append((-1, number, (cue.start, ticked.end())))
            continue
        line = flat.rfind("\n", 0, cue.start) + 1
        before = _COUNT_BEFORE.search(flat, max(line, cue.start - 48), cue.start)
        attempts = [before, *(p.match(flat, cue.end) for p in (_COUNT_BEHIND, _COUNT_BRACKETED, _COUNT_CLOSING))]
        for rank, match in enumerate(attempts):
            if match is None:
                continue
            number = number_of(match["num"])
            if 0 <= number <= _MOST:
                more = 1 if match["more"] else 0
                found.append((rank, number + more, (min(cue.start, match.start()), max(cue.end, match.end()))))
                break
    unticked = unticked_stretches(flat)
    found = [f for f in found if f[0] < 0 or not holds(unticked, f[2][1] - 1)]
    if not found:
        return None
    _, number, span = min(found, key=lambda f: (f[0], f[2]))
    return number, span


def listed_items(note: NoteText, cue: Cue) -> list[Span]:
    """The items of the list that a noun opens, up to the end of its sentence.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("Deficits: tool grip, buttoning and keyboard. Sleeps well")
    >>> [note.text[a:b] for a, b in listed_items(note, Cue(0, 8, "deficit_word", ""))]
    ['tool grip', 'buttoning', 'keyboard']
    """
    match = _LIST.match(note.flat, cue.end)
    if match is None:
        return []
    items = []
    at = match.start("items")
    for sep in (*_ITEM.finditer(note.flat, at, match.end()), None):
        end = sep.start() if sep else match.end()
        if any(map(str.isalpha, note.flat[at:end])):
            items.append((at, end))
        at = sep.end() if sep else end
    return items
