"""What the readers of facts share: stretches and the words around them, numbers, empty boxes, the words of ``areas.toml``."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache

from corpus.facts import load_facts
from corpus.tables import DATA
from nlp.text import NUMBER_WORDS, Span

NUMBER = r"(?:\d{1,2}|" + "|".join(sorted((w for w, v in NUMBER_WORDS.items() if v), key=len, reverse=True)) + ")"
BREAKS = frozenset({".", ";", "\n", "\u2022", "|"})
CLAUSE_END = re.compile(r"[,;:()\n]|\.(?!\d)")
_AROUND = 160


def number_of(word: str) -> int:
    """The value of a word that `NUMBER` matches."""
    return int(word) if word.isdigit() else NUMBER_WORDS[word.lower()]


def within(start: int, end: int, spans: Iterable[Span]) -> bool:
    """Whether a stretch lies in one of the spans.

    Examples
    --------
    >>> within(3, 5, [(0, 4), (2, 6)]), within(3, 5, [(0, 4)])
    (True, False)
    """
    return any(a <= start and end <= b for a, b in spans)


def holds(spans: Sequence[Span], at: int) -> bool:
    """Whether one of the ordered, separate spans holds a place."""
    index = bisect_right(spans, (at, len(spans) and spans[-1][1])) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def around(flat: str, span: Span, stop: re.Pattern[str]) -> Span:
    """The stretch around another up to the nearest stops on both sides, at the most 160 characters away."""
    before = [m.end() for m in stop.finditer(flat, max(0, span[0] - _AROUND), span[0])]
    behind = stop.search(flat, span[1], span[1] + _AROUND)
    return (
        before[-1] if before else max(0, span[0] - _AROUND),
        behind.start() if behind else min(len(flat), span[1] + _AROUND),
    )


_BOX = re.compile(r"[\[(](?P<mark>\s*|\s*[xX✓✔]\s*)[\])]|[☐☑☒]")


def unticked_stretches(flat: str) -> list[Span]:
    """The words behind empty check boxes, each up to the next box or the end of its line."""
    out = []
    boxes = list(_BOX.finditer(flat))
    for index, box in enumerate(boxes):
        if (box["mark"] or "").strip() or box[0] in "☑☒":
            continue
        line_end = flat.find("\n", box.end())
        following = boxes[index + 1].start() if index + 1 < len(boxes) else len(flat)
        out.append((box.end(), following if line_end < 0 else min(line_end, following)))
    return out


@cache
def area_words(label: str) -> re.Pattern[str]:
    """The words of a kind in ``areas.toml``."""
    names = sorted((name for _, name in load_facts(DATA / "areas.toml")[label].spellings()), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.I)
