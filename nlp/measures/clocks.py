"""Times of day: a start and an end, and logs of lines that each begin with one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from nlp.measures.scan import Scan
from nlp.measures.words import RANGING

_HALF_DAY = r"(?:\s?(?:[ap]\.?m\.?|[ap])(?![a-z]))"
_CLOCK = re.compile(
    rf"(?P<h1>[01]?\d|2[0-3])(?P<c1>:?)(?P<m1>[0-5]\d)(?!\d){_HALF_DAY}?[ \t]{{0,40}}"
    r"(?:-{1,2}>|-|>|to|until|til|→|/|\||(?<=\t)|,?[ \t]{0,40}(?:time[ \t]{0,40})?(?:out|off|stop(?:ped)?|end(?:ed)?|left|departed|finished|done)[ \t]{0,40}(?:time|at)?:?)[ \t]{0,40}"
    rf"(?P<h2>[01]?\d|2[0-3])(?P<c2>:?)(?P<m2>[0-5]\d)(?![\d/]){_HALF_DAY}?",
    re.I,
)
_FROM_HOUR = re.compile(
    rf"(?P<h1>[1-9]|1[0-2])(?P<m1>){_HALF_DAY}?[ \t]{{0,3}}(?:-|to|until|til|till)[ \t]{{0,3}}(?P<h2>[1-9]|1[0-2])(?P<c2>:?)(?P<m2>[0-5]\d)(?![\d/%.])"
    rf"(?![ \t]{{0,3}}(?:ft|feet|lbs?|m\b|reps?|sec|steps?|deg|°)){_HALF_DAY}?",
    re.I,
)
"""A start on the hour and an end, behind "from": "from 10 to 1030"."""
_COLUMNS = re.compile(
    r"(?P<h1>[01]?\d|2[0-3])(?P<c1>:?)(?P<m1>[0-5]\d)(?:,|;|[ \t]{1,8})(?P<h2>[01]?\d|2[0-3])(?P<c2>(?P=c1))(?P<m2>[0-5]\d)"
    r"(?![\d/%]|:\d|[ \t]?[ap]\.?m\b|(?:[,;]|[ \t]{1,8})(?:[01]?\d|2[0-3]):?[0-5]\d\b)",
    re.I,
)
"""Start and end in cells or columns: "10:00,10:24", "0900 0923"; three times in a row are no start and end."""
_HOURS = ("twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_PAST = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty-five": 25, "twenty five": 25, "half": 30}
_AT = (
    rf"(?:(?:a )?(?P<p{{0}}>{'|'.join(sorted(_PAST, key=len, reverse=True))}) (?P<w{{0}}>past|after|to|of|before) )?(?P<t{{0}}>{'|'.join(_HOURS)})"
    r"(?P<f{0}>[ -](?:fifteen|thirty|forty-?five))?(?: o'?clock)?"
)
_SPOKEN = re.compile(rf"{_AT.format(1)}[ ](?:until|till|til|to|through|-)[ ]{_AT.format(2)}(?![\w-])", re.I)
"""Start and end in words: "ten to eleven until five past eleven"."""
SPOKEN_OPENER = frozenset([*_HOURS, *(word.split("-")[0].split(" ")[0] for word in _PAST), "a"])
"""Words that a start in words may open with."""
_LONGEST_IN_COLUMNS = 120
_NEAR_RANGE = 4
_DIAL = 12 * 60
_TIME_OF_DAY = re.compile(
    rf"(?P<h>[01]?\d|2[0-3])(?P<c>:?)(?P<m>[0-5]\d){_HALF_DAY}?(?=[ \t]+[^\W\d_(]|:[ \t])", re.I
)
_START = re.compile(rf"(?<![\d:./-])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?![\d:]){_HALF_DAY}?")
_ON = re.compile(r"[ \t:=-]{0,6}(?P<words>[^\n]{2,120}?)[ \t]*(?:-{1,2}>|=>|→|>|[;|,/]|\bthen\b|•)[ \t]*")
"""Between two starts: what began at the first, and a sign that leads on to the next."""
_LEAST_LETTERS, _LEAST_STARTS, _FARTHEST_ON = 2, 3, 140
_ENTERED = re.compile(r"\b(?:in|time|start|from)\b[^\n]{0,8}$", re.I)


def read_clock(scan: Scan, index: int) -> bool:
    """A start and an end: "9:05 - 9:50 am", "1310-1350"; a time of day that opens a line is kept for `read_log`."""
    start = scan.starts[index]
    match = _CLOCK.match(scan.flat, start)
    if match is None or (start and scan.flat[start - 1] in ":./"):
        alone = _TIME_OF_DAY.match(scan.flat, start)
        if alone and (alone["c"] or len(alone["h"]) == 2) and scan.norm(index - 1) in ("\n", "•", "-", "*"):
            scan.times_of_day.append((int(alone["h"]) * 60 + int(alone["m"]), start, alone.end()))
            scan.until = max(scan.until, alone.end())
            return True
        return read_columns(scan, start)
    if not (match["c1"] or match["c2"]) and not _is_clock(scan, match):
        return False
    length = _minutes_between(match)
    if 0 < length <= 480:
        scan.add(start, match.end(), "clock", length)
        return True
    return False


def read_from_hour(scan: Scan, index: int) -> None:
    """A start on the hour without its minutes and an end, behind the word "from": "from 10 to 1030"."""
    match = _FROM_HOUR.match(scan.flat, scan.starts[index + 1]) if index + 1 < len(scan.starts) else None
    length = _minutes_between(match) if match else 0
    if any(scan.norm(k) in RANGING for k in range(index - _NEAR_RANGE, index)):
        return
    if match and 0 < length <= _LONGEST_IN_COLUMNS:
        scan.add(match.start(), match.end(), "clock", length)


def read_columns(scan: Scan, start: int) -> bool:
    """A start and an end that only a comma or spaces part, no more than two hours apart."""
    match = _COLUMNS.match(scan.flat, start)
    before = scan.flat[max(0, start - 2) : start].strip(" \t")
    if match is None or before[-1:].isdecimal() or before[-1:] in tuple(":./"):
        return False
    if not match["c1"] and not _is_clock(scan, match):
        return False
    length = _minutes_between(match)
    if 0 < length <= _LONGEST_IN_COLUMNS:
        scan.add(start, match.end(), "clock", length)
        return True
    return False


def read_spoken(scan: Scan, index: int) -> None:
    """A start and an end in words, of which one at least is told by minutes past or to an hour."""
    start = scan.starts[index]
    match = _SPOKEN.match(scan.flat, start) if start >= scan.until else None
    if match is None or not (match["p1"] or match["p2"] or match["f1"] or match["f2"]):
        return
    begin, end = _spoken(match)
    if begin < end <= begin + _LONGEST_IN_COLUMNS:
        scan.add(start, match.end(), "clock", end - begin)


def _spoken(match: re.Match[str]) -> tuple[int, int]:
    """Start and end of words for them, minutes on a twelve-hour dial; the end is later."""
    times = []
    for which in "12":
        time = 60 * _HOURS.index(match["t" + which].lower())
        past = _PAST.get((match["p" + which] or "").lower(), 0)
        time += -past if (match["w" + which] or "").lower() in ("to", "of", "before") else past
        time += {"fi": 15, "th": 30, "fo": 45}.get((match["f" + which] or "").strip(" -").lower()[:2], 0)
        times.append(time % _DIAL)
    return times[0], times[0] + (times[1] - times[0]) % _DIAL


def _minutes_between(match: re.Match[str]) -> int:
    begin = int(match["h1"]) * 60 + int(match["m1"] or 0)
    return (int(match["h2"]) * 60 + int(match["m2"]) - begin) % _DIAL


def interval_of(words: str) -> tuple[int, int] | None:
    """Start and end of a ``clock`` measure by its words, minutes on a twelve-hour dial; the end is later, by up to eight hours.

    Examples
    --------
    >>> interval_of("9:05 - 9:50 am"), interval_of("12:50-1:10"), interval_of("15 min")
    ((545, 590), (50, 70), None)
    """
    spoken = _SPOKEN.match(words)
    if spoken is not None:
        return _spoken(spoken)
    match = _CLOCK.match(words) or _COLUMNS.match(words) or _FROM_HOUR.match(words)
    if match is None:
        return None
    begin = (int(match["h1"]) * 60 + int(match["m1"] or 0)) % _DIAL
    return begin, begin + _minutes_between(match)


def _is_clock(scan: Scan, match: re.Match[str]) -> bool:
    """Whether two four-digit numbers without colons are times of day, not years or doses."""
    if len(match["h1"]) != 2 or len(match["h2"]) != 2:
        return False
    years = match["h1"] in ("19", "20") and match["h2"] in ("19", "20")
    begin = max(0, match.start() - 20)
    return not years or _ENTERED.search(scan.flat[begin : match.start()]) is not None


def read_log(scan: Scan) -> None:
    """Times of day at the heads of three lines or more: each lasts until the next."""
    times = scan.times_of_day
    if len(times) < 3:
        return
    for (begin, start, end), (after, _, _) in pairwise(times):
        length = (after - begin) % _DIAL
        if 0 < length <= 240:
            scan.add(start, end, "clock", length)


def read_chain(scan: Scan) -> None:
    """Starts told one after another in a line, each lasting until the next: "10:02 bike -> 10:20 STM -> 10:31 out"."""
    taken = sorted((m.start, m.end) for m in scan.found if m.kind == "clock")
    chain: list[re.Match[str]] = []
    for start in _START.finditer(scan.flat):
        if chain and not _leads_on(scan, chain[-1], start):
            _add_chain(scan, chain, taken)
            chain = []
        chain.append(start)
    _add_chain(scan, chain, taken)


def _leads_on(scan: Scan, one: re.Match[str], two: re.Match[str]) -> bool:
    """Whether what began at one start lasted until the next."""
    on = _ON.fullmatch(scan.flat, one.end(), two.start()) if two.start() - one.end() <= _FARTHEST_ON else None
    return (
        on is not None
        and sum(map(str.isalpha, on["words"])) >= _LEAST_LETTERS
        and 0 < _length(one, two) <= _LONGEST_IN_COLUMNS
    )


def _length(one: re.Match[str], two: re.Match[str]) -> int:
    begin, end = (int(start["h"]) * 60 + int(start["m"]) for start in (one, two))
    return (end - begin) % _DIAL


def _add_chain(scan: Scan, chain: Sequence[re.Match[str]], taken: Sequence[tuple[int, int]]) -> None:
    if len(chain) < _LEAST_STARTS or any(start < chain[-1].end() and chain[0].start() < end for start, end in taken):
        return
    scan.found = scan.without(start.span() for start in chain[:-1])
    for one, two in pairwise(chain):
        scan.add(*one.span(), "clock", _length(one, two))
