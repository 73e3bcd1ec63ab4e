"""Times that a list of like items makes clear: behind a slash at the ends of lines, and with a bare "m" that stands for minutes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from nlp.measures.places import walks
from nlp.measures.scan import Scan
from nlp.measures.words import NO_TIME_BEFORE, OVER_GROUND, RATED, SCORE
from nlp.names import called_in
from nlp.note import Measure
from nlp.text import normal_form

_SLASHED = re.compile(r"[^\s/][ \t]{1,8}/[ \t]{0,3}(?P<num>\d{1,2})(?:[ \t]?(?:min\.?|m|'))?[.;]?$")
_LETTERED = re.compile(r"(?<![\w./:+-])(?P<num>\d{1,3})[ ]m(?![\w/'²])")
_ITEM_ENDS = re.compile(r"[ \t]{0,40}(?:$|[,;)\n]|\.(?!\d)|/[ \t])", re.M)
_SETS_OFF = re.compile(r"(?:\(|\[|->|→|=)[ \t]{0,3}$")
_IN_ALL = re.compile(r"[ \t](?:in all|in total|total|altogether|all told|all in)\b", re.I)
_ITEM_BEGINS = re.compile(r"[\n;,]|\.\s")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|//")
_LEAST_WORDS, _LEAST_ITEMS = 3, 2
_SHORTEST, _LONGEST, _WHOLE = 3, 75, 120
_REACH = 120
_NEAR = 4
"""Words before a slash among which the name of a scale stands."""
_TAKEN = frozenset({"minutes", "total", "timed", "clock", "other_time", "pause", "meant", "withdrawn"})


def read_slashed(scan: Scan) -> None:
    """Numbers behind a slash at the ends of two or more lines of a block: "frictions L /8"; a score's slash stands behind a number."""
    times = [m for block in _slashed(scan) if len(block) >= _LEAST_ITEMS for m in block]
    scan.found = [*scan.without((m.start, m.end) for m in times), *times]


def _slashed(scan: Scan) -> Iterator[list[Measure]]:
    """The numbers behind slashes of each block of lines."""
    block: list[Measure] = []
    for line in scan.note.lines:
        row = scan.flat[line.start : line.end].rstrip()
        if not row:
            yield block
            block = []
        match = _SLASHED.search(row, max(0, len(row) - 24))
        value = int(match["num"]) if match else 0
        if match and _SHORTEST <= value <= _LONGEST and _is_item(row[: match.start() + 1]):
            block.append(Measure(line.start + match.start("num"), line.start + match.end("num"), "minutes", value))
    yield block


def _is_item(words: str) -> bool:
    """Whether words before a slash can be those of an item with a time: they name no scale, and end in no number or level."""
    last = words.rsplit(None, 1)[-1].strip("()[]:,;")
    norms = {normal_form(word) for word in _WORD.findall(words)[-_NEAR:]}
    letters = sum(map(str.isalpha, words))
    no_number = (
        bool(last.strip("_-.")) and not last.isdecimal() and normal_form(last) not in NO_TIME_BEFORE - {"l", "r"}
    )
    return letters >= _LEAST_WORDS and no_number and norms.isdisjoint(RATED | SCORE - {"x"})


def read_lettered(scan: Scan) -> None:
    """Numbers with "m" that are minutes: "(12 m)", "-> 12 m", else at the ends of two items or more; then also "40 m in all".

    In an item that tells of going over ground they are metres.
    """
    taken = {at for m in scan.found if m.kind in _TAKEN for at in range(m.start, m.end)}
    matches = [match for match in _LETTERED.finditer(scan.flat) if match.start() not in taken]
    items = [match for match in matches if _is_lettered_item(scan, match)]
    minutes = [match for match in items if _is_set_off(scan, match)] or items
    if len(items) >= _LEAST_ITEMS or (items and _is_set_off(scan, items[0])):
        _add(scan, minutes, "minutes")
        _add(scan, _wholes(scan, matches, minutes), "total")


_ARROW = re.compile(r"[ \t]*(?:-{1,2}>|=>|→)[ \t]*")
_CHAINED = re.compile(r"[A-Za-z)][ \t]{1,3}(?P<num>\d{1,2})(?P<unit>[ \t]?(?:min\.?|'))?[.;,]?\Z")
_MOST_ARROWS = 30


def read_chained(scan: Scan) -> None:
    """Numbers at the ends of items that arrows lead through and that are of several services: "SWD 15 → LTR, bridges 10 → glides 12"."""
    if "→" not in scan.flat and "->" not in scan.flat and "=>" not in scan.flat:
        return
    others = sorted((m.start, m.end) for m in scan.found if m.kind not in _REPLACED)
    new = [m for line in scan.note.lines for m in _chained(scan, line.start, line.end)]
    new = [m for m in new if not any(start < m.end and m.start < end for start, end in others)]
    scan.found = [*scan.without((m.start, m.end) for m in new), *new]


_REPLACED = frozenset({"minutes", "bare"})


def _chained(scan: Scan, start: int, end: int) -> list[Measure]:
    """The numbers that end the items of a line with arrows; none unless these items point to two services."""
    arrows = list(_ARROW.finditer(scan.flat, start, end))
    if not 0 < len(arrows) <= _MOST_ARROWS:
        return []
    begins = [start, *(arrow.end() for arrow in arrows)]
    ends = [*(arrow.start() for arrow in arrows), end]
    called = called_in(scan.note)
    out, services = [], set()
    for begin, stop in zip(begins, ends, strict=True):
        match = _CHAINED.search(scan.flat, max(begin, stop - 12), stop)
        at = bisect_left(called, begin, key=lambda c: c.start)
        who = called[at].services[0] if at < len(called) and called[at].start < stop else None
        if match and who and _SHORTEST <= int(match["num"]) <= _LONGEST:
            services.add(who)
            out.append(
                Measure(
                    match.start("num"),
                    match.end("unit") if match["unit"] else match.end("num"),
                    "minutes",
                    int(match["num"]),
                )
            )
    return out if len(services) > 1 else []


def _wholes(scan: Scan, matches: Sequence[re.Match[str]], minutes: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Those of some numbers with "m" that are said of all that others come to; none in a line where others are metres."""
    starts = {match.start() for match in minutes}
    rest = [match for match in matches if match.start() not in starts]
    lines = {_line(scan, match) for match in rest if not _IN_ALL.match(scan.flat, match.end())}
    least = max(int(match["num"]) for match in minutes)
    whole = [match for match in rest if least <= int(match["num"]) <= _WHOLE and _is_whole(scan, match)]
    return [match for match in whole if _line(scan, match) not in lines]


def _add(scan: Scan, matches: Sequence[re.Match[str]], kind: str) -> None:
    scan.found = scan.without(match.span() for match in matches)
    for match in matches:
        scan.add(match.start(), match.end(), kind, int(match["num"]))


def _line(scan: Scan, match: re.Match[str]) -> int:
    return scan.flat.rfind("\n", 0, match.start())


def _is_set_off(scan: Scan, match: re.Match[str]) -> bool:
    """Whether a number stands in a bracket or behind an arrow."""
    return _SETS_OFF.search(scan.flat, max(0, match.start() - 6), match.start()) is not None


def _is_lettered_item(scan: Scan, match: re.Match[str]) -> bool:
    """Whether a number with "m" ends an item that names something and tells of no way gone."""
    ends = _ITEM_ENDS.match(scan.flat, match.end()) or (
        _is_set_off(scan, match) and _IN_ALL.match(scan.flat, match.end())
    )
    if not _SHORTEST <= int(match["num"]) <= _LONGEST or not ends:
        return False
    begin = max(_line(scan, match) + 1, match.start() - _REACH)
    words = scan.flat[begin : match.start()]
    item = words[max((found.end() for found in _ITEM_BEGINS.finditer(words.rstrip(" \t,;"))), default=0) :]
    return sum(map(str.isalpha, item)) >= _LEAST_WORDS and not _goes(item)


def _is_whole(scan: Scan, match: re.Match[str]) -> bool:
    """Whether a number with "m" is said to be that of all, in a clause that tells of no way gone."""
    behind = _IN_ALL.match(scan.flat, match.end())
    return behind is not None and not _goes(
        scan.flat[max(_line(scan, match) + 1, match.start() - 30) : match.start()]
    )


def _goes(words: str) -> bool:
    """Whether words tell of going, driving or throwing over a distance."""
    return walks(words) or any(normal_form(word) in OVER_GROUND for word in _WORD.findall(words))
