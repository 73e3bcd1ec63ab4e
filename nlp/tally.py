"""A session's tally below another part of the note: lines that services with their minutes open, under "P: cont poc"."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from corpus.headings import load_headings
from nlp.headings import LINE_HEAD
from nlp.text import Span

_NUMBER_BEHIND = re.compile(r"[^\n\d]{0,40}\b\d{1,3}\b(?![/\d%#])")
_MINUTES_IN_ROW = re.compile(r"[^\n]{0,100}\b\d{1,3}\s{0,3}(?:min(?:ute)?s?\b|'(?!\d))")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
_ROWS = 2
_LONGEST = 1000
"""Characters of a paragraph that are looked at."""
_NOT_TODAY = re.compile(
    r"\b(?:next|last|prev\w*|prior|yesterday|will|plan\w*|daily|weekly|goals?|hep|home|per week)\b|\d\s?x\s?/\s?(?:d|w)",
    re.I,
)
"""Words of a paragraph that is no tally of this session."""


@cache
def closable() -> frozenset[str]:
    """Sections that something told in the note can end."""
    return frozenset(heading.section for heading in load_headings().values() if heading.closed_by != "none")


_SPEAKS_OF_ALL = re.compile(r"\b(?:tot|total|time|timed|tt|tct)\b")


@cache
def _totals() -> re.Pattern[str]:
    """A time of the whole session by one of its names ("Tx time 45", "timed: 38")."""
    billing = (n for h in load_headings().values() if h.section == "billing" for n in h.names)
    names = {n for n in billing if _SPEAKS_OF_ALL.search(n)}
    spelt = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{spelt})[ \t]{{0,9}}[:=]?[ \t]{{0,9}}\d{{1,3}}\b", re.I)


def tally_of(flat: str, named: Sequence[Span], told: Span, end: int) -> int | None:
    r"""Where below a section's own words the tally of the session begins; ``None`` where there is none.

    A tally is a paragraph whose lines open with the names of services and their minutes: two such lines, or one with the session's time.

    Parameters
    ----------
    flat : the note.
    named : stretches that name a service or a treatment, in order.
    told : from behind the heading to the end of its line, which is negative where the note ends there.
    end : where the next heading begins.

    Examples
    --------
    >>> note = "P: cont poc\n\nNMR 30   Gait 15   Tx time 45"
    >>> tally_of(note, [(13, 16), (22, 26)], (2, 11), len(note))
    13
    >>> tally_of("P: cont poc\nNMR 30 next visit", [(12, 15)], (2, 11), 29)
    """
    body, line_end = told
    if line_end < 0:
        return None
    inline = bool(flat[body:line_end].strip())
    at, over = bisect_left(named, (line_end, 0)), bisect_left(named, (end, 0))
    while at < over:
        start, stop = named[at]
        at += 1
        if not _opens_line(flat, start):
            continue
        if not (_NUMBER_BEHIND.match(flat, stop) or _MINUTES_IN_ROW.match(flat, start)):
            continue
        begin = flat.rfind("\n", 0, start) + 1
        if not inline and not _BLANK_LINE.search(flat, line_end, begin):
            continue
        farthest = min(begin + _LONGEST, len(flat))
        blank = _BLANK_LINE.search(flat, begin, farthest)
        last = blank.start() if blank else farthest
        rows = named[at - 1 : bisect_left(named, (last, 0))]
        at += len(rows) - 1
        if _NOT_TODAY.search(flat, begin, last):
            continue
        if _totals().search(flat, begin, last) or sum(_is_timed_row(flat, start) for start, _ in rows) >= _ROWS:
            return begin
    return None


def _opens_line(flat: str, start: int) -> bool:
    head = LINE_HEAD.match(flat, flat.rfind("\n", 0, start) + 1, start)
    return head is not None and head.end() == start


def _is_timed_row(flat: str, start: int) -> bool:
    return _opens_line(flat, start) and _MINUTES_IN_ROW.match(flat, start) is not None
