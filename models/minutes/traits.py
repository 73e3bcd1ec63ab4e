"""What speaks for times being a service's: traits, short tuples of which each has one learned weight.

The first part of a trait is its name (`NAMES` says in words what it looks at), the rest what was found. A pair of a
time and a service has traits, a set of times given to a service has some more (what it leaves out, whether its
times repeat or add up), and the services of a note together have a few (times given twice, the note's own totals).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise

from corpus.catalogue import load_catalogue
from corpus.services import load_services
from models.minutes.names import EVALUATIONS
from models.minutes.page import Page
from models.minutes.times import TOTAL, Time

Trait = tuple[str, ...]
Support = Sequence[Mapping[str, float]]
Given = Mapping[str, tuple[int, ...]]

NAMES = {
    "own": "what its own clause was found to support",
    "lean": "how strongly its own clause supports the service",
    "back": "how near before it the service stands, and what lies between",
    "ahead": "how near behind it the service stands, and what lies between",
    "between": "services before, in and behind its clause",
    "share": "whose the stretch before and behind it mostly is",
    "style": "where this note's times stand",
    "name": "the service called by name beside it",
    "list": "whether it stands in a list of names and numbers",
    "kind": "what kind of statement it is",
    "alike": "how many numbers without a unit its sentence holds",
    "before": "the word before it",
    "behind": "the word behind it",
    "size": "how long it is, for this sort of service",
    "done": "whether its clause tells of this visit's work",
    "strong": "the heading or name that covers its clause",
    "none": "that no time is given to the service",
    "amount": "how long the service's times are together",
    "left": "a time of the service's own clauses that is left out",
    "several": "that several times are added",
    "both": "two times that are added",
    "twice": "one time given to several services",
    "sum": "the note's own totals",
    "order": "whether the times follow one another as the services do",
    "unused": "a time given to no service",
    "given": "how many services have a time",
}

_BY_DAYS = frozenset({"rtm_device"})
_BY_THE_HOUR = frozenset({"performance_test", "work_hardening", "community"})
_WHOLE = frozenset({"group", "aquatic", "caregiver_training"})
_MODALITIES = frozenset(
    [
        "hot_cold",
        "ultrasound",
        "unattended_stim",
        "attended_stim",
        "mech_traction",
        "vasopneumatic",
        "paraffin",
        "whirlpool",
        "diathermy",
        "infrared",
        "ionto",
        "contrast_bath",
        "massage",
    ]
)
_SHORT = 5
_UNSET = frozenset({"bare", "worded", "plain"})
_STATED = frozenset({"minutes", "clock"})
_PARTING = frozenset({"minutes", "clock", "bracket", "bare", "worded"})
_FAR, _FAINT = 25, 0.05
_SETTING_OFF = frozenset(["-", "=", "total", "tot", "(", "[", "→"])
_AGAIN, _JOINING = ("another", "more"), (" and ", "then", "+")
# Words that say one time is for several things.
_SUMMING = re.compile(
    r"\b(?:all of (?:that|this|the above|it|these|them)|for (?:all|that|both|everything|the (?:two|three|four|lot))|altogether"
    r"|in all|all told|in sum|together|combined|both|same time|last (?:\d|two|three|four)|each)\b",
    re.I,
)
_OF_THE_VISIT = re.compile(
    r"\b(?:session|treatment|treat|tx|visit|appointment|appt|therapy|contact|clinic|house|home|building)\b", re.I
)
_ALL_OF_IT = re.compile(
    r"[ \t]*[,;(—–-]{1,2}[ \t]*(?:all|entire(?:ly)?|solely|100 ?%)\b[ \t]*(?:of (?:it|this|that|which)\b[ \t]*)?(?:was |spent |in |on |for |the |direct |skilled |1:1 |one[- ]on[- ]one |timed |time ){0,4}(?=[a-z])",
    re.I,
)
_COMING = re.compile(r"\b(?:in|session|visit|seen|arrived|here)(?: time)?(?: from| at)?\W*$", re.I)
_GOING = re.compile(r"\b(?:out|left|leave)\b", re.I)
_AMOUNTS = (3, 5, 8, 16, 31, 46, 61)


@cache
def sort_of(service: str) -> str:
    """Evaluation, device billed by days, programme by the hour, modality, a programme that is one whole, or exercise and the rest."""
    if service in EVALUATIONS:
        return "eval"
    if service in _BY_DAYS:
        return "days"
    if service in _BY_THE_HOUR:
        return "hours"
    return "mod" if service in _MODALITIES else "whole" if service in _WHOLE else "ex"


@cache
def timed_services() -> frozenset[str]:
    """Services billed by time."""
    codes = load_catalogue()
    return frozenset(s.id for s in load_services().values() if any(codes[code].timed for code in s.codes))


class Traits:
    """The traits of a page's times.

    Parameters
    ----------
    page : the note with its times.
    decided : per segment the services it was found to support.
    support : per segment how strongly it supports each of them, in [0, 1].
    """

    def __init__(self, page: Page, decided: Sequence[frozenset[str]], support: Support) -> None:
        self.page, self.decided, self.support = page, decided, support
        self.times = page.times
        self.services = sorted(page.services)
        self._one = "one" if len(self.services) == 1 else "more"
        self._stated = self._stated_before()
        self._back, self._ahead = self._nearest()
        self._style = self._where_times_stand()
        self._written = "minutes written" if any(t.kind == "minutes" for t in self.times) else "none written"
        self._support_before = [
            list(accumulate((v if (v := here.get(s, 0.0)) > _FAINT else 0.0 for here in support), initial=0.0))
            for s in self.services
        ]
        self._middle = self._middles()
        self._alike = Counter((page.segments[t.at].sentence, t.kind) for t in self.times if t.kind in _UNSET)
        self.pairs: dict[str, dict[int, list[Trait]]] = {service: {} for service in self.services}
        for k, time in enumerate(self.times):
            for service, pair in self._pairs(k, time):
                self.pairs[service][k] = pair

    def _stated_before(self) -> list[int]:
        """Per segment how many times are stated before it."""
        out = [0] * (len(self.page.segments) + 1)
        for time in self.times:
            if time.kind in _STATED:
                out[time.at + 1] += 1
        for i in range(1, len(out)):
            out[i] += out[i - 1]
        return out

    def _nearest(self) -> tuple[dict[int, dict[str, int]], dict[int, dict[str, int]]]:
        """For each segment with a time the nearest segment of each service before it, and behind it."""
        at = {t.at for t in self.times}
        found: list[dict[int, dict[str, int]]] = []
        forward = range(len(self.decided))
        for order in (forward, reversed(forward)):
            seen: dict[str, int] = {}
            near: dict[int, dict[str, int]] = {}
            for i in order:
                if i in at:
                    near[i] = dict(seen)
                for service in self.decided[i]:
                    seen[service] = i
            found.append(near)
        return found[0], found[1]

    def _where_times_stand(self) -> str:
        """Whether the note's times rather open (o) or close (c) what they are stated for."""
        opened = closed = 0
        for time in self.times:
            if time.kind == "minutes":
                opened += not time.ends.startswith("/")
                closed += time.ends[-1] in "LSG"
        return "o" if opened > closed else "c" if closed > opened else "m"

    def _middles(self) -> dict[str, float]:
        """Per service the middle of the segments that support it, each as much as it does."""
        out = {}
        for service, up_to in zip(self.services, self._support_before, strict=True):
            whole = up_to[-1]
            out[service] = len(up_to) - 1 - sum(up_to[1:]) / whole if whole else 0.0
        return out

    def _shares(self, k: int) -> tuple[dict[str, str], dict[str, str]]:
        """Per service how much of the stretch before, and behind, a time is its: up to the times around it."""
        time, segments = self.times[k], self.page.segments
        stop, end = max(0, time.at - _FAR), min(len(segments), time.at + _FAR)
        for other in reversed(self.times[:k]):
            if other.kind in _PARTING and other.start < time.start:
                stop = max(stop, other.at + (other.at < time.at))
                break
        for other in self.times[k + 1 :]:
            if other.kind in _PARTING:
                end = min(end, other.at)
                break
        block = segments[time.at].block
        stop, end = min(stop, time.at), max(end, time.at + 1)
        while block - segments[stop].block > 1:
            stop += 1
        while segments[end - 1].block - block > 1:
            end -= 1
        return self._share(stop, time.at + time.inside), self._share(time.at, end)

    def _share(self, first: int, end: int) -> dict[str, str]:
        """Per service the class of its share of the segments from ``first`` to ``end``, "t" added for the largest."""
        total = [up_to[end] - up_to[first] for up_to in self._support_before]
        whole = sum(total)
        if whole < 0.3:
            return dict.fromkeys(self.services, "0")
        top = max(total)
        return {
            s: _class_of(v / whole) + ("t" if v == top else "") for s, v in zip(self.services, total, strict=True)
        }

    def _distance(self, at: int, other: int, near: Mapping[str, int]) -> str:
        """How far a service's segment is: services nearer, line or sentence between, times between."""
        here, there = self.page.segments[at], self.page.segments[other]
        if here.sentence == there.sentence:
            apart = "s"
        elif here.line == there.line:
            apart = "l"
        elif abs(here.line - there.line) == 1:
            apart = "n"
        else:
            apart = "b" if here.block == there.block else "f"
        if other < at:
            rank = len([i for i in near.values() if i > other])
            crossed = self._stated[at] - self._stated[other + 1]
        else:
            rank = len([i for i in near.values() if i < other])
            crossed = self._stated[other] - self._stated[at + 1]
        return f"{min(rank, 2)}{apart}{min(max(crossed, 0), 2)}"

    def owns(self, time: Time, service: str) -> str:
        """What a time's own clause was found to support: "only" the service, it "among" others, "other"s or "none"."""
        own = self.decided[time.at] if time.inside else frozenset()
        if service in own:
            return "only" if len(own) == 1 else "among"
        return "other" if own else "none"

    def _pairs(self, k: int, time: Time) -> Iterator[tuple[str, list[Trait]]]:
        """The traits of a time with each service it may be of."""
        shares = None
        near, later = self._back[time.at], self._ahead[time.at]
        visit = self._is_the_visits(time)
        named_here = self._named_by_its_own(time)
        for service in self.services:
            if (visit and sort_of(service) != "hours") or (named_here and service not in named_here):
                continue
            own = self.owns(time, service)
            back = self._distance(time.at, near[service], near) if service in near else "-"
            ahead = self._distance(time.at, later[service], later) if service in later else "-"
            if not time.inside and service in self.decided[time.at]:
                ahead = "0d0"
            named = service in (time.name_before, time.name_behind) or service in time.row
            unlikely = time.kind in ("plain", "other_time") and own not in ("only", "among") and not named
            if unlikely and back[1:2] not in ("s", "l", "n") and ahead[1:2] not in ("s", "l", "d"):
                continue
            shares = shares or self._shares(k)
            yield service, self._pair(time, service, (own, back, ahead), (shares[0][service], shares[1][service]))

    def _named_by_its_own(self, time: Time) -> frozenset[str]:
        """The services a start and end stands beside by name, in a clause that supports no other: it is nobody else's."""
        if time.kind != "clock" or not time.inside:
            return frozenset()
        here = frozenset(mark.service for mark in self.page.segments[time.at].marks) & self.page.services
        return here if self.decided[time.at] <= here else frozenset()

    def _is_the_visits(self, time: Time) -> bool:
        """Whether a total, or a start and end, is called the session's and no service's: it is recorded and belongs to no code
        (guide, section 5).
        """
        flat = self.page.flat
        if time.kind == "clock":
            called = _COMING.search(flat[max(0, time.start - 16) : time.start]) or _GOING.search(
                flat, time.start, time.end
            )
        else:
            line = flat.rfind("\n", 0, time.start) + 1
            before = max(line, flat.rfind(". ", 0, time.start) + 1, time.start - 32)
            called = _OF_THE_VISIT.search(flat, before, time.end) if time.kind == TOTAL else None
        return (
            called is not None
            and not self._is_all_of_one(time)
            and not {time.name_before, time.name_behind} & self.page.services
            and not (time.inside and self.decided[time.at])
        )

    def _is_all_of_one(self, time: Time) -> bool:
        """Whether a session is said to have been all of one service: "Session: 38 min, all direct cognitive intervention"."""
        said = _ALL_OF_IT.match(self.page.flat, time.end)
        at = bisect_right([s.start for s in self.page.segments], said.end()) - 1 if said else -1
        return said is not None and at >= 0 and said.end() < self.page.segments[at].end and len(self.decided[at]) == 1

    def _pair(self, time: Time, service: str, where: tuple[str, str, str], share: tuple[str, str]) -> list[Trait]:
        """The traits of a time with a service."""
        own, back, ahead = where
        shared, share_ahead = share
        segment = self.page.segments[time.at]
        lean = self._lean(time, service)
        name = _name(time, service)
        strong = "s" if service in segment.strong else "o" if segment.strong else ""
        kind, place, ends, sort = time.kind, time.place, time.ends, sort_of(service)
        alike = str(min(self._alike[segment.sentence, kind], 3))
        return [
            ("alike", kind, alike),
            ("alike", kind, alike, ends, self._one),
            ("own", own, place),
            ("own", own, kind),
            ("own", own, time.before),
            ("own", own, time.behind),
            ("own", own, sort, ends),
            ("lean", own, lean),
            ("lean", lean, place),
            ("back", back, place),
            ("ahead", ahead, place),
            ("between", own, back[:2], ahead[:2], ends),
            ("share", shared, share_ahead, ends),
            ("share", shared, place),
            ("share", share_ahead, ends, kind),
            ("share", shared, kind, self._one),
            ("style", self._style, back[:2], ahead[:2], ends[:1]),
            ("name", name, own, kind),
            ("name", name, place),
            ("name", name, time.before, time.behind),
            ("list", time.listed, name),
            ("list", time.listed, name, kind),
            ("kind", kind, place),
            ("kind", kind, self._one),
            ("kind", kind, time.before, self._written),
            ("before", time.before, kind),
            ("behind", time.behind, kind),
            ("size", str(time.size), sort, kind),
            ("done", str(time.done), own),
            ("strong", strong, own),
            ("strong", strong, ends, kind),
        ]

    def _lean(self, time: Time, service: str) -> str:
        """How strongly a time's own clause supports a service, with a "t" where no other more."""
        if not time.inside:
            return "h"
        support = self.support[time.at]
        value = support.get(service, 0.0)
        step = (
            "4" if value >= 0.6 else "3" if value >= 0.3 else "2" if value >= 0.1 else "1" if value >= 0.03 else "0"
        )
        return step + ("t" if value and value == max(support.values()) else "")

    def of_set(self, service: str, chosen: tuple[int, ...]) -> list[Trait]:
        """The traits of times given to a service that are not the traits of one of them."""
        if not chosen:
            return self._of_none(service)
        amount = sum(self.times[i].value for i in chosen)
        given: Trait = ("amount", str(bisect_right(_AMOUNTS, amount)), sort_of(service))
        if len(chosen) == 1:
            return [given, *self._of_left(service, self.times[chosen[0]])]
        several = [self.times[i] for i in chosen]
        return [given, *self._of_several(service, several, amount), *self._of_more_left(service, several)]

    def _of_several(self, service: str, times: Sequence[Time], amount: int) -> Iterator[Trait]:
        """The traits of several times that are added."""
        few = str(min(len(times), 5))
        yield "several", few, sort_of(service)
        yield "several", few
        if len({t.form for t in times}) == 1:
            lines = {self.page.segments[t.at].line for t in times}
            yield "several", "of one form", "lines" if len(lines) == len(times) else "line", times[0].form[0]
        if 2 * max(t.value for t in times) == amount and len(times) > 2:
            yield "several", "one is the sum of the rest"
        session = [t for t in times if t.kind in (TOTAL, "clock")]
        if session and len(session) < len(times):
            yield "several", "a session's time beside its parts", session[0].kind
        stated = next((t.kind for t in self.times if t.value == amount), "")
        if stated:
            yield "several", "their sum is stated", stated
        for one, two in pairwise(times):
            yield from self._of_two(service, one, two)

    def _of_none(self, service: str) -> list[Trait]:
        stated = [t for t in self.times if t.kind == "minutes"]
        own = sum(t.inside and service in self.decided[t.at] for t in stated)
        return [
            ("none", "service", service),
            ("none", sort_of(service), str(min(own, 2))),
            ("none", self._one),
            ("none", "times", str(min(3, len(stated)))),
        ]

    def _of_left(self, service: str, time: Time) -> list[Trait]:
        line = self.page.segments[time.at].line
        out: list[Trait] = []
        for other in self.times:
            if other is not time and other.kind in _STATED and self.owns(other, service) == "only":
                near = "line" if self.page.segments[other.at].line == line else "apart"
                compared = _compared(other, time)
                out.append(("left", near, compared, time.ends, other.ends))
                out.append(("left", near, compared, self._as(time, service), self._as(other, service)))
        return out

    def _of_more_left(self, service: str, times: Sequence[Time]) -> Iterator[Trait]:
        """The traits of a time of the service's own clauses that is left out beside several that are added."""
        for other in self.times:
            if other not in times and other.kind in _STATED and self.owns(other, service) == "only":
                as_others = self._as(other, service) in {self._as(time, service) for time in times}
                yield "left", "more", "like the others" if as_others else "unlike them", other.kind

    def _as(self, time: Time, service: str) -> str:
        """How a time is said of a service: alone, named, in a heading, set off, in an item's own words, elsewhere."""
        if time.listed and service == (time.name_before if time.listed == "b" else time.name_behind):
            return "listed"
        if service in (time.name_before, time.name_behind):
            return "named"
        if "h" in time.place:
            return "heading"
        if "a" in time.place:
            return "alone"
        if self.owns(time, service) not in ("only", "among"):
            return "elsewhere"
        return "set off" if time.before in _SETTING_OFF or time.behind == ":" else "item"

    def _of_two(self, service: str, one: Time, two: Time) -> Iterator[Trait]:
        a, b = self.page.segments[one.at], self.page.segments[two.at]
        apart = "f"
        if one.at == two.at:
            apart = "g"
        elif a.sentence == b.sentence:
            apart = "s"
        elif a.line == b.line:
            apart = "l"
        elif a.block == b.block:
            apart = "b"
        yield "both", "stand", apart, one.ends, two.ends
        yield "both", "are", apart, one.kind, two.kind
        yield "both", "last", _compared(one, two), one.ends, two.ends
        yield "both", "own", self.owns(one, service), self.owns(two, service)
        yield "both", "as", apart, self._as(one, service), self._as(two, service)
        if apart in "gs":
            words = self.page.flat[one.end : two.start]
            joined = "parted"
            if any(word in words for word in _AGAIN):
                joined = "again"
            elif any(word in words for word in _JOINING):
                joined = "joined"
            yield "both", joined, str(min(len(words) // 20, 4))

    def of_all(self, given: Given) -> list[Trait]:
        """The traits of what the services of the note are given together."""
        users: dict[int, list[str]] = defaultdict(list)
        for service, chosen in given.items():
            for index in chosen:
                users[index].append(service)
        out: list[Trait] = []
        for index, services in users.items():
            if len(services) > 1:
                out.extend(self._of_twice(self.times[index], services, len(given)))
        few = str(min(len(given), 3))
        count = sum(map(bool, given.values()))
        some = "all" if count == len(given) else "some" if count else "none"
        out.append(("given", some, few))
        out.append(("given", "without", str(min(len(given) - count, 3)), few))
        if any(self.times[i].kind == "minutes" for i in users):
            out.extend(
                ("given", "a bare number among minutes", t.before)
                for i in users
                if (t := self.times[i]).kind == "plain"
            )
        if users:
            out.extend(self._of_sums(users, some, few))
        out.extend(self._of_unused(users, given))
        out.extend(self._of_order(users, given))
        return out

    def _of_order(self, users: Mapping[int, Sequence[str]], given: Given) -> Iterator[Trait]:
        """Whether the times follow one another as the services do."""
        own = [
            (self._middle[service], chosen)
            for service, chosen in given.items()
            if chosen and all(len(users[i]) == 1 and not self.times[i].listed for i in chosen)
        ]
        if len(own) < 2:
            return
        own.sort()
        for (middle, one), (later, two) in pairwise(own):
            apart = "near" if later - middle < 2 else "apart"
            said = "straight" if max(one) < min(two) else "crossed" if min(one) > max(two) else "mixed"
            yield "order", said, apart

    def _of_twice(self, time: Time, services: Sequence[str], among: int) -> Iterator[Trait]:
        marks = sorted(self.owns(time, s) for s in services)
        named = sum(s in (time.name_before, time.name_behind) for s in services)
        sorts = sorted({sort_of(s) for s in services})
        yield "twice", "own", marks[0], marks[-1]
        yield "twice", "by", str(min(len(services), 3)), time.kind
        yield "twice", "stands", time.ends, marks[-1]
        yield "twice", "sorts", *sorts[:2]
        yield "twice", "named", str(min(named, 2))
        if named and time.row:
            rowed = sum(s in time.row for s in services) + 1
            yield (
                "twice",
                "row",
                "of the row" if rowed == len(services) else "of others too",
                "all" if rowed > len(time.row) else "part",
            )
        segment = self.page.segments[time.at]
        summed = _SUMMING.search(self.page.flat, min(segment.start, time.start), max(segment.end, time.end) + 16)
        yield "twice", "said for several" if summed else "not said for several", str(min(len(services), 3))
        if len(services) == among:
            yield "twice", "by all", str(min(among, 3))

    def _of_sums(self, users: Mapping[int, Sequence[str]], some: str, few: str) -> Iterator[Trait]:
        """Whether what is given adds up to what the note states for all of it."""
        used = {i: self.times[i] for i in users}
        whole = sum(t.value for t in used.values())
        timed = sum(used[i].value for i, services in users.items() if timed_services().intersection(services))
        for kind, value in (("timed", timed), ("total", whole), ("clock", whole)):
            stated = [t.value for i, t in enumerate(self.times) if t.kind == kind]
            if not stated:
                continue
            itself = len(used) == 1 and next(iter(used.values())).kind == kind
            said = "itself" if itself else "=" if value in stated else ">" if value > max(stated) else "<"
            yield "sum", kind, said, some
            yield "sum", kind, said, few
        if len(used) > 1:
            rest = {
                t.value: t.kind for i, t in enumerate(self.times) if i not in users and t.kind not in (TOTAL, "timed")
            }
            if whole in rest:
                yield "sum", "is stated", rest[whole]
            elif timed in rest:
                yield "sum", "of the timed is stated", rest[timed]

    def _of_unused(self, users: Mapping[int, Sequence[str]], given: Given) -> Iterator[Trait]:
        most = sum(self.times[i].value for i in users)
        whole = {s for i, services in users.items() if self.times[i].kind in (TOTAL, "clock") for s in services}
        left = False
        for index, time in enumerate(self.times):
            if index in users or not time.done or time.kind not in ("minutes", "bracket"):
                continue
            if time.value < _SHORT:
                if time.inside and self.decided[time.at]:
                    yield "unused", "short", *self._of_short(time)
                    yield "unused", "short", self._covered(index, given)
                continue
            own = self.decided[time.at] if time.inside else frozenset()
            if own and own <= whole:
                yield "unused", "part of a session that is the service's"
                continue
            left = True
            served = "served" if own and all(given.get(s) for s in own) else ""
            called = time.name_before in given or time.name_behind in given
            what = "listed" if time.listed else "named" if called else "own" if own else "no"
            big = "long" if users and time.value >= most else ""
            yield "unused", what, time.ends, big, served
            if what != "no":
                yield "unused", what, served
            if own:
                yield "unused", "own", "held", self._covered(index, given)
        lacking = len(given) - sum(map(bool, given.values()))
        if left and lacking:
            yield "unused", "though services lack one", str(min(lacking, 2))

    def _covered(self, index: int, given: Given) -> str:
        """Whether a longer time given to what a time's clause supports holds it: one that opens the stretch before it
        ("15 min: rows, bike 4 min"), one that closes a stretch behind it ("bike 4 min, rows, 15 min"); one that closes what
        stands before it ("frictions 10 min, glides 3 min") does not. One of its own length may say the same "again".
        """
        time = self.times[index]
        own = self.decided[time.at]
        used = {i for service in own for i in given.get(service, ())}
        if any(self.times[i].value == time.value for i in used):
            return "again"
        longer = sorted(i for i in used if self.times[i].value > time.value)
        before = [self.times[i] for i in longer if i < index]
        behind = [self.times[i] for i in longer if i > index]
        opened = bool(before) and (not before[-1].ends.startswith("/") or before[-1].ends.endswith(":"))
        closed = bool(behind) and behind[0].ends[-1] in "LSG"
        far = "" if not longer else "near" if self._near(index, before[-1:] + behind[:1]) else "far"
        return ("opened" if opened else "ended" if before else "") + ("closed" if closed else "") + far

    def _near(self, index: int, others: Sequence[Time]) -> bool:
        """Whether a time stands in one line with one of some others."""
        line = self.page.segments[self.times[index].at].line
        return any(self.page.segments[other.at].line == line for other in others)

    def _of_short(self, time: Time) -> tuple[str, str]:
        """Whether the clause of a short time names a treatment of what it supports, and how the time stands in it: rests and
        holds are told beside treatments, short treatments as these themselves.
        """
        own = self.decided[time.at]
        named = any(own.intersection(m.concept.priors) for m in self.page.segments[time.at].mentions)
        return "treatment" if named else "no treatment", time.ends


def _name(time: Time, service: str) -> str:
    """Which service is called beside a time: this one before or behind it, the total, another."""
    if time.name_before == service:
        return f"b{time.near_before}"
    if time.name_behind == service:
        return f"a{time.near_behind}"
    if service in time.row:
        return f"r{time.near_before if time.name_before else time.near_behind}"
    if time.name_before:
        return "total" if time.name_before == TOTAL else f"ob{time.near_before}"
    return "oa" if time.name_behind else ""


def _class_of(share: float) -> str:
    return "a" if share < 0.1 else "b" if share < 0.3 else "c" if share < 0.6 else "d" if share < 0.85 else "e"


def _compared(one: Time, two: Time) -> str:
    return "<" if one.value < two.value else "=" if one.value == two.value else ">"
