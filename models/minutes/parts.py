"""Steps by which times are parts of others: of a heading's, of a sum, of "75 min of which 60", of what includes them.

Each step takes what the services were given so far and returns what it gives anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence

from models.minutes.times import TOTAL
from models.minutes.traits import Given, Traits
from nlp.measures.corrections import INCLUDING

_ITEMS = re.compile(r"[ \t]{0,3}[)\]]?[ \t]{0,3}(?::(?!\d)|[-=]{1,2}>|→|\((?=[^)\n]{0,200}\)))")
"""Behind the time of a heading: its items follow."""
_OF_VISIT = re.compile(r"\b(?:session|visit|encounter|appointment|clinic|treatment time|tx time|seen)\b", re.I)


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


def without_parts(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A service's times less those that another of them sums up: "NMR (20 min): 5 min static, 10 min dynamic, 5 min on foam"."""
    return {service: _less_parts(traits, given, service) for service in given}


def _less_parts(traits: Traits, given: Given, service: str) -> tuple[int, ...]:
    """The times of a service without those that another of them sums up."""
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


def with_what_includes(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """A service's times, each that is part of the time before it replaced by that time: "43 min this month incl. call 12 min"."""
    return {service: _including(traits, given, service) for service in given}


def _including(traits: Traits, given: Given, service: str) -> tuple[int, ...]:
    """The times of a service, each that is part of the time before it replaced by that."""
    times, flat = traits.times, traits.page.flat
    out = list(given[service])
    taken = {i for other, chosen in given.items() if other != service for i in chosen}
    for part in given[service]:
        whole = part - 1
        if traits.page.whole_of(part) is not None:
            continue
        if part and whole not in taken and part not in taken and times[part].value < times[whole].value:
            own = times[whole].kind == "minutes" and times[whole].done
            of_visit = _OF_VISIT.search(traits.page.lead(times[whole]))
            if own and not of_visit and INCLUDING.fullmatch(flat, times[whole].end, times[part].start):
                out[out.index(part)] = whole
    return tuple(dict.fromkeys(out))


def take_off_included(traits: Traits, users: Mapping[int, Sequence[str]], minutes: MutableMapping[str, int]) -> None:
    """A time that another service's includes is counted once: "Therex 30 min, including 10 min NMR" is 20 and 10."""
    for index, inner in users.items():
        outer = users.get(index - 1, ())
        if len(outer) != 1 or len(inner) != 1 or outer[0] == inner[0]:
            continue
        whole, part = traits.times[index - 1], traits.times[index]
        if part.value < whole.value and INCLUDING.fullmatch(traits.page.flat[whole.end : part.start]):
            minutes[outer[0]] -= part.value
