"""Minutes stated in the note, given to the services they are stated for (guide section 5).

A time is first looked at where it stands: what part it plays in its line (`_Parts.role`), which services
and which stretch of the note it then speaks of (`_Reading.claim`), which of these claims hold (`_kept`),
and what counts where a total and the times inside it are both stated (`_settle`). `allocate` does all of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from corpus.catalogue import load_catalogue
from corpus.services import load_services
from nlp.note import Mark, Measure, ParsedNote, Segment
from nlp.phrases import PhraseIndex

Role = Literal["list", "head", "lead", "tail", "part"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What may stand beside a time that is alone in its clause, and before one that opens its clause.
_FILLED = re.compile(
    r"(?:\b(?:for|about|approx(?:imately)?|total(?:ing)?|tot|of|then|the|and|a|an|around|just|this|that|it|all|in|was|were"
    r"|is|done|time|spent|mins?|minutes?|x|i|on|so|by|took|me|together|togeter|combined|altogether|or so|each?|more|timed"
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
_COLON = re.compile(r"[ \t]{0,40}[\])}.]?[ \t]{0,40}(?:\([^)\n]*\)[ \t]{0,40})?(?::(?!\d)|(?:--?|=|→)[ \t]{0,40}\n)")
_CLOSED = re.compile(r"[ \t]{0,40}[\])}]?[ \t]{0,40}(?:[.;,]|$|\n|-)")
_SET_OFF = re.compile(
    r"(?:(?:[\[({=→]|--?|:)\s{0,40}(?:(?:about|total|tot|time|x|for|~)\s{0,40})*|\b(?:total|tot)\s{0,40})$", re.I
)
_SUMMING = re.compile(
    r"\b(?:all of (?:that|this|the above|it|these)|for (?:all|that|both|everything|the (?:two|three|lot))|altogether"
    r"|in all|all told|in sum|all togeter|together|combined|total|both|last (?:\d|two|three|four))\b",
    re.I,
)
_EVALUATING = re.compile(
    r"\b(?:re-?)?(?:eval\w*|assess\w*|exam\w*|interview\w*)\b|\bface\b|\bcomplexity\b|\btook\b|\blasted\b|\b(?:IE|RE)\b",
    re.I,
)
_WITH = re.compile(r"\s{0,40}(?:with|w/)\s", re.I)
_LEFT_ON = re.compile(r"\s{0,40}(?:left|set|kept)?\s{0,40}(?:on)?\s{0,40}(?:for|x)?\s{0,40}", re.I)
_TO_WHAT_END = re.compile(r"\s{0,40}(?:to|for|w/|with|incl\w*|in sum|of it|at end|while|total|all told)\b", re.I)
_OF_WHAT = re.compile(r"\s{0,40}(?:of|on|for|to|with)\b", re.I)
_SPOKEN_OF = re.compile(r"\s{0,40}(of|on|for)?\s{0,40}(?:the|a|an|\w+ed)?\s{0,40}", re.I)
_SET_IN = re.compile(r"\s{2,}|\s{0,40}[-•*]")
_NUMBERED = re.compile(r"\s{0,40}\(?(?:\d{1,2}|[a-h])[.)]")
_NOT_DONE = _words("planned home history declined negated")
_BULLETS = " \t-*•([)1234567890."
_ALL_OF_IT = re.compile(r"[ \t]{0,40},?[ \t]{0,40}(?:all|entirely|solely)[ \t]+(?:of (?:it|which)[ \t]+)?", re.I)
_NUMBER_BEHIND = re.compile(r"\s{0,40}[-:x=(\[]*\s{0,40}\d")
_FAR_FROM_NUMBER = re.compile(r"[.;\n]|[a-z]{4,}|\d")
_TIME_OF_DAY = re.compile(r"(\d{1,2}):?(\d\d)")
_PLAIN = re.compile(
    r"(?<=[A-Za-z)] )(?<!lvl )(?<!level )(?<!gr )(?<!x )(\d{1,2})"
    r"(?=[ \t]{0,40}(?:[,;)]|\.(?!\d)|\n|$|[ \t](?:w/|with|for|prone|supine|sitting|\()))"
)

_EVALUATIONS = frozenset({"pt_eval", "pt_reeval", "ot_eval", "ot_reeval"})
# Services that are one thing with one length, and services full of times that are findings.
_WHOLE = _EVALUATIONS | {"performance_test", "work_hardening", "community", "group", "aquatic", "caregiver_training"}
_MEASURED = _words("orthotic prosthetic wheelchair assistive_technology rtm_management repositioning")
_BY_THE_HOUR = frozenset({"work_hardening", "community"})
_MODALITIES = _words(
    "hot_cold ultrasound unattended_stim attended_stim mech_traction vasopneumatic paraffin whirlpool diathermy"
    " infrared ionto contrast_bath massage"
)

# Words of closing lists: "Time: eval 35, splint 30, total 65", "te 24 mt 10 nmr 8".
_CALLED = {
    "evaluation": "eval|evaluation|re-eval|reeval|re-evaluation|reevaluation|ie|exam|consult",
    "treatment": "treatment|tx|treat|training|trng|rx",
    "total": "total|tot|timed|session|together|all|so|untimed",
    "ther_act": "activities",
    "ther_ex": "ex",
    "orthotic": "splint|splints",
    "group": "grp",
    "ultrasound": "us",
    "prosthetic": "prosthetic trng",
}
_PAIRING = _words(": = - x ( [ for ~ total min minute")
_PAIRED = _words("min minute m ' ) ]")
_BETWEEN = _PAIRED | _words(", ; / · | + & and - • ( [ . = :")
_LIST_HEADS = _words("time times min mins minute minutes billing billed charges today total timed code codes : - • *")
_LIST_TAILS = _PAIRED | _words("timed total tot untimed = + together all in session -")


@dataclass(slots=True)
class Allocation:
    """Minutes per service.

    Attributes
    ----------
    minutes : service -> whole minutes stated for it; a service without stated minutes is absent.
    shared : services whose time was stated for several at once.
    spans : service -> the words that state its minutes.
    timed, total : the note's own totals, minutes.
    """

    minutes: dict[str, int] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    timed: int | None = None
    total: int | None = None


@dataclass(slots=True, eq=False)
class _Time:
    """A stated time and the part it plays.

    Attributes
    ----------
    at : the segment it stands in, or the next one where it stands in a heading that is none.
    inside : whether it stands in segment ``at``.
    role : ``list`` in a closing list of services, ``head`` before what it covers, ``lead`` at the
        beginning of a sentence, ``tail`` set off behind what it covers, ``part`` anywhere else.
    mark : the service name or code it stands beside.
    alone : whether its segment holds nothing else.
    subject : the service its clause speaks of in plain words ("twenty minutes of massage").
    """

    measure: Measure
    at: int
    inside: bool = True
    role: Role = "part"
    mark: Mark | None = None
    alone: bool = False
    subject: str | None = None

    @property
    def named(self) -> str | None:
        """The service named with the time."""
        return self.mark.service if self.mark else self.subject

    @property
    def follows(self) -> bool:
        """Whether a name or code stands before the time, not behind it."""
        return self.mark is not None and self.mark.end <= self.measure.start

    @property
    def start(self) -> int:
        """Where its words begin."""
        return self.measure.start

    @property
    def end(self) -> int:
        """Where its words end."""
        return self.measure.end

    @property
    def kind(self) -> str:
        """``minutes``, ``bare``, ``clock`` or ``total``."""
        return self.measure.kind


@dataclass(slots=True, eq=False)
class _Claim:
    """What a time is taken to say: these services, for the segments ``first`` to ``last``.

    ``own`` says that the services are those of its own clause or named beside it, not of its neighbours.
    """

    time: _Time
    services: frozenset[str]
    first: int
    last: int
    own: bool

    @property
    def value(self) -> int:
        """Whole minutes."""
        return int(self.time.measure.value)

    @property
    def kind(self) -> str:
        """``minutes``, ``bare``, ``clock`` or ``total``."""
        return self.time.measure.kind

    @property
    def role(self) -> Role:
        """The part its time plays."""
        return self.time.role

    def holds(self, other: _Claim) -> bool:
        """Whether another time stands in the stretch this one speaks of."""
        return other is not self and self.first <= other.time.at <= self.last


def allocate(note: ParsedNote, decided: Sequence[frozenset[str]]) -> Allocation:
    """Give each stated time to the services it is stated for.

    Parameters
    ----------
    note : the parsed note.
    decided : per segment the services it was found to support.

    Returns
    -------
    Minutes per service; times in segments that support nothing and follow nothing that does are left out.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Moist heat 10 min, then effleurage, petrissage, 45 min")
    >>> decided = [frozenset(["hot_cold"]), *3 * [frozenset(["massage"])]]
    >>> allocate(note, decided[: len(note.segments)]).minutes
    {'hot_cold': 10, 'massage': 45}
    """
    reading = _Reading(note, decided)
    claims = _kept(reading, reading.claims())
    used: dict[str, list[_Claim]] = {}
    for service in sorted({s for claim in claims for s in claim.services}):
        used[service] = _settle(service, [c for c in claims if service in c.services], reading)
    out = Allocation()
    _totals(reading, claims, out)
    _balance(reading, claims, used, out)
    for service, settled in used.items():
        if settled:
            out.minutes[service] = sum(c.value for c in settled)
            out.spans[service] = [(c.time.start, c.time.end) for c in settled]
            if any(len(c.services) > 1 for c in settled):
                out.shared.add(service)
    if out.total is None:
        out.total = _unsaid_total(reading, out)
    return out


_MOST_TIMES = 400
"""Times looked at in one note: each is compared with its neighbours, and no visit states that many."""


# --- where times stand


class _Page:
    """A parsed note with what was decided: its lines, sentences and segments."""

    def __init__(self, note: ParsedNote, decided: Sequence[frozenset[str]]) -> None:
        self.note = note
        self.flat = note.text.flat
        self.segments: Sequence[Segment] = note.segments or []
        self.marks: Sequence[Mark] = note.marks or ()
        self.decided = decided
        self.starts = [s.start for s in self.segments]
        self.delivered = frozenset(service for services in decided for service in services)
        self.times: list[_Time] = []
        self.at: dict[int, list[_Time]] = {}
        self.lines: dict[int, list[int]] = {}
        for index, segment in enumerate(self.segments):
            self.lines.setdefault(segment.line, []).append(index)
        self.sentences = self.find_sentences()

    def locate(self, measure: Measure) -> _Time | None:
        """A time with its place; ``None`` behind the last segment."""
        at = bisect_right(self.starts, measure.start) - 1
        if at >= 0 and measure.start < self.segments[at].end:
            return _Time(measure, at)
        return _Time(measure, at + 1, inside=False) if at + 1 < len(self.segments) else None

    def times_in(self, index: int) -> list[_Time]:
        """The times in, or in a heading right before, a segment."""
        return self.at.get(index, [])

    def add_time(self, time: _Time) -> None:
        """Keep a time."""
        self.times.append(time)
        self.at.setdefault(time.at, []).append(time)

    def services(self, first: int, last: int) -> frozenset[str]:
        """What the segments ``first`` to ``last`` were found to support."""
        return frozenset(s for i in range(max(0, first), last + 1) for s in self.decided[i])

    def line_of(self, index: int) -> list[int]:
        """The segments in the line of a segment."""
        return self.lines[self.segments[index].line]

    def line_start(self, at: int) -> int:
        """Where the line of a code point begins."""
        return self.flat.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Where the line of a code point ends."""
        found = self.flat.find("\n", at)
        return len(self.flat) if found < 0 else found

    def find_sentences(self) -> list[tuple[int, int]]:
        """Per segment the first and last segment of its sentence."""
        out: list[tuple[int, int]] = []
        first = 0
        for last in range(len(self.segments)):
            if last + 1 == len(self.segments) or not self.joined(last):
                out.extend([(first, last)] * (last + 1 - first))
                first = last + 1
        return out

    def sentence(self, index: int) -> tuple[int, int]:
        """First and last segment of a sentence; a semicolon ends none."""
        return self.sentences[index]

    def joined(self, index: int) -> bool:
        """Whether a segment and the next stand in one line and sentence."""
        one, two = self.segments[index], self.segments[index + 1]
        if one.line != two.line:
            return False
        between = self.flat[one.end : two.start]
        return one.sentence == two.sentence or not ("." in between or "!" in between or "?" in between)

    def list_start(self, index: int) -> int:
        """The first segment of the list that a segment closes; semicolons part lists unless it is one alone."""
        segments = self.segments
        if index and segments[index].sentence != segments[index - 1].sentence:
            return self.sentence(index)[0]
        at = index
        while (
            at
            and segments[at - 1].line == segments[index].line
            and (segments[at - 1].sentence == segments[index].sentence)
        ):
            at -= 1
        return at

    def is_bracketed(self, time: _Time) -> bool:
        """Whether a time's words are a number in brackets."""
        return self.flat[time.start] in "[({"

    def is_unset(self, time: _Time) -> bool:
        """Whether a time is a number without unit or brackets."""
        return time.kind == "bare" and not self.is_bracketed(time)

    def begins_segment(self, time: _Time) -> bool:
        """Whether a segment begins with a time."""
        begin = min(self.segments[time.at].start, time.start)
        return _LEADING.fullmatch(self.flat, begin, time.start) is not None

    def ends_segment(self, time: _Time) -> bool:
        """Whether nothing follows a time in its segment."""
        return not self.flat[time.end : max(time.end, self.segments[time.at].end)].strip(" .;)]")

    def ends_line(self, time: _Time) -> bool:
        """Whether nothing follows a time in its line."""
        return not self.flat[time.end : self.line_end(time.end)].strip(" .;)]")

    def ends_sentence(self, time: _Time) -> bool:
        """Whether a sentence or line ends with a time."""
        return self.flat[time.end - 1] == "." or not self.flat[time.end : time.end + 2].strip(" .;")

    def is_closed(self, time: _Time) -> bool:
        """Whether a clause ends with a time."""
        return _CLOSED.match(self.flat, time.end) is not None or self.flat[time.end - 1] == "."

    def is_added(self, time: _Time) -> bool:
        """Whether the words around a time say that it comes on top of another: "and another 4", "10 more"."""
        return self.flat.startswith(" more", time.end) or self.flat.endswith("another ", 0, time.start)

    def is_performed(self, time: _Time) -> bool:
        """Whether the clause of a time tells of something done."""
        segment = self.segments[time.at]
        letter = (self.note.sections or [])[segment.section].letter if segment.section >= 0 else ""
        return letter not in ("S", "P") and segment.status not in _NOT_DONE


# --- what part they play


class _Parts(_Page):
    """The part each time plays in its line."""

    def read_times(self) -> None:
        """Find the times and the part each plays."""
        measures = [m for m in self.note.measures or () if m.kind in ("minutes", "bare", "clock", "total")]
        for time in map(self.locate, measures[:_MOST_TIMES]):
            if time is not None:
                self.add_time(time)
        for time in self.times:
            time.role = self.role(time)
        self.find_subjects()
        self.find_lists()

    def role(self, time: _Time) -> Role:
        """Which part a time plays."""
        time.mark = self.name_beside(time)
        time.alone = time.inside and self.is_alone(time)
        if time.mark and time.mark.role == "list" and time.named in self.delivered:
            return "list"
        if time.kind == "clock":
            return self.clock_role(time)
        if self.is_head(time):
            return "head"
        if not time.inside:
            return "part"
        if self.closes_what_was(time):
            return "tail"
        follows = time.follows and (self.is_closed(time) or (time.mark is not None and time.mark.role == "head"))
        first, last = self.sentence(time.at)
        if time.alone and (first < time.at or first == last) and not (follows and self.is_name_first(time)):
            return "tail"
        opens = self.opens_sentence(time)
        if time.kind == "total" and not opens:
            return "tail"
        if opens or (follows and self.is_name_first(time)):
            return "head" if follows or self.in_brackets(time) else "lead"
        return self.inner_role(time, follows=follows)

    def inner_role(self, time: _Time, *, follows: bool) -> Role:
        """Which part a time plays that neither opens its sentence nor stands alone."""
        closed = self.is_closed(time)
        before = self.flat[self.segments[time.at].start : time.start]
        if time.kind == "bare" and not closed and self.begins_segment(time):
            return "lead"
        if self.in_brackets(time):
            return "tail" if closed or self.words_before(time) > 3 or _SET_OFF.search(before) else "head"
        if follows or (closed and _SET_OFF.search(before)):
            return "tail"
        first, _ = self.sentence(time.at)
        purposed = time.at > first and not before.strip(" x@") and _TO_WHAT_END.match(self.flat, time.end)
        return "tail" if purposed and not self.said_before_with(time) else "part"

    def is_head(self, time: _Time) -> bool:
        """Whether a time stands before what it covers: behind a name, in a heading or title, before a colon."""
        if _COLON.match(self.flat, time.end) and self.words_before(time) <= 9:
            return True
        if time.follows and self.is_name_first(time) and self.reaches_below(time):
            return True
        if not time.inside and self.line_start(self.segments[time.at].start) == self.line_start(time.start):
            return True
        return self.is_title(time)

    def clock_role(self, time: _Time) -> Role:
        """A start and an end stand before or behind their item."""
        before = self.flat[self.line_start(time.start) : time.start]
        after = self.flat[time.end : self.line_end(time.end)]
        if _LEADING.fullmatch(before) or self.opens_sentence(time):
            return "head"
        return "tail" if not after.strip(" .,;:)-]") or time.alone else "part"

    def name_beside(self, time: _Time) -> Mark | None:
        """The service name or code right before (or right behind) the number."""
        best: tuple[int, Mark] | None = None
        behind = time.kind != "total" and self.flat[time.end - 1] != "."
        for mark in self.marks:
            distance = None
            if time.start - 60 < mark.end <= time.start:
                between = re.sub(r"[ \t|]+", " ", self.flat[mark.end : time.start])
                if len(between) <= 26 and not _FAR_FROM_NUMBER.search(between):
                    distance = len(between)
            elif behind and time.end <= mark.start < time.end + 7:
                between = self.flat[time.end : mark.start]
                numbered = _NUMBER_BEHIND.match(self.flat, mark.end)
                if not numbered and not re.search(r"[.;,:+\n]", between):
                    distance = len(between) + 3
            if distance is not None and (best is None or distance < best[0]):
                best = (distance, mark)
        return best[1] if best else self.name_of_line(time)

    def name_of_line(self, time: _Time) -> Mark | None:
        """The one name that opens a short line with nothing decided before the time."""
        if time.inside and self.decided[time.at]:
            return None
        begin = self.line_start(time.start)
        marks = [m for m in self.marks if begin <= m.start < time.start]
        if not marks or marks[0].role != "head" or len({m.service for m in marks}) > 1:
            return None
        between = self.flat[marks[-1].end : time.start]
        return marks[-1] if len(between.split()) <= 5 and not re.search(r"[.;\n]|\d", between) else None

    def is_alone(self, time: _Time) -> bool:
        """Whether a segment holds nothing but a time, the name beside it and words without weight."""
        segment = self.segments[time.at]
        if segment.end - segment.start > 120:
            return False
        around = [(segment.start, time.start), (time.end, max(segment.end, time.end))]
        return all(_FILLED.fullmatch(self.without_name(time, *stretch)) for stretch in around)

    def without_name(self, time: _Time, begin: int, end: int) -> str:
        """A stretch of the text without the name beside the time."""
        mark = time.mark
        if mark is None or mark.end <= begin or mark.start >= end:
            return self.flat[begin:end]
        return self.flat[begin : mark.start] + self.flat[mark.end : end]

    def is_name_first(self, time: _Time) -> bool:
        """Whether the name beside a time opens its line, or heads the rest of it."""
        mark = time.mark
        if mark is None:
            return False
        if not self.flat[self.line_start(mark.start) : mark.start].strip(_BULLETS):
            return True
        return mark.role == "head" and not self.ends_line(time)

    def in_brackets(self, time: _Time) -> bool:
        """Whether a time, with or without a unit, stands in brackets."""
        return self.is_bracketed(time) or self.flat[max(0, time.start - 1)] in "[({"

    def words_before(self, time: _Time) -> int:
        """How many words stand between the beginning of the sentence and a time."""
        begin = self.line_start(time.start)
        if time.inside:
            begin = min(begin, self.segments[self.sentence(time.at)[0]].start)
        begin = max(begin, self.flat.rfind(". ", begin, time.start))
        return len(self.flat[begin : time.start].split())

    def opens_sentence(self, time: _Time) -> bool:
        """Whether a sentence begins with the time."""
        first, _ = self.sentence(time.at)
        begin = self.segments[first].start
        parted = time.at > first and self.segments[time.at].sentence != self.segments[time.at - 1].sentence
        if parted and not time.alone:
            begin = self.segments[time.at].start
        return _LEADING.fullmatch(self.flat, min(begin, time.start), time.start) is not None

    def is_title(self, time: _Time) -> bool:
        """Whether a time closes a short title with more below or behind it."""
        begin, stop = self.line_start(time.start), self.line_end(time.end)
        lead = self.flat[begin : time.start]
        if len(lead.split()) > 8 or not self.is_closed(time):
            return False
        if self.flat[time.end : stop].strip(" \t)]}:;,-"):
            ended = self.flat[time.end - 1] == "." or self.flat[time.end : time.end + 3].lstrip(" \t)]").startswith(
                "."
            )
            titled = _NUMBERED.match(lead) or time.mark or (time.alone and time.kind != "bare")
            return bool(ended and titled) and "." not in _NUMBERED.sub("", lead, 1)
        below = self.flat[stop + 1 : self.line_end(stop + 1)]
        if not below.strip() or (self.is_plain(time) and time.mark is None):
            return False
        names = [m.start for m in self.marks if begin <= m.start < time.start and m.service == time.named]
        named_first = bool(names) and not self.flat[begin : names[0]].strip(_BULLETS)
        if named_first and (self.reaches_below(time) or (time.alone and _SET_IN.match(below))):
            return True
        return not self.closes_line(stop + 1) and self.titles_below(time, lead, below)

    def titles_below(self, time: _Time, lead: str, below: str) -> bool:
        """Whether a line that closes with a time is a title by its form and by the line below it."""
        numbered = _NUMBERED.match(lead) is not None
        if numbered and _NUMBERED.match(below):
            return False
        first = self.line_of(time.at)[0]
        inner = first > 0 and self.segments[first - 1].block == self.segments[first].block
        if inner and time.alone and time.at == first:
            return False
        if numbered or time.mark is not None:
            return True
        indented = len(below) - len(below.lstrip()) > len(lead) - len(lead.lstrip())
        heading = not time.inside or not self.services(first, time.at)
        apart = lead.rstrip()[-1:] in ",-:;=" or self.in_brackets(time)
        return (indented or heading) and (apart or len(lead.split()) <= 3)

    def reaches_below(self, time: _Time) -> bool:
        """Whether the name beside a time covers the next line."""
        later = bisect_right(self.starts, self.line_end(time.end))
        return later < len(self.segments) and time.named in self.segments[later].strong

    def is_plain(self, time: _Time) -> bool:
        """Whether a bare number stands behind a word without anything that sets it off."""
        if time.kind != "bare" or time.role != "part" or not _CLOSED.match(self.flat, time.end):
            return False
        lead = self.flat[max(0, time.start - 8) : time.start].rstrip()
        return lead[-1:].isalpha() and not lead.endswith("for")

    def closes_line(self, begin: int) -> bool:
        """Whether the line beginning here closes with a time of its own."""
        stop = self.line_end(begin)
        here = [t for t in self.times if begin <= t.start < stop]
        return any(self.ends_line(t) and not self.is_plain(t) for t in here)

    def closes_what_was(self, time: _Time) -> bool:
        """Whether a time at the head of a segment belongs to the one before: "... 12 min. 15 min: fist slides"."""
        if self.flat[self.segments[time.at].start : time.start].strip():
            return False
        later = [t for t in self.times_in(time.at) if t.role == "head" and t.start > time.start]
        return any("." in self.flat[time.end - 1 : t.start] for t in later)

    def said_before_with(self, time: _Time) -> frozenset[str]:
        """Services before "15 min with cold pack": what the time was first of all stated for."""
        at = time.at
        if at == 0 or not self.joined(at - 1) or not _WITH.match(self.flat, time.end):
            return frozenset()
        if not _LEFT_ON.fullmatch(self.flat, min(self.segments[at].start, time.start), time.start):
            return frozenset()
        if self.times_in(at - 1) or self.decided[at - 1] & self.decided[at]:
            return frozenset()
        return self.decided[at - 1]

    # --- closing sentences and lists

    def find_subjects(self) -> None:
        """Find the times of closing sentences: "Twenty minutes of massage and fifteen of current were given"."""
        for time in self.times:
            if time.inside and time.mark is None and len(self.decided[time.at]) != 1 and self.is_performed(time):
                time.subject = self.subject(time)
        for time in self.times:
            if time.kind == "total":
                time.subject = self.all_of_it(time)
        told = [t for t in self.times if t.subject]
        together = Counter(self.sentence(t.at) for t in told)
        for time in told:
            if together[self.sentence(time.at)] > 1:
                time.role = "list"
            elif not self.decided[time.at]:
                time.role = "tail"

    def all_of_it(self, time: _Time) -> str | None:
        """The service that a total is said to be all of: "total time 35 min, all re-eval"."""
        match = _ALL_OF_IT.match(self.flat, time.end)
        if match is None:
            return None
        text = self.note.text
        first = bisect_left(text.starts, match.end())
        found = next(_callings().find(text.norms[first : first + 4]), None)
        service = self.who(found[2]) if found and found[0] == 0 else None
        return service if service in self.delivered else None

    def subject(self, time: _Time) -> str | None:
        """The delivered service that the words right behind (or else before) a time speak of."""
        segment, own = self.segments[time.at], self.decided[time.at]
        among = own or self.delivered
        behind = _SPOKEN_OF.match(self.flat, time.end)
        if behind and (time.kind == "minutes" or behind[1]):
            begin, end = behind.end(), min(segment.end, behind.end() + 30)
            named = self.named_in(begin, end, among)
            if named is None and own and behind[1]:
                named = self.spoken_of(begin, end, among)
            if named:
                return named
        if time.kind != "minutes" or own:
            return None
        others = [t.end for t in self.times_in(time.at) if t.start < time.start]
        begin = max([segment.start, time.start - 40, *others])
        short = len(self.flat[begin : time.start].split()) <= 4
        return self.named_in(begin, time.start, among) if short else None

    def named_in(self, begin: int, end: int, among: frozenset[str]) -> str | None:
        """The first of some services that a stretch of the text names."""
        text = self.note.text
        first, last = bisect_left(text.starts, begin), bisect_left(text.starts, end)
        found = _names().find(text.norms[first:last])
        return next((s for _, _, services in found for s in services if s in among), None)

    def spoken_of(self, begin: int, end: int, among: frozenset[str]) -> str | None:
        """The one of some services that the phrases in a stretch of the text mostly stand for."""
        for mention in self.note.mentions or ():
            priors = {s: p for s, p in mention.concept.priors.items() if s in among}
            if begin <= mention.start < end and priors:
                return max(priors, key=lambda s: priors[s])
        return None

    def find_lists(self) -> None:
        """Find closing lists of names and numbers: "Time: eval 35, splint 30, total 65", "te 24 mt 10"."""
        chain: list[_Pair] = []
        for first, end, called in _callings().find(self.note.text.norms, self.note.text.pairs):
            service = self.who(called)
            pair = self.pair(first, end, service) if service else None
            if pair is None:
                continue
            if chain and not self.only_between(chain[-1].end, pair.first):
                self.close_list(chain)
                chain = []
            chain.append(pair)
        self.close_list(chain)

    def who(self, called: Sequence[str]) -> str | None:
        """The delivered service that a name in a closing list stands for; "total" for none."""
        for name in called:
            if name == "total" or name in self.delivered:
                return name
        kind = called[0]
        if kind not in ("evaluation", "treatment"):
            return None
        meant = self.delivered & _EVALUATIONS if kind == "evaluation" else self.delivered - _EVALUATIONS
        return next(iter(meant)) if len(meant) == 1 else "total"

    def pair(self, first: int, end: int, service: str) -> _Pair | None:
        """A name with the number behind it (or before it, where it is a total)."""
        norms = self.note.text.norms
        at = end
        while at < len(norms) and norms[at] in _PAIRING:
            at += 1
        if at < len(norms) and norms[at].isdecimal() and len(norms[at]) < 4:
            stop = at + 1
            while stop < len(norms) and norms[stop] in _PAIRED:
                stop += 1
            return _Pair(first, stop, service, at)
        if first and service == "total" and norms[first - 1].isdecimal() and len(norms[first - 1]) < 4:
            return _Pair(first - 1, end, service, first - 1)
        return None

    def only_between(self, begin: int, end: int) -> bool:
        """Whether only separators and numbers stand between two tokens."""
        return begin <= end and all(n in _BETWEEN or n.isdecimal() for n in self.note.text.norms[begin:end])

    def close_list(self, chain: Sequence[_Pair]) -> None:
        """Take the pairs of a chain for times where they are all that a line or sentence says."""
        text = self.note.text
        if not any(p.service in self.delivered for p in chain) or not self.is_list(chain):
            return
        for pair in chain:
            start, value = text.starts[pair.number], int(text.norms[pair.number])
            time = next((t for t in self.times if t.start <= start < t.end), None)
            if pair.service == "total" or (time is not None and time.kind == "total"):
                continue
            if time is None and 5 <= value <= 240:
                last = pair.end - 1 if text.norms[pair.end - 1] in ("min", "minute") else pair.number
                time = self.locate(Measure(start, text.ends[last], "minutes", value))
                if time is not None:
                    time.role, time.subject = "tail", pair.service
                    self.add_time(time)
            if time is not None and len(chain) > 1:
                time.role, time.subject, time.mark = "list", pair.service, None

    def is_list(self, chain: Sequence[_Pair]) -> bool:
        """Whether a chain of names and numbers is all that its line or sentence says."""
        norms = self.note.text.norms
        first, stop = chain[0].first, chain[-1].end
        while first and norms[first - 1] in _LIST_HEADS:
            first -= 1
        while stop < len(norms) and (norms[stop] in _LIST_TAILS or norms[stop].isdecimal()):
            stop += 1
        opens = first == 0 or norms[first - 1] in "\n.;|"
        return opens and (stop >= len(norms) or norms[stop] in "\n.;|")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A name and its number in a closing list: first token, end token, service (or "total"), the number's token."""

    first: int
    end: int
    service: str
    number: int


@cache
def _callings() -> PhraseIndex[str]:
    """What services are called in closing lists: names, acronyms in any case, and everyday words."""
    entries = [(name, s.id) for s in load_services().values() for name in (*s.names, *s.acronyms, s.name)]
    entries.extend((word, called) for called, words in _CALLED.items() for word in words.split("|"))
    return PhraseIndex(entries)


@cache
def _names() -> PhraseIndex[str]:
    """What services are called, without their acronyms."""
    return PhraseIndex([(name, s.id) for s in load_services().values() for name in (*s.names, s.name)])


# --- what they speak of


class _Reading(_Parts):
    """The services and the stretch of the note each time speaks of."""

    def claims(self) -> list[_Claim]:
        """What every time says, where it says anything."""
        self.read_times()
        return [c for c in map(self.claim, self.times) if c.services]

    def claim(self, time: _Time) -> _Claim:
        """The services and the stretch a time speaks of."""
        first, last = self.stretch(time)
        own = self.decided[time.at] if time.inside and not self.closes_what_was(time) else frozenset()
        named = self.by_name(time, own, first, last)
        if named is not None:
            return named
        if time.role == "head":
            following = self.services(time.at + time.inside, last)
            services = own if own & following or not following else following
            headed = frozenset(s for s in self.segments[time.at].strong if s in services)
            return _Claim(time, headed or services, first, last, own=bool(own or headed))
        if own:
            moved = self.said_before_with(time) or self.said_for_next(time) or self.said_for_last(time)
            return _Claim(time, moved or own, first, last, own=True)
        services, first, last = self.neighbours(time, first, last) if time.inside else (frozenset(), first, last)
        return _Claim(time, services, first, last, own=False)

    def by_name(self, time: _Time, own: frozenset[str], first: int, last: int) -> _Claim | None:
        """The claim of the service named with a time, unless what it covers plainly is something else."""
        service = time.named
        if service is None or service not in self.delivered:
            return None
        if time.subject and not own:
            return _Claim(time, frozenset({service}), 0, len(self.segments) - 1, own=True)
        if len(own) > 1 and time.role != "list" and len(self.times_in(time.at)) == 1:
            return None
        covered = self.services(first, last)
        bare = time.kind == "minutes" and self.flat[time.end - 1].isdecimal()
        if own and service not in own and bare and time.role != "list":
            return None
        if time.role == "list" or not covered or service in covered:
            return _Claim(time, frozenset({service}), first, last, own=True)
        return None

    def neighbours(self, time: _Time, first: int, last: int) -> tuple[frozenset[str], int, int]:
        """What a time speaks of that stands in a segment without services, and from where to where."""
        nothing: frozenset[str] = frozenset()
        behind = time.at - 1
        if not self.is_performed(time) and not (time.at and self.decided[behind]):
            return nothing, first, last
        if time.role == "tail" or self.sums_up(time):
            begin = first if time.role == "tail" else self.sentence(time.at)[0]
            counted = self.is_unset(time) and self.flat[time.end : time.end + 1] == ","
            return self.services(begin, time.at) or (nothing if counted else self.ahead(time)), first, last
        segment = self.segments[time.at]
        begins = self.begins_segment(time)
        if not begins and len(self.flat[segment.start : segment.end].split()) > 5:
            return nothing, first, last
        forward = self.services(time.at, last) if begins else nothing
        if behind >= 0 and self.segments[behind].line == segment.line and self.decided[behind]:
            taken = any(t.kind != "bare" for t in self.times_in(behind))
            if not taken and (self.joined(behind) or not forward):
                return self.decided[behind], self.sentence(behind)[0], time.at
        return forward or (self.ahead(time) if begins else nothing), first, last

    def ahead(self, time: _Time) -> frozenset[str]:
        """Services of the next segment that has any: in the line, or below the first line of a block."""
        segment = self.segments[time.at]
        first = self.line_of(time.at)[0]
        heading = first == 0 or self.segments[first - 1].block != segment.block
        for index in range(time.at + 1, len(self.segments)):
            here = self.segments[index]
            if here.block != segment.block or here.line > segment.line + heading:
                break
            if any(t.role != "part" for t in self.times_in(index)):
                break
            if self.decided[index]:
                return self.decided[index]
        return frozenset()

    def said_for_last(self, time: _Time) -> frozenset[str]:
        """Services of the clause before one that begins and closes with a time: "no mark 15 min UE work, 20 min"."""
        at, own = time.at, self.decided[time.at]
        line = self.segments[at].line
        before = self.decided[at - 1] if at and self.segments[at - 1].line == line else frozenset()
        if not before or before & own or time.role == "tail" or not self.begins_segment(time):
            return frozenset()
        if _COLON.match(self.flat, time.end) or _OF_WHAT.match(self.flat, time.end):
            return frozenset()
        first, last = at - 1, at
        while first and self.decided[first - 1] == before and self.segments[first - 1].line == line:
            first -= 1
        while last + 1 < len(self.segments) and self.decided[last + 1] == own:
            last += 1
        if last + 1 < len(self.segments) and not self.decided[last + 1] and self.segments[last + 1].line == line:
            last += any(map(self.begins_segment, self.times_in(last + 1)))
        timed = any(first <= t.at < at and t.kind != "bare" for t in self.times)
        closes = any(at <= t.at <= last and t.start > time.start for t in self.times)
        return before if closes and not timed else frozenset()

    def said_for_next(self, time: _Time) -> frozenset[str]:
        """Services of the next clause, where a clause holds two times and the next none."""
        at = time.at
        if time.role != "part" or at + 1 >= len(self.segments) or not self.joined(at):
            return frozenset()
        here = [t for t in self.times_in(at) if t.kind == "minutes"]
        if len(here) < 2 or here[-1] is not time or self.flat[time.end : self.segments[at].end].strip(" ,"):
            return frozenset()
        return frozenset() if self.times_in(at + 1) else self.decided[at + 1] - self.decided[at]

    def sums_up(self, time: _Time) -> bool:
        """Whether the words around a time say that it is for several things."""
        segment = self.segments[time.at]
        return _SUMMING.search(self.flat, segment.start, segment.end) is not None

    def stretch(self, time: _Time) -> tuple[int, int]:
        """First and last segment a time speaks of."""
        if time.role == "head":
            return time.at, self.down_to(time)
        if time.role == "lead":
            return time.at, self.lead_to(time)
        if time.role == "tail":
            back = self.back_to(time)
            return min(back, self.named_from(time)) if time.named and self.ends_line(time) else back, time.at
        return time.at, time.at

    def lead_to(self, time: _Time) -> int:
        """The last segment a time at the beginning of a sentence speaks of."""
        last = self.sentence(time.at)[1]
        if self.services(time.at, last):
            return last
        later = [i for i in self.line_of(time.at) if i > last]
        return next((i for i in later if self.decided[i]), later[-1] if later else last)

    def down_to(self, time: _Time) -> int:
        """The last segment under a heading."""
        segment = self.segments[time.at]
        own = self.line_start(time.start)
        content = bool(re.search(r"[A-Za-z]{2}", self.flat[time.end : self.line_end(time.end)]))
        heads = {self.line_start(t.start) for t in self.times if t is not time and t.role == "head"}
        last = time.at
        for index in range(time.at, len(self.segments)):
            here = self.segments[index]
            begins = self.line_start(here.start)
            if here.block != segment.block or (begins == own and self.is_next(time, index, last)):
                break
            if begins != own:
                ends = begins in heads or any(m.role == "head" for m in here.marks)
                if ends or (content and not (time.named and time.named in here.strong)):
                    break
            last = index
        return last

    def is_next(self, time: _Time, index: int, last: int) -> bool:
        """Whether another item begins at a segment in the line of a heading."""
        later = [t for t in self.times_in(index) if t.start > time.start]
        if any(t.role == "head" and t.kind == time.kind for t in later):
            return True
        inside = self.services(time.at, last)
        return bool(inside) and not inside & self.decided[index] and any(t.role == "lead" for t in later)

    def named_from(self, time: _Time) -> int:
        """The first segment of the lines above a closing name and time that hold nothing but what it names."""
        begin = self.line_of(time.at)[0]
        block = self.segments[time.at].block
        while begin:
            above = self.line_of(begin - 1)
            named = any(t.named for index in above for t in self.times_in(index))
            if self.segments[above[0]].block != block or named or self.services(above[0], above[-1]) - {time.named}:
                break
            begin = above[0]
        return begin

    def back_to(self, time: _Time) -> int:
        """The first segment a closing time speaks of."""
        begin = self.list_start(time.at)
        if begin == time.at:
            begin = self.line_of(time.at)[0]
            if begin == time.at and time.alone:
                while begin and self.segments[begin - 1].block == self.segments[time.at].block:
                    begin -= 1
                return begin
        if time.kind == "total" or self.sums_up(time):
            return begin
        closed = [t.at for t in self.times if begin <= t.at < time.at and t.role in ("tail", "list")]
        return max(closed) + 1 if closed else begin


# --- which of them hold


def _kept(reading: _Reading, claims: list[_Claim]) -> list[_Claim]:
    """The claims that hold, each for the services it holds for."""
    claims = [c for c in _billed(reading, claims) if _is_sound(reading, c)]
    claims = _divided(reading, claims)
    claims = _admitted(reading, [*claims, *_leftover(reading, claims)])
    return [*claims, *_unclaimed(reading, claims)]


def _billed(reading: _Reading, claims: Iterable[_Claim]) -> list[_Claim]:
    """Claims without the device months of remote monitoring; their minutes go to its management."""
    out = []
    for claim in claims:
        if "rtm_device" in claim.services:
            meant = {"rtm_management"} & reading.delivered if claim.kind == "minutes" else frozenset()
            claim.services = claim.services - {"rtm_device"} | meant
        if claim.services:
            out.append(claim)
    return out


def _is_sound(reading: _Reading, claim: _Claim) -> bool:
    """Whether a time that may be something else is a treatment time."""
    if claim.kind == "clock":
        return _is_item_clock(reading, claim)
    if claim.kind == "total":
        closing = claim.role == "tail" and claim.first < claim.time.at
        return len(claim.services) == 1 and (claim.own or closing)
    hours = claim.value >= 60 and "h" in reading.flat[claim.time.start : claim.time.end].lower()
    if hours and (claim.role == "part" or (claim.role == "tail" and not claim.services <= _WHOLE)):
        return claim.services <= _BY_THE_HOUR
    return True


def _is_item_clock(reading: _Reading, claim: _Claim) -> bool:
    """Whether a start and an end belong to an item, not to the session."""
    clocks = [t for t in reading.times if t.kind == "clock"]
    line = reading.line_of(claim.time.at)
    if len(clocks) == 1 and len(reading.delivered) > 1:
        return claim.own and claim.time.at > 0 and not reading.services(line[0], line[-1]) - claim.services
    if len(clocks) == 1 and claim.services <= _EVALUATIONS and claim.time.named not in claim.services:
        return False
    if not claim.own and not reading.services(line[0], line[-1]) & claim.services:
        return False
    if claim.services <= _WHOLE:
        return True
    begin = _begins(reading, claim.time)
    rest = [t for t in clocks if t is not claim.time]
    return not any(0 <= (_begins(reading, t) - begin) % 720 <= claim.value - t.measure.value for t in rest)


def _begins(reading: _Reading, time: _Time) -> int:
    """The minute of the day a clock range begins with."""
    match = _TIME_OF_DAY.match(reading.flat, time.start)
    return int(match[1]) * 60 + int(match[2]) if match else 0


def _divided(reading: _Reading, claims: Sequence[_Claim]) -> list[_Claim]:
    """Claims on several services without those whose time is stated inside the stretch; none of session totals."""
    out = []
    for claim in claims:
        if _is_loose(reading, claim) or _is_session(reading, claim, claims):
            continue
        if not claim.own and claim.role == "lead" and claim.services <= _said_in_line(reading, claim, claims):
            continue
        if len(claim.services) > 1:
            inside = [c for c in claims if claim.holds(c) and (c.own or c.role != "part")]
            served = frozenset(s for c in inside if c.services != claim.services for s in c.services)
            if not claim.services - served and not claim.own:
                continue
            claim.services = claim.services - served or claim.services
        titled = claim.role == "head" and not claim.own and not reading.is_bracketed(claim.time)
        if titled and len(claim.services) > 1 and not _COLON.match(reading.flat, claim.time.end):
            continue
        out.append(claim)
    return out


def _is_loose(reading: _Reading, claim: _Claim) -> bool:
    """Whether a closing time that reaches over lines stands in a clause that tells of nothing done."""
    if claim.own or claim.role != "tail" or reading.is_performed(claim.time):
        return False
    return reading.segments[claim.first].line != reading.segments[claim.time.at].line


def _said_in_line(reading: _Reading, claim: _Claim, claims: Sequence[_Claim]) -> frozenset[str]:
    """Services with a time of their own in the line of a claim."""
    line = reading.segments[claim.time.at].line
    own = [c for c in claims if c.own and c is not claim and reading.segments[c.time.at].line == line]
    return frozenset(s for c in own for s in c.services)


def _is_session(reading: _Reading, claim: _Claim, claims: Sequence[_Claim]) -> bool:
    """Whether a time not decided on is as long as all that is stated otherwise, or as a clock range in its line."""
    if claim.own and not claim.time.subject:
        return False
    own: dict[str, int] = {}
    for other in claims:
        if other.own and other is not claim and not other.time.subject:
            own.update({s: max(own.get(s, 0), other.value) for s in other.services})
    line = reading.line_start(claim.time.start)
    clocks = [t for t in reading.times if t.kind == "clock" and reading.line_start(t.start) == line]
    if claim.kind != "clock" and any(t.measure.value == claim.value for t in clocks):
        return bool(claim.services & own.keys())
    return len(own) > 1 and claim.value >= 0.95 * sum(own.values())


def _leftover(reading: _Reading, claims: Sequence[_Claim]) -> list[_Claim]:
    """Times in a short first sentence of a line, for what the line tells of without a time."""
    spoken = {c.time.start for c in claims}
    timed = frozenset(s for c in claims for s in c.services)
    out = []
    for time in reading.times:
        if time.start in spoken or time.kind != "minutes" or not time.inside or not reading.is_performed(time):
            continue
        line = reading.line_of(time.at)
        first, last = reading.sentence(time.at)
        words = reading.flat[reading.segments[first].start : reading.segments[last].end].split()
        left = reading.services(last + 1, line[-1]) - timed
        if left and first == line[0] and len(words) <= 10 and not reading.services(first, last):
            out.append(_Claim(time, left, first, line[-1], own=False))
    return out


def _admitted(reading: _Reading, claims: Sequence[_Claim]) -> list[_Claim]:
    """Claims without findings of an evaluation, and bare numbers only where they do what times do."""
    closing = _closing_evaluation(reading, claims)
    counts = set(_counts(reading, claims))
    set_off = frozenset(s for c in claims if c.role != "part" for s in c.services)
    explicit = frozenset(s for c in claims if c.kind != "bare" for s in c.services)
    lines = {reading.segments[c.time.at].line for c in claims if c.kind == "bare" and c.own}
    out = []
    for claim in claims:
        services = frozenset(
            s for s in claim.services if s not in _EVALUATIONS or claim is closing or _evaluates(reading, claim, s)
        )
        if claim.kind == "bare":
            lonely = claim.role == "part" and len(lines) < 2 and reading.is_plain(claim.time)
            if lonely or claim in counts:
                continue
            if reading.flat[claim.time.start] == "(":
                services = services - explicit if claim.value >= 10 else frozenset()
            if claim.role == "part":
                services -= explicit | set_off
        if services:
            claim.services = services
            out.append(claim)
    return out


def _counts(reading: _Reading, claims: Sequence[_Claim]) -> list[_Claim]:
    """Bare numbers that stand several in a sentence for one service: counts, not times."""
    bare = [c for c in claims if reading.is_unset(c.time) and c.role in ("tail", "part")]
    together = Counter((s, reading.sentence(c.time.at)) for c in bare for s in c.services)
    return [c for c in bare if any(together[s, reading.sentence(c.time.at)] > 1 for s in c.services)]


def _closing_evaluation(reading: _Reading, claims: Sequence[_Claim]) -> _Claim | None:
    """The last time that ends a sentence of an evaluation, where no time says that it is the evaluation's."""
    own = [c for c in claims if c.services & _EVALUATIONS]
    if any(_evaluates(reading, c, s) for c in own for s in c.services & _EVALUATIONS):
        return None
    for claim in reversed(own):
        if claim.own and claim.kind == "minutes" and claim.value >= 15 and claim.services <= _EVALUATIONS:
            before = reading.flat[max(0, claim.time.start - 12) : claim.time.start]
            limit = before.rstrip().endswith(("over", "beyond", "than"))
            if reading.ends_sentence(claim.time) and not limit:
                return claim
    return None


def _evaluates(reading: _Reading, claim: _Claim, service: str) -> bool:
    """Whether a time in an evaluation is the evaluation's, not a finding."""
    time = claim.time
    if reading.is_unset(time) and time.role != "head":
        before = reading.segments[time.at - 1] if time.at and time.alone else None
        counted = reading.flat[time.end : time.end + 1] == ","
        return bool(before and not counted and _EVALUATING.search(reading.flat, before.start, before.end))
    if time.named == service or claim.kind == "clock" or (claim.kind != "bare" and time.alone):
        return True
    if time.role == "tail" and reading.is_bracketed(time):
        return True
    first, last = reading.sentence(time.at)
    begin = min(reading.segments[first].start, time.start)
    return _EVALUATING.search(reading.flat, begin, reading.segments[last].end) is not None


def _unclaimed(reading: _Reading, claims: Sequence[_Claim]) -> list[_Claim]:
    """Times for services that have none: a modality's plain number, the one time of a note with one service."""
    left = reading.delivered - frozenset(s for c in claims for s in c.services)
    out = [c for service in sorted(left & _MODALITIES) for c in _plain_number(reading, service)]
    if left and len(reading.delivered) == 1 and not out:
        times = [t for t in reading.times if t.kind == "minutes" and t.measure.value >= 10]
        times = [t for t in times if reading.is_performed(t)]
        if len(times) == 1 and times[0].role != "part":
            out.append(_Claim(times[0], left, 0, len(reading.segments) - 1, own=False))
    return out


def _plain_number(reading: _Reading, service: str) -> list[_Claim]:
    """The one number without a unit in what a modality's clauses say: "moist heat neck and knee 15, skin ok"."""
    found = [
        (index, match)
        for index, segment in enumerate(reading.segments)
        if service in reading.decided[index]
        for match in _PLAIN.finditer(reading.flat, segment.start, segment.end + 1)
        if 5 <= int(match[1]) <= 30
    ]
    if len(found) != 1:
        return []
    index, match = found[0]
    time = _Time(Measure(match.start(1), match.end(1), "bare", int(match[1])), index)
    return [_Claim(time, frozenset({service}), index, index, own=True)]


# --- what counts of several


def _settle(service: str, claims: Sequence[_Claim], reading: _Reading) -> list[_Claim]:
    """The claims on a service that count: a total swallows the times inside it."""
    listed = [c for c in claims if c.role == "list"]
    if listed:
        return listed
    if service in _WHOLE:
        return _longest(service, claims, reading)
    if all(c.role == "part" and c.kind == "minutes" for c in claims) and sum(c.value for c in claims) < 3:
        return []
    stated = {c.value for c in claims if c.kind != "clock"}
    claims = [c for c in claims if c.kind != "clock" or c.value not in stated]
    totals = [c for c in claims if c.role != "part"]
    used = list(claims)
    if totals and service in _MEASURED:
        used = [c for c in claims if c.role != "part" or reading.is_added(c.time)]
    used = _without_summands(used, reading)
    for whole in sorted(totals, key=lambda c: (c.last - c.first, c.value)):
        if whole in used and whole.role != "lead":
            used = _without_inside(whole, used, reading)
    return _in_lines(used, reading)


def _longest(service: str, claims: Sequence[_Claim], reading: _Reading) -> list[_Claim]:
    """The one time of a service that is a whole: its longest, an evaluation's rather than a session's."""
    fit = [c for c in claims if c.role != "part" or c.value >= 15]

    def rank(claim: _Claim) -> tuple[bool, bool, int]:
        session = claim.kind in ("clock", "total")
        unsure = session if service in _EVALUATIONS else reading.is_unset(claim.time)
        return claim.own or claim.role == "head", not unsure, claim.value

    return [max(fit, key=rank)] if fit else []


def _without_summands(claims: list[_Claim], reading: _Reading) -> list[_Claim]:
    """Claims without the times of a line that add up to another of it."""
    used = claims
    for whole in claims:
        line = reading.segments[whole.time.at].line
        rest = [c for c in used if c is not whole and reading.segments[c.time.at].line == line]
        if whole in used and len(rest) > 1 and sum(c.value for c in rest) == whole.value:
            used = [c for c in used if c not in rest]
    return used


def _without_inside(whole: _Claim, used: list[_Claim], reading: _Reading) -> list[_Claim]:
    """Claims without the times inside a total; a clock range yields to the time stated in words."""
    inside = [c for c in used if whole.holds(c)]
    stated = [c for c in inside if c.kind != "clock"]
    if whole.kind == "clock" and any(c.role in ("head", "tail", "list") for c in stated):
        return [c for c in used if c is not whole]
    covers = whole.role == "head" or reading.is_bracketed(whole.time)
    return [c for c in used if c not in inside] if covers or sum(c.value for c in stated) <= whole.value else used


def _in_lines(claims: Sequence[_Claim], reading: _Reading) -> list[_Claim]:
    """What counts of several times in one line."""
    used = list(claims)
    for whole in claims:
        line = reading.segments[whole.time.at].line
        for part in claims:
            if part is whole or whole not in used or part not in used:
                continue
            if reading.segments[part.time.at].line == line and _says(whole, part, reading):
                used.remove(part)
    return used


def _says(whole: _Claim, part: _Claim, reading: _Reading) -> bool:
    """Whether a time of a line says what another of it says a part of, or says again."""
    if reading.is_added(part.time):
        return False
    leads = part.role in ("lead", "head") and part.value > whole.value
    if reading.is_unset(part.time) and whole.kind != "bare" and not leads:
        return True
    if reading.is_unset(whole.time) and whole.role not in ("lead", "head"):
        return False
    after = part.time.start > whole.time.start
    if part.value > whole.value or (part.value == whole.value and not after and whole.role != "tail"):
        return False
    first, last = reading.sentence(whole.time.at)
    begin = reading.list_start(whole.time.at) if whole.role == "tail" else first
    near = begin <= part.time.at <= last
    if part.value == whole.value and whole.role != "part":
        return near or whole.role == part.role == "lead"
    if part.role == "tail" and whole.role == "tail" and whole.own and not after and part.kind != "bare":
        return first == last == whole.time.at and reading.ends_line(whole.time)
    if part.role != "part":
        return False
    if whole.role == "tail":
        set_off = reading.is_bracketed(whole.time) or begin == first
        return near or (not after and set_off and reading.ends_line(whole.time))
    if whole.role in ("lead", "head"):
        return True
    items = reading.ends_segment(part.time) and reading.ends_segment(whole.time)
    return not items and (after or not reading.ends_segment(whole.time))


# --- the note's own totals


def _totals(reading: _Reading, claims: Sequence[_Claim], out: Allocation) -> None:
    """The totals the note states for the whole session."""
    spoken = {c.time.start for c in claims}
    measures = reading.note.measures or ()
    for measure in measures:
        if measure.kind == "timed" and out.timed is None:
            out.timed = int(measure.value)
        elif measure.kind == "total" and (measure.start not in spoken or len(reading.delivered) == 1):
            out.total = max(out.total or 0, int(measure.value))
    if out.total is None:
        clocks = [int(m.value) for m in measures if m.kind == "clock" and m.start not in spoken]
        out.total = clocks[0] if clocks else None


def _unsaid_total(reading: _Reading, out: Allocation) -> int | None:
    """The session's length where it is only a time alone: "Fifty minutes in the building."."""
    if not out.minutes:
        return None
    spoken = {start for spans in out.spans.values() for start, _ in spans}
    stated = max(out.minutes.values()) if out.shared else sum(out.minutes.values())
    least = max(15, out.timed or 0, stated)
    alone = [t for t in reading.times if t.kind == "minutes" and t.alone and t.role != "part"]
    times = [int(t.measure.value) for t in alone if t.start not in spoken]
    return max((t for t in times if least <= t <= max(2 * least, 90)), default=None)


def _balance(reading: _Reading, claims: Sequence[_Claim], used: dict[str, list[_Claim]], out: Allocation) -> None:
    """Where one other reading of one service's times makes them add up to the note's own total, take it."""
    for total, services in ((out.timed, _timed_services()), (out.total, reading.delivered)):
        among = sorted(reading.delivered & services)
        if total is None or not among:
            continue
        stated = {s: sum(c.value for c in used.get(s, ())) for s in among}
        shared = any(len(c.services) > 1 for s in among for c in used.get(s, ()))
        if sum(stated.values()) == total or shared:
            return
        missing = [s for s in among if not stated[s]]
        if len(missing) > 1:
            continue
        fits = {
            s: _other_reading(reading, claims, s, total - sum(stated.values()) + stated[s]) for s in missing or among
        }
        fits = {s: fit for s, fit in fits.items() if fit}
        if len(fits) == 1:
            used.update(fits)
            return


def _other_reading(reading: _Reading, claims: Sequence[_Claim], service: str, wanted: int) -> list[_Claim]:
    """Another way to read a service's times that comes to a number of minutes; empty where there is none."""
    if wanted < 5:
        return []
    own = [c for c in claims if service in c.services]
    if own:
        single = [c for c in own if c.value == wanted][:1]
        return single or (own if len(own) > 1 and sum(c.value for c in own) == wanted else [])
    number = re.compile(rf"(?<![\w./#$:-]){wanted}(?![\w/%:]|\.\d)")
    for index, segment in enumerate(reading.segments):
        match = number.search(reading.flat, segment.start, segment.end) if service in reading.decided[index] else None
        if match:
            time = _Time(Measure(match.start(), match.end(), "bare", wanted), index)
            return [_Claim(time, frozenset({service}), index, index, own=True)]
    return []


@cache
def _timed_services() -> frozenset[str]:
    """Services billed by time."""
    codes = load_catalogue()
    return frozenset(s.id for s in load_services().values() if any(codes[code].timed for code in s.codes))
