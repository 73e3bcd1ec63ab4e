"""Which times are of a treatment that no service here is: they belong to no code."""

from __future__ import annotations

from corpus.vocabulary import Concept
from models.minutes.sheet import Sheet
from nlp.note import Segment


def is_of_uncoded_work(sheet: Sheet, at: int) -> bool:
    """Whether all that a segment names has no code here, and its time is nobody else's: "MLD 30 min. Cupping to UT, 5 min".

    A heading or name above it may take it in ("Manual therapy: cupping 5 min"), and so may what stands before it in its sentence
    without a time of its own ("MLD and bandaging 45 min"). A segment that names nothing is of what is named before it.
    """
    sentence = sheet.segments[at].sentence
    while at > 0 and not _named(sheet.segments[at]) and sheet.segments[at - 1].sentence == sentence:
        at -= 1
    segment = sheet.segments[at]
    if not _is_uncoded(sheet, segment) or segment.strong or segment.weak:
        return False
    for before in range(at - 1, -1, -1):
        other = sheet.segments[before]
        if other.sentence != sentence or other.has_time():
            break
        if sheet.decided[before]:
            return False
    return True


def _named(segment: Segment) -> list[Concept]:
    return [m.concept for m in segment.mentions if m.concept.kind not in ("finding", "medical")]


def _is_uncoded(sheet: Sheet, segment: Segment) -> bool:
    named = _named(segment)
    treatments = [concept for concept in named if concept.uncoded and concept.id not in sheet.billed]
    return bool(treatments) and not segment.marks and not any(concept.priors for concept in named)
