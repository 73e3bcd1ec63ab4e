"""Heads of lists: words that open a row of services and say of all of them whose or when they are.

"LV: TE 20, MT 10", "orders (Dr. P): gait 15, TE 15", "home => TE 20, ice 15". Such words mean little in a sentence ("last",
"home"), so they are cues only where they head a list.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from nlp.note import Cue, Mention, Segment
from nlp.text import NoteText

_CLEAR = 0.3
_WORDS_BEFORE = 1
_WORDS_TO_COLON = 12
_WORDS_FROM_COLON = 3
_FARTHEST = 160
"""Characters between the beginning of a row and its head, and between this and the first service."""
_SIGNS = ":=-"
_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_ASIDE = re.compile(r"\([^)\n]*\)")
_OPENS = re.compile(r"[;|\[(]|[.!?](?=\s)|[-=]{1,2}>|→|\s[-–—]{1,2}\s")
"""What a new row may begin behind in the middle of a line."""
_CLOSES = re.compile(r"[:=→>]|\s[-–—]{1,2}\s")
_REMARK = re.compile(r"(?:[ ]*[,;:–-][^()\n]{0,60})?")
_PARTED = re.compile(r"[A-Za-z,]")
_STOP = re.compile(r"[.!?](?=\s+[A-Z])")
_DONE = re.compile(
    r"\b(?:done|performed|completed|practi[cs]ed|every line|together|w(?:ith)?\s+(?:me|pt))\b(?!\s+(?:at home|daily|by))",
    re.I,
)
_BREAKS = re.compile(r"[;.!?](?=\s)")


def is_treatment(mention: Mention) -> bool:
    """Whether a mention is billed more often than now and then, as a home programme gone over is."""
    return max(mention.concept.priors.values(), default=0.0) >= _CLEAR


def headed_lists(note: NoteText, segments: Sequence[Segment], heads: Sequence[Cue]) -> Iterator[tuple[int, Cue]]:
    """Indices of the segments in a list that one of ``heads`` opens, each with it.

    A head stands at the beginning of a line, or in it behind a stop, a bracket or an arrow, with at most one word before it. Its list ends with
    the sentence, before the next head, and before words that say that something was done.
    """
    starts = [s.start for s in segments]
    for (start, end), found in groupby(heads, key=lambda cue: _line_of(note.flat, cue.start)):
        first, last = max(bisect_right(starts, start) - 1, 0), bisect_left(starts, end)
        named = ((at, _named_at(segments[at])) for at in range(first, last))
        items = [(at, place) for at, place in named if place is not None and place >= start]
        if not items:
            continue
        line = _Line(note.flat, start, items)
        cues = [c for c in found if c.label == "performed" or line.opens(c, segments)]
        for cue, after in zip_longest(cues, cues[1:]):
            if cue.label != "performed":
                for at in line.listed(cue, after.start if after else end):
                    if segments[at].sentence != segments[line.next(cue)[0]].sentence or _is_told(segments[at], cue):
                        break
                    yield at, cue


def _is_told(segment: Segment, cue: Cue) -> bool:
    """Whether a segment says of itself, behind a cue, that it was done, or that something new begins."""
    return any(c.label in ("performed", "stop", "begun") and c.start >= cue.end for c in segment.cues)


def _line_of(flat: str, place: int) -> tuple[int, int]:
    end = flat.find("\n", place)
    return flat.rfind("\n", 0, place) + 1, end if end >= 0 else len(flat)


def _named_at(segment: Segment) -> int | None:
    """Where a segment first names a service or treatment."""
    places = [m.start for m in segment.mentions if is_treatment(m)] + [m.start for m in segment.marks]
    return min(places, default=None)


class _Line:
    """A line with its items: segments (by index) that name a treatment, and where they do."""

    def __init__(self, flat: str, start: int, items: Sequence[tuple[int, int]]) -> None:
        self._flat = flat
        self._start = start
        self._items = items
        self._places = [place for _, place in items]
        self._openings = [start, *(m.end() for m in _OPENS.finditer(flat, start, items[-1][1]))]

    def next(self, cue: Cue) -> tuple[int, int]:
        """The first item behind a cue and where it is named; (-1, -1) for none."""
        at = bisect_left(self._places, cue.end)
        return self._items[at] if at < len(self._items) else (-1, -1)

    def listed(self, cue: Cue, end: int) -> Iterator[int]:
        """Indices of the segments of the items named behind a cue, up to a stop or ``end``."""
        first = bisect_left(self._places, cue.end)
        place = self._behind_own_bracket(cue) or cue.end
        depth = 0
        for number in range(first, len(self._items)):
            at, named = self._items[number]
            # "(last wk: TE 30, MT 15): mobs 15" ends with the bracket it opens in
            depth += self._flat.count("(", place, named) - self._flat.count(")", place, named)
            if named >= end or depth < 0 or (number > first and _STOP.search(self._flat, place, named)):
                break
            yield at
            place = named

    def _behind_own_bracket(self, cue: Cue) -> int | None:
        """Behind the bracket that opens the line and holds nothing but a cue and its remark: "(last visit) TE 14, MT 20"."""
        if self._flat[self._start : cue.start].strip() != "(":
            return None
        end = self._flat.find(")", cue.end, self.next(cue)[1])
        return end + 1 if end >= 0 and _REMARK.fullmatch(self._flat, cue.end, end) else None

    def opens(self, cue: Cue, segments: Sequence[Segment]) -> bool:
        """Whether a cue opens a list: before a sign like a colon, or at once before a service with a time."""
        at, first = self.next(cue)
        if at < 0 or first - cue.end > _FARTHEST:
            return False
        begins = self._openings[max(bisect_right(self._openings, cue.start) - 1, 0)]
        if cue.start - begins > _FARTHEST or bisect_left(self._places, begins) < bisect_left(self._places, cue.start):
            return False
        if _words(self._flat[begins : cue.start]) > _WORDS_BEFORE:
            return False
        if self._behind_own_bracket(cue):
            return True
        between = _ASIDE.sub(" ", self._flat[cue.end : first])
        if _BREAKS.search(between) or _DONE.search(between):
            return False
        if self._flat[cue.end - 1] in _SIGNS:
            return _words(between) <= _WORDS_FROM_COLON
        signs = [m.end() for m in _CLOSES.finditer(between)]
        if not signs:
            return any(m.kind == "minutes" for m in segments[at].measures) and not _PARTED.search(between)
        return _words(between[: signs[-1]]) <= _WORDS_TO_COLON and _words(between[signs[-1] :]) <= _WORDS_FROM_COLON


def _words(text: str) -> int:
    return len(_WORD.findall(text))
