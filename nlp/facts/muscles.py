"""How many different muscles a note names or counts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from corpus.tables import DATA
from nlp.facts.scan import BREAKS, NUMBER, number_of, within
from nlp.phrases import PhraseIndex
from nlp.text import NoteText, Span

_MUSCLES = re.compile(
    rf"\b(?P<num>{NUMBER})\s*(?:different\s+|total\s+|separate\s+)?muscles?\b(?!\s*(?:needles?|x))", re.I
)
_LISTING = frozenset(
    {",", "and", "&", "+", "/", "then", "also", "the", "both", "r", "l", "b", "left", "right", "bilat", "bilateral"}
)


@cache
def _muscles() -> PhraseIndex[str]:
    entries: list[tuple[str, str]] = []
    for line in (DATA / "muscles.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names = [name.strip() for name in line.split("=")]
            entries.extend((name, names[0]) for name in names)
    return PhraseIndex(entries)


def count_muscles(note: NoteText, spans: Sequence[Span]) -> int:
    """Different muscles named within spans and on in their lists, or the number stated there if that is larger.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> note = read_text("DN to glute med, glute max and piriformis, STM to TFL")
    >>> count_muscles(note, [(0, 15)])
    3
    """
    named = [(first, end, payloads[0]) for first, end, payloads in _muscles().find(note.norms, note.pairs)]
    reached = [_listed_on(note, span, named) for span in spans]
    names = {name for first, end, name in named if within(note.starts[first], note.ends[end - 1], reached)}
    stated = [number_of(m["num"]) for m in _MUSCLES.finditer(note.flat) if within(m.start(), m.end(), spans)]
    return max(len(names), *stated, 0)


def _listed_on(note: NoteText, span: Span, named: Sequence[tuple[int, int, str]]) -> Span:
    """A stretch widened over the muscles that its list goes on with, in both directions."""
    muscle = {at for first, end, _ in named for at in range(first, end)}
    size = len(note.norms)
    first = bisect_left(note.starts, span[0])
    last = bisect_left(note.starts, span[1])
    while first and (first - 1 in muscle or note.norms[first - 1] in _LISTING):
        first -= 1
    closed = last > first and note.norms[last - 1] in BREAKS
    while not closed and last < size and (last in muscle or note.norms[last] in _LISTING):
        last += 1
    start = note.starts[first] if first < size else span[0]
    return min(span[0], start), max(span[1], note.ends[last - 1] if last else 0)
