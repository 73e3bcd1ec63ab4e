"""Stated facts of a note: phrases that decide which code a service becomes.

`find_facts` reads them all in one pass; the other functions read numbers and levels beside them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from corpus.facts import Fact, load_facts
from corpus.tables import DATA
from nlp.note import Cue
from nlp.phrases import PhraseIndex
from nlp.text import NUMBER_WORDS, NoteText

Span = tuple[int, int]
LEVELS = ("low", "moderate", "high")
_NUMBER = r"(?:\d{1,2}|" + "|".join(sorted((w for w, v in NUMBER_WORDS.items() if v), key=len, reverse=True)) + ")"
_MUSCLES = re.compile(
    rf"\b(?P<num>{_NUMBER})\s*(?:different\s+|total\s+|separate\s+)?muscles?\b(?!\s*(?:needles?|x))", re.I
)
_BREAKS = frozenset({".", ";", "\n", "\u2022", "|"})
_BEFORE, _AFTER, _REACH, _DENIED_REACH = 3, 2, 12, 60
_EXCEPTIONS = frozenset({"but", "except", "besides", "beside", "though", "although", "however", "other"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A spelling of a fact: the thing it names, and whether only capitals are meant."""

    fact: Fact
    thing: str
    capitals: bool


@cache
def _index() -> PhraseIndex[_Entry]:
    return PhraseIndex(
        (name, _Entry(fact, thing, any(map(str.isupper, name))))
        for fact in load_facts().values()
        for thing, name in fact.spellings()
    )


@cache
def _muscles() -> PhraseIndex[str]:
    entries: list[tuple[str, str]] = []
    for line in (DATA / "muscles.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names = [name.strip() for name in line.split("=")]
            entries.extend((name, names[0]) for name in names)
    return PhraseIndex(entries)


def find_facts(note: NoteText) -> list[Cue]:
    """All stated facts, by start: label = fact id, rule = "fact:" and the thing named.

    Left out are a phrase inside a longer one (unless its fact is read there too), behind an empty box or
    a negation, and one whose neighbours show another sense.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("PMH: DM2, HTN, no CAD. Vitals stable. Presentation evolving.")
    >>> [(c.label, c.rule) for c in find_facts(note) if c.label in ("factor", "stable", "evolving")]
    [('factor', 'fact:diabetes'), ('factor', 'fact:hypertension'), ('evolving', 'fact:evolving')]
    """
    return note.once("facts", _facts)


def _facts(note: NoteText) -> list[Cue]:
    found: list[tuple[int, int, _Entry]] = []
    for first, end, entries in _index().find_all(note.norms, note.pairs):
        for entry in entries:
            if not entry.capitals or note.flat[note.starts[first] : note.ends[end - 1]].isupper():
                found.append((first, end, entry))
    unticked = _unticked(note.flat)
    negations, denials, ends, answers = (
        {first: end for first, end, entry in found if entry.fact.id == name} for name in _TAKING
    )
    listed = {at: entry.fact.id for first, end, entry in found for at in range(first, end) if entry.fact.negatable}
    says = _Taking(negations, denials, ends, answers, listed)
    out = []
    reached_from, reach = -1, 0
    for first, end, entry in sorted(found, key=lambda f: (f[0], -f[1])):
        inside = not entry.fact.inside_too and (end < reach or (end == reach and first > reached_from))
        if end > reach:
            reached_from, reach = first, end
        start, stop = note.starts[first], note.ends[end - 1]
        if inside or not _meant(note.norms, first, end, entry.fact, says) or _holds(unticked, start):
            continue
        out.append(Cue(start, stop, entry.fact.id, f"fact:{entry.thing}"))
    return list({(c.start, c.end, c.label): c for c in reversed(out)}.values())[::-1]


_TAKING = ("negation", "denial", "denial_end", "denial_answer")


@dataclass(frozen=True, slots=True)
class _Taking:
    """Words that take something back, from first token to end: negations, denials, what ends a denial, a denial that answers;
    and the facts of the tokens that can be taken back.
    """

    negations: dict[int, int]
    denials: dict[int, int]
    ends: dict[int, int]
    answers: dict[int, int]
    listed: dict[int, str]


def _meant(norms: Sequence[str], first: int, end: int, fact: Fact, says: _Taking) -> bool:
    """Whether neither its neighbours nor a negation give a phrase another sense."""
    if fact.unless_before:
        for start in {first, _list_start(norms, first, fact, says)}:
            for at in range(start - 1, max(-1, start - 1 - _BEFORE), -1):
                if norms[at] in _BREAKS or norms[at] == ",":
                    break
                if norms[at] in fact.unless_before:
                    return False
    if fact.unless_after:
        for at in range(end, min(len(norms), end + _AFTER)):
            if norms[at] in _BREAKS or norms[at] == ",":
                break
            if norms[at] in fact.unless_after:
                return False
    return not (fact.negatable and (_negated(norms, first, fact, says) or _answered(norms, end, says)))


def _list_start(norms: Sequence[str], first: int, fact: Fact, says: _Taking) -> int:
    """Where the list of facts of one kind begins that a token stands in: "Mother has diabetes and RA"."""
    at = first
    while at >= 2 and norms[at - 1] in _CONNECT and says.listed.get(at - 2) == fact.id:
        at -= 2
        while at and says.listed.get(at - 1) == fact.id:
            at -= 1
    return at


def _negated(norms: Sequence[str], first: int, fact: Fact, says: _Taking) -> bool:
    """Whether a negation before a token reaches it.

    Over a comma only in a list that ends in "or", or that it opens and that names nothing but facts of this kind
    ("No DM, CHF, COPD."); a denial reaches over every comma up to words that end it ("Denies DM, CHF; has COPD").
    """
    denied = _denied(norms, first, says)
    if denied is not None:
        return denied
    negations, listed = says.negations, False
    for at in range(first - 1, max(-1, first - 1 - _REACH), -1):
        if norms[at] in _BREAKS or norms[at] in _EXCEPTIONS:
            return False
        if norms[at] == ",":
            listed = True
        if at in negations and negations[at] <= first:
            return not listed or _ends_in_or(norms, at) or _opens_list(norms, at, first, fact, says)
    return False


_SUBJECTS = frozenset({"he", "she", "they", "pt", "patient", "client", "but", "also"})
_ANSWERS = frozenset({":", "-", "=", "("})
_CONNECT = frozenset({",", "/", "and", "&", "or", "nor", "no"})


def _denied(norms: Sequence[str], first: int, says: _Taking) -> bool | None:
    """Whether a denial in the sentence before a token reaches it; `None` where there is none."""
    ended = False
    for at in range(first - 1, max(-1, first - 1 - _DENIED_REACH), -1):
        if norms[at] in _BREAKS or norms[at] in _EXCEPTIONS:
            return None
        if says.denials.get(at, first + 1) <= first:
            return not ended
        if at in says.ends:
            before = at - 1
            while before >= 0 and norms[before] in _SUBJECTS:
                before -= 1
            ended = ended or (before >= 0 and norms[before] in (",", "and", "-"))
    return None


def _opens_list(norms: Sequence[str], at: int, first: int, fact: Fact, says: _Taking) -> bool:
    """Whether a negation opens its sentence and all between it and a token are facts of the same kind."""
    opens = at == 0 or norms[at - 1] in _BREAKS or norms[at - 1] == ":"
    between = range(says.negations[at], first)
    return opens and all(norms[k] in _CONNECT or says.listed.get(k) == fact.id for k in between)


def _answered(norms: Sequence[str], end: int, says: _Taking) -> bool:
    """Whether a denial is all that is said of a thing: "CHF: no", "DM - denies"."""
    if end + 1 >= len(norms) or norms[end] not in _ANSWERS or end + 1 not in says.answers:
        return False
    after = says.answers[end + 1]
    return after >= len(norms) or norms[after] in _BREAKS or norms[after] in (",", ")")


def _ends_in_or(norms: Sequence[str], at: int) -> bool:
    for norm in norms[at : at + 2 * _REACH]:
        if norm in _BREAKS:
            return False
        if norm in ("or", "nor"):
            return True
    return False


_BOX = re.compile(r"[\[(](?P<mark>\s*|\s*[xX✓✔]\s*)[\])]|[☐☑☒]")


def _unticked(flat: str) -> list[Span]:
    """The words behind empty check boxes, each up to the next box or the end of its line."""
    out = []
    boxes = list(_BOX.finditer(flat))
    for index, box in enumerate(boxes):
        if (box["mark"] or "").strip() or box[0] in "☑☒":
            continue
        line_end = flat.find("\n", box.end())
        following = boxes[index + 1].start() if index + 1 < len(boxes) else len(flat)
        out.append((box.end(), following if line_end < 0 else min(line_end, following)))
    return out


def _holds(spans: Sequence[Span], at: int) -> bool:
    """Whether one of the ordered, separate spans holds a place."""
    index = bisect_right(spans, (at, len(spans) and spans[-1][1])) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def within(start: int, end: int, spans: Iterable[Span]) -> bool:
    """Whether a stretch lies in one of the spans.

    Examples
    --------
    >>> within(3, 5, [(0, 4), (2, 6)]), within(3, 5, [(0, 4)])
    (True, False)
    """
    return any(a <= start and end <= b for a, b in spans)


_BESIDE = re.compile(
    r"[\s(:,=-]*(?:(?:an?|the|any|add'?l|additional|extra|further|is|was|are|were|yet|threshold|criteria)\b[\s:-]*)*"
)


def is_taken_back(note: NoteText, start: int, end: int) -> bool:
    """Whether words right beside a stretch say that it does not hold.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("98981 not met", "no add'l 98981", "98981 x1, no pain", "98980 not 98981"):
    ...     print(is_taken_back(read_text(words), words.index("98981"), words.index("98981") + 5))
    True
    True
    False
    True
    """
    flat = note.flat
    facts = find_facts(note)
    return any(
        c.label == "code_not_met" and c.start >= end and _BESIDE.fullmatch(flat, end, c.start) for c in facts
    ) or any(c.label == "negation" and c.end <= start and _BESIDE.fullmatch(flat, c.end, start) for c in facts)


def _value(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS[word.lower()]


# ---------------------------------------------------------------- numbers beside a noun

_COUNT_BEFORE = re.compile(
    rf"(?P<more>\bmore than |\bover |>\s*)?(?<![\w/.])(?P<num>{_NUMBER})(?P<plus>\s*\+| or more)?(?:[ -](?:of |in )?[a-z]+){{0,3}}[ -]*$",
    re.I,
)
_COUNT_BEHIND = re.compile(
    rf"(?:\s+(?:found|identified|noted|listed|limited|affecting \w+|in total))?\s*[:,=(\u2013-]*\s*(?P<more>more than |over |>\s*)?"
    rf"(?P<num>{_NUMBER})(?P<plus>\s*\+| or more)?\s*(?=[:.,;()\n]|$)",
    re.I,
)
_COUNT_BRACKETED = re.compile(
    rf"[^.;\n]{{0,240}}?[(\[]\s*(?P<num>{_NUMBER})(?P<plus>\+)?(?P<more>(?!))?(?:\s+(?:listed|total|items|in all))?\s*[)\]]",
    re.I,
)
_COUNT_CLOSING = re.compile(
    rf"[^\n]{{0,320}}?[.,:;\u2013-]\s*(?P<num>{_NUMBER})(?P<more>(?!))?(?P<plus>(?!))?(?:\s+(?:in total|in all|of them|altogether|total|domains|areas))?\s*(?:[.)\n;]|$)",
    re.I,
)
_COUNT_TICKED = re.compile(
    r"[^\n]{0,80}?[\[(]\s*[xX✓✔]\s*[\])]\s*(?P<num>\d{1,2})(?:\s*(?:-|to)\s*(?P<to>\d{1,2})|(?P<plus>\s*\+| or more))?(?!\s*[/%])"
)
_MOST = 15


def stated_count(note: NoteText, cues: Iterable[Cue]) -> tuple[int, Span] | None:
    """The number the writer gives for what the cues name, and where it stands.

    The first of: a number before the noun, right behind it, in brackets at the end of its list, as the
    list's last item.

    Examples
    --------
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
            number = _value(match["num"])
            if 0 <= number <= _MOST:
                more = 1 if match["more"] else 0
                found.append((rank, number + more, (min(cue.start, match.start()), max(cue.end, match.end()))))
                break
    unticked = _unticked(flat)
    found = [f for f in found if f[0] < 0 or not _holds(unticked, f[2][1] - 1)]
    if not found:
        return None
    _, number, span = min(found, key=lambda f: (f[0], f[2]))
    return number, span


_ITEM = re.compile(r"\s*(?:[,;/&+]|\band\b)\s*")
_LIST = re.compile(
    r"\s*(?:found|identified|in|with|are|were|include|including|affecting \w+)?\s*:?\s*(?P<items>[^.\n]+)", re.I
)


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


# ---------------------------------------------------------------- levels beside "complexity", "evaluation"


@dataclass(frozen=True, slots=True)
class Claim:
    """A level of complexity that the writer names, and where."""

    level: int
    start: int
    end: int


_LINKS = (
    r"(?:is|was|were|be|of|at|a|an|as|the|clinical|medical|overall|needed|required|judged|rated|called|today|used|peds|pt|ot|"
    r"physical|occupational|therapy|tx|with|new|admission|initial|treatment|care|for)"
)
_LINKED = re.compile(rf"[\s-]*(?:{_LINKS}\b[\s-]*){{0,4}}", re.I)
_FOLLOWED = re.compile(rf"[\s:=,(\u2013-]*(?:{_LINKS}\b[\s:=,()\u2013-]*){{0,4}}", re.I)
_OPEN = re.compile(r"(?:^|[,;:(.\n|\u2013/-]\s*)$")
_TICKED = re.compile(r"(?:[\[(]\s*[xX✓✔]\s*[\])]|[☑☒])\s*$")
_CLOSED = re.compile(r"\s*(?:[,;:).\n|\u2013\u2022-]|$)")
_LONE = re.compile(r"\s*(?:[.;\n]|$)")


def claimed_levels(note: NoteText, cues: Sequence[Cue]) -> list[Claim]:
    """Levels of complexity the writer claims, in order.

    A level counts beside a word for complexity or decision making, set off in an evaluation's title, or
    as a sentence of its own; one that was ordered, requested or meant first is not the writer's.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("PT eval (ordered as high). Low back pain, mod A. Decision making was of moderate complexity.")
    >>> [LEVELS[c.level] for c in claimed_levels(note, find_facts(note))]
    ['moderate']
    """
    levels = {f"{name}_level": i for i, name in enumerate(LEVELS)}
    words, titles, others = (
        _Near([c for c in cues if c.label == label])
        for label in ("complexity_word", "evaluation_title", "another_claim")
    )
    out: list[Claim] = []
    before: Cue | None = None
    for cue in cues:
        if cue.label not in levels:
            continue
        joined = before is not None and 0 <= cue.start - before.end <= 1 and before.label != cue.label
        before = cue
        if not joined and _claims(note.flat, cue, words, titles) and not _elsewhere(note.flat, cue, others):
            out.append(Claim(levels[cue.label], cue.start, cue.end))
    return out


class _Near:
    """Cues in order, looked up by place.

    Parameters
    ----------
    cues : by start.
    """

    def __init__(self, cues: list[Cue]) -> None:
        self._cues = cues
        self._starts = [c.start for c in cues]

    def before(self, at: int, reach: int) -> list[Cue]:
        """Those that begin in the ``reach`` characters before a place and end by it."""
        found = self._cues[bisect_left(self._starts, at - reach) : bisect_left(self._starts, at)]
        return [c for c in found if c.end <= at]

    def behind(self, at: int, reach: int) -> list[Cue]:
        """Those that begin in the ``reach`` characters from a place on."""
        return self._cues[bisect_left(self._starts, at) : bisect_right(self._starts, at + reach)]


def _claims(flat: str, cue: Cue, words: _Near, titles: _Near) -> bool:
    """Whether a level stands where it is said of the evaluation or its decision making."""
    line = flat.rfind("\n", 0, cue.start) + 1
    if _TICKED.search(flat, max(line, cue.start - 12), cue.start) and (
        words.before(cue.start, 80) or titles.before(cue.start, 80)
    ):
        return True
    if cue.end - cue.start == 1:
        return False
    followers = [*words.behind(cue.end, 24), *titles.behind(cue.end, 24)]
    if any(_LINKED.fullmatch(flat, cue.end, a.start) for a in followers):
        return True
    if any(_FOLLOWED.fullmatch(flat, a.end, cue.start) for a in words.before(cue.start, 64)):
        return True
    if flat[cue.start : cue.end].lower() not in _PLAIN_LEVELS or not _CLOSED.match(flat, cue.end):
        return False
    opened = _OPEN.search(flat, max(line, cue.start - 12), cue.start) or not flat[line : cue.start].strip()
    for title in titles.before(cue.start, cue.start - max(line, cue.start - 80)):
        if _FOLLOWED.fullmatch(flat, title.end, cue.start):
            return True
        if opened and not _PAST_TITLE.search(flat, title.end, cue.start):
            return True
    before = flat[max(0, cue.start - 12) : cue.start].rstrip(" ")
    return bool(_LONE.match(flat, cue.end)) and (not before or before[-1] in ".;\n")


_PAST_TITLE = re.compile(r"[.:]|\bpain\b", re.I)
_PLAIN_LEVELS = frozenset({"low", "moderate", "mod", "medium", "high"})


def _elsewhere(flat: str, cue: Cue, others: _Near) -> bool:
    """Whether the level's own clause says it is somebody else's or an earlier one."""
    gaps = [(o.end, cue.start) for o in others.before(cue.start, 72)]
    gaps += [(cue.end, o.start) for o in others.behind(cue.end, 48)]
    return any(not _CLAUSE_END.search(flat, a, b) for a, b in gaps)


_CLAUSE_END = re.compile(r"[.;\n]")


# ---------------------------------------------------------------- how long a device has been in use

_TIME = r"(?:days?|d|wks?|weeks?|mos?|months?|yrs?|years?)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_USE = re.compile(
    rf"\b(?:{_NUMBER}|a|couple|few|several|many)\s*{_TIME}\s+(?:with|in|on|into|of wear\w*|of use|w/|after (?:delivery|fitting|he got|she got|getting)|post[- ](?:delivery|fitting)|out from (?:delivery|fitting))\b"
    rf"|\b(?:week|wk|day|month|mo)\s*#?(?!1\b|one\b){_NUMBER}\s+(?:with\b|in\b|on\b|of\b|w/)"
    rf"|\b(?:2nd|3rd|\dth|second|third|fourth|fifth|sixth)\s+(?:week|wk|month|mo|year)\s+(?:with\b|in\b|on\b|of\b|w/)"
    r"|\b(?:was|from)\s+\d+(?=\s*(?:ply|[),;]))|\b\d+\s+last (?:time|visit)\b|\(\s*was \d+"
    rf"|\b(?:had|have|has|worn|wearing|using|used|in use|been in|walking (?:in|on)|had it|had them|on it|in it|with it)\b[^.;\n]{{0,24}}?\b(?:since|for (?:{_NUMBER}|a|several|some)\s*{_TIME}|x\s*{_NUMBER}\s*{_TIME})"
    rf"|\bsince (?:{_MONTH}|spring|summer|fall|winter|last|delivery|fitting|(?:he|she|they) got|\d{{1,2}}/\d{{1,2}})\b"
    rf"|\b(?:delivered|fitted|fit|issued|dispensed|received|got (?:it|them|her|his|the)\b[^.;\n]{{0,16}}|fabricated|molded|made)\s+(?:it\s+|here\s+)?(?:(?:back\s+)?in {_MONTH}|on \d{{1,2}}/\d{{1,2}}|\d{{1,2}}/\d{{1,2}}(?!\s*(?:in|\"|perf|aqua|orfit|thermo|th))(?:/\d{{2,4}})?|last (?:week|wk|month|mo|visit|session|time|mon|tue|wed|thu|fri)|{_NUMBER}\s*{_TIME}\s+ago|(?:at|in|during) (?:the )?(?:last|first|prior|previous|hospital|rehab|eval))"
    rf"|\b(?:wear\w*|tolerat\w+|on)\s+(?:it\s+|is\s+|now\s+|time\s+|for\s+|schedule\s+|prosthesis\s+|leg\s+|at\s+)*(?:up to\s+|about\s+|around\s+|~\s*)?(?:[5-9]|1\d|five|six|seven|eight|nine|ten|twelve)(?:\s*(?:-|to)\s*\d{{1,2}})?\s*(?:h|hrs?|hours?)\b",
    re.I,
)


_ORDINALS = {
    word: value
    for value, words in enumerate(
        (
            ("first", "1st", "initial"),
            ("second", "2nd"),
            ("third", "3rd"),
            ("fourth", "4th"),
            ("fifth", "5th"),
            ("sixth", "6th"),
            ("seventh", "7th"),
            ("eighth", "8th"),
            ("ninth", "9th"),
            ("tenth", "10th"),
            ("later", "subsequent", "repeat"),
        ),
        start=1,
    )
    for word in words
}
_OCCASION = r"(?:session|visit|time|appointment|appt|encounter|fitting|fit|day|lesson|outing|wear|wearing|training|treatment)s?"
_TURN = re.compile(
    rf"(?<!\d )(?<!\d-)\b(?P<ordinal>{'|'.join(_ORDINALS)})\s+(?:[a-z-]+\s+){{0,2}}?(?<!later that )(?<!later in the ){_OCCASION}\b"
    rf"|\b(?:(?:session|visit|appointment|appt|encounter|fitting)\s*(?:#|no\.?\s*)?|day\s*#?(?=\d+\s+(?:with|in|on|of)\b|1\b(?!/)))"
    r"(?P<num>\d{1,2}|one|two|three|four|five|six)\b(?!\s*(?:min|'|h\b|hr|hour|:|/|x|wk|week|\d|-\s*\d))",
    re.I,
)
_NUMBERED = re.compile(rf"#\s*(?P<num>\d{{1,2}})\s+{_OCCASION}\b", re.I)
_NOT_NOW = re.compile(r"\s*(?:next|tomorrow|in (?:a|one|\d)|on (?:mon|tue|wed|thu|fri)|last\b|ago\b)", re.I)
_DATED = re.compile(r"\s+(?:(?:and|&)\s+)?(?:[a-z]+\s+){0,3}\d{1,2}/\d{1,2}(?![\d/]*\s*:)", re.I)
"""Behind a first occasion: it is told by its day, as one that is past; a date before a colon heads the note itself."""
_NOT_BEFORE = re.compile(
    r"(?:\bnot (?:the|his|her|a)|\bevery|\bat the|\bin the|\bsince the|\bfrom the|\bnext|\bfor the)\s+$", re.I
)


def encounter_cues(note: NoteText) -> list[Cue]:
    """Which time it is with a thing ("third visit", "session 1"), and how long it has been in use.

    Labels are those of the facts: ``first_encounter``, ``later_encounter``, ``worn_device``.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("Third visit with the AFO, fitted 3/12, not the first fitting. Pan of 1/8 in. Day 1 of gauntlet.")
    >>> [(c.label, note.text[c.start : c.end]) for c in encounter_cues(note)]
    [('later_encounter', 'Third visit'), ('first_encounter', 'Day 1'), ('worn_device', 'fitted 3/12')]
    """
    out = []
    for match in (*_TURN.finditer(note.flat), *_NUMBERED.finditer(note.flat)):
        if _NOT_NOW.match(note.flat, match.end()) or _NOT_BEFORE.search(
            note.flat, max(0, match.start() - 12), match.start()
        ):
            continue
        turn = _value(match["num"]) if match["num"] else _ORDINALS[match["ordinal"].lower()]
        if turn == 1 and _DATED.match(note.flat, match.end()):
            continue
        label = "first_encounter" if turn == 1 else "later_encounter"
        out.append(Cue(*match.span(), label, f"fact:{match[0].lower()}"))
    out.extend(Cue(*match.span(), "worn_device", "fact:in use") for match in _USE.finditer(note.flat))
    return out


# ---------------------------------------------------------------- muscles, areas, days


_LISTING = frozenset(
    {",", "and", "&", "+", "/", "then", "also", "the", "both", "r", "l", "b", "left", "right", "bilat", "bilateral"}
)


def count_muscles(note: NoteText, spans: Sequence[Span]) -> int:
    """Different muscles named within spans and on in their lists, or the number stated there if that is larger.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("DN to glute med, glute max and piriformis, STM to TFL")
    >>> count_muscles(note, [(0, 15)])
    3
    """
    named = [(first, end, payloads[0]) for first, end, payloads in _muscles().find(note.norms, note.pairs)]
    reached = [_listed_on(note, span, named) for span in spans]
    names = {name for first, end, name in named if within(note.starts[first], note.ends[end - 1], reached)}
    stated = [_value(m["num"]) for m in _MUSCLES.finditer(note.flat) if within(m.start(), m.end(), spans)]
    return max(len(names), *stated, 0)


def _listed_on(note: NoteText, span: Span, named: Sequence[tuple[int, int, str]]) -> Span:
    """A stretch widened over the muscles that its list goes on with, in both directions."""
    muscle = {at for first, end, _ in named for at in range(first, end)}
    size = len(note.norms)
    first = bisect_left(note.starts, span[0])
    last = bisect_left(note.starts, span[1])
    while first and (first - 1 in muscle or note.norms[first - 1] in _LISTING):
        first -= 1
    closed = last > first and note.norms[last - 1] in _BREAKS
    while not closed and last < size and (last in muscle or note.norms[last] in _LISTING):
        last += 1
    start = note.starts[first] if first < size else span[0]
    return min(span[0], start), max(span[1], note.ends[last - 1] if last else 0)


_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_CM = r"(?:centimet\w+|cm)"
_AREA = re.compile(
    rf"(?P<whole>of (?:the |a )?(?:total )?)?(?P<num>\b\d{{1,3}}(?:\.\d+)?|\b(?:{_TENS})(?:[- ]{_NUMBER})?|\b{_NUMBER})\s*"
    rf"(?:sq(?:uare)?\.?\s*{_CM}|{_CM}\s*(?:2\b|\^2|\u00b2|sq\b|squared)|sqcm)"
    rf"|(?P<a>\d{{1,3}}(?:\.\d+)?)\s*{_CM}?\s*(?:x|by)\s*(?P<b>\d{{1,3}}(?:\.\d+)?)\s*(?:(?:x|by)\s*\d{{1,2}}(?:\.\d+)?\s*)?{_CM}",
    re.I,
)
_SUM = re.compile(r"\b(?:total|in all|altogether|combined|sum|overall)\b", re.I)


def debrided_area(note: NoteText, spans: Sequence[Span]) -> tuple[float, tuple[Span, ...]] | None:
    """The area debrided at the visit in square centimetres and where it stands.

    The first of: areas in the spans, in a sentence that a span reaches, of the wound measured elsewhere in the note.
    Areas of other things (electrodes, dressings), of other days and of wounds at other sites are left out. Areas stated as
    such go before products of two lengths; several add up unless one is called the total. Of a size of which only a share was
    debrided, the share counts; a size that is only measured, in a sentence that debrides nothing, is no area debrided.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("over thirty square centimeters", "3.2 x 2.5 cm = 8 sq cm", "W1 12 sq cm, W2 10 sq cm"):
    ...     print(debrided_area(read_text(words), []))
    (30.0, ((5, 30),))
    (8.0, ((15, 22),))
    (22.0, ((3, 11), (16, 24)))
    >>> debrided_area(read_text("Debrided heel ulcer 2 x 2 cm, foam 5 x 5 cm. Electrodes 5 x 9 cm"), [(0, 20)])
    (4.0, ((20, 28),))
    """
    found: list[tuple[bool, float, Span]] = []
    for match in _AREA.finditer(note.flat):
        if match["num"]:
            words = match["num"].lower().replace("-", " ").split()
            value = float(words[0]) if words[0][0].isdigit() else float(sum(map(_value, words)))
            found.append((True, value, (match.start("num"), match.end())))
        else:
            found.append((False, float(match["a"]) * float(match["b"]), match.span()))
    found = [(stated, value * _share(note.flat, span, stated), span) for stated, value, span in found]
    found = [f for f in found if f[0] or not _is_size(note.flat, f[2])]
    found = _of_wounds(note.flat, found, spans)
    found = [f for f in found if f[0]] or found
    for _, value, span in found:
        around = (
            note.flat[max(0, span[0] - 16) : span[0]]
            + " "
            + re.split(r"[,;.\n]", note.flat[span[1] : span[1] + 16])[0]
        )
        if len(found) > 1 and _SUM.search(around):
            return value, (span,)
    # The sum of wounds debrided to one depth is CPT's rule; facts.md is silent, and depth is not read here.
    return (sum(f[1] for f in found), tuple(f[2] for f in found)) if found else None


_SHARES = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fourth": 1 / 4, "fifth": 1 / 5}
_SHARE = re.compile(
    rf"\b(?:(?P<percent>100|\d{{1,2}})\s*(?:%|percent\b|per cent\b)|(?:(?P<times>\d|{_NUMBER}|a|one)[ -]+)?(?P<part>{'|'.join(_SHARES)})s?\b)",
    re.I,
)
_SHARE_OF = re.compile(
    r"\s*(?:of\s+)?(?:the\s+|this\s+|its\s+|total\s+|whole\s+|entire\s+)*(?:wound|ulcer|surface|area|base|bed|lesion|it\b)|\s*(?:of\s+(?:the\s+|a\s+)?)?$"
    r"|\s+(?:was\s+|were\s+|is\s+)?debrided",
    re.I,
)
_LEFT_ALONE = re.compile(
    r"\b(?:not|un)[ -]?(?:debrided|touched)|\b(?:granulat|epitheli|healed|closed|reduc|decreas|smaller)\w*", re.I
)


def _share(flat: str, span: Span, stated: bool) -> float:
    """What share of a wound's size was debrided, by the words of its sentence; 1 where none is named.

    Parameters
    ----------
    stated : whether the size is an area as such, which a share must be said of ("25% of the 120 sq cm wound").
    """
    start, end = _sentence(flat, span)
    if not _area_words("debriding").search(flat, start, end):
        return 1.0
    for match in _SHARE.finditer(flat, start, end):
        before = match.end() <= span[0]
        if stated and (not before or flat[match.end() : span[0]].split() not in (["of"], ["of", "the"], ["of", "a"])):
            continue
        stop = span[0] if before else end
        behind = re.split(r"[,;]", flat[match.end() : stop])[0]
        debrided = re.search(r"debrid\w*\s*$", flat[start : match.start()], re.I)
        if not (debrided or _SHARE_OF.match(behind)) or _LEFT_ALONE.search(behind):
            continue
        if match["percent"]:
            return int(match["percent"]) / 100
        times = (match["times"] or "1").lower()
        return (1 if times in ("a", "one") else _value(times)) * _SHARES[match["part"].lower()]
    return 1.0


def _is_size(flat: str, span: Span) -> bool:
    """Whether a product of two lengths is only the wound's measure: words for measuring lead it, and its sentence debrides nothing."""
    start, end = _sentence(flat, span)
    return bool(_area_words("measuring").search(flat, start, span[0])) and not _area_words("debriding").search(
        flat, start, end
    )


_STOP = re.compile(r"[;\n]|\.(?!\d)")
_WOUND_REACH = 160


def _of_wounds(
    flat: str, found: Sequence[tuple[bool, float, Span]], spans: Sequence[Span]
) -> list[tuple[bool, float, Span]]:
    """The areas of what was debrided; see `debrided_area`."""
    kept = [f for f in found if not _of_another(flat, f[2])]
    kept = [f for f in kept if not _area_words("after").search(flat, max(0, f[2][0] - 32), f[2][0])] or kept
    inside = [f for f in kept if within(*f[2], spans)]
    if inside or not spans:
        return inside or kept
    sentences = [_sentence(flat, span) for span in spans]
    beside = [f for f in kept if within(*f[2], sentences)]
    if beside:
        return beside
    sites = {m[0].lower() for a, b in sentences for m in _area_words("site").finditer(flat, a, b)}
    out = []
    for item in kept:
        start, end = _sentence(flat, item[2])
        named = {m[0].lower() for m in _area_words("site").finditer(flat, start, end)}
        if (item[0] or _area_words("wound").search(flat, start, end)) and (not sites or not named or sites & named):
            out.append(item)
    return out


def _sentence(flat: str, span: Span) -> Span:
    """The sentence or line around a stretch, as far as an area's words reach."""
    before = [m.end() for m in _STOP.finditer(flat, max(0, span[0] - _WOUND_REACH), span[0])]
    behind = _STOP.search(flat, span[1], span[1] + _WOUND_REACH)
    return (
        before[-1] if before else max(0, span[0] - _WOUND_REACH),
        behind.start() if behind else min(len(flat), span[1] + _WOUND_REACH),
    )


def _of_another(flat: str, span: Span) -> bool:
    """Whether an area is of another thing than a wound, by the word nearest to it, or of another time."""
    start, end = _sentence(flat, span)
    behind = re.split(r"[,(]", flat[span[1] : end])[0]
    behind = " ".join(behind.split()[:3])
    clause = re.split(r",\s|\band\b|\bnow\b|\btoday\b", flat[start : span[0]])[-1]
    if _area_words("another_time").search(clause) or _area_words("another_time").match(behind):
        return True
    wound, thing = _area_words("wound"), _area_words("other_thing")
    first = min((m.start() for m in thing.finditer(behind)), default=None)
    if first is not None and not wound.search(behind[:first]) and len(behind[:first].split()) <= 1:
        return True
    last_thing = max((m.start() for m in thing.finditer(flat, start, span[0])), default=-1)
    return last_thing > max((m.start() for m in wound.finditer(flat, start, span[0])), default=-1)


@cache
def _area_words(label: str) -> re.Pattern[str]:
    names = sorted((name for _, name in load_facts(DATA / "areas.toml")[label].spellings()), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.I)


_MONTH_DAYS = r"(?:30|thirty|29|31|28)"
_OF_THIRTY = re.compile(
    rf"\b(?P<num>{_NUMBER})\s*(?:(?:unique |distinct |separate |data |calendar |recorded )*days?\s*)?"
    rf"(?:\b(?:of|out of|in)\s+(?:the\s+)?(?:last\s+|past\s+|prior\s+|previous\s+)?{_MONTH_DAYS}\b(?!\s*(?:min|sec|ft|rep|/))"
    rf"|/\s*{_MONTH_DAYS}\s*(?:days?|d)\b|(?<=1[3-9])/30\b|(?<=2\d)/30\b)"
    rf"|\bdays?\b(?:\s+(?:of|with|w/)?\s*\w+){{0,2}}?\s*[:=]\s*(?P<behind>\d{{1,2}})\b(?!\s*/\s*\d)",
    re.I,
)
_DATA_WORD = r"(?:data|reading|transmi|record|log|sync|sent|monitor|report|entr|captur|upload|app\b|came in|in the (?:30|thirty)|supply|of use|usage|diary)"
_DAYS = re.compile(
    rf"\b(?P<num>{_NUMBER})\s*(?P<kind>(?:(?:of|full|unique|distinct|separate|calendar|different|data|total|transmission|monitoring|reporting|logged|recorded|usable|valid|cbt|msk|app|resp|respiratory|use)\s+)*)(?:da?ys?\b|nights?\b|d\b(?=\s*(?:of\b|reported|logged|recorded|received|data|with data)))",
    re.I,
)
_OTHER_DAYS = re.compile(
    r"\s*(?:ago|post|after|later|before|old\b|per week|a week|/\s*w|out\b|window|since|early|off\b|count\b|per month)",
    re.I,
)


def monitoring_days(note: NoteText, spans: Sequence[Span] = ()) -> int | None:
    """Days of data in a remote-monitoring note (1 to 31); ``None`` when not stated.

    Words that support the service go before the rest of the note; "N of 30 days" before days beside
    words for data, and those before any other count of days. How many a code needs is no count, and one of another
    period none beside one of this.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> monitoring_days(read_text("App opened 12 days ago; readings on 21 of 30 days. July was full, 27 days."))
    21
    >>> monitoring_days(read_text("Prior period 8 of 30 days; data on 19 of 30 days (16 of 30 days needed)"))
    19
    """
    usable = note.once("days", _days)
    best = min([c for c in usable if within(c[1], c[1], spans)] or usable, default=None)
    return best[2] if best else None


_WHOLE_MONTH = 3


def _days(note: NoteText) -> list[tuple[int, int, int]]:
    """Counts of days: how doubtful they are (0 to 3), where they stand, how many."""
    found = [(0, match.start(), _value(match["num"] or match["behind"])) for match in _OF_THIRTY.finditer(note.flat)]
    for match in _DAYS.finditer(note.flat):
        if _OTHER_DAYS.match(note.flat, match.end()):
            continue
        start = max(0, match.start() - 64)
        clause = re.split(r"[.;\n]", note.flat[start : match.start()])[-1]
        clause += re.split(r"[.;\n]", note.flat[match.end() : match.end() + 48])[0]
        near = bool(match["kind"].strip()) or re.search(_DATA_WORD, clause, re.I) is not None
        value = _value(match["num"])
        found.append((_WHOLE_MONTH if value >= 28 else 1 if near else 2, match.start(), value))
    found = [c for c in found if 1 <= c[2] <= 31 and not _is_called(note.flat, c[1], "days_needed")]
    return [c for c in found if not _is_called(note.flat, c[1], "another_period")] or found


_CLAUSE_END = re.compile(r"[,;:()\n]|\.(?!\d)")


def _is_called(flat: str, at: int, label: str) -> bool:
    """Whether words of a kind stand in the clause of a count."""
    before = [m.end() for m in _CLAUSE_END.finditer(flat, max(0, at - _WOUND_REACH), at)]
    behind = _CLAUSE_END.search(flat, at, at + _WOUND_REACH)
    start = before[-1] if before else max(0, at - _WOUND_REACH)
    return _area_words(label).search(flat, start, behind.start() if behind else at + _WOUND_REACH) is not None


def data_days(note: NoteText, span: Span) -> list[int]:
    """Days of data that a stretch states: every "N of 30 days", else the first count, beside words for data if any.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("May 21 of 30 days, June 9 of 30 days", "sensor, 25 days", "seen 3 days ago"):
    ...     print(data_days(read_text(words), (0, len(words))))
    [21, 9]
    [25]
    []
    """
    inside = sorted(c for c in note.once("days", _days) if within(c[1], c[1], [span]) and c[0] < _WHOLE_MONTH)
    sure = [days for doubt, _, days in inside if doubt == 0]
    return sure or [days for _, _, days in inside[:1]]
