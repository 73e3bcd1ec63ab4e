"""Whether the clause that holds words takes them back: denies them, puts them off, or says them of something else."""

from __future__ import annotations

import re

from corpus.gaps import GapCheck
from models.gaps.patterns import compiled
from nlp.text import Span

_CLAUSE_SIGNS = (". ", ";", "\n")
_NO_END = re.compile(r"\b(?:drs?|mrs?|ms|st|vs|approx)$", re.I)
_WORD = r"[ \t]+(?!but\b|except\b|though\b|however\b|yet\b)[\w/'-]+"
_NO = r"\b(?:no|not|without|never|nor|lacks?|didn't|hasn't|den(?:y|ies|ied|ying))\b"
_DENIED = re.compile(rf"{_NO}(?:{_WORD}){{0,3}}[ \t]*$", re.I)
_DENIED_LIST = re.compile(rf"{_NO}(?:{_WORD}){{1,3}}(?:,(?:{_WORD}){{1,3}}){{0,4}},(?:{_WORD}){{0,2}}[ \t]*$", re.I)
_LIST_REACH = 120
_OR = re.compile(rf"(?:,?{_WORD}){{0,8}}?,?[ \t]+n?or\b", re.I)
_PENDING = re.compile(
    r"[ \t]*[:(-]?[ \t]*(?:(?:is|are|was|were|has|have|yet|still|to|will)[ \t]+){0,2}(?:not\b(?! to (?!be\b))|never\b|pending|overdue|due\b|to follow|tbd\b"
    r"|be (?:set|done|written|determined|established|discussed|developed|decided|defined|formulated|completed|filed|sent|addressed|added|agreed|announced)\b"
    r"|follow\b|deferred|next\b|missing)",
    re.I,
)


def taken_back(flat: str, check: GapCheck, span: Span) -> bool:
    """Whether a span's clause denies it, puts it off, or says it of something else, where the check asks.

    Parameters
    ----------
    flat : the note's text, one code point for each of the text as received.
    check : its ``unless_negated`` and ``unless_near`` say what takes its words back.
    span : (start, end) in ``flat``, end-exclusive.
    """
    if not (check.unless_negated or check.unless_near):
        return False
    start, end = span
    first, last = _clause(flat, start, end)
    if check.unless_negated and _is_denied(flat, (first, last), span):
        return True
    return any(
        match.start() < end and start < match.end()
        for pattern in compiled(check.unless_near)
        for match in pattern.finditer(flat, first, last)
    )


def _is_denied(flat: str, clause: Span, span: Span) -> bool:
    """Whether words before a span deny it, alone or in a list with "or", or those behind it put it off."""
    (first, last), (start, end) = clause, span
    if _DENIED.search(flat, first, start) or _PENDING.match(flat, end, last):
        return True
    denied = _DENIED_LIST.search(flat, max(first, start - _LIST_REACH), start)
    return denied is not None and bool(re.search(r"\bn?or\b", denied[0], re.I) or _OR.match(flat, end, last))


def _clause(flat: str, start: int, end: int) -> Span:
    """The clause around a stretch; the stop of "Dr. Lee" ends none."""
    first = start
    while True:
        first = max(flat.rfind(sign, 0, first) for sign in _CLAUSE_SIGNS)
        if first < 0 or flat[first] != "." or not _NO_END.search(flat, max(0, first - 8), first):
            break
    ends = [at for sign in _CLAUSE_SIGNS if (at := flat.find(sign, end)) >= 0]
    return first + 1, min(ends, default=len(flat))
