"""What may be times: measures of time, and numbers without a unit that stand where writers put one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache

from corpus.measures import load_measure_words
from corpus.services import load_services
from models.minutes.names import called_words
from models.minutes.sheet import Sheet
from nlp.note import Measure
from nlp.parallel import parallels_of

_KINDS = frozenset(["minutes", "bare", "clock", "total", "other_time", "timed"])
_NO_NUMBER = frozenset(["units", "sets", "assist"])
_ADDED_UP = frozenset(["minutes", "bare", "plain"])
_MOST_TIMES = 60
"""Times looked at in one note: no visit states that many."""

_OTHER_UNITS = load_measure_words()["other_quantity"]
# Signs right before or behind a number that make it another quantity than minutes.
_GLUED_BEFORE = frozenset("./#$%:+<>-")
_GLUED_BEHIND = frozenset("/%#'\"°")
_DIGITS = re.compile(r"(?<!\d)[1-9]\d{0,2}(?!\d)")
_CLOSES = re.compile(r"[ \t]{0,40}(?:[,;.)|\]\n=+·/\"]|--?\s|$)|\s{1,40}[A-Z(]")
_OPENS = re.compile(r"(?:^|[\n.;,|+=(:]\s{0,9}|\n\s{0,9}[-*•]\s{0,9})$")
_IN_SETS = re.compile(r"(?:\d\s?x|\bsets?\s(?:of|x))\s?$", re.I)
_PLUS = re.compile(
    r"(?:\s{0,2}\+\s{0,2}\d{1,3}(?!\d)(?:\s?(?:min(?:ute)?s?\b\.?|'|m\b))?){1,6}(?=\s{0,9}(?:[,;/)\]=.\n]|$))"
)
"""Behind a time: others that are added to it and are nobody else's ("TE 12 + 7", "10' + 5' = 15")."""
_PART = re.compile(
    r"[\s,;:(–—-]{1,4}(?:of (?:which|that|those|these|this)(?: time| were| was| is| are| i| we| only| about| approx\.?| roughly| around| the| first| last| spent| for| went to){0,3} (?P<n>\d{1,3})(?!\d|[./%\"#-])"
    r"|(?P<of>\d{1,3})(?= (?:of (?:which|that|those|these|this|it|them)|thereof)\b))",
    re.I,
)
"""Behind a time: a number that is part of it ("75 min of which 60", "45 min, 30 of it")."""


def stated(sheet: Sheet) -> list[Measure]:
    """The measures and numbers that may be times, in reading order."""
    measures = [m for m in sheet.note.measures or () if m.kind in _KINDS]
    measures.extend(_plain(sheet))
    measures.extend(_parts(sheet, measures))
    return _summed(sheet, sorted(measures, key=lambda m: m.start))[:_MOST_TIMES]


def part_behind(flat: str, end: int) -> tuple[int, int] | None:
    """Where the number stands that is said to be part of the time that ends at a code point."""
    match = _PART.match(flat, end)
    return match.span("n" if match["n"] else "of") if match else None


def _plain(sheet: Sheet) -> list[Measure]:
    """Numbers that stand where writers put a time and are no other quantity: "mobs 10,", "te18", "supine x15"."""
    text = sheet.note.text
    taken = [(m.start, m.end) for m in sheet.note.measures or () if m.kind not in _NO_NUMBER]
    taken = sorted({*taken, *((row.start, row.end) for row in parallels_of(text))})
    starts = [start for start, _ in taken]
    out = []
    for match in _DIGITS.finditer(sheet.flat):
        begin, end = match.span()
        before = bisect_right(starts, begin) - 1
        if not 5 <= int(match[0]) <= 180 or (before >= 0 and taken[before][1] > begin):
            continue
        index = bisect_left(text.starts, begin)
        plain = index < len(text.starts) and (text.starts[index], text.ends[index]) == (begin, end)
        if plain and _is_minutes_like(sheet, index, begin, end):
            out.append(Measure(begin, end, "plain", int(match[0])))
    return out


def _is_minutes_like(sheet: Sheet, index: int, begin: int, end: int) -> bool:
    """Whether a number has no other unit and is set off, or glued to an acronym or an x."""
    text, flat = sheet.note.text, sheet.flat
    behind = text.norms[index + 1] if index + 1 < len(text.norms) else "\n"
    if behind in _OTHER_UNITS or flat[end : end + 1] in _GLUED_BEHIND or flat[end : end + 1].isalpha():
        return False
    if _IN_SETS.search(flat, max(0, begin - 9), begin):
        return False
    if begin and flat[begin - 1].isalpha():
        return text.norms[index - 1] in _glued()
    if begin and flat[begin - 1] in _GLUED_BEFORE:
        return False
    if behind == ":" and flat[end + 1 : end + 2].isdecimal():
        return False
    if behind in called_words() or (index and text.norms[index - 1] in called_words()):
        return True
    set_off = _CLOSES.match(flat, end) or _OPENS.search(flat, max(0, begin - 12), begin)
    return bool(set_off) and (_is_near_service(sheet, begin) or bool(sheet.treated(begin)))


@cache
def _glued() -> frozenset[str]:
    """What a number of minutes is glued to: words of services, and "x"."""
    return frozenset(word for service in load_services().values() for word in service.glued) | {"x"}


def _is_near_service(sheet: Sheet, begin: int) -> bool:
    """Whether the segment of a code point or one beside it was found to support a service."""
    at = sheet.segment_at(begin)
    return any(sheet.decided[max(0, at - 1) : at + 2])


def _parts(sheet: Sheet, measures: Sequence[Measure]) -> list[Measure]:
    """Numbers without a unit that are said to be part of the time before them."""
    taken = {m.start for m in measures} | {m.start for m in sheet.note.measures or ()}
    out = []
    for measure in measures:
        said = part_behind(sheet.flat, measure.end) if measure.kind != "plain" else None
        if said is None:
            continue
        begin, end = said
        value, text = int(sheet.flat[begin:end]), sheet.note.text
        behind = bisect_left(text.starts, end)
        counted = behind < len(text.norms) and text.norms[behind] in _OTHER_UNITS
        if begin not in taken and 5 <= value < measure.value and not counted:
            out.append(Measure(begin, end, "bare", value))
    return out


def _summed(sheet: Sheet, measures: Sequence[Measure]) -> list[Measure]:
    """The measures, times with a plus between them made one."""
    paired = {start for parallel in parallels_of(sheet.note.text) for start, _ in parallel.numbers}
    out: list[Measure] = []
    until = 0
    for measure in measures:
        if measure.start < until:
            continue
        more = (
            _PLUS.match(sheet.flat, measure.end)
            if measure.kind in _ADDED_UP and measure.start not in paired
            else None
        )
        if more:
            until = more.end()
            whole = int(measure.value) + sum(map(int, _DIGITS.findall(more[0])))
            measure = Measure(measure.start, until, measure.kind, whole)  # noqa: PLW2901
        out.append(measure)
    return out
