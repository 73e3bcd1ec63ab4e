"""What a note lacks for its suggested codes to stand: the checks of ``gaps.toml`` on a parsed note and its claim.

Reading order: `Supported` (what goes in), `Gap` (what comes out), `find_gaps`; then `_View` (the note as the checks
see it), `_by_words` and the comparisons of `_COMPUTED`.
One pass over the note's words finds the phrases of all checks; regular expressions run only where phrases leave a
check open. Nothing here invents a fact: a check says which words it rests on, or what was looked for and not found.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypedDict

from corpus.catalogue import load_catalogue
from corpus.gaps import Computed, GapCheck, Scope, Severity, load_gap_checks
from corpus.payers import Payer
from corpus.services import load_services, service_of_code
from models.claim.day import listed
from models.claim.lines import Claim, ClaimLine
from models.claim.units import by_month
from models.resolve import tells_encounter
from models.tier import Component, Graded
from nlp.facts import LEVELS, Span, count_muscles, data_days, debrided_area, monitoring_days
from nlp.note import ParsedNote
from nlp.phrases import PhraseIndex
from nlp.sections import sections_of
from nlp.status import is_beyond, judged

_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Supported:
    """A suggested code, the words it rests on, and the grades of an evaluation."""

    code: str
    spans: tuple[Span, ...] = ()
    graded: Graded | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """What the code can stand for."""
        return service_of_code().get(self.code, ())


class RestsOn(TypedDict):
    """Words of the note; `start` and `end` are code points of the text as received, end-exclusive."""

    start: int
    end: int
    text: str


class Gap(TypedDict):
    """One thing the note lacks, or says that does not fit.

    `severity` is ``error`` (the line does not stand by the rule), ``warning`` (a reviewer will ask) or ``info``.
    `codes` are those it concerns. `rests_on` are the words it rests on: those that raised it, or those of the codes
    beside which something is missing; `absent` is what was looked for and not found, `None` where words raised it.
    `rule`, `source`, `dated` and `grade` say who demands it, where that is written, of when, and how good the source is.
    """

    id: str
    severity: Severity
    codes: list[str]
    says: str
    rests_on: list[RestsOn]
    absent: str | None
    rule: str
    source: str
    dated: str
    grade: str


@dataclass(frozen=True, slots=True)
class _Finding:
    """A check raised: for these codes, resting on these spans, with what its sentence fills in."""

    codes: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    values: tuple[tuple[str, str], ...] = ()


def find_gaps(
    note: ParsedNote,
    items: Sequence[Supported],
    claim: Claim,
    payer: Payer,
    *,
    date: dt.date | None = None,
    assistant: str | None = None,
    timed_total: int | None = None,
) -> list[Gap]:
    """The gaps of a note, errors first, then in the order of ``gaps.toml``.

    Parameters
    ----------
    note : the parsed note.
    items : the suggested codes; without any there is nothing to check.
    claim : built of the same codes.
    payer : decides whether Medicare's own rules bind.
    date : of service, as given with the note.
    assistant : PTA or COTA, when one treated.
    timed_total : minutes of the timed codes, as the note states them.

    Examples
    --------
    >>> from corpus.payers import payer_named
    >>> from models.claim.lines import Delivered, build_claim
    >>> from nlp.pipeline import parse
    >>> note = parse("Ambulated 100 ft. Total time 15 min. Jo Ray, PT 3/4/26. Pt fatigued.")
    >>> medicare = payer_named("medicare")
    >>> claim = build_claim([Delivered("97116", 15)], medicare, session_total=15, timed_total=15)
    >>> [gap["id"] for gap in find_gaps(note, [Supported("97116", ((0, 17),))], claim, medicare, timed_total=15)]
    ['no-purpose-or-skill']
    """
    if not items:
        return []
    view = _View(note, tuple(items), claim, payer, date, timed_total)
    out: list[Gap] = []
    for check in load_gap_checks().values():
        concerned = _concerned(check, view, assistant)
        if concerned:
            severity = check.severity if payer.medicare_status else check.elsewhere or check.severity
            found = _COMPUTED[check.computed] if check.computed else _by_words
            out.extend(_gap(check, severity, finding, note) for finding in found(check, concerned, view))
    return sorted(out, key=lambda gap: _RANK[gap["severity"]])


def _concerned(check: GapCheck, view: _View, assistant: str | None) -> tuple[Supported, ...]:
    """The suggested codes that call for a check."""
    if check.assistant and assistant is None:
        return ()
    if check.beside and not any(s in check.beside for item in view.items for s in item.services):
        return ()
    if not check.services:
        return view.items
    return tuple(item for item in view.items if any(s in check.services for s in item.services))


def _gap(check: GapCheck, severity: Severity, finding: _Finding, note: ParsedNote) -> Gap:
    text = note.text.text
    spans = _outermost(finding.spans)[:_MOST_WORDS]
    words = text[spans[0][0] : spans[0][1]] if spans else ""
    values = {"codes": listed(list(finding.codes)), "words": " ".join(words.split()), **dict(finding.values)}
    return Gap(
        id=check.id,
        severity=severity,
        codes=list(finding.codes),
        says=check.says.format_map(values),
        rests_on=[RestsOn(start=a, end=b, text=text[a:b]) for a, b in spans],
        absent=check.absent or None,
        rule=check.rule,
        source=check.source,
        dated=check.dated,
        grade=check.grade,
    )


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, without those inside another."""
    out: list[Span] = []
    for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if not out or end > out[-1][1]:
            out.append((start, end))
    return out


def states_clock_times(note: ParsedNote) -> bool:
    r"""Whether the note says when the session began and ended: a start and a stop, on one line or apart.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> [states_clock_times(parse(t)) for t in ("Time in 9:00\nTime out 9:45", "Gait 15 min. Next visit at 9:00.")]
    [True, False]
    """
    check = next(c for c in load_gap_checks().values() if c.computed == "start_stop_missing")
    if any(m.kind in check.measures for m in note.measures or ()):
        return True
    return any(pattern.search(note.text.flat) for pattern in _compiled(check.patterns))


# --- The note as the checks see it ---


@cache
def _index() -> PhraseIndex[tuple[str, bool]]:
    """The phrases of all checks: which check, and whether they raise it (else they settle it)."""
    return PhraseIndex(
        (phrase, (check.id, raises))
        for check in load_gap_checks().values()
        for raises, phrases in ((True, check.when), (False, check.words))
        for phrase in phrases
    )


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.I | re.M) for pattern in patterns)


_CLAUSE_SIGNS = (". ", ";", "\n")
_NO_END = re.compile(r"\b(?:drs?|mrs?|ms|st|vs|approx)$", re.I)
_WORD = r"[ \t]+(?!but\b|except\b|though\b|however\b|yet\b)[\w/'-]+"
_NO = r"\b(?:no|not|without|never|nor|lacks?|didn't|hasn't|den(?:y|ies|ied|ying))\b"
_DENIED = re.compile(rf"{_NO}(?:{_WORD}){{0,3}}[ \t]*$", re.I)
_DENIED_LIST = re.compile(rf"{_NO}(?:{_WORD}){{1,3}}(?:,(?:{_WORD}){{1,3}}){{0,4}},(?:{_WORD}){{0,2}}[ \t]*$", re.I)
_OR = re.compile(rf"(?:,?{_WORD}){{0,8}}?,?[ \t]+n?or\b", re.I)
_PENDING = re.compile(
    r"[ \t]*[:(-]?[ \t]*(?:(?:is|are|was|were|has|have|yet|still|to|will)[ \t]+){0,2}(?:not\b(?! to (?!be\b))|never\b|pending|overdue|due\b|to follow|tbd\b"
    r"|be (?:set|done|written|determined|established|discussed|developed|decided|defined|formulated|completed|filed|sent|addressed|added|agreed|announced)\b"
    r"|follow\b|deferred|next\b|missing)",
    re.I,
)


@dataclass(slots=True)
class _View:
    """A note with its codes and its claim; phrases are found once, when first asked for."""

    note: ParsedNote
    items: tuple[Supported, ...]
    claim: Claim
    payer: Payer
    date: dt.date | None
    timed_total: int | None
    _hits: dict[tuple[str, bool], list[Span]] | None = field(default=None)
    _lowered: str | None = field(default=None)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [s.start for s in judged(self.note)]

    @property
    def lowered(self) -> str:
        """The note in lower case, for `GapCheck.stems` only: its length can differ."""
        if self._lowered is None:
            self._lowered = self.note.text.flat.lower()
        return self._lowered

    @property
    def timed(self) -> list[ClaimLine]:
        """The lines of the day's timed codes."""
        codes = load_catalogue()
        return [x for x in self.claim["lines"] if codes[x["code"]].timed and not by_month(x["code"])]

    def phrases(self, check: GapCheck, *, raises: bool) -> list[Span]:
        """Where a check's phrases stand."""
        if self._hits is None:
            text, hits = self.note.text, dict[tuple[str, bool], list[Span]]()
            for first, end, owners in _index().find_all(text.norms):
                for owner in owners:
                    hits.setdefault(owner, []).append((text.starts[first], text.ends[end - 1]))
            self._hits = hits
        return self._hits.get((check.id, raises), [])

    def raised_by(self, check: GapCheck, within: Sequence[Span]) -> list[Span]:
        """The words that raise a check."""
        found = [s for s in self.phrases(check, raises=True) if _inside(s, within)]
        if check.stems and not any(stem in self.lowered for stem in check.stems):
            return found
        return found + list(self._matches(check.when_patterns, within))

    def settles(self, check: GapCheck, within: Sequence[Span]) -> bool:
        """Whether words, a measure or a stated purpose settle a check."""
        if any(_inside(s, within) and self._says(check, s) for s in self.phrases(check, raises=False)):
            return True
        measured = ((m.start, m.end) for m in self.note.measures or () if m.kind in check.measures)
        if any(_inside(span, within) and not self._taken_back(check, span) for span in measured):
            return True
        if check.purposes and any(
            _inside((p.start, p.end), within) and not self._names(p.start, p.end)
            for s in self.note.segments or ()
            for p in s.purposes
        ):
            return True
        return any(self._says(check, span) for span in self._matches(check.patterns, within))

    def _names(self, start: int, end: int) -> bool:
        """Whether words are of a service's name: "Gait training" says no purpose."""
        return any(m.start <= start and end <= m.end for m in self.note.marks or ())

    def _says(self, check: GapCheck, span: Span) -> bool:
        """Whether words that can settle a check stand where they do."""
        start = span[0]
        if check.purposes and self._names(*span):
            return False
        if check.unless_section or check.unless_planned:
            at = bisect_right(self._starts, start) - 1
            segment = (self.note.segments or [])[at] if at >= 0 else None
            section = sections_of(self.note)[segment.section].name if segment and segment.section >= 0 else ""
            if (
                segment
                and start < segment.end
                and not is_beyond(segment.status_cue.rule if segment.status_cue else "")
            ):
                if section in check.unless_section:
                    return False
                if check.unless_planned and segment.status == "planned":
                    return False
        return not self._taken_back(check, span)

    def _taken_back(self, check: GapCheck, span: Span) -> bool:
        """Whether a span's clause denies it, puts it off, or says it of something else."""
        if not (check.unless_negated or check.unless_near):
            return False
        flat, (start, end) = self.note.text.flat, span
        first, last = _clause(flat, start, end)
        if check.unless_negated:
            if _DENIED.search(flat, first, start) or _PENDING.match(flat, end, last):
                return True
            listed = _DENIED_LIST.search(flat, max(first, start - _LIST_REACH), start)
            if listed and (re.search(r"\bn?or\b", listed[0], re.I) or _OR.match(flat, end, last)):
                return True
        return any(
            match.start() < end and start < match.end()
            for pattern in _compiled(check.unless_near)
            for match in pattern.finditer(flat, first, last)
        )

    def scope(self, scope: Scope, items: Iterable[Supported]) -> list[Span]:
        """Where to look: the whole note, or the lines that codes rest on."""
        if scope == "note":
            return [(0, len(self.note.text.flat))]
        flat = self.note.text.flat
        lines = {
            (flat.rfind("\n", 0, a) + 1, b if (end := flat.find("\n", b)) < 0 else end)
            for item in items
            for a, b in item.spans
        }
        return _merged(lines)

    def measured(self, *kinds: str) -> tuple[Span, ...]:
        """Where measures of these kinds stand."""
        return tuple((m.start, m.end) for m in self.note.measures or () if m.kind in kinds)

    def _matches(self, patterns: tuple[str, ...], within: Sequence[Span]) -> Iterator[Span]:
        for pattern in _compiled(patterns):
            for start, end in within:
                for match in pattern.finditer(self.note.text.flat, start, end):
                    yield match.span()


_LIST_REACH = 120


def _clause(flat: str, start: int, end: int) -> Span:
    """The clause around a stretch; the stop of "Dr. Lee" ends none."""
    first = start
    while True:
        first = max(flat.rfind(sign, 0, first) for sign in _CLAUSE_SIGNS)
        if first < 0 or flat[first] != "." or not _NO_END.search(flat, max(0, first - 8), first):
            break
    ends = [at for sign in _CLAUSE_SIGNS if (at := flat.find(sign, end)) >= 0]
    return first + 1, min(ends, default=len(flat))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, with those that overlap made one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _inside(span: Span, within: Sequence[Span]) -> bool:
    """Whether a span lies in one of spans that are in order and apart."""
    at = bisect_right(within, (span[0], sys.maxsize)) - 1
    return at >= 0 and within[at][0] <= span[0] and span[1] <= within[at][1]


def _by_words(check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    """A check that words decide; one finding for each code, or one for all that lack them."""
    groups = [(item,) for item in items] if check.each else [tuple(items)]
    out = []
    for group in groups:
        raised = view.raised_by(check, view.scope(check.when_in, group)) if check.when or check.when_patterns else []
        if (check.when or check.when_patterns) and not raised:
            continue
        if check.absent and view.settles(check, view.scope(check.words_in, group)):
            continue
        codes = tuple(item.code for item in group)
        beside = (
            tuple(span for item in group for span in item.spans) if check.each or check.words_in == "lines" else ()
        )
        out.append(_Finding(codes, tuple(raised) or beside))
    return out


# --- Comparisons ---


def _codes(lines: Iterable[ClaimLine]) -> tuple[str, ...]:
    return tuple(line["code"] for line in lines)


def _spans_of(codes: Iterable[str], view: _View) -> tuple[Span, ...]:
    wanted = set(codes)
    return tuple(span for item in view.items if item.code in wanted for span in item.spans)


def _stated(view: _View) -> int | None:
    """The sum of the timed codes' stated minutes, where all are stated; a time that codes share counts once."""
    lines = view.timed
    return view.claim["timed_minutes"] if lines and all(x["minutes_from"] != "derived" for x in lines) else None


def _total_missing(check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    by_visit = [item.code for item in items if not by_month(item.code) and not _monitors(item)]
    if not by_visit or view.claim["total_minutes"] is not None or view.settles(check, view.scope("note", items)):
        return []
    return [_Finding(tuple(by_visit))]


def _monitors(item: Supported) -> bool:
    return any(s.startswith("rtm_") for s in item.services)


def _unstated(view: _View) -> list[ClaimLine]:
    at_once = {code for time in view.claim["shared_minutes"] for code in time["codes"]}
    return [x for x in view.timed if x["minutes"] is None and not x["added"] and x["code"] not in at_once]


def _timed_missing(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    missing = _codes(_unstated(view))
    return [_Finding(missing, _spans_of(missing, view))] if missing and view.timed_total is None else []


def _timed_unstated(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    stated = _stated(view)
    at_once = view.claim["shared_minutes"]
    if view.timed_total is not None or stated is None or at_once or len(view.timed) < 2:
        return []
    return [_Finding(_codes(view.timed), view.measured("minutes", "clock"), (("stated", str(stated)),))]


def _minutes_missing(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    return [_Finding((x["code"],), _spans_of([x["code"]], view)) for x in _unstated(view)]


def _minutes_shared(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    return [
        _Finding(tuple(time["codes"]), _spans_of(time["codes"], view), _numbers(shared=time["minutes"]))
        for time in view.claim["shared_minutes"]
    ]


def _timed_exceeds_total(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    timed, total = view.timed_total, view.claim["total_minutes"]
    if timed is None or total is None or timed <= total:
        return []
    return [_Finding(_codes(view.timed), view.measured("timed", "total"), _numbers(timed=timed, total=total))]


def _codes_against_timed(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    stated, timed = _stated(view), view.timed_total
    if stated is None or timed is None or stated == timed:
        return []
    return [_Finding(_codes(view.timed), view.measured("timed"), _numbers(stated=stated, timed=timed))]


def _codes_exceed_total(_check: GapCheck, _items: Sequence[Supported], view: _View) -> list[_Finding]:
    total = view.claim["total_minutes"]
    known = sum(x["minutes"] or 0 for x in view.timed if x["minutes_from"] == "stated")
    known += sum(time["minutes"] for time in view.claim["shared_minutes"])
    words = view.measured("total")
    if total is None or known <= total or not words:
        return []
    return [_Finding(_codes(view.timed), words, _numbers(stated=known, total=total))]


def _numbers(**values: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())


def _start_stop_missing(_check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    asked = any(d["demand"] in ("session_start_stop", "per_code_start_stop") for d in view.claim["demands"])
    if not asked or states_clock_times(view.note):
        return []
    return [_Finding(tuple(item.code for item in items), (), (("payer", view.payer.name),))]


def _date_missing(check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    if view.date is not None or view.settles(check, view.scope("note", items)):
        return []
    return [_Finding(tuple(item.code for item in items))]


def _where(lacks: Callable[[Supported, _View], bool], items: Sequence[Supported], view: _View) -> list[_Finding]:
    return [_Finding((item.code,), item.spans) for item in items if lacks(item, view)]


def _area_missing(check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    if view.settles(check, view.scope("note", items)):
        return []
    return _where(lambda item, v: debrided_area(v.note.text, item.spans) is None, items[:1], view)


def _encounter_unknown(_check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    return _where(lambda item, v: not tells_encounter(v.note, item.spans), items, view)


def _muscles_missing(_check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    return _where(lambda item, v: count_muscles(v.note.text, item.spans) == 0, items, view)


def _days_missing(_check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    def lacks(item: Supported, v: _View) -> bool:
        stated = any(data_days(v.note.text, span) for span in item.spans)
        return not stated and monitoring_days(v.note.text, item.spans) is None

    return _where(lacks, items, view)


def _month_minutes_missing(_check: GapCheck, items: Sequence[Supported], view: _View) -> list[_Finding]:
    silent = {x["code"] for x in view.claim["lines"] if by_month(x["code"]) and x["minutes"] is None}
    return _where(lambda item, _v: item.code in silent, items, view)


# --- The tier of an evaluation ---


def billed_tier(item: Supported) -> int | None:
    """The tier a code stands for: 0 low, 1 moderate, 2 high; `None` where it is no evaluation's."""
    codes = load_services()[item.services[0]].codes if item.graded and item.services else ()
    return codes.index(item.code) if item.code in codes else None


def _claimed(item: Supported, graded: Graded) -> int | None:
    """The tier the note claims against its own facts: by the code it writes, else by the words for its complexity."""
    billed = billed_tier(item)
    claimed = graded.claimed if billed is None or billed == graded.tier else billed
    return None if claimed == graded.tier == graded.shown else claimed


def _tier_held(_check: GapCheck, items: Sequence[Supported], _view: _View) -> list[_Finding]:
    """Below the highest tier, the components that keep it there."""
    out = []
    for item in items:
        graded = item.graded
        if graded is None or graded.tier == len(LEVELS) - 1 or _claimed(item, graded) is not None:
            continue
        why = listed([f"{c.name} ({LEVELS[c.tier] if c.stated else 'not stated'})" for c in graded.holding])
        spans = tuple(span for c in graded.holding for span in c.spans)
        out.append(_Finding((item.code,), spans, (("why", why),)))
    return out


def _tier_conflict(_check: GapCheck, items: Sequence[Supported], _view: _View) -> list[_Finding]:
    """The tier the note names is not what its facts give."""
    return _against_claim(items, thin=False)


def _tier_unshown(_check: GapCheck, items: Sequence[Supported], _view: _View) -> list[_Finding]:
    """The tier the note names is higher than what it shows, and nothing but its silence says so."""
    return _against_claim(items, thin=True)


def _against_claim(items: Sequence[Supported], *, thin: bool) -> list[_Finding]:
    """Evaluations whose claimed tier the components do not reach, or exceed.

    Parameters
    ----------
    thin : those of which only components not stated, or not said to bear on the plan, fall short; else all others.
    """
    out = []
    for item in items:
        graded = item.graded
        claimed = _claimed(item, graded) if graded else None
        if graded is None or claimed is None:
            continue
        *parts, decision = graded.components
        short = [c for c in parts if c.tier < claimed]
        given = min(graded.tier, graded.shown) if short else graded.tier
        is_thin = bool(short) and all(not c.stated or c.doubt for c in short)
        if is_thin != thin or given == claimed:
            continue
        deciding = [c for c in parts if (c.tier <= given if given < claimed else c.tier >= given)]
        codes = load_services()[item.services[0]].codes
        why = listed([_told_level(c) for c in deciding or parts])
        values = (("codes", codes[given]), ("stated", LEVELS[claimed]), ("why", why))
        spans = decision.spans or item.spans
        out.append(_Finding((item.code,), (*spans, *(s for c in deciding for s in c.spans)), values))
    return out


def _told_level(component: Component) -> str:
    """A component's name, its level, and what the note states of it."""
    if not component.stated:
        return f"{component.name} not stated"
    found = f" ({', '.join(component.found)})" if component.found else ""
    return f"{component.name} {LEVELS[component.tier]}{found}"


_COMPUTED: dict[Computed, Callable[[GapCheck, Sequence[Supported], _View], list[_Finding]]] = {
    "total_missing": _total_missing,
    "timed_missing": _timed_missing,
    "timed_unstated": _timed_unstated,
    "minutes_missing": _minutes_missing,
    "minutes_shared": _minutes_shared,
    "timed_exceeds_total": _timed_exceeds_total,
    "codes_against_timed": _codes_against_timed,
    "codes_exceed_total": _codes_exceed_total,
    "start_stop_missing": _start_stop_missing,
    "date_missing": _date_missing,
    "area_missing": _area_missing,
    "encounter_unknown": _encounter_unknown,
    "muscles_missing": _muscles_missing,
    "days_missing": _days_missing,
    "month_minutes_missing": _month_minutes_missing,
    "tier_held": _tier_held,
    "tier_conflict": _tier_conflict,
    "tier_unshown": _tier_unshown,
}
