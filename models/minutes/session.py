"""The session as a note states it: its start and end, its length, and times and totals that cannot all be true.

Reading order: `Clocks` (whose each start and end is), `stated_total`, `contradictions`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise

from corpus.services import load_services
from models.clock import Interval, shared
from models.minutes.names import names_in
from models.minutes.page import Page
from models.minutes.times import TOTAL, Time
from models.wording import minutes_in_words
from nlp.measures import interval_of
from nlp.note import ParsedNote
from nlp.status import judged

Given = Mapping[str, tuple[int, ...]]
_MINUTES = frozenset(["minutes", "bare", "bracket"])

# "Patient was treated for 45 minutes": who, that they were here, how long, and nothing else behind it.
_SEEN = re.compile(
    r"\b(?:pts?|patient|client|resident|child|he|she|they)\b[ \t]+(?:(?:was|were|has been|had been)[ \t]+)?"
    r"(?:seen|treated|present|here|attended|worked with|in (?:the )?clinic)\b"
    r"(?:[ \t]+(?:today|here|in (?:the )?(?:clinic|gym|room)|one[- ]on[- ]one|1:1|by me|by this therapist|in therapy))?"
    r"[ \t]+for(?:[ \t]+(?:a total of|about|approximately))?[ \t]*$",
    re.I,
)
_SEEN_ENDS = re.compile(
    r"(?:[ \t]+of)?(?:[ \t]+(?:skilled|direct))?(?:[ \t]+(?:pt|ot|physical therapy|occupational therapy|therapy|treatment|care))?"
    r"(?:[ \t]+(?:today|this date|in all))?[ \t]*(?:[.;)\n]|$)",
    re.I,
)
_BESIDE = re.compile(r"[ \t]*(?:[(\[=|]|[,:–-](?=[ \t]))[ \t]*(?:(?:total|for)[ \t]+)?")
_CLOSED = re.compile(r"[ \t]*(?:[)\]|.;,\n]|$)")
_MARKED = frozenset("([=|")
# Totals of how long someone was about, rests and waits with it; and totals of a part.
_ABOUT = re.compile(
    r"\b(?:clinic|room|rm|home|house|building|dept|office|session|visit|appt|appointment|duration|door|chair)\b", re.I
)
_OF_PART = re.compile(r"\b(?:un-?timed|non-?timed|service|eval\w*|group)\b|[-/&]", re.I)
_SENTENCE = re.compile(r"\n|[.;][ \t]+")
_TIMED = re.compile(r"\b(?:timed|tct)\b", re.I)
_UNITS_BESIDE = re.compile(r"[ \t]*[)\]]?[ \t]*[=,(\[:/|–-]{0,2}[ \t]*(?:x[ \t]*)?", re.I)
_MOST_UNITS = 8
"""No code's daily maximum is above it (billing facts, section 2.3)."""
_UNITS_OF_ALL = re.compile(
    r"(?:^|[.;\n|])[ \t]*(?:(?:total|billed|billable|timed)[ \t]+)*units?(?:[ \t]+(?:billed|charged|total))?[ \t]*[:=][ \t]*(\d{1,2})[ \t]*(?=[.;,|\n]|$)",
    re.I,
)


class Clocks:
    """Whose each stated start and end is.

    Parameters
    ----------
    times : of the page.
    page : the page.
    decided : per segment the services it was found to support.
    given : service -> indices of the times it was given.

    Attributes
    ----------
    of_services : service -> starts and ends stated for it, whether it was given them or not.
    session : index of the one start and end that is the session's; ``None`` where none is, or several could be.
    """

    def __init__(self, times: Sequence[Time], page: Page, decided: Sequence[frozenset[str]], given: Given) -> None:
        self._times, self._flat = times, page.flat
        self.of_services: dict[str, list[tuple[int, int]]] = {}
        takers = {i: service for service, chosen in given.items() for i in chosen}
        whole = sum(times[i].value for i in takers)
        free = []
        for i, time in enumerate(times):
            interval = self.interval(i)
            if interval is None:
                continue
            owner = takers.get(i) or self._owner(time, page.services, decided, whole)
            if owner:
                self.of_services.setdefault(owner, []).append(interval)
            else:
                free.append(i)
        self.session = self._holding_all(free)

    def interval(self, index: int) -> tuple[int, int] | None:
        """Start and end of a time that is stated by them, on a twelve-hour dial."""
        time = self._times[index]
        return interval_of(self._flat[time.start : time.end]) if time.kind == "clock" else None

    def _owner(
        self, time: Time, services: frozenset[str], decided: Sequence[frozenset[str]], whole: int
    ) -> str | None:
        """The service named right before a start and end, or the only one of its clause where all that is given is longer."""
        if time.name_before in services and time.near_before < 2:
            return time.name_before
        here = decided[time.at] if time.inside else frozenset()
        return next(iter(here)) if len(here) == 1 and whole > time.value else None

    def _holding_all(self, free: Sequence[int]) -> int | None:
        """Of starts and ends that are no service's, the one that holds all others; none that is apart from all services'."""
        found = [(i, interval) for i in free if (interval := self.interval(i))]
        services = [one for intervals in self.of_services.values() for one in intervals]
        for i, whole in found:
            holds = all(_outside(other, whole) == 0 for _, other in found)
            apart = services and all(_outside(one, whole) == one[1] - one[0] for one in services)
            if holds and not apart:
                return i
        return None


def stated_total(page: Page, used: Container[int]) -> int | None:
    """Minutes the patient is said to have been treated, where the clause says nothing else: "Pt was seen for 45 min."."""
    said = [
        t.value
        for i, t in enumerate(page.times)
        if t.kind == "minutes"
        and t.done
        and i not in used
        and _SEEN.search(page.flat, max(0, t.start - 90), t.start)
        and (page.flat[t.end - 1] == "." or _SEEN_ENDS.match(page.flat, t.end))
    ]
    return max(said, default=None)


def written_units(note: ParsedNote, times: Sequence[Time], given: Given) -> dict[str, int]:
    """Units the note writes for a service: behind its only time ("30 min = 3 units"), or behind its one code or name ("97110 x 2").

    A service with different numbers or with several times and several numbers has none here, nor one that can become several codes,
    which share its minutes. What is authorised for many visits is no day's number.
    """
    flat = note.text.flat
    units = {m.start: int(m.value) for m in note.measures or () if m.kind == "units" and m.value <= _MOST_UNITS}
    if not units:
        return {}
    said: dict[str, list[int]] = {}
    for service, chosen in given.items():
        if len(chosen) == 1 and (number := _units_behind(flat, times[chosen[0]].end, units)):
            said.setdefault(service, []).append(number)
    segments = judged(note)
    starts = [s.start for s in segments]
    for mark in note.marks or ():
        at = bisect_right(starts, mark.start) - 1
        number = _units_behind(flat, mark.end, units) if len(load_services()[mark.service].codes) == 1 else None
        if number and at >= 0 and segments[at].status == "performed":
            said.setdefault(mark.service, []).append(number)
    return {
        service: found[0]
        for service, found in said.items()
        if len(set(found)) == 1 and (len(found) == 1 or len(given.get(service, ())) < 2)
    }


def _units_behind(flat: str, end: int, units: Mapping[int, int]) -> int | None:
    """The number of units right behind a place."""
    gap = _UNITS_BESIDE.match(flat, end)
    return units.get(gap.end()) if gap else None


def units_of_all(flat: str) -> int | None:
    """The units the note writes for the whole visit ("Units: 3"); ``None`` where it writes none, or two numbers."""
    found = {int(match[1]) for match in _UNITS_OF_ALL.finditer(flat)}
    return found.pop() if len(found) == 1 else None


def contradictions(page: Page, given: Given, clocks: Clocks) -> Iterator[str]:
    """Sentences on times and totals of a note that cannot all be true; those of the claim's codes are `models.claim`'s."""
    used = {i for chosen in given.values() for i in chosen}
    yield from _clocks_against_minutes(page)
    yield from _totals_that_differ(page, used, clocks)
    yield from _outside_session(page, clocks)
    yield from _stated_twice(page, given, used)


def _clocks_against_minutes(page: Page) -> Iterator[str]:
    """A start and end with other minutes right beside it: "9:00-9:20 (25 min)"."""
    for clock, time in pairwise(page.times):
        if clock.kind != "clock" or time.kind not in _MINUTES or time.value == clock.value:
            continue
        between = page.flat[clock.end : time.start]
        marked = bool(_MARKED & set(between)) or clock.name_before in page.services
        if time.kind == "bracket":
            between, marked = between + "(", True
        closed = page.flat[time.end - 1] in ".)]" or _CLOSED.match(page.flat, time.end)
        if marked and closed and _BESIDE.fullmatch(between):
            yield (
                f"{_words(page, clock)} is {clock.value} minutes, the note says {time.value} beside it; "
                "at least one of the two needs another look."
            )


def is_beside_clock(page: Page, index: int) -> bool:
    """Whether a time stands right behind a start and end and says how long that was."""
    clock, time = page.times[index - 1], page.times[index]
    return index > 0 and clock.kind == "clock" and _BESIDE.fullmatch(page.flat, clock.end, time.start) is not None


def _totals_that_differ(page: Page, used: Container[int], clocks: Clocks) -> Iterator[str]:
    """Totals of one kind with two values, and treatment that is longer than the session."""
    free = [t for i, t in enumerate(page.times) if i not in used]
    timed = _values(t for t in free if t.kind == "timed" and _TIMED.search(_words(page, t)))
    totals = [
        t for t in free if t.kind == TOTAL and not _OF_PART.search(_words(page, t)) and not _is_of_part(page, t)
    ]
    treated = _values(t for t in totals if not _ABOUT.search(_words(page, t)))
    for what, values in (("totals of timed minutes", timed), ("totals of the treatment time", treated)):
        if len(values) > 1:
            yield f"The note states different {what}: {' and '.join(map(str, values))}."
    if clocks.session is not None and treated and treated[-1] > page.times[clocks.session].value:
        whole = page.times[clocks.session]
        yield (
            f"The note's total of {treated[-1]} minutes is more than the {whole.value} between its start and end "
            f"({_words(page, whole)})."
        )


def _outside_session(page: Page, clocks: Clocks) -> Iterator[str]:
    """Starts and ends of services that do not lie in the session's."""
    session = clocks.interval(clocks.session) if clocks.session is not None else None
    if session is None or clocks.session is None:
        return
    for intervals in clocks.of_services.values():
        for interval in intervals:
            if minutes := _outside(interval, session):
                yield (
                    f"A stated time of {minutes_in_words(interval[1] - interval[0])} lies {minutes_in_words(minutes)} outside the session "
                    f"({_words(page, page.times[clocks.session])})."
                )


def _stated_twice(page: Page, given: Given, used: Container[int]) -> Iterator[str]:
    """A service whose own sentence and whose entry in a list of minutes differ."""
    for service, chosen in given.items():
        own = [i for i, t in enumerate(page.times) if t.kind in _MINUTES and _begins_with(page, t, service)]
        listed = [i for i, t in enumerate(page.times) if t.listed and service in (t.name_before, t.name_behind)]
        if len(own) != 1 or len(listed) != 1 or own == listed or not chosen:
            continue
        one, other = page.times[own[0]], page.times[listed[0]]
        if one.value != other.value and (own[0] not in used or listed[0] not in used):
            yield (
                f"The note states {one.value} and {other.value} minutes for one service "
                f"({_words(page, other)} in its list); at least one of the two needs another look."
            )


def _begins_with(page: Page, time: Time, service: str) -> bool:
    """Whether a time is the only one of a sentence that begins with a service's name, and closes it."""
    if not time.inside or time.listed or not set(time.ends.partition("/")[2]) & set("LS"):
        return False
    flat = page.flat
    begin = max((m.end() for m in _SENTENCE.finditer(flat, max(0, time.start - 300), time.start)), default=0)
    if any(begin <= t.start < time.start for t in page.times):
        return False
    first = bisect_left(page.note.text.starts, begin)
    head = page.note.text.norms[first : bisect_left(page.note.text.starts, time.start)]
    return service in names_in(head[:6])


def _is_of_part(page: Page, total: Time) -> bool:
    """Whether the word before a total makes it one of a part: "untimed total 10"."""
    return bool(
        re.search(r"(?:un-?timed|non-?timed)[ \t]*$", page.flat[max(0, total.start - 12) : total.start], re.I)
    )


def _values(times: Iterator[Time]) -> list[int]:
    return sorted({t.value for t in times})


def _outside(one: Interval, whole: Interval) -> int:
    """Minutes of an interval that lie outside another."""
    return one[1] - one[0] - shared(one, whole)


def _words(page: Page, time: Time) -> str:
    return " ".join(page.flat[time.start : time.end].split()).rstrip(".,; ")
