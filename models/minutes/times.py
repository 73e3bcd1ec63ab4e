"""The times of a note: what kind of statement each is, where it stands, and what is called by name beside it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from corpus.services import load_services
from nlp.entries import entries_of
from nlp.facts import is_taken_back
from nlp.marks import COORDINATOR
from nlp.measures.clocks import interval_of
from nlp.measures.words import ORDINAL
from nlp.note import Measure, ParsedNote, Segment
from nlp.parallel import parallels_of
from nlp.phrases import PhraseIndex, phrase_key
from nlp.status import told_of
from nlp.tables import rows_of

EVALUATIONS = frozenset({"pt_eval", "pt_reeval", "ot_eval", "ot_reeval"})
TOTAL = "total"
"""What a name stands for that is no one service's: "total", "timed", "treatment" where several were given."""
END = "¶"
"""The word beside a time that stands first or last in its line."""

# Words of closing lists besides the services' own names: "Time: eval 35, splint 30, total 65", "hands 20 / sound 8".
_CALLED = {
    "evaluation": "eval|evals|evaluation|re-eval|reeval|re-evaluation|reevaluation|ie|exam|consult",
    "treatment": "treatment|tx|treat|training|trng|rx|exercise|activity",
    TOTAL: "total|tot|timed|session|together|all|so|untimed|sum",
    "ther_act": "activities|act|activity|ta",
    "ther_ex": "ex|te",
    "manual": "hands|mt",
    "neuro_reed": "nr|nm",
    "gait": "gr|walking",
    "orthotic": "splint|splints|ortho",
    "group": "grp",
    "ultrasound": "us|sound",
    "prosthetic": "prosthetic trng|prosth",
    "self_care": "sc|adl",
    "hot_cold": "hp|cp|mhp|ice",
}

# Words and signs behind a number that make it another quantity than minutes, and signs right before or behind one.
_OTHER_UNITS = frozenset(
    [
        "x",
        "rep",
        "set",
        "ft",
        "foot",
        "feet",
        "lb",
        "kg",
        "sec",
        "second",
        "s",
        "cm",
        "deg",
        "yo",
        "%",
        "mm",
        "ma",
        "hz",
        "khz",
        "wk",
        "week",
        "day",
        "visit",
        "in",
        "inch",
        "step",
        "unit",
        "u",
        "year",
        "yr",
        "mo",
        "#",
        "degree",
        "mg",
        "ml",
        "w",
        "mhz",
        "v",
        "pps",
        "point",
        "pt",
        "mmhg",
        "bpm",
    ]
)
_GLUED_BEFORE = frozenset("./#$%:+<>-")
_GLUED_BEHIND = frozenset("/%#'\"°")
_ACRONYMS = frozenset(["te", "nm", "nmr", "nr", "ta", "mt", "gt", "gr", "gait", "us", "sc", "x"])
_EACH_BEHIND = re.compile(r"[ \t]?\)?[ \t]{0,2}(?:each|ea|apiece)\b(?![ \t]+[a-z])", re.I)
_EACH_BEFORE = re.compile(r"\beach[ \t]{0,2}(?:for|x|=|-|:|at|was|were|took|lasted|ran)?[ \t]{0,2}\(?$", re.I)
_DIGITS = re.compile(r"(?<!\d)[1-9]\d{0,2}(?!\d)")
_CLOSES = re.compile(r"[ \t]{0,40}(?:[,;.)|\]\n=+·/\"]|--?\s|$)|\s{1,40}[A-Z(]")
_OPENS = re.compile(r"(?:^|[\n.;,|+=(:]\s{0,9}|\n\s{0,9}[-*•]\s{0,9})$")
_WORD = re.compile(r"[A-Za-z]+|[^\sA-Za-z]")
_IN_SETS = re.compile(r"(?:\d\s?x|\bsets?\s(?:of|x))\s?$", re.I)
_PLUS = re.compile(
    r"(?:\s{0,2}\+\s{0,2}\d{1,3}(?!\d)(?:\s?(?:min(?:ute)?s?\b\.?|'|m\b))?){1,6}(?=\s{0,9}(?:[,;/)\]=.\n]|$))"
)
"""Behind a time: others that are added to it and are nobody else's ("TE 12 + 7", "10' + 5' = 15")."""
_FIELD = re.compile(r"[^\w\n]*+(?:[A-Za-z]++ ?[A-Za-z]*+:[^\w\n]*+)?(?:\d{1,2}[.)][^\w\n]*+)?")
_DONE = re.compile(r"[ \t,]*(?:(?:were|was|done|performed|worked on|completed|given|taken)[ \t]+){0,2}")
_ANOTHERS = r"(?:ptas?|otas?|cotas?|lptas?|assistant|(?:covering|weekend|other|previous|prior|evaluating) (?:therapist|pta?|ota?|clinician))"
_DATE = r"\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?"
_ANOTHER_VISIT = re.compile(
    rf"\bcomm(?:unication|\.)? notes?\b|\bper (?:the |an? )?(?:{_ANOTHERS}|hand-?off|nursing|rn|slp)(?:'s)? (?:[a-z]+ )?(?:note|report|log|entry)\b"
    rf"|\breviewed (?:the )?{_ANOTHERS}(?:'s)? (?:[a-z]+ )?(?:note|report|log|visit)s?\b"
    rf"|\b{_ANOTHERS}(?:'s)?(?: visit| session| tx| treatment)? (?:on |of |dated )?\(?{_DATE}\)?[:,]? (?:did|gave|had|completed|performed|provided|worked|treated)\b"
    rf"|\bon {_DATE},? (?:the |her |his |our )?{_ANOTHERS} (?:did|gave|had|completed|performed|provided|worked|treated)\b",
    re.I,
)
"""In a sentence: its times are of a visit that another told of or gave."""
_THIS_VISIT = re.compile(r"\b(?:today|this (?:visit|session|date)|now|currently)\b", re.I)
_PART = re.compile(
    r"[\s,;:(–—-]{1,4}(?:of (?:which|that|those|these|this)(?: time| were| was| is| are| i| we| only| about| approx\.?| roughly| around| the| first| last| spent| for| went to){0,3} (?P<n>\d{1,3})(?!\d|[./%\"#-])"
    r"|(?P<of>\d{1,3})(?= (?:of (?:which|that|those|these|this|it|them)|thereof)\b))",
    re.I,
)
"""Behind a time: a number that is part of it ("75 min of which 60", "45 min, 30 of it")."""
# What may stand beside a time that is alone in its clause, and before one that opens its clause.
_FILLED = re.compile(
    r"(?:\b(?:for|about|approx(?:imately)?|total(?:ing)?|tot|of|then|the|and|a|an|around|just|this|that|it|all|in|was|were"
    r"|is|done|time|spent|mins?|minutes?|x|i|on|so|by|took|me|together|combined|altogether|or|each?|more|timed"
    r"|today|here|long|worth|cpt|tx|treatment|code|units?|u|both|two|three|four|last|clock|everything|with|w|sum|told)\b"
    r"|[^\w]|\d)*",
    re.I,
)
_LEADING = re.compile(
    r"(?:\b(?:then|and|for|about|approx|another|the|spent|next|last|first|i|we|a|an|also|finally|plus|with|after|that|this"
    r"|followed|by|of|today|so|had|did|in|at|me|to|kept|him|her|ended|began|started|roughly|around|some|our|my"
    r"|gave|took|just|only|he|she|pt|patient|x|[b-h])\b|[^\w]|\d{1,2}[.)])*",
    re.I,
)
_BEFORE = frozenset(
    [
        "for",
        "x",
        "of",
        "total",
        "tot",
        "-",
        "(",
        "[",
        "=",
        ":",
        ",",
        ";",
        ".",
        "took",
        "spent",
        "+",
        "|",
        "was",
        "about",
        "in",
        "to",
        "at",
        "then",
        "and",
        "another",
        "with",
        "on",
        "after",
        "by",
        "min",
        "time",
        "tx",
        "→",
        "than",
        "up",
        "over",
        "held",
        "hold",
    ]
)
_BEHIND = frozenset(
    [
        ",",
        ".",
        ";",
        ":",
        ")",
        "]",
        "-",
        "of",
        "on",
        "with",
        "to",
        "for",
        "in",
        "w",
        "x",
        "total",
        "|",
        "and",
        "then",
        "=",
        "+",
        "/",
        "at",
        "tot",
        "each",
        "rest",
        "hold",
        "before",
        "after",
        "more",
        "both",
        "all",
    ]
)
_NAMING = frozenset(["min", "minute", "x", "for"])
_ADDED = frozenset(["minutes", "bare", "plain"])
_OF_ALL = frozenset({"total", "month", "period"})
"""Words by which a time is all of a service's, of a visit or of what is counted by the month."""
_KINDS = frozenset(["minutes", "bare", "clock", "total", "other_time", "timed"])
_NO_NUMBER = frozenset(["units", "sets", "assist"])
_LATER = frozenset(["planned", "home", "history", "declined", "negated"])
_SIZES = (5, 8, 16, 31, 46, 61)
_LIST_GAP = 32
_NEAR, _NAME_LENGTH = 9, 4
"""Tokens on each side of a time in which a name is looked for, and tokens the longest names have."""
_PARTED = re.compile(r"[,;&+/]|\b(?:and|then|plus)\b", re.I)
_MOST_OF_EACH = 60
_MOST_TIMES = 60
"""Times looked at in one note: no visit states that many."""


@dataclass(slots=True, eq=False)
class Time:
    """A stated time, or a number that may be one.

    Attributes
    ----------
    start, end : its words.
    kind : the measure's kind; of numbers without unit ``bracket`` in brackets, ``worded`` in words, ``plain`` where
        nothing marks it as a time.
    value : whole minutes.
    at : the segment it stands in, or the next one where it stands in a heading that is none (``inside`` false).
    place : "opens/closes/rest". Opens a line L, sentence S or clause G; closes likewise, ``:`` before a colon;
        rest: ``a`` alone in its clause, ``h`` in a heading, ``v`` with a line right below.
    ends : the first two parts of ``place``.
    before, behind : the word or sign beside it.
    name_before, name_behind : the service (or `TOTAL`) called right before or behind it.
    near_before, near_behind : words in between, at most 2.
    called_before, called_behind : which of the page's called names that is; -1 for none.
    row : other services called in one row with the one beside it ("TE and NMR 20 min").
    tied : whether more than commas stand between the names of the row.
    each : whether it is said of each of several ("gait and balance, 15 min each").
    listed : "b" in a list of names with a number behind each, "a" in one with a number before each, else empty.
    done : whether its clause tells of this visit's work.
    until_stopped : whether it says how long the work of another segment lasted before it was stopped; ``at`` is that segment.
    size : class of its value.
    form : what a column or the ends of like lines have in common: cell, ends, kind, word before.
    """

    start: int
    end: int
    kind: str
    value: int
    at: int
    inside: bool
    place: str = ""
    ends: str = ""
    before: str = END
    behind: str = END
    name_before: str = ""
    near_before: int = 0
    name_behind: str = ""
    near_behind: int = 0
    called_before: int = -1
    called_behind: int = -1
    row: frozenset[str] = frozenset()
    tied: bool = False
    each: bool = False
    listed: str = ""
    done: bool = True
    until_stopped: bool = False
    size: int = 0
    form: tuple[str, ...] = ()


@cache
def _names() -> PhraseIndex[str]:
    """What services are called: names, acronyms in any case, codes and everyday words."""
    services = load_services().values()
    entries = [(name, s.id) for s in services for name in (*s.names, *s.acronyms, s.name, *s.codes)]
    entries.extend((word, called) for called, words in _CALLED.items() for word in words.split("|"))
    return PhraseIndex(entries)


@cache
def _called_words() -> frozenset[str]:
    """The one-word names among what services are called."""
    names = [name for s in load_services().values() for name in (*s.names, *s.acronyms, *s.codes)]
    names.extend(word for words in _CALLED.values() for word in words.split("|"))
    keys = map(phrase_key, names)
    return frozenset(key[0] for key in keys if len(key) == 1) - {"x"}


def names_in(norms: Sequence[str]) -> frozenset[str]:
    """The services that words begin with the name of; empty for none."""
    first = next(iter(_names().find(norms)), None)
    return frozenset(first[2]) if first and first[0] == 0 else frozenset()


class Page:
    """A parsed note with its times and the names of services in it.

    Parameters
    ----------
    note : the parsed note.
    services : the services the times are looked for.
    decided : per segment those of them it was found to support.
    """

    def __init__(self, note: ParsedNote, services: frozenset[str], decided: Sequence[frozenset[str]]) -> None:
        self.note = note
        self._decided = decided
        self.services = services
        self.flat = note.text.flat
        self.segments: Sequence[Segment] = note.segments or []
        self._starts = [s.start for s in self.segments]
        self._paired = {start for parallel in parallels_of(note.text) for start, _ in parallel.numbers}
        self._meant = {m.start for m in note.measures or () if m.kind == "meant"}
        self._called_first: list[int] = []
        self._called_end: list[int] = []
        self._called_name: list[str] = []
        self.times = self._read_times() if services else []

    def itemised(self, service: str) -> Iterator[tuple[int, ...]]:
        """For each line that a service's name heads, and in which each item that is no other service's has one time, these times."""
        inside: dict[int, list[int]] = {}
        for index, time in enumerate(self.times):
            if time.inside and time.kind != "plain":
                inside.setdefault(time.at, []).append(index)
        at = 0
        while at < len(self.segments):
            head = self.segments[at]
            at += 1
            if not any(m.role == "head" and m.service == service for m in head.marks):
                continue
            first = at - 1
            while at < len(self.segments) and self._goes_on_under(at, head, inside):
                at += 1
            found = [self._item_time(k, inside.get(k, ())) for k in range(first, at)]
            items = [
                index
                for k, index in enumerate(found, first)
                if not self._is_only_the_name(k) and not self._is_anothers(k, service)
            ]
            if len(items) > 1 and None not in items:
                yield tuple(index for index in items if index is not None)

    def headed(self, service: str) -> Iterator[int]:
        """The times of a sentence that a service's name heads, each the only one of an item that names a treatment."""
        inside: dict[int, list[int]] = {}
        for index, time in enumerate(self.times):
            if time.inside:
                inside.setdefault(time.at, []).append(index)
        for at, head in enumerate(self.segments):
            if not any(m.role == "head" and m.service == service for m in head.marks):
                continue
            after = at + 1
            while after < len(self.segments) and self._stands_under(after, at):
                item = self._item_time(after, inside.get(after, ()))
                if item is not None:
                    yield item
                after += 1

    def _stands_under(self, at: int, head: int) -> bool:
        """Whether a segment is of the line of another and of the sentence of the one behind that, and names no service itself."""
        segment, first = self.segments[at], self.segments[head + 1]
        return segment.line == self.segments[head].line and segment.sentence == first.sentence and not segment.marks

    def _goes_on_under(self, at: int, head: Segment, inside: Mapping[int, Sequence[int]]) -> bool:
        """Whether a segment is an item of the line that another heads: of the same sentence as the one before it, or with a time."""
        segment = self.segments[at]
        if segment.line != head.line or any(m.role in ("head", "list") for m in segment.marks):
            return False
        before = self.segments[at - 1]
        return segment.sentence == before.sentence or before is head or at in inside

    def _is_only_the_name(self, at: int) -> bool:
        segment = self.segments[at]
        rest = self.flat[segment.start : segment.end]
        for mark in reversed(segment.marks):
            rest = rest[: max(0, mark.start - segment.start)] + rest[max(0, mark.end - segment.start) :]
        return not any(map(str.isalnum, rest))

    def _is_anothers(self, at: int, service: str) -> bool:
        """Whether a segment was found to support other services and not this one."""
        return bool(self._decided[at]) and service not in self._decided[at]

    def _item_time(self, at: int, times: Sequence[int]) -> int | None:
        """The one time of an item; ``None`` where it has none or several."""
        if len(times) != 1:
            return None
        time = self.times[times[0]]
        treated = bool(self._decided[at]) or any(m.concept.priors for m in self.segments[at].mentions)
        own = time.kind == "minutes" and time.done and "a" not in time.place and time.ends[-1:] != ":"
        return times[0] if own and treated else None

    def heads_line(self, time: Time) -> bool:
        """Whether the name called before a time opens its line, or other names and a field's do; so does one that is not called."""
        at, starts = time.called_before, self.note.text.starts
        if at < 0:
            return True
        begin = self.flat.rfind("\n", 0, starts[self._called_first[at]]) + 1
        while at and starts[self._called_first[at - 1]] >= begin and not any(map(str.isalnum, self._between(at - 1))):
            at -= 1
        return _FIELD.fullmatch(self.flat, begin, starts[self._called_first[at]]) is not None

    def is_coded(self, time: Time) -> bool:
        """Whether a time stands right behind a billing code: "97110 - 15 min"."""
        at = time.called_before
        if at < 0 or time.near_before:
            return False
        near = self.note.text.norms[max(0, self._called_first[at] - 2) : self._called_end[at]]
        return any(norm.isdecimal() and len(norm) == 5 for norm in near)

    def is_total_of(self, time: Time, service: str) -> bool:
        """Whether a time is called the total of a service: "therex total 20 min", "total manual 15 min", "management time this month: 26 min"."""
        at = time.called_before
        if at > 0 and time.name_before == TOTAL and self._called_end[at - 1] == self._called_first[at]:
            return self._called_name[at - 1] == service
        if at < 0 or time.name_before != service:
            return False
        text = self.note.text
        first = max(0, self._called_first[at] - 1)
        before = text.norms[first : bisect_left(text.starts, time.start)]
        word, *more = [*text.norms[bisect_left(text.starts, time.end) :][:3], ""]
        behind = [] if any(map(str.isdecimal, more)) else [word]  # "30 min TOTAL 45": the total is the next
        return not _OF_ALL.isdisjoint(before + behind)

    def paired(self) -> Iterator[tuple[str, int]]:
        """Services called in a row, each with the time at its place in the row of numbers behind them: "TE/NMR = 23/12"."""
        at = {time.start: index for index, time in enumerate(self.times)}
        for parallel in parallels_of(self.note.text):
            for name, number, known in zip(parallel.names, parallel.numbers, parallel.services, strict=True):
                called = next(iter(_names().find(phrase_key(self.flat[slice(*name)]))), None)
                service = self._who(called[2] if called else known) if called or known else TOTAL
                service = service if service in self.services else self._who(known or (TOTAL,))
                if service in self.services and number[0] in at:
                    yield service, at[number[0]]

    def entries(self) -> Iterator[tuple[str, int]]:
        """Services called in a list of names and numbers that take turns, each with the time that is its number."""
        at = {time.start: index for index, time in enumerate(self.times)}
        for entry in entries_of(self.note.text):
            service = self._who(entry.called.services)
            if service in self.services and entry.start in at:
                yield service, at[entry.start]

    def timed_rows(self) -> Iterator[tuple[int, frozenset[str]]]:
        """Where the time of each row of a table begins, with the services its line was found to support."""
        lines: dict[int, set[str]] = {}
        for segment, services in zip(self.segments, self._decided, strict=True):
            lines.setdefault(segment.line, set()).update(services)
        for row in rows_of(self.note.text):
            if row.minutes and not row.sums:
                yield row.start, frozenset(lines.get(row.line, ()))

    def _find_called(self, measures: Sequence[Measure]) -> None:
        """Find the services called by name near some times."""
        text, names = self.note.text, _names()
        done = 0
        for measure in measures:
            first = max(done, bisect_left(text.starts, measure.start) - _NEAR)
            last = min(len(text.norms), bisect_left(text.starts, measure.end) + _NEAR)
            for begin, end, called in names.find(text.norms[first:last]):
                if first + begin >= done:
                    self._called_first.append(first + begin)
                    self._called_end.append(first + end)
                    self._called_name.append(self._who(called))
                    done = first + end
            done = max(done, last - _NAME_LENGTH)

    def _who(self, called: Sequence[str]) -> str:
        """The service a name stands for; `TOTAL` for none or several, "other" for one that was not given."""
        for name in called:
            if name == TOTAL or name in self.services:
                return name
        if called[0] not in ("evaluation", "treatment"):
            return "other"
        meant = self.services & EVALUATIONS if called[0] == "evaluation" else self.services - EVALUATIONS
        return next(iter(meant)) if len(meant) == 1 else TOTAL

    def _read_times(self) -> list[Time]:
        """The times in reading order, those behind the last segment left out."""
        measures = [m for m in self.note.measures or () if m.kind in _KINDS]
        measures.extend(self._plain())
        measures.extend(self._parts(measures))
        measures = self._summed(sorted(measures, key=lambda m: m.start))
        del measures[_MOST_TIMES:]
        self._find_called(measures)
        out = []
        for measure in measures:
            at = bisect_right(self._starts, measure.start) - 1
            inside = at >= 0 and measure.start < self.segments[at].end
            at += not inside
            undone = inside and self._is_of_work_not_done(at, measure.kind)
            undone = undone or self._is_not_reached(measure) or self._is_of_anothers_visit(measure)
            if at < len(self.segments) and not undone:
                out.append(self._read(measure, at, inside=inside))
        self._multiply(out)
        out = self._until_stopped(out)
        self._find_rows(out)
        self._find_lists(out)
        return out

    def _until_stopped(self, times: Sequence[Time]) -> list[Time]:
        """The times, those of what was begun and stopped at the segment that names it, less the longer ones that were meant there."""
        gone: set[int] = set()
        for time in times:
            at = told_of(self.note.text, self.segments, time.at) if time.inside else time.at
            if at == time.at or not self._decided[at] or not self._decided[time.at] <= self._decided[at]:
                continue
            own = [t for t in times if t.at == at and t.kind == "minutes"]
            if all(t.value > time.value for t in own):
                gone.update(map(id, own))
                time.at, time.until_stopped = at, True
        return [time for time in times if id(time) not in gone]

    def _multiply(self, times: Sequence[Time]) -> None:
        """A time said of each of several treatments of one service is that of all: "recumbent bike and rower, 5 min each" is 10."""
        last = -1
        for time in times:
            if time.each and time.inside and time.kind == "minutes":
                count = self._treatments(time, last)
                if count * time.value <= _MOST_OF_EACH:
                    time.value *= count
            last = time.at

    def _treatments(self, time: Time, last: int) -> int:
        """How many treatments stand in a row before a time in segments of its own service and sentence, behind the last time; 1 where another service does."""
        own, sentence = self._decided[time.at], self.segments[time.at].sentence
        first = time.at
        while first - 1 > last and self.segments[first - 1].sentence == sentence:
            first -= 1
        here = self.segments[first : time.at + 1]
        if len(own) != 1 or any(not own >= found for found in self._decided[first : time.at + 1]):
            return 1
        count, end = 0, -1
        for mention in (m for s in here for m in s.mentions if m.end <= time.start and own & set(m.concept.priors)):
            if end < 0 or _PARTED.search(self.flat, end, mention.start):
                count += 1
            end = max(end, mention.end)
        return max(1, count)

    def heads_stretch(self, time: Time) -> bool:
        """Whether a time is a stretch of the session that its segment tells of: "[0910 to 0935] dressing", "second quarter hour: stairs",
        "9:10 dressing -> 9:35 lunch".
        """
        if time.kind == "clock":
            if interval_of(self.flat[time.start : time.end]) is None:
                return self._is_chained(time)
            return self.flat[time.start - 1 : time.start] == "[" and self.flat[time.end : time.end + 1] == "]"
        text = self.note.text
        first, behind = bisect_left(text.starts, time.start), bisect_left(text.starts, time.end)
        ordinal = first > 0 and text.norms[first - 1] in ORDINAL
        return ordinal and behind < len(text.norms) and text.norms[behind] in (":", "was", "were", "-")

    def _is_chained(self, time: Time) -> bool:
        """Whether another start stands in the line of one."""
        begin, end = self.flat.rfind("\n", 0, time.start), self.flat.find("\n", time.end)
        end = len(self.flat) if end < 0 else end
        return any(
            m.kind == "clock" and begin < m.start < end and m.start != time.start for m in self.note.measures or ()
        )

    def _find_rows(self, times: Sequence[Time]) -> None:
        """Mark times that stand behind, or before, a row of names of which none has a time of its own."""
        for k, time in enumerate(times):
            if self._is_together(time.called_before):
                last = time.called_before - 1
                first = self._row_begins(last)
                if last > first:
                    time.row = self.services.intersection(self._called_name[first : last + 1])
                    time.tied = True
                continue
            if (own := time.called_before) >= 0:
                first, last = self._row_begins(own), own
                owned = k > 0 and first <= times[k - 1].called_behind <= last
            elif (own := time.called_behind) >= 0:
                first, last = own, self._row_ends(own)
                owned = k + 1 < len(times) and first <= times[k + 1].called_before <= last
            else:
                continue
            if last > first and not owned:
                time.row = self.services.intersection(self._called_name[first : last + 1]) - {self._called_name[own]}
                time.tied = any(self._between(index).strip() != "," for index in range(first, last))

    def _is_together(self, index: int) -> bool:
        """Whether a name is the word "together" behind a row of names: "manual and exercise done together, 25 min"."""
        if index <= 0 or self.note.text.norms[self._called_first[index]] != "together":
            return False
        return _DONE.fullmatch(self._between(index - 1)) is not None

    def _row_begins(self, index: int) -> int:
        """The first of the names that stand in one row with a name and before it."""
        while index > 0 and self._coordinates(index - 1):
            index -= 1
        return max(index, 0)

    def _row_ends(self, index: int) -> int:
        """The last of the names that stand in one row with a name and behind it."""
        while index + 1 < len(self._called_name) and self._coordinates(index):
            index += 1
        return index

    def _coordinates(self, index: int) -> bool:
        """Whether nothing but a coordinator stands between a name and the next."""
        return COORDINATOR.fullmatch(self._between(index)) is not None

    def _between(self, index: int) -> str:
        """What stands between a name and the next."""
        text = self.note.text
        return self.flat[text.ends[self._called_end[index] - 1] : text.starts[self._called_first[index + 1]]]

    def _summed(self, measures: Sequence[Measure]) -> list[Measure]:
        """The measures, times with a plus between them made one."""
        out: list[Measure] = []
        until = 0
        for measure in measures:
            if measure.start < until:
                continue
            more = (
                _PLUS.match(self.flat, measure.end)
                if measure.kind in _ADDED and measure.start not in self._paired
                else None
            )
            if more:
                until = more.end()
                whole = int(measure.value) + sum(map(int, _DIGITS.findall(more[0])))
                measure = Measure(measure.start, until, measure.kind, whole)  # noqa: PLW2901
            out.append(measure)
        return out

    def _is_of_work_not_done(self, at: int, kind: str) -> bool:
        """Whether a segment was found to support nothing, was not done at this visit, and names a treatment or says so itself.

        A number behind an empty box may be the row's: "[x] STM [ ] MFR   14".
        """
        segment = self.segments[at]
        if segment.status not in _LATER or self._decided[at] or segment.ticked is False:
            return False
        cue = segment.status_cue
        says = cue is not None and segment.start <= cue.start < segment.end and kind in _ADDED
        return says or bool(segment.marks) or any(m.concept.priors for m in segment.mentions)

    def _is_not_reached(self, measure: Measure) -> bool:
        """Whether words right beside a time say that it was not reached: "40 min not reached", "no add'l 20 min"."""
        return measure.kind in _ADDED and is_taken_back(self.note.text, measure.start, measure.end)

    def _is_of_anothers_visit(self, measure: Measure) -> bool:
        """Whether the sentence of a time tells of another's visit: "PTA visit 3/2 did 20 min gait per communication note"."""
        if measure.kind not in _ADDED:
            return False
        start, end = measure.start, measure.end
        begin = max(
            (k + len(mark) if (k := self.flat.rfind(mark, 0, start)) >= 0 else 0) for mark in ("\n", ". ", "; ")
        )
        last = min(
            k if k >= 0 else len(self.flat) for k in (self.flat.find(mark, end) for mark in ("\n", ". ", "; "))
        )
        cue = _ANOTHER_VISIT.search(self.flat, begin, last)
        return cue is not None and _THIS_VISIT.search(self.flat, begin, last) is None

    def _find_lists(self, times: Sequence[Time]) -> None:
        """Mark times that stand in a list of names and numbers: "TE 15 / MT 10 / NMR 8", "30 TE, 10 MT"."""
        chain: list[Time] = []
        for time in times:
            if chain and not self._goes_on(chain[-1], time):
                self._mark_list(chain)
                chain = []
            chain.append(time)
        self._mark_list(chain)

    def _goes_on(self, one: Time, two: Time) -> bool:
        """Whether two times stand close enough for two entries of one list."""
        between = self.flat[one.end : two.start]
        return len(between) <= _LIST_GAP and "\n" not in between

    def _mark_list(self, chain: Sequence[Time]) -> None:
        before = [t for t in chain if t.name_before in self.services and not t.near_before]
        behind = [t for t in chain if t.name_behind in self.services and t.near_behind < 2]
        for side, found in (("b", before), ("a", behind)):
            if len({t.name_before if side == "b" else t.name_behind for t in found}) > 1:
                for time in found:
                    time.listed = side
                break

    def _plain(self) -> list[Measure]:
        """Numbers that stand where writers put a time and are no other quantity: "mobs 10,", "te18", "supine x15"."""
        text = self.note.text
        taken = [(m.start, m.end) for m in self.note.measures or () if m.kind not in _NO_NUMBER]
        taken = sorted({*taken, *((row.start, row.end) for row in parallels_of(text))})
        starts = [start for start, _ in taken]
        out = []
        for match in _DIGITS.finditer(self.flat):
            begin, end = match.span()
            before = bisect_right(starts, begin) - 1
            if not 5 <= int(match[0]) <= 180 or (before >= 0 and taken[before][1] > begin):
                continue
            index = bisect_left(text.starts, begin)
            plain = index < len(text.starts) and (text.starts[index], text.ends[index]) == (begin, end)
            if plain and self._is_minutes_like(index, begin, end):
                out.append(Measure(begin, end, "plain", int(match[0])))
        return out

    def _parts(self, measures: Sequence[Measure]) -> list[Measure]:
        """Numbers without a unit that are said to be part of the time before them."""
        taken = {m.start for m in measures} | {m.start for m in self.note.measures or ()}
        out = []
        for measure in measures:
            match = _PART.match(self.flat, measure.end) if measure.kind != "plain" else None
            if match is None:
                continue
            group = "n" if match["n"] else "of"
            begin, end = match.span(group)
            text = self.note.text
            behind = bisect_left(text.starts, end)
            counted = behind < len(text.norms) and text.norms[behind] in _OTHER_UNITS
            if begin not in taken and 5 <= int(match[group]) < measure.value and not counted:
                out.append(Measure(begin, end, "bare", int(match[group])))
        return out

    def whole_of(self, part: int) -> int | None:
        """The time before one that is part of it, where that is called no service's and this one is: "75 min of which 60 gait"."""
        if not part or self.times[part].name_behind not in self.services:
            return None
        whole, time = self.times[part - 1], self.times[part]
        match = _PART.match(self.flat, whole.end)
        if match is None or time.value >= whole.value or time.start not in (match.start("n"), match.start("of")):
            return None
        named = {whole.name_before, whole.name_behind} & {
            *self.services,
            "other",
        } and whole.called_behind != time.called_behind
        treated = any(
            mention.end <= time.start and self.services.intersection(mention.concept.priors)
            for at in range(whole.at, time.at + 1)
            for mention in self.segments[at].mentions
        )
        return None if named or treated else part - 1

    def _is_minutes_like(self, index: int, begin: int, end: int) -> bool:
        """Whether a number has no other unit and is set off, or glued to an acronym or an x."""
        text, flat = self.note.text, self.flat
        behind = text.norms[index + 1] if index + 1 < len(text.norms) else "\n"
        if behind in _OTHER_UNITS or flat[end : end + 1] in _GLUED_BEHIND or flat[end : end + 1].isalpha():
            return False
        if _IN_SETS.search(flat, max(0, begin - 9), begin):
            return False
        if begin and flat[begin - 1].isalpha():
            return text.norms[index - 1] in _ACRONYMS
        if begin and flat[begin - 1] in _GLUED_BEFORE:
            return False
        if behind == ":" and flat[end + 1 : end + 2].isdecimal():
            return False
        if behind in _called_words() or (index and text.norms[index - 1] in _called_words()):
            return True
        set_off = _CLOSES.match(flat, end) or _OPENS.search(flat, max(0, begin - 12), begin)
        return bool(set_off) and (self._is_near_service(begin) or bool(self._treated(begin)))

    def _treated(self, begin: int) -> str:
        """The likeliest of the services for a treatment named right before a code point, in a clause found to support
        nothing: an entry of a closing list ("NMES 12 / Epley 8"); empty for none.
        """
        at = bisect_right(self._starts, begin) - 1
        if at < 0 or self._decided[at]:
            return ""
        for mention in reversed(self.segments[at].mentions):
            if mention.end <= begin:
                priors = {s: p for s, p in mention.concept.priors.items() if s in self.services}
                apart = self.flat[mention.end : begin].strip(" \t:=-x(")
                return max(priors, key=lambda s: (priors[s], s)) if priors and not apart else ""
        return ""

    def _is_near_service(self, begin: int) -> bool:
        """Whether the segment of a code point or one beside it was found to support a service."""
        at = bisect_right(self._starts, begin) - 1
        return any(self._decided[max(0, at - 1) : at + 2])

    def _read(self, measure: Measure, at: int, *, inside: bool) -> Time:
        """A time with all that is known of it."""
        start, end, segment = measure.start, measure.end, self.segments[at]
        kind = measure.kind
        if kind == "bare" and not self.flat[start].isdecimal():
            kind = "bracket" if self.flat[start] in "[({" else "worded"
        time = Time(start, end, kind, int(measure.value), at, inside)
        time.size = bisect_right(_SIZES, time.value)
        time.before, time.behind = self._beside(start, end)
        time.each = (
            _EACH_BEHIND.match(self.flat, end) is not None
            or _EACH_BEFORE.search(self.flat, max(0, start - 16), start) is not None
        )
        self._name(time)
        time.place = self._place(time, segment)
        time.ends = time.place.rpartition("/")[0]
        cell = "" if segment.cell is None else str(segment.cell)
        time.form = ("cell" if cell else "text", cell, time.ends, time.kind, time.before)
        letter = (self.note.sections or [])[segment.section].letter if segment.section >= 0 else ""
        time.done = letter not in ("S", "P") and segment.status not in _LATER
        return time

    def _beside(self, start: int, end: int) -> tuple[str, str]:
        """The word or sign before and behind a stretch; any other word is "w", any other sign "?"."""
        lead = self.flat[max(0, start - 14) : start].rstrip(" \t")
        words = _WORD.findall(lead)
        before = END if not words or lead[-1] == "\n" else words[-1].lower()
        word = _WORD.match(self.flat[end : end + 14].lstrip(" \t"))
        behind = word[0].lower() if word else END
        return _classed(before, _BEFORE), _classed(behind, _BEHIND)

    def _name(self, time: Time) -> None:
        """Find the services called by name right before and right behind a time."""
        text = self.note.text
        first, last = bisect_left(text.starts, time.start), bisect_left(text.starts, time.end)
        index = bisect_right(self._called_end, first) - 1
        if index >= 0 and first - self._called_end[index] <= 5:
            gap = [text.norms[k] for k in range(self._called_end[index], first) if text.starts[k] not in self._meant]
            if not any(g.isdecimal() or g in "\n;." for g in gap):
                time.called_before, time.name_before = index, self._called_name[index]
                time.near_before = min(2, sum(g.isalpha() and g not in _NAMING for g in gap))
        if not time.name_before and time.inside:
            time.name_before = self._treated(time.start)
        words = self.flat[time.start : time.end].rstrip()
        if words.endswith(".") and self.flat[time.start + len(words) :][:3].strip()[:1].isupper():
            return
        index = bisect_left(self._called_first, last)
        if index < len(self._called_first) and self._called_first[index] - last <= 4:
            if self._opens_a_name(index):
                index += 1
            gap = text.norms[last : self._called_first[index]]
            if not any(g in "\n,;.+|" or g.isdecimal() for g in gap):
                time.called_behind, time.name_behind = index, self._called_name[index]
                time.near_behind = min(2, len(gap))

    def _opens_a_name(self, index: int) -> bool:
        """Whether "all", "total" and the like belong to the name of a service right behind: "35 min, all re-eval"."""
        return (
            self._called_name[index] == TOTAL
            and index + 1 < len(self._called_first)
            and self._called_first[index + 1] == self._called_end[index]
            and self._called_name[index + 1] in self.services
        )

    def _place(self, time: Time, segment: Segment) -> str:
        """How a time opens and closes its line, sentence and clause."""
        flat, start, end = self.flat, time.start, time.end
        line = flat.rfind("\n", 0, start) + 1
        stop = flat.find("\n", end)
        stop = len(flat) if stop < 0 else stop
        begin, last = min(segment.start, start), max(segment.end, end)
        opens = ""
        if _LEADING.fullmatch(flat, line, start):
            opens = "L"
        elif _LEADING.fullmatch(flat, begin, start):
            parted = time.at == 0 or self.segments[time.at - 1].sentence != segment.sentence
            opens = "S" if parted else "G"
        tail = flat[end:stop].strip(" \t)]};")
        closes = ""
        if not tail or tail == ".":
            closes = "L"
        elif tail[0] == ":" or tail.startswith(("- ", "--", "| ")):
            closes = ":"
        elif tail[0] == "." or flat[end - 1] == ".":
            closes = "S"
        elif not flat[end:last].strip(" .;)]"):
            closes = "G"
        short = time.inside and last - begin < 120
        alone = short and _FILLED.fullmatch(flat, begin, start) and _FILLED.fullmatch(flat, end, last)
        below = closes in ("L", ":") and flat[stop + 1 : stop + 2].strip("\n") != ""
        return f"{opens}/{closes}/{'a' if alone else '' if time.inside else 'h'}{'v' if below else ''}"


def _classed(word: str, known: frozenset[str]) -> str:
    """A word or sign of a list itself, any other by its class."""
    if word in known or word == END:
        return word
    return "w" if word.isalpha() else "?"
