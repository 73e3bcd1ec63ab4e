"""The words an answer quotes: those that speak for a code, those that would had it been done, and every intervention named."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from corpus.payers import Payer
from corpus.services import load_services, service_of_code
from models.columns import EVALUATIONS, SERVICES
from models.contract import EvidenceItem, InterventionItem, SuggestionItem
from models.shares import Usage, share_of
from models.suggester.naming import Naming
from models.suggester.reading import Reading
from nlp.note import Mark, Mention, ParsedNote, Section, Segment
from nlp.undone import is_firm, is_plainly_undone

_SAID = {
    "planned": "planned",
    "declined": "declined, held or not done",
    "home": "done at home or own equipment",
    "history": "an earlier visit or history",
    "negated": "negated or box not ticked",
    "other": "someone else, or only mentioned",
    "finding": "a finding",
    "diagnostic": "diagnostic or another specialty",
}
_UNTICKED, _UNDONE = "box not ticked", "said not to have been done here"
_LEAST_SHARE = 0.3
_DONE_AFTER_ALL = frozenset({"home", "other", "planned", "history"})


def evidence(text: str, reading: Reading, index: int, column: int, usage: Usage) -> EvidenceItem:
    """A segment as evidence for a service, and what in it speaks for that."""
    segment = (reading.note.segments or [])[index]
    service = SERVICES[column]
    concept = max(
        (m.concept for m in segment.mentions),
        key=lambda c: share_of(c, service, usage),
        default=None,
    )
    reasons = [
        "performed" if segment.status == "performed" else f"counted, though it reads as {_SAID[segment.status]}"
    ]
    if service in EVALUATIONS and segment.status != "performed":
        reasons = [_SAID[segment.status]]
    if service in segment.strong:
        reasons.append(f"under the name of {load_services()[service].name}")
    purpose = _purpose(text, segment, service)
    if purpose:
        reasons.append(f"purpose “{purpose}”")
    times = [m for m in segment.measures if m.kind == "minutes"]
    if times:
        reasons.append(f"{times[-1].value:g} min")
    if not segment.mentions and service not in segment.strong:
        reasons.append("by its words and neighbours")
    return EvidenceItem(
        start=segment.start,
        end=segment.end,
        text=text[segment.start : segment.end],
        concept=concept.name if concept else load_services()[service].name,
        contribution=float(reading.logits[index, column]),
        because="; ".join(reasons),
    )


def _purpose(text: str, segment: Segment, service: str | None = None) -> str | None:
    """The first purpose a segment states, of one service if it is given; a word of a treatment's own name ("Gait training") says none."""
    named = [*((m.start, m.end) for m in segment.mentions), *((m.start, m.end) for m in segment.marks)]
    for purpose in segment.purposes:
        inside = any(start <= purpose.start and purpose.end <= end for start, end in named)
        if not inside and service in (None, purpose.label):
            return text[purpose.start : purpose.end]
    return None


def speaks_for(reading: Reading, index: int, column: int, usage: Usage) -> bool:
    """Whether a segment has a word of a service's own, or is alone likely to be it."""
    segment, service = (reading.note.segments or [])[index], SERVICES[column]
    return (
        float(reading.logits[index, column]) > 0
        or service in (*segment.strong, *segment.weak)
        or any(mark.service == service for mark in segment.marks)
        or any(purpose.label == service for purpose in segment.purposes)
        or any(share_of(m.concept, service, usage) > 0 for m in segment.mentions)
    )


def evidence_against(
    text: str, reading: Reading, column: int, cited: Sequence[int], usage: Usage, passed: Mapping[int, str]
) -> list[EvidenceItem]:
    """Words that would speak for the service had they been delivered, and why they do not count.

    Parameters
    ----------
    cited : the segments that are its evidence.
    passed : segments that would be, and why they are not; empty where what the note says of them tells.
    """
    out: list[EvidenceItem] = []
    service = SERVICES[column]
    own = set(cited)
    for index, segment in enumerate(reading.note.segments or ()):
        if index in own or (segment.status == "performed" and index not in passed):
            continue
        prior = max((share_of(m.concept, service, usage) for m in segment.mentions), default=0.0)
        if prior < _LEAST_SHARE and index not in passed:
            continue
        out.append(
            EvidenceItem(
                start=segment.start,
                end=segment.end,
                text=text[segment.start : segment.end],
                concept=segment.mentions[0].concept.name if segment.mentions else load_services()[service].name,
                contribution=float(reading.logits[index, column]),
                because=passed.get(index) or because_not(text, reading.note, segment),
            )
        )
    return out


def because_not(text: str, note: ParsedNote, segment: Segment) -> str:
    """Why what a segment tells of does not count."""
    if segment.ticked is False:
        return _UNTICKED
    if segment.status == "performed" and (is_firm(note, segment) or is_plainly_undone(note, segment)):
        return _UNDONE
    said = _SAID.get(segment.status, segment.status)
    cue = segment.status_cue
    if cue is None or cue.rule.startswith("box"):
        return said
    return f"{said}: “{text[cue.start : cue.end].strip()}”"


def interventions(
    text: str,
    note: ParsedNote,
    items: Iterable[SuggestionItem] = (),
    named: Sequence[Naming] = (),
    payer: Payer | None = None,
) -> list[InterventionItem]:
    """Every intervention the note names, with what its segment says of it; a service by its name where no intervention is.

    Parameters
    ----------
    text, note : as received, and parsed.
    items : the ranking; what counts for a suggested code was done.
    named : work that is no service by itself; its codes are alternates.
    payer : whose code an alternate is.
    """
    segments = note.segments or []
    starts = [s.start for s in segments]
    counted = _counted(items)
    out: list[InterventionItem] = []
    every: list[Mention | Mark] = [*(note.mentions or ()), *_bare_marks(note)]
    for seen in sorted(every, key=lambda m: (m.start, m.end)):
        at = bisect_right(starts, seen.start) - 1
        if isinstance(seen, Mark) and (at < 0 or seen.start >= segments[at].end):
            at += 1
        if at < 0 or at >= len(segments) or (isinstance(seen, Mention) and seen.start >= segments[at].end):
            continue
        segment = segments[at]
        times = [m for m in segment.measures if m.kind == "minutes"]
        services = frozenset([seen.service] if isinstance(seen, Mark) else seen.concept.priors)
        taken = bool(services & _counted_in(counted, segment))
        status = _status(seen, segment)
        others = (
            []
            if taken
            else [*_alternates(seen, segment), *(c for n in named if _meet(n.span, seen) for c in n.codes)]
        )
        out.append(
            InterventionItem(
                start=seen.start,
                end=seen.end,
                text=text[seen.start : seen.end],
                concept=load_services()[seen.service].name if isinstance(seen, Mark) else seen.concept.name,
                status="performed" if taken and status in _DONE_AFTER_ALL else status,
                section=_letter(note, segment),
                minutes=int(times[-1].value) if len(times) == 1 else None,
                purpose=_purpose(text, segment),
                alternates=list(dict.fromkeys(payer.code_for(code) if payer else code for code in others)),
            )
        )
    return out


_Counted = list[tuple[int, int, frozenset[str]]]


def _counted(items: Iterable[SuggestionItem]) -> _Counted:
    """The words that alone make suggested treatments likely, in order, and which; each is one segment's."""
    found: dict[tuple[int, int], frozenset[str]] = {}
    for item in items:
        of = (
            frozenset(service_of_code().get(item["code"], ())).difference(EVALUATIONS)
            if item["suggested"]
            else frozenset()
        )
        for e in item["evidence"] if of else ():
            if e["contribution"] > 0:
                found[e["start"], e["end"]] = found.get((e["start"], e["end"]), frozenset()) | of
    return [(start, end, of) for (start, end), of in sorted(found.items())]


def _counted_in(counted: _Counted, segment: Segment) -> frozenset[str]:
    """The treatments that a segment's words make likely."""
    at = bisect_right(counted, segment.start, key=lambda one: one[0]) - 1
    return counted[at][2] if at >= 0 and segment.end <= counted[at][1] else frozenset()


def _bare_marks(note: ParsedNote) -> list[Mark]:
    """Names and codes of services in which no intervention is found."""
    mentions = note.mentions or ()
    starts = [mention.start for mention in mentions]
    before = ((mark, bisect_left(starts, mark.end) - 1) for mark in note.marks or ())
    return [mark for mark, at in before if at < 0 or mentions[at].end <= mark.start]


def _meet(span: tuple[int, int], seen: Mark | Mention) -> bool:
    return span[0] < seen.end and seen.start < span[1]


def _status(seen: Mark | Mention, segment: Segment) -> str:
    """What the segment says of it; a finding is never done, and a word of medicine is no treatment whenever it was."""
    kind = seen.concept.kind if isinstance(seen, Mention) else ""
    if kind == "medical":
        return "diagnostic"
    return "finding" if kind == "finding" and segment.status == "performed" else segment.status


def _alternates(seen: Mark | Mention, segment: Segment) -> tuple[str, ...]:
    """Codes of what was done, or taught for home, that are no label by themselves."""
    return seen.concept.alternates if isinstance(seen, Mention) and segment.status in ("performed", "home") else ()


def _letter(note: ParsedNote, segment: Segment) -> str:
    """S, O, A or P; under a heading that names a service, that of the section it stands in."""
    sections: Sequence[Section] = note.sections or []
    at = segment.section
    while at > 0 and not sections[at].letter and _names_a_service(note, sections[at]):
        at -= 1
    return sections[at].letter if at >= 0 else ""


def _names_a_service(note: ParsedNote, section: Section) -> bool:
    start, end = section.heading
    return any(start <= m.start < end for m in note.marks or ())
