"""Minutes stated in the note, given to the services they are stated for (guide section 5).

Reading order: `allocate` (all of it), `_named` (a number beside a service's name), `_covered` (which
segments a plain time speaks of).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp.note import Measure, ParsedNote, Segment

_ALL = re.compile(
    r"\b(?:all of (?:that|this|the above|it)|for (?:all|that)|altogether|in all|combined|total|last (?P<count>\d|two|three|four))\b",
    re.I,
)
_SPACES = re.compile(r"[ \t|]+")
_COUNTS = {"two": 2, "three": 3, "four": 4}


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


def _named(segment: Segment, measure: Measure, flat: str) -> str | None:
    """The service whose name or code stands right before (or right behind) the number."""
    best: tuple[int, str] | None = None
    for mark in segment.marks:
        if mark.end <= measure.start:
            between = _SPACES.sub(" ", flat[mark.end : measure.start])
            if len(between) <= 26 and not re.search(r"[.;\n]|[a-z]{4,}", between):
                best = min(best or (99, ""), (len(between), mark.service))
        elif measure.end <= mark.start:
            between = flat[measure.end : mark.start]
            if len(between) <= 6 and not re.search(r"[.;,\n]", between):
                best = min(best or (99, ""), (len(between) + 3, mark.service))
    return best[1] if best else None


def allocate(note: ParsedNote, decided: Sequence[frozenset[str]]) -> Allocation:
    """Give each stated time to the services it is stated for.

    Parameters
    ----------
    note : the parsed note.
    decided : per segment the services it was found to support.

    Returns
    -------
    Minutes per service; times in segments that support nothing and follow nothing that does are left out.
    """
    segments = note.segments or []
    flat = note.text.flat
    out = Allocation()
    headed: dict[str, list[tuple[int, Measure]]] = {}
    items: dict[str, list[tuple[int, Measure]]] = {}
    delivered = {service for services in decided for service in services}
    for measure in note.measures or ():
        if measure.kind == "timed" and out.timed is None:
            out.timed = int(measure.value)
        elif measure.kind == "total":
            out.total = max(out.total or 0, int(measure.value))
        elif measure.kind == "clock" and out.total is None:
            out.total = int(measure.value)
    spent: set[int] = set()
    for index, segment in enumerate(segments):
        times = [m for m in segment.measures if m.kind == "minutes"]
        if not times:
            continue
        plain: list[Measure] = []
        for measure in times:
            service = _named(segment, measure, flat)
            if service in delivered:
                headed.setdefault(service, []).append((index, measure))
            elif service is None:
                plain.append(measure)
        if not plain:
            continue
        chosen = plain[-1:] if _is_total(flat, plain) else plain
        for measure in chosen:
            covered = _covered(segments, decided, index, flat, spent)
            for service in covered:
                items.setdefault(service, []).append((index, measure))
            if len(covered) > 1:
                out.shared |= covered
        spent.add(index)
    for service in {*headed, *items}:
        used = headed.get(service) or items.get(service, [])
        out.minutes[service] = int(sum(m.value for _, m in used))
        out.spans[service] = [(m.start, m.end) for _, m in used]
    return out


def _is_total(flat: str, times: list[Measure]) -> bool:
    """Whether the last of several times in one segment is set off behind a dash, hence the item's time."""
    if len(times) < 2:
        return False
    between = flat[times[-2].end : times[-1].start]
    return bool(re.search(r"-|=|→|total|\(|;", between))


def _covered(
    segments: Sequence[Segment],
    decided: Sequence[frozenset[str]],
    index: int,
    flat: str,
    spent: set[int],
) -> frozenset[str]:
    """Services of the segments a time speaks of: its own, else those before it that have no time yet."""
    segment = segments[index]
    own = decided[index]
    text = flat[segment.start : segment.end]
    summing = _ALL.search(text)
    if own and not (summing and not segment.mentions):
        return own
    if own and summing is None:
        return own
    found: set[str] = set()
    count = 0
    limit = 99
    if summing and summing["count"]:
        limit = _COUNTS.get(summing["count"], 0) or int(summing["count"])
        limit_lines: set[int] = set()
    else:
        limit_lines = set()
    back = index - 1
    while back >= 0:
        earlier = segments[back]
        if back in spent or earlier.block != segment.block:
            break
        if earlier.section != segment.section and not summing:
            break
        if not summing and earlier.sentence != segment.sentence and (found or earlier.line != segment.line):
            break
        if decided[back]:
            if limit < 99:
                limit_lines.add(earlier.line)
                if len(limit_lines) > limit:
                    break
            found |= decided[back]
            count += 1
        back -= 1
    if not found and own:
        return own
    return frozenset(found | (own if summing else frozenset()))
