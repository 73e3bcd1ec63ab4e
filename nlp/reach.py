"""How far each named service reaches: which segments a heading, or a name behind a list, covers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.note import Segment
from nlp.text import NoteText


def _only_marks(note: NoteText, segment: Segment) -> bool:
    """Whether a segment is nothing but service names, numbers and minute words."""
    rest = note.flat[segment.start : segment.end]
    for mark in reversed(segment.marks):
        a, b = mark.start - segment.start, mark.end - segment.start
        rest = rest[:a] + " " * (b - a) + rest[b:]
    rest = re.sub(r"\b(?:cpt|min(?:ute)?s?|units?|total|tot|time|x|and|for|m|u|code|ea)\b", " ", rest, flags=re.I)
    return not any(map(str.isalpha, rest))


def set_reach(note: NoteText, segments: Sequence[Segment], turns: frozenset[int]) -> None:
    """Say for each segment which named services cover it.

    Parameters
    ----------
    turns : where items begin that take turns with their times; no name reaches back over one.
    """
    heads: tuple[str, ...] = ()
    head_line = -1
    inline = False
    head_block = head_section = -1
    previous: Segment | None = None
    for segment in segments:
        if segment.section != head_section or segment.block != head_block:
            heads = ()
        head_marks = [m for m in segment.marks if m.role == "head"]
        if head_marks:
            named = tuple(dict.fromkeys(m.service for m in head_marks))
            joined = previous is not None and heads and previous.line == segment.line and _only_marks(note, previous)
            heads = tuple(dict.fromkeys((*heads, *named))) if joined else named
            head_line, head_block, head_section = segment.line, segment.block, segment.section
            inline = not _only_marks(note, segment)
            segment.strong = heads
        elif heads:
            if segment.line == head_line:
                inline = inline or not _only_marks(note, segment)
                segment.strong = heads
            elif inline:
                segment.weak = heads
            else:
                segment.strong = heads
        previous = segment
    _reach_back(note, segments, turns)


def _reach_back(note: NoteText, segments: Sequence[Segment], turns: frozenset[int]) -> None:
    """Names behind a list cover the items before them; one that opens a sentence ("MT 10 min STM") those of its sentence."""
    for index, segment in enumerate(segments):
        tails = tuple(dict.fromkeys(m.service for m in segment.marks if m.role == "tail"))
        if not tails:
            continue
        segment.strong = tails
        alone = _only_marks(note, segment) and (index == 0 or segments[index - 1].line != segment.line)
        opening = segment.marks[0].start == segment.start and any(
            m.concept.priors and m.start >= segment.marks[-1].end for m in segment.mentions
        )
        for back in range(index - 1, -1, -1):
            earlier = segments[back]
            if segments[back + 1].start in turns or (opening and earlier.sentence != segment.sentence):
                break
            if earlier.section != segment.section or earlier.block != segment.block:
                break
            if any(m.role != "head" for m in earlier.marks) or (earlier.strong and not alone):
                break
            if not alone and earlier.line != segment.line:
                break
            if earlier.strong:
                break
            earlier.strong = tails
