"""Numbers that their place makes minutes: beside a service's name, in brackets as others are, in a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from nlp.entries import Entry, entries_of
from nlp.marks import COLUMN, opens_line
from nlp.measures.scan import Scan
from nlp.measures.words import MINUTE, NO_TIME_BEHIND
from nlp.note import Mark, Measure
from nlp.parallel import parallels_of
from nlp.tables import rows_of

_BESIDE = r"\s{0,40}(?:[:=(\[@~-]|x(?=[ \d])|for\b|total\b|tot\b|time\b|\s)*(?P<num>\d{1,3})(?!\d)(?P<u>\s{0,40}(?:units?|u)\b)?"
_NO_RATIO = r"(?!\.\d|:\d|\s{0,40}x\s{0,40}\d)"
_MARKED = re.compile(
    rf"{_BESIDE}(?=\s{{0,40}}(?:[)\],;|.:\n]|$|m\b|\+\d|\s[A-Z/&(+=-]|\s+\d{{5}}|\s+(?:and|then|tot|total)\b)){_NO_RATIO}"
)
_LISTED = re.compile(_BESIDE + _NO_RATIO)
_ADDED = re.compile(
    r"[ \t]{0,3}\+[ \t]{0,3}(?P<num>\d{1,3})(?!\d|[.:]\d|/)[ \t]{0,2}(?P<unit>[a-z]{1,8}\b|[°%#'])?", re.I
)
"""A number added to the one before it: "TE 12 + 10"; "60 + 180 deg/s" are no times."""
_X_MINUTES = re.compile(r"\s{0,40}x\s{0,40}(?:9|[1-9]\d)\b(?!\s{0,40}(?:'|min|x|/|\d))", re.I)
_CODE_UNITS = re.compile(
    r"\s{0,40}(?:[a-z ]{0,24})?\(?\s{0,40}x\s{0,40}(?P<num>[1-8])\b(?!\s{0,40}(?:\d|min|'|/))", re.I
)
_WORD_BEHIND = re.compile(r"\s{0,40}([^\W\d_]+|[°%#]|/(?!\s?[A-Za-z]))")
_AMBULATION = re.compile(
    r"\b(?:amb\w*|walk\w*|gait|hallway|hall|w/?c(?!\s(?:mgm?t|manag\w*|tr\w*))|prop\w*|fww|rw|2ww|4ww|rollator|carr\w+|lunge|sled|laps?|tandem"
    r"|side ?step\w*|march\w*|braid\w*|//)\b",
    re.I,
)
_PRIME = re.compile(r"\s{0,9}(?:[:=(\[@~-]|x(?=[ \d])|for\b|\s){0,9}(?P<num>\d{1,2})'(?![\d'\"]|\s{0,9}x\s{0,9}\d)")
_HEATED = frozenset({"aquatic", "whirlpool", "paraffin", "hot_cold"})


def named_numbers(flat: str, marks: list[Mark]) -> dict[int, Measure]:
    """Bare numbers beside a service name, by their start: "TA 16", "97110: 15"; "97110 x 2" are units."""
    out: dict[int, Measure] = {}
    long = any(_X_MINUTES.match(flat, mark.end) for mark in marks)
    for mark in marks:
        units = None if long else _CODE_UNITS.match(flat, mark.end)
        if units:
            out[units.start("num")] = Measure(units.start("num"), units.end("num"), "units", int(units["num"]))
            continue
        column = COLUMN.match(flat, mark.end) if opens_line(flat, mark.start) else None
        if column and int(column["num"]) >= 5:
            start = column.start("num")
            out[start] = Measure(start, column.end("num"), "minutes", int(column["num"]))
            continue
        match = (_LISTED if mark.role == "list" else _MARKED).match(flat, mark.end)
        if match is None:
            continue
        start, value = match.start("num"), int(match["num"])
        behind = _WORD_BEHIND.match(flat, match.end("num"))
        if behind and behind[1].lower() in NO_TIME_BEHIND and not match["u"]:
            continue
        if match["u"] or (mark.code and value <= 4):
            out[start] = Measure(start, match.end(), "units", value)
        elif 5 <= value <= (75 if mark.service in _HEATED else 240):
            added, unit = _added(flat, match.end("num"))
            if unit not in NO_TIME_BEHIND:
                out[start] = Measure(start, match.end("num"), "minutes", value)
                out.update((measure.start, measure) for measure in added)
    return out


def _added(flat: str, at: int) -> tuple[list[Measure], str]:
    """Minutes added to a number that ends at a code point, and the unit that stands behind the last; one with a unit is left to it."""
    added: list[Measure] = []
    while (match := _ADDED.match(flat, at)) is not None:
        unit = (match["unit"] or "").lower()
        if unit == "x":
            return added, ""
        if unit in NO_TIME_BEHIND or unit in MINUTE or unit == "'":
            return added, unit
        added.append(Measure(match.start("num"), match.end("num"), "minutes", int(match["num"])))
        at = match.end("num")
    return added, ""


def primed_numbers(flat: str, marks: list[Mark]) -> set[int]:
    """Where numbers with a prime begin that stand right behind a service's name and are no distance: "TherEx 25' with cues"; a name of walking
    leaves them open ("Gait 60' with RW").
    """
    found = ((mark, _PRIME.match(flat, mark.end)) for mark in marks)
    return {
        m.start("num") for mark, m in found if m and int(m["num"]) >= 5 and not walks(flat[mark.start : mark.end])
    }


def walks(words: str) -> bool:
    """Whether words name walking or driving a chair, of which a number with a prime may be feet."""
    return _AMBULATION.search(words) is not None


def promote_bracketed(scan: Scan) -> None:
    """Bracketed numbers are minutes where the note sets two or more of them in like brackets."""
    for bracket in "[({":
        like = [i for i, m in enumerate(scan.found) if m.kind == "bare" and scan.flat[m.start] == bracket]
        named = sum(m.kind == "minutes" and scan.flat[m.start - 1 : m.start] == bracket for m in scan.found)
        if len(like) + named > 1:
            for i in like:
                m = scan.found[i]
                scan.found[i] = Measure(m.start, m.end, "minutes", m.value)


def read_parallel(scan: Scan) -> None:
    """Numbers behind as many names, in their order: "TE/NMR/MT = 23/12/8"."""
    parallels = parallels_of(scan.note)
    scan.found = scan.without((parallel.start, parallel.end) for parallel in parallels)
    for parallel in parallels:
        for (start, end), value in zip(parallel.numbers, parallel.minutes, strict=True):
            if value:
                scan.add(start, end, "minutes", value)
        if parallel.whole:
            scan.add(*parallel.whole[:2], "total", parallel.whole[2])


_REPLACED = frozenset({"minutes", "bare", "sets"})


def read_entries(scan: Scan) -> None:
    """Numbers that take turns with names: "TE 20 as before, MT 15 as before"; those that are another quantity are left so."""
    entries = entries_of(scan.note)
    if not entries:
        return
    others = [(m.start, m.end) for m in scan.found if m.kind not in _REPLACED]
    own = [e for e in entries if not any(start < e.end and e.start < end for start, end in others)]
    told = {m.start for m in scan.found if m.kind == "minutes"}
    new = [e for e in own if e.start not in told]
    scan.found = scan.without((e.start, e.end) for e in new)
    for entry in new:
        if entry.minutes:
            scan.add(entry.start, entry.end, "minutes", entry.minutes)
    _read_sums(scan, entries)


def _read_sums(scan: Scan, entries: Sequence[Entry]) -> None:
    """A number that an equals sign sets behind a list, and that its numbers come to, is the total: "30 pool + 10 gait = 40"."""
    whole = 0
    for entry, after in zip_longest(entries, entries[1:]):
        whole += entry.minutes
        end = max(entry.end, entry.called.end)
        if after is not None and "\n" not in scan.flat[end : after.start]:
            continue
        found = _SUM.match(scan.flat, end)
        if found and int(found["num"]) == whole and whole:
            scan.found = scan.without([found.span("num")])
            scan.add(*found.span("num"), "total", whole)
        whole = 0


_SUM = re.compile(r"[ \t)\]]{0,9}(?:=|→)[ \t]{0,3}(?P<num>\d{1,3})(?!\d|[.,/:]\d)")


def read_columns(scan: Scan) -> None:
    """Numbers in a table column headed min, minutes or time; of columns of what was planned and done, those of what was done."""
    taken = {m.start for m in scan.found if m.kind == "minutes"}
    for row in rows_of(scan.note):
        if row.planned[0] < row.planned[1]:
            begin, end = min(row.planned[0], row.start), max(row.planned[1], row.end)
            scan.found = [m for m in scan.found if m.end <= begin or end <= m.start]
            planned = scan.flat[row.planned[0] : row.planned[1]]
            if planned.isdecimal():
                scan.add(*row.planned, "meant", int(planned))
        elif row.start in taken:
            continue
        if row.minutes:
            scan.found = [m for m in scan.found if m.start != row.start]
            scan.add(row.start, row.end, "total" if row.sums else "minutes", row.minutes)
