"""Which of the conditions a note names count: not the one that is treated, and only those said to bear on the plan."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from corpus.tiers import TierComponent
from nlp.facts import listed_items, within
from nlp.note import Cue, ParsedNote

_SIDE = r"(?:(?:the|a|an|his|her|new|acute|recent|right|left|bilateral|b/l|[rl])[ \t]+)*"
_TREATED = re.compile(
    r"(?:^|[.;\n])[ \t]*(?:(?:med(?:ical)?|tx|treatment|treating|rehab|primary|referring|referral|pt|ot)\.?[ \t]+)?(?:dx|diagnosis)[ \t]*[:=-][^.,;\n]*\Z"
    r"|\b(?:eval(?:uat\w+)?|referr\w+|seen|(?:pt|ot|physical therapy|occupational therapy|rehab)(?: (?:initial )?eval(?:uation)?)?)[ \t]+"
    rf"(?:for|after|following|s/p|due to|2/2|d/t)[ \t]+(?:s/p[ \t]+)?{_SIDE}\Z"
    r"|\b\d{1,3}[ -]?(?:y/?o|y\.o\.|years?[ -]old|[mf])\b(?:[ \t]+(?:male|female|man|woman|m|f|patient|pt))?,?[ \t]+"
    rf"(?:(?:who is|is|now|[\w.]+[ \t]+(?:days?|wks?|weeks?|mo|months?))[ \t]+)?(?:s/p|status post|after|following)[ \t]+{_SIDE}\Z",
    re.I,
)
"""Before a condition, that it is the one treated."""
_DIAGNOSIS = 120


def is_treated(scale: TierComponent, note: ParsedNote, cue: Cue) -> bool:
    """Whether a condition is the diagnosis that is treated, which is no factor beside itself."""
    return (
        scale.but_treated and _TREATED.search(note.text.flat, max(0, cue.start - _DIAGNOSIS), cue.start) is not None
    )


_SENTENCE_END = re.compile(r"[.\n](?!\d)")


def borne(note: ParsedNote, bearing: Sequence[Cue], logistics: Sequence[Cue], named: Sequence[Cue]) -> list[Cue]:
    """The named things that are said to bear on the plan, in order.

    Facts section 4: a listed diagnosis counts only if the note says that it affects the plan. Words for it carry the things of their
    own sentence and of the lines that a comma leads to; where that names none ("Both slow her progress"), those of the sentence before
    and behind, and of a list of lines that begins or ends there. Of a ride or a schedule that bears on the plan, in a sentence that
    names no condition, they say nothing.
    """
    flat = note.text.flat
    ends = [m.start() for m in _SENTENCE_END.finditer(flat)]
    held = {bisect_right(ends, c.start) for c in named}
    outer = {bisect_right(ends, c.start) for c in logistics} - held
    said = {bisect_right(ends, c.start) for c in bearing} - outer
    lines = {at for at, end in enumerate(ends) if flat[end] == "\n"}
    runs_on = {at for at in lines if flat[max(0, ends[at] - 2) : ends[at]].strip().endswith(",")}
    reached = set(said)
    for at in said & held:
        beside = at
        while beside in runs_on:
            beside += 1
            reached.add(beside)
    for at in said - held:
        for step in (-1, 1):
            beside = at + step
            reached.add(beside)
            while beside in held and beside + step in held and beside + min(step, 0) in lines:
                beside += step
                reached.add(beside)
    return [c for c in named if bisect_right(ends, c.start) in reached]


def is_listed_whole(note: ParsedNote, nouns: Sequence[Cue], named: Sequence[Cue]) -> bool:
    """Whether the things are the items of one list that a noun opens, none left over: the writer then gives their number."""
    for noun in nouns:
        items = [
            span for span in listed_items(note.text, noun) if not any(within(c.start, c.end, [span]) for c in nouns)
        ]
        if len(items) == len(named) and all(
            within(c.start, c.end, [span]) for span, c in zip(items, named, strict=True)
        ):
            return True
    return False
