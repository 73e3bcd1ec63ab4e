"""Times said of each of several treatments, and times that stand in a list of names and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.minutes.sheet import Sheet
from models.minutes.times import Time

_PARTED = re.compile(r"[,;&+/]|\b(?:and|then|plus)\b", re.I)
_MOST_OF_EACH = 60
_LIST_GAP = 32


def multiply(sheet: Sheet, times: Sequence[Time]) -> None:
    """A time said of each of several treatments of one service is that of all: "recumbent bike and rower, 5 min each" is 10."""
    last = -1
    for time in times:
        if time.each and time.inside and time.kind == "minutes":
            count = _treatments(sheet, time, last)
            if count * time.value <= _MOST_OF_EACH:
                time.value *= count
        last = time.at


def _treatments(sheet: Sheet, time: Time, last: int) -> int:
    """How many treatments stand in a row before a time in segments of its own service and sentence, behind the last time; 1 where another service does."""
    own, sentence = sheet.decided[time.at], sheet.segments[time.at].sentence
    first = time.at
    while first - 1 > last and sheet.segments[first - 1].sentence == sentence:
        first -= 1
    here = sheet.segments[first : time.at + 1]
    if len(own) != 1 or any(not own >= found for found in sheet.decided[first : time.at + 1]):
        return 1
    count, end = 0, -1
    for mention in (m for s in here for m in s.mentions if m.end <= time.start and own & set(m.concept.priors)):
        if end < 0 or _PARTED.search(sheet.flat, end, mention.start):
            count += 1
        end = max(end, mention.end)
    return max(1, count)


def find_lists(sheet: Sheet, times: Sequence[Time]) -> None:
    """Mark times that stand in a list of names and numbers: "TE 15 / MT 10 / NMR 8", "30 TE, 10 MT"."""
    chain: list[Time] = []
    for time in times:
        if chain and not _goes_on(sheet, chain[-1], time):
            _mark_list(sheet, chain)
            chain = []
        chain.append(time)
    _mark_list(sheet, chain)


def _goes_on(sheet: Sheet, one: Time, two: Time) -> bool:
    """Whether two times stand close enough for two entries of one list."""
    between = sheet.flat[one.end : two.start]
    return len(between) <= _LIST_GAP and "\n" not in between


def _mark_list(sheet: Sheet, chain: Sequence[Time]) -> None:
    """Mark times that stand near one another, where their names are of several services and all before, or all behind."""
    before = [t for t in chain if t.name_before in sheet.services and not t.near_before]
    behind = [t for t in chain if t.name_behind in sheet.services and t.near_behind < 2]
    for side, found in (("b", before), ("a", behind)):
        if len({t.name_before if side == "b" else t.name_behind for t in found}) > 1:
            for time in found:
                time.listed = side
            break
