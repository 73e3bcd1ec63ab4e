"""Minutes and hours, in digits and words."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

from nlp.measures.kinds import time_kind
from nlp.measures.places import walks
from nlp.measures.scan import Scan, digits_value
from nlp.measures.words import ASSISTANCE_BEHIND, DONE_OF_IT, FILLER, MEANT, MINUTE, PERIOD, STOP
from nlp.note import Measure
from nlp.text import NUMBER_WORDS

_TIMES_MORE = re.compile(r"[ \t]{0,40}x[ \t]{0,40}\d")
_SET_BEFORE = re.compile(r"\d\s{0,40}x\s{0,40}$")
_COUNTED = frozenset({"visit", "session", "day", "week", "wk", "set", "bout", "trial", "interval", "level", "#", "/"})
"""What is counted in "visit 3 of 12", so that the number is no time."""
_NO_METRES = re.compile(r"\s{0,40}(?:walk|run|sprint|dash|shuttle|wt\b|w/s|hop|timed|old|post|x\b)|[/%]", re.I)


def read_minutes(scan: Scan, index: int) -> bool:
    """Minutes in digits: "15 min", "15'", "15m"."""
    start = scan.starts[index]
    before = scan.flat[start - 2 : start] if start > 1 else " " + scan.flat[:start]
    if before[-1:] in "#$" or (before[-1:] in ".:/" and before[:1].isdecimal()):
        return False
    unit, value = scan.norm(index + 1), int(digits_value(scan.norms[index]))
    if unit == "'":
        if _is_height(scan, index):
            return False
        if _is_feet(scan, index, value):
            scan.add(start, scan.ends[index + 1], "distance", value)
            return True
    elif unit == "m":
        if not _is_minute_letter(scan, index, value):
            return False
    elif scan.norm(index + 2) in ASSISTANCE_BEHIND and not scan.gap(index + 1).strip(" -"):
        a_day = scan.norm(index + 2) == "a" and scan.norm(index + 3) in PERIOD
        if not a_day:
            return False
    return add_time(scan, index, index + 1, value)


def _is_minute_letter(scan: Scan, index: int, value: int) -> bool:
    """Whether the "m" behind a number stands for minutes, not for metres, a male or a month."""
    end = scan.ends[index]
    begin = scan.starts[index + 1]
    if scan.flat[begin] == "M" and not scan.note.shouting:
        return False
    apart = end != begin
    if apart and not (scan.norm(index - 1) in ":-" and scan.norm(index + 2) in STOP and value <= 90):
        return False
    return scan.norm(index - 1) not in ("y", "o", "yo") and not _NO_METRES.match(scan.flat, begin + 1)


def _is_height(scan: Scan, index: int) -> bool:
    """Whether the prime behind a number begins inches: 5'2", 5''."""
    follow = scan.flat[scan.ends[index + 1] : scan.ends[index + 1] + 1]
    inches = scan.norm(index + 2).isdecimal() and scan.norm(index + 3) == '"'
    return inches or follow.isalnum() or follow in ("'", '"')


def _is_feet(scan: Scan, index: int, value: int) -> bool:
    """Whether the prime behind a number stands for feet."""
    start, end = scan.starts[index], scan.ends[index + 1]
    line = scan.flat.rfind("\n", 0, start) + 1
    if start in scan.primed:
        return False
    clause = scan.flat[max(line, start - 40) : start]
    if scan.flat[max(0, start - 2) : start] in ("  ", ", ", "- ") or scan.flat[start - 1 : start] in "([":
        return False
    if value >= 10 and _TIMES_MORE.match(scan.flat, end):
        return True
    if value >= 15 and _SET_BEFORE.search(clause):
        return True
    return value >= 20 and walks(clause)


def add_time(scan: Scan, first: int, unit: int, value: int) -> bool:
    """Minutes from token ``first`` to the unit's token."""
    end = scan.ends[unit]
    if not 0 < value <= 480 or scan.gap(unit - 1).strip(" -"):
        return False
    if scan.flat[end : end + 1] == "." and scan.norms[unit] in MINUTE:
        end += 1
    kind, end = time_kind(scan, first, unit, end, value)
    if kind == "minutes" and _is_what_it_was_part_of(scan, first):
        kind = "other_time"
    first, value = _least(scan, first, value)
    scan.add(scan.starts[first], end, kind, value)
    return True


def _is_what_it_was_part_of(scan: Scan, first: int) -> bool:
    """Whether a time is the whole of which the one before it was spent: "20 min of 45 min"."""
    return (
        scan.norm(first - 1) == "of" and scan.norm(first - 2) in (*MINUTE, "'") and scan.norm(first - 3).isdecimal()
    )


def _least(scan: Scan, first: int, value: int) -> tuple[int, int]:
    """What is documented of a range or a part, and where it begins: 20 of "20-25 min", 6 of "6 of 15 min"."""
    part = first - 2 - (scan.norm(first - 2) == "out")
    if scan.norm(first - 1) == "of" and scan.norm(part).isdecimal() and scan.starts[part] >= scan.until:
        done = int(scan.norm(part))
        if 0 < done < value and scan.norm(part - 1) not in _COUNTED:
            return part, done
    tight = first > 0 and scan.gap(first - 1) in ("-", "–")
    at = first - 1 if tight else first - 2 if scan.norm(first - 1) in ("to", "or", "-", "–") else -1
    if at < 0 or not scan.norm(at).isdecimal() or (scan.starts[at] < scan.until and not _is_bare(scan, at)):
        return first, value
    low = int(scan.norm(at))
    ahead = scan.norm(at - 1)
    glued = scan.flat[scan.starts[at] - 1 : scan.starts[at]].isalnum()
    reps = ahead == "x" and scan.norm(at - 2).isdecimal()
    reps = reps or (not tight and scan.norm(first - 1) in ("-", "–") and (ahead == "x" or ahead in _COUNTED))
    if 3 <= low < value <= 2 * low and not glued and not reps and ahead not in ("from", "/", ".", "grade", "gr"):
        if _is_bare(scan, at):
            scan.found.pop()
        return at, low
    return first, value


def _is_bare(scan: Scan, at: int) -> bool:
    """Whether a number was taken for a time by itself: the 10 of "TE 10-15 min"."""
    last = scan.found[-1] if scan.found else None
    return (
        last is not None
        and last.kind in ("bare", "minutes")
        and (last.start, last.end) == (scan.starts[at], scan.ends[at])
    )


_FARTHEST, _NEAR_BEHIND = 24, 3
"""Tokens from a time that was meant to the one that was done, and tokens behind each in which a word says which it is."""
_LEADING_TO = frozenset({"to", "do", "at", "after", "was", "were", "is", "be", "it", "them", ":", "on"})
_PARTS = frozenset({",", ";", ".", "!", "?", "but", "and", "(", ")", "-"})


def tell_meant(scan: Scan) -> None:
    """Treatment times that were meant and not reached are none: "Planned 30 min of gait; stopped after 12 min"."""
    times = sorted((m for m in scan.found if m.kind in ("minutes", "other_time")), key=lambda m: m.start)
    for whole, part in pairwise(times):
        if not part.value < whole.value:
            continue
        first, last = bisect_left(scan.starts, whole.start), bisect_left(scan.starts, part.start)
        between = scan.norms[first:last]
        if last - first > _FARTHEST or "\n" in between or between.count(".") > 1:
            continue
        if _says(scan, MEANT, whole) and _says(scan, DONE_OF_IT, part):
            scan.found[scan.found.index(whole)] = Measure(whole.start, whole.end, "meant", whole.value)


_CORRECTED = re.compile(
    r"[\s\W]{0,6}(?:(?:was|is|now|time|since|later|total|error|typo|in error|wrong|incorrect)[\s,;:-]+){0,2}(?:(?:corrected|changed|amended|revised|updated|adjusted)\s+to|should\s+(?:be|read|say|have\s+been)"
    r"|correction:?|actually|i\s+mean|make\s+that|scratch\s+that,?)\s*",
    re.I,
)
_NOT = re.compile(r"\W{0,4}(?:and\s+|but\s+)?(?:not|instead\s+of|rather\s+than)\s+", re.I)


_RIGHT = re.compile(
    r"\b(?:error|wrong|incorrect|mistake|addend\w+|correction)\b[^~]{0,200}\b(?:correct(?:ed)?|right|actual)\s+(?:time|minutes|mins|total|value|amount)\W*(?:is|was|were|are)?\W*$",
    re.I,
)
_UNBILLED = re.compile(
    r"\.?[ \t]{0,3}[(,-]{0,2}[ \t]{0,3}(?:non[- ]?billable|not billed|not billable|unbilled|not charged|no charge|non[- ]?charge)\b",
    re.I,
)
_STRUCK = re.compile(r"\s?~~")
_LESS = re.compile(r",?\s*(?:less|minus)\s+(?:a\s+)?", re.I)
_INCLUDING = re.compile(r"\s*[,(]?\s*(?:including|incl\.?|includes|of which)\s+(?:a\s+|about\s+)?", re.I)
_RESTS = re.compile(r"[^.;\n\d]{0,16}?\b(?:rests?|rested|resting|breaks?)\b", re.I)
_NET = re.compile(r"\bnet\b[^\n.;]{0,24}$", re.I)


def take_off(scan: Scan) -> None:
    """Times of which the writer takes another off, or a rest they include: "25 min less 5 min", "20 min including 5 min rest"."""
    times = sorted((m for m in scan.found if m.kind in ("minutes", "other_time")), key=lambda m: m.start)
    one = times[0] if times else None
    for two in times[1:]:
        if one is not None and _is_taken_off(scan, one, two):
            scan.found.remove(two)
            cut = Measure(one.start, two.end, one.kind, one.value - two.value)
            scan.found[scan.found.index(one)] = cut
            one = cut
        else:
            one = two


def _is_taken_off(scan: Scan, one: Measure, two: Measure) -> bool:
    """Whether a time is followed by another that is taken off it."""
    if one.kind != "minutes" or two.value >= one.value:
        return False
    between = scan.flat[one.end : two.start]
    rests = two.kind == "other_time" or _RESTS.match(scan.flat, two.end) is not None
    return _LESS.fullmatch(between) is not None or (rests and _INCLUDING.fullmatch(between) is not None)


def tell_withdrawn(scan: Scan) -> None:
    """Times that the writer takes back: "30 min, corrected to 20 min"; "25 min with 10 min rest, net 15 min"; "20 min, not 30 min", and then a 30 elsewhere if there is one."""
    times = sorted((m for m in scan.found if m.kind in ("minutes", "total", "timed")), key=lambda m: m.start)
    for time in times:
        struck = scan.flat.endswith("~~", 0, time.start) and _STRUCK.match(scan.flat, time.end)
        if struck or _UNBILLED.match(scan.flat, time.end):
            _withdraw(scan, time)
    for one, two in pairwise(times):
        between = scan.flat[one.end : two.start]
        if _CORRECTED.fullmatch(between) or (one.kind == two.kind and _supersedes(one, two, between)):
            _withdraw(scan, one)
        elif _NOT.fullmatch(between):
            _withdraw(scan, two)
            same = [m for m in times if m.value == two.value and m is not two and m.kind == two.kind]
            if len(same) == 1:
                _withdraw(scan, same[0])


def _supersedes(one: Measure, two: Measure, between: str) -> bool:
    return (two.value < one.value and _NET.search(between) is not None) or (
        two.value != one.value and _RIGHT.search(between) is not None
    )


def _withdraw(scan: Scan, time: Measure) -> None:
    if time in scan.found:
        scan.found[scan.found.index(time)] = Measure(time.start, time.end, "withdrawn", time.value)


def _says(scan: Scan, words: frozenset[str], time: Measure) -> bool:
    """Whether one of some words leads to a time, or stands right behind it in its clause."""
    at = bisect_left(scan.starts, time.start) - 1
    while at >= 0 and (scan.norms[at] in FILLER or scan.norms[at] in _LEADING_TO):
        at -= 1
    if scan.norm(at) in words:
        return True
    behind = bisect_left(scan.starts, time.end)
    for ahead in range(behind, min(len(scan.norms), behind + _NEAR_BEHIND)):
        if scan.norms[ahead] in words:
            return True
        if scan.norms[ahead] in _PARTS or scan.norms[ahead] == "\n":
            break
    return False


def read_hours(scan: Scan, index: int) -> bool:
    """Hours in digits: "1.5 hr", "3 hours"."""
    unit = scan.flat[scan.starts[index + 1] : scan.ends[index + 1]]
    if scan.gap(index).strip(" -") or scan.flat.endswith((":", "/", "x"), 0, scan.starts[index]):
        return False
    if unit == "H" and not scan.note.shouting:
        return False
    return add_hours(scan, index, index + 1, digits_value(scan.norms[index]))


def add_hours(scan: Scan, first: int, unit: int, amount: float) -> bool:
    """Hours, with minutes behind them."""
    value = round(amount * 60)
    last = unit
    at = unit + 1 + (scan.norm(unit + 1) == "and")
    spelled = _spelled(scan, at)
    if spelled:
        value += spelled[0]
        last = spelled[1]
    elif scan.norm(at).isdecimal() and (
        scan.norm(at + 1) in MINUTE or scan.flat[scan.ends[at] : scan.ends[at] + 1] in ("m", "M")
    ):
        value += int(scan.norms[at])
        last = at + 1
    elif scan.norm(at) == "a" and scan.norm(at + 1) == "half":
        value += 30
        last = at + 1
    if not 30 <= value <= 480:
        return False
    if scan.norm(last + 1) in ("twice", "on", "off", "up", "down", "block", "out"):
        scan.add(scan.starts[first], scan.ends[last], "other_time", value)
        return True
    kind, end = time_kind(scan, first, last, scan.ends[last], value)
    scan.add(scan.starts[first], end, kind, value)
    return True


def _spelled(scan: Scan, at: int) -> tuple[int, int] | None:
    """Minutes in words from a token on, and the token of their unit: "twenty five minutes"."""
    value, end = 0, at
    while end < at + 2 and 0 < NUMBER_WORDS.get(scan.norm(end), 0) < 60:
        value += NUMBER_WORDS[scan.norm(end)]
        end += 1
    return (value, end) if 0 < value < 60 and scan.norm(end) in MINUTE else None


def read_hour_in_words(scan: Scan, index: int) -> None:
    """Hours in words: "an hour", "half an hour", "quarter of an hour"."""
    if scan.starts[index] < scan.until:
        return
    at = index - 1
    if scan.norm(at) == "the" and scan.norm(at - 1) != "half":
        return
    article = scan.norm(at) in ("an", "the")
    at -= article
    at -= scan.norm(at) == "of" and article
    part = {"half": 0.5, "quarter": 0.25, "quarters": 0.75}.get(scan.norm(at), 1.0 if article else 0.0)
    if not part or (part == 1.0 and (scan.norm(at - 1).isdecimal() or scan.norm(at).endswith("mile"))):
        return
    first = at if part < 1 else index - 1
    if scan.norm(at) == "quarter" and scan.norm(at - 1) == "three":
        part = 0.75
    value = int(part * 60)
    if part == 1.0:
        add_hours(scan, first, index, 1)
        return
    kind, end = time_kind(scan, first, index, scan.ends[index], value)
    scan.add(scan.starts[first], end, kind, value)


def read_dozen(scan: Scan, index: int) -> None:
    """A dozen minutes."""
    if scan.norm(index + 1) in MINUTE:
        add_time(scan, index, index + 1, 12)
