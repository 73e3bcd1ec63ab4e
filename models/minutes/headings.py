"""A heading's time and those of its items: "Ther ex (25 min): bike 10 min, SLR 8 min, leg press 5 min" is 25 and 23.

The heading's is the code's (guide, section 5), and the two are told where they differ. Reading order: `of_headings`, `against_items`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from corpus.services import load_services
from models.minutes.traits import Given, Traits

_ITEMS = re.compile(
    r"[ \t]{0,3}[)\]]?[ \t]{0,3}(?:(?::(?!\d)|[-=]{1,2}>|→|--?[ \t]|–)?[ \t]{0,3}\n|:(?!\d)|[-=]{1,2}>|→|--?[ \t]|–|\((?=[^)\n]{0,200}\)))"
)
"""Behind the time of a heading: its items follow, in its line or below."""


def of_headings(traits: Traits, given: Given) -> dict[str, tuple[int, ...]]:
    """Services that were given the time of their heading and times of its items, without the items'."""
    out: dict[str, tuple[int, ...]] = {}
    for service, chosen in given.items():
        for whole, items, _ in _headed(traits, service):
            if whole in chosen and set(items) & set(chosen):
                out[service] = tuple(i for i in out.get(service, chosen) if i not in items)
    return out


def against_items(traits: Traits, given: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Sentences on headings whose time is not what their items come to.

    Less than its items a heading's time is never; more only where each item has a time of its own.
    """
    for service, chosen in given.items():
        for whole, items, every in _headed(traits, service):
            head, parts = traits.times[whole].value, [traits.times[i].value for i in items]
            told = len(parts) > 1 and head not in parts and {whole, *items} & set(chosen)
            if told and (sum(parts) > head or (every and sum(parts) < head)):
                yield (
                    f"The note states {head} minutes for {load_services()[service].name} and {sum(parts)} for its items "
                    f"({' + '.join(map(str, parts))}); at least one of the two needs another look."
                )


def _headed(traits: Traits, service: str) -> Iterator[tuple[int, list[int], bool]]:
    """The times beside a service's name that heads items of its own, none of them called by a service's name: each with the items' times, and whether every item has one."""
    times, page = traits.times, traits.page
    segments = page.segments
    for whole, head in enumerate(times):
        sign = _ITEMS.match(page.flat, head.end)
        if head.kind != "minutes" or not head.done or sign is None or head.name_before != service or head.near_before:
            continue
        if not page.names.heads_line(head):
            continue
        last = head.at
        while last + 1 < len(segments) and _goes_on(traits, last + 1, head.at, service, below=sign[0].endswith("\n")):
            last += 1
        inside = [i for i, t in enumerate(times) if i > whole and t.inside and head.at <= t.at <= last]
        if any(times[i].called_before >= 0 for i in inside):
            continue
        items = [i for i in inside if times[i].kind == "minutes" and times[i].done]
        timed = {times[i].at for i in items}
        named = {at for at in range(head.at, last + 1) if any(m.start >= head.end for m in segments[at].mentions)}
        yield whole, items, named <= timed and len(items) == len(timed) == len(inside)


def _goes_on(traits: Traits, at: int, head: int, service: str, *, below: bool) -> bool:
    """Whether a segment is an item under a heading: of its line, or of the lines below it, and that service's only without naming it."""
    segment, first = traits.page.segments[at], traits.page.segments[head]
    if (
        segment.status != "performed"
        or traits.decided[at] - {service}
        or any(m.role == "head" for m in segment.marks)
    ):
        return False
    if below:
        return segment.block == first.block and segment.line > first.line and service in traits.decided[at]
    return segment.line == first.line
