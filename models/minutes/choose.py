"""Which of a note's times are given to which service: the most likely way to give them all.

A service can be given no time, one, or several that are added. Each way has a score, the sum of the weights of its
traits (`models.minutes.traits`); the ways within `_MARGIN` of a service's best are tried together with those of the
other services, because a time is seldom said for two and a note's own totals must hold. The best together is taken.
The weights are learned from the corpus' stated minutes (`models.minutes.learn`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product, repeat

from corpus.minutes import load_weights
from corpus.services import service_of_code
from models.minutes.page import Page
from models.minutes.session import Clocks, contradictions, is_beside_clock, stated_total, written_units
from models.minutes.times import TOTAL, Time
from models.minutes.traits import NAMES, Given, Support, Trait, Traits
from nlp.measures.corrections import INCLUDING
from nlp.note import ParsedNote
from nlp.text import NUMBER_WORDS

_CORRECTION = re.compile(r"\b(?:correction|corrected|amended|amendment|revised)\b", re.I)
_OF_VISIT = re.compile(r"\b(?:session|visit|encounter|appointment|clinic|treatment time|tx time|seen)\b", re.I)
_ITEMS = re.compile(r"[ \t]{0,3}[)\]]?[ \t]{0,3}(?::(?!\d)|[-=]{1,2}>|→|\((?=[^)\n]{0,200}\)))")
"""Behind the time of a heading: its items follow."""
_LAST_ITEMS = re.compile(
    r"\b(?:(?:last|these|those|previous|all) (?P<n>[2-9]|two|three|four|five|six)(?: (?:items?|exercises?|ex|activities|tasks|lines|drills|things|of (?:these|those|them)))?"
    r"|both (?:of (?:these|those|them)|items|exercises|activities|tasks))"
    r"(?: (?:together|combined|total|in total|took|were|was|for|x))*[ \t:=,–-]{1,4}(?:about |approx\.? )?[(\[]?$",
    re.I,
)
"""Before a time: how many of the items told before it it is of."""
_CODED = frozenset({"minutes", "bare", "plain", "bracket", "worded"})
_CODE_BEHIND = re.compile(r"[ \t]{0,3}(?:=|→|-{1,2}>|:)[ \t]{0,3}(?:CPT[ \t]{1,3})?(?P<code>\d{5})(?!\d)", re.I)
_CODE_BEFORE = re.compile(
    r"(?<!\d)(?P<code>\d{5})[ \t]{0,3}[:=(–→-]{0,2}[ \t]{0,3}(?:(?:first|initial|next|additional|add'?l|another|for)[ \t]{1,3}){0,2}$",
    re.I,
)
_OF_ENCOUNTER = frozenset({"minutes", "timed", "total", "clock"})
_SEEN = re.compile(
    r"\b(?:seen|treated|attended|worked with)(?: (?:today|here|for|from|one[- ]on[- ]one|1:1|face[- ]to[- ]face|by me|a total of|about|approximately|direct|in (?:the )?(?:clinic|home|school|gym))){0,4}[ \t]*$",
    re.I,
)
"""Before the time of the encounter."""
_TOLD_BEFORE = re.compile(
    r"(?:\ball (?:of )?(?:that|this|these|those|the above)|\b(?:these|those|the above|that|this))(?: (?:all|together|took|lasted|was|were|ran|for|about|approx\.?|in|total|came to)){0,4}[ \t:=,(–-]{1,3}$",
    re.I,
)
"""Before a time: it is of what was told before it."""
_TOLD_BEHIND = re.compile(
    r"[ \t]{0,3}(?:for|on|in) (?:all of )?(?:these|those|(?:all )?(?:of )?(?:that|this)|the above)\b[ \t]*(?:[.,;)\n]|$)",
    re.I,
)
"""Behind a time: the same."""
_OF = re.compile(r"\s+(?:worth\s+)?of\s", re.I)
Weights = Mapping[Trait, float]
SCALE: Trait = ("scale",)
"""The weight that the scores of single services have beside the traits of all of them."""
_MARGIN = 4.0
_SINGLES, _ADDED, _MOST_ADDED = 5, 4, 4
_LEAST_ADDED = -2.0
_BEHIND_BEST = 3.0
"""A time may be added to others that is this likely, or this near to the likeliest."""
_WAYS, _TOGETHER = 4, 64


@dataclass(slots=True)
class Allocation:
    """Minutes per service.

    Attributes
    ----------
    minutes : service -> whole minutes stated for it; a service without stated minutes is absent.
    shared : services that have stated minutes in common -> how many; a time stated for each of them is no common one.
    spans : service -> the words that state its minutes.
    timed, total : the note's own totals, minutes.
    clocks : service -> every start and end stated for it, on a twelve-hour dial, also those that give it no minutes.
    units : service -> units the note writes beside its minutes.
    contradictions : sentences on times and totals that cannot all be true.
    """

    minutes: dict[str, int] = field(default_factory=dict)
    shared: dict[tuple[str, ...], int] = field(default_factory=dict)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    timed: int | None = None
    total: int | None = None
    clocks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)

    def shares(self, service: str) -> bool:
        """Whether a time of a service is stated for others too."""
        return any(service in services for services in self.shared)


@dataclass(frozen=True, slots=True)
class Reason:
    """One trait of the times a service was given: what it looks at, what was found, and its weight."""

    looks_at: str
    found: str
    weight: float


def allocate(
    note: ParsedNote,
    decided: Sequence[frozenset[str]],
    support: Support | None = None,
    weights: Weights | None = None,
) -> Allocation:
    """Give each stated time to the services it is stated for.

    Parameters
    ----------
    note : the parsed note.
    decided : per segment the services it was found to support.
    support : per segment how strongly it supports each service given at this visit, in [0, 1]; as decided where absent.
    weights : of the traits; the learned ones where absent.

    Returns
    -------
    Minutes per service; a service that no time is stated for is absent.

    Examples
    --------
    >>> from nlp.pipeline import parse
    >>> note = parse("Moist heat 10 min, then effleurage, petrissage, 45 min")
    >>> decided = [frozenset(["hot_cold"]), *3 * [frozenset(["massage"])]]
    >>> allocate(note, decided[: len(note.segments)]).minutes
    {'hot_cold': 10, 'massage': 45}
    """
    traits = traits_of(note, decided, support)
    given = choose(traits, load_weights() if weights is None else weights)
    given |= _of_the_encounter(traits, given)
    given |= stopped(traits, given)
    given |= itemised(traits, given)
    given |= _of_its_heading(traits, given)
    given |= rowed(traits, given)
    given |= parted(traits, given)
    given |= of_each(traits, given)
    given |= of_a_whole(traits, given)
    given |= _of_what_it_names(traits, given)
    given |= _of_last_items(traits, given)
    given |= _of_what_was_told(traits, given)
    given |= {service: _of_one_day(traits, chosen) for service, chosen in given.items()}
    given |= {service: _as_billed(traits, chosen, service) for service, chosen in given.items()}
    given |= {service: _without_parts(traits, given, service) for service in given}
    given |= {service: _with_what_includes(traits, given, service) for service in given}
    given |= _by_code(traits, given)
    given |= of_items(traits, given)
    given |= of_stretches(traits, given)
    given |= of_rows(traits, given)
    given |= of_entries(traits, given)
    given |= paired(traits, given)
    out = Allocation()
    users: dict[int, list[str]] = {}
    for service, chosen in given.items():
        if chosen:
            times = [traits.times[i] for i in chosen]
            out.minutes[service] = sum(t.value for t in times)
            out.spans[service] = [(t.start, t.end) for t in times]
            for index in chosen:
                users.setdefault(index, []).append(service)
    for index, services in users.items():
        if len(services) > 1 and not traits.times[index].each:
            several = tuple(services)
            out.shared[several] = out.shared.get(several, 0) + traits.times[index].value
    _take_off_included(traits, users, out)
    clocks = Clocks(traits.times, traits.page, decided, given)
    out.timed, out.total = _totals(traits, users, out, clocks)
    out.clocks = clocks.of_services
    out.units = written_units(note, traits.times, given)
    out.contradictions = list(contradictions(traits.page, given, clocks))
    return out


def _take_off_included(traits: Traits, users: Mapping[int, Sequence[str]], out: Allocation) -> None:
    """A time that another service's includes is counted once: "Therex 30 min, including 10 min NMR" is 20 and 10."""
    for index, inner in users.items():
        outer = users.get(index - 1, ())
        if len(outer) != 1 or len(inner) != 1 or outer[0] == inner[0]:
            continue
        whole, part = traits.times[index - 1], traits.times[index]
        if part.value < whole.value and INCLUDING.fullmatch(traits.page.flat[whole.end : part.start]):
            out.minutes[outer[0]] -= part.value


def _of_the_encounter(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """The only service of a note, where no time was given it, with the one time someone was seen for: "Seen 62 min face to face"."""
    seen = [
        index
        for index, time in enumerate(traits.times)
        if time.kind in _OF_ENCOUNTER and time.done and _SEEN.search(_lead(traits.page.flat, time.start))
    ]
    only = len(traits.services) == 1 and not any(given.values())
    return {traits.services[0]: (seen[0],)} if only and len(seen) == 1 else {}


def stopped(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services that were given no time, with the time after which they were stopped: "US begun; terminated after 3 min"."""
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        owners = traits.decided[time.at] if time.until_stopped else frozenset()
        if len(owners) == 1 and not given.get(*owners) and not any(index in chosen for chosen in given.values()):
            out.update(dict.fromkeys(owners, (index,)))
    return out


def itemised(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which a name heads a line of items that each have a time of their own, with all these times: they add up
    ("Manual: STM 6 min, mobs 8 min"). A line of which an item has none may end with the time of all and is left as given.
    """
    out = {}
    for service, chosen in given.items():
        items = [times for times in traits.page.itemised(service) if set(chosen) & set(times)]
        taken = {i for other, times in given.items() if other != service for i in times}
        if len(items) == 1 and set(chosen) < set(items[0]) and not taken.intersection(items[0]):
            out[service] = items[0]
    return out


def _of_its_heading(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time of which a name heads a sentence, with the times of its items, where the service these were given
    has another time: "Pool: walking 10 min. Gait training on land 15 min".
    """
    out: dict[str, tuple[int, ...]] = {}
    for service in [service for service, chosen in given.items() if not chosen]:
        items = set(traits.page.headed(service))
        for other, chosen in given.items():
            taken = items & set(out.get(other, chosen))
            if taken and taken < set(chosen):
                out[service] = tuple(sorted({*out.get(service, ()), *taken}))
                out[other] = tuple(i for i in out.get(other, chosen) if i not in taken)
    return out


def of_stretches(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services told of behind one stretch of the session each, where several are told so, with all of theirs: "first quarter hour: ...,
    second quarter hour: ...", "[0910 to 0935] dressing".
    """
    times, page = traits.times, traits.page
    heads = [i for i, t in enumerate(times) if t.inside and t.done and page.heads_stretch(t)]
    owners = {i: _told_behind(traits, i) for i in heads}
    if len(heads) < 2 or len({times[i].kind == "clock" for i in heads}) > 1:
        return {}
    own: dict[str, list[int]] = {}
    for index, services in owners.items():
        for service in services if len(services) == 1 else ():
            own.setdefault(service, []).append(index)
    taken = {index for found in own.values() for index in found}
    rest = {
        service: tuple(i for i in chosen if i not in taken)
        for service, chosen in given.items()
        if taken & set(chosen)
    }
    return rest | {service: tuple(found) for service, found in own.items()}


def _told_behind(traits: Traits, index: int) -> frozenset[str]:
    """The services of a time's own clause; where it has none, those of the clauses that follow it in its sentence."""
    time, segments = traits.times[index], traits.page.segments
    at = time.at
    alone = time.kind == "clock" and not any(map(str.isalnum, traits.page.flat[time.end : segments[at].end]))
    if alone and at + 1 < len(segments) and segments[at + 1].line == segments[at].line:
        at += 1
    found = traits.decided[at]
    while not found and at + 1 < len(segments) and segments[at + 1].sentence == segments[at].sentence:
        at += 1
        found = traits.decided[at]
    return found


def of_items(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services whose times end lines that name treatments, with those too that other such lines of theirs say in parts or of each of
    several: "hand bike 4' fwd 4' back", "bike and rower 5 min each".
    """
    times, segments = traits.times, traits.page.segments
    taken = {i for chosen in given.values() for i in chosen}
    out = {}
    for service, chosen in given.items():
        lines = {segments[times[i].at].line for i in chosen}
        own = all(times[i].ends[-1:] == "L" and _is_item_of(traits, i, service) for i in chosen)
        more = [
            i
            for i, time in enumerate(times)
            if i not in taken and segments[time.at].line not in lines and _is_item_of(traits, i, service)
        ]
        parts = [i for i in more if times[i].each or sum(times[k].at == times[i].at for k in more) > 1]
        if chosen and own and parts:
            out[service] = tuple(sorted({*chosen, *parts}))
    return out


def _is_item_of(traits: Traits, index: int, service: str) -> bool:
    """Whether a time is minutes of work in a clause that is one service's only and names a treatment."""
    time = traits.times[index]
    named = time.inside and any(service in m.concept.priors for m in traits.page.segments[time.at].mentions)
    alone = "a" in time.place or time.ends[-1:] == ":"
    return named and not alone and time.kind == "minutes" and time.done and traits.decided[time.at] == {service}


def of_rows(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which rows of a table tell, each with the times of all its rows, where it was given one of these or none."""
    at = {time.start: index for index, time in enumerate(traits.times)}
    own: dict[str, list[int]] = {}
    for row, services in traits.page.timed_rows():
        for service in services if row in at and len(services) == 1 else ():
            own.setdefault(service, []).append(at[row])
    out = {}
    for service, rows in own.items():
        chosen = given.get(service, ())
        others = {i for other, found in given.items() if other != service for i in found}
        if service in given and set(chosen) < set(rows) and others.isdisjoint(rows):
            out[service] = tuple(rows)
    return out


def of_entries(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services called in a list of names and numbers that take turns, with their own number where they were given none or
    another's: "TE 20 as before, MT 15 as before".
    """
    own: dict[str, set[int]] = {}
    for service, index in traits.page.entries():
        own.setdefault(service, set()).add(index)
    every = {index for found in own.values() for index in found}
    out = {}
    for service, chosen in given.items():
        mine = own.get(service, set())
        rest = {i for i in chosen if i in mine or i not in every or service in traits.times[i].row}
        if rest != set(chosen) or (mine and not chosen):
            out[service] = tuple(sorted(rest or mine))
    return out


def paired(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services called in a row before as many numbers, each with its own of these and no other's: "TE/NMR/MT = 23/12/8"."""
    own: dict[str, set[int]] = {}
    for service, index in traits.page.paired():
        own.setdefault(service, set()).add(index)
    every = {index for found in own.values() for index in found}
    rest = {service: tuple(i for i in chosen if i not in every) for service, chosen in given.items()}
    return rest | {service: tuple(sorted(found)) for service, found in own.items()}


def _of_one_day(traits: Traits, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Times that are added, less those of another day and those of rests, where some are of this visit's work."""
    done = tuple(i for i in chosen if traits.times[i].done and traits.times[i].behind != "rest")
    return done if done and len(chosen) > 1 else chosen


def _as_billed(traits: Traits, chosen: tuple[int, ...], service: str) -> tuple[int, ...]:
    """Of times that are added, those that correct the others, else the one said to be the service's total, else those written beside its code in sentences of their own:
    "Bike 10 min, leg press 5 min. Billing: 97110 - 15 min".
    """
    page, times = traits.page, traits.times
    right = [i for i in chosen if _CORRECTION.search(_lead(page.flat, times[i].start))]
    if len(chosen) > 1 and right:
        return tuple(right)
    totals = {time.value for time in times if page.names.is_total_of(time, service)} if len(chosen) > 1 else set()
    whole = [i for i in chosen if times[i].value in totals]
    if whole:
        return (whole[-1],)
    coded = [i for i in chosen if times[i].ends[-1:] in ("L", "S", "G") and page.names.is_coded(times[i])]
    said = {page.segments[times[i].at].sentence for i in coded}
    if coded and not any(page.segments[times[i].at].sentence in said for i in chosen if i not in coded):
        return tuple(coded)
    return chosen


def _lead(flat: str, start: int) -> str:
    """What stands before a time in its sentence."""
    lead = flat[max(0, start - 80) : start]
    return lead[max(lead.rfind("\n"), lead.rfind(". "), -1) + 1 :]


def _without_parts(traits: Traits, given: Given, service: str) -> tuple[int, ...]:
    """A service's times less those that another of them sums up: "NMR (20 min): 5 min static, 10 min dynamic, 5 min on foam"."""
    chosen = given[service]
    others = {i for other, times in given.items() if other != service for i in times}
    if len(chosen) > 2 and _closes_column(traits, chosen):
        return chosen[-1:]
    for whole in chosen if len(chosen) > 1 else ():
        under = _under(traits, whole, service) & set(chosen)
        if under and sum(traits.times[i].value for i in under) <= traits.times[whole].value:
            return tuple(i for i in chosen if i not in under)
        head = traits.times[whole]
        stands_for_all = head.name_before in (service, TOTAL) or head.name_behind == TOTAL or head.ends[-1:] == ":"
        for step in (1, -1) if stands_for_all else ():
            parts = _parts_of(traits, whole, step)
            named = any(service in (traits.times[i].name_before, traits.times[i].name_behind) for i in parts)
            if len(parts) > 1 and set(chosen) & parts and not others & parts and not named:
                return tuple(i for i in chosen if i not in parts)
    return chosen


def _with_what_includes(traits: Traits, given: Given, service: str) -> tuple[int, ...]:
    """A service's times, each that is part of the time before it replaced by that time: "43 min this month incl. call 12 min"."""
    times, flat = traits.times, traits.page.flat
    out = list(given[service])
    taken = {i for other, chosen in given.items() if other != service for i in chosen}
    for part in given[service]:
        whole = part - 1
        if traits.page.whole_of(part) is not None:
            continue
        if part and whole not in taken and part not in taken and times[part].value < times[whole].value:
            own = times[whole].kind == "minutes" and times[whole].done
            of_visit = _OF_VISIT.search(_lead(flat, times[whole].start))
            if own and not of_visit and INCLUDING.fullmatch(flat, times[whole].end, times[part].start):
                out[out.index(part)] = whole
    return tuple(dict.fromkeys(out))


def _closes_column(traits: Traits, chosen: tuple[int, ...]) -> bool:
    """Whether the last of some times is the sum of the others, which stand at ends of lines, and is alone with a name in its line."""
    page, times = traits.page, [traits.times[i] for i in chosen]
    *items, last = times
    return (
        last.value == sum(item.value for item in items)
        and page.names.heads_line(last)
        and last.ends[-1:] == "L"
        and all(item.ends[-1:] == "L" and not page.names.heads_line(item) for item in items)
        and len({page.segments[time.at].line for time in times}) == len(times)
    )


def _under(traits: Traits, whole: int, service: str) -> set[int]:
    """The times of the lines under one that is a service's name with its time: "Manual therapy: 15 min", below it "STM 10 min"."""
    times, segments = traits.times, traits.page.segments
    head = times[whole]
    if head.name_before != service or head.near_before or head.ends[-1:] not in ("L", ":"):
        return set()
    if not traits.page.names.heads_line(head):
        return set()
    block, line = segments[head.at].block, segments[head.at].line
    out: set[int] = set()
    for at in range(whole + 1, len(times)):
        segment = segments[times[at].at]
        if (
            segment.block != block
            or segment.line <= line
            or times[at].name_before in traits.page.services - {service}
        ):
            break
        out.add(at)
    return out


def _parts_of(traits: Traits, whole: int, step: int) -> set[int]:
    """The times that follow one another from a time on, or back, in its line and come to it; none where they do not."""
    times, segments = traits.times, traits.page.segments
    line, rest, parts, at = segments[times[whole].at].line, times[whole].value, set[int](), whole + step
    while (
        rest > 0
        and 0 <= at < len(times)
        and segments[times[at].at].line == line
        and times[at].kind == times[whole].kind
    ):
        rest -= times[at].value
        parts.add(at)
        at += step
    return set() if rest else parts


def rowed(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time that are named in one row with others beside a time, with that time: "TE and NMR for 25 min".

    It must be minutes of this visit's work, and given to no service outside the row.
    """
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        row = {*time.row, time.name_before or time.name_behind} & set(given)
        users = {service for service, chosen in given.items() if index in chosen}
        if time.tied and time.done and time.kind == "minutes" and len(row) > 1 and users <= row:
            out |= {service: (index,) for service in row if not given[service]}
    return out


def of_each(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services without a time, told in one sentence with others before a time that is said of each, with that time:
    "treadmill & floor transfers, 15 min apiece".
    """
    out: dict[str, tuple[int, ...]] = {}
    last = -1
    for index, time in enumerate(traits.times):
        users = {service for service, chosen in given.items() if index in chosen}
        if time.each and time.inside and time.done and users:
            sentence = traits.page.segments[time.at].sentence
            told = [at for at in range(last + 1, time.at + 1) if traits.page.segments[at].sentence == sentence]
            here = {service for at in told for service in traits.decided[at]}
            out |= {service: (index,) for service in here & set(given) if not given[service]}
        last = time.at
    return out


def parted(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services given the time of a heading that the times of its line sum up to, though these are of different services, with
    their own of these instead: "MANUAL 20': US 8', STM 12'" is 8 and 12.

    An item that was found to support no service of its own is of those the heading's time was given to.
    """
    out: dict[str, tuple[int, ...]] = {}
    for whole, head in enumerate(traits.times):
        users = [service for service, chosen in given.items() if whole in chosen]
        if not users or head.kind != "minutes" or not _opens_items(traits, whole):
            continue
        owners = {i: _owners(traits, given, i) for i in _parts_of(traits, whole, 1)}
        if len(owners) > 1 and any(own and own.isdisjoint(users) for own in owners.values()):
            for service in users:
                parts = {i for i, own in owners.items() if service in own or not own}
                out[service] = tuple(sorted({*given[service], *parts} - {whole}))
    return out


def of_a_whole(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services that a part of a time is called by the name of, with that part: "75 min of which 60 community re-entry" is 60.

    So are those named right behind a further number of its sentence: "50 min, of which 35 were exercise and 15 manual".
    """
    out: dict[str, tuple[int, ...]] = {}
    times, segments = traits.times, traits.page.segments
    for part, time in enumerate(times):
        service, whole = time.name_behind, traits.page.whole_of(part)
        if whole is None or not time.done or set(given.get(service, ())) - {whole, part}:
            continue
        if any(part in chosen for other, chosen in given.items() if other != service):
            continue
        out[service] = (part,)
        rest = times[whole].value - time.value
        for more in range(part + 1, len(times)):
            other, rest = times[more].name_behind, rest - times[more].value
            if segments[times[more].at].line != segments[time.at].line or rest < 0 or times[more].near_behind:
                break
            if times[more].kind in ("plain", "bare") and not out.get(other, given.get(other, (more,))):
                out[other] = (more,)
    return out


def _of_what_it_names(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services told before a time that is said to be "of" another, without it: "kneading, and after that fifteen minutes of exercise"."""
    out: dict[str, tuple[int, ...]] = {}
    for index, time in enumerate(traits.times):
        users = {service for service, chosen in given.items() if index in chosen}
        if len(users) < 2 or time.name_behind not in users or not _OF.match(traits.page.flat, time.end):
            continue
        for service in users - {time.name_behind} - time.row:
            if any(service in here for here in traits.decided[: time.at]):
                out[service] = tuple(i for i in out.get(service, given[service]) if i != index)
    return out


def _of_last_items(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A time said of the last so many items, taken from services told before these and given to those of the items without
    one: "Epley / foam stance / cone taps (last two: 24 min)".
    """
    out = dict(given)
    for index, time in enumerate(traits.times):
        said = _LAST_ITEMS.search(traits.page.flat, max(0, time.start - 60), time.start)
        if said is None or time.kind not in ("minutes", "bare", TOTAL) or time.each:
            continue
        count = 2 if said["n"] is None else NUMBER_WORDS.get(said["n"].lower()) or int(said["n"])
        first = time.at if time.inside else time.at - 1
        segments = traits.page.segments
        told = [
            at
            for at in range(first, -1, -1)
            if traits.decided[at] or any(mention.concept.priors for mention in segments[at].mentions)
        ]
        lines = sorted({segments[at].line for at in told}, reverse=True)[:count]
        items = {service for at in told[:count] for service in traits.decided[at]}
        near = items | {service for at in told if segments[at].line in lines for service in traits.decided[at]}
        for service, chosen in given.items():
            if index in chosen and service not in near:
                out[service] = tuple(i for i in chosen if i != index)
            elif not chosen and service in items:
                out[service] = (index,)
    return out


def _of_what_was_told(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A time said of all that was told before it, taken from services told only behind it: "rows, glides. All that took 25 min. Then foam".

    What was told before it reaches back to the last time.
    """
    out = dict(given)
    times = traits.times
    for index, time in enumerate(times):
        flat = traits.page.flat
        if not (_TOLD_BEFORE.search(flat, max(0, time.start - 40), time.start) or _TOLD_BEHIND.match(flat, time.end)):
            continue
        last = max((t.at for t in times[:index] if t.kind in ("minutes", "clock") and t.at < time.at), default=-1)
        told = {service for here in traits.decided[last + 1 : time.at + time.inside] for service in here}
        users = {service for service, chosen in out.items() if index in chosen}
        if users & told:
            for service in users - told:
                out[service] = tuple(i for i in out[service] if i != index)
    return out


def _by_code(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services of which the writer sets several codes each beside a time, with these: "first 20 = 98980, add'l 22 = 98981"."""
    out: dict[str, tuple[int, ...]] = {}
    services = service_of_code()
    found: dict[str, dict[str, int]] = {}
    for index, time in enumerate(traits.times):
        code = _code_beside(traits.page.flat, time) if time.kind in _CODED else None
        if code in services and services[code][0] in given:
            found.setdefault(services[code][0], {}).setdefault(code, index)
    for service, of_code in found.items():
        if len(of_code) > 1:
            out[service] = tuple(sorted(of_code.values()))
    return out


def _code_beside(flat: str, time: Time) -> str | None:
    """The billing code that a sign or nothing parts from a time, before or behind it."""
    found = _CODE_BEHIND.match(flat, time.end) or _CODE_BEFORE.search(flat, max(0, time.start - 40), time.start)
    return found["code"] if found else None


def _opens_items(traits: Traits, whole: int) -> bool:
    """Whether a time stands in a heading whose line goes on with the items, the first of them with a time of its own."""
    head, rest = traits.times[whole], traits.times[whole + 1 :]
    sign = _ITEMS.match(traits.page.flat, head.end)
    return (
        sign is not None
        and bool(rest)
        and rest[0].ends[-1:] != ":"
        and rest[0].at - head.at <= 1
        and sign[0].strip(" \t)]") not in traits.page.flat[rest[0].end : rest[-1].end].partition("\n")[0]
    )


def _owners(traits: Traits, given: Given, part: int) -> frozenset[str]:
    """The services a time was given to, else those its own clause supports."""
    takers = {service for service, chosen in given.items() if part in chosen}
    own = traits.decided[traits.times[part].at] if traits.times[part].inside else frozenset()
    return frozenset(takers) or own & frozenset(given)


def reasons(traits: Traits, given: Given, service: str, weights: Weights) -> list[Reason]:
    """Why a service was given its times: every trait with its weight, the weightiest first.

    The weights add up to the score of this way to give the service its times.
    """
    chosen = given[service]
    found = [trait for i in chosen for trait in traits.pairs[service][i]] + traits.of_set(service, chosen)
    told = [Reason(NAMES[t[0]], " ".join(t[1:]), weights.get(t, 0.0)) for t in found]
    return sorted(told, key=lambda r: -abs(r.weight))


def traits_of(note: ParsedNote, decided: Sequence[frozenset[str]], support: Support | None = None) -> Traits:
    """The traits of a note's times with the services decided on."""
    if support is None:
        services = frozenset(service for here in decided for service in here)
        support = [dict.fromkeys(here, 1.0) for here in decided]
    else:
        services = frozenset(support[0]) if support else frozenset()
    return Traits(Page(note, services, decided), decided, support)


def choose(traits: Traits, weights: Weights) -> dict[str, tuple[int, ...]]:
    """The best way to give the times to the services: service -> indices of its times."""
    if not traits.times:
        return {}
    ways = {service: best_ways(traits, service, weights) for service in traits.services}
    if all(len(w) == 1 for w in ways.values()):
        return {service: way[0][0] for service, way in ways.items()}
    scale = weights.get(SCALE, 1.0)
    best: dict[str, tuple[int, ...]] = {}
    most = float("-inf")
    for given, alone in together(ways):
        score = scale * alone + total_weight(traits.of_all(given), weights)
        if score > most:
            best, most = given, score
    return best


def total_weight(traits: Iterable[Trait], weights: Weights) -> float:
    """The sum of the weights of some traits."""
    return sum(map(weights.get, traits, repeat(0.0)))


def best_ways(traits: Traits, service: str, weights: Weights) -> list[tuple[tuple[int, ...], float]]:
    """The ways to give one service its times that come near the best, best first, with their scores."""
    alone = {k: total_weight(pair, weights) for k, pair in traits.pairs[service].items()}
    scored = [
        (chosen, sum(alone[k] for k in chosen) + total_weight(traits.of_set(service, chosen), weights))
        for chosen in all_ways(alone, traits.times)
    ]
    scored.sort(key=lambda way: -way[1])
    least = scored[0][1] - _MARGIN
    return [way for way in scored[:_WAYS] if way[1] >= least]


def all_ways(alone: Mapping[int, float], times: Sequence[Time]) -> Iterator[tuple[int, ...]]:
    """None, each of the likeliest times, what a few of the likeliest add up to, all likely ones, all of one form.

    Parameters
    ----------
    alone : index of a time -> how likely it is the service's, taken alone.
    times : the times of the page.
    """
    yield ()
    order = sorted(alone, key=lambda k: (-alone[k], k))
    if not order:
        return
    near = [k for k in order[:_SINGLES] if alone[k] >= alone[order[0]] - 2 * _MARGIN]
    least = min(_LEAST_ADDED, alone[order[0]] - _BEHIND_BEST)
    for k in near:
        yield (k,)
    few = sorted(k for k in near[:_ADDED] if alone[k] >= least)
    for size in range(2, min(_MOST_ADDED, len(few)) + 1):
        yield from combinations(few, size)
    likely = sorted(k for k in order if alone[k] >= least)
    alike: dict[tuple[str, ...], list[int]] = {}
    for k in likely:
        alike.setdefault(times[k].form, []).append(k)
    more = {tuple(group) for group in alike.values()} | {tuple(k for k in likely if alone[k] > 0)}
    for many in sorted(more):
        if len(many) > 1 and not set(many) <= set(few):
            yield many


def together(
    ways: Mapping[str, Sequence[tuple[tuple[int, ...], float]]],
) -> Iterator[tuple[dict[str, tuple[int, ...]], float]]:
    """The ways of all services combined, the least likely left out until there are few enough."""
    kept = {service: list(way) for service, way in ways.items()}
    while _size(kept) > _TOGETHER:
        worst = min((s for s in kept if len(kept[s]) > 1), key=lambda s: kept[s][-1][1] - kept[s][0][1])
        kept[worst].pop()
    for chosen in product(*kept.values()):
        yield dict(zip(kept, (times for times, _ in chosen), strict=True)), sum(score for _, score in chosen)


def _size(ways: Mapping[str, Sequence[object]]) -> int:
    out = 1
    for way in ways.values():
        out *= len(way)
    return out


def _totals(traits: Traits, used: Collection[int], out: Allocation, clocks: Clocks) -> tuple[int | None, int | None]:
    """The totals the note states: of the timed services, and of the whole session.

    The session's is a stated total that is no service's, else its start and end, else how long the patient is said to
    have been treated, else a time alone that is as long as all that is given ("Fifty minutes in the building.").
    """
    times = traits.times
    one = len(traits.services) == 1
    timed = next((t.value for t in times if t.kind == "timed"), None)
    totals = [t.value for i, t in enumerate(times) if t.kind == TOTAL and (i not in used or one)]
    if totals:
        return timed, max(totals)
    if clocks.session is not None:
        return timed, times[clocks.session].value
    said = stated_total(traits.page, used)
    if said is not None or not out.minutes:
        return timed, said
    given = sum(times[i].value for i in used)
    least = max(15, timed or 0, given)
    wholes = {traits.page.whole_of(i) for i in used}
    alone = [
        t.value
        for i, t in enumerate(times)
        if t.kind == "minutes"
        and i not in used
        and (i in wholes or ("a" in t.place and not is_beside_clock(traits.page, i)))
    ]
    return timed, max((v for v in alone if least <= v <= max(2 * least, 90)), default=None)
