"""Levels of complexity that the writer claims beside "complexity", "evaluation" or "decision making"."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.facts.scan import CLAUSE_END
from nlp.note import Cue
from nlp.text import NoteText

LEVELS = ("low", "moderate", "high")
_LINKS = (
    r"(?:is|was|were|be|of|at|a|an|as|the|clinical|medical|overall|needed|required|judged|rated|called|today|used|peds|pt|ot|"
    r"physical|occupational|therapy|tx|with|new|admission|initial|treatment|care|for)"
)
_LINKED = re.compile(rf"[\s-]*(?:{_LINKS}\b[\s-]*){{0,4}}", re.I)
_FOLLOWED = re.compile(rf"[\s:=,(\u2013-]*(?:{_LINKS}\b[\s:=,()\u2013-]*){{0,4}}", re.I)
_OPEN = re.compile(r"(?:^|[,;:(.\n|\u2013/-]\s*)$")
_TICKED = re.compile(r"(?:[\[(]\s*[xX✓✔]\s*[\])]|[☑☒])\s*$")
_CLOSED = re.compile(r"\s*(?:[,;:).\n|\u2013\u2022-]|$)")
_LONE = re.compile(r"\s*(?:[.;\n]|$)")
_PAST_TITLE = re.compile(r"[.:]|\bpain\b", re.I)
_PLAIN_LEVELS = frozenset({"low", "moderate", "mod", "medium", "high"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A level of complexity that the writer names, and where."""

    level: int
    start: int
    end: int


def claimed_levels(note: NoteText, cues: Sequence[Cue]) -> list[Claim]:
    """Levels of complexity the writer claims, in order.

    A level counts beside a word for complexity or decision making, set off in an evaluation's title, or
    as a sentence of its own; one that was ordered, requested or meant first is not the writer's.

    Examples
    --------
    >>> from nlp.facts import find_facts
    >>> from nlp.text import read_text
    >>> note = read_text("PT eval (ordered as high). Low back pain, mod A. Decision making was of moderate complexity.")
    >>> [LEVELS[c.level] for c in claimed_levels(note, find_facts(note))]
    ['moderate']
    """
    levels = {f"{name}_level": i for i, name in enumerate(LEVELS)}
    words, titles, others = (
        _Near([c for c in cues if c.label == label])
        for label in ("complexity_word", "evaluation_title", "another_claim")
    )
    out: list[Claim] = []
    before: Cue | None = None
    for cue in cues:
        if cue.label not in levels:
            continue
        joined = before is not None and 0 <= cue.start - before.end <= 1 and before.label != cue.label
        before = cue
        if not joined and _claims(note.flat, cue, words, titles) and not _elsewhere(note.flat, cue, others):
            out.append(Claim(levels[cue.label], cue.start, cue.end))
    return out


class _Near:
    """Cues in order, looked up by place.

    Parameters
    ----------
    cues : by start.
    """

    def __init__(self, cues: list[Cue]) -> None:
        self._cues = cues
        self._starts = [c.start for c in cues]

    def before(self, at: int, reach: int) -> list[Cue]:
        """Those that begin in the ``reach`` characters before a place and end by it."""
        found = self._cues[bisect_left(self._starts, at - reach) : bisect_left(self._starts, at)]
        return [c for c in found if c.end <= at]

    def behind(self, at: int, reach: int) -> list[Cue]:
        """Those that begin in the ``reach`` characters from a place on."""
        return self._cues[bisect_left(self._starts, at) : bisect_right(self._starts, at + reach)]


def _claims(flat: str, cue: Cue, words: _Near, titles: _Near) -> bool:
    """Whether a level stands where it is said of the evaluation or its decision making."""
    line = flat.rfind("\n", 0, cue.start) + 1
    if _TICKED.search(flat, max(line, cue.start - 12), cue.start) and (
        words.before(cue.start, 80) or titles.before(cue.start, 80)
    ):
        return True
    if cue.end - cue.start == 1:
        return False
    followers = [*words.behind(cue.end, 24), *titles.behind(cue.end, 24)]
    if any(_LINKED.fullmatch(flat, cue.end, a.start) for a in followers):
        return True
    if any(_FOLLOWED.fullmatch(flat, a.end, cue.start) for a in words.before(cue.start, 64)):
        return True
    if flat[cue.start : cue.end].lower() not in _PLAIN_LEVELS or not _CLOSED.match(flat, cue.end):
        return False
    opened = _OPEN.search(flat, max(line, cue.start - 12), cue.start) or not flat[line : cue.start].strip()
    for title in titles.before(cue.start, cue.start - max(line, cue.start - 80)):
        if _FOLLOWED.fullmatch(flat, title.end, cue.start):
            return True
        if opened and not _PAST_TITLE.search(flat, title.end, cue.start):
            return True
    before = flat[max(0, cue.start - 12) : cue.start].rstrip(" ")
    return bool(_LONE.match(flat, cue.end)) and (not before or before[-1] in ".;\n")


def _elsewhere(flat: str, cue: Cue, others: _Near) -> bool:
    """Whether the level's own clause says it is somebody else's or an earlier one."""
    gaps = [(o.end, cue.start) for o in others.before(cue.start, 72)]
    gaps += [(cue.end, o.start) for o in others.behind(cue.end, 48)]
    return any(not CLAUSE_END.search(flat, a, b) for a, b in gaps)
