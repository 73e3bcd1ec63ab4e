"""The note's own totals: total and timed minutes of the session, and fields that hold minutes."""

from __future__ import annotations

import re

from nlp.measures.scan import Scan
from nlp.measures.words import (
    FIELD_BEFORE,
    LINKING,
    OTHER_TIME_BEFORE,
    PLACE,
    POSTURE,
    REMAINING,
    STOP,
    TIMED_BEFORE_FIELD,
    TOTAL_BEFORE_FIELD,
    TOTALLING,
)

_TOTAL = re.compile(
    r"(?P<timed>\b(?:total\s+)?(?:timed(?:[ -]codes?| total| treat| work)?|direct|one[- ]on[- ]one|billable|face[- ]to[- ]face|tct|skilled)"
    r"(?:\s+(?:code|tx|treatment|therapy|contact))?(?:\s+(?:time|min(?:ute)?s?))?(?![a-z]))"
    r"|(?P<total>\b(?:tot(?:al)?|ttl|ttt|tt|tx time|treatment time|treatment min(?:ute)?s|contact time"
    r"|session(?: time| length)?|visit(?: time| length)?|clinic (?:time|clock)|duration|all in|sum"
    r"|(?:time )?in (?:the )?(?:clinic|room|rm|home|house|building|dept|all))\b"
    r"(?:\s+(?:treatment|tx|session|visit|therapy|appt|contact))*(?:\s+(?:time|min(?:ute)?s?))?(?:\s+(?:here|in (?:the )?(?:clinic|room|home|house|office)))?(?![a-z]))",
    re.I,
)
_NUMBER_AFTER = re.compile(
    r"\s{0,40}(?:[:=~\[(-]|is|was|of|x|about)*\s{0,40}(?P<num>\d{1,3})(?![\d:%]|\.\d|/\d|\s{0,40}(?:x|reps?|ft|feet|lb|sec|visits?|/10|units?|u\b|wks?|weeks|sq\b|cm|mm|deg|°))",
    re.I,
)
TOTAL_BEHIND = re.compile(
    r"[ \t]{0,40}(?:(?:in )?(?P<total>total|tot\b)(?!(?:\s(?:time|timed|treatment))?\s{0,40}[:=]?\s{0,40}(?:\d|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b))|altogether|in all\b|all in\b|all told\b|in clinic|in (?:the )?(?:house|building|dept|room|rm)\b|here\b|door to door|(?:in )?chair to chair"
    r"|tx time|on the (?:book|clock|call)|(?P<session>session|visit|appt|appointment))",
    re.I,
)
_ONE_ON_ONE = re.compile(
    r"(?:\b1 ?: ?1|\bone[- ]on[- ]one|\b1[- ]on[- ]1)\s+(?:(?:skilled|direct|treatment|tx|therapy|patient|pt)\s+)*(?:time|min(?:ute)?s|contact"
    r"|w(?:ith|/)\s?(?:the |a )?(?:therapist|pta?|ota?|clinician|provider|me))\s*(?:time\s*)?(?:for|was|is|x|of|[=:-])*\s*$",
    re.I,
)
_TIMED_OF_TOTAL = re.compile(r"[ \t]{0,40}timed(?=[ \t]+\d+[ \t]{0,40}tot)", re.I)
TIMED_BEHIND = re.compile(r"[ \t]{0,40}(?:min(?:ute)?s?\.?[ \t]{0,40})?timed\b(?!\s{0,40}[:=]?\s{0,40}\d)", re.I)
_OF_SERVICE = re.compile(r"\b(?:te|ex|mt|ta|gait|nmr|manual|ther\w*)\W*$", re.I)
_NAME_AT_MOST = 60
_FIELD = re.compile(
    r"\s{0,40}[:=]?\s{0,40}(?P<num>\d{1,3})(?![\d:/%]|\.\d)(?:\s{0,40}(?:min(?:ute)?s?|m|')(?![a-z]))?", re.I
)
_MINUTES = re.compile(r"\s{0,40}(?:min(?:ute)?s?\.?|'|m\b)\s{0,40}[\])]?", re.I)


def one_on_one_before(scan: Scan, first: int) -> bool:
    """Whether a time is all that was one-on-one: "1:1 with therapist 20 min", "1:1 time = 30 min"."""
    start = scan.starts[first]
    return _ONE_ON_ONE.search(scan.flat[max(0, start - 60) : start]) is not None


def read_total(scan: Scan, index: int) -> None:
    """The note's own totals: "Total time 45", "timed 38", "treatment time: 53 min"."""
    start = scan.starts[index]
    if start < scan.until:
        return
    if scan.norms[index] in PLACE:
        first = index - 1 - (scan.norm(index - 1) == "the")
        if scan.norm(first) != "in":
            return
        start = scan.starts[first - (scan.norm(first - 1) == "time")]
    match = _TOTAL.match(scan.flat, start)
    after = _NUMBER_AFTER.match(scan.flat, match.end()) if match else None
    if match is None or after is None or "\n" in after[0]:
        return
    value, end = int(after["num"]), after.end()
    if not _is_total(scan, index, match, end, value):
        return
    if match["total"] and (_is_of_service(scan, start) or _is_of_the_rest(scan, index)):
        scan.add(after.start("num"), end, "minutes", value)
        return
    unit = _MINUTES.match(scan.flat, end)
    scan.add(start, unit.end() if unit else end, "timed" if match["timed"] else "total", value)


def _is_of_service(scan: Scan, start: int) -> bool:
    """Whether a service's name stands right before a place in its line: "manual total 12"."""
    line = scan.flat.rfind("\n", max(0, start - _NAME_AT_MOST), start) + 1
    return _OF_SERVICE.search(scan.flat[line or max(0, start - _NAME_AT_MOST) : start].rstrip()) is not None


def _is_of_the_rest(scan: Scan, at: int) -> bool:
    """Whether a word for the session is said of what was left of it: "the remaining session", "rest of the session"."""
    at -= 1
    while scan.norm(at) in ("the", "of", "this", "her", "his"):
        at -= 1
    return scan.norm(at) in REMAINING


def _is_total(scan: Scan, index: int, match: re.Match[str], end: int, value: int) -> bool:
    """Whether the words of a total and the number behind them are one."""
    name = match[0].lower()
    if match["timed"]:
        return value >= 5 and any(word in name for word in ("time", "min", "tct"))
    if name in ("all in", "sum") or name.startswith("in "):
        return value >= 15
    if name in ("visit", "session") and (value < 15 or scan.norm(index - 1) in ("same", "this")):
        return False
    if name in ("visit", "session", "duration", "tt"):
        return value >= 5 and scan.flat[end : end + 8].lstrip().lower().startswith(("'", "min"))
    return value >= 5


def read_field(scan: Scan, index: int) -> None:
    """A field of the note that holds minutes: "Time: 15", "| Min: 60"."""
    start, end = scan.starts[index], scan.ends[index]
    if start < scan.until:
        return
    colon = scan.norm(index + 1) in (":", "=")
    celled = scan.norm(index - 1) in ("|", "ata") and scan.norm(index + 2) in ("|", "\n", "(")
    if scan.norms[index] != "time" and not colon and not celled:
        return
    match = _FIELD.match(scan.flat, end)
    before = scan.norm(index - 1)
    apart = (
        scan.flat[max(0, start - 2) : start] == "  "
        or before in FIELD_BEFORE
        or (colon and _is_of_something(scan, index))
    )
    if match is not None and TIMED_BEHIND.match(scan.flat, match.end()):
        return
    if match is None or not (apart or before in STOP or before in TOTAL_BEFORE_FIELD or before in TIMED_BEFORE_FIELD):
        return
    value = int(match["num"])
    kind = "minutes"
    if before in TIMED_BEFORE_FIELD:
        kind = "timed"
    elif before in TOTAL_BEFORE_FIELD or before == "individual":
        kind = "total"
    if 3 <= value <= 480:
        scan.add(start, match.end(), kind, value)


def _is_of_something(scan: Scan, index: int) -> bool:
    """Whether a field's minutes are called after what was done in them: "Manual Therapy Minutes: 15"."""
    before = scan.norm(index - 1)
    called = scan.norms[index] in ("min", "minute") and before.isalpha()
    return called and before not in OTHER_TIME_BEFORE and before not in POSTURE


def timed_before(scan: Scan, first: int) -> bool:
    """Whether words like "timed minutes were" stand before a time."""
    at = first - 1
    while at >= 0 and (scan.norms[at] in LINKING - {"of", "the"} or scan.norms[at] == "code"):
        at -= 1
    return at >= 0 and scan.norms[at] == "timed"


def total_before(scan: Scan, first: int) -> bool:
    """Whether words like "the total was" stand before a time."""
    at = first - 1
    while at >= 0 and scan.norms[at] in LINKING:
        at -= 1
    if at < 0 or at == first - 1 or scan.norms[at] not in TOTALLING or scan.norm(at - 1) in ("same", "this"):
        return False
    if scan.norms[at] != "total" and _is_of_the_rest(scan, at):
        return False
    return not _is_of_service(scan, scan.starts[at])


def total_behind(scan: Scan, start: int, end: int, value: int) -> bool:
    """Whether the word behind a number makes it the note's total: "38 timed", "45 total"."""
    timed = TIMED_BEHIND.match(scan.flat, end) or _TIMED_OF_TOTAL.match(scan.flat, end)
    total = None if timed else TOTAL_BEHIND.match(scan.flat, end)
    if timed:
        scan.add(start, timed.end(), "timed", value)
    elif total and total["total"] and scan.flat[end] == " " and value >= 10:
        scan.add(start, total.end(), "total", value)
    return scan.until > start
