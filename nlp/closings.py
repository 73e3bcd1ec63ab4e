"""Where the part of a note that a heading opens ends before the next heading does: what was done today begins there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from corpus.headings import load_headings
from nlp.headings import LINE_HEAD, Heading
from nlp.names import called_in, services_called
from nlp.tally import closable, tally_of
from nlp.text import NoteText

_MINUTES = r"\d{1,3}\s{0,9}(?:min(?:ute)?s?\b|'(?!\d)|m\b)"
_MINUTES_BEHIND = re.compile(
    rf"\s{{0,9}}(?:[:=(\[@~-]|x\b|for\b|\s){{0,9}}{_MINUTES}|\s?:[^.;\n]{{0,120}}\b{_MINUTES}"
)
_TODAY = re.compile(
    r"(?:today|(?:on )?this (?:visit|session|date))\b[\s,-]{0,9}(?:(?:we|pt|patient|he|she|i)\s+)?"
    r"(?:(?:did|performed|completed|received|given|had|got|provided|treated with|worked on|treatment was|tx)\s+)?",
    re.I,
)
_PERIODS = r"(?:day|visit|session|time|tx|treatment|wk|week|night|morning|evening)"
_NOT_THEN = re.compile(
    r"\b(?:next|last|previous\w*|prior|yesterday|tomorrow|will|plan\w*|daily|weekly|at home|[ap]m|hs|prn|made|caused|helped|hurt|felt"
    rf"|(?:was|were)\s(?!performed|done|provided|given|completed|spent|used)|(?:each|per|every|a)\s{_PERIODS})\b"
    rf"|\d\s?x\s?/|/\s?(?:d|{_PERIODS})\b",
    re.I,
)
"""Words of a sentence about a treatment of another day, or what the patient says of one."""
_STOP = re.compile(r"[.;!?](?=\s|$)|\n|$")


@cache
def _closed_by() -> dict[str, str]:
    """Names of headings that a treatment in their line ends, with which treatment does."""
    return {
        name: heading.closed_by
        for heading in load_headings().values()
        if heading.closed_by != "none"
        for name in heading.names
        if name not in heading.open_names
    }


@cache
def _brief() -> frozenset[str]:
    """Names of headings that end where a later sentence tells of what was done, if their first tells of no treatment."""
    return frozenset(name for heading in load_headings().values() for name in heading.brief_names)


def closings(
    note: NoteText,
    headings: Sequence[Heading],
    treatments: Sequence[tuple[int, int]],
    services: Sequence[tuple[int, int]],
    evaluations: Collection[tuple[int, int]],
) -> Iterator[int]:
    """Where a sentence that opens with a service and its minutes ends the section of a heading of its line; a brief heading between two
    such sentences of one line always ends there ("GT: 15 min. Rec: cane at home. TE: 15 min").
    """
    flat = note.flat
    named = sorted({*treatments, *services})
    given = [span for span in named if span not in evaluations]
    before = {"goals": given}
    timed: list[tuple[int, int]] | None = None
    for index, (start, stop, body, name, _) in enumerate(headings):
        words = " ".join(flat[start:stop].lower().split())
        how = _closed_by().get(words)
        past = name in ("history", "subjective")
        brief = words in _brief()
        line_end = flat.find("\n", body)
        until = headings[index + 1][0] if index + 1 < len(headings) else len(flat)
        if name in closable() and (tally := tally_of(flat, named, (body, line_end), until)) is not None:
            yield tally
        if not (how or past or brief):
            continue
        end = min(line_end if line_end >= 0 else len(flat), until)
        if brief:
            told = _first_told(flat, (body, end), named)
            if told is None and timed is None:
                timed = [span for span in services if _MINUTES_BEHIND.match(flat, span[1])]
            if told is None and timed:
                told = _between(flat, timed, start, (body, end))
            if told is not None:
                yield told
                continue
        for at in range(bisect_left(services, (body, 0)), bisect_left(services, (end, 0))):
            begin = _sentence_of(flat, body, services[at])
            if begin is None or (not how and begin == services[at][0]):
                continue
            if how == "first" and any(
                one < services[at][0] and not start <= one < stop for one, _ in before.get(name, named)[:2]
            ):
                break
            yield begin
            break
        else:
            begin = (
                _line_of(flat, services, (body, line_end), headings[index + 1 : index + 2]) if how and past else None
            )
            if begin is not None:
                yield begin


def _line_of(
    flat: str,
    services: Sequence[tuple[int, int]],
    told: tuple[int, int],
    after: Sequence[Heading],
) -> int | None:
    """Where below what was told in a heading's own line the first line begins that a service with its minutes opens, before the next heading.

    Parameters
    ----------
    services : stretches that name one, in order.
    told : from the heading's words to the end of its line, negative for none.
    after : the next heading, if there is one.
    """
    body, line_end = told
    if line_end < 0 or not flat[body:line_end].strip():
        return None
    end = after[0][0] if after else len(flat)
    for at in range(bisect_left(services, (line_end, 0)), bisect_left(services, (end, 0))):
        start, stop = services[at]
        begin = flat.rfind("\n", 0, start) + 1
        head = LINE_HEAD.match(flat, begin, start)
        if begin > line_end and head and head.end() == start and _MINUTES_BEHIND.match(flat, stop):
            closed = _STOP.search(flat, stop)
            if not _NOT_THEN.search(flat, stop, closed.start() if closed else len(flat)):
                return begin
    return None


def _between(flat: str, timed: Sequence[tuple[int, int]], start: int, within: tuple[int, int]) -> int | None:
    """Where behind a heading that follows a service with its minutes in its line the next such service opens a sentence.

    Parameters
    ----------
    timed : stretches that name a service with its minutes behind it, in order.
    start : where the heading begins.
    within : from its words to the end of its line or the next heading.
    """
    before = bisect_left(timed, (start, 0)) - 1
    if before < 0 or timed[before][0] <= flat.rfind("\n", 0, start):
        return None
    body, end = within
    for at in range(bisect_left(timed, (body + 1, 0)), bisect_left(timed, (end, 0))):
        if _OPENED.search(flat, max(body, timed[at][0] - _GAP_AT_MOST), timed[at][0]):
            return timed[at][0]
    return None


_SPACE = re.compile(r"\s*")
_OPENED = re.compile(r"[.;][ \t]*$")
_GAP_AT_MOST = 16


def _first_told(flat: str, within: tuple[int, int], named: Sequence[tuple[int, int]]) -> int | None:
    """Where behind a brief heading the first sentence begins that tells of what was done, if the sentences before it name nothing."""
    begin, end = within
    while (stop := _STOP.search(flat, begin, end)) is not None and stop.end() < end:
        at = bisect_left(named, (begin, 0))
        if at < len(named) and named[at][0] < stop.start():
            return None
        space = _SPACE.match(flat, stop.end(), end)
        begin = space.end() if space else stop.end()
        at = bisect_left(named, (begin, 0))
        if at == len(named) or named[at][0] >= end:
            return None
        start, last = named[at]
        today = _TODAY.match(flat, begin)
        if (today and today.end() <= start) or (begin == start and _MINUTES_BEHIND.match(flat, last)):
            return begin
    return None


def _sentence_of(flat: str, body: int, service: tuple[int, int]) -> int | None:
    """Where the sentence begins that a service with its minutes opens ("Today TherEx 20 min"); ``None`` where it opens none, or the
    first of its section, or one about another day.
    """
    start, end = service
    if not _MINUTES_BEHIND.match(flat, end):
        return None
    begin = max(body, *(flat.rfind(mark, body, start) + 1 for mark in (". ", "; ", ".\t", "! ", "? ")))
    if begin <= body and flat[body:start].strip():
        return None
    begin += len(flat[begin:start]) - len(flat[begin:start].lstrip())
    if begin != start and not _TODAY.fullmatch(flat, begin, start):
        return None
    stop = _STOP.search(flat, end)
    told = flat[end : stop.start() if stop else None]
    return begin if begin > body + 1 and not _NOT_THEN.search(told) else None


def returns(note: NoteText, headings: Sequence[Heading]) -> Iterator[Heading]:
    """Where a line that opens with another service's name ends the section of a service named before it in a line with words behind
    it ("Ther ex: SLR 3x10"), and the section around both goes on.
    """
    flat = note.flat
    called = called_in(note)
    begins = [c.start for c in called]
    around = ("", "")
    for index, (start, stop, body, name, letter) in enumerate(headings):
        if name:
            around = (name, letter)
            continue
        end = headings[index + 1][0] if index + 1 < len(headings) else len(flat)
        line_end = flat.find("\n", body, end)
        whose = set(services_called(" ".join(flat[start:stop].split())))
        if not (whose and around[0] and line_end >= 0 and flat[body:line_end].strip()):
            continue
        for one in called[bisect_left(begins, line_end) : bisect_left(begins, end)]:
            opens = not flat[flat.rfind("\n", 0, one.start) + 1 : one.start].strip(" \t-*•")
            names = one.named or one.treatment == "program"
            if opens and names and whose.isdisjoint(one.services[:1]):
                at = flat.rfind("\n", 0, one.start) + 1
                yield (at, at, at, *around)
                break
