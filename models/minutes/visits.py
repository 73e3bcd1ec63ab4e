"""Which times are of work done at this visit: not of another's, not of what was not done, and of what was begun until it was stopped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.services import evaluations
from models.minutes.sheet import Sheet
from models.minutes.times import Time
from nlp.facts import is_taken_back
from nlp.note import Measure
from nlp.status import told_of

_SAID = frozenset(["minutes", "bare", "plain"])
"""Kinds that words beside a time can take back."""
LATER = frozenset(["planned", "home", "history", "declined", "negated"])
"""What is said of work that is not this visit's."""
_ANOTHERS = r"(?:ptas?|otas?|cotas?|lptas?|assistant|(?:covering|weekend|other|previous|prior|evaluating) (?:therapist|pta?|ota?|clinician))"
_DATE = r"\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?"
_ANOTHER_VISIT = re.compile(
    rf"\bcomm(?:unication|\.)? notes?\b|\bper (?:the |an? )?(?:{_ANOTHERS}|hand-?off|nursing|rn|slp)(?:'s)? (?:[a-z]+ )?(?:note|report|log|entry)\b"
    rf"|\breviewed (?:the )?{_ANOTHERS}(?:'s)? (?:[a-z]+ )?(?:note|report|log|visit)s?\b"
    rf"|\b{_ANOTHERS}(?:'s)?(?: visit| session| tx| treatment)? (?:on |of |dated )?\(?{_DATE}\)?[:,]? (?:did|gave|had|completed|performed|provided|worked|treated)\b"
    rf"|\bon {_DATE},? (?:the |her |his |our )?{_ANOTHERS} (?:did|gave|had|completed|performed|provided|worked|treated)\b",
    re.I,
)
"""In a sentence: its times are of a visit that another told of or gave."""
_THIS_VISIT = re.compile(r"\b(?:today|this (?:visit|session|date)|now|currently)\b", re.I)


def is_of_this_visit(sheet: Sheet, measure: Measure, at: int, *, inside: bool) -> bool:
    """Whether nothing says that a time is of another visit, or of work that was not done or not reached.

    Parameters
    ----------
    sheet : the note.
    measure : the time.
    at : the segment it stands in, or the next one.
    inside : whether it stands in that.
    """
    undone = inside and _is_of_work_not_done(sheet, at, measure.kind)
    return not (undone or _is_not_reached(sheet, measure) or _is_of_anothers_visit(sheet, measure))


def _is_of_work_not_done(sheet: Sheet, at: int, kind: str) -> bool:
    """Whether a segment was found to support nothing, was not done at this visit, and names a treatment or says so itself; or is a goal or
    a plan that supports no more than the evaluation it belongs to ("LTG: sitting 45 min").

    A number behind an empty box may be the row's: "[x] STM [ ] MFR   14".
    """
    segment = sheet.segments[at]
    decided = sheet.decided[at]
    if segment.status not in LATER or segment.ticked is False:
        return False
    if decided:
        named = {m.service for m in segment.marks}.union(*(m.concept.priors for m in segment.mentions))
        return decided.issubset(evaluations()) and named.isdisjoint(decided)
    cue = segment.status_cue
    says = cue is not None and segment.start <= cue.start < segment.end and kind in _SAID
    return says or bool(segment.marks) or any(m.concept.priors for m in segment.mentions)


def _is_not_reached(sheet: Sheet, measure: Measure) -> bool:
    """Whether words right beside a time say that it was not reached: "40 min not reached", "no add'l 20 min"."""
    return measure.kind in _SAID and is_taken_back(sheet.note.text, measure.start, measure.end)


def _is_of_anothers_visit(sheet: Sheet, measure: Measure) -> bool:
    """Whether the sentence of a time tells of another's visit: "PTA visit 3/2 did 20 min gait per communication note"."""
    if measure.kind not in _SAID:
        return False
    start, end = measure.start, measure.end
    begin = max((k + len(mark) if (k := sheet.flat.rfind(mark, 0, start)) >= 0 else 0) for mark in ("\n", ". ", "; "))
    last = min(k if k >= 0 else len(sheet.flat) for k in (sheet.flat.find(mark, end) for mark in ("\n", ". ", "; ")))
    cue = _ANOTHER_VISIT.search(sheet.flat, begin, last)
    return cue is not None and _THIS_VISIT.search(sheet.flat, begin, last) is None


def until_stopped(sheet: Sheet, times: Sequence[Time]) -> list[Time]:
    """The times, those of what was begun and stopped at the segment that names it, less the longer ones that were meant there."""
    gone: set[int] = set()
    for time in times:
        at = told_of(sheet.note.text, sheet.segments, time.at) if time.inside else time.at
        if at == time.at or not sheet.decided[at] or not sheet.decided[time.at] <= sheet.decided[at]:
            continue
        own = [t for t in times if t.at == at and t.kind == "minutes"]
        if all(t.value > time.value for t in own):
            gone.update(map(id, own))
            time.at, time.until_stopped = at, True
    return [time for time in times if id(time) not in gone]
