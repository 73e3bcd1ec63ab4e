"""Which suggested services stand, and which are taken back: what stands behind the ranker, before codes and minutes.

Reading order: `Given`, `standing`, then the three steps: what was not delivered or is another service's, what was done with several people
together, then rivals for the same words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from corpus.services import Service, load_services
from models.columns import COLUMN, SERVICES
from models.numeric import Array
from models.shares import Usage, is_billed
from nlp.facts.regions import regions_in
from nlp.note import TIMES_OR_BARE, ParsedNote, Segment
from nlp.phrases import PhraseIndex
from nlp.text import NoteText
from nlp.undone import is_firm, is_plainly_undone

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Given:
    """What was suggested of a note.

    Attributes
    ----------
    note : with its segments.
    suggested, probabilities : (services,), in the order of `models.columns.SERVICES`.
    cited : column of a service -> the segments that carry it.
    usage : how a clinic bills concepts (`models.ranker.Ranker.usage`).
    """

    note: ParsedNote
    suggested: Mask
    probabilities: Array
    cited: Callable[[int], Sequence[int]]
    usage: Usage


def standing(given: Given) -> Mask:
    """The suggested services that stand: (services,)."""
    return _surest(given, _replaced(given, _delivered(given)))


def _delivered(given: Given) -> Mask:
    """Take back services that were not delivered (`_was_not_done`) and, unless the writer names them, those that are another's."""
    out = given.suggested.copy()
    segments = given.note.segments or []
    ticks = any(segment.ticked for segment in segments)
    for column in np.flatnonzero(given.suggested):
        service = load_services()[SERVICES[column]]
        own = given.cited(int(column))
        if _was_not_done(given, service, [segments[i] for i in own], ticks):
            out[column] = False
        elif not any(service.id in segments[i].strong for i in own):
            out[column] = not _is_anothers(given, service, own)
    return out


def _was_not_done(given: Given, service: Service, own: Sequence[Segment], ticks: bool) -> bool:
    """Whether a service has none of the words it needs, or all segments that carry it are boxes left empty beside ticked ones, rows that
    say that they took no time, told only as of another visit or as a status (`nlp.undone.is_firm`), said beside their one name not to have been done
    (`nlp.undone.is_plainly_undone`), or words without a code (guide
    section 4: cupping, laser, shockwave).
    """
    if service.needs and not _has_needed(given.note, service.id):
        return True
    if not own:
        return False
    return (
        (ticks and all(segment.ticked is False for segment in own))
        or all(map(_is_blank, own))
        or _is_undone(given.note, own)
        or _is_uncoded(given.note, own, service.id, given.usage)
    )


def _is_uncoded(note: ParsedNote, own: Sequence[Segment], service: str, usage: Usage) -> bool:
    """Whether all segments but those of other treatments hold only what has no code, or are the bare doses in the sentence of one that
    does ("wrapped, 4 layers, 25 min").
    """
    held = [s for s in own if not _is_of_another(s, service)]
    sentences = {s.sentence for s in note.segments or () if _has_no_code(s, service, usage)}
    return bool(held) and all(
        _has_no_code(s, service, usage)
        or (s.sentence in sentences and not s.mentions and not s.marks and service not in s.strong)
        for s in held
    )


def _is_of_another(segment: Segment, service: str) -> bool:
    """Whether a segment names only treatments that are never a service, and is not called by it."""
    known = [m.concept.priors for m in segment.mentions if m.concept.priors]
    called = service in segment.strong or any(mark.service == service for mark in segment.marks)
    return bool(known) and not called and not any(service in priors for priors in known)


def _is_undone(note: ParsedNote, own: Sequence[Segment]) -> bool:
    """Whether every segment is told as of another visit or said not to have been done, or only tells why of one that is ("MHP held, rash")."""
    undone = {s.sentence for s in own if is_plainly_undone(note, s)}
    return all(
        is_firm(note, s)
        or is_plainly_undone(note, s)
        or (s.sentence in undone and not s.marks and not any(m.concept.priors for m in s.mentions))
        for s in own
    )


def _is_anothers(given: Given, service: Service, own: Sequence[int]) -> bool:
    """Whether a service stands only in sentences of one it yields to, is part of another's work (`corpus.services.Service.part_of`), could
    be either under the other's name, or stands only under a heading with another's code.
    """
    segments = given.note.segments or []

    def others(names: Sequence[str]) -> list[str]:
        return [other for other in names if given.suggested[COLUMN[other]]]

    for other in others(service.yields_to):
        theirs = {segments[i].sentence for i in given.cited(COLUMN[other])}
        mine = {segments[i].sentence for i in own}
        if mine <= theirs or _is_of_region(given.note, mine, theirs):
            return True
    if any(_is_part(segments, own, given.cited(COLUMN[o]), (service.id, o)) for o in others(service.part_of)):
        return True
    if any(_is_either(segments, own, (service.id, o)) for o in others(service.named_within)):
        return True
    coded = _headed_by_code(segments) if service.coded_within else []
    return any(bool(own) and all(coded[i] == other for i in own) for other in others(service.coded_within))


def _is_of_region(note: ParsedNote, mine: Collection[int], theirs: Collection[int]) -> bool:
    """Whether sentences tell of regions of the body, and others of the same and of no fewer (guide section 4: both on one area)."""

    def regions(sentences: Collection[int]) -> frozenset[str]:
        return regions_in(note.text, [(s.start, s.end) for s in note.segments or () if s.sentence in sentences])

    worked = regions(mine)
    return bool(worked) and worked <= regions(theirs)


_ALONE = re.compile(r"\b(?:individual(?:ly)?|1:1|1[- ]on[- ]1|one[- ]on[- ]one)\b", re.I)


def _replaced(given: Given, left: Mask) -> Mask:
    """Take back services whose words all tell of several people together, where the service that replaces them stands."""
    out = left.copy()
    segments = given.note.segments or []
    for column in np.flatnonzero(left):
        service = load_services()[SERVICES[column]]
        if not service.replaces:
            continue
        of_several = [_is_of_several(segment, service.id) for segment in segments]
        told = [s for s, several in zip(segments, of_several, strict=True) if several]
        sentences = {s.sentence for s in told}
        times = Counter(s.sentence for s in segments if s.has_time(TIMES_OR_BARE))
        timed = {s.sentence for s in told if s.has_time(TIMES_OR_BARE)} | {
            sentence for sentence, count in times.items() if count > 1
        }
        for other in service.replaces:
            own = given.cited(COLUMN[other]) if left[COLUMN[other]] else []
            out[COLUMN[other]] &= not own or not all(
                (of_several[i] or _goes_with(given.note.text, segments[i], sentences, timed))
                and _ALONE.search(given.note.text.flat, segments[i].start, segments[i].end) is None
                for i in own
            )
    return out


def _goes_with(text: NoteText, segment: Segment, sentences: Collection[int], timed: Collection[int]) -> bool:
    """Whether a segment stands in a sentence that tells of people treated together, and has no time of its own there: none at all, or the
    only one ("group of 4, seated exercise 40 min", not "group of 4 for balance, then bike 10 min").
    """
    if segment.sentence not in sentences:
        return False
    if not segment.has_time(TIMES_OR_BARE):
        return True
    return segment.sentence not in timed and _AFTER.search(text.flat, segment.start, segment.end) is None


_AFTER = re.compile(r"\b(?:then|followed|plus|after\w*|before|also)\b", re.I)


def _is_of_several(segment: Segment, service: str) -> bool:
    """Whether a segment tells of people treated together, by a number of them or by the service's name."""
    return (
        any(m.kind == "group" for m in segment.measures)
        or any(m.service == service for m in segment.marks)
        or any(m.concept.priors.get(service, 0.0) >= _CLEARLY for m in segment.mentions)
    )


_CLEARLY = 0.6


def _surest(given: Given, left: Mask) -> Mask:
    """Take back services of which the same words are more surely a rival that stands, unless the writer names them."""
    out = left.copy()
    segments = given.note.segments or []
    for column in np.flatnonzero(left):
        service = load_services()[SERVICES[column]]
        rivals = [
            COLUMN[other]
            for other in service.rivals
            if left[COLUMN[other]] and given.probabilities[COLUMN[other]] > given.probabilities[column]
        ]
        if any(
            left[COLUMN[o]] and given.probabilities[COLUMN[o]] > given.probabilities[column]
            for o in service.never_with
        ):
            out[column] = False
            continue
        own = given.cited(int(column)) if rivals else []
        if any(service.id in segments[i].strong for i in own):
            continue
        out[column] &= not any(set(own) <= set(given.cited(rival)) for rival in rivals)
    return out


def _is_part(segments: Sequence[Segment], own: Sequence[int], others: Sequence[int], pair: tuple[str, str]) -> bool:
    """Whether the segments of the first of two services all stand under the name or in the sentences of the second, and none calls
    the first by name or states a time behind another time there.
    """
    service, other = pair
    theirs = {segments[i].sentence for i in others if i not in own or other in segments[i].strong}
    if not all(other in segments[i].strong or segments[i].sentence in theirs for i in own):
        return False
    programs = (m.concept for i in own for m in segments[i].mentions if m.concept.kind == "program")
    if any(concept.priors.get(service, 0.0) >= _NAMED for concept in programs):
        return False
    mine = {*own, *(i + 1 for i in own if _closes(segments, i + 1))}
    timed = [i for i in sorted({*mine, *others}) if segments[i].has_time(TIMES_OR_BARE)]
    return not any(i in mine for i in timed[1:])


def _is_either(segments: Sequence[Segment], own: Sequence[int], pair: tuple[str, str]) -> bool:
    """Whether the segments of the first of two services stand only under the second's name, in words that are known as either's."""
    service, other = pair
    mentions = [m for i in own for m in segments[i].mentions if m.concept.priors.get(service, 0.0) > 0]
    named = any(mark.service == service for i in own for mark in segments[i].marks)
    covered = bool(own) and not named and all(other in segments[i].strong for i in own)
    return covered and bool(mentions) and all(m.concept.priors.get(other, 0.0) >= _EITHER for m in mentions)


_EITHER = 0.1
"""Share of a service in a concept's priors from which on it may be that."""


def _closes(segments: Sequence[Segment], at: int) -> bool:
    """Whether a segment is there and a bare time behind another of its sentence ("walked in bars, cues equal step, 15 min")."""
    return (
        at < len(segments)
        and segments[at].sentence == segments[at - 1].sentence
        and not segments[at].mentions
        and segments[at].has_time(TIMES_OR_BARE)
    )


def _headed_by_code(segments: Sequence[Segment]) -> list[str]:
    """Per segment the service that covers it from a heading with the writer's own code; empty for none, and where
    it has a time of its own.
    """
    out, head = [], ""
    for segment in segments:
        heads = [mark for mark in segment.marks if mark.role == "head"]
        if heads:
            head = next((mark.service for mark in heads if mark.code), "")
        out.append(head if head in segment.strong and (heads or not segment.has_time(TIMES_OR_BARE)) else "")
    return out


_NAMED = 0.9
"""Share of a service in a programme ("gait training") from which on its words are the service's name."""


@cache
def _needed(service: str) -> PhraseIndex[str]:
    return PhraseIndex((word, word) for word in load_services()[service].needs)


def _has_needed(note: ParsedNote, service: str) -> bool:
    """Whether a note names a service or has one of the words it needs."""
    if any(mark.service == service for mark in note.marks or ()):
        return True
    return next(_needed(service).find(note.text.norms, note.text.pairs), None) is not None


def _is_blank(segment: Segment) -> bool:
    """Whether a segment stands in a row of a form that says that nothing was done."""
    return segment.status_cue is not None and segment.status_cue.rule == "row:blank"


def _has_no_code(segment: Segment, service: str, usage: Usage) -> bool:
    """Whether a segment holds only what has no code, as far as vocabulary and clinic say: a caution and no priors."""
    billed = [(m.concept, is_billed(m.concept, usage)) for m in segment.mentions]
    uncoded = any(concept.caution and not known for concept, known in billed)
    return uncoded and not any(known for _, known in billed) and service not in segment.strong
