"""The words an answer quotes: those that speak for a code, those that would had it been done, and every intervention named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from corpus.services import load_services
from models.contract import EvidenceItem, InterventionItem
from models.features import SERVICES, Usage, share_of
from models.suggester.reading import Reading
from nlp.note import ParsedNote, Segment

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


def evidence(text: str, reading: Reading, index: int, column: int, usage: Usage) -> EvidenceItem:
    """A segment as evidence for a service, and what in it speaks for that."""
    segment = (reading.note.segments or [])[index]
    service = SERVICES[column]
    concept = max(
        (m.concept for m in segment.mentions),
        key=lambda c: share_of(c, service, usage),
        default=None,
    )
    reasons = ["performed"]
    if service in segment.strong:
        reasons.append(f"under the name of {load_services()[service].name}")
    purposes = [text[p.start : p.end] for p in segment.purposes if p.label == service]
    if purposes:
        reasons.append(f"purpose “{purposes[0]}”")
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


def evidence_against(
    text: str, reading: Reading, column: int, cited: Sequence[int], usage: Usage
) -> list[EvidenceItem]:
    """Words that would speak for the service had they been delivered, and why they do not count."""
    out: list[EvidenceItem] = []
    service = SERVICES[column]
    own = set(cited)
    for index, segment in enumerate(reading.note.segments or ()):
        if index in own or segment.status == "performed":
            continue
        prior = max((share_of(m.concept, service, usage) for m in segment.mentions), default=0.0)
        if prior < 0.3:
            continue
        out.append(
            EvidenceItem(
                start=segment.start,
                end=segment.end,
                text=text[segment.start : segment.end],
                concept=segment.mentions[0].concept.name,
                contribution=float(reading.logits[index, column]),
                because=_because_not(text, segment),
            )
        )
    return out


def _because_not(text: str, segment: Segment) -> str:
    said = _SAID.get(segment.status, segment.status)
    cue = segment.status_cue
    if cue is None or cue.rule.startswith("box"):
        return said
    return f"{said}: “{text[cue.start : cue.end].strip()}”"


def interventions(text: str, note: ParsedNote) -> list[InterventionItem]:
    """Every intervention the note names, with what its segment says of it."""
    segments = note.segments or []
    starts = [s.start for s in segments]
    out: list[InterventionItem] = []
    for mention in note.mentions or ():
        at = bisect_right(starts, mention.start) - 1
        if at < 0 or mention.start >= segments[at].end:
            continue
        segment = segments[at]
        section = (note.sections or [])[segment.section] if segment.section >= 0 else None
        times = [m for m in segment.measures if m.kind == "minutes"]
        status = segment.status
        if mention.concept.kind in ("finding", "medical"):
            status = "finding" if mention.concept.kind == "finding" else "diagnostic"
        out.append(
            InterventionItem(
                start=mention.start,
                end=mention.end,
                text=text[mention.start : mention.end],
                concept=mention.concept.name,
                status=status,
                section=section.letter if section else "",
                minutes=int(times[-1].value) if len(times) == 1 else None,
                purpose=text[segment.purposes[0].start : segment.purposes[0].end] if segment.purposes else None,
            )
        )
    return out
