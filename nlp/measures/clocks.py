"""Times of day: a start and an end, and logs of lines that each begin with one."""

from __future__ import annotations

import re
from itertools import pairwise

from nlp.measures.scan import Scan

_HALF_DAY = r"(?:\s?(?:[ap]\.?m\.?|[ap])(?![a-z]))"
_CLOCK = re.compile(
    rf"(?P<h1>[01]?\d|2[0-3])(?P<c1>:?)(?P<m1>[0-5]\d)(?!\d){_HALF_DAY}?[ \t]{{0,40}}"
    r"(?:-|to|until|til|→|/|\||(?<=\t)|,?[ \t]{0,40}(?:time[ \t]{0,40})?(?:out|off|stop(?:ped)?|end(?:ed)?|left|departed|finished|done)[ \t]{0,40}(?:time|at)?:?)[ \t]{0,40}"
    rf"(?P<h2>[01]?\d|2[0-3])(?P<c2>:?)(?P<m2>[0-5]\d)(?![\d/]){_HALF_DAY}?",
    re.I,
)
_COLUMNS = re.compile(
    r"(?P<h1>[01]?\d|2[0-3])(?P<c1>:?)(?P<m1>[0-5]\d)(?:,|;|[ \t]{1,8})(?P<h2>[01]?\d|2[0-3])(?P<c2>(?P=c1))(?P<m2>[0-5]\d)"
    r"(?![\d/%]|:\d|[ \t]?[ap]\.?m\b|(?:[,;]|[ \t]{1,8})(?:[01]?\d|2[0-3]):?[0-5]\d\b)",
    re.I,
)
"""Start and end in cells or columns: "10:00,10:24", "0900 0923"; three times in a row are no start and end."""
_LONGEST_IN_COLUMNS = 120
_TIME_OF_DAY = re.compile(
    rf"(?P<h>[01]?\d|2[0-3])(?P<c>:?)(?P<m>[0-5]\d){_HALF_DAY}?(?=[ \t]+[^\W\d_(]|:[ \t])", re.I
)
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


def _minutes_between(match: re.Match[str]) -> int:
    begin = int(match["h1"]) * 60 + int(match["m1"])
    return (int(match["h2"]) * 60 + int(match["m2"]) - begin) % (12 * 60)


def interval_of(words: str) -> tuple[int, int] | None:
    """Start and end of a ``clock`` measure by its words, minutes on a twelve-hour dial; the end is later, by up to eight hours.

    Examples
    --------
    >>> interval_of("9:05 - 9:50 am"), interval_of("12:50-1:10"), interval_of("15 min")
    ((545, 590), (50, 70), None)
    """
    match = _CLOCK.match(words) or _COLUMNS.match(words)
    if match is None:
        return None
    begin = (int(match["h1"]) * 60 + int(match["m1"])) % (12 * 60)
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
        length = (after - begin) % (12 * 60)
        if 0 < length <= 240:
            scan.add(start, end, "clock", length)
